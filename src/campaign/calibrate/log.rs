//! The lines of a log.

use std::collections::{BTreeMap, BTreeSet};

use super::header::{Column, Header, Only, Unit};
use crate::base::Span;
use crate::campaign::validate::measured::Malformed;
use crate::record::shell_word;
use crate::scenario::closest;

/// The largest log that is read, in bytes: it is held in memory.
pub const BYTES_MAX: u64 = 256 << 20;
/// The most requests of a log; more of the same tells nothing new.
pub const ROWS_MAX: usize = 1_000_000;

/// The longest request that anybody waits for, in seconds.
const SECONDS_MAX: f64 = 86_400.0;
const COUNT_MAX: u64 = 1_000_000_000_000;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A useful answer came.
    Answered,
    /// The connection broke.
    Cut,
    /// No answer in time.
    TimedOut,
    /// The server said no, or the app gave it up: no failure of the link.
    Refused,
    /// It never left.
    NotSent,
}

impl Outcome {
    /// Whether a transfer ended before its answer.
    pub(super) fn breaks(self) -> bool {
        matches!(self, Outcome::Cut | Outcome::TimedOut)
    }
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Request {
    /// Seconds since some beginning.
    pub(super) start: f64,
    pub(super) device: u32,
    pub(super) rows: f64,
    pub(super) bytes: f64,
    /// Seconds; zero if the log does not say, as it need not of a failure.
    pub(super) duration: f64,
    /// Whether the log says how long it took.
    pub(super) timed: bool,
    pub(super) outcome: Outcome,
    /// Its outcome is a word for any failure, before a transfer too.
    pub(super) vague: bool,
}

/// What devices are called, by their numbers, in which column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    column: String,
    devices: Vec<String>,
}

impl Names {
    /// The option that chooses the lines of a device.
    pub(super) fn only(&self, device: u32) -> String {
        let name = self.devices.get(device as usize).map_or("VALUE", String::as_str);
        format!("--only {}", shell_word(&format!("{}={name}", self.column)))
    }

    pub(super) fn of(&self, device: u32) -> &str {
        self.devices.get(device as usize).map_or("", String::as_str)
    }
}

/// A log in the order of its starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Log {
    pub(super) requests: Vec<Request>,
    pub(super) devices: Option<u64>,
    pub(super) has_bytes: bool,
    /// Whether its lines were out of order.
    pub(super) shuffled: bool,
    /// Seconds that a step of the clock lasts by which durations were taken, as far as that is known.
    pub(super) step: f64,
}

/// Words for outcomes, as they stand in logs; HTTP status codes besides. Separators do not count.
const WORDS: &[(&str, Outcome)] = &[
    ("ok", Outcome::Answered),
    ("success", Outcome::Answered),
    ("succeeded", Outcome::Answered),
    ("successful", Outcome::Answered),
    ("complete", Outcome::Answered),
    ("completed", Outcome::Answered),
    ("done", Outcome::Answered),
    ("true", Outcome::Answered),
    ("reset", Outcome::Cut),
    ("failed", Outcome::Cut),
    ("failure", Outcome::Cut),
    ("fail", Outcome::Cut),
    ("error", Outcome::Cut),
    ("networkerror", Outcome::Cut),
    ("connectionreset", Outcome::Cut),
    ("connectionlost", Outcome::Cut),
    ("econnreset", Outcome::Cut),
    ("aborted", Outcome::Cut),
    ("broken", Outcome::Cut),
    ("cut", Outcome::Cut),
    ("lost", Outcome::Cut),
    ("dropped", Outcome::Cut),
    ("disconnected", Outcome::Cut),
    ("interrupted", Outcome::Cut),
    ("false", Outcome::Cut),
    // What XMLHttpRequest says where there was no answer.
    ("0", Outcome::Cut),
    ("timeout", Outcome::TimedOut),
    ("timedout", Outcome::TimedOut),
    ("etimedout", Outcome::TimedOut),
    ("deadline", Outcome::TimedOut),
    ("refused", Outcome::Refused),
    ("rejected", Outcome::Refused),
    ("throttled", Outcome::Refused),
    ("unavailable", Outcome::Refused),
    ("servererror", Outcome::Refused),
    ("cancelled", Outcome::Refused),
    ("canceled", Outcome::Refused),
    ("offline", Outcome::NotSent),
    ("nonetwork", Outcome::NotSent),
    ("notsent", Outcome::NotSent),
    ("unreachable", Outcome::NotSent),
];

