//! Reads a CSV file, or one JSON object per line; errors have line and column.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::scenario::closest;

/// Why a file of measurements cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {what}", .column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default())]
pub struct Malformed {
    pub line: u64,
    pub column: Option<String>,
    pub what: String,
}

/// The text of a file, with the line ends that a reader counts.
fn text_of(bytes: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = &bytes[..e.valid_up_to()];
        whole(1 + before.iter().filter(|byte| **byte == b'\n').count() as u64, "not UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n"))
}

pub(in crate::campaign) fn whole(line: u64, what: impl Into<String>) -> Malformed {
    Malformed { line, column: None, what: what.into() }
}

fn ragged(error: &csv::Error) -> Malformed {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            whole(line, format!("{len} fields where the header has {expected_len}"))
        }
        _ => whole(line, error.to_string()),
    }
}

fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

/// More lines are not measurements, but another kind of file.
pub(super) const ROWS_MAX: usize = 100_000;

/// The most columns, and the most bytes of a line; each byte may take tenfold memory.
const KEYS_MAX: usize = 256;
const LINE_MAX: usize = 256 << 10;

pub(in crate::campaign) struct Sheet {
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

#[derive(Clone, Copy)]
pub(in crate::campaign) struct Row<'a> {
    header: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

/// Names of columns in the request logs of other programs.
const OTHERS: [(&str, &[&str]); 4] = [
    ("start", &["time", "timestamp", "ts", "at", "date", "datetime", "began"]),
    ("rows", &["records", "items", "count", "row_count", "rowcount", "entities"]),
    ("duration_ms", &["elapsed", "elapsed_ms", "latency", "latency_ms", "took", "took_ms", "ms", "time_ms"]),
    ("outcome", &["status", "status_code", "http_status", "result", "error", "success", "ok"]),
];

fn near<'a>(name: &str, header: &'a csv::StringRecord) -> Option<&'a str> {
    let others = OTHERS.iter().filter(|(ours, _)| *ours == name).flat_map(|(_, others)| *others);
    let other = |other: &&str| header.iter().find(|column| column.eq_ignore_ascii_case(other));
    closest(name, header).or_else(|| others.copied().find_map(|name| other(&name)))
}

/// The message for a header without this column.
fn lacks(header: &csv::StringRecord, name: &str, wanted: &[&str]) -> String {
    let other = [(';', "semicolons"), ('\t', "tabs")];
    let parts = other.into_iter().find(|(mark, _)| header.len() == 1 && header[0].contains(*mark));
    if let Some((_, marks)) = parts {
        return format!("{marks} part its columns where commas are wanted");
    }
    let near = near(name, header).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("there is no column {name}; wanted are {}{near}", wanted.join(", "))
}

impl Sheet {
    pub(in crate::campaign) fn read(bytes: &[u8], wanted: &[&str], most: usize) -> Result<Sheet, Malformed> {
        if let Some(at) = bytes.split(|byte| *byte == b'\n').position(|line| line.len() > LINE_MAX) {
            return Err(whole(1 + at as u64, format!("longer than {} KiB", LINE_MAX >> 10)));
        }
        let text = text_of(bytes)?;
        if text.trim_start().starts_with('[') {
            return Err(whole(1, "a JSON array where an object per line is wanted"));
        }
        let sheet = if text.trim_start().starts_with('{') {
            Sheet::of_objects(&text, most)?
        } else {
            Sheet::of_csv(&text, wanted, most)?
        };
        sheet.refuse_without(wanted)?;
        if sheet.records.is_empty() {
            return Err(whole(1, "no rows"));
        }
        Ok(sheet)
    }

    fn refuse_without(&self, wanted: &[&str]) -> Result<(), Malformed> {
        match wanted.iter().find(|name| !self.has(name)) {
            Some(name) => Err(whole(1, lacks(&self.header, name, wanted))),
            None => Ok(()),
        }
    }

