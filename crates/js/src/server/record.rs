//! The system of record (the backend) as JavaScript functions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rquickjs::{Ctx, Exception, Function, Object, TypedArray};
use serde_json::{Map, Value as Json, json};

use super::behind::{Behind, Came, Written};
use super::known::{Known, Verdict};
use crate::base::Word;
use crate::contract::{
    DeviceId, EditId, EditKind, EditSaid, Entity, EntityId, Key, Mutation, Outcome, Refusal, Row, RowVersion,
    ServerError, ServerSetup, Slip, Span, Stamp, SystemOfRecord, Value,
};
use crate::host::{Host, from_js, functions, print_at, print_of, row_of, row_to_js};
use crate::runtime::{LentRecord, bytes_in};

/// No transaction of the backend takes longer than this.
const SETTLED: Span = Span::secs(86_400);

/// The state of the current request.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) from: DeviceId,
    pub(super) behind: Behind,
    /// The backend's refusal. JavaScript gets it as an exception.
    pub(super) refused: Option<ServerError>,
    pub(super) answer: Option<(String, Vec<u8>)>,
    /// How often each key was used for a row.
    uses: BTreeMap<String, u32>,
}

pub(super) struct Records {
    pub(super) setup: ServerSetup,
    pub(super) lent: LentRecord,
    pub(super) asked: RefCell<Asked>,
    pub(super) host: Rc<Host>,
    /// The number of requests that wrote without a key, counted over all processes. `None` before
    /// it is read.
    pushes: Cell<Option<i64>>,
    known: RefCell<Known>,
}

/// The reason why a function of the record did nothing.
enum No {
    Wrong(String),
    Refused(ServerError),
}

impl From<ServerError> for No {
    fn from(error: ServerError) -> No {
        No::Refused(error)
    }
}

type Given = Result<Json, No>;

/// A write that the bundle (the app's code) asks for.
struct Wish<'w> {
    id: EntityId,
    key: Key,
    row: Option<&'w Map<String, Json>>,
    base: Option<Stamp>,
    name: Option<&'w str>,
    /// True if the server's author states that a rule changed the edit's values.
    changed: bool,
}

/// A write for the backend, and the edit that caused it if the phone named one.
struct Planned {
    /// The mutation and the name of the write. `None` if the row already has these values.
    mutation: Option<(Mutation, String)>,
    edit: Option<EditId>,
    /// The columns in which a rule of the server changed the edit's values.
    remade: Vec<usize>,
}

impl Asked {
    pub(super) fn by(from: DeviceId, slip: Slip, body: Vec<u8>) -> Asked {
        Asked { from, behind: Behind::of(slip, body), ..Asked::default() }
    }
}

impl Records {
    pub(super) fn new(setup: ServerSetup, host: Rc<Host>) -> Records {
        let (lent, asked, pushes) = Default::default();
        let known = RefCell::new(Known::recalled(&host.disk.main));
        Records { setup, lent, asked, host, pushes, known }
    }
    fn table(&self, name: &str) -> Result<(EntityId, &Entity), No> {
        let schema = &self.setup.schema;
        let names =
            || schema.entities.iter().map(|entity| entity.name.as_str()).collect::<Vec<_>>().join("`, `");
        let id = schema
            .find(name)
            .ok_or_else(|| No::Wrong(format!("there is no table `{name}`; there are `{}`", names())))?;
        Ok((id, schema.entity(id)))
    }
    fn record<T>(&self, f: impl FnOnce(&mut dyn SystemOfRecord) -> T) -> Result<T, No> {
        let none = || No::Wrong("the record is available only while a request is handled".to_owned());
        self.lent.with(f).ok_or_else(none)
    }

