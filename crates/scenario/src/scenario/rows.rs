//! Rows that a scenario takes from a CSV.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::cell::{DATE_HELP, FINEST, Wanted, cell_value, too_fine};
use super::column::{COLUMNS_MAX, COLUMNS_WHY, FAT_MAX, KeyType, TEXT_MAX};
use super::file;
use crate::base::{Day, Stamp, Value, Word as _, escape_control, escape_path, words};
use crate::config::diagnostic::{
    Diagnostic, Help, Place, SHOWN, Source, boundary, choices, closest, excerpt,
};
use crate::config::tree::{Entry, Node, Origin, Table, Val};
use crate::config::written::Calendar;
use crate::workload::GivenRow;

/// A parsed CSV. Its cells are still texts.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) file: String,
    /// The path relative to the working directory, as messages show it.
    shown: String,
    pub(super) text: String,
    header: Vec<String>,
    records: Vec<csv::StringRecord>,
    key: usize,
    pub(super) updated_at: Option<usize>,
}

/// The CSVs of a scenario, by the name of the entity that has their rows.
pub(super) type CsvFiles = BTreeMap<String, Brought>;

const TOLD: usize = 20;

/// Reads the CSVs, and adds a schema to each entity without one. `notes` lists the inferred types.
pub(super) fn prepare(
    tree: &mut Node,
    dir: Option<&Path>,
    notes: &mut Vec<String>,
    out: &mut Vec<Diagnostic>,
) -> CsvFiles {
    let mut all = CsvFiles::new();
    for (name, entry) in tree.get_mut(&["entity"]).and_then(Node::table_mut).into_iter().flatten() {
        let Some(rows) = entry.node.get(&["rows"]).filter(|r| r.table().is_some()) else { continue };
        let schema = entry.node.get(&["schema"]);
        let inferred = schema.is_none();
        let brought = match Brought::read(rows, dir, name, schema) {
            Ok(brought) => brought,
            Err(mistakes) => {
                out.extend(mistakes);
                // Without the file, no type can be inferred. With this schema, no column is
                // reported as wrong.
                if inferred {
                    insert_schema(&mut entry.node, vec![("id".to_owned(), "text key".to_owned())], false);
                }
                continue;
            }
        };
        if inferred {
            let schema = brought.infer();
            let told: Vec<String> = schema.iter().map(|(c, t)| format!("{c} = \"{t}\"")).collect();
            notes.push(format!("{}: column types of `{name}`, inferred from the cells: {}; write other types in `entity.{name}.schema`", brought.file, told.join(", ")));
            insert_schema(&mut entry.node, schema, true);
        }
        all.insert(name.clone(), brought);
    }
    all
}

fn insert_schema(entity: &mut Node, columns: Vec<(String, String)>, known: bool) {
    let origin = Origin::default_value();
    let columns: Table = columns.into_iter().map(|(c, t)| (c, Entry::new(Node::text(&t, &origin)))).collect();
    if let Some(table) = entity.table_mut() {
        let node = Node { wrong: !known, ..Node::new(Val::Table(columns), origin) };
        table.insert("schema".to_owned(), Entry::new(node));
    }
}

