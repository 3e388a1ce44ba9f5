//! Constant conditions, for tests and for comparing the model with measurements.

use std::cell::RefCell;

use crate::base::{BitRate, Seed, Span, Time};
use crate::net::{Conditions, Direction, Outage};

/// A link with constant rate, delay, queue and loss. Losses are drawn per slot of one packet's
/// length.
#[derive(Clone, Debug)]
pub struct Steady {
    /// Round trip without load.
    pub rtt: Span,
    /// Rates, up and down.
    pub rate: [BitRate; 2],
    /// Queue capacities in bytes, up and down.
    pub queue: [u64; 2],
    /// Share of packets that are lost, independently.
    pub loss: f64,
    /// Outages sorted by start.
    pub outages: Vec<Outage>,
    seed: Seed,
    /// The lost slots of the last requested block, by direction.
    block: RefCell<[Option<Block>; 2]>,
}

type Block = (u64, Vec<u64>);

const BLOCK: u64 = 65_536;
const MTU: u32 = 1_500;

impl Steady {
    /// A link without loss and outages, with unlimited queues.
    pub fn new(rtt: Span, up: BitRate, down: BitRate) -> Steady {
        let block = RefCell::new([None, None]);
        let outages = Vec::new();
        Steady { rtt, rate: [up, down], queue: [u64::MAX; 2], loss: 0.0, outages, seed: Seed(0), block }
    }

    /// The same link with this share of losses, drawn from `seed`.
    pub fn with_losses(self, loss: f64, seed: Seed) -> Steady {
        Steady { loss, seed, block: RefCell::new([None, None]), ..self }
    }

    fn lost_slots(&self, way: Direction, block: u64) -> Vec<u64> {
        let mut stream = self.seed.stream("net.loss", way as u64, block);
        // Number of trials before the first success.
        let mut jump = || {
            let n = libm::log(1.0 - stream.unit()) / libm::log1p(-self.loss.min(1.0 - 1e-12));
            n.min(BLOCK as f64) as u64
        };
        let (first, mut lost, mut at) = (block * BLOCK, Vec::new(), jump());
        while at < BLOCK {
            lost.push(first + at);
            at += 1 + jump();
        }
        lost
    }
}

impl Conditions for Steady {
    fn rtt(&self, _: Time) -> Span {
        self.rtt
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
        self.loss > 0.0
    }
    fn slot(&self, way: Direction, at: Time) -> u64 {
        at.0 / self.rate[way as usize].time_for(u64::from(MTU)).0
    }
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64> {
        if self.loss <= 0.0 {
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
}
