//! One cell again.

use super::run::{Quietly, guarded, lives_told};
use super::runner::{Record, Runner};
use crate::metrics::Sample;
use crate::report::{self, Exit, Judged};
use crate::scenario::Plan;

/// A cell that was run again.
#[derive(Debug)]
pub struct Replay {
    /// What it came to this time, told with the lives of the records that were asked for.
    pub judged: Judged,
    /// Its series.
    pub series: Vec<Sample>,
    /// Whether its digest is the one that was recorded; `None` if none was recorded.
    pub same: Option<bool>,
}

/// Runs a plan again and holds its digest against the `recorded` one. A digest that differs makes the cell fail as not
/// deterministic.
pub fn replay(
    plan: &Plan,
    id: &str,
    recorded: Option<&str>,
    records: &[Record],
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Replay {
    let watch = Quietly(interrupted);
    let outcome = match guarded(|| runner.run(plan, &watch)) {
        Ok(outcome) => outcome,
        Err(message) => {
            return Replay { judged: report::broken(plan, id, &message), series: Vec::new(), same: None };
        }
    };
    let mut judged = report::judge(plan, id, &outcome);
    let ended = judged.cell.verdict != report::Verdict::Incomplete;
    let same = recorded.filter(|_| ended).map(|digest| digest == outcome.digest);
    if let (Some(false), Some(recorded)) = (same, recorded) {
        let text = format!("the recorded digest is {recorded}, this run's is {}", outcome.digest);
        judged.fail(Exit::NotDeterministic, text);
    }
    if !records.is_empty() {
        match guarded(|| runner.lives(plan, records, &watch)) {
            Ok(lives) => judged.cell.lives = lives_told(plan, lives),
            Err(message) => judged.fail(Exit::Internal, format!("a bug of syncdyno: {message}")),
        }
    }
    Replay { judged, series: outcome.series, same }
}
