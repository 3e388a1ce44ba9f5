//! `run`: cells, a report, a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::args::{Format, RunArgs, Work};
use super::console::Console;
use super::inputs::{self, Input};
use super::progress::Progress;
use super::refusal::Refusal;
use super::{baseline, sources};
use crate::campaign::{self, Campaign, Runner, Stopwatch};
use crate::metrics::Sample;
use crate::report::{self, Baseline, Exit, Folder, FolderError, Part, RunRecord, SweepRecord, Timing};
use crate::scenario::Plan;

/// Runs `run`.
pub(super) fn run(args: &RunArgs, runner: &dyn Runner, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let plans = sources::plans(&args.selection, runner, console)?;
    let baseline = args.baseline.as_deref().map(baseline::load).transpose()?;
    sources::remark_on(&plans, console);
    let baseline = args.baseline.as_deref().zip(baseline.as_ref());
    let order =
        Order { out: args.out.as_deref(), work: &args.work, twice: args.twice, baseline, sweep: None };
    let ran = carry_out(&plans, &order, runner, console)?;
    tell(&ran.record, &ran.folder, args.format, console);
    Ok(ran.close(console))
}

/// How plans are run.
pub(super) struct Order<'a> {
    /// Where the report goes.
    pub(super) out: Option<&'a Path>,
    pub(super) work: &'a Work,
    /// Whether each cell is run twice.
    pub(super) twice: bool,
    /// What the run is held against, with its name.
    pub(super) baseline: Option<(&'a str, &'a Baseline)>,
    /// The grid, if it is a sweep.
    pub(super) sweep: Option<SweepRecord>,
}

/// A run whose report is written, as far as it could be.
pub(super) struct Ran {
    pub(super) record: RunRecord,
    /// Where the report is.
    pub(super) folder: String,
    /// Figures that are not the baseline's and not gated.
    changes: Vec<report::Change>,
    timing: Timing,
    written: Result<(), FolderError>,
}

/// Runs plans and writes their report.
pub(super) fn carry_out(
    plans: &[Plan],
    order: &Order<'_>,
    runner: &dyn Runner,
    console: &Console<'_>,
) -> anyhow::Result<Ran> {
    let path = order.out.map_or_else(|| Path::new("reports").join(report::run_id(plans)), Path::to_owned);
    let folder = Folder::create(&path).map_err(refused)?;
    let shown = path.display().to_string();
    // Whatever happens from here on, what lies in the folder is not an older run's result.
    let mut begun = report::assemble(&shown, plans, Vec::new(), &[]);
    // Who finds it finds the record of a run that was cut off.
    begun.exit_code = Exit::Interrupted.code();
    folder.put("run.json", begun.to_json().as_bytes()).map_err(refused)?;

    let inputs = inputs::of_plans(plans);
    inputs::keep(&folder, &inputs).map_err(refused)?;

    let started = Stopwatch::start();
    let options = options(order.work, order.twice);
    let series = SeriesFile::begin(&folder).map_err(refused)?;
    let Campaign { mut judged, timing, notes } =
        campaign(plans, runner, order.work, &options, Some(&series), console);
    let mut changes = Vec::new();
    if let Some((name, baseline)) = order.baseline {
        for judged in &mut judged {
            let of_cell = report::hold(judged, name, baseline);
            changes.extend(of_cell.into_iter().filter(|change| !change.gated));
        }
    }
    let mut record = report::assemble(&shown, plans, judged, &notes);
    record.inputs = inputs::recorded(&inputs);
    record.sweep = order.sweep.clone();
    let timing = Timing::new(options.jobs, started.elapsed(), timing);
    let written = series.finish().and_then(|()| write_report(&folder, &record, &timing, &inputs));
    Ok(Ran { record, folder: shown, changes, timing, written })
}

impl Ran {
    /// Says what is no result, after the result: the host's time, and what could not be written. Gives the exit code.
    pub(super) fn close(&self, console: &mut Console<'_>) -> Exit {
        for change in &self.changes {
            console.remark(&format!("changed, and not gated: {}\n", change.text));
        }
        // Host time never meets simulated figures: it goes to stderr.
        console.remark(&self.timing.line());
        append_summary(&self.record, console);
        let exit = Exit::from_code(self.record.exit_code).unwrap_or(Exit::Internal);
        match &self.written {
            Ok(()) => exit,
            Err(e) => {
                console.complaint(&format!("error: {e}\n"));
                Exit::first([exit, Exit::Environment])
            }
        }
    }
}

/// `series.csv`, written while cells end.
pub(super) struct SeriesFile(Mutex<Result<report::flat::Series<Part>, FolderError>>);

