//! A login page in place of every response.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::net::During;

#[derive(Clone, Debug)]
struct CaptivePortal;

pub(super) const KIND: Kind = Kind::new(
    "captive_portal",
    on_devices![FOR],
    "The network seems to be there, and responds to every request with its own login page.",
    |_, _| Some(Arc::new(CaptivePortal)),
);

impl Fault for CaptivePortal {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let portal = During { from: when.at, until: when.until(), what: () };
        faults.each(when.chosen, |on| on.net.portals.push(portal));
        Some(format!("{} behind a captive portal for {}", when.whom(), when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }
}
