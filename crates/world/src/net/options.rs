//! What a link can be told to be.

use std::sync::Arc;

use super::link_state::Trace;
use crate::base::{BitRate, Ppm, Span, Time, in_words};
use crate::contract::NetworkKind;

/// One link profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name in the scenario.
    pub name: String,
    /// What the operating system calls it.
    pub kind: NetworkKind,
    /// What its radio is, for energy and for what a change of link costs.
    pub radio: Radio,
    /// Round trip without load.
    pub rtt: Span,
    /// Steps of the round trip, as satellites change.
    pub steps: Option<Steps>,
    /// What packets are late beyond half a round trip.
    pub jitter: Jitter,
    /// Mean rate towards the device.
    pub down: BitRate,
    /// Mean rate towards the gateway.
    pub up: BitRate,
    /// How the rates vary about their means.
    pub variation: Option<Variation>,
    /// Traces that are replayed in place of the rates: towards the gateway, towards the device.
    pub traces: [Option<Arc<Trace>>; 2],
    /// Which packets are lost.
    pub loss: Option<PacketLoss>,
    /// Bytes that the bottleneck's queue holds.
    pub queue: u64,
    /// The largest IP packet.
    pub mtu: u32,
    /// Times without the link.
    pub gaps: Option<Gaps>,
    /// Changes of radio technology under way.
    pub radio_changes: Option<RadioChanges>,
    /// How long the radio takes to wake up.
    pub promotion: Option<Promotion>,
    /// How long a tunnel takes to come back after a change of network; zero without a tunnel.
    pub reconnect: Span,
    /// Share of answers that are lost after the gateway acted.
    pub response_loss: Ppm,
    /// What its proxy lets through.
    pub limits: Limits,
    /// A middlebox on it forgets a connection on which nothing passes for so long.
    pub idle_cut: Option<Span>,
}

/// The bytes of the largest messages that are let through, where there is a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of a request.
    pub request: Option<u64>,
    /// Of an answer.
    pub answer: Option<u64>,
}

/// What a device's radio speaks on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Radio {
    /// None: a cable, or mains.
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

/// Steps of the round trip: each way a uniform draw within ± `within` at each multiple of `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// From one step to the next.
    pub every: Span,
    /// The greatest deviation, one way.
    pub within: Span,
}

/// Log-normal extra delay, each way, and for a share of it a Pareto tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter {
    /// Median; no jitter if zero.
    pub median: Span,
    /// Sigma of the logarithm, in thousandths.
    pub sigma_milli: u32,
    /// The tail.
    pub tail: Option<JitterTail>,
}

impl Jitter {
    /// A longer delay is cut to this: it is a gap, and gaps are drawn by themselves.
    pub const LONGEST: Span = Span::secs(2);
}

/// A share of the delays is Pareto: P(X > x) = (from ÷ x)^alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JitterTail {
    /// The share.
    pub share: Ppm,
    /// The least delay of the tail.
    pub from: Span,
    /// Its exponent, in thousandths.
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

/// Gilbert and Elliott, a good state and a bad one that loses everything: loss is p ÷ (p + r), the
/// mean burst 1 ÷ r packets; independent losses have r = 1 − p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketLoss {
    /// From good to bad, a packet.
    pub p: Ppm,
    /// From bad to good, a packet.
    pub r: Ppm,
    /// Losses come only in the beginning of each period.
    pub window: Option<LossWindow>,
}

/// The first `lasts` of every `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossWindow {
    /// The period.
    pub every: Span,
    /// The part of it with losses.
    pub lasts: Span,
}

/// Alternating up-times and gaps. Up-times are exponential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// Mean up-time between two gaps.
    pub mtbf: Span,
    /// Mean length of a gap.
    pub mean: Span,
    /// What a gap does.
    pub mode: OutageMode,
    /// How the lengths are spread.
    pub lengths: GapLengths,
}

/// How the lengths of gaps are spread about their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GapLengths {
    /// As in cellular traces: nine in ten short, one in ten long, none beyond two minutes.
    Cellular,
    /// Exponential.
    #[default]
    Exponential,
}
in_words!(GapLengths { Cellular: "cellular", Exponential: "exponential" });

/// Changes of radio technology under way (LTE to 3G and back).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioChanges {
    /// Mean time from one to the next.
    pub mtbf: Span,
    /// How long the link holds packets back meanwhile.
    pub takes: Span,
    /// How often the IP session is lost by it.
    pub session_loss: Ppm,
}

/// A radio that falls asleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// It sleeps after this long without a packet.
    pub after: Span,
    /// Median time to wake it.
    pub takes: Span,
}

/// How a device moves between links.
#[derive(Clone, Debug, PartialEq)]
pub enum Moves {
    /// From link to link at random.
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
    /// At customers' and at lunch.
    pub site: Arc<Profile>,
    /// Local time at the start of the world.
    pub since_midnight: Span,
}

/// What an outage does to a message in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageMode {
    /// Packets vanish: the message waits for a retransmission, or for its deadline.
    #[default]
    Drop,
    /// The network keeps the packets: the message is late by the rest of the outage.
    Hold,
    /// The connection breaks at once.
    Reset,
}
in_words!(OutageMode { Drop: "drop", Hold: "hold", Reset: "reset" });

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

/// What holds in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct During<T> {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// What holds.
    pub what: T,
}

impl<T: Copy> During<T> {
    /// What holds at `now`.
    pub fn at(times: &[During<T>], now: Time) -> impl Iterator<Item = T> {
        times.iter().filter(move |time| (time.from..time.until).contains(&now)).map(|time| time.what)
    }
}

impl Profile {
    /// A link of steady rates without any trouble.
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
