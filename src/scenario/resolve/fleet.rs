//! Fleets: hardware, links, attributes, states at the start.

use std::collections::BTreeSet;

use super::super::plan::{ClockModel, DeviceClass, Fleet, StartState};
use super::super::profiles::REFERENCE_STEP;
use super::super::share::largest_remainder;
use super::super::written::{drift_ppb, signed_span, start_state};
use super::links::link;
use super::schema::Entities;
use super::view::{Mistakes, View};
use crate::base::{Bytes, Seed};
use crate::contract::Delivery;
use crate::disk::Flash;
use crate::engine::Decoder;
use crate::workload::Maker;

/// The attributes of all fleets by name, each with the number of its values.
pub(super) fn attributes(root: View<'_>, wrong: &Mistakes) -> Vec<(String, u32)> {
    let mut attributes: Vec<(String, u32)> = Vec::new();
    for (fleet, view) in root.at("fleet").entries() {
        for (name, values) in view.at("attributes").entries() {
            match attributes.iter().find(|(known, _)| known == name) {
                Some((_, known)) if *known != values.count() => {
                    let title =
                        format!("`{name}` has {} values in `{fleet}` and {known} elsewhere", values.count());
                    wrong.at(values, title, "an attribute has as many values in every fleet");
                }
                Some(_) => {}
                None => attributes.push((name.to_owned(), values.count())),
            }
        }
    }
    attributes.sort();
    attributes
}

/// The fleets by name.
pub(super) fn fleets(root: View<'_>, wrong: &Mistakes) -> Vec<Fleet> {
    let fleets = root.at("fleet").entries();
    let fleets: Vec<Fleet> = fleets.map(|(name, view)| fleet(name, view, root, wrong)).collect();
    if fleets.is_empty() && root.at("fleet").present().is_some() {
        wrong.at(root.at("fleet"), "there is no device", "write one as [fleet.phones] with devices = 10");
    }
    fleets
}

fn fleet(name: &str, view: View<'_>, root: View<'_>, wrong: &Mistakes) -> Fleet {
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
    let links = library_and_own(root.at("link").names(), super::super::profiles::links());
    let classes = library_and_own(root.at("class").names(), super::super::profiles::classes());
    Fleet {
        name: name.to_owned(),
        devices,
        classes: pick("class")
            .into_iter()
            .map(|((name, at), n)| (class(name, defined("class", name, at, &classes), wrong), n))
            .collect(),
        links: pick("link")
            .into_iter()
            .map(|((name, at), n)| (link(name, defined("link", name, at, &links)), n))
            .collect(),
        starts: pick("start")
            .into_iter()
            .map(|((name, _), n)| {
                let synced_ago = start_state(name).flatten();
                (StartState { name: name.to_owned(), synced_ago }, n)
            })
            .collect(),
        roles: view.at("role").entries().map(|(name, share)| (name.to_owned(), share.share())).collect(),
        clock: clock(view.at("clock"), wrong),
    }
}

fn library_and_own<'a>(own: Vec<&'a str>, library: Vec<&'a str>) -> Vec<&'a str> {
    let mut names = own;
    names.extend(library);
    names.sort_unstable();
    names.dedup();
    names
}

/// Refuses a class of devices that could not decode an answer with a single row.
pub(super) fn room_for_a_row(root: View<'_>, fleets: &[Fleet], entities: &Entities, wrong: &Mistakes) {
    let decoder = if root.at("engine.decoder").text() == "managed" { Decoder::Managed } else { Decoder::Streaming };
    let synced = entities.schema.entities.iter().zip(&entities.data);
    let Some((entity, row)) = synced
        .filter(|(entity, _)| entity.delivery != Delivery::BackendOnly)
        .map(|(entity, data)| (&entity.name, longest_row(&data.columns)))
        .max_by_key(|(_, bytes)| *bytes)
    else {
        return;
    };
    let mut told = BTreeSet::new();
    for (class, _) in fleets.iter().flat_map(|fleet| &fleet.classes) {
        let needed = decoder.peak(row);
        if class.memory.0 < needed && told.insert(&class.name) {
            let memory = root.at("class").key(&class.name).at("memory");
            let title = format!("class `{}` has not the memory for a row of `{entity}`", class.name);
            let help = format!("a row of {row} bytes takes up to {} to decode", Bytes(needed));
            wrong.at(memory, title, help);
        }
    }
}

/// The most bytes that a row takes in an answer: its values, and about twenty for each that has no length of its own.
fn longest_row(columns: &[Maker]) -> u64 {
    let most = |maker: &Maker| match maker {
        Maker::Words { max, .. } | Maker::Fat { max, .. } => u64::from(*max),
        Maker::OneOf(words) => words.iter().map(String::len).max().unwrap_or_default() as u64,
        _ => 20,
    };
    columns.iter().map(most).sum::<u64>() + 80
}

fn class(name: &str, view: View<'_>, wrong: &Mistakes) -> DeviceClass {
    let cpu = view.at("cpu");
    if cpu.present().is_some() && cpu.milli() == 0 {
        wrong.at(cpu, "a processor takes time", "it is 1 for a desktop and 6.667 for a phone of the middle class");
    }
    DeviceClass {
        name: name.to_owned(),
        step_picos: REFERENCE_STEP * u64::from(cpu.milli()) / 1_000,
        parse_rate: view.at("parse_rate").bytes(),
        managed_rate: view.at("managed_rate").bytes(),
        flash: Flash {
            read_latency: view.at("read_latency").span(),
            read_rate: view.at("read_rate").bytes(),
            write_rate: view.at("write_rate").bytes(),
            sync: view.at("sync").span(),
            slowness: 1,
            seed: Seed(0),
        },
        memory: view.at("memory").bytes(),
    }
}

fn clock(view: View<'_>, wrong: &Mistakes) -> ClockModel {
    if !view.is_table() {
        return if view.text() == "phones" { ClockModel::Phones } else { ClockModel::Good };
    }
    let offset = signed_span(view.at("offset").text()).unwrap_or_default();
    let drift_ppb = drift_ppb(view.at("drift").text()).unwrap_or_default();
    let resync = view.at("resync").span();
    if offset == 0 && drift_ppb == 0 {
        wrong.at(view, "this clock is right", "write clock = \"good\", or give it an `offset` or a `drift`");
    }
    ClockModel::Told { offset, drift_ppb, resync }
}
