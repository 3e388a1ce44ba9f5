//! Estimates the time and the memory that a cell (one simulation) needs. The estimate is a pure
//! function of the cell's plan.

use std::collections::BTreeSet;

use super::plan::Plan;
use crate::base::{EntityId, Ppm, Span, Stamp, UnitId, Word as _};
use crate::config::written::Calendar;
use crate::contract::{Column, ColumnKind, Delivery, EditKind, Hook, ScopeRule, SyncUnit, Trigger};
use crate::gateway::Mode;
use crate::setup::{BETWEEN_TRIGGERS, Chaos, Happening, HookPlan, Planned, Who};
use crate::workload::{Action, EntityData, Maker};

/// Base memory of a process that runs cells, in bytes.
const PROCESS: u64 = 48 << 20;
/// Peak memory per item, in bytes, fitted to release builds (see the tests).
const DEVICE: u64 = 45 << 10;
const RUN: u64 = 500;
const EDIT: u64 = 6_000;
/// Bytes per edit that waits for its device's disk, including the data to be written for it.
const HEAPED: u64 = 54_000;
/// The time that a device's disk needs per edit. Edits at a higher rate build a backlog.
const WRITTEN_IN: Span = Span::millis(80);
/// Bytes per loaded row. At most `LOADED_APART` rows count, because devices share equal pages.
const LOADED: u64 = 300;
const LOADED_APART: u64 = 100_000;
/// Bytes per byte of long text that is uploaded.
const UPLOADED: u64 = 3;
/// The memory of the backend's rows with their overhead, in percent of the rows' bytes.
const CONTENT_PERCENT: u64 = 140;
/// Bytes per row that was written to an open database.
const ROW: u64 = 60;
/// At most `OPEN` devices keep their databases open (room `store`). Each needs `OPENED` bytes.
const OPEN: u64 = 512;
const OPENED: u64 = 60_000;
/// Overhead in bytes of a row with long texts: partly filled pages (measured with 3 to 300 kB).
const FAT_ROW: u64 = 2_600;
/// While a replica is filled, it holds its rows twice.
const REPLICA: u64 = 2;
/// The share of long-text bytes on a device's own pages, in percent (fitted to release builds; see
/// the tests). The 3 shares are for the first load, for changes while the device was away, and for
/// edits during the script.
const OWN_PERCENT: u64 = 6;
const AWAY_PERCENT: u64 = 50;
const WRITTEN_PERCENT: u64 = 60;

/// Bytes per row that the engine itself writes beside a received row (`store.extra_rows`).
/// Measured: 142 to 375 bytes each, in runs with 320 000 to 1.9 million of them, compared with runs
/// without.
const EXTRA: u64 = 230;
/// Bytes per query of a user who looks at the app. The duration of its wait is recorded.
const LOOK: u64 = 8;

type Part = fn(&Cost) -> u64;

/// Nanoseconds on one core of the reference machine, fitted to release builds (see the tests).
const CELL: u64 = 3_700_000;
const PARTS: [(Part, u64); 20] = [
    (|cost| cost.devices, 480_000),
    (|cost| cost.provisioned, 2_000),
    (|cost| cost.loaded_values, 650),
    (|cost| cost.applied, 13_000),
    (|cost| cost.pulls, 26_000),
    (|cost| cost.periods, 400),
    (|cost| cost.device_edits, 60_000),
    (|cost| cost.heaped, 200_000),
    (|cost| cost.delivered, 4_300),
    (|cost| cost.pulled_bytes, 3),
    (|cost| cost.written_bytes, 12),
    (|cost| cost.kills, 440_000),
    (|cost| cost.refreshes, 25_000),
    (|cost| cost.replicas, 10_000_000),
    (|cost| cost.listed, 80),
    (|cost| cost.watched, 450),
    (|cost| cost.extra, 1_200),
    (|cost| cost.looks, 65),
    (|cost| cost.rounds, 12_000),
    (|cost| cost.carried, 30_000),
];