impl Brought {
    /// Reads the CSV of an entity. Without a schema, its column types will be inferred.
    fn read(
        rows: &Node,
        dir: Option<&Path>,
        entity: &str,
        schema: Option<&Node>,
    ) -> Result<Brought, Vec<Diagnostic>> {
        let at = rows.origin.place.clone();
        let name = |key: &str| rows.get(&[key]).and_then(Node::as_text);
        let unreadable = |key: &str| rows.get(&[key]).is_some_and(|n| n.as_text().is_none());
        let Some(file) = name("csv").filter(|_| !unreadable("key") && !unreadable("updated_at")) else {
            // The check reports keys that are missing or not a text.
            return Err(Vec::new());
        };
        let place = rows.get(&["csv"]).and_then(|n| n.origin.place.clone()).or(at);
        let path = dir.map_or_else(|| Path::new(file).to_owned(), |dir| dir.join(file));
        let told = |title: String| vec![Diagnostic::new(place.clone(), title)];
        let shown = escape_path(&path);
        let bytes = file::read(&path, file::Named::InFile, file::ROWS_MAX)
            .map_err(|e| told(format!("cannot read {shown}: {e}")))?;
        let text = String::from_utf8(bytes).map_err(|e| vec![not_utf8(&shown, &e)])?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| told(format!("cannot read {file}: {e}")))?;
        let header: Vec<String> = header.iter().map(|h| escape_control(h.trim()).into_owned()).collect();
        if let Some(wrong) = wrong_header((file, &shown), &text, &header, place.as_ref()) {
            return Err(vec![wrong]);
        }
        let dated = usize::from(name("updated_at").is_some());
        if schema.is_none() && header.len() - dated > COLUMNS_MAX {
            let title = format!("{file} has {} columns", header.len());
            let help = format!(
                "at most {COLUMNS_MAX} are allowed: {COLUMNS_WHY}; list the columns that you need in `entity.{entity}.schema`"
            );
            return Err(vec![Diagnostic::new(place, title).help(help)]);
        }
        let known: Vec<&str> = header.iter().map(String::as_str).collect();
        let mut missing = Vec::new();
        let mut find = |column: &str, role: &str| {
            let found = header.iter().position(|h| h == column);
            if found.is_none() {
                let title = format!("{file} has no column `{column}` for `rows.{role}`");
                let help = choices(column, &known).and(format!("write {role} = \"COLUMN\" in `rows`"));
                missing.push(Diagnostic::new(place.clone(), title).help(help));
            }
            found
        };
        let key = find(name("key").unwrap_or("id"), "key");
        let updated_at = name("updated_at").map(|column| find(column, "updated_at"));
        let Some(key) = key.filter(|_| missing.is_empty()) else {
            missing.extend(missing_columns(file, schema, &known));
            return Err(missing);
        };
        let updated_at = updated_at.flatten();
        let (mut records, mut ragged) = (Vec::new(), 0);
        for record in reader.records() {
            let record = record.map_err(|e| told(format!("cannot read {file}: {e}")))?;
            ragged += usize::from(record.len() != header.len());
            records.push(record);
            // A bad line may have 100 million cells, so no further line is reported.
            if ragged > TOLD {
                break;
            }
        }
        let brought = Brought { file: file.to_owned(), shown, text, header, records, key, updated_at };
        let mistakes = brought.ragged_and_repeated();
        if mistakes.is_empty() { Ok(brought) } else { Err(mistakes) }
    }

    fn ragged_and_repeated(&self) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let mut keys: BTreeMap<&str, u64> = BTreeMap::new();
        for record in &self.records {
            if mistakes.len() >= TOLD {
                break;
            }
            let line = record.position().map_or(0, csv::Position::line);
            if let Some((at, title)) = astray(self.rest(record), record.len() == self.header.len()) {
                // After this mistake, the line ends of the CSV are not reliable.
                let help = "write a quote within a quoted cell twice: \"\"";
                mistakes.push(Diagnostic::new(Some(self.spot(record, at)), title).help(help));
                break;
            }
            if record.len() != self.header.len() {
                let cells = words::count(record.len() as u64, "cell");
                let title = format!("this line has {cells}, but the header has {}", self.header.len());
                let help = if record.len() > self.header.len() {
                    "put a cell that contains a comma in quotes: \"a, b\""
                } else {
                    "a cell without a value still needs its comma"
                };
                mistakes.push(self.wrong(record, None, title).help(help));
                continue;
            }
            let key = &record[self.key];
            if key.is_empty() {
                let wrong = self.wrong(record, Some(self.key), "the key is empty");
                mistakes.push(wrong.help("write a key that no other line has"));
            } else if let Some(first) = keys.insert(key, line) {
                let title = format!("the key `{}` is repeated", excerpt(key));
                let wrong = self.wrong(record, Some(self.key), title);
                mistakes.push(wrong.help(format!("line {first} has the same key")));
            }
        }
        mistakes
    }

    fn rest(&self, record: &csv::StringRecord) -> &str {
        let from = record.position().map_or(0, |p| p.byte() as usize);
        self.text[from..].trim_start_matches(['\n', '\r'])
    }
    /// A mistake in the first line of a record, at one cell or at the whole line.
    fn wrong(&self, record: &csv::StringRecord, cell: Option<usize>, title: impl Into<String>) -> Diagnostic {
        let line = self.rest(record).lines().next().unwrap_or("");
        let span = cell.map_or(0..line.len(), |cell| cell_span(line, cell));
        Diagnostic::new(Some(self.within(record, 0, line, span)), title)
    }
    /// The place of the character at this byte of a record, within its line.
    fn spot(&self, record: &csv::StringRecord, at: usize) -> Place {
        let rest = self.rest(record);
        let begin = rest[..at].rfind('\n').map_or(0, |end| end + 1);
        let width = rest[at..].chars().next().map_or(0, char::len_utf8);
        let line = rest[begin..].lines().next().unwrap_or("");
        self.within(record, rest[..begin].matches('\n').count(), line, at - begin..at - begin + width)
    }
    /// The place of a span in the line that is `lines` lines after the start of a record.
    fn within(&self, record: &csv::StringRecord, lines: usize, line: &str, span: Range<usize>) -> Place {
        let (text, span) = shown(line, span);
        let first_line = record.position().map_or(1, |p| p.line() as usize) + lines;
        let source = Source { name: self.shown.clone(), text: text.to_owned(), first_line };
        Place { source: Arc::new(source), span }
    }

    fn infer(&self) -> Vec<(String, String)> {
        let columns = self.header.iter().enumerate().filter(|(i, _)| Some(*i) != self.updated_at);
        let empty = |i: usize| self.records.iter().any(|record| record[i].trim().is_empty());
        let kind = |i: usize| match self.infer_column(i) {
            _ if i == self.key => "text key".to_owned(),
            kind if empty(i) => format!("{kind} null 0%"),
            kind => kind,
        };
        columns.map(|(i, name)| (name.clone(), kind(i))).collect()
    }

    fn infer_column(&self, column: usize) -> String {
        let cells: BTreeSet<&str> =
            self.records.iter().map(|r| &r[column]).filter(|c| !c.is_empty()).collect();
        let all = |test: &dyn Fn(&str) -> bool| !cells.is_empty() && cells.iter().all(|c| test(c));
        // A text such as `007` is a name, not a number.
        let int = |c: &str| c.parse::<i64>().is_ok_and(|n| n.to_string() == c);
        if all(&int) {
            let numbers = cells.iter().filter_map(|c| c.parse::<i64>().ok());
            let (min, max) = numbers.fold((i64::MAX, i64::MIN), |(lo, hi), n| (lo.min(n), hi.max(n)));
            return format!("int {min}..{max}");
        }
        let named = |c: &str| c.len() > 1 && c.starts_with('0') && !c.starts_with("0.");
        if all(&|c| !named(c) && c.parse::<f64>().is_ok_and(f64::is_finite)) {
            return "real".to_owned();
        }
        if all(&|c| matches!(c, "true" | "false")) {
            return "bool".to_owned();
        }
        // A day without a time stays a date: as a time, it would shift with the time zone.
        if all(&|c| Day::read(c).is_some()) {
            return "date".to_owned();
        }
        if all(&|c| Calendar::default().stamp(c).is_some()) {
            return "timestamp".to_owned();
        }
        let lengths = || cells.iter().map(|c| c.len() as u64);
        let (min, max) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        match max {
            0 => "text".to_owned(),
            max if max <= u64::from(TEXT_MAX) => format!("text {min}..{max}"),
            max => {
                let mean = lengths().sum::<u64>() / cells.len() as u64;
                format!("long-text {}B..{}B", mean.max(1), max.min(FAT_MAX))
            }
        }
    }

    /// Converts the records to rows. The values have the order of `columns`. Without a calendar,
    /// dates cannot be checked.
    pub(super) fn rows(
        &self,
        key: KeyType,
        columns: &[Wanted<'_>],
        calendar: Option<Calendar>,
    ) -> Result<Vec<GivenRow>, Vec<Diagnostic>> {
        let mut mistakes = self.wrong_keys(key);
        let mut positions = Vec::new();
        let known: Vec<&str> = self.header.iter().map(String::as_str).collect();
        let there: BTreeMap<&str, usize> = known.iter().copied().zip(0..).collect();
        for wanted in columns {
            let Some(&position) = there.get(wanted.name) else {
                mistakes.push(no_column(&self.file, wanted.name, &known, wanted.place.clone()));
                continue;
            };
            positions.push((position, wanted));
        }
        let mut cells = WrongCells::default();
        let row = |record| self.row(record, key, &positions, calendar, &mut cells);
        let rows = self.records.iter().map(row).collect();
        mistakes.extend(cells.told());
        if mistakes.is_empty() { Ok(rows) } else { Err(mistakes) }
    }

    fn wrong_keys(&self, key: KeyType) -> Vec<Diagnostic> {
        let mut mistakes = WrongCells::default();
        let mut seen: BTreeMap<Cow<'_, str>, &csv::StringRecord> = BTreeMap::new();
        // Equal texts were already found when the file was read.
        for record in self.records.iter().filter(|_| key != KeyType::Text) {
            let text = &record[self.key];
            let wrong = |title: String| self.wrong(record, Some(self.key), title);
            let Some(canonical) = key.canonical(text) else {
                mistakes.add(self.key, || {
                    let help =
                        format!("write {}, or make the column a \"text key\" for any text", key.want());
                    wrong(format!("`{}` is not of type {:?}", excerpt(text), key.word())).help(help)
                });
                continue;
            };
            if let Some(first) = seen.insert(canonical.clone(), record) {
                let line = first.position().map_or(0, csv::Position::line);
                mistakes.add(self.key, || {
                    let help = format!("line {line} has the same key, as `{}`", &first[self.key]);
                    wrong(format!("the key `{canonical}` is repeated")).help(help)
                });
            }
        }
        mistakes.told().collect()
    }

    pub(super) fn strays(&self, name: &str, to: &str, (target, key): (&Brought, KeyType)) -> Vec<Diagnostic> {
        let Some(column) = self.header.iter().position(|h| h == name) else { return Vec::new() };
        let spelt = |text| key.canonical(text).unwrap_or(Cow::Borrowed(text));
        let keys: BTreeSet<Cow<'_, str>> =
            target.records.iter().map(|record| spelt(&record[target.key])).collect();
        let mut cells = WrongCells::default();
        for record in &self.records {
            let cell = &record[column];
            if !cell.trim().is_empty() && !keys.contains(&spelt(cell)) {
                cells.add(column, || {
                    let cell = excerpt(cell);
                    let title = format!("there is no `{to}` with the key `{cell}`");
                    let meant = closest(cell, keys.iter().map(|key| &**key));
                    let meant = meant.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                    let help = format!("{meant}write a key of {}", target.file);
                    self.wrong(record, Some(column), title).help(help)
                });
            }
        }
        cells.told().collect()
    }

    fn row(
        &self,
        record: &csv::StringRecord,
        key: KeyType,
        columns: &[(usize, &Wanted<'_>)],
        calendar: Option<Calendar>,
        cells: &mut WrongCells,
    ) -> GivenRow {
        let mut wrong = |column: usize, title: String, help: Help| {
            cells.add(column, || self.wrong(record, Some(column), title).help(help));
        };
        let dated = self.updated_at.zip(calendar);
        let stamp = dated.map_or(calendar.unwrap_or_default().start, |(column, calendar)| {
            let text = excerpt(record[column].trim());
            let (title, help) = match calendar.stamp(text) {
                Some(_) if too_fine(text) => (format!("`{text}` is finer than a microsecond"), FINEST),
                Some(stamp) if stamp <= calendar.start => return stamp,
                Some(_) => (format!("`{text}` is after the scenario's start"), "set `start` to a later date"),
                None => (format!("`{text}` is not a date"), DATE_HELP),
            };
            wrong(column, title, help.into());
            Stamp::default()
        });
        let values = columns.iter().map(|&(column, wanted)| {
            let cell = &record[column];
            if let Some(canonical) = wanted.points_to.and_then(|key| key.canonical(cell))
                && !cell.trim().is_empty()
            {
                return Value::text(&canonical);
            }
            cell_value(cell, wanted, calendar).unwrap_or_else(|(title, help)| {
                wrong(column, title, help);
                Value::Null
            })
        });
        let values = values.collect();
        let text = &record[self.key];
        // A key of the wrong type was already reported.
        let key = key.canonical(text).map_or_else(|| text.to_owned(), Cow::into_owned);
        GivenRow { key, stamp, values }
    }
}

/// The first few wrong cells of each column, and the number of the others.
#[derive(Default)]
struct WrongCells(BTreeMap<usize, (Vec<Diagnostic>, usize)>);

impl WrongCells {
    const TOLD: usize = 3;

    fn add(&mut self, column: usize, what: impl FnOnce() -> Diagnostic) {
        let (told, more) = self.0.entry(column).or_default();
        if told.len() < WrongCells::TOLD {
            told.push(what());
        } else {
            *more += 1;
        }
    }
    fn told(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_values().flat_map(|(mut told, more)| {
            if let Some(last) = told.last_mut().filter(|_| more > 0) {
                let more = words::count(more as u64, "more cell");
                *last.help =
                    std::mem::take(&mut *last.help).and(format!("this column has {more} with mistakes"));
            }
            told
        })
    }
}

/// Reports the columns of a schema that the header does not have.
fn missing_columns(file: &str, schema: Option<&Node>, header: &[&str]) -> Vec<Diagnostic> {
    let columns = schema.and_then(Node::table).into_iter().flatten();
    let is_key = |entry: &Entry| entry.node.as_text().is_some_and(|of| of.trim_end().ends_with(" key"));
    let missing = columns.filter(|(name, entry)| !is_key(entry) && !header.contains(&name.as_str()));
    missing.map(|(name, entry)| no_column(file, name, header, entry.key.place.clone())).collect()
}

fn no_column(file: &str, name: &str, header: &[&str], place: Option<Place>) -> Diagnostic {
    Diagnostic::new(place, format!("{file} has no column `{name}`")).help(choices(name, header))
}

pub(super) fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n);
    let text = String::from_utf8_lossy(&bytes[start..end]).trim_end().to_owned();
    let first_line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
    let span = at - start..(at - start + char::REPLACEMENT_CHARACTER.len_utf8()).min(text.len());
    let source = Arc::new(Source { name: file.to_owned(), text, first_line });
    let title = format!("this is not UTF-8: the byte 0x{:02X}", bytes[at]);
    Diagnostic::new(Some(Place { source, span }), title).help("save the file as UTF-8")
}

