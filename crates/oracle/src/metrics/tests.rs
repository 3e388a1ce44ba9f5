//! Tests of figures for short histories. There are 2 devices, and only one of 2 units pulls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Better, Collected, Collector, CollectorSetup, Figures, Left, Reach, Situation, find, names};
use crate::base::cases::cases;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value, Word};
use crate::contract::{
    AppEvent, AppliedChange, Author, Column, ColumnKind, CommitKind, ConflictKind, Decision, EditEnd,
    EditError, EditKind, EngineEvent, Entity, Event, KillReason, LocalEdit, Node, Occurrence, PageEvent,
    RequestKind, Schema, ServerError, Sides, SyncError, TransportError, UnitEvent,
};

const ENTITY: EntityId = EntityId(0);

fn schema() -> Arc<Schema> {
    let columns = vec![Column::new("number", ColumnKind::Int), Column::new("under", ColumnKind::Ref(ENTITY))];
    let row = Entity { unique: vec![0], ..Entity::new("row", columns) };
    Arc::new(Schema { entities: vec![row, Entity::new("other", Vec::new())], ..Schema::default() })
}

fn collected(history: &str) -> Collected {
    let mut collector = Collector::new(CollectorSetup {
        starts: vec!["1d".to_owned(), "empty".to_owned()],
        units: vec!["Login".to_owned(), "Send".to_owned()],
        pulls: vec![true, false],
        script: Span::secs(240),
        freshness: Span::secs(3_600),
        integrated: Vec::new(),
        schema: schema(),
    });
    let mut now = Time::ZERO;
    for words in history.split(';').map(|step| step.split_whitespace().collect::<Vec<_>>()) {
        let Some(at) = words.first() else { continue };
        now = at.parse().map_or(now + Span::secs(1), |secs| Time::ZERO + Span::secs(secs));
        let (device, step) = (DeviceId(words[1].parse().unwrap()), Step(&words[2..]));
        let mut tell = |node, event: Event<'_>| collector.on(&Occurrence { at: now, node, event });
        step.of_requests(device, &mut tell);
    }
    let reach: &Reach<'_> = &|_, _, _| Box::new(|_| true);
    let ends = [
        EditEnd::Lost,
        EditEnd::GivenUp,
        EditEnd::Waiting,
        EditEnd::Arrived,
        EditEnd::Superseded,
        EditEnd::Refused,
    ];
    let end_of = |edit: EditId| ends.get((edit.number as usize).checked_sub(1)?).copied();
    collector.finish(
        now,
        &BTreeMap::new(),
        &Left { logins: Vec::new(), reach, end_of: &end_of, is_carried: &|_, _| true },
    )
}

fn figures(history: &str) -> Figures {
    collected(history).figures
}

/// Compares figures with expectations: `METRIC N` or `METRIC:STATISTIC N`. `.` stands for
/// `engine.`.
///
/// Steps are separated by `;`. A step has the second (`.`: one second after the last step), the
/// device, and the event with its counts and with options `name=n`. `!` stands for the unit that
/// does not pull. An edit has a number and a row.
#[track_caller]
fn judge(table: &str) {
    for (history, told) in cases(table) {
        let figures = figures(&history);
        for part in told.split("& ") {
            let (name, value) = part.trim().split_once(' ').unwrap();
            let (name, stat) = name.split_once(':').unwrap_or((name, "value"));
            let name = if name.starts_with('.') { format!("engine{name}") } else { name.to_owned() };
            let value: u64 = value.replace('s', "000000000").parse().unwrap();
            assert_eq!(figures[&name].stat(stat).unwrap_or(0), value, "{part} of {history}");
        }
    }
}

/// `k7` is row `k` with stamp 7; `-k7` is its removal.
fn change(word: &str) -> AppliedChange<'_> {
    let (removed, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
    let (key, stamp) = word.split_at(1);
    AppliedChange { entity: ENTITY, key, stamp: Stamp(stamp.parse().unwrap()), removed, values: None }
}