/// Those of the words that say no more than that it failed.
const VAGUE: &[&str] = &["failed", "failure", "fail", "error", "networkerror", "false", "0"];

/// So many mistakes are told at once.
const MISTAKES_MAX: usize = 20;
/// So many values of a column are told.
const VALUES_MAX: usize = 12;

/// What is wrong with a log, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The first of them.
    pub first: Malformed,
    /// More, up to twenty in all.
    pub others: Vec<Malformed>,
    /// How many there are beyond these.
    pub untold: usize,
}

impl Mistakes {
    /// All that are told.
    pub fn told(&self) -> impl Iterator<Item = &Malformed> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn of(found: Vec<Malformed>) -> Result<(), Mistakes> {
        let untold = found.len().saturating_sub(MISTAKES_MAX);
        let mut found = found.into_iter();
        let Some(first) = found.next() else { return Ok(()) };
        Err(Mistakes { first, others: found.take(MISTAKES_MAX - 1).collect(), untold })
    }
}

impl From<Malformed> for Mistakes {
    fn from(first: Malformed) -> Mistakes {
        Mistakes { first, others: Vec::new(), untold: 0 }
    }
}

/// Reads a log, and what its devices are called.
pub(super) fn read(bytes: &[u8], only: &[Only]) -> Result<(Log, Names), Mistakes> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64;
        whole(line, "not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // With carriage returns the reader counts lines one too low.
    let unix = if text.contains('\r') { Some(text.replace("\r\n", "\n")) } else { None };
    let text = unix.as_deref().unwrap_or(text);
    if text.trim().is_empty() {
        return Err(whole(1, "the file is empty: it wants a header and a line a request").into());
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(text)).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|e| whole(1, e.to_string()))?.clone();
    let header = Header::read(&names, only)?;
    let (mut requests, devices) = requests(&mut reader, &header)?;
    if requests.is_empty() {
        return Err(none(text, &header).into());
    }
    let shuffled = requests.windows(2).any(|pair| pair[0].start > pair[1].start);
    requests.sort_by(|a, b| a.start.total_cmp(&b.start));
    let log = Log {
        requests,
        devices: header.device.as_ref().map(|_| devices.len() as u64),
        has_bytes: header.bytes.is_some(),
        shuffled,
        step: 0.0,
    };
    let column = header.device.map_or_else(|| "COLUMN".to_owned(), |column| column.name);
    Ok((log, Names { column, devices }))
}

/// The lines that are chosen, and the devices that they are of, by their numbers.
fn requests(
    reader: &mut csv::Reader<&[u8]>,
    header: &Header,
) -> Result<(Vec<Request>, Vec<String>), Mistakes> {
    let mut lines =
        Lines { header, devices: BTreeMap::new(), mistakes: Vec::new(), unitless: Vec::new(), spans: false };
    let mut requests = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(e) => {
                lines.mistakes.push(ragged(&e));
                continue;
            }
            Ok(true) => {}
        }
        if header.only.iter().any(|(column, value)| field(&record, column) != value) {
            continue;
        }
        if requests.len() == ROWS_MAX {
            let hint = "calibrate a part of it, or choose lines with --only";
            lines.mistakes.push(whole(line_of(&record), format!("more than {ROWS_MAX} requests; {hint}")));
            break;
        }
        requests.push(lines.request(&record));
    }
    lines.tell_the_column();
    Mistakes::of(lines.mistakes)?;
    let mut devices: Vec<(String, u32)> = lines.devices.into_iter().collect();
    devices.sort_by_key(|(_, number)| *number);
    Ok((requests, devices.into_iter().map(|(name, _)| name).collect()))
}

