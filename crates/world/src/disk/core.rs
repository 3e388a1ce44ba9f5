//! The state that all open files of a disk share: directory, running process and counters.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use super::directory::{Directory, File};
use super::history::{Counters, History, What};

/// The properties of a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskOptions {
    /// True if a sync does nothing, as on cheap flash. A power loss may then undo any earlier
    /// write.
    pub lies_about_sync: bool,
}

/// The process that opened the file has ended, or the power is off. SQLite then gets an I/O error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dead;

pub(super) struct Core {
    pub(super) id: u64,
    pub(super) options: DiskOptions,
    /// It grows by 1 when the running process ends. Handles of earlier generations are dead.
    pub(super) generation: Cell<u64>,
    pub(super) power_is_lost: Cell<bool>,
    pub(super) fails_at: Cell<u64>,
    pub(super) operations: Cell<u64>,
    pub(super) counters: Cell<Counters>,
    pub(super) charged: Cell<Counters>,
    pub(super) syncs: RefCell<Vec<u64>>,
    /// The number of active faults that fill the disk. While it is above 0, no file grows.
    pub(super) full_disk_faults: Cell<u32>,
    /// True if the full disk has refused a write since the last sync.
    pub(super) refused: Cell<bool>,
    pub(super) history: RefCell<History>,
    pub(super) open: Cell<u32>,
    pub(super) directory: RefCell<Directory>,
}

thread_local! {
    /// The disks of this thread's world, by the id in a path.
    static DISKS: RefCell<FxHashMap<u64, Weak<Core>>> = RefCell::default();
}

/// Finds the disk and the file name of a path. The path `/d42.0/app.db` is on disk 42, generation
/// 0.
pub(super) fn find(path: &str) -> Option<(Rc<Core>, &str)> {
    let (disk, name) = path.strip_prefix("/d")?.split_once('/')?;
    let (id, generation) = disk.split_once('.')?;
    let (id, generation): (u64, u64) = (id.parse().ok()?, generation.parse().ok()?);
    let core = DISKS.with_borrow(|disks| disks.get(&id).and_then(Weak::upgrade))?;
    (core.generation.get() == generation).then_some((core, name))
}

impl Core {
    pub(super) fn new(options: DiskOptions, directory: Directory) -> Rc<Core> {
        // The id is unique in the operating system's process, so a connection on another thread
        // finds no disk.
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let core = Rc::new(Core::unlisted(id, options, directory));
        DISKS.with_borrow_mut(|disks| disks.insert(id, Rc::downgrade(&core)));
        core
    }

    /// A disk that SQLite cannot find by a path.
    pub(super) fn unlisted(id: u64, options: DiskOptions, directory: Directory) -> Core {
        Core {
            id,
            options,
            generation: Cell::new(0),
            power_is_lost: Cell::new(false),
            fails_at: Cell::new(u64::MAX),
            operations: Cell::new(0),
            counters: Cell::default(),
            charged: Cell::default(),
            syncs: RefCell::default(),
            full_disk_faults: Cell::new(0),
            refused: Cell::new(false),
            history: RefCell::default(),
            open: Cell::new(0),
            directory: RefCell::new(directory),
        }
    }

    pub(super) fn end_process(&self) {
        self.generation.set(self.generation.get() + 1);
        self.open.set(0);
    }

    #[inline]
    pub(super) fn count(&self, what: impl FnOnce(&mut Counters)) {
        let mut counters = self.counters.get();
        what(&mut counters);
        self.counters.set(counters);
    }

    pub(super) fn refuses_to_grow(&self) -> bool {
        let is_full = self.full_disk_faults.get() > 0;
        self.refused.set(self.refused.get() || is_full);
        is_full
    }

    #[inline]
    pub(super) fn note(&self, file: &Rc<File>, what: impl FnOnce() -> What, bytes: &[u8]) {
        let mut history = self.history.borrow_mut();
        if history.is_on {
            history.note((self.operations.get(), Rc::clone(file), what()), bytes, &self.directory.borrow());
        }
    }

    fn note_sync(&self) {
        self.count(|counters| counters.syncs += 1);
        self.syncs.borrow_mut().push(self.operations.get());
    }

    /// Counts an operation before it starts. Fails if the power fails during the operation.
    #[inline]
    pub(super) fn issue(&self) -> Result<(), Dead> {
        let operation = self.operations.get();
        self.operations.set(operation + 1);
        if operation != self.fails_at.get() {
            return Ok(());
        }
        self.end_process();
        self.power_is_lost.set(true);
        Err(Dead)
    }

    fn has_power(&self) -> Result<(), Dead> {
        if self.power_is_lost.get() { Err(Dead) } else { Ok(()) }
    }

    /// Finds the file `name`. With `create`, creates a missing file. With `fresh`, the file must
    /// not exist. Returns `None` if there is no such file, or if `fresh` does not allow it.
    pub(super) fn open(&self, name: &str, create: bool, fresh: bool) -> Result<Option<Rc<File>>, Dead> {
        self.has_power()?;
        let known = self.directory.borrow().find(name).cloned();
        if known.is_some() || !create {
            return Ok(known.filter(|_| !fresh));
        }
        let file = Rc::new(File::named(name));
        self.note(&file, || What::Create(name.to_owned()), &[]);
        self.directory.borrow_mut().set(name, self.operations.get(), Some(Rc::clone(&file)));
        Ok(Some(file))
    }

    /// True if SQLite should treat a file as existing. An empty file does not count, as in SQLite's
    /// unix VFS.
    pub(super) fn exists(&self, name: &str) -> Result<bool, Dead> {
        self.has_power()?;
        Ok(self.directory.borrow().find(name).is_some_and(|file| file.content.borrow().size > 0))
    }

    /// Removes a name. With `durable`, also removes it from the medium. Returns false if it did not
    /// exist.
    pub(super) fn delete(&self, name: &str, durable: bool) -> Result<bool, Dead> {
        self.has_power()?;
        let Some(file) = self.directory.borrow().find(name).cloned() else { return Ok(false) };
        self.note(&file, || What::Delete(name.to_owned(), durable), &[]);
        if durable {
            self.note_sync();
        }
        let mut directory = self.directory.borrow_mut();
        directory.set(name, self.operations.get(), None);
        self.issue()?;
        if durable && !self.options.lies_about_sync {
            directory.sync();
        }
        Ok(true)
    }

    /// Makes a file durable, as [`Directory::sync_file`] describes.
    pub(super) fn sync(&self, file: &Rc<File>) -> Result<(), Dead> {
        self.note(file, || What::Sync, &[]);
        self.note_sync();
        self.issue()?;
        self.refused.set(false);
        if !self.options.lies_about_sync {
            self.directory.borrow_mut().sync_file(file);
        }
        Ok(())
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // The thread's list of disks may be dropped before its last disk.
        let _ = DISKS.try_with(|disks| disks.borrow_mut().remove(&self.id));
    }
}