fn wrong_header(
    (file, shown): (&str, &str),
    text: &str,
    header: &[String],
    named: Option<&Place>,
) -> Option<Diagnostic> {
    let line = text.lines().next().unwrap_or("").trim_start_matches('\u{feff}').to_owned();
    let at = |cell: usize| {
        let span = cell_span(&line, cell);
        let source = Arc::new(Source { name: shown.to_owned(), text: line.clone(), first_line: 1 });
        Some(Place { source, span })
    };
    if let [only] = header
        && let Some((mark, name)) =
            [(';', "semicolons"), ('\t', "tabs")].into_iter().find(|(mark, _)| only.contains(*mark))
    {
        let title = format!("the columns of {file} seem to be separated by {name}");
        let help = format!("save the file with commas between the cells instead of {mark:?}");
        return Some(Diagnostic::new(at(0), title).help(help));
    }
    if header.is_empty() {
        let help = "write a header with the names of the columns, and one line per row";
        return Some(Diagnostic::new(named.cloned(), format!("{file} is empty")).help(help));
    }
    if let Some(empty) = header.iter().position(String::is_empty) {
        let title = format!("column {} of {file} has no name", empty + 1);
        return Some(Diagnostic::new(at(empty), title).help("the first line must name every column"));
    }
    let mut seen = BTreeSet::new();
    let (second, twice) = header.iter().enumerate().find(|(_, name)| !seen.insert(*name))?;
    let title = format!("{file} has two columns `{twice}`");
    Some(Diagnostic::new(at(second), title).help("rename or remove one of the two"))
}

