//! One simulation: builds a plan into nodes, runs its phases, and returns the outcome.
//!
//! A world is a backend with its rows, a gateway, and devices. A device is a permanent disk and
//! link, and a process that is started, killed and restarted. The actions of people, the faults and
//! the link conditions are fixed before virtual time starts. None of them depends on an engine, so
//! two engines get the same day.
//!
//! The phases: *script* (people work, faults happen), *heal* (all faults end, all apps start),
//! *drain* (rounds in which each device is asked to sync, until a round brings the backend nothing
//! new and no device has rows to retry), *check* (the oracle inspects every device). A world that
//! is not at rest by its deadline is stuck, which differs from wrong.
//!
//! A device's work has a duration ([`Machine`](crate::contract::Machine)). A process that dies
//! during it leaves what it had issued by then. The app's own queries for people are a model
//! (`browsing`).
//!
//! Invariants: one thread; one stream of events, passed to all listeners in one order; engines are
//! used only through the contract; a dead process loses its futures and keeps its disk.
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
