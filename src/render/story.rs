//! The text that a person reads at the end of a run.
//!
//! A cell is one simulation. A cause is the list of reasons why a cell fails, without figures. A
//! gate is a limit on a figure. A baseline is a file of figures that a run must reproduce. A matrix
//! is a run that shows the result of each setting, and a failing setting is a result, too. The life
//! of a record is the list of all its events.

use std::collections::BTreeMap;

use super::answers::answers;
use super::grid::{Grid, fenced};
use super::lines::{Part, excerpt, joined};
use super::reasons::{cause, is_told, main_reasons, no_figure, parts, reason_of, reasons_of, what_failed};
use super::table::{self, Form};
use super::warnings::{not_applicable, thrown, unplaced};
use super::why::{closer, why};
use super::{claims, occurrences};
use crate::analysis::sweep::cells_excluded;
use crate::analysis::{are_all, beyond, counted, distinct, grade, grouped, worst_of};
use crate::metrics::{Unit, human};
use crate::oracle::harm_of;
use crate::record::{
    CellRecord, EndingKind, Exit, GateRecord, LifeRecord, Reason, RunRecord, Severity, SwarmRecord, Verdict,
    ViolationRecord, replay_record,
};

/// The number of failing cells with details (violations and lives of records). Others are only
/// named.
const TOLD_CELLS: usize = 3;
const TOLD_VIOLATIONS: usize = 5;
const TOLD_LIFE: usize = 12;
const NAMED_CELLS: usize = 40;

/// True if the text may use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    fn word(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    pub fn good(self, text: &str) -> String {
        self.word("32", text)
    }
    pub fn bad(self, text: &str) -> String {
        self.word("1;31", text)
    }
    pub fn dim(self, text: &str) -> String {
        self.word("2", text)
    }
}

/// The text for a terminal with `columns` columns, without the [`last_lines`].
pub fn story(record: &RunRecord, paint: Paint, columns: usize, all: bool) -> String {
    let answers = answers(record, columns);
    if !all && is_asked(record) {
        let cells = human::count(record.cells.len() as u64, "run");
        // A question whose figures are all 0 is not a fault of the scenario.
        let marked = marked(record, paint);
        return format!("{answers}{marked}{cells} of your file and its variations; -v shows their figures\n");
    }
    let mut text = headline(record, paint) + "\n";
    if all {
        text.push_str(&table::figures(record, Form::Terminal(columns), all));
    } else if !are_all(record) {
        text.push_str(&table::in_short(record, columns));
    }
    if all || !record.is_of_findings() || !are_all(record) {
        text.push_str(&failures(record, paint));
    }
    let held = gates(record) + &claims::shown(record) + &occurrences::shown(record);
    let gap = if held.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
    text + gap + &held + &answers + &notes(record, paint)
}

fn is_asked(record: &RunRecord) -> bool {
    record.is_of_findings() && record.matrix && !record.answers.is_empty()
}

/// Warnings about the script, the reason for an early stop, and a note about mixed builds.
pub fn notes(record: &RunRecord, paint: Paint) -> String {
    let remarks = [thrown(record), not_applicable(record), record.remarks.clone()].into_iter().flatten();
    let remarks: String = remarks.map(|text| format!("note: {text}\n")).collect();
    warnings(record, paint) + &remarks + &marked(record, paint)
}

fn marked(record: &RunRecord, paint: Paint) -> String {
    let notes = record.notes.iter().cloned().chain(record.mixed());
    notes.map(|note| format!("{} {note}\n", paint.bad("note:"))).collect()
}

pub fn warnings(record: &RunRecord, paint: Paint) -> String {
    unplaced(record).into_iter().map(|line| format!("{} {line}\n", paint.bad("warning:"))).collect()
}

/// The last lines: the path of the report, and a command that repeats each cause of failure.
pub fn last_lines(record: &RunRecord, folder: &str) -> String {
    let told = by_cause(record).into_iter().map(|(cell, _)| cell).filter(|_| !is_asked(record));
    let causes = grouped(told, |cell| (&cell.scenario, causes(cell))).into_iter();
    let closer: String = causes.map(|(_, cells)| format!("look closer: {}\n", cells[0].replay)).collect();
    format!("report: {folder}\n{closer}")
}

