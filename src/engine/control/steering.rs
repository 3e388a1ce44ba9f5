//! A controller within its bounds.

use std::collections::BTreeMap;

use super::aimd::{Aimd, AimdOptions};
use super::clamp::{Clamp, ClampOptions};
use super::fixed::Fixed;
use super::gradient::{Gradient, GradientOptions};
use super::halve_when_slow::{HalveWhenSlow, HalveWhenSlowOptions};
use super::model::{Model, ModelOptions};
use super::per_entity::PerEntity;
use super::seam::{ChunkController, Observed, Size};
use crate::base::{EntityId, Time};

/// Which controller, with its options.
#[derive(Clone, Debug, PartialEq)]
pub enum Controller {
    /// One size.
    Fixed,
    /// A fixed size an entity, by hand; those that are not named have the common one.
    PerEntity(BTreeMap<EntityId, u32>),
    /// As many rows as fit a target time.
    Clamp(ClampOptions),
    /// Additive increase, multiplicative decrease.
    Aimd(AimdOptions),
    /// Half when slow, double when fast.
    HalveWhenSlow(HalveWhenSlowOptions),
    /// The gradient of the time a row.
    Gradient(GradientOptions),
    /// The closed form on what was seen.
    Model(ModelOptions),
}

/// What chunks of one direction are steered by.
#[derive(Clone, Debug, PartialEq)]
pub struct SteeringOptions {
    /// The controller.
    pub controller: Controller,
    /// One that adapts asks for no fewer rows.
    pub min_rows: u32,
    /// And for no more.
    pub max_rows: u32,
}

/// The chunk sizes of one direction of one process.
pub struct Steering {
    controller: Box<dyn ChunkController>,
    bounds: (u32, u32),
    bytes: u64,
    /// What was last told of.
    told: Option<u32>,
}

impl Steering {
    /// A controller that starts at `start`. The bytes of a chunk are bounded by those of `start`
    /// whatever the controller says: they are what the device's memory depends on.
    pub fn new(options: &SteeringOptions, start: Size) -> Steering {
        let rows = f64::from(start.rows);
        let controller: Box<dyn ChunkController> = match &options.controller {
            Controller::Fixed => Box::new(Fixed { rows: start.rows }),
            Controller::PerEntity(own) => Box::new(PerEntity { rows: own.clone(), otherwise: start.rows }),
            Controller::Clamp(options) => Box::new(Clamp { options: *options, rows }),
            Controller::Aimd(options) => Box::new(Aimd { options: *options, rows }),
            Controller::HalveWhenSlow(options) => Box::new(HalveWhenSlow { options: *options, rows }),
            Controller::Gradient(options) => Box::new(Gradient::new(*options, rows)),
            Controller::Model(options) => Box::new(Model::new(*options, rows)),
        };
        let least = options.min_rows.max(1);
        let bounds = if controller.adapts() { (least, options.max_rows.max(least)) } else { (1, u32::MAX) };
        Steering { controller, bounds, bytes: start.bytes.max(1), told: None }
    }

    /// What the next chunk may hold; the rows of `first` come first in it.
    pub fn size(&self, now: Time, first: EntityId) -> Size {
        let (least, most) = self.bounds;
        // A cast saturates, and takes what is not a number for 0.
        let rows = (self.controller.rows(now, first) as u32).clamp(least, most);
        Size { rows, bytes: self.bytes }
    }

    /// A chunk has ended.
    pub fn observe(&mut self, now: Time, seen: &Observed) {
        self.controller.observe(now, seen);
    }

    /// The rows of `size` if an adapting controller has not chosen so many just before.
    pub fn news(&mut self, size: Size) -> Option<u32> {
        let news = self.controller.adapts() && self.told != Some(size.rows);
        self.told = Some(size.rows);
        news.then_some(size.rows)
    }
}
