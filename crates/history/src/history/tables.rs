//! Reads other files: databases of phones, dumps of the backend, audit tables.

use std::ops::Range;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::fields::{Columns, unknown};
use super::json::{Json, Node};
use super::mistakes::{Unreadable, shown};
use super::read::Reader;
use super::recorded::{By, Commit, Mark, Shown, Values, When, Wrong};
use super::value;
use crate::base::words::thousands;
use crate::base::{EntityId, Key, Value};
use crate::config::diagnostic::Diagnostic;
use crate::contract::{EditKind, Entity};

/// The database of a phone at the end of a recording.
#[derive(Clone, Debug)]
pub struct Phone<'p> {
    /// The name of the device.
    pub name: &'p str,
    /// The path of the SQLite database.
    pub file: &'p Path,
    /// Names of tables, each with the entity whose rows it contains.
    pub tables: &'p [(String, String)],
}

/// The backend's rows at the end, as CSV or as a JSON list.
#[derive(Clone, Debug)]
pub struct Dump<'p> {
    /// The entity of the rows.
    pub entity: &'p str,
    /// The file name for messages.
    pub file: &'p str,
    /// The content of the file.
    pub text: &'p str,
}

/// Changes of the backend as CSV, with the columns `at`, `entity`, `key`, `do`, `device`, `edit`
/// and those of the entity.
#[derive(Clone, Debug)]
pub struct Audit<'p> {
    /// The file name for messages.
    pub file: &'p str,
    /// The content of the file.
    pub text: &'p str,
}

/// The maximum number of rows that are read from a table. A view can be endless.
const ROWS_MAX: i64 = 10_000_000;

const AT_ALL: Range<usize> = 0..0;

const JSON_HELP: &str = "write a JSON list of objects, one object per row";

type Table = Vec<(Key, Option<Vec<Value>>)>;

fn refused(text: String, help: &str) -> Unreadable {
    Unreadable::Wrong(vec![Diagnostic::new(None, text).help(help)])
}

fn told(file: &str, wrong: &Wrong) -> Unreadable {
    refused(format!("{file}: {}", wrong.title), &wrong.help)
}

