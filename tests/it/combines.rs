//! Stacks that merge concurrent changes: the tiny stack with a counter that phones increment.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use syncdyno::contract::{
    AppEvent, Capabilities, Column, Combine, DeviceId, DeviceView, EachChange, EditId, EditKind, Entity,
    EntityId, Key, LocalBoxFuture, LocalEdit, Merge, Mutation, Outcome, Refusal, Reply, Row, Saving, Schema,
    ServerError, Stack, Stamp, SyncEngine, SyncError, SyncServer, SystemOfRecord, UnitId, Value,
};
use syncdyno::world::Outcome as Ended;

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CONTENDED, around, run};
use crate::worlds::{trouble, value};

/// The column of the counter, in the backend and on the phone.
const COUNT: usize = 0;

thread_local! {
    /// What each app showed as an edit was made: a phone would send it beside the edit.
    static SAW: RefCell<BTreeMap<EditId, i64>> = RefCell::default();
}

fn number(value: &Value) -> i64 {
    if let Value::Int(number) = value { *number } else { 0 }
}

/// A phone that records what its app shows when an edit is made.
struct Notes(Rc<dyn SyncEngine>);

impl SyncEngine for Notes {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        self.0.clone().run()
    }
    fn on(&self, event: AppEvent) {
        self.0.on(event);
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let mut saw = 0;
        self.0.view().expect("it has one").rows(edit.entity, &mut |key, _, values| {
            if key == edit.key.as_str() {
                saw = number(&values[COUNT].to_value());
            }
        });
        SAW.with_borrow_mut(|all| all.insert(edit.id, saw));
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

/// How a server applies increments.
#[derive(Clone, Copy, PartialEq)]
enum Adds {
    /// It adds each to the current value.
    Each,
    /// It adds all increments of a row in a request in one commit, and says whose they are, or not.
    AtOnce { says_so: bool },
    /// It adds four of five, and responds to the fifth as if it had added it.
    FourOfFive,
    /// It takes the sum of the phone, whatever the current value is.
    Nothing,
}

struct Counting {
    inner: Box<dyn SyncServer>,
    adds: Adds,
}

impl SyncServer for Counting {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.inner.serve(from, request, &mut Sum { record, adds: self.adds })
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.inner.refuse(error)
    }
}

/// The record as the tiny server sees it; it merges what is written.
struct Sum<'r> {
    record: &'r mut dyn SystemOfRecord,
    adds: Adds,
}

impl Sum<'_> {
    fn now(&mut self, of: &Mutation) -> (Stamp, i64) {
        let row = self.record.get(of.entity, &of.key).expect("nobody deletes");
        (row.stamp, number(&row.values.expect("it is there")[COUNT]))
    }
    fn put(&mut self, attributes: &[Value], of: &Mutation, (base, sum): (Stamp, i64)) -> Outcome {
        let of = Mutation { base: Some(base), values: vec![(COUNT, Value::Int(sum))], ..of.clone() };
        self.record.write(attributes, &[of]).remove(0)
    }
    fn add(&mut self, attributes: &[Value], of: &Mutation) -> Outcome {
        let (stamp, now) = self.now(of);
        if self.adds == Adds::FourOfFive && of.edit.number.is_multiple_of(5) {
            return Outcome::Applied { stamp };
        }
        let sum = if self.adds == Adds::Nothing { number(&of.values[0].1) } else { now + delta(of) };
        self.put(attributes, of, (stamp, sum))
    }
    /// Applies all edits of a row with the first of them.
    fn add_at_once(&mut self, attributes: &[Value], all: &[Mutation]) -> Vec<Outcome> {
        let mut rows: BTreeMap<(EntityId, Key), Vec<&Mutation>> = BTreeMap::new();
        all.iter().for_each(|of| rows.entry((of.entity, of.key.clone())).or_default().push(of));
        let mut stamps = BTreeMap::new();
        for edits in rows.values() {
            let (base, now) = self.now(edits[0]);
            let others: Vec<EditId> = edits[1..].iter().map(|of| of.edit).collect();
            if self.adds == (Adds::AtOnce { says_so: true }) {
                self.record.carries(edits[0].edit, &others);
            }
            let sum = now + edits.iter().map(|of| delta(of)).sum::<i64>();
            let done = self.put(attributes, edits[0], (base, sum));
            stamps.extend(edits.iter().map(|of| (of.edit, done.clone())));
        }
        all.iter().map(|of| stamps[&of.edit].clone()).collect()
    }
}

