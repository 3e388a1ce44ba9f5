//! What variants are said to show side by side.

use super::super::Request;
use super::{MINIMAL, document, plans};

pub(super) const VARIANTS: &str = "
[variant.small]
set = { \"engine.pull.chunk_rows\" = 20 }
[variant.large]
set = { \"engine.pull.chunk_rows\" = 2000 }
";

fn with(claim: &str) -> String {
    format!("{MINIMAL}{VARIANTS}[shows.R51]\nfails = \"small\"\nmends = \"large\"\n{claim}\n")
}

#[test]
fn every_variant_knows_the_claims_and_none_means_another_thing_by_them() {
    let without = plans(&format!("{MINIMAL}{VARIANTS}"), &Request::default());
    let with = plans(&with("metric = \"oracle.lost.rows\""), &Request::default());
    assert!(with.iter().all(|plan| plan.claims.len() == 1));
    let digests = |plans: &[super::Plan]| plans.iter().map(|plan| plan.digest.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&with), digests(&without));
    assert!(!with[0].resolved.contains("shows"), "the text of a cell has no other variant");
}

#[test]
fn what_is_shown_counts_as_covered_once() {
    let text =
        with("metric = \"oracle.lost.rows\"").replace("[entity", "covers = [\"R9\", \"R51\"]\n[entity");
    assert_eq!(document(&text).covers(), ["R51", "R9"]);
}
