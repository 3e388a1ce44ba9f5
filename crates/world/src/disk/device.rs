//! One device's disk: its files, the effect of faults on them, and the time of operations.

use std::rc::{Rc, Weak};

use super::content::Content;
use super::core::{Core, DiskOptions};
use super::directory::{Directory, File};
use super::files::FilesAt;
use super::flash::Flash;
use super::history::{Counters, Death, Moment};
use super::page::PAGE;
use super::vfs;
use crate::base::{Seed, Span, Time};
use crate::contract::Database;

/// The effect of a power loss on operations that no sync has made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLoss {
    /// The disk loses all of them. Every file is as it was at its last sync.
    LoseAll,
    /// For each 512-byte sector, the seed draws the old or the new state. It also draws how many
    /// creations, deletions and truncations reached the medium. Use a different seed per disk and
    /// loss.
    LoseSome(Seed),
}

/// The times of the work on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// The start of the work.
    pub from: Time,
    /// The end of the work's last operation.
    pub until: Time,
    /// True if the work wrote data, so that it held the write lock.
    pub wrote: bool,
}

/// A device's disk. Clones of this handle refer to the same disk.
#[derive(Clone)]
pub struct Disk(Rc<Core>);

/// The frozen files of a disk. Other disks can start with these files without a copy.
#[derive(Clone)]
pub struct Template {
    options: DiskOptions,
    files: Backup,
}

/// The files of a disk at one instant. They can be restored later.
#[derive(Clone)]
pub struct Backup(Rc<[(String, Content)]>);

impl Backup {
    fn of(directory: &Directory, copy: impl Fn(&mut Content) -> Content) -> Backup {
        let files = directory.files();
        Backup(files.map(|(name, file)| (name.to_owned(), copy(&mut file.content.borrow_mut()))).collect())
    }

    /// The files as the medium has them. None of their pages is in memory.
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
    /// An empty disk, available to SQLite on this thread.
    pub fn new(options: DiskOptions) -> Disk {
        Disk(Core::new(options, Directory::default()))
    }

    /// A disk with the template's files. It shares their pages until it writes to them.
    pub fn from_template(template: &Template) -> Disk {
        Disk(Core::new(template.options, template.files.directory()))
    }

    /// Freezes the current files as durable. From then on, this disk shares them with the template.
    /// Panics if a connection is open or the power is off.
    pub fn template(&self) -> Template {
        assert_eq!(self.0.open.get(), 0, "a template is taken while no connection is open");
        assert!(!self.power_is_lost(), "a template is taken of a disk with power");
        let mut directory = self.0.directory.borrow_mut();
        directory.sync();
        Template { options: self.0.options, files: Backup::of(&directory, Content::freeze) }
    }

    /// Copies the current files. If a transaction is in progress, SQLite's recovery rolls it back
    /// later.
    pub fn backup(&self) -> Backup {
        Backup::of(&self.0.directory.borrow(), |content| content.clone())
    }

    /// Ends the running process and replaces all files with those of a backup.
    pub fn restore(&self, backup: &Backup) {
        self.kill();
        *self.0.directory.borrow_mut() = backup.directory();
    }

    /// The path at which SQLite finds file `name` until the process ends. Panics if `name` is empty
    /// or contains `/`.
    pub fn location(&self, name: &str) -> Database {
        assert!(!name.contains('/') && !name.is_empty(), "{name:?} is not the name of a file");
        // The caller may open the file without our `open` function.
        vfs::prepare();
        let path = format!("/d{}.{}/{name}", self.0.id, self.0.generation.get());
        Database { files: Some(Rc::new(FilesAt(path.clone()))), path, vfs: Some(vfs::VFS_NAME) }
    }

    /// Opens the database `name`, or creates it. Fails with `SQLITE_CANTOPEN` while the power is
    /// off.
    pub fn open(&self, name: &str) -> rusqlite::Result<rusqlite::Connection> {
        vfs::open(&self.location(name))
    }

    /// Ends the running process. Its connections die, its locks are released, and its writes stay.
    /// Drop the connections only after this call, because an earlier drop would roll back.
    pub fn kill(&self) {
        self.0.end_process();
        self.0.history.borrow_mut().forget();
        for file in self.0.directory.borrow().known_files() {
            file.locks.take();
            *file.shm.borrow_mut() = Weak::new();
        }
    }

    /// Cuts the power and restores it. `how` says which unsynced data is lost.
    pub fn power_loss(&self, how: PowerLoss) {
        self.kill();
        let core = &self.0;
        let mut directory = core.directory.borrow_mut();
        match how {
            PowerLoss::LoseAll => directory.lose_all(),
            PowerLoss::LoseSome(seed) => {
                directory.lose_some(&mut seed.stream("disk.power", 0, core.operations.get()));
            }
        }
        for file in directory.known_files() {
            file.content.borrow_mut().cool_down();
        }
        core.power_is_lost.set(false);
        core.fails_at.set(u64::MAX);
    }

