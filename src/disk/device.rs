//! One device's disk: its files, which of them survive what, and what was done to them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use super::content::{Base, Content};
use super::directory::{Directory, File};
use super::flash::Flash;
use super::handle::Handle;
use super::history::{Death, History, Moment, What};
use super::locks::Locks;
use super::page::PAGE;
use super::vfs::{self, Location};
use crate::base::{Seed, Span, Time};

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

/// What was done on a disk since it was made. What a death undoes, as it came before, was not done, though the log may have been as large.
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
    /// Pages of 4096 bytes that the operating system did not have in memory when they were read.
    pub pages_fetched: u64,
    /// The greatest size of a write-ahead log, in bytes.
    pub log_peak: u64,
}

/// How long the work on a disk took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// When it began.
    pub from: Time,
    /// When the last operation is done.
    pub until: Time,
    /// Something was written: the work held the write lock.
    pub wrote: bool,
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

/// What the files of a disk were at an instant, for going back to it.
#[derive(Clone)]
pub struct Backup(Vec<(String, Content)>);

/// The process that had the file open, or the power, is gone: SQLite is told of an I/O error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dead;

/// Why something was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotWritten {
    /// As [`Dead`].
    Dead,
    /// There is no room.
    Full,
}

impl From<Dead> for NotWritten {
    fn from(_: Dead) -> NotWritten {
        NotWritten::Dead
    }
}

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
    /// The counters when time was last charged.
    charged: Cell<Counters>,
    /// Numbers of the syncs since then.
    syncs: RefCell<Vec<u64>>,
    is_full: Cell<bool>,
    /// A write was refused for want of room, and nothing was synced since.
    refused: Cell<bool>,
    /// What is being done, if it is remembered.
    history: RefCell<Option<History>>,
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

    /// The present files, as a copy of the medium would have them; connections may be open, and what they have not committed
    /// is for SQLite's recovery.
    pub fn backup(&self) -> Backup {
        let directory = self.0.directory.borrow();
        let files = directory.files().map(|(name, file)| (name.to_owned(), file.content.borrow().clone()));
        Backup(files.collect())
    }

    /// Ends the running process, and puts back the files of a backup as durable and all that there is.
    pub fn restore(&self, backup: &Backup) {
        self.kill();
        let files = backup.0.iter().map(|(name, content)| {
            let file = File::named(name);
            let mut content = content.clone();
            content.sync();
            content.cool_down();
            file.content.replace(content);
            (name.clone(), Rc::new(file))
        });
        *self.0.directory.borrow_mut() = Directory::of(files);
    }

    /// Where SQLite finds the file `name` of this disk until its process ends; a name has no slash.
    pub fn location(&self, name: &str) -> Location {
        assert!(!name.contains('/') && !name.is_empty(), "{name:?} is not the name of a file");
        // Whoever gets it may open it without us.
        vfs::prepare();
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
        if let Some(history) = self.0.history.borrow_mut().as_mut() {
            history.forget();
        }
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
        for file in directory.known_files() {
            file.content.borrow_mut().cool_down();
        }
        core.power_is_lost.set(false);
        core.fails_at.set(u64::MAX);
    }

    /// From now on remembers what is being done until it is past, so that a process can die in the midst of it.
    pub fn remember(&self) {
        self.0.history.borrow_mut().get_or_insert_default();
    }

    /// Remembers besides the times of all operations from now on, for sweeps over them.
    pub fn trace(&self) {
        self.0.history.borrow_mut().get_or_insert_default().trace();
    }

    /// The times of the operations since [`Disk::trace`], in their order.
    pub fn traced(&self) -> Vec<Moment> {
        self.0.history.borrow().as_ref().map_or_else(Vec::new, |history| history.traced().to_vec())
    }

    /// Charges the time of what was done since the last call: from `start` on first `cpu`, then what had to be read, then
    /// one operation after the other. Work that is never charged counts as done when it was issued.
    pub fn charge(&self, start: Time, cpu: Span, flash: &Flash) -> Charged {
        let core = &self.0;
        let (now, before) = (core.counters.get(), core.charged.replace(core.counters.get()));
        let pages = now.pages_fetched - before.pages_fetched;
        let begin = start + cpu + flash.read(pages, pages * PAGE as u64);
        let syncs = std::mem::take(&mut *core.syncs.borrow_mut());
        let synced: Span = syncs.into_iter().map(|number| flash.sync(number)).sum();
        let until = begin + synced + flash.write(now.bytes_written - before.bytes_written);
        if let Some(history) = core.history.borrow_mut().as_mut() {
            history.time(begin, flash);
        }
        Charged { from: start, until, wrote: now.writes > before.writes || now.syncs > before.syncs }
    }

    /// When the syncs end that were charged and end after `from`, if what is being done is remembered.
    pub fn sync_ends(&self, from: Time) -> Vec<Time> {
        self.0.history.borrow().as_ref().map_or_else(Vec::new, |history| history.sync_ends(from))
    }

    /// Charges nobody for what was done since the last call: it was done when it was issued.
    pub fn forgive(&self) {
        let core = &self.0;
        core.charged.set(core.counters.get());
        core.syncs.borrow_mut().clear();
        if let Some(history) = core.history.borrow_mut().as_mut() {
            history.forgive();
        }
    }

    /// Whether something was done that nobody has been charged for.
    pub fn owes(&self) -> bool {
        self.0.counters.get() != self.0.charged.get()
    }

    /// What was done by `now` cannot be undone any more. Call it before a process does something, or what is remembered grows.
    pub fn settle(&self, now: Time) {
        if let Some(history) = self.0.history.borrow_mut().as_mut() {
            history.settle(now);
        }
    }

    /// As [`Disk::kill`], in the midst of what was charged: only operations issued by `at` are there. True if that was not
    /// all.
    pub fn kill_at(&self, at: Time) -> bool {
        self.cut(at, Death::OfProcess)
    }

    /// As [`Disk::power_loss`], in the midst of what was charged: only operations issued by `at` may have reached the
    /// medium, and only syncs done by then count. True if that was not all.
    pub fn power_loss_at(&self, at: Time, how: PowerLoss) -> bool {
        // What failed by number came as far as it came.
        let cut = !self.power_is_lost() && self.cut(at, Death::OfPower);
        self.power_loss(how);
        cut
    }

    fn cut(&self, at: Time, death: Death) -> bool {
        let core = &self.0;
        core.end_process();
        let mut history = core.history.borrow_mut();
        let cut = history.as_mut().map(|h| h.cut(at, death, &mut core.directory.borrow_mut()));
        drop(history);
        let undone = cut.unwrap_or_default();
        for counters in [&core.counters, &core.charged] {
            let mut done = counters.get();
            done.writes -= undone.writes;
            done.bytes_written -= undone.bytes;
            done.syncs -= undone.syncs;
            counters.set(done);
        }
        self.kill();
        undone.any
    }

    /// Makes the disk full, or gives it room again: while it is full no file grows.
    pub fn set_full(&self, full: bool) {
        self.0.is_full.set(full);
    }

    /// Whether a transaction that failed for want of room may come to light if the process dies now.
    ///
    /// SQLite fills the sector behind a commit in the log with copies of its last frame. Where the commit itself found room and
    /// a copy did not, the transaction fails, but the next process takes what lies in the log for committed, unless another
    /// transaction has been written over it.
    pub fn has_open_failure(&self) -> bool {
        self.0.refused.get()
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
            charged: Cell::default(),
            syncs: RefCell::default(),
            is_full: Cell::new(false),
            refused: Cell::new(false),
            history: RefCell::default(),
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

    /// Whether a file that would grow by what is to be written must not.
    pub(super) fn refuses_to_grow(&self) -> bool {
        self.refused.set(self.refused.get() || self.is_full.get());
        self.is_full.get()
    }

    /// Remembers an operation that is about to be done.
    #[inline]
    pub(super) fn note(&self, what: impl FnOnce() -> What, bytes: &[u8]) {
        if let Some(history) = self.history.borrow_mut().as_mut() {
            history.note(self.operations(), what(), bytes, &self.directory.borrow());
        }
    }

    fn note_sync(&self) {
        self.count(|counters| counters.syncs += 1);
        self.syncs.borrow_mut().push(self.operations());
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
        let known = self.directory.borrow().find(name).cloned();
        let file = match known {
            Some(_) if fresh => return Err(OpenError::Refused),
            Some(file) => file,
            None if create => {
                let file = Rc::new(File::named(name));
                self.note(|| What::Create { name: name.to_owned(), file: Rc::clone(&file) }, &[]);
                self.directory.borrow_mut().set(name, self.operations(), Some(Rc::clone(&file)));
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
        if self.directory.borrow().find(name).is_none() {
            return Ok(false);
        }
        self.note(|| What::Delete { name: name.to_owned(), durable }, &[]);
        if durable {
            self.note_sync();
        }
        let mut directory = self.directory.borrow_mut();
        directory.set(name, self.operations(), None);
        self.issue()?;
        if durable && !self.options.lies_about_sync {
            directory.sync();
        }
        Ok(true)
    }

    /// Makes a file durable, as [`Directory::sync_file`] says.
    pub(super) fn sync(&self, file: &Rc<File>) -> Result<(), Dead> {
        self.note(|| What::Sync { file: Rc::clone(file) }, &[]);
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
        // The thread's registry may be gone before the last disk is.
        let _ = DISKS.try_with(|disks| disks.borrow_mut().remove(&self.id));
    }
}
