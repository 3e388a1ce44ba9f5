//! Which column is what, in which unit.

use crate::base::words::there_is;
use crate::campaign::validate::measured::Malformed;
use crate::scenario::closest;

/// A condition on a column: only lines with this value are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    /// The column's name.
    pub column: String,
    /// What it must say.
    pub value: String,
}

impl std::str::FromStr for Only {
    type Err = String;
    fn from_str(text: &str) -> Result<Only, String> {
        match text.split_once('=') {
            Some((column, value)) if !column.trim().is_empty() => {
                Ok(Only { column: column.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err("want column=value, such as kind=pull".to_owned()),
        }
    }
}

/// What a number in a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    pub(super) fn seconds(self) -> f64 {
        match self {
            Unit::Seconds => 1.0,
            Unit::Millis => 1e-3,
            Unit::Micros => 1e-6,
            Unit::Nanos => 1e-9,
        }
    }
}

/// A column: where it stands, what it is called there, and its unit if the name has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) unit: Option<Unit>,
}

/// The columns of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) start: Column,
    pub(super) rows: Column,
    pub(super) duration: Column,
    pub(super) outcome: Column,
    pub(super) bytes: Option<Column>,
    pub(super) device: Option<Column>,
    /// Columns with what they must say.
    pub(super) only: Vec<(Column, String)>,
}

/// What a column can be called, the best name first.
const START: &[&str] = &["start", "started", "started_at", "start_time", "timestamp", "time", "ts", "date"];
const ROWS: &[&str] = &["rows", "row_count", "records", "record_count", "items", "entities", "count"];
const BYTES: &[&str] =
    &["bytes", "size", "response_bytes", "response_size", "body_bytes", "content_length", "bytes_received"];
const DURATION: &[&str] =
    &["duration", "took", "elapsed", "latency", "response_time", "time_taken", "request_time"];
const OUTCOME: &[&str] = &["outcome", "status", "result", "status_code", "http_status", "code"];
const DEVICE: &[&str] = &["device", "device_id", "client", "client_id", "session", "session_id", "user"];

const UNITS: &[(&str, Unit)] = &[
    ("_ms", Unit::Millis),
    ("_millis", Unit::Millis),
    ("_us", Unit::Micros),
    ("_micros", Unit::Micros),
    ("_ns", Unit::Nanos),
    ("_seconds", Unit::Seconds),
    ("_secs", Unit::Seconds),
    ("_sec", Unit::Seconds),
    ("_s", Unit::Seconds),
];

impl Header {
    /// Finds the columns in the names of a header.
    pub(super) fn read(names: &csv::StringRecord, only: &[Only]) -> Result<Header, Malformed> {
        let names: Vec<(String, String)> =
            names.iter().map(|name| (plain(name), name.trim().to_owned())).collect();
        let optional = |known| find(&names, known);
        let required = |known: &[&str]| {
            find(&names, known)?.ok_or_else(|| {
                let words: Vec<&str> = names.iter().map(|(_, shown)| shown.as_str()).collect();
                // Words of two letters are all near each other.
                let is_near = |name: &str| name.len() > 2 && closest(name, known.iter().copied()).is_some();
                let near = names.iter().find(|(plain, _)| is_near(plain));
                let hint = match near {
                    Some((_, shown)) => format!("did you mean `{shown}` to be `{}`? ", known[0]),
                    None => String::new(),
                };
                wrong(format!(
                    "there is no column `{}` (also known as {}); {hint}{} {}",
                    known[0],
                    known[1..].join(", "),
                    there_is(words.len()),
                    words.join(", "),
                ))
            })
        };
        let header = Header {
            start: required(START)?,
            rows: required(ROWS)?,
            duration: required(DURATION)?,
            outcome: required(OUTCOME)?,
            bytes: optional(BYTES)?,
            device: optional(DEVICE)?,
            only: only.iter().map(|only| condition(&names, only)).collect::<Result<_, _>>()?,
        };
        // A column that is nearly `bytes` would otherwise be passed over in silence.
        let near = |plain: &str| closest(plain, ["bytes"]).is_some();
        match names.iter().find(|(plain, _)| header.bytes.is_none() && near(plain)) {
            Some((_, shown)) => Err(wrong(format!("unknown column `{shown}`; did you mean `bytes`?"))),
            None => Ok(header),
        }
    }
}

