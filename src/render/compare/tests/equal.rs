//! What is called equal, and what stands beside a change.

use super::*;

#[test]
fn what_lies_within_a_twentieth_is_named_as_equal_and_the_rest_as_open() {
    let cells = |variant, more: u64, waits: &[u64]| -> Vec<Measured> {
        let rate =
            |seed: u64| if seed.is_multiple_of(2) { 10_000 + more * seed } else { 10_000 - more * seed };
        waits.iter().zip(1..).map(|(wait, seed)| cell(variant, seed, rate(seed), *wait)).collect()
    };
    let base = side("a", cells(Some("a"), 0, &[50, 90, 20, 70, 10, 60, 40, 80]));
    let candidate = side("b", cells(Some("b"), 3, &[70, 20, 90, 10, 60, 50, 80, 40]));
    let comparison = compare(&base, &candidate);
    let text = markdown(&comparison);
    let line = |head: &str| text.lines().find(|line| line.starts_with(head)).unwrap_or_default();
    assert!(line("- equal within ").contains("engine.rows.rate"), "{text}");
    assert!(line("- not told apart by these seeds").contains("engine.wasted.bytes"), "{text}");
    assert_eq!(annotations(&comparison), "");
}

#[test]
fn a_change_agrees_with_the_figures_beside_it() {
    let mut base: Vec<Measured> = (1..=8).map(|seed| cell(Some("a"), seed, 1_000, 100)).collect();
    let candidate: Vec<Measured> = (1..=8).map(|seed| cell(Some("b"), seed, 1_000, 110)).collect();
    base[3] = cell(Some("a"), 4, 1_000, 100_000);
    let comparison = compare(&side("a", base), &side("b", candidate));
    let found = comparison.groups[0].differences.iter().find(|d| d.metric == "engine.wasted.bytes").unwrap();
    let [base, candidate] = found.means.map(Option::unwrap);
    assert_eq!(found.change_ppm.unwrap() > 0, candidate > base, "{found:?}");
}
