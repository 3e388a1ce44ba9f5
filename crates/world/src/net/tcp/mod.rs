//! TCP as arithmetic: the time that a message takes on a connection, given its earlier messages.
//!
//! A [`Connection`] has one [`Sender`] per direction. The sender keeps its window, its smoothed
//! round trip and the time of its last packet. A [`Transfer`] is one message in transit. It
//! proceeds in rounds: a window leaves, and its first acknowledgement comes a round trip later. In
//! between, the bottleneck stalls (the stall sum; Kurose and Ross, "static objects"). Once the
//! window covers the pipe, the rest leaves in one stretch. So a message costs one step per doubling
//! of its size, and one per lost packet. Messages of several streams are one transfer that grows as
//! they join. Marks note when each has passed. A message that meets an outage is simulated packet
//! by packet (`packets`).
//!
//! The model is Linux: initial window of ten, growth by acknowledged segments while window-limited,
//! HyStart, CUBIC, RACK, tail-loss probes, restart of an idle window, BBR's paced start-up. `trust
//! validate` compares it with measured transfers.
//!
//! A lost acknowledgement costs nothing, except that of a SYN. The next one carries the same and
//! more (RFC 9293, 3.4), and the window grows by acknowledged segments (RFC 3465). A sender stalls
//! only if all acknowledgements of a window are lost: at 1 % loss once in 10¹⁰ rounds.
//!
//! Invariants: nothing here draws random numbers. Losses and outages come from
//! [`Conditions`](super::Conditions), by time. On a link without loss whose queue holds the window,
//! more capacity never makes CUBIC later. A transfer that is stopped and continued ends at the same
//! time as without the stop.

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
