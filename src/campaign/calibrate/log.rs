//! The lines of a log.

use std::collections::{BTreeMap, BTreeSet};

use super::header::{Column, Header, Only};
use super::request::{Labels, Log, Outcome, Request};
use crate::base::Span;
use crate::campaign::validate::measured::{Malformed, line_of, ragged, text_of, whole};
use crate::scenario::closest;

/// The largest log that is read, in bytes: it is held in memory.
pub const BYTES_MAX: u64 = 256 << 20;
/// The most requests of a log; more of the same tells nothing new.
pub const ROWS_MAX: usize = 1_000_000;

/// The longest request that anybody waits for, in seconds.
const SECONDS_MAX: f64 = 86_400.0;
const COUNT_MAX: u64 = 1_000_000_000_000;
/// So many mistakes are told at once.
const MISTAKES_MAX: usize = 20;
/// So many values of a column are told apart.
const VALUES_MAX: usize = 12;

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

/// Reads a log; of each value of the column `by` its lines, if one is given.
pub(super) fn read(bytes: &[u8], only: &[Only], by: Option<&str>) -> Result<Log, Mistakes> {
    let text = text_of(bytes)?;
    if text.trim().is_empty() {
        return Err(whole(1, "the file is empty: it wants a header and a line a request").into());
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(&text)).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|e| whole(1, e.to_string()))?.clone();
    let header = Header::read(&names, only, by)?;
    let mut lines = Lines::of(&header);
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(e) => lines.mistakes.push(ragged(&e)),
            Ok(true) => {
                if lines.requests.len() == ROWS_MAX {
                    let what = format!("more than {ROWS_MAX} requests; choose lines with --only");
                    lines.mistakes.push(whole(line_of(&record), what));
                    break;
                }
                lines.read(&record);
            }
        }
    }
    lines.log()
}

/// What parts the fields of a header.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |sign: char| header.chars().filter(|c| *c == sign).count();
    [';', '\t'].into_iter().find(|sign| count(*sign) > count(',')).map_or(b',', |sign| sign as u8)
}

/// The values of a column as they come up; `None` once they are too many.
struct Values {
    column: Column,
    labels: Option<Labels>,
}

impl Values {
    fn of(column: &Column) -> Values {
        let labels = Labels { column: column.name.clone(), ..Labels::default() };
        Values { column: column.clone(), labels: Some(labels) }
    }

    fn read(&mut self, record: &csv::StringRecord) {
        let text = field(record, &self.column);
        let Some(labels) = &mut self.labels else { return };
        let at = labels.values.iter().position(|value| value == text).unwrap_or_else(|| {
            labels.values.push(text.to_owned());
            labels.values.len() - 1
        });
        labels.of.push(at as u8);
        if labels.values.len() > VALUES_MAX {
            self.labels = None;
        }
    }
}

struct Lines<'a> {
    header: &'a Header,
    requests: Vec<Request>,
    devices: BTreeMap<String, u32>,
    others: Vec<Values>,
    by: Option<Values>,
    /// What the columns of `--only` say, of lines that it leaves out.
    left_out: BTreeSet<String>,
    mistakes: Vec<Malformed>,
}

