//! Checks that nothing can be said of, and those that had nothing to look at, in words: who reads
//! no violation is not to believe that there was a look.

use std::collections::{BTreeMap, BTreeSet};

use super::human::count;
use super::record::{CellRecord, RunRecord};
use crate::oracle::{metric_of, subject_of};

/// A line for each scenario of which some checks are not applicable, over all cells.
pub(super) fn told(record: &RunRecord) -> Vec<String> {
    let mut scenarios: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for cell in record.cells.iter().filter(|cell| !cell.not_applicable.is_empty()) {
        let checks = cell.not_applicable.iter().map(String::as_str);
        scenarios.entry(&cell.scenario).or_default().extend(checks);
    }
    let line = |(scenario, checks): (&&str, &BTreeSet<&str>)| {
        let names: Vec<&str> = checks.iter().copied().collect();
        let checks = count(checks.len() as u64, "check");
        format!(
            "{scenario}: {checks} not applicable, as the stack neither shows nor promises what they look at: {}",
            names.join(", ")
        )
    };
    scenarios.iter().map(line).collect()
}

/// A line for each figure that a scenario expects, or gates, of a check that had nothing to look at
/// in any of its cells.
pub(super) fn hollow(record: &RunRecord) -> Vec<String> {
    let mut tried: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut hollow: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for cell in &record.cells {
        for metric in asked(record, cell) {
            let check = cell.untried.iter().find(|check| metric_of(check) == Some(metric));
            match check {
                Some(check) => _ = hollow.insert((&cell.scenario, metric, check)),
                None => _ = tried.insert((&cell.scenario, metric)),
            }
        }
    }
    let several = record.cells.iter().any(|cell| cell.scenario != record.cells[0].scenario);
    let line = |(scenario, metric, check): &(&str, &str, &str)| {
        let whose = if several { format!("{scenario}: ") } else { String::new() };
        let why = subject_of(check)?;
        let is_hollow = !tried.contains(&(*scenario, *metric));
        is_hollow
            .then(|| format!("{whose}{metric} is asked for, and check {check} had nothing to look at: {why}"))
    };
    hollow.iter().filter_map(line).collect()
}

/// The metrics that a cell's scenario sets bounds for.
fn asked<'a>(record: &'a RunRecord, cell: &'a CellRecord) -> impl Iterator<Item = &'a str> {
    let expected = cell.expectations.iter().map(|expected| expected.what.as_str());
    expected.chain(record.gates.iter().filter(|gate| gate.cell == cell.id).map(|gate| gate.metric.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::{assemble, fixture, judge};
    use super::*;
    use crate::scenario::Bound;
    use crate::world::Outcome;

    #[test]
    fn a_figure_that_is_asked_for_and_had_nothing_to_look_at_is_told() {
        let mut plan = fixture::plan(None, 1);
        plan.expect.metrics.insert("oracle.lost_edit.count".to_owned(), Bound { min: None, max: Some(0) });
        let untried = Outcome { untried: vec!["lost-edit", "misfiled"], ..fixture::outcome() };
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![judge(&plan, "a", &untried).cell];
        let said = "oracle.lost_edit.count is asked for, and check lost-edit had nothing to look at: \
                    nobody made an edit on a device";
        assert_eq!(hollow(&record), [said]);
        record.cells.push(judge(&plan, "b", &fixture::outcome()).cell);
        assert_eq!(hollow(&record), [""; 0], "another cell had");
    }
}
