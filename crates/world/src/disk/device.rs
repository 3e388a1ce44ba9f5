//! One device's disk: its files, which of them survive what, and what was done to them.

use std::rc::{Rc, Weak};

use super::content::Content;
use super::core::{Core, DiskOptions};
use super::directory::{Directory, File};
use super::files::FilesAt;
use super::flash::Flash;
#[cfg(test)]
use super::history::History;
use super::history::{Counters, Death, Moment};
use super::page::PAGE;
use super::vfs;
use crate::base::{Seed, Span, Time};
use crate::contract::Database;

/// What a power loss leaves of the operations that no sync had made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLoss {
    /// Nothing: every file is as of its last sync.
    LoseAll,
    /// Each 512-byte sector is drawn from before and after, and how many of the creations,
    /// deletions and cuts reached the medium. Give each disk and each loss a seed of its own.
    LoseSome(Seed),
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

/// A device's disk; copies of the handle are the same disk.
#[derive(Clone)]
pub struct Disk(Rc<Core>);

/// The frozen files of a disk, from which others start without copying them.
#[derive(Clone)]
pub struct Template {
    options: DiskOptions,
    files: Backup,
}

/// What the files of a disk were at an instant, for going back to it.
#[derive(Clone)]
pub struct Backup(Rc<[(String, Content)]>);

impl Backup {
    fn of(directory: &Directory, copy: impl Fn(&mut Content) -> Content) -> Backup {
        let files = directory.files();
        Backup(files.map(|(name, file)| (name.to_owned(), copy(&mut file.content.borrow_mut()))).collect())
    }

    /// The files as they are on the medium, none of which is in memory.
    fn directory(&self) -> Directory {
        Directory::of(self.0.iter().map(|(name, content)| {
            let file = File::named(name);
            let mut content = content.clone();
            content.sync();
            content.cool_down();
            file.content.replace(content);
            (name.clone(), Rc::new(file))
        }))
    }
}

impl Disk {
    /// An empty disk, known to SQLite on this thread.
    pub fn new(options: DiskOptions) -> Disk {
        Disk(Core::new(options, Directory::default()))
    }

    /// A disk with the files of the template, whose pages it shares until it writes them.
    pub fn from_template(template: &Template) -> Disk {
        Disk(Core::new(template.options, template.files.directory()))
    }

    /// Freezes the present files as durable; from then on this disk shares them too. Panics if a
    /// connection is open.
    pub fn template(&self) -> Template {
        assert_eq!(self.0.open.get(), 0, "a template is taken while no connection is open");
        assert!(!self.power_is_lost(), "a template is taken of a disk with power");
        let mut directory = self.0.directory.borrow_mut();
        directory.sync();
        Template { options: self.0.options, files: Backup::of(&directory, Content::freeze) }
    }

    /// The present files; what is not committed is for SQLite's recovery.
    pub fn backup(&self) -> Backup {
        Backup::of(&self.0.directory.borrow(), |content| content.clone())
    }

    /// Ends the running process, and puts back the files of a backup as all that there is.
    pub fn restore(&self, backup: &Backup) {
        self.kill();
        *self.0.directory.borrow_mut() = backup.directory();
    }

    /// Where SQLite finds the file `name` of this disk until its process ends; a name has no slash.
    pub fn location(&self, name: &str) -> Database {
        assert!(!name.contains('/') && !name.is_empty(), "{name:?} is not the name of a file");
        // Who gets it may open it without us.
        vfs::prepare();
        let path = format!("/d{}.{}/{name}", self.0.id, self.0.generation());
        Database { files: Some(Rc::new(FilesAt(path.clone()))), path, vfs: Some(vfs::VFS_NAME) }
    }

    /// Opens the database `name`, made if it is not there; `SQLITE_CANTOPEN` while the power is
    /// lost.
    pub fn open(&self, name: &str) -> rusqlite::Result<rusqlite::Connection> {
        vfs::open(&self.location(name))
    }

    /// Ends the running process: its connections are dead, its locks gone, what it wrote is there.
    /// Drop the connections after it, or they roll back.
    pub fn kill(&self) {
        self.0.end_process();
        if let Some(history) = self.0.history.borrow_mut().as_mut() {
            history.forget();
        }
        for file in self.0.directory.borrow().known_files() {
            file.locks.take();
            *file.shm.borrow_mut() = Weak::new();
        }
    }

    /// Cuts the power and brings it back: what was not synced is lost as `how` says.
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

    /// From now on remembers what is being done, so that a process can die during it.
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

    /// Charges the time of what was done since the last call: from `start` on first `cpu`, then the
    /// reads, then one operation after the other.
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

    /// When the syncs end that were charged and end after `from`, if that is remembered.
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
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.0.history.borrow().as_ref().map_or(0, History::remembered)
    }

    /// What was done by `now` cannot be undone any more; otherwise what is remembered grows.
    pub fn settle(&self, now: Time) {
        if let Some(history) = self.0.history.borrow_mut().as_mut() {
            history.settle(now, &mut self.0.directory.borrow_mut());
        }
    }

    /// As [`Disk::kill`]: only what was issued by `at` is there. True if that was not all.
    pub fn kill_at(&self, at: Time) -> bool {
        self.cut(at, Death::OfProcess)
    }

    /// As [`Disk::power_loss`]: only what was issued by `at` may have reached the medium, and only
    /// syncs done by then count. True if that was not all.
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
        let undone = cut.flatten();
        let gone = undone.unwrap_or_default();
        for counters in [&core.counters, &core.charged] {
            let mut done = counters.get();
            done.writes -= gone.writes;
            done.bytes_written -= gone.bytes_written;
            done.syncs -= gone.syncs;
            counters.set(done);
        }
        self.kill();
        undone.is_some()
    }

    /// Something takes all the room, or gives it back; who is last to give it back gives it. While
    /// there is none no file grows.
    pub fn lose_room(&self, lost: bool) {
        let takers = self.0.takers_of_room.get();
        self.0.takers_of_room.set(if lost { takers + 1 } else { takers.saturating_sub(1) });
    }

    /// Whether a transaction that failed for lack of room may come to light if the process dies
    /// now: SQLite fills the sector behind a commit with copies of its last frame, and if a copy
    /// found no room the transaction fails, though the next process takes it for committed.
    pub fn has_open_failure(&self) -> bool {
        self.0.refused.get()
    }
    /// Writes, syncs, truncations and deletions begun so far.
    pub fn operations(&self) -> u64 {
        self.0.operations()
    }

    /// Lets the power fail in the middle of an operation, counted as [`Disk::operations`] does:
    /// nobody knows how far it came. Everything fails until [`Disk::power_loss`].
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

    /// Bytes of memory in pages that are not shared with a template, undo pages too.
    pub fn owned_bytes(&self) -> u64 {
        let files = self.0.directory.borrow().known_files();
        files.iter().map(|file| file.content.borrow().owned_bytes()).sum()
    }
}
