//! Stacks that hang, panic, send garbage or lack what a check needs: each ends with a verdict on
//! its own cell, and with a text.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use syncdyno::{analysis, record, render};

use syncdyno::campaign::{self, Campaign, InProcess, Listener, Signals};
use syncdyno::contract::{
    AppEvent, Capabilities, Chosen, Database, DeviceId, DeviceSetup, DeviceView, EditError, EngineError,
    EngineEvent, EngineFactory, EntityId, Incarnation, LocalBoxFuture, LocalEdit, Merge, NetworkKind, Opened,
    PendingEdit, PendingResponse, Ports, Provision, Reply, Saving, ServerError, ServerPorts, ServerSetup,
    Span, Stack, Stamp, SyncEngine, SyncError, SyncServer, SystemOfRecord, Time, Transport, UnitId, ValueRef,
};
use syncdyno::oracle::{Violation, metric_of};
use syncdyno::record::{CellRecord, Verdict};
use syncdyno::world::{Ending, Outcome, Stacks};

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, CONTENDED, around, planned, run};

/// A short day, so that tests do not wait long for a stack that never answers.
const SHORT: [&str; 2] = ["duration=\"25m\"", "drain=\"15m\""];

/// The texts about a stack that did not come to rest, and its outcome.
fn stuck(stack: Stack) -> (Vec<String>, Outcome) {
    let (plan, outcome) = run(stack, CALM, &SHORT);
    let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    let lines = lines.clone();
    let judged = analysis::judge(&plan, "stuck", &outcome);
    assert_eq!(judged.cell.verdict, Verdict::Fail);
    assert!(judged.cell.reasons.contains(&record::Reason::Stuck {}));
    (lines, outcome)
}

/// A device half that begins a run and never continues: it waits for ever, or spins.
struct Hung {
    ports: Ports,
    spins: bool,
}

fn hung<const SPINS: bool>(_: &Chosen) -> Rc<dyn EngineFactory> {
    struct Factory(bool);
    impl EngineFactory for Factory {
        fn open(&self, _: Rc<DeviceSetup>, _: Incarnation, _: Database, ports: Ports) -> Opened {
            Ok(Rc::new(Hung { ports, spins: self.0 }))
        }
        fn provision(
            &self,
            _: &DeviceSetup,
            _: Database,
            _: Option<&dyn Provision>,
        ) -> Result<(), EngineError> {
            Ok(())
        }
    }
    Rc::new(Factory(SPINS))
}

impl SyncEngine for Hung {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        self.ports.emit(EngineEvent::SyncStart { unit: UnitId(0), run: 1, waited: Span::ZERO });
        Box::pin(poll_fn(move |context| {
            if self.spins {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        }))
    }
    fn on(&self, _: AppEvent) {}
    fn edit(&self, _: &LocalEdit) -> Saving {
        Saving::Now(Err(EditError::NoSuchRow))
    }
    fn trigger(&self, _: UnitId, _: bool) {}
    fn sync(self: Rc<Self>, _: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(std::future::pending())
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        Some(self)
    }
}

