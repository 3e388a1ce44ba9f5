//! A fault at every possible place, one world each: nothing is lost, nothing happens twice.
//!
//! Places are polls, crash points, disk operations and times, since a transaction has a duration.
//! Times are when each disk operation is issued (kill), and right before and at the end of each
//! sync (power loss). By default one crash point in 3, one poll in 7 and one other place in 23 is
//! tried; with `SYNCDYNO_EVERY=n` one in n.

use std::collections::BTreeSet;

use syncdyno::base::{DeviceId, Seed, Time};
use syncdyno::protocol::NAMES;
use syncdyno::scenario::Plan;
use syncdyno::world::{self, Outcome, Places, Stacks, Strike, Unwatched};

use crate::worlds::{self, PHOTOS, TINY, trouble, value};

/// The device with the fault: it begins with nothing.
const STRUCK: DeviceId = DeviceId(0);
/// Sizes that change with each chunk, in both directions.
const STEERED: &[&str] = &[
    "engine.pull.controller=aimd",
    "engine.pull.control={min_rows=2,aimd={step=3}}",
    "engine.push.controller=model",
    "engine.push.control={min_rows=1}",
];
/// Pages are requested while others are applied.
const AHEAD: &[&str] = &["engine.pull.prefetch=2", "engine.pull.chunk_rows=5", "engine.pull.apply_rows=2"];
/// Three entities, pulled at the same time.
const SIDE_BY_SIDE: &[&str] = &[
    "engine.pull.streams=3",
    "engine.pull.prefetch=1",
    "engine.pull.chunk_rows=5",
    "engine.pull.apply_rows=2",
    "entity.crew={rows=14,schema={id=\"uuid key\",name=\"text 10..30\"}}",
    "entity.place={rows=14,schema={id=\"uuid key\",name=\"text 10..30\"}}",
];
/// Edits of a row that are sent as one.
const SQUASHED: &[&str] = &[
    "engine.push.squash=true",
    "engine.push.chunk_rows=2",
    "entity.task.rows=10",
    r#"event.again={at="+42s",edits={action="retitle",count=24,over="7s"}}"#,
    "action.retitle={entity=\"task\",kind=\"update\",columns=[\"title\"],per_device=16}",
    "action.drop.aim=made",
    "action.drop.per_device=3",
    "action.add.per_device=4",
];
/// Keys that the backend gives: at the commit, by natural key, or in advance.
const NAMED: [&[&str]; 3] = [
    &["entity.task.ids=server", "entity.task.doubles=true"],
    &["entity.task.ids=natural-key", "entity.task.merge=fill-empty"],
    &["entity.task.ids=pool", "entity.task.doubles=true", "entity.task.pool=4", "entity.task.refill=2"],
];
/// A sync is one request: verdicts and pages come in one response.
const ONE_REQUEST: &[&str] =
    &["engine.requests=per-branch", "engine.push.chunk_rows=4", "engine.pull.chunk_rows=5"];
/// Conflicts that a person decides a little later, and edits that become separate rows.
const PAGE: &[&str] =
    &["engine.conflict.policy=manual", "workload.resolver={takes=\"columns\",delay=\"4s\",delays=\"fixed\"}"];
const KEEP_BOTH: &[&str] =
    &["engine.conflict.policy=keep-both", "entity.task.unique=[]", "workload.contention.double_create=0"];
/// Rows wait until all of their run has come, even over a restart; and cursors that count only at
/// its end.
const WHOLE: &[&str] = &["engine.pull.atomic=session", "engine.pull.chunk_rows=5"];
const WHOLE_AGAIN: &[&str] =
    &["engine.pull.atomic=session", "engine.pull.checkpoint=session", "engine.pull.chunk_rows=5"];
