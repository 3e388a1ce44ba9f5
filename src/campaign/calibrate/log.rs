//! The lines of a log: a CSV, whose columns are known by their names.

use std::collections::{BTreeMap, BTreeSet};

use super::request::{Labels, Log, Outcome, Request};
use crate::base::Span;
use crate::base::words::there_is;
use crate::campaign::validate::measured::{Malformed, line_of, ragged, text_of, whole};
use crate::scenario::closest;

/// The largest log that is read, in bytes: it is held in memory.
pub const BYTES_MAX: u64 = 256 << 20;
/// The most requests of a log; more of the same tells nothing new.
pub const ROWS_MAX: usize = 1_000_000;

/// The longest request that anybody waits for, in seconds.
const SECONDS_MAX: f64 = 86_400.0;
/// Instants within so many seconds of 1970 can be told in nanoseconds.
const INSTANT_MAX: f64 = 9e9;
const COUNT_MAX: u64 = 1_000_000_000_000;
/// So many mistakes are told at once.
const MISTAKES_MAX: usize = 20;
/// So many values of a column are told apart.
const VALUES_MAX: usize = 12;

/// What a log has columns of, and what these can be called, the best name first.
const COLUMNS: [&str; 6] = [
    "start started started_at start_time timestamp time ts date",
    "rows row_count records record_count items entities count",
    "duration took elapsed latency response_time time_taken request_time",
    "outcome status result status_code http_status code",
    "bytes size response_bytes response_size body_bytes content_length bytes_received",
    "device device_id client client_id session session_id user",
];
const START: usize = 0;
const ROWS: usize = 1;
const DURATION: usize = 2;
const OUTCOME: usize = 3;
const BYTES: usize = 4;
const DEVICE: usize = 5;

/// What a name may end with, and how many of it a second has.
const UNITS: [(&str, f64); 4] =
    [("_ms _millis", 1e-3), ("_us _micros", 1e-6), ("_ns", 1e-9), ("_seconds _secs _sec _s", 1.0)];

/// Words for outcomes, as they stand in logs; HTTP status codes besides. Separators do not count.
/// `0` is what XMLHttpRequest says without a response.
const WORDS: [(Outcome, &str); 5] = [
    (Outcome::Answered, "ok success succeeded successful complete completed done true"),
    (
        Outcome::Cut,
        "reset failed failure fail error networkerror connectionreset connectionlost econnreset \
         aborted broken cut lost dropped disconnected interrupted false 0",
    ),
    (Outcome::TimedOut, "timeout timedout etimedout deadline"),
    (Outcome::Refused, "refused rejected throttled unavailable servererror cancelled canceled"),
    (Outcome::NotSent, "offline nonetwork notsent unreachable"),
];

/// What is wrong with a log, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The first twenty.
    pub told: Vec<Malformed>,
    /// How many there are beyond these.
    pub untold: usize,
}

impl From<Malformed> for Mistakes {
    fn from(first: Malformed) -> Mistakes {
        Mistakes { told: vec![first], untold: 0 }
    }
}

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
        let (column, value) = text.split_once('=').unwrap_or_default();
        match column.trim() {
            "" => Err("want column=value, such as kind=pull".to_owned()),
            column => Ok(Only { column: column.to_owned(), value: value.trim().to_owned() }),
        }
    }
}

/// A column: where it stands, what it is called there, and how many seconds its unit has, if the
/// name tells.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    at: usize,
    name: String,
    unit: Option<f64>,
}

/// The columns of a log.
#[derive(Clone, Debug, PartialEq)]
struct Header {
    known: [Option<Column>; COLUMNS.len()],
    /// Columns with what they must say.
    only: Vec<(Column, String)>,
    /// The column whose values get a fit each.
    by: Option<Column>,
    /// Those that nothing is read from.
    others: Vec<Column>,
}

/// Names without case and with one kind of separator, and as they stand.
type Names = [(String, String)];

