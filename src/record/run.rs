//! The record of a run, which is the content of `run.json`.
//!
//! A cell is one simulation: one variant and one seed. A gate is a limit on a figure. A baseline is
//! a file of figures that a run must reproduce. A matrix is a run that shows the result of each
//! setting, and a failing setting is a result, too. The oracle is the judge that knows all true
//! values. A swarm is a scenario in which each seed draws its own parts. A stack is a sync engine
//! with its server half. The life of a record is the list of all its events.
//!
//! Other programs rely on the names of its fields. A rename needs a new major version.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::Serializer;

use super::build::Build;
use super::exit::Exit;
use super::figures::{self, CellFigures, FiguresRecord};
use super::found::{
    LifeRecord, MissedRecord, ObservedRecord, OccurrenceRecord, RemedyRecord, SeriesRecord, SlowRecord,
    SwarmRecord, ViolationRecord,
};
use super::held::{AnswerRecord, ClaimRecord, ExceptionRecord, ExpectationRecord, GateRecord};
use super::lines::Lines;
use super::reason::Reason;
use super::tuned::TuneRecord;
use crate::base::{Digest, escape_json};
use crate::metrics::{self, Censored, Tails, human};

pub const SCHEMA_VERSION: &str = "3.0.0";

/// The text before the command that makes a run the baseline.
pub const ACCEPT: &str = "to accept this run: ";

/// All results of a run. No figure of the host's clock is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    pub schema_version: String,
    pub tool: Tool,
    /// The build of the program. A cell that another build ran names it.
    pub build: Build,
    /// Whether all cells completed.
    pub complete: bool,
    /// For several scenarios: their names and paths in one line, and one digest over all.
    pub scenario: ScenarioRecord,
    pub verdict: Verdict,
    pub exit_code: u8,
    pub figures: FiguresRecord,
    pub cells: Vec<CellRecord>,
    /// All gates of all cells. The gates of a cell that expects a violation are left out.
    pub gates: Vec<GateRecord>,
    /// What pairs of variants show, under each seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimRecord>,
    /// Answers to questions from pairs of variants, under each seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerRecord>,
    /// What had to occur in at least one cell, and in how many it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub occurrences: Vec<OccurrenceRecord>,
    /// The number of planned cells; `cells` has fewer if the run was stopped.
    pub planned_cells: u64,
    /// Why the run stopped before its end, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The command that makes this run the baseline, if only its figures differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The part of its baseline that the run left out: a gate over fewer cells passes more easily.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Whether the run fails because of that: the whole baseline was required.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out_fails: bool,
    /// Figures that are or may be worse than the baseline's, without failing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerated: Vec<String>,
    /// Remarks for the reader that fail nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The resolved scenarios as TOML, by digest; a cell names its own.
    pub resolved: BTreeMap<String, String>,
    /// Files that scenarios read, by digest, with their names and the places of copies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, BTreeMap<String, String>>,
    /// The result of a search for the best settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<TuneRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepRecord>,
    /// Whether this is a matrix, in which losses and missed gates are results, not failures.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub matrix: bool,
    /// The digest of all other fields as written: an edit breaks it. Empty except in the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checksum: String,
}

/// Writes a record and its digest. It delays the last bytes, because the checksum precedes them.
struct ChecksumWriter<W> {
    out: W,
    digest: Digest,
    held: Vec<u8>,
}

/// The length of the last 2 bytes, `\n}`.
const CLOSING: usize = 2;
const CELL: usize = 2;

impl<W: Write> Write for ChecksumWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.digest.write_all(bytes)?;
        self.held.extend_from_slice(bytes);
        let ready = self.held.len().saturating_sub(CLOSING);
        self.out.write_all(&self.held[..ready])?;
        self.held.drain(..ready);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRecord {
    pub name: String,
    /// Where it was read; empty for the embedded one.
    pub path: String,
    pub digest: String,
}

/// The result of a run or a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All expectations and gates are met.
    Pass,
    /// Something is wrong.
    Fail,
    /// It was stopped before its end, and nothing was wrong so far.
    #[default]
    Incomplete,
    /// It needs features that its stack does not support, and was not run.
    Unsupported,
}

impl Verdict {
    /// The verdict as text. `FAIL` is in capitals so that readers see it quickly.
    pub fn word(self) -> &'static str {
        ["pass", "FAIL", "incomplete", "unsupported"][self as usize]
    }
    /// True if the cell ran to its end, with a pass or a failure.
    pub fn was_run(self) -> bool {
        matches!(self, Verdict::Pass | Verdict::Fail)
    }
}

