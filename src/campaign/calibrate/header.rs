//! Which column is what, in which unit.

use crate::base::words::there_is;
use crate::campaign::validate::measured::{Malformed, whole};
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

/// A column: where it stands, what it is called there, and how many seconds its unit has, if the
/// name tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) unit: Option<f64>,
}

/// The columns of a log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) start: Column,
    pub(super) rows: Column,
    pub(super) duration: Column,
    pub(super) outcome: Column,
    pub(super) bytes: Option<Column>,
    pub(super) device: Option<Column>,
    /// Columns with what they must say.
    pub(super) only: Vec<(Column, String)>,
    /// The column whose values get a fit each.
    pub(super) by: Option<Column>,
    /// Those that nothing is read from.
    pub(super) others: Vec<Column>,
}

/// What a column can be called, the best name first.
const START: &str = "start started started_at start_time timestamp time ts date";
const ROWS: &str = "rows row_count records record_count items entities count";
const BYTES: &str = "bytes size response_bytes response_size body_bytes content_length bytes_received";
const DURATION: &str = "duration took elapsed latency response_time time_taken request_time";
const OUTCOME: &str = "outcome status result status_code http_status code";
const DEVICE: &str = "device device_id client client_id session session_id user";

/// What a name may end with, and how many of it a second has.
const UNITS: [(&str, f64); 4] =
    [("_ms _millis", 1e-3), ("_us _micros", 1e-6), ("_ns", 1e-9), ("_seconds _secs _sec _s", 1.0)];

/// Names without case and with one kind of separator, and as they stand.
type Names = [(String, String)];

impl Header {
    /// Finds the columns in the names of a header.
    pub(super) fn read(
        names: &csv::StringRecord,
        only: &[Only],
        by: Option<&str>,
    ) -> Result<Header, Malformed> {
        let names: Vec<(String, String)> =
            names.iter().map(|name| (plain(name), name.trim().to_owned())).collect();
        let only = only.iter().map(|only| Ok((column(&names, &only.column)?, only.value.clone())));
        let mut header = Header {
            start: required(&names, START)?,
            rows: required(&names, ROWS)?,
            duration: required(&names, DURATION)?,
            outcome: required(&names, OUTCOME)?,
            bytes: find(&names, BYTES)?,
            device: find(&names, DEVICE)?,
            only: only.collect::<Result<_, _>>()?,
            by: by.map(|by| column(&names, by)).transpose()?,
            others: Vec::new(),
        };
        // A column that is nearly `bytes` would otherwise be passed over in silence.
        let near = |(plain, _): &&(String, String)| closest(plain, ["bytes"]).is_some();
        if let Some((_, shown)) = names.iter().filter(|_| header.bytes.is_none()).find(near) {
            return Err(whole(1, format!("unknown column `{shown}`; did you mean `bytes`?")));
        }
        let Header { start, rows, duration, outcome, bytes, device, .. } = &header;
        let read: Vec<usize> = [start, rows, duration, outcome]
            .into_iter()
            .chain(bytes)
            .chain(device)
            .map(|column| column.at)
            .collect();
        let of = |(at, (_, name)): (usize, &(String, String))| Column { at, name: name.clone(), unit: None };
        header.others = names.iter().enumerate().filter(|(at, _)| !read.contains(at)).map(of).collect();
        Ok(header)
    }
}

fn required(names: &Names, known: &str) -> Result<Column, Malformed> {
    let (best, others) = known.split_once(' ').unwrap_or((known, ""));
    find(names, known)?.ok_or_else(|| {
        let words: Vec<&str> = names.iter().map(|(_, shown)| shown.as_str()).collect();
        // Words of two letters are all near each other.
        let is_near = |name: &str| name.len() > 2 && closest(name, known.split(' ')).is_some();
        let hint = match names.iter().find(|(plain, _)| is_near(plain)) {
            Some((_, shown)) => format!("did you mean `{shown}` to be `{best}`? "),
            None => String::new(),
        };
        whole(
            1,
            format!(
                "there is no column `{best}` (also known as {}); {hint}{} {}",
                others.replace(' ', ", "),
                there_is(words.len()),
                words.join(", "),
            ),
        )
    })
}

fn column(names: &Names, wanted: &str) -> Result<Column, Malformed> {
    let plainly = plain(wanted);
    match names.iter().position(|(plain, _)| *plain == plainly) {
        Some(at) => Ok(Column { at, name: names[at].1.clone(), unit: None }),
        None => {
            let near = closest(&plainly, names.iter().map(|(plain, _)| plain.as_str()));
            let hint = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            Err(whole(1, format!("there is no column `{wanted}` to choose lines by{hint}")))
        }
    }
}

/// A name without case and with one kind of separator.
fn plain(name: &str) -> String {
    let separated = name.trim().to_lowercase().replace([' ', '-', '.'], "_");
    // `duration (ms)` and `duration[ms]`.
    separated.replace(['(', '['], "_").replace([')', ']'], "").replace("__", "_")
}

/// The column with the best of the known names.
fn find(names: &Names, known: &str) -> Result<Option<Column>, Malformed> {
    for wanted in known.split(' ') {
        let unit_of = |plain: &str| match plain.strip_prefix(wanted)? {
            "" => Some(None),
            rest => UNITS
                .iter()
                .find(|(ends, _)| ends.split(' ').any(|end| end == rest))
                .map(|(_, unit)| Some(*unit)),
        };
        let mut found = names.iter().enumerate().filter_map(|(at, (plain, shown))| {
            unit_of(plain).map(|unit| Column { at, name: shown.clone(), unit })
        });
        let Some(column) = found.next() else { continue };
        return match found.next() {
            None => Ok(Some(column)),
            Some(other) => Err(whole(
                1,
                format!("there are two columns for `{wanted}`: {} and {}", column.name, other.name),
            )),
        };
    }
    Ok(None)
}
