//! Options of a link.

use std::sync::Arc;

use super::link_state::Trace;
use crate::base::{BitRate, Ppm, Span, Time, in_words};
use crate::contract::NetworkKind;

/// One link profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The profile's name in the scenario.
    pub name: String,
    /// Network kind that the operating system reports.
    pub kind: NetworkKind,
    /// Radio technology, for energy and for the cost of a change of link.
    pub radio: Radio,
    /// Round trip without load.
    pub rtt: Span,
    /// Step changes of the round trip, for example when a satellite link changes satellites.
    /// `None`: no steps.
    pub steps: Option<Steps>,
    /// Delay of packets in addition to half a round trip.
    pub jitter: Jitter,
    /// Mean rate towards the device.
    pub down: BitRate,
    /// Mean rate towards the gateway.
    pub up: BitRate,
    /// Variation of the rates around their means; `None`: constant rates.
    pub variation: Option<Variation>,
    /// Traces that replace the rates: first towards the gateway, then towards the device.
    pub traces: [Option<Arc<Trace>>; 2],
    /// The losses of packets; `None`: no losses.
    pub loss: Option<PacketLoss>,
    /// Capacity of the bottleneck's queue in bytes.
    pub queue: u64,
    /// The largest IP packet, in bytes.
    pub mtu: u32,
    /// Times without a link; `None`: no such times.
    pub gaps: Option<Gaps>,
    /// Changes of radio technology within the link; `None`: no changes.
    pub radio_changes: Option<RadioChanges>,
    /// How long the radio takes to wake up; `None`: it never sleeps.
    pub promotion: Option<Promotion>,
    /// How long a VPN tunnel needs to reconnect after a change of network; zero: no tunnel.
    pub reconnect: Span,
    /// Share of responses that are lost after the gateway served the request.
    pub response_loss: Ppm,
    /// Message sizes that the link's proxy lets through.
    pub limits: Limits,
    /// A middlebox forgets a connection that is idle for this long; `None`: never.
    pub idle_cut: Option<Span>,
}

/// Largest messages that a proxy lets through, in bytes; `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Largest request.
    pub request: Option<u64>,
    /// Largest response.
    pub answer: Option<u64>,
}

/// Radio technology of a device on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Radio {
    /// No radio that uses a battery: a cable, or a device on mains power.
    None,
    /// GSM, GPRS, EDGE.
    TwoG,
    /// UMTS, HSPA.
    ThreeG,
    /// LTE.
    Lte,
    /// 5G.
    FiveG,
    /// Wi-Fi.
    Wifi,
}
in_words!(Radio { None: "none", TwoG: "2g", ThreeG: "3g", Lte: "lte", FiveG: "5g", Wifi: "wifi" });

/// Step changes of the round trip. Every `every`, both directions get a new deviation, drawn
/// uniformly from ± `within`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Time from one step to the next.
    pub every: Span,
    /// Greatest deviation per direction.
    pub within: Span,
}

/// An extra delay per direction. It is log-normal; a share of the delays has a Pareto tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter {
    /// Median; no jitter if zero.
    pub median: Span,
    /// Standard deviation of the logarithm, in thousandths.
    pub sigma_milli: u32,
    /// The Pareto tail.
    pub tail: Option<JitterTail>,
}

impl Jitter {
    /// The longest delay. A longer one would be a gap, and gaps are drawn separately.
    pub const LONGEST: Span = Span::secs(2);
}

/// A share of the delays is Pareto-distributed: P(X > x) = (from ÷ x)^alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JitterTail {
    /// Share of delays in the tail.
    pub share: Ppm,
    /// Shortest delay of the tail.
    pub from: Span,
    /// The tail's exponent, in thousandths.
    pub alpha_milli: u32,
}

/// A first-order autoregression of the rate's logarithm in steps of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variation {
    /// Standard deviation of the logarithm, in thousandths.
    pub sigma_milli: u32,
    /// Correlation from one second to the next, in thousandths.
    pub phi_milli: u32,
}