/// Why there is no request: nothing below the header, or nothing that was asked for.
fn none(text: &str, header: &Header) -> Malformed {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(text)).from_reader(text.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    if records.is_empty() {
        return whole(1, "no requests: the file has a header and nothing below it");
    }
    let wanted = |(column, value): &(Column, String)| format!("{}={value}", column.name);
    let absent = header.only.iter().find(|(column, value)| records.iter().all(|r| field(r, column) != value));
    let Some(only) = absent else {
        let all: Vec<String> = header.only.iter().map(wanted).collect();
        return whole(1, format!("no requests: no line has all of {} (--only)", all.join(", ")));
    };
    let values: BTreeSet<&str> = records.iter().map(|record| field(record, &only.0)).collect();
    let more = values.len().saturating_sub(VALUES_MAX);
    let told: Vec<String> = values.iter().take(VALUES_MAX).map(|value| format!("`{value}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text =
        format!("no requests: no line has {} (--only); there is {}{more}", wanted(only), told.join(", "));
    whole(1, text)
}

/// What parts the fields of a header.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |sign: char| header.chars().filter(|c| *c == sign).count();
    [';', '\t'].into_iter().find(|sign| count(*sign) > count(',')).map_or(b',', |sign| sign as u8)
}

struct Lines<'a> {
    header: &'a Header,
    devices: BTreeMap<String, u32>,
    mistakes: Vec<Malformed>,
    /// Which of the mistakes are durations without a unit, and whether others have one.
    unitless: Vec<usize>,
    spans: bool,
}

impl Lines<'_> {
    /// Where no duration has a unit it is the column that lacks it, and not each line.
    fn tell_the_column(&mut self) {
        if self.spans {
            return;
        }
        let others: BTreeSet<usize> = self.unitless.iter().skip(1).copied().collect();
        let mut at = 0..;
        self.mistakes.retain(|_| at.next().is_none_or(|at| !others.contains(&at)));
    }

    /// A line; what is wrong with it is noted.
    fn request(&mut self, record: &csv::StringRecord) -> Request {
        let header = self.header;
        let word = field(record, &header.outcome);
        let outcome = outcome(word).map_err(|what| at(record, &header.outcome, what));
        // Of a line without an outcome nobody knows what it must say.
        let answered = outcome.as_ref().is_ok_and(|outcome| *outcome == Outcome::Answered);
        let mut noted = |found: Result<f64, Malformed>| {
            found.unwrap_or_else(|mistake| {
                self.mistakes.push(mistake);
                0.0
            })
        };
        let start = noted(start(record, &header.start));
        let rows = noted(count(record, &header.rows, answered));
        let bytes = header.bytes.as_ref().map_or(0.0, |column| noted(count(record, column, answered)));
        let timed = answered || !field(record, &header.duration).is_empty();
        let duration = if timed { noted(duration(record, &header.duration)) } else { 0.0 };
        if timed && header.duration.unit.is_none() {
            let bare = field(record, &header.duration).parse::<f64>().is_ok_and(f64::is_finite);
            self.unitless.extend(bare.then(|| self.mistakes.len() - 1));
            self.spans |= duration > 0.0;
        }
        let device = header.device.as_ref().map_or(0, |column| {
            let next = self.devices.len() as u32;
            *self.devices.entry(field(record, column).to_owned()).or_insert(next)
        });
        let outcome = outcome.unwrap_or_else(|mistake| {
            self.mistakes.push(mistake);
            Outcome::NotSent
        });
        let vague = VAGUE.contains(&plain(word).as_str());
        Request { start, device, rows, bytes, duration, timed, outcome, vague }
    }
}

/// A word without case and separators.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect()
}

