//! Properties of each engine, and violations that the bench finds in broken engines.

use std::sync::Arc;

use syncdyno::Bench;
use syncdyno::contract::{
    Capabilities, Column, ColumnKind, Entity, EntityId, Key, Merge, Schema, Stack, Value,
};

use super::{PROMISES, automerge, loro, sessions, yrs};
use crate::document::{Actor, At, Document, Touched, stack};

const TASK: EntityId = EntityId(0);

fn schema() -> Arc<Schema> {
    let kinds = [("count", ColumnKind::Int), ("at", ColumnKind::Timestamp), ("size", ColumnKind::Real)];
    let mut columns: Vec<_> = kinds.map(|(name, kind)| Column::new(name, kind)).to_vec();
    columns.push(Column::new("title", ColumnKind::Text));
    Arc::new(Schema { entities: vec![Entity::new("task", columns)], ..Schema::default() })
}

fn whole(count: i64) -> Vec<(usize, Value)> {
    let at = 1_700_000_000_000_001;
    let values = [Value::Int(count), Value::Int(at), Value::Real(2.0), Value::text("é\n")];
    values.into_iter().enumerate().collect()
}

/// Exchanges messages until neither side has one to send. Returns their number.
fn talk<D: Document>(phone: &mut D, server: &mut D) -> u32 {
    let (mut to, mut back) = (phone.peer(&[]), server.peer(&[]));
    let mut messages = 0;
    while let Some(message) = phone.generate(&mut to, messages < 4) {
        server.receive(&mut back, &message).expect("it is a message");
        if let Some(answer) = server.generate(&mut back, true) {
            phone.receive(&mut to, &answer).expect("it is a message");
        }
        messages += 2;
    }
    messages
}

fn columns<D: Document>(of: &D, key: &Key) -> Option<Vec<Value>> {
    of.row((TASK, key))
}

fn two_converge<D: Document>() {
    let [mut server, mut a, mut b] = [1, 2, 3].map(|actor| D::new(Actor(actor), &schema()));
    let key = Key::new("k");
    server.put((TASK, &key), &whole(1));
    talk(&mut a, &mut server);
    talk(&mut b, &mut server);
    let values: Vec<Value> = whole(1).into_iter().map(|(_, value)| value).collect();
    assert_eq!(columns(&b, &key).as_ref(), Some(&values), "values come as they were");
    a.put((TASK, &key), &[(0, Value::Int(5))]);
    b.put((TASK, &key), &[(0, Value::Int(6)), (3, Value::text("b"))]);
    let mark = b.own_clock();
    assert!(!server.has(&mark) && b.has(&mark));
    for phone in [&mut a, &mut b] {
        assert!(talk(phone, &mut server) < 10);
    }
    assert!(server.has(&mark));
    talk(&mut a, &mut server);
    let [at_a, at_b, at_server] = [&a, &b, &server].map(|of| columns(of, &key).expect("it is there"));
    assert_eq!((&at_a, &at_b), (&at_server, &at_server));
    assert_eq!(at_a[3], Value::text("b"), "the column that one alone has set");
    // An equal value is no change, and does not win over a concurrent change.
    b.put((TASK, &key), &[(0, at_b[0].clone())]);
    a.put((TASK, &key), &[(0, Value::Int(8))]);
    for phone in [&mut a, &mut b] {
        talk(phone, &mut server);
    }
    talk(&mut a, &mut server);
    for of in [&a, &b, &server] {
        assert_eq!(columns(of, &key).expect("it is there")[0], Value::Int(8));
    }
    // A delete wins over concurrent updates.
    a.remove((TASK, &key));
    b.put((TASK, &key), &[(0, Value::Int(7))]);
    for phone in [&mut a, &mut b] {
        talk(phone, &mut server);
    }
    assert_eq!((columns(&b, &key), columns(&server, &key), server.keys(TASK)), (None, None, vec![]));
}

