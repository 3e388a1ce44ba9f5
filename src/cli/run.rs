//! `run`: cells, a report, a verdict.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::args::{Format, RunArgs, Work};
use super::console::Console;
use super::progress::Progress;
use super::refusal::Refusal;
use super::sources;
use crate::campaign::{self, Campaign, Runner, Stopwatch};
use crate::metrics::Sample;
use crate::report::{self, Exit, Folder, FolderError, RunRecord, Timing};
use crate::scenario::Plan;

/// Runs `run`.
pub(super) fn run(args: &RunArgs, runner: &dyn Runner, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let plans = sources::plans(&args.selection, runner, console)?;
    let ran = carry_out(&plans, args.out.as_deref(), &args.work, args.twice, runner, console)?;
    tell(&ran.record, &ran.folder, args.format, console);
    Ok(ran.close(console))
}

/// A run whose report is written, as far as it could be.
pub(super) struct Ran {
    pub(super) record: RunRecord,
    /// Where the report is.
    pub(super) folder: String,
    timing: Timing,
    written: Result<(), FolderError>,
}

/// Runs plans and writes their report.
pub(super) fn carry_out(
    plans: &[Plan],
    out: Option<&Path>,
    work: &Work,
    twice: bool,
    runner: &dyn Runner,
    console: &Console<'_>,
) -> anyhow::Result<Ran> {
    let path = out.map_or_else(|| Path::new("reports").join(report::run_id(plans)), Path::to_owned);
    let folder = Folder::create(&path).map_err(refused)?;
    let shown = path.display().to_string();
    // Whatever happens from here on, what lies in the folder is not an older run's result.
    let mut begun = report::assemble(&shown, plans, Vec::new(), &[]);
    // Who finds it finds the record of a run that was cut off.
    begun.exit_code = Exit::Interrupted.code();
    folder.put("run.json", begun.to_json().as_bytes()).map_err(refused)?;

    let started = Stopwatch::start();
    let options = options(work, twice);
    let Campaign { judged, series, timing, notes } = campaign(plans, runner, work, &options, console);
    let record = report::assemble(&shown, plans, judged, &notes);
    let timing = Timing::new(options.jobs, started.elapsed(), timing);
    let written = write_report(&folder, &record, &series, &timing, plans);
    Ok(Ran { record, folder: shown, timing, written })
}

impl Ran {
    /// Says what is no result, after the result: the host's time, and what could not be written. Gives the exit code.
    pub(super) fn close(&self, console: &mut Console<'_>) -> Exit {
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

/// Runs plans with progress on stderr.
pub(super) fn campaign(
    plans: &[Plan],
    runner: &dyn Runner,
    work: &Work,
    options: &campaign::Options,
    console: &Console<'_>,
) -> Campaign {
    let from = console.surroundings();
    let progress = Progress::new(work.progress, console.quiet(), plans, from);
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
    series: &[Vec<Sample>],
    timing: &Timing,
    plans: &[Plan],
) -> Result<(), FolderError> {
    let ids = record.cells.iter().map(|cell| cell.id.as_str());
    let series = report::flat::series(ids.zip(series.iter().map(Vec::as_slice)));
    folder.put("timing.json", timing.to_json().as_bytes())?;
    folder.put("cells.csv", &report::flat::cells(record))?;
    folder.put("series.csv", &series)?;
    folder.put("summary.md", report::summary(record).as_bytes())?;
    let mut repros = BTreeSet::new();
    for cell in record.failing() {
        if let Some(resolved) = record.resolved.get(&cell.resolved) {
            let name = format!("{}.toml", cell.id);
            let inputs = inputs(plans, &cell.resolved);
            let resolved = inputs.iter().fold(resolved.clone(), |text, input| input.beside(&text));
            folder.put(&format!("repro/{name}"), report::repro(cell, &resolved).as_bytes())?;
            repros.insert(name);
            for input in inputs {
                let cause = |cause| FolderError { path: input.from.clone(), cause };
                let bytes = std::fs::read(&input.from).map_err(cause)?;
                folder.put(&format!("repro/{}", input.name), &bytes)?;
                repros.insert(input.name);
            }
        }
    }
    folder.keep_only("repro", &repros)?;
    folder.put("run.json", record.to_json().as_bytes())
}

/// A file that a scenario reads, to be copied beside its repro file.
struct Input {
    /// Where it lies.
    from: PathBuf,
    /// What the scenario calls it.
    called: String,
    /// What the copy is called.
    name: String,
}

impl Input {
    /// The scenario with the copy's name in the place of the file's.
    fn beside(&self, resolved: &str) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        resolved.replace(&quoted(&self.called), &quoted(&self.name))
    }
}

/// The files that the scenario of this digest reads. Copies are called by the digest too, for two scenarios may each have a
/// `rows.csv`.
fn inputs(plans: &[Plan], digest: &str) -> Vec<Input> {
    let Some(plan) = plans.iter().find(|plan| plan.digest == digest) else { return Vec::new() };
    let home = Path::new(&plan.path).parent().unwrap_or(Path::new(""));
    let short: String = digest.chars().take(8).collect();
    let input = |(n, called): (usize, &String)| {
        let file = Path::new(called).file_name().unwrap_or_default().to_string_lossy();
        Input { from: home.join(called), called: called.clone(), name: format!("{short}-{n}-{file}") }
    };
    plan.files.iter().enumerate().map(input).collect()
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
            let text = report::headline(record, paint);
            console.result(&(text + &last));
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