const BEGUN_AGAIN: &[&str] = &["engine.pull.checkpoint=session", "engine.pull.chunk_rows=5"];
/// Each format with a compression; pages are shown one by one or all together.
const CODED: [&[&str]; 4] = [
    &[
        "engine.compression=gzip",
        "engine.pull.atomic=session",
        "engine.pull.checkpoint=session",
        "engine.pull.chunk_rows=5",
    ],
    &["engine.compression=gzip", "engine.pull.chunk_rows=5"],
    &["engine.compression=zstd", "engine.pull.atomic=session", "engine.pull.chunk_rows=5"],
    &["engine.compression=zstd", "engine.pull.chunk_rows=5"],
];
const JOURNALS: [&[&str]; 2] =
    [&["store.journal=truncate", "store.synchronous=full"], &["store.journal=wal", "store.synchronous=full"]];

/// A kind of fault, with its places.
#[derive(Clone, Copy, Debug)]
enum Sweep {
    Polls,
    Points,
    Operations,
    KillTimes,
    SyncTimes,
}

impl Sweep {
    fn strikes(self, places: &Places) -> Vec<Strike> {
        let device = STRUCK;
        match self {
            Sweep::Polls => (1..=places.polls).map(|polls| Strike::AfterPoll { device, polls }).collect(),
            Sweep::Points => {
                let passings =
                    places.points.iter().flat_map(|(point, &n)| (1..=n as u32).map(move |nth| (point, nth)));
                passings.map(|(point, nth)| Strike::AtPoint { device, point: point.clone(), nth }).collect()
            }
            Sweep::Operations => {
                let (from, until) = places.operations;
                (from..until).map(|operation| Strike::AtDiskOperation { device, operation }).collect()
            }
            Sweep::KillTimes => {
                let times = places.moments.iter().flat_map(|moment| [moment.issued, moment.done]);
                distinct(times).map(|at| Strike::AtTime { device, at, power: false }).collect()
            }
            Sweep::SyncTimes => {
                let syncs = places.moments.iter().filter(|moment| moment.is_sync);
                let times = syncs.flat_map(|sync| [Time(sync.done.0 - 1), sync.done]);
                distinct(times).map(|at| Strike::AtTime { device, at, power: true }).collect()
            }
        }
    }

    /// The metric that shows that the fault fired.
    fn metric(self) -> &'static str {
        match self {
            Sweep::Polls | Sweep::Points | Sweep::KillTimes => "device.kills.count",
            Sweep::Operations | Sweep::SyncTimes => "device.power_losses.count",
        }
    }

    /// One in this many places is tried; a prime, so that no pattern of the disk hides places.
    fn stride(self) -> usize {
        match (self, worlds::every()) {
            (_, Some(every)) => every,
            (Sweep::Points, _) => 5,
            (Sweep::Polls, _) => 11,
            (Sweep::Operations | Sweep::KillTimes | Sweep::SyncTimes, _) => 37,
        }
    }
}

fn distinct(times: impl Iterator<Item = Time>) -> impl Iterator<Item = Time> {
    times.collect::<BTreeSet<Time>>().into_iter()
}

fn places(plan: &Plan) -> Places {
    let engines = Stacks::builtin();
    let probed = world::run_probing(plan, &engines, &Unwatched, STRUCK);
    let (outcome, places) = probed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(value(&outcome, "device.kills.count") + value(&outcome, "device.power_losses.count"), 0);
    places
}

