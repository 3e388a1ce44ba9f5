//! The file port: access to a disk's files by offset, without SQLite.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;

use super::content::ZEROS;
use super::core::{Core, Dead, find};
use super::handle::Handle;
use crate::contract;

/// The files of a disk, for one process. The path names the disk and the process's generation.
pub(super) struct FilesAt(pub(super) String);

impl fmt::Debug for FilesAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn dead(_: Dead) -> io::Error {
    io::Error::other("the process has ended, or the power is lost")
}

impl FilesAt {
    fn core(&self) -> io::Result<Rc<Core>> {
        find(&self.0).map(|(core, _)| core).ok_or_else(|| dead(Dead))
    }
}

impl contract::Files for FilesAt {
    fn open(&self, name: &str) -> io::Result<Rc<dyn contract::File>> {
        if name.contains('/') || name.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name:?} is not the name of a file"),
            ));
        }
        let core = self.core()?;
        let file = core.open(name, true, false).map_err(dead)?.expect("it is made where it is not there");
        Ok(Rc::new(Open(RefCell::new(Handle::new(core, file)))))
    }
    fn exists(&self, name: &str) -> bool {
        self.core().is_ok_and(|core| core.directory.borrow().find(name).is_some())
    }
    fn remove(&self, name: &str) -> io::Result<bool> {
        self.core()?.delete(name, true).map_err(dead)
    }
}

struct Open(RefCell<Handle>);

impl Open {
    fn alive(&self) -> io::Result<std::cell::Ref<'_, Handle>> {
        let handle = self.0.borrow();
        if handle.is_alive() { Ok(handle) } else { Err(dead(Dead)) }
    }
}

impl contract::File for Open {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let (handle, len) = (self.alive()?, into.len());
        Ok(handle.read(offset, len, |at, bytes| into[at..at + bytes.len()].copy_from_slice(bytes)))
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.alive()?.write(offset, bytes).map_err(dead)? {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::StorageFull, "the device's storage is full")),
        }
    }
    fn set_len(&self, size: u64) -> io::Result<()> {
        let is = self.size();
        if size > is {
            let pieces = (is..size).step_by(ZEROS.len());
            return pieces
                .map(|at| (at, &ZEROS[..(size - at).min(ZEROS.len() as u64) as usize]))
                .try_for_each(|(at, zeros)| self.write_at(at, zeros));
        }
        self.alive()?.truncate(size).map_err(dead)
    }
    fn size(&self) -> u64 {
        self.0.borrow().size()
    }
    fn sync(&self) -> io::Result<()> {
        self.alive()?.sync().map_err(dead)
    }
}
