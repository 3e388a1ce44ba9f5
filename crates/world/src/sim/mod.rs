//! The executor: many small stories told by one thread in virtual time. It decides who runs next
//! and what time it is; a node is only what is killed and restarted as one.
//!
//! A [`Sim`] owns everything; code inside holds a [`Handle`] and is plain `async fn`. Time stands
//! still while any task is ready and then jumps to the next timer.
//!
//! Invariants: ready tasks take turns first come, first served; timers come up in the order of
//! (time, sequence). No future is polled or dropped while a borrow of the executor's state is held,
//! so a drop may kill, spawn and send. A killed node is down at once; its futures are dropped after
//! the current poll; what was sent lives on with its receivers. When a task runs, every timer that
//! is due has left the heap. A guest that spins ends the run with [`Stop::Stalled`], never with a
//! panic.
//!
//! How: `slots` keeps the futures in numbered slots with generations, so a stale wake finds nobody;
//! `tasks` hangs those of a node together through their slots. What the next few timers wake is
//! read from memory together before its turn: of a large fleet it is in no cache. Every future of
//! this room notes which task polls it and wakes that task directly, so no atomic counter or
//! allocation is spent on waking; [`Handle::with_waker`] makes a real waker.

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
pub use handle::Handle;
pub use ids::{NodeId, TaskId};
pub use notify::{Notified, Notify};
pub use sleep::{Sleep, TimedOut};
