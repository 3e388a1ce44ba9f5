//! Properties of changesets, and violations that the bench finds in a server with one defect.

use std::sync::Arc;

use syncdyno::Bench;
use syncdyno::contract::{
    Column, ColumnKind, DeviceId, Entity, EntityId, Key, Reply, Schema, ServerError, Stack, Stamp,
    SyncServer, SystemOfRecord, Value,
};
use syncdyno::rusqlite::Connection;

use super::frame::Answer;
use super::raw::{self, Changed, Choice, Met};
use super::stack;
use super::tables::{Tables, Version};

const TASK: EntityId = EntityId(0);

/// A database with a table of tasks.
struct Side {
    database: Connection,
    tables: Tables,
}

impl Side {
    fn new() -> Side {
        let kinds = [("count", ColumnKind::Int), ("size", ColumnKind::Real), ("title", ColumnKind::Text)];
        let columns = kinds.map(|(name, kind)| Column::new(name, kind)).to_vec();
        let schema = Schema { entities: vec![Entity::new("task", columns)], ..Schema::default() };
        let tables = Tables::new(&Arc::new(schema));
        let database = Connection::open_in_memory().expect("there is memory");
        database.execute_batch(&tables.layout()).expect("it is SQL");
        Side { database, tables }
    }
    fn get(&self, key: &str) -> Option<Version> {
        self.tables.get(&self.database, TASK, &Key::new(key)).expect("it can be read")
    }
    fn record(&self, work: impl FnOnce() -> syncdyno::rusqlite::Result<()>) -> Vec<u8> {
        raw::record(&self.database, self.tables.names(), work).expect("it can be written").1
    }
    fn insert(&self, key: &str, values: &[Value]) -> Vec<u8> {
        self.record(|| self.tables.insert(&self.database, (TASK, &Key::new(key)), Stamp(7), values))
    }
    fn set(&self, key: &str, place: usize, value: &Value) -> Vec<u8> {
        let one = [(place, value)].into_iter();
        self.record(|| self.tables.update(&self.database, (TASK, &Key::new(key)), one))
    }
    fn delete(&self, key: &str) -> Vec<u8> {
        self.record(|| self.tables.delete(&self.database, TASK, &Key::new(key)))
    }
    /// Applies a changeset. Returns the conflicts.
    fn apply(&self, changes: &[u8], choice: Choice) -> Result<Vec<Met>, syncdyno::rusqlite::Error> {
        let mut met = Vec::new();
        raw::apply(&self.database, changes, |what| {
            met.push(what);
            choice
        })?;
        Ok(met)
    }
}

fn whole(count: i64) -> Vec<Value> {
    vec![Value::Int(count), Value::Real(2.0), Value::text("é\n")]
}

#[test]
fn changesets_are_joined_applied_and_taken_back() {
    let [one, other] = [Side::new(), Side::new()];
    let [a, b] = ["a", "b"].map(|key| one.insert(key, &whole(1)));
    let changed = |key: &str, gone| Changed { table: "row_task".to_owned(), key: Key::new(key), gone };
    assert_eq!(raw::changed(&a).expect("it is one"), [changed("a", false)]);
    let all = [a, b, one.set("a", 0, &Value::Int(5)), one.delete("b")];
    assert!(one.set("a", 0, &Value::Int(5)).is_empty(), "it says so already");
    let joined = raw::join(all.iter().cloned()).expect("they are changesets");
    assert_eq!(raw::changed(&joined).expect("it is one"), [changed("a", false)], "nothing is left of `b`");
    assert_eq!(other.apply(&joined, Choice::Abort).expect("nothing is met"), []);
    assert_eq!(other.get("a"), Some((Stamp(7), whole(5))));
    for changes in all.iter().rev() {
        let back = raw::invert(changes).expect("it is a changeset");
        assert_eq!(one.apply(&back, Choice::Abort).expect("nothing is met"), []);
    }
    assert_eq!((one.get("a"), one.get("b")), (None, None));
    assert!(raw::changed(&[1, 2, 3]).is_err() && other.apply(&[9; 40], Choice::Omit).is_err(), "garbage");
    assert_eq!(other.get("a"), Some((Stamp(7), whole(5))));
}