/// The counts from which a cell's time and memory are estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The number of devices.
    pub devices: u64,
    /// Rows that devices receive, before the start or at the first load.
    pub provisioned: u64,
    /// The number of rows on the backend at the start.
    pub backend_rows: u64,
    /// The number of runs of units, over all devices.
    pub runs: u64,
    /// The number of edits, of devices and of the office.
    pub edits: u64,
    device_edits: u64,
    /// Rows that others write and devices receive. Several writes of a row between two runs count
    /// once.
    delivered: u64,
    /// Rows that devices load at first, and rows that changed while they were away.
    loaded: u64,
    /// The values of these rows, and the transactions that apply them.
    loaded_values: u64,
    applied: u64,
    /// Periods of units that pass, including those that start no run.
    periods: u64,
    pulls: u64,
    /// Bytes of long texts and blobs: in loaded and delivered rows, and in edits.
    pulled_bytes: u64,
    written_bytes: u64,
    /// The part of `written_bytes` that no other device receives.
    uploaded: u64,
    /// The number of replicas, and how often they ask the backend for changes, counted per entity.
    replicas: u64,
    refreshes: u64,
    listed: u64,
    /// Rows with references that are scanned for missing target rows.
    watched: u64,
    kills: u64,
    /// Bytes of memory for the backend's rows, including imported rows.
    content: u64,
    /// Rows of one device that are not on pages shared between phones.
    written: u64,
    /// Bytes of long texts that are stored in every case: on pages that devices share, and in a
    /// replica.
    fat: u64,
    /// Bytes of long texts on devices' own pages. This is an upper bound, which assumes no equal
    /// pages.
    fat_apart: u64,
    /// Edits of devices whose disks cannot write as fast as their users edit.
    heaped: u64,
    /// Rows that the engine itself writes beside received rows.
    extra: u64,
    /// Queries of users who look at the app.
    looks: u64,
    /// How often integration workers ask for changes, and how many records they write.
    rounds: u64,
    carried: u64,
}

impl Cost {
    /// Counts the work of a cell of this plan.
    pub fn of(plan: &Plan) -> Cost {
        let devices = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
        let edits = made(plan, devices).map(|(_, n)| n).fold(0, u64::saturating_add);
        let mut cost = Cost { devices, edits, ..Cost::default() };
        let day = Day::of(plan, edits_of_one(plan, devices));
        let flows = Flow::of_all(plan, &day, devices);
        for (id, flow) in plan.schema.ids().zip(&flows) {
            cost.add(plan, &day, id, flow);
        }
        let (fat, fat_apart) = fat(plan, &flows, devices);
        let runs = |unit: &SyncUnit| day.runs(plan, unit).saturating_mul(devices);
        let pulls = plan.units.iter().map(|unit| runs(unit).saturating_mul(unit.pull.len() as u64));
        let refresh = &plan.gateway.refresh;
        let replicas = u64::from(plan.gateway.mode == Mode::Persistent);
        let polls = often(plan.duration, refresh.every) + 1;
        let (rounds, carried) = carried(plan, cost.edits);
        let looks = plan.workload.browsing.map_or(0, |browsing| often(day.looking, browsing.every()));
        Cost {
            backend_rows: plan.data.iter().map(|data| data.rows).sum(),
            device_edits: of_devices(plan, devices),
            runs: plan.units.iter().map(runs).fold(devices, u64::saturating_add),
            pulls: pulls.fold(0, u64::saturating_add),
            periods: day.periods(plan).saturating_mul(devices),
            refreshes: replicas * polls.saturating_mul(plan.data.len() as u64),
            replicas,
            rounds,
            carried,
            content: content(plan, &flows),
            fat,
            fat_apart,
            heaped: if day.edits > day.writing.0 / WRITTEN_IN.0 { cost.edits } else { 0 },
            looks: devices.saturating_mul(looks),
            kills: devices.saturating_mul(by_chance(plan, |chaos| chaos.kill_mtbf)),
            ..cost
        }
    }

