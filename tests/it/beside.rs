//! A protocol without edits: it sends whole rows, and a separate slip says which edits are behind
//! each row. It is `tiny` with another format.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Value as Json, json};
use syncdyno::contract::{
    Call, DeviceId, EditId, EngineEvent, EntityId, EventSink, Key, NetworkKind, PendingResponse, Ports,
    Reply, RequestKind, RowEdits, ServerError, Slip, Stack, Stamp, SyncServer, SystemOfRecord, Time,
    Transport, UnitId,
};

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, around, run};
use crate::worlds::{trouble, value};

/// Which edits behind a row a phone names.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    All,
    /// Only the first, as if the others had never been made.
    FirstAlone,
}

/// Keeps the inner engine's events about requests, and passes the others on.
struct Hush(Rc<dyn EventSink>, Rc<Cell<(u64, Option<UnitId>)>>);

impl EventSink for Hush {
    fn emit(&self, event: EngineEvent<'_>) {
        match event {
            EngineEvent::RequestSent { request, unit, .. } => self.1.set((request, unit)),
            EngineEvent::EditSent { .. } | EngineEvent::RequestFailed { .. } => {}
            _ => self.0.emit(event),
        }
    }
}

#[derive(Clone)]
struct Whole {
    ports: Ports,
    says: Says,
    asked: Rc<Cell<(u64, Option<UnitId>)>>,
    /// Edits that were sent once are sent again unchanged.
    sent: Rc<RefCell<BTreeSet<String>>>,
}

/// One row of a request: its content, and the edits behind it.
struct Written {
    row: Json,
    edits: Vec<Json>,
}

impl Whole {
    /// Merges the edits of each row; whole rows name no edits.
    fn by_row(&self, edits: &[Json]) -> Vec<Written> {
        let mut rows: Vec<Written> = Vec::new();
        for edit in edits {
            let is_fresh = self.sent.borrow_mut().insert(edit["id"].to_string());
            let same = |of: &&mut Written| of.row["key"] == edit["key"] && of.row["entity"] == edit["entity"];
            let before = rows.iter_mut().rfind(|of| same(of)).filter(|of| of.row["fresh"] == json!(true));
            match before.filter(|_| is_fresh && edit["kind"] == json!("Update")) {
                Some(before) => {
                    let values = before.row["values"].as_array_mut().expect("a list");
                    let later = edit["values"].as_array().expect("a list").iter();
                    for value in later.filter(|_| self.says == Says::All) {
                        values.retain(|old| old[0] != value[0]);
                        values.push(value.clone());
                    }
                    before.row["made_at"] = edit["made_at"].clone();
                    before.edits.push(edit["edit"].clone());
                }
                None => {
                    let mut row = edit.clone();
                    row["fresh"] = json!(is_fresh);
                    rows.push(Written { row, edits: vec![edit["edit"].clone()] });
                }
            }
        }
        rows
    }

    fn slip(&self, rows: &[Written]) -> Slip {
        let of = |written: &Written| {
            let edits: Vec<EditId> = written.edits.iter().map(read).collect();
            let (entity, key) = (read(&written.row["entity"]), read(&written.row["key"]));
            RowEdits { entity, key, edits, stamp: None }
        };
        Slip { edits: rows.iter().map(of).collect(), ..Slip::default() }
    }
}

fn read<T: serde::de::DeserializeOwned>(from: &Json) -> T {
    serde_json::from_value(from.clone()).expect("it was written here")
}

