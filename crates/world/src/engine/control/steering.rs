//! A controller within its bounds.

use std::collections::BTreeMap;

use super::model::{Model, ModelOptions};
use super::reactive::{aimd, clamp, gradient, halve_when_slow};
use super::seam::{Observed, Size};
use crate::base::{EntityId, Span};

#[derive(Clone, Debug, PartialEq)]
pub enum Controller {
    /// One size: what nearly every product does.
    Fixed,
    /// A fixed size an entity, by hand; those that are not named have the common one. Rows of one
    /// entity are alike, those of two may differ by orders of magnitude.
    PerEntity(BTreeMap<EntityId, u32>),
    Clamp {
        target: Span,
    },
    /// `step` rows more after a chunk that went well, times `backoff`, below 1, after one that
    /// did not.
    Aimd {
        step: u32,
        backoff: f64,
        target: Span,
    },
    HalveWhenSlow {
        slow: Span,
    },
    /// The headroom is a share of the size that it starts at; `smoothing` is how far it goes to
    /// where it wants to be in one step.
    Gradient {
        tolerance: f64,
        headroom: f64,
        smoothing: f64,
    },
    Model(ModelOptions),
}

/// What chunks of one direction are steered by.
#[derive(Clone, Debug, PartialEq)]
pub struct SteeringOptions {
    pub controller: Controller,
    pub min_rows: u32,
    pub max_rows: u32,
}

/// Of the rows that it said and what came of the chunk before which it did, what it says now.
/// Whatever that is is brought within bounds.
type Decide = Box<dyn FnMut(f64, &Observed) -> f64>;

pub struct Steering {
    /// None where sizes are fixed.
    controller: Option<Decide>,
    rows: f64,
    /// Of entities that have sizes of their own.
    own: BTreeMap<EntityId, u32>,
    bounds: (u32, u32),
    bytes: u64,
    told: Option<u32>,
}

impl Steering {
    /// A controller that starts at `start`. The bytes of a chunk are bounded by those of `start`
    /// whatever the controller says: they are what the device's memory depends on.
    pub fn new(options: &SteeringOptions, start: Size) -> Steering {
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

    /// What the next chunk may hold; the rows of `first`, the first entity that is still to come,
    /// come first in it.
    pub fn size(&self, first: EntityId) -> Size {
        let (least, most) = self.bounds;
        // A cast saturates, and takes what is not a number for 0.
        let rows = self.own.get(&first).copied().unwrap_or(self.rows as u32);
        Size { rows: rows.clamp(least, most), bytes: self.bytes }
    }

    pub fn observe(&mut self, seen: &Observed) {
        if let Some(controller) = &mut self.controller {
            self.rows = controller(self.rows, seen);
        }
    }

    /// The rows of `size` if an adapting controller has not chosen so many just before.
    pub fn news(&mut self, size: Size) -> Option<u32> {
        let news = self.controller.is_some() && self.told != Some(size.rows);
        self.told = Some(size.rows);
        news.then_some(size.rows)
    }
}