/// The reasons why the run fails, one per line. For the option `-q`.
pub fn reasons(record: &RunRecord) -> String {
    let lines = |failure: Failure<'_>| match failure {
        Failure::Cells { worst, name } => {
            reasons_of(worst).into_iter().map(|reason| format!("{name}: {reason}\n")).collect()
        }
        Failure::OfRun { text, .. } => text + "\n",
    };
    let notes = record.notes.iter().map(|note| format!("note: {note}\n"));
    failures_of(record).into_iter().map(lines).chain(notes).collect()
}

/// A failure of a run.
pub(super) enum Failure<'a> {
    /// The worst cell with a cause. `name` has its id and the number of other cells or seeds with
    /// this cause.
    Cells { worst: &'a CellRecord, name: String },
    /// A failure of the whole run: a short title and the full text.
    OfRun { title: &'static str, text: String },
}

impl Failure<'_> {
    /// The word before a failure. A cell with a changed scenario is not called a failure.
    fn word(&self) -> &'static str {
        match self {
            Failure::Cells { worst, .. } if worst.is_changed() => "CHANGED",
            _ => "FAIL",
        }
    }
}

/// All failures of a run, sorted by severity and then by seed.
pub(super) fn failures_of(record: &RunRecord) -> Vec<Failure<'_>> {
    let cells = by_cause(record).into_iter();
    let cells = cells.map(|(worst, name)| (worst.severity(), Failure::Cells { worst, name }));
    let of_run = |severity, title, text| (Some(severity), Failure::OfRun { title, text });
    let never = occurrences::missing(record).into_iter();
    let never = never.map(|text| of_run(Severity::Threshold, "never occurred", text));
    let lacking = record.lacking().into_iter();
    let lacking = lacking.map(|text| of_run(Severity::Baseline, "baseline", text.to_owned()));
    let mut all: Vec<_> = cells.chain(never).chain(lacking).collect();
    all.sort_by_key(|(severity, _)| (severity.is_none(), *severity));
    all.into_iter().map(|(_, failure)| failure).collect()
}

/// Groups failing cells by setting and cause. Returns the worst cell of each group and a name for
/// the group, sorted by severity and then by seed.
fn by_cause(record: &RunRecord) -> Vec<(&CellRecord, String)> {
    let of_setting = |cell: &CellRecord| cell.reasons.iter().any(|one| one.exit() != Exit::NoBaseline);
    let told = grouped(record.told(), |cell| {
        (&cell.scenario, of_setting(cell).then(|| cell.setting()), causes(cell))
    });
    let causes = told.into_iter().map(|((_, setting, _), cells)| {
        let of = |setting| record.cells.iter().filter(|cell| cell.setting() == setting).count();
        let seeds = setting.map_or(0, of);
        let cell = if seeds > 0 { worst_of(&cells) } else { cells[0] };
        (cell, named(cell, &cells, seeds))
    });
    causes.collect()
}

/// The name of a group of failing cells. `shown` is the cell with details. `seeds` is the number of
/// seeds of its setting, or 0 if the cells have different settings.
fn named(shown: &CellRecord, cells: &[&CellRecord], seeds: usize) -> String {
    let id = &shown.id;
    // If cells are compared with a baseline over all seeds, one cell stands for all.
    let of_all = |reason: &Reason| matches!(reason.exit(), Exit::Regression | Exit::NoBaseline);
    match (cells.len(), seeds) {
        (1, 0 | 1) => id.clone(),
        (1, _) if cells[0].reasons.iter().all(of_all) => id.clone(),
        (failing, 0) => format!("{id} and {} more", human::count(failing as u64 - 1, "cell")),
        (failing, of) => {
            let is_worst = cells.iter().any(|cell| grade(cell) < grade(shown));
            let worst = if is_worst { ", this one the worst" } else { "" };
            let alike = if failing > 1 { "alike " } else { "" };
            format!("{id}, {alike}in {failing} of {of} seeds{worst}")
        }
    }
}

/// The reasons of a cell without figures. Cells with the same cause have equal reasons.
fn causes(cell: &CellRecord) -> Vec<(u8, String)> {
    let mut causes: Vec<_> = cell.gravest_first().iter().map(|reason| cause(cell, reason)).collect();
    causes.dedup();
    causes
}