fn struck(plan: &Plan, strike: &Strike) -> Outcome {
    let outcome = world::run_struck(plan, &Stacks::builtin(), &Unwatched, strike);
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// Runs the world once for each place; returns the number of places.
fn nothing_is_lost(sweep: Sweep, journal: &[&str]) -> usize {
    nothing_is_lost_at(sweep, journal, sweep.stride())
}

/// The same with one in `stride` places.
fn nothing_is_lost_at(sweep: Sweep, journal: &[&str], stride: usize) -> usize {
    let plan = worlds::plan(TINY, journal);
    let places = places(&plan);
    let strikes: Vec<Strike> = sweep.strikes(&places).into_iter().step_by(stride).collect();
    let mut wrong = Vec::new();
    for strike in &strikes {
        let outcome = struck(&plan, strike);
        let times = value(&outcome, sweep.metric());
        if times != 1 {
            wrong.push(format!("{strike:?} struck {times} times"));
        }
        wrong.extend(trouble(&outcome).iter().map(|text| format!("{strike:?}: {text}")));
    }
    assert!(wrong.is_empty(), "{} of {} worlds:\n{}", wrong.len(), strikes.len(), wrong.join("\n"));
    strikes.len() * stride
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_with_a_rollback_journal() {
    assert!(nothing_is_lost(Sweep::Polls, JOURNALS[0]) > 200);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_with_a_write_ahead_log() {
    assert!(nothing_is_lost(Sweep::Polls, JOURNALS[1]) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_with_a_rollback_journal() {
    assert!(nothing_is_lost(Sweep::Points, JOURNALS[0]) > 100);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_with_a_write_ahead_log() {
    assert!(nothing_is_lost(Sweep::Points, JOURNALS[1]) > 100);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_while_chunks_change_their_size() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], STEERED].concat()) > 100);
    let outcome = worlds::run(&worlds::plan(TINY, STEERED));
    assert!(value(&outcome, "engine.control.changes") > 5, "sizes do change in this world");
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_while_chunks_change_their_size() {
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], STEERED].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_while_pages_are_asked_for_ahead() {
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], AHEAD].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_while_pages_are_asked_for_ahead() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], AHEAD].concat()) > 100);
    let held =
        |sets: &[&str]| worlds::figure(&worlds::run(&worlds::plan(TINY, sets)), "device.memory.peak", "max");
    assert!(held(AHEAD) > held(&AHEAD[1..]), "several answers are held at once in this world");
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_while_pages_are_asked_for_ahead() {
    assert!(nothing_is_lost(Sweep::KillTimes, &[JOURNALS[0], AHEAD].concat()) > 1_000);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_while_entities_are_pulled_at_the_same_time() {
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[1], SIDE_BY_SIDE].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_while_entities_are_pulled_at_the_same_time() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[0], SIDE_BY_SIDE].concat()) > 100);
}

/// The figure of the world without a fault.
fn undisturbed(sets: &[&str], metric: &str) -> u64 {
    value(&worlds::run(&worlds::plan(TINY, sets)), metric)
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_on_the_page() {
    assert!(undisturbed(PAGE, "engine.page.local") > 1);
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], PAGE].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_on_the_page() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], PAGE].concat()) > 100);
    assert!(nothing_is_lost(Sweep::Points, &[PAGE, &["engine.conflict.while_open=hold"]].concat()) > 100);
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_on_the_page() {
    assert!(nothing_is_lost(Sweep::KillTimes, &[JOURNALS[0], PAGE].concat()) > 1_000);
}

#[test]
fn crash_sweep_a_power_loss_at_any_sync_loses_nothing_on_the_page() {
    assert!(nothing_is_lost(Sweep::SyncTimes, &[JOURNALS[0], PAGE].concat()) > 500);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_where_both_are_kept() {
    assert!(undisturbed(KEEP_BOTH, "oracle.kept_both.rows") > 1);
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], KEEP_BOTH].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_where_both_are_kept() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], KEEP_BOTH].concat()) > 100);
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_where_both_are_kept() {
    assert!(nothing_is_lost(Sweep::KillTimes, &[JOURNALS[0], KEEP_BOTH].concat()) > 1_000);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_while_edits_go_as_one() {
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], SQUASHED].concat()) > 200);
    let outcome = worlds::run(&worlds::plan(TINY, SQUASHED));
    assert!(value(&outcome, "engine.edits.squashed") > 5, "edits do go as one in this world");
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_while_edits_go_as_one() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], SQUASHED].concat()) > 100);
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_while_edits_go_as_one() {
    assert!(nothing_is_lost(Sweep::KillTimes, &[JOURNALS[0], SQUASHED].concat()) > 1_000);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_of_one_request() {
    let requests = |sets| undisturbed(sets, "engine.requests.count");
    assert!(requests(ONE_REQUEST) < requests(&ONE_REQUEST[1..]), "verdicts and pages come together");
    assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[0], ONE_REQUEST].concat()) > 200);
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_of_one_request() {
    assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[1], ONE_REQUEST].concat()) > 100);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_no_photo() {
    assert!(undisturbed(PHOTOS, "attachment.stored.count") >= 8);
    assert!(nothing_is_lost(Sweep::Polls, PHOTOS) > 200);
}