impl Lines<'_> {
    fn of(header: &Header) -> Lines<'_> {
        Lines {
            header,
            requests: Vec::new(),
            devices: BTreeMap::new(),
            others: header.others.iter().map(Values::of).collect(),
            by: header.by.as_ref().map(Values::of),
            left_out: BTreeSet::new(),
            mistakes: Vec::new(),
        }
    }

    /// A line, if it is chosen; what is wrong with it is noted.
    fn read(&mut self, record: &csv::StringRecord) {
        if let Some((column, _)) =
            self.header.only.iter().find(|(column, value)| field(record, column) != value)
        {
            if self.left_out.len() < VALUES_MAX {
                self.left_out.insert(format!("{}={}", column.name, field(record, column)));
            }
            return;
        }
        let request = self.request(record);
        self.requests.push(request);
        self.others.iter_mut().chain(&mut self.by).for_each(|values| values.read(record));
    }

    fn request(&mut self, record: &csv::StringRecord) -> Request {
        let header = self.header;
        let outcome =
            outcome(field(record, &header.outcome)).map_err(|what| at(record, &header.outcome, what));
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
        let duration = timed.then(|| noted(duration(record, &header.duration)));
        let device = header.device.as_ref().map_or(0, |column| {
            let next = self.devices.len() as u32;
            *self.devices.entry(field(record, column).to_owned()).or_insert(next)
        });
        let outcome = outcome.unwrap_or_else(|mistake| {
            self.mistakes.push(mistake);
            Outcome::NotSent
        });
        Request { start, device, rows, bytes, duration, outcome }
    }

    /// What was read, in the order of its starts.
    fn log(self) -> Result<Log, Mistakes> {
        let untold = self.mistakes.len().saturating_sub(MISTAKES_MAX);
        if !self.mistakes.is_empty() {
            let told = self.mistakes.into_iter().take(MISTAKES_MAX).collect();
            return Err(Mistakes { told, untold });
        }
        if self.requests.is_empty() {
            let left_out: Vec<String> = self.left_out.into_iter().collect();
            let what = match left_out.is_empty() {
                true => "no requests: the file has a header and nothing below it".to_owned(),
                false => format!("no requests: no line passes --only; left out: {}", left_out.join(", ")),
            };
            return Err(whole(1, what).into());
        }
        let by = match self.by {
            Some(Values { column, labels: None }) => {
                let what =
                    format!("column `{}` has over {VALUES_MAX} values, too many for --by", column.name);
                return Err(whole(1, what).into());
            }
            by => by.and_then(|values| values.labels),
        };
        let mut order: Vec<usize> = (0..self.requests.len()).collect();
        order.sort_by(|a, b| self.requests[*a].start.total_cmp(&self.requests[*b].start));
        let all = Log {
            requests: self.requests,
            devices: self.header.device.as_ref().map(|_| self.devices.len() as u64),
            has_bytes: self.header.bytes.is_some(),
            labels: self.others.into_iter().filter_map(|values| values.labels).collect(),
            by,
        };
        Ok(all.of_lines(&order))
    }
}

/// A word without case and separators.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect()
}

/// A number as tables of floats have whole ones, with nothing behind the point.
fn integer(text: &str) -> &str {
    let whole = text.split_once('.').filter(|(_, part)| part.bytes().all(|b| b == b'0'));
    whole.map_or(text, |(whole, _)| whole)
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let word = plain(text);
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
    let near = closest(&word, WORDS.iter().flat_map(|(_, words)| words.split(' ')));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let want = "want ok, reset, timeout, refused, offline, a synonym or an HTTP status";
    Err(format!("`{text}` is not an outcome: {want}{hint}"))
}

fn count(record: &csv::StringRecord, column: &Column, needed: bool) -> Result<f64, Malformed> {
    let text = field(record, column);
    if text.is_empty() && !needed {
        return Ok(0.0);
    }
    let number = integer(&text.replace('_', "")).parse::<u64>().ok().filter(|n| *n <= COUNT_MAX);
    let what = || format!("`{text}` is not a whole number from 0 to {COUNT_MAX}");
    number.map(|n| n as f64).ok_or_else(|| at(record, column, what()))
}

