//! Claims of scenarios, as a run holds them.

use std::fs;
use std::sync::atomic::Ordering;

use super::tests::Desk;
use crate::record::fixture::TIES;

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
             mends it; claimed is 0 rows in `lost` and not in `fine`",
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
    assert!(
        desk.err.contains("note: ties: claim R24 is not checked: variant `lost` is not run\n"),
        "{}",
        desk.err
    );
    assert!(desk.record("out").claims.is_empty());
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    assert!(!desk.err.contains("not checked"), "{}", desk.err);
}

#[test]
fn claims_of_other_seeds_and_of_sweeps_are_told_as_not_checked() {
    let mut desk = desk(HOLDS);
    let seeds = desk
        .read("ties.toml")
        .replace("[variant.fine]\nset = { seed = 1 }", "[variant.fine]\nset = { seed = 7 }");
    desk.write("seeds.toml", &seeds);
    assert_eq!(desk.run("run @seeds.toml --out @out --progress none"), 0, "{}", desk.err);
    let why = "claim R24 is not checked: `lost` and `fine` run with different seeds";
    assert!(desk.err.contains(why), "{}", desk.err);
    let sweep = "-q sweep @ties.toml --axis engine.pull.chunk_rows=64,128 --out @sweep --progress none";
    desk.run(sweep);
    let why = "claim R24 is not checked: it is about the scenario without swept keys";
    assert_eq!(desk.err.matches(why).count(), 1, "{}", desk.err);
}

/// A folder with a pair, and two scenarios that name what they show.
fn folder_of_three() -> Desk {
    let desk = Desk::new();
    let covers = |ids: &str| TIES.replacen("start =", &format!("covers = [{ids}]\nstart ="), 1);
    let pair = covers("\"R24\", \"R9\"");
    desk.write("s/ties.toml", &format!("{pair}{VARIANTS}\n[shows.R24]\n{HOLDS}\n"));
    let gate = "\n[gate.quick]\nmetric = \"engine.session.duration\"\nstat = \"p95\"\nmax = \"3s\"\n";
    desk.write("s/in/other.toml", &format!("{}{gate}", covers("\"R24\"")));
    desk.write("s/slow.toml", &format!("{}{}", covers("\"R9\", \"F7\""), gate.replace("3s", "1s")));
    desk
}

#[test]
fn coverage_has_a_line_for_each_requirement() {
    let mut desk = folder_of_three();
    assert_eq!(desk.run("coverage @s --progress none"), 10, "{}{}", desk.out, desk.err);
    let table = desk.read("s/COVERAGE.md");
    let rows = table.lines().filter(|line| line.starts_with("| R") || line.starts_with("| W"));
    assert_eq!(rows.count(), 114);
    for line in [
        "| R24 | many rows of one stamp across a page's end | `ties`: oracle.lost.rows 2 rows in `lost`, 0 rows in \
         `fine` |",
        "| R9 | work of the server for each row delivered | FAIL: `slow`; pass: `ties` |",
        "| F7 | people see their own edits, and time goes forward | FAIL: `slow` |",
        "| F8 | bounded waits and no storms | not yet there |",
    ] {
        assert!(table.contains(&format!("{line}\n")), "{line}\nis not in\n{table}");
    }
    let head = "Of 126\nrequirements 1 are shown by two variants, one that fails and one that mends it, 0 by what\n\
                scenarios expect, and 125 not yet, 2 of these as a scenario fails.";
    assert!(table.contains(head), "{table}");
    assert!(desk.out.ends_with("COVERAGE.md: 3 requirements in 3 scenarios\n"), "{}", desk.out);
}

#[test]
fn coverage_in_full_is_printed_and_not_written() {
    let mut desk = folder_of_three();
    assert_eq!(desk.run("coverage @s --full --progress none"), 10, "{}{}", desk.out, desk.err);
    for line in [
        "| R9 | ties | lost | pass | lost happens |",
        "| R24 | in/other |  | pass | engine.session.duration p95 2.48 s (≤ 3.00 s) |",
    ] {
        assert!(desk.out.contains(line), "{line}\nis not in\n{}", desk.out);
    }
    assert!(!desk.path("s/COVERAGE.md").exists());
}

#[test]
fn half_a_table_of_coverage_is_not_written() {
    let mut desk = folder_of_three();
    desk.surroundings.signals.interrupt.store(true, Ordering::Relaxed);
    let whole = "# What the scenarios show\n\nwhole";
    fs::write(desk.path("s/COVERAGE.md"), whole).unwrap();
    assert_eq!(desk.run("coverage @s --progress none"), 130);
    assert_eq!(desk.read("s/COVERAGE.md"), whole);
}

#[test]
fn a_page_of_somebody_else_is_not_written_over() {
    let mut desk = folder_of_three();
    fs::write(desk.path("s/COVERAGE.md"), "my own notes").unwrap();
    assert_eq!(desk.run("coverage @s --progress none"), 2);
    assert_eq!(desk.read("s/COVERAGE.md"), "my own notes");
    assert!(desk.err.contains("it would be written over"), "{}", desk.err);
}