type Tell<'t> = &'t mut dyn FnMut(Node, Event<'_>);

struct Step<'a>(&'a [&'a str]);

impl Step<'_> {
    fn word(&self, at: usize) -> &str {
        self.0.get(at).copied().unwrap_or_default()
    }
    fn number(&self, at: usize) -> u64 {
        self.word(at).parse().unwrap_or(0)
    }
    fn option(&self, name: &str, usual: u64) -> u64 {
        let of = |word: &&str| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.0.iter().find_map(of).unwrap_or(usual)
    }

    fn of_requests(&self, device: DeviceId, tell: Tell<'_>) {
        let took = Span::secs(self.number(1));
        let kind = if self.0.contains(&"push") { RequestKind::Push } else { RequestKind::Pull };
        let unit = if self.word(0).ends_with('!') { UnitId(1) } else { UnitId(0) };
        let [request, bytes, rows] =
            [("request", 1), ("bytes", 800), ("rows", 1)].map(|(name, usual)| self.option(name, usual));
        let (rows, error) = (rows as u32, &ServerError::Unavailable);
        let failed = |error| {
            Event::Engine(EngineEvent::RequestFailed {
                request,
                kind,
                error,
                took,
                wasted: self.option("bytes", bytes),
            })
        };
        let event = match self.word(0).trim_end_matches('!') {
            "asks" => {
                let (unit, rows, attempt) = (None, self.option("rows", 0) as u32, 0);
                Event::Engine(EngineEvent::RequestSent { request, kind, unit, bytes, rows, attempt })
            }
            "answered" => Event::Engine(EngineEvent::ResponseReceived {
                request,
                kind,
                unit: Some(unit),
                bytes,
                rows,
                took,
            }),
            "refused" => Event::Engine(EngineEvent::RequestRefused { request, kind, error, took }),
            "reset" => failed(TransportError::Reset),
            "late" => failed(TransportError::Timeout),
            "unsent" => failed(TransportError::Offline),
            "waits" => Event::Engine(EngineEvent::RetryScheduled {
                attempt: 1,
                wait: took,
                in_run: unit == UnitId(0),
            }),
            "sized" => Event::Engine(EngineEvent::ChunkSized { kind, rows: self.number(1) as u32 }),
            "saves" => Event::Engine(EngineEvent::CursorSaved {
                unit,
                entity: EntityId(u16::from(self.word(1) == "other")),
            }),
            "throws" => Event::Engine(EngineEvent::Unit(UnitEvent::ThrownAway { unit, rows })),
            "served" => {
                return tell(Node::Gateway, Event::ReplicaServed { device, age: took, cpu: Span::ZERO });
            }
            "queued" => {
                let device = (unit == UnitId(0)).then_some(device);
                let (queued, locked, service, scanned) = (took, Span::ZERO, Span::ZERO, 1);
                let served = Event::BackendServed { device, kind, queued, locked, service, scanned, rows: 1 };
                return tell(Node::Backend, served);
            }
            _ => return self.of_runs(device, unit, tell),
        };
        tell(Node::Device(device), event);
    }

    fn of_runs(&self, device: DeviceId, unit: UnitId, tell: Tell<'_>) {
        let (run, span, error) = (self.number(1), Span::secs(self.number(2)), &SyncError::Interrupted);
        let event = match self.word(0).trim_end_matches('!') {
            "starts" => Event::Engine(EngineEvent::SyncStart { unit, run, waited: span }),
            "ends" => Event::Engine(EngineEvent::SyncComplete { unit, run, took: span, blocking: false }),
            "fails" => Event::Engine(EngineEvent::SyncError { unit, run, error }),
            "queues" => Event::Engine(EngineEvent::UnitQueued { unit, depth: 1 }),
            "drops" => Event::Engine(EngineEvent::UnitDiscarded { unit }),
            "killed" => Event::ProcessKilled { reason: KillReason::Killed },
            "begins" => Event::ProcessStarted { incarnation: 1 },
            "restored" => Event::Restored { to: Time::ZERO, life: 1 },
            "down" => Event::LinkDown,
            "up" => Event::LinkUp,
            "logs-in" => Event::App(AppEvent::Login),
            "pauses" => Event::App(AppEvent::Pause),
            "resumes" => Event::App(AppEvent::Resume),
            "offline" => Event::App(AppEvent::Offline),
            "online" => Event::App(AppEvent::Online),
            "shut" => return tell(Node::World, Event::BackendAvailable(false)),
            "open" => return tell(Node::World, Event::BackendAvailable(true)),
            "still" => return,
            _ => return self.of_edits(device, tell),
        };
        tell(Node::Device(device), event);
    }

    fn of_edits(&self, device: DeviceId, tell: Tell<'_>) {
        let (entity, key, edit) = (ENTITY, &Key::new(self.word(2)), self.edit(device));
        let sides = Sides { local: Stamp(5), remote: Stamp(6), edited: Some(Stamp(4)) };
        let kind = match self.word(3) {
            "update-delete" => ConflictKind::UpdateDelete,
            "delete-update" => ConflictKind::DeleteUpdate,
            _ => ConflictKind::UpdateUpdate,
        };
        let changes: Vec<_> = match self.word(0) {
            "gets" => self.0[1..].iter().map(|word| change(word)).collect(),
            "applied" => vec![change("-k1"); self.number(1) as usize],
            _ => Vec::new(),
        };
        let event = match self.word(0) {
            "gets" | "applied" => {
                let (unit, took) = (Some(UnitId(0)), Span::millis(4));
                Event::Engine(EngineEvent::ChunkApplied { unit, changes: &changes, echoed: 1, took })
            }
            "sends" => Event::Engine(EngineEvent::EditSent { edit, entity, key, request: self.number(3) }),
            "acked" => Event::Engine(EngineEvent::EditAcknowledged { edit, entity, key, stamp: Stamp(7) }),
            "decides" | "parks" => {
                let decision = if self.word(0) == "parks" { Decision::Parked } else { Decision::Local };
                Event::Engine(EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides })
            }
            "opens" => Event::Engine(EngineEvent::Page(PageEvent::Open { edit, entity, key })),
            "settles" | "mixes" => {
                let mixed = Decision::Merged { columns: &[1] };
                let decision = if self.word(0) == "mixes" { mixed } else { Decision::Local };
                let on_top = false;
                Event::Engine(EngineEvent::Page(PageEvent::Resolved {
                    edit,
                    on_top,
                    entity,
                    key,
                    kind,
                    decision,
                    sides,
                }))
            }
            "holds" => {
                let held = PageEvent::Held { unit: UnitId(0), edits: &[edit] };
                return tell(Node::Device(device), Event::Engine(EngineEvent::Page(held)));
            }
            _ => return self.of_people(device, (entity, key), tell),
        };
        tell(Node::Device(device), event);
    }

    fn edit(&self, device: DeviceId) -> EditId {
        EditId { device, number: self.number(1) as u32 }
    }

    fn of_people(&self, device: DeviceId, (entity, key): (EntityId, &Key), tell: Tell<'_>) {
        let id = self.edit(device);
        if let "commits" | "office" = self.word(0) {
            let author = if self.word(0) == "office" { Author::Office } else { Author::Device(id) };
            let kind = match self.word(3) {
                "insert" => CommitKind::Insert,
                "delete" => CommitKind::Delete,
                _ => CommitKind::Update,
            };
            let (stamp, values, replaced) = (Stamp(7), &[Value::Int(7), Value::Null], Some(Stamp(1)));
            let committed = Event::Committed { entity, key, stamp, kind, values, author, replaced };
            return tell(Node::Backend, committed);
        }
        let kind = match self.word(0) {
            "creates" => EditKind::Create,
            "deletes" => EditKind::Delete,
            "updates" | "misses" | "cannot" => EditKind::Update,
            other => panic!("{other} is no step"),
        };
        let values = vec![(1, Value::text(self.word(3)))];
        let edit = &LocalEdit { id, entity, key: key.clone(), kind, values };
        let event = match self.word(0) {
            "misses" => Event::EditMissed { edit, waited: Span::ZERO },
            "cannot" => Event::EditRefused { edit, error: &EditError::StorageFull },
            _ => Event::EditMade { edit, made_at: Stamp(5) },
        };
        tell(Node::Device(device), event);
    }
}

