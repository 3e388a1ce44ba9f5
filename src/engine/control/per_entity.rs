//! A size an entity, set by hand: rows of one entity are alike, those of two may differ by orders
//! of magnitude.
//!
//! A request asks for several entities in their order, and the size is that of the first which is
//! still to come.

use std::collections::BTreeMap;

use super::seam::{ChunkController, Observed};
use crate::base::{EntityId, Time};

/// Fixed sizes by entity.
#[derive(Clone, Debug)]
pub(super) struct PerEntity {
    pub(super) rows: BTreeMap<EntityId, u32>,
    /// Of an entity without a size of its own.
    pub(super) otherwise: u32,
}

impl ChunkController for PerEntity {
    fn rows(&self, _: Time, first: EntityId) -> f64 {
        f64::from(*self.rows.get(&first).unwrap_or(&self.otherwise))
    }
    fn observe(&mut self, _: Time, _: &Observed) {}
    fn adapts(&self) -> bool {
        false
    }
}
