use super::*;
use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value};
use crate::contract::{
    AppEvent, AppliedChange, Author, CommitKind, ConflictKind, Decision, EditError, EditKind, KillReason,
    LocalEdit, RequestKind, ServerError, Sides, SyncError, TransportError,
};
use crate::metrics::{Better, names};
pub(super) const UNIT: UnitId = UnitId(0);
const ENTITY: EntityId = EntityId(0);
/// A world told by hand: two devices, a unit that pulls and one that does not.
pub(super) struct Telling {
    collector: Collector,
    now: Time,
}

impl Telling {
    pub(super) fn new() -> Telling {
        let setting = CollectorSetup {
            starts: vec!["1d".to_owned(), "empty".to_owned()],
            units: vec!["Login".to_owned(), "Send".to_owned()],
            pulls: vec![true, false],
            script: Span::secs(240),
            freshness: Span::secs(3_600),
            schema: Arc::default(),
        };
        Telling { collector: Collector::new(setting), now: Time::ZERO }
    }
    pub(super) fn at(&mut self, secs: u64) -> &mut Telling {
        self.now = Time::ZERO + Span::secs(secs);
        self
    }
    fn tell(&mut self, node: Node, event: Event<'_>) -> &mut Telling {
        self.collector.on(&Occurrence { at: self.now, node, event });
        self
    }
    pub(super) fn device(&mut self, device: u32, event: Event<'_>) -> &mut Telling {
        self.tell(Node::Device(DeviceId(device)), event)
    }
    pub(super) fn figures(self) -> Figures {
        self.collector.finish(self.now, &BTreeMap::new()).figures
    }
}

fn edit(device: u32, number: u32) -> LocalEdit {
    LocalEdit {
        id: EditId { device: DeviceId(device), number },
        entity: ENTITY,
        key: Key::new("k"),
        kind: EditKind::Update,
        values: vec![(0, Value::Int(1))],
    }
}

fn committed<'a>(key: &'a Key, edit: EditId, stamp: i64) -> Event<'a> {
    Event::Committed {
        entity: ENTITY,
        key,
        stamp: Stamp(stamp),
        kind: CommitKind::Update,
        values: &[],
        author: Author::Device(edit),
        replaced: Some(Stamp(1)),
    }
}

pub(super) fn stat(figures: &Figures, metric: &str, stat: &str) -> u64 {
    figures[metric].stat(stat).unwrap_or_else(|| panic!("{metric} has no {stat}"))
}

pub(super) fn applied<'a>(changes: &'a [AppliedChange<'a>]) -> Event<'a> {
    Event::ChunkApplied { unit: Some(UNIT), changes, echoed: 1, took: Span::millis(4) }
}

pub(super) fn change(stamp: i64) -> [AppliedChange<'static>; 1] {
    [AppliedChange { entity: ENTITY, key: "k", stamp: Stamp(stamp), removed: true }]
}

#[test]
fn a_sync_is_useful_if_it_ends_well_and_its_data_is_fresh() {
    let mut t = Telling::new();
    let start = |run| Event::SyncStart { unit: UNIT, run, waited: Span::ZERO };
    let well = |run| Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false };
    let served = |secs| Event::ReplicaServed { device: DeviceId(0), age: Span::secs(secs), cpu: Span::ZERO };
    for (run, age) in [(0, None), (1, Some(3_600)), (2, Some(3_601))] {
        t.at(10 * run).device(0, start(run));
        if let Some(age) = age {
            t.tell(Node::Gateway, served(age)).tell(Node::Gateway, served(1));
        }
        t.device(0, well(run));
    }
    let failed = |run| Event::SyncError { unit: UNIT, run, error: &SyncError::Interrupted };
    t.at(100).device(0, start(3)).at(110).device(0, failed(3));
    t.at(150).device(0, start(4)).at(160).device(0, failed(4)).at(200).device(0, start(5)).device(0, well(5));
    t.at(230).device(1, start(0)).device(1, failed(0)).at(240);
    // A push brings no data, and says nothing of how old it is.
    let sent = Event::SyncStart { unit: UnitId(1), run: 6, waited: Span::ZERO };
    t.device(0, sent)
        .device(0, Event::SyncComplete { unit: UnitId(1), run: 6, took: Span::ZERO, blocking: false });
    let figures = t.figures();
    let value = |name| stat(&figures, name, "value");
    assert_eq!(value("engine.syncs.useful"), 3);
    assert_eq!(value("engine.syncs.useful_share"), 428_571, "of seven pulls that ended");
    assert_eq!(value("engine.syncs.good_share"), 625_000, "of eight runs");
    assert_eq!(value("engine.syncs.blocked"), 100_000_000_000, "90 s, and 10 s of who is still blocked");
}