#[test]
fn an_unsent_edit_waits_for_a_network_in_a_sync_or_for_one() {
    judge(
        "
        0 0 updates 1 k1; 0 0 updates 2 k2; 10 0 down; 40 0 up; 50 0 starts 1; 70 0 acked 1 k1;
        75 0 ends 1 25; 80 0 acked 2 k2; 100 0 still
            => .edits.unsent 150s & .edits.unsent_offline 60s & .edits.unsent_in_sync 45s
        0 0 updates 3 k1; 10 0 starts 1; 20 0 down; 25 0 killed; 30 0 up; 50 0 begins; 55 0 fails 1;
        60 0 starts 2; 61 1 down; 64 0 still
            => .edits.unsent 64s & .edits.unsent_offline 10s & .edits.unsent_in_sync 14s
                & .edits.unsent_after_failure 5s & .edits.unsent_lost 0s
        0 0 updates 1 k1; 10 0 down; 20 0 up; 64 0 still
            => .edits.unsent 64s & .edits.unsent_offline 0s & .edits.unsent_lost 64s
    ",
    );
}

#[test]
fn runs_are_told_by_what_their_time_went_into_and_what_came_of_them() {
    judge(
        "
        # A push brings no data, and one who is blocked is so to the end.
        0 0 starts 0; 0 0 ends 0; 10 0 starts 1; 10 0 served 3600; 10 0 served 1; 10 0 ends 1; 20 0 starts 2;
        20 0 served 3601; 20 0 served 1; 20 0 ends 2; 100 0 starts 3; 110 0 fails 3; 150 0 starts 4;
        160 0 fails 4; 200 0 starts 5; 200 0 ends 5; 230 1 starts 0; 230 1 fails 0; 240 0 starts! 6;
        240 0 ends! 6
        => .syncs.useful 3 & .syncs.useful_share 428571 & .syncs.good_share 625000 & .syncs.blocked 100s
        10 0 starts 0; 12 0 applied 10; 14 0 ends 0 4; 200 0 still => .rows.rate 2500
        # A sync with nothing to move is no time of a rate: beside one that moves, or cut by a kill, it is.
        0 0 starts 0; 4 0 answered 3; 4 0 applied 10; 5 0 ends 0 5; 10 0 starts 1; 12 0 answered 2;
        13 0 ends 1 3; 20 0 starts 2; 21 0 starts! 3; 22 0 applied 10; 25 0 ends! 3 4; 26 0 ends 2 6; 30 0 starts 4; 31 0 killed; 40 0 still
        => .session.time 15s & .session.empty_time 3s & .rows.rate 1666 & .pull.time 5s & .pull.empty_time 2s
        & .pull.empty_responses 1
        0 0 starts! 0; 1 0 asks 1 rows=2; 3 0 ends! 0 3; 10 0 starts! 1; 11 0 fails! 1; 20 0 still
        => .session.time 4s & .session.empty_time 0s
        # Time between runs is nobody's.
        0 0 starts 0; 2 0 reset 2; 2 0 waits 1; 8 0 answered 5; 8 0 applied 1; 8 0 fails 0; 8 0 waits 1;
        8 0 reset 2; 100 0 still
        => .session.time 8s & .pull.time 5s & .requests.lost_time 2s & .retry.time 1s
        # Two began or ended that nobody told of, and one that a backup brought back ended twice.
        0 0 starts 0; 10 0 killed; 10 0 fails 0; 10 0 starts 0; 11 0 killed; 11 0 fails 1;
        20 0 starts 2; 20 0 ends 2; 20 0 fails 2 => .session.count 5 & .session.failed 4
        # Until its process died; somebody opens a record meanwhile.
        0 0 starts 0; 10 0 waits 60; 10 0 waits 1200; 10 0 waits! 90; 130 0 killed; 4000 0 still
        => .session.time 130s & .retry.time 180s
        0 0 starts 0; 20 0 reset 2; 20 0 late 4; 20 0 refused 7
        => .requests.lost_time 13s & .requests.refused_time 7s & .requests.timed_out_time 4s
        # In the backend's queue, of useful answers and of no one else's; nobody waited for all.
        0 0 starts 0; 0 0 queued 3; 0 0 queued! 8; 5 0 answered 5; 5 0 queued 9223372036;
        5 0 queued 9223372036;
        25 0 late 20; 25 0 queued 2; 30 0 answered 5 => .requests.queued_time 5s
        # Under way at the end, or side by side.
        1 0 starts 0; 4 0 answered 3; 4 0 applied 1; 5 0 still
        => .session.time 4s & .rows.rate 250 & .bytes.rate 200
        1 0 starts 0; 2 0 starts! 1; 3 0 answered 1; 3 0 applied 1; 4 0 fails! 1; 6 0 ends 0 5;
        8 0 starts 2; 9 0 ends 2 1; 20 0 still
        => .session.time 6s & .session.empty_time 1s & .bytes.rate 160 & .session.partly 0
        # Its death is told by the next life, passed over by it, or not told until the end.
        begin: 0 0 starts 0; 1 0 killed; 1 0 begins;
        2 0 fails 0; 2 0 starts 1; 2 0 ends 1
        => .session.count 2 & .session.interrupted 1 & .syncs.good_share 500000
        2 0 starts 1; 2 0 ends 1 => .session.interrupted 1
        => .session.count 1 & .session.interrupted 1
        ",
    );
}

