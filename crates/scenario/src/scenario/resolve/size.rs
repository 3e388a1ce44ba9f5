//! Limits on the size of a plan. Rows, link conditions and the script are generated before time 0,
//! so all of them must fit into memory.

use std::collections::BTreeMap;

use super::super::cost;
use super::super::plan::Plan;
use crate::base::Span;
use crate::base::words::thousands;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::view::View;
use crate::setup::{Fleet, Happening, Who};
use crate::workload::{EntityData, WorkloadOptions};

/// The maximum number of rows of a scenario, including imported rows.
const ROWS_MAX: u64 = 100_000_000;
const ROWS_GB: u64 = 16;
const GB: u64 = 1_000_000_000;
/// The maximum number of link changes, gaps and similar events on all devices: about 4 GB.
const LINK_CHANGES_MAX: u64 = 100_000_000;
/// The maximum number of edits and opened records of all users and the office: about 10 GB.
const WRITES_MAX: u64 = 20_000_000;
/// The maximum number of visits on all devices: about 8 GB. In a visit, an app comes to the
/// foreground without a task.
const VISITS_MAX: u64 = 50_000_000;

/// The maximum number of queries of all users. With more, a run ignores its time limit for minutes.
const QUERIES_MAX: u64 = 1_000_000_000;

/// One part of the generated data: its amount, and the place of the responsible key in the file.
type Lot = (u64, Option<Place>);

/// Reports a plan that does not fit into memory, before anything is generated. The message points
/// to the largest part.
pub(super) fn too_large(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let parts = [
        (link_changes(plan, root), LINK_CHANGES_MAX, "moves and interruptions of links"),
        (writes(plan, root), WRITES_MAX, "edits and openings of records"),
        (visits(plan, root), VISITS_MAX, "times of an app in the foreground"),
        (queries(plan, root), QUERIES_MAX, "queries of people"),
    ];
    let too_many = || parts.into_iter().find_map(|(lots, most, what)| too_many(lots, most, what));
    rows(plan, root).or_else(too_many)
}

fn rows(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let made =
        plan.schema.entities.iter().zip(plan.data.iter()).map(|(entity, data)| {
            (data.rows, data.row_bytes(), root.at("entity").key(&entity.name).at("rows"))
        });
    let imported = plan.events.iter().filter_map(|event| match event.what {
        Happening::Import { entity, rows, .. } => {
            let bytes = plan.data[usize::from(entity.0)].row_bytes() + EntityData::IMPORTED_BYTES;
            Some((rows, bytes, event_key(root, &event.name, "bulk_import.rows")))
        }
        _ => None,
    });
    let lots: Vec<(u64, u64, View<'_>)> = made.chain(imported).collect();
    let rows: u64 = lots.iter().map(|(rows, ..)| rows).sum();
    let bytes =
        lots.iter().fold(0_u64, |sum, (rows, each, _)| sum.saturating_add(rows.saturating_mul(*each)));
    let (.., largest) = lots.into_iter().max_by_key(|(rows, each, _)| rows.saturating_mul(*each))?;
    (rows > ROWS_MAX || bytes > ROWS_GB * GB).then(|| {
        let title =
            format!("{} rows would take about {} GB of memory", thousands(rows), thousands(bytes / GB));
        let most = thousands(ROWS_MAX);
        let help = format!(
            "write fewer or smaller rows: at most {most} rows and {ROWS_GB} GB, including imported rows"
        );
        Diagnostic::new(largest.place(), title).help(help)
    })
}

fn too_many(lots: Vec<Lot>, most: u64, what: &str) -> Option<Diagnostic> {
    let all = lots.iter().fold(0_u64, |sum, (lot, _)| sum.saturating_add(*lot));
    let (_, place) = lots.into_iter().max_by_key(|(lot, _)| *lot)?;
    (all > most).then(|| {
        let title = format!("about {} {what} would be drawn", thousands(all));
        let less = "make these rarer, or write fewer devices or a shorter `duration`";
        Diagnostic::new(place, title).help(format!("{less}: the limit is {}", thousands(most)))
    })
}

fn link_changes(plan: &Plan, root: View<'_>) -> Vec<Lot> {
    let mut lots = Vec::new();
    // A library link has no place in the file. Then the message points to the number of devices.
    let of_link = |name: &str, otherwise: View<'_>| {
        let link = root.at("link").key(name);
        [link.at("gaps.mtbf"), link.at("radio_changes.mtbf"), otherwise].into_iter().find_map(View::place)
    };
    for fleet in &plan.fleets {
        let view = root.at("fleet").key(&fleet.name);
        let mut on: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (link, devices) in &fleet.links {
            let each = link.interruptions(plan.duration);
            on.insert(&link.name, (each, if fleet.moves.is_some() { 0 } else { u64::from(*devices) }));
        }
        if let Some(moves) = &fleet.moves {
            lots.push((times(fleet.devices, moves.moments(plan.duration)), view.at("moves").place()));
            let all = u64::from(fleet.devices);
            on.extend(moves.links().into_iter().map(|l| (&*l.name, (l.interruptions(plan.duration), all))));
        }
        let interrupted = on
            .into_iter()
            .map(|(name, (each, devices))| (each.saturating_mul(devices), of_link(name, view.at("devices"))));
        lots.extend(interrupted);
    }
    for event in &plan.events {
        let chosen = chosen(&event.who, &plan.fleets);
        let Some(fault) = event.what.fault() else { continue };
        if fault.period.is_some() {
            let place = event_key(root, &event.name, "flap.every").place();
            lots.push((times(chosen, fault.link_changes(event.length)), place));
        }
        if let Some(link) = &fault.link {
            let at = event_key(root, &event.name, "network_change.link");
            lots.push((times(chosen, link.interruptions(plan.duration)), of_link(&link.name, at)));
        }
    }
    lots
}

