//! The table of a folder's scenarios, with one line per requirement.

use std::collections::BTreeSet;

use syncdyno::record::{CellRecord, ClaimRecord, RunRecord, Verdict};
use syncdyno::render::both_figures;
use syncdyno_scenario::scenario::REQUIREMENTS;

pub(super) struct Covered {
    /// Its path in the folder, without `.toml`.
    pub(super) name: String,
    /// The path from which it was read. The run's record has the same path.
    pub(super) path: String,
    pub(super) ids: Vec<String>,
}

/// The first line of the table. A file with another first line is not ours, and is not overwritten.
const HEADING: &str = "# What the scenarios show";

pub(super) fn is_coverage(page: &str) -> bool {
    page.lines().next() == Some(HEADING)
}

/// Writes `COVERAGE.md`. For each requirement, it names the pair of variants or the scenarios that
/// show it.
pub(super) fn coverage(covered: &[Covered], record: &RunRecord) -> String {
    let mut rows = String::new();
    let mut row = |id: &str, title: &str, shown: &str| {
        rows += &format!("| {id} | {title} | {} |\n", shown.replace('|', r"\|"));
    };
    let (mut pairs, mut others, mut failing) = (0, 0, 0);
    for requirement in REQUIREMENTS {
        let claims = claims(covered, record, requirement.id);
        let scenarios = naming(covered, record, requirement.id);
        let (shown, count) = match (claims.as_slice(), scenarios.as_slice()) {
            ([], []) => {
                row(requirement.id, requirement.title, "not yet there");
                continue;
            }
            ([], all) if all.iter().all(|(_, passes)| *passes) => (by_verdict(all), &mut others),
            ([], all) => (by_verdict(all), &mut failing),
            (claims, _) if holds(claims) => (told(claims), &mut pairs),
            (claims, _) => (told(claims), &mut failing),
        };
        *count += 1;
        row(requirement.id, requirement.title, &shown);
    }
    let all = REQUIREMENTS.len();
    let left = all - pairs - others;
    let failing =
        if failing > 0 { format!(", {failing} of these because a scenario fails") } else { String::new() };
    format!(
        "{HEADING}\n\nWritten by `trust coverage`. Every number is simulated, and the same on \
         every machine.\n{pairs} of {all} requirements are shown by two variants, one that fails \
         and one that passes; {others} by\nexpectations of scenarios; {left} not \
         yet{failing}.\n\n| id | what | shown by |\n| --- | --- | --- |\n{rows}"
    )
}

/// A claim, its scenario, and two cells: one fails, and the other does not.
type Claimed<'a> = (&'a ClaimRecord, &'a str, [&'a CellRecord; 2]);

fn claims<'a>(covered: &'a [Covered], record: &'a RunRecord, id: &str) -> Vec<Claimed<'a>> {
    let claimed = |claim: &'a ClaimRecord| {
        let cells = [record.cell(&claim.fails)?, record.cell(&claim.mends)?];
        let named = covered.iter().find(|one| one.path == cells[1].path)?;
        Some((claim, named.name.as_str(), cells))
    };
    let of_id = record.claims.iter().filter(|claim| claim.id == id);
    let mut claims: Vec<Claimed<'a>> = of_id.filter_map(claimed).collect();
    claims.sort_by_key(|(_, name, _)| *name);
    claims
}

fn naming<'a>(covered: &'a [Covered], record: &RunRecord, id: &str) -> Vec<(&'a str, bool)> {
    let named = covered.iter().filter(|one| one.ids.iter().any(|other| other == id));
    let passes = |one: &Covered| {
        record.cells.iter().filter(|cell| cell.path == one.path).all(|c| c.verdict == Verdict::Pass)
    };
    let mut found: Vec<(&str, bool)> = named.map(|one| (one.name.as_str(), passes(one))).collect();
    found.sort_unstable();
    found
}

fn holds(claims: &[Claimed<'_>]) -> bool {
    claims.iter().all(|(claim, ..)| claim.pass)
}

/// The first pair with both figures, and the scenarios of the other pairs.
fn told(claims: &[Claimed<'_>]) -> String {
    let (claim, name, cells) = &claims[0];
    let more: BTreeSet<&str> = claims[1..].iter().map(|(_, other, _)| *other).filter(|n| n != name).collect();
    let more: String = more.iter().map(|name| format!("; also `{name}`")).collect();
    let failing = cells[0].variant.as_deref().unwrap_or_default();
    let wrong = if holds(claims) { "" } else { "FAIL " };
    format!("{wrong}`{name}`: {}{more}", both_figures(claim, cells[1], failing))
}

fn by_verdict(scenarios: &[(&str, bool)]) -> String {
    let list = |(verdict, pass): (&str, bool)| {
        let names = scenarios.iter().filter(|(_, passes)| *passes == pass);
        let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("{verdict}: {}", names.join(", ")))
    };
    [("FAIL", false), ("pass", true)].into_iter().filter_map(list).collect::<Vec<_>>().join("; ")
}
