//! Decides which packets are lost by the Gilbert–Elliott model with h = 0, k = 1. The bad state
//! loses every packet, the good state none. The state is constant for a slot of about one packet.
//!
//! Slots form stretches: blocks of 65 536 slots, or the windows in which packets may be lost. Each
//! stretch has its own seed, and starts in a state of the stationary distribution. The lengths of
//! runs (slots in the same state) are geometric draws. Blocks have one effect: a run of losses ends
//! at a block's end.

use std::cell::RefCell;
use std::ops::Range;

use super::super::options::{LossWindow, PacketLoss};
use crate::base::{BitRate, Seed, Span, Stream, Time};

/// Slots per stretch if losses come at all times.
const BLOCK: u64 = 1 << 16;
/// Length of a run that does not end within any simulation.
const ENDLESS: u64 = 1 << 40;

#[derive(Debug)]
pub(super) struct Losses {
    seed: Seed,
    /// Length of a slot: one full packet at the mean rate.
    slot: Span,
    /// `None`: no packet is ever lost.
    pub(super) loss: Option<PacketLoss>,
    /// The state after the last query. The next query usually continues from it.
    last: RefCell<Option<Runs>>,
}

#[derive(Clone, Debug)]
struct Runs {
    stretch: u64,
    stream: Stream,
    loss: PacketLoss,
    /// The previous run of losses ended here.
    good_from: u64,
    lost: Range<u64>,
}

impl Losses {
    pub(super) fn new(loss: Option<PacketLoss>, packet: u32, mean: BitRate, seed: Seed) -> Losses {
        Losses {
            seed,
            slot: mean.time_for(u64::from(packet)),
            loss: loss.filter(|loss| loss.p.0 > 0),
            last: RefCell::new(None),
        }
    }

    pub(super) fn slot(&self, at: Time) -> u64 {
        at.0 / self.slot.0
    }

    pub(super) fn next(&self, slot: u64, until: u64) -> Option<u64> {
        let loss = self.loss?;
        let mut slot = slot;
        while slot < until {
            let (stretch, slots) = self.stretch(slot);
            slot = slot.max(slots.start);
            let lost = self.lost_in(loss, stretch, slots.start, slot);
            if lost < slots.end {
                return (lost < until).then_some(lost);
            }
            slot = slots.end;
        }
        None
    }

    fn stretch(&self, slot: u64) -> (u64, Range<u64>) {
        let Some(LossWindow { every, lasts }) = self.loss.and_then(|loss| loss.window) else {
            let block = slot / BLOCK;
            return (block, block * BLOCK..(block + 1) * BLOCK);
        };
        let window = |number: u64| {
            let from = number * every.0;
            from.div_ceil(self.slot.0)..(from + lasts.0).div_ceil(self.slot.0)
        };
        let number = slot.saturating_mul(self.slot.0) / every.0;
        match window(number) {
            slots if slot < slots.end => (number, slots),
            _ => (number + 1, window(number + 1)),
        }
    }

    /// First lost slot at or after `slot` in a stretch from `start`. It may lie after the stretch.
    fn lost_in(&self, loss: PacketLoss, stretch: u64, start: u64, slot: u64) -> u64 {
        let mut last = self.last.borrow_mut();
        let passed = |runs: &Runs| runs.stretch != stretch || slot < runs.good_from;
        if last.as_ref().is_none_or(passed) {
            *last = Some(Runs::begin(loss, stretch, start, self.seed.stream("net.loss", stretch, 0)));
        }
        let runs = last.as_mut().expect("it was just begun");
        while runs.lost.end <= slot {
            runs.advance();
        }
        runs.lost.start.max(slot)
    }
}

impl Runs {
    fn begin(loss: PacketLoss, stretch: u64, start: u64, mut stream: Stream) -> Runs {
        let (to_bad, to_good) = (loss.p.share(), loss.r.share());
        let bad = stream.chance(to_bad / (to_bad + to_good));
        let lost = if bad { start..start + geometric(&mut stream, to_good) } else { start..start };
        let mut runs = Runs { stretch, stream, loss, good_from: start, lost };
        if !bad {
            runs.advance();
        }
        runs
    }

    fn advance(&mut self) {
        self.good_from = self.lost.end;
        let from = self.lost.end + geometric(&mut self.stream, self.loss.p.share());
        self.lost = from..from + geometric(&mut self.stream, self.loss.r.share());
    }
}

/// Slots until a change that has this probability per slot; at least 1.
fn geometric(stream: &mut Stream, chance: f64) -> u64 {
    // With probability 1 the quotient is 0, with 0 it is infinite; the conversion saturates.
    let jumps = libm::log(1.0 - stream.unit()) / libm::log1p(-chance);
    if jumps.is_nan() { 1 } else { (jumps as u64).min(ENDLESS) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ppm;

    const RATE: BitRate = BitRate(12_000_000);

    fn losses(p: f64, r: f64) -> Losses {
        let share = |x| Ppm::from_share(x).unwrap();
        let loss = PacketLoss { p: share(p), r: share(r), window: None };
        Losses::new(Some(loss), 1_500, RATE, Seed(6))
    }

    #[test]
    fn all_or_nothing_is_all_or_nothing() {
        assert_eq!(losses(1.0, 0.0).next(123_456, 123_457), Some(123_456));
        assert_eq!(losses(0.0, 0.5).next(0, u64::MAX), None);
        assert_eq!(Losses::new(None, 1_500, RATE, Seed(1)).next(0, u64::MAX), None);
    }

    #[test]
    fn a_satellites_losses_come_at_its_marks_alone() {
        let window = Some(LossWindow { every: Span::secs(15), lasts: Span::millis(300) });
        let loss = PacketLoss { p: Ppm(50_000), r: Ppm(50_000), window };
        let losses = Losses::new(Some(loss), 1_500, BitRate(100_000_000), Seed(6));
        let slots = losses.slot(Time::ZERO + Span::secs(15 * 4_000));
        let mut at = 0;
        let mut lost = 0_u64;
        while let Some(slot) = losses.next(at, slots) {
            assert!(slot * losses.slot.0 % Span::secs(15).0 < Span::millis(300).0, "slot {slot}");
            lost += 1;
            at = slot + 1;
        }
        let share = lost as f64 / slots as f64;
        assert!((share / 0.01 - 1.0).abs() < 0.05, "loss {share}");
    }
}
