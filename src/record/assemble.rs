//! Builds the record of a run from its cells, without a verdict.
//!
//! A cell is one simulation: one variant and one seed. A plan describes a cell before it runs.

use std::collections::BTreeSet;

use super::build::Build;
use super::exit::Exit;
use super::figures::FiguresRecord;
use super::repro::replay_command;
use super::run::{Judged, RunRecord, SCHEMA_VERSION, ScenarioRecord, Tool, Verdict};
use super::tuned::TuneRecord;
use crate::base::Digest;
use crate::scenario::Plan;

/// The reason why a whole run stopped early, or did not write its whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub exit: Exit,
    pub text: String,
    /// True if the run stopped after all cells had ended, while it explained the failing ones.
    pub is_after_cells: bool,
}

/// The text of each kind of note, and the exit code of a run that has only this note.
const NOTES: [(&str, Exit); 5] = [
    ("interrupted", Exit::Interrupted),
    ("terminated", Exit::Terminated),
    ("stopped at the time limit", Exit::TimeLimit),
    ("stopped at the first failing cell", Exit::Success),
    (UNWRITTEN, Exit::Success),
];
/// The note for a full disk. It changes the exit code of the program, but not of the run.
pub const UNWRITTEN: &str = "not all of the report was written";

impl Note {
    /// `exit` says why the run stopped. `Success` means that it stopped at the first failing cell.
    pub fn stopped(exit: Exit, how_far: &str) -> Note {
        let said = NOTES.iter().find(|(_, of)| *of == exit).map_or("stopped", |(said, _)| said);
        Note { exit, text: format!("{said}: {how_far}"), is_after_cells: false }
    }
    /// The note of a run that stopped after its last cell, while failing cells were explained.
    pub fn unexplained(exit: Exit) -> Note {
        let how_far = "all cells completed, but not all failing ones are explained";
        Note { is_after_cells: true, ..Note::stopped(exit, how_far) }
    }
}

/// The record of a run without its verdict. The run's report goes to `folder`.
pub fn unjudged(folder: &str, plans: &[Plan], judged: Vec<Judged>, notes: &[Note]) -> RunRecord {
    let ended = judged.iter().filter(|j| j.cell.verdict != Verdict::Incomplete).count();
    let mut cells = Vec::with_capacity(judged.len());
    let mut gates = Vec::new();
    for Judged { mut cell, gates: of_cell, .. } in judged {
        cell.replay = replay_command(folder, &cell.id);
        cells.push(cell);
        gates.extend(of_cell);
    }
    let figures = FiguresRecord::of(cells.iter().map(|cell| &cell.metrics));
    cells.iter_mut().for_each(|cell| cell.leave_out(&figures));
    let named: BTreeSet<&str> = cells.iter().map(|cell| cell.resolved.as_str()).collect();
    let sources = plans.iter().map(|plan| &plan.source).filter(|of| named.contains(of.digest.as_str()));
    let resolved = sources.map(|of| (of.digest.clone(), of.resolved.to_string())).collect();
    RunRecord {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool::this(),
        build: Build::this().clone(),
        complete: ended == plans.len() && !notes.iter().any(|note| note.is_after_cells),
        scenario: scenario_of(plans),
        figures,
        cells,
        gates,
        planned_cells: plans.len() as u64,
        notes: notes.iter().map(|note| note.text.clone()).collect(),
        resolved,
        ..RunRecord::default()
    }
}

/// The record that a run writes at its start. If the run is killed, the record stays on disk, and
/// its exit code is `cut_off`.
pub fn begun(folder: &str, plans: &[Plan], cut_off: Exit, tune: Option<&TuneRecord>) -> RunRecord {
    let exit_code = cut_off.code();
    RunRecord { exit_code, tune: tune.cloned(), ..unjudged(folder, plans, Vec::new(), &[]) }
}

/// Describes the scenarios of `plans`: one line with all names, one with all paths, and one digest.
pub fn scenario_of(plans: &[Plan]) -> ScenarioRecord {
    let list = |texts: BTreeSet<&str>| texts.into_iter().collect::<Vec<_>>().join(" ");
    let digests: BTreeSet<&str> = plans.iter().map(|plan| plan.source.digest.as_str()).collect();
    let digest = if digests.len() > 1 {
        let mut all = Digest::new();
        digests.into_iter().for_each(|digest| all.text(digest));
        all.hex()
    } else {
        list(digests)
    };
    ScenarioRecord {
        name: list(plans.iter().map(|plan| plan.source.scenario.as_str()).collect()),
        path: list(plans.iter().map(|plan| plan.source.path.as_str()).collect()),
        digest,
    }
}

/// The id of a run: scenario, seed, short digest. The id is known before the run starts.
pub fn run_id(plans: &[Plan]) -> String {
    let seeds = plans.iter().map(|plan| plan.seed.0).collect();
    named(plans, &seeds, &scenario_of(plans).digest)
}

/// The id of a search whose first cells are `plans`. It contains all `seeds` and the digest of the
/// search, so that 2 different searches of one scenario have different ids.
pub fn search_id(plans: &[Plan], seeds: &[String], digest: &str) -> String {
    named(plans, &seeds.iter().filter_map(|seed| seed.parse().ok()).collect(), digest)
}

fn named(plans: &[Plan], seeds: &BTreeSet<u64>, digest: &str) -> String {
    let names: BTreeSet<&str> = plans.iter().map(|plan| plan.source.scenario.as_str()).collect();
    let name = match names.len() {
        1 => scenario_of(plans).name,
        n => format!("{n}-scenarios"),
    };
    let seeds = match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) if first < last => format!("{first}-to-{last}"),
        (Some(only), _) => only.to_string(),
        (None, _) => "none".to_owned(),
    };
    let short: String = digest.chars().take(8).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    format!("{name}-{seeds}-{short}").chars().map(plain).collect()
}
