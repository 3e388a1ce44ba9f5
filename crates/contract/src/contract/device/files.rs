//! Files on a device's disk, for stores that are not SQLite.

use std::fmt;
use std::io;
use std::rc::Rc;

/// The files beside a device's database. Reads and writes take time, as with SQLite: see
/// [`Machine::take_on`](super::port::Machine::take_on).
pub trait Files: fmt::Debug {
    /// Opens the file of this name, which contains no slash; creates it if it does not exist.
    ///
    /// # Errors
    /// The power failed, or the calling process has ended.
    fn open(&self, name: &str) -> io::Result<Rc<dyn File>>;
    /// True if the file exists.
    fn exists(&self, name: &str) -> bool;
    /// Deletes a file durably; false if it did not exist.
    ///
    /// # Errors
    /// As [`open`](Files::open).
    fn remove(&self, name: &str) -> io::Result<bool>;
}

/// An open file. A reader sees written bytes at once, and they survive a kill. They survive a power
/// loss only if the file was synced after the write.
pub trait File {
    /// Reads from this offset until `into` is full or the file ends; returns the bytes read.
    ///
    /// # Errors
    /// The power failed, or the process has ended.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// # Errors
    /// As [`read_at`](File::read_at); [`io::ErrorKind::StorageFull`] if the file would have to grow
    /// and there is no room.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Truncates the file to this size in bytes, or extends it with zeros.
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
