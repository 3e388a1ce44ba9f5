//! Connections break, and both ends are told.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{CUT, UNCONNECTED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::net::{Outage, OutageMode};

#[derive(Clone, Debug)]
struct SessionLoss;

pub(super) const KIND: Kind =
    Kind::new("session_loss", on_devices![], "Connections break, and both ends notice.", |_, _| {
        Some(Arc::new(SessionLoss))
    });

impl Fault for SessionLoss {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        // An outage this short breaks them.
        let (until, mode) = (when.at + CUT, OutageMode::Reset);
        let outage = Outage { from: when.at, until, mode, noticed: false };
        faults.each(when.chosen, |on| on.outages.push(outage));
        faults.cuts(when);
        Some(format!("the connections of {} break", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        Some((Some((Sign::Network, when.at, when.at + CUT)), UNCONNECTED))
    }
}