    fn add(&mut self, plan: &Plan, day: &Day, id: EntityId, flow: &Flow) {
        let (entity, data) = (plan.schema.entity(id), &plan.data[usize::from(id.0)]);
        let devices = self.devices;
        let add = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        let long = |column: usize| data.columns[column].fat_bytes().unwrap_or(0);
        let whole: u64 = entity.projection.iter().map(|column| long(*column)).sum();
        let edited = flow.edits;
        let written = edited[0].saturating_mul(whole).saturating_add(edited[1].saturating_mul(flow.part));
        let attached = plan.schema.attachment(id).map_or(0, |it| u64::from(it.least.midpoint(it.most)));
        add(&mut self.written_bytes, written.saturating_add(edited[0].saturating_mul(attached)));
        let Some(runs) = flow.runs.filter(|_| entity.delivery == Delivery::Delta) else {
            add(&mut self.uploaded, written);
            return;
        };
        let holds = |rows: u64| held(plan, &entity.scope, data, rows);
        let all = holds(data.rows);
        add(&mut self.provisioned, devices.saturating_mul(all));
        let starts = || plan.fleets.iter().flat_map(|fleet| &fleet.starts);
        let came = starts().map(|(state, n)| {
            let each = state.synced_ago.map_or(all, |ago| holds(changed_in(data, ago)));
            each.saturating_mul(u64::from(*n))
        });
        let loaded = came.fold(0, u64::saturating_add);
        add(&mut self.loaded, loaded);
        add(&mut self.loaded_values, loaded.saturating_mul(entity.projection.len() as u64));
        let pull = &plan.engine.pull;
        let applied = loaded / u64::from(pull.apply_rows.min(pull.chunk_rows).max(1));
        add(&mut self.applied, applied);
        let empty = empty(plan) * 1_000 / devices.max(1);
        let written = if data.one_stamp.is_some() { all.saturating_mul(empty) / 1_000 } else { all };
        add(&mut self.written, written);
        let new = edited[0].saturating_add(flow.imported);
        let changed = distinct(edited[1].saturating_add(edited[2]), data.rows.saturating_add(new), runs);
        let delivered = holds(new.saturating_add(changed)).saturating_mul(devices);
        add(&mut self.delivered, delivered);
        let came = devices.saturating_mul(all).saturating_add(delivered);
        add(&mut self.extra, came.saturating_mul(plan.store.extra_rows.into()));
        add(&mut self.pulled_bytes, loaded.saturating_add(delivered).saturating_mul(whole));
        for query in plan.queries.iter().filter(|query| query.query.of == id) {
            let times = devices.saturating_mul(often(day.looking, query.every));
            add(&mut self.listed, times.saturating_mul(all * (1 + query.query.through.len() as u64)));
        }
        if plan.store.watch_references {
            let refer = |column: &Column| u64::from(matches!(column.kind, ColumnKind::Ref(_)));
            let references = entity.columns.iter().map(refer).sum::<u64>();
            let transactions = devices.saturating_mul(runs.saturating_add(day.edits));
            let times = transactions.saturating_add(applied).saturating_add(delivered);
            add(&mut self.watched, times.saturating_mul(all * references));
        }
    }

