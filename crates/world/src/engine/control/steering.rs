//! Runs a controller of chunk sizes, and keeps its sizes within bounds.

use std::collections::BTreeMap;

use super::model::{Model, ModelOptions};
use super::reactive::{aimd, clamp, gradient, halve_when_slow};
use super::seam::{Observed, Size};
use crate::base::{EntityId, Span};

/// The rule that chooses the number of rows in the next chunk, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Controller {
    /// One size for all chunks, as in nearly every product.
    Fixed,
    /// A fixed size per entity, set by hand. Entities without an entry use the common size. This
    /// helps because rows of 2 entities may differ in bytes by orders of magnitude.
    PerEntity(BTreeMap<EntityId, u32>),
    /// Chooses the rows that take `target` at the speed of the last chunk.
    Clamp {
        /// The intended time per chunk.
        target: Span,
    },
    /// Adds `step` rows after a good chunk. Multiplies the size by `backoff` after a bad chunk.
    Aimd {
        /// Rows added after a good chunk.
        step: u32,
        /// The factor for the size after a bad chunk; below 1.
        backoff: f64,
        /// A chunk that takes longer is bad.
        target: Span,
    },
    /// Halves the size after a slow chunk. Doubles it after a chunk that took less than half of
    /// `slow`.
    HalveWhenSlow {
        /// A chunk that takes longer is slow.
        slow: Span,
    },
    /// Increases the size while the time per row stays near the least time seen. Otherwise reduces
    /// it.
    Gradient {
        /// The size grows while the time per row is at most this many times the least time seen.
        tolerance: f64,
        /// Rows added per chunk, as a share of the start size.
        headroom: f64,
        /// The part of the distance to the wanted size that one step covers, from 0 to 1.
        smoothing: f64,
    },
    /// Chooses the size by a model of the link and its outages.
    Model(ModelOptions),
}

/// How chunk sizes are controlled, for pushes or for pulls.
#[derive(Clone, Debug, PartialEq)]
pub struct SteeringOptions {
    /// The rule that chooses the size.
    pub controller: Controller,
    /// The least size in rows.
    pub min_rows: u32,
    /// The greatest size in rows.
    pub max_rows: u32,
}

/// Returns the rows of the next chunk. The inputs are the last chosen rows and the outcome of the
/// last chunk. The caller clamps the result.
type Decide = Box<dyn FnMut(f64, &Observed) -> f64>;

/// A controller with its bounds, for pushes or for pulls.
pub(crate) struct Steering {
    /// `None` for fixed sizes.
    controller: Option<Decide>,
    rows: f64,
    /// The fixed sizes of entities, set by hand.
    own: BTreeMap<EntityId, u32>,
    bounds: (u32, u32),
    bytes: u64,
    told: Option<u32>,
}

impl Steering {
    /// A controller that starts at size `start`. The bytes in `start` limit every chunk, because
    /// the device's memory is limited. A controller changes only the rows.
    pub(crate) fn new(options: &SteeringOptions, start: Size) -> Steering {
        let (rows, mut own) = (f64::from(start.rows), BTreeMap::new());
        let controller: Option<Decide> = match options.controller {
            Controller::Fixed => None,
            Controller::PerEntity(ref rows) => {
                own.clone_from(rows);
                None
            }
            Controller::Clamp { target } => Some(Box::new(move |rows, seen| clamp(target, rows, seen))),
            Controller::Aimd { step, backoff, target } => {
                Some(Box::new(move |rows, seen| aimd((step, backoff, target), rows, seen)))
            }
            Controller::HalveWhenSlow { slow } => {
                Some(Box::new(move |rows, seen| halve_when_slow(slow, rows, seen)))
            }
            Controller::Gradient { tolerance, headroom, smoothing } => {
                Some(Box::new(gradient(tolerance, headroom * rows, smoothing)))
            }
            Controller::Model(options) => {
                let mut model = Model::new(options);
                Some(Box::new(move |rows, seen| model.next(rows, seen)))
            }
        };
        let least = options.min_rows.max(1);
        let adapting = (least, options.max_rows.max(least));
        let bounds = if controller.is_some() { adapting } else { (1, u32::MAX) };
        Steering { controller, rows, own, bounds, bytes: start.bytes.max(1), told: None }
    }

    /// The size limits of the next chunk. `first` is the entity of the chunk's first rows.
    pub(crate) fn size(&self, first: EntityId) -> Size {
        let (least, most) = self.bounds;
        // The cast saturates and turns NaN into 0.
        let rows = self.own.get(&first).copied().unwrap_or(self.rows as u32);
        Size { rows: rows.clamp(least, most), bytes: self.bytes }
    }

    /// Passes the outcome of a chunk to the controller.
    pub(crate) fn observe(&mut self, seen: &Observed) {
        if let Some(controller) = &mut self.controller {
            self.rows = controller(self.rows, seen);
        }
    }

    /// The rows of `size`, to be reported. `None` if the size is fixed or unchanged.
    pub(crate) fn news(&mut self, size: Size) -> Option<u32> {
        let news = self.controller.is_some() && self.told != Some(size.rows);
        self.told = Some(size.rows);
        news.then_some(size.rows)
    }
}