/// Seconds: a number in the column's unit, or a time with its unit.
fn duration(record: &csv::StringRecord, column: &Column) -> Result<f64, Malformed> {
    let text = field(record, column);
    let wrong = |what: String| Err(at(record, column, format!("`{text}` {what}")));
    let seconds = match (text.parse::<f64>(), column.unit) {
        (Ok(number), Some(unit)) => number * unit,
        (Ok(number), None) if number.is_finite() => {
            let name = &column.name;
            return wrong(format!("has no unit; call the column {name}_ms or {name}_s, or write 120ms"));
        }
        (Ok(number), None) => number,
        (Err(_), _) => match text.parse::<Span>() {
            Ok(span) => span.as_secs_f64(),
            Err(_) => return wrong("is not a time, such as 120 or 120ms".to_owned()),
        },
    };
    match seconds {
        s if s < 0.0 => wrong("is negative: a clock was set back, or start and end are swapped".to_owned()),
        s if s <= SECONDS_MAX => Ok(s),
        _ => wrong("is not a time from 0 to a day".to_owned()),
    }
}

/// Seconds since some beginning: RFC 3339, or a number in the column's unit. A number without a
/// unit is seconds, or milli-, micro- or nanoseconds since 1970 if it would lie after the year 5138
/// otherwise.
fn start(record: &csv::StringRecord, column: &Column) -> Result<f64, Malformed> {
    let text = field(record, column);
    let seconds = match text.parse::<f64>() {
        Ok(number) => {
            let unit = column.unit.unwrap_or(match number.abs() {
                x if x < 1e11 => 1.0,
                x if x < 1e14 => 1e-3,
                x if x < 1e17 => 1e-6,
                _ => 1e-9,
            });
            Some(number * unit).filter(|seconds| seconds.abs() < 1e11)
        }
        Err(_) => instant(text),
    };
    let want = "2026-03-02T08:00:00.250+01:00, or seconds or milliseconds since 1970";
    seconds.ok_or_else(|| at(record, column, format!("`{text}` is not an instant such as {want}")))
}

/// An instant of RFC 3339, a space in place of the T allowed; without an offset it is UTC.
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

