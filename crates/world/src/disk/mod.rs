//! A simulated disk under real SQLite: what its files hold at any moment, what a kill or a power
//! loss leaves of them, and how long operations take on a given flash. Journals, recovery and pages
//! are SQLite's own.
//!
//! Invariants: what was written is read back at once; it outlives a power loss only if its file was
//! synced after it. A new file's name is durable with its first sync, a deletion when SQLite asks
//! for the directory's sync (in journal mode DELETE only `synchronous=EXTRA` does). Creations,
//! deletions and cuts reach the medium in their order.
//!
//! A kill or a power loss ends a generation: handles of an earlier one fail in everything and
//! change nothing, so a dead process' connection may be dropped later. Kill first, then drop.
//!
//! SQLite does its work at once, and [`Disk::charge`] says afterwards how long it took. Until that
//! time is past a process can die in the middle of it, and only a beginning of its operations is
//! there ([`Disk::kill_at`], [`Disk::power_loss_at`]). Only a page that the operating system does
//! not have in memory costs a read. On a full disk no file grows.
//!
//! Disks that start from one template share its pages. Nothing depends on the host: SQLite's clock
//! stands still, sleeping takes no time, a lock that is taken is reported at once. Only its random
//! numbers (WAL salts, nonces, `random()`) and a path's number do: digest rows, never files or
//! paths.
//!
//! How: a VFS named [`VFS_NAME`], registered once a process, maps a path such as `/d42.0/app.db` to
//! a disk of this thread; a connection that strays to another thread fails there, and is leaked.
//! All connections go through [`open`], since SQLite takes its settings only before its first use.
//! The medium says that it has 512-byte sectors: SQLite pads its journal headers to that, and a
//! write may be torn between any two.

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
