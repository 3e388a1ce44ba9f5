//! The table of predictions and measurements, and its evaluation.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use syncdyno_contract::base::Span;

use crate::live::cell::Cell;
use crate::live::predict::{is_at_an_edge, predict};

/// One cell as a row of the table. Times are in seconds. Byte counts are of bodies. Bytes on the
/// wire also include all packet headers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    link: String,
    congestion_control: String,
    rows: u64,
    chunk_rows: u64,
    outage_start_s: Option<f64>,
    outage_s: Option<f64>,
    predicted_s: f64,
    measured_s: Option<f64>,
    /// The deviation of the measured time in percent. It is positive if the measurement took
    /// longer.
    error_percent: Option<f64>,
    /// True if the prediction is much longer or shorter with a slightly different outage.
    edge: bool,
    predicted_requests: u64,
    measured_requests: Option<u64>,
    predicted_up_bytes: u64,
    measured_up_bytes: Option<u64>,
    predicted_down_bytes: u64,
    measured_down_bytes: Option<u64>,
    predicted_wire_down_bytes: u64,
    measured_wire_down_bytes: Option<u64>,
    measured_connections: Option<u32>,
    late_p99_ms: Option<f64>,
    late_max_ms: Option<f64>,
    tries: u32,
}

fn percent(measured: f64, predicted: f64) -> f64 {
    rounded((measured / predicted - 1.0) * 100.0, 1e3)
}

fn rounded(of: f64, places: f64) -> f64 {
    (of * places).round() / places
}

fn seconds(span: Span) -> f64 {
    rounded(span.as_secs_f64(), 1e6)
}

impl Row {
    fn has_outage(&self) -> bool {
        self.outage_s.is_some()
    }
    fn cell(&self) -> Cell {
        let span = |seconds: f64| Span::micros((seconds * 1e6).round() as u64);
        Cell {
            link: self.link.clone(),
            congestion: self.congestion_control.clone(),
            rows: self.rows,
            chunk: self.chunk_rows,
            outage: self.outage_start_s.zip(self.outage_s).map(|(from, length)| (span(from), span(length))),
        }
    }
    /// The same measurement with a new prediction.
    ///
    /// # Errors
    /// The reason why the cell cannot be simulated.
    pub(crate) fn predicted_again(&self) -> Result<Row, String> {
        let cell = self.cell();
        let predicted = predict(&cell)?;
        let took = predicted.tally.took().unwrap_or_default();
        let predicted_s = seconds(took);
        Ok(Row {
            predicted_s,
            error_percent: self.measured_s.map(|measured| percent(measured, predicted_s)),
            edge: is_at_an_edge(&cell, took)?,
            predicted_requests: predicted.tally.requests,
            predicted_up_bytes: predicted.tally.up,
            predicted_down_bytes: predicted.tally.down,
            predicted_wire_down_bytes: predicted.wire[1],
            ..self.clone()
        })
    }
    /// The printed line of a cell.
    pub(crate) fn line(&self) -> String {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let outage = self.outage_start_s.zip(self.outage_s);
        let outage = or_dash(outage.map(|(from, length)| format!("{length} s at {from} s")));
        let measured = or_dash(self.measured_s.map(|measured| format!("{measured:.3}")));
        let error = or_dash(self.error_percent.map(|error| format!("{error:+.2} %")));
        format!(
            "{:<15} {:<6} {:>6} {:>6} {:>16} {:>9.3} {:>9} {:>9}{} {:>7.3}",
            self.link,
            self.congestion_control,
            self.rows,
            self.chunk_rows,
            outage,
            self.predicted_s,
            measured,
            error,
            if self.edge { " edge" } else { "     " },
            self.late_p99_ms.unwrap_or_default(),
        )
    }
}

/// The headings of [`Row::line`].
pub(crate) const HEADS: &str =
    "link            tcp      rows  chunk           outage predicted  measured     error      late ms";

