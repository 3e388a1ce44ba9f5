//! Conditions that do not change: for tests, and for holding the model against measurements.

use std::cell::RefCell;

use crate::base::{BitRate, Seed, Span, Time};
use crate::net::{Conditions, Direction, Outage};

/// How packets are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Losses {
    /// Not at all.
    #[default]
    None,
    /// Each for itself, with this probability.
    Bernoulli(f64),
    /// In bursts (Gilbert 1960): a slot turns bad with probability `p` and good again with `r`; all
    /// packets of a bad one are lost. The mean burst is 1/r packets and the loss p/(p + r).
    Bursts {
        /// From good to bad.
        p: f64,
        /// From bad to good.
        r: f64,
    },
}

/// A link of constant rate, delay, queue and loss. The losses are drawn for slots of a packet's
/// length, by blocks, from the link's seed, the direction and the number of the block.
#[derive(Clone, Debug)]
pub struct Steady {
    /// Round trip without load.
    pub rtt: Span,
    /// Rates, up and down.
    pub rate: [BitRate; 2],
    /// Bytes that the queues hold, up and down.
    pub queue: [u64; 2],
    /// Packets lost on their way.
    pub losses: Losses,
    /// Outages in order of their starts.
    pub outages: Vec<Outage>,
    seed: Seed,
    /// The lost slots of the block that was asked for last, by direction.
    block: RefCell<[Option<Block>; 2]>,
}

/// A block's number and its lost slots.
type Block = (u64, Vec<u64>);

/// Slots that are drawn together.
const BLOCK: u64 = 65_536;
const MTU: u32 = 1_500;

impl Steady {
    /// A link without loss and outages whose queues never overflow.
    pub fn new(rtt: Span, up: BitRate, down: BitRate) -> Steady {
        let block = RefCell::new([None, None]);
        let (losses, outages) = (Losses::None, Vec::new());
        Steady { rtt, rate: [up, down], queue: [u64::MAX; 2], losses, outages, seed: Seed(0), block }
    }

    /// The same with losses drawn from `seed`.
    pub fn with_losses(self, losses: Losses, seed: Seed) -> Steady {
        Steady { losses, seed, block: RefCell::new([None, None]), ..self }
    }

    fn lost_slots(&self, way: Direction, block: u64) -> Vec<u64> {
        let mut stream = self.seed.stream("net.loss", way as u64, block);
        // Trials until the first success, itself not counted.
        let mut jump = |chance: f64| {
            let n = libm::log(1.0 - stream.unit()) / libm::log1p(-chance.min(1.0 - 1e-12));
            n.min(BLOCK as f64) as u64
        };
        let (first, mut lost) = (block * BLOCK, Vec::new());
        let (mut at, burst) = match self.losses {
            Losses::None => return lost,
            Losses::Bernoulli(p) => (jump(p), None),
            Losses::Bursts { p, r } if jump(p / (p + r)) == 0 => (0, Some((p, r))),
            Losses::Bursts { p, r } => (1 + jump(p), Some((p, r))),
        };
        while at < BLOCK {
            let long = burst.map_or(1, |(_, r)| 1 + jump(r)).min(BLOCK - at);
            lost.extend((at..at + long).map(|slot| first + slot));
            // The slot after a burst is a good one.
            at += long
                + match self.losses {
                    Losses::Bernoulli(p) => jump(p),
                    _ => 1 + burst.map_or(0, |(p, _)| jump(p)),
                };
        }
        lost
    }
}

impl Conditions for Steady {
    fn rtt(&self, _: Time) -> Span {
        self.rtt
    }
    fn jitter(&self, _: Direction, _: Time) -> Span {
        Span::ZERO
    }
    fn rate(&self, way: Direction, _: Time) -> BitRate {
        self.rate[way as usize]
    }
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time {
        from + self.rate[way as usize].time_for(bytes)
    }
    fn queue(&self, way: Direction) -> u64 {
        self.queue[way as usize]
    }
    fn mtu(&self) -> u32 {
        MTU
    }
    fn loses(&self, _: Direction) -> bool {
        self.losses != Losses::None
    }
    fn slot(&self, way: Direction, at: Time) -> u64 {
        at.0 / self.rate[way as usize].time_for(u64::from(MTU)).0
    }
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64> {
        if self.losses == Losses::None {
            return None;
        }
        let mut blocks = self.block.borrow_mut();
        let mut from = slot;
        while from < until {
            let block = from / BLOCK;
            let drawn = &mut blocks[way as usize];
            if drawn.as_ref().is_none_or(|(number, _)| *number != block) {
                *drawn = Some((block, self.lost_slots(way, block)));
            }
            let lost = drawn.as_ref().map_or(&[][..], |(_, lost)| lost);
            if let Some(found) = lost.get(lost.partition_point(|lost| *lost < from)) {
                return (*found < until).then_some(*found);
            }
            from = (block + 1) * BLOCK;
        }
        None
    }
    fn outages(&self, now: Time) -> &[Outage] {
        &self.outages[self.outages.partition_point(|outage| outage.until <= now)..]
    }
    fn wake_up(&self, _: Option<Time>, _: Time) -> Span {
        Span::ZERO
    }
    fn session(&self, _: Time) -> u64 {
        0
    }
    fn session_ends(&self, _: Time) -> Time {
        Time::FAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lossy(losses: Losses) -> Steady {
        Steady::new(Span::millis(70), BitRate(12_000_000), BitRate(12_000_000)).with_losses(losses, Seed(3))
    }

    fn lost(link: &Steady, until: u64) -> Vec<u64> {
        let mut from = 0;
        let next = || {
            let lost = link.next_loss(Direction::Down, from, until)?;
            from = lost + 1;
            Some(lost)
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn losses_come_as_often_as_asked_for_and_in_bursts_of_the_mean_length() {
        let slots = 4_000_000;
        let share = |lost: &[u64]| lost.len() as f64 / slots as f64;
        let single = lost(&lossy(Losses::Bernoulli(0.01)), slots);
        assert!((share(&single) / 0.01 - 1.0).abs() < 0.02, "{}", share(&single));
        for (p, r) in [(0.004, 0.33), (0.0005, 0.05), (0.02, 0.9)] {
            let lost = lost(&lossy(Losses::Bursts { p, r }), 16 * slots);
            let loss = share(&lost) / 16.0;
            assert!((loss / (p / (p + r)) - 1.0).abs() < 0.02, "p {p}, r {r}: loss {loss}");
            let bursts = 1 + lost.windows(2).filter(|pair| pair[1] > pair[0] + 1).count();
            let mean = lost.len() as f64 / bursts as f64;
            assert!((mean * r - 1.0).abs() < 0.02, "p {p}, r {r}: mean burst {mean}");
        }
    }

    #[test]
    fn a_loss_depends_on_link_direction_and_slot_and_not_on_who_asks() {
        let link = lossy(Losses::Bernoulli(0.02));
        let all = lost(&link, 200_000);
        for slot in [199_000, 70_000, 65_536, 65_535, 3] {
            let expected = all.iter().find(|lost| **lost >= slot).copied();
            assert_eq!(link.next_loss(Direction::Down, slot, 200_000), expected);
        }
        let up = link.next_loss(Direction::Up, 0, u64::MAX);
        assert_ne!(up, all.first().copied(), "the other direction has losses of its own");
    }
}
