//! Runs a world (a whole simulation) in real time. Its devices are real apps, which connect over
//! HTTP.
//!
//! One thread owns the world and its time ([`Session`]); another thread has the sockets. A message
//! of an app enters the world when it arrives. It crosses the device's simulated link to the
//! scenario's server half, or to the user's own server (`upstream`). The response is written at the
//! virtual time at which it has crossed the link. The session's log records each arrival.
//! [`replay()`] repeats the arrivals in virtual time, without a socket.
//!
//! Invariants:
//! - Each input of the world is first a [`Step`] of the log, with its time.
//! - No client can end the process, or delay another client.
//! - The log has no credentials. It has bodies only if the user asked for them.
//!
//! A tunnel carries a connection's bytes without reading them. The world only has their lengths and
//! times.
//!
//! If the user's own server answers, commits of the world's backend are ignored: that server
//! reports its own commits (`theirs`).
//!
//! Reading order: `stage` applies steps to a world, in a session or from a log. `session` is the
//! thread with the clock. `door` accepts connections, `gate` controls access, and `desk` has the
//! bench's own endpoints. `telling` writes a recorded history, which is then judged.

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
