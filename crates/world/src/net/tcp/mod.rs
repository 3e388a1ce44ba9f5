//! TCP as arithmetic: how long a message takes over a connection in the state that earlier messages
//! left it in.
//!
//! A [`Connection`] has two [`Sender`]s, one a direction, that remember window, smoothed round trip
//! and when something was last sent. A [`Transfer`] is one message on its way. It goes in rounds: a
//! window leaves, the first acknowledgement comes a round trip later, and the difference is the
//! stall in which the bottleneck idles (the stall sum; Kurose and Ross, "static objects"). Once the
//! window covers the pipe the rest leaves in one stretch; so a message costs a step for each
//! doubling of its size, and one for each packet lost. Messages of several streams of a connection
//! are one transfer that grows as they join; marks in it tell when each has passed. A message that
//! an outage meets goes packet by packet instead (`packets`).
//!
//! What is modelled is Linux: ten segments to begin with, growth by what was acknowledged while the
//! window was the limit, HyStart, CUBIC, RACK and tail-loss probes, restart of an idle window,
//! BBR's paced start. `syncdyno validate` holds it against transfers that were measured.
//!
//! An acknowledgement that is lost costs nothing, but for that of a SYN: the next one says the same
//! and more (RFC 9293, 3.4), and the window grows by what is acknowledged (RFC 3465). A sender
//! stalls only when all of a window's are lost: at a loss of 1 % once in 10¹⁰ rounds.
//!
//! Invariants: nothing here draws a number; losses and outages are asked of
//! [`Conditions`](super::Conditions) by time. More capacity is never later for CUBIC on a link
//! without loss whose queue holds the window. A transfer that is stopped and taken up again ends
//! when it would have ended.

mod bbr;
mod connection;
mod outage;
mod packets;
mod segment;
mod sender;
mod steady;
mod step;
mod transfer;
mod window;

#[cfg(test)]
mod tests;

pub(super) use connection::arrival;
pub use connection::{Connection, Handshake, Opening, Tls};
pub use outage::{GIVE_UP, Staircase, staircase};
pub(super) use segment::HEADERS;
pub use segment::{Broken, Lead, Load, Traffic, segments, wire};
pub use sender::{Congestion, Sender};
pub use steady::Steady;
pub(super) use step::search;
pub use transfer::Transfer;
