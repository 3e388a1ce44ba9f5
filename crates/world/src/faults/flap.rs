//! The link goes and comes.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Asks, Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::{PERIOD, key};
use crate::config::view::View;
use crate::net::{Outage, OutageMode};

/// The period of the losses; the link is gone for half of it.
#[derive(Clone, Debug)]
struct Flap(Span);

pub(super) const KIND: Kind = Kind::new(
    "flap",
    on_devices![
        FOR,
        key("every", PERIOD, "\"6s\"")
            .about("From one loss of the link to the next; it is down for half of this time."),
    ],
    "The link goes and comes, and the app gets a notification each time.",
    read,
);

impl Fault for Flap {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (every, length) = (self.0, when.length);
        for from in (0..length.0 / every.0).map(|n| when.at + every * n) {
            let (until, mode) = (from + Span(every.0 / 2), OutageMode::Drop);
            let outage = Outage { from, until, mode, noticed: true };
            faults.each(when.chosen, |on| on.outages.push(outage));
        }
        Some(format!("the network of {} comes and goes every {every} for {length}", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }

    fn link_changes(&self, length: Span) -> u64 {
        length.0 / self.0.0.max(1)
    }

    fn period(&self) -> Option<Span> {
        Some(self.0)
    }
}

fn read(flap: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    let (every, length) = (flap.at("every"), flap.at("for"));
    asks.wrong().in_order(flap, ["every", "for"], false);
    let written = if every.place().is_some() { every } else { length };
    asks.not_too_many(written, u128::from(length.span().0) / u128::from(every.span().0.max(1)));
    Some(Arc::new(Flap(every.span())))
}
