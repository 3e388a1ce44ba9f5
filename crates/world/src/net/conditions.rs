//! What a link offers at a time, whatever is sent over it.

use super::options::{Outage, OutageMode};
use super::tcp::search;
use crate::base::{BitRate, Span, Time};

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the device to the gateway.
    Up,
    /// From the gateway to the device.
    Down,
}

/// The link conditions of one link: functions of (link, direction, time), never of what is sent, so
/// that two engines and two chunk sizes meet the same.
pub trait Conditions {
    /// Round trip without load at `now`.
    fn rtt(&self, now: Time) -> Span;
    /// What one packet that leaves at `now` is late beyond half a round trip.
    fn jitter(&self, _: Direction, _: Time) -> Span {
        Span::ZERO
    }
    /// The bottleneck's rate at `now`; zero while it carries nothing.
    fn rate(&self, way: Direction, now: Time) -> BitRate;
    /// When the last of `bytes` has left the bottleneck if the first begins at `from` and nothing
    /// else is sent. What holds packets back is time without capacity.
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time;
    /// The most bytes whose last has left before `until`.
    fn passed(&self, way: Direction, from: Time, until: Time) -> u64 {
        let passes = |bytes: &u64| self.leaves_by(way, from, *bytes) < until;
        let most =
            std::iter::successors(Some(1_u64), |bytes| bytes.checked_mul(2)).find(|bytes| !passes(bytes));
        search(most.unwrap_or(u64::MAX), |bytes| passes(&bytes))
    }
    /// Bytes that the bottleneck's queue holds; a packet beyond them is lost.
    fn queue(&self, way: Direction) -> u64;
    /// Bytes that it holds in flight at `now` beyond its queue and a round trip at its rate.
    fn spare(&self, _: Direction, _: Time) -> u64 {
        0
    }
    /// The largest IP packet.
    fn mtu(&self) -> u32;
    /// Whether it loses packets at some time.
    fn loses(&self, way: Direction) -> bool;
    /// The number of the slot of packet loss: about one packet of the mean rate long.
    fn slot(&self, way: Direction, at: Time) -> u64;
    /// The first slot at or after `slot` whose packets are lost, if one comes before `until`.
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64>;
    /// Outages that end after `now`, by start: those that drop and those that reset.
    fn outages(&self, now: Time) -> &[Outage];
    /// The one of them that lasts at `now`.
    fn outage(&self, now: Time) -> Option<&Outage> {
        self.outages(now).first().filter(|outage| outage.from <= now)
    }
    /// The number of the IP session: connections of an earlier one are dead, and nobody told.
    fn session(&self, _: Time) -> u64 {
        0
    }
}

/// When the next outage begins that resets, or the one that lasts began, if that is before `until`.
pub(super) fn first_reset(conditions: &dyn Conditions, now: Time, until: Time) -> Option<Time> {
    let mut outages = conditions.outages(now).iter().take_while(|outage| outage.from < until);
    outages.find(|outage| outage.mode == OutageMode::Reset).map(|outage| outage.from)
}
