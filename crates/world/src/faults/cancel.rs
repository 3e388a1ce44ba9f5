//! The person cancels a run.

use std::sync::Arc;

use super::drawn::{self, Faults};
use super::fault::{Fault, Kind};
use super::keys::NEVER_CANCELLED;
use super::missed::Awaited;
use super::when::When;
use crate::base::Span;
use crate::config::form::{SPAN, key};
use crate::contract::Need;

/// Cancels the run under way; if there is none, the next one this long after it has sent a request.
#[derive(Clone, Debug)]
struct Cancel(Span);

pub(super) const KIND: Kind = Kind::new(
    "cancel",
    on_devices![
        key("after", SPAN, "\"100ms\"")
            .about("If no run is in progress: the next one, this long after it has sent a request."),
    ],
    "The person cancels the run in progress; the next run resumes where it was.",
    |view, _| Some(Arc::new(Cancel(view.of("after")))),
);

impl Fault for Cancel {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (at, until, after) = (when.at, when.end, self.0);
        let awaited = Awaited::anywhere(when.name, NEVER_CANCELLED);
        for &device in when.chosen {
            faults.cancels.push(drawn::Cancel { at, until, device, after, struck: awaited.met() });
        }
        faults.awaited.push(awaited);
        Some(format!("the run of {} is cancelled, {after} after a request", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Cancels)
    }
}
