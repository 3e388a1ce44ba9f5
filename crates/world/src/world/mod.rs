//! One simulation: turns a plan (all values of one cell) into nodes, runs the phases, and returns
//! the outcome.
//!
//! A world is a backend with its rows, a gateway (the server between phones and backend), and
//! devices. A device has a disk, a link, and a process that is started, killed and restarted. The
//! actions of people, the faults and the link conditions are fixed before virtual time starts. None
//! of them depends on the engine, so two engines get the same day.
//!
//! The phases:
//! - *script*: people work and faults happen.
//! - *heal*: all faults end and all apps start.
//! - *drain*: the world asks each device to sync, in rounds. The drain ends after a round in which
//!   the backend gets nothing new and no device has rows to retry.
//! - *check*: the oracle (the judge that knows all true values) inspects every device.
//!
//! If a world is not at rest by its deadline, it is stuck. A stuck world is not the same as wrong
//! data.
//!
//! A device's work takes time ([`Machine`](crate::contract::Machine)). If a process dies during the
//! work, the operations that it had issued by then stay. The database queries of the app's screens
//! are a model (`browsing`).
//!
//! Invariants: one thread. One stream of events, passed to all listeners in one order. The world
//! uses engines only through the contract (the interface in `crate::contract`). A dead process
//! loses its futures and keeps its disk.
//!
//! Read `run` first, then `build`, `drive`, `phases` and `device`.

mod build;
mod device;
mod digest;
mod drive;
mod faults;
mod hub;
mod outcome;
mod paced;
mod parts;
mod people;
mod phases;
mod reach;
mod registry;
mod requests;
mod run;
mod said;
mod server;
mod truth;
mod watch;

pub use crate::faults::{DrawnFault, Missed};
pub use crate::workload::{ActionCount, Placed, ShortImport};
pub use faults::tried::{InVain, NO_EDIT};
pub use hub::Ear;
pub use outcome::{Ending, Outcome};
pub use paced::{Asked, Came, GiveUp, Held, LinkNow, Paced, Sends};
pub use registry::Stacks;
pub use requests::{Ended, LoggedRequest, RequestLog};
pub use run::{
    Places, Strike, Traced, Unrunnable, keys, placed, run, run_heard, run_logging, run_probing,
    run_recording, run_saying, run_struck, run_tracing, run_unjudged,
};
pub use said::{AppWords, Threw};
pub use watch::{ASKED_EVERY, Unwatched, Watch};
