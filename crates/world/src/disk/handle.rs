//! A file opened by a process.

use std::rc::Rc;

use super::core::{Core, Dead, DiskOptions};
use super::directory::{Directory, File};
use super::history::What;
use super::locks::Level;
use super::shm::Mapping;

/// A file that a process has opened. The handle is dead after the process has ended.
pub(super) struct Handle {
    core: Rc<Core>,
    file: Rc<File>,
    generation: u64,
    level: Level,
    pub(super) mapping: Option<Mapping>,
}

impl Handle {
    pub(super) fn new(core: Rc<Core>, file: Rc<File>) -> Handle {
        core.open.set(core.open.get() + 1);
        Handle { generation: core.generation.get(), core, file, level: Level::None, mapping: None }
    }

    /// A file without a name, for SQLite's sorters. It is not on any device's disk.
    pub(super) fn scratch() -> Handle {
        let disk = Core::unlisted(0, DiskOptions::default(), Directory::default());
        Handle::new(Rc::new(disk), Rc::default())
    }
    #[inline]
    pub(super) fn is_alive(&self) -> bool {
        self.generation == self.core.generation.get()
    }

    /// Reads `len` bytes from `at` on, and passes them to `sink` in pieces. Returns the number of
    /// bytes that exist.
    #[inline]
    pub(super) fn read(&self, at: u64, len: usize, sink: impl FnMut(usize, &[u8])) -> usize {
        let (there, cold) = self.file.content.borrow_mut().read(at, len, sink);
        self.core.count(|counters| {
            counters.reads += 1;
            counters.bytes_read += there as u64;
            counters.pages_fetched += cold;
        });
        there
    }

    /// Writes the bytes. Returns false if the file would grow on a full disk.
    #[inline]
    pub(super) fn write(&self, at: u64, bytes: &[u8]) -> Result<bool, Dead> {
        let end = at + bytes.len() as u64;
        if end > self.file.content.borrow().size && self.core.refuses_to_grow() {
            return Ok(false);
        }
        self.core.note(&self.file, || What::Write(at, bytes.len()), bytes);
        self.file.content.borrow_mut().write(at, bytes);
        self.core.count(|counters| {
            counters.writes += 1;
            counters.bytes_written += bytes.len() as u64;
            if self.file.is_log {
                counters.log_peak = counters.log_peak.max(end);
            }
        });
        self.core.issue().map(|()| true)
    }

    pub(super) fn truncate(&self, size: u64) -> Result<(), Dead> {
        self.core.note(&self.file, || What::Truncate(size), &[]);
        self.file.truncate(size, self.core.operations.get());
        self.core.issue()
    }

    pub(super) fn sync(&self) -> Result<(), Dead> {
        self.core.sync(&self.file)
    }
    pub(super) fn size(&self) -> u64 {
        self.file.content.borrow().size
    }
    /// Raises the lock. Returns false if another handle blocks it.
    pub(super) fn lock(&mut self, want: Level) -> bool {
        self.file.locks.borrow_mut().lock(&mut self.level, want)
    }
    pub(super) fn unlock(&mut self, to: Level) {
        self.file.locks.borrow_mut().unlock(&mut self.level, to);
    }
    pub(super) fn is_reserved(&self) -> bool {
        self.file.locks.borrow().is_reserved()
    }

    /// The mapping of this database's shared memory.
    pub(super) fn mapping(&mut self) -> &mut Mapping {
        let file = &self.file;
        self.mapping.get_or_insert_with(|| {
            let mut shared = file.shm.borrow_mut();
            let shm = shared.upgrade().unwrap_or_default();
            *shared = Rc::downgrade(&shm);
            Mapping::new(shm)
        })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.is_alive() {
            self.unlock(Level::None);
            self.core.open.set(self.core.open.get() - 1);
        }
    }
}
