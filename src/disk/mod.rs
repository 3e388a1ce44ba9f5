//! A simulated disk under real SQLite.
//!
//! It decides what a database file holds at any moment, and what is left of it after the app was
//! killed or the power was lost, and how long its operations take on a given flash. It leaves to
//! SQLite what SQLite is for: journals, recovery and pages are the real ones; and to others when a
//! process' work begins and how long its processor is busy with it.
//!
//! Invariants:
//!
//! - What was written is read back at once, by any connection; it outlives a power loss only if its
//!   file was synced after it. A new file's name is durable with its first sync, a deletion when
//!   SQLite asks for the directory's sync (only `synchronous=EXTRA` does in journal mode DELETE:
//!   with FULL, power loss may undo the last commit). Creations, deletions and cuts reach the
//!   medium in their order, as on a journaling file system.
//! - A kill or a power loss ends a generation. Handles of an earlier generation fail in everything
//!   and change nothing, so a dead process' connection may be dropped at any later time, and its
//!   paths lead nowhere. Kill first, then drop.
//! - Disks that start from one template share its pages; a page is a disk's own once it was written
//!   there, until it is synced and reads the same as another disk's.
//! - SQLite does its work at once, and [`Disk::charge`] says afterwards how long it took: first the
//!   processor, then the reads, then one operation after the other. Until that time is past a
//!   process can die in the middle of it, and only what it had issued by then is there
//!   ([`Disk::kill_at`]); of a sync that the power interrupts nothing counts
//!   ([`Disk::power_loss_at`]). What is left of a transaction is always a beginning of its
//!   operations.
//! - Only a page that the operating system does not have in memory costs a read: it has what was
//!   read or written since the device was last switched on.
//! - On a full disk no file grows; what is there may be written over.
//! - Nothing depends on the host: SQLite's clock stands still here and sleeping takes no time, so a
//!   lock that is taken is reported at once. Only SQLite's own random numbers (WAL salts, journal
//!   nonces, `random()`) come from the host, once a process, and a path's number from a count of
//!   all disks of the process: digest rows, never files or paths.
//!
//! How: a VFS named [`VFS_NAME`], registered once a process, maps a path such as `/d42.0/app.db` to
//! a disk of this thread. A world is one thread: a connection that strays to another fails there,
//! and is leaked, not freed. All connections of the process, `:memory:` included, go through
//! [`open`], since SQLite takes its process-wide settings only before its first use.
//!
//! The medium has 512-byte sectors and says so: SQLite then pads its journal headers to 512 bytes
//! instead of 4096, and a write may be torn between any two sectors. It promises nothing more
//! (device characteristics 0).

mod content;
mod core;
#[cfg(test)]
mod crash_tests;
mod device;
mod directory;
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

pub use core::{Counters, DiskOptions};
pub use device::{Backup, Charged, Disk, PowerLoss, Template};
pub use flash::Flash;
pub use history::Moment;
pub use vfs::{VFS_NAME, open, prepare};
