//! `replay`: runs one cell (one simulation) again.

use std::path::{Path, PathBuf};

use super::args::ReplayArgs;
use super::console::Console;
use super::refusal::{Refusal, near};
use super::{inputs, sources, written};
use crate::analysis::{Held, Recorded};
use crate::base::words::there_is;
use crate::base::{Key, escape_path};
use crate::campaign::{self, Record};
use crate::record::{self, Build, CellRecord, Exit, RunRecord, Verdict};
use crate::scenario::Plan;
use crate::world::{Unrunnable, Unwatched};
use crate::{analysis, render};

pub(super) struct Target {
    pub(super) plan: Plan,
    id: String,
    recorded: Option<Recorded>,
    again: String,
}

pub(super) fn replay(args: &ReplayArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let target = match recorded(&args.what)? {
        Some((run, cell)) => from_record(&run, cell.as_deref(), console)?,
        None => from_file(Path::new(&args.what), console)?,
    };
    for out in args.trace.iter().chain(&args.requests).chain(&args.history) {
        written::refuse_existing_file(out)?;
    }
    // Both outputs can go to an existing device, such as a terminal.
    if let Some(both) =
        args.trace.as_ref().filter(|trace| args.requests.as_ref() == Some(trace) && !trace.exists())
    {
        let both = escape_path(both);
        return Err(Refusal::usage(format!(
            "{both} cannot hold both the timeline and the requests: give two files"
        )));
    }
    let records = args.record.iter().map(|text| record(&target.plan, text));
    let records: Vec<Record> = records.collect::<anyhow::Result<_>>()?;
    let signals = console.surroundings.signals.clone();
    signals.heed();
    let interrupted = || signals.any();
    let recorded = target.recorded.as_ref();
    let (judged, held) =
        campaign::replay(&target.plan, &target.id, recorded, &records, console.runner, &interrupted);
    let mut run = analysis::judge_alone(&target.plan, judged);
    run.cells[0].replay.clone_from(&target.again);
    known(&target.plan, &args.record, &records, &run.cells[0], console)?;
    let (paint, verbose) = (console.out_paint(), console.voice.verbose);
    // The lives (all events) of records that the user named are printed in full, at the end.
    let lives = std::mem::take(&mut run.cells[0].lives);
    if console.voice.quiet {
        let again: String = run.failing().map(|cell| format!("{}\n", cell.replay)).collect();
        console.result(&(render::headline(&run, paint) + &render::reasons(&run) + &again));
    } else {
        console.result(&render::story(&run, paint, console.columns(), verbose));
    }
    run.cells[0].lives = lives;
    let cell = &run.cells[0];
    if !records.is_empty() {
        console.result(&render::lives(cell));
    }
    let other_build = recorded.and_then(|recorded| recorded.other_build.as_deref());
    console.result(&digest_line(cell, held, other_build));
    if let Some(path) = &args.trace {
        traced(&target, path, console)?;
    }
    if let Some(path) = &args.requests {
        log_requests(&target.plan, path, console)?;
    }
    if let Some(path) = &args.history {
        recorded_as_history(&target.plan, path, console)?;
    }
    let stopped = signals.exit().filter(|_| cell.verdict == Verdict::Incomplete);
    Ok(Exit::first([Exit::of(run.exit_code)].into_iter().chain(stopped)))
}

fn log_requests(plan: &Plan, path: &Path, console: &mut Console<'_>) -> anyhow::Result<()> {
    /// The largest number of requests in a log.
    const REQUESTS_MAX: usize = 1_000_000;
    let log = console.runner.requests(plan, REQUESTS_MAX, &Unwatched).map_err(unrunnable)?;
    let mut csv = Vec::new();
    record::requests(&log.requests, plan.start, &mut csv)?;
    written::replace(path, &csv)?;
    let requests = log.requests.len();
    console.remark(&format!("{}: {requests} requests{}\n", escape_path(path), left_out(log.left_out)));
    Ok(())
}

fn recorded_as_history(plan: &Plan, path: &Path, console: &mut Console<'_>) -> anyhow::Result<()> {
    let (lines, unsaid) = super::recorded::recorded(plan, console.runner)?;
    written::replace(path, &lines)?;
    let shown = escape_path(path);
    if let Some(unsaid) = unsaid {
        console.complaint(&format!("warning: a history cannot contain everything that happened: {unsaid}\n"));
    }
    console.remark(&format!("{shown}: {} lines\n", lines.iter().filter(|byte| **byte == b'\n').count()));
    Ok(())
}

fn traced(target: &Target, path: &Path, console: &mut Console<'_>) -> anyhow::Result<()> {
    let signals = console.surroundings.signals.clone();
    let Ok(traced) = campaign::trace(&target.plan, &target.id, console.runner, &|| signals.any()) else {
        // The replay has already printed the reason.
        return Ok(());
    };
    written::replace(path, traced.timeline.as_bytes())?;
    console.remark(&format!("timeline: {}{}\n", escape_path(path), left_out(traced.left_out)));
    Ok(())
}

fn left_out(number: u64) -> String {
    if number == 0 { String::new() } else { format!("; {number} more were left out") }
}

fn unrunnable(error: Unrunnable) -> anyhow::Error {
    Refusal::because(Exit::Invalid, error.to_string())
}

fn digest_line(cell: &CellRecord, held: Held, other_build: Option<&str>) -> String {
    let digest = &cell.digest;
    let builds = other_build.map_or_else(String::new, |build| {
        format!("the record is of {build}, but this is {}\n", Build::this())
    });
    match held {
        Held::Same => format!("{builds}digest {digest}: the same as recorded\n"),
        Held::OtherFigures => format!("digest {digest}: the same as recorded, but figures differ\n{builds}"),
        Held::Other => format!("digest {digest}: NOT the same as recorded\n{builds}"),
        Held::Nothing if cell.verdict == Verdict::Incomplete => {
            "the cell did not complete, so there is no digest to compare\n".to_owned()
        }
        Held::Nothing => format!("digest {digest}: the record has no digest to compare with\n"),
    }
}

