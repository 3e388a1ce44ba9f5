//! What the contract lets a stack do, each shown by the tiny stack with one change.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use syncdyno::contract::{
    AppEvent, AppliedChange, Cacheable, Capabilities, DeviceId, DeviceSetup, DeviceView, EditId, EditKind,
    EngineEvent, EntityId, EventSink, LocalBoxFuture, LocalEdit, Merge, Mutation, NetworkKind, Outcome,
    PendingResponse, Ports, Refusal, Reply, Row, Saving, Schema, ServerError, Span, Stack, Stamp, SyncEngine,
    SyncError, SyncServer, SystemOfRecord, Time, Transport, UnitId, Value,
};
use syncdyno::world::{Ending, Outcome as Ended};

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, CONTENDED, around, run};
use crate::worlds::{trouble, value};

#[derive(Clone, Copy, PartialEq)]
enum Twist {
    /// Edits are saved after a while.
    Late,
    /// It shows nothing while it lives.
    Unseen,
    /// Edits that change nothing are dropped; `told` says if that is reported.
    Unchanged { told: bool },
    /// It has no runs of units; `says` tells if it reports whether it is through.
    Runless { says: bool },
    /// All edits are dropped, and it claims that they change nothing.
    Lies,
}

/// Hides runs, and remembers that one ended well.
struct Mute(Rc<dyn EventSink>, Rc<Cell<bool>>);

impl EventSink for Mute {
    fn emit(&self, event: EngineEvent<'_>) {
        match event {
            EngineEvent::SyncStart { .. } | EngineEvent::SyncError { .. } => {}
            EngineEvent::SyncComplete { .. } => self.1.set(true),
            _ => self.0.emit(event),
        }
    }
}

struct Phone {
    inner: Rc<dyn SyncEngine>,
    /// True if a run has ended well since it was asked for one.
    is_through: Rc<Cell<bool>>,
    twist: Twist,
    ports: Ports,
    setup: Rc<DeviceSetup>,
}

impl Phone {
    fn changes_nothing(&self, edit: &LocalEdit) -> bool {
        let mut shown = None;
        let view = self.inner.view().expect("it has one");
        view.rows(edit.entity, &mut |key, _, values| {
            if key == edit.key.as_str() {
                shown = Some(values.iter().map(|value| value.to_value()).collect::<Vec<_>>());
            }
        });
        let projection = &self.setup.schema.entity(edit.entity).projection;
        let place = |column| projection.binary_search(column).expect("a phone holds it");
        let says = |row: Vec<Value>| edit.values.iter().all(|(column, value)| row[place(column)] == *value);
        edit.kind == EditKind::Update && shown.is_some_and(says)
    }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        self.inner.clone().run()
    }
    fn on(&self, event: AppEvent) {
        self.inner.on(event);
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        match self.twist {
            Twist::Late => {
                let (inner, edit, ports) = (self.inner.clone(), edit.clone(), self.ports.clone());
                Saving::Later(Box::pin(async move {
                    ports.sleep(Span::secs(2)).await;
                    match inner.edit(&edit) {
                        Saving::Now(done) => done,
                        Saving::Later(saving) => saving.await,
                    }
                }))
            }
            Twist::Unchanged { .. } if !self.changes_nothing(edit) => self.inner.edit(edit),
            Twist::Unchanged { .. } | Twist::Lies => {
                if self.twist != (Twist::Unchanged { told: false }) {
                    let LocalEdit { id, entity, ref key, .. } = *edit;
                    self.ports.emit(EngineEvent::EditUnchanged { edit: id, entity, key });
                }
                Saving::Now(Ok(()))
            }
            _ => self.inner.edit(edit),
        }
    }
    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.is_through.set(false);
        self.inner.trigger(unit, discard_pending);
    }
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        self.inner.clone().sync(unit)
    }
    fn is_caught_up(&self) -> Option<bool> {
        let has_sent = || self.inner.view().is_some_and(|view| view.pending().is_empty());
        (self.twist == Twist::Runless { says: true }).then(|| self.is_through.get() && has_sent())
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        self.inner.view().filter(|_| self.twist != Twist::Unseen)
    }
}

fn twisted(twist: Twist) -> Stack {
    around(move |open, setup, mut ports| {
        let is_through = Rc::new(Cell::new(false));
        if let Twist::Runless { .. } = twist {
            ports.events = Rc::new(Mute(ports.events, is_through.clone()));
        }
        let inner = open(ports.clone())?;
        Ok(Rc::new(Phone { inner, is_through, twist, ports, setup }))
    })
}

fn found(outcome: &Ended, check: &str) -> bool {
    outcome.violations.iter().any(|violation| violation.check == check)
}

#[test]
fn an_edit_may_be_saved_later_and_kills_strike_before_it_is() {
    let sets = ["chaos.kill_mtbf=\"3m\""];
    let (_, outcome) = run(twisted(Twist::Late), CALM, &sets);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    assert!(value(&outcome, "workload.edits.missed") > 0, "some apps died before an edit was saved");
    assert!(value(&outcome, "workload.edits.made") > 0);
    assert_eq!(run(twisted(Twist::Late), CALM, &sets).1.digest, outcome.digest);
}

