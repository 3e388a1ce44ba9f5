//! Reads a CSV file, or a file with one JSON object per line. Errors name the line and the column.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::Value;

use crate::scenario::closest;

/// The reason why a file of measurements cannot be read, with the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {what}", .column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default())]
pub struct Malformed {
    pub line: u64,
    pub column: Option<String>,
    pub what: String,
}

impl Malformed {
    /// An error of a whole line, without a column.
    pub fn line(line: u64, what: impl Into<String>) -> Malformed {
        Malformed { line, column: None, what: what.into() }
    }
}

/// The text with uniform line ends. So line numbers in errors match those in the user's editor.
fn text_of(bytes: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = &bytes[..e.valid_up_to()];
        Malformed::line(
            1 + before.iter().filter(|byte| **byte == b'\n').count() as u64,
            "the text is not UTF-8",
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n"))
}

fn ragged(error: &csv::Error) -> Malformed {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Malformed::line(line, format!("the line has {len} fields, but the header has {expected_len}"))
        }
        _ => Malformed::line(line, error.to_string()),
    }
}

fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

/// Limits for the columns of a file and for the bytes of a line. Each byte may take 10 bytes of
/// memory.
const KEYS_MAX: usize = 256;
const LINE_MAX: usize = 256 << 10;

/// A table with named columns.
pub struct Sheet {
    pub header: csv::StringRecord,
    pub records: Vec<csv::StringRecord>,
}

/// The columns that a file must have.
#[derive(Clone, Copy)]
pub struct WantedColumns<'a> {
    pub all: &'a [&'a str],
    /// The file must have at least one of these columns.
    pub one_of: &'a [&'a str],
}

/// A line of a [`Sheet`].
#[derive(Clone, Copy)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    record: &'a csv::StringRecord,
}

/// Names that the request logs of other programs use for our columns.
const OTHERS: [(&str, &[&str]); 4] = [
    ("start", &["time", "timestamp", "ts", "at", "date", "datetime", "began"]),
    ("rows", &["records", "items", "count", "row_count", "rowcount", "entities"]),
    ("duration_ms", &["elapsed", "elapsed_ms", "latency", "latency_ms", "took", "took_ms", "ms", "time_ms"]),
    ("outcome", &["status", "status_code", "http_status", "result", "error", "success", "ok"]),
];

impl Sheet {
    pub fn read(bytes: &[u8], wanted: WantedColumns<'_>, most: usize) -> Result<Sheet, Malformed> {
        if let Some(at) = bytes.split(|byte| *byte == b'\n').position(|line| line.len() > LINE_MAX) {
            return Err(Malformed::line(
                1 + at as u64,
                format!("the line is longer than {} KiB", LINE_MAX >> 10),
            ));
        }
        let text = text_of(bytes)?;
        let sheet = match text.trim_start().starts_with(['{', '[']) {
            true => Sheet::of_objects(&text, most)?,
            false => Sheet::of_csv(&text, wanted, most)?,
        };
        sheet.refuse_without(wanted)?;
        if sheet.records.is_empty() {
            return Err(Malformed::line(1, "the file has a header, but no rows"));
        }
        Ok(sheet)
    }

    /// Rejects a file that lacks a wanted column. The error names all missing columns.
    fn refuse_without(&self, wanted: WantedColumns<'_>) -> Result<(), Malformed> {
        let WantedColumns { all, one_of } = wanted;
        let any = one_of.first().copied().filter(|_| !one_of.iter().any(|name| self.has(name)));
        let lacks = all.iter().copied().filter(|name| !self.has(name)).chain(any);
        let lacks: Vec<String> = lacks.map(|name| self.lacked(name, one_of)).collect();
        if lacks.is_empty() {
            return Ok(());
        }
        let is_parted = |mark| self.header.len() == 1 && self.header[0].contains(mark);
        let marks = [(';', "semicolons"), ('\t', "tabs")].into_iter().find(|(mark, _)| is_parted(*mark));
        if let Some((_, marks)) = marks {
            return Err(Malformed::line(1, format!("{marks} separate the columns: use commas instead")));
        }
        let columns = if lacks.len() == 1 { "a column" } else { "columns" };
        Err(Malformed::line(1, format!("the file lacks {columns}: {}", lacks.join("; "))))
    }