#[test]
fn durations_are_kept_for_all_and_by_what_they_are_of() {
    judge(
        "
        # By unit, and by the state in which its device began.
        100 0 starts 0; 104 0 ends 0 4; 104 1 starts 0; 106 1 applied 1; 113 1 ends 0 9
        => .session.duration:count 2 & .session.duration:max 9s & .session.duration/Login:max 9s
        & .session.duration@1d:count 1 & .session.duration@1d:max 4s & .session.duration@empty:max 9s
        & .first_rows.duration:max 2s
        # An entity is there with its last page, and a unit once.
        0 0 begins; 1 0 starts! 1; 2 0 ends! 1; 10 0 starts 2 1; 11 0 saves; 13 0 saves; 17 0 saves other;
        18 0 ends 2; 20 0 starts 3; 21 0 ends 3
        => .entity.duration/row:count 1 & .entity.duration/row:max 4s & .entity.duration/other:max 8s
        & .first_screen.duration:count 1 & .first_screen.duration:max 18s
        & .first_screen.duration/Login:max 18s & .first_screen.duration/Send:count 0
        ",
    );
}

#[test]
fn a_version_is_visible_when_another_device_has_it() {
    judge(
        "
        1 0 commits 0 k; 4 0 gets -k7; 4 1 gets -k6; 9 1 gets -k7
        => .commit_visible.duration:count 1 & .commit_visible.duration:max 8s
        # Of what a person wrote, on one that was there then: once, and not where it was written.
        begin: 0 0 begins; 0 0 logs-in; 0 1 begins; 0 1 logs-in; 10 0 updates 0 k; 12 0 commits 0 k;
        30 1 gets -k7; 30 0 gets -k7; 40 1 gets -k7
        => .write_visible.duration:count 1 & .write_visible.duration:max 20s
        # While it is not online and looked at, nobody waits.
        20 1 down; 25 1 up; 30 1 gets -k7 => .write_visible.duration:count 1 & .write_visible.duration:max 15s
        20 1 pauses; 30 1 gets -k7; 40 1 resumes; 50 1 gets -k7
        => .write_visible.duration:count 1 & .write_visible.duration:max 10s
        20 1 offline; 25 1 online; 26 1 down; 28 1 up; 30 1 gets -k7 => .write_visible.duration:max 13s
        30 1 gets -k6; 31 1 gets -k9 => .write_visible.duration:count 1 & .write_visible.duration:max 21s
        # Its own edit of the row, on top of that one.
        30 1 acked 0 k => .write_visible.duration:count 1 & .write_visible.duration:max 20s
        # Made while the backend is down: not held against anybody.
        begin: 0 0 begins; 0 0 logs-in; 0 1 begins; 0 1 logs-in;
        5 0 shut; 10 0 updates 0 k; 11 0 open; 12 0 commits 0 k; 30 1 gets -k7
        => .write_visible.duration:count 0
        ",
    );
}

