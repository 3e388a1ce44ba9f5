//! Reads the requests of a log from a table with named columns.

use std::collections::BTreeMap;

use super::sheet::{Malformed, Row, Sheet, WantedColumns};
use crate::base::Span;
use crate::campaign::did_you_mean;
use crate::scenario::closest;
pub(super) use crate::world::Ended as Outcome;

/// A request of the log. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) start: f64,
    pub(super) device: u32,
    /// The rows; 0 if the log has no rows for this request. The same applies to `bytes`.
    pub(super) rows: f64,
    pub(super) bytes: f64,
    pub(super) duration: Option<f64>,
    pub(super) outcome: Outcome,
}

impl Request {
    pub(super) fn took(&self) -> f64 {
        self.duration.unwrap_or(0.0)
    }
    pub(super) fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
    pub(super) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Cut | Outcome::TimedOut)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Log {
    /// The requests, sorted by start.
    pub(super) requests: Vec<Request>,
    /// The number of devices; `None` if the log has no column `device`.
    pub(super) devices: Option<u64>,
    /// True if the log has outcomes. Otherwise every request counts as answered.
    pub(super) has_outcomes: bool,
}

impl Log {
    pub(super) fn answers(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(|r| r.answered())
    }
}

/// At most this many rows are read, because more rows add no information.
const ROWS_MAX: usize = 1_000_000;
const SECONDS_MAX: f64 = 86_400.0;
/// A start up to this number is in seconds since 1970. A larger number is in ms, µs or ns.
const INSTANT_MAX: f64 = 9e9;
const COUNT_MAX: f64 = 1e12;
const VALUES_MAX: usize = 12;

