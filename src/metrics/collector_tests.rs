use super::*;
use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value, Word};
use crate::contract::{
    AppEvent, AppliedChange, Author, Column, ColumnKind, CommitKind, ConflictKind, Decision, EditError,
    EditKind, Entity, KillReason, LocalEdit, RequestKind, Schema, ServerError, Sides, SyncError,
    TransportError,
};
use crate::metrics::{Better, Situation, names};
const UNIT: UnitId = UnitId(0);
const ENTITY: EntityId = EntityId(0);
/// A world told by hand: two devices, a unit that pulls and one that does not.
struct Telling {
    collector: Collector,
    now: Time,
}

impl Telling {
    fn new() -> Telling {
        let setting = CollectorSetup {
            starts: vec!["1d".to_owned(), "empty".to_owned()],
            units: vec!["Login".to_owned(), "Send".to_owned()],
            pulls: vec![true, false],
            script: Span::secs(240),
            freshness: Span::secs(3_600),
            schema: schema(),
        };
        Telling { collector: Collector::new(setting), now: Time::ZERO }
    }
    fn at(&mut self, secs: u64) -> &mut Telling {
        self.now = Time::ZERO + Span::secs(secs);
        self
    }
    fn tell(&mut self, node: Node, event: Event<'_>) -> &mut Telling {
        self.collector.on(&Occurrence { at: self.now, node, event });
        self
    }
    fn device(&mut self, device: u32, event: Event<'_>) -> &mut Telling {
        self.tell(Node::Device(DeviceId(device)), event)
    }
    fn figures(self) -> Figures {
        self.collector.finish(self.now, &BTreeMap::new()).figures
    }
}

/// Rows with a number that is theirs alone, and the row that they belong to.
fn schema() -> Arc<Schema> {
    let columns = vec![Column::new("number", ColumnKind::Int), Column::new("under", ColumnKind::Ref(ENTITY))];
    Arc::new(Schema {
        entities: vec![Entity { unique: vec![0], ..Entity::new("row", columns) }],
        ..Schema::default()
    })
}

fn edit(device: u32, number: u64) -> EditId {
    EditId { device: DeviceId(device), number: number as u32 }
}

fn stat(figures: &Figures, metric: &str, stat: &str) -> u64 {
    figures[metric].stat(stat).unwrap_or_else(|| panic!("{metric} has no {stat}"))
}

fn applied<'a>(changes: &'a [AppliedChange<'a>]) -> Event<'a> {
    Event::ChunkApplied { unit: Some(UNIT), changes, echoed: 1, took: Span::millis(4) }
}

/// `k7`, a row as of a stamp, or `-k7`, which is there no more.
fn change(word: &str) -> AppliedChange<'_> {
    let (removed, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
    let (key, stamp) = word.split_at(1);
    AppliedChange { entity: ENTITY, key, stamp: Stamp(stamp.parse().unwrap()), removed }
}

fn figures(history: &str) -> Figures {
    let mut t = Telling::new();
    tell(&mut t, history);
    t.figures()
}

/// Tells in steps between `;`: at which second, or `.` for the next one, on which device, and what
/// happens there; a device makes or commits the edit of a number to a row.
fn tell(t: &mut Telling, history: &str) {
    for step in history.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words[0] {
            "." => t.now += Span::secs(1),
            _ => _ = t.at(number(&words, 0)),
        }
        if !of_a_run(t, &words) {
            of_edits(t, &words);
        }
    }
}

fn number(words: &[&str], at: usize) -> u64 {
    words.get(at).map_or(0, |word| word.parse().unwrap_or(0))
}

