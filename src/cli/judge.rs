//! `judge`: checks the recorded history of a real app with the checks of a simulation.
//!
//! A gate is a limit on a figure.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::args::{Format, JudgeArgs};
use super::console::Console;
use super::refusal::Refusal;
use super::run::{self, write_record, write_report};
use super::{replay, sources, written};
use crate::analysis::{RunJudged, Trial};
use crate::base::{DeviceId, Time, escape_path};
use crate::campaign::{self, Record};
use crate::engine::Policy;
use crate::history::{Audit, Dump, Ground, History, Names, Ordered, Phone, Reader, Undecidable, Unreadable};
use crate::metrics::{Figure, Figures, TABLE, Unit};
use crate::oracle::{Subject, Verdict};
use crate::record::{self, Exit, Folder, LifeRecord, ObservedRecord, RunRecord, Timing, shell_word};
use crate::scenario::{Diagnostic, Invalid, Plan, Request, file};
use crate::world::Outcome;
use crate::{analysis, render};

/// A scenario for judging needs no fleet. If it has none, this fleet is added.
const FLEET: &str = "fleet.recorded={devices=1}";
/// The name of the cell in the record. A recorded history has no seed.
const OBSERVED: &str = "observed";
/// The largest file that is read into memory, such as the rows of the backend.
const TABLE_MAX: u64 = 1 << 30;

pub(super) fn judge(args: &JudgeArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let mut plan = plan(args, console)?;
    let ground = ground(&plan);
    let colour = console.err_paint().0;
    let ordered = read(args, &ground, colour)?;
    let folder = args.out.clone().unwrap_or_else(|| folder_of(&plan));
    let shown = escape_path(&folder);
    let (mut record, asked) = judged(args, &mut plan, &ordered, &shown)?;
    keep(&folder, &record)?;
    tell(args, (&mut record, &asked, &shown), console);
    Ok(Exit::of(record.exit_code))
}

/// The text of the verdict on a history in memory. `args` has the scenario.
pub(super) fn verdict_on(
    args: &JudgeArgs,
    mut plan: Plan,
    history: &str,
    console: &Console<'_>,
) -> anyhow::Result<String> {
    let ground = ground(&plan);
    let mut reader = Reader::new(&ground);
    let unreadable = unreadable(&args.history, false);
    reader.lines(&escape_path(&args.history), history.as_bytes()).map_err(&unreadable)?;
    let ordered = ordered(&ground, reader.finish().map_err(&unreadable)?, false)?;
    let (mut record, _) = judged(args, &mut plan, &ordered, "")?;
    record.cells[0].replay = format!("syncdyno replay {}", shell_word(&escape_path(&args.history)));
    Ok(render::story(&record, console.out_paint(), console.columns(), console.voice.verbose))
}

/// The record with the verdict, and with the lives (all events) of the records that the user named.
fn judged(
    args: &JudgeArgs,
    plan: &mut Plan,
    ordered: &Ordered<'_>,
    shown: &str,
) -> anyhow::Result<(RunRecord, Vec<LifeRecord>)> {
    let verdict = ordered.judge();
    let about = ordered.about();
    let outcome = outcome(ordered, verdict);
    let mut remarks = about.remarks;
    remarks.extend(leave_out(plan, &outcome));
    let id = format!("{}.{OBSERVED}", plan.source.scenario);
    let mut judged = analysis::judge(plan, &id, &outcome);
    let subjects = subjects(args, plan, &outcome)?;
    let records: Vec<Record> = subjects.iter().map(|subject| subject.record.clone()).collect();
    let mut lives = campaign::lives_told(plan, &records, ordered.lives(&subjects));
    let names = ordered.names();
    lives.iter_mut().for_each(|life| name_life(&names, life));
    for of in &mut judged.cell.violations {
        of.device = of.device.as_deref().map(|device| names.say(device));
        of.text = names.say(&of.text);
    }
    let (asked, lives) = if args.record.is_empty() { (Vec::new(), lives) } else { (lives, Vec::new()) };
    judged.cell.lives = lives;
    judged.cell.seed = OBSERVED.to_owned();
    let history = ordered.history();
    judged.cell.devices = history.devices().count() as u64;
    judged.cell.observed = Some(ObservedRecord {
        files: files(args).iter().map(escape_path).collect(),
        lines: history.lines(),
        devices: history.devices().map(str::to_owned).collect(),
        tolerance_ns: history.tolerance().0,
    });
    let trial = Trial { folder: shown, plans: std::slice::from_ref(&*plan), ..Trial::default() };
    let RunJudged { mut record, .. } = analysis::judge_run(&trial, vec![judged]);
    record.cells[0].replay = command(args);
    record.accept = None;
    record.remarks.extend(remarks);
    Ok((record, asked))
}

/// Replaces internal names in a life by the names in the history.
fn name_life(names: &Names, life: &mut LifeRecord) {
    life.lines.iter_mut().for_each(|line| *line = names.say(line));
    for step in &mut life.steps {
        let places = [&mut step.place, &mut step.text].into_iter();
        places.chain(&mut step.to).chain(&mut step.from).for_each(|text| *text = names.say(text));
    }
}