/// The name of a column, and its unit in seconds or bytes. `None` if each value has its own unit.
type Unit = (&'static str, Option<f64>);

const DURATIONS: [Unit; 6] = [
    ("duration_ms", Some(1e-3)),
    ("duration_s", Some(1.0)),
    ("duration_us", Some(1e-6)),
    ("duration_ns", Some(1e-9)),
    ("duration_min", Some(60.0)),
    ("duration", None),
];
const BYTES: [Unit; 4] = [("bytes", Some(1.0)), ("kb", Some(1e3)), ("kib", Some(1_024.0)), ("mb", Some(1e6))];

/// The names of the number columns that a log has.
#[derive(Clone, Copy)]
struct Columns {
    duration: Unit,
    bytes: Option<Unit>,
}

impl Columns {
    fn of(sheet: &Sheet) -> Result<Columns, Malformed> {
        let known =
            |units: &[Unit]| units.iter().copied().filter(|of| sheet.has(of.0)).collect::<Vec<Unit>>();
        let wrong = |units: &[Unit], n: usize| {
            let names = units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let near = did_you_mean(sheet.near(units[0].0).filter(|_| n == 0));
            Malformed::line(
                1,
                format!("the file must have exactly one of the columns {names}; it has {n}{near}"),
            )
        };
        match (&known(&DURATIONS)[..], &known(&BYTES)[..]) {
            ([duration], [] | [_]) => {
                Ok(Columns { duration: *duration, bytes: known(&BYTES).first().copied() })
            }
            ([_], bytes) => Err(wrong(&BYTES, bytes.len())),
            (durations, _) => Err(wrong(&DURATIONS, durations.len())),
        }
    }
}

/// The words for outcomes. HTTP status codes are allowed, too. A request that its user cancelled is
/// not a failure of the link.
const WORDS: [(&str, Outcome); 10] = [
    ("ok", Outcome::Answered),
    ("success", Outcome::Answered),
    ("reset", Outcome::Cut),
    ("error", Outcome::Cut),
    ("failed", Outcome::Cut),
    ("timeout", Outcome::TimedOut),
    ("timed_out", Outcome::TimedOut),
    ("refused", Outcome::Refused),
    ("cancelled", Outcome::Refused),
    ("offline", Outcome::NotSent),
];

/// Reads the lines that match all columns and values in `only`. With a column `by`, returns one log
/// for each of its values.
pub(super) fn read(
    bytes: &[u8],
    only: &[(String, String)],
    by: Option<&str>,
) -> Result<Vec<(String, Log)>, Malformed> {
    let chosen = only.iter().map(|(column, _)| column.as_str()).chain(by);
    let wanted: Vec<&str> = ["start", "rows"].into_iter().chain(chosen).collect();
    let durations = DURATIONS.map(|(name, _)| name);
    let sheet = Sheet::read(bytes, WantedColumns { all: &wanted, one_of: &durations }, ROWS_MAX)?;
    let columns = Columns::of(&sheet)?;
    if let Some(near) = sheet.near("outcome").filter(|_| !sheet.has("outcome")) {
        let what = "the file has no column `outcome`: rename this column to `outcome`, or remove it if it \
                    does not say how requests ended";
        return Err(Malformed { line: 1, column: Some(near.to_owned()), what: what.to_owned() });
    }
    let mut parts = BTreeMap::<&str, Vec<Row<'_>>>::new();
    for row in sheet.rows().filter(|row| only.iter().all(|(column, value)| row.text(column) == value)) {
        parts.entry(by.map_or("", |by| row.text(by))).or_default().push(row);
        if let Some(by) = by.filter(|_| parts.len() > VALUES_MAX) {
            return Err(
                row.malformed(by, format!("the column has over {VALUES_MAX} values, too many for --by"))
            );
        }
    }
    if parts.is_empty() {
        return Err(Malformed::line(1, "no line has the values of --only"));
    }
    let part = |(value, rows): (&str, Vec<Row<'_>>)| Ok((value.to_owned(), log(&sheet, rows, columns)?));
    parts.into_iter().map(part).collect()
}

fn log(sheet: &Sheet, rows: Vec<Row<'_>>, columns: Columns) -> Result<Log, Malformed> {
    let mut devices = BTreeMap::new();
    let mut of_row = |row: Row<'_>| {
        // Devices get numbers in the order of their first line.
        let next = devices.len() as u32;
        let device = *devices.entry(row.text("device").to_owned()).or_insert(next);
        request(row, device, columns)
    };
    let mut requests = rows.into_iter().map(&mut of_row).collect::<Result<Vec<Request>, Malformed>>()?;
    requests.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(Log {
        devices: sheet.has("device").then_some(devices.len() as u64),
        // A line without rows is a failure, so it also gives an outcome.
        has_outcomes: sheet.has("outcome") || requests.iter().any(Request::failed),
        requests,
    })
}

fn request(row: Row<'_>, device: u32, columns: Columns) -> Result<Request, Malformed> {
    let outcome = outcome(row)?;
    let blank = |column| outcome != Outcome::Answered && row.text(column).is_empty();
    let count = |(column, unit): Unit| {
        if blank(column) {
            return Ok(0.0);
        }
        let unit = unit.unwrap_or(1.0);
        let n = row.number(column, "number", 0.0..=COUNT_MAX / unit)?;
        let whole = unit > 1.0 || n == libm::trunc(n);
        if whole { Ok(n * unit) } else { Err(row.malformed(column, format!("`{n}` is not whole"))) }
    };
    let duration = if blank(columns.duration.0) { None } else { Some(seconds(row, columns.duration)?) };
    let (rows, bytes) = (count(("rows", None))?, columns.bytes.map_or(Ok(0.0), count)?);
    Ok(Request { start: start(row)?, device, rows, bytes, duration, outcome })
}

fn outcome(row: Row<'_>) -> Result<Outcome, Malformed> {
    if !row.has("outcome") {
        return Ok(if row.text("rows").is_empty() { Outcome::TimedOut } else { Outcome::Answered });
    }
    let text = row.text("outcome").to_lowercase();
    if let Some((_, outcome)) = WORDS.iter().find(|(word, _)| *word == text) {
        return Ok(*outcome);
    }
    // Some programs write a status as `200.0`.
    match text.trim_end_matches(".0").parse::<u32>() {
        Ok(200..=299 | 304) => Ok(Outcome::Answered),
        // 408: the server waited for the rest of the request. 504: a gateway waited for its
        // backend.
        Ok(408 | 504) => Ok(Outcome::TimedOut),
        // 499 in nginx: the client closed the connection. 0 in browsers: no response.
        Ok(499 | 0) => Ok(Outcome::Cut),
        Ok(100..=599) => Ok(Outcome::Refused),
        _ => {
            let words = WORDS.map(|(word, _)| word);
            let near = did_you_mean(closest(&text, words));
            let what = format!("`{text}` is neither an HTTP status nor one of {}{near}", words.join(", "));
            Err(row.malformed("outcome", what))
        }
    }
}

fn seconds(row: Row<'_>, (column, unit): Unit) -> Result<f64, Malformed> {
    if let Some(unit) = unit {
        return Ok(row.number(column, "number", 0.0..=SECONDS_MAX / unit)? * unit);
    }
    let text = row.text(column);
    let seconds = text.parse::<Span>().ok().map(Span::as_secs_f64).filter(|s| *s <= SECONDS_MAX);
    let wrong = || row.malformed(column, format!("`{text}` is not a time with its unit, such as 120ms"));
    seconds.ok_or_else(wrong)
}

/// Reads the start of a request, in seconds since 1970.
fn start(row: Row<'_>) -> Result<f64, Malformed> {
    let text = row.text("start");
    let seconds = match text.parse::<f64>() {
        Ok(number) => {
            let seconds = [1.0, 1e3, 1e6, 1e9].map(|unit| number / unit);
            seconds.into_iter().find(|seconds| seconds.abs() <= INSTANT_MAX)
        }
        Err(_) => text.parse::<jiff::Timestamp>().ok().map(|at| at.as_microsecond() as f64 / 1e6),
    };
    let want = "write an RFC 3339 time, such as 2026-03-02T08:00:00.250+01:00, or a number since 1970 \
                (in s, ms, µs or ns)";
    let wrong = || row.malformed("start", format!("`{text}` is not a time: {want}"));
    seconds.filter(|seconds| seconds.abs() <= INSTANT_MAX).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "start,rows,bytes,duration_ms,outcome";
    const ROW: &str = "2026-03-02T08:00:00Z,500,46000,1200,ok";

    fn parsed(text: &str) -> Result<Log, Malformed> {
        read(text.as_bytes(), &[], None).map(|mut logs| logs.remove(0).1)
    }

    #[test]
    fn a_line_is_read_in_the_units_of_its_columns() {
        let (start, duration, outcome) = (1_772_438_400.0, Some(1.2), Outcome::Answered);
        let expected = Request { start, device: 0, rows: 500.0, bytes: 46_000.0, duration, outcome };
        for text in [
            &format!("{HEADER}\n{ROW}"),
            "start,rows,bytes,duration,outcome\n1772438400,500.0,46000.00,1.2s,200.0\n",
            "duration_s,outcome,rows,bytes,start\r\n1.2,200,500,46000,1772438400000\r\n",
            "\u{feff}start,rows,bytes,duration_us,outcome\n2026-03-02 09:00:00+01:00,500,46000,1200000,OK\n",
            "start,rows,kb,duration_min,outcome\n1772438400000000,500,46,0.02,success\n",
            "{\"outcome\":200,\"duration_s\":1.2,\"rows\":500,\"app\":{\"v\":1},\"start\":1772438400,\"bytes\":46000}",
            "\n{\"bytes\":\"46000\",\"rows\":\"500\",\"start\":\"2026-03-02T08:00:00Z\",\"duration\":\"1.2s\"}\n\n",
        ] {
            assert_eq!(parsed(text).unwrap().requests, [expected], "{text}");
        }
        // A request without a response may lack rows and duration.
        use Outcome::{Cut, NotSent, Refused, TimedOut};
        let all = [
            ("reset", Cut),
            ("499", Cut),
            ("0", Cut),
            ("504", TimedOut),
            ("503", Refused),
            ("offline", NotSent),
        ];
        for (word, outcome) in all {
            let request = parsed(&format!("{HEADER}\n5,,,,{word}")).unwrap().requests[0];
            assert_eq!((request.outcome, request.duration), (outcome, None), "{word}");
        }
        assert!(parsed(&format!("{HEADER}\n5,1,1,,ok")).is_err());
    }

    #[test]
    fn mistakes_are_told_with_line_and_column() {
        let line = |row: &str| format!("{HEADER}\n{ROW}\n{row}\n");
        let rows = [
            ("1200", "-1200"),
            ("1200", "NaN"),
            (",500,", ",500.5,"),
            (",ok", ",timeot"),
            ("2026-03-02T08:00:00Z", "yesterday"),
            ("2026-03-02T08:00:00Z", "9000-01-01T00:00:00Z"),
            (",46000", ""),
        ];
        let values: String = (0..13).map(|n| format!("{n},1,1,1,{}\n", 200 + n)).collect();
        let files = [
            String::new(),
            HEADER.to_owned(),
            "start,rows,outcome\n1,1,ok".to_owned(),
            "start,row,duration,outcome\n1,1,1s,ok".to_owned(),
            "start,rows,outcome,duration,duration_s\n1,1,ok,1s,1".to_owned(),
            "start,rows,outcome,latency_ms\n1,1,ok,1".to_owned(),
            "timestamp,rows,duration_s\n1,1,1".to_owned(),
            "start,rows,duration_s,status\n1,1,1,ok".to_owned(),
            "{\"start\":1,\"rows\":1,\"duration_s\":1}\n{\"start\":2,\"rows\":1,}\n".to_owned(),
            "{\"start\":1,\"rows\":1,\"duration_s\":1}\n\n{\"start\":2,\"rows\":1}\n".to_owned(),
            "{\"start\":1,\"row\":1,\"duration_s\":1}\n".to_owned(),
            "[{\"start\":1,\"rows\":1,\"duration_s\":1}]\n".to_owned(),
            "start,rows,duration,outcome\n1,1,120,ok".to_owned(),
            format!("{HEADER}\n{values}"),
            format!("{HEADER}\n{}", ",".repeat(1 << 20)),
            format!("{HEADER}{}", ",".repeat(256)),
            format!("start,rows,duration,outcome\n{}", "1,1,1s,ok\n".repeat(ROWS_MAX + 1)),
        ];
        let mut told = String::new();
        let rows = rows.map(|(from, to)| line(&ROW.replacen(from, to, 1)));
        for text in rows.into_iter().chain(files) {
            let by = text.contains(",212").then_some("outcome");
            told += &format!("{}\n", read(text.as_bytes(), &[], by).unwrap_err());
        }
        let only = ["outcome", "timeout"].map(str::to_owned).into();
        told += &format!("{}\n", read(line(ROW).as_bytes(), &[only], None).unwrap_err());
        insta::assert_snapshot!(told);
    }

    #[test]
    fn lines_are_put_in_order_and_split_by_a_column() {
        let text = "device,start,rows,duration,outcome,n\u{1b}t\n\
                    b,5,1,1s,ok,x\na,3,1,1s,ok,y\nb,4,1,1s,ok,y\n";
        let log = parsed(text).unwrap();
        assert_eq!(log.devices, Some(2));
        assert!(log.requests.iter().map(|r| (r.start, r.device)).eq([(3.0, 1), (4.0, 0), (5.0, 0)]));
        let given = crate::render::calibrate::Given::default();
        let fits =
            super::super::calibrate("a\r.csv", text.as_bytes(), &[], Some("n\u{1b}t"), &given).unwrap();
        assert_eq!((&*fits[0].source, &*fits[0].group.as_ref().unwrap().0), (r"a\r.csv", r"n\u001bt"));
        let parts = read(text.as_bytes(), &[], Some("n\u{1b}t")).unwrap();
        let parts = parts.iter().map(|(value, log)| (value.as_str(), log.requests.len(), log.devices));
        assert!(parts.eq([("x", 1, Some(1)), ("y", 2, Some(2))]));
    }
}