impl Header {
    fn read(names: &csv::StringRecord, only: &[Only], by: Option<&str>) -> Result<Header, Malformed> {
        let names: Vec<(String, String)> =
            names.iter().map(|name| (plain(name), name.trim().to_owned())).collect();
        let mut known: [Option<Column>; COLUMNS.len()] = Default::default();
        for (n, column) in known.iter_mut().enumerate() {
            *column = find(&names, n)?;
        }
        let read: Vec<usize> = known.iter().flatten().map(|column| column.at).collect();
        let others = (0..names.len()).filter(|at| !read.contains(at)).map(|at| chosen(&names, at)).collect();
        let only = only.iter().map(|only| Ok((by_name(&names, &only.column)?, only.value.clone())));
        let by = by.map(|by| by_name(&names, by)).transpose()?;
        Ok(Header { known, only: only.collect::<Result<_, _>>()?, by, others })
    }
}

fn chosen(names: &Names, at: usize) -> Column {
    Column { at, name: names[at].1.clone(), unit: None }
}

/// The column that somebody named.
fn by_name(names: &Names, wanted: &str) -> Result<Column, Malformed> {
    let wanted_plain = plain(wanted);
    let known = || names.iter().map(|(plain, _)| plain.as_str());
    known().position(|name| name == wanted_plain).map(|at| chosen(names, at)).ok_or_else(|| {
        let hint = did_you_mean(closest(&wanted_plain, known()));
        whole(1, format!("there is no column `{wanted}` to choose lines by{hint}"))
    })
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// A name without case and with one kind of separator; `duration (ms)` and `duration[ms]`, too.
fn plain(name: &str) -> String {
    let separated = name.trim().to_lowercase().replace([' ', '-', '.', '(', '['], "_");
    separated.replace([')', ']'], "").replace("__", "_")
}

/// The column with the best of the names that are known for it.
fn find(names: &Names, column: usize) -> Result<Option<Column>, Malformed> {
    let known = COLUMNS[column];
    let unit_of = |ending: &str| {
        let unit = UNITS.iter().find(|(ends, _)| ends.split(' ').any(|end| end == ending));
        if ending.is_empty() { Some(None) } else { unit.map(|(_, unit)| Some(*unit)) }
    };
    for wanted in known.split(' ') {
        let mut found = (0..names.len()).filter_map(|at| {
            let unit = unit_of(names[at].0.strip_prefix(wanted)?)?;
            Some(Column { unit, ..chosen(names, at) })
        });
        match (found.next(), found.next()) {
            (None, _) => {}
            (first, None) => return Ok(first),
            (Some(one), Some(other)) => {
                let two = format!("there are two columns for `{wanted}`: {} and {}", one.name, other.name);
                return Err(whole(1, two));
            }
        }
    }
    // One that is nearly an optional one would otherwise be passed over in silence.
    let (best, others) = known.split_once(' ').unwrap_or((known, ""));
    let optional = matches!(column, BYTES | DEVICE);
    let words = || known.split(' ').take(if optional { 1 } else { usize::MAX });
    // Words of two letters are all near each other.
    let near = |(plain, _): &&(String, String)| plain.len() > 2 && closest(plain, words()).is_some();
    let near = names.iter().find(near).map(|(_, shown)| format!("did you mean `{shown}` to be `{best}`? "));
    if optional && near.is_none() {
        return Ok(None);
    }
    let all: Vec<&str> = names.iter().map(|(_, shown)| shown.as_str()).collect();
    Err(whole(
        1,
        format!(
            "there is no column `{best}` (also known as {}); {}{} {}",
            others.replace(' ', ", "),
            near.unwrap_or_default(),
            there_is(all.len()),
            all.join(", "),
        ),
    ))
}

/// Reads a log; of each value of the column `by` a log by itself, if one is given.
pub(super) fn read(bytes: &[u8], only: &[Only], by: Option<&str>) -> Result<Vec<(String, Log)>, Mistakes> {
    let text = text_of(bytes)?;
    if text.trim().is_empty() {
        return Err(whole(1, "the file is empty: it wants a header and a line a request").into());
    }
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    let mark = [';', '\t'].into_iter().find(|sign| count(*sign) > count(',')).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new().delimiter(mark as u8).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|e| whole(1, e.to_string()))?.clone();
    let header = Header::read(&names, only, by)?;
    let mut lines =
        Lines { header: &header, parts: BTreeMap::new(), left_out: BTreeSet::new(), mistakes: Vec::new() };
    let mut requests = 0;
    for record in reader.records() {
        match record {
            Err(e) => lines.mistakes.push(ragged(&e)),
            Ok(record) if requests == ROWS_MAX => {
                let what = format!("more than {ROWS_MAX} requests; choose lines with --only");
                lines.mistakes.push(whole(line_of(&record), what));
                break;
            }
            Ok(record) => requests += usize::from(lines.read(&record)),
        }
    }
    lines.logs()
}

