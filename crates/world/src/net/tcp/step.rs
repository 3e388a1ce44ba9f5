//! One step of a transfer, and the state of the bottleneck for it.

use super::window::Round;
use crate::base::{Span, Time};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stepped {
    Whole,
    /// The step was cut at a time when the caller must check the sender.
    Short,
    /// The step meets an outage: no part of it is done.
    Meets,
}

#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) start: Time,
    pub(super) round: Round,
    /// From a segment's arrival at the bottleneck to the return of its acknowledgement.
    pub(super) turn: Span,
    /// The same for the first acknowledgement of a round.
    pub(super) first: Span,
}

impl Pace {
    pub(super) fn back(&self) -> Span {
        self.turn.saturating_sub(self.round.segment)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) n: u64,
    /// Packets that may be in flight during the step.
    pub(super) window: u64,
    /// True if acknowledgements return and packets leave without a stall.
    pub(super) stretch: bool,
    /// Packets of the step that BBR's start-up sends.
    pub(super) opening: u64,
    /// True if the next packets wait until the whole step is acknowledged.
    pub(super) told: bool,
    /// Packets after this step that the sender has already sent, if it stops here.
    pub(super) ahead: u64,
    pub(super) start: Time,
    pub(super) end: Time,
    /// True if the step was cut at a time when the caller must check the sender.
    pub(super) short: bool,
}

pub(super) struct Lost<'s> {
    pub(super) at: &'s [u64],
    /// Bytes of each lost packet on the wire.
    pub(super) sizes: &'s [u64],
    /// True if more packets follow after the step.
    pub(super) more: bool,
}

impl Step {
    pub(super) fn goes_on(&self, pace: &Pace) -> Time {
        match () {
            () if self.told => self.end + pace.back(),
            () if self.stretch => self.end,
            () => self.start + pace.first,
        }
    }

    pub(super) fn left_at(&self, k: u64) -> Time {
        self.start + (self.end - self.start).scaled(k.min(self.n), self.n)
    }
}

/// The largest k in 0..=n that satisfies `holds(k)`. All smaller values must satisfy it too.
pub(in crate::net) fn search(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}