/// The single cell whose scenario is used to judge the history.
fn plan(args: &JudgeArgs, console: &Console<'_>) -> anyhow::Result<Plan> {
    let text = sources::read(&args.scenario)?;
    let has_fleet = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("fleet"));
    let mut sets = args.set.clone();
    if !has_fleet && !sets.iter().any(|set| set.starts_with("fleet")) {
        sets.push(FLEET.to_owned());
    }
    let variants: Vec<String> = args.variant.iter().cloned().collect();
    let request = Request { sets, variants, ..Request::default() };
    sources::of_one_variant(&args.scenario, &text, &request, console)
}

pub(super) fn ground(plan: &Plan) -> Ground {
    let policy = plan.engine.conflict.policy;
    let stays = [Policy::ClientWins, Policy::KeepBoth, Policy::LastArrivalWins];
    let minds_deletes = [Policy::LastWriteWins, Policy::ServerWins, Policy::KeepBoth];
    Ground {
        schema: plan.first_schema().clone(),
        units: plan.units.clone(),
        attributes: plan.attributes.iter().map(|of| (of.name.clone(), of.values.to_vec())).collect(),
        utc_offset: plan.utc_offset,
        gives_way: !stays.contains(&policy),
        keeps_both: policy == Policy::KeepBoth,
        brings_back: !minds_deletes.contains(&policy),
    }
}

pub(super) fn wrong_with(ground: &Ground, lines: &str) -> Result<(), String> {
    match Reader::new(ground).lines("the reports", lines.as_bytes()) {
        Ok(()) => Ok(()),
        Err(Unreadable::File(error)) => Err(error.to_string()),
        Err(Unreadable::Wrong(wrong)) => {
            let told = |of: &Diagnostic| format!("{}; {}", of.title, of.help);
            Err(wrong.iter().map(told).collect::<Vec<_>>().join("; "))
        }
    }
}

fn files(args: &JudgeArgs) -> Vec<PathBuf> {
    let named = args.phone.iter().chain(&args.backend).map(|(_, file)| PathBuf::from(file));
    std::iter::once(args.history.clone()).chain(named).chain(args.audit.iter().cloned()).collect()
}

fn unreadable(path: &Path, colour: bool) -> impl Fn(Unreadable) -> anyhow::Error {
    move |why| match why {
        Unreadable::File(error) => Refusal::unreadable(path, &error),
        Unreadable::Wrong(wrong) => invalid(wrong, colour),
    }
}

fn invalid(wrong: Vec<Diagnostic>, colour: bool) -> anyhow::Error {
    let invalid = Invalid::check(wrong).err();
    Refusal::invalid(invalid.iter(), colour)
}

/// Reads all files and sorts their lines by time.
fn read<'g>(args: &JudgeArgs, ground: &'g Ground, colour: bool) -> anyhow::Result<Ordered<'g>> {
    let mut reader = Reader::new(ground);
    let path = &args.history;
    let opened = file::open(path, file::Named::Typed).map_err(|e| Refusal::unread(path, &e))?;
    reader
        .lines(&escape_path(path), BufReader::with_capacity(1 << 20, opened))
        .map_err(unreadable(path, colour))?;
    let of_entity = |table: &String| {
        let (table, entity) = table.split_once('=').unwrap_or((table, table));
        (table.to_owned(), entity.to_owned())
    };
    let tables: Vec<(String, String)> = args.table.iter().map(of_entity).collect();
    if !args.phone.is_empty() && tables.is_empty() {
        return Err(Refusal::usage("--phone needs --table, which names the table of each entity"));
    }
    for (name, of) in &args.phone {
        let path = Path::new(of);
        if !path.is_file() {
            return Err(Refusal::usage(format!("there is no {}", escape_path(path))));
        }
        reader.phone(&Phone { name, file: path, tables: &tables }).map_err(unreadable(path, colour))?;
    }
    for (entity, of) in &args.backend {
        let (path, text) = text_of(Path::new(of))?;
        reader.dump(&Dump { entity, file: &path, text: &text }).map_err(unreadable(Path::new(of), colour))?;
    }
    for of in &args.audit {
        let (path, text) = text_of(of)?;
        reader.audit(&Audit { file: &path, text: &text }).map_err(unreadable(of, colour))?;
    }
    ordered(ground, reader.finish().map_err(unreadable(path, colour))?, colour)
}

fn ordered(ground: &Ground, history: History, colour: bool) -> anyhow::Result<Ordered<'_>> {
    Ordered::new(ground, history).map_err(|why| match why {
        Undecidable::Empty(text) => Refusal::because(Exit::Nothing, text),
        Undecidable::Wrong(wrong) => invalid(wrong, colour),
    })
}

fn text_of(path: &Path) -> anyhow::Result<(String, String)> {
    let bytes = file::read(path, file::Named::Typed, TABLE_MAX).map_err(|e| Refusal::unread(path, &e))?;
    let shown = escape_path(path);
    let text = String::from_utf8(bytes).map_err(|_| Refusal::usage(format!("{shown} is not UTF-8")))?;
    Ok((shown, text))
}

