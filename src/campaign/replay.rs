//! One cell again.

use super::run::{Quietly, attempt, lives_told};
use super::runner::{Record, Runner};
use crate::analysis;
use crate::oracle::Subject;
use crate::record::{Build, Judged, Reason, Verdict};
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

/// How the digest of a cell that was run again is to the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// None was recorded, or the cell did not end.
    Nothing,
    /// It is the same.
    Same,
    /// It is the same, and that of the figures is not: another program counts them.
    OtherFigures,
    /// It is another.
    Other,
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

/// Runs a plan again and holds its digests against the `recorded` ones; the cell comes with the lives
/// of `records`. A digest that differs makes it fail as not deterministic; of another build its
/// digest alone does, and the two are not comparable.
pub fn replay(
    plan: &Plan,
    id: &str,
    recorded: Option<&Recorded>,
    records: &[Record],
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> (Judged, Held) {
    let watch = Quietly(interrupted);
    let outcome = match attempt(plan, id, || runner.run(plan, &watch)) {
        Ok(outcome) => outcome,
        Err(broken) => return (*broken, Held::Nothing),
    };
    let mut judged = analysis::judge(plan, id, &outcome);
    let mut held = Held::Nothing;
    if let Some(recorded) = recorded.filter(|_| judged.cell.verdict != Verdict::Incomplete) {
        let (was, is) = (&recorded.digest, &outcome.digest);
        let (counted, counts) = (&recorded.figures_digest, &outcome.figures_digest);
        held = match (was == is, counted.is_empty() || counted == counts) {
            (false, _) => Held::Other,
            (true, false) => Held::OtherFigures,
            (true, true) => Held::Same,
        };
        let differs = |of_figures, first: &String, second: &String| Reason::NotDeterministic {
            of_figures,
            first: first.clone(),
            second: second.clone(),
        };
        match (held, &recorded.other_build) {
            (Held::Other, None) => judged.fail(differs(false, was, is)),
            (Held::OtherFigures, None) => judged.fail(differs(true, counted, counts)),
            (Held::Other, Some(build)) => {
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
    (judged, held)
}
