//! Describes a failure: the text of its violation, and the life (all events) of its record.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeSet;
use std::path::Path;

use super::trials::{Goal, Means, goal, goals, plan};
use super::whole::Shrunk;
use super::written::About;
use crate::analysis;
use crate::campaign::run::{WatchWithoutProgress, attempt};
use crate::oracle::Subject;
use crate::record::Judged;
use crate::scenario::Plan;
use crate::world::Unrunnable;

/// Describes a failure of the scenario `from`.
pub fn about(shrunk: &Shrunk, path: &Path, from: &str, means: Means<'_>) -> About {
    let about = About { from: from.to_owned(), ..About::default() };
    let Some(plan) = plan(&shrunk.script, path, means.runner) else { return about };
    // A signal has ended the search, but it does not stop this run: the small scenario runs
    // briefly.
    let told = attempt(&plan, "", || told(shrunk, &plan, means, &|| false));
    match told {
        Ok(told) => About { from: about.from, ..told },
        Err(broken) => About { sentence: broken.cell.ending.text.join(" "), ..about },
    }
}

fn told(
    shrunk: &Shrunk,
    plan: &Plan,
    means: Means<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<About, Unrunnable> {
    let watch = WatchWithoutProgress(interrupted);
    let outcome = means.runner.run(plan, &watch)?;
    let Some(violation) = outcome.violations.iter().find(|one| goal(plan, one) == shrunk.goal) else {
        return Ok(About::default());
    };
    let subject = violation.record.clone().map(|record| Subject {
        record,
        side: violation.device,
        found: Some((violation.check, violation.device)),
    });
    let lives = means.runner.lives(plan, subject.as_slice(), &watch)?;
    let life = lives.into_iter().flat_map(|story| story.lines).collect();
    Ok(About { sentence: violation.text.clone(), life, ..About::default() })
}

/// The judged cell, and all goals (failed check and entity) by which it fails.
pub fn judged(
    plan: &Plan,
    means: Means<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> (Judged, BTreeSet<Goal>) {
    match attempt(plan, "", || means.runner.run(plan, &WatchWithoutProgress(interrupted))) {
        Ok(outcome) => (analysis::judge(plan, "", &outcome), goals(plan, &outcome)),
        Err(broken) => (*broken, BTreeSet::new()),
    }
}