pub fn lives(cell: &CellRecord) -> String {
    let told = |life: &LifeRecord| {
        let none = life.lines.is_empty().then_some("  no event of this record was seen\n");
        let lines: String = life.lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{}\n{}{lines}", life.record, none.unwrap_or_default())
    };
    cell.lives.iter().map(told).collect()
}

/// Annotations for a GitHub job, one line per failure, the gravest first.
pub fn annotations(record: &RunRecord) -> String {
    let line = |level: &str, title: &str, text: &str| format!("::{level} {title}::{}\n", annotated(text));
    let lines = failures_of(record).into_iter().take(NAMED_CELLS).map(|failure| match failure {
        Failure::Cells { worst: cell, name } => {
            let path = Some(property(&cell.path)).filter(|path| !path.is_empty());
            let file = path.map_or_else(String::new, |path| format!("file={path},"));
            let accept = record.acceptance_of(cell);
            let reasons = reasons_of(cell).join("\n");
            let (level, what, again) = match cell.is_changed() {
                true => ("warning", "scenario changed: ", String::new()),
                false => ("error", "", format!("\n{}", cell.replay)),
            };
            let title = format!("{file}title={what}{}", property(&name));
            line(level, &title, &format!("{reasons}{again}{accept}"))
        }
        Failure::OfRun { title, text } => line("error", &format!("title={title}"), &text),
    });
    let left_out = record.left_out.iter().filter(|_| !record.left_out_fails);
    let left_out = left_out.map(|text| line("warning", "title=baseline", text));
    let cut = joined(&record.notes, "\n").unwrap_or_else(|| "not completed".to_owned());
    let cut = (!record.complete).then(|| line("error", "title=incomplete", &cut));
    let tolerated = joined(record.tolerated.iter().take(NAMED_CELLS), "\n");
    let tolerated = tolerated.map(|tolerated| line("notice", "title=no failure", &tolerated));
    let lines: Vec<String> = lines.chain(left_out).chain(cut).chain(tolerated).collect();
    // A failing job needs at least one error. A run that could not be compared has only warnings.
    let is_silent = record.verdict != Verdict::Pass && !lines.iter().any(|line| line.starts_with("::error"));
    let why = || line("error", "title=syncdyno", headline(record, Paint(false)).trim_end());
    is_silent.then(why).into_iter().chain(lines).collect()
}

/// A mistake in a file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub file: String,
    /// Line and column count from 1.
    pub line: usize,
    pub column: usize,
    pub text: String,
}

/// The output for a GitHub job if the run was refused: annotations at the mistakes (or a single
/// one), and a text for the page of the job.
pub fn refused(exit: Exit, why: &str, marks: &[Mark]) -> (String, String) {
    let why = why.trim_end();
    let head = format!("syncdyno: exit {}", exit.code());
    let line = |Mark { file, line, column, text }: &Mark| {
        let at = format!("file={},line={line},col={column}", property(file));
        format!("::error {at},title={head}::{}\n", annotated(text))
    };
    let lines = match marks {
        [] => format!("::error title={head}::{}\n", annotated(why)),
        marks => marks.iter().take(NAMED_CELLS).map(line).collect(),
    };
    (lines, format!("## {head}\n{}", fenced(why)))
}