#[test]
fn a_wait_without_an_end_counts_as_longer_than_all() {
    judge(
        "
        1 0 updates 0 k; 3 0 acked 0 k; 5 0 updates 1 k; 9 0 still
        => .write_acknowledged.duration:count 1 & .write_acknowledged.duration:never 1
        & .write_acknowledged.duration:p50 2s & .write_acknowledged.duration:p95 18446744073709551615
        # One that is lost in the end was not safe, though it was acknowledged.
        1 0 updates 1 k; 3 0 acked 1 k; 4 0 updates 4 l; 5 0 acked 4 l; 9 0 still
        => .write_acknowledged.duration:count 1 & .write_acknowledged.duration:never 1
        & .never_safe.lost 0 & .never_safe.lost_since 1
        # What others found of it: by number, nothing, lost, given up (nobody waits), waits, is there.
        1 0 updates 0 k; 2 0 updates 1 k; 3 0 updates 1 l; 4 0 updates 2 l; 5 0 updates 3 l; 6 0 updates 4 m;
        9 0 still => .write_acknowledged.duration:never 4 & .never_safe.lost 1 & .never_safe.waiting 1
        & .never_safe.unconfirmed 1
        # It gave way, and one is refused: its person knows.
        1 0 updates 5 k; 2 0 updates 6 l; 9 0 still => .write_acknowledged.duration:never 2
        & .never_safe.lost 0 & .never_safe.gave_way 1 & .never_safe.refused 1
        1 0 updates 5 k; 3 0 acked 5 k; 9 0 still => .write_acknowledged.duration:never 1
        & .never_safe.lost_since 0 & .never_safe.gave_way 1
        # A phone that looks on is to show what others wrote, on the backend or not.
        begin: 0 0 begins; 0 0 logs-in; 0 1 begins; 0 1 logs-in; 10 0 updates 0 k;
        12 0 commits 0 k; 30 0 still => .write_visible.duration:count 0 & .write_visible.duration:never 1
        30 0 still => .write_visible.duration:never 1
        12 0 commits 0 k; 30 1 gets -k7; 40 0 still => .write_visible.duration:never 0
        # The same people wait for what never comes.
        20 1 pauses; 30 0 still => .write_visible.duration:never 1
        20 1 down; 21 1 up; 240 1 pauses; 300 0 still => .write_visible.duration:never 1
        # Nobody waits for what its person gave up, or for what is there by another edit.
        begin: 0 0 begins; 0 0 logs-in; 0 1 begins; 0 1 logs-in;
        10 0 updates 1 k; 30 0 still => .write_visible.duration:never 1
        10 0 updates 2 k; 10 0 updates 4 l; 30 0 still => .write_visible.duration:never 0
        # Who does not look when it is made does not wait for it.
        9 1 pauses; 10 0 updates 1 k; 11 1 resumes; 30 0 still => .write_visible.duration:never 0
        5 1 pauses; 9 1 resumes; 10 0 updates 1 k; 10 1 pauses; 30 0 still => .write_visible.duration:never 1
        9 1 down; 10 0 updates 1 k; 11 1 up; 30 0 still => .write_visible.duration:never 0
        ",
    );
}