#[test]
fn a_stack_without_a_view_is_looked_at_in_copies_for_nothing() {
    let (_, seen) = run(tiny(), CALM, &[]);
    let (_, unseen) = run(twisted(Twist::Unseen), CALM, &[]);
    assert_eq!(trouble(&unseen), Vec::<String>::new());
    assert_eq!(unseen.figures, seen.figures, "the phone pays for no look");
}

#[test]
fn a_stack_without_runs_comes_to_rest_if_it_says_when_it_is_through() {
    let less = Capabilities { logs: false, status: false, prompt: false, once: false, ..Capabilities::ALL };
    let of = |says| run(twisted(Twist::Runless { says }).promises(less), CALM, &["drain=10m"]).1;
    assert!(matches!(of(false).ending, Ending::Stuck(_)), "nobody says that a run ended");
    let through = of(true);
    assert_eq!(trouble(&through), Vec::<String>::new());
    assert_eq!(of(true).digest, through.digest);
}

#[test]
fn an_edit_that_changes_nothing_is_lost_unless_it_is_told_so() {
    let sets = ["workload.contention={ share=\"90%\", within=\"20m\", equal=\"100%\" }", "expect={}"];
    let (_, silent) = run(twisted(Twist::Unchanged { told: false }), CONTENDED, &sets);
    let nowhere = |outcome: &Ended| {
        let of = |text: &str| text.contains("the backend never saw it");
        outcome.violations.iter().filter(|v| v.check == "lost-edit" && of(&v.text)).count()
    };
    let (_, told) = run(twisted(Twist::Unchanged { told: true }), CONTENDED, &sets);
    assert!(nowhere(&silent) > 0, "{:?}", silent.violations);
    assert_eq!(nowhere(&told), 0, "{:?}", told.violations);
    let (_, lies) = run(twisted(Twist::Lies), CONTENDED, &sets);
    assert!(nowhere(&lies) > nowhere(&silent), "it is believed only where it is true");
}

thread_local! {
    static REFUSED: Cell<u64> = const { Cell::new(0) };
}

/// A server that refuses every third edit by itself.
struct Choosy {
    inner: Box<dyn SyncServer>,
    says_so: bool,
}

/// The record as its inner server sees it: wrapped for the duration of a request.
struct Sieve<'r> {
    record: &'r mut dyn SystemOfRecord,
    says_so: bool,
}

impl SystemOfRecord for Sieve<'_> {
    fn schema(&self) -> std::sync::Arc<Schema> {
        self.record.schema()
    }
    fn clock(&self) -> Stamp {
        self.record.clock()
    }
    fn changes(
        &mut self,
        entity: EntityId,
        attributes: &[Value],
        since: Option<Stamp>,
        f: &mut syncdyno::contract::EachChange<'_>,
    ) -> Result<(), ServerError> {
        self.record.changes(entity, attributes, since, f)
    }
    fn get(&mut self, entity: EntityId, key: &syncdyno::contract::Key) -> Option<Row> {
        self.record.get(entity, key)
    }
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        let mut one = |mutation: &Mutation| {
            if !mutation.edit.number.is_multiple_of(3) {
                return self.record.write(attributes, std::slice::from_ref(mutation)).remove(0);
            }
            REFUSED.set(REFUSED.get() + 1);
            if self.says_so {
                self.record.refused(mutation, Some(Refusal::Stale));
            }
            Outcome::Conflict { why: Refusal::Stale, current: None, edited_at: None }
        };
        mutations.iter().map(&mut one).collect()
    }
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>) {
        self.record.refused(edit, conflict);
    }
    fn carries(&mut self, by: EditId, others: &[EditId]) {
        self.record.carries(by, others);
    }
}

impl SyncServer for Choosy {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.inner.serve(from, request, &mut Sieve { record, says_so: self.says_so })
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.inner.refuse(error)
    }
}

#[test]
fn what_the_server_refuses_by_itself_is_lost_unless_it_is_told() {
    let choosy = |says_so| {
        let inner = tiny().server.expect("it has one");
        let less = Capabilities { logs: false, status: false, merge: Merge::Drops, ..Capabilities::ALL };
        tiny().promises(less).server(move |chosen, setup, ports| {
            Box::new(Choosy { inner: inner(chosen, setup, ports), says_so })
        })
    };
    let (_, silent) = run(choosy(false), CONTENDED, &["expect={}"]);
    assert!(REFUSED.take() > 0 && found(&silent, "lost-edit"), "{:?}", silent.violations);
    let (_, told) = run(choosy(true), CONTENDED, &["expect={}"]);
    assert!(REFUSED.take() > 0);
    assert!(!found(&told, "lost-edit"), "{:?}", told.violations);
}

/// Pulls that a cache on the way may answer.
struct Cached(Rc<dyn Transport>);

