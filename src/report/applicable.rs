//! Checks that nothing can be said of, in words: who reads no violation is not to believe that
//! there was a look.

use std::collections::{BTreeMap, BTreeSet};

use super::human::count;
use super::record::RunRecord;

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
