//! Writes a session as a recorded history. Its lines come from commits of the backend, reports of
//! apps, and reports of the user's own server.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::theirs::{self, ServerReportCounts, Theirs};
use crate::base::{DeviceId, EntityId, Key, Stamp, Time};
use crate::contract::{
    Author, ColumnKind, CommitKind, DeviceView, Entity, Event, Occurrence, Schema, Span, Value,
};
use crate::oracle::Truth;
use crate::servers::to_json;
use crate::world::Ear;

/// The kinds of lines that an app can report.
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
/// The maximum clock tolerance of a history: 1 hour.
const TOLERANCE_MS: u64 = 3_600_000;
/// If session times and machine times differ by more than this (2 days), a time shows which clock
/// it comes from.
const CLOCKS_APART_MS: f64 = 172_800_000.0;
const ROWS_OF_A_LINE: usize = 1_000;
/// Members of a line that only the session sets.
const TIMES: [&str; 3] = ["at", "not_before", "not_after"];

/// The maximum delay of a report after its event, in virtual time at this speed.
pub(super) fn tolerance(speed: f64) -> Span {
    Span((2.5e8 * speed.max(1.0)) as u64)
}

/// A line and the device that reported it.
struct Said {
    device: Option<DeviceId>,
    line: Map<String, Json>,
}

/// The names of a device's edits in other lines. Each name has the `seq` of its edit.
#[derive(Clone, Default)]
struct NamedEdits {
    ids: BTreeMap<String, Option<u64>>,
    rows: BTreeMap<(EntityId, String), Option<u64>>,
    /// The highest `seq` so far, at the time of each line with a `seq`.
    reached: VecDeque<(Time, u64)>,
}

/// Passes events of the world (the whole simulation) to the history.
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
    /// The tolerance of times, in virtual time.
    tolerance: Span,
    attributes: Vec<(Vec<String>, Vec<Value>)>,
    said: Vec<Said>,
    pub(super) commits: u64,
    named: Vec<NamedEdits>,
    /// The reports of the user's own server, if it answers. The world's backend is then ignored.
    theirs: Option<Theirs>,
    /// The start of virtual time on the machine's clock, in milliseconds since 1970, and the speed.
    wall: Option<(u64, f64)>,
    /// Per device, true if its app reported anything. `showed` is true if it reported its rows.
    pub(super) spoke: Vec<bool>,
    pub(super) showed: Vec<bool>,
    /// The number of waiting edits that each device reported, if it made no edit since.
    pub(super) waits: Vec<Option<u64>>,
}

fn columns(entity: &Entity, values: &[Value]) -> Map<String, Json> {
    let each = entity.columns.iter().zip(values);
    each.map(|(column, value)| (column.name.clone(), to_json(&column.kind, value))).collect()
}

fn said<'l>(line: &'l Map<String, Json>, name: &str) -> Option<&'l str> {
    line.get(name).and_then(Json::as_str)
}