    fn tables(&self) -> Vec<&str> {
        let entities = self.setup.schema.entities.iter().filter(|entity| entity.delivery.is_on_devices());
        entities.map(|entity| entity.name.as_str()).collect()
    }
    /// Returns the changes of a table. If `tells`, the slip (the bench's hidden note on a message)
    /// names the versions in the response.
    fn changes(&self, name: &str, since: Option<Stamp>, tells: bool) -> Given {
        let (id, entity) = self.table(name)?;
        let mut asked = self.asked.borrow_mut();
        let attributes = &self.setup.attributes[asked.from.0 as usize];
        let (mut rows, mut deleted, mut cursor) = (Vec::new(), Vec::new(), since.unwrap_or_default());
        let slip = asked.behind.slip();
        if tells {
            slip.asked.push((id, since));
        }
        let settled = self.record(|record| record.clock().minus(SETTLED))?;
        self.record(|record| {
            record.changes(id, attributes, since, &mut |key, stamp, values| {
                let removed = values.is_none();
                if tells {
                    slip.rows.push(RowVersion { entity: id, key: Key::new(key), stamp, removed });
                }
                cursor = cursor.max(stamp);
                match values {
                    Some(values) => rows.push(with_stamp(row_to_js(entity, key, values), stamp)),
                    None => deleted.push(json!(key)),
                }
            })
        })??;
        // The cursor advances even if the table never changes. Otherwise it would expire one day.
        Ok(json!({ "rows": rows, "deleted": deleted, "cursor": cursor.max(settled).0 }))
    }
    fn get(&self, name: &str, key: &str) -> Given {
        let (id, entity) = self.table(name)?;
        let found = self.record(|record| record.get(id, &Key::new(key)))?;
        Ok(found.map_or(Json::Null, |row| shown(entity, &row)))
    }

