//! Comma-separated files: a row a cell, and a row a point of a series.

use std::collections::BTreeSet;

use super::record::{CellRecord, RunRecord};
use crate::metrics::Sample;

const STATS: [&str; 6] = ["count", "min", "p50", "p95", "p99", "max"];

/// `cells.csv`: a row a cell, a column a swept key, a metric or a statistic of one; empty where a cell has no such figure.
pub fn cells(record: &RunRecord) -> Vec<u8> {
    let axes: BTreeSet<&str> = record.cells.iter().flat_map(|c| c.axes.keys()).map(String::as_str).collect();
    let mut columns: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (name, figure) in record.cells.iter().flat_map(|cell| &cell.metrics) {
        if figure.is_distribution() {
            columns.extend(STATS.map(|stat| (name.as_str(), stat)));
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
    let rows = record.cells.iter().map(|cell| {
        let mut row = fixed_fields(cell);
        row.extend(axes.iter().map(|axis| match cell.axes.get(*axis) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }));
        row.extend(columns.iter().map(|(name, stat)| {
            let value = cell.metrics.get(*name).and_then(|figure| figure.stat(stat));
            value.map(|v| v.to_string()).unwrap_or_default()
        }));
        row
    });
    written(std::iter::once(header).chain(rows))
}

/// `series.csv`, long form: a row for each point of each series of each cell.
pub fn series<'a>(cells: impl IntoIterator<Item = (&'a str, &'a [Sample])>) -> Vec<u8> {
    let header = ["cell", "series", "at_ns", "value"].map(str::to_owned).to_vec();
    let rows = cells.into_iter().flat_map(|(cell, samples)| {
        samples.iter().map(move |sample| {
            vec![
                cell.to_owned(),
                sample.series.to_owned(),
                sample.at_ns.to_string(),
                sample.value.to_string(),
            ]
        })
    });
    written(std::iter::once(header).chain(rows))
}

fn fixed_fields(cell: &CellRecord) -> Vec<String> {
    let verdict = serde_json::to_value(cell.verdict).ok();
    vec![
        cell.id.clone(),
        cell.scenario.clone(),
        cell.variant.clone().unwrap_or_default(),
        cell.seed.clone(),
        verdict.as_ref().and_then(|v| v.as_str()).unwrap_or_default().to_owned(),
        cell.digest.clone(),
        cell.virtual_ns.to_string(),
        cell.events.to_string(),
    ]
}

fn written(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes rows of one length");
    }
    writer.into_inner().expect("memory is flushed")
}
