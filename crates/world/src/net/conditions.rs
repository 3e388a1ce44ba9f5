//! The conditions of a link at a given time. They do not depend on the traffic.

use super::options::{Outage, OutageMode};
use super::tcp::search;
use crate::base::{BitRate, Span, Time};

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the device to the gateway.
    Up,
    /// From the gateway to the device.
    Down,
}

/// The conditions of one link. They depend on the link, the direction and the time, never on the
/// data sent. So two engines, or two chunk sizes, meet the same conditions.
pub trait Conditions {
    /// Round trip without load at `now`.
    fn rtt(&self, now: Time) -> Span;
    /// Delay of a packet that leaves at `now`, in addition to half a round trip.
    fn jitter(&self, _: Direction, _: Time) -> Span {
        Span::ZERO
    }
    /// Rate of the bottleneck at `now`; zero while it transmits nothing.
    fn rate(&self, way: Direction, now: Time) -> BitRate;
    /// The time when the last of `bytes` leaves the bottleneck. The first byte starts at `from`,
    /// and the link has no other traffic. An outage that holds packets counts as time without
    /// capacity.
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time;
    /// The largest number of bytes that have left before `until`.
    fn passed(&self, way: Direction, from: Time, until: Time) -> u64 {
        let passes = |bytes: &u64| self.leaves_by(way, from, *bytes) < until;
        let most =
            std::iter::successors(Some(1_u64), |bytes| bytes.checked_mul(2)).find(|bytes| !passes(bytes));
        search(most.unwrap_or(u64::MAX), |bytes| passes(&bytes))
    }
    /// Capacity of the bottleneck's queue in bytes. A packet that does not fit is lost.
    fn queue(&self, way: Direction) -> u64;
    /// Bytes that fit in flight at `now`, in addition to queue and bandwidth-delay product.
    fn spare(&self, _: Direction, _: Time) -> u64 {
        0
    }
    /// The largest IP packet, in bytes.
    fn mtu(&self) -> u32;
    /// True if the link can lose packets.
    fn loses(&self, way: Direction) -> bool;
    /// Number of the loss slot at `at`. A slot is about as long as one packet at the mean rate.
    fn slot(&self, way: Direction, at: Time) -> u64;
    /// The first slot from `slot` on that loses its packets; `None`: none before `until`.
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64>;
    /// Outages of mode `Drop` or `Reset` that end after `now`, sorted by start.
    fn outages(&self, now: Time) -> &[Outage];
    /// The outage at `now`; `None` if the link works.
    fn outage(&self, now: Time) -> Option<&Outage> {
        self.outages(now).first().filter(|outage| outage.from <= now)
    }
    /// Number of the IP session. Connections of earlier sessions are dead, but neither end has
    /// noticed.
    fn session(&self, _: Time) -> u64 {
        0
    }
}

/// Start of the first resetting outage at `now` or later; `None` if none starts before `until`.
pub(super) fn first_reset(conditions: &dyn Conditions, now: Time, until: Time) -> Option<Time> {
    let mut outages = conditions.outages(now).iter().take_while(|outage| outage.from < until);
    outages.find(|outage| outage.mode == OutageMode::Reset).map(|outage| outage.from)
}

/// Sorts time ranges, and joins those that touch.
pub(super) fn merge(times: &mut Vec<(Time, Time)>) {
    times.sort_unstable();
    times.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}