/// The evaluation of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// Cells without an outage: the number, how many are within 2 %, and the errors.
    pub(crate) steady: Errors,
    /// Cells with an outage: the number, how many are within 10 %, and the errors.
    pub(crate) outage: Errors,
    /// The cells with an outage that are not at an edge.
    pub(crate) apart: Errors,
    /// The number of links whose predicted best chunk is the measured best, and the number of all
    /// links. A link counts once per congestion control, with and without an outage.
    pub(crate) best: (usize, usize),
    /// The first number of `best`, if a chunk that took at most 1 % longer than the best also
    /// counts.
    pub(crate) nearly_best: usize,
    pub(crate) unmeasured: usize,
    /// The number of cells whose bytes or requests differ from the prediction.
    pub(crate) other_bytes: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Errors {
    pub(crate) cells: usize,
    pub(crate) within: usize,
    pub(crate) median: f64,
    pub(crate) worst: f64,
}

impl Errors {
    fn of(rows: &[&Row], bound: f64) -> Errors {
        let mut errors: Vec<f64> = rows.iter().filter_map(|row| row.error_percent).map(f64::abs).collect();
        errors.sort_by(f64::total_cmp);
        Errors {
            cells: errors.len(),
            within: errors.iter().filter(|error| **error <= bound).count(),
            median: errors.get(errors.len() / 2).copied().unwrap_or_default(),
            worst: errors.last().copied().unwrap_or_default(),
        }
    }
}

/// Limits in percent: the error of a cell without an outage, and the error of a cell with one.
/// `SHARE` of the cells with an outage must meet their limit, and `SHARE` of the best chunks must
/// be right.
const STEADY: f64 = 2.0;
const OUTAGE: f64 = 10.0;
const SHARE: f64 = 90.0;
/// A chunk is nearly the best if its time is at most this multiple of the best time.
const NEARLY: f64 = 1.01;

impl Summary {
    pub(crate) fn of(rows: &[Row]) -> Summary {
        let (outage, steady): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.has_outage());
        let apart: Vec<&Row> = outage.iter().copied().filter(|row| !row.edge).collect();
        let mut groups: BTreeMap<(&str, &str, bool), Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.measured_s.is_some()) {
            let group = (row.link.as_str(), row.congestion_control.as_str(), row.has_outage());
            groups.entry(group).or_default().push(row);
        }
        let chosen: Vec<(f64, f64)> =
            groups.values().filter(|rows| rows.len() > 1).filter_map(chosen).collect();
        let is_other = |row: &&Row| {
            row.measured_requests.is_some_and(|requests| requests != row.predicted_requests)
                || row.measured_up_bytes.is_some_and(|bytes| bytes != row.predicted_up_bytes)
                || row.measured_down_bytes.is_some_and(|bytes| bytes != row.predicted_down_bytes)
        };
        Summary {
            steady: Errors::of(&steady, STEADY),
            outage: Errors::of(&outage, OUTAGE),
            apart: Errors::of(&apart, OUTAGE),
            best: (chosen.iter().filter(|(mine, best)| mine <= best).count(), chosen.len()),
            nearly_best: chosen.iter().filter(|(mine, best)| *mine <= best * NEARLY).count(),
            unmeasured: rows.iter().filter(|row| row.measured_s.is_none()).count(),
            other_bytes: rows.iter().filter(is_other).count(),
        }
    }
    /// True if the results are within the limits.
    pub(crate) fn holds(&self) -> bool {
        let (same, of) = self.best;
        self.unmeasured == 0
            && self.steady.within == self.steady.cells
            && self.outage.within as f64 * 100.0 >= self.outage.cells as f64 * SHARE
            && same as f64 * 100.0 >= of as f64 * SHARE
    }
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (of, errors, bound) in [
            ("steady cells", &self.steady, STEADY),
            ("cells with an outage", &self.outage, OUTAGE),
            ("of these apart from edges", &self.apart, OUTAGE),
        ] {
            let Errors { cells, within, median, worst } = errors;
            _ = writeln!(
                text,
                "{of}: {within} of {cells} within {bound} %; median {median:.2} %, worst {worst:.2} %"
            );
        }
        let (same, of) = self.best;
        let nearly = self.nearly_best;
        _ = writeln!(text, "best chunk as predicted: {same} of {of} ({nearly} to 1 % of the time)");
        _ = writeln!(text, "cells whose requests or bytes are not as predicted: {}", self.other_bytes);
        if self.unmeasured > 0 {
            _ = writeln!(text, "not measured: {}", self.unmeasured);
        }
        text
    }
}

