//! Lists the situations and figures that should have occurred under at least one seed, but did not.

use std::collections::BTreeMap;

use crate::metrics::human;
use crate::record::{OccurrenceRecord, RunRecord};

pub(super) fn missing(record: &RunRecord) -> Vec<String> {
    let missing = record.occurrences.iter().filter(|one| !one.pass);
    missing.map(|one| format!("{}: {}", one.scenario, never(one))).collect()
}

/// Lists situations and figures that have not occurred yet, but may occur with more seeds. One line
/// per scenario.
pub(super) fn awaited(record: &RunRecord) -> Vec<String> {
    let mut scenarios: BTreeMap<(&str, u64, u64), Vec<&str>> = BTreeMap::new();
    for one in record.occurrences.iter().filter(|one| one.pass && one.cells == 0) {
        scenarios.entry((&one.scenario, one.of, one.wanted_of)).or_default().push(&one.what);
    }
    let lines = scenarios.into_iter().map(|((scenario, of, wanted_of), what)| {
        let cells = human::count(of, "cell");
        let what = what.join(", ");
        format!(
            "{scenario}: {what} did not occur in {cells}; in {wanted_of} cells or more, this fails the run"
        )
    });
    lines.collect()
}

pub(super) fn never(one: &OccurrenceRecord) -> String {
    format!("{} occurred in none of {}", one.what, human::count(one.of, "cell"))
}

pub(super) fn rarest_first(record: &RunRecord) -> Vec<&OccurrenceRecord> {
    let mut all: Vec<&OccurrenceRecord> = record.occurrences.iter().collect();
    all.sort_by_key(|one| (&one.scenario, one.cells));
    all
}

pub(super) fn mark(one: &OccurrenceRecord) -> &'static str {
    match (one.pass, one.cells) {
        (false, _) => "FAIL",
        (true, 0) => "not yet",
        _ => "",
    }
}

pub(super) fn shown(record: &RunRecord) -> String {
    let mut text = String::new();
    let mut under = "";
    for one in rarest_first(record) {
        if one.scenario != under {
            under = &one.scenario;
            text.push_str(&format!("{under}, of {}:\n", human::count(one.of, "cell")));
        }
        let line = format!("  {:>7} {}  {}", human::thousands(one.cells), one.what, mark(one));
        text.extend([line.trim_end(), "\n"]);
    }
    if text.is_empty() { text } else { format!("occurred\n{text}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ppm;
    use crate::metrics::{Figure, Situation, Unit};
    use crate::record::{Exit, Verdict, fixture};
    use crate::render::tests;
    use crate::scenario::{Bound, Plan, Situations};
    use crate::world::Outcome;

    fn outcome(hot: u64, kills: u64) -> Outcome {
        let mut outcome = fixture::outcome();
        let counts = [(Situation::HotRow.metric(), hot), ("device.kills.count", kills)];
        outcome.figures.extend(counts.map(|(name, n)| (name.to_owned(), Figure::number(Unit::Count, n))));
        outcome
    }

    /// A swarm (each seed draws its own parts) with these outcomes. With 3 or more seeds, it fails
    /// if something expected never occurs.
    fn swarm(outcomes: &[Outcome], occur: &[Situation], expect: impl Fn(&mut Plan)) -> RunRecord {
        let plan = |seed| {
            let situations = Situations { occur: occur.to_vec(), seeds: 3 };
            let swarm = crate::scenario::Swarm { on: Ppm::ONE, always: Vec::new(), sizes: false };
            let mut plan = fixture::plan(None, seed);
            (plan.judged_mut().situations, plan.source_mut().swarm) = (situations, Some(swarm.into()));
            expect(&mut plan);
            plan
        };
        let plans: Vec<Plan> = (1..=outcomes.len() as u64).map(plan).collect();
        tests::record(plans.into_iter().zip(outcomes.iter().cloned()).collect())
    }

    fn record(outcomes: &[Outcome]) -> RunRecord {
        swarm(outcomes, &[Situation::HotRow], |plan| {
            let bound = Bound { min: Some(1), max: None };
            plan.judged_mut().expect.metrics.insert("device.kills.count".to_owned(), bound);
        })
    }
    #[test]
    fn what_occurred_with_one_of_many_seeds_is_enough() {
        let record = record(&[outcome(0, 0), outcome(2, 0), outcome(0, 4)]);
        assert_eq!(record.verdict, Verdict::Pass);
        assert!(record.cells.iter().all(|cell| cell.verdict == Verdict::Pass), "no cell is to blame");
        assert_eq!(record.occurrences.iter().map(|one| (one.cells, one.of)).collect::<Vec<_>>(), [(1, 3); 2]);
        assert_eq!(missing(&record), [""; 0]);
    }
    #[test]
    fn a_violation_that_some_seeds_of_a_swarm_have_is_enough() {
        for (found, seeds, pass) in [([true, false, false], 1, true), ([false; 3], 0, false)] {
            let outcomes = found.map(|lost| {
                let mut outcome = if lost { fixture::lost(1) } else { outcome(0, 0) };
                outcome.violations.retain(|violation| violation.check == "lost");
                outcome
            });
            let record =
                swarm(&outcomes, &[], |plan| plan.judged_mut().expect.violations = vec!["lost".to_owned()]);
            assert!(record.cells.iter().all(|cell| cell.verdict == Verdict::Pass), "no cell is to blame");
            let told: Vec<_> =
                record.occurrences.iter().map(|one| (&*one.what, one.cells, one.of, one.pass)).collect();
            assert_eq!(told, [("violation lost", seeds, 3, pass)]);
        }
    }

    #[test]
    fn what_never_occurred_fails_the_run_from_so_many_cells_on() {
        let few = record(&[outcome(0, 0), outcome(0, 0)]);
        assert_eq!((few.verdict, few.exit_code), (Verdict::Pass, 0));
        let many = record(&[outcome(0, 1), outcome(0, 0), outcome(0, 0)]);
        assert_eq!((many.verdict, many.exit_code), (Verdict::Fail, Exit::Threshold.code()));
        let [missed] = &missing(&many)[..] else { panic!("{:?}", missing(&many)) };
        let said = never(&many.occurrences[0]);
        assert!(missed.ends_with(&said));
        let pages = |record| {
            use crate::render::{html, junit, summary};
            [html::page(record), summary(record), junit(record)].map(|page| page.contains(&said))
        };
        assert_eq!((pages(&many), pages(&few)), ([true; 3], [false; 3]), "few cells are not a failure");
        let warned = crate::render::warnings(&few, crate::render::Paint(false));
        insta::assert_snapshot!(shown(&few) + &shown(&many) + &warned + missed);
    }
}