impl DeviceView for Hung {
    fn rows(&self, _: EntityId, _: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {}
    fn pending(&self) -> Vec<PendingEdit> {
        Vec::new()
    }
    fn doing(&self) -> String {
        "it hangs".to_owned()
    }
}

#[test]
fn a_device_half_that_hangs_is_stuck_and_its_run_has_no_end() {
    let patience = |_: &Chosen| Span::secs(720);
    let (lines, outcome) = stuck(tiny().engine(hung::<false>).patience(patience));
    assert!(lines.iter().any(|line| line.contains("it hangs")), "{lines:?}");
    let endless = |v: &Violation| v.check == "event-without-end" && v.text.contains("12m");
    assert!(outcome.violations.iter().any(endless), "{:?}", outcome.violations);
}

#[test]
fn a_device_half_that_is_always_busy_is_stalled() {
    let (plan, outcome) = run(tiny().engine(hung::<true>), CALM, &SHORT);
    assert!(matches!(outcome.ending, Ending::Stalled(_)), "{:?}", outcome.ending);
    let judged = analysis::judge(&plan, "busy", &outcome);
    assert_eq!(judged.cell.verdict, Verdict::Fail);
    assert!(judged.cell.reasons.contains(&record::Reason::Stuck {}), "{:?}", judged.cell.reasons);
}

/// A server half that takes requests and never responds.
struct Silent;

impl SyncServer for Silent {
    fn serve(&mut self, _: DeviceId, _: &[u8], _: &mut dyn SystemOfRecord) -> Result<Reply, ServerError> {
        Err(ServerError::Failed)
    }
    fn refuse(&self, _: &ServerError) -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn a_server_half_that_never_answers_leaves_its_phones_stuck() {
    let (_, outcome) = stuck(tiny().server(|_, _, _| Box::new(Silent)));
    assert!(crate::worlds::value(&outcome, "engine.requests.failed") > 0, "they were not answered");
}

/// A server half whose response is not a message.
struct Garbage;

impl SyncServer for Garbage {
    fn serve(
        &mut self,
        _: DeviceId,
        request: &[u8],
        _: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        Ok(Reply::Now(request.iter().rev().copied().collect()))
    }
    fn refuse(&self, _: &ServerError) -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn a_server_half_that_sends_garbage_leaves_its_phones_stuck() {
    let (_, outcome) = stuck(tiny().server(|_, _, _| Box::new(Garbage)));
    assert!(crate::worlds::value(&outcome, "engine.session.failed") > 0, "its phones say so");
}

/// A transport that reverses the bytes of each request.
struct Garbling(Rc<dyn Transport>);

impl Transport for Garbling {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.0.request(request.into_iter().rev().collect(), deadline)
    }
    fn network(&self) -> NetworkKind {
        self.0.network()
    }
}

/// The device half of the tiny stack, with another transport.
struct Garbler(Rc<dyn EngineFactory>);

impl EngineFactory for Garbler {
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        mut ports: Ports,
    ) -> Opened {
        ports.transport = Rc::new(Garbling(ports.transport));
        self.0.open(setup, incarnation, database, ports)
    }
    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        self.0.provision(setup, database, state)
    }
}

#[test]
fn a_device_half_that_sends_garbage_is_refused_and_stuck() {
    let engine = |chosen: &Chosen| Rc::new(Garbler((tiny().engine)(chosen))) as Rc<dyn EngineFactory>;
    let (_, outcome) = stuck(tiny().engine(engine));
    assert!(crate::worlds::value(&outcome, "engine.session.failed") > 0, "it is told so");
    assert_eq!(crate::worlds::value(&outcome, "oracle.lost_edit.count"), 0, "what waits is not lost");
}

/// A server half with a bug that panics.
struct Panics;

impl SyncServer for Panics {
    fn serve(&mut self, _: DeviceId, _: &[u8], _: &mut dyn SystemOfRecord) -> Result<Reply, ServerError> {
        panic!("no row 7")
    }
    fn refuse(&self, _: &ServerError) -> Vec<u8> {
        Vec::new()
    }
}

struct Nobody;

impl Listener for Nobody {
    fn started(&self, _: usize) {}
    fn progressed(&self, _: usize, _: Time, _: Span) {}
    fn ended(&self, _: usize, _: &CellRecord) {}
}

/// Runs cells of these stacks, each followed by a cell of the tiny stack.
fn campaign(stacks: &[Stack]) -> Campaign {
    let mut plans = Vec::new();
    let mut known = Stacks::builtin().with(tiny());
    for stack in stacks {
        let name = format!("engine.name=\"{}\"", stack.name);
        plans.push(planned(stack.clone(), CALM, &[SHORT[0], SHORT[1], &name]).expect("it is sound"));
        plans.push(planned(tiny(), CALM, &[]).expect("it is sound"));
        known = known.with(stack.clone());
    }
    campaign::run(
        &plans,
        None,
        &InProcess(known),
        &campaign::CampaignOptions::default(),
        &Signals::default(),
        &Nobody,
        None,
    )
}

