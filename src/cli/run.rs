//! `run`: runs cells (single simulations), writes a report, and gives a verdict.
//!
//! A plan describes a cell before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use anyhow::Result;

use super::against::Against;
use super::args::{Format, RunArgs};
use super::console::Console;
use super::inputs::{self, Input};
use super::observations::Observations;
use super::progress::Progress;
use super::refusal::kept_refusal;
use super::shard::{self, Cells};
use super::work::{OutputArgs, Work};
use super::written::{self, EMPTIED, RENDERED, head, refused};
use super::{asked, baseline, ci, cost, sources};
use crate::analysis::{Asks, RunJudged, Trial};
use crate::base::escape_path;
use crate::campaign::{self, Campaign, Journal, Stopwatch};
use crate::metrics::{self, human};
use crate::record::{
    self, BaselineCell, CellTiming, Exit, Folder, FolderError, Judged, Note, RunRecord, Timing, TuneRecord,
};
use crate::scenario::Plan;
use crate::{analysis, render};

pub(super) fn run(args: &RunArgs, console: &mut Console<'_>) -> Result<Exit> {
    let plans = match &args.asked {
        Some(file) => asked::plans(file, &args.selection, args.work.jobs(), console)?,
        None => sources::plans(&args.selection, console)?,
    };
    let held_to = args.held.baseline.as_deref().map(baseline::load).transpose()?;
    if args.asked.is_none() {
        sources::remark_on(&plans, console);
    }
    let against = held_to.as_ref().map(|baseline| Against::new(&args.held, baseline, &args.selection.filter));
    let twice = args.twice;
    let asks = if args.asked.is_some() { Asks::Matrix } else { Asks::Cells };
    let order = Order { twice, against, asks, ..Order::of(&args.place, &args.work) };
    carry_out(&plans, &order, console, |ran, console| {
        tell(ran, args.format, console);
        note_unchecked_claims(&plans, console);
        if let Some(against) = order.against {
            against.tell(&ran.record, &ran.folder, &ran.changes, ran.written.is_ok(), console);
        }
    })
}

pub(super) fn note_unchecked_claims(plans: &[Plan], console: &mut Console<'_>) {
    for line in analysis::unchecked(plans) {
        console.complaint(&format!("note: {}\n", render::not_held(&line)));
    }
}

pub(super) struct Order<'a> {
    pub(super) place: &'a OutputArgs,
    pub(super) work: &'a Work,
    pub(super) twice: bool,
    pub(super) against: Option<Against<'a>>,
    pub(super) asks: Asks<'a>,
    /// The search, if the run is one. It is here so that the record of a killed run contains it.
    pub(super) tune: Option<TuneRecord>,
}

impl<'a> Order<'a> {
    pub(super) fn of(place: &'a OutputArgs, work: &'a Work) -> Order<'a> {
        Order { place, work, twice: false, against: None, asks: Asks::Cells, tune: None }
    }
}

pub(super) struct Ran {
    pub(super) record: RunRecord,
    pub(super) folder: String,
    changes: Vec<String>,
    timing: Timing,
    written: Result<(), FolderError>,
    kept: usize,
    unkept: Option<FolderError>,
}

/// Runs plans, and writes and prints their report. With the right options, it only runs a shard (a
/// part of the cells) or lists the cells.
pub(super) fn carry_out(
    plans: &[Plan],
    order: &Order<'_>,
    console: &mut Console<'_>,
    tell: impl FnOnce(&Ran, &mut Console<'_>),
) -> Result<Exit> {
    let cells = Cells::of(plans, order.twice);
    if let Some(exit) = shard::instead(order.place, order.work, &cells, console)? {
        return Ok(exit);
    }
    if order.place.merges.is_none() {
        cost::for_plans(plans, order.work, console)?;
    }
    // From here on, a signal must leave a complete report.
    console.surroundings.signals.heed();
    let mut under_way = UnderWay::open(plans, &cells.run, order)?;
    under_way.remark(console);
    let (mut judged, mut notes) = under_way.run(plans, console);
    if matches!(order.asks, Asks::Cells) && notes.is_empty() {
        let signals = &console.surroundings.signals;
        let limit = order.work.time_left(console.elapsed());
        notes = campaign::mend(plans, &mut judged, console.runner, signals, limit);
    }
    let is_asked = |cell: &BaselineCell| order.against.is_some_and(|against| against.is_asked(cell));
    let against = order.against.map(|against| against.rule(&is_asked));
    let shown = under_way.shown.clone();
    let trial = Trial { folder: &shown, plans, notes: &notes, asks: order.asks, against };
    let RunJudged { record, changes } = analysis::judge_run(&trial, judged);
    let ran = under_way.close(record, plans, changes)?;
    tell(&ran, console);
    Ok(ran.close(console))
}

pub(super) struct UnderWay<'a> {
    order: &'a Order<'a>,
    folder: Folder,
    pub(super) shown: String,
    journal: Journal,
    observations: Observations,
    started: Stopwatch,
    timing: Vec<CellTiming>,
}

