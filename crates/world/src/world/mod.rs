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

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod allowed;
mod app;
mod attention;
mod background;
mod brought;
mod browsing;
mod build;
mod clock;
mod coding;
mod commits;
mod counter;
mod crash;
mod device;
mod digest;
mod disturbances;
mod drawing;
mod drive;
mod fired;
mod hands;
mod hardware;
mod hooks;
mod hub;
mod integration;
mod lifecycle;
mod lists;
mod logins;
mod looks;
mod narrow;
mod news;
mod outcome;
mod paced;
mod parts;
mod people;
mod persons;
mod phases;
mod phone;
mod phones;
mod planned;
mod ports;
mod process;
mod reach;
mod registry;
mod requests;
mod resolver;
mod retrying;
mod run;
mod said;
mod screen;
mod server;
mod storage;
mod suspension;
mod template;
mod token;
mod tried;
mod truth;
mod untested;
mod upkeep;
mod watch;
mod windows;

pub use crate::faults::Missed;
pub use crate::workload::{ActionCount, Placed, ShortImport};
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
pub use tried::{InVain, NO_EDIT};
pub use watch::{ASKED_EVERY, Unwatched, Watch};