#[test]
fn a_sync_that_failed_ends_with_the_next_good_run_of_its_unit() {
    judge(
        "
        # Whatever ended it.
        0 0 starts 0; 2 0 killed; 9 0 begins; 9 0 fails 0; 10 0 starts 1; 14 0 ends 1 4
        => .session.duration:count 1 & .session.duration:max 14s
        begin: 0 0 starts 0; 2 0 fails 0;
        12 0 starts 1; 15 0 ends 1 3 => .session.duration:count 1 & .session.duration:max 15s
        # Between runs nobody waits without a network.
        3 0 down; 103 0 up; 104 0 starts 1; 107 0 ends 1 3 => .session.duration:max 7s
        50 0 still => .session.duration:count 0 & .session.duration:never 1 & .session.duration/Login:never 1
        & .session.duration@1d:never 1
        3 0 drops; 50 0 still => .session.duration:never 0
        ",
    );
}

#[test]
fn a_push_is_counted_with_its_bytes_whatever_becomes_of_it() {
    // The request of device 1 still waits for its response. Request 7 was not sent.
    judge(
        "
        0 0 asks push request=0 bytes=900 rows=3; 0 1 asks push request=0 bytes=70 rows=3;
        0 0 answered 1 push request=0 bytes=40 rows=3; 0 0 asks push request=1 bytes=500 rows=3;
        0 0 reset 1 push request=1 bytes=500; 0 0 asks push request=7 bytes=8000 rows=3;
        0 0 unsent 1 push request=7 bytes=8000; 0 0 asks push request=2 bytes=20 rows=3; 0 0 killed
        => .push.request_bytes:max 900 & .push.request_rows:count 1 & .requests.count 4 & .up.bytes 1490
        & .push.rows 12 & .wasted.bytes 520 & .requests.failed 2 & .push.wasted_bytes 520
        ",
    );
}