/// The lines of a value of `by`.
#[derive(Default)]
struct Part {
    requests: Vec<Request>,
    devices: BTreeMap<String, u32>,
    /// Of each other column its values and which each line has; what has too many is none.
    labels: Vec<Option<(Vec<String>, Vec<u8>)>>,
}

struct Lines<'a> {
    header: &'a Header,
    parts: BTreeMap<String, Part>,
    /// What the columns of `--only` say, of lines that it leaves out.
    left_out: BTreeSet<String>,
    mistakes: Vec<Malformed>,
}

impl Lines<'_> {
    /// Takes a line, if it is chosen; what is wrong with it is noted.
    fn read(&mut self, record: &csv::StringRecord) -> bool {
        let header = self.header;
        if let Some((column, _)) = header.only.iter().find(|(column, value)| field(record, column) != value) {
            if self.left_out.len() < VALUES_MAX {
                self.left_out.insert(format!("{}={}", column.name, field(record, column)));
            }
            return false;
        }
        let request = self.request(record);
        let value = header.by.as_ref().map_or("", |by| field(record, by));
        if !self.parts.contains_key(value) {
            if self.parts.len() == VALUES_MAX {
                let name = header.by.as_ref().map_or("", |by| &by.name);
                let many = format!("column `{name}` has over {VALUES_MAX} values, too many for --by");
                self.mistakes.push(whole(line_of(record), many));
                return false;
            }
            let labels = header.others.iter().map(|_| Some(Default::default())).collect();
            self.parts.insert(value.to_owned(), Part { labels, ..Part::default() });
        }
        let part = self.parts.get_mut(value).expect("it was put in");
        let next = part.devices.len() as u32;
        let device = header.known[DEVICE].as_ref().map_or("", |column| field(record, column));
        let device = *part.devices.entry(device.to_owned()).or_insert(next);
        part.requests.push(Request { device, line: part.requests.len(), ..request });
        for (labels, column) in part.labels.iter_mut().zip(&header.others) {
            let Some((values, of)) = labels else { continue };
            let text = field(record, column);
            of.push(values.iter().position(|value| value == text).unwrap_or(values.len()) as u8);
            if of.last() == Some(&(values.len() as u8)) {
                values.push(text.to_owned());
            }
            if values.len() > VALUES_MAX {
                *labels = None;
            }
        }
        true
    }

    fn request(&mut self, record: &csv::StringRecord) -> Request {
        let outcome = self.take(record, OUTCOME, outcome);
        // Of a line without an outcome nobody knows what it must say.
        let answered = outcome == Some(Outcome::Answered);
        let counts = |text: &str, column: &Column| {
            if text.is_empty() && !answered { Ok(0.0) } else { count(text, column) }
        };
        let untimed = |text: &str, _: &Column| text.is_empty() && !answered;
        let timed = |text: &str, column: &Column| {
            if untimed(text, column) { Ok(None) } else { duration(text, column).map(Some) }
        };
        Request {
            start: self.take(record, START, start).unwrap_or_default(),
            rows: self.take(record, ROWS, counts).unwrap_or_default(),
            bytes: self.take(record, BYTES, counts).unwrap_or_default(),
            duration: self.take(record, DURATION, timed).flatten(),
            outcome: outcome.unwrap_or(Outcome::NotSent),
            device: 0,
            line: 0,
        }
    }

    /// What a field says; what is wrong with it is noted.
    fn take<T>(
        &mut self,
        record: &csv::StringRecord,
        column: usize,
        parse: impl Fn(&str, &Column) -> Result<T, String>,
    ) -> Option<T> {
        let column = self.header.known[column].as_ref()?;
        let text = field(record, column);
        let wrong = |what| Malformed {
            line: line_of(record),
            column: Some(column.name.clone()),
            what: format!("`{text}` {what}"),
        };
        parse(text, column).map_err(|what| self.mistakes.push(wrong(what))).ok()
    }

    /// What was read, in the order of its starts.
    fn logs(mut self) -> Result<Vec<(String, Log)>, Mistakes> {
        if self.parts.is_empty() && self.mistakes.is_empty() {
            let left_out: Vec<String> = self.left_out.into_iter().collect();
            let what = match left_out.is_empty() {
                true => "no requests: the file has a header and nothing below it".to_owned(),
                false => format!("no requests: no line passes --only; left out: {}", left_out.join(", ")),
            };
            self.mistakes.push(whole(1, what));
        }
        let untold = self.mistakes.len().saturating_sub(MISTAKES_MAX);
        if !self.mistakes.is_empty() {
            self.mistakes.truncate(MISTAKES_MAX);
            return Err(Mistakes { told: self.mistakes, untold });
        }
        let header = self.header;
        let log = |(value, mut part): (String, Part)| {
            part.requests.sort_by(|a, b| a.start.total_cmp(&b.start));
            let labels = part.labels.into_iter().zip(&header.others);
            let labels = labels
                .filter_map(|(labels, column)| Some(Labels { column: column.name.clone(), of: labels?.1 }));
            let log = Log {
                requests: part.requests,
                devices: header.known[DEVICE].as_ref().map(|_| part.devices.len() as u64),
                has_bytes: header.known[BYTES].is_some(),
                labels: labels.collect(),
            };
            (value, log)
        };
        Ok(self.parts.into_iter().map(log).collect())
    }
}