fn at(record: &csv::StringRecord, column: &Column, what: impl Into<String>) -> Malformed {
    Malformed { line: line_of(record), column: Some(column.name.clone()), what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "start,rows,bytes,duration_ms,outcome";
    const ROW: &str = "2026-03-02T08:00:00Z,500,46000,1200,ok";

    fn parsed(rows: &str) -> Result<Log, Mistakes> {
        read(format!("{HEADER}\n{rows}\n").as_bytes(), &[], None)
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
        };
        for text in [
            &format!("{HEADER}\n{ROW}"),
            "start;rows;bytes;took;status\n1772438400;500.0;46000.00;1.2s;200.0\n",
            "took\tstatus\trows\tbytes\tstart\r\n1200ms\t200\t500\t46000\t1772438400000\r\n",
            "\u{feff}start,rows,bytes,duration_us,outcome\n\
             2026-03-02 08:00:00,500,46000,1200000,OK\n",
        ] {
            assert_eq!(read(text.as_bytes(), &[], None).unwrap().requests, [expected], "{text}");
        }
    }

    #[test]
    fn columns_are_found_in_any_order_case_and_with_units() {
        let read =
            |names: &str| Header::read(&names.split(',').collect::<Vec<_>>().into(), &[], Some("rows"));
        let header = read("Status,Response Time (ms),Records,TIMESTAMP,content-length,extra,rows").unwrap();
        assert_eq!((header.start.at, header.rows.at, header.outcome.at), (3, 6, 0));
        assert_eq!((header.duration.at, header.duration.unit), (1, Some(1e-3)));
        assert_eq!(header.others.iter().map(|column| column.at).collect::<Vec<_>>(), [2, 5]);
        assert_eq!((header.device, header.by.map(|column| column.at)), (None, Some(6)));
        let told = [
            "start,rows,bytes,outcome",
            "start,rows,bytes,durations,outcome",
            "start,rows,byte,duration,outcome",
            "start,rows,duration,duration_ms,outcome",
            "start,row,duration,outcome",
        ]
        .map(|names| format!("{names}: {}\n", read(names).unwrap_err().what));
        insta::assert_snapshot!(told.concat());
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
            let request = parsed(&format!("5,,,,{word}")).unwrap().requests[0];
            assert_eq!((request.outcome, request.duration), (outcome, None), "{word}");
        }
        assert!(parsed("5,1,1,,ok").is_err());
    }

    #[test]
    fn mistakes_are_told_with_line_and_column() {
        let mut told = String::new();
        for (from, to) in [
            ("1200", "-1200"),
            ("1200", "NaN"),
            ("1200", "soon"),
            (",500,", ",500.5,"),
            ("46000", "4.6e4"),
            (",ok", ",timeot"),
            (",ok", ",banana"),
            ("2026-03-02T08:00:00Z", "yesterday"),
            (",46000", ""),
            (",ok", ",ok,"),
        ] {
            let bad = ROW.replacen(from, to, 1);
            let of = |end: &str| {
                read([HEADER, ROW, &bad, ""].join(end).as_bytes(), &[], None).unwrap_err().told.remove(0)
            };
            assert_eq!(of("\n"), of("\r\n"));
            told += &format!("{}\n", of("\n"));
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn up_to_twenty_mistakes_are_told_at_once() {
        let error = parsed("soon,500,,1200,ok\n1,1,1\n2,,1,-4,reset\n3,1,1,5,oks").unwrap_err();
        let told: Vec<(u64, Option<&str>)> =
            error.told.iter().map(|m| (m.line, m.column.as_deref())).collect();
        let expected = [
            (2, Some("start")),
            (2, Some("bytes")),
            (3, None),
            (4, Some("duration_ms")),
            (5, Some("outcome")),
        ];
        assert_eq!((told.as_slice(), error.untold), (expected.as_slice(), 0));
        let error = parsed(&"1,1,1,-5,ok\n".repeat(33)).unwrap_err();
        assert_eq!((error.told.len(), error.untold), (20, 13));
    }

    #[test]
    fn a_file_without_requests_is_refused() {
        let of = |text: &str, only: &str| {
            let only: Vec<Only> = only.split_whitespace().map(|only| only.parse().unwrap()).collect();
            let error = read(text.as_bytes(), &only, None).unwrap_err().told.remove(0);
            assert_eq!(error.column, None, "{text:?}");
            format!("{error}\n")
        };
        let log = format!("{HEADER}\n{ROW}\n");
        let many = format!("start,rows,took,outcome\n{}", "1,1,1s,ok\n".repeat(ROWS_MAX + 1));
        let all = [of("", ""), of(HEADER, ""), of(&log, "outcome=timeout rows=7"), of(&many, "")];
        insta::assert_snapshot!(all.concat());
        assert_eq!(read(b"start,rows\n\xff\n", &[], None).unwrap_err().told[0].line, 2);
    }

    #[test]
    fn lines_are_put_in_order_and_split_by_a_column() {
        let text = "device,start,rows,took,outcome,net\n\
                    b,5,1,1s,ok,x\na,3,1,1s,ok,y\nb,4,1,1s,ok,y\n";
        let log = read(text.as_bytes(), &[], Some("net")).unwrap();
        let starts: Vec<(f64, u32)> = log.requests.iter().map(|r| (r.start, r.device)).collect();
        assert_eq!((log.devices, starts), (Some(2), vec![(3.0, 0), (4.0, 1), (5.0, 1)]));
        assert_eq!(log.labels[0].of, [1, 1, 0]);
        let parts = log.split();
        let of = |(value, log): &(String, Log)| (value.clone(), log.requests.len(), log.devices);
        let parts: Vec<_> = parts.iter().map(of).collect();
        assert_eq!(parts, [("x".to_owned(), 1, Some(1)), ("y".to_owned(), 2, Some(2))]);
        let many: String = (0..13).map(|n| format!("a,{n},1,1s,ok,{n}\n")).collect();
        let many = format!("device,start,rows,took,outcome,net\n{many}");
        assert!(read(many.as_bytes(), &[], Some("net")).is_err());
        assert_eq!(read(many.as_bytes(), &[], None).unwrap().labels, []);
    }
}
