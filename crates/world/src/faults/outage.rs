//! The link carries nothing.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::{Span, Word};
use crate::config::form::word;
use crate::net::{self, OutageMode};

#[derive(Clone, Debug)]
struct Outage(OutageMode);

pub(super) const KIND: Kind = Kind::new(
    "outage",
    on_devices![FOR, word::<OutageMode>("mode").about("What happens to messages in flight.")],
    "The link carries nothing.",
    |view, _| Some(Arc::new(Outage(view.of("mode")))),
);

impl Fault for Outage {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let mode = self.0;
        let noticed = mode != OutageMode::Hold;
        let outage = net::Outage { from: when.at, until: when.until(), mode, noticed };
        faults.each(when.chosen, |on| on.outages.push(outage));
        Some(format!("outage of {} for {}, mode {}", when.whom(), when.length, mode.word()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }

    fn link_changes(&self, _: Span) -> u64 {
        1
    }
}