impl<'a> UnderWay<'a> {
    pub(super) fn open(plans: &[Plan], name: &str, order: &'a Order<'a>) -> Result<UnderWay<'a>> {
        let resumed = order.place.resume.is_some();
        let of_search = order.tune.as_ref().map(|tune| record::search_id(plans, &tune.seeds, name));
        let by_name = || Path::new("reports").join(of_search.unwrap_or_else(|| record::run_id(plans)));
        let path = order.place.named().map_or_else(by_name, Path::to_owned);
        written::refuse_foreign_folder(&path, resumed)?;
        let (folder, journal) = if resumed {
            let journal = Journal::resume(&path, name, order.place.any_build).map_err(kept_refusal)?;
            (Folder::create(&path).map_err(refused)?, journal)
        } else {
            let folder = Folder::create(&path).map_err(refused)?;
            (folder, Journal::begin(&path, name).map_err(refused)?)
        };
        let shown = escape_path(path);
        // From here on, the folder must not look like the result of an earlier run.
        let begun = |exit| record::begun(&shown, plans, exit, order.tune.as_ref()).to_json();
        folder.put("run.json", begun(Exit::Interrupted).as_bytes()).map_err(refused)?;
        // Removes the files of an earlier run, and creates the files that grow during the run.
        let prepared = || {
            remove_renderings(&folder)?;
            inputs::keep(&folder, &inputs::of_plans(plans))?;
            Observations::begin(&folder)
        };
        let observations = prepared().map_err(|e| {
            // The run cannot continue, so the record must not say that a user interrupted it.
            let _ = folder.put("run.json", begun(Exit::Environment).as_bytes());
            refused(e)
        })?;
        let started = Stopwatch::start();
        Ok(UnderWay { order, folder, shown, journal, observations, started, timing: Vec::new() })
    }
    pub(super) fn remark(&self, console: &mut Console<'_>) {
        if self.order.place.resume.is_some() && self.order.place.merges.is_none() {
            let cells = human::count(self.journal.cells() as u64, "cell");
            console.remark(&format!("continuing in {}: {cells} done\n", self.shown));
        }
    }

    /// Runs plans and shows progress on stderr. Callers can repeat this until it returns a note.
    pub(super) fn run(&mut self, plans: &[Plan], console: &Console<'_>) -> (Vec<Judged>, Vec<Note>) {
        let Order { work, twice, asks, tune, .. } = self.order;
        let mut progress = Progress::new(work.progress, plans, console);
        progress.observations = Some(&self.observations);
        progress.before = self.timing.len();
        progress.counts_failing = !matches!(asks, Asks::Matrix) && tune.is_none();
        let Campaign { judged, timing, notes } =
            progress.run(plans, None, (work, *twice), Some(&self.journal), console);
        self.timing.extend(timing);
        (judged, notes)
    }

    pub(super) fn close(self, mut record: RunRecord, plans: &[Plan], changes: Vec<String>) -> Result<Ran> {
        analysis::keep_first_series(&mut record);
        let inputs = inputs::of_plans(plans);
        inputs::keep(&self.folder, &inputs).map_err(refused)?;
        record.inputs = inputs::recorded(&inputs);
        let timing = Timing::new(self.order.work.jobs(), self.started.elapsed(), self.timing);
        // The record is written even if the disk has no room for the other files.
        let observed = self.observations.finish();
        let rendered = write_report(&self.folder, &record, &timing, &inputs);
        record.notes.extend(rendered.as_ref().err().map(|e| format!("{}: {e}", record::UNWRITTEN)));
        let recorded = write_record(&self.folder, &record).map_err(|e| {
            // Other files are useless without the record, and they take disk space.
            let again = remove_renderings(&self.folder).and_then(|()| write_record(&self.folder, &record));
            if again.is_ok() { FolderError { path: self.folder.path().to_owned(), ..e } } else { e }
        });
        let written = recorded.and(observed).and(rendered);
        // After a merge, the shards still have all cells.
        let kept = if self.order.place.merges.is_some() { 0 } else { self.journal.cells() };
        let unkept = self.journal.close(record.complete && written.is_ok()).err();
        Ok(Ran { record, folder: self.shown, changes, timing, written, kept, unkept })
    }
}

impl Ran {
    pub(super) fn place_line(&self) -> String {
        match &self.written {
            Ok(()) => format!("report: {}\n", self.folder),
            Err(e) => format!("no report: {e}\n"),
        }
    }

    pub(super) fn last_lines(&self) -> String {
        match &self.written {
            Ok(()) => render::last_lines(&self.record, &self.folder),
            Err(_) => self.place_line(),
        }
    }

    fn has_ended_cell(&self) -> bool {
        self.record.cells.iter().any(|cell| cell.verdict.was_run())
    }

