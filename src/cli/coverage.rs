//! `coverage`: which scenario shows which requirement, with what numbers.

use std::path::Path;

use super::args::{Selection, Work};
use super::console::Console;
use super::inspect::covered;
use super::refusal::Refusal;
use super::{run, sources};
use crate::campaign::Runner;
use crate::report::{self, Exit, Folder, Verdict};

/// Runs all scenarios of a folder and writes `COVERAGE.md` beside them. Of an incomplete run nothing is written: half a table would
/// look like a whole one.
pub(super) fn coverage(
    path: &Path,
    work: &Work,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    if path.is_file() {
        let text = format!("{} is one file: the table is of a folder of scenarios", path.display());
        return Err(Refusal::usage(text));
    }
    let selection = Selection { paths: vec![path.to_owned()], ..Selection::default() };
    let documents = sources::documents_of(&selection, runner, console)?;
    let plans = sources::expand(&documents, &selection, runner, console)?;
    let folder = Folder::create(path).map_err(|e| Refusal::environment(e.to_string()))?;
    let mut campaign = run::campaign(&plans, runner, work, &run::options(work, false), console);
    let claims = report::hold_claims(&plans, &mut campaign.judged);
    let record = report::assemble("", &plans, campaign.judged, &campaign.notes);
    let record = report::RunRecord { claims, ..record };
    let exit = Exit::of(record.exit_code);
    for cell in record.failing() {
        for reason in &cell.reasons {
            console.complaint(&format!("FAIL {}: {}\n", cell.id, reason.text));
        }
    }
    if record.verdict == Verdict::Incomplete || !record.complete {
        console.complaint("not all cells ran to their end: COVERAGE.md is left as it was\n");
        return Ok(exit);
    }
    let covered: Vec<report::Covered> = documents.iter().map(covered).collect();
    let page = report::coverage(&covered, &record);
    folder.put("COVERAGE.md", page.as_bytes()).map_err(|e| Refusal::environment(e.to_string()))?;
    let ids: std::collections::BTreeSet<&String> = covered.iter().flat_map(|covered| &covered.ids).collect();
    console.result(&format!(
        "{}: {} in {}\n",
        folder.path().join("COVERAGE.md").display(),
        report::human::count(ids.len() as u64, "requirement"),
        report::human::count(documents.len() as u64, "scenario"),
    ));
    Ok(exit)
}
