//! Faults of links: nothing passes, connections end, or devices are on another link.

use super::drawn::Detour;
use super::fault::{Asks, Fault, Kind, Within};
use super::keys::{CONNECTS, FOR, UNUSED};
use super::sign::Sign;
use crate::base::{Span, Word};
use crate::config::form::{Form, Needs, PERIOD, key, required, word};
use crate::config::view::View;
use crate::config::written::NAME;
use crate::net::{Outage, OutageMode, Protocol};

/// The length of the outage that breaks a connection.
const CUT: Span = Span::millis(1);
const UNCONNECTED: &str = "none of its devices had a connection at the time";

pub(super) const OUTAGE: Kind = Kind::new(
    "outage",
    on_devices![FOR, word::<OutageMode>("mode").about("What happens to messages in flight: they are lost, held until the end, or break their connection.")],
    "The link carries nothing.",
    |view, _| Some(outage(view.of("mode"))),
);

fn outage(mode: OutageMode) -> Fault {
    let fault = Fault::shown_by(Sign::Network, Within::Length, UNUSED, move |when, faults| {
        let noticed = mode != OutageMode::Hold;
        let outage = Outage { from: when.at, until: when.until(), mode, noticed };
        faults.each(when.chosen, |on| on.outages.push(outage));
        format!("outage of {} for {}, mode {}", when.whom(), when.length, mode.word())
    });
    Fault { cuts_links: true, ..fault }
}

pub(super) const FLAP: Kind = Kind::new(
    "flap",
    on_devices![
        FOR,
        key("every", PERIOD, "\"6s\"")
            .about("Time from one loss of the link to the next. The link is down for half of this time."),
    ],
    "The link goes and comes, and the app gets a notification each time.",
    flap,
);

fn flap(flap: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    let (every, length) = (flap.at("every"), flap.at("for"));
    asks.wrong().in_order(flap, ["every", "for"], false);
    let written = if every.place().is_some() { every } else { length };
    asks.not_too_many(written, u128::from(length.span().0) / u128::from(every.span().0.max(1)));
    let every = every.span();
    let fault = Fault::shown_by(Sign::Network, Within::Length, UNUSED, move |when, faults| {
        let length = when.length;
        for from in (0..length.0 / every.0).map(|n| when.at + every * n) {
            let (until, mode) = (from + Span(every.0 / 2), OutageMode::Drop);
            let outage = Outage { from, until, mode, noticed: true };
            faults.each(when.chosen, |on| on.outages.push(outage));
        }
        format!("the network of {} comes and goes every {every} for {length}", when.whom())
    });
    Some(Fault { period: Some(every), ..fault })
}

pub(super) const CAPTIVE_PORTAL: Kind = Kind::new(
    "captive_portal",
    on_devices![FOR],
    "A network with a login page: it seems to be there, and responds to every request with this page.",
    |_, _| {
        Some(Fault::shown_by(Sign::Network, Within::Length, UNUSED, |when, faults| {
            faults.each(when.chosen, |on| on.net.portals.push(when.during(())));
            format!("{} behind a captive portal for {}", when.whom(), when.length)
        }))
    },
);

pub(super) const SESSION_LOSS: Kind =
    Kind::new("session_loss", on_devices![], "Connections break, and both ends notice.", |_, _| {
        Some(Fault::shown_by(Sign::Network, Within::Span(CUT), UNCONNECTED, |when, faults| {
            // Even such a short outage breaks connections.
            let (until, mode) = (when.at + CUT, OutageMode::Reset);
            let outage = Outage { from: when.at, until, mode, noticed: false };
            faults.each(when.chosen, |on| on.outages.push(outage));
            faults.cuts(when);
            format!("the connections of {} break", when.whom())
        }))
    });

pub(super) const HALF_OPEN: Kind =
    Kind::new("half_open", on_devices![], "Connections are dead, and the device does not notice.", |_, _| {
        Some(Fault::shown_by(Sign::Network, Within::Span(CUT), UNCONNECTED, |when, faults| {
            faults.each(when.chosen, |on| on.half_open.push(when.at));
            faults.cuts(when);
            format!("the connections of {} die silently", when.whom())
        }))
    })
    .needing(&Needs {
        of: &["transport.protocol"],
        holds: |of| !of[0].says(Protocol::Bare),
        why: "\"bare\" messages have no connections, so none can be half open",
        help: CONNECTS,
    });

pub(super) const NETWORK_CHANGE: Kind = Kind::new(
    "network_change",
    on_devices![
        FOR,
        required("link", Form::Written(&NAME)).about("The other link, from the library or from `link`."),
    ],
    "The devices change to another link, and then back to their own.",
    |view, asks| {
        let link = asks.link(view.at("link"))?;
        let other = link.clone();
        let fault = Fault::shown_by(Sign::Network, Within::Length, UNUSED, move |when, faults| {
            let detour = Detour { from: when.at, until: when.over(), link: other.clone() };
            faults.each(when.chosen, |on| on.detours.push(detour.clone()));
            format!("{} on {} for {}", when.whom(), other.name, when.length)
        });
        Some(Fault { link: Some(link), ..fault })
    },
);
