//! Puts the record of a run together from its cells, without a verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Build;
use super::exit::Exit;
use super::figures::FiguresRecord;
use super::repro::replay_command;
use super::run::{Judged, RunRecord, SCHEMA_VERSION, ScenarioRecord, Tool, Verdict};
use super::tuned::TuneRecord;
use crate::base::Digest;
use crate::scenario::Plan;

/// Something that concerns the run as a whole and not one of its cells: what stopped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub exit: Exit,
    pub text: String,
    /// All cells ran to their end, and it came while the failing ones were explained.
    pub is_after_cells: bool,
}

/// What notes say, and the exit code that each alone would give.
const NOTES: [(&str, Exit); 5] = [
    ("interrupted", Exit::Interrupted),
    ("terminated", Exit::Terminated),
    ("stopped at the time limit", Exit::TimeLimit),
    ("stopped at the first failing cell", Exit::Success),
    (UNWRITTEN, Exit::Success),
];
/// Of a report that found no room: that is for the program's exit code, not for the run's.
pub const UNWRITTEN: &str = "not all of the report was written";

impl Note {
    /// What stopped a run that came so far; of success, a cell that failed.
    pub fn stopped(exit: Exit, how_far: &str) -> Note {
        let said = NOTES.iter().find(|(_, of)| *of == exit).map_or("stopped", |(said, _)| said);
        Note { exit, text: format!("{said}: {how_far}"), is_after_cells: false }
    }
    /// What stopped a run between its last cell and its record.
    pub fn unexplained(exit: Exit) -> Note {
        let how_far = "all cells ran to their end, but not all failing ones are explained";
        Note { is_after_cells: true, ..Note::stopped(exit, how_far) }
    }
}

/// The record of a run of `plans` before its verdict: of the cells that came to an outcome, to be
/// kept in `folder`.
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
    let resolved: BTreeMap<String, String> = plans
        .iter()
        .filter(|plan| named.contains(plan.source.digest.as_str()))
        .map(|plan| (plan.source.digest.clone(), plan.source.resolved.to_string()))
        .collect();
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

/// The record of a run that has only begun: who finds it finds what cut the run off.
pub fn begun(folder: &str, plans: &[Plan], cut_off: Exit, tune: Option<&TuneRecord>) -> RunRecord {
    let exit_code = cut_off.code();
    RunRecord { exit_code, tune: tune.cloned(), ..unjudged(folder, plans, Vec::new(), &[]) }
}

/// The scenario of plans; of several, names and paths in one line, and a digest over all.
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

/// The name of a run: scenario, seed, short digest; known before anything runs.
pub fn run_id(plans: &[Plan]) -> String {
    let seeds = plans.iter().map(|plan| plan.seed.0).collect();
    named(plans, &seeds, &scenario_of(plans).digest)
}

/// The name of a search that runs `plans` first: as that of a run, with all of its seeds and its
/// own digest, so that another search of the scenario is another run.
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
