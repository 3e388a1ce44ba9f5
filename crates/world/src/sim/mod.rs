//! The executor: it runs many tasks on one thread in virtual time. It decides which task runs next,
//! and sets the time. A node is only the unit of kill and restart.
//!
//! A [`Sim`] owns everything; code inside holds a [`Handle`] and is plain `async fn`. Time does not
//! advance while any task is ready; then it jumps to the next timer.
//!
//! Invariants: ready tasks run in FIFO order; timers fire in the order of (time, sequence). No
//! future is polled or dropped while the executor's state is borrowed, so a drop may kill, spawn
//! and send. A killed node is down at once; its futures are dropped after the current poll. Sent
//! values stay with their receivers. When a task runs, every due timer has left the heap. A task
//! that never waits ends the run with [`Stop::Stalled`], never with a panic.
//!
//! Read `executor`, `core`, then the parts. `slots` keeps the futures in numbered slots with
//! generations, so a wake that comes too late finds no task. `tasks` links the tasks of a node
//! through their slots. `timers` prefetches tasks of the next few timers: the tasks of a large
//! fleet are in no cache. A future of this room records which task polls it and wakes that task
//! directly: this costs no atomics and no allocation. [`Handle::with_waker`] makes a real waker.

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
