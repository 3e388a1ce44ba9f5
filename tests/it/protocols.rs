//! Server halves of published protocols in whole worlds: phones that sync like WatermelonDB, with
//! one pull and one push, and the app of `tiny`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use syncdyno::contract::http::{Request, read_response, write_request};
use syncdyno::contract::{
    EditId, EngineEvent, EntityId, EventSink, Key, NetworkKind, PendingResponse, Ports, RequestKind,
    RowEdits, Schema, Slip, Stack, Time, Transport, TransportError, UnitId,
};
use syncdyno::world::Outcome;
use syncdyno_servers::servers::find;

use crate::tiny_stack::{CONTENDED, around, run};
use crate::worlds::value;

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
struct Melon {
    ports: Ports,
    schema: Arc<Schema>,
    asked: Rc<Cell<(u64, Option<UnitId>)>>,
}

fn read<T: serde::de::DeserializeOwned>(from: &Json) -> T {
    serde_json::from_value(from.clone()).expect("it was written here")
}

impl Melon {
    async fn http(
        &self,
        method: &str,
        path: &str,
        body: &Json,
        (slip, deadline): (Slip, Time),
    ) -> Result<(Json, Slip), TransportError> {
        let mut request =
            Request::new(if body.is_null() { Vec::new() } else { body.to_string().into_bytes() });
        *request.method_mut() = method.parse().expect("it is a method");
        *request.uri_mut() = path.parse().expect("it is a path");
        let sent = self.ports.transport.request_with(write_request(&request), slip, deadline);
        let (answer, slip) = sent.await?;
        let response = read_response(&answer).map_err(|_| TransportError::Foreign)?;
        match response.status().as_u16() {
            200 => Ok((serde_json::from_slice(response.body()).expect("it is JSON"), slip)),
            _ => Err(TransportError::Foreign),
        }
    }
    /// All rows, as `tiny` has them, with their time.
    async fn pull(&self, deadline: Time) -> Result<(Json, i64), TransportError> {
        let (body, slip) =
            self.http("GET", "/pull?last_pulled_at=0", &Json::Null, (Slip::default(), deadline)).await?;
        let mut rows = Map::new();
        for (id, entity) in self.schema.ids().zip(&self.schema.entities) {
            let mut found = Map::new();
            for row in body["changes"][&entity.name]["updated"].as_array().into_iter().flatten() {
                let key = row["id"].as_str().expect("it has one");
                let stamp = slip.stamp_of(id, &Key::new(key)).expect("it is beside it");
                let values: Vec<&Json> = entity.projected().map(|column| &row[&column.name]).collect();
                found.insert(key.to_owned(), json!([stamp, values]));
            }
            rows.insert(id.0.to_string(), found.into());
        }
        Ok((rows.into(), body["timestamp"].as_i64().expect("it has one")))
    }
    /// The content of a push, and the edits behind each row.
    fn changes(&self, edits: &[Json]) -> (Json, Slip) {
        let (mut changes, mut slip) = (json!({}), Slip::default());
        for edit in edits {
            let (entity, key): (EntityId, Key) = (read(&edit["entity"]), read(&edit["key"]));
            let of = self.schema.entity(entity);
            let change = &mut changes[&of.name];
            if change.is_null() {
                *change = json!({ "created": [], "updated": [], "deleted": [] });
            }
            let list = change["updated"].as_array_mut().expect("it is one");
            let at = list.iter().position(|row| row["id"] == *key.as_str()).unwrap_or(list.len());
            if at == list.len() {
                list.push(json!({ "id": key.as_str() }));
            }
            for value in edit["values"].as_array().into_iter().flatten() {
                let column: usize = read(&value[0]);
                list[at][&of.columns[column].name] = value[1].clone();
            }
            let id: EditId = read(&edit["edit"]);
            match slip.edits.iter_mut().find(|row| row.entity == entity && row.key == key) {
                Some(row) => row.edits.push(id),
                None => slip.edits.push(RowEdits { entity, key, edits: vec![id], stamp: None }),
            }
        }
        (changes, slip)
    }
    async fn sync(&self, edits: &[Json], deadline: Time) -> Result<Json, TransportError> {
        let (mut rows, time) = self.pull(deadline).await?;
        let mut taken = Vec::new();
        if !edits.is_empty() {
            let (changes, slip) = self.changes(edits);
            let path = format!("/push?last_pulled_at={time}");
            let (_, slip) = self.http("POST", &path, &changes, (slip, deadline)).await?;
            let stamp = |edit: &Json| {
                let of = slip.edits.iter().find(|row| row.edits.contains(&read(&edit["edit"])));
                of.and_then(|row| row.stamp)
            };
            taken = edits.iter().map(stamp).collect();
            (rows, _) = self.pull(deadline).await?;
        }
        Ok(json!({ "Ok": { "taken": taken, "rows": rows } }))
    }
}