fn condition(names: &[(String, String)], only: &Only) -> Result<(Column, String), Malformed> {
    let wanted = plain(&only.column);
    match names.iter().position(|(plain, _)| *plain == wanted) {
        Some(at) => Ok((Column { at, name: names[at].1.clone(), unit: None }, only.value.clone())),
        None => {
            let near = closest(&wanted, names.iter().map(|(plain, _)| plain.as_str()));
            let hint = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            Err(wrong(format!("there is no column `{}` to choose lines by{hint}", only.column)))
        }
    }
}

fn wrong(what: String) -> Malformed {
    Malformed { line: 1, column: None, what }
}

/// A name without case and with one kind of separator.
fn plain(name: &str) -> String {
    let separated = name.trim().to_lowercase().replace([' ', '-', '.'], "_");
    // `duration (ms)` and `duration[ms]`.
    separated.replace(['(', '['], "_").replace([')', ']'], "").replace("__", "_")
}

/// The column with the best of the known names.
fn find(names: &[(String, String)], known: &[&str]) -> Result<Option<Column>, Malformed> {
    for wanted in known {
        let unit_of = |plain: &str| -> Option<Option<Unit>> {
            let rest = plain.strip_prefix(wanted)?;
            if rest.is_empty() {
                return Some(None);
            }
            UNITS.iter().find(|(suffix, _)| *suffix == rest).map(|(_, unit)| Some(*unit))
        };
        let mut found = names.iter().enumerate().filter_map(|(at, (plain, shown))| {
            unit_of(plain).map(|unit| Column { at, name: shown.clone(), unit })
        });
        if let Some(column) = found.next() {
            return match found.next() {
                None => Ok(Some(column)),
                Some(other) => Err(wrong(format!(
                    "there are two columns for `{}`: {} and {}",
                    known[0], column.name, other.name
                ))),
            };
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &str) -> Result<Header, Malformed> {
        Header::read(&names.split(',').collect::<Vec<_>>().into(), &[])
    }

    #[test]
    fn names_are_found_in_any_order_case_and_with_units() {
        let header = read("Status,Response Time (ms),Records,TIMESTAMP,content-length,extra").unwrap();
        assert_eq!((header.start.at, header.rows.at, header.outcome.at), (3, 2, 0));
        assert_eq!((header.duration.at, header.duration.unit), (1, Some(Unit::Millis)));
        assert_eq!(header.bytes.map(|column| column.at), Some(4));
        assert_eq!(header.device, None);
        assert_eq!(read("start_ms,rows,took_s,result").unwrap().start.unit, Some(Unit::Millis));
    }

    #[test]
    fn a_missing_column_is_told_with_what_was_probably_meant() {
        for (names, said) in [
            ("start,rows,bytes,outcome", "no column `duration`"),
            ("start,rows,bytes,durations,outcome", "did you mean `durations` to be `duration`?"),
            ("when,rows,bytes,ms,outcome", "ts, date); there"),
            ("start,rows,byte,duration,outcome", "unknown column `byte`; did you mean `bytes`?"),
            ("start,rows,duration,duration_ms,outcome", "two columns for `duration`"),
            ("start,rows,rows,duration,outcome", "two columns for `rows`"),
        ] {
            let error = read(names).unwrap_err();
            assert!(error.line == 1 && error.what.contains(said), "{names}: {error}");
        }
        let only = ["knd=pull".parse::<Only>().unwrap()];
        let names = ["start", "rows", "duration", "outcome", "kind"].as_slice();
        let error = Header::read(&names.to_vec().into(), &only).unwrap_err();
        assert!(error.what.ends_with("did you mean `kind`?"), "{error}");
        assert!("kind".parse::<Only>().is_err() && "=pull".parse::<Only>().is_err());
    }
}
