//! One cell again.

use super::run::{Quietly, attempt, lives_told};
use super::runner::{Record, Runner, Subject};
use crate::analysis;
use crate::record::{self, Build, Judged, Reason};
use crate::scenario::Plan;
use crate::world::Traced;

/// What is known of the run that a cell is run again from.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its digest.
    pub digest: String,
    /// The digest of its figures; empty if none was recorded.
    pub figures_digest: String,
    /// What ran it, in words, where that is not this build.
    pub other_build: Option<String>,
}

/// A cell that was run again.
#[derive(Debug)]
pub struct Replay {
    /// What it came to this time, told with the lives of the records that were asked for.
    pub judged: Judged,
    /// Whether its digest is the one that was recorded; `None` if none was recorded.
    pub same: Option<bool>,
    /// Whether the digest is the recorded one, and that of the figures is not: another program
    /// counts them.
    pub counted_otherwise: bool,
}

/// Runs a plan again for its timeline; `Err` tells why it could not be run.
pub fn trace(
    plan: &Plan,
    id: &str,
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Traced, Box<Judged>> {
    attempt(plan, id, || runner.trace(plan, &Quietly(interrupted)))
}

/// Runs a plan again and holds its digests against the `recorded` ones. One that differs makes the
/// cell fail as not deterministic; of another build its digest alone does, and the two are not
/// comparable.
pub fn replay(
    plan: &Plan,
    id: &str,
    recorded: Option<&Recorded>,
    records: &[Record],
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Replay {
    let watch = Quietly(interrupted);
    let outcome = match attempt(plan, id, || runner.run(plan, &watch)) {
        Ok(outcome) => outcome,
        Err(broken) => return Replay { judged: *broken, same: None, counted_otherwise: false },
    };
    let mut judged = analysis::judge(plan, id, &outcome);
    let recorded = recorded.filter(|_| judged.cell.verdict != record::Verdict::Incomplete);
    let same = recorded.map(|recorded| recorded.digest == outcome.digest);
    let counted_otherwise = same == Some(true)
        && recorded
            .is_some_and(|recorded| ![&*outcome.figures_digest, ""].contains(&&*recorded.figures_digest));
    if let Some(recorded) = recorded {
        let differs = |of_figures, first: &String, second: &String| Reason::NotDeterministic {
            of_figures,
            first: first.clone(),
            second: second.clone(),
        };
        let (was, is) = (&recorded.digest, &outcome.digest);
        match &recorded.other_build {
            None if was != is => judged.fail(differs(false, was, is)),
            None if counted_otherwise => {
                judged.fail(differs(true, &recorded.figures_digest, &outcome.figures_digest));
            }
            Some(build) if was != is => {
                let this = Build::this();
                let text =
                    format!("not comparable: the record is of {build}, this is {this}, and digests differ");
                judged.fail(Reason::NoBaseline { text });
            }
            _ => {}
        }
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
    Replay { judged, same, counted_otherwise }
}
