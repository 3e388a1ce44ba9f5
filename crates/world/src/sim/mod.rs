//! The executor: many tasks on one thread in virtual time. It decides which task runs next and what
//! time it is. A node is only the unit of kill and restart.
//!
//! A [`Sim`] owns everything; code inside holds a [`Handle`] and is plain `async fn`. Time stands
//! still while any task is ready, then jumps to the next timer.
//!
//! Invariants: ready tasks run in FIFO order; timers fire in the order of (time, sequence). No
//! future is polled or dropped while the executor's state is borrowed, so a drop may kill, spawn
//! and send. A killed node is down at once; its futures are dropped after the current poll; sent
//! values stay with their receivers. When a task runs, every due timer has left the heap. A task
//! that spins ends the run with [`Stop::Stalled`], never with a panic.
//!
//! Read `executor`, `core`, then the parts. `slots` keeps the futures in numbered slots with
//! generations, so a stale wake finds no task. `tasks` links those of a node through their slots.
//! `timers` prefetches what the next few timers wake, as tasks of a large fleet are in no cache. A
//! future of this room records which task polls it and wakes it directly, so waking costs no
//! atomics and no allocation. [`Handle::with_waker`] makes a real waker.

mod core;
mod executor;
mod handle;
mod ids;
mod inbox;
mod notify;
mod sleep;
mod slots;
mod tasks;
#[cfg(test)]
mod tests;
mod timers;

/// A channel for a single value.
pub mod oneshot;

pub use executor::{Sim, Snapshot, Stop};
pub use handle::{Handle, either};
pub use ids::{NodeId, TaskId};
pub use notify::{Notified, Notify};
pub use sleep::Sleep;