    fn write(&self, name: &str, row: &Json, options: &Json) -> Given {
        let (id, entity) = self.table(name)?;
        let key = row.as_str().or(row["id"].as_str());
        let key =
            Key::new(key.ok_or_else(|| {
                No::Wrong(format!("a row of `{name}` needs an `id` that is a text: {row}"))
            })?);
        let base = options["base"].as_i64().map(Stamp);
        let (name, changed) = (options["key"].as_str(), options["changed"] == json!(true));
        let wish = Wish { id, key, row: row.as_object(), base, name, changed };
        let mut asked = self.asked.borrow_mut();
        let now = self.record(|record| record.get(id, &wish.key))?;
        let values = self.values(entity, &wish, now.as_ref())?;
        let Planned { mutation, edit, remade } = self.mutation(&mut asked, &wish, now.as_ref(), values)?;
        let there = now.as_ref().and_then(|row| row.values.as_ref());
        let Some((mutation, write)) = mutation else {
            let stamp = now.as_ref().map_or(Stamp(0), |row| row.stamp);
            let is = |at: usize| there.map(|values| print_of(&values[at]));
            let known = |edit: EditId| self.known.borrow().of(edit);
            edit.into_iter().for_each(|edit| asked.behind.wrote((edit, &[]), Came::Same(stamp), (is, known)));
            return Ok(json!({ "ok": true, "stamp": stamp.0, "changed": false }));
        };
        if let Some(edit) = edit.filter(|_| !remade.is_empty()) {
            self.record(|record| record.remade(edit, &remade))?;
        }
        let attributes = &self.setup.attributes[asked.from.0 as usize];
        let after: Vec<(usize, u64)> =
            mutation.values.iter().map(|(at, value)| (*at, print_of(value))).collect();
        let outcome = self.record(|record| record.write(attributes, &[mutation]))?.remove(0);
        let came = match &outcome {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => Came::Committed(*stamp),
            // The edit did not lose to another version: the backend rejected it.
            Outcome::Rejected { .. } => Came::Refused,
            _ => Came::GaveWay,
        };
        if let Some(edit) = edit {
            let is = |at: usize| print_at(&after, at).or_else(|| there.map(|row| print_of(&row[at])));
            let mut known = self.known.borrow_mut();
            asked.behind.wrote((edit, &remade), came, (is, |edit| known.of(edit)));
            let verdict = match came {
                Came::Committed(stamp) => Some(Verdict::Committed(stamp)),
                Came::Refused => Some(Verdict::Refused),
                Came::Same(_) | Came::GaveWay => None,
            };
            verdict.into_iter().for_each(|verdict| known.keep(&self.host.disk.main, edit, verdict));
        }
        self.host.pass("js.server-written");
        let slip = asked.behind.slip();
        match outcome {
            Outcome::Applied { stamp } => Ok(json!({ "ok": true, "stamp": stamp.0, "changed": true })),
            Outcome::Named { stamp, row } => {
                Ok(json!({ "ok": true, "stamp": stamp.0, "changed": true, "id": row.key.as_str() }))
            }
            Outcome::Conflict { why, current, .. } => {
                self.known.borrow_mut().turned_back(&write);
                slip.rows.extend(current.as_ref().map(|row| version(id, row)));
                Ok(
                    json!({ "ok": false, "why": why.word(), "current": current.map(|row| shown(entity, &row)) }),
                )
            }
            Outcome::Rejected { reason, current } => {
                slip.rows.extend(current.as_ref().map(|row| version(id, row)));
                let current = current.map(|row| shown(entity, &row));
                Ok(json!({ "ok": false, "why": "rejected", "reason": reason, "current": current }))
            }
            Outcome::Later | Outcome::Queued => Err(No::Refused(ServerError::Unavailable)),
        }
    }
    /// Refuses an edit by a rule of the server.
    fn refuse(&self, name: &str, key: &str, options: &Json) -> Given {
        let (id, entity) = self.table(name)?;
        let key = Key::new(key);
        let mut asked = self.asked.borrow_mut();
        let mut known = self.known.borrow_mut();
        let used_for = |name: &str| known.named(name, (id, &key));
        let edits =
            asked.behind.edits_to_refuse((id, &key), options["key"].as_str(), used_for, |it| known.of(it));
        if edits.is_empty() && !asked.behind.names(&key) {
            return Err(No::Wrong(format!("`db.refuse`: {}", unknown(name, key.as_str()))));
        }
        let now = self.record(|record| record.get(id, &key))?;
        for edit in edits {
            let made = if now.is_some() { EditKind::Update } else { EditKind::Create };
            let kind = asked.behind.said_of(edit).map_or(made, |said| said.kind);
            let mutation = Mutation::new(edit, id, key.as_str(), kind);
            self.record(|record| record.refused(&mutation, None))?;
            asked.behind.refused(edit);
            // An edit that is refused after its commit stays committed.
            if known.of(edit).is_none() {
                known.keep(&self.host.disk.main, edit, Verdict::Refused);
            }
        }
        let current = now.map(|row| shown(entity, &row));
        Ok(json!({ "ok": false, "why": options["why"].as_str().unwrap_or("refused"), "current": current }))
    }
    /// At the end of a request, reports to the backend the edits that gave way without a write.
    pub(super) fn gave_way(&self) {
        let (known, asked) = (self.known.borrow(), self.asked.borrow());
        for said in asked.behind.left_out(|edit| known.of(edit)) {
            let mutation = Mutation::new(said.edit, said.entity, said.key.as_str(), said.kind);
            _ = self.record(|record| {
                record.refused(&mutation, Some(Refusal::Stale));
                if said.by_column {
                    record.gave_way_by_column(said.edit);
                }
            });
        }
    }
    pub(super) fn answered(&self) -> Slip {
        let known = self.known.borrow();
        self.asked.borrow_mut().behind.answered(|edit| known.of(edit))
    }

