//! The operating system suspends the app.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::FOR;
use super::missed::Awaited;
use super::when::When;
use crate::base::Span;
use crate::config::form::{SPAN, key};
use crate::contract::Need;

/// How long its connections last. The suspension ends early if a person opens the app.
#[derive(Clone, Debug)]
struct Suspend(Span);

pub(super) const KIND: Kind = Kind::new(
    "suspend",
    on_devices![FOR, key("sockets", SPAN, "\"30s\"").about("How long its connections last meanwhile."),],
    "The operating system suspends the app: its process stays and does not run.",
    |view, _| Some(Arc::new(Suspend(view.of("sockets")))),
);

impl Fault for Suspend {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (length, sockets) = (when.length, self.0);
        let awaited = Awaited::anywhere(when.name, "the app of none of its devices ran at the time");
        for &device in when.chosen {
            faults.suspend(when.at, device, (length, sockets), awaited.met());
        }
        faults.awaited.extend((!when.chosen.is_empty()).then_some(awaited));
        Some(format!("the app of {} is suspended for {length}", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Suspensions)
    }
}
