//! Fleets of devices: their hardware, links, attributes and start states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::profiles::tunnel::{LEAST, TAKES, carrier};
use super::super::profiles::{FIELD_WORKER, Library, REFERENCE_CIPHER, REFERENCE_STEP};
use super::super::traces::Traces;
use super::super::written::{drift_ppb, start_state};
use super::context::{Links, ResolveContext};
use super::links::link;
use crate::base::{BitRate, Bytes, Ppm, Seed, Span, Value};
use crate::config::tree::Val;
use crate::config::view::{Mistakes, View, read};
use crate::config::written::signed;
use crate::disk::Flash;
use crate::engine::Decoder;
use crate::net::{FieldWorker, Moves, Profile};
use crate::setup::{Attribute, Budget, ClockModel, DeviceClass, Fleet, StartState};
use crate::workload::{self, EntityData, Maker, split};

const DEVICES_MAX: u32 = 1_000_000;

pub(super) fn attributes(root: View<'_>, mistakes: &Mistakes) -> Vec<Attribute> {
    let mut known: BTreeMap<&str, Arc<[Value]>> = BTreeMap::new();
    for (fleet, view) in root.at("fleet").entries() {
        for (name, written) in view.at("attributes").entries() {
            let values = values(name, written);
            match known.get(name) {
                // Wrong values have already been reported. Their list is empty.
                Some(known) if known.is_empty() || values.is_empty() => {}
                Some(known) if **known != *values => {
                    let title =
                        format!("the attribute `{name}` has other values in `{fleet}` than in another fleet");
                    mistakes.at(written, title, "give the attribute the same values in every fleet");
                }
                Some(_) => {}
                None => _ = known.insert(name, values),
            }
        }
    }
    known.into_iter().map(|(name, values)| Attribute { name: name.to_owned(), values }).collect()
}

fn values(name: &str, written: View<'_>) -> Arc<[Value]> {
    match written.value() {
        Some(Val::List(_)) => written.items().map(|item| Value::text(item.text())).collect(),
        // A count out of bounds has already been reported. So many values might not fit into
        // memory.
        _ if !written.is_sound() => Arc::from([]),
        _ => (0..written.count()).map(|i| workload::attribute_value(name, i, written.count())).collect(),
    }
}

pub(super) fn links<'a>(root: View<'a>, traces: &Traces, mistakes: &Mistakes) -> Links<'a> {
    let links = root.at("link");
    let of = |(name, view): (&'a str, View<'a>)| {
        if let Some(below) = carrier(name) {
            tunnel(name, below, links, mistakes);
        }
        (name, link(name, view, traces, mistakes))
    };
    links.entries().map(of).collect()
}

pub(super) fn named_link(context: &ResolveContext<'_>, name: &str, at: View<'_>) -> Option<Arc<Profile>> {
    let own = context.root.at("link");
    match carrier(name).filter(|_| own.key(name).present().is_none()) {
        // If the link below the tunnel is wrong, there is no tunnel.
        Some(below) => carried(below, at, own, context.mistakes),
        None => defined(Library::Links, ("link", name), at, own, context.mistakes),
    }
    context.links.get(name).cloned()
}