#[test]
fn a_size_counts_as_reached_when_it_is_first_between_its_powers_of_two() {
    let history = "10 0 sized 500; 14 0 sized 700; 19 0 sized 1023; 30 0 sized 300; 60 0 sized 600; \
                   99 1 sized 600; 99 1 sized 1 push";
    let reached = ".control.reached/pull-512:count 2 & .control.reached/pull-512:max 4s & .control.changes 4";
    let others = ".control.reached/pull-256:max 0 & .control.reached/push-1:count 1";
    judge(&format!("{history} => {reached} & {others}"));
    assert!(!figures(history).contains_key("engine.control.reached/pull-1024"));
}

#[test]
fn a_cell_without_events_has_every_metric_and_every_split() {
    let figures = figures("");
    for name in names().chain([
        "engine.usable_after_login.duration@1d",
        "engine.usable_after_login.duration@empty",
        "engine.session.duration/Login",
    ]) {
        assert_eq!(figures[name].stat("value").or(figures[name].stat("count")), Some(0), "{name}");
        assert_eq!(find(name).unwrap().unit, figures[name].unit(), "{name}");
    }
    assert_eq!(find("oracle.lost.rows").unwrap().better, Better::Lower);
}

#[test]
fn edits_wait_from_the_persons_hand_to_the_acknowledgement() {
    let Collected { series, figures, .. } = collected("10 0 updates 0 k; 13 0 acked 0 k; 14 0 still");
    let waiting = series.iter().filter(|s| s.series == "workload.edits.waiting").map(|s| s.value);
    assert_eq!(waiting.skip(8).collect::<Vec<_>>(), [0, 1, 1, 1, 0, 0], "samples at 9 to 14 s");
    assert_eq!(figures["engine.write_acknowledged.duration"].stat("max"), Some(3_000_000_000));
}

#[test]
fn conflicts_are_met_by_edits_that_somebody_saw_saved_and_age_until_somebody_decides_them() {
    judge(
        "
        0 0 misses 0 k; 0 0 decides 0 k => .conflicts.found 0
        0 0 cannot 0 k; 0 0 decides 0 k => .conflicts.found 0
        # The database did not have it: another has its number. One edit, however many decisions.
        0 0 misses 0 k; 0 0 updates 0 k; 0 0 decides 0 k; 0 0 decides 0 k => .conflicts.found 1
        10 0 parks 0 k; 20 0 holds 7; 30 0 holds 7; 40 0 settles 0 k; 50 0 parks 0 k; 60 0 parks 1 k;
        60 0 opens 1 k; 250 0 mixes 0 k; 300 0 still
        => .page.open 2 & .page.left 1 & .page.again 1 & .page.local 1 & .page.mixed 1 & .page.remote 0
        & .page.held_runs 2 & .page.held_edits 1 & .page.held 20s & .page.age:min 30s & .page.age:never 1
        ",
    );
}

#[test]
fn a_pull_is_half_there_from_its_first_rows_to_its_last() {
    judge(
        "
        begin: 1 0 starts 1; 2 0 answered; 3 0 applied 1;
        9 0 applied 1; 20 0 ends 1; 50 0 still => device.half_synced.time 6s
        20 0 ends 1; 50 0 still => device.half_synced.time 0
        # It stays so until a run ends well.
        4 0 fails 1; 50 0 still => device.half_synced.time 47s
        4 0 fails 1; 30 0 starts 2; 31 0 answered; 33 0 applied 1; 40 0 ends 2 => device.half_synced.time 30s
        # What a push brings is no pull.
        begin: 1 0 starts 1; 2 0 answered push; 3 0 applied 1;
        5 0 answered; 9 0 applied 1; 20 0 ends 1; 50 0 still => device.half_synced.time 0
        ",
    );
}