fn parts_and_whole_are_equal<D: Document>() {
    let mut of = D::new(Actor(7), &schema());
    let mut parts = Vec::new();
    for (number, key) in ["b", "a", "c"].map(Key::new).into_iter().enumerate() {
        of.put((TASK, &key), &whole(number as i64));
        parts.push(of.pack());
    }
    of.remove((TASK, &Key::new("c")));
    parts.push(of.pack());
    assert!(parts.iter().all(|part| !part.is_empty()) && of.pack().is_empty());
    let whole = of.whole();
    assert!(of.pack().is_empty(), "it is in the whole");
    for parts in [parts, vec![whole]] {
        let mut again = D::new(Actor(8), &schema());
        again.load(&parts).expect("it was packed here");
        assert_eq!(again.keys(TASK), ["a", "b"].map(Key::new));
        assert_eq!(columns(&again, &Key::new("b")), columns(&of, &Key::new("b")));
        assert!(again.pack().is_empty(), "nothing of it is new");
    }
    assert!(of.load(&[vec![9; 40]]).is_err() || of.keys(TASK).len() == 2, "garbage changes nothing");
}

#[test]
fn automerges_documents_converge() {
    two_converge::<automerge::Rows>();
    parts_and_whole_are_equal::<automerge::Rows>();
}

#[test]
fn documents_of_loro_converge() {
    two_converge::<loro::Rows>();
    parts_and_whole_are_equal::<loro::Rows>();
}

#[test]
fn documents_of_yrs_converge() {
    two_converge::<yrs::Rows>();
    parts_and_whole_are_equal::<yrs::Rows>();
}

/// A scenario with 4 phones, kills and power losses, for 15 minutes.
fn harsh(stack: Stack) -> Bench {
    let name = stack.name.clone();
    let bench = Bench::new(stack)
        .scenario("yrs/worlds.toml")
        .variant("deletes-kills")
        .set("engine.name", format!("{name:?}"));
    // Some broken engines never finish their work, so the drain is limited.
    let bench = bench.set("drain", "20m").set("duration", "15m");
    bench.set("fleet.phones.devices", 4).chaos("power_loss_mtbf", "5m").seeds(1..=2)
}

#[test]
fn runs_are_equal_again_and_with_two_threads() {
    for stack in [automerge(), loro(), yrs()] {
        let [once, again, both] = [1, 1, 2].map(|threads| harsh(stack.clone()).threads(threads).run());
        once.assert_ok();
        assert!(once.figure("device.kills.count").value() > 10, "{}", stack.name);
        assert_eq!([again.digest(), both.digest()], [once.digest(), once.digest()], "{}", stack.name);
    }
}

/// A person makes 300 edits within 1 s. The network comes back during this second. The disk needs
/// several seconds to save the edits.
const STILL_SAVING: &str = r#"
name = "still-saving"
duration = "20m"
[entity.task]
rows = 400
schema = { id = "uuid key", hours = "int 0..100" }
[unit.Tasks]
on = ["start", "online", "save", "every 2m"]
pull = ["task"]
push = ["task"]
[fleet.phones]
devices = 2
class = "mid"
[action.count]
entity = "task"
kind = "update"
columns = ["hours"]
per_device = 0
[event.away]
at = "+5m"
outage = { devices = [0], for = "5m" }
[event.work]
at = "+9m59500ms"
edits = { action = "count", devices = [0], count = 300, over = "1s" }
"#;

#[test]
fn what_is_not_saved_yet_is_not_sent() {
    for stack in [automerge(), loro(), yrs(), sessions()] {
        let name = format!("{:?}", stack.name);
        let report = Bench::new(stack).scenario(STILL_SAVING).set("engine.name", name).seeds(1..=2).run();
        report.assert_ok();
        assert_eq!(report.figure("workload.edits.made").value(), 300);
    }
}

/// The seeds of small random scenarios that fail.
fn failing(name: &str, stack: fn() -> Stack, seeds: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let world = |seed: &u64| {
        let bench = Bench::new(stack()).scenario("league/random.toml").variant("yrs").seeds([*seed]);
        !bench.set("engine.name", format!("{name:?}")).run().passed()
    };
    seeds.into_iter().filter(world).collect()
}

