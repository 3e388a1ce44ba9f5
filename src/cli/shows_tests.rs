//! Claims of scenarios, as a run holds them.

use super::tests::Desk;
use crate::report::fixture::TIES;

const VARIANTS: &str = "\n[variant.lost]\nset = { seed = 1 }\nexpect = { violation = \"lost\" }\n\
    \n[variant.fine]\nset = { seed = 1 }\n";

/// A desk with a scenario of which one variant loses rows, and that claims so much.
fn desk(claim: &str) -> Desk {
    let desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}{VARIANTS}\n[shows.R24]\n{claim}\n"));
    desk
}

const HOLDS: &str = "fails = \"lost\"\nmends = \"fine\"\nmetric = \"oracle.lost.rows\"";

#[test]
fn a_claim_that_holds_is_told_with_both_figures() {
    let mut desk = desk(HOLDS);
    assert_eq!(desk.run("run @ties.toml --seeds 1..=3 --out @out --progress none"), 0, "{}", desk.out);
    let told = "R24 is shown: oracle.lost.rows 2 rows in `lost`, 0 rows in `fine` under seed 1; \
                holds under 3 of 3 seeds\n";
    assert!(desk.out.contains(told), "{}", desk.out);
    let claims = desk.record("out").claims;
    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.pass && claim.fails_value > claim.mends_value));
}

#[test]
fn a_claim_that_does_not_hold_fails_the_run() {
    let swapped = HOLDS.replace("lost\"\nmends = \"fine", "fine\"\nmends = \"lost");
    let factor = format!("{HOLDS}\nmin = 1\nfactor = 3");
    for (claim, said) in [
        (
            swapped.as_str(),
            "R24 is not shown: oracle.lost.rows is 0 rows in `fine`, which fails, and 2 rows in `lost`, which \
             mends it; claimed is ≤ 0 rows in `lost` and not in `fine`",
        ),
        (
            factor.as_str(),
            "R24 is not shown: oracle.lost.rows is 2 rows in `lost`, which fails, and 0 rows in `fine`, which \
             mends it; claimed is ≥ 1 row in `fine` and at least 3 times as much in `lost`",
        ),
    ] {
        let mut desk = desk(claim);
        assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 10, "{}", desk.out);
        assert!(desk.out.contains(said), "{}", desk.out);
        assert!(desk.out.contains("R24 is NOT shown"), "{}", desk.out);
        let record = desk.record("out");
        assert_eq!(record.failing().count(), 1, "the variant that should mend it fails");
        assert!(!record.claims[0].pass);
    }
}

#[test]
fn a_figure_that_nobody_observed_shows_nothing() {
    let idle = "fails = \"lost\"\nmends = \"fine\"\nmetric = \"engine.idle.duration.p95\"\nmax = \"1s\"";
    let mut desk = desk(idle);
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 3, "{}", desk.err);
    let unseen = "fails = \"lost\"\nmends = \"fine\"\nmetric = \"oracle.stale.rows\"\nmax = 9";
    desk = self::desk(unseen);
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 10, "{}", desk.out);
    assert!(desk.out.contains("is without a figure in `lost`"), "{}", desk.out);
}

#[test]
fn a_run_without_one_of_both_variants_says_that_nothing_was_checked() {
    let mut desk = desk(HOLDS);
    assert_eq!(desk.run("-q run @ties.toml --variant fine --out @out --progress none"), 0);
    assert!(desk.err.contains("note: ties: R24 is not checked without `lost`\n"), "{}", desk.err);
    assert!(desk.record("out").claims.is_empty());
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    assert!(!desk.err.contains("not checked"), "{}", desk.err);
}

#[test]
fn the_record_of_another_claim_than_it_has_figures_for_is_refused() {
    let mut desk = desk(HOLDS);
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    let record = desk.read("out/run.json");
    for (is, bent, said) in [
        (
            "\"fails_value\": 2",
            "\"fails_value\": 7",
            "the claim R24 tells 7, and the cell ties.lost.s1 has 2",
        ),
        ("\"fails_value\": 2", "\"fails_value\": 0", "the claim R24 is missed, by its figures"),
        ("\"mends\": \"ties.fine.s1\"", "\"mends\": \"ties.fine.s2\"", "which is not there"),
    ] {
        assert!(record.contains(is), "{record}");
        desk.write("bent/run.json", &record.replace(is, bent));
        assert_eq!(desk.run("report @bent"), 2);
        assert!(desk.err.contains(said), "{}", desk.err);
    }
}
