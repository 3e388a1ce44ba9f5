//! `examples/tiny-live`: a stack with a standing connection, whose server pushes rows, with kills
//! at every place.

#[path = "../../examples/tiny-live/stack.rs"]
mod stack;

use std::rc::Rc;

use syncdyno::analysis;
use syncdyno::contract::{
    Database, DeviceId, DeviceSetup, DeviceView, EditError, EngineError, EngineEvent, EngineFactory,
    EntityId, EventSink, Incarnation, LocalBoxFuture, LocalEdit, Node, Opened, Ports, Provision, Saving,
    Span, Stack, SyncEngine, UnitId,
};
use syncdyno::oracle::{Step, Subject};
use syncdyno::record::Verdict;
use syncdyno::scenario::Plan;
use syncdyno::world::{self, Outcome, Places, Stacks, Strike, Unwatched};

use crate::tiny_stack::{planned, run};
use crate::worlds::{self, figure, trouble, value};
use stack::live;

const CALM: &str = "examples/tiny-live/calm.toml";
const CONTENDED: &str = "examples/tiny-live/contended.toml";
const KILLS: &str = "examples/tiny-live/kills.toml";
const SHORT: &str = "tests/it/worlds/live.toml";
const STRUCK: DeviceId = DeviceId(0);

#[test]
fn its_scenarios_pass_twice_alike() {
    for path in [CALM, CONTENDED, KILLS] {
        let (plan, outcome) = run(live(), path, &[]);
        let judged = analysis::judge(&plan, "live", &outcome);
        assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()), "{path}");
        assert_eq!(outcome.digest, run(live(), path, &[]).1.digest, "{path}");
    }
}

#[test]
fn phones_that_start_synced_ask_for_what_came_after_that() {
    let (_, outcome) = run(live(), CALM, &["fleet.phones.start=\"1d\""]);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    let down = |outcome: &Outcome| value(outcome, "net.down.bytes");
    let (_, empty) = run(live(), CALM, &[]);
    assert!(down(&outcome) < down(&empty), "{} and {}", down(&outcome), down(&empty));
}