    pub(super) fn close(&self, console: &mut Console<'_>) -> Exit {
        // Host time goes to stderr, because stdout has only simulated figures.
        console.remark(&self.timing.line());
        if console.surroundings.step_summary.is_some() {
            ci::append_page(&render::summary(&self.record), console);
        }
        if let Some(e) = &self.unkept {
            console.complaint(&format!("warning: cells were not kept when they ended: {e}\n"));
        } else if self.kept > 0 && (!self.record.complete || self.written.is_err()) {
            console.remark(&format!("to continue, run the same command with --resume {}\n", self.folder));
        } else if self.record.exit_code == Exit::TimeLimit.code() && !self.has_ended_cell() {
            let why = "no cell ended, so --resume has nothing to continue: give a longer --time-limit\n";
            console.remark(why);
        }
        let exit = Exit::of(self.record.exit_code);
        let Err(e) = &self.written else { return exit };
        console.complaint(&format!("error: {e}\n"));
        Exit::first([exit, Exit::Environment])
    }
}

/// True if a report wrote this file to `hist` or `repro`. Other files stay.
fn is_ours(path: &Path) -> bool {
    let text = |part: Option<&OsStr>| part.and_then(OsStr::to_str).unwrap_or_default().to_owned();
    match &*text(path.extension()) {
        _ if inputs::is_copy(&text(path.file_name())) => true,
        "hlog" | "part" if is_metric(&text(path.file_stem())) => true,
        "toml" | "part" => record::is_repro(&text(path.file_stem()), &head(path)),
        _ => false,
    }
}

/// True for the name of a metric. Earlier versions had other metrics, so only the group must be
/// known.
fn is_metric(name: &str) -> bool {
    let group = |name: &str| name.split_once('.').map(|(group, _)| group.to_owned());
    group(name).is_some_and(|own| metrics::TABLE.iter().any(|m| group(m.name).as_ref() == Some(&own)))
}

fn remove_renderings(folder: &Folder) -> Result<(), FolderError> {
    folder.remove(&RENDERED)?;
    EMPTIED.iter().try_for_each(|sub| folder.clear(sub, is_ours))
}

/// Writes `run.json` last. A program that waits for this file then finds all others.
pub(super) fn write_record(folder: &Folder, record: &RunRecord) -> Result<(), FolderError> {
    let mut json = folder.begin("run.json")?;
    record.write(&mut json).map_err(|cause| json.failed(cause.into()))?;
    json.finish()
}

pub(super) fn write_report(
    folder: &Folder,
    record: &RunRecord,
    timing: &Timing,
    inputs: &BTreeMap<String, Vec<Input>>,
) -> Result<(), FolderError> {
    folder.put("timing.json", timing.to_json().as_bytes())?;
    let mut cells = folder.begin("cells.csv")?;
    record::flat::cells(record, &mut cells).map_err(|cause| cells.failed(cause))?;
    cells.finish()?;
    folder.put("junit.xml", render::junit(record).as_bytes())?;
    folder.put("summary.md", render::summary(record).as_bytes())?;
    folder.put("report.html", render::html::page(record).as_bytes())?;
    let mut copied = BTreeSet::new();
    for cell in record.failing().filter(|cell| cell.observed.is_none()) {
        let Some(resolved) = record.resolved.get(&cell.resolved) else { continue };
        let source = &record.build_of(cell).source;
        let inputs = inputs.get(&cell.resolved).map_or(&[][..], Vec::as_slice);
        let resolved = inputs.iter().fold(resolved.clone(), |text, input| input.beside(&text));
        let repro = record::repro(cell, &render::reasons_of(cell), source, &resolved);
        folder.put(&format!("repro/{}.toml", cell.id), repro.as_bytes())?;
        for input in inputs {
            if copied.insert(&input.name) {
                folder.put(&format!("repro/{}", input.name), &input.read()?)?;
            }
        }
    }
    Ok(())
}

fn tell(ran: &Ran, format: Format, console: &mut Console<'_>) {
    let last = ran.last_lines();
    console.result(&shown(&ran.record, format, &last, console));
    if format == Format::Json {
        console.remark(&last);
    }
}

/// The output of a record for stdout. `last` has the last lines for people.
pub(super) fn shown(record: &RunRecord, format: Format, last: &str, console: &Console<'_>) -> String {
    let story = |paint, columns| render::story(record, paint, columns, console.voice.verbose);
    match format {
        Format::Json => record.to_json(),
        Format::Human if console.voice.quiet => in_short(record, last, console),
        Format::Human => story(console.out_paint(), console.columns()) + last,
        Format::Github if console.voice.quiet => {
            in_short(record, "", console) + &render::annotations(record) + last
        }
        Format::Github => story(render::Paint(false), render::WIDTH) + &render::annotations(record) + last,
    }
}

pub(super) fn in_short(record: &RunRecord, last: &str, console: &Console<'_>) -> String {
    let mixed = record.mixed().map_or_else(String::new, |mixed| format!("note: {mixed}\n"));
    let paint = console.out_paint();
    // If the user asked questions, their answers are the result.
    let asked = record.is_of_findings() && !record.answers.is_empty();
    let told = if asked { render::answers(record, console.columns()) } else { render::reasons(record) };
    let wrong = told + &render::warnings(record, paint);
    render::headline(record, paint) + &wrong + &mixed + last
}
