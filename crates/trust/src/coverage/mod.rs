//! `coverage`: runs a folder of scenarios and writes what each requirement's scenarios show, with
//! figures.

mod table;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use syncdyno::campaign::InProcess;
use syncdyno::cli::{Surroundings, execute};
use syncdyno::record::{Exit, Folder, RunRecord, Verdict};
use syncdyno::render::reasons_of;
use syncdyno::world::Stacks;
use syncdyno_contract::base::escape_path;
use syncdyno_oracle::metrics::human::count;
use syncdyno_scenario::scenario::Document;

use crate::ending::{Ending, complain, say};
use table::{Covered, is_coverage};

const NAME: &str = "COVERAGE.md";

/// Writes `COVERAGE.md` into the folder of the scenarios. After an incomplete run it writes
/// nothing, because the table would look complete.
pub(crate) fn coverage(path: &Path, options: &[OsString]) -> Ending {
    if path.is_file() {
        let text = format!("{} is one file: the table is of a folder of scenarios", escape_path(path));
        return Err((Exit::Usage, text));
    }
    let page = path.join(NAME);
    if page.exists() && !is_coverage(&fs::read_to_string(&page).unwrap_or_default()) {
        let text = format!("{} is not a table of coverage and would be overwritten", escape_path(page));
        return Err((Exit::Usage, text));
    }
    let environment = |e: &dyn ToString| (Exit::Environment, e.to_string());
    let desk = tempfile::tempdir().map_err(|e| environment(&e))?;
    let report = desk.path().join("report");
    let exit = run(path, &report, options);
    // If nothing was run, the command has already reported the reason.
    let Ok(text) = fs::read_to_string(report.join("run.json")) else { return Ok(exit) };
    let record = RunRecord::parse(&text).map_err(|e| (Exit::Internal, e.to_string()))?;
    for cell in record.failing() {
        for reason in reasons_of(cell) {
            complain(&format!("FAIL {}: {reason}", cell.id));
        }
    }
    if record.verdict == Verdict::Incomplete || !record.complete {
        complain("not all cells completed: COVERAGE.md is unchanged");
        return Ok(exit);
    }
    let paths: BTreeSet<&str> = record.cells.iter().map(|cell| cell.path.as_str()).collect();
    let covered: Vec<Covered> = paths.iter().map(|of| covered(of, path)).collect::<Result<_, _>>()?;
    let folder = Folder::create(path).map_err(|e| environment(&e))?;
    folder.put(NAME, table::coverage(&covered, &record).as_bytes()).map_err(|e| environment(&e))?;
    let ids: BTreeSet<&String> = covered.iter().flat_map(|covered| &covered.ids).collect();
    let [ids, scenarios] =
        [(ids.len(), "requirement"), (covered.len(), "scenario")].map(|(n, name)| count(n as u64, name));
    say(&format!("{}: {ids} in {scenarios}", escape_path(page)));
    Ok(exit)
}

/// Runs the scenarios like `syncdyno run`.
fn run(path: &Path, report: &Path, options: &[OsString]) -> Exit {
    let words = ["syncdyno".as_ref(), "run".as_ref(), path.as_os_str(), "--out".as_ref(), report.as_os_str()];
    let words = words.into_iter().chain(options.iter().map(OsString::as_os_str));
    let stacks = InProcess(Stacks::builtin().with(syncdyno_js::stack()));
    let surroundings =
        Surroundings { err_is_terminal: io::stderr().is_terminal(), ..Surroundings::default() };
    execute(words, &stacks, &surroundings, &mut io::sink(), &mut io::stderr())
}

fn covered(of: &str, folder: &Path) -> Result<Covered, (Exit, String)> {
    let path = Path::new(of);
    let text =
        fs::read_to_string(path).map_err(|e| (Exit::Environment, format!("{}: {e}", escape_path(path))))?;
    let document = Document::of_file(path, &text).map_err(|e| (Exit::Invalid, e.to_string()))?;
    let name = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    let ids = document.covers().into_iter().map(str::to_owned).collect();
    Ok(Covered { name: parts.join("/"), path: of.to_owned(), ids })
}

#[cfg(test)]
mod tests;
