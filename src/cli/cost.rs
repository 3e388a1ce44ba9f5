//! What cells will cost on this host: an estimate, from the cost of a small cell that runs now and
//! from what is in the plans.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use super::console::Console;
use super::sources;
use crate::base::{EntityId, Span, Stamp};
use crate::campaign::{Runner, Stopwatch};
use crate::contract::{Delivery, EditKind, ScopeRule, Trigger};
use crate::gateway::Mode;
use crate::metrics::human;
use crate::scenario::{Happening, Plan};
use crate::workload::{EntityData, Maker};

/// The small cell: 10 devices for an hour.
const PROBE: &str = r#"
name = "probe"
duration = "1h"
[entity.note]
rows = 100
schema = { id = "uuid key", title = "text 10..60" }
[fleet.phones]
devices = 10
"#;

/// A row that comes to a device costs this part of a unit's run, in thousandths: 5 µs against 110
/// µs (1 000 000 rows on 100 devices against 4 hours of 1 000 devices, measured side by side).
const ROW_OF_RUN_MILLI: u64 = 45;
/// Peak memory, fitted to what release builds measured: the hospital day on 50 phones 508 MiB, on
/// 200 691, on 400 924, on 1 000 1 717, on 5 000 4 096; 20 000 phones of
/// `benches/twenty-thousand-phones.toml` 1 946, 2 000 of them 254; 10 000 rows on 100 phones 100.
/// What a cell takes in any case, a device, and a run of a unit in bytes; what the backend's rows
/// take beside themselves, in per cent of them.
const MEMORY: Memory = Memory { base: 12 << 20, device: 15 << 10, run: 1_700, content_percent: 140, row: 60 };
/// A row with fat texts takes up to so much more in a database than its texts: pages that are not
/// full (measured, as are the next three, with rows of 3 to 300 kB).
const FAT_ROW: u64 = 2_600;
/// A replica that is filled holds its rows twice.
const REPLICA: u64 = 2;
/// Of rows with fat texts, pages of a device's own, in per cent: of all that it pulls at its first
/// load, of what changed while it was away, and of what people write during the script (fitted to
/// what release builds measured, as the tests tell).
const OWN_PERCENT: u64 = 6;
const AWAY_PERCENT: u64 = 50;
const WRITTEN_PERCENT: u64 = 60;

/// So many devices keep their databases open (`store`).
const OPEN: u64 = 512;

struct Memory {
    base: u64,
    device: u64,
    run: u64,
    content_percent: u64,
    /// A row of an open database that was written there.
    row: u64,
}

/// How much there is to do in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) devices: u64,
    /// Rows that come to devices, before the start or at the first load.
    pub(super) provisioned: u64,
    /// Runs of sync units, roughly.
    runs: u64,
    backend_rows: u64,
    /// Bytes of memory for them and for those of imports.
    content: u64,
    /// Rows of one device that are loaded or may change there: others lie on pages that phones
    /// share.
    written: u64,
    /// Bytes of fat texts that are there in any case: on pages that devices share, and in a
    /// replica.
    fat: u64,
    /// Bytes of fat texts on pages that devices have for themselves, as far as nothing that they
    /// write comes to lie alike.
    fat_apart: u64,
}

impl Work {
    pub(super) fn of(plan: &Plan) -> Work {
        let devices = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
        let synced = (plan.schema.entities.iter().zip(plan.data.iter()).zip(plan.schema.ids())).filter(
            |((entity, _), id)| {
                entity.delivery == Delivery::Delta && plan.units.iter().any(|unit| unit.pull.contains(id))
            },
        );
        let empty = share_of_empty(plan, devices);
        let (mut held, mut written) = (0, 0);
        for ((entity, data), _) in synced {
            let rows = self::held(plan, &entity.scope, data, data.rows);
            held = u64::saturating_add(held, rows);
            let loaded = if data.one_stamp.is_some() { rows.saturating_mul(empty) / 1_000 } else { rows };
            written = u64::saturating_add(written, loaded);
        }
        let (fat, fat_apart) = fat(plan, devices);
        Work {
            devices,
            provisioned: devices.saturating_mul(held),
            runs: devices.saturating_mul(runs(plan)),
            backend_rows: plan.data.iter().map(|data| data.rows).sum(),
            content: content(plan),
            written,
            fat,
            fat_apart,
        }
    }

