//! One device's disk: its files, which of them survive what, and what was done to them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use super::content::{Base, Content};
use super::directory::{Directory, File};
use super::handle::Handle;
use super::locks::Locks;
use super::vfs::{self, Location};
use crate::base::Seed;

/// What kind of disk a device has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The disk reports a sync as done and does nothing, as cheap flash does: a power loss may undo all that was written
    /// since the disk was new.
    pub lies_about_sync: bool,
}

/// What a power loss leaves of the operations that no sync had made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLoss {
    /// Nothing: every file is as of its last sync.
    LoseAll,
    /// Each 512-byte sector is drawn from before and after. Creations, deletions and cuts reach the medium in their
    /// order; how many of them did is drawn. Give each disk and each loss a seed of its own.
    LoseSome(Seed),
}

/// What was done on a disk since it was made; never falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Syncs of a file or of its name.
    pub syncs: u64,
    /// Bytes that reads returned.
    pub bytes_read: u64,
    /// Bytes that writes were given.
    pub bytes_written: u64,
}

/// A device's disk; a cheap handle, whose copies are the same disk.
///
/// It lives as long as a handle, a template apart, or an open connection does.
#[derive(Clone)]
pub struct Disk(Rc<Core>);

/// The frozen files of a disk, from which others start without copying them.
#[derive(Clone)]
pub struct Template {
    options: Options,
    files: Rc<[(String, Base, u64)]>,
}

/// The process that had the file open, or the power, is gone: SQLite is told of an I/O error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dead;

/// Why a file was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenError {
    /// There is no power.
    Dead,
    /// The file is there and should not be, or the other way round.
    Refused,
}

pub(super) struct Core {
    id: u64,
    options: Options,
    /// Rises when the running process ends, by kill or for want of power; handles of an earlier one are dead.
    generation: Cell<u64>,
    power_is_lost: Cell<bool>,
    /// Number of the operation in which the power fails.
    fails_at: Cell<u64>,
    operations: Cell<u64>,
    counters: Cell<Counters>,
    /// Handles of the running process.
    open: Cell<u32>,
    directory: RefCell<Directory>,
}

thread_local! {
    /// The disks of this thread's world, by the id in a path.
    static DISKS: RefCell<FxHashMap<u64, Weak<Core>>> = RefCell::default();
}

/// The disk and the file name that a path such as `/d42.0/app.db` means: of disk 42, for its process of generation 0.
pub(super) fn find(path: &str) -> Option<(Rc<Core>, &str)> {
    let (disk, name) = path.strip_prefix("/d")?.split_once('/')?;
    let (id, generation) = disk.split_once('.')?;
    let (id, generation): (u64, u64) = (id.parse().ok()?, generation.parse().ok()?);
    let core = DISKS.with_borrow(|disks| disks.get(&id).and_then(Weak::upgrade))?;
    (core.generation() == generation).then_some((core, name))
}

impl Disk {
    /// An empty disk, known to SQLite on this thread.
    pub fn new(options: Options) -> Disk {
        Disk(Core::new(options, Directory::default()))
    }

    /// A disk with the files of the template, whose pages it shares until it writes them.
    pub fn from_template(template: &Template) -> Disk {
        let files = template.files.iter().map(|(name, base, size)| {
            let file = File::named(name);
            // A journal that is frozen is empty as a rule; what it holds is shared as it is.
            if *size > 0 {
                *file.content.borrow_mut() = Content::on_base(base, *size);
            }
            (name.clone(), Rc::new(file))
        });
        Disk(Core::new(template.options, Directory::of(files)))
    }

    /// Freezes the present files as durable; from then on this disk shares them too.
    ///
    /// # Panics
    /// If a connection is open.
    pub fn template(&self) -> Template {
        assert_eq!(self.0.open.get(), 0, "a template is taken while no connection is open");
        assert!(!self.power_is_lost(), "a template is taken of a disk with power");
        let mut directory = self.0.directory.borrow_mut();
        directory.sync();
        let files = directory.files().map(|(name, file)| {
            let mut content = file.content.borrow_mut();
            let base = content.freeze();
            (name.to_owned(), base, content.size())
        });
        Template { options: self.0.options, files: files.collect() }
    }

    /// Where SQLite finds the file `name` of this disk until its process ends; a name has no slash.
    pub fn location(&self, name: &str) -> Location {
        assert!(!name.contains('/') && !name.is_empty(), "{name:?} is not the name of a file");
        Location { path: format!("/d{}.{}/{name}", self.0.id, self.0.generation()), vfs: Some(vfs::VFS_NAME) }
    }

    /// Opens the database `name`, made if it is not there.
    ///
    /// # Errors
    /// As SQLite's; `SQLITE_CANTOPEN` while the power is lost.
    pub fn open(&self, name: &str) -> rusqlite::Result<rusqlite::Connection> {
        vfs::open(&self.location(name))
    }

    /// Ends the running process: its connections are dead, its locks gone, what it wrote is there.
    ///
    /// Call this first and drop the connections after it, or they roll back as if they had been asked to.
    pub fn kill(&self) {
        self.0.end_process();
        for file in self.0.directory.borrow().known_files() {
            file.locks.set(Locks::default());
            *file.shm.borrow_mut() = Weak::new();
        }
    }