fn writes(plan: &Plan, root: View<'_>) -> Vec<Lot> {
    let devices = devices(&plan.fleets);
    let milli = |each: u32| times(devices, u64::from(each)) / 1_000;
    let daily = plan.workload.actions.iter().map(|action| {
        let key = root.at("action").key(&action.name).at("per_device");
        (milli(action.per_device_milli), key.place())
    });
    let opened = (milli(plan.workload.opens_per_day_milli), root.at("workload.opens.per_day").place());
    let bursts = plan.events.iter().filter_map(|event| match event.what {
        Happening::Edits { count, .. } => {
            let each = times(chosen(&event.who, &plan.fleets), u64::from(count));
            Some((each, event_key(root, &event.name, "edits.count").place()))
        }
        _ => None,
    });
    daily.chain([opened]).chain(bursts).collect()
}

fn visits(plan: &Plan, root: View<'_>) -> Vec<Lot> {
    let places = ["workload.resumes_per_hour", "workload.hours", "duration"];
    let place = places.into_iter().find_map(|key| root.at(key).place());
    vec![(times(devices(&plan.fleets), visits_of_one(&plan.workload, plan.duration)), place)]
}

fn queries(plan: &Plan, root: View<'_>) -> Vec<Lot> {
    let Some(browsing) = plan.workload.browsing else { return Vec::new() };
    let looked = plan.workload.foreground.0.saturating_mul(visits_of_one(&plan.workload, plan.duration));
    let each = looked.min(plan.duration.0) / browsing.every().0.max(1);
    vec![(times(devices(&plan.fleets), each), root.at("workload.foreground.queries").place())]
}

/// An upper bound of a user's visits in the working time. A pause follows each visit.
fn visits_of_one(workload: &WorkloadOptions, duration: Span) -> u64 {
    let Some(every) = workload.visits_every() else { return 1 };
    let (from, until) = workload.hours;
    let hours = if from < until { (until - from).min(duration) } else { duration };
    hours.0 / every.0.max(1) + 1
}

fn times(devices: u32, each: u64) -> u64 {
    u64::from(devices).saturating_mul(each)
}

fn devices(fleets: &[Fleet]) -> u32 {
    fleets.iter().fold(0, |sum, fleet| sum.saturating_add(fleet.devices))
}

fn chosen(who: &Who, fleets: &[Fleet]) -> u32 {
    cost::chosen(who, devices(fleets).into()) as u32
}

fn event_key<'a>(root: View<'a>, event: &str, key: &str) -> View<'a> {
    root.at("event").key(event).at(key)
}
