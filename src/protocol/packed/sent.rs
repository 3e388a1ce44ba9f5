//! How long a page will be once it is packed.

use std::cell::Cell;

use super::super::coding::Packing;

/// Below this, bytes, nothing is packed to see what it comes to.
const FIRST: u64 = 4_096;

pub(in super::super) struct Sent {
    packing: Packing,
    /// What was last packed to see what it comes to: before and after.
    seen: Cell<(u64, u64)>,
}

impl Sent {
    pub(in super::super) fn new(packing: Packing) -> Sent {
        Sent { packing, seen: Cell::new((FIRST, FIRST)) }
    }

    /// About what will be sent: what is there is packed each time that it has grown by half, and in
    /// between the rest is taken to pack as well as that.
    pub(in super::super) fn of(&self, written: &[u8]) -> u64 {
        let plain = written.len() as u64;
        let (mut before, mut after) = self.seen.get();
        if plain < FIRST {
            return plain;
        }
        if plain >= before + before / 2 {
            after = self.packing.pack(written).map_or(plain, |packed| packed.len() as u64);
            before = plain;
            self.seen.set((before, after));
        }
        (u128::from(plain) * u128::from(after) / u128::from(before)) as u64
    }
}
