//! The bench with a third-party stack: `examples/tiny-stack`, which sees only the contract.

#[path = "../../examples/tiny-stack/stack/mod.rs"]
pub(crate) mod stack;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use syncdyno::analysis;
use syncdyno::contract::{
    CarriedRows, Choice, Database, DeviceId, DeviceSetup, DeviceView, EngineError, EngineFactory, EntityId,
    Incarnation, Node, Opened, OptionForm, Ports, Provision, Reply, ServerError, Stack, StackOption, Stamp,
    SyncServer, SystemOfRecord,
};
use syncdyno::oracle::{Step, Subject};
use syncdyno::record::Verdict;
use syncdyno::scenario::{self, Plan, Request};
use syncdyno::world::{self, Outcome, Stacks, Unwatched};

use crate::worlds;

pub(crate) const CALM: &str = "examples/tiny-stack/calm.toml";
pub(crate) const CONTENDED: &str = "examples/tiny-stack/contended.toml";

pub(crate) fn planned(stack: Stack, path: &str, sets: &[&str]) -> Result<Plan, String> {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let request = Request { sets, ..Request::default() };
    let stacks = Stacks::builtin().with(stack);
    worlds::plans_with(&stacks, &worlds::document(path), &request).map(|mut plans| plans.remove(0))
}

pub(crate) fn run(stack: Stack, path: &str, sets: &[&str]) -> (Plan, Outcome) {
    let plan = planned(stack.clone(), path, sets).unwrap_or_else(|why| panic!("{why}"));
    let outcome = world::run(&plan, &Stacks::builtin().with(stack), &Unwatched);
    (plan, outcome.unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_stack_of_ones_own_passes_where_nobody_contends() {
    let (plan, outcome) = run(stack::tiny(), CALM, &[]);
    let judged = analysis::judge(&plan, "calm", &outcome);
    assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()));
    let again = run(stack::tiny(), CALM, &[]).1;
    assert_eq!(outcome.digest, again.digest, "its world is as deterministic as ours");
}

#[test]
fn edits_that_a_stack_forgets_are_found() {
    let (plan, outcome) = run(stack::tiny(), CONTENDED, &[]);
    assert!(outcome.violations.iter().all(|v| v.check == "lost-edit"), "{:?}", outcome.violations);
    let judged = analysis::judge(&plan, "contended", &outcome);
    assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()), "it expects that");
    assert!(worlds::value(&outcome, "oracle.lost_edit.count") > 0);
}

#[test]
fn what_a_stack_does_not_do_is_neither_passed_nor_failed() {
    let (plan, outcome) = run(stack::tiny(), CONTENDED, &["expect.\"oracle.silent_discard.count\"=0"]);
    assert_eq!(outcome.not_applicable, ["silent-discard", "wrong-status"]);
    assert!(!outcome.figures.contains_key("oracle.silent_discard.count"), "no look is not a zero");
    let judged = analysis::judge(&plan, "contended", &outcome);
    assert_eq!(judged.cell.verdict, Verdict::Fail, "what cannot be told is not as expected");
    assert_eq!(judged.cell.not_applicable, ["silent-discard", "wrong-status"], "it is told");
}

#[test]
fn what_a_stack_does_not_know_is_refused_with_its_place() {
    let said = |sets: &[&str]| planned(stack::tiny(), CALM, sets).expect_err("this is wrong");
    for (set, names) in [
        ("engine.options.timeot=\"30s\"", ["`tiny`", "`timeot`", "`timeout`"]),
        ("engine.options.timeout=\"1ms\"", ["timeout", "1s", "10m"]),
        ("engine.pull.chunk_rows=5", ["`tiny`", "`engine.pull`", "--set"]),
        ("gateway.mode=\"ota\"", ["`tiny`", "`gateway.mode`", "--set"]),
        (
            "event.k={ at = \"+1m\", kill = { point = \"pull.answer-received\" } }",
            ["`pull.answer-received`", "kill", "--set"],
        ),
    ] {
        let said = said(&[set]);
        assert!(names.iter().all(|name| said.contains(name)), "{said}");
    }
}

#[test]
fn the_example_sees_the_contract_alone() {
    for part in ["mod", "phone", "server"] {
        let path = format!("examples/tiny-stack/stack/{part}.rs");
        let code = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
        let rooms = code.matches("syncdyno::").count();
        assert_eq!(rooms, code.matches("use syncdyno::contract::{").count(), "{part} sees more");
    }
}

