//! What a link can be told to be.

use crate::base::{BitRate, Ppm, Span, Time};
use crate::contract::NetworkKind;

/// One link profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name in the scenario.
    pub name: String,
    /// What the operating system calls it.
    pub kind: NetworkKind,
    /// Round trip without load.
    pub rtt: Span,
    /// Median of the log-normal extra delay, each way.
    pub jitter: Span,
    /// Sigma of its logarithm, in thousandths.
    pub jitter_sigma_milli: u32,
    /// Rate towards the device.
    pub down: BitRate,
    /// Rate towards the gateway.
    pub up: BitRate,
    /// Share of answers that are lost after the gateway acted.
    pub answer_loss: Ppm,
    /// Mean time between gaps; none if zero.
    pub gap_mtbf: Span,
    /// Mean length of a gap.
    pub gap_mean: Span,
    /// What a gap does to a message in flight.
    pub gap_mode: OutageMode,
    /// Bytes added to each message: headers of HTTP, TLS and TCP.
    pub overhead: u64,
}

/// What an outage does to a message in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageMode {
    /// Packets vanish: the message waits for the end of the outage and a retransmission, or for its deadline.
    Drop,
    /// The network keeps the packets: the message is late by the rest of the outage.
    Hold,
    /// The connection breaks at once.
    Reset,
}

/// A time during which a link carries nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// First instant without the link.
    pub from: Time,
    /// First instant with it again.
    pub until: Time,
    /// What happens to what is in flight.
    pub mode: OutageMode,
    /// Whether the operating system notices (the app is told offline and online).
    pub noticed: bool,
}