#[test]
fn phones_whose_connections_are_forgotten_come_to_rest() {
    for seed in 1..=4 {
        let mut plan = planned(live(), CALM, &["link.lte-poor.idle_cut=\"20s\""]).expect("it is sound");
        plan.seed = syncdyno::contract::Seed(seed);
        let outcome = world::run(&plan, &Stacks::builtin().with(live()), &Unwatched).expect("it can be run");
        assert_eq!(trouble(&outcome), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_long_answer_over_a_slow_link_is_waited_for() {
    let (_, outcome) = run(live(), SHORT, &["fleet.phones.link=\"edge\"", "entity.task.rows=8000"]);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    let down = value(&outcome, "net.down.bytes");
    assert!((1_500_000..4_500_000).contains(&down), "{down} bytes: once to each, or once more");
}

/// A slow backend, so that news of others comes between request and response; and dead lines.
#[test]
fn a_question_that_got_lost_is_missed_though_news_come() {
    let dead = |n: u32| format!("event.dead{n}={{ at=\"+{}m\", half_open={{}} }}", 4 * n);
    let mut sets = vec!["backend.fixed_cost=\"8s\"".to_owned(), "backend.write_fixed_cost=\"8s\"".to_owned()];
    sets.extend((1..=12).map(dead));
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let (_, outcome) = run(live(), CONTENDED, &sets);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

#[test]
fn rows_are_pushed_within_seconds_of_their_commit() {
    let (_, outcome) = run(live(), CALM, &[]);
    let seen = Span(figure(&outcome, "engine.write_visible.duration", "p50"));
    assert!(seen < Span::secs(3), "{seen}");
    let (_, contended) = run(live(), CONTENDED, &[]);
    let seen = Span(figure(&contended, "engine.commit_visible.duration", "p50"));
    assert!(seen < Span::secs(3), "of the office, too: {seen}");
    let (up, down) = (value(&outcome, "net.messages.up"), value(&outcome, "net.messages.down"));
    assert!(down > up, "{down} down, {up} up: not only answers");
}

/// Hides which conflicts an edit met.
struct Mute(Rc<dyn EventSink>);

impl EventSink for Mute {
    fn emit(&self, event: EngineEvent<'_>) {
        if !matches!(event, EngineEvent::ConflictDecided { .. }) {
            self.0.emit(event);
        }
    }
}

#[test]
fn what_gives_way_is_told_and_nothing_else_does() {
    let sets = ["workload.contention.deletes=\"20%\"", "entity.note.rows=120", "expect={}"];
    let (_, outcome) = run(live(), CONTENDED, &sets);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    let of = |metric| value(&outcome, metric);
    let [won, gave_way] = ["engine.conflicts.local_won", "engine.conflicts.remote_won"].map(of);
    assert!(won > 0 && gave_way > 0, "{won} won, {gave_way} gave way");
    assert_eq!(of("oracle.conflicts.false"), 0, "no version of its own is a conflict");
    let mute = |open: &dyn Fn(Ports) -> Opened, mut ports: Ports| {
        ports.events = Rc::new(Mute(ports.events));
        open(ports)
    };
    let (_, outcome) = run(around(mute), CONTENDED, &sets);
    assert!(outcome.violations.iter().any(|found| found.check == "lost-edit"), "{:?}", outcome.violations);
}

#[test]
fn messages_go_to_a_backend_that_is_far_away_and_fails() {
    let sets = [
        "gateway.backend_link={rtt=\"300ms\"}",
        "event.cut={at=\"+25m\",backend_link_outage={for=\"1m\",mode=\"reset\"}}",
        "event.gap={at=\"+35m\",backend_link_outage={for=\"1m\",mode=\"drop\"}}",
        "backend.errors=\"5%\"",
    ];
    for path in [CONTENDED, KILLS] {
        let (_, outcome) = run(live(), path, &sets);
        assert_eq!(trouble(&outcome), Vec::<String>::new(), "{path}");
        let opened = |outcome: &Outcome| value(outcome, "net.held.count");
        let (_, calm) = run(live(), path, &[]);
        assert!(opened(&outcome) > opened(&calm), "{path}: who was refused begins again");
        assert_eq!(outcome.digest, run(live(), path, &sets).1.digest, "{path}");
    }
    let visible = |sets| figure(&run(live(), CONTENDED, sets).1, "engine.write_visible.duration", "p50");
    assert!(visible(&sets[..1]) > visible(&[]), "the way is longer");
}

#[test]
fn a_life_tells_which_rows_were_pushed() {
    let plan = planned(live(), CALM, &["duration=\"25m\"", "event.hotel.at=\"+10m\""]).expect("it is sound");
    let stacks = Stacks::builtin().with(live());
    let note = EntityId(0);
    let key = world::keys(&plan, note).expect("there are rows").remove(0);
    let subject = Subject { record: (note, key), side: None, found: None };
    let (recorded, lives) =
        world::run_recording(&plan, &stacks, &Unwatched, &[subject]).expect("it can be run");
    let left = |step: &&Step| step.node == Node::Gateway && matches!(step.to, Some(Node::Device(_)));
    assert_eq!(lives[0].steps.iter().filter(left).count(), 6, "once to each: {:?}", lives[0].lines);
    let unseen = world::run(&plan, &stacks, &Unwatched).expect("it can be run");
    assert_eq!(recorded.digest, unseen.digest, "who looks changes nothing");
}

fn probed(plan: &Plan, stack: &Stack) -> Places {
    let stacks = Stacks::builtin().with(stack.clone());
    let probed = world::run_probing(plan, &stacks, &Unwatched, STRUCK);
    let (outcome, places) = probed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    places
}

fn struck(plan: &Plan, stack: &Stack, strike: &Strike) -> Outcome {
    let stacks = Stacks::builtin().with(stack.clone());
    let outcome = world::run_struck(plan, &stacks, &Unwatched, strike);
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// Runs the world twice for each strike, or for one in three; returns the number of strikes.
fn nothing_is_lost(plan: &Plan, strikes: &[Strike], kills: &str) -> usize {
    let (stack, mut wrong, stride) = (live(), Vec::new(), if worlds::every_place() { 1 } else { 3 });
    let strikes: Vec<&Strike> = strikes.iter().step_by(stride).collect();
    for strike in &strikes {
        let outcome = struck(plan, &stack, strike);
        if value(&outcome, kills) != 1 {
            wrong.push(format!("{strike:?} did not fire"));
        }
        if struck(plan, &stack, strike).digest != outcome.digest {
            wrong.push(format!("{strike:?} gives another digest the second time"));
        }
        wrong.extend(trouble(&outcome).iter().map(|text| format!("{strike:?}: {text}")));
    }
    assert!(wrong.is_empty(), "{} of {} worlds:\n{}", wrong.len(), strikes.len(), wrong.join("\n"));
    strikes.len() * stride
}

fn passings(of: &std::collections::BTreeMap<String, u64>) -> impl Iterator<Item = (String, u32)> + '_ {
    of.iter().flat_map(|(point, n)| (1..=*n as u32).map(move |nth| (point.clone(), nth)))
}

fn of_phone(places: &Places) -> [Vec<Strike>; 2] {
    let device = STRUCK;
    let polls = (1..=places.polls).map(|polls| Strike::AfterPoll { device, polls });
    let points = passings(&places.points).map(|(point, nth)| Strike::AtPoint { device, point, nth });
    [polls.collect(), points.collect()]
}

#[test]
fn a_kill_of_a_phone_at_any_poll_or_point_loses_nothing() {
    let plan = planned(live(), SHORT, &[]).expect("it is sound");
    let places = probed(&plan, &live());
    assert_eq!(places.points.keys().collect::<Vec<_>>(), ["live.applied", "live.asks", "live.received"]);
    let [polls, points] = of_phone(&places);
    assert!(nothing_is_lost(&plan, &polls, "device.kills.count") > 60);
    assert!(nothing_is_lost(&plan, &points, "device.kills.count") > 20);
}

/// A far backend, so that the server is also killed while it waits for it.
#[test]
fn a_kill_of_its_server_at_any_poll_or_point_loses_nothing() {
    let plan = planned(live(), SHORT, &["gateway.backend_link={rtt=\"100ms\"}"]).expect("it is sound");
    let (polls, points) = probed(&plan, &live()).gateway;
    assert_eq!(points.keys().collect::<Vec<_>>(), ["live.before-look", "live.before-push", "live.written"]);
    let polls: Vec<Strike> = (1..=polls).map(|polls| Strike::GatewayAfterPoll { polls }).collect();
    let points: Vec<Strike> =
        passings(&points).map(|(point, nth)| Strike::GatewayAtPoint { point, nth }).collect();
    assert!(polls.len() > 50 && points.len() > 60, "{} polls, {} points", polls.len(), points.len());
    nothing_is_lost(&plan, &polls, "gateway.kills.count");
    nothing_is_lost(&plan, &points, "gateway.kills.count");
}

/// Reports that an edit is saved a moment before it is.
struct Hasty(Rc<dyn SyncEngine>, Ports);

impl SyncEngine for Hasty {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        self.0.clone().run()
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let (inner, ports, edit) = (self.0.clone(), self.1.clone(), edit.clone());
        self.1.spawn.spawn(Box::pin(async move {
            ports.sleep(Span::millis(200)).await;
            assert!(matches!(inner.edit(&edit), Saving::Now(Ok(()) | Err(EditError::NoSuchRow))));
        }));
        Saving::Now(Ok(()))
    }
    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.0.trigger(unit, discard_pending);
    }
    fn is_caught_up(&self) -> Option<bool> {
        self.0.is_caught_up()
    }
}

/// Makes its connection ask again and again, or does nothing at all.
struct Restless(Rc<dyn SyncEngine>, Ports, bool);

impl SyncEngine for Restless {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        let inner = self.0.clone();
        if !self.2 {
            return Box::pin(std::future::pending());
        }
        self.1.every(Span::millis(100), move || inner.trigger(UnitId(0), false));
        self.0.clone().run()
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        self.0.edit(edit)
    }
    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.0.trigger(unit, discard_pending);
    }
    fn is_caught_up(&self) -> Option<bool> {
        self.0.is_caught_up()
    }
}

