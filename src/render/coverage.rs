//! What a folder of scenarios shows, a line each.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::both_figures;
use super::grid::Grid;
use crate::analysis::variant;
use crate::record::{CellRecord, ClaimRecord, RunRecord, Verdict};
use crate::scenario::REQUIREMENTS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Where it lies in its folder, without `.toml`.
    pub name: String,
    /// Where it was read, as its cells say.
    pub path: String,
    pub ids: Vec<String>,
}

/// The heading of the table: a page without it is somebody else's.
const HEADING: &str = "# What the scenarios show";

/// Whether `page` is a table that `syncdyno coverage` wrote.
pub fn is_coverage(page: &str) -> bool {
    page.lines().next() == Some(HEADING)
}

/// `COVERAGE.md`: for each requirement the pair of variants that shows it, with both numbers, or
/// the scenarios that show it by what they expect, or that none does.
pub fn coverage(covered: &[Covered], record: &RunRecord) -> String {
    let shows = Shows::new(covered, record);
    let mut grid = Grid::new(3, ["id", "what", "shown by"]);
    let (mut pairs, mut others, mut failing) = (0, 0, 0);
    for requirement in REQUIREMENTS {
        let (claims, scenarios) = (shows.claims(requirement.id), shows.others(requirement.id));
        let (shown, count) = match (claims.is_empty(), scenarios.is_empty()) {
            (false, _) if holds(&claims) => (told(&claims), &mut pairs),
            (false, _) => (told(&claims), &mut failing),
            (true, false) if scenarios.iter().all(|(_, passes)| *passes) => {
                (by_verdict(&scenarios), &mut others)
            }
            (true, false) => (by_verdict(&scenarios), &mut failing),
            (true, true) => {
                grid.row([requirement.id, requirement.title, "not yet there"]);
                continue;
            }
        };
        *count += 1;
        grid.row([requirement.id, requirement.title, &shown]);
    }
    let all = REQUIREMENTS.len();
    let left = all - pairs - others;
    let failing =
        if failing > 0 { format!(", {failing} of these as a scenario fails") } else { String::new() };
    format!(
        "{HEADING}\n\n\
         Written by `syncdyno coverage`. Every number is simulated, and the same on every machine.\n\
         {pairs} of {all} requirements are shown by two variants, one that fails and one that mends it; {others} by\n\
         what scenarios expect; {left} not yet{failing}.\n\n{}",
        grid.markdown()
    )
}

struct Shows<'a> {
    covered: &'a [Covered],
    record: &'a RunRecord,
    cells: BTreeMap<&'a str, &'a CellRecord>,
}

struct Claimed<'a> {
    claim: &'a ClaimRecord,
    name: &'a str,
    cells: [&'a CellRecord; 2],
}

impl<'a> Shows<'a> {
    fn new(covered: &'a [Covered], record: &'a RunRecord) -> Shows<'a> {
        let cells = record.cells.iter().map(|cell| (cell.id.as_str(), cell)).collect();
        Shows { covered, record, cells }
    }
    fn claims(&self, id: &str) -> Vec<Claimed<'a>> {
        let of_id = self.record.claims.iter().filter(|claim| claim.id == id);
        let mut claims: Vec<Claimed<'a>> = of_id
            .filter_map(|claim| {
                let cells = [&claim.fails, &claim.mends].map(|id| self.cells.get(id.as_str()).copied());
                let [Some(fails), Some(mends)] = cells else { return None };
                let name = self.covered.iter().find(|one| one.path == mends.path)?;
                Some(Claimed { claim, name: &name.name, cells: [fails, mends] })
            })
            .collect();
        claims.sort_by_key(|one| one.name);
        claims
    }

    fn others(&self, id: &str) -> Vec<(&'a str, bool)> {
        let named = self.covered.iter().filter(|one| one.ids.iter().any(|other| other == id));
        let mut found: Vec<(&str, bool)> = named.map(|one| (one.name.as_str(), self.passes(one))).collect();
        found.sort_unstable();
        found
    }
    fn passes(&self, one: &Covered) -> bool {
        self.record.cells.iter().filter(|cell| cell.path == one.path).all(|c| c.verdict == Verdict::Pass)
    }
}

fn holds(claims: &[Claimed<'_>]) -> bool {
    claims.iter().all(|one| one.claim.pass)
}

/// The first pair with both numbers, and the scenarios of the others.
fn told(claims: &[Claimed<'_>]) -> String {
    let Claimed { claim, name, cells } = &claims[0];
    let more: BTreeSet<&str> = claims[1..].iter().map(|one| one.name).filter(|n| n != name).collect();
    let more: String = more.iter().map(|name| format!("; also `{name}`")).collect();
    let wrong = if holds(claims) { "" } else { "FAIL " };
    format!("{wrong}`{name}`: {}{more}", both_figures(claim, cells[1], variant(cells[0])))
}

fn by_verdict(scenarios: &[(&str, bool)]) -> String {
    let list = |pass: bool| {
        let names = scenarios.iter().filter(|(_, passes)| *passes == pass);
        names.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let parts = [("FAIL", list(false)), ("pass", list(true))];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    parts.map(|(verdict, names)| format!("{verdict}: {names}")).collect::<Vec<_>>().join("; ")
}