fn property(text: &str) -> String {
    annotated(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn annotated(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

pub fn headline(record: &RunRecord, paint: Paint) -> String {
    let is_changed = record.is_of_changed_scenario();
    let verdict = if is_changed { "scenario changed" } else { record.verdict.word() };
    let verdict = if record.verdict == Verdict::Pass { paint.good(verdict) } else { paint.bad(verdict) };
    let failing = match &record.tune {
        Some(tune) => cells_excluded(record, &tune.knobs),
        None => record.told().len(),
    };
    // The number of cells that ran to their end, which the notes also give.
    let ended = record.cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete).count() as u64;
    // A search does not know its number of cells in advance.
    let unanswered = record.tune.is_some() && record.cells.is_empty() && !record.complete;
    let cells = match record.planned_cells {
        _ if unanswered => "a search without an answer yet".to_owned(),
        1 if ended == 0 => "the only cell not completed".to_owned(),
        planned if ended < planned => format!("{ended} of {}", human::count(planned, "cell")),
        _ => human::count(ended, "cell"),
    };
    let failing = match failing {
        0 if record.verdict == Verdict::Fail => ", none failing by itself".to_owned(),
        0 => String::new(),
        n if is_changed => format!(", {n} not compared"),
        // A matrix contains such settings on purpose.
        n if record.is_of_findings() && record.matrix => format!(", {n} that miss something"),
        n if record.is_of_findings() => format!(", {n} of excluded settings"),
        n => format!(", {n} failing"),
    };
    let code = if record.exit_code > 0 { format!(", exit {}", record.exit_code) } else { String::new() };
    let time: u128 = record.cells.iter().map(|cell| u128::from(cell.virtual_ns)).sum();
    let names = shortened(&record.scenario.name);
    let time = human::total_span(time);
    if record.is_observed() {
        return format!("{names}: {verdict} (observed{code}; {time} recorded)\n");
    }
    format!("{names}: {verdict} ({cells}{failing}{code}; {time} of virtual time)\n")
}

pub(super) fn shortened(names: &str) -> String {
    const MOST: usize = 100;
    if names.chars().count() <= MOST {
        return names.to_owned();
    }
    let mut each = names.split_whitespace();
    let first: String = each.next().unwrap_or_default().chars().take(MOST).collect();
    format!("{first} and {} more", each.count())
}

/// The gates. With one cell, all are listed. With several cells, the text counts the met gates, and
/// lists missed gates and those nearest to their limits.
fn gates(record: &RunRecord) -> String {
    let (all, met) = (record.gates.len(), record.gates.iter().filter(|gate| gate.pass).count());
    if all == 0 {
        return String::new();
    }
    let (missed, near) = (farthest(record).into_iter(), nearest(&record.gates).into_iter());
    let told: Vec<&GateRecord> = match record.cells.len() {
        1 => record.gates.iter().collect(),
        _ => missed.take(NAMED_CELLS).chain(near.take(NAMED_CELLS)).collect(),
    };
    let nearest = if met == all && told.len() < all { "; the worst cell of each gate:" } else { "" };
    let table = if told.is_empty() { String::new() } else { gate_grid(record, &told).terminal("  ") };
    let cells = distinct(record.gates.iter().map(|gate| &gate.cell)).len();
    let over = if cells > 1 { format!(" in {cells} cells") } else { String::new() };
    format!("gates: {met} of {all} met{over}{nearest}\n{table}\n")
}

/// For each missed gate of a setting, the cell that is farthest from the limit.
fn farthest(record: &RunRecord) -> Vec<&GateRecord> {
    let far = |gate: &GateRecord| beyond(gate.value, gate.min, gate.max);
    let mut each: BTreeMap<_, &GateRecord> = BTreeMap::new();
    for gate in record.gates.iter().filter(|gate| !gate.pass) {
        let setting = record.cell(&gate.cell).map(CellRecord::setting);
        let kept = each.entry((setting, &gate.name, &gate.metric, &gate.stat)).or_insert(gate);
        if far(gate) > far(kept) {
            *kept = gate;
        }
    }
    each.into_values().collect()
}

/// For each gate that all cells meet, the cell that is nearest to the limit.
fn nearest(gates: &[GateRecord]) -> Vec<&GateRecord> {
    let part = |(of, to): (u64, u64)| of as f64 / to.max(1) as f64;
    let share = |of: Option<u64>, to| of.zip(to).map_or(0.0, part);
    let near = |gate: &GateRecord| share(gate.value, gate.max).max(share(gate.min, gate.value));
    let mut each: BTreeMap<_, &GateRecord> = BTreeMap::new();
    for gate in gates {
        let one = (&gate.name, &gate.metric, &gate.stat, &gate.start, gate.min, gate.max);
        let kept = each.entry(one).or_insert(gate);
        // If a cell misses the gate, its failure replaces the other cells. The filter below then
        // removes the gate from this list.
        if kept.pass && (!gate.pass || near(gate) > near(kept)) {
            *kept = gate;
        }
    }
    each.into_values().filter(|gate| gate.pass).collect()
}

pub(super) fn gate_grid(record: &RunRecord, gates: &[&GateRecord]) -> Grid {
    let several = record.cells.len() > 1;
    let mut grid = Grid::new(3, ["gate", "metric", "stat", "must be", "is", ""]);
    for gate in gates {
        let cell = record.cell(&gate.cell);
        let unit = cell.map_or(Unit::Count, |cell| table::unit_of(cell, gate));
        let figure = gate.figure();
        let stat = &gate.stat;
        let [value, bound] = if let Some(value) = gate.value {
            let censored = cell.and_then(|cell| cell.censored(&figure, stat));
            human::held((unit, value), censored, gate.min, gate.max)
        } else {
            let why = cell.map(|cell| no_figure(cell, &figure, stat));
            [why.unwrap_or_default(), human::bound(unit, gate.min, gate.max)]
        };
        let name = if several { format!("{} in {}", gate.name, gate.cell) } else { gate.name.clone() };
        let verdict = if gate.pass { "met" } else { "FAIL" };
        grid.row([name.as_str(), &figure, stat, &bound, &value, verdict]);
    }
    grid
}

fn failures(record: &RunRecord, paint: Paint) -> String {
    let failing = failures_of(record);
    let (whole, named) = failing.split_at(failing.len().min(TOLD_CELLS));
    let line = |of: &Failure<'_>| {
        let told = match of {
            Failure::Cells { worst, name } => match reasons_of(worst).as_slice() {
                [] => format!("{name}: "),
                [only] => format!("{name}: {only}"),
                [first, more @ ..] => format!("{name}: {first} (and {} more)", more.len()),
            },
            Failure::OfRun { text, .. } => text.clone(),
        };
        format!("{} {told}\n", paint.bad(of.word()))
    };
    let whole = whole.iter().map(|of| match of {
        Failure::Cells { worst, name } => {
            format!("{} {name}: {}\n", paint.bad(of.word()), failure(record, worst, paint))
        }
        Failure::OfRun { .. } => line(of),
    });
    let rest = named.len().checked_sub(NAMED_CELLS + 1).map(|rest| format!("… and {} more\n", rest + 1));
    whole.chain(named.iter().take(NAMED_CELLS).map(line)).chain(rest).collect()
}

fn failure(record: &RunRecord, cell: &CellRecord, paint: Paint) -> String {
    let gates: Vec<&GateRecord> = record.gates_of(&cell.id).collect();
    let stuck = matches!(cell.ending.kind, EndingKind::Stuck | EndingKind::Stalled);
    let told_first = usize::from(cell.reasons.iter().any(|reason| matches!(reason, Reason::Stuck {})));
    let ending = cell.ending.text.iter().skip(told_first).filter(|_| stuck).take(TOLD_VIOLATIONS);
    let main = main_reasons(cell).first().copied();
    let others = cell.gravest_first().into_iter().filter(|reason| Some(*reason) != main);
    let lines = others.map(|reason| reason_of(cell, reason)).chain(why(cell, &gates));
    let lines = lines.chain(cell.swarm.as_ref().map(told_swarm)).chain(ending.clone().cloned());
    let mut text: String = lines.map(|line| format!("  {line}\n")).collect();
    // Leaves out violations that the ending and the reasons already show in full.
    let said = |v: &ViolationRecord| v.check == "stuck" && (stuck || is_told(cell, v));
    let devices = cell.violations.iter().filter(|v| said(v)).count();
    let mut told = if stuck { devices.min(ending.count() + 1) } else { devices };
    let left = by_record(cell).into_iter().filter(|(first, _)| !said(first));
    for of_record in left.take(TOLD_VIOLATIONS) {
        told += 1 + of_record.1.len();
        text.push_str(&told_violations(cell, &of_record, paint));
    }
    let closer = closer(cell);
    let first = main.map(|reason| parts(cell, reason).1).filter(|why| !why.is_empty()).into_iter();
    let first = first.chain([format!("look closer: {closer}")]).map(|line| format!("  {line}\n"));
    let first: String = first.collect();
    let rest = text.replace(&format!("    {closer}\n"), "") + &untold(cell, told);
    format!("{}\n{first}{rest}", what_failed(cell))
}

fn told_swarm(swarm: &SwarmRecord) -> String {
    let off = if swarm.off.is_empty() { "nothing".to_owned() } else { swarm.off.join(", ") };
    let sizes: Vec<String> = swarm.sizes.iter().map(|(key, size)| format!("{key} = {size}")).collect();
    let taken = swarm.taken.iter().map(|(key, value)| format!("{key} = {value}"));
    let values: Vec<String> = sizes.into_iter().chain(taken).collect();
    format!("with this seed the swarm lacks {off}; {}", values.join(", "))
}

fn untold(cell: &CellRecord, told: usize) -> String {
    let kept = cell.violations.len().saturating_sub(told) as u64;
    let beyond = grouped(&cell.violations, |violation| violation.check.as_str()).into_iter();
    let beyond = beyond.map(|(check, kept)| counted(cell, check).saturating_sub(kept.len() as u64));
    match kept.saturating_add(beyond.fold(0, u64::saturating_add)) {
        0 => String::new(),
        all => format!("  … and {} more; run.json has the first of each check\n", human::thousands(all)),
    }
}

/// The first violation of a record, and its other violations.
type Violations<'c> = (&'c ViolationRecord, Vec<&'c ViolationRecord>);

fn by_record(cell: &CellRecord) -> Vec<Violations<'_>> {
    let mut groups: Vec<Violations<'_>> = Vec::new();
    for violation in &cell.violations {
        let same = |first: &ViolationRecord| first.record.is_some() && first.record == violation.record;
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, others)) => others.push(violation),
            None => groups.push((violation, Vec::new())),
        }
    }
    groups.sort_by_key(|(first, _)| (harm_of(&first.check), life_of(cell, first).is_none()));
    groups
}