#[test]
fn crash_sweep_a_power_loss_at_the_end_of_any_sync_loses_no_photo() {
    assert!(nothing_is_lost(Sweep::SyncTimes, &[JOURNALS[1], PHOTOS].concat()) > 60);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_doubles_nothing_that_the_backend_names() {
    for (at, named) in NAMED.into_iter().enumerate() {
        assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[at % 2], named].concat()) > 200);
    }
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_doubles_nothing_that_the_backend_names() {
    for (at, named) in NAMED.into_iter().enumerate() {
        assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[(at + 1) % 2], named].concat()) > 100);
    }
}

#[test]
fn crash_sweep_a_power_loss_in_any_disk_operation_loses_nothing_with_a_rollback_journal() {
    assert!(nothing_is_lost(Sweep::Operations, JOURNALS[0]) > 1_500);
}

#[test]
fn crash_sweep_a_power_loss_in_any_disk_operation_loses_nothing_with_a_write_ahead_log() {
    assert!(nothing_is_lost(Sweep::Operations, JOURNALS[1]) > 600);
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_with_a_rollback_journal() {
    assert!(nothing_is_lost(Sweep::KillTimes, JOURNALS[0]) > 1_000);
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_with_a_write_ahead_log() {
    assert!(nothing_is_lost(Sweep::KillTimes, JOURNALS[1]) > 400);
}

#[test]
fn crash_sweep_a_power_loss_at_the_end_of_any_sync_loses_nothing_with_a_rollback_journal() {
    assert!(nothing_is_lost(Sweep::SyncTimes, JOURNALS[0]) > 300);
}

#[test]
fn crash_sweep_a_power_loss_at_the_end_of_any_sync_loses_nothing_with_a_write_ahead_log() {
    assert!(nothing_is_lost(Sweep::SyncTimes, JOURNALS[1]) > 80);
}

#[test]
fn crash_sweep_a_kill_after_any_poll_loses_nothing_that_waits() {
    assert!(undisturbed(WHOLE, "engine.set_aside.rows") > 30, "rows do wait in this world");
    for (at, whole) in [WHOLE, WHOLE_AGAIN, BEGUN_AGAIN].into_iter().enumerate() {
        assert!(nothing_is_lost(Sweep::Polls, &[JOURNALS[at % 2], whole].concat()) > 200);
    }
}

#[test]
fn crash_sweep_a_kill_at_any_crash_point_loses_nothing_that_waits() {
    for (at, whole) in [WHOLE, WHOLE_AGAIN, BEGUN_AGAIN].into_iter().enumerate() {
        assert!(nothing_is_lost(Sweep::Points, &[JOURNALS[(at + 1) % 2], whole].concat()) > 100);
    }
}

#[test]
fn crash_sweep_a_kill_at_the_time_of_any_disk_operation_loses_nothing_that_waits() {
    for whole in [WHOLE, WHOLE_AGAIN] {
        assert!(nothing_is_lost(Sweep::KillTimes, &[JOURNALS[0], whole].concat()) > 1_000);
    }
}

#[test]
fn crash_sweep_a_power_loss_at_any_sync_loses_nothing_that_waits() {
    for (at, whole) in [WHOLE, WHOLE_AGAIN].into_iter().enumerate() {
        assert!(nothing_is_lost(Sweep::SyncTimes, &[JOURNALS[at], whole].concat()) > 80);
    }
}

#[test]
fn crash_sweep_a_kill_or_a_power_loss_loses_nothing_in_any_format() {
    let down = |sets: &[&str]| undisturbed(sets, "engine.down.bytes");
    let stride = |few| if worlds::every_place() { 1 } else { few };
    for (at, format) in NAMES.iter().skip(1).enumerate() {
        let (spoken, coded) = (format!("engine.codec={format}"), CODED[at % CODED.len()]);
        let sets = [JOURNALS[at / 2 % 2], &[&*spoken, "gateway.codecs=[\"*\"]"], coded].concat();
        assert!(down(&sets) != down(coded), "{format} is another format");
        for (sweep, few) in
            [(Sweep::Polls, 59), (Sweep::Points, 47), (Sweep::KillTimes, 199), (Sweep::SyncTimes, 83)]
        {
            assert!(nothing_is_lost_at(sweep, &sets, stride(few)) > 80, "{sweep:?}");
        }
    }
}

#[test]
fn crash_sweep_of_the_tiny_world_passes_every_crash_point() {
    let places = places(&worlds::plan(TINY, &[]));
    for point in syncdyno::engine::CRASH_POINTS {
        assert!(places.points.contains_key(*point), "{point} is not passed");
    }
}

/// The sweep finds its bug: with the cursor saved before its rows, a kill between loses rows.
#[test]
fn crash_sweep_finds_a_cursor_that_is_saved_before_its_rows() {
    let plan = worlds::plan(TINY, &["engine.name=broken:cursor-before-rows"]);
    let places = places(&plan);
    for sweep in [Sweep::Polls, Sweep::Points, Sweep::KillTimes] {
        let strikes = sweep.strikes(&places);
        let mut losses = strikes.iter().filter(|strike| {
            let outcome = struck(&plan, strike);
            outcome.violations.iter().any(|v| v.check == "lost")
        });
        assert!(losses.next().is_some(), "{sweep:?}: none of {} places loses a row", strikes.len());
    }
}

#[test]
fn a_file_that_does_not_wait_for_its_disk_may_be_damaged_and_that_is_a_verdict() {
    let trouble_at = |synchronous: &str, sync: u32| {
        let sets =
            [format!("store.synchronous={synchronous}"), format!("event.dark.power_loss.at_sync={sync}")];
        let mut plan = worlds::plan("tests/it/worlds/torn.toml", &sets.each_ref().map(String::as_str));
        plan.seed = Seed(16);
        trouble(&worlds::run(&plan))
    };
    let full: Vec<String> = (1..=40).flat_map(|sync| trouble_at("full", sync)).collect();
    assert!(full.is_empty(), "{full:?}");
    let normal: Vec<String> = (1..=40).flat_map(|sync| trouble_at("normal", sync)).collect();
    // SQLite warns of it for a rollback journal: https://sqlite.org/pragma.html#pragma_synchronous.
    assert!(normal.iter().any(|line| line.contains("database disk image is malformed")), "{normal:?}");
    assert!(normal.iter().all(|line| line.contains("tuck")), "damaged is neither lost nor wrong: {normal:?}");
}

#[test]
fn power_that_fails_where_devices_hold_no_row_of_an_entity_is_checked_as_any() {
    // `patient` of the hospital is only on the backend.
    let plan = worlds::plan("scenarios/hospital-hour.toml", &["chaos.power_loss_mtbf=10m"]);
    let outcome = worlds::run(&plan);
    assert!(value(&outcome, "device.power_losses.count") > 0);
    assert_eq!(trouble(&outcome), [] as [String; 0]);
}
