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
use crate::host::{from_js, print_of};

const LAYOUT: &str = "\
    CREATE TABLE IF NOT EXISTS bench_edits(number INTEGER PRIMARY KEY, entity INTEGER, key TEXT, \
        kind INTEGER, made INTEGER, said INTEGER, gave INTEGER, prints TEXT, names TEXT, perhaps INTEGER);\
    CREATE TABLE IF NOT EXISTS bench_stamps(entity INTEGER, key TEXT, stamp INTEGER, \
        PRIMARY KEY(entity, key)) WITHOUT ROWID;\
    CREATE TABLE IF NOT EXISTS bench_log(number INTEGER PRIMARY KEY, entity INTEGER, key TEXT, \
        kind TEXT);\
    CREATE TABLE IF NOT EXISTS bench_held(entity INTEGER, key TEXT, stamp INTEGER, removed INTEGER);\
    CREATE TABLE IF NOT EXISTS bench_run(id INTEGER PRIMARY KEY, runs INTEGER, open INTEGER);";

/// Makes the tables.
pub(super) fn lay_out(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(LAYOUT)
}

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
}

impl Line {
    /// Whether the server is still to say what becomes of it.
    pub(super) fn is_open(&self) -> bool {
        self.said.is_none() || self.perhaps
    }
    pub(super) fn id(&self, device: DeviceId) -> EditId {
        EditId { device, number: self.number }
    }
    pub(super) fn row(&self) -> (EntityId, &str) {
        (self.entity, self.key.as_str())
    }
    /// Whether a state of its row, `null` for a deleted one, is what it made.
    fn made_this(&self, schema: &Schema, state: &Json) -> bool {
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

/// The rows that an adapter says wait to be sent; none if it does not say.
pub(super) type Waiting = Option<BTreeSet<(EntityId, String)>>;

fn waits(waiting: &Waiting, line: &Line) -> bool {
    waiting.as_ref().is_none_or(|rows| rows.contains(&(line.entity, line.key.as_str().to_owned())))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const KINDS: [EditKind; 3] = [EditKind::Create, EditKind::Update, EditKind::Delete];

/// The statement that notes an edit.
pub(super) fn line_of(edit: &LocalEdit, made: Stamp) -> String {
    let kind = KINDS.iter().position(|kind| *kind == edit.kind).unwrap_or(0);
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
    let text = "SELECT number, entity, key, kind, made, said, gave, prints, names, perhaps FROM bench_edits \
        ORDER BY number";
    let mut asked = database.prepare_cached(text)?;
    let lines = asked.query_map([], |row| {
        let (key, kind): (String, usize) = (row.get(2)?, row.get::<_, u8>(3)?.into());
        let (said, gave): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
        let said = said.map(|at| Said::Committed(Stamp(at)));
        Ok(Line {
            number: row.get(0)?,
            entity: EntityId(row.get(1)?),
            key: Key::new(&key),
            kind: KINDS[kind.min(2)],
            made: Stamp(row.get(4)?),
            said: said
                .or(gave.map(|at| if at == REFUSED { Said::Refused } else { Said::GaveWay(Stamp(at)) })),
            prints: prints(&row.get::<_, String>(7)?),
            names: row.get::<_, Option<String>>(8)?.unwrap_or_default().lines().map(str::to_owned).collect(),
            perhaps: row.get::<_, Option<bool>>(9)?.unwrap_or_default(),
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
        let said = |line: &&Line| EditSaid {
            edit: line.id(device),
            entity,
            key: key.clone(),
            kind: line.kind,
            prints: line.prints.clone(),
            names: Vec::new(),
            is_sent: false,
            by_column: false,
        };
        // Of one alone there is nothing to tell apart.
        slip.said.extend(lines.iter().filter(|_| lines.len() > 1).map(said));
    }
    slip
}

/// The statements that note what an answer says of edits, and of versions if stamps are kept.
pub(super) fn note_of(slip: &Slip, keeps_stamps: bool) -> String {
    let mut note = String::new();
    let mut stamp_of = |entity: EntityId, key: &Key, stamp: Stamp| {
        if keeps_stamps {
            _ = write!(
                note,
                "REPLACE INTO bench_stamps VALUES({}, {}, {});",
                entity.0,
                quoted(key.as_str()),
                stamp.0
            );
        }
    };
    for version in &slip.rows {
        stamp_of(version.entity, &version.key, version.stamp);
    }
    for row in &slip.edits {
        row.stamp.into_iter().for_each(|stamp| stamp_of(row.entity, &row.key, stamp));
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
        let (said, gave) = match row.stamp {
            Some(stamp) => (stamp.0.to_string(), "NULL".to_owned()),
            None if row.edits.iter().all(|edit| slip.refused.contains(edit)) => {
                ("NULL".to_owned(), REFUSED.to_string())
            }
            None => {
                ("NULL".to_owned(), slip.stamp_of(row.entity, &row.key).unwrap_or_default().0.to_string())
            }
        };
        _ = write!(
            note,
            "UPDATE bench_edits SET said = {said}, gave = {gave}, perhaps = NULL WHERE number IN ({}){known};",
            numbers.join(",")
        );
    }
    note
}

/// The statements that note what may have been said of edits, too, with another that says the same.
pub(super) fn perhaps_of(perhaps: &[(u32, u32)]) -> String {
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

/// What is to be told of edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done(Line, Said),
    /// A row was made and deleted, and none of that is sent.
    Never(Vec<Line>),
}

/// What became of edits, given the rows that wait: that is to be told, and these statements forget
/// it. `sent` are the edits that this process sent. An adapter that does not say which rows wait
/// is asked as a sync has ended well: what the server has spoken of is done then.
pub(super) fn settled(
    lines: Vec<Line>,
    (waiting, went_well): (&Waiting, bool),
    sent: &BTreeSet<u32>,
) -> (Vec<Told>, String) {
    let (mut told, mut note) = (Vec::new(), String::new());
    let mut rows: BTreeMap<(EntityId, Key), Vec<Line>> = BTreeMap::new();
    lines.into_iter().for_each(|line| rows.entry((line.entity, line.key.clone())).or_default().push(line));
    for (_, lines) in rows {
        let is_waiting = waiting.is_some() && waits(waiting, &lines[0]);
        let last_open = lines.iter().rposition(Line::is_open);
        let (first, last) = (&lines[0], &lines[lines.len() - 1]);
        let is_unsent = lines.iter().all(|line| line.said.is_none() && !sent.contains(&line.number));
        if waiting.is_some()
            && !is_waiting
            && is_unsent
            && (first.kind, last.kind) == (EditKind::Create, EditKind::Delete)
        {
            forget(&mut note, &lines);
            told.push(Told::Never(lines));
            continue;
        }
        let mut gone = Vec::new();
        for (at, line) in lines.into_iter().enumerate() {
            let is_before_open = last_open.is_some_and(|open| at < open);
            let is_done = match line.said.filter(|_| !line.perhaps || !is_waiting) {
                // The row waits for what came after it.
                Some(Said::Committed(_)) => !is_waiting || is_before_open,
                Some(Said::Refused) => !is_waiting || is_before_open,
                Some(Said::GaveWay(_)) => !is_waiting,
                None => false,
            };
            match line.said {
                Some(said) if is_done => {
                    if line.perhaps && said == Said::Refused {
                        note += &told_with(&line);
                    }
                    told.push(Told::Done(line.clone(), said));
                }
                // By now it is known that it did not.
                Some(_) if line.perhaps && is_waiting && went_well => {
                    _ = write!(
                        note,
                        "UPDATE bench_edits SET said = NULL, gave = NULL, perhaps = NULL WHERE number = {};",
                        line.number
                    );
                    continue;
                }
                Some(_) if line.perhaps && is_waiting => continue,
                // The adapter sends it again, with what came after it. After a sync that failed
                // it may not: the server has spoken, and the engine has heard it.
                Some(Said::GaveWay(_) | Said::Refused) if !went_well => continue,
                Some(Said::GaveWay(_) | Said::Refused) => {
                    _ = write!(note, "UPDATE bench_edits SET gave = NULL WHERE number = {};", line.number);
                    continue;
                }
                _ => {}
            }
            // One that does not wait, and of which nobody said anything, is none of ours any more.
            if is_done || waiting.is_some() && !is_waiting {
                gone.push(line);
            }
        }
        forget(&mut note, &gone);
    }
    (told, note)
}

/// The statement that has the log speak of an edit that went with one which was refused: its person
/// was told of both.
fn told_with(line: &Line) -> String {
    let (entity, key) = (line.entity.0, quoted(line.key.as_str()));
    format!("INSERT OR REPLACE INTO bench_log VALUES({}, {entity}, {key}, 'rejected');", line.number)
}

/// The edits that left the queue unsaid, and are not what the app shows of their rows: newer
/// versions took their place.
pub(super) fn overruled(
    lines: &[Line],
    schema: &Schema,
    waiting: &Waiting,
    mut shown: impl FnMut(&Line) -> Json,
) -> Vec<Told> {
    let mut rows: BTreeMap<(EntityId, &str), Vec<&Line>> = BTreeMap::new();
    let has_left = |line: &&Line| line.said.is_none() && !waits(waiting, line);
    lines.iter().filter(has_left).for_each(|line| rows.entry(line.row()).or_default().push(line));
    let is_gone = |of: &Vec<&Line>| of.last().is_some_and(|last| !last.made_this(schema, &shown(last)));
    let gone = rows.into_values().filter(is_gone).flatten();
    gone.map(|line| Told::Done(line.clone(), Said::GaveWay(Stamp::default()))).collect()
}

fn forget(note: &mut String, lines: &[Line]) {
    lines.iter().for_each(|line| _ = write!(note, "DELETE FROM bench_edits WHERE number = {};", line.number));
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Column, ColumnKind, Entity};

    fn schema() -> Schema {
        let columns = [("hours", ColumnKind::Int), ("state", ColumnKind::Text), ("done", ColumnKind::Bool)];
        let columns = columns.map(|(name, kind)| Column::new(name, kind)).to_vec();
        Schema { entities: vec![Entity::new("task", columns)], ..Schema::default() }
    }

    fn line(number: u32, key: &str, kind: EditKind, values: &Json) -> Line {
        let (entity, key, made, said) = (EntityId(0), Key::new(key), Stamp(0), None);
        let columns = &schema().entities[0].columns;
        let print = |(name, value): (&String, &Json)| {
            let at = columns.iter().position(|column| column.name == *name)?;
            Some((at, print_of(&from_js(&columns[at].kind, value).ok()?)))
        };
        let prints = values.as_object().into_iter().flatten().filter_map(print).collect();
        Line { number, entity, key, kind, made, said, prints, names: Vec::new(), perhaps: false }
    }

    /// A replication fails after its rows were taken, and the next one does not send them again.
    #[test]
    fn an_edit_that_gave_way_in_a_sync_that_failed_is_told() {
        let lines = || {
            let gave = Some(Said::GaveWay(Stamp(7)));
            vec![Line { said: gave, ..line(1, "a", EditKind::Update, &json!({ "hours": 1 })) }]
        };
        let rows = |keys: &[&str]| Some(keys.iter().map(|key| (EntityId(0), (*key).to_owned())).collect());
        let settle = |waiting: &[&str], went_well: bool| {
            let (told, note) = settled(lines(), (&rows(waiting), went_well), &BTreeSet::new());
            (told.len(), note.contains("gave = NULL"))
        };
        assert_eq!(settle(&["a"], false), (0, false), "what was said stays");
        assert_eq!(settle(&["a"], true), (0, true), "the adapter sends it again");
        assert_eq!(settle(&[], true), (1, false));
        assert_eq!(unsaid(&lines(), &rows(&["a"])), "");
    }

    #[test]
    fn an_edit_that_left_unsaid_and_is_not_shown_gave_way() {
        let lines = [
            line(1, "a", EditKind::Update, &json!({ "hours": 1 })),
            line(2, "a", EditKind::Update, &json!({ "hours": 2 })),
            line(3, "b", EditKind::Update, &json!({ "hours": 3 })),
        ];
        let told = |hours: i64, waiting: &[&str]| {
            let waiting = waiting.iter().map(|key| (EntityId(0), (*key).to_owned())).collect();
            overruled(&lines, &schema(), &Some(waiting), |_| json!({ "hours": hours })).len()
        };
        assert_eq!([told(2, &[]), told(3, &[]), told(9, &[])], [1, 2, 3]);
        assert_eq!([told(9, &["a"]), told(9, &["a", "b"])], [1, 0], "what waits may still go");
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
