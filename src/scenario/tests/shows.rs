//! What variants are said to show side by side.

use super::super::{Bound, Claim, Request};
use super::{MINIMAL, document, plan, plans};

pub(super) const VARIANTS: &str = "
[variant.small]
set = { \"engine.pull.chunk_rows\" = 20 }
[variant.large]
set = { \"engine.pull.chunk_rows\" = 2000 }
";

fn with(claim: &str) -> String {
    format!("{MINIMAL}{VARIANTS}[shows.R51]\nfails = \"small\"\nmends = \"large\"\n{claim}\n")
}

fn claim(text: &str) -> Claim {
    plan(&with(text)).claims[0].clone()
}

#[test]
fn a_claim_is_none_where_it_is_mended_unless_it_says_more() {
    let lost = claim("metric = \"oracle.lost.rows\"");
    let want = Claim {
        id: "R51".to_owned(),
        fails: "small".to_owned(),
        mends: "large".to_owned(),
        metric: "oracle.lost.rows".to_owned(),
        bound: Bound { min: None, max: Some(0) },
        factor_milli: None,
    };
    assert_eq!(lost, want);
    let slow = claim("metric = \"engine.session.duration.p95\"\nmax = \"5s\"");
    assert_eq!(slow.bound, Bound { min: None, max: Some(5_000_000_000) });
    let many = claim("metric = \"engine.requests.count\"\nfactor = 2.5");
    assert_eq!((many.bound, many.factor_milli), (Bound::default(), Some(2_500)));
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
