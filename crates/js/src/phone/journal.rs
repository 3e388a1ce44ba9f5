//! The journal: the saved edits that may not be done yet. It is in the phone's own database.

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

/// Creates the journal's tables.
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

/// The server's decision on an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The edit is committed with this stamp.
    Committed(Stamp),
    /// The edit is not committed: the row has this version.
    GaveWay(Stamp),
    /// The edit is not committed, and no other version replaced it.
    Refused,
}

/// The journal's number for [`Said::Refused`], where another decision has a version's stamp.
const REFUSED: i64 = -1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) entity: EntityId,
    pub(super) key: Key,
    pub(super) kind: EditKind,
    /// The time of the edit on the device's clock.
    pub(super) made: Stamp,
    pub(super) said: Option<Said>,
    /// A print (hash) of each value that the edit sets, by column.
    pub(super) prints: Vec<(usize, u64)>,
    pub(super) names: Vec<String>,
    /// True if the decision was for another edit with the same values. It may hold for this edit
    /// too.
    pub(super) perhaps: bool,
    /// An earlier decision. The row had to be sent again; if the edit itself is sent again, this is
    /// deleted.
    pub(super) said_once: Option<Said>,
    /// The last edit of the group in which this edit was last sent; `None` if it was sent alone.
    pub(super) went: Option<u32>,
}

impl Said {
    /// Reads a value of the column `gave`: a stamp, or [`REFUSED`].
    fn uncommitted(gave: i64) -> Said {
        if gave == REFUSED { Said::Refused } else { Said::GaveWay(Stamp(gave)) }
    }
}

impl Line {
    /// True if the server has not decided yet, or if the decision may be for another edit.
    pub(super) fn is_open(&self) -> bool {
        self.said.is_none() || self.perhaps
    }
    /// True if the server never decided on the edit.
    pub(super) fn is_unanswered(&self) -> bool {
        self.said.is_none() && self.said_once.is_none()
    }
    /// The print of the value that the edit sets in this column, if any.
    pub(super) fn print(&self, column: usize) -> Option<u64> {
        print_at(&self.prints, column)
    }
    /// The edit's content for a slip (the bench's hidden note on a request). Nobody has read the
    /// request's names and values.
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
    /// True if `is_it` holds for one of the edit's names: the bench's name, or a name of the app.
    pub(super) fn is_called(&self, device: DeviceId, is_it: impl Fn(&str) -> bool) -> bool {
        is_it(&self.id(device).to_string()) || self.names.iter().any(|name| is_it(name))
    }
    /// True if `state` is the row after this edit. A `null` stands for a deleted row.
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

/// The rows that the adapter (the app's sync code) reports as waiting to be sent; `None` if it does
/// not report them.
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

/// Returns the statement that adds the line of an edit.
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

/// Returns the statement that removes the line of an edit that failed.
pub(super) fn undone(edit: &LocalEdit) -> String {
    format!("DELETE FROM bench_edits WHERE number = {};", edit.id.number)
}

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

/// Finds the edits of a row that `state` contains: all edits up to the last one that leads to it.
/// An edit that was saved after the app read the state is not included.
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

/// Makes the slip of a request: per row, the edits for which `is_in` holds. If one of these edits
/// of a row has no decision yet, decided edits are left out.
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
        // A row with one edit needs no prints, because there is nothing to tell apart.
        slip.said.extend(lines.iter().filter(|_| lines.len() > 1).map(|line| line.as_said(device)));
    }
    slip
}