fn of_a_run(t: &mut Telling, words: &[&str]) -> bool {
    let (request, kind, bytes, rows) = (1, RequestKind::Pull, 800, 1);
    let n = |at| number(words, at);
    let (device, took) = (n(1) as u32, Span::secs(n(3)));
    let unit = if words[2].ends_with('!') { UnitId(1) } else { UNIT };
    match words[2].trim_end_matches('!') {
        "starts" => t.device(device, Event::SyncStart { unit, run: n(3), waited: Span::ZERO }),
        "ends" => {
            let took = Span::secs(n(4));
            t.device(device, Event::SyncComplete { unit, run: n(3), took, blocking: false })
        }
        "fails" => t.device(device, Event::SyncError { unit, run: n(3), error: &SyncError::Interrupted }),
        "pulled" => {
            let unit = Some(unit);
            t.device(device, Event::ResponseReceived { request, kind, unit, bytes, rows, took })
        }
        "refused" => {
            let error = &ServerError::Unavailable;
            t.device(device, Event::RequestRefused { request, kind, error, took })
        }
        "reset" | "late" => {
            let late = words[2] == "late";
            let error = if late { TransportError::Timeout } else { TransportError::Reset };
            t.device(device, Event::RequestFailed { request, kind, error, took, wasted: bytes })
        }
        "waits" => t.device(device, Event::RetryScheduled { attempt: 1, wait: took, in_run: unit == UNIT }),
        "applied" => t.device(device, applied(&vec![change("-k1"); n(3) as usize])),
        "killed" => t.device(device, Event::ProcessKilled { reason: KillReason::Killed }),
        "begins" => t.device(device, Event::ProcessStarted { incarnation: 1 }),
        "served" => {
            let (device, cpu) = (DeviceId(device), Span::ZERO);
            t.tell(Node::Gateway, Event::ReplicaServed { device, age: took, cpu })
        }
        "queued" => {
            let device = (unit == UNIT).then_some(DeviceId(device));
            let (queued, locked, service, scanned) = (took, Span::ZERO, Span::ZERO, 1);
            let served = Event::BackendServed { device, kind, queued, locked, service, scanned, rows: 1 };
            t.tell(Node::Backend, served)
        }
        "down" => t.device(device, Event::LinkDown),
        "up" => t.device(device, Event::LinkUp),
        "shut" | "open" => t.tell(Node::World, Event::BackendAvailable(words[2] == "open")),
        "still" => t,
        _ => return false,
    };
    true
}

fn of_edits(t: &mut Telling, words: &[&str]) {
    let n = |at| number(words, at);
    let device = n(1) as u32;
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let (id, key) = (|| edit(device, n(3)), Key::new(word(4)));
    let (entity, key, unit) = (ENTITY, &key, UNIT);
    match words[2] {
        "gets" => {
            let changes: Vec<_> = words[3..].iter().map(|word| change(word)).collect();
            t.device(device, applied(&changes))
        }
        // A person: the edit of a number to a row, and what row that is part of.
        "creates" | "updates" | "deletes" | "misses" | "cannot" => {
            let kind = match words[2] {
                "creates" => EditKind::Create,
                "deletes" => EditKind::Delete,
                _ => EditKind::Update,
            };
            let values = vec![(1, Value::text(word(5)))];
            let edit = &LocalEdit { id: id(), entity, key: key.clone(), kind, values };
            t.device(
                device,
                match words[2] {
                    "misses" => Event::EditMissed { edit, waited: Span::ZERO },
                    "cannot" => Event::EditRefused { edit, error: &EditError::StorageFull },
                    _ => Event::EditMade { edit, made_at: Stamp(5) },
                },
            )
        }
        "sends" => t.device(device, Event::EditSent { edit: id(), entity, key, request: n(5) }),
        "acked" => t.device(device, Event::EditAcknowledged { edit: id(), entity, key, stamp: Stamp(7) }),
        "decides" => {
            let sides = Sides { local: Stamp(5), remote: Stamp(6), edited: Some(Stamp(4)) };
            let (edit, decision) = (id(), Decision::Local);
            let kind = match word(5) {
                "update-delete" => ConflictKind::UpdateDelete,
                "delete-update" => ConflictKind::DeleteUpdate,
                _ => ConflictKind::UpdateUpdate,
            };
            t.device(device, Event::ConflictDecided { edit, entity, key, kind, decision, sides })
        }
        "commits" | "office" => {
            let author = if words[2] == "office" { Author::Office } else { Author::Device(id()) };
            let kind = match word(5) {
                "insert" => CommitKind::Insert,
                "delete" => CommitKind::Delete,
                _ => CommitKind::Update,
            };
            let (stamp, values, replaced) = (Stamp(7), &[Value::Int(7), Value::Null], Some(Stamp(1)));
            t.tell(Node::Backend, Event::Committed { entity, key, stamp, kind, values, author, replaced })
        }
        "asks" => {
            let (request, kind, bytes) = (1, RequestKind::Pull, 800);
            let (unit, rows, attempt) = (None, 0, 0);
            t.device(device, Event::RequestSent { request, kind, unit, bytes, rows, attempt })
        }
        "lost" => {
            let (error, kind, took) = (TransportError::Timeout, RequestKind::Push, Span::ZERO);
            t.device(device, Event::RequestFailed { request: n(3), kind, error, took, wasted: 0 })
        }
        "saves" => t.device(device, Event::CursorSaved { unit, entity }),
        "logs-in" => t.device(device, Event::App(AppEvent::Login)),
        "pauses" => t.device(device, Event::App(AppEvent::Pause)),
        "resumes" => t.device(device, Event::App(AppEvent::Resume)),
        "offline" => t.device(device, Event::App(AppEvent::Offline)),
        "online" => t.device(device, Event::App(AppEvent::Online)),
        other => panic!("{other} is no step"),
    };
}