#[test]
fn a_commit_is_visible_when_its_version_is_on_another_device() {
    let mut t = Telling::new();
    let key = Key::new("k");
    t.at(1).tell(Node::Backend, committed(&key, edit(0, 0).id, 7));
    t.at(4).device(0, applied(&change(7))).device(1, applied(&change(6)));
    t.at(9).device(1, applied(&change(7)));
    let figures = t.figures();
    let visible = |what| stat(&figures, "engine.commit_visible.duration", what);
    assert_eq!((visible("count"), visible("max")), (1, 8_000_000_000));
}

#[test]
fn a_push_is_counted_with_its_bytes_whatever_becomes_of_it() {
    let mut t = Telling::new();
    let (kind, took) = (RequestKind::Push, Span::secs(1));
    let sent = |request, bytes| Event::RequestSent { request, kind, unit: None, bytes, rows: 3, attempt: 0 };
    let answered = Event::ResponseReceived { request: 0, kind, unit: None, bytes: 40, rows: 3, took };
    t.device(0, sent(0, 900)).device(1, sent(0, 70)).device(0, answered);
    let error = TransportError::Reset;
    t.device(0, sent(1, 500)).device(0, Event::RequestFailed { request: 1, kind, error, took, wasted: 500 });
    let (error, wasted) = (TransportError::Offline, 8_000);
    t.device(0, sent(7, wasted)).device(0, Event::RequestFailed { request: 7, kind, error, took, wasted });
    t.device(0, sent(2, 20)).device(0, Event::ProcessKilled { reason: KillReason::Killed });
    let figures = t.figures();
    assert_eq!(stat(&figures, "engine.push.chunk_bytes", "max"), 900);
    assert_eq!(stat(&figures, "engine.push.chunk_rows", "count"), 1);
    let left = ["engine.requests.count", "engine.up.bytes", "engine.push.rows", "engine.wasted.bytes"];
    assert_eq!(left.map(|name| stat(&figures, name, "value")), [4, 1_490, 12, 520], "one has not left");
    assert_eq!(stat(&figures, "engine.requests.failed", "value"), 2);
    assert_eq!(stat(&figures, "engine.push.wasted_bytes", "value"), 520, "device 1 waits, one has not left");
}

#[test]
fn a_size_counts_as_reached_when_it_is_first_between_its_powers_of_two() {
    let mut t = Telling::new();
    let sized = |rows| Event::ChunkSized { kind: RequestKind::Pull, rows };
    for (at, rows) in [(10, 500), (14, 700), (19, 1_023), (30, 300), (60, 600)] {
        t.at(at).device(0, sized(rows));
    }
    t.at(99).device(1, sized(600)).device(1, Event::ChunkSized { kind: RequestKind::Push, rows: 1 });
    let figures = t.figures();
    let reached = |part: &str, what| stat(&figures, &format!("engine.control.reached/{part}"), what);
    assert_eq!((reached("pull-512", "count"), reached("pull-512", "max")), (2, 4_000_000_000));
    assert_eq!((reached("pull-256", "max"), reached("push-1", "count")), (0, 1));
    assert_eq!(stat(&figures, "engine.control.changes", "value"), 4);
    assert!(!figures.contains_key("engine.control.reached/pull-1024"));
}