    /// Converts the values of a wish, by column of the backend.
    fn values(&self, entity: &Entity, wish: &Wish<'_>, now: Option<&Row>) -> Result<Vec<(usize, Value)>, No> {
        let Some(row) = wish.row else { return Ok(Vec::new()) };
        if let Some(strange) =
            row.keys().find(|name| *name != "id" && !name.starts_with('_') && entity.column(name).is_none())
        {
            return Err(No::Wrong(format!("`{}` has no column `{strange}`", entity.name)));
        }
        let is_new = now.is_none_or(|row| row.values.is_none());
        let mut values = Vec::new();
        for &at in &entity.projection {
            let column = &entity.columns[at];
            let found = match row.get(&column.name) {
                Some(found) => found,
                None if is_new => &Json::Null,
                None => continue,
            };
            let value = from_js(&column.kind, found);
            values.push((
                at,
                value.map_err(|why| {
                    No::Wrong(format!("{} {}: {}: {why}", entity.name, wish.key.as_str(), column.name))
                })?,
            ));
        }
        Ok(values)
    }
    /// Finds the edit that caused a write. A new name belongs to this edit from now on.
    fn behind(&self, asked: &Asked, written: &Written<'_>) -> Option<EditId> {
        let mut known = self.known.borrow_mut();
        let row = (written.entity, written.key);
        let used_for = |name: &str| known.named(name, row);
        let edit = asked.behind.edit(written, used_for, |edit| known.of(edit))?;
        if let Some(name) = written.name.filter(|name| known.named(name, row).is_none()) {
            let is_its_own =
                |said: &EditSaid| said.edit.to_string() == name || said.names.iter().any(|of| of == name);
            if !asked.behind.said_of(edit).is_some_and(is_its_own) {
                known.name(&self.host.disk.main, name, row, edit);
            }
        }
        Some(edit)
    }
    /// Builds the mutation of a wish.
    fn mutation(
        &self,
        asked: &mut Asked,
        wish: &Wish<'_>,
        now: Option<&Row>,
        values: Vec<(usize, Value)>,
    ) -> Result<Planned, No> {
        let entity = self.setup.schema.entity(wish.id);
        let there = now.and_then(|row| row.values.as_ref());
        let is_in = |at: usize| wish.row.is_some_and(|row| row.contains_key(&entity.columns[at].name));
        let prints = values.iter().filter(|(at, _)| is_in(*at)).map(|(at, value)| (*at, print_of(value)));
        let deletes = wish.row.is_none();
        let (key, name) = (&wish.key, wish.name);
        let written = Written { entity: wish.id, key, deletes, name, prints: prints.collect() };
        let behind = self.behind(asked, &written);
        let none = |edit| Planned { mutation: None, edit, remade: Vec::new() };
        let kind = match (wish.row, now) {
            (None, _) if there.is_none() => return Ok(none(behind)),
            (None, _) => EditKind::Delete,
            (Some(_), Some(_)) => EditKind::Update,
            (Some(_), None) => EditKind::Create,
        };
        let is_same = kind == EditKind::Update
            && there.is_some_and(|there| values.iter().all(|(at, value)| there[*at] == *value));
        if behind.is_none() && is_same {
            return Ok(none(None));
        }
        let is_there = |at: usize, print: u64| there.is_some_and(|there| print_of(&there[at]) == print);
        let mut known = self.known.borrow_mut();
        let is_made = |at: usize, print: u64| known.is_made((wish.id, at, print));
        let remade = behind.map_or_else(Vec::new, |edit| {
            asked.behind.remade(edit, &written, wish.changed, (is_there, is_made))
        });
        let of = |(at, _): &&(usize, u64)| remade.contains(at);
        written.prints.iter().filter(of).for_each(|(at, print)| known.makes((wish.id, *at, *print)));
        drop(known);
        let (name, key) = (&entity.name, wish.key.as_str());
        if behind.is_none() && !asked.behind.names(&wish.key) {
            return Err(No::Wrong(unknown(name, key)));
        }
        let edit = behind.unwrap_or_else(|| self.known.borrow_mut().last_of(asked.from, wish.id, &wish.key));
        let mut mutation = Mutation::new(edit, wish.id, key, kind);
        let own = match wish.name {
            Some(of) => format!("{of}/{name}/{key}"),
            None => format!("push {}/{edit}", self.push()?),
        };
        let uses = asked.uses.entry(own.clone()).or_default();
        *uses += 1;
        mutation.id = self.known.borrow().tried(&own) + &"+".repeat(*uses as usize - 1);
        mutation.base = wish.base.or(now.map(|row| row.stamp));
        mutation.made_at = self.record(|record| record.clock())?;
        mutation.values = values;
        Ok(Planned { mutation: Some((mutation, own)), edit: behind, remade })
    }
    /// The number of this request among the requests that wrote without a key.
    fn push(&self) -> Result<i64, No> {
        if let Some(number) = self.pushes.get() {
            return Ok(number);
        }
        let count = || -> rusqlite::Result<i64> {
            let database = &self.host.disk.main;
            database.execute_batch(
                "CREATE TABLE IF NOT EXISTS bench_pushes(id INTEGER PRIMARY KEY, n INTEGER)",
            )?;
            let text =
                "INSERT INTO bench_pushes VALUES(1, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n";
            database.query_row(text, [], |row| row.get(0))
        };
        let number = count().map_err(|error| No::Wrong(error.to_string()))?;
        self.pushes.set(Some(number));
        Ok(number)
    }
    pub(super) fn begin(&self, mut asked: Asked) {
        self.pushes.set(None);
        self.known.borrow_mut().hear(asked.from, asked.behind.slip());
        self.asked.replace(asked);
    }

