//! The edits that a phone has saved and that are not known to be done, in its own database.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::{Connection, params};
use serde_json::Value as Json;

use crate::base::Word;
use crate::contract::{
    DeviceId, EditId, EditKind, EditSaid, EntityId, Key, LocalEdit, LogEntry, LogKind, RowEdits, RowVersion,
    Schema, Slip, Stamp, UnitId,
};
use crate::host::{Says, from_js, print_at, print_of};

/// Makes the tables.
pub(super) const LAYOUT: &str = "\
    CREATE TABLE IF NOT EXISTS bench_edits(number INTEGER PRIMARY KEY, entity INTEGER, key TEXT, \
        kind INTEGER, made INTEGER, said INTEGER, gave INTEGER, prints TEXT, names TEXT, perhaps INTEGER, \
        gave_once INTEGER, went INTEGER);\
    CREATE TABLE IF NOT EXISTS bench_stamps(entity INTEGER, key TEXT, stamp INTEGER, \
        PRIMARY KEY(entity, key)) WITHOUT ROWID;\
    CREATE TABLE IF NOT EXISTS bench_log(number INTEGER PRIMARY KEY, entity INTEGER, key TEXT, \
        kind TEXT);\
    CREATE TABLE IF NOT EXISTS bench_held(entity INTEGER, key TEXT, stamp INTEGER, removed INTEGER);\
    CREATE TABLE IF NOT EXISTS bench_run(id INTEGER PRIMARY KEY, runs INTEGER, open INTEGER);";

/// What the server said of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is committed with this stamp.
    Committed(Stamp),
    /// It is not: the row has this version.
    GaveWay(Stamp),
    /// It is not, and there is no version that it gave way to.
    Refused,
}

/// How the journal has the last of these, where the stamp of a version would stand.
const REFUSED: i64 = -1;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) entity: EntityId,
    pub(super) key: Key,
    pub(super) kind: EditKind,
    /// When the person made it, by the device's clock.
    pub(super) made: Stamp,
    pub(super) said: Option<Said>,
    /// Of the values that it gave, by column.
    pub(super) prints: Vec<(usize, u64)>,
    /// What its app calls it.
    pub(super) names: Vec<String>,
    /// What was said was said of an edit that says the same, and perhaps of this one.
    pub(super) perhaps: bool,
    /// What the server said before its row was still to be sent: it stands unless the edit goes
    /// again.
    pub(super) said_once: Option<Said>,
    /// The last of those with which it went as one, when it was last sent.
    pub(super) went: Option<u32>,
}

impl Said {
    /// What the journal has of an edit that is not committed: a stamp.
    fn uncommitted(gave: i64) -> Said {
        if gave == REFUSED { Said::Refused } else { Said::GaveWay(Stamp(gave)) }
    }
}

impl Line {
    /// Whether the server is still to say what becomes of it.
    pub(super) fn is_open(&self) -> bool {
        self.said.is_none() || self.perhaps
    }
    /// Whether the server has never said what becomes of it.
    pub(super) fn is_unanswered(&self) -> bool {
        self.said.is_none() && self.said_once.is_none()
    }
    /// Of what it says of a column.
    pub(super) fn print(&self, column: usize) -> Option<u64> {
        print_at(&self.prints, column)
    }
    /// What it says, beside a request of which it is not known which names and values it has.
    pub(super) fn as_said(&self, device: DeviceId) -> EditSaid {
        EditSaid {
            edit: self.id(device),
            entity: self.entity,
            key: self.key.clone(),
            kind: self.kind,
            prints: self.prints.clone(),
            names: Vec::new(),
            is_sent: false,
            by_column: false,
        }
    }
    pub(super) fn id(&self, device: DeviceId) -> EditId {
        EditId { device, number: self.number }
    }
    pub(super) fn row(&self) -> (EntityId, &str) {
        (self.entity, self.key.as_str())
    }
    /// Whether `is_it` holds for one of its names, the bench's or its app's.
    pub(super) fn is_called(&self, device: DeviceId, is_it: impl Fn(&str) -> bool) -> bool {
        is_it(&self.id(device).to_string()) || self.names.iter().any(|name| is_it(name))
    }
    /// Whether a state of its row, `null` for a deleted one, is what it made.
    pub(super) fn made_this(&self, schema: &Schema, state: &Json) -> bool {
        let entity = schema.entity(self.entity);
        let is_equal = |(at, print): &(usize, u64)| {
            let column = &entity.columns[*at];
            from_js(&column.kind, &state[&column.name]).is_ok_and(|value| print_of(&value) == *print)
        };
        match self.kind {
            EditKind::Delete => state.is_null(),
            _ => !state.is_null() && self.prints.iter().all(is_equal),
        }
    }
}