#[test]
fn a_cell_without_events_has_every_metric_and_every_split() {
    let figures = Telling::new().figures();
    for name in names().chain([
        "engine.usable_after_login.duration@1d",
        "engine.usable_after_login.duration@empty",
        "engine.session.duration/Login",
    ]) {
        assert_eq!(figures[name].stat("value").or(figures[name].stat("count")), Some(0), "{name}");
        assert_eq!(crate::metrics::find(name).unwrap().unit, figures[name].unit(), "{name}");
    }
    assert_eq!(crate::metrics::find("oracle.lost.rows").unwrap().better, Better::Lower);
}

#[test]
fn a_duration_is_kept_for_all_for_its_unit_and_for_the_state_its_device_began_in() {
    let mut t = Telling::new();
    for (device, secs) in [(0, 4), (1, 9)] {
        let took = Span::secs(secs);
        t.at(100)
            .device(device, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO })
            .at(100 + secs)
            .device(device, Event::SyncComplete { unit: UNIT, run: 0, took, blocking: false });
    }
    let figures = t.figures();
    for (name, count, max) in [("", 2, 9), ("/Login", 2, 9), ("@1d", 1, 4), ("@empty", 1, 9)] {
        let name = format!("engine.session.duration{name}");
        assert_eq!(
            (stat(&figures, &name, "count"), stat(&figures, &name, "max")),
            (count, max * 1_000_000_000),
            "{name}"
        );
    }
}

#[test]
fn rates_are_over_the_time_in_which_units_ran() {
    let mut t = Telling::new();
    let changes = [change(1)[0]; 10];
    t.at(10).device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.at(12).device(0, applied(&changes));
    t.at(14).device(0, Event::SyncComplete { unit: UNIT, run: 0, took: Span::secs(4), blocking: false });
    t.at(200);
    let figures = t.figures();
    assert_eq!(stat(&figures, "engine.rows.rate", "value"), 2_500, "10 rows in 4 s, in thousandths");
    assert_eq!(stat(&figures, "engine.first_rows.duration", "max"), 2_000_000_000);
}

#[test]
fn the_time_of_a_run_is_told_by_what_it_went_into_and_time_between_runs_is_nobodys() {
    let mut t = Telling::new();
    let (request, kind, bytes, rows) = (1, RequestKind::Pull, 9, 1);
    let failed = Event::RequestFailed {
        request,
        kind,
        error: TransportError::Reset,
        took: Span::secs(2),
        wasted: bytes,
    };
    let retry = Event::RetryScheduled { attempt: 1, wait: Span::secs(1), in_run: true };
    t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.at(2).device(0, failed).device(0, retry);
    let took = Span::secs(5);
    t.at(8)
        .device(0, Event::ResponseReceived { request, kind, unit: Some(UNIT), bytes, rows, took })
        .device(0, applied(&change(1)))
        .device(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted })
        .device(0, retry)
        .device(0, failed);
    t.at(100);
    let figures = t.figures();
    let told = ["session.time", "pull.time", "requests.lost_time", "retry.time", "apply.time"]
        .map(|name| stat(&figures, &format!("engine.{name}"), "value") / 1_000_000);
    assert_eq!(told, [8_000, 5_000, 2_000, 1_000, 4]);
}

#[test]
fn a_run_that_ends_in_the_next_life_without_having_been_told_of_counts_as_started() {
    let mut t = Telling::new();
    let failed = |run| Event::SyncError { unit: UNIT, run, error: &SyncError::Interrupted };
    for run in [0, 1] {
        t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
        t.at(10 + run)
            .device(0, Event::ProcessKilled { reason: KillReason::PowerLoss })
            .device(0, failed(run));
    }
    let well = |run| Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false };
    // A backup brings back a run that has ended, and it ends again.
    t.at(20)
        .device(0, Event::SyncStart { unit: UNIT, run: 2, waited: Span::ZERO })
        .device(0, well(2))
        .device(0, failed(2));
    let figures = t.figures();
    let told = ["count", "failed"].map(|name| stat(&figures, &format!("engine.session.{name}"), "value"));
    assert_eq!(told, [5, 4], "one began and one ended that nobody told of, and one ended twice");
}

