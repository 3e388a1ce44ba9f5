//! Writes CSV files: one row per cell, per point of a time series, or per request.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::run::RunRecord;
use crate::base::{Stamp, Word};
use crate::metrics::{NEVER, STATS, Sample};
use crate::world::{Ended, LoggedRequest};

/// Writes `cells.csv`: one row per cell (one simulation), one column per swept key, metric and
/// statistic. A metric has a column `never` only if some of its waits never ended.
pub fn cells(record: &RunRecord, out: impl Write) -> io::Result<()> {
    let axes: BTreeSet<&str> = record.cells.iter().flat_map(|c| c.axes.keys()).map(String::as_str).collect();
    let mut columns: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (name, figure) in record.cells.iter().flat_map(|cell| &cell.metrics) {
        if figure.is_distribution() {
            let stats = STATS.into_iter().filter(|stat| *stat != "never" || figure.censored().is_some());
            columns.extend(stats.map(|stat| (name.as_ref(), stat)));
        } else {
            columns.insert((name, "value"));
        }
    }
    let fixed = ["cell", "scenario", "variant", "seed", "verdict", "digest", "virtual_ns", "events"];
    let mut header: Vec<String> = fixed.into_iter().chain(axes.iter().copied()).map(str::to_owned).collect();
    header.extend(columns.iter().map(|(name, stat)| match *stat {
        "value" => (*name).to_owned(),
        stat => format!("{name}.{stat}"),
    }));
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header)?;
    for cell in &record.cells {
        let mut row = vec![
            no_formula(&cell.id),
            no_formula(&cell.scenario),
            no_formula(cell.variant.as_deref().unwrap_or_default()),
            cell.seed.clone(),
            cell.verdict.word().to_lowercase(),
            cell.digest.clone(),
            cell.virtual_ns.to_string(),
            cell.events.to_string(),
        ];
        row.extend(axes.iter().map(|axis| match cell.axes.get(*axis) {
            Some(serde_json::Value::String(text)) => no_formula(text),
            Some(other) => other.to_string(),
            None => String::new(),
        }));
        row.extend(columns.iter().map(|(name, stat)| {
            let figure = cell.metrics.get(*name);
            match figure.and_then(|figure| figure.stat(stat)) {
                Some(NEVER) if figure.is_some_and(|figure| figure.censored().is_some()) => "never".to_owned(),
                value => value.map(|v| v.to_string()).unwrap_or_default(),
            }
        }));
        writer.write_record(row)?;
    }
    writer.flush()
}

/// Writes `series.csv`, with one row per point. A point is left out if the value did not change,
/// except the first and the last one. The writer takes cell after cell, because the points of many
/// cells do not fit in memory.
pub struct Series<W: Write>(csv::Writer<W>);

impl<W: Write> Series<W> {
    pub fn new(out: W) -> io::Result<Series<W>> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["cell", "series", "at_ns", "value"])?;
        Ok(Series(writer))
    }
    pub fn add(&mut self, cell: &str, samples: &[Sample]) -> io::Result<()> {
        let mut values = BTreeMap::new();
        let last = samples.last().map_or(0, |sample| sample.at_ns);
        for Sample { at_ns, series, value } in samples {
            if values.insert(*series, *value) == Some(*value) && *at_ns < last {
                continue;
            }
            self.0.write_record([&no_formula(cell), *series, &at_ns.to_string(), &value.to_string()])?;
        }
        Ok(())
    }
    pub fn into_inner(self) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// Prefixes an apostrophe if a spreadsheet would take the text for a formula.
fn no_formula(text: &str) -> String {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins && text.parse::<f64>().is_err() { format!("'{text}") } else { text.to_owned() }
}

/// Writes `requests`, sorted by start, in the format that `calibrate` reads. `began` is the wall
/// clock at virtual time 0.
pub fn requests(requests: &[LoggedRequest], began: Stamp, out: impl Write) -> io::Result<()> {
    let mut sorted: Vec<&LoggedRequest> = requests.iter().collect();
    sorted.sort_by_key(|request| (request.at, request.device));
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["start", "device", "kind", "rows", "bytes", "duration_ms", "outcome"])?;
    for request in sorted {
        let micros = began.0.saturating_add(i64::try_from(request.at.0 / 1_000).unwrap_or(i64::MAX));
        let start = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        let us = request.took.0 / 1_000;
        writer.write_record([
            &format!("{start:.6}"),
            &format!("d{}", request.device.0),
            request.kind.word(),
            &request.rows.to_string(),
            &request.bytes.to_string(),
            &format!("{}.{:03}", us / 1_000, us % 1_000),
            outcome(request.ended),
        ])?;
    }
    writer.flush()
}

fn outcome(ended: Ended) -> &'static str {
    match ended {
        Ended::Answered => "ok",
        Ended::Cut => "reset",
        Ended::TimedOut => "timeout",
        Ended::Refused => "refused",
        Ended::NotSent => "offline",
    }
}