/// One cell: scenario × variant × axes × seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRecord {
    /// Its name in the run, and the name of its file in `repro/`.
    pub id: String,
    pub variant: Option<String>,
    /// The swept keys with their values: numbers where they are whole numbers, texts otherwise.
    pub axes: BTreeMap<String, serde_json::Value>,
    /// Its seed, as a text because not every reader of JSON keeps 64 bits.
    pub seed: String,
    /// Covers the chain of events and the final rows; empty if the cell did not end.
    pub digest: String,
    /// Covers the figures with their names; empty if the cell did not end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub figures_digest: String,
    /// The build that ran it, if another one wrote the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran_by: Option<Build>,
    pub verdict: Verdict,
    pub virtual_ns: u64,
    /// By metric: a number, or count, min, p50, p95, p99, max and mean of a distribution; if some
    /// waits never ended, also their number and the longest known wait. A metric of the run's
    /// `figures` that is missing here is zero, or has no observation.
    #[serde(serialize_with = "figures::write", deserialize_with = "figures::read")]
    #[schemars(schema_with = "figures::schema")]
    pub metrics: CellFigures,
    /// Metrics of the run's `figures` for which it has no figure; none if it did not end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<String>,
    /// Violations that the oracle found, limited per check; the metrics have the counts.
    pub violations: Vec<ViolationRecord>,
    pub replay: String,

    pub scenario: String,
    pub path: String,
    /// The key of its resolved scenario in the run's `resolved`.
    pub resolved: String,
    /// The parts of its scenario's swarm that its seed has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<SwarmRecord>,
    pub devices: u64,
    pub ending: EndingRecord,
    pub phases: Phases,
    pub events: u64,
    /// Faults that were drawn or planned, in order.
    pub faults: Vec<FaultRecord>,
    /// Actions whose edits could not all be made as required.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<UnplacedRecord>,
    /// Exceptions that ended syncs of its apps, in the order of their first occurrence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionRecord>,
    /// Planned events that did not occur: kills, faults that hit nobody, unused parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<MissedRecord>,
    /// Checks of features that the stack does not have: neither passed nor failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_applicable: Vec<String>,
    /// The recorded history of a real app, if this is not a simulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedRecord>,
    /// The number of checks that apply to a third-party stack; none for the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_to: Option<HeldTo>,
    /// Checks of the oracle that had nothing to check: they found nothing, and have not passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untried: Vec<String>,
    pub expectations: Vec<ExpectationRecord>,
    pub reasons: Vec<Reason>,
    /// The lives of the records of the first violations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lives: Vec<LifeRecord>,
    /// Settings that fix its findings, or may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<RemedyRecord>,
    /// Series of the first cells and the first failing ones; all are in `series.csv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesRecord>,
    /// For the same cells, by metric: the number of waits up to this end and above the last, in ns.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<String, Vec<(u64, u64)>>,
    /// The devices with the longest syncs, the slowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slowest: Vec<SlowRecord>,
}

/// The number of checks that a stack's promises make applicable, of the checks with something to
/// check in the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldTo {
    pub checks: u64,
    pub of: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndingRecord {
    pub kind: EndingKind,
    /// In words, a line for each of the first devices concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
}

/// How a cell ended, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndingKind {
    /// All work in progress was completed.
    #[default]
    Drained,
    /// Some devices did not come to rest by the deadline.
    Stuck,
    /// An engine spun or stalled.
    Stalled,
    Interrupted,
    /// It could not be run, or the bench itself failed.
    Broken,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// The script, faults on.
    pub script_ns: u64,
    /// Recovery and draining.
    pub drain_ns: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultRecord {
    pub at_ns: u64,
    pub text: String,
}

/// An action whose edits, or an entity whose imports, could not all be made as required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnplacedRecord {
    pub action: String,
    pub asked: u64,
    /// Edits that were not made: no row, or no free natural key, was left for them.
    pub left_out: u64,
    /// Edits that were made on any row: none was as near to the time as `near` requires.
    pub astray: u64,
    /// True for rows imported into the entity of this name, not edits of an action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub import: bool,
}