#[test]
fn a_run_waited_before_another_try_until_its_process_died_and_no_longer() {
    let mut t = Telling::new();
    let minutes = |n: u64| Event::RetryScheduled { attempt: 1, wait: Span::secs(60 * n), in_run: true };
    t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.at(10).device(0, minutes(1)).device(0, minutes(20));
    // Somebody opens a record meanwhile.
    t.device(0, Event::RetryScheduled { attempt: 1, wait: Span::secs(90), in_run: false });
    t.at(130).device(0, Event::ProcessKilled { reason: KillReason::Killed });
    t.at(4_000);
    let figures = t.figures();
    let told = ["session.time", "retry.time"]
        .map(|name| stat(&figures, &format!("engine.{name}"), "value") / 1_000_000_000);
    assert_eq!(told, [130, 60 + 120]);
}

#[test]
fn time_that_is_lost_is_told_apart_by_how_it_was_lost() {
    let mut t = Telling::new();
    let (request, kind) = (1, RequestKind::Pull);
    let failed = |error, took| Event::RequestFailed { request, kind, error, took, wasted: 9 };
    let took = Span::secs(7);
    t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.at(20)
        .device(0, failed(TransportError::Reset, Span::secs(2)))
        .device(0, failed(TransportError::Timeout, Span::secs(4)))
        .device(0, Event::RequestRefused { request, kind, error: &ServerError::Unavailable, took });
    let figures = t.figures();
    let told = ["lost_time", "refused_time", "timed_out_time"]
        .map(|name| stat(&figures, &format!("engine.requests.{name}"), "value") / 1_000_000_000);
    assert_eq!(told, [13, 7, 4]);
}

#[test]
fn waiting_in_the_backends_queue_is_that_of_useful_answers_and_of_no_one_elses_requests() {
    let mut t = Telling::new();
    let (request, kind, locked, service) = (1, RequestKind::Pull, Span::ZERO, Span::secs(1));
    let served = |device, secs| {
        let queued = Span::secs(secs);
        Event::BackendServed { device, kind, queued, locked, service, scanned: 1, rows: 1 }
    };
    let answer = |secs| {
        let took = Span::secs(secs);
        Event::ResponseReceived { request, kind, unit: Some(UNIT), bytes: 9, rows: 1, took }
    };
    let (error, took, wasted) = (TransportError::Timeout, Span::secs(20), 9);
    let mine = Some(DeviceId(0));
    t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.tell(Node::Backend, served(mine, 3)).tell(Node::Backend, served(None, 8));
    t.at(5).device(0, answer(5));
    // Nobody waited for all of this.
    t.tell(Node::Backend, served(mine, u64::MAX / 2_000_000_000))
        .tell(Node::Backend, served(mine, u64::MAX / 2_000_000_000));
    t.at(25).device(0, Event::RequestFailed { request, kind, error, took, wasted });
    t.tell(Node::Backend, served(mine, 2)).at(30).device(0, answer(5));
    let figures = t.figures();
    assert_eq!(stat(&figures, "engine.requests.queued_time", "value"), 5_000_000_000);
}

/// Device 0 edits at 10 s, the backend commits at 12 s, device 1 pulls at 30 s; `between` happens in the meantime.
fn seen_by_another(between: impl Fn(&mut Telling)) -> (u64, u64) {
    let (made, key) = (edit(0, 0), Key::new("k"));
    let mut t = Telling::new();
    for device in [0, 1] {
        t.device(device, Event::ProcessStarted { incarnation: 0 })
            .device(device, Event::App(AppEvent::Login));
    }
    t.at(10).device(0, Event::EditMade { edit: &made, made_at: Stamp(5) });
    t.at(12).tell(Node::Backend, committed(&key, made.id, 7));
    between(t.at(20));
    t.at(30).device(1, applied(&change(7))).device(0, applied(&change(7)));
    t.at(40).device(1, applied(&change(7)));
    let figures = t.figures();
    let max = figures["engine.write_visible.duration"].stat("max").unwrap_or(0);
    (stat(&figures, "engine.write_visible.duration", "count"), max)
}

