//! The executor: it runs many tasks on one thread in virtual time. It decides which task runs next,
//! and sets the time. A node is a group of tasks that are killed and restarted together.
//!
//! A [`Sim`] owns everything. The code inside holds a [`Handle`] and consists of plain `async fn`s.
//! Time does not advance while any task is ready. Then it jumps to the next timer.
//!
//! Invariants:
//! - Ready tasks run in FIFO order. Timers fire in the order of (time, sequence number).
//! - No future is polled or dropped while the executor's state is borrowed. So a drop may kill,
//!   spawn and send.
//! - A killed node is down at once. Its futures are dropped after the current poll.
//! - Sent values stay with their receivers.
//! - When a task runs, every timer that is due has left the heap.
//! - A task that never waits ends the run with [`Stop::Stalled`], not with a panic.
//!
//! Read `executor` first, then `core`, then the parts. `slots` keeps the futures in numbered slots
//! with generations, so a wake that comes too late finds no task. `tasks` links the tasks of a node
//! through their slots. `timers` prefetches the tasks of the next few timers, because the tasks of
//! a large fleet are not in the CPU's cache. A future of this module records which task polls it
//! and wakes that task directly. This needs no atomics and no allocation. [`Handle::with_waker`]
//! makes a real waker.

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