impl CellRecord {
    /// True if the cell ran to its end. Then it has figures.
    pub fn ended(&self) -> bool {
        !self.figures_digest.is_empty()
    }
    /// Lists in `unmeasured` the metrics of `known` for which this cell has no figure.
    pub fn leave_out(&mut self, known: &FiguresRecord) {
        self.unmeasured = if self.ended() { known.unmeasured(&self.metrics) } else { Vec::new() };
    }
    /// Adds the zero figures that the file omits. The error names a metric that is not in `known`.
    pub fn fill(&mut self, known: &FiguresRecord) -> Result<(), String> {
        if self.ended() { known.fill(&mut self.metrics, &self.unmeasured) } else { Ok(()) }
    }
    /// True if the cell fails only because its scenario changed since the baseline was saved.
    pub fn is_changed(&self) -> bool {
        let is_change = |reason: &Reason| matches!(reason, Reason::ScenarioChanged { .. });
        !self.reasons.is_empty() && self.reasons.iter().all(is_change)
    }
    pub fn stat(&self, metric: &str, stat: &str) -> Option<u64> {
        self.metrics.get(metric)?.stat(stat)
    }
    /// The number of a metric; 0 if the metric has no number.
    pub fn number(&self, metric: &str) -> u64 {
        self.stat(metric, "value").unwrap_or(0)
    }
    /// The waits of a metric that never ended; `None` if the unit of `stat` is not that of the
    /// metric.
    pub fn censored(&self, metric: &str, stat: &str) -> Option<Censored> {
        let figure = self.metrics.get(metric)?;
        figure.censored().filter(|_| figure.unit().of_stat(stat) == figure.unit())
    }
    /// Splits the name of an expectation, such as `metric.p95`, into metric and statistic.
    pub fn named<'w>(&self, what: &'w str) -> Option<(String, &'w str)> {
        named(what, |name| self.metrics.contains_key(name))
    }
    /// The figure that an expectation or a claim names.
    pub fn expected(&self, what: &str) -> Option<u64> {
        let (metric, stat) = self.named(what)?;
        self.stat(&metric, stat)
    }
    /// Scenario, variant and swept values. Cells with the same setting differ only in their seed.
    pub fn setting(&self) -> (&str, Option<&str>, String) {
        (&self.scenario, self.variant.as_deref(), format!("{:?}", self.axes))
    }
}

/// The grid of a sweep, in the given order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepRecord {
    /// The figure that settings are compared by, as `metric` or `metric:stat`.
    pub objective: String,
    pub axes: Vec<AxisRecord>,
    /// The axis that replaces the first one in the sweep that this one is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<AxisRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AxisRecord {
    pub key: String,
    pub values: Vec<String>,
}

/// A text that is not a record that this program can read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("not a run record: {0}")]
    Shape(#[from] serde_json::Error),
    /// Another schema version wrote it.
    #[error(
        "the record has schema version {0}, and this program reads {SCHEMA_VERSION}: run it again, or use the syncdyno that wrote it"
    )]
    Version(String),
    #[error("the record was edited: its checksum is {told}, its contents give {own}")]
    Edited { told: String, own: String },
}

impl RunRecord {
    /// Reads a record. Fails if the record was edited or has another schema version.
    pub fn parse(text: &str) -> Result<RunRecord, RecordError> {
        let text = escape_json(text, "resolved");
        let schema_version = version_of(&text)?;
        if schema_version != SCHEMA_VERSION {
            return Err(RecordError::Version(schema_version));
        }
        let mut record: RunRecord = serde_json::from_str(&text)?;
        record.figures.borrow_known_names();
        let figures = &record.figures;
        if let Err(name) = record.cells.iter_mut().try_for_each(|cell| cell.fill(figures)) {
            return Err(serde_json::Error::custom(format!("no unit of {name}")).into());
        }
        let told = std::mem::take(&mut record.checksum);
        let own = record.write(io::sink())?;
        let told = if told.is_empty() { "missing".to_owned() } else { told };
        if own == told { Ok(record) } else { Err(RecordError::Edited { told, own }) }
    }

