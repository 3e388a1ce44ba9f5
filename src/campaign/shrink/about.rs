//! Describes a failure: the text of its violation, and the life (all events) of its record.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeSet;
use std::path::Path;
use std::slice;

use super::trials::{Goal, Means, goal, goals, plan};
use super::whole::Shrunk;
use super::written::About;
use crate::analysis;
use crate::campaign::mend::mend;
use crate::campaign::run::{WatchWithoutProgress, attempt};
use crate::oracle::Subject;
use crate::record::{Judged, RemedyRecord};
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
    let id = analysis::cell_ids(slice::from_ref(plan)).pop().unwrap_or_default();
    let mends = mends(shrunk, plan, analysis::judge(plan, &id, &outcome), means);
    Ok(About { sentence: violation.text.clone(), life, mends, ..About::default() })
}

/// Settings with which the failure does not occur, if a known remedy removes it and makes nothing
/// worse. Empty after a signal.
fn mends(shrunk: &Shrunk, plan: &Plan, judged: Judged, means: Means<'_>) -> Vec<String> {
    let mut judged = [judged];
    mend(slice::from_ref(plan), &mut judged, means.runner, means.signals, None);
    let [judged] = judged;
    let removes = |remedy: &RemedyRecord| {
        let is_of_goal = remedy.check == shrunk.goal.check || remedy.remaining.is_empty();
        is_of_goal && remedy.left == Some(0) && remedy.worse.is_empty()
    };
    judged.cell.remedies.into_iter().find(removes).map_or_else(Vec::new, |remedy| remedy.set)
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
