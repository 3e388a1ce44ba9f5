//! Nothing passes between gateway and backend.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNASKED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::{table, word};
use crate::gateway::{Outage, OutageMode};

#[derive(Clone, Debug)]
struct BackendLinkOutage(OutageMode);

pub(super) const KIND: Kind = Kind::new(
    "backend_link_outage",
    table(&[
        FOR,
        word::<OutageMode>("mode")
            .about("What happens to messages: they are lost, delayed, or break their connection."),
    ]),
    "The backend link carries nothing; requests that have reached the backend are still executed.",
    |view, _| Some(Arc::new(BackendLinkOutage(view.of("mode")))),
);

impl Fault for BackendLinkOutage {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let mode = self.0;
        faults.backend_link.push(Outage { from: when.at, until: when.until(), mode });
        Some(format!("the backend link is down for {} ({mode:?})", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Backend, UNASKED)
    }
}