/// Splits `RUN#CELL`. RUN is a report's folder or its `run.json`. `None` if it is neither.
pub(super) fn recorded(what: &str) -> anyhow::Result<Option<(PathBuf, Option<String>)>> {
    let as_run = |path: &str| {
        sources::record_file(Path::new(path)).filter(|file| file.extension().is_some_and(|e| e == "json"))
    };
    if let Some(file) = as_run(what) {
        return Ok(Some((file, None)));
    }
    let Some((run, cell)) = what.rsplit_once('#') else { return Ok(None) };
    let file = as_run(run).ok_or_else(|| Refusal::usage(format!("there is no report in {run}")))?;
    Ok(Some((file, Some(cell.to_owned()))))
}

pub(super) fn from_record(json: &Path, cell: Option<&str>, console: &Console<'_>) -> anyhow::Result<Target> {
    let text = sources::read_run(json)?;
    let run = RunRecord::parse(&text).map_err(|e| Refusal::usage(format!("{}: {e}", escape_path(json))))?;
    let cell = chosen(&run, cell)?;
    let lacks = || Refusal::usage(format!("the record does not contain the scenario of {}", cell.id));
    let resolved = run.resolved.get(&cell.resolved).ok_or_else(lacks)?;
    let folder = json.parent().unwrap_or(Path::new("."));
    let seed = cell.seed.parse().map_err(|_| Refusal::usage(format!("{} has no seed", cell.id)))?;
    let (text, path) = inputs::from_copies(&run, &cell.resolved, folder)
        .unwrap_or_else(|| (resolved.clone(), PathBuf::from(&cell.path)));
    let mut plan = sources::one_plan(&text, &path, Some(seed), console)?;
    plan.source_mut().variant = cell.variant.clone();
    let build = run.build_of(cell);
    let recorded = Recorded {
        digest: cell.digest.clone(),
        figures_digest: cell.figures_digest.clone(),
        other_build: (!build.is_this()).then(|| build.to_string()),
    };
    let again = record::replay_command(&escape_path(folder), &cell.id);
    let known = !recorded.digest.is_empty() && cell.verdict != Verdict::Incomplete;
    Ok(Target { plan, id: cell.id.clone(), recorded: known.then_some(recorded), again })
}

fn chosen<'a>(run: &'a RunRecord, id: Option<&str>) -> anyhow::Result<&'a CellRecord> {
    const LISTED: usize = 20;
    let list = || {
        let ids: Vec<&str> = run.cells.iter().take(LISTED).map(|cell| cell.id.as_str()).collect();
        let more = if run.cells.len() > LISTED { ", …" } else { "" };
        format!("the cells of this run are {}{more}", ids.join(", "))
    };
    match id {
        Some(id) => run.cell(id).ok_or_else(|| Refusal::usage(format!("there is no cell {id}; {}", list()))),
        None => match (run.cells.as_slice(), run.failing().collect::<Vec<_>>().as_slice()) {
            ([only], _) => Ok(only),
            (_, [failing]) => Ok(failing),
            _ => Err(Refusal::usage(format!("the run has several cells: write RUN#CELL; {}", list()))),
        },
    }
}

fn from_file(path: &Path, console: &Console<'_>) -> anyhow::Result<Target> {
    let text = sources::read(path)?;
    let plan = sources::one_plan(&text, path, None, console)?;
    let id = analysis::cell_ids(std::slice::from_ref(&plan)).remove(0);
    let head = record::repro_head(&text);
    let other_build = match head.source {
        Some(source) if source == Build::this().source => None,
        Some(source) => Some(format!("build {} of syncdyno", source.chars().take(12).collect::<String>())),
        None => Some("an unknown build".to_owned()),
    };
    let figures_digest = head.figures_digest.unwrap_or_default().to_owned();
    let recorded =
        head.digest.map(|digest| Recorded { digest: digest.to_owned(), figures_digest, other_build });
    let again = record::replay_file(&escape_path(path));
    Ok(Target { plan, id, recorded, again })
}

fn known(
    plan: &Plan,
    texts: &[String],
    records: &[Record],
    cell: &CellRecord,
    console: &Console<'_>,
) -> anyhow::Result<()> {
    for (text, (entity, key)) in texts.iter().zip(records) {
        let name = analysis::record_name(&plan.schema, &(*entity, key.clone()));
        let silent = |life: &record::LifeRecord| life.record == name && life.lines.is_empty();
        if !cell.lives.iter().any(silent) {
            continue;
        }
        let keys = console.runner.keys(plan, *entity).map_err(unrunnable)?;
        if !keys.contains(key) {
            let near = near(key.as_str(), keys.iter().map(Key::as_str));
            return Err(Refusal::usage(format!("there is no record {text}{near}")));
        }
    }
    Ok(())
}

pub(super) fn record(plan: &Plan, text: &str) -> anyhow::Result<Record> {
    let (name, key) = text
        .split_once('/')
        .ok_or_else(|| Refusal::usage(format!("`{text}` must have the form ENTITY/KEY")))?;
    let entity = plan.schema.find(name).ok_or_else(|| {
        let names: Vec<&str> = plan.schema.entities.iter().map(|e| e.name.as_str()).collect();
        let known = format!("{} {}", there_is(names.len()), names.join(", "));
        Refusal::usage(format!("there is no entity `{name}`; {known}"))
    })?;
    Ok((entity, Key::new(key)))
}