    /// Returns a result to JavaScript: JSON, or an exception.
    fn given(&self, ctx: &Ctx<'_>, given: Given) -> rquickjs::Result<String> {
        given.map(|given| given.to_string()).map_err(|no| self.thrown(ctx, no))
    }
    fn thrown(&self, ctx: &Ctx<'_>, no: No) -> rquickjs::Error {
        let words = match no {
            No::Wrong(words) => words,
            No::Refused(error) => self.asked.borrow_mut().refused.insert(error).to_string(),
        };
        Exception::throw_message(ctx, &words)
    }
}

fn unknown(name: &str, key: &str) -> String {
    format!(
        "the bench knows no edit of {name} {key}: the request's body does not contain this id, or the phone reports no waiting edit of this row (see `rows` of fetch, and `pending`)"
    )
}

fn version(entity: EntityId, row: &Row) -> RowVersion {
    RowVersion { entity, key: row.key.clone(), stamp: row.stamp, removed: row.values.is_none() }
}

fn with_stamp(mut row: Map<String, Json>, stamp: Stamp) -> Json {
    row.insert("_stamp".to_owned(), json!(stamp.0));
    Json::Object(row)
}

/// A row for the bundle's server functions. A deleted row has `_deleted`.
fn shown(entity: &Entity, row: &Row) -> Json {
    match &row.values {
        Some(values) if values.len() == entity.columns.len() => {
            with_stamp(row_to_js(entity, row.key.as_str(), values), row.stamp)
        }
        Some(values) => with_stamp(row_of(row.key.as_str(), entity.projected().zip(values)), row.stamp),
        None => json!({ "id": row.key.as_str(), "_deleted": true, "_stamp": row.stamp.0 }),
    }
}

/// Adds the functions of the record to the object from which the prelude (the bench's own
/// JavaScript) takes them.
pub(super) fn install<'js>(ctx: &Ctx<'js>, records: &Rc<Records>) -> rquickjs::Result<()> {
    let it = Object::new(ctx.clone())?;
    let read = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
    it.set("tables", json!(records.tables()).to_string())?;
    functions! { it, records;
        "changes" = |ctx, records, name: String, since: Option<f64>, tells: bool| {
            records.given(&ctx, records.changes(&name, since.map(|since| Stamp(since as i64)), tells))
        };
        "get" = |ctx, records, name: String, key: String| records.given(&ctx, records.get(&name, &key));
        "write" = |ctx, records, name: String, row: String, options: String| {
            records.given(&ctx, records.write(&name, &read(&row), &read(&options)))
        };
        "refuse" = |ctx, records, name: String, key: String, options: String| {
            records.given(&ctx, records.refuse(&name, &key, &read(&options)))
        };
        "now" = |ctx, records| {
            let now = records.record(|record| record.clock().0 as f64);
            now.map_err(|no| records.thrown(&ctx, no))
        };
        "answer" = |_ctx, records, head: String, body: TypedArray<'js, u8>| {
            records.asked.borrow_mut().answer = Some((head, bytes_in(&body)));
            Ok(())
        };
    }
    ctx.globals().set("__record", it)
}
