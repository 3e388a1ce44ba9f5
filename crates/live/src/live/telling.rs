//! What happened, as the lines of a recorded history: what the backend committed, and what apps
//! said of themselves.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::base::{DeviceId, EntityId, Key, Stamp, Time};
use crate::contract::{
    Author, ColumnKind, CommitKind, DeviceView, Entity, Event, Occurrence, Schema, Span, Value, ValueRef,
};
use crate::oracle::Truth;
use crate::world::Ear;

/// What an app may say of itself.
pub(super) const KINDS: [&str; 10] = [
    "edit",
    "sync-start",
    "sync-complete",
    "sync-error",
    "acknowledged",
    "told",
    "shows",
    "waits",
    "app-started",
    "app-killed",
];
/// A history's clocks are off by no more than an hour.
const TOLERANCE_MS: u64 = 3_600_000;
const ROWS_OF_A_LINE: usize = 1_000;
/// Times are the session's own.
const TIMES: [&str; 3] = ["at", "not_before", "not_after"];

/// How long after it happened an app says something, at most: in virtual time, at this speed.
pub(super) fn tolerance(speed: f64) -> Span {
    Span((2.5e8 * speed.max(1.0)) as u64)
}

/// A line, and whose it is.
struct Said {
    device: Option<DeviceId>,
    line: Map<String, Json>,
}

/// Hears the world for the history.
pub(super) struct Listens {
    pub(super) telling: Rc<RefCell<Telling>>,
    pub(super) backend_is_up: Rc<Cell<bool>>,
}

impl Ear for Listens {
    fn begins(&mut self, _: &dyn Truth) {}
    fn on(&mut self, occurrence: &Occurrence<'_>) {
        self.telling.borrow_mut().on(occurrence);
        if let Event::BackendAvailable(up) = occurrence.event {
            self.backend_is_up.set(up);
        }
    }
    fn rests(&mut self, _: DeviceId, _: &dyn DeviceView) {}
    fn ends(&mut self, _: Time, _: bool) {}
}

/// The history so far.
pub(super) struct Telling {
    schema: Arc<Schema>,
    start: Stamp,
    /// How far a time may be off, in virtual time.
    tolerance: Span,
    attributes: Vec<(Vec<String>, Vec<Value>)>,
    said: Vec<Said>,
    commits: u64,
    /// By which other lines name edits.
    ids: BTreeSet<(DeviceId, String)>,
    /// Whether each device said anything, and what it shows.
    pub(super) spoke: Vec<bool>,
    pub(super) showed: Vec<bool>,
}

fn to_json(kind: &ColumnKind, value: &Value) -> Json {
    value.with_ref(|value| match value {
        ValueRef::Null => Json::Null,
        ValueRef::Int(n) if *kind == ColumnKind::Bool => json!(n != 0),
        ValueRef::Int(n) => json!(n),
        ValueRef::Real(x) => json!(x),
        ValueRef::Text(text) => json!(text),
    })
}

fn columns(entity: &Entity, values: &[Value]) -> Map<String, Json> {
    let each = entity.columns.iter().zip(values);
    each.map(|(column, value)| (column.name.clone(), to_json(&column.kind, value))).collect()
}

fn said<'l>(line: &'l Map<String, Json>, name: &str) -> Option<&'l str> {
    line.get(name).and_then(Json::as_str)
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

impl Telling {
    pub(super) fn new(
        schema: Arc<Schema>,
        (start, tolerance): (Stamp, Span),
        attributes: Vec<(Vec<String>, Vec<Value>)>,
    ) -> Telling {
        let quiet = vec![false; attributes.len()];
        let (spoke, showed) = (quiet.clone(), quiet);
        Telling {
            schema,
            start,
            tolerance,
            attributes,
            said: Vec::new(),
            commits: 0,
            ids: BTreeSet::new(),
            spoke,
            showed,
        }
    }
    pub(super) fn commits(&self) -> u64 {
        self.commits
    }
    /// A row that the backend has as the session begins.
    pub(super) fn row(&mut self, id: EntityId, key: &Key, values: &[Value]) {
        let entity = self.schema.entity(id);
        let line = json!({
            "kind": "row", "entity": entity.name, "key": key.as_str(), "values": columns(entity, values),
        });
        self.said.push(Said { device: None, line: object(line) });
    }
    /// Milliseconds since 1970.
    fn instant(&self, at: Time) -> Json {
        let micros = self.start.0.saturating_add((at.0 / 1_000) as i64);
        json!(micros as f64 / 1e3)
    }