/// The positions of these columns in `there`. One error lists all missing columns.
fn all_columns(of: &str, there: &[String], needed: &[&str]) -> Result<Vec<usize>, Wrong> {
    let place = |name: &&str| there.iter().position(|known| known == *name);
    let missing: Vec<&str> = needed.iter().filter(|name| place(name).is_none()).copied().collect();
    let known: Vec<&str> = there.iter().map(String::as_str).collect();
    match missing[..] {
        [] => Ok(needed.iter().filter_map(place).collect()),
        [name] => Err(unknown(&AT_ALL, &format!("column in the {of}"), name, &known)),
        _ => {
            let title = format!("the {of} lacks the columns `{}`", missing.join("`, `"));
            let help = format!("add or rename columns: the {of} has `{}`", known.join("`, `"));
            Err(Wrong::new(&AT_ALL, title, help))
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Refuses a table with too many rows before it is read.
fn bounded(database: &Connection, table: &str) -> Result<(), Result<rusqlite::Error, Wrong>> {
    let some = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {})", quoted(table), ROWS_MAX + 1);
    let rows: i64 = database.query_row(&some, [], |row| row.get(0)).map_err(Ok)?;
    if rows > ROWS_MAX {
        let title = format!("`{table}` has more than {} rows", thousands(ROWS_MAX as u64));
        return Err(Err(Wrong::new(&AT_ALL, title, "if this is a view, make sure that the view has an end")));
    }
    Ok(())
}

impl Reader<'_> {
    /// Reads a phone's database. Its rows are the rows that the app shows at the end.
    ///
    /// # Errors
    /// The database cannot be read, or has errors.
    pub fn phone(&mut self, phone: &Phone<'_>) -> Result<(), Unreadable> {
        let file = phone.file.display().to_string();
        let failed = |error: rusqlite::Error| {
            refused(format!("cannot read {file}: {error}"), "give the file of a SQLite database")
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(phone.file, flags).map_err(failed)?;
        let device = self.device_named(phone.name, &AT_ALL).map_err(|wrong| told(&file, &wrong))?;
        let asked = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name";
        let mut names = database.prepare(asked).map_err(failed)?;
        let names = names.query_map([], |row| row.get(0)).and_then(Iterator::collect);
        let tables: Vec<String> = names.map_err(failed)?;
        for (table, entity) in phone.tables {
            let entity = self.entity_named(entity, &AT_ALL).map_err(|wrong| told(&file, &wrong))?;
            if !tables.contains(table) {
                let known: Vec<&str> = tables.iter().map(String::as_str).collect();
                return Err(told(&file, &unknown(&AT_ALL, "table", table, &known)));
            }
            let rows = self.table(&database, (table, entity)).map_err(|why| match why {
                Ok(error) => failed(error),
                Err(wrong) => told(&file, &wrong),
            })?;
            let mark = Mark { when: When::ANY, seq: None, line: 0 };
            self.history.shows.push(Shown { device, entity, rows, all: true, mark });
        }
        Ok(())
    }

    fn table(
        &self,
        database: &Connection,
        (table, entity): (&str, EntityId),
    ) -> Result<Table, Result<rusqlite::Error, Wrong>> {
        let columns = self.columns(entity, false);
        let form: &Entity = columns.entity;
        let mut all = database.prepare(&format!("SELECT * FROM {}", quoted(table))).map_err(Ok)?;
        let names: Vec<String> = all.column_names().map(str::to_owned).collect();
        let needed: Vec<&str> =
            [&*form.key].into_iter().chain(form.projected().map(|column| &*column.name)).collect();
        let mut places = all_columns(&format!("table `{table}`"), &names, &needed).map_err(Err)?;
        let key_at = places.remove(0);
        bounded(database, table)?;
        let mut rows = Vec::new();
        let mut found = all.query([]).map_err(Ok)?;
        while let Some(row) = found.next().map_err(Ok)? {
            let key = row.get_ref(key_at).map_err(Ok)?;
            let key = value::of_sql(key, &crate::contract::ColumnKind::Ref(entity), 0);
            let Some(Value::Text(key)) = key.filter(|key| *key != Value::text("")) else {
                let title = format!("a row of `{table}` has a key that is neither a text nor a number");
                return Err(Err(Wrong::new(&AT_ALL, title, "give each row a key that is not null or empty")));
            };
            let mut values = Vec::with_capacity(places.len());
            for (column, at) in form.projected().zip(&places) {
                let cell = row.get_ref(*at).map_err(Ok)?;
                let wrong = || {
                    let title = format!(
                        "in `{table}`, the column `{}` of the row {key} has the type {:?}",
                        column.name,
                        cell.data_type()
                    );
                    let help = format!("the column takes {}", value::wanted(&column.kind));
                    Err(Wrong::new(&AT_ALL, title, help))
                };
                values.push(value::of_sql(cell, &column.kind, columns.utc_offset).ok_or_else(wrong)?);
            }
            rows.push((Key(key), Some(values)));
        }
        Ok(rows)
    }

    /// Reads the backend's rows at the end.
    ///
    /// # Errors
    /// The text has errors, or contains a row twice.
    pub fn dump(&mut self, dump: &Dump<'_>) -> Result<(), Unreadable> {
        let entity = self.entity_named(dump.entity, &AT_ALL).map_err(|wrong| told(dump.file, &wrong))?;
        let text = dump.text.trim_start_matches('\u{feff}');
        let is_json = text.trim_start().starts_with('[');
        let read = if is_json { rows_of_json } else { rows_of_csv };
        let rows = read(dump.file, text, &self.columns(entity, true))?;
        let held = self.history.backend.entry(entity).or_default();
        for (key, values) in rows {
            if held.contains_key(&key) {
                let title = format!("{}: the row {key} is already listed", dump.file);
                return Err(refused(title, "list each row once at the end"));
            }
            held.insert(key, values);
        }
        Ok(())
    }

    /// Reads changes of the backend. They can be in any order.
    ///
    /// # Errors
    /// The text has errors.
    pub fn audit(&mut self, audit: &Audit<'_>) -> Result<(), Unreadable> {
        let sheet = Sheet::read(audit.file, audit.text.trim_start_matches('\u{feff}'))?;
        let needed = sheet.need(&["at", "entity", "key"])?;
        let (at, entity_at, key_at) = (needed[0], needed[1], needed[2]);
        let own = ["at", "entity", "key", "do", "device", "edit", "seq"];
        let [kind, device, _, seq] = ["do", "device", "edit", "seq"].map(|name| sheet.find(name));
        self.history.audits.push((self.history.commits.len(), audit.file.to_owned()));
        for (line, cells) in &sheet.rows {
            let wrong = |title: String, help: &str| refused(format!("{}:{line}: {title}", audit.file), help);
            let entity =
                self.entity_named(&cells[entity_at], &AT_ALL).map_err(|of| wrong(of.title, &of.help))?;
            let columns = self.columns(entity, true);
            let places = sheet.of_entity(&columns, &own);
            let off = self.history.tolerance.as_micros() as i64;
            let when = value::micros(&cells[at], columns.utc_offset)
                .or_else(|| cells[at].trim().parse::<i64>().ok().and_then(|ms| ms.checked_mul(1_000)))
                .filter(|at| (0..250_000_000_000_000_000).contains(at));
            let when = when.ok_or_else(|| {
                let help = "write a time such as 2026-03-02T08:15:00Z, or milliseconds since 1970";
                wrong(format!("`{}` is not a time", &cells[at]), help)
            })?;
            let when = self.history.wall.map_or(when, |wall| wall.of_history(when));
            let kind = match kind.map(|at| cells[at].trim().to_lowercase()).as_deref() {
                None | Some("") => None,
                Some("create" | "insert") => Some(EditKind::Create),
                Some("update") => Some(EditKind::Update),
                Some("delete") => Some(EditKind::Delete),
                Some(other) => {
                    let title = format!("`do` cannot be `{other}`");
                    return Err(wrong(title, "write `create`, `update` or `delete`"));
                }
            };
            let mut values: Values = if kind == Some(EditKind::Delete) {
                Vec::new()
            } else {
                sheet.values((*line, cells), &columns, &places)?
            };
            // In a table of changes, an empty cell means that the column was not changed.
            if kind != Some(EditKind::Create) {
                values.retain(|(_, value)| *value != Value::Null);
            }
            let by = match device.map(|at| cells[at].trim()) {
                None | Some("") => By::Unknown,
                Some("other") => By::Other,
                Some(name) => {
                    By::Device(self.device_named(name, &AT_ALL).map_err(|of| wrong(of.title, &of.help))?)
                }
            };
            let seq = seq.and_then(|at| cells[at].trim().parse().ok());
            let mark = Mark { when: When { from: when - off, until: when + off }, seq, line: *line as u32 };
            let row = (entity, sheet.key(*line, &cells[key_at])?);
            self.history.commits.push(Commit::told(row, (kind, values), by, mark));
        }
        Ok(())
    }
}

fn rows_of_json(file: &str, text: &str, columns: &Columns<'_>) -> Result<Vec<(Key, Vec<Value>)>, Unreadable> {
    let at = |wrong: Wrong| Unreadable::Wrong(vec![in_text(file, text, wrong)]);
    let node = Node::parse(text).map_err(|wrong| {
        at(Wrong::new(&wrong.span, format!("this is not JSON: {}", wrong.what), JSON_HELP))
    })?;
    let Json::List(rows) = &node.value else {
        return Err(at(Wrong::new(&node.span, "this is not a list of rows", JSON_HELP)));
    };
    rows.iter().map(|row| columns.row(row)).collect::<Result<_, _>>().map_err(at)
}

fn rows_of_csv(file: &str, text: &str, columns: &Columns<'_>) -> Result<Vec<(Key, Vec<Value>)>, Unreadable> {
    let sheet = Sheet::read(file, text)?;
    let key_at = sheet.need(&[&columns.entity.key])?[0];
    let places = sheet.columns(columns, &[&columns.entity.key])?;
    let row = |(line, cells): &(u64, csv::StringRecord)| {
        let key = sheet.key(*line, &cells[key_at])?;
        Ok((key, columns.whole(sheet.values((*line, cells), columns, &places)?)))
    };
    sheet.rows.iter().map(row).collect()
}

/// A CSV table with its header.
struct Sheet<'p> {
    file: &'p str,
    header: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

impl<'p> Sheet<'p> {
    fn read(file: &'p str, text: &str) -> Result<Sheet<'p>, Unreadable> {
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let failed = |error: csv::Error| {
            refused(
                format!("cannot read {file}: {error}"),
                "the first line must be a header, and each line must have as many cells as the header",
            )
        };
        let header = reader.headers().map_err(failed)?.iter().map(|name| name.trim().to_owned()).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(failed)?;
            rows.push((record.position().map_or(0, csv::Position::line), record));
        }
        Ok(Sheet { file, header, rows })
    }
    fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }
    fn need(&self, names: &[&str]) -> Result<Vec<usize>, Unreadable> {
        all_columns("header", &self.header, names).map_err(|wrong| told(self.file, &wrong))
    }
    /// The entity's columns that the table has. Refuses columns that the entity does not have.
    fn columns(&self, columns: &Columns<'_>, besides: &[&str]) -> Result<Vec<(usize, usize)>, Unreadable> {
        for name in self.header.iter().filter(|name| !besides.contains(&name.as_str())) {
            if !columns.entity.columns.iter().any(|column| column.name == *name) {
                let known: Vec<&str> =
                    columns.entity.columns.iter().map(|column| column.name.as_str()).collect();
                let what = format!("column of `{}`", columns.entity.name);
                return Err(told(self.file, &unknown(&AT_ALL, &what, name, &known)));
            }
        }
        Ok(self.of_entity(columns, besides))
    }
    fn of_entity(&self, columns: &Columns<'_>, besides: &[&str]) -> Vec<(usize, usize)> {
        let named = columns.entity.columns.iter().enumerate();
        let named = named.filter(|(_, column)| !besides.contains(&column.name.as_str()));
        named.filter_map(|(at, column)| Some((at, self.find(&column.name)?))).collect()
    }
    fn key(&self, line: u64, cell: &str) -> Result<Key, Unreadable> {
        let wrong = || refused(format!("{}:{line}: the key is empty", self.file), "write the key of the row");
        if cell.is_empty() { Err(wrong()) } else { Ok(Key::new(cell)) }
    }
    fn values(
        &self,
        (line, cells): (u64, &csv::StringRecord),
        columns: &Columns<'_>,
        places: &[(usize, usize)],
    ) -> Result<Values, Unreadable> {
        let cell = |&(column, at): &(usize, usize)| {
            let form = &columns.entity.columns[column];
            let value = value::of_cell(&cells[at], &form.kind, columns.utc_offset).ok_or_else(|| {
                let title =
                    format!("{}:{line}: `{}` is not allowed in `{}`", self.file, &cells[at], form.name);
                refused(title, &format!("the column takes {}", value::wanted(&form.kind)))
            })?;
            Ok((column, value))
        };
        places.iter().map(cell).collect()
    }
}

/// Makes an error for a text of several lines.
fn in_text(file: &str, text: &str, wrong: Wrong) -> Diagnostic {
    let start = text[..wrong.span.start.min(text.len())].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let number = text[..start].matches('\n').count() + 1;
    let span = wrong.span.start - start..wrong.span.end.saturating_sub(start);
    shown(file, number as u32, line, Wrong { span, ..wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_all_missing_columns() {
        let header = ["when", "entity", "key"].map(str::to_owned);
        let wrong =
            |needed: &[&str]| all_columns("header", &header, needed).expect_err("columns are missing");
        let several = wrong(&["at", "entity", "row"]);
        assert_eq!(several.title, "the header lacks the columns `at`, `row`");
        assert_eq!(several.help, "add or rename columns: the header has `when`, `entity`, `key`");
        assert_eq!(wrong(&["at", "key"]).title, "there is no column `at` in the header");
        assert_eq!(all_columns("header", &header, &["key", "when"]).ok(), Some(vec![2, 0]));
    }
}
