//! Files on a device's disk, for stores that are not SQLite.

use std::fmt;
use std::io;
use std::rc::Rc;

/// The files beside a device's database. Work on them takes time as SQLite's does: by
/// [`Machine::take_on`](super::port::Machine::take_on).
pub trait Files: fmt::Debug {
    /// Opens the file of this name, which has no slash; makes it if it is not there.
    ///
    /// # Errors
    /// The power failed, or the process that asks has ended.
    fn open(&self, name: &str) -> io::Result<Rc<dyn File>>;
    /// Whether there is such a file.
    fn exists(&self, name: &str) -> bool;
    /// Deletes a file for good; false if there was none.
    ///
    /// # Errors
    /// As [`open`](Files::open).
    fn remove(&self, name: &str) -> io::Result<bool>;
}

/// An open file. What is written is read back at once, and outlives a kill; it outlives a loss of
/// power only if it was synced after it.
pub trait File {
    /// Reads up to as many bytes as there is room for from this offset on; gives how many there
    /// were.
    ///
    /// # Errors
    /// The power failed, or the process has ended.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// # Errors
    /// As [`read_at`](File::read_at); [`io::ErrorKind::StorageFull`] if the file would have to grow
    /// and there is no room.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file to this size in bytes, or makes it so long with zeros.
    ///
    /// # Errors
    /// As [`write_at`](File::write_at).
    fn set_len(&self, size: u64) -> io::Result<()>;
    /// Its size in bytes.
    fn size(&self) -> u64;
    /// # Errors
    /// As [`read_at`](File::read_at).
    fn sync(&self) -> io::Result<()>;
}
