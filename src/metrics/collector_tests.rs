use super::*;
use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value};
use crate::contract::{
    AppEvent, AppliedChange, Author, CommitKind, ConflictKind, Decision, DropReason, EditError, EditKind,
    KillReason, LocalEdit, LogKind, Overtaken, PhoneEvent, Refusal, RequestKind, ServerError, Sides,
    SyncError, TransportError, UnitEvent,
};
use crate::metrics::{Better, Figure, names};
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

/// Tells of everything that can happen, each at least once.
fn everything(t: &mut Telling) {
    let (made, key) = (edit(0, 0), Key::new("k"));
    for device in [0, 1] {
        t.device(device, Event::ProcessStarted { incarnation: 0 })
            .device(device, Event::App(AppEvent::Login));
    }
    let others = crate::metrics::hooks::EVERY.iter().chain(crate::metrics::arrivals::EVERY);
    let others = others.chain(&crate::metrics::forgotten::EVERY);
    others.for_each(|event| _ = t.device(0, *event));
    t.device(0, Event::UnitQueued { unit: UNIT, depth: 1 })
        .device(0, Event::UnitCoalesced { unit: UNIT })
        .device(0, Event::UnitDiscarded { unit: UNIT })
        .device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::secs(1) })
        .device(0, Event::EditMade { edit: &made, made_at: Stamp(5) })
        .device(0, Event::EditRefused { edit: &edit(0, 8), error: &EditError::NoKey })
        .device(0, Event::EditMissed { edit: &edit(0, 9), waited: Span::millis(3) })
        .device(0, Event::EditPrevented { edit: &edit(0, 10), waited: Span::secs(60) });
    for kind in [RequestKind::Pull, RequestKind::Push] {
        let bytes = 1_000_000_000;
        t.at(1)
            .device(0, Event::RequestSent { request: 1, kind, unit: Some(UNIT), bytes, rows: 3, attempt: 0 })
            .tell(Node::Backend, committed(&key, made.id, 7));
        let (rows, took) = (7, Span::secs(1));
        t.at(2).device(0, Event::ResponseReceived { request: 1, kind, unit: Some(UNIT), bytes, rows, took });
    }
    t.device(0, applied(&change(6)))
        .device(0, Event::CursorSaved { unit: UNIT, entity: ENTITY })
        .device(0, Event::CursorReset { unit: UNIT, entity: ENTITY });
    t.device(0, Event::TableEmptied { entity: ENTITY, edits: 2 })
        .device(0, applied(&[AppliedChange { removed: false, ..change(9)[0] }]));
    for rows in [500, 1_000] {
        t.at(3).device(0, Event::ChunkSized { kind: RequestKind::Pull, rows });
    }
    t.device(0, applied(&change(10)));
    dropped(t);
    refusals(t, &made, &key);
    replication(t, made.id);
    let blocking = Event::SyncComplete { unit: UNIT, run: 0, took: Span::secs(3), blocking: true };
    t.at(4).device(0, blocking).device(0, Event::Usable { since_login: Span::secs(3) });
    t.at(4)
        .device(1, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO })
        .device(1, applied(&change(7)));
    let (kind, unit, took) = (RequestKind::Pull, Some(UNIT), Span::secs(1));
    t.device(1, Event::ResponseReceived { request: 1, kind, unit, bytes: 9, rows: 1, took });
    t.device(1, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
    t.device(1, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Cancelled });
    t.device(0, Event::LinkDown).device(1, Event::ProcessKilled { reason: KillReason::Killed });
    t.device(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
    t.device(0, Event::ProcessKilled { reason: KillReason::LowMemory });
    t.device(0, Event::Decoded { peak: 1_000, tight: true }).device(0, Event::StorageFull);
    t.device(0, Event::AppQueried { took: Span::millis(5), waited: Span::millis(2) });
    let (stamp, values, author, replaced) = (Stamp(9), &[], Author::Derived, Some(Stamp(7)));
    let kind = CommitKind::Update;
    let follows = Event::Committed { entity: ENTITY, key: &key, stamp, kind, values, author, replaced };
    t.tell(Node::Backend, follows);
    let (took, waited) = (Span::millis(7), Span::millis(1));
    t.device(0, Event::Listed { rows: 5, steps: 90, pages: 4, took, waited });
    t.device(0, Event::AppWrote { took: Span::millis(9), waited: Span::millis(4) });
    t.tell(Node::World, Event::BackendAvailable(false)).at(5).device(0, Event::LinkUp);
    t.tell(Node::World, Event::BackendAvailable(true));
    crate::metrics::status::EVERY.iter().zip(5..).for_each(|(shown, at)| _ = t.at(at).device(0, *shown));
    t.at(11);
}

