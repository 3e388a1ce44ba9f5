//! Trouble that changes nothing as it is written, and whose author believes that it does.

use std::collections::BTreeSet;

use super::super::diagnostic::Diagnostic;
use super::super::plan::Plan;
use super::super::written::signed;
use super::view::View;
use crate::base::words::count;
use crate::base::{Ppm, Span};
use crate::scenario::plan::{Fleet, Happening, Planned, Who};

/// All of it.
pub(super) fn futile(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let mut doubts = of_nobody(plan, root);
    doubts.extend(of_no_length(root));
    doubts.extend(of_no_trouble(root));
    doubts.extend(to_where_they_are(plan, root));
    doubts
}

/// Events whose list of devices is empty, or whose share rounds to none. A share of 0 is what a
/// variant or an axis changes.
fn of_nobody(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let told = |event: &Planned| {
        let kinds = root.at("event").key(&event.name).entries();
        let mut kinds = kinds.filter(|(_, kind)| kind.is_table());
        let title = format!("`event.{}` concerns no device, and changes nothing", event.name);
        let (share, of, what) = match event.who {
            Who::Devices(ref devices) if devices.is_empty() => {
                let list = kinds.find_map(|(_, kind)| kind.at("devices").present())?;
                let help = "name devices by number, or leave `devices` out: all of them";
                return Some(Diagnostic::new(list.place(), title).help(help));
            }
            Who::Devices(_) => return None,
            Who::Share(share) => {
                let devices: u32 = plan.fleets.iter().map(|fleet| fleet.devices).sum();
                (share, u64::from(devices), count(u64::from(devices), "device"))
            }
            Who::ShareOf { share, attribute } => {
                let values: BTreeSet<u32> =
                    combinations(plan).into_iter().map(|numbers| numbers[attribute]).collect();
                let (values, name) = (values.len() as u64, &plan.attributes[attribute].name);
                (share, values, format!("{} of `{name}`", count(values, "value")))
            }
        };
        if share == Ppm(0) || of == 0 || share.of(of) > 0 {
            return None;
        }
        let written = kinds.find_map(|(_, kind)| kind.at("share").present())?;
        let help = format!("a share of {share} of {what} rounds to none");
        Some(Diagnostic::new(written.place(), title).help(help))
    };
    plan.events.iter().filter_map(told).collect()
}

/// Events of no length or no size that the file itself writes; of an axis or a variant that is
/// where it begins.
fn of_no_length(root: View<'_>) -> Vec<Diagnostic> {
    let told = |(name, event): (&str, View<'_>)| {
        let (kind, own) = event.entries().find(|(key, _)| *key != "at")?;
        let figures = ["for", "by", "factor"].map(|key| own.at(key));
        let changed =
            event.is_changed() || own.is_changed() || figures.iter().any(|figure| figure.is_changed());
        let place = figures.iter().find_map(|figure| figure.place())?;
        let title = format!("`event.{name}` is a `{kind}` of nothing, and changes nothing");
        let help = "give it a length or a size; an axis or a variant may begin with none";
        (is_nothing(kind, own) && !changed).then(|| Diagnostic::new(Some(place), title).help(help))
    };
    root.at("event").entries().filter_map(told).collect()
}

/// What is said of random trouble of which there is none. Who writes that there is none knows.
fn of_no_trouble(root: View<'_>) -> Vec<Diagnostic> {
    let chaos = root.at("chaos");
    let keys = [
        ("outage_mtbf", "outage_mean"),
        ("outage_mtbf", "outage_lengths"),
        ("outage_mtbf", "outage_noticed"),
        ("suspend_mtbf", "suspend_mean"),
        ("backend_mtbf", "backend_mean"),
    ];
    let told = |(mtbf, key): (&str, &str)| {
        let (place, often) = (chaos.at(key).place()?, chaos.at(mtbf));
        let title = format!("`chaos.{key}` changes nothing: there is no `chaos.{mtbf}`");
        let help = format!("{mtbf} = \"1h\" has one an hour; \"0s\" says that there is none");
        let none = often.place().is_none() && often.span() == Span::ZERO;
        none.then(|| Diagnostic::new(Some(place), title).help(help))
    };
    keys.into_iter().filter_map(told).collect()
}

/// Changes to the link that the devices are on. One that moves may be on another then, and one that
/// another change took elsewhere is.
fn to_where_they_are(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let to = |event: &Planned| match &event.what {
        Happening::NetworkChange { link, .. } => Some(link.name.clone()),
        _ => None,
    };
    let goals: BTreeSet<_> = plan.events.iter().filter_map(to).collect();
    if goals.len() != 1 {
        return Vec::new();
    }
    let told = |event: &Planned| {
        let goal = to(event)?;
        let stays = |fleet: &Fleet| {
            let mut links = fleet.links.iter().filter(|(_, devices)| *devices > 0);
            fleet.moves.is_none() && links.all(|(link, _)| link.name == goal)
        };
        let all_stay = match &event.who {
            Who::Devices(chosen) => {
                let devices = plan.devices();
                let there = |one: &usize| devices[*one].moves.is_none() && devices[*one].link.name == goal;
                !chosen.is_empty() && chosen.iter().all(|one| there(&(one.0 as usize)))
            }
            _ => plan.fleets.iter().filter(|fleet| fleet.devices > 0).all(stays),
        };
        let link = root.at("event").key(&event.name).at("network_change.link");
        let title = format!("`event.{}` changes nothing: its devices are on `{goal}` already", event.name);
        all_stay
            .then(|| Diagnostic::new(link.place(), title).help("name another link than that of their fleet"))
    };
    plan.events.iter().filter_map(told).collect()
}

/// The combinations of attribute values that devices have, as numbers of values.
pub(super) fn combinations(plan: &Plan) -> BTreeSet<Vec<u32>> {
    let mut all = BTreeSet::new();
    for fleet in &plan.fleets {
        for i in 0..fleet.devices {
            all.insert(plan.attributes.iter().map(|a| a.number(i, fleet.devices)).collect());
        }
    }
    all
}

/// Whether an event is one of no length or no size, as an axis begins with: the world is as without
/// it.
pub(super) fn is_nothing(kind: &str, own: View<'_>) -> bool {
    let neutral = |key: &str| own.at(key).is_itself_sound() && own.at(key).span() == Span::ZERO;
    match kind {
        "backend_clock_step" | "clock_step" | "time_zone" => {
            own.at("by").is_itself_sound() && signed(own.at("by").text()) == Some(0)
        }
        "slow_disk" => neutral("for") || own.at("factor").int() == 1,
        "outage"
        | "flap"
        | "captive_portal"
        | "network_change"
        | "response_loss"
        | "backend_down"
        | "backend_link_outage"
        | "disk_full"
        | "foreign_responses"
        | "bad_rows"
        | "put_off"
        | "refused_deletes"
        | "caching_proxy"
        | "suspend" => neutral("for"),
        _ => false,
    }
}