    fn of_csv(text: &str, wanted: &[&str], most: usize) -> Result<Sheet, Malformed> {
        if text.matches('"').count() % 2 == 1 {
            let last = text.rfind('"').unwrap_or(0);
            let line = 1 + text[..last].matches('\n').count() as u64;
            return Err(whole(line, "a quotation mark that none closes"));
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| whole(1, e.to_string()))?.clone();
        if header.len() > KEYS_MAX {
            return Err(whole(1, format!("more than {KEYS_MAX} columns")));
        }
        let twice =
            |(at, name): &(usize, &str)| !name.is_empty() && header.iter().take(*at).any(|n| n == *name);
        if let Some((_, name)) = header.iter().enumerate().find(twice) {
            let what = "the header has two columns of this name".to_owned();
            return Err(Malformed { line: 1, column: Some(name.to_owned()), what });
        }
        let mut sheet = Sheet { header, records: Vec::new() };
        // A wrong separator is a better message than rows of different lengths.
        sheet.refuse_without(wanted)?;
        for record in reader.records() {
            sheet.records.push(record.map_err(|e| ragged(&e))?);
            if sheet.records.len() > most {
                return Err(whole(line_of(&sheet.records[most]), format!("more than {most} rows")));
            }
        }
        Ok(sheet)
    }

    /// One object per line; a missing or `null` value is blank.
    fn of_objects(text: &str, most: usize) -> Result<Sheet, Malformed> {
        let (mut header, mut rows) = (Vec::<String>::new(), Vec::<(u64, Vec<String>)>::new());
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let object: serde_json::Map<String, Value> = serde_json::from_str(line).map_err(|e| {
                let what = e.to_string();
                let what = what.split(" at line").next().unwrap_or_default();
                whole(number, format!("not a JSON object: {what} at character {}", e.column()))
            })?;
            let mut row = vec![String::new(); header.len()];
            for (name, value) in object {
                let at = header.iter().position(|known| *known == name).unwrap_or_else(|| {
                    header.push(name.clone());
                    row.push(String::new());
                    header.len() - 1
                });
                row[at] = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text,
                    other => other.to_string(),
                };
            }
            rows.push((number, row));
            if rows.len() > most || header.len() > KEYS_MAX {
                return Err(whole(number, format!("more than {most} rows or {KEYS_MAX} keys")));
            }
        }
        let record = |(number, mut row): (u64, Vec<String>)| {
            row.resize(header.len(), String::new());
            let mut record = csv::StringRecord::from(row);
            let mut position = csv::Position::new();
            position.set_line(number);
            record.set_position(Some(position));
            record
        };
        let records = rows.into_iter().map(record).collect();
        Ok(Sheet { header: header.into(), records })
    }
    pub(in crate::campaign) fn has(&self, name: &str) -> bool {
        self.header.iter().any(|column| column == name)
    }
    /// The column that was probably meant by this name.
    pub(in crate::campaign) fn near(&self, name: &str) -> Option<&str> {
        near(name, &self.header)
    }
    pub(in crate::campaign) fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }
    pub(in crate::campaign) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { header: &self.header, record })
    }
    /// The file with a column added, or replaced if it had one of that name.
    pub(super) fn with_column(&self, name: &str, values: &[String]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let known = self.has(name);
        let mut put = |record: &csv::StringRecord, value: &str| {
            let fields = self.header.iter().zip(record);
            let fields = fields.map(|(column, field)| if column == name { value } else { field });
            let record: csv::StringRecord = fields.chain((!known).then_some(value)).collect();
            writer.write_record(&record).expect("memory takes it and all records are of one length");
        };
        put(&self.header, name);
        self.records.iter().zip(values).for_each(|(record, value)| put(record, value));
        String::from_utf8(writer.into_inner().expect("memory takes it")).expect("UTF-8 went in")
    }
}

impl<'a> Row<'a> {
    pub(in crate::campaign) fn malformed(self, column: &str, what: impl Into<String>) -> Malformed {
        Malformed { line: line_of(self.record), column: Some(column.to_owned()), what: what.into() }
    }
    pub(in crate::campaign) fn text(self, column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }
    pub(in crate::campaign) fn has(self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }
    pub(super) fn whole(self, column: &str, range: RangeInclusive<u64>) -> Result<u64, Malformed> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| {
            let (low, high) = range.into_inner();
            self.malformed(column, format!("`{text}` is not a whole number from {low} to {high}"))
        })
    }

    pub(in crate::campaign) fn number(
        self,
        column: &str,
        range: RangeInclusive<f64>,
    ) -> Result<f64, Malformed> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| {
            let (low, high) = range.into_inner();
            self.malformed(column, format!("`{text}` is not a number from {low} to {high}"))
        })
    }

    pub(super) fn word<T: Copy>(self, column: &str, words: &[(&str, T)]) -> Result<T, Malformed> {
        let text = self.text(column);
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.malformed(column, format!("`{text}` is none of {}", known.join(", ")))
        })
    }
}
