//! A file that a process has open.

use std::ops::Range;
use std::rc::Rc;

use super::core::{Core, Dead, NotWritten, OpenError};
use super::directory::File;
use super::history::What;
use super::locks::Level;
use super::shm::{Mapping, Region};

/// An open file of one process; when that has ended, each method says [`Dead`] and does nothing.
pub(super) struct Handle {
    core: Rc<Core>,
    file: Rc<File>,
    generation: u64,
    level: Level,
    mapping: Option<Mapping>,
}

impl Handle {
    fn new(core: Rc<Core>, file: Rc<File>) -> Handle {
        core.opened();
        Handle { generation: core.generation(), core, file, level: Level::None, mapping: None }
    }

    /// Opens the file `name` of a disk, or makes it if `create` says so; `fresh` insists on making
    /// it.
    pub(super) fn open(core: Rc<Core>, name: &str, create: bool, fresh: bool) -> Result<Handle, OpenError> {
        let file = core.open(name, create, fresh)?;
        Ok(Handle::new(core, file))
    }

    /// A file without a name, for SQLite's sorters and statement journals; it is on no device's
    /// disk.
    pub(super) fn scratch() -> Handle {
        Handle::new(Core::scratch(), Rc::default())
    }

    #[inline]
    fn alive(&self) -> Result<(), Dead> {
        if self.generation == self.core.generation() { Ok(()) } else { Err(Dead) }
    }

    /// Hands `sink` the bytes from `at` on, in pieces; returns how many of `len` there are.
    #[inline]
    pub(super) fn read(&self, at: u64, len: usize, sink: impl FnMut(usize, &[u8])) -> Result<usize, Dead> {
        self.alive()?;
        let (there, cold) = self.file.content.borrow_mut().read(at, len, sink);
        self.core.count(|counters| {
            counters.reads += 1;
            counters.bytes_read += there as u64;
            counters.pages_fetched += cold;
        });
        Ok(there)
    }

    /// Writes; on a full disk no file grows.
    #[inline]
    pub(super) fn write(&self, at: u64, bytes: &[u8]) -> Result<(), NotWritten> {
        self.alive()?;
        let end = at + bytes.len() as u64;
        if end > self.file.content.borrow().size() && self.core.refuses_to_grow() {
            return Err(NotWritten::Full);
        }
        self.core.note(|| What::Write { file: Rc::clone(&self.file), at, len: bytes.len() }, bytes);
        self.file.content.borrow_mut().write(at, bytes);
        self.core.count(|counters| {
            counters.writes += 1;
            counters.bytes_written += bytes.len() as u64;
            if self.file.is_log {
                counters.log_peak = counters.log_peak.max(end);
            }
        });
        Ok(self.core.issue()?)
    }

    pub(super) fn truncate(&self, size: u64) -> Result<(), Dead> {
        self.alive()?;
        self.core.note(|| What::Truncate { file: Rc::clone(&self.file), size }, &[]);
        self.file.truncate(size, self.core.operations());
        self.core.issue()
    }

    pub(super) fn sync(&self) -> Result<(), Dead> {
        self.alive()?;
        self.core.sync(&self.file)
    }

    pub(super) fn size(&self) -> Result<u64, Dead> {
        self.alive()?;
        Ok(self.file.content.borrow().size())
    }

    /// Raises the lock; false if another handle is in the way.
    pub(super) fn lock(&mut self, want: Level) -> Result<bool, Dead> {
        self.alive()?;
        let mut locks = self.file.locks.get();
        let granted = locks.lock(&mut self.level, want);
        self.file.locks.set(locks);
        Ok(granted)
    }

    pub(super) fn unlock(&mut self, to: Level) -> Result<(), Dead> {
        self.alive()?;
        let mut locks = self.file.locks.get();
        locks.unlock(&mut self.level, to);
        self.file.locks.set(locks);
        Ok(())
    }

    pub(super) fn is_reserved(&self) -> Result<bool, Dead> {
        self.alive()?;
        Ok(self.file.locks.get().is_reserved())
    }

    /// The shared memory of this database, mapped by this handle at the first call.
    fn mapping(&mut self) -> &mut Mapping {
        let file = &self.file;
        self.mapping.get_or_insert_with(|| {
            let mut shared = file.shm.borrow_mut();
            let shm = shared.upgrade().unwrap_or_default();
            *shared = Rc::downgrade(&shm);
            Mapping::new(shm)
        })
    }

    pub(super) fn region(&mut self, at: usize, bytes: usize, extend: bool) -> Result<Option<Region>, Dead> {
        self.alive()?;
        Ok(self.mapping().region(at, bytes, extend))
    }

    pub(super) fn lock_shared(&mut self, slots: Range<usize>, exclusive: bool) -> Result<bool, Dead> {
        self.alive()?;
        Ok(self.mapping().lock(slots, exclusive))
    }

    pub(super) fn unlock_shared(&mut self, slots: Range<usize>) -> Result<(), Dead> {
        self.alive()?;
        self.mapping().unlock(slots);
        Ok(())
    }

    pub(super) fn unmap_shared(&mut self) {
        self.mapping = None;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.unlock(Level::None).is_ok() {
            self.core.closed();
        }
    }
}
