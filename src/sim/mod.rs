//! The executor: many small stories told by one thread in virtual time.
//!
//! This room decides who runs next and what time it is. It knows nothing of devices, links or
//! disks: a node here is only what is killed and restarted as one, and a message only a value in a
//! queue.
//!
//! A [`Sim`] owns everything; code inside holds a [`Handle`] and is written as plain `async fn`: it
//! sleeps, spawns, sends, waits. Time stands still while any task is ready and then jumps to the
//! next timer, so an idle year costs nothing.
//!
//! Invariants:
//!
//! - One total order. Ready tasks take turns first come, first served; timers come up in the order
//!   of (time, sequence), where the sequence is the order in which they were asked for.
//! - No future is polled or dropped while a borrow of the executor's own state is held. So a drop
//!   may call the handle, kill other nodes or its own, spawn and send.
//! - A killed node is down at once: none of its tasks is polled again. Its futures are dropped
//!   after the current poll returns. What was already sent lives on with its receivers.
//! - When a task runs, every timer that is due has left the heap; so a sleep knows by the clock
//!   alone whether there is a timer to take back.
//! - A guest that spins ends the run with [`Stop::Stalled`] and a [`Snapshot`], never with a panic.
//!   (A loop that never waits at all cannot be seen from here.)
//!
//! How: `slots` keeps the futures in numbered slots with generations, so a stale wake finds nobody;
//! `tasks` hangs those of a node together in a row through their slots. `ready` is who waits for a
//! turn; a task that a timer wakes alone is polled without standing there. `timers` is a radix heap
//! with a sorted front and lazy removal. What the next few timers wake is read from memory together
//! before its turn: of a large fleet it is in no cache. Every future of this room notes which task
//! polls it and wakes that task directly, so tasks are polled with a waker that does nothing, and
//! no atomic counter or allocation is spent on waking; [`Handle::with_waker`] makes a real waker
//! for foreign futures.

mod cancelled;
mod channel;
mod core;
mod executor;
mod foreign;
mod handle;
mod ids;
mod inbox;
mod notify;
mod ready;
mod sleep;
mod slots;
mod tasks;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod timers;

/// A channel for a single value.
pub mod oneshot;

pub use channel::{Receiver, Recv, Sender};
pub use executor::{Sim, SimOptions, Snapshot, Stop};
pub use handle::Handle;
pub use ids::{NodeId, TaskId};
pub use notify::{Notified, Notify};
pub use sleep::{Sleep, TimedOut, Timeout};
