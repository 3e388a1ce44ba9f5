//! Rows that a device cannot read when they come, and the next time can.

use std::cell::Cell;

use xxhash_rust::xxh3::xxh3_64;

use crate::base::{EntityId, Ppm, Seed, Time};

#[derive(Debug)]
pub(super) struct BadRows {
    times: Vec<(Time, Time, Ppm)>,
    seed: Seed,
    asked: Cell<u64>,
}

impl BadRows {
    pub(super) fn new(times: Vec<(Time, Time, Ppm)>, seed: Seed) -> BadRows {
        BadRows { times, seed: seed.derive("bad-rows", 0), asked: Cell::new(0) }
    }

    pub(super) fn are_there(&self) -> bool {
        !self.times.is_empty()
    }

    /// Whether a row can be read this time.
    pub(super) fn can_read(&self, now: Time, entity: EntityId, key: &str) -> bool {
        let there = self.times.iter().filter(|(from, until, _)| (*from..*until).contains(&now));
        let Some(share) = there.map(|(.., share)| share.0).max() else { return true };
        let number = self.asked.replace(self.asked.get() + 1);
        let of = xxh3_64(key.as_bytes()) ^ u64::from(entity.0);
        self.seed.hash("world.bad-row", of, number) % 1_000_000 >= u64::from(share)
    }
}