#[test]
fn a_campaign_goes_on_after_stacks_that_panic_hang_or_send_garbage() {
    let ran = campaign(&[
        tiny().named("panics").server(|_, _, _| Box::new(Panics)),
        tiny().named("hangs").engine(hung::<false>),
        tiny().named("garbage").server(|_, _, _| Box::new(Garbage)),
    ]);
    let cells: Vec<&CellRecord> = ran.judged.iter().map(|judged| &judged.cell).collect();
    assert_eq!(cells.len(), 6);
    for pair in cells.chunks(2) {
        assert_eq!(
            (pair[0].verdict, pair[1].verdict),
            (Verdict::Fail, Verdict::Pass),
            "{:?}",
            pair[0].reasons
        );
    }
    assert_eq!(cells[0].reasons[0].exit(), record::Exit::Stuck);
    assert!(cells[2].reasons.contains(&record::Reason::Stuck {}));
}

/// The outcome of the tiny stack with one capability less; with all of them, `check` must fire.
fn with_and_without(stack: Stack, path: &str, less: Capabilities, check: &str) -> Outcome {
    let (_, all) = run(stack.clone().promises(LESS), path, &[]);
    assert!(all.violations.iter().any(|v| v.check == check), "{check} would be found: {:?}", all.violations);
    let (plan, without) = run(stack.promises(less), path, &[]);
    assert!(without.not_applicable.contains(&check), "{:?}", without.not_applicable);
    assert!(without.violations.iter().all(|v| v.check != check));
    let metric = metric_of(check).expect("it is a check");
    assert!(!without.figures.contains_key(metric), "no look is not a zero");
    let judged = analysis::judge(&plan, "without", &without);
    let record = analysis::assemble("reports/without", &[plan], vec![judged], &[]);
    let told = render::notes(&record, render::Paint(false));
    assert!(told.contains(check), "{told}");
    without
}

const LESS: Capabilities = Capabilities { logs: false, status: false, ..Capabilities::ALL };

/// A server half that reports edits which it does not have as done, all with this stamp.
struct Boaster(Box<dyn SyncServer>);

impl SyncServer for Boaster {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let answer =
            String::from_utf8(self.0.serve(from, request, record)?.into_bytes()).expect("it is JSON");
        let (taken, rows) = answer.split_once("],").expect("what was taken comes first");
        Ok(format!("{}],{rows}", taken.replace("null", "1")).into_bytes().into())
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.0.refuse(error)
    }
}

fn tiny_server(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Box<dyn SyncServer> {
    (tiny().server.expect("it has one"))(chosen, setup, ports)
}

#[test]
fn a_stack_that_acknowledges_nothing_is_not_asked_whether_it_boasts() {
    let boasts = tiny().server(|chosen, setup, ports| Box::new(Boaster(tiny_server(chosen, setup, ports))));
    let less = Capabilities { acknowledges: false, ..LESS };
    with_and_without(boasts, CONTENDED, less, "acknowledged-without-commit");
}

#[test]
fn a_stack_that_promises_nothing_of_conflicts_may_drop_edits_in_them() {
    let drops = Capabilities { merge: Merge::Drops, ..LESS };
    let outcome = with_and_without(tiny(), CONTENDED, drops, "lost-edit");
    assert_eq!(outcome.violations, [], "and nothing else is wrong with it");
}

/// A server half that repeats its first response to each phone: always, or every second time.
struct Frozen {
    inner: Box<dyn SyncServer>,
    thaws: bool,
    first: std::collections::BTreeMap<DeviceId, (String, u64)>,
}

impl Frozen {
    fn stack(thaws: bool) -> Stack {
        tiny().server(move |chosen, setup, ports| {
            let inner = tiny_server(chosen, setup, ports);
            Box::new(Frozen { inner, thaws, first: Default::default() })
        })
    }
}

impl SyncServer for Frozen {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let answer = self.inner.serve(from, request, record)?;
        let text = String::from_utf8(answer.into_bytes()).expect("it is JSON");
        let (taken, rows) = text.split_once("],").expect("what was taken comes first");
        let (first, asked) = self.first.entry(from).or_insert_with(|| (rows.to_owned(), 0));
        *asked += 1;
        let rows = if self.thaws && *asked % 2 == 0 { rows } else { first };
        Ok(format!("{taken}],{rows}").into_bytes().into())
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.inner.refuse(error)
    }
}

