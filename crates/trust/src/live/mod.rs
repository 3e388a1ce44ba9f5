//! Compares the simulation with the real program. `reference/live.csv` has the measured times of
//! first syncs over real TCP; each cell is also predicted by simulation.
//!
//! Reading order: [`predict`] simulates a [`cell`], and [`table`] evaluates the results.

mod cell;
mod predict;
mod table;
mod tally;

use std::path::Path;

use syncdyno::record::Exit;

use crate::ending::{Ending, say, verdict};
use crate::live::table::{HEADS, Row, Summary};

/// Predicts the cells of a table again and evaluates the table. Writes it if `out` is set.
pub(crate) fn predict_again(path: &Path, out: Option<&Path>) -> Ending {
    let unreadable = |e: csv::Error| (Exit::Usage, format!("{}: {e}", path.display()));
    let read = csv::Reader::from_path(path).map_err(unreadable)?;
    let rows: Vec<Row> = read.into_deserialize().collect::<Result<_, _>>().map_err(unreadable)?;
    say(HEADS);
    let mut again = Vec::new();
    for row in &rows {
        again.push(row.predicted_again().map_err(|why| (Exit::Usage, why))?);
        say(&again[again.len() - 1].line());
    }
    if let Some(out) = out {
        write(out, &again).map_err(|e| (Exit::Environment, format!("{}: {e}", out.display())))?;
    }
    let summary = Summary::of(&again);
    say(&summary.text());
    Ok(verdict(summary.holds()))
}

fn write(path: &Path, rows: &[Row]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    writer.flush()?;
    Ok(())
}
