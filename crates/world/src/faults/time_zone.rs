//! Local time moves.

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
struct TimeZone(i64);

pub(super) const KIND: Kind = Kind::new(
    "time_zone",
    jump![required("by", Form::Written(&STEP)).about("How far local time moves; negative is back.")],
    "The clock that people see jumps, as on a journey or with daylight saving; UTC does not.",
    read,
)
.nothing_if(is_no_step)
.jumping();

impl Fault for TimeZone {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.each(when.chosen, |on| on.zones.push((when.at, self.0)));
        Some(format!("local time of {} moves by {}", when.whom(), ahead(self.0)))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.afterwards(Sign::App, IDLE)
    }
}

fn read(view: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    Some(Arc::new(TimeZone(step(view, asks)?)))
}
