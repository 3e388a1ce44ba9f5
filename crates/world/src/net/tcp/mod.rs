//! The model of TCP. It computes how long a message takes on a connection with given earlier
//! messages.
//!
//! A [`Connection`] has one [`Sender`] per direction. The sender keeps its window, its smoothed
//! round trip and the time of its last packet. A [`Transfer`] is one message in transit. It
//! proceeds in rounds: a window leaves, and its first acknowledgement comes a round trip later.
//! Until then, the bottleneck stalls (the stall sum; Kurose and Ross, "static objects"). Once the
//! window covers the bandwidth-delay product, the rest leaves in one stretch. So the model needs
//! one step per doubling of a message's size, and one per lost packet. Messages of several streams
//! form one transfer, which grows when a message joins. Marks record when each message has passed.
//! A message that meets an outage is simulated packet by packet (`packets`).
//!
//! The model follows Linux: initial window of 10, growth by acknowledged segments while the window
//! is the limit, HyStart, CUBIC, RACK, tail-loss probes, restart of an idle window, BBR's paced
//! start-up. The command `trust validate` compares it with measured transfers.
//!
//! The model ignores the loss of acknowledgements, except that of a SYN. The next acknowledgement
//! covers the same segments and more (RFC 9293, 3.4), and the window grows by acknowledged segments
//! (RFC 3465). A sender stalls only if all acknowledgements of a window are lost. At 1 % loss, this
//! happens once in 10¹⁰ rounds.
//!
//! Invariants: the model draws no random numbers. Losses and outages come from
//! [`Conditions`](super::Conditions) and depend on the time. If a link loses nothing and its queue
//! holds the window, more capacity never delays CUBIC. A transfer that is stopped and continued
//! ends at the same time as without the stop.

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