fn list(known: &[&str]) -> String {
    if known.is_empty() { "none so far".to_owned() } else { known.join(", ") }
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
        is_theirs: bool,
    ) -> Telling {
        let devices = attributes.len();
        Telling {
            schema,
            start,
            tolerance,
            attributes,
            said: Vec::new(),
            commits: 0,
            named: vec![NamedEdits::default(); devices],
            theirs: is_theirs.then(Theirs::default),
            wall: None,
            spoke: vec![false; devices],
            showed: vec![false; devices],
            waits: vec![None; devices],
        }
    }
    /// Records that virtual time begins now. `wall` is the machine's clock in milliseconds since
    /// 1970.
    pub(super) fn begins(&mut self, wall: u64, speed: f64) {
        self.wall = Some((wall, speed));
    }
    /// The number of lines from the user's own server; `None` if the scenario's backend answers.
    pub(super) fn server(&self) -> Option<ServerReportCounts> {
        self.theirs.as_ref().map(Theirs::so_far)
    }
    /// Adds a row of the backend at the start of the session.
    pub(super) fn row(&mut self, id: EntityId, key: &Key, values: &[Value]) {
        if self.theirs.is_some() {
            return;
        }
        let entity = self.schema.entity(id);
        let line = json!({
            "kind": "row", "entity": entity.name, "key": key.as_str(), "values": columns(entity, values),
        });
        self.said.push(Said { device: None, line: object(line) });
    }
    /// Converts a virtual time to milliseconds since 1970.
    fn instant(&self, at: Time) -> Json {
        let micros = self.start.0.saturating_add((at.0 / 1_000) as i64);
        json!(micros as f64 / 1e3)
    }

    pub(super) fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Event::Committed { entity: id, key, kind, values, author, .. } = occurrence.event else { return };
        if self.theirs.is_some() {
            return;
        }
        let entity = self.schema.entity(id);
        let what = match kind {
            CommitKind::Insert => "create",
            CommitKind::Update => "update",
            CommitKind::Delete => "delete",
        };
        self.commits += 1;
        let mut line = json!({
            "kind": "commit", "entity": entity.name, "key": key.as_str(), "do": what,
            "at": self.instant(occurrence.at), "seq": self.commits,
        });
        if kind != CommitKind::Delete {
            line["values"] = Json::Object(columns(entity, values));
        }
        let device = if let Author::Device(edit) = author { Some(edit.device) } else { None };
        if device.is_none() {
            line["by"] = json!("other");
        }
        self.said.push(Said { device, line: object(line) });
    }

    pub(super) fn observe(&mut self, device: DeviceId, at: Time, mut line: Map<String, Json>) {
        TIMES.iter().for_each(|name| _ = line.remove(*name));
        line.insert("at".to_owned(), self.instant(at));
        self.name(device, at, &line);
        match said(&line, "kind") {
            Some("shows") => self.showed[device.0 as usize] = true,
            Some("edit") => {
                self.theirs.iter_mut().for_each(Theirs::moves);
                self.waits[device.0 as usize] = None;
            }
            Some("waits") => {
                let all = ["edits", "rows", "undecided"].map(|name| line.get(name).and_then(Json::as_array));
                self.waits[device.0 as usize] = Some(all.iter().flatten().map(|all| all.len() as u64).sum());
            }
            _ => {}
        }
        self.spoke[device.0 as usize] = true;
        self.said.push(Said { device: Some(device), line });
    }

    /// Stores the names by which later lines can refer to this line's edit.
    fn name(&mut self, device: DeviceId, at: Time, line: &Map<String, Json>) {
        let named = &mut self.named[device.0 as usize];
        let seq = line.get("seq").and_then(Json::as_u64);
        if said(line, "kind") == Some("edit") {
            if let Some(id) = said(line, "id") {
                named.ids.insert(id.to_owned(), seq);
            }
            let entity = said(line, "entity").and_then(|name| self.schema.find(name));
            if let Some((entity, key)) = entity.zip(said(line, "key")) {
                let row = named.rows.entry((entity, key.to_owned())).or_default();
                *row = seq.max(*row);
            }
        }
        let highest = named.reached.back().map_or(0, |(_, seq)| *seq);
        named.reached.extend(seq.map(|seq| (at, seq.max(highest))));
        // Of the entries that are older than the tolerance, only the last one is kept.
        let is_old = |of: &(Time, u64)| of.0 + self.tolerance < at;
        while named.reached.get(1).is_some_and(is_old) {
            named.reached.pop_front();
        }
    }

    /// Adds a report of the user's own server. `device` is the author of a reported commit.
    pub(super) fn observe_server(&mut self, device: Option<DeviceId>, at: Time, mut line: Map<String, Json>) {
        TIMES.iter().for_each(|name| _ = line.remove(*name));
        let entity = said(&line, "entity").and_then(|name| self.schema.find(name));
        let key = entity.map_or("", |entity| self.schema.entity(entity).key.as_str()).to_owned();
        if said(&line, "kind") == Some("commit") {
            line.insert("at".to_owned(), self.instant(at));
        }
        if self.theirs.as_mut().is_some_and(|theirs| theirs.hears(&line, &key)) {
            self.said.push(Said { device, line });
        }
    }
    /// Checks a line of a server.
    ///
    /// # Errors
    /// A text that says what is wrong and what is allowed.
    pub(super) fn check_server(&self, line: &Map<String, Json>) -> Result<(), String> {
        let Some(theirs) = &self.theirs else {
            let kind = said(line, "kind").unwrap_or_default();
            return Err(format!(
                "the scenario's backend reports its rows and commits itself: `{kind}` is accepted \
                 only with --upstream and --tunnel"
            ));
        };
        self.entity(line)?;
        theirs.check(line)
    }

    fn entity(&self, line: &Map<String, Json>) -> Result<Option<EntityId>, String> {
        let Some(name) = line.get("entity") else { return Ok(None) };
        let found = name.as_str().and_then(|name| self.schema.find(name));
        let names = || self.schema.entities.iter().map(|entity| entity.name.as_str()).collect::<Vec<_>>();
        found
            .map(Some)
            .ok_or_else(|| format!("there is no entity {name}; the entities are {}", names().join(", ")))
    }

    /// The highest `seq` among the edits that a line names.
    ///
    /// # Errors
    /// The line names an unknown edit.
    fn edits_of(&self, device: DeviceId, line: &Map<String, Json>) -> Result<Option<u64>, String> {
        let named = &self.named[device.0 as usize];
        let lists = ["edits", "undecided"].map(|list| line.get(list).and_then(Json::as_array));
        let ids = lists.into_iter().flatten().flatten().filter_map(Json::as_str).chain(said(line, "edit"));
        let mut last = None;
        for id in ids {
            let seq = named.ids.get(id).ok_or_else(|| {
                let known: Vec<&str> = named.ids.keys().take(8).map(String::as_str).collect();
                format!("this device reported no edit with the id `{id}`; it reported {}", list(&known))
            })?;
            last = last.max(*seq);
        }
        let rows =
            line.get("rows").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object);
        let is_word = matches!(said(line, "kind"), Some("acknowledged" | "told"));
        let alone = Some(line).filter(|line| is_word && !line.contains_key("edit"));
        let rows = rows.filter(|_| said(line, "kind") == Some("waits")).chain(alone);
        for row in rows {
            let key = match row.get("key") {
                Some(Json::String(key)) => key.clone(),
                Some(Json::Number(key)) => key.to_string(),
                // The check of the single line reports the missing part.
                _ => continue,
            };
            let Some(entity) = self.entity(row)? else { continue };
            let name = &self.schema.entity(entity).name;
            let seq = named.rows.get(&(entity, key.clone())).ok_or_else(|| {
                format!(
                    "this device reported no edit of {name} `{key}`; report the edit first, in its own line"
                )
            })?;
            last = last.max(*seq);
        }
        Ok(last)
    }

    /// Checks that `seq` is not lower than in lines that are older than the tolerance. It also must
    /// not be lower than in the edits that this line names.
    fn in_order(
        &self,
        (device, now): (DeviceId, Time),
        line: &Map<String, Json>,
        last: Option<u64>,
    ) -> Result<(), String> {
        let Some(seq) = line.get("seq").and_then(Json::as_u64) else { return Ok(()) };
        let reached = &self.named[device.0 as usize].reached;
        let old = reached.partition_point(|(of, _)| *of + self.tolerance < now);
        let before = old.checked_sub(1).map(|at| reached[at].1);
        let reached = before.max(last).unwrap_or(0);
        if seq >= reached {
            return Ok(());
        }
        Err(format!(
            "`seq` must be {reached} or more, the value of an earlier line: raise or leave out `seq`"
        ))
    }

    /// Checks a line of an app. For an edit, returns its row.
    ///
    /// # Errors
    /// A text that says what is wrong and what is allowed.
    pub(super) fn check(
        &self,
        (device, now): (DeviceId, Time),
        line: &Map<String, Json>,
    ) -> Result<Option<(EntityId, String)>, String> {
        let kind = said(line, "kind").unwrap_or_default();
        if !KINDS.contains(&kind) {
            let servers: &[&str] = if self.theirs.is_some() { &theirs::KINDS } else { &[] };
            let all = [&KINDS[..], servers].concat();
            return Err(format!("`kind` must be one of {}", all.join(", ")));
        }
        let entity = self.entity(line)?;
        if kind != "edit" {
            let last = self.edits_of(device, line)?;
            return self.in_order((device, now), line, last).map(|()| None);
        }
        self.in_order((device, now), line, None)?;
        if let Some(id) = said(line, "id").filter(|id| self.named[device.0 as usize].ids.contains_key(*id)) {
            return Err(format!("this device already has an edit `{id}`"));
        }
        let id = entity.ok_or("an edit needs an `entity`")?;
        let key =
            line.get("key").and_then(Json::as_str).ok_or("an edit needs a `key`, which must be a text")?;
        let what = line.get("do").and_then(Json::as_str).unwrap_or_default();
        if !["create", "update", "delete"].contains(&what) {
            return Err("an edit needs a `do`: create, update or delete".to_owned());
        }
        let known = &self.schema.entity(id).columns;
        for name in line.get("values").and_then(Json::as_object).into_iter().flatten().map(|(name, _)| name) {
            if !known.iter().any(|column| column.name == *name) {
                let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
                return Err(format!("there is no column `{name}`; the columns are {}", names.join(", ")));
            }
        }
        Ok(Some((id, key.to_owned())))
    }

    /// The first line. `is_whole` means that the history has all changes of the backend, so none
    /// must be inferred.
    fn head(&self, names: &[String], is_in: impl Fn(usize) -> bool, is_whole: bool) -> String {
        let mut devices = Map::new();
        for (at, (columns, values)) in self.attributes.iter().enumerate().filter(|(at, _)| is_in(*at)) {
            let each = columns.iter().zip(values);
            let attributes = each.map(|(name, value)| (name.clone(), to_json(&ColumnKind::Text, value)));
            devices.insert(names[at].clone(), Json::Object(attributes.collect()));
        }
        let tolerance = format!("{}ms", (self.tolerance.0 / 1_000_000).min(TOLERANCE_MS));
        let mut head =
            json!({ "kind": "history", "version": 1, "clock_tolerance": tolerance, "devices": devices });
        if is_whole {
            head["records"] = json!(["commit"]);
        }
        let session = self.start.0 as f64 / 1e3;
        // If the clocks differ by less, a time does not show which clock it comes from.
        if let Some((wall, speed)) =
            self.wall.filter(|(wall, _)| (*wall as f64 - session).abs() > CLOCKS_APART_MS)
        {
            head["wall_clock"] = json!({ "wall": wall, "session": self.instant(Time::ZERO), "speed": speed });
        }
        format!("{head}\n")
    }
    /// A history with its head and only this line.
    pub(super) fn alone(&self, device: DeviceId, line: &Map<String, Json>) -> String {
        let name = "device".to_owned();
        let mut line = line.clone();
        if theirs::is_of_server(&line) {
            TIMES.iter().for_each(|time| _ = line.remove(*time));
            let by = line.get_mut("by").and_then(Json::as_object_mut).filter(|by| by.contains_key("device"));
            by.into_iter().for_each(|by| _ = by.insert("device".to_owned(), json!(name)));
        } else {
            line.insert("device".to_owned(), json!(name));
            line.insert("at".to_owned(), self.instant(Time::ZERO));
        }
        let names = vec![name; self.attributes.len()];
        format!("{}{}\n", self.head(&names, |at| at == device.0 as usize, false), Json::Object(line))
    }

    /// The whole history. `names` are the devices' names, and `used` says which devices took part.
    pub(super) fn history(
        &self,
        (names, used): (&[String], &[bool]),
        backend: &[(EntityId, Key, Vec<Value>)],
        (end, settled): (Time, bool),
    ) -> String {
        // A server without reported commits may have committed something.
        let is_whole = self.server().is_none_or(|said| said.commits > 0);
        let is_said =
            |at: usize| self.said.iter().any(|said| said.device.is_some_and(|of| of.0 as usize == at));
        let mut text = self.head(names, |at| used[at] || is_said(at), is_whole);
        for Said { device, line } in &self.said {
            let mut line = line.clone();
            if let Some(device) = device {
                let name = json!(names[device.0 as usize]);
                if said(&line, "kind") == Some("commit") {
                    let by = line.entry("by").or_insert_with(|| json!({}));
                    by["device"] = name;
                } else {
                    line.insert("device".to_owned(), name);
                }
            }
            text += &Json::Object(line).to_string();
            text.push('\n');
        }
        for (entity, rows) in self.theirs.iter().flat_map(Theirs::rest) {
            text += &json!({ "kind": "backend", "entity": entity, "rows": rows }).to_string();
            text.push('\n');
        }
        // The history's reader limits the length of a line.
        let backend = if self.theirs.is_some() { &[] } else { backend };
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