    pub(super) fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Event::Committed { entity: id, key, kind, values, author, .. } = occurrence.event else { return };
        let entity = self.schema.entity(id);
        let what = match kind {
            CommitKind::Insert => "create",
            CommitKind::Update => "update",
            CommitKind::Delete => "delete",
        };
        self.commits += 1;
        let mut line = object(json!({
            "kind": "commit", "entity": entity.name, "key": key.as_str(), "do": what,
            "at": self.instant(occurrence.at), "seq": self.commits,
        }));
        if kind != CommitKind::Delete {
            line.insert("values".to_owned(), Json::Object(columns(entity, values)));
        }
        let device = match author {
            Author::Device(edit) => Some(edit.device),
            _ => {
                line.insert("by".to_owned(), json!("other"));
                None
            }
        };
        self.said.push(Said { device, line });
    }

    /// An app says something of itself.
    pub(super) fn observe(&mut self, device: DeviceId, at: Time, mut line: Map<String, Json>) {
        TIMES.iter().for_each(|name| _ = line.remove(*name));
        line.insert("at".to_owned(), self.instant(at));
        let shows = line.get("kind").is_some_and(|kind| kind == "shows");
        if let (Some("edit"), Some(id)) = (said(&line, "kind"), said(&line, "id")) {
            self.ids.insert((device, id.to_owned()));
        }
        self.spoke[device.0 as usize] = true;
        self.showed[device.0 as usize] |= shows;
        self.said.push(Said { device: Some(device), line });
    }

    /// What an edit is of.
    ///
    /// # Errors
    /// What is wrong with a line, and what would be right.
    pub(super) fn check(
        &self,
        device: DeviceId,
        line: &Map<String, Json>,
    ) -> Result<Option<(EntityId, String)>, String> {
        let kind = said(line, "kind").unwrap_or_default();
        if !KINDS.contains(&kind) {
            return Err(format!("`kind` must be one of {}", KINDS.join(", ")));
        }
        let entity = match line.get("entity") {
            None => None,
            Some(name) => {
                let found = name.as_str().and_then(|name| self.schema.find(name));
                let names: Vec<&str> =
                    self.schema.entities.iter().map(|entity| entity.name.as_str()).collect();
                Some(
                    found
                        .ok_or_else(|| format!("there is no entity {name}; there is {}", names.join(", ")))?,
                )
            }
        };
        let is_known = |id: &str| self.ids.contains(&(device, id.to_owned()));
        if kind != "edit" {
            let list = line.get("edits").and_then(Json::as_array).into_iter().flatten();
            let mut named = list.filter_map(Json::as_str).chain(said(line, "edit"));
            return match named.find(|id| !is_known(id)) {
                Some(id) => Err(format!("no edit of this device was said to be `{id}`")),
                None => Ok(None),
            };
        }
        if let Some(id) = said(line, "id").filter(|id| is_known(id)) {
            return Err(format!("there was an edit `{id}` of this device"));
        }
        let id = entity.ok_or("an edit has an `entity`")?;
        let key = line.get("key").and_then(Json::as_str).ok_or("an edit has a `key`, which is a text")?;
        let what = line.get("do").and_then(Json::as_str).unwrap_or_default();
        if !["create", "update", "delete"].contains(&what) {
            return Err("an edit has a `do`: create, update or delete".to_owned());
        }
        let known = &self.schema.entity(id).columns;
        for name in line.get("values").and_then(Json::as_object).into_iter().flatten().map(|(name, _)| name) {
            if !known.iter().any(|column| column.name == *name) {
                let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
                return Err(format!("there is no column `{name}`; there is {}", names.join(", ")));
            }
        }
        Ok(Some((id, key.to_owned())))
    }

    fn head(&self, names: &[String], is_in: impl Fn(usize) -> bool) -> String {
        let mut devices = Map::new();
        for (at, (columns, values)) in self.attributes.iter().enumerate().filter(|(at, _)| is_in(*at)) {
            let each = columns.iter().zip(values);
            let attributes = each.map(|(name, value)| (name.clone(), to_json(&ColumnKind::Text, value)));
            devices.insert(names[at].clone(), Json::Object(attributes.collect()));
        }
        let tolerance = format!("{}ms", (self.tolerance.0 / 1_000_000).min(TOLERANCE_MS));
        let head =
            json!({ "kind": "history", "version": 1, "clock_tolerance": tolerance, "devices": devices });
        format!("{head}\n")
    }
    /// A line as it would stand in the history, behind the first.
    pub(super) fn alone(&self, device: DeviceId, line: &Map<String, Json>) -> String {
        let name = "device".to_owned();
        let mut line = line.clone();
        line.insert("device".to_owned(), json!(name));
        line.insert("at".to_owned(), self.instant(Time::ZERO));
        let names = vec![name; self.attributes.len()];
        format!("{}{}\n", self.head(&names, |at| at == device.0 as usize), Json::Object(line))
    }

    /// The whole history, with the names that devices have; `used` are those that came.
    pub(super) fn history(
        &self,
        (names, used): (&[String], &[bool]),
        backend: &[(EntityId, Key, Vec<Value>)],
        (end, settled): (Time, bool),
    ) -> String {
        let mut text = self.head(names, |at| used[at]);
        for Said { device, line } in &self.said {
            let mut line = line.clone();
            if let Some(device) = device {
                let name = json!(names[device.0 as usize]);
                let by = line.get("kind").is_some_and(|kind| kind == "commit");
                let (place, value) = if by { ("by", json!({ "device": name })) } else { ("device", name) };
                line.insert(place.to_owned(), value);
            }
            text += &Json::Object(line).to_string();
            text.push('\n');
        }
        // No line is longer than its reader takes.
        let of_one = |a: &(EntityId, Key, Vec<Value>), b: &(EntityId, Key, Vec<Value>)| a.0 == b.0;
        for rows in backend.chunk_by(of_one).flat_map(|rows| rows.chunks(ROWS_OF_A_LINE)) {
            let entity = self.schema.entity(rows[0].0);
            let row = |(_, key, values): &(EntityId, Key, Vec<Value>)| {
                let mut row = columns(entity, values);
                row.insert(entity.key.clone(), json!(key.as_str()));
                row
            };
            let rows: Vec<_> = rows.iter().map(row).collect();
            text += &json!({ "kind": "backend", "entity": entity.name, "rows": rows }).to_string();
            text.push('\n');
        }
        let end = json!({ "kind": "end", "at": self.instant(end), "settled": settled });
        text += &format!("{end}\n");
        text
    }
}