#[test]
fn what_a_person_sets_to_what_it_was_is_a_version() {
    // An edit sets the value that a column had before. In seed 1213, another edit gives way to it.
    // In seed 112, it is the last edit of a queue. In seed 921, it wins in some columns.
    assert_eq!(failing("yrs", yrs, [112, 921, 925, 1213]), [0; 0]);
}

#[test]
fn edits_before_a_delete_of_what_is_gone_give_way() {
    assert_eq!(failing("yrs", yrs, [192, 963]), [0; 0]);
}

#[test]
fn a_life_that_ends_behind_an_answer_has_told_of_it() {
    assert_eq!(failing("yrs", yrs, [2393]), [0; 0]);
}

#[test]
fn an_edit_like_one_that_waits_waits_too() {
    // The edit that waits already gives way, and the equal edit after it must still be sent.
    assert_eq!(failing("yrs", yrs, [1727, 1988]), [0; 0]);
}

/// An engine with one defect.
struct Broken<D, const WHAT: u8>(D);

/// The engine stores nothing of its document.
const FORGETS: u8 = 0;
/// The engine claims to have changes that it does not have.
const BRAGS: u8 = 1;
/// The engine removes nothing.
const CLINGS: u8 = 2;

impl<D: Document, const WHAT: u8> Document for Broken<D, WHAT> {
    type Peer = D::Peer;
    fn new(actor: Actor, schema: &Arc<Schema>) -> Self {
        Broken(D::new(actor, schema))
    }
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String> {
        self.0.load(parts)
    }
    fn pack(&mut self) -> Vec<u8> {
        if WHAT == FORGETS { Vec::new() } else { self.0.pack() }
    }
    fn whole(&mut self) -> Vec<u8> {
        self.0.whole()
    }
    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]) {
        self.0.put(row, values);
    }
    fn remove(&mut self, row: At<'_>) {
        if WHAT != CLINGS {
            self.0.remove(row);
        }
    }
    fn own_clock(&mut self) -> Vec<u8> {
        self.0.own_clock()
    }
    fn has(&mut self, mark: &[u8]) -> bool {
        WHAT == BRAGS || self.0.has(mark)
    }
    fn row(&self, row: At<'_>) -> Option<Vec<Value>> {
        self.0.row(row)
    }
    fn keys(&self, entity: EntityId) -> Vec<Key> {
        self.0.keys(entity)
    }
    fn peer(&self, kept: &[u8]) -> D::Peer {
        self.0.peer(kept)
    }
    fn encode_peer(peer: &D::Peer) -> Vec<u8> {
        D::encode_peer(peer)
    }
    fn generate(&mut self, peer: &mut D::Peer, asks: bool) -> Option<Vec<u8>> {
        self.0.generate(peer, asks)
    }
    fn receive(&mut self, peer: &mut D::Peer, message: &[u8]) -> Result<Touched, String> {
        self.0.receive(peer, message)
    }
}

#[test]
fn engines_with_one_thing_wrong_are_found() {
    let promises = Capabilities { merge: Merge::Converges, ..PROMISES };
    let found = |stack: Stack| {
        let report = harsh(stack).run();
        (report.passed(), report.figure("oracle.lost_edit.count").value())
    };
    assert_eq!(found(stack::<yrs::Rows>("right", promises)), (true, 0));
    // The edits wait forever, because their changes are lost.
    assert!(!found(stack::<Broken<yrs::Rows, FORGETS>>("forgets", promises)).0);
    // These engines report that an edit gave way, but there is no other version.
    let brags = found(stack::<Broken<automerge::Rows, BRAGS>>("brags", promises));
    let clings = found(stack::<Broken<yrs::Rows, CLINGS>>("clings", promises));
    assert!(!brags.0 && brags.1 > 0 && !clings.0 && clings.1 > 0, "{brags:?} {clings:?}");
}