fn tunnel(name: &str, below: &str, links: View<'_>, mistakes: &Mistakes) {
    carried(below, links.name(name), links, mistakes);
    let (own, under) = (links.key(name), links.key(below));
    let reconnect = under.at("reconnect");
    if reconnect.span() > Span::ZERO {
        let takes = reconnect.span();
        let title = format!(
            "`{name}` is a tunnel over `link.{below}`, which is a tunnel too: `reconnect` is {takes}"
        );
        mistakes.at(
            reconnect,
            title,
            format!("leave out `reconnect`, or write `{below}` instead of `{name}`"),
        );
    }
    let mtu = under.at("mtu");
    let bytes = mtu.count();
    if mtu.present().is_some() && bytes < LEAST + TAKES && own.at("mtu").place().is_none() {
        let title = format!(
            "packets of {bytes} bytes are too small for a tunnel, which takes {TAKES} bytes of each packet"
        );
        let help = format!("`mtu` must be at least {} where `{name}` is used", LEAST + TAKES);
        mistakes.given(&[mtu]).at(mtu, title, help);
    }
    // The figures of the link below. They come from the library if the scenario does not define the
    // link.
    let library = Library::Links.find(below);
    let figure = |key: &str| {
        let figures = library.into_iter().flat_map(|link| &link.figures);
        let known = figures.filter(|figure| figure.key == key).map(|figure| figure.value.as_str()).next();
        under.at(key).present().map_or(known, |view| Some(view.text()))
    };
    let span = |key: &str| figure(key)?.parse::<Span>().ok();
    let rate = |key: &str| figure(key)?.parse::<BitRate>().ok();
    let faster =
        |key: &str| rate(key).zip(own.at(key).present()).is_some_and(|(below, own)| own.rate() > below);
    let packet = mtu.present().map_or(1_500, View::count);
    let better = [
        ("rtt", span("rtt").is_some_and(|below| own.at("rtt").span() < below)),
        ("down", faster("down")),
        ("up", faster("up")),
        ("mtu", own.at("mtu").count() >= packet),
    ];
    for (key, _) in better.iter().filter(|(key, better)| *better && own.at(key).place().is_some()) {
        let title =
            format!("`link.{name}.{key}` of the tunnel is better than `link.{below}`, which carries it");
        let help = match *key {
            "mtu" => format!("write less than {packet} bytes, the `mtu` of `{below}`"),
            key => format!(
                "make it no better than {}, the `{key}` of `{below}`",
                figure(key).unwrap_or_default()
            ),
        };
        mistakes.given(&[own.at(key), under.at(key)]).at(own.at(key), title, help);
    }
}

fn carried(below: &str, at: View<'_>, links: View<'_>, mistakes: &Mistakes) {
    if carrier(below).is_some() {
        mistakes.at(at, "this would be a tunnel over a tunnel", format!("write only `{below}`"));
    } else {
        defined_among(Library::Links, ("link", below), at, links, mistakes, |link| carrier(link).is_none());
    }
}

fn defined(library: Library, (what, name): (&str, &str), at: View<'_>, own: View<'_>, mistakes: &Mistakes) {
    defined_among(library, (what, name), at, own, mistakes, |_| true);
}

/// Like `defined`, but the help suggests only the names that `is_meant` accepts.
fn defined_among(
    library: Library,
    (what, name): (&str, &str),
    at: View<'_>,
    own: View<'_>,
    mistakes: &Mistakes,
    is_meant: fn(&&str) -> bool,
) {
    let is_there = own.key(name).present().is_some() || library.find(name).is_some();
    let all = || {
        let mut names = [own.names(), library.names()].concat();
        names.retain(is_meant);
        names.sort_unstable();
        names.dedup();
        names
    };
    mistakes.given(&[]).found(is_there.then_some(0), (at, what, name), all);
}

pub(super) fn fleets(context: &ResolveContext<'_>) -> Vec<Fleet> {
    let written = context.root.at("fleet");
    let fleets: Vec<Fleet> = written.entries().map(|(name, view)| fleet(context, name, view)).collect();
    if fleets.is_empty() && written.present().is_some() {
        context.mistakes.at(
            written,
            "the scenario has no device",
            "write a fleet such as [fleet.phones] with devices = 10",
        );
    }
    let all = all_devices(context.root);
    if all > DEVICES_MAX {
        let title = format!("all fleets together have {all} devices, but the maximum is {DEVICES_MAX}");
        context.mistakes.at(written, title, "write fewer devices");
    }
    fleets
}

/// The number of devices in all fleets.
pub(super) fn all_devices(root: View<'_>) -> u32 {
    root.at("fleet").entries().fold(0, |sum, (_, fleet)| sum.saturating_add(fleet.at("devices").count()))
}