#[test]
fn runs_are_told_by_what_their_time_went_into_and_what_came_of_them() {
    let useful = "0 0 starts 0; 0 0 ends 0; 10 0 starts 1; 10 0 served 3600; 10 0 served 1; 10 0 ends 1; \
        20 0 starts 2; 20 0 served 3601; 20 0 served 1; 20 0 ends 2; 100 0 starts 3; 110 0 fails 3; \
        150 0 starts 4; 160 0 fails 4; 200 0 starts 5; 200 0 ends 5; 230 1 starts 0; 230 1 fails 0; \
        240 0 starts! 6; 240 0 ends! 6";
    let far = u64::MAX / 2_000_000_000;
    for (history, told) in [
        // A push brings no data, and one who is blocked is so to the end.
        (useful, "syncs.useful 3 & syncs.useful_share 428571 & syncs.good_share 625000 & syncs.blocked 100s"),
        ("10 0 starts 0; 12 0 applied 10; 14 0 ends 0 4; 200 0 still", "rows.rate 2500"),
        // Time between runs is nobody's.
        (
            "0 0 starts 0; 2 0 reset 2; 2 0 waits 1; 8 0 pulled 5; 8 0 applied 1; 8 0 fails 0; 8 0 waits 1; \
             8 0 reset 2; 100 0 still",
            "session.time 8s & pull.time 5s & requests.lost_time 2s & retry.time 1s",
        ),
        // Two began or ended that nobody told of, and one that a backup brought back ended twice.
        (
            "0 0 starts 0; 10 0 killed; 10 0 fails 0; 10 0 starts 0; 11 0 killed; 11 0 fails 1; \
             20 0 starts 2; 20 0 ends 2; 20 0 fails 2",
            "session.count 5 & session.failed 4",
        ),
        // Until its process died; somebody opens a record meanwhile.
        (
            "0 0 starts 0; 10 0 waits 60; 10 0 waits 1200; 10 0 waits! 90; 130 0 killed; 4000 0 still",
            "session.time 130s & retry.time 180s",
        ),
        (
            "0 0 starts 0; 20 0 reset 2; 20 0 late 4; 20 0 refused 7",
            "requests.lost_time 13s & requests.refused_time 7s & requests.timed_out_time 4s",
        ),
        // In the backend's queue, of useful answers and of no one else's; nobody waited for all.
        (
            &*format!(
                "0 0 starts 0; 0 0 queued 3; 0 0 queued! 8; 5 0 pulled 5; 5 0 queued {far}; 5 0 queued {far}; \
                 25 0 late 20; 25 0 queued 2; 30 0 pulled 5"
            ),
            "requests.queued_time 5s",
        ),
        // Under way at the end, or side by side.
        (
            "1 0 starts 0; 4 0 pulled 3; 4 0 applied 1; 5 0 still",
            "session.time 4s & rows.rate 250 & bytes.rate 200",
        ),
        (
            "1 0 starts 0; 2 0 starts! 1; 3 0 pulled 1; 3 0 applied 1; 4 0 fails! 1; 6 0 ends 0 5; \
             8 0 starts 2; 9 0 ends 2 1; 20 0 still",
            "session.time 6s & bytes.rate 133 & session.partly 0",
        ),
        // Its death is told by the next life, passed over by it, or not told until the end.
        (
            "0 0 starts 0; 1 0 killed; 1 0 begins; 2 0 fails 0; 2 0 starts 1; 2 0 ends 1",
            "session.count 2 & session.interrupted 1 & syncs.good_share 500000",
        ),
        ("0 0 starts 0; 1 0 killed; 1 0 begins; 2 0 starts 1; 2 0 ends 1", "session.interrupted 1"),
        ("0 0 starts 0; 1 0 killed; 1 0 begins", "session.count 1 & session.interrupted 1"),
    ] {
        let figures = figures(history);
        for (name, value) in told.split(" & ").map(|figure| figure.split_once(' ').unwrap()) {
            let value: u64 = value.replace('s', "000000000").parse().unwrap();
            assert_eq!(stat(&figures, &format!("engine.{name}"), "value"), value, "{name} of {history}");
        }
    }
}

