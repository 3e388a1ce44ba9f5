//! The cells, and how they are measured.

use syncdyno_contract::base::Span;

use crate::live::cell::Cell;
use crate::live::predict::{Predicted, is_at_an_edge, predict};
use crate::live::run::{self, Measured};

/// Chunk sizes, in rows.
pub(crate) const CHUNKS: [u64; 4] = [50, 200, 1_000, 5_000];
/// Congestion controls.
pub(crate) const CONGESTION: [&str; 2] = ["cubic", "bbr"];
/// Row counts: a link gets the largest one whose smallest chunks take at most [`SLOWEST`].
const ROWS: [u64; 6] = [20_000, 10_000, 5_000, 2_000, 1_000, 500];
const SLOWEST: Span = Span::secs(15);
/// Length of an outage. It begins in the middle of the link's fastest sync without an outage.
const OUTAGE: Span = Span::secs(3);
/// A cell whose 99th percentile of timing errors exceeds this is measured again, alone.
pub(crate) const LATE: Span = Span::millis(5);
/// Most attempts per cell.
const TRIES: u32 = 3;

/// A cell with its prediction.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) cell: Cell,
    pub(crate) predicted: Predicted,
    /// Whether a slightly different outage is predicted to take much longer or shorter.
    pub(crate) edge: bool,
}

impl Planned {
    /// Simulates a cell.
    ///
    /// # Errors
    /// Why it cannot be simulated.
    pub(crate) fn of(cell: Cell) -> Result<Planned, String> {
        let predicted = predict(&cell)?;
        let edge = is_at_an_edge(&cell, predicted.tally.took().unwrap_or_default())?;
        Ok(Planned { cell, predicted, edge })
    }
    pub(crate) fn took(&self) -> Span {
        self.predicted.tally.took().unwrap_or_default()
    }
}

/// All cells of a link: with and without an outage, in all chunk sizes that differ.
///
/// # Errors
/// Why one cannot be simulated.
pub(crate) fn cells(link: &str, chunks: &[u64], controls: &[&str]) -> Result<Vec<Planned>, String> {
    let of = |congestion: &str, rows, chunk, outage| {
        let (link, congestion) = (link.to_owned(), congestion.to_owned());
        Cell { link, congestion, rows, chunk, outage }
    };
    let took = |rows, chunk| -> Result<Span, String> {
        Ok(predict(&of("cubic", rows, chunk, None))?.tally.took().unwrap_or_default())
    };
    let mut rows = ROWS[0];
    for fewer in ROWS {
        rows = fewer;
        if took(rows, CHUNKS[0])? <= SLOWEST {
            break;
        }
    }
    let middle = took(rows, rows)?.scaled(1, 2);
    // Rounded to a millisecond, so that a table can give it.
    let middle = Span(middle.0.next_multiple_of(1_000_000));
    let whole = chunks.iter().position(|chunk| *chunk >= rows).map_or(chunks.len(), |at| at + 1);
    let mut planned = Vec::new();
    for congestion in controls {
        for outage in [None, Some((middle, OUTAGE))] {
            for &chunk in &chunks[..whole] {
                planned.push(Planned::of(of(congestion, rows, chunk, outage))?);
            }
        }
    }
    Ok(planned)
}

/// The result of a cell, and the number of attempts.
pub(crate) struct Try {
    pub(crate) measured: Result<Measured, String>,
    pub(crate) tries: u32,
}

/// Measures cells, up to `jobs` at once while their timers are in time; calls `done` for each.
pub(crate) fn measure(planned: &[Planned], jobs: usize, mut done: impl FnMut(&Planned, Try)) {
    let (mut jobs, mut rest, mut late) = (jobs.max(1), planned, 0);
    while !rest.is_empty() {
        let (now, later) = rest.split_at(jobs.min(rest.len()));
        rest = later;
        let measured: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = now.iter().map(|one| scope.spawn(|| run::run(&one.cell))).collect();
            let ended = running.into_iter().map(|one| one.join());
            ended.map(|one| one.unwrap_or_else(|_| Err("it panicked".to_owned()))).collect()
        });
        for (one, measured) in now.iter().zip(measured) {
            let mut this = Try { measured, tries: 1 };
            late += u32::from(jobs > 1 && is_late(&this.measured));
            while is_late(&this.measured) && this.tries < TRIES {
                this = Try { measured: run::run(&one.cell), tries: this.tries + 1 };
            }
            done(one, this);
        }
        // The machine cannot run two at once.
        if late > TRIES {
            jobs = 1;
        }
    }
}

fn is_late(measured: &Result<Measured, String>) -> bool {
    measured.as_ref().is_ok_and(|measured| measured.late.p99() > LATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_link_has_few_rows_and_no_two_cells_are_the_same() {
        let planned = cells("edge", &CHUNKS, &["cubic"]).expect("they are simulated");
        assert!(planned.iter().all(|one| one.took() < Span::secs(30)));
        let chunks: Vec<_> = planned.iter().map(|one| (one.cell.chunk, one.cell.outage.is_some())).collect();
        let rows = planned[0].cell.rows;
        assert!((500..=2_000).contains(&rows), "{rows}");
        let wanted =
            CHUNKS.iter().filter(|chunk| **chunk <= rows).count() + usize::from(!CHUNKS.contains(&rows));
        assert_eq!(chunks.len(), 2 * wanted, "{chunks:?}");
        assert!(planned.iter().all(|one| one.predicted.tally.rows == rows));
    }
}