    /// Cuts the power, if it is not lost yet, and brings it back: what was not synced is lost as `how` says.
    pub fn power_loss(&self, how: PowerLoss) {
        self.kill();
        let core = &self.0;
        let mut directory = core.directory.borrow_mut();
        match how {
            PowerLoss::LoseAll => directory.lose_all(),
            PowerLoss::LoseSome(seed) => {
                directory.lose_some(&mut seed.stream("disk.power", 0, core.operations()));
            }
        }
        core.power_is_lost.set(false);
        core.fails_at.set(u64::MAX);
    }

    /// Writes, syncs, truncations and deletions begun so far.
    pub fn operations(&self) -> u64 {
        self.0.operations()
    }

    /// Lets the power fail in the midst of operation number `operation`, counted from 0 as [`Disk::operations`] does:
    /// it was issued and nobody knows how far it came. From then on everything fails until [`Disk::power_loss`].
    pub fn fail_power_at(&self, operation: u64) {
        assert!(operation >= self.operations(), "operation {operation} has been");
        self.0.fails_at.set(operation);
    }

    /// Whether the power failed and is not back.
    pub fn power_is_lost(&self) -> bool {
        self.0.power_is_lost.get()
    }

    /// What was done on this disk, for models of its cost.
    pub fn counters(&self) -> Counters {
        self.0.counters.get()
    }

    /// Bytes in the files.
    pub fn bytes(&self) -> u64 {
        self.0.directory.borrow().files().map(|(_, file)| file.content.borrow().size()).sum()
    }

    /// Bytes of memory in pages that are not shared with a template; what a power loss would bring back is counted.
    pub fn owned_bytes(&self) -> u64 {
        let files = self.0.directory.borrow().known_files();
        files.iter().map(|file| file.content.borrow().owned_bytes()).sum()
    }
}

impl Core {
    fn new(options: Options, directory: Directory) -> Rc<Core> {
        // Unique in the process, so that a connection strayed to another thread finds no disk instead of a wrong one.
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let core = Rc::new(Core::unlisted(id, options, directory));
        DISKS.with_borrow_mut(|disks| disks.insert(id, Rc::downgrade(&core)));
        core
    }

    fn unlisted(id: u64, options: Options, directory: Directory) -> Core {
        Core {
            id,
            options,
            generation: Cell::new(0),
            power_is_lost: Cell::new(false),
            fails_at: Cell::new(u64::MAX),
            operations: Cell::new(0),
            counters: Cell::default(),
            open: Cell::new(0),
            directory: RefCell::new(directory),
        }
    }

    /// A disk that no path leads to.
    pub(super) fn scratch() -> Rc<Core> {
        Rc::new(Core::unlisted(0, Options::default(), Directory::default()))
    }

    fn end_process(&self) {
        self.generation.set(self.generation() + 1);
        self.open.set(0);
    }

    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Operations issued so far, which is the number of the next.
    pub(super) fn operations(&self) -> u64 {
        self.operations.get()
    }

    /// A handle of the running process more.
    pub(super) fn opened(&self) {
        self.open.set(self.open.get() + 1);
    }

    /// A handle of the running process less.
    pub(super) fn closed(&self) {
        self.open.set(self.open.get() - 1);
    }

    #[inline]
    pub(super) fn count(&self, what: impl FnOnce(&mut Counters)) {
        let mut counters = self.counters.get();
        what(&mut counters);
        self.counters.set(counters);
    }

    /// Numbers an operation that is being issued; `Dead` if the power fails in it.
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

    /// Opens the file `name`, or makes it if `create` says so; `fresh` insists on making it.
    pub(super) fn open(self: &Rc<Core>, name: &str, create: bool, fresh: bool) -> Result<Handle, OpenError> {
        self.has_power().map_err(|Dead| OpenError::Dead)?;
        let mut directory = self.directory.borrow_mut();
        let file = match directory.find(name) {
            Some(_) if fresh => return Err(OpenError::Refused),
            Some(file) => Rc::clone(file),
            None if create => {
                let file = Rc::new(File::named(name));
                directory.set(name, self.operations(), Some(Rc::clone(&file)));
                file
            }
            None => return Err(OpenError::Refused),
        };
        Ok(Handle::new(Rc::clone(self), file))
    }

    /// Whether SQLite should take a file as being there; an empty one it should not, as on unix.
    pub(super) fn exists(&self, name: &str) -> Result<bool, Dead> {
        self.has_power()?;
        Ok(self.directory.borrow().find(name).is_some_and(|file| file.content.borrow().size() > 0))
    }

    /// Takes the name off its file, for good if `durable`; false if there was none.
    pub(super) fn delete(&self, name: &str, durable: bool) -> Result<bool, Dead> {
        self.has_power()?;
        let mut directory = self.directory.borrow_mut();
        if directory.find(name).is_none() {
            return Ok(false);
        }
        directory.set(name, self.operations(), None);
        self.issue()?;
        if durable {
            self.count(|counters| counters.syncs += 1);
            if !self.options.lies_about_sync {
                directory.sync();
            }
        }
        Ok(true)
    }

    /// Makes a file durable, and with it the directory if the file is new there: so SQLite's unix VFS does it for
    /// journals and WALs, and ext4, F2FS and APFS for any file.
    pub(super) fn sync(&self, file: &Rc<File>) -> Result<(), Dead> {
        self.count(|counters| counters.syncs += 1);
        self.issue()?;
        if !self.options.lies_about_sync {
            file.sync();
            let mut directory = self.directory.borrow_mut();
            if directory.is_new(file) {
                directory.sync();
            }
        }
        Ok(())
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // The thread's registry may be gone before the last disk is.
        let _ = DISKS.try_with(|disks| disks.borrow_mut().remove(&self.id));
    }
}