/// An outcome like that of a simulation, made from a history.
fn outcome(ordered: &Ordered<'_>, verdict: Verdict) -> Outcome {
    let about = ordered.about();
    let known = |name: &str| TABLE.iter().find(|metric| metric.name == name);
    let figure = |(name, value): (&&'static str, &u64)| {
        Some(((*name).to_owned(), Figure::number(known(name)?.unit, *value)))
    };
    let mut figures: Figures = verdict.figures.iter().filter_map(figure).collect();
    figures.retain(|name, _| !verdict.uncounted.contains(&&**name));
    // A history has gaps, so it does not show how long a row was missing.
    figures.retain(|name, _| !name.ends_with("_ns") && !name.ends_with(".ns"));
    figures.insert("workload.edits.made".to_owned(), Figure::number(Unit::Count, about.edits));
    Outcome {
        ended_at: about.length,
        script: about.length.since(Time::ZERO),
        figures,
        violations: verdict.violations,
        taken_back: verdict.taken_back,
        shelved: verdict.shelved,
        not_applicable: verdict.not_applicable,
        untried: verdict.untried,
        events: about.events,
        ..Outcome::default()
    }
}

/// Removes gates and expectations that a real app cannot show. Returns a note about them.
fn leave_out(plan: &mut Plan, outcome: &Outcome) -> Option<String> {
    let figures = &outcome.figures;
    let measured = |name: &str| record::named(name, |metric| figures.contains_key(metric)).is_some();
    let of = plan.judged_mut();
    let mut out: Vec<String> = Vec::new();
    let mut stays = |is_known: bool, name: String| {
        out.extend((!is_known).then_some(name));
        is_known
    };
    of.gates.retain(|gate| stays(figures.contains_key(&gate.metric), format!("gate `{}`", gate.name)));
    let is_checked = |check: &String| !outcome.not_applicable.contains(&check.as_str());
    of.expect.violations.retain(|check| stays(is_checked(check), format!("`{check}`")));
    of.expect.metrics.retain(|name, _| stays(measured(name), format!("`{name}`")));
    (!out.is_empty())
        .then(|| format!("not checked, because the history does not report them: {}", out.join(", ")))
}

fn subjects(args: &JudgeArgs, plan: &Plan, outcome: &Outcome) -> anyhow::Result<Vec<Subject>> {
    let named = |text: &String| Ok(campaign::subject(outcome, replay::record(plan, text)?));
    let mut subjects = match args.record.as_slice() {
        [] => campaign::suspects(outcome),
        records => records.iter().map(named).collect::<anyhow::Result<_>>()?,
    };
    subjects.iter_mut().for_each(|subject| subject.found = told_of(subject.found));
    Ok(subjects)
}

/// The check that may end the text of a life. A history does not say how other rows arrived.
fn told_of(found: Option<(&'static str, Option<DeviceId>)>) -> Option<(&'static str, Option<DeviceId>)> {
    found.filter(|(check, _)| ["lost-edit", "acknowledged-without-commit", "duplicate"].contains(check))
}

fn folder_of(plan: &Plan) -> PathBuf {
    let short: String = plan.source.digest.chars().take(8).collect();
    Path::new("reports").join(format!("{}-{OBSERVED}-{short}", plan.source.scenario))
}

/// The command that judges the history again.
fn command(args: &JudgeArgs) -> String {
    let mut words = vec!["syncdyno".to_owned(), "judge".to_owned()];
    words.extend([&args.scenario, &args.history].map(|path| shell_word(&escape_path(path))));
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), shell_word(&value)]);
    args.phone.iter().for_each(|(name, file)| option("--phone", format!("{name}={file}")));
    args.table.iter().for_each(|table| option("--table", table.clone()));
    args.backend.iter().for_each(|(name, file)| option("--backend", format!("{name}={file}")));
    args.audit.iter().for_each(|file| option("--audit", escape_path(file)));
    args.variant.iter().for_each(|name| option("--variant", name.clone()));
    args.set.iter().for_each(|set| option("--set", set.clone()));
    words.join(" ")
}

fn keep(folder: &Path, record: &RunRecord) -> anyhow::Result<()> {
    written::refuse_foreign_folder(folder, false)?;
    let folder = Folder::create(folder).map_err(written::refused)?;
    let timing = Timing::new(1, std::time::Duration::ZERO, Vec::new());
    write_report(&folder, record, &timing, &std::collections::BTreeMap::new()).map_err(written::refused)?;
    write_record(&folder, record).map_err(written::refused)
}

fn tell(
    args: &JudgeArgs,
    (record, asked, folder): (&mut RunRecord, &[LifeRecord], &str),
    console: &mut Console<'_>,
) {
    let last = format!("report: {folder}\n");
    console.result(&run::shown(record, args.format, &last, console));
    if !asked.is_empty() && args.format != Format::Json {
        record.cells[0].lives = asked.to_vec();
        console.result(&render::lives(&record.cells[0]));
    }
}