impl SeriesFile {
    fn begin(folder: &Folder) -> Result<SeriesFile, FolderError> {
        let part = folder.begin(SERIES)?;
        let failed = |cause| FolderError { path: folder.path().join(SERIES), cause };
        Ok(SeriesFile(Mutex::new(Ok(report::flat::Series::new(part).map_err(failed)?))))
    }
    /// Adds a cell. The first error is kept until the end, for the other results are worth having.
    pub(super) fn add(&self, id: &str, samples: &[Sample]) {
        let mut file = self.0.lock().expect("nobody panics while writing");
        if let Ok(series) = &mut *file
            && let Err(cause) = series.add(id, samples)
        {
            *file = Err(FolderError { path: SERIES.into(), cause });
        }
    }
    fn finish(self) -> Result<(), FolderError> {
        let series = self.0.into_inner().expect("nobody panics while writing")?;
        let part = series.into_inner().map_err(|cause| FolderError { path: SERIES.into(), cause })?;
        part.finish()
    }
}

const SERIES: &str = "series.csv";

/// Runs plans with progress on stderr; series go to a file, if there is one.
pub(super) fn campaign(
    plans: &[Plan],
    runner: &dyn Runner,
    work: &Work,
    options: &campaign::Options,
    series: Option<&SeriesFile>,
    console: &Console<'_>,
) -> Campaign {
    let from = console.surroundings();
    let progress = Progress::new(work.progress, console.quiet(), plans, from, series);
    let campaign = campaign::run(plans, runner, options, &from.signals, &progress);
    progress.finish();
    campaign
}

/// What was typed, as the campaign takes it.
pub(super) fn options(work: &Work, twice: bool) -> campaign::Options {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    campaign::Options {
        jobs: work.jobs.map_or_else(processors, usize::from),
        fail_fast: work.fail_fast,
        time_limit: work.time_limit,
        twice,
    }
}

fn refused(error: FolderError) -> anyhow::Error {
    Refusal::environment(error.to_string())
}

/// Writes all files; `run.json` last, so that who waits for it finds the others.
fn write_report(
    folder: &Folder,
    record: &RunRecord,
    timing: &Timing,
    inputs: &BTreeMap<String, Vec<Input>>,
) -> Result<(), FolderError> {
    folder.put("timing.json", timing.to_json().as_bytes())?;
    let mut cells = folder.begin("cells.csv")?;
    report::flat::cells(record, &mut cells).map_err(|cause| cells.failed(cause))?;
    cells.finish()?;
    folder.put("summary.md", report::summary(record).as_bytes())?;
    folder.put("report.html", report::html::page(record).as_bytes())?;
    let mut repros = BTreeSet::new();
    for cell in record.failing() {
        if let Some(resolved) = record.resolved.get(&cell.resolved) {
            let name = format!("{}.toml", cell.id);
            let inputs = inputs.get(&cell.resolved).map_or(&[][..], Vec::as_slice);
            let resolved = inputs.iter().fold(resolved.clone(), |text, input| input.beside(&text));
            folder.put(&format!("repro/{name}"), report::repro(cell, &resolved).as_bytes())?;
            repros.insert(name);
            for input in inputs {
                if repros.insert(input.name.clone()) {
                    folder.put(&format!("repro/{}", input.name), &input.read()?)?;
                }
            }
        }
    }
    folder.keep_only("repro", &repros)?;
    let mut json = folder.begin("run.json")?;
    record.write_json(&mut json).map_err(|cause| json.failed(cause))?;
    json.finish()
}

/// Says what came out, in the form that was asked for. The last lines name the report and the commands that run failing cells again;
/// they go to stderr where stdout carries JSON.
fn tell(record: &RunRecord, folder: &str, format: Format, console: &mut Console<'_>) {
    let last = report::last_lines(record, folder);
    let paint = console.out_paint();
    match format {
        Format::Json => {
            console.result(&record.to_json());
            console.remark(&last);
        }
        Format::Human if console.quiet() => {
            let fails = record.exit_code != Exit::Success.code();
            let rest = if fails { report::reasons(record) } else { last };
            console.result(&(report::headline(record, paint) + &rest));
        }
        Format::Human => {
            let text = report::story(record, paint, console.verbose());
            console.result(&(text + &last));
        }
        Format::Github => {
            let text = report::story(record, report::Paint(false), console.verbose());
            console.result(&(text + &report::annotations(record) + &last));
        }
    }
}

/// Appends the summary to the page of a GitHub job, where there is one.
fn append_summary(record: &RunRecord, console: &mut Console<'_>) {
    let Some(path) = console.surroundings().step_summary.as_ref() else { return };
    let page = report::summary(record);
    let append = |path: &PathBuf| {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(page.as_bytes()))
    };
    if let Err(e) = append(path) {
        console.complaint(&format!("warning: cannot append the summary to {}: {e}\n", path.display()));
    }
}