impl Transport for Melon {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        let ask: Json = serde_json::from_slice(&request).expect("tiny's request");
        let edits = ask["edits"].as_array().expect("a list").clone();
        let (own, (request, unit)) = (self.clone(), self.asked.get());
        Box::pin(async move {
            let (_, slip) = own.changes(&edits);
            let (kind, bytes, rows) = (RequestKind::Pull, 0, edits.len() as u32);
            own.ports.emit(EngineEvent::RequestSent { request, kind, unit, bytes, rows, attempt: 0 });
            own.ports.tell_slip(&slip, request);
            let sent_at = own.ports.clock.now();
            let done = own.sync(&edits, deadline).await;
            if let Err(error) = done {
                let took = own.ports.clock.now() - sent_at;
                own.ports.emit(EngineEvent::RequestFailed { request, kind, error, took, wasted: bytes });
            }
            Ok(serde_json::to_vec(&done?).expect("it can be written"))
        })
    }
    fn network(&self) -> NetworkKind {
        self.ports.transport.network()
    }
}

fn melon() -> Stack {
    let half = find("watermelondb").expect("there is one");
    let phones = around(move |open, setup, mut ports| {
        let (asked, schema) = (Rc::new(Cell::new((0, None))), setup.schema.clone());
        let of = Melon { ports: ports.clone(), schema, asked: asked.clone() };
        ports.events = Rc::new(Hush(ports.events, asked));
        ports.transport = Rc::new(of);
        open(ports)
    });
    let mut stack = phones.server(half.make);
    stack.options.extend(half.options);
    stack
}

/// Few rows that everybody edits, lost responses, and a server that is killed.
const LOSSY: [&str; 6] = [
    "entity.note.rows=4",
    "engine.options.timeout=\"5s\"",
    "unit.Notes.on=[\"start\", \"every 1m\"]",
    "event.loss={ at = \"+5m\", response_loss = { for = \"45m\", loss = \"40%\" } }",
    "event.kill={ at = \"+20m\", gateway_kill = {} }",
    "expect={}",
];

fn lossy(sets: &[&str]) -> Outcome {
    run(melon(), CONTENDED, &[&LOSSY[..], sets].concat()).1
}

#[test]
fn a_repeated_push_is_committed_twice_unless_its_edits_are_known() {
    let by = |idempotent: &str| lossy(&[&format!("engine.options.idempotent={idempotent:?}")]);
    let (without, with) = (by("no"), by("by-edit"));
    let harm = |outcome: &Outcome| {
        ["oracle.duplicate.rows", "oracle.old_over_new.count"].map(|metric| value(outcome, metric))
    };
    let [twice, over_newer] = harm(&without);
    assert!(twice > 5 && over_newer > 5, "{twice} rows, {over_newer} over a newer value");
    assert_eq!(harm(&with), [0, 0]);
    assert_eq!(by("by-edit").digest, with.digest, "and each time it is the same");
    for outcome in [&without, &with] {
        assert!(outcome.violations.iter().all(|v| v.check != "lost-edit"), "{:?}", outcome.violations);
        assert_eq!(value(outcome, "oracle.divergent.devices"), 0);
    }
}