/// A number as tables of floats have whole ones, with nothing behind the point.
fn integer(text: &str) -> &str {
    text.split_once('.').filter(|(_, part)| part.bytes().all(|b| b == b'0')).map_or(text, |(whole, _)| whole)
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let word = plain(text);
    if let Some((_, outcome)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(*outcome);
    }
    match integer(&word).parse::<u32>() {
        Ok(200..=299 | 304) => return Ok(Outcome::Answered),
        // The server waited for the rest of the request, or a gateway for what is behind it.
        Ok(408 | 504) => return Ok(Outcome::TimedOut),
        // The client went away under way, as nginx has it.
        Ok(499) => return Ok(Outcome::Cut),
        Ok(100..=599) => return Ok(Outcome::Refused),
        _ => {}
    }
    if word.is_empty() {
        return Err("nothing says how it ended: want ok, reset, timeout, refused, offline, a synonym of these or an HTTP status".to_owned());
    }
    let near = closest(&word, WORDS.iter().map(|(known, _)| *known));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!(
        "`{text}` is no outcome: want ok, reset, timeout, refused, offline, a synonym of these or an HTTP status{hint}"
    ))
}

fn count(record: &csv::StringRecord, column: &Column, needed: bool) -> Result<f64, Malformed> {
    let text = field(record, column);
    if text.is_empty() && !needed {
        return Ok(0.0);
    }
    let number = integer(&text.replace('_', "")).parse::<u64>().ok().filter(|n| *n <= COUNT_MAX);
    number
        .map(|n| n as f64)
        .ok_or_else(|| at(record, column, format!("`{text}` is no whole number from 0 to {COUNT_MAX}")))
}

/// Seconds: a number in the column's unit, or a time with its unit.
fn duration(record: &csv::StringRecord, column: &Column) -> Result<f64, Malformed> {
    let text = field(record, column);
    let seconds = match (text.parse::<f64>(), column.unit) {
        (Ok(number), Some(unit)) => number * unit.seconds(),
        (Ok(number), None) if number.is_finite() => {
            let hint = format!("call the column {0}_ms or {0}_s, or write 120ms", column.name);
            return Err(at(record, column, format!("`{text}` has no unit; {hint}")));
        }
        (Ok(number), None) => number,
        (Err(_), _) => match text.parse::<Span>() {
            Ok(span) => span.as_secs_f64(),
            Err(_) => return Err(at(record, column, format!("`{text}` is no time, such as 120 or 120ms"))),
        },
    };
    if seconds < 0.0 {
        let hint = "a clock was set back, or start and end are swapped";
        return Err(at(record, column, format!("`{text}` is negative: {hint}")));
    }
    if seconds <= SECONDS_MAX {
        return Ok(seconds);
    }
    Err(at(record, column, format!("`{text}` is no time from 0 to a day")))
}

/// Seconds since some beginning: RFC 3339, or a number in the column's unit. A number without a unit is seconds, or milli-, micro-
/// or nanoseconds since 1970 if it would lie after the year 5138 otherwise.
fn start(record: &csv::StringRecord, column: &Column) -> Result<f64, Malformed> {
    let text = field(record, column);
    if let Ok(number) = text.parse::<f64>() {
        let unit = column.unit.unwrap_or(match number.abs() {
            x if x < 1e11 => Unit::Seconds,
            x if x < 1e14 => Unit::Millis,
            x if x < 1e17 => Unit::Micros,
            _ => Unit::Nanos,
        });
        let seconds = number * unit.seconds();
        if seconds.abs() < 1e11 {
            return Ok(seconds);
        }
    } else if let Some(seconds) = instant(text) {
        return Ok(seconds);
    }
    let want = "an instant such as 2026-03-02T08:00:00.250+01:00, or seconds or milliseconds since 1970";
    Err(at(record, column, format!("`{text}` is not {want}")))
}

/// An instant of RFC 3339, a space in place of the T allowed; without an offset it is taken for UTC.
fn instant(text: &str) -> Option<f64> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Some(instant.as_microsecond() as f64 / 1e6)
}