    /// Records all operations from now on. Then a process can die in the middle of them.
    pub fn remember(&self) {
        self.0.history.borrow_mut().is_on = true;
    }
    /// Also records the times of all operations from now on. Tests kill the process at each of
    /// these times.
    pub fn trace(&self) {
        self.0.history.borrow_mut().trace();
    }
    /// The times of the operations since [`Disk::trace`], in order.
    pub fn traced(&self) -> Vec<Moment> {
        self.0.history.borrow().traced().to_vec()
    }

    /// Computes the time of the operations since the last call. First `cpu` runs from `start` on,
    /// then all reads, then the other operations one by one.
    pub fn charge(&self, start: Time, cpu: Span, flash: &Flash) -> Charged {
        let core = &self.0;
        let (now, before) = (core.counters.get(), core.charged.replace(core.counters.get()));
        let pages = now.pages_fetched - before.pages_fetched;
        let begin = start + cpu + flash.read(pages, pages * PAGE as u64);
        let syncs = std::mem::take(&mut *core.syncs.borrow_mut());
        let synced: Span = syncs.into_iter().map(|number| flash.sync(number)).sum();
        let until = begin + synced + flash.write(now.bytes_written - before.bytes_written);
        core.history.borrow_mut().time(begin, flash);
        Charged { from: start, until, wrote: now.writes > before.writes || now.syncs > before.syncs }
    }

    /// The end times of the recorded syncs that end after `from`.
    pub fn sync_ends(&self, from: Time) -> Vec<Time> {
        self.0.history.borrow().sync_ends(from)
    }

    /// Charges no time for the operations since the last call. They count as done when they were
    /// issued.
    pub fn forgive(&self) {
        let core = &self.0;
        core.charged.set(core.counters.get());
        core.syncs.borrow_mut().clear();
        core.history.borrow_mut().forgive();
    }

    /// True if the time of some operations is not charged yet.
    pub fn owes(&self) -> bool {
        self.0.counters.get() != self.0.charged.get()
    }
    /// Bytes read and written by operations that are not charged yet. Reads from memory count too.
    pub fn owed_bytes(&self) -> u64 {
        let bytes = |counters: Counters| counters.bytes_read + counters.bytes_written;
        bytes(self.0.counters.get()).saturating_sub(bytes(self.0.charged.get()))
    }
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.0.history.borrow().remembered()
    }

    /// Drops the records of operations that are done by `now`, because no later death can undo
    /// them.
    pub fn settle(&self, now: Time) {
        self.0.history.borrow_mut().settle(now, &mut self.0.directory.borrow_mut());
    }

    /// Like [`Disk::kill`], but undoes operations issued after `at`. Returns true if there were
    /// any.
    pub fn kill_at(&self, at: Time) -> bool {
        self.cut(at, Death::OfProcess)
    }

    /// Like [`Disk::power_loss`] at the time `at`. Later operations are undone, and syncs that end
    /// after `at` have no effect. Returns true if there were any.
    pub fn power_loss_at(&self, at: Time, how: PowerLoss) -> bool {
        // If the power failed earlier because of [`Disk::fail_power_at`], no operation is left to
        // undo.
        let cut = !self.power_is_lost() && self.cut(at, Death::OfPower);
        self.power_loss(how);
        cut
    }

    fn cut(&self, at: Time, death: Death) -> bool {
        let core = &self.0;
        core.end_process();
        let undone = core.history.borrow_mut().cut(at, death, &mut core.directory.borrow_mut());
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

    /// With `true`, a fault takes all free space, so that no file grows. With `false`, the fault
    /// ends.
    pub fn set_disk_full(&self, lost: bool) {
        let takers = self.0.full_disk_faults.get();
        self.0.full_disk_faults.set(if lost { takers + 1 } else { takers.saturating_sub(1) });
    }

    /// True if a transaction that failed on a full disk may count as committed after a kill. SQLite
    /// fills the sector after a commit with copies of the last frame. If there is no space for such
    /// a copy, the transaction fails. But the next process finds the commit frame and treats it as
    /// committed.
    pub fn may_count_as_committed(&self) -> bool {
        self.0.refused.get()
    }
    /// The number of writes, syncs, truncations and deletions started so far.
    pub fn operations(&self) -> u64 {
        self.0.operations.get()
    }

    /// Makes the power fail during an operation, with the number that [`Disk::operations`] counts.
    /// The operation is done in part. All later operations fail until [`Disk::power_loss`].
    pub fn fail_power_at(&self, operation: u64) {
        assert!(operation >= self.operations(), "operation {operation} has been");
        self.0.fails_at.set(operation);
    }

    /// True if the power has failed and has not been restored.
    pub fn power_is_lost(&self) -> bool {
        self.0.power_is_lost.get()
    }
    /// Counters of operations, for cost models.
    pub fn counters(&self) -> Counters {
        self.0.counters.get()
    }
    /// Total size of the files in bytes.
    pub fn bytes(&self) -> u64 {
        self.0.directory.borrow().files().map(|(_, file)| file.content.borrow().size).sum()
    }

    /// Bytes of memory in pages that no template shares, including pages on the undo list.
    pub fn owned_bytes(&self) -> u64 {
        let files = self.0.directory.borrow().known_files();
        files.iter().map(|file| file.content.borrow().owned_bytes()).sum()
    }
}