fn life_of<'c>(cell: &'c CellRecord, violation: &ViolationRecord) -> Option<&'c LifeRecord> {
    cell.lives.iter().find(|life| Some(&life.record) == violation.record.as_ref())
}

fn told_violations(cell: &CellRecord, (first, others): &Violations<'_>, paint: Paint) -> String {
    let whose = |v: &ViolationRecord| match &v.device {
        Some(device) => format!("{} {device}", v.check),
        None => v.check.clone(),
    };
    let record = first.record.as_ref().map_or_else(String::new, |record| format!(" {record}"));
    // If this violation is the first of its check, the reasons already show it in full.
    let what = if is_told(cell, first) { String::new() } else { format!(": {}", first.text) };
    let mut text = format!("  {}{record}{what}\n", whose(first));
    if !others.is_empty() {
        let mut names: Vec<String> = others.iter().map(|v| whose(v)).collect();
        names.dedup();
        let (told, more) = names.split_at(names.len().min(TOLD_VIOLATIONS));
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        text.push_str(&format!("    the same record: {}{more}\n", told.join(", ")));
    }
    let life = life_of(cell, first);
    text.extend(life.map(|life| told_life(&life.lines, paint)));
    let beside = first.beside.as_ref().filter(|_| first.record.is_none());
    let record = life.map(|life| &life.record).or(beside);
    text.extend(record.map(|record| format!("    {}\n", replay_record(&cell.replay, record))));
    text
}

