//! Requests come to the server a second time.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::{Ppm, Span};
use crate::config::form::{Form, SPAN, key, required};
use crate::net::During;

/// The share of requests, and how long after its first arrival each comes again.
#[derive(Clone, Debug)]
struct CopiedRequests(Ppm, Span);

pub(super) const KIND: Kind = Kind::new(
    "copied_requests",
    on_devices![
        FOR,
        required("requests", Form::Share).about("The share of requests."),
        key("after", SPAN, "\"0s\"").about("How long after the first copy the second one arrives."),
    ],
    "A proxy on the path sends requests to the server twice; nobody gets the second response.",
    |view, _| Some(Arc::new(CopiedRequests(view.of("requests"), view.of("after")))),
);

impl Fault for CopiedRequests {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let CopiedRequests(share, after) = *self;
        let time = During { from: when.at, until: when.end.min(when.until()), what: (share, after) };
        faults.each(when.chosen, |on| on.net.copies.push(time));
        Some(format!("{share} of the requests of {} arrive twice for {}", when.whom(), when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }
}
