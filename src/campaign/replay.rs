//! One cell again.

use super::run::{Quietly, attempt, lives_told};
use super::runner::{Record, Runner, Subject};
use crate::report::{self, Exit, Judged};
use crate::scenario::Plan;
use crate::world::Traced;

/// A cell that was run again.
#[derive(Debug)]
pub struct Replay {
    /// What it came to this time, told with the lives of the records that were asked for.
    pub judged: Judged,
    /// Whether its digest is the one that was recorded; `None` if none was recorded.
    pub same: Option<bool>,
}

/// Runs a plan again for its timeline; `Err` tells why it could not be run.
///
/// # Errors
/// The judged cell that says so.
pub fn trace(
    plan: &Plan,
    id: &str,
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Traced, Box<Judged>> {
    attempt(plan, id, || runner.trace(plan, &Quietly(interrupted)))
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
    let outcome = match attempt(plan, id, || runner.run(plan, &watch)) {
        Ok(outcome) => outcome,
        Err(broken) => return Replay { judged: *broken, same: None },
    };
    let mut judged = report::judge(plan, id, &outcome);
    let ended = judged.cell.verdict != report::Verdict::Incomplete;
    let same = recorded.filter(|_| ended).map(|digest| digest == outcome.digest);
    if let (Some(false), Some(recorded)) = (same, recorded) {
        let text = format!("the recorded digest is {recorded}, this run's is {}", outcome.digest);
        judged.fail(Exit::NotDeterministic, text);
    }
    if !records.is_empty() {
        let subject = |record: &Record| {
            let found = outcome.violations.iter().find(|v| v.record.as_ref() == Some(record));
            let found = found.map(|violation| (violation.check, violation.device));
            Subject { record: record.clone(), side: None, found }
        };
        let subjects: Vec<Subject> = records.iter().map(subject).collect();
        match attempt(plan, id, || runner.lives(plan, &subjects, &watch)) {
            Ok(lives) => judged.cell.lives = lives_told(plan, records, lives),
            Err(broken) => judged = *broken,
        }
    }
    Replay { judged, same }
}