    /// Host time in nanoseconds, where a run costs `run_ns`.
    fn wall_ns(self, run_ns: u64) -> u64 {
        let rows = u128::from(self.provisioned.saturating_add(self.backend_rows))
            * u128::from(ROW_OF_RUN_MILLI)
            / 1_000;
        u64::try_from((u128::from(self.runs) + rows) * u128::from(run_ns)).unwrap_or(u64::MAX)
    }

    /// Bytes of memory at its peak.
    fn memory(self) -> u64 {
        self.sure_memory().saturating_add(self.fat_apart)
    }

    /// Of these what no luck spares.
    fn sure_memory(self) -> u64 {
        let Memory { base, device, run, content_percent, row } = MEMORY;
        let open = (self.devices.min(OPEN) * row).saturating_mul(self.written);
        let parts = [
            base,
            self.content.saturating_mul(content_percent) / 100,
            self.devices.saturating_mul(device),
            self.runs.saturating_mul(run),
            open,
            self.fat,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// Devices that start without anything, in thousandths.
fn share_of_empty(plan: &Plan, devices: u64) -> u64 {
    let starts = plan.fleets.iter().flat_map(|fleet| &fleet.starts);
    let empty: u64 = starts.filter(|(state, _)| state.synced_ago.is_none()).map(|(_, n)| u64::from(*n)).sum();
    empty * 1_000 / devices.max(1)
}

/// Memory for the backend's rows, those that an import brings among them.
fn content(plan: &Plan) -> u64 {
    let there: u64 = plan.data.iter().map(|data| data.rows * data.row_bytes()).sum();
    let imported = plan.events.iter().filter_map(|event| match event.what {
        Happening::Import { entity, rows, .. } => {
            Some(rows * (plan.data[usize::from(entity.0)].row_bytes() + EntityData::IMPORTED_BYTES))
        }
        _ => None,
    });
    there + imported.sum::<u64>()
}

/// Bytes of fat texts: first those on pages that all devices share that start alike, and in a
/// replica, then those on pages that devices have for themselves: of what they pull in another
/// order than others, and of what is written.
fn fat(plan: &Plan, devices: u64) -> (u64, u64) {
    let starts = || plan.fleets.iter().flat_map(|fleet| &fleet.starts).filter(|(_, n)| *n > 0);
    let states: BTreeSet<_> = starts().map(|(state, _)| state.synced_ago).collect();
    let empty: u64 =
        starts().filter(|(state, _)| state.synced_ago.is_none()).map(|(_, n)| u64::from(*n)).sum();
    let (mut sure, mut apart) = (0_u64, 0_u64);
    for ((entity, data), id) in plan.schema.entities.iter().zip(plan.data.iter()).zip(plan.schema.ids()) {
        let texts = entity.projection.iter().filter_map(|column| data.columns[*column].fat_bytes());
        let mean: u64 = texts.sum();
        if mean == 0 || entity.delivery != Delivery::Delta {
            continue;
        }
        let rows = data.rows.saturating_add(imported(plan, id));
        let each = mean + mean.min(FAT_ROW);
        let texts = |rows: u64| held(plan, &entity.scope, data, rows).saturating_mul(mean);
        let held = |rows: u64| held(plan, &entity.scope, data, rows).saturating_mul(each);
        // Devices of one start and of the same attributes hold the same.
        let groups = entity.scope.iter().fold(1, |groups: u64, rule| match rule {
            ScopeRule::Attribute { attribute, .. } => {
                groups.saturating_mul(plan.attributes[*attribute].values.len() as u64)
            }
            ScopeRule::Window { .. } => groups,
        });
        let groups = groups.min(devices);
        let replica =
            if plan.gateway.mode == Mode::Persistent { rows.saturating_mul(each * REPLICA) } else { 0 };
        let shared = held(rows).saturating_mul(groups).saturating_mul(states.len() as u64);
        sure = [replica, shared].into_iter().fold(sure, u64::saturating_add);
        let created = edits(plan, id, EditKind::Create, devices);
        let touched = edits(plan, id, EditKind::Update, devices).min(rows).saturating_add(created);
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

/// Rows that came or changed in so long before the start.
fn changed_in(data: &EntityData, ago: Span) -> u64 {
    let daily = u128::from(data.rows) * u128::from(data.changed_daily.0 + data.created_daily.0) / 1_000_000;
    u64::try_from(daily * u128::from(ago.0) / u128::from(Span::secs(86_400).0))
        .map_or(data.rows, |n| n.min(data.rows))
}

/// How many edits of this kind people make to an entity during the script.
fn edits(plan: &Plan, id: EntityId, kind: EditKind, devices: u64) -> u64 {
    let actions = plan.workload.actions.iter().filter(|action| action.entity == id && action.kind == kind);
    let by_day = actions.map(|action| u64::from(action.per_device_milli).saturating_mul(devices) / 1_000);
    let at_once = plan.events.iter().filter_map(|event| match event.what {
        Happening::Edits { action, count, .. } => {
            let action = &plan.workload.actions[action];
            let is_meant = action.entity == id && action.kind == kind;
            is_meant.then(|| u64::from(count).saturating_mul(devices))
        }
        _ => None,
    });
    by_day.chain(at_once).fold(0, u64::saturating_add)
}

/// Rows of an entity that imports bring.
fn imported(plan: &Plan, of: EntityId) -> u64 {
    let rows = plan.events.iter().filter_map(|event| match event.what {
        Happening::Import { entity, rows, .. } if entity == of => Some(rows),
        _ => None,
    });
    rows.sum()
}

/// How many of so many rows of an entity one device holds.
fn held(plan: &Plan, scope: &[ScopeRule], data: &EntityData, rows: u64) -> u64 {
    let share = |rows: u128, rule: &ScopeRule| match rule {
        ScopeRule::Attribute { attribute, .. } => {
            rows / plan.attributes[*attribute].values.len().max(1) as u128
        }
        ScopeRule::Window { column, from, until } => {
            let (share, of) = window(plan, &data.columns[*column], (*from, *until));
            rows * share / of
        }
    };
    scope.iter().fold(u128::from(rows), share) as u64
}

/// Which part of the moments that are made lies in a window; all of it if that is not known.
fn window(plan: &Plan, maker: &Maker, (from, until): (Stamp, Stamp)) -> (u128, u128) {
    let Maker::Moment { from: first, until: last, .. } = maker else { return (1, 1) };
    let local = plan.start.0 + i64::from(plan.utc_offset) * 1_000_000;
    let midnight = plan.start.0 - local.rem_euclid(86_400_000_000);
    let (first, last) = (midnight + first, midnight + last);
    let inside = (until.0.min(last) - from.0.max(first)).max(0);
    (inside.unsigned_abs().into(), first.abs_diff(last).max(1).into())
}

/// Runs of units on a device in the script, from what starts them.
fn runs(plan: &Plan) -> u64 {
    let hours = plan.duration.0 as u128;
    let hourly = |milli: u32| hours * u128::from(milli) / 1_000 / u128::from(Span::secs(3_600).0);
    let actions = plan.workload.actions.iter();
    let edits_milli: u64 = actions
        .map(|action| u64::from(action.per_device_milli) * u64::from(action.on_devices.0) / 1_000_000)
        .sum();
    let of_trigger = |trigger: &Trigger| match trigger {
        Trigger::Every(every) => u128::from(plan.duration.0 / every.0.max(1)),
        Trigger::Resume => hourly(plan.workload.resumes_per_hour_milli),
        Trigger::Save => u128::from(edits_milli / 1_000),
        // As seldom as that is the system generous: windows are an hour apart.
        Trigger::Background => hourly(1_000),
        Trigger::Start | Trigger::Login | Trigger::Online | Trigger::Manual => 1,
    };
    let all = plan.units.iter().flat_map(|unit| &unit.on).map(of_trigger).sum::<u128>();
    u64::try_from(all).unwrap_or(u64::MAX)
}

/// Bytes of memory, at most, for so many of these cells at once: first what they surely take.
pub(super) fn memory(plans: &[Plan], jobs: usize) -> (u64, u64) {
    // Cells of one scenario and one setting need the same.
    let mut works: Vec<Work> = Vec::new();
    let mut last = "";
    for plan in plans.iter().filter(|plan| std::mem::replace(&mut last, &plan.digest) != plan.digest) {
        works.push(Work::of(plan));
    }
    let threads = jobs.min(plans.len().max(1)) as u64;
    (at_once(&works, threads, Work::sure_memory), at_once(&works, threads, Work::memory))
}

fn at_once(works: &[Work], threads: u64, of: fn(Work) -> u64) -> u64 {
    works.iter().map(|work| of(*work)).max().unwrap_or(0).saturating_mul(threads)
}

/// What cells cost beside each other, in thousandths of a run of a unit: the same on every machine.
pub(super) fn costs(plans: &[Plan]) -> Vec<u64> {
    // Cells of one scenario and one setting cost the same.
    let mut known: BTreeMap<&str, u64> = BTreeMap::new();
    let cost = |plan: &Plan| Work::of(plan).wall_ns(1_000).max(1);
    plans.iter().map(|plan| *known.entry(&plan.digest).or_insert_with(|| cost(plan))).collect()
}

/// The estimate for all cells in a sentence, with its basis; nothing if the probe cannot be run.
pub(super) fn estimate(plans: &[Plan], runner: &dyn Runner, console: &Console<'_>) -> String {
    let Ok(probe) = sources::one_plan(PROBE, Path::new(""), None, runner, console) else {
        return String::new();
    };
    // The first run pays for what is set up once.
    let walls = (0..3).filter_map(|_| timed(&probe, runner));
    let Some(wall) = walls.min() else { return String::new() };
    let run_ns = wall.as_nanos() as u64 / Work::of(&probe).wall_ns(1).max(1);
    let works: Vec<Work> = plans.iter().map(Work::of).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(plans.len().max(1)) as u64;
    let longest = works.iter().map(|work| work.wall_ns(run_ns)).max().unwrap_or(0);
    let all = works.iter().fold(0_u64, |sum, work| sum.saturating_add(work.wall_ns(run_ns)));
    let memory = at_once(&works, threads, Work::memory);
    let sum = |of: fn(&Work) -> u64| works.iter().map(of).fold(0, u64::saturating_add);
    format!(
        "about {} and {} here on {}, by an estimate: {}, {} provisioned, {} of a unit, by the cost of {} devices for an hour that ran just now ({})\n",
        human::span((all / threads).max(longest)),
        human::bytes(memory),
        human::count(threads, "thread"),
        human::count(sum(|work| work.devices), "device"),
        human::count(sum(|work| work.provisioned), "row"),
        human::count(sum(|work| work.runs), "run"),
        Work::of(&probe).devices,
        human::span(wall.as_nanos() as u64),
    )
}

fn timed(probe: &Plan, runner: &dyn Runner) -> Option<Duration> {
    let started = Stopwatch::start();
    runner.run(probe, &crate::world::Unwatched).ok()?;
    Some(started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Described;
    use crate::metrics;
    use crate::scenario::{Document, Names, Request};

    fn work(document: &Document, devices: u64) -> Work {
        let sets = vec![format!("fleet.phones.devices={devices}")];
        let metrics: Vec<_> = metrics::TABLE.iter().map(|metric| (metric.name, metric.unit)).collect();
        let checks: Vec<_> = crate::oracle::check_names().collect();
        let names = Names { metrics: &metrics, checks: &checks, stacks: &[Described::builtin("builtin")] };
        let plans = document.plans(&Request { sets, ..Request::default() }, &names).expect("it is sound");
        Work::of(&plans[0])
    }

    /// Rows with a fat text on devices.
    fn fat(rows: u32, text: &str, more: &str) -> Document {
        fat_of("title = \"text\", ward = \"attribute ward\", ", rows, text, more)
    }

    fn fat_of(columns: &str, rows: u32, text: &str, more: &str) -> Document {
        let text = format!(
            "name = \"fat\"\nduration = \"30m\"\n{more}\n[entity.note]\nrows = {rows}\n\
             schema = {{ id = \"uuid key\", {columns}body = \"long-text {text}\" }}\n"
        );
        Document::parse("fat.toml", &text).expect("it is TOML")
    }

    #[test]
    fn the_memory_of_fat_texts_that_is_foretold_is_within_a_factor_of_two_of_what_was_measured() {
        let fleet = "fleet.phones = { devices = 1, attributes = { ward = 5 } }";
        let synced = |ages: &str| {
            format!("fleet.phones = {{ devices = 1, attributes = {{ ward = 5 }}, start = {{ {ages} }} }}")
        };
        let one = synced("1d = 1.0");
        let two = synced("1d = 0.5, 2d = 0.5");
        let replica = format!("gateway.mode = \"persistent\"\n{one}");
        for (rows, text, more, devices, mebibytes) in [
            (2_000, "200kB..1MB", &one, 1, 651),
            (2_000, "200kB..1MB", &one, 10, 988),
            (100, "200kB..1MB", &one, 60, 1_884),
            (400, "100kB..500kB", &one, 10, 244),
            (2_000, "20kB..100kB", &one, 1, 86),
            (2_000, "20kB..100kB", &one, 30, 284),
            (4_000, "20kB..100kB", &one, 10, 205),
            (400, "20kB..100kB", &one, 200, 2_283),
            (20_000, "2kB..10kB", &one, 1, 137),
            (20_000, "2kB..10kB", &one, 10, 149),
            (20_000, "2kB..10kB", &two, 10, 243),
            (10_000, "20kB..100kB", &two, 10, 740),
            (2_000, "20kB..100kB", &replica, 1, 288),
            (500, "200kB..1MB", &fleet.to_owned(), 1, 174),
            (500, "200kB..1MB", &fleet.to_owned(), 10, 599),
            (2_000, "20kB..100kB", &fleet.to_owned(), 10, 260),
            (400, "20kB..100kB", &fleet.to_owned(), 100, 1_249),
            (20_000, "2kB..10kB", &fleet.to_owned(), 1, 148),
            (2_000, "2kB..10kB", &fleet.to_owned(), 100, 281),
        ] {
            let told = work(&fat(rows, text, more), devices).memory() >> 20;
            let fits = (mebibytes / 2..=mebibytes * 2).contains(&told);
            assert!(fits, "{rows} of {text}, {more}, {devices} devices: {told} MiB, not {mebibytes}");
        }
    }

    #[test]
    fn what_changed_before_and_what_people_write_during_the_script_is_foretold() {
        let synced = "fleet.phones = { devices = 1, start = { 1d = 1.0 } }";
        let empty = "fleet.phones = { devices = 1 }";
        let replica = format!("gateway.mode = \"persistent\"\n{empty}");
        let action = |fleet: &str, kind: &str| format!("{fleet}\naction.e = {{ entity = \"note\", {kind} }}");
        let updates = action(empty, "kind = \"update\", columns = [\"body\"], per_device = 1");
        let creates = action(synced, "kind = \"create\", per_device = 1000, on_devices = 0");
        for (rows, text, more, devices, mebibytes) in [
            (3_000, "60kB", synced, 100, 840),
            (3_000, "60kB", synced, 420, 1_993),
            (1_000, "100kB", &replica, 20, 1_106),
            (4_000, "20kB", &updates, 30, 296),
            (100, "100kB", &creates, 4, 2_070),
        ] {
            let work = work(&fat_of("", rows, text, more), devices);
            let told = work.memory() >> 20;
            let fits = (mebibytes / 2..=mebibytes * 2).contains(&told);
            assert!(fits, "{rows} of {text}, {more}, {devices} devices: {told} MiB, not {mebibytes}");
            let sure = work.sure_memory() >> 20;
            assert!(sure <= mebibytes, "{rows} of {text}, {more}: {sure} MiB is more than {mebibytes}");
        }
    }

    #[test]
    fn the_memory_that_is_foretold_is_within_a_factor_of_two_of_what_was_measured() {
        let hospital = Document::hospital_day();
        let text = include_str!("../../benches/twenty-thousand-phones.toml");
        let morning = Document::parse("morning.toml", text).expect("it is TOML");
        let note = "name = \"many\"\nduration = \"30m\"\n[fleet.phones]\ndevices = 1\n[entity.note]\nrows = 10000\n\
                    schema = { id = \"uuid key\", title = \"text 10..60\" }\n";
        let note = Document::parse("many.toml", note).expect("it is TOML");
        for (document, devices, mebibytes) in [
            (&hospital, 50, 508),
            (&hospital, 200, 691),
            (&hospital, 400, 924),
            (&hospital, 1_000, 1_717),
            (&hospital, 5_000, 4_096),
            (&morning, 20_000, 1_946),
            (&note, 10, 37),
            (&note, 100, 100),
        ] {
            let told = work(document, devices).memory() >> 20;
            let fits = (mebibytes / 2..=mebibytes * 2).contains(&told);
            assert!(fits, "{} with {devices} devices: {told} MiB, not {mebibytes}", document.name());
        }
    }
}