#[test]
fn options_of_a_stack_are_typed_in_the_schema() {
    let path = "/properties/engine/properties/options";
    let described = |stacks: &Stacks| {
        let schema = scenario::schema_json(&stacks.described());
        let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
        schema.pointer(path).cloned().expect("there are options")
    };
    let ours = described(&Stacks::builtin());
    assert!(ours["properties"].as_object().is_some_and(serde_json::Map::is_empty), "{ours}");
    let with = described(&Stacks::builtin().with(stack::tiny()));
    let timeout = &with["properties"]["timeout"];
    assert_eq!((&timeout["type"], &timeout["default"]), (&"string".into(), &"1m".into()), "{timeout}");
    assert!(
        timeout["description"].as_str().is_some_and(|about| about.contains("1s") && about.contains("10m"))
    );
    assert_eq!(with["additionalProperties"], false, "another key is marked in an editor");
}

#[test]
fn a_life_tells_which_rows_a_brought_server_sent() {
    let plan = planned(stack::tiny(), CALM, &["duration=\"25m\""]).expect("it is sound");
    let stacks = Stacks::builtin().with(stack::tiny());
    let note = EntityId(0);
    let key = world::keys(&plan, note).expect("there are rows").remove(0);
    let subject = Subject { record: (note, key), side: None, found: None };
    let (_, lives) = world::run_recording(&plan, &stacks, &Unwatched, &[subject]).expect("it can be run");
    let left = |step: &&Step| step.node == Node::Gateway && matches!(step.to, Some(Node::Device(_)));
    assert!(lives[0].steps.iter().filter(left).count() > 6, "{:?}", lives[0].lines);
}

#[test]
fn a_stack_that_nothing_answers_is_refused() {
    let half = Stack::new("tiny", |chosen| (stack::tiny().engine)(chosen));
    let said = planned(half, CALM, &[]).expect_err("nothing answers");
    assert!(said.contains("`tiny`") && said.contains("calm.toml:"), "{said}");
}

#[test]
fn the_code_on_the_page_is_that_of_the_example() {
    let read = |path: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the file is there")
    };
    let page = read("docs/own-engine.md");
    let example = read("examples/tiny-stack/main.rs")
        + &read("examples/tiny-stack/stack/mod.rs")
        + &read("tests/it/bench.rs")
        + &read("tests/it/combines.rs");
    let blocks: Vec<&str> = page.split("```rust,ignore\n").skip(1).collect();
    assert_eq!(blocks.len(), 4, "the stack, the main, a test and a rule");
    for block in blocks {
        let code = block.split("```").next().unwrap_or_default();
        assert!(example.contains(code), "the example does not have:\n{code}");
    }
}

#[test]
fn a_cell_of_a_brought_stack_runs_again_from_its_file() {
    let (plan, outcome) = run(stack::tiny(), CONTENDED, &[]);
    let file = scenario::Document::parse("again.toml", &plan.source.resolved).expect("it is a scenario");
    let stacks = Stacks::builtin().with(stack::tiny());
    let again = worlds::plans_with(&stacks, &file, &Request::default()).unwrap_or_else(|why| panic!("{why}"));
    let again = world::run(&again[0], &stacks, &Unwatched).expect("it can be run");
    assert_eq!(again.digest, outcome.digest);
    assert!(plan.source.resolved.contains("timeout"), "what was chosen of it is in the file");
}

#[test]
fn a_file_that_an_option_names_is_read_and_told_by_its_hash() {
    let read = Arc::new(Mutex::new(Vec::new()));
    let (seen, inner) = (read.clone(), stack::tiny().engine);
    let code = StackOption::new("code", OptionForm::File, Choice::File(None), "What runs there.");
    let stack = stack::tiny().option(code).engine(move |chosen| {
        seen.lock().expect("nobody panics").push(chosen.file("code").map(|file| file.bytes.to_vec()));
        inner(chosen)
    });
    let file = tempfile::NamedTempFile::new().expect("there is room");
    let set = format!("engine.options.code={:?}", file.path());
    let plan = |bytes: &[u8]| {
        fs::write(file.path(), bytes).expect("it can be written");
        run(stack.clone(), CALM, &[&set, "expect={}"]).0
    };
    let (one, other, again) = (plan(b"one\0"), plan(b"two"), plan(b"one\0"));
    assert_eq!(
        read.lock().expect("nobody panics").as_slice(),
        [b"one\0", &b"two"[..], b"one\0"].map(|bytes| Some(bytes.to_vec()))
    );
    assert_eq!(
        (one.source.digest == again.source.digest, one.source.digest == other.source.digest),
        (true, false)
    );
    let told = one
        .source
        .notes
        .iter()
        .any(|note| note.contains("4 bytes, ") && note.contains("engine.options.code"));
    assert!(told, "{:?}", one.source.notes);
    assert!(planned(stack.clone(), CALM, &[]).expect("it may be left out").source.notes.is_empty());
    let wrong = planned(stack, CALM, &["engine.options.code=\"no-such.js\""]).expect_err("it is not there");
    assert!(wrong.contains("engine.options.code") && wrong.contains("no-such.js"), "{wrong}");
}