/// A line for a message about one cell. It is cut `SHOWN` bytes after the start of the cell.
fn shown(line: &str, span: Range<usize>) -> (&str, Range<usize>) {
    let end = boundary(line, span.start + SHOWN);
    (&line[..end], span.start..span.end.min(end))
}

/// The byte range of the cell with this index. The whole line if there is no such cell.
fn cell_span(line: &str, cell: usize) -> Range<usize> {
    let mut from = 0;
    let mut number = 0;
    let mut quoted = false;
    for (i, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                if number == cell {
                    return from..i;
                }
                number += 1;
                from = i + 1;
            }
            _ => {}
        }
    }
    if number == cell { from..line.len() } else { 0..line.len() }
}

/// The length in bytes of a quoted cell with both quotes. `None` if the cell is not closed.
fn quoted(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find('"')? + 1;
        if !text[at..].starts_with('"') {
            return Some(at);
        }
        at += 1;
    }
}

/// Finds a quote that is not closed, or text after the closing quote of a cell. Returns its byte in
/// the record and a message. `whole` is true if the record has all of its cells; then a quoted cell
/// may contain line ends.
fn astray(record: &str, whole: bool) -> Option<(usize, &'static str)> {
    let open_end = "the quote that opens here is not closed at the end of the cell";
    let goes_on = "there is text between the closing quote of this cell and the next comma";
    let mut at = 0;
    loop {
        if record[at..].starts_with('"') {
            let Some(length) = quoted(&record[at..]) else { return Some((at, open_end)) };
            let (open, end) = (at, at + length);
            if !whole && record[open..end].contains('\n') {
                return Some((open, open_end));
            }
            if !ends_here(&record[end..]) {
                let crosses = record[open..end].contains('\n');
                return Some(if crosses { (open, open_end) } else { (end, goes_on) });
            }
            at = end;
        }
        at = next_cell(record, at)?;
    }
}

