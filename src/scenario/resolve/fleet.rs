//! Fleets: hardware, links, attributes, states at the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::plan::{Attribute, DeviceClass, Fleet, StartState};
use super::super::profiles::FIELD_WORKER;
use super::super::share::largest_remainder;
use super::super::traces::Traces;
use super::super::tree::Val;
use super::super::written::{Calendar, start_state};
use super::links::link;
use super::view::{Mistakes, View};
use crate::base::{Ppm, Value};
use crate::net::{FieldWorker, Moves, Profile};
use crate::workload;

/// The attributes of all fleets by name.
pub(super) fn attributes(root: View<'_>, wrong: &Mistakes) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    for (fleet, view) in root.at("fleet").entries() {
        for (name, written) in view.at("attributes").entries() {
            let values = values(name, written);
            match attributes.iter().find(|known| known.name == name) {
                Some(known) if *known.values != *values => {
                    let counts = (values.len(), known.values.len());
                    let title = if counts.0 == counts.1 {
                        format!("`{name}` has other values in `{fleet}` than elsewhere")
                    } else {
                        format!("`{name}` has {} values in `{fleet}` and {} elsewhere", counts.0, counts.1)
                    };
                    wrong.at(written, title, "an attribute has the same values in every fleet");
                }
                Some(_) => {}
                None => attributes.push(Attribute { name: name.to_owned(), values }),
            }
        }
    }
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    attributes
}

/// The values of an attribute, named or counted.
fn values(name: &str, written: View<'_>) -> Arc<[Value]> {
    match written.value() {
        Some(Val::List(_)) => written.items().map(|item| Value::text(item.text())).collect(),
        _ => (0..written.count()).map(|i| workload::attribute_value(name, i, written.count())).collect(),
    }
}

/// Whether the names of all attributes can be told.
pub(super) fn attributes_known(root: View<'_>) -> bool {
    let fleets = root.at("fleet");
    let known =
        |(_, fleet): (&str, View<'_>)| fleet.is_itself_sound() && fleet.at("attributes").is_itself_sound();
    fleets.is_itself_sound() && fleets.entries().all(known)
}

/// Links by name.
pub(super) type Links<'a> = BTreeMap<&'a str, Arc<Profile>>;

/// All links that there are; those that no fleet uses are looked at too.
pub(super) fn links<'a>(root: View<'a>, traces: &Traces, wrong: &Mistakes) -> Links<'a> {
    root.at("link").entries().map(|(name, view)| (name, link(name, view, traces, wrong))).collect()
}

/// The link of this name; a mistake if there is none.
pub(super) fn named_link(
    root: View<'_>,
    links: &Links<'_>,
    name: &str,
    at: View<'_>,
    wrong: &Mistakes,
) -> Option<Arc<Profile>> {
    let known = library_and_own(root.at("link").names(), super::super::profiles::links());
    wrong.find(at, "link", name, &known);
    links.get(name).cloned()
}

/// The fleets by name.
pub(super) fn fleets(root: View<'_>, links: &Links<'_>, calendar: Calendar, wrong: &Mistakes) -> Vec<Fleet> {
    let all = root.at("fleet").entries();
    let fleets: Vec<Fleet> = all
        .map(|(name, view)| {
            let fleet = fleet(name, view, root, links, wrong);
            let moves =
                view.at("moves").present().and_then(|m| moves(m, view.at("link"), links, calendar, wrong));
            Fleet { moves, ..fleet }
        })
        .collect();
    if fleets.is_empty() && root.at("fleet").present().is_some() {
        wrong.at(root.at("fleet"), "there is no device", "write one as [fleet.phones] with devices = 10");
    }
    fleets
}

/// How a fleet moves over the links of its shares.
fn moves(
    moves: View<'_>,
    shares: View<'_>,
    links: &Links<'_>,
    calendar: Calendar,
    wrong: &Mistakes,
) -> Option<Arc<Moves>> {
    if moves.text() == "field-worker" {
        // The default stands in every scenario that was written out in full.
        if shares.names() != [FIELD_WORKER[0]] {
            let help = format!("it goes over {}; change those under `link`", FIELD_WORKER.join(", "));
            wrong.at(shares, "a field worker's day says its links itself", help);
        }
        let [depot, road, site] = FIELD_WORKER.map(|name| links.get(name).cloned());
        let since_midnight = calendar.start.since(calendar.midnight());
        return Some(Arc::new(Moves::FieldWorker(FieldWorker {
            depot: depot?,
            road: road?,
            site: site?,
            since_midnight,
        })));
    }
    let shared: Vec<(Arc<Profile>, Ppm)> = shares
        .entries()
        .filter_map(|(name, share)| Some((links.get(name)?.clone(), share.share())))
        .filter(|(_, share)| share.0 > 0)
        .collect();
    if shares.entries().count() < 2 {
        let help = "give `link` shares, such as { wifi-good = 0.6, lte-good = 0.4 }";
        wrong.given(&[shares]).at(moves, "there is one link, and nowhere to move", help);
    }
    (!shared.is_empty()).then(|| Arc::new(Moves::Wander { links: shared, mean: moves.span() }))
}

fn fleet(name: &str, view: View<'_>, root: View<'_>, links: &Links<'_>, wrong: &Mistakes) -> Fleet {
    let devices = view.at("devices").count();
    let pick = |key: &str| {
        let shares: Vec<_> = view.at(key).entries().collect();
        let counts = largest_remainder(devices, &shares.iter().map(|(_, s)| s.share()).collect::<Vec<_>>());
        shares.into_iter().zip(counts).collect::<Vec<_>>()
    };
    let defined = |what: &str, name: &str, at: View<'_>, known: &[&str]| {
        wrong.find(at, what, name, known);
        root.at(what).key(name)
    };
    let classes = library_and_own(root.at("class").names(), super::super::profiles::classes());
    Fleet {
        name: name.to_owned(),
        devices,
        classes: pick("class")
            .into_iter()
            .map(|((name, at), n)| (class(name, defined("class", name, at, &classes)), n))
            .collect(),
        links: pick("link")
            .into_iter()
            .filter_map(|((name, at), n)| Some((named_link(root, links, name, at, wrong)?, n)))
            .collect(),
        moves: None,
        starts: pick("start")
            .into_iter()
            .map(|((name, _), n)| {
                let synced_ago = start_state(name).flatten();
                (StartState { name: name.to_owned(), synced_ago }, n)
            })
            .collect(),
        roles: view.at("role").entries().map(|(name, share)| (name.to_owned(), share.share())).collect(),
    }
}

pub(super) fn library_and_own<'a>(own: Vec<&'a str>, library: Vec<&'a str>) -> Vec<&'a str> {
    let mut names = own;
    names.extend(library);
    names.sort_unstable();
    names.dedup();
    names
}

fn class(name: &str, view: View<'_>) -> DeviceClass {
    DeviceClass {
        name: name.to_owned(),
        row_write: view.at("row_write").span(),
        row_read: view.at("row_read").span(),
        parse_rate: view.at("parse_rate").bytes(),
        commit: view.at("commit").span(),
        memory: view.at("memory").bytes(),
    }
}