/// Returns the statements that store a response: its decisions on edits and, if `keeps_stamps`, its
/// versions.
pub(super) fn note_of(slip: &Slip, keeps_stamps: bool) -> String {
    let mut note = String::new();
    let versions = slip.rows.iter().map(|it| (it.entity, &it.key, it.stamp));
    let committed = slip.edits.iter().filter_map(|row| Some((row.entity, &row.key, row.stamp?)));
    for (entity, key, stamp) in versions.chain(committed).filter(|_| keeps_stamps) {
        let key = quoted(key.as_str());
        _ = write!(note, "REPLACE INTO bench_stamps VALUES({}, {key}, {});", entity.0, stamp.0);
    }
    // If the server removed a row, the row's waiting edits lose to the removal. The exception is a
    // row whose edits the response names.
    for gone in slip.rows.iter().filter(|it| it.removed && slip.of(it.entity, &it.key).is_empty()) {
        let (stamp, entity, key) = (gone.stamp.0, gone.entity.0, quoted(gone.key.as_str()));
        _ = write!(
            note,
            "UPDATE bench_edits SET gave = {stamp} WHERE entity = {entity} AND key = {key} AND said IS NULL;"
        );
    }
    for row in &slip.edits {
        let numbers: Vec<String> = row.edits.iter().map(|edit| edit.number.to_string()).collect();
        // A committed edit stays committed, even if a later response names its row again.
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

/// Returns the statements for edits that are sent. They store which edits are sent as one, and
/// delete earlier decisions that no longer count.
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

/// Copies a decision to edits that have the same values as the decided edit, because it may hold
/// for them too.
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

/// Deletes the decision "committed" of edits whose rows still wait. Their process died before its
/// engine read the response, and the engine sends them again. "Gave way" stays: the engine may have
/// read it, and then does not send the edit again.
pub(super) fn unsaid(lines: &[Line], waiting: &Waiting) -> String {
    let is_committed = |line: &&Line| matches!(line.said, Some(Said::Committed(_)));
    let again = lines.iter().filter(|line| waiting.is_some() && waits(waiting, line)).filter(is_committed);
    let numbers: Vec<String> = again.map(|line| line.number.to_string()).collect();
    if numbers.is_empty() {
        return String::new();
    }
    format!("UPDATE bench_edits SET said = NULL WHERE number IN ({});", numbers.join(","))
}

pub(super) fn waiting_lines(lines: Vec<Line>, waiting: &Waiting) -> Vec<Line> {
    lines.into_iter().filter(|line| waits(waiting, line)).collect()
}

/// Reads the log for the person: edits that the server did not take unchanged.
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

pub(super) fn stamps(database: &Connection, entity: EntityId) -> rusqlite::Result<BTreeMap<String, Stamp>> {
    let mut asked = database.prepare_cached("SELECT key, stamp FROM bench_stamps WHERE entity = ?1")?;
    asked.query_map([entity.0], |row| Ok((row.get(0)?, Stamp(row.get(1)?))))?.collect()
}

/// Returns the statements that keep received versions until they can be reported. Edits of their
/// rows still wait.
pub(super) fn hold(held: &[RowVersion]) -> String {
    let mut note = "DELETE FROM bench_held;".to_owned();
    for RowVersion { entity, key, stamp, removed } in held {
        let (entity, key, removed) = (entity.0, quoted(key.as_str()), u8::from(*removed));
        _ = write!(note, "INSERT INTO bench_held VALUES({entity}, {key}, {}, {removed});", stamp.0);
    }
    note
}

/// The statement that forgets a held version, so that the app's next start does not report it.
pub(super) fn no_longer_held(RowVersion { entity, key, .. }: &RowVersion) -> String {
    format!("DELETE FROM bench_held WHERE entity = {} AND key = {};", entity.0, quoted(key.as_str()))
}

/// Reads the versions that an earlier process did not report.
pub(super) fn held(database: &Connection) -> rusqlite::Result<Vec<RowVersion>> {
    let mut asked = database.prepare("SELECT entity, key, stamp, removed FROM bench_held")?;
    let versions = asked.query_map([], |row| {
        let key: String = row.get(1)?;
        let (entity, stamp) = (EntityId(row.get(0)?), Stamp(row.get(2)?));
        Ok(RowVersion { entity, key: Key::new(&key), stamp, removed: row.get(3)? })
    })?;
    versions.collect()
}

pub(super) fn keep_stamp(
    database: &Connection,
    entity: EntityId,
    key: &str,
    stamp: Stamp,
) -> rusqlite::Result<()> {
    let text = "REPLACE INTO bench_stamps VALUES(?1, ?2, ?3)";
    database.prepare_cached(text)?.execute(params![entity.0, key, stamp.0]).map(drop)
}

/// Begins a run. Returns its number; the count continues over all processes of the phone.
pub(super) fn begin_run(database: &Connection, unit: UnitId) -> rusqlite::Result<u64> {
    let text = "INSERT INTO bench_run VALUES(1, 1, ?1) \
        ON CONFLICT DO UPDATE SET runs = runs + 1, open = ?1 RETURNING runs";
    database.query_row(text, params![unit.0], |row| row.get::<_, i64>(0).map(|n| n as u64))
}

pub(super) fn end_run(database: &Connection) -> rusqlite::Result<()> {
    database.execute("UPDATE bench_run SET open = NULL", []).map(drop)
}

/// Returns the run that was open when an earlier process died, if any.
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