fn moves(context: &ResolveContext<'_>, moves: View<'_>, shares: View<'_>) -> Option<Arc<Moves>> {
    let ResolveContext { links, calendar, .. } = context;
    if moves.text() == "field-worker" {
        // The resolved text of every scenario contains this default.
        if shares.names() != [FIELD_WORKER[0]] {
            let help = format!(
                "remove this `link`; to change the links of the day, change {} under [link]",
                FIELD_WORKER.join(", ")
            );
            context.mistakes.at(
                shares,
                "`moves = \"field-worker\"` already defines the links of the day",
                help,
            );
        }
        let [depot, road, site] = FIELD_WORKER.map(|name| links.get(name).cloned());
        let since_midnight = calendar.start.since(calendar.midnight());
        let (depot, road, site) = (depot?, road?, site?);
        return Some(Arc::new(Moves::FieldWorker(FieldWorker { depot, road, site, since_midnight })));
    }
    let shared = shares.entries().filter_map(|(name, share)| Some((links.get(name)?.clone(), share.share())));
    let shared: Vec<(Arc<Profile>, Ppm)> = shared.filter(|(_, share)| share.0 > 0).collect();
    (!shared.is_empty()).then(|| Arc::new(Moves::Wander { links: shared, mean: moves.span() }))
}

fn fleet(context: &ResolveContext<'_>, name: &str, view: View<'_>) -> Fleet {
    let ResolveContext { root, mistakes, .. } = context;
    let devices = view.at("devices").count();
    let pick = |key: &str| {
        let shares: Vec<_> = view.at(key).entries().collect();
        let weights: Vec<u64> = shares.iter().map(|(_, share)| share.share().0.into()).collect();
        let counts = split(devices.into(), &weights, |_| 0).into_iter().map(|count| count as u32);
        shares.into_iter().zip(counts)
    };
    let own_class = |name: &str, at: View<'_>| {
        defined(Library::Classes, ("class", name), at, root.at("class"), mistakes);
        root.at("class").key(name)
    };
    // Mistakes are shown at the name of a class or link, not at its share.
    let at_name = |key: &str, name: &str| view.at(key).name(name);
    let classes = pick("class")
        .map(|((name, _), n)| (class(name, own_class(name, at_name("class", name)), mistakes), n));
    let links = pick("link")
        .filter_map(|((name, _), n)| Some((named_link(context, name, at_name("link", name))?, n)));
    let start = |name: &str| StartState { name: name.to_owned(), synced_ago: start_state(name).flatten() };
    Fleet {
        name: name.to_owned(),
        devices,
        classes: classes.collect(),
        links: links.collect(),
        moves: view.at("moves").present().and_then(|m| moves(context, m, view.at("link"))),
        starts: pick("start").map(|((name, _), n)| (start(name), n)).collect(),
        roles: view.at("role").entries().map(|(name, share)| (name.to_owned(), share.share())).collect(),
        clock: clock(view.at("clock")),
        background: background(context, view),
    }
}

pub(super) fn check_row_memory(context: &ResolveContext<'_>, fleets: &[Fleet], data: &[EntityData]) {
    let decoder = context.root.at("engine.decoder").word::<Decoder>();
    let entities = context.schema.entities.iter().zip(data);
    let held = entities.filter(|(entity, _)| entity.delivery.is_on_devices());
    let rows = held.map(|(entity, data)| (&entity.name, longest_row(&data.columns)));
    let Some((entity, row)) = rows.max_by_key(|(_, bytes)| *bytes) else { return };
    let mut told = BTreeSet::new();
    for (class, _) in fleets.iter().flat_map(|fleet| &fleet.classes) {
        let needed = decoder.peak(row);
        // A memory of 0 belongs to a class that does not exist.
        if (1..needed).contains(&class.memory.0) && told.insert(&class.name) {
            let memory = context.root.at("class").key(&class.name).at("memory");
            let title = format!("class `{}` has too little memory for a row of `{entity}`", class.name);
            let help = format!("a row of {row} bytes takes up to {} to decode", Bytes(needed));
            context.mistakes.at(memory, title, help);
        }
    }
}