#[test]
fn a_live_engine_that_loops_or_stops_is_found() {
    let loops = around(|open, ports| Ok(Rc::new(Restless(open(ports.clone())?, ports, true))));
    let stops = around(|open, ports| Ok(Rc::new(Restless(open(ports.clone())?, ports, false))));
    let of = |stack: Stack| {
        let (_, outcome) = run(stack, SHORT, &["drain=\"5m\""]);
        ["oracle.request_storm.devices", "oracle.idle_with_work.count"].map(|of| value(&outcome, of))
    };
    assert_eq!(of(live()), [0, 0]);
    assert_eq!(of(loops), [2, 0]);
    let [storms, idle] = of(stops);
    assert!(storms == 0 && idle >= 2, "{storms} storms, {idle} times idle");
}

type Opens = fn(&dyn Fn(Ports) -> Opened, Ports) -> Opened;

/// Opens each engine in another way.
struct Around(Rc<dyn EngineFactory>, Opens);

impl EngineFactory for Around {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        let open = |ports| self.0.open(setup.clone(), life, at.clone(), ports);
        (self.1)(&open, ports)
    }
    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        self.0.provision(setup, at, state)
    }
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        self.0.view_of(setup, copy)
    }
}

fn around(opens: Opens) -> Stack {
    let inner = live().engine;
    live().engine(move |chosen| Rc::new(Around(inner(chosen), opens)))
}

#[test]
fn a_kill_at_some_poll_loses_an_edit_that_is_saved_too_late() {
    let hasty = around(|open, ports| Ok(Rc::new(Hasty(open(ports.clone())?, ports))));
    let plan = planned(hasty.clone(), SHORT, &[]).expect("it is sound");
    let places = {
        let stacks = Stacks::builtin().with(hasty.clone());
        world::run_probing(&plan, &stacks, &Unwatched, STRUCK).expect("it can be run").1
    };
    let [polls, _] = of_phone(&places);
    let lost = |strike: &&Strike| {
        struck(&plan, &hasty, strike).violations.iter().any(|found| found.check == "lost-edit")
    };
    let lost = polls.iter().filter(lost).count();
    assert!(lost > 0, "at none of {} polls", polls.len());
}