/// The measured time of the chunk with the best prediction, and the best measured time.
fn chosen(rows: &Vec<&Row>) -> Option<(f64, f64)> {
    let best = rows.iter().min_by(|a, b| a.predicted_s.total_cmp(&b.predicted_s))?;
    let measured = rows.iter().filter_map(|row| row.measured_s).min_by(f64::total_cmp)?;
    Some((best.measured_s?, measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = include_str!("../../../../reference/live.csv");

    fn kept() -> Vec<Row> {
        let rows: Result<Vec<Row>, csv::Error> =
            csv::Reader::from_reader(KEPT.as_bytes()).into_deserialize().collect();
        rows.expect("it is a table of this program")
    }

    fn row(chunk: u64, outage: bool, predicted: f64, measured: f64) -> Row {
        let row = kept().into_iter().next().expect("it has rows");
        Row {
            chunk_rows: chunk,
            outage_s: outage.then_some(3.0),
            predicted_s: predicted,
            measured_s: Some(measured),
            error_percent: Some(percent(measured, predicted)),
            edge: false,
            ..row
        }
    }

    #[test]
    fn the_kept_table_has_a_hundred_cells_and_holds() {
        let rows = kept();
        let summary = Summary::of(&rows);
        assert!(rows.len() >= 100, "{}", rows.len());
        assert!(summary.holds(), "{}", summary.text());
        let off = rows.iter().filter(|row| {
            let error = row.measured_s.map(|measured| percent(measured, row.predicted_s));
            row.error_percent.zip(error).is_none_or(|(told, error)| (told - error).abs() > 0.002)
        });
        assert_eq!(off.count(), 0, "errors are those of the times beside them");
        assert!(rows.iter().all(|row| row.late_p99_ms.is_some_and(|late| late <= 5.0)));
    }

    #[test]
    fn the_page_says_what_the_kept_table_comes_to() {
        let page = include_str!("../../../../docs/trust.md");
        let Summary { steady, outage, best: (same, of), .. } = Summary::of(&kept());
        for said in [
            format!("{} of {} are within 2 % (median {:.1} %)", steady.within, steady.cells, steady.median),
            format!("{} of {} within 10 % (median {:.1} %)", outage.within, outage.cells, outage.median),
            format!("{same} of {of}"),
            format!("{} first syncs", kept().len()),
        ] {
            assert!(page.contains(&said), "{said}");
        }
    }

    #[test]
    fn a_summary_fails_for_each_of_its_reasons() {
        let good = [row(50, false, 2.0, 2.03), row(200, false, 1.0, 1.01), row(50, true, 5.0, 5.4)];
        assert!(Summary::of(&good).holds());
        assert_eq!(Summary::of(&good).best, (1, 1), "of one cell no chunk is the best");
        for bad in [
            row(200, false, 1.0, 1.03),
            row(200, false, 1.0, 0.94),
            row(50, true, 5.0, 5.6),
            Row { measured_s: None, error_percent: None, ..row(200, false, 1.0, 1.0) },
        ] {
            let mut rows = good.to_vec();
            let place = if bad.has_outage() { 2 } else { 1 };
            rows[place] = bad;
            assert!(!Summary::of(&rows).holds(), "{}", Summary::of(&rows).text());
        }
        // The chunk with the best prediction takes slightly longer than the other chunk.
        let other = [row(50, false, 1.0, 1.005), row(200, false, 1.01, 1.0)];
        let summary = Summary::of(&other);
        assert_eq!((summary.best, summary.nearly_best), ((0, 1), 1));
        assert!(!summary.holds());
    }
}