    /// Writes one line per field and per cell, and the checksum at the end. Returns the checksum.
    pub fn write(&self, out: impl Write) -> serde_json::Result<String> {
        let mut sealed = ChecksumWriter { out, digest: Digest::new(), held: Vec::new() };
        self.serialize(&mut Serializer::with_formatter(&mut sealed, Lines::to(CELL)))?;
        let checksum = sealed.digest.hex();
        let end = format!(",\n\"checksum\": \"{checksum}\"\n}}\n");
        sealed.out.write_all(end.as_bytes()).map_err(serde_json::Error::io)?;
        Ok(checksum)
    }
    pub fn to_json(&self) -> String {
        let mut bytes = Vec::new();
        self.write(&mut bytes).expect("a record has no map with keys other than texts");
        String::from_utf8(bytes).expect("JSON is text")
    }
    pub fn cell(&self, id: &str) -> Option<&CellRecord> {
        self.cells.iter().find(|cell| cell.id == id)
    }
    pub fn failing(&self) -> impl Iterator<Item = &CellRecord> {
        self.cells.iter().filter(|cell| cell.verdict == Verdict::Fail)
    }
    /// True if the run fails only because scenarios changed since the baseline was saved.
    pub fn is_of_changed_scenario(&self) -> bool {
        let mut failing = self.failing().peekable();
        let fails = self.complete && failing.peek().is_some() && self.lacking().is_none();
        fails && self.exit_code == Exit::NoBaseline.code() && failing.all(CellRecord::is_changed)
    }
    /// The command that makes the run the baseline; `None` if the run was stopped or cannot be
    /// accepted.
    pub fn acceptance(&self) -> Option<&str> {
        self.accept.as_deref().filter(|_| self.notes.is_empty())
    }
    /// A line with that command, if a figure of the cell differs from the baseline; otherwise
    /// empty.
    pub fn acceptance_of(&self, cell: &CellRecord) -> String {
        let differs = cell.reasons.iter().any(|reason| reason.exit() == Exit::Regression);
        let command = self.acceptance().filter(|_| differs);
        command.map_or_else(String::new, |command| format!("\n{ACCEPT}{command}"))
    }
    /// The part of the baseline that the run left out, if the run fails because of it.
    pub fn lacking(&self) -> Option<&str> {
        self.left_out.as_deref().filter(|_| self.left_out_fails)
    }
    /// True if the run judged a recorded history of real apps, not a simulation.
    pub fn is_observed(&self) -> bool {
        !self.cells.is_empty() && self.cells.iter().all(|cell| cell.observed.is_some())
    }
    /// True if failing cells are results, not errors: in a search or a matrix that did not fail
    /// itself.
    pub fn is_of_findings(&self) -> bool {
        (self.tune.is_some() || self.matrix) && self.verdict != Verdict::Fail
    }
    /// True if this failing cell is a result. A matrix can have such cells and fail because of
    /// others.
    pub fn is_found(&self, cell: &CellRecord) -> bool {
        let finds = |cell: &CellRecord| cell.reasons.iter().all(Reason::is_finding);
        self.is_of_findings() || self.matrix && finds(cell) && !self.cells.iter().all(finds)
    }
    pub fn build_of<'a>(&'a self, cell: &'a CellRecord) -> &'a Build {
        cell.ran_by.as_ref().unwrap_or(&self.build)
    }
    /// A sentence with the builds that ran the cells; `None` if the record's own build ran all
    /// cells.
    pub fn mixed(&self) -> Option<String> {
        let own = self.build.to_string();
        let mut ran: BTreeMap<String, u64> = BTreeMap::new();
        for cell in &self.cells {
            *ran.entry(self.build_of(cell).to_string()).or_default() += 1;
        }
        let other = ran.keys().any(|build| *build != own);
        let told = ran.iter().map(|(build, cells)| format!("{} by {build}", human::count(*cells, "cell")));
        other.then(|| format!("builds are mixed: {}", told.collect::<Vec<_>>().join(", ")))
    }
    pub fn gates_of<'a>(&'a self, cell: &'a str) -> impl Iterator<Item = &'a GateRecord> {
        self.gates.iter().filter(move |gate| gate.cell == cell)
    }
    pub fn gates_by_cell(&self) -> BTreeMap<&str, Vec<&GateRecord>> {
        let mut gates: BTreeMap<&str, Vec<&GateRecord>> = BTreeMap::new();
        self.gates.iter().for_each(|gate| gates.entry(&gate.cell).or_default().push(gate));
        gates
    }
}

/// Counts the waits of a metric that never ended, in all these cells together.
pub fn censored(cells: &[&CellRecord], metric: &str) -> Option<Censored> {
    Censored::of(cells.iter().filter_map(|cell| cell.metrics.get(metric)))
}

/// Splits the name of an expectation into metric and statistic. A number metric has no statistic in
/// its name, so `value` is returned.
pub fn named(key: &str, is_there: impl Fn(&str) -> bool) -> Option<(String, &str)> {
    if is_there(key) {
        return Some((key.to_owned(), "value"));
    }
    let (name, part) = metrics::parts(key);
    let (metric, stat) = name.rsplit_once('.')?;
    let metric = part.map_or_else(|| metric.to_owned(), |(mark, part)| format!("{metric}{mark}{part}"));
    is_there(&metric).then_some((metric, stat))
}

/// A judged cell with its gates (limits on its figures).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// The replay command of the cell is set later, when the record is assembled.
    pub cell: CellRecord,
    /// Empty if the scenario expects a violation, or if the cell did not end.
    pub gates: Vec<GateRecord>,
    /// The largest observations of the cell. They are not part of the record.
    pub tails: Tails,
}

impl Tool {
    pub fn this() -> Tool {
        Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

pub(super) fn version_of(text: &str) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: String,
    }
    serde_json::from_str(text).map(|file: Versioned| file.schema_version)
}

pub fn schema_json() -> String {
    let schema = schemars::schema_for!(RunRecord);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