    /// The error text for a missing column. It suggests a similar column of the file.
    fn lacked(&self, name: &str, one_of: &[&str]) -> String {
        // The user may have misspelt the column in an option, so the error suggests the nearest
        // name.
        let near = self.near(name).map(|near| match OTHERS.iter().any(|(ours, _)| *ours == name) {
            true => format!(" (is it `{near}`? then rename this column)"),
            false => format!(" (did you mean `{near}`?)"),
        });
        let names = if one_of.contains(&name) {
            format!("one of {}", one_of.join(", "))
        } else {
            format!("`{name}`")
        };
        names + &near.unwrap_or_default()
    }

    fn of_csv(text: &str, wanted: WantedColumns<'_>, most: usize) -> Result<Sheet, Malformed> {
        if text.matches('"').count() % 2 == 1 {
            let last = text.rfind('"').unwrap_or(0);
            let line = 1 + text[..last].matches('\n').count() as u64;
            return Err(Malformed::line(line, "a quotation mark is never closed"));
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| Malformed::line(1, e.to_string()))?.clone();
        if header.len() > KEYS_MAX {
            return Err(Malformed::line(1, format!("the file has more than {KEYS_MAX} columns")));
        }
        let twice =
            |(at, name): &(usize, &str)| !name.is_empty() && header.iter().take(*at).any(|n| n == *name);
        if let Some((_, name)) = header.iter().enumerate().find(twice) {
            let what = "the header has two columns of this name".to_owned();
            return Err(Malformed { line: 1, column: Some(name.to_owned()), what });
        }
        let mut sheet = Sheet { header, records: Vec::new() };
        // A file with another separator gets this error, which is clearer than an error about row
        // lengths.
        sheet.refuse_without(wanted)?;
        for record in reader.records() {
            sheet.records.push(record.map_err(|e| ragged(&e))?);
            if sheet.records.len() > most {
                return Err(Malformed::line(
                    line_of(&sheet.records[most]),
                    format!("the file has more than {most} rows"),
                ));
            }
        }
        Ok(sheet)
    }

    /// Reads one object per line. A missing value or `null` becomes an empty field.
    fn of_objects(text: &str, most: usize) -> Result<Sheet, Malformed> {
        let (mut header, mut records) = (Vec::<String>::new(), Vec::<csv::StringRecord>::new());
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let object: serde_json::Map<String, Value> = serde_json::from_str(line).map_err(|e| {
                let what = e.to_string();
                let what = what.split(" at line").next().unwrap_or_default();
                Malformed::line(
                    number,
                    format!("the line is not a JSON object: {what} at character {}", e.column()),
                )
            })?;
            let new: Vec<String> = object.keys().filter(|name| !header.contains(name)).cloned().collect();
            header.extend(new);
            let field = |name: &String| match object.get(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            let mut record: csv::StringRecord = header.iter().map(field).collect();
            let mut position = csv::Position::new();
            record.set_position(Some(position.set_line(number).clone()));
            records.push(record);
            if records.len() > most || header.len() > KEYS_MAX {
                return Err(Malformed::line(
                    number,
                    format!("the file has more than {most} rows or {KEYS_MAX} keys"),
                ));
            }
        }
        let missing = |record: &csv::StringRecord| vec![""; header.len() - record.len()];
        records.iter_mut().for_each(|record| record.extend(missing(record)));
        Ok(Sheet { header: header.into(), records })
    }
    pub fn has(&self, name: &str) -> bool {
        self.header.iter().any(|column| column == name)
    }
    /// The column with the most similar name; `None` if none is similar.
    pub fn near(&self, name: &str) -> Option<&str> {
        let others = OTHERS.iter().filter(|(ours, _)| *ours == name).flat_map(|(_, others)| *others);
        let other = |other: &&str| self.header.iter().find(|column| column.eq_ignore_ascii_case(other));
        closest(name, &self.header).or_else(|| others.copied().find_map(|name| other(&name)))
    }
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { sheet: self, record })
    }
}

impl<'a> Row<'a> {
    pub fn malformed(self, column: &str, what: impl Into<String>) -> Malformed {
        Malformed { line: line_of(self.record), column: Some(column.to_owned()), what: what.into() }
    }
    pub fn text(self, column: &str) -> &'a str {
        let at = self.sheet.header.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }
    pub fn has(self, column: &str) -> bool {
        self.sheet.has(column)
    }
    /// Reads a number in a range. Errors name its type as `kind`.
    pub fn number<T: FromStr + PartialOrd + Display>(
        self,
        column: &str,
        kind: &str,
        range: RangeInclusive<T>,
    ) -> Result<T, Malformed> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| {
            let (low, high) = range.into_inner();
            self.malformed(column, format!("`{text}` is not a {kind} from {low} to {high}"))
        })
    }
}