impl Transport for Whole {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        let mut ask: Json = serde_json::from_slice(&request).expect("tiny's request");
        let edits = ask["edits"].as_array().expect("a list").clone();
        let rows = self.by_row(&edits);
        let slip = self.slip(&rows);
        let bare = |written: &Written| {
            let mut row = written.row.clone();
            ["id", "edit", "fresh"]
                .iter()
                .for_each(|name| _ = row.as_object_mut().map(|row| row.remove(*name)));
            row
        };
        ask["edits"] = rows.iter().map(bare).collect();
        let (own, (number, unit)) = (self.clone(), self.asked.get());
        Box::pin(async move {
            let call = Call { number, kind: RequestKind::Pull, unit, edits: &[], attempt: 0 };
            let body = serde_json::to_vec(&ask).expect("it can be written");
            let (answer, slip) = own.ports.call_with(call, body, slip, deadline).await?;
            let mut read_back: Json = serde_json::from_slice(&answer).expect("the server's answer");
            if read_back["Ok"].is_object() {
                let taken = edits.iter().map(|edit| {
                    let of = slip.edits.iter().find(|row| row.edits.last() == Some(&read(&edit["edit"])));
                    json!(of.and_then(|row| row.stamp))
                });
                read_back["Ok"]["taken"] = taken.collect();
            }
            Ok(serde_json::to_vec(&read_back).expect("it can be written"))
        })
    }
    fn network(&self) -> NetworkKind {
        self.ports.transport.network()
    }
}

struct Server(Box<dyn SyncServer>);

impl SyncServer for Server {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.serve_with(from, request, &mut Slip::default(), record)
    }
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        assert!(!String::from_utf8_lossy(request).contains("\"edit\":"), "no edit is named on the wire");
        let mut ask: Json = serde_json::from_slice(request).expect("a phone's request");
        for (row, of) in ask["edits"].as_array_mut().expect("a list").iter_mut().zip(&slip.edits) {
            let (entity, key): (EntityId, Key) = (read(&row["entity"]), read(&row["key"]));
            let edits = slip.of(entity, &key);
            assert!(!edits.is_empty() && key == of.key);
            let edit = of.edits.last().expect("one is behind it");
            (row["edit"], row["id"]) = (json!(edit), json!(edit.to_string()));
        }
        let ask = serde_json::to_vec(&ask).expect("it can be written");
        let answer = self.0.serve(from, &ask, record)?.into_bytes();
        let mut answer: Json = serde_json::from_slice(&answer).expect("tiny's answer");
        let taken: Vec<Option<Stamp>> = read(&answer["Ok"]["taken"].take());
        for (of, stamp) in slip.edits.iter_mut().zip(taken) {
            of.stamp = stamp;
        }
        Ok(serde_json::to_vec(&answer).expect("it can be written").into())
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.0.refuse(error)
    }
}

fn whole_rows(says: Says) -> Stack {
    let server = tiny().server.expect("it has one");
    let stack = around(move |open, _, mut ports| {
        let asked = Rc::new(Cell::new((0, None)));
        let of = Whole { ports: ports.clone(), says, asked: asked.clone(), sent: Rc::default() };
        ports.events = Rc::new(Hush(ports.events, asked));
        ports.transport = Rc::new(of);
        open(ports)
    });
    stack.server(move |chosen, setup, ports| Box::new(Server(server(chosen, setup, ports))))
}

/// People correct what they have just made, and phones sync rarely.
const PILED_UP: [&str; 5] = [
    "unit.Notes.on=[\"start\", \"every 15m\"]",
    "action.correct={ entity=\"note\", kind=\"update\", columns=[\"title\"], per_device=30, aim=\"made\" }",
    "action.close={ entity=\"note\", kind=\"update\", columns=[\"state\"], per_device=30, aim=\"made\" }",
    "chaos={}",
    "expect={}",
];

#[test]
fn edits_behind_a_whole_row_are_named_beside_its_bytes() {
    let (_, outcome) = run(whole_rows(Says::All), CALM, &PILED_UP);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    assert!(value(&outcome, "engine.edits.squashed") > 20, "several go in one");
    let (_, again) = run(whole_rows(Says::All), CALM, &PILED_UP);
    assert_eq!(outcome.digest, again.digest);
    let (_, first) = run(whole_rows(Says::FirstAlone), CALM, &PILED_UP);
    assert!(value(&first, "oracle.lost_edit.count") > 5, "nobody heard of the others");
}