/// The largest row in a response, in bytes. A value whose type has no length counts as about 20.
fn longest_row(columns: &[Maker]) -> u64 {
    let most = |maker: &Maker| match maker {
        Maker::Words(_, max, _) | Maker::Prose(_, max) => u64::from(*max),
        Maker::Fat { max, rare, .. } => u64::from(rare.map_or(*max, |(_, len)| len.max(*max))),
        Maker::Blob(_, max) => u64::from(*max).div_ceil(3) * 4,
        Maker::Decimal(digits, _) => u64::from(*digits) + 3,
        Maker::OneOf(words) => words.iter().map(String::len).max().unwrap_or_default() as u64,
        _ => 20,
    };
    columns.iter().map(most).sum::<u64>() + 80
}

fn class(name: &str, view: View<'_>, mistakes: &Mistakes) -> DeviceClass {
    let cpu = view.at("cpu");
    if cpu.present().is_some() && cpu.milli() == 0 {
        let help = "write 1 for a desktop, or 6.667 for a phone of the middle class";
        mistakes.at(cpu, "`cpu` must be greater than 0", help);
    }
    DeviceClass {
        name: name.to_owned(),
        step_picos: REFERENCE_STEP * u64::from(cpu.milli()) / 1_000,
        cpu_milli: cpu.milli(),
        parse_rate: view.at("parse_rate").bytes(),
        managed_rate: view.at("managed_rate").bytes(),
        cipher_rate: cipher_rate(view),
        flash: read!(view, Flash {
            read_latency read_rate write_rate sync
        } with {
            slowness: 1,
            seed: Seed(0),
        }),
        memory: view.at("memory").bytes(),
        row_limit: view.of("row_limit"),
    }
}

/// The cipher rate of the class. If it has none, the rate of the reference core, divided by `cpu`.
fn cipher_rate(view: View<'_>) -> Bytes {
    let slowed = || Bytes(REFERENCE_CIPHER * 1_000 / u64::from(view.at("cpu").milli().max(1)));
    view.at("cipher_rate").present().map_or_else(slowed, |rate| rate.bytes())
}

/// A clock with an offset of 0 is a clock too, because an axis may begin with 0.
fn clock(view: View<'_>) -> ClockModel {
    if !view.is_table() {
        return if view.text() == "phones" { ClockModel::Phones } else { ClockModel::Good };
    }
    let offset = signed(view.at("offset").text()).unwrap_or_default();
    let drift_ppb = drift_ppb(view.at("drift").text()).unwrap_or_default();
    let resync = view.at("resync").span();
    ClockModel::Told { offset, drift_ppb, resync }
}

fn background(context: &ResolveContext<'_>, fleet: View<'_>) -> Option<Budget> {
    let named = fleet.at("background").present()?;
    let all = context.root.at("background");
    defined(Library::Backgrounds, ("background", named.text()), named, all, context.mistakes);
    all.key(named.text()).present().map(budget)
}

pub(super) fn budgets(root: View<'_>, mistakes: &Mistakes) {
    for (_, view) in root.at("background").entries() {
        mistakes.in_order(view, ["window", "every"], true);
        let growth = view.at("growth");
        if growth.is_sound() && growth.milli() < 1_000 {
            let help = "write 1 to keep the time between windows, or 2 to double it each time";
            mistakes.at(growth, "windows cannot become more frequent", help);
        }
    }
}

fn budget(view: View<'_>) -> Budget {
    read!(view, Budget { stays window every sockets at_end } with {
        longest: view.of::<_, Option<Span>>("longest").unwrap_or(view.of("window")),
        growth: Ppm(view.at("growth").milli().saturating_mul(1_000)),
        cap: view.of::<_, Option<Span>>("cap").unwrap_or(Span(u64::MAX / 8)),
    })
}