fn outcome(text: &str, _: &Column) -> Result<Outcome, String> {
    let word: String = text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    if let Some((outcome, _)) = WORDS.iter().find(|(_, words)| words.split(' ').any(|known| known == word)) {
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
    let hint = did_you_mean(closest(&word, WORDS.iter().flat_map(|(_, words)| words.split(' '))));
    Err(format!(
        "is not an outcome: want ok, reset, timeout, refused, offline, a synonym or an HTTP status{hint}"
    ))
}

/// A number as tables of floats have whole ones, with nothing behind the point.
fn integer(text: &str) -> &str {
    let whole = text.split_once('.').filter(|(_, part)| part.bytes().all(|b| b == b'0'));
    whole.map_or(text, |(whole, _)| whole)
}

fn count(text: &str, _: &Column) -> Result<f64, String> {
    let number = integer(&text.replace('_', "")).parse::<u64>().ok().filter(|n| *n <= COUNT_MAX);
    number.map(|n| n as f64).ok_or_else(|| format!("is not a whole number from 0 to {COUNT_MAX}"))
}

/// Seconds: a number in the column's unit, or a time with its unit.
fn duration(text: &str, column: &Column) -> Result<f64, String> {
    let seconds = match (text.parse::<f64>(), column.unit) {
        (Ok(number), Some(unit)) => number * unit,
        (Ok(number), None) if number.is_finite() => {
            let name = &column.name;
            return Err(format!("has no unit; call the column {name}_ms or {name}_s, or write 120ms"));
        }
        (Ok(number), None) => number,
        (Err(_), _) => text.parse::<Span>().map_err(|_| "is not a time, such as 120 or 120ms")?.as_secs_f64(),
    };
    match seconds {
        s if s < 0.0 => Err("is negative: a clock was set back, or start and end are swapped".to_owned()),
        s if s <= SECONDS_MAX => Ok(s),
        _ => Err("is not a time from 0 to a day".to_owned()),
    }
}

/// Seconds since some beginning: RFC 3339 (a space in place of the T allowed; without an offset it
/// is UTC), or a number in the column's unit. A number without a unit is seconds, or milli-, micro-
/// or nanoseconds since 1970 if it would lie after the year 5138 otherwise; 1684 to 2255.
fn start(text: &str, column: &Column) -> Result<f64, String> {
    let instant = || {
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let local: jiff::civil::DateTime = text.parse().ok()?;
            local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        })?;
        Some(instant.as_microsecond() as f64 / 1e6)
    };
    let guess = |number: f64| match number.abs() {
        x if x < 1e11 => 1.0,
        x if x < 1e14 => 1e-3,
        x if x < 1e17 => 1e-6,
        _ => 1e-9,
    };
    let seconds = match text.parse::<f64>() {
        Ok(number) => Some(number * column.unit.unwrap_or(guess(number))),
        Err(_) => instant(),
    };
    let want = "2026-03-02T08:00:00.250+01:00, or seconds or milliseconds since 1970";
    let near = seconds.filter(|seconds| seconds.abs() <= INSTANT_MAX);
    near.ok_or_else(|| format!("is not an instant such as {want}"))
}