impl Says for Line {
    fn prints(&self) -> &[(usize, u64)] {
        &self.prints
    }
    fn deletes(&self) -> bool {
        self.kind == EditKind::Delete
    }
}

/// The rows that an adapter says wait to be sent; none if it does not say.
pub(super) type Waiting = Option<BTreeSet<(EntityId, String)>>;

pub(super) fn waits(waiting: &Waiting, line: &Line) -> bool {
    waiting.as_ref().is_none_or(|rows| rows.contains(&(line.entity, line.key.as_str().to_owned())))
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
fn or_null(number: Option<impl ToString>) -> String {
    number.map_or_else(|| "NULL".to_owned(), |number| number.to_string())
}

/// The statement that notes an edit.
pub(super) fn line_of(edit: &LocalEdit, made: Stamp) -> String {
    let kind = EditKind::VALUES.iter().position(|kind| *kind == edit.kind).unwrap_or(0);
    let (number, entity, key) = (edit.id.number, edit.entity.0, quoted(edit.key.as_str()));
    let prints: Vec<String> =
        edit.values.iter().map(|(at, value)| format!("{at}:{:x}", print_of(value))).collect();
    let (made, prints) = (made.0, prints.join(" "));
    format!(
        "REPLACE INTO bench_edits(number, entity, key, kind, made, prints) \
         VALUES({number}, {entity}, {key}, {kind}, {made}, '{prints}');"
    )
}

fn prints(text: &str) -> Vec<(usize, u64)> {
    let one = |pair: &str| {
        let (at, print) = pair.split_once(':')?;
        Some((at.parse().ok()?, u64::from_str_radix(print, 16).ok()?))
    };
    text.split(' ').filter_map(one).collect()
}

/// The statement that takes back the line of an edit that was not made after all.
pub(super) fn undone(edit: &LocalEdit) -> String {
    format!("DELETE FROM bench_edits WHERE number = {};", edit.id.number)
}

/// All lines, in the order in which the edits were made.
pub(super) fn lines(database: &Connection) -> rusqlite::Result<Vec<Line>> {
    let text = "SELECT number, entity, key, kind, made, said, gave, prints, names, perhaps, gave_once, went \
        FROM bench_edits ORDER BY number";
    let mut asked = database.prepare_cached(text)?;
    let lines = asked.query_map([], |row| {
        let (key, kind): (String, usize) = (row.get(2)?, row.get::<_, u8>(3)?.into());
        let (said, gave): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
        let said = said.map(|at| Said::Committed(Stamp(at)));
        Ok(Line {
            number: row.get(0)?,
            entity: EntityId(row.get(1)?),
            key: Key::new(&key),
            kind: EditKind::VALUES[kind.min(2)],
            made: Stamp(row.get(4)?),
            said: said.or(gave.map(Said::uncommitted)),
            prints: prints(&row.get::<_, String>(7)?),
            names: row.get::<_, Option<String>>(8)?.unwrap_or_default().lines().map(str::to_owned).collect(),
            perhaps: row.get::<_, Option<bool>>(9)?.unwrap_or_default(),
            said_once: row.get::<_, Option<i64>>(10)?.map(Said::uncommitted),
            went: row.get(11)?,
        })
    })?;
    lines.collect()
}

/// Of the edits of a row those that this state of it holds: up to the last that made it so. An edit
/// that was saved while an older state was on its way is not among them.
pub(super) fn within(
    lines: &[Line],
    schema: &Schema,
    (entity, key): (EntityId, &str),
    state: &Json,
) -> BTreeSet<u32> {
    let of: Vec<&Line> = lines.iter().filter(|line| line.row() == (entity, key)).collect();
    let last = of.iter().rposition(|line| line.made_this(schema, state));
    of.iter().take(last.map_or(0, |at| at + 1)).map(|line| line.number).collect()
}

/// What stands beside a request: the edits behind the rows that it writes, for which `is_in` holds.
/// An edit that the server has said something of is behind a row only if no other is.
pub(super) fn behind(lines: &[Line], device: DeviceId, is_in: impl Fn(&Line) -> bool) -> Slip {
    let mut rows: BTreeMap<(EntityId, &str), Vec<&Line>> = BTreeMap::new();
    lines.iter().filter(|line| is_in(line)).for_each(|line| rows.entry(line.row()).or_default().push(line));
    let mut slip = Slip::default();
    for ((entity, _), lines) in rows {
        let key = &lines[0].key;
        let open = lines.iter().filter(|line| line.said.is_none()).count();
        let of = lines.iter().filter(|line| open == 0 || line.said.is_none());
        let edits = of.map(|line| line.id(device)).collect();
        slip.edits.push(RowEdits { entity, key: key.clone(), edits, stamp: None });
        // Of one alone there is nothing to tell apart.
        slip.said.extend(lines.iter().filter(|_| lines.len() > 1).map(|line| line.as_said(device)));
    }
    slip
}

/// The statements that note what an answer says of edits, and of versions if stamps are kept.
pub(super) fn note_of(slip: &Slip, keeps_stamps: bool) -> String {
    let mut note = String::new();
    let versions = slip.rows.iter().map(|it| (it.entity, &it.key, it.stamp));
    let committed = slip.edits.iter().filter_map(|row| Some((row.entity, &row.key, row.stamp?)));
    for (entity, key, stamp) in versions.chain(committed).filter(|_| keeps_stamps) {
        let key = quoted(key.as_str());
        _ = write!(note, "REPLACE INTO bench_stamps VALUES({}, {key}, {});", entity.0, stamp.0);
    }
    // A row that is gone takes with it what waits, unless its adapter keeps that.
    for gone in slip.rows.iter().filter(|it| it.removed && slip.of(it.entity, &it.key).is_empty()) {
        let (stamp, entity, key) = (gone.stamp.0, gone.entity.0, quoted(gone.key.as_str()));
        _ = write!(
            note,
            "UPDATE bench_edits SET gave = {stamp} WHERE entity = {entity} AND key = {key} AND said IS NULL;"
        );
    }
    for row in &slip.edits {
        let numbers: Vec<String> = row.edits.iter().map(|edit| edit.number.to_string()).collect();
        // What was said to be committed stays so, whatever names its row again.
        let known = if row.stamp.is_some() { "" } else { " AND (said IS NULL OR perhaps)" };
        let is_refused = || row.edits.iter().all(|edit| slip.refused.contains(edit));
        let gave = match row.stamp {
            Some(_) => None,
            None if is_refused() => Some(REFUSED),
            None => Some(slip.stamp_of(row.entity, &row.key).unwrap_or_default().0),
        };
        let (said, gave) = (or_null(row.stamp.map(|stamp| stamp.0)), or_null(gave));
        _ = write!(
            note,
            "UPDATE bench_edits SET said = {said}, gave = {gave}, perhaps = NULL WHERE number IN ({}){known};",
            numbers.join(",")
        );
    }
    note
}

/// The statements for edits that go out, by what stands beside their request: which go as one, and
/// that what was said of them before does not stand.
pub(super) fn note_sent(lines: &[Line], slip: &Slip) -> String {
    let mut note = String::new();
    for row in &slip.edits {
        let went = row.edits.last().filter(|_| row.edits.len() > 1).map(|last| last.number);
        let is_new = |line: &&Line| line.said_once.is_some() || line.went != went;
        let is_in = |line: &&Line| row.edits.iter().any(|edit| edit.number == line.number);
        for line in lines.iter().filter(is_in).filter(is_new) {
            let (went, number) = (or_null(went), line.number);
            _ = write!(
                note,
                "UPDATE bench_edits SET gave_once = NULL, went = {went} WHERE number = {number};"
            );
        }
    }
    note
}

/// The statements that note what may have been said of edits, too, with another that says the same.
pub(super) fn note_ambiguous(perhaps: &[(u32, u32)]) -> String {
    let of = |(number, with): &(u32, u32)| {
        let given = |column| format!("(SELECT {column} FROM bench_edits WHERE number = {with})");
        format!(
            "UPDATE bench_edits SET said = {}, gave = {}, perhaps = 1 \
             WHERE number = {number} AND (said IS NULL AND gave IS NULL OR perhaps);",
            given("said"),
            given("gave"),
        )
    };
    perhaps.iter().map(of).collect()
}

/// The statements that forget which edits of rows that wait all the same were said to be committed:
/// the process died before its engine heard of it, and sends them again. That one gave way stays,
/// as the engine may have heard it and be about to tell no more of it.
pub(super) fn unsaid(lines: &[Line], waiting: &Waiting) -> String {
    let is_committed = |line: &&Line| matches!(line.said, Some(Said::Committed(_)));
    let again = lines.iter().filter(|line| waiting.is_some() && waits(waiting, line)).filter(is_committed);
    let numbers: Vec<String> = again.map(|line| line.number.to_string()).collect();
    if numbers.is_empty() {
        return String::new();
    }
    format!("UPDATE bench_edits SET said = NULL WHERE number IN ({});", numbers.join(","))
}

/// The lines of edits that wait.
pub(super) fn waiting_lines(lines: Vec<Line>, waiting: &Waiting) -> Vec<Line> {
    lines.into_iter().filter(|line| waits(waiting, line)).collect()
}

/// What the person can read of edits that did not go as made.
pub(super) fn log(database: &Connection, device: DeviceId) -> rusqlite::Result<Vec<LogEntry>> {
    let mut asked =
        database.prepare_cached("SELECT number, entity, key, kind FROM bench_log ORDER BY number")?;
    let entries = asked.query_map([], |row| {
        let (key, kind): (String, String) = (row.get(2)?, row.get(3)?);
        let edit = Some(EditId { device, number: row.get(0)? });
        let kind = LogKind::of_word(&kind).unwrap_or(LogKind::Rejected);
        Ok(LogEntry { edit, entity: EntityId(row.get(1)?), key: Key::new(&key), kind, met: None })
    })?;
    entries.collect()
}

/// The stamps of an entity's rows, by key.
pub(super) fn stamps(database: &Connection, entity: EntityId) -> rusqlite::Result<BTreeMap<String, Stamp>> {
    let mut asked = database.prepare_cached("SELECT key, stamp FROM bench_stamps WHERE entity = ?1")?;
    asked.query_map([entity.0], |row| Ok((row.get(0)?, Stamp(row.get(1)?))))?.collect()
}

/// The statements that keep the versions that are not told yet, as edits of their rows wait.
pub(super) fn hold(held: &[RowVersion]) -> String {
    let mut note = "DELETE FROM bench_held;".to_owned();
    for RowVersion { entity, key, stamp, removed } in held {
        let (entity, key, removed) = (entity.0, quoted(key.as_str()), u8::from(*removed));
        _ = write!(note, "INSERT INTO bench_held VALUES({entity}, {key}, {}, {removed});", stamp.0);
    }
    note
}

/// The versions that an earlier process did not tell.
pub(super) fn held(database: &Connection) -> rusqlite::Result<Vec<RowVersion>> {
    let mut asked = database.prepare("SELECT entity, key, stamp, removed FROM bench_held")?;
    let versions = asked.query_map([], |row| {
        let key: String = row.get(1)?;
        let (entity, stamp) = (EntityId(row.get(0)?), Stamp(row.get(2)?));
        Ok(RowVersion { entity, key: Key::new(&key), stamp, removed: row.get(3)? })
    })?;
    versions.collect()
}

/// The statement that keeps the stamp of a row.
pub(super) fn keep_stamp(
    database: &Connection,
    entity: EntityId,
    key: &str,
    stamp: Stamp,
) -> rusqlite::Result<()> {
    let text = "REPLACE INTO bench_stamps VALUES(?1, ?2, ?3)";
    database.prepare_cached(text)?.execute(params![entity.0, key, stamp.0]).map(drop)
}

/// Begins a run, and gives its number over all lives of the phone.
pub(super) fn begin_run(database: &Connection, unit: UnitId) -> rusqlite::Result<u64> {
    let text = "INSERT INTO bench_run VALUES(1, 1, ?1) \
        ON CONFLICT DO UPDATE SET runs = runs + 1, open = ?1 RETURNING runs";
    database.query_row(text, params![unit.0], |row| row.get::<_, i64>(0).map(|n| n as u64))
}

pub(super) fn end_run(database: &Connection) -> rusqlite::Result<()> {
    database.execute("UPDATE bench_run SET open = NULL", []).map(drop)
}

/// The run that was open as an earlier process died.
pub(super) fn open_run(database: &Connection) -> Option<(u64, UnitId)> {
    let asked = database.query_row("SELECT runs, open FROM bench_run", [], |row| {
        Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Option<u16>>(1)?))
    });
    asked.ok().and_then(|(run, unit)| Some((run, UnitId(unit?))))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Column, ColumnKind, Entity};

    pub(in crate::phone) fn schema() -> Schema {
        let columns = [("hours", ColumnKind::Int), ("state", ColumnKind::Text), ("done", ColumnKind::Bool)];
        let columns = columns.map(|(name, kind)| Column::new(name, kind)).to_vec();
        Schema { entities: vec![Entity::new("task", columns)], ..Schema::default() }
    }

    pub(in crate::phone) fn line(number: u32, key: &str, kind: EditKind, values: &Json) -> Line {
        let (entity, key, made, said) = (EntityId(0), Key::new(key), Stamp(0), None);
        let columns = &schema().entities[0].columns;
        let print = |(name, value): (&String, &Json)| {
            let at = columns.iter().position(|column| column.name == *name)?;
            Some((at, print_of(&from_js(&columns[at].kind, value).ok()?)))
        };
        let prints = values.as_object().into_iter().flatten().filter_map(print).collect();
        Line {
            number,
            entity,
            key,
            kind,
            made,
            said,
            prints,
            names: Vec::new(),
            perhaps: false,
            said_once: None,
            went: None,
        }
    }

    #[test]
    fn a_state_holds_the_edits_up_to_the_one_that_made_it() {
        let lines = [
            line(1, "a", EditKind::Create, &json!({ "hours": 1, "state": "open" })),
            line(2, "b", EditKind::Update, &json!({ "hours": 2 })),
            line(3, "a", EditKind::Update, &json!({ "hours": 64, "state": null })),
            line(4, "a", EditKind::Update, &json!({ "hours": 7 })),
            line(5, "a", EditKind::Delete, &json!({})),
        ];
        let held = |state: Json| -> Vec<u32> {
            within(&lines, &schema(), (EntityId(0), "a"), &state).into_iter().collect()
        };
        assert_eq!(held(json!({ "hours": 1, "state": "open" })), [1]);
        assert_eq!(held(json!({ "hours": 64.0 })), [1, 3], "as a number, and nothing is null");
        assert_eq!(held(json!({ "hours": 7, "state": "done" })), [1, 3, 4]);
        assert_eq!(held(Json::Null), [1, 3, 4, 5]);
        assert_eq!(held(json!({ "hours": 9 })), [0; 0], "none of them made it");
    }

    #[test]
    fn a_truth_that_sqlite_gives_as_a_number_is_the_edits_own() {
        let lines = [line(1, "a", EditKind::Update, &json!({ "done": true }))];
        let held = |done: Json| within(&lines, &schema(), (EntityId(0), "a"), &json!({ "done": done })).len();
        assert_eq!([json!(1), json!(true), json!(0), json!(false), Json::Null].map(held), [1, 1, 0, 0, 0]);
    }
}
