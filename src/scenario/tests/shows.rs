//! What variants are said to show side by side.

use super::super::{Bound, Claim, Request};
use super::{MINIMAL, complaint, document, plan, plans};

const VARIANTS: &str = "
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

#[test]
fn a_wrong_claim_is_told_at_its_place() {
    let lost = "metric = \"oracle.lost.rows\"";
    for (text, wanted) in [
        (with(lost).replace("R51", "r51"), "nothing to show that is called `r51`\n  --> test.toml:14:8"),
        (with(lost).replace("R51", "r51"), "did you mean `R51`? it takes an id from R1 to R102"),
        (with(lost).replace("\"large\"", "\"larger\""), "there is no variant `larger`\n  --> test.toml:16:9"),
        (with(lost).replace("\"large\"", "\"larger\""), "did you mean `large`?"),
        (with(lost).replace("\"large\"", "\"small\""), "a variant mends nothing of itself"),
        (
            with("metric = \"oracle.lots.rows\""),
            "there is no metric `oracle.lots.rows`\n  --> test.toml:17:10",
        ),
        (with("metric = \"oracle.lots.rows\""), "did you mean `oracle.lost.rows`?"),
        (with("metric = \"engine.session.duration\""), "has no `value`"),
        (with("metric = \"engine.session.duration.p95@1d\""), "a claim names no state at the start"),
        (with(""), "`shows.R51.metric` is missing"),
        (with(&format!("{lost}\nmax = \"5s\"")), "this does not fit the metric's unit"),
        (with(&format!("{lost}\nmin = 2\nmax = 1")), "nothing lies between these bounds"),
        (with(&format!("{lost}\nfactor = 1")), "such a factor asks for nothing"),
        (with(&format!("{lost}\nmost = 1")), "unknown key `most` in `shows.R51`"),
        (format!("{MINIMAL}[shows]\nR51 = 1\n"), "`shows.R51` is wrong"),
        (format!("{MINIMAL}[shows.R51]\nfails = \"a\"\nmends = \"b\"\n{lost}\n"), "there is none"),
        (MINIMAL.replace("[entity", "covers = [\"R-41\"]\n[entity"), "did you mean `R41`?"),
    ] {
        let said = complaint(&text, &[]);
        assert!(said.contains(wanted), "{text}\nshould make it say: {wanted}\nbut it says:\n{said}");
    }
}