impl Transport for Cached {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        if !String::from_utf8_lossy(&request).contains("\"edits\":[]") {
            return self.0.request(request, deadline);
        }
        self.0.request_cacheable(
            request,
            Cacheable { address: "/notes".to_owned(), validated: false },
            deadline,
        )
    }
    fn network(&self) -> NetworkKind {
        self.0.network()
    }
}

/// Marks responses as refusals, or lets a cache keep them.
struct Says {
    inner: Box<dyn SyncServer>,
    no: bool,
}

impl SyncServer for Says {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.inner.serve(from, request, record)
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.inner.refuse(error)
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        self.no && answer.starts_with(b"{\"Err\"")
    }
}

#[test]
fn a_cache_keeps_a_refusal_that_is_not_said_to_be_one() {
    let of = |no| {
        let server = tiny().server.expect("it has one");
        let stack = around(move |open, _, mut ports| {
            ports.transport = Rc::new(Cached(ports.transport));
            open(ports)
        });
        let stack = stack
            .server(move |chosen, setup, ports| Box::new(Says { inner: server(chosen, setup, ports), no }));
        let proxy = "event.proxy={ at=\"+10m\", caching_proxy={ for=\"50m\", ttl=\"10m\" } }";
        let down = "event.down={ at=\"+30m\", backend_down={ for=\"11m\" } }";
        run(stack, CALM, &[proxy, down, "action.write.per_device=1", "chaos={}", "expect={}"]).1
    };
    let (said, kept) = (of(true), of(false));
    assert_eq!(trouble(&said), Vec::<String>::new());
    let failed = |outcome: &Ended| value(outcome, "engine.session.failed");
    assert!(failed(&kept) > failed(&said) + 20, "{} of {}", failed(&kept), failed(&said));
}

/// After reporting that an edit is done, it reports the row again with the previous stamp: the
/// stamp and the values of a register came in two messages.
struct InTwo {
    inner: Rc<dyn EventSink>,
    engine: Rc<RefCell<Weak<dyn SyncEngine>>>,
    tells: Tells,
    before: RefCell<BTreeMap<String, (Stamp, Vec<Value>)>>,
    now: RefCell<BTreeMap<String, (Stamp, Vec<Value>)>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Tells {
    Stamps,
    Values,
    /// It shows and reports the previous values of the row.
    OldValues,
}

impl InTwo {
    fn look(&self, entity: EntityId) {
        let mut rows = BTreeMap::new();
        let engine = self.engine.borrow().upgrade();
        engine.iter().filter_map(|engine| engine.view()).for_each(|view| {
            view.rows(entity, &mut |key, stamp, values| {
                rows.insert(key.to_owned(), (stamp, values.iter().map(|value| value.to_value()).collect()));
            });
        });
        let mut before = self.before.borrow_mut();
        for (key, row) in self.now.replace(rows) {
            if self.now.borrow().get(&key).is_some_and(|now| now.0 != row.0) {
                before.insert(key, row);
            }
        }
    }
}

impl EventSink for InTwo {
    fn emit(&self, event: EngineEvent<'_>) {
        self.inner.emit(event);
        let EngineEvent::EditAcknowledged { entity, key, .. } = event else { return };
        self.look(entity);
        let (before, now) = (self.before.borrow(), self.now.borrow());
        let (Some(before), Some(now)) = (before.get(key.as_str()), now.get(key.as_str())) else { return };
        let values = if self.tells == Tells::OldValues { &before.1 } else { &now.1 };
        let cells: Vec<_> = values.iter().map(syncdyno::contract::Cell::of).collect();
        let shows: Vec<_> = cells.iter().map(syncdyno::contract::Cell::as_ref).collect();
        let change = AppliedChange::of(entity, key, before.0, false);
        let change = if self.tells == Tells::Stamps { change } else { change.showing(&shows) };
        let changes = &[change];
        self.inner.emit(EngineEvent::ChunkApplied { unit: None, changes, echoed: 0, took: Span::ZERO });
    }
}

#[test]
fn a_stamp_that_comes_apart_from_its_values_is_no_way_back() {
    let of = |tells| {
        let stack = around(move |open, _, mut ports| {
            let engine: Rc<RefCell<Weak<dyn SyncEngine>>> = Rc::new(RefCell::new(Weak::<Phone>::new()));
            let (inner, known) = (ports.events.clone(), engine.clone());
            ports.events = Rc::new(InTwo {
                inner,
                engine: known,
                tells,
                before: Default::default(),
                now: Default::default(),
            });
            let opened = open(ports)?;
            *engine.borrow_mut() = Rc::downgrade(&opened);
            Ok(opened)
        });
        let less = Capabilities { logs: false, status: false, merge: Merge::Drops, ..Capabilities::ALL };
        run(stack.promises(less), CONTENDED, &["expect={}"]).1
    };
    let checks = ["went-back", "own-write-vanished"];
    let values = of(Tells::Values);
    assert!(checks.iter().all(|check| !found(&values, check)), "{:?}", values.violations);
    for tells in [Tells::Stamps, Tells::OldValues] {
        let back = of(tells);
        assert!(checks.iter().all(|check| found(&back, check)), "{:?}", back.violations);
    }
}
