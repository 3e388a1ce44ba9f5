//! A simulated disk under real SQLite. It models three things: the contents of files at any time,
//! the effect of a kill or a power loss, and the time of operations on a given flash. Journals,
//! recovery and pages are SQLite's own.
//!
//! Read `device` first, then `core`, `directory`, `content`, `history`, and `vfs` for SQLite.
//!
//! Invariants: reads see a write at once. A write survives a power loss only if its file was synced
//! after it. A new file's name is durable with its first sync. A deletion is durable when SQLite
//! asks for a sync of the directory (in journal mode DELETE only with `synchronous=EXTRA`).
//! Creations, deletions and truncations reach the medium in order.
//!
//! A kill or a power loss ends a generation. All calls on handles of earlier generations fail and
//! change nothing. So kill first, and drop the dead process's connections later.
//!
//! SQLite does its work at once. [`Disk::charge`] says afterwards how long the work took. Until
//! that time a process can die during the work, and only the first of its operations remain
//! ([`Disk::kill_at`], [`Disk::power_loss_at`]). A read costs time only for pages that are not in
//! the operating system's memory. On a full disk no file grows.
//!
//! Disks from one template share its pages. Nothing depends on the host: SQLite's clock stands
//! still, sleeping ends at once, SQLite reports a lock conflict at once. The exceptions are
//! SQLite's random numbers (WAL salts, nonces, `random()`) and the number in a path: so hash rows,
//! never files or paths.
//!
//! A VFS named [`VFS_NAME`], registered once per process, maps a path such as `/d42.0/app.db` to a
//! disk of this thread. A connection moved to another thread fails and leaks. All connections go
//! through [`open`], as SQLite takes its settings only before its first use. The medium reports
//! 512-byte sectors. SQLite pads journal headers to that, and a write can tear between two of them.

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
