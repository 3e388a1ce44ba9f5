//! One simulation: builds a plan into nodes, runs its phases, returns the outcome.
//!
//! A world is a backend with its rows, a gateway, and devices: each a disk and a link that last,
//! and a process that is started, killed and started again. What people do, what breaks and what
//! the links are like is written down before virtual time begins to run; nothing of it depends on
//! what an engine does, so two engines meet the same day.
//!
//! The phases: *script* (people work, things break), *heal* (everything is mended, every app is
//! started), *drain* (each device is asked to sync until a round brings the backend nothing new,
//! and no device has rows that it is to try again), *check* (the oracle looks at every device). A
//! world that does not come to rest by its deadline is stuck, which is not the same as wrong.
//!
//! A device's work has a duration ([`Machine`](crate::contract::Machine)), and a process that dies
//! in the middle of it leaves what it had issued by then. What its app does for the person who
//! looks at it is a model beside that work (`browsing`).
//!
//! Invariants: one thread; one stream of events, told to all listeners in one order; an engine is
//! reached through the contract alone; a process that dies takes its futures with it and leaves its
//! disk.

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
