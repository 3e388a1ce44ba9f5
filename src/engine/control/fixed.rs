//! One size, whatever happens: what nearly every product does.

use super::seam::{ChunkController, Observed};
use crate::base::{EntityId, Time};

/// One size for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub(super) rows: u32,
}

impl ChunkController for Fixed {
    fn rows(&self, _: Time, _: EntityId) -> f64 {
        f64::from(self.rows)
    }
    fn observe(&mut self, _: Time, _: &Observed) {}
    fn adapts(&self) -> bool {
        false
    }
}