#[test]
fn a_write_is_visible_when_another_device_that_was_there_has_it() {
    assert_eq!(seen_by_another(|_| {}), (1, 20_000_000_000), "once, and not on the device that wrote it");
    for away in [Event::LinkDown, Event::App(AppEvent::Pause), Event::App(AppEvent::Offline)] {
        let gone_and_back = |t: &mut Telling| {
            t.device(1, away).device(1, Event::LinkUp);
            t.device(1, Event::App(AppEvent::Online)).device(1, Event::App(AppEvent::Resume));
        };
        assert_eq!(seen_by_another(gone_and_back), (0, 0), "{away:?}");
    }
}

#[test]
fn a_write_made_while_the_backend_is_down_is_not_held_against_anybody() {
    let (made, key) = (edit(0, 0), Key::new("k"));
    let mut t = Telling::new();
    t.device(1, Event::ProcessStarted { incarnation: 0 }).device(1, Event::App(AppEvent::Login));
    t.at(5).tell(Node::World, Event::BackendAvailable(false));
    t.at(10).device(0, Event::EditMade { edit: &made, made_at: Stamp(5) });
    t.at(11).tell(Node::World, Event::BackendAvailable(true));
    t.at(12).tell(Node::Backend, committed(&key, made.id, 7));
    t.at(30).device(1, applied(&change(7)));
    assert_eq!(stat(&t.figures(), "engine.write_visible.duration", "count"), 0);
}

#[test]
fn edits_wait_from_the_persons_hand_to_the_acknowledgement() {
    let (made, key) = (edit(0, 0), Key::new("k"));
    let mut t = Telling::new();
    t.at(10).device(0, Event::EditMade { edit: &made, made_at: Stamp(5) });
    let acknowledged = Event::EditAcknowledged { edit: made.id, entity: ENTITY, key: &key, stamp: Stamp(7) };
    t.at(13).device(0, acknowledged).at(14);
    let collected = t.collector.finish(t.now, &BTreeMap::new());
    let waiting: Vec<u64> =
        collected.series.iter().filter(|s| s.series == "workload.edits.waiting").map(|s| s.value).collect();
    assert_eq!(waiting[8..], [0, 1, 1, 1, 0, 0], "samples at 9, 10, 11, 12, 13 and 14 s");
    assert_eq!(stat(&collected.figures, "engine.write_acknowledged.duration", "max"), 3_000_000_000);
}

#[test]
fn an_edit_that_nobody_saw_saved_meets_no_conflict_of_anybodys() {
    let (own, key) = (edit(0, 0), Key::new("k"));
    let decided = || {
        let (kind, decision) = (ConflictKind::UpdateUpdate, Decision::Local);
        let sides = Sides { local: Stamp(5), remote: Stamp(6), edited: Some(Stamp(4)) };
        Event::ConflictDecided { edit: own.id, entity: ENTITY, key: &key, kind, decision, sides }
    };
    let found = |t: Telling| stat(&t.figures(), "engine.conflicts.found", "value");
    let refused = Event::EditRefused { edit: &own, error: &EditError::StorageFull };
    for unseen in [Event::EditMissed { edit: &own, waited: Span::ZERO }, refused] {
        let mut t = Telling::new();
        t.device(0, unseen).device(0, decided());
        assert_eq!(found(t), 0);
    }
    // The database did not have it: another has its number.
    let mut t = Telling::new();
    t.device(0, Event::EditMissed { edit: &own, waited: Span::ZERO });
    t.device(0, Event::EditMade { edit: &own, made_at: Stamp(5) });
    t.device(0, decided()).device(0, decided());
    assert_eq!(found(t), 1, "one edit, however many decisions");
}