/// Gilbert–Elliott loss: the link is in a good state, or in a bad state that loses every packet.
/// The loss rate is p ÷ (p + r). The mean burst is 1 ÷ r packets. With r = 1 − p, losses are
/// independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketLoss {
    /// Probability of a change from good to bad, per packet.
    pub p: Ppm,
    /// Probability of a change from bad to good, per packet.
    pub r: Ppm,
    /// If set, packets are lost only at the start of each period.
    pub window: Option<LossWindow>,
}

/// Packets are lost only in the first `lasts` of each period of length `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossWindow {
    /// Length of the period.
    pub every: Span,
    /// Length of the part with losses.
    pub lasts: Span,
}

/// Times with a link (up-times) and times without one (gaps) alternate. Up-times are exponential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// Mean up-time between two gaps.
    pub mtbf: Span,
    /// Mean length of a gap.
    pub mean: Span,
    /// The effect of a gap on messages.
    pub mode: OutageMode,
    /// Distribution of the lengths.
    pub lengths: GapLengths,
}

/// Distribution of the lengths of gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GapLengths {
    /// As in cellular traces: 90 % short, 10 % long, at most two minutes.
    Cellular,
    /// Exponential.
    #[default]
    Exponential,
}
in_words!(GapLengths { Cellular: "cellular", Exponential: "exponential" });

/// Changes of radio technology within a link (LTE to 3G and back).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioChanges {
    /// Mean time between changes.
    pub mtbf: Span,
    /// How long the link holds packets back during a change.
    pub takes: Span,
    /// Probability that a change loses the IP session.
    pub session_loss: Ppm,
}

/// The wake-up of a radio that sleeps when it is idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// The radio sleeps after this long without a packet.
    pub after: Span,
    /// Median time to wake up.
    pub takes: Span,
}

/// How a device moves between links.
#[derive(Clone, Debug, PartialEq)]
pub enum Moves {
    /// Random changes from link to link.
    Wander {
        /// The links with their shares of time.
        links: Vec<(Arc<Profile>, Ppm)>,
        /// Mean time on one link.
        mean: Span,
    },
    /// A field worker's day.
    FieldWorker(FieldWorker),
}

/// The links of a field worker.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldWorker {
    /// At the depot.
    pub depot: Arc<Profile>,
    /// While driving.
    pub road: Arc<Profile>,
    /// At customers' sites and at lunch.
    pub site: Arc<Profile>,
    /// Local time of day when the simulation starts.
    pub since_midnight: Span,
}

/// The effect of an outage on a message in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageMode {
    /// Packets are lost: the message waits for a retransmission, or for its deadline.
    #[default]
    Drop,
    /// The network keeps the packets until the outage ends.
    Hold,
    /// The connection breaks at once.
    Reset,
}
in_words!(OutageMode { Drop: "drop", Hold: "hold", Reset: "reset" });

/// A time in which a link transmits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// First instant without the link.
    pub from: Time,
    /// First instant after the outage.
    pub until: Time,
    /// The effect on messages in flight.
    pub mode: OutageMode,
    /// True if the operating system notices, and reports "offline" and "online" to the app.
    pub noticed: bool,
}

/// A value that is valid for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct During<T> {
    /// First instant at which the value is valid.
    pub from: Time,
    /// First instant at which it is no longer valid.
    pub until: Time,
    /// The value.
    pub what: T,
}

impl<T: Copy> During<T> {
    /// Values that are valid at `now`.
    pub fn at(times: &[During<T>], now: Time) -> impl Iterator<Item = T> {
        times.iter().filter(move |time| (time.from..time.until).contains(&now)).map(|time| time.what)
    }
}

impl Profile {
    /// A link with constant rates and no faults.
    pub fn steady(name: &str, rtt: Span, down: BitRate, up: BitRate) -> Profile {
        Profile {
            name: name.to_owned(),
            kind: NetworkKind::Other,
            radio: Radio::None,
            rtt,
            steps: None,
            jitter: Jitter::default(),
            down,
            up,
            variation: None,
            traces: [None, None],
            loss: None,
            queue: 1 << 20,
            mtu: 1_500,
            gaps: None,
            radio_changes: None,
            promotion: None,
            reconnect: Span::ZERO,
            response_loss: Ppm(0),
            limits: Limits::default(),
            idle_cut: None,
        }
    }
}