#[test]
fn a_stack_without_stamps_is_not_asked_which_version_it_holds() {
    let frozen = Frozen::stack(false);
    let outcome = with_and_without(frozen, CONTENDED, Capabilities { stamps: false, ..LESS }, "stale");
    assert!(!outcome.figures.contains_key("oracle.stale.row_ns"), "older than what is not known");
    assert!(
        outcome.violations.iter().any(|v| v.check == "divergent"),
        "that it differs is seen all the same"
    );
}

#[test]
fn sessions_that_are_not_promised_are_counted_and_not_judged() {
    let wavers = Frozen::stack(true);
    let checks = ["went-back", "own-write-vanished"];
    let (_, promised) = run(wavers.clone().promises(LESS), CONTENDED, &[]);
    let less = Capabilities { sessions: false, ..LESS };
    let (_, free) = run(wavers.promises(less), CONTENDED, &[]);
    for check in checks {
        assert!(promised.violations.iter().any(|v| v.check == check), "{check} would be found");
        assert!(free.violations.iter().all(|v| v.check != check));
        assert!(free.not_applicable.contains(&check), "{:?}", free.not_applicable);
        let metric = metric_of(check).expect("it is a check");
        assert_eq!(free.figures[metric], promised.figures[metric]);
    }
}

/// A device half that does not hear about events of its app.
struct Deaf(Rc<dyn SyncEngine>);

impl SyncEngine for Deaf {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        self.0.clone().run()
    }
    fn on(&self, _: AppEvent) {}
    fn edit(&self, edit: &LocalEdit) -> Saving {
        self.0.edit(edit)
    }
    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.0.trigger(unit, discard_pending);
    }
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        self.0.clone().sync(unit)
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        self.0.view()
    }
}

#[test]
fn a_stack_that_promises_no_promptness_may_leave_a_trigger_unanswered() {
    let (check, sets) = ("idle-with-work", ["unit.Notes.on=[\"login\", \"every 30m\"]"]);
    let deaf = around(|open, _, ports| Ok(Rc::new(Deaf(open(ports)?))));
    let (_, promised) = run(deaf.clone(), CALM, &sets);
    assert!(promised.violations.iter().any(|v| v.check == check), "{:?}", promised.violations);
    let (_, free) = run(deaf.promises(Capabilities { prompt: false, ..LESS }), CALM, &sets);
    assert!(free.violations.iter().all(|v| v.check != check));
    assert!(free.not_applicable.contains(&check), "{:?}", free.not_applicable);
    for metric in ["oracle.idle_with_work.count", "oracle.idle_with_work.ns"] {
        assert!(!free.figures.contains_key(metric), "no look is not a zero");
    }
}

#[test]
fn an_edit_that_no_backend_judged_is_lost_whatever_a_stack_promises() {
    struct Deaf(Box<dyn SyncServer>);
    impl SyncServer for Deaf {
        fn serve(
            &mut self,
            from: DeviceId,
            request: &[u8],
            record: &mut dyn SystemOfRecord,
        ) -> Result<Reply, ServerError> {
            let ask = String::from_utf8_lossy(request);
            let (pull, _) = ask.split_once("\"edits\":").ok_or(ServerError::Failed)?;
            self.0.serve(from, format!("{pull}\"edits\":[]}}").as_bytes(), record)
        }
        fn refuse(&self, error: &ServerError) -> Vec<u8> {
            self.0.refuse(error)
        }
    }
    let deaf = tiny()
        .server(|chosen, setup, ports| Box::new(Deaf(tiny_server(chosen, setup, ports))))
        .promises(Capabilities { merge: Merge::Drops, ..LESS });
    let (_, outcome) = run(deaf, CALM, &[]);
    assert!(outcome.violations.iter().any(|v| v.check == "lost-edit"), "{:?}", outcome.violations);
    assert!(!outcome.not_applicable.contains(&"lost-edit"), "what was found is no matter of promises");
}