fn ends_here(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| matches!(c, ',' | '\r' | '\n'))
}

fn next_cell(record: &str, at: usize) -> Option<usize> {
    let end = at + record[at..].find([',', '\n'])?;
    record[end..].starts_with(',').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::parse_own;

    #[test]
    fn all_columns_that_a_file_lacks_are_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), "number,title\n1,a\n").unwrap();
        let rows = parse_own("{ csv = \"t.csv\", updated_at = \"changed\" }");
        let schema = parse_own("{ id = \"int key\", title = \"text\", state = \"text\" }");
        let wrong = Brought::read(&rows, Some(folder.path()), "task", Some(&schema)).unwrap_err();
        let titles: Vec<&str> = wrong.iter().map(|one| one.title.as_str()).collect();
        let none = ["`id` for `rows.key`", "`changed` for `rows.updated_at`", "`state`"];
        assert_eq!(titles, none.map(|column| format!("t.csv has no column {column}")));
    }

    #[test]
    fn a_wrong_quote_is_told_apart_from_text_after_a_quoted_cell() {
        let said = |record: &str| astray(record, false).map_or("", |(_, said)| said);
        assert!(said("a,\"b").contains("is not closed"), "{}", said("a,\"b"));
        assert!(said("a,\"b\"c,d").contains("between the closing quote"), "{}", said("a,\"b\"c,d"));
        assert_eq!(said("a,\"b\"\"c\",d"), "");
    }
}
