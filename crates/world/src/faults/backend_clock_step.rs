//! The backend's clock jumps.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::keys::{is_no_step, step};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::{Form, required, table};
use crate::config::view::View;
use crate::config::written::STEP;

/// The step in microseconds.
#[derive(Clone, Debug)]
struct BackendClockStep(i64);

pub(super) const KIND: Kind = Kind::new(
    "backend_clock_step",
    table(&[required("by", Form::Written(&STEP)).about("How far; negative is back.")]),
    "The backend's clock jumps.",
    read,
)
.nothing_if(is_no_step)
.jumping();

impl Fault for BackendClockStep {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let micros = self.0;
        faults.strike(when, move |reach| {
            reach.backend().step_clock(reach.now(), micros);
            false
        });
        let way = if self.0 < 0 { "back" } else { "on" };
        Some(format!("the backend's clock moves {way} by {}", Span::micros(self.0.unsigned_abs())))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.afterwards(Sign::Commit, "nothing was committed afterwards")
    }
}

fn read(view: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    Some(Arc::new(BackendClockStep(step(view, asks)?)))
}
