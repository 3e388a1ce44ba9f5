//! Keeps a controller within its bounds.

use std::collections::BTreeMap;

use super::model::{Model, ModelOptions};
use super::reactive::{aimd, clamp, gradient, halve_when_slow};
use super::seam::{Observed, Size};
use crate::base::{EntityId, Span};

/// A rule for the rows of the next chunk, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Controller {
    /// One size for all chunks, as in nearly every product.
    Fixed,
    /// A fixed size per entity, set by hand; other entities have the common size. Rows of one
    /// entity are alike; rows of two entities may differ by orders of magnitude.
    PerEntity(BTreeMap<EntityId, u32>),
    /// Chooses as many rows as fit into `target` at the speed of the last chunk.
    Clamp {
        /// How long a chunk should take.
        target: Span,
    },
    /// Adds `step` rows after a good chunk, multiplies by `backoff` (below 1) after a bad one.
    Aimd {
        /// Rows added after a good chunk.
        step: u32,
        /// Factor on the size after a bad chunk; below 1.
        backoff: f64,
        /// A chunk that takes longer is bad.
        target: Span,
    },
    /// Halves the size after a slow chunk, doubles it after one that took less than half of `slow`.
    HalveWhenSlow {
        /// A chunk that takes longer is slow.
        slow: Span,
    },
    /// Grows while a row costs little more than the least cost seen, else shrinks.
    Gradient {
        /// The size grows while a row costs at most this many times the least cost seen.
        tolerance: f64,
        /// Rows added on top, as a share of the start size.
        headroom: f64,
        /// The share of the distance to the wanted size that one step covers.
        smoothing: f64,
    },
    /// Chooses the size by a model of the link and its outages.
    Model(ModelOptions),
}

/// How the chunk sizes of one direction are controlled.
#[derive(Clone, Debug, PartialEq)]
pub struct SteeringOptions {
    /// The rule that chooses the size.
    pub controller: Controller,
    /// The least size in rows.
    pub min_rows: u32,
    /// The greatest size in rows.
    pub max_rows: u32,
}

/// Returns the rows of the next chunk, from the rows that it last chose and the outcome of that
/// chunk. The caller clamps the result.
type Decide = Box<dyn FnMut(f64, &Observed) -> f64>;

/// A controller within its bounds, for one direction.
pub(crate) struct Steering {
    /// `None` for fixed sizes.
    controller: Option<Decide>,
    rows: f64,
    /// The sizes of entities that have their own.
    own: BTreeMap<EntityId, u32>,
    bounds: (u32, u32),
    bytes: u64,
    told: Option<u32>,
}

impl Steering {
    /// A controller that starts at `start`. The bytes of `start` limit every chunk, whatever the
    /// controller chooses: the device's memory depends on them.
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

    /// The limits of the next chunk. `first` is the entity whose rows come first in the chunk.
    pub(crate) fn size(&self, first: EntityId) -> Size {
        let (least, most) = self.bounds;
        // The cast saturates and turns NaN into 0.
        let rows = self.own.get(&first).copied().unwrap_or(self.rows as u32);
        Size { rows: rows.clamp(least, most), bytes: self.bytes }
    }

    /// Takes in the outcome of a try of a chunk.
    pub(crate) fn observe(&mut self, seen: &Observed) {
        if let Some(controller) = &mut self.controller {
            self.rows = controller(self.rows, seen);
        }
    }

    /// The rows of `size`; `None` if no controller adapts or if they are unchanged.
    pub(crate) fn news(&mut self, size: Size) -> Option<u32> {
        let news = self.controller.is_some() && self.told != Some(size.rows);
        self.told = Some(size.rows);
        news.then_some(size.rows)
    }
}
