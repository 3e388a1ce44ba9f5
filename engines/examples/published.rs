//! The workloads that `engines/league/published/crdt.mjs edits` prints, by Yrs and by Automerge, in
//! bytes only.

use std::cell::RefCell;
use std::io::BufRead;
use std::rc::Rc;
use std::sync::Arc;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ObjId, ObjType, ROOT, ScalarValue};
use serde_json::Value;
use yrs::updates::decoder::Decode;
use yrs::{
    Any, Array, ClientID, Doc, Map, Options, ReadTxn, StateVector, Text, Transact, TransactionMut, Update,
    WriteTxn,
};

/// What both engines do: a client edits, each group of edits is an update, and an update is taken
/// by another client.
trait Client {
    fn open(number: u64) -> Self;
    fn edit(&mut self, group: &[Value]) -> Vec<u8>;
    fn take(&mut self, updates: &[Vec<u8>]);
    fn document(&mut self) -> Vec<u8>;
}

fn at(edit: &Value) -> usize {
    edit["at"].as_u64().unwrap_or(0) as usize
}
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

struct Yrs {
    doc: Doc,
    heard: Rc<RefCell<Vec<u8>>>,
}

fn any(value: &Value) -> Any {
    match value {
        Value::Number(number) => Any::from(number.as_i64().unwrap_or(0)),
        Value::String(text) => Any::from(text.as_str()),
        Value::Object(map) => {
            Any::Map(Arc::new(map.iter().map(|(key, value)| (key.clone(), any(value))).collect()))
        }
        _ => Any::Null,
    }
}

impl Yrs {
    fn apply(&self, txn: &mut TransactionMut<'_>, edit: &Value) {
        let (text, array, map) = ("text", "array", "map");
        match (edit["on"].as_str(), edit["text"].as_str()) {
            (Some("map"), _) => {
                let map = txn.get_or_insert_map(map);
                map.insert(txn, "v", any(&edit["value"]));
            }
            (Some("array"), _) => {
                let array = txn.get_or_insert_array(array);
                array.insert_range(txn, at(edit) as u32, list(&edit["items"]).iter().map(any));
            }
            (_, Some(letters)) => txn.get_or_insert_text(text).insert(txn, at(edit) as u32, letters),
            _ => {
                let count = edit["count"].as_u64().unwrap_or(0) as u32;
                txn.get_or_insert_text(text).remove_range(txn, at(edit) as u32, count);
            }
        }
    }
}

impl Client for Yrs {
    fn open(number: u64) -> Yrs {
        let doc = Doc::with_options(Options::with_client_id(ClientID::new(number)));
        let heard = Rc::new(RefCell::new(Vec::new()));
        let hears = heard.clone();
        doc.observe_update_v2("heard", move |_, event| hears.borrow_mut().clone_from(&event.update))
            .expect("it is free");
        Yrs { doc, heard }
    }
    fn edit(&mut self, group: &[Value]) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        group.iter().for_each(|edit| self.apply(&mut txn, edit));
        drop(txn);
        self.heard.take()
    }
    fn take(&mut self, updates: &[Vec<u8>]) {
        let mut txn = self.doc.transact_mut();
        for update in updates {
            let update = Update::decode_v2(update).expect("an update of its own");
            txn.apply_update(update).expect("an update that fits");
        }
    }
    fn document(&mut self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v2(&StateVector::default())
    }
}

struct Automerge {
    doc: AutoCommit,
    text: ObjId,
    array: ObjId,
    map: ObjId,
}

/// As its JavaScript does: a text within a list or an object is a text of letters.
fn written(doc: &mut AutoCommit, object: &ObjId, text: &Value) {
    doc.splice_text(object, 0, 0, text.as_str().unwrap_or("")).expect("a text");
}