fn field<'a>(record: &'a csv::StringRecord, column: &Column) -> &'a str {
    record.get(column.at).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "start,rows,bytes,duration_ms,outcome";
    const ROW: &str = "2026-03-02T08:00:00Z,500,46000,1200,ok";

    fn parsed(text: &str) -> Result<Log, Mistakes> {
        read(text.as_bytes(), &[], None).map(|mut logs| logs.remove(0).1)
    }

    #[test]
    fn a_line_is_read_in_the_units_of_its_columns() {
        let expected = Request {
            start: 1_772_438_400.0,
            device: 0,
            rows: 500.0,
            bytes: 46_000.0,
            duration: Some(1.2),
            outcome: Outcome::Answered,
            line: 0,
        };
        for text in [
            &format!("{HEADER}\n{ROW}"),
            "start;rows;bytes;took;status\n1772438400;500.0;46000.00;1.2s;200.0\n",
            "took\tstatus\trows\tbytes\tstart\r\n1200ms\t200\t500\t46000\t1772438400000\r\n",
            "\u{feff}start,rows,bytes,duration_us,outcome\n\
             2026-03-02 08:00:00,500,46000,1200000,OK\n",
            "Status,Response Time (ms),Records,TIMESTAMP,content-length,extra\n200,1200,500,1772438400,46000,x\n",
        ] {
            assert_eq!(parsed(text).unwrap().requests, [expected], "{text}");
        }
    }

    #[test]
    fn a_request_without_a_response_needs_neither_rows_nor_time() {
        for (word, outcome) in [
            ("Connection-Reset", Outcome::Cut),
            ("0", Outcome::Cut),
            ("timed out", Outcome::TimedOut),
            ("503", Outcome::Refused),
            ("offline", Outcome::NotSent),
        ] {
            let request = parsed(&format!("{HEADER}\n5,,,,{word}")).unwrap().requests[0];
            assert_eq!((request.outcome, request.duration), (outcome, None), "{word}");
        }
        assert!(parsed(&format!("{HEADER}\n5,1,1,,ok")).is_err());
    }

    /// Each log with its mistakes, up to twenty, as they are told; line ends do not matter.
    #[test]
    fn mistakes_are_told_with_line_and_column() {
        let headers = [
            "start,rows,bytes,outcome",
            "start,rows,bytes,durations,outcome",
            "start,rows,byte,duration,outcome",
            "start,rows,duration,duration_ms,outcome",
            "start,row,duration,outcome",
        ];
        let rows = [
            ("1200", "-1200"),
            ("1200", "NaN"),
            ("1200", "soon"),
            (",500,", ",500.5,"),
            ("46000", "4.6e4"),
            (",ok", ",timeot"),
            (",ok", ",banana"),
            ("2026-03-02T08:00:00Z", "yesterday"),
            ("2026-03-02T08:00:00Z", "18446744073709551616"),
            ("2026-03-02T08:00:00Z", "9000-01-01T00:00:00Z"),
            (",46000", ""),
            (",ok", ",ok,"),
        ];
        let rows = rows.map(|(from, to)| format!("{HEADER}\n{ROW}\n{}\n", ROW.replacen(from, to, 1)));
        let many = format!("{HEADER}\nsoon,500,,1200,ok\n1,1,1\n2,,1,-4,reset\n3,1,1,5,oks");
        let values: String = (0..13).map(|n| format!("{n},1,1,1,{}\n", 200 + n)).collect();
        let well = format!("{HEADER}\n{ROW}\n");
        let files = ["".to_owned(), HEADER.to_owned(), many, format!("{HEADER}\n{values}"), well.clone()];
        let told = |text: &String| {
            let only: &[&str] = if *text == well { &["outcome=timeout", "rows=7"] } else { &[] };
            let only: Vec<Only> = only.iter().map(|only| only.parse().unwrap()).collect();
            let by = text.contains(",212").then_some("outcome");
            let error = read(text.as_bytes(), &only, by).unwrap_err();
            assert_eq!(read(text.replace('\n', "\r\n").as_bytes(), &only, by), Err(error.clone()));
            error.told.iter().map(|mistake| format!("{mistake}\n")).collect::<String>()
        };
        let all = headers.map(str::to_owned).into_iter().chain(rows).chain(files);
        insta::assert_snapshot!(all.map(|text| told(&text)).collect::<String>());
        let error = parsed(&format!("{HEADER}\n{}", "1,1,1,-5,ok\n".repeat(33))).unwrap_err();
        assert_eq!((error.told.len(), error.untold), (20, 13));
        let many = format!("start,rows,took,outcome\n{}", "1,1,1s,ok\n".repeat(ROWS_MAX + 1));
        assert_eq!(parsed(&many).unwrap_err().told[0].line, ROWS_MAX as u64 + 2);
        assert_eq!(read(b"start,rows\n\xff\n", &[], None).unwrap_err().told[0].line, 2);
    }

    #[test]
    fn lines_are_put_in_order_and_split_by_a_column() {
        let text = "device,start,rows,took,outcome,net\n\
                    b,5,1,1s,ok,x\na,3,1,1s,ok,y\nb,4,1,1s,ok,y\n";
        let log = parsed(text).unwrap();
        let starts: Vec<(f64, u32)> = log.requests.iter().map(|r| (r.start, r.device)).collect();
        assert_eq!((log.devices, starts), (Some(2), vec![(3.0, 1), (4.0, 0), (5.0, 0)]));
        let labels: Vec<u8> = log.requests.iter().map(|r| log.labels[0].of[r.line]).collect();
        assert_eq!(labels, [1, 1, 0]);
        let parts = read(text.as_bytes(), &[], Some("net")).unwrap();
        let of = |(value, log): &(String, Log)| (value.clone(), log.requests.len(), log.devices);
        let parts: Vec<_> = parts.iter().map(of).collect();
        assert_eq!(parts, [("x".to_owned(), 1, Some(1)), ("y".to_owned(), 2, Some(2))]);
        let many: String = (0..13).map(|n| format!("a,{n},1,1s,ok,{n}\n")).collect();
        let many = parsed(&format!("device,start,rows,took,outcome,net\n{many}"));
        assert_eq!(many.unwrap().labels, []);
    }
}
