//! The device's clock jumps.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::keys::{IDLE, ahead, is_no_step, step};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::{Form, required};
use crate::config::view::View;
use crate::config::written::STEP;

/// The step in microseconds.
#[derive(Clone, Debug)]
struct ClockStep(i64);

pub(super) const KIND: Kind = Kind::new(
    "clock_step",
    jump![required("by", Form::Written(&STEP)).about("How far; negative is back.")],
    "The device's clock jumps, until the network next corrects it.",
    read,
)
.nothing_if(is_no_step)
.jumping();

impl Fault for ClockStep {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.each(when.chosen, |on| on.steps.push((when.at, self.0)));
        Some(format!("the clocks of {} jump by {}", when.whom(), ahead(self.0)))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.afterwards(Sign::App, IDLE)
    }
}

fn read(view: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    Some(Arc::new(ClockStep(step(view, asks)?)))
}