impl Automerge {
    fn apply(&mut self, edit: &Value) {
        let Automerge { doc, text, array, map } = self;
        match (edit["on"].as_str(), edit["text"].as_str()) {
            (Some("map"), _) => match &edit["value"] {
                Value::Object(fields) => {
                    let object = doc.put_object(&*map, "v", ObjType::Map).expect("a map");
                    // In the order in which they were written.
                    for name in ["name", "address"] {
                        let letters = doc.put_object(&object, name, ObjType::Text).expect("a map");
                        written(doc, &letters, &fields[name]);
                    }
                }
                value => doc.put(&*map, "v", scalar(value)).expect("a map"),
            },
            (Some("array"), _) => {
                for (i, item) in list(&edit["items"]).iter().enumerate() {
                    if item.is_string() {
                        let letters =
                            doc.insert_object(&*array, at(edit) + i, ObjType::Text).expect("a list");
                        written(doc, &letters, item);
                    } else {
                        doc.insert(&*array, at(edit) + i, scalar(item)).expect("a list");
                    }
                }
            }
            (_, Some(letters)) => doc.splice_text(&*text, at(edit), 0, letters).expect("a text"),
            _ => doc
                .splice_text(&*text, at(edit), edit["count"].as_i64().unwrap_or(0) as isize, "")
                .expect("a text"),
        }
    }
}

fn scalar(value: &Value) -> ScalarValue {
    value.as_i64().map_or_else(|| ScalarValue::Str(value.as_str().unwrap_or("").into()), ScalarValue::Int)
}

/// Sixteen bytes that look random, as an actor's are.
fn actor(number: u64) -> ActorId {
    let mut state = number;
    let bytes: Vec<u8> = (0..2)
        .flat_map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb).to_le_bytes()
        })
        .collect();
    ActorId::from(bytes)
}
/// A change carries its second.
fn commit(doc: &mut AutoCommit) {
    doc.commit_with(CommitOptions::default().with_time(1_707_696_000));
}

impl Client for Automerge {
    fn open(number: u64) -> Automerge {
        let mut first = AutoCommit::new().with_actor(actor(0));
        let array = first.put_object(ROOT, "array", ObjType::List).expect("the root");
        let map = first.put_object(ROOT, "map", ObjType::Map).expect("the root");
        let text = first.put_object(ROOT, "text", ObjType::Text).expect("the root");
        commit(&mut first);
        // What it has loaded and taken goes out again with its next update, as in the published
        // run: nothing says it was sent.
        let doc = AutoCommit::load(&first.save()).expect("what was saved").with_actor(actor(number));
        Automerge { doc, text, array, map }
    }
    fn edit(&mut self, group: &[Value]) -> Vec<u8> {
        group.iter().for_each(|edit| self.apply(edit));
        commit(&mut self.doc);
        self.doc.save_incremental()
    }
    fn take(&mut self, updates: &[Vec<u8>]) {
        self.doc.load_incremental(&updates.concat()).expect("an update of its own");
    }
    fn document(&mut self) -> Vec<u8> {
        self.doc.save()
    }
}

fn measure<C: Client>(workload: &Value) -> (u64, usize) {
    let mut clients: Vec<C> =
        list(&workload["clients"]).iter().map(|n| C::open(n.as_u64().unwrap_or(0))).collect();
    let kind = workload["kind"].as_str().unwrap_or("");
    let mut updates = Vec::new();
    if let Some(first) = workload["first"].as_str() {
        let update = clients[0].edit(&[serde_json::json!({ "on": "text", "at": 0, "text": first })]);
        clients[1].take(std::slice::from_ref(&update));
        updates.push(update);
    }
    for (i, edits) in list(&workload["edits"]).iter().enumerate() {
        for group in list(edits).chunks(if kind == "two" { usize::MAX } else { 1 }) {
            let update = clients[i].edit(group);
            if kind == "two" {
                clients[1 - i].take(std::slice::from_ref(&update));
            }
            updates.push(update);
        }
    }
    let sent: usize = updates.iter().map(Vec::len).sum();
    let parts = match kind {
        "one" => workload["per"].as_u64().unwrap_or(1),
        "two" => 2,
        _ => {
            clients[0].take(&updates);
            1
        }
    };
    ((sent as u64 + parts / 2) / parts, clients[0].document().len())
}

#[allow(clippy::print_stdout, reason = "a table for people")]
fn main() {
    println!("workload: Yrs, then Automerge, each update and document, in bytes");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let workload: Value = serde_json::from_str(&line).expect("a line of crdt.mjs");
        let (yrs, automerge) = (measure::<Yrs>(&workload), measure::<Automerge>(&workload));
        println!(
            "{} {} {} {} {}",
            workload["name"].as_str().unwrap_or("?"),
            yrs.0,
            yrs.1,
            automerge.0,
            automerge.1
        );
    }
}
