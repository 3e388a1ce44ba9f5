//! `--filter`: some of the cells that were selected.

use std::collections::BTreeSet;

use super::refusal::{Refusal, near};
use crate::record::Exit;
use crate::scenario::Plan;

/// The cells that pass; all without a filter. A filter that nothing passes is refused.
pub(super) fn to(plans: Vec<Plan>, filters: &[String]) -> anyhow::Result<Vec<Plan>> {
    let of = |plan: &Plan, filter: &String| {
        passes(std::slice::from_ref(filter), &plan.scenario, plan.variant.as_deref())
    };
    if let Some(filter) = filters.iter().find(|filter| !plans.iter().any(|plan| of(plan, filter))) {
        let names = plans.iter().flat_map(|plan| [Some(&*plan.scenario), plan.variant.as_deref()]);
        let names: BTreeSet<&str> = names.flatten().flat_map(|name| name.split('-').chain([name])).collect();
        let near = near(filter, names);
        let text = format!("no scenario or variant has `{filter}`{near}");
        return Err(Refusal::because(Exit::Nothing, text));
    }
    let wanted = |plan: &Plan| passes(filters, &plan.scenario, plan.variant.as_deref());
    Ok(plans.into_iter().filter(wanted).collect())
}

/// Whether one of the filters lets it pass: a pattern is all of the scenario's name, the variant's
/// or both with a dot, a text a part of these.
pub(super) fn passes(filters: &[String], scenario: &str, variant: Option<&str>) -> bool {
    let whole = variant.map_or_else(|| scenario.to_owned(), |variant| format!("{scenario}.{variant}"));
    let passes = |filter: &String| match filter.contains(['*', '?']) {
        true => {
            [Some(scenario), variant, Some(&*whole)].into_iter().flatten().any(|name| is_like(name, filter))
        }
        false => whole.contains(filter.as_str()),
    };
    filters.is_empty() || filters.iter().any(passes)
}

/// Whether a name is like a pattern: `*` stands for any letters, `?` for one.
fn is_like(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Which beginnings of the name are like what of the pattern was read.
    let mut like: Vec<bool> = (0..=name.len()).map(|n| n == 0).collect();
    for letter in pattern.chars() {
        let longer = (0..=name.len()).map(|n| match letter {
            '*' => like[..=n].contains(&true),
            _ => n > 0 && like[n - 1] && (letter == '?' || letter == name[n - 1]),
        });
        like = longer.collect();
    }
    like[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_part_of_the_name_and_a_pattern_all_of_it() {
        let passes = |filter: &str, variant| passes(&[filter.to_owned()], "chaos-days", variant);
        for filter in ["chaos", "days.three", "chaos-*", "t?ree", "*.three", "*"] {
            assert!(passes(filter, Some("three")), "{filter}");
        }
        for filter in ["chaos?", "hre*", "?chaos-days", "*.four", "Chaos"] {
            assert!(!passes(filter, Some("three")), "{filter}");
        }
        assert!(!passes("*.*", None), "it has no variant");
    }
}