    /// Time on one core of the reference machine.
    pub fn time(&self) -> Span {
        let parts = PARTS.map(|(of, nanos)| of(self).saturating_mul(nanos));
        Span(parts.into_iter().fold(CELL, u64::saturating_add))
    }
    /// The peak memory in bytes of `at_once` of the costliest cells: the certain part, and the
    /// upper bound.
    pub fn memory<'a>(cells: impl IntoIterator<Item = &'a Cost>, at_once: u64) -> (u64, u64) {
        let (sure, most) = cells.into_iter().fold((0, 0), |(sure, most), cell| {
            let own = cell.sure_memory();
            (own.max(sure), own.saturating_add(cell.fat_apart).max(most))
        });
        let of = |cell: u64| PROCESS.saturating_add(cell.saturating_mul(at_once));
        (of(sure), of(most))
    }

    fn sure_memory(&self) -> u64 {
        let open =
            self.devices.min(OPEN).saturating_mul(self.written.saturating_mul(ROW).saturating_add(OPENED));
        let parts = [
            self.content.saturating_mul(CONTENT_PERCENT) / 100,
            self.devices.saturating_mul(DEVICE),
            self.runs.saturating_mul(RUN),
            self.edits.saturating_mul(EDIT),
            self.heaped.saturating_mul(HEAPED),
            self.loaded.min(LOADED_APART) * LOADED,
            self.uploaded.saturating_mul(UPLOADED),
            self.extra.saturating_mul(EXTRA),
            self.looks.saturating_mul(LOOK),
            open,
            self.fat,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// How often integration workers ask for changes, and roughly how many records they write.
fn carried(plan: &Plan, edits: u64) -> (u64, u64) {
    let Some(of) = &plan.integration else { return (0, 0) };
    let rounds = (often(plan.duration, of.every) + 1).saturating_mul(u64::from(of.workers));
    let held = if of.destination.loaded { 0 } else { plan.data.iter().map(|data| data.rows).sum() };
    (rounds.saturating_mul(of.entities.len() as u64), edits.saturating_add(held))
}

fn often(in_time: Span, every: Span) -> u64 {
    in_time.0 / every.0.max(1)
}

const HOUR: Span = Span::secs(3_600);

/// The writes to an entity, and the number of runs that pull it.
#[derive(Clone, Copy, Default)]
struct Flow {
    /// The number of edits: creates, updates, deletes.
    edits: [u64; 3],
    /// Bytes of the longest text that an update sets.
    part: u64,
    imported: u64,
    /// Runs per device of the units that pull the entity; `None` if no unit does.
    runs: Option<u64>,
}

impl Flow {
    fn of_all(plan: &Plan, day: &Day, devices: u64) -> Vec<Flow> {
        let mut flows = vec![Flow::default(); plan.data.len()];
        for (action, n) in made(plan, devices) {
            let (flow, data) =
                (&mut flows[usize::from(action.entity.0)], &plan.data[usize::from(action.entity.0)]);
            let kind = EditKind::VALUES.iter().position(|kind| *kind == action.kind).unwrap_or_default();
            flow.edits[kind] = flow.edits[kind].saturating_add(n);
            if action.kind == EditKind::Update {
                let sets = action.columns.iter().filter_map(|column| data.columns[*column].fat_bytes());
                flow.part = sets.fold(flow.part, u64::max);
            }
        }
        for event in &plan.events {
            if let Happening::Import { entity, rows, .. } = event.what {
                flows[usize::from(entity.0)].imported += rows;
            }
        }
        for unit in plan.units.iter() {
            let runs = day.runs(plan, unit);
            for id in &unit.pull {
                let sum = &mut flows[usize::from(id.0)].runs;
                *sum = Some(sum.unwrap_or(1).saturating_add(runs));
            }
        }
        flows
    }
}

struct Day {
    present: Span,
    writing: Span,
    looking: Span,
    visits: u64,
    edits: u64,
    /// How often a device comes online.
    online: u64,
}

impl Day {
    fn of(plan: &Plan, edits: u64) -> Day {
        let options = &plan.workload;
        let (from, until) = options.hours;
        let present = if from < until { (until - from).min(plan.duration) } else { plan.duration };
        let login = options.logins.iter().map(|wave| wave.at).min().unwrap_or(from);
        let writing = present.saturating_sub(login.since(from.min(login)));
        let online = times_online(plan);
        let Some(every) = options.visits_every() else {
            return Day { present, writing, looking: present, visits: 1, edits, online };
        };
        let (mean, by_edits) = (options.foreground, edits.min(present.0 / options.foreground.0.max(1)));
        let visits = present.0 / every.0.max(1) + by_edits;
        let looking = present.scaled(mean.0, every.0) + Span(mean.0.saturating_mul(by_edits));
        Day { present, writing, looking: looking.min(present), visits: visits + 1, edits, online }
    }

    fn periods(&self, plan: &Plan) -> u64 {
        let triggers = plan.units.iter().flat_map(|unit| &unit.on).map(|trigger| match trigger {
            Trigger::Every(every) => often(self.looking, *every),
            _ => 0,
        });
        triggers.fold(0, u64::saturating_add)
    }

    fn runs(&self, plan: &Plan, unit: &SyncUnit) -> u64 {
        self.by_triggers(plan, unit).saturating_add(self.by_hooks(plan, unit))
    }

    /// The runs that hooks start: one for each run that calls the hook. If a hook starts its own
    /// unit again, runs follow each other until the script ends.
    fn by_hooks(&self, plan: &Plan, unit: &SyncUnit) -> u64 {
        let is_own = |id: UnitId| std::ptr::eq(&plan.units[usize::from(id.0)], unit);
        let starts = |(hook, plan): &(&Hook, &HookPlan)| {
            matches!(hook, Hook::SyncStart | Hook::SyncComplete) && plan.triggers.is_some_and(is_own)
        };
        let links = plan.fleets.iter().flat_map(|fleet| &fleet.links);
        let rtt = links.map(|(link, _)| link.rtt).min().unwrap_or_default();
        let each = plan.hooks.iter().filter(starts).map(|(_, hook)| match hook.unit {
            Some(of) if !is_own(of) => self.by_triggers(plan, &plan.units[usize::from(of.0)]),
            _ => plan.duration.0 / (hook.takes + rtt).max(BETWEEN_TRIGGERS).0,
        });
        each.fold(0, u64::saturating_add)
    }

    fn by_triggers(&self, plan: &Plan, unit: &SyncUnit) -> u64 {
        let debounce = plan.engine.debounce;
        let held_back = |times: u64| times.min(often(plan.duration, debounce).saturating_add(1));
        let of_trigger = |trigger: &Trigger| match trigger {
            Trigger::Every(every) => often(self.looking, (*every).max(debounce)),
            Trigger::Resume => held_back(self.visits),
            Trigger::Save => self.edits.min(often(self.present, QUICKEST)),
            Trigger::Online => held_back(self.online) + 1,
            // The operating system grants a background window about once per hour.
            Trigger::Background => often(plan.duration, HOUR),
            Trigger::Start | Trigger::Login | Trigger::Manual => 1,
        };
        unit.on.iter().map(of_trigger).fold(0, u64::saturating_add)
    }
}

fn times_online(plan: &Plan) -> u64 {
    let moves = plan.fleets.iter().filter_map(|fleet| fleet.moves.as_ref());
    let moves = moves.map(|moves| moves.moments(plan.duration)).max().unwrap_or(0);
    let changes = |event: &Planned| event.what.fault().map_or(0, |fault| fault.link_changes(event.length));
    let planned = plan.events.iter().map(changes);
    let by_chance = by_chance(plan, |chaos| chaos.outage_mtbf);
    planned.fold(moves, u64::saturating_add).saturating_add(by_chance)
}

fn by_chance(plan: &Plan, mtbf: impl Fn(&Chaos) -> Span) -> u64 {
    let mtbf = plan.chaos.as_ref().map_or(Span::ZERO, mtbf);
    if mtbf > Span::ZERO { plan.duration.0 / mtbf.0 } else { 0 }
}

/// The number of distinct rows that the edits touch, summed over all runs. In each interval between
/// two runs, n edits touch about n · rows / (n + rows) rows.
fn distinct(edits: u64, rows: u64, runs: u64) -> u64 {
    let room = u128::from(rows) * u128::from(runs);
    (u128::from(edits) * room / (u128::from(edits) + room).max(1)) as u64
}

/// The shortest time between two runs that edits start.
const QUICKEST: Span = Span::millis(500);

fn empty(plan: &Plan) -> u64 {
    let starts = plan.fleets.iter().flat_map(|fleet| &fleet.starts);
    starts.filter(|(state, _)| state.synced_ago.is_none()).map(|(_, n)| u64::from(*n)).sum()
}

fn content(plan: &Plan, flows: &[Flow]) -> u64 {
    let of = |(data, flow): (&EntityData, &Flow)| {
        data.rows * data.row_bytes() + flow.imported * (data.row_bytes() + EntityData::IMPORTED_BYTES)
    };
    plan.data.iter().zip(flows).map(of).sum()
}

/// Bytes of long texts: on shared pages and in a replica, and on devices' own pages (upper bound).
fn fat(plan: &Plan, flows: &[Flow], devices: u64) -> (u64, u64) {
    let starts = || plan.fleets.iter().flat_map(|fleet| &fleet.starts).filter(|(_, n)| *n > 0);
    let states: BTreeSet<_> = starts().map(|(state, _)| state.synced_ago).collect();
    let empty = empty(plan);
    let (mut sure, mut apart) = (0_u64, 0_u64);
    for ((entity, data), flow) in plan.schema.entities.iter().zip(plan.data.iter()).zip(flows) {
        let texts = entity.projection.iter().filter_map(|column| data.columns[*column].fat_bytes());
        let mean: u64 = texts.sum();
        if mean == 0 || entity.delivery != Delivery::Delta {
            continue;
        }
        let rows = data.rows.saturating_add(flow.imported);
        let each = mean + mean.min(FAT_ROW);
        let texts = |rows: u64| held(plan, &entity.scope, data, rows).saturating_mul(mean);
        let held = |rows: u64| held(plan, &entity.scope, data, rows).saturating_mul(each);
        // Devices with the same start state and the same attributes hold the same rows.
        let attributes = entity.scope.iter().filter_map(ScopeRule::attribute);
        let values = attributes.map(|(_, attribute)| plan.attributes[attribute].values.len() as u64);
        let groups = values.fold(1, u64::saturating_mul).min(devices);
        let replica =
            if plan.gateway.mode == Mode::Persistent { rows.saturating_mul(each * REPLICA) } else { 0 };
        let shared = held(rows).saturating_mul(groups).saturating_mul(states.len() as u64);
        sure = [replica, shared].into_iter().fold(sure, u64::saturating_add);
        let [created, updated, _] = flow.edits;
        let touched = updated.min(rows).saturating_add(created);
        let away =
            starts().filter_map(|(state, n)| Some(u64::from(*n) * changed_in(data, state.synced_ago?)));
        let parts = [
            held(created).saturating_mul(groups),
            held(rows).saturating_mul(empty) / 100 * OWN_PERCENT,
            texts(away.sum()) / 100 * AWAY_PERCENT,
            texts(touched).saturating_mul(devices) / 100 * WRITTEN_PERCENT,
        ];
        apart = parts.into_iter().fold(apart, u64::saturating_add);
    }
    (sure, apart)
}

fn changed_in(data: &EntityData, ago: Span) -> u64 {
    let daily = u128::from(data.rows) * u128::from(data.changed_daily.0 + data.created_daily.0) / 1_000_000;
    u64::try_from(daily * u128::from(ago.0) / u128::from(Span::secs(86_400).0))
        .map_or(data.rows, |n| n.min(data.rows))
}

/// Edits of users and the office, by action: first the edits of actions, then the edits of events.
fn made(plan: &Plan, devices: u64) -> impl Iterator<Item = (&Action, u64)> {
    of_days(plan, devices).chain(at_once(plan, devices))
}

fn of_days(plan: &Plan, devices: u64) -> impl Iterator<Item = (&Action, u64)> {
    let all = move |action: &Action| u64::from(action.per_device_milli).saturating_mul(devices) / 1_000;
    plan.workload.actions.iter().map(move |action| (action, all(action)))
}

fn at_once(plan: &Plan, devices: u64) -> impl Iterator<Item = (&Action, u64)> {
    plan.events.iter().filter_map(move |event| match event.what {
        Happening::Edits { action, count, .. } => {
            let n = u64::from(count).saturating_mul(chosen(&event.who, devices));
            Some((&plan.workload.actions[action], n))
        }
        _ => None,
    })
}

fn of_devices(plan: &Plan, devices: u64) -> u64 {
    let share = |(action, all): (&Action, u64)| {
        (u128::from(all) * u128::from(action.on_devices.0) / u128::from(Ppm::ONE.0)) as u64
    };
    let at_once = at_once(plan, devices).map(|(_, n)| n);
    of_days(plan, devices).map(share).chain(at_once).fold(0, u64::saturating_add)
}

fn edits_of_one(plan: &Plan, devices: u64) -> u64 {
    let by_day = plan.workload.actions.iter().map(|action| {
        u64::from(action.per_device_milli).saturating_mul(action.on_devices.0.into()) / 1_000_000_000
    });
    let at_once = plan.events.iter().filter_map(|event| match event.what {
        Happening::Edits { count, .. } if chosen(&event.who, devices) > 0 => Some(u64::from(count)),
        _ => None,
    });
    by_day.chain(at_once).fold(0, u64::saturating_add)
}

pub(super) fn chosen(who: &Who, devices: u64) -> u64 {
    match who {
        Who::Share(share) | Who::ShareOf { share, .. } => {
            devices.saturating_mul(share.0.into()).div_ceil(Ppm::ONE.0.into())
        }
        Who::Devices(named) => named.len() as u64,
    }
}

pub(super) fn held(plan: &Plan, scope: &[ScopeRule], data: &EntityData, rows: u64) -> u64 {
    let share = |rows: u128, rule: &ScopeRule| match rule {
        ScopeRule::Attribute { attribute, .. } => {
            rows / plan.attributes[*attribute].values.len().max(1) as u128
        }
        ScopeRule::Window { column, from, until } => {
            let (share, of) = window(plan, &data.columns[*column], (*from, *until));
            rows * share / of
        }
        ScopeRule::Cut { count, .. } => rows.min(u128::from(*count)),
    };
    scope.iter().fold(u128::from(rows), share) as u64
}

/// The share of generated times that are in a window, as a fraction. 1 if the share is not known.
fn window(plan: &Plan, maker: &Maker, (from, until): (Stamp, Stamp)) -> (u128, u128) {
    let Maker::Moment(first, last, _) = maker else { return (1, 1) };
    let midnight = Calendar { start: plan.start, utc_offset: plan.utc_offset }.midnight().0;
    let (first, last) = (midnight + first, midnight + last);
    let inside = (until.0.min(last) - from.0.max(first)).max(0);
    (inside.unsigned_abs().into(), first.abs_diff(last).max(1).into())
}
