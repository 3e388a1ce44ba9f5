//! A world at real time: real apps are its devices, over HTTP.
//!
//! One thread owns the world and its time ([`Session`]); sockets are on another. What an app sends
//! enters the world at the later of its arrival and the world's present, goes over that device's
//! simulated link to the scenario's server half or to a server of one's own (`upstream`), and the
//! response is written when virtual time says so. What came when is the session's log: [`replay()`]
//! does it all again in virtual time, without a socket.
//!
//! Invariants: whatever enters the world is a [`Step`] of the log first, with its time; the world
//! hears nothing else. No client can end the process, or hold up another. What the log says has no
//! credentials in it, and no bodies unless they were asked for.
//!
//! A tunnel carries bytes of a connection and knows nothing of what they say: only lengths and
//! times enter the world.
//!
//! Where one's own server answers, what the world's own backend does is nothing: that server says
//! what it commits (`theirs`).
//!
//! How: `stage` applies steps to a world, live or from a log; `session` is the thread with the
//! clock; `door` takes connections, `gate` says who may pass, `desk` has what is ours and not the
//! app's; `telling` writes what happened as a recorded history, which others judge.

#![allow(missing_docs, reason = "what its name says needs no sentence")]
#![expect(clippy::disallowed_types, reason = "the clock of the machine is what this room goes by")]

mod arrival;
mod desk;
mod door;
mod gate;
mod inside;
mod late;
mod lines;
mod log;
mod outside;
mod page;
mod patient;
mod people;
mod pipe;
mod protocol;
mod replay;
mod roster;
mod session;
mod stage;
mod stream;
mod telling;
mod theirs;
mod tunnel;
mod upstream;
mod wire;

pub use arrival::Trouble;
pub use door::{Door, Doors, Opening};
pub use gate::Gate;
pub use late::Lateness;
pub use log::{Head, LOG_VERSION, Log, LogError, Mode};
pub use protocol::{Protocol, protocols};
pub use replay::{Differs, NoReplay, Replayed, replay};
pub use roster::Roster;
pub use session::{Begins, Check, Ended, Limits, News, OnNews, Session};
pub use stage::{Done, Step};
pub use theirs::ServerSaid;
pub use upstream::Upstream;
