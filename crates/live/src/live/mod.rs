//! A world in real time: real apps are its devices, over HTTP.
//!
//! One thread owns the world and its time ([`Session`]); the sockets are on another. A message of
//! an app enters the world at the later of its arrival and the world's current time. It goes over
//! the device's simulated link to the scenario's server half, or to a user's own server
//! (`upstream`). The response is written when virtual time says so. The session's log records each
//! arrival; [`replay()`] repeats them in virtual time, without a socket.
//!
//! Invariants:
//! - Everything that enters the world is first a [`Step`] of the log, with its time.
//! - No client can end the process, or hold up another client.
//! - The log has no credentials, and no bodies unless the user asked for them.
//!
//! A tunnel carries a connection's bytes without reading them: the world sees lengths and times.
//!
//! If the user's own server answers, commits of the world's backend are ignored: that server
//! reports what it commits (`theirs`).
//!
//! Reading order: `stage` applies steps to a world, live or from a log; `session` is the thread
//! with the clock; `door` accepts connections, `gate` controls access, `desk` has the bench's own
//! endpoints; `telling` writes a recorded history, which is then judged.

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
pub use session::{Begins, Check, Ended, Limits, News, NewsCallback, Session};
pub use stage::{Done, Step};
pub use theirs::ServerReportCounts;
pub use upstream::Upstream;