fn replication(t: &mut Telling, edit: EditId) {
    let (took, cpu) = (Span::secs(1), Span::micros(3));
    for (failed, overtaken) in [
        (true, None),
        (false, Some(Overtaken::Written { rows: 3 })),
        (false, Some(Overtaken::Refused { rows: 4 })),
    ] {
        let asked = Event::RefreshAsked { scanned: 8, changed: 2, bytes: 4_096, cpu, failed, overtaken };
        t.tell(Node::Gateway, asked);
    }
    t.device(1, Event::RowsFailed { skipped: 2, listed: 3 });
    t.tell(Node::Gateway, Event::Refreshed { took })
        .tell(Node::Gateway, Event::ReplicaServed { device: DeviceId(0), age: took, cpu })
        .tell(Node::Gateway, Event::UploadQueued { edit })
        .tell(Node::Gateway, Event::UploadDecided { edit, waited: took })
        .tell(Node::Gateway, Event::ProcessKilled { reason: KillReason::Killed })
        .device(1, Event::ChunkApplied { unit: None, changes: &change(7), echoed: 0, took });
    let again = change(7).map(|change| AppliedChange { removed: false, ..change });
    for _ in 0..2 {
        t.device(1, Event::ChunkApplied { unit: None, changes: &again, echoed: 0, took });
    }
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

fn dropped(t: &mut Telling) {
    use DropReason::{AnswerLost, CaptivePortal, ForeignAnswer, TooLarge};
    for reason in [AnswerLost, CaptivePortal, ForeignAnswer, TooLarge] {
        t.tell(Node::World, Event::MessageDropped { reason, bytes: 9 });
    }
}

fn refusals(t: &mut Telling, made: &LocalEdit, key: &Key) {
    let (request, took, kind, unit) = (2, Span::secs(1), RequestKind::Pull, Some(UNIT));
    let (device, zero) = (Some(DeviceId(0)), Span::ZERO);
    let served =
        Event::BackendServed { device, kind, queued: took, locked: zero, service: zero, scanned: 0, rows: 0 };
    t.tell(Node::Backend, served);
    t.device(0, Event::ResponseReceived { request, kind, unit, bytes: 9, rows: 0, took })
        .device(0, Event::RequestFailed { request, kind, error: TransportError::Timeout, took, wasted: 60 })
        .device(0, Event::RequestFailed { request, kind, error: TransportError::Reset, took, wasted: 60 })
        .device(0, Event::RetryScheduled { attempt: 1, wait: took, in_run: true })
        .tell(Node::World, Event::ConnectionOpened { took: Span::millis(9) })
        .tell(Node::World, Event::PacketsSent { up: true, packets: 9, retransmitted: 1, bytes: 9 })
        .tell(Node::World, Event::PacketsSent { up: false, packets: 9, retransmitted: 1, bytes: 9 })
        .tell(Node::World, Event::CacheAnswered { bytes: 9, stale: true, asked: false })
        .tell(Node::World, Event::CacheAnswered { bytes: 9, stale: false, asked: true })
        .device(0, Event::RowUnreadable { entity: ENTITY });
    use ServerError::{Failed, GatewayTimeout, RequestTooLarge, Throttled, Unauthorized, Unavailable};
    t.device(
        0,
        Event::RequestSent { request: 3, kind: RequestKind::Push, unit, bytes: 9, rows: 1, attempt: 0 },
    );
    t.device(0, Event::RequestRefused { request: 3, kind: RequestKind::Push, error: &Failed, took });
    let errors =
        [&Unavailable, &Throttled(took), &Failed, &GatewayTimeout, &Unauthorized, &RequestTooLarge(9)];
    for error in errors {
        t.device(0, Event::RequestRefused { request, kind, error, took });
    }
    let (edit, entity, queued, locked, service) = (made.id, ENTITY, took, took, took);
    t.tell(Node::Backend, Event::MutationPutOff { edit });
    t.tell(Node::Backend, Event::CommitDelayed { entity, key, stamp: Stamp(5), until: Time::ZERO });
    for conflict in [None, Some(Refusal::Stale)] {
        let (kind, holder) = (EditKind::Delete, None);
        t.tell(Node::Backend, Event::MutationRefused { edit, entity, key, kind, conflict, holder });
    }
    let served =
        |kind| Event::BackendServed { device: None, kind, queued, locked, service, scanned: 40, rows: 20 };
    t.device(0, Event::Renamed { entity, from: key, to: key }).tell(Node::Backend, served(kind));
    _ = [Event::ApplyAborted, Event::Dangling { rows: 3 }].map(|event| _ = t.device(0, event));
    t.tell(Node::Gateway, Event::MutationReplayed { edit });
    t.tell(Node::Backend, Event::MutationReplayed { edit }).tell(Node::Backend, served(RequestKind::Push));
    use ConflictKind::{DeleteUpdate, Equal, InsertInsert, UpdateDelete, UpdateTaken, UpdateUpdate};
    for kind in [UpdateUpdate, UpdateDelete, DeleteUpdate, InsertInsert, UpdateTaken, Equal] {
        let (columns, other): (&[usize], _) = (&[1], Key::new("b"));
        let told = [
            Decision::Local,
            Decision::Remote,
            Decision::Same,
            Decision::Merged { columns },
            Decision::Both { key: &other },
            Decision::Parked,
        ];
        for decision in told {
            let sides = Sides { local: Stamp(5), remote: Stamp(6), edited: Some(Stamp(4)) };
            t.device(0, Event::ConflictDecided { edit, entity, key, kind, decision, sides });
        }
    }
    let mut later = |event: Event<'_>| _ = t.at(t.now.0 / 1_000_000_000 + 1).device(0, event);
    crate::metrics::page::every(edit, &mut later);
    for kind in [LogKind::Superseded, LogKind::Overwrote, LogKind::Rejected] {
        t.device(0, Event::EditLogged { edit, entity, key, kind });
    }
    t.device(0, Event::EditAcknowledged { edit, entity, key, stamp: Stamp(7) });
    let last = self::edit(0, 9);
    t.device(0, Event::EditMade { edit: &last, made_at: Stamp(8) });
    t.device(0, Event::EditSent { edit, entity, key, request }).tell(Node::Backend, committed(key, edit, 9));
    t.device(1, applied(&change(9)));
    t.device(0, Event::EditsSquashed { edit: last.id, entity, key, with: &[edit], stays: true });
    t.tell(Node::Backend, Event::MutationIgnored { edit, entity, key });
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

/// How the names begin of what the world and the oracle know, and no event tells; situations have
/// tests of their own.
const WORKED_OUT: &str = "oracle. situation. engine.never_usable.devices workload.edits.unplaced \
    workload.untested. workload.edits.office_missed device.cpu. device.disk. \
    device.radio. device.screen. device.transaction. device.lock. device.wal. device.database. \
    device.suspended. device.background. device.coding. gateway.coding.";

#[test]
fn every_metric_of_the_table_is_fed_by_something() {
    let mut telling = Telling::new();
    everything(&mut telling);
    for event in [
        PhoneEvent::TokenRenewed { took: Span::ZERO },
        PhoneEvent::LogoutRefused { edits: 1 },
        PhoneEvent::LoginEnded,
        PhoneEvent::LoggedIn { person: 1 },
    ] {
        telling.device(0, Event::Phone(event));
    }
    let took = Span::ZERO;
    for event in
        [UnitEvent::SetAside { unit: UNIT, rows: 1, took }, UnitEvent::ThrownAway { unit: UNIT, rows: 1 }]
    {
        telling.device(0, Event::Unit(event));
    }
    let elsewhere = |n: &&str| WORKED_OUT.split(' ').any(|beginning| n.starts_with(beginning));
    let found: BTreeMap<&'static str, u64> = names().filter(elsewhere).map(|n| (n, 3)).collect();
    let figures = telling.collector.finish(telling.now, &found).figures;
    let is_unfed = |name: &&str| match &figures[*name] {
        Figure::Value { value, .. } | Figure::Clipped { value, .. } => *value == 0,
        Figure::Distribution { count, .. } => *count == 0,
    };
    // Those of attachments need a schema with some: `attachments.rs` feeds them.
    let told_here = |name: &&str| !name.starts_with("attachment.");
    let unfed = names().filter(told_here).filter(is_unfed);
    assert_eq!(unfed.collect::<Vec<_>>(), [""; 0], "nothing feeds these");
    assert_eq!(figures["engine.conflicts.found"].stat("value"), Some(1), "one edit, however many decisions");
    assert_eq!(figures["oracle.lost.rows"].stat("value"), Some(3));
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
    t.device(0, Event::EditMade { edit: &own, made_at: Stamp(5) }).device(0, decided());
    assert_eq!(found(t), 1);
}