#[test]
fn what_the_next_process_queues_in_time_is_not_forgotten() {
    judge(
        "
        begin: 1 0 queues; 1 0 queues!; 2 0 killed; 9 0 begins;
        9 0 still => .queue.forgotten 2
        9 0 queues; 69 0 queues! => .queue.forgotten 0
        # Too late.
        70 0 queues; 70 0 queues! => .queue.forgotten 2
        # Each death once.
        9 0 queues; 10 0 killed => .queue.forgotten 2
        # Nothing waited, or it was let go.
        begin: 1 0 queues;
        2 0 ends 0; 3 0 killed => .queue.forgotten 0
        2 0 drops; 3 0 killed => .queue.forgotten 0
        ",
    );
}

#[test]
fn what_brings_nothing_is_wasted() {
    judge(
        "
        # A row in a version that is held, though not once it was removed.
        begin: 0 0 answered rows=2 bytes=200; 0 0 gets a1 b1;
        0 0 still => .wasted.rows 0 & .wasted.bytes 0
        0 0 answered rows=2 bytes=200; 0 0 gets a1 b2 => .wasted.rows 1 & .wasted.bytes 100
        0 0 gets -a9; 0 0 gets a1 => .wasted.rows 0 & .wasted.bytes 0
        # What a phone went back from it does not hold.
        0 0 restored; 0 0 gets a1 => .wasted.rows 0 & .wasted.bytes 0
        # What is thrown away unseen.
        0 0 throws rows=3 => .wasted.rows 3 & .wasted.bytes 300
        # The echo of an edit of its own.
        begin: 0 0 acked 0 a;
        0 0 answered bytes=100; 0 0 gets a7 => .wasted.rows 1 & .wasted.bytes 100
        # Answers without rows, and refusals.
        begin: 0 0 asks bytes=40; 0 0 answered rows=0 bytes=60;
        0 0 asks bytes=40; 0 0 refused => .wasted.rows 0 & .wasted.bytes 140
        ",
    );
}

#[test]
fn a_situation_is_one_with_all_that_makes_it() {
    let hot = format!("{}{}", ". 0 updates 1 a;".repeat(23), "@ 0 hot-row;. 0 updates 1 a;@ 1 hot-row;");
    for history in [
        // A lost response counts only if the backend has committed an edit of the request.
        ". 0 updates 0 a; . 0 sends 0 a 1; . 0 late push request=1; @ 0 response-lost; . 0 sends 0 a 2; \
         . 0 commits 0 a; . 0 late push request=2; . 0 late push request=3; @ 1 response-lost",
        ". 0 answered; . 0 gets a5 b6; . 0 answered; . 0 gets c7; . 0 answered; . 0 gets d7; @ 1 tie-across-pages",
        ". 0 answered; . 0 saves; . 0 killed; @ 0 killed-in-page; \
         . 0 begins; . 0 answered; . 0 killed; @ 1 killed-in-page",
        // Rows that leave the scope and come back are distinguished from deleted rows.
        ". 0 begins; . 1 begins; . 0 gets -a1 -b1; . 0 gets a2 c2; @ 1 scope-and-back; \
         . 0 office 0 b delete; . 0 gets -b3; @ 1 scope-and-back; @ 0 stale-tombstone; \
         . 0 down; . 0 office 0 c delete; . 0 up; . 0 gets -c4; . 0 gets -c4; @ 1 stale-tombstone",
        // The natural key of a deleted row is used again.
        ". 0 office 0 c delete; @ 0 key-again; . 0 office 0 d insert; @ 1 key-again",
        // A created row counts until the outcome of its create is known.
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
            let is = figures[situation.metric()].stat("value");
            assert_eq!(is, times.parse().ok(), "{situation:?} {}", &history[..at]);
        }
    }
}