/// Opens an engine of `tiny` with these ports.
pub(crate) type Opens<'o> = &'o dyn Fn(Ports) -> Opened;

struct Around<F>(Rc<dyn EngineFactory>, F);

impl<F: Fn(Opens<'_>, Rc<DeviceSetup>, Ports) -> Opened> EngineFactory for Around<F> {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        let open = |ports| self.0.open(setup.clone(), life, at.clone(), ports);
        (self.1)(&open, setup.clone(), ports)
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

/// The tiny stack with a wrapper around each of its engines.
pub(crate) fn around(
    wrap: impl Fn(Opens<'_>, Rc<DeviceSetup>, Ports) -> Opened + Clone + Send + Sync + 'static,
) -> Stack {
    let inner = stack::tiny().engine;
    stack::tiny().engine(move |chosen| Rc::new(Around(inner(chosen), wrap.clone())))
}

thread_local! {
    /// Whose databases were provided, and whose were opened.
    static MET: RefCell<[BTreeSet<DeviceId>; 2]> = RefCell::default();
}

/// Records for which setup it is asked.
struct Meets(Rc<dyn EngineFactory>);

impl EngineFactory for Meets {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        MET.with_borrow_mut(|met| met[1].insert(setup.device));
        self.0.open(setup, life, at, ports)
    }
    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        MET.with_borrow_mut(|met| met[0].insert(setup.device));
        self.0.provision(setup, at, state)
    }
}

#[test]
fn what_is_a_phones_own_is_made_as_it_opens() {
    let inner = stack::tiny().engine;
    let stack = stack::tiny().engine(move |chosen| Rc::new(Meets(inner(chosen))));
    for start in ["empty", "1d"] {
        run(stack.clone(), CALM, &[&format!("fleet.phones.start={start:?}"), "expect={}"]);
        let [provided, opened] = MET.take();
        assert_eq!((provided.len(), opened.len()), (1, 6), "phones of one kind begin with copies of one");
    }
}

/// The server half of `tiny` with its own cursors, which its phones start with.
struct OwnCursors(Box<dyn SyncServer>);

thread_local! {
    static BEGUN: RefCell<BTreeMap<DeviceId, u64>> = RefCell::default();
    static CURSORS: RefCell<BTreeSet<String>> = RefCell::default();
}

impl SyncServer for OwnCursors {
    fn serve(
        &mut self,
        of: DeviceId,
        ask: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        assert!(BEGUN.with_borrow(|begun| begun.contains_key(&of)), "it was not announced");
        self.0.serve(of, ask, record)
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.0.refuse(error)
    }
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        format!("mine-{}-{}", entity.0, stamp.0)
    }
    fn begin_with(&mut self, device: DeviceId, _: Stamp, rows: &mut CarriedRows<'_>) {
        let mut count = 0;
        rows(&mut |_| count += 1);
        BEGUN.with_borrow_mut(|begun| begun.insert(device, count));
    }
}

/// The phone half, which records the cursors that it gets before the start.
struct NotesCursors(Rc<dyn EngineFactory>);

impl EngineFactory for NotesCursors {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        self.0.open(setup, life, at, ports)
    }
    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        CURSORS.with_borrow_mut(|seen| seen.extend(state.map(|state| state.cursor(EntityId(0)))));
        self.0.provision(setup, at, state)
    }
}

#[test]
fn phones_that_start_synced_get_the_servers_own_cursors() {
    let (engine, server) = (stack::tiny().engine, stack::tiny().server.expect("it has one"));
    let stack = stack::tiny()
        .engine(move |chosen| Rc::new(NotesCursors(engine(chosen))))
        .server(move |chosen, setup, ports| Box::new(OwnCursors(server(chosen, setup, ports))));
    let (plan, outcome) = run(stack, CALM, &["fleet.phones.start=\"1d\""]);
    let judged = analysis::judge(&plan, "calm", &outcome);
    assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()));
    let begun = BEGUN.with_borrow(|begun| begun.values().copied().collect::<Vec<_>>());
    assert!(
        begun.len() == plan.fleets.iter().map(|fleet| fleet.devices as usize).sum::<usize>(),
        "{begun:?}"
    );
    assert!(begun.iter().all(|rows| *rows > 0), "{begun:?}");
    CURSORS.with_borrow(|seen| assert!(seen.iter().any(|cursor| cursor.starts_with("mine-0-")), "{seen:?}"));
}