#[test]
fn a_handler_decides_of_what_a_changeset_meets() {
    let sides = || {
        let [one, other] = [Side::new(), Side::new()];
        one.insert("a", &whole(1));
        other.insert("a", &whole(1));
        other.set("a", 0, &Value::Int(6));
        (one, other)
    };
    for (choice, count) in [(Choice::Replace, 5), (Choice::Omit, 6)] {
        let (one, other) = sides();
        assert_eq!(other.apply(&one.set("a", 0, &Value::Int(5)), choice).expect("it goes on"), [Met::Other]);
        assert_eq!(other.get("a"), Some((Stamp(7), whole(count))), "{choice:?}");
        let set = one.set("a", 2, &Value::text("b"));
        assert_eq!(other.apply(&set, choice).expect("nothing is met"), [], "it is another column");
        let (deleting, met) = sides();
        assert_eq!(met.apply(&deleting.delete("a"), choice).expect("it goes on"), [Met::Other]);
        assert_eq!(met.get("a").is_none(), choice == Choice::Replace);
        other.delete("a");
        let set = one.set("a", 2, &Value::text("c"));
        assert_eq!(
            (other.apply(&set, choice).expect("it goes on"), other.get("a")),
            (vec![Met::Nothing], None)
        );
    }
    let (one, other) = sides();
    assert!(other.apply(&one.set("a", 0, &Value::Int(5)), Choice::Abort).is_err());
    assert_eq!(other.get("a"), Some((Stamp(7), whole(6))));
    assert_eq!(other.apply(&one.delete("a"), Choice::Omit).expect("it goes on"), [Met::Other]);
    assert!(other.get("a").is_some());
    // The stamp is not a column of the app, so another stamp is not a conflict.
    let (one, other) = (Side::new(), Side::new());
    one.insert("a", &whole(1));
    other.insert("a", &whole(1));
    let at = (TASK, &Key::new("a"));
    other.tables.stamp(&other.database, at, Stamp(8)).expect("it can be written");
    assert_eq!(other.apply(&one.delete("a"), Choice::Omit).expect("nothing is met"), []);
    assert_eq!(other.get("a"), None);
}

/// A scenario with 4 phones, kills and power losses, for 15 minutes.
fn harsh(stack: Stack, policy: &str) -> Bench {
    let bench = Bench::new(stack).scenario("sessions/worlds.toml").variant("deletes-kills");
    // Some broken servers never finish their work, so the drain is limited.
    let bench = bench.set("drain", "20m").set("duration", "15m");
    let bench = bench.set("engine.options.conflict", policy).set("entity.task.rows", 8);
    bench.set("fleet.phones.devices", 4).chaos("power_loss_mtbf", "5m").seeds(1..=2)
}

#[test]
fn runs_are_equal_again_and_with_two_threads() {
    for policy in ["replace", "omit"] {
        let [once, again, both] = [1, 1, 2].map(|threads| harsh(stack(), policy).threads(threads).run());
        once.assert_ok();
        assert!(once.figure("device.kills.count").value() > 10, "{policy}");
        assert_eq!([again.digest(), both.digest()], [once.digest(), once.digest()], "{policy}");
    }
}

/// After the outage, the backend lists only rows that readers can see. Some commits are not visible
/// yet.
#[test]
fn rows_that_readers_cannot_see_yet_are_not_gone() {
    Bench::new(stack()).scenario("sessions/worlds.toml").variant("harsh").seeds(4..=5).run().assert_ok();
}

/// A server with one defect.
struct Broken<const WHAT: u8>(Box<dyn SyncServer>);

/// The server sends nothing of its log.
const SILENT: u8 = 0;
/// The server reports all edits as done, and drops them.
const DROPS: u8 = 1;

impl<const WHAT: u8> SyncServer for Broken<WHAT> {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let mut ask = super::frame::Ask::read(request).expect("it is a request");
        let mut sent = Vec::new();
        if WHAT == DROPS {
            sent = std::mem::take(&mut ask.edits);
        }
        let answer = self.0.serve(from, &ask.bytes(), record)?.into_bytes();
        let mut answer = Answer::read(&answer).expect("it is an answer");
        if WHAT == SILENT {
            (answer.changes, answer.gone) = Default::default();
        }
        let stamp = record.clock();
        answer.verdicts.extend(sent.iter().map(|(edit, _)| (*edit, crate::document::Verdict::Done(stamp))));
        Ok(Reply::Now(answer.bytes()))
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.0.refuse(error)
    }
}

fn broken<const WHAT: u8>() -> Stack {
    let right = stack();
    let make = right.server.clone().expect("it has one");
    right.server(move |chosen, setup, ports| Box::new(Broken::<WHAT>(make(chosen, setup, ports))))
}

#[test]
fn servers_with_one_thing_wrong_are_found() {
    let found = |stack: Stack, figure: &str| {
        let report = harsh(stack, "replace").run();
        (report.passed(), report.figure(figure).value() > 0)
    };
    assert_eq!(found(stack(), "oracle.lost_edit.count"), (true, false));
    assert_eq!(found(broken::<SILENT>(), "oracle.divergent.devices"), (false, true));
    assert_eq!(found(broken::<DROPS>(), "oracle.lost_edit.count"), (false, true));
}
