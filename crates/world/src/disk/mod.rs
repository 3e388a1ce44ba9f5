//! A simulated disk under real SQLite. It models 3 things: the contents of files at any time, the
//! effect of a kill or a power loss, and the time of operations on a given flash memory. SQLite
//! itself does everything else: journals, recovery and database pages.
//!
//! Read `device` first, then `core`, `directory`, `content`, `history`, and `vfs` for SQLite.
//!
//! Invariants:
//! - A read sees each earlier write at once.
//! - A write survives a power loss only if its file was synced after it.
//! - The name of a new file is durable after the file's first sync.
//! - A deletion is durable if SQLite asks for a sync of the directory. In journal mode DELETE, it
//!   does so only with `synchronous=EXTRA`.
//! - Creations, deletions and truncations reach the medium in order.
//!
//! A kill or a power loss ends a generation. All calls on handles of earlier generations fail and
//! change nothing. So call [`Disk::kill`] first, and drop the dead process's connections later.
//!
//! SQLite does its work at once. [`Disk::charge`] then computes the virtual time of the work.
//! During that time, a process can still die, and only the operations issued before its death stay
//! ([`Disk::kill_at`], [`Disk::power_loss_at`]). A read takes time only for pages that are not in
//! the operating system's memory. On a full disk, no file grows.
//!
//! Disks from one template share its pages. Almost nothing depends on the host: SQLite's clock
//! stands still, its sleep ends at once, and it reports a lock conflict at once. There are two
//! exceptions: SQLite's random numbers (WAL salts, nonces, `random()`) and the disk number in a
//! path. So a digest may use rows, but not the bytes of files and not paths.
//!
//! A VFS with the name [`VFS_NAME`] is registered once per operating-system process. It maps a path
//! such as `/d42.0/app.db` to a disk of the current thread. A connection that moves to another
//! thread fails, and its memory leaks. All connections are opened by [`open`], because SQLite
//! accepts its settings only before its first use. The medium reports 512-byte sectors. SQLite pads
//! journal headers to that size, and a write can tear between two sectors.

mod content;
mod core;
#[cfg(test)]
mod crash_tests;
mod device;
mod directory;
mod document;
mod files;
#[cfg(test)]
mod files_tests;
mod flash;
mod handle;
mod history;
mod locks;
mod page;
mod shm;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
mod vfs;

pub use core::DiskOptions;
pub use device::{Backup, Charged, Disk, PowerLoss, Template};
pub use document::Document;
pub use flash::Flash;
pub use history::{Counters, Moment};
pub use vfs::{VFS_NAME, open, prepare};