fn told_life(lines: &[String], paint: Paint) -> String {
    let told = |part: Part<'_>| match part {
        Part::Line(line) => paint.dim(line),
        Part::LeftOut(lines) => paint.dim(&format!("… {} …", human::count(lines as u64, "line"))),
    };
    excerpt(lines, TOLD_LIFE).into_iter().map(|part| format!("    {}\n", told(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(name: &str, cell: &str, bounds: [Option<u64>; 2], value: u64, pass: bool) -> GateRecord {
        let ([min, max], value) = (bounds, Some(value));
        let (cell, name) = (cell.to_owned(), name.to_owned());
        GateRecord { cell, name, min, max, value, pass, ..GateRecord::default() }
    }

    #[test]
    fn of_each_gate_that_all_cells_meet_the_nearest_to_its_bound_is_told() {
        let (least, most) = ([Some(10), None], [None, Some(100)]);
        let gates = [
            gate("fast", "a", most, 40, true),
            gate("fast", "b", most, 99, true),
            gate("fast", "c", most, 50, true),
            gate("some", "a", least, 11, true),
            gate("some", "b", least, 40, true),
            gate("missed", "a", most, 99, true),
            gate("missed", "b", most, 101, false),
            gate("missed", "c", most, 98, true),
        ];
        let told: Vec<_> =
            nearest(&gates).into_iter().map(|gate| (gate.name.as_str(), gate.cell.as_str())).collect();
        assert_eq!(told, [("fast", "b"), ("some", "a")]);
    }
}