#[test]
fn a_duration_is_kept_for_all_for_its_unit_and_for_the_state_its_device_began_in() {
    let figures = figures("100 0 starts 0; 104 0 ends 0 4; 104 1 starts 0; 106 1 applied 1; 113 1 ends 0 9");
    for (name, count, max) in [("", 2, 9), ("/Login", 2, 9), ("@1d", 1, 4), ("@empty", 1, 9)] {
        let of = |what| stat(&figures, &format!("engine.session.duration{name}"), what);
        assert_eq!((of("count"), of("max")), (count, max * 1_000_000_000), "{name}");
    }
    assert_eq!(stat(&figures, "engine.first_rows.duration", "max"), 2_000_000_000);
}

#[test]
fn a_commit_is_visible_when_its_version_is_on_another_device() {
    let figures = figures("1 0 commits 0 k; 4 0 gets -k7; 4 1 gets -k6; 9 1 gets -k7");
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
fn a_write_is_visible_when_another_device_that_was_there_has_it() {
    for (between, count, max) in [
        // Once, and not on the device that wrote it.
        ("", 1, 20_000_000_000),
        ("20 1 down; 20 1 up", 0, 0),
        ("20 1 pauses; 20 1 resumes", 0, 0),
        ("20 1 offline; 20 1 online", 0, 0),
        // Made while the backend is down: not held against anybody.
        ("5 0 shut; 10 0 updates 0 k; 11 0 open; 12 0 commits 0 k", 0, 0),
    ] {
        let made = if between.contains("shut") { "" } else { "10 0 updates 0 k; 12 0 commits 0 k" };
        let figures = figures(&format!(
            "0 0 begins; 0 0 logs-in; 0 1 begins; 0 1 logs-in; {made}; {between}; \
             30 1 gets -k7; 30 0 gets -k7; 40 1 gets -k7"
        ));
        let visible = &figures["engine.write_visible.duration"];
        assert_eq!(visible.stat("count"), Some(count), "{between}");
        assert_eq!(visible.stat("max").unwrap_or(0), max, "{between}");
    }
}

#[test]
fn edits_wait_from_the_persons_hand_to_the_acknowledgement() {
    let mut t = Telling::new();
    tell(&mut t, "10 0 updates 0 k; 13 0 acked 0 k; 14 0 still");
    let collected = t.collector.finish(t.now, &BTreeMap::new());
    let waiting: Vec<u64> =
        collected.series.iter().filter(|s| s.series == "workload.edits.waiting").map(|s| s.value).collect();
    assert_eq!(waiting[8..], [0, 1, 1, 1, 0, 0], "samples at 9, 10, 11, 12, 13 and 14 s");
    assert_eq!(stat(&collected.figures, "engine.write_acknowledged.duration", "max"), 3_000_000_000);
}

#[test]
fn an_edit_that_nobody_saw_saved_meets_no_conflict_of_anybodys() {
    let decides = "0 0 decides 0 k";
    for (history, found) in [
        ("0 0 misses 0 k; DECIDES", 0),
        ("0 0 cannot 0 k; DECIDES", 0),
        // The database did not have it: another has its number. One edit, however many decisions.
        ("0 0 misses 0 k; 0 0 updates 0 k; DECIDES; DECIDES", 1),
    ] {
        let figures = figures(&history.replace("DECIDES", decides));
        assert_eq!(stat(&figures, "engine.conflicts.found", "value"), found, "{history}");
    }
}

#[test]
fn a_situation_is_one_with_all_that_makes_it() {
    let hot = format!("{}{}", ". 0 updates 1 a;".repeat(23), "@ 0 hot-row;. 0 updates 1 a;@ 1 hot-row;");
    for history in [
        // An answer is lost after the commit only if there was one.
        ". 0 updates 0 a; . 0 sends 0 a 1; . 0 lost 1; @ 0 response-lost; . 0 sends 0 a 2; \
         . 0 commits 0 a; . 0 lost 2; . 0 lost 3; @ 1 response-lost",
        ". 0 pulled; . 0 gets a5 b6; . 0 pulled; . 0 gets c7; . 0 pulled; . 0 gets d7; @ 1 tie-across-pages",
        ". 0 pulled; . 0 saves; . 0 killed; @ 0 killed-in-page; \
         . 0 begins; . 0 pulled; . 0 killed; @ 1 killed-in-page",
        // Rows that go and come are told from those that are deleted.
        ". 0 begins; . 1 begins; . 0 gets -a1 -b1; . 0 gets a2 c2; @ 1 scope-and-back; \
         . 0 office 0 b delete; . 0 gets -b3; @ 1 scope-and-back; @ 0 stale-tombstone; \
         . 0 down; . 0 office 0 c delete; . 0 up; . 0 gets -c4; . 0 gets -c4; @ 1 stale-tombstone",
        // The number of one that is gone, and its key.
        ". 0 office 0 c delete; @ 0 key-again; . 0 office 0 d insert; @ 1 key-again",
        // What one makes is followed until it is settled.
        ". 0 creates 0 p; . 0 creates 1 q p; . 0 deletes 2 p; @ 1 parent-and-child; \
         @ 0 own-delete-under-way; . 0 sends 0 p 1; . 0 deletes 3 p; @ 1 own-delete-under-way; \
         . 0 acked 0 p; . 0 creates 4 r p; . 0 deletes 5 p; @ 1 parent-and-child; @ 1 own-delete-under-way",
        ". 0 office 0 a; . 0 updates 0 a; . 1 asks; . 0 updates 1 a; @ 0 edit-while-pulled; \
         . 0 asks; . 0 updates 2 a; . 0 updates 3 b; @ 1 edit-while-pulled",
        ". 0 updates 0 a; . 0 decides 0 a; @ 0 delete-against-edit; \
         . 0 decides 0 a delete-update; . 0 decides 0 a update-delete; @ 2 delete-against-edit",
        "1 0 begins; 2 1 begins; 86401 0 killed; 86401 1 still; @ 1 long-session",
        &hot,
    ] {
        for (at, _) in history.match_indices('@') {
            let (times, situation) = history[at + 2..].split_once(' ').unwrap();
            let situation = Situation::of_word(situation.split(';').next().unwrap().trim()).unwrap();
            let before: Vec<&str> =
                history[..at].split(';').filter(|step| !step.trim().starts_with('@')).collect();
            let figures = figures(&before.join(";"));
            let is = stat(&figures, situation.metric(), "value");
            assert_eq!(is.to_string(), times, "{situation:?} {}", &history[..at]);
        }
    }
}

#[test]
fn every_situation_has_a_metric_of_its_name() {
    for situation in Situation::VALUES {
        let name = format!("situation.{}.count", situation.word().replace('-', "_"));
        assert_eq!(situation.metric(), name);
    }
}
