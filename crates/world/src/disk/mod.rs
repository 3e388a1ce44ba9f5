//! A simulated disk under real SQLite. It models the contents of files at any time, what a kill or
//! a power loss leaves of them, and the time of operations on a given flash. Journals, recovery and
//! pages are SQLite's own.
//!
//! Read `device` first, then `core`, `directory`, `content`, `history`, and `vfs` for SQLite.
//!
//! Invariants: a write is visible to reads at once; it survives a power loss only if its file was
//! synced after it. A new file's name is durable with its first sync. A deletion is durable when
//! SQLite asks for a sync of the directory (in journal mode DELETE only with `synchronous=EXTRA`).
//! Creations, deletions and truncations reach the medium in order.
//!
//! A kill or a power loss ends a generation. Handles of earlier generations fail in everything and
//! change nothing, so connections of a dead process may be dropped later: kill first, then drop.
//!
//! SQLite does its work at once; [`Disk::charge`] says afterwards how long it took. Until that time
//! a process can die during the work, and only a prefix of its operations remains
//! ([`Disk::kill_at`], [`Disk::power_loss_at`]). Only pages not in the operating system's memory
//! cost a read. On a full disk no file grows.
//!
//! Disks from one template share its pages. Nothing depends on the host: SQLite's clock stands
//! still, sleeping ends at once, a lock conflict is reported at once. Only SQLite's random numbers
//! (WAL salts, nonces, `random()`) and the number in a path do, so digest rows, never files or
//! paths.
//!
//! A VFS named [`VFS_NAME`], registered once per process, maps a path such as `/d42.0/app.db` to a
//! disk of this thread. A connection moved to another thread fails and is leaked. All connections
//! go through [`open`], as SQLite takes its settings only before its first use. The medium reports
//! 512-byte sectors: SQLite pads journal headers to that, and a write can tear between any two.

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