fn field<'a>(record: &'a csv::StringRecord, column: &Column) -> &'a str {
    record.get(column.at).unwrap_or_default().trim()
}

fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

fn whole(line: u64, what: impl Into<String>) -> Malformed {
    Malformed { line, column: None, what: what.into() }
}

fn at(record: &csv::StringRecord, column: &Column, what: impl Into<String>) -> Malformed {
    Malformed { line: line_of(record), column: Some(column.name.clone()), what: what.into() }
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

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "start,rows,bytes,duration_ms,outcome";
    const ROW: &str = "2026-03-02T08:00:00Z,500,46000,1200,ok";

    fn parsed(rows: &str) -> Result<Log, Mistakes> {
        read(format!("{HEADER}\n{rows}\n").as_bytes(), &[]).map(|(log, _)| log)
    }

    #[test]
    fn a_line_is_read_in_the_units_of_its_columns() {
        let log = parsed(ROW).unwrap();
        let expected = Request {
            start: 1_772_438_400.0,
            device: 0,
            rows: 500.0,
            bytes: 46_000.0,
            duration: 1.2,
            timed: true,
            outcome: Outcome::Answered,
            vague: false,
        };
        assert_eq!(log.requests, [expected]);
        for text in [
            "start;rows;bytes;took;status\n1772438400;500.0;46000.00;1.2s;200.0\n",
            "took\tstatus\trows\tbytes\tstart\r\n1200ms\t200\t500\t46000\t1772438400000\r\n",
            "\u{feff}start,rows,bytes,duration_us,outcome\n2026-03-02 08:00:00,500,46000,1200000,OK\n",
        ] {
            assert_eq!(read(text.as_bytes(), &[]).unwrap().0.requests, [expected], "{text}");
        }
    }

    #[test]
    fn a_request_without_an_answer_needs_no_rows() {
        for (word, outcome) in [
            ("Connection-Reset", Outcome::Cut),
            ("0", Outcome::Cut),
            ("timed out", Outcome::TimedOut),
            ("503", Outcome::Refused),
            ("offline", Outcome::NotSent),
        ] {
            let log = parsed(&format!("5,,,300,{word}")).unwrap();
            assert_eq!((log.requests[0].outcome, log.requests[0].rows), (outcome, 0.0), "{word}");
        }
    }

    #[test]
    fn what_is_malformed_is_told_with_line_and_column() {
        for (from, to, column, said) in [
            ("1200", "-1200", Some("duration_ms"), "is negative: a clock was set back"),
            ("1200", "NaN", Some("duration_ms"), "is no time from 0 to a day"),
            ("1200", "inf", Some("duration_ms"), "is no time from 0 to a day"),
            ("1200", "soon", Some("duration_ms"), "is no time, such as"),
            ("1200", "", Some("duration_ms"), "is no time, such as"),
            (",500,", ",-5,", Some("rows"), "is no whole number"),
            (",500,", ",,", Some("rows"), "is no whole number"),
            (",500,", ",500.5,", Some("rows"), "is no whole number"),
            ("46000", "4.6e4", Some("bytes"), "is no whole number"),
            (",ok", ",oks", Some("outcome"), "did you mean `ok`?"),
            (",ok", ",timeot", Some("outcome"), "did you mean `timeout`?"),
            (",ok", ",banana", Some("outcome"), "want ok, reset, timeout"),
            ("2026-03-02T08:00:00Z", "yesterday", Some("start"), "is not an instant"),
            ("2026-03-02T08:00:00Z", "NaN", Some("start"), "is not an instant"),
            (",46000", "", None, "4 fields where the header has 5"),
            (",ok", ",ok,", None, "6 fields where the header has 5"),
        ] {
            for (end, line) in [("\n", 3), ("\r\n", 3)] {
                let bad = ROW.replacen(from, to, 1);
                let text = [HEADER, ROW, &bad, ""].join(end);
                let error = read(text.as_bytes(), &[]).unwrap_err().first;
                assert_eq!((error.line, error.column.as_deref()), (line, column), "{bad}: {error}");
                assert!(error.what.contains(said), "{bad}: {error}");
            }
        }
    }

    #[test]
    fn up_to_twenty_mistakes_are_told_at_once() {
        let error = parsed("soon,500,,1200,ok\n1,1,1\n2,,1,-4,reset\n3,1,1,5,oks").unwrap_err();
        let told: Vec<(u64, Option<&str>)> = error.told().map(|m| (m.line, m.column.as_deref())).collect();
        let expected = [
            (2, Some("start")),
            (2, Some("bytes")),
            (3, None),
            (4, Some("duration_ms")),
            (5, Some("outcome")),
        ];
        assert_eq!((told.as_slice(), error.untold), (expected.as_slice(), 0));
        let error = parsed(&"1,1,1,-5,ok\n".repeat(33)).unwrap_err();
        assert_eq!((error.told().count(), error.untold), (20, 13));
    }

    #[test]
    fn a_failure_may_leave_its_duration_blank_and_an_answer_may_not() {
        for word in ["reset", "timeout", "refused", "offline", "error"] {
            let request = parsed(&format!("5,,,,{word}")).unwrap().requests[0];
            assert_eq!((request.timed, request.duration, request.rows), (false, 0.0, 0.0), "{word}");
        }
        assert!(parsed("5,1,1,,ok").is_err());
    }

    #[test]
    fn a_duration_without_a_unit_is_refused() {
        let error = read(b"start,rows,duration,outcome\n0,1,120,ok\n", &[]).unwrap_err().first;
        assert_eq!((error.line, error.column.as_deref()), (2, Some("duration")));
        assert!(error.what.contains("has no unit; call the column duration_ms"), "{error}");
    }

    #[test]
    fn a_file_without_requests_is_refused() {
        for text in ["", "\n\n", HEADER, "start,rows,bytes,duration_ms,outcome\n"] {
            let error = read(text.as_bytes(), &[]).unwrap_err().first;
            assert_eq!((error.line, error.column), (1, None), "{text:?}");
        }
        let only = ["outcome=timeout".parse().unwrap()];
        let error = read(format!("{HEADER}\n{ROW}\n").as_bytes(), &only).unwrap_err().first;
        assert_eq!(error.what, "no requests: no line has outcome=timeout (--only); there is `ok`");
        let only = ["rows=500", "rows=7"].map(|only| only.parse().unwrap());
        let two = format!("{HEADER}\n{ROW}\n{}\n", ROW.replace(",500,", ",7,"));
        let error = read(two.as_bytes(), &only).unwrap_err().first;
        assert!(error.what.contains("no line has all of rows=500, rows=7"), "{error}");
        assert_eq!(read(b"start,rows\n\xff\n", &[]).unwrap_err().first.line, 2);
    }

    #[test]
    fn more_requests_than_are_held_are_refused_with_the_limit() {
        let mut text = "start,rows,duration_s,outcome\n".to_owned();
        text.push_str(&"1,1,1,ok\n".repeat(ROWS_MAX + 1));
        let error = read(text.as_bytes(), &[]).unwrap_err().first;
        assert_eq!(error.line, ROWS_MAX as u64 + 2);
        assert!(error.what.contains("more than 1000000 requests"), "{error}");
    }

    #[test]
    fn devices_are_told_apart_and_lines_put_in_order() {
        let text = "device,start,rows,duration_s,outcome\nb,5,1,1,ok\na,3,1,1,ok\nb,4,1,1,ok\n";
        let (log, names) = read(text.as_bytes(), &[]).unwrap();
        assert_eq!((log.devices, log.shuffled), (Some(2), true));
        assert_eq!([0, 1].map(|n| names.only(n)), ["--only device=b", "--only device=a"]);
        let starts: Vec<(f64, u32)> = log.requests.iter().map(|r| (r.start, r.device)).collect();
        assert_eq!(starts, [(3.0, 1), (4.0, 0), (5.0, 0)]);
    }
}