fn delta(of: &Mutation) -> i64 {
    number(&of.values[0].1) - SAW.with_borrow(|saw| saw[&of.edit])
}

impl SystemOfRecord for Sum<'_> {
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
        f: &mut EachChange<'_>,
    ) -> Result<(), ServerError> {
        self.record.changes(entity, attributes, since, f)
    }
    fn get(&mut self, entity: EntityId, key: &Key) -> Option<Row> {
        self.record.get(entity, key)
    }
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        assert!(mutations.iter().all(|of| of.kind == EditKind::Update && of.values.len() == 1));
        match self.adds {
            Adds::AtOnce { .. } => self.add_at_once(attributes, mutations),
            _ => mutations.iter().map(|of| self.add(attributes, of)).collect(),
        }
    }
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>) {
        self.record.refused(edit, conflict);
    }
    fn carries(&mut self, by: EditId, others: &[EditId]) {
        self.record.carries(by, others);
    }
}

fn rule(entity: &Entity, column: &Column) -> Option<Combine> {
    (entity.name == "note" && column.name == "count").then_some(Combine::Counter)
}

/// Only phones increment a counter, offline for a while, so that several edits are sent at once.
fn counted(adds: Adds, merge: Merge) -> Ended {
    let inner = tiny().server.expect("it has one");
    let promised = Capabilities { merge, logs: false, status: false, ..Capabilities::ALL };
    let stack: Stack = around(|open, _, ports| Ok(Rc::new(Notes(open(ports)?))))
        .promises(promised)
        .combines(rule)
        .server(move |chosen, setup, ports| Box::new(Counting { inner: inner(chosen, setup, ports), adds }));
    let sets = [
        "entity.note.schema={ id = \"uuid key\", count = \"int 0..100\" }",
        "entity.note.rows=4",
        "action.tick-off.columns=[\"count\"]",
        "action.tick-off.on_devices=1.0",
        "event.tunnel={ at = \"+10m\", outage = { for = \"10m\" } }",
        "chaos.kill_mtbf=\"20m\"",
        "expect={}",
    ];
    run(stack, CONTENDED, &sets).1
}

fn found(outcome: &Ended) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    outcome.violations.iter().for_each(|v| *found.entry(v.check).or_default() += 1);
    found
}

#[test]
fn a_counter_that_adds_what_all_phones_add_is_right() {
    let outcome = counted(Adds::Each, Merge::Combines);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    assert!(value(&outcome, "workload.edits.made") > 100);
    assert!(value(&outcome, "device.kills.count") > 5);
    assert_eq!(value(&outcome, "oracle.overwritten.columns"), 0, "nobody's value is replaced");
}

#[test]
fn a_server_that_drops_an_increment_is_found() {
    let found = found(&counted(Adds::FourOfFive, Merge::Combines));
    assert!(found["lost-edit"] > 0 && found["acknowledged-without-commit"] > 0, "{found:?}");
}

#[test]
fn a_server_that_takes_one_phones_sum_is_found() {
    let outcome = counted(Adds::Nothing, Merge::Combines);
    let said = outcome.violations.iter().find(|v| v.check == "unasked-commit").expect("it is found");
    assert!(said.text.contains("the sum is"), "{}", said.text);
}

#[test]
fn a_sum_that_no_promise_explains_is_unasked_for() {
    let outcome = counted(Adds::Each, Merge::Converges);
    let found = found(&outcome);
    assert!(found["unasked-commit"] > 0, "{found:?}");
}

#[test]
fn a_commit_may_carry_several_edits_if_its_server_says_so() {
    let told = counted(Adds::AtOnce { says_so: true }, Merge::Combines);
    assert_eq!(trouble(&told), Vec::<String>::new());
    let silent = found(&counted(Adds::AtOnce { says_so: false }, Merge::Combines));
    assert!(silent["unasked-commit"] > 0 && silent["lost-edit"] > 0, "{silent:?}");
}
