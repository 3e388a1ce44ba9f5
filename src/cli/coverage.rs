//! `coverage`: what a folder of scenarios shows, with figures.

use std::collections::BTreeSet;
use std::path::Path;

use super::args::Selection;
use super::console::Console;
use super::progress::Progress;
use super::refusal::Refusal;
use super::sources::{self, Values};
use super::work::Work;
use crate::base::inert_path;
use crate::record::{Exit, Folder, Verdict};
use crate::render::{self, Covered};
use crate::scenario::Document;
use crate::{analysis, metrics};

/// Writes `COVERAGE.md` next to scenarios; not for an incomplete run, as it would look complete.
pub(super) fn coverage(path: &Path, work: &Work, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    if path.is_file() {
        let text = format!("{} is one file: the table is of a folder of scenarios", inert_path(path));
        return Err(Refusal::usage(text));
    }
    let table = path.join("COVERAGE.md");
    let there = std::fs::read_to_string(&table).unwrap_or_default();
    if table.exists() && !render::is_coverage(&there) {
        let text = format!("{} is not a table of coverage and would be overwritten", inert_path(table));
        return Err(Refusal::usage(text));
    }
    let selection = Selection { paths: vec![path.to_owned()], ..Selection::default() };
    let documents = sources::documents(&selection.paths, console)?;
    let plans = sources::combined(&documents, &selection, Values::new(), console)?;
    let folder = Folder::create(path).map_err(|e| Refusal::environment(e.to_string()))?;
    let progress = Progress::new(work.progress, &plans, console);
    let campaign = progress.run(&plans, None, (work, false), None, console);
    let record = analysis::assemble("", &plans, campaign.judged, &campaign.notes);
    let exit = Exit::of(record.exit_code);
    for cell in record.failing() {
        for reason in render::reasons_of(cell) {
            console.complaint(&format!("FAIL {}: {reason}\n", cell.id));
        }
    }
    if record.verdict == Verdict::Incomplete || !record.complete {
        console.complaint("not all cells completed: COVERAGE.md is unchanged\n");
        return Ok(exit);
    }
    let covered: Vec<Covered> = documents.iter().map(|document| covered(document, path)).collect();
    let page = render::coverage(&covered, &record);
    folder.put("COVERAGE.md", page.as_bytes()).map_err(|e| Refusal::environment(e.to_string()))?;
    let ids: BTreeSet<&String> = covered.iter().flat_map(|covered| &covered.ids).collect();
    console.result(&format!(
        "{}: {} in {}\n",
        inert_path(folder.path().join("COVERAGE.md")),
        metrics::human::count(ids.len() as u64, "requirement"),
        metrics::human::count(documents.len() as u64, "scenario"),
    ));
    Ok(exit)
}

fn covered(document: &Document, folder: &Path) -> Covered {
    let path = Path::new(document.path());
    let name = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    Covered {
        name: parts.join("/"),
        path: document.path().to_owned(),
        ids: document.covers().into_iter().map(str::to_owned).collect(),
    }
}
