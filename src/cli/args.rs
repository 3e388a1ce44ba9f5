//! The arguments of the command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use super::hunt_args::{HuntArgs, ShrinkArgs};
use super::parsed::{SEED_MAX, assignment, only, span, tolerance};
use super::serve_args::ServeArgs;
use super::work::{BaselineArgs, CompareFormat, MergeArgs, OutputArgs, Work};
use crate::analysis::sweep::Objective;
use crate::analysis::tune::LimitFlag;
use crate::base::Span;
use crate::campaign::tune::Knob;
use crate::campaign::{Axis, CELLS_MAX};
use crate::scenario::LIKE;

/// The explanations of words and of exit codes in `--help`. They come from the docs.
fn words_and_exit_codes() -> String {
    let part = |head: &str, end: &str, width: usize| {
        let page = include_str!("../../docs/commands.md").lines();
        let rows = page.skip_while(|line| !line.starts_with(head)).skip(2);
        let rows = rows.take_while(|line| !line.starts_with(end)).map(|row| listed(row, width));
        rows.collect::<Vec<_>>().join("\n")
    };
    let (words, codes) = (part("| word |", "## ", 8), part("| exit |", "A path ", 3));
    format!("Words:\n{}\n\nExit codes:\n{codes}", words.trim_end())
}

/// A row of a table in the docs as text for `--help`. A new line begins after each `;`.
fn listed(row: &str, width: usize) -> String {
    let Some((head, text)) = row.trim_matches(['|', ' ']).split_once(" | ") else { return row.to_owned() };
    format!("  {head:<width$}  {}", text.replace("; ", &format!("\n  {:width$}  ", "")))
}

/// A dynamometer for offline-first sync engines.
#[derive(Debug, Parser)]
#[command(name = "syncdyno", version, propagate_version = true, after_long_help = words_and_exit_codes())]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) voice: Voice,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// How much is printed, and in which colours.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Voice {
    /// Print less: the verdict, failures, the report's path, replay commands and warnings.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print every figure.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to print colours. `auto` prints them on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios, judge the results and write a report.
    ///
    /// A cell is one simulation: a scenario, a variant and a seed. By default each scenario runs
    /// with its own seed. A cell fails if it misses a gate (a bound for a figure) or an
    /// expectation, or if a check finds a violation, such as lost data. One failing cell fails the
    /// run.
    Run(RunArgs),
    /// Run a scenario with every combination of values of its keys, and report which is best.
    ///
    /// A cell is one simulation: a combination, a variant and a seed. By default each combination
    /// runs with eight seeds. The report also says what limits the other combinations. One failing
    /// cell fails the sweep: exit 10 for a missed gate (a bound for a figure), 11 for lost data.
    ///
    /// With --table the sweep prints a table instead. Lost data or a missed gate does not fail a
    /// table.
    Sweep(SweepArgs),
    /// Search for the best chunk size, or another setting, and report the cost of other values.
    ///
    /// A setting is one value of each --knob. A place is a variant with one value of --class,
    /// --link, --fleet and --axis. Each place gets its own result. By default the search uses eight
    /// seeds.
    ///
    /// A setting is excluded if it loses data, gets stuck, misses a gate of the scenario (a bound
    /// for a figure) or breaks a limit of --limit. If no setting meets a gate, the search ignores
    /// the gate. The search fails (exit 10) if all settings of a place are excluded.
    Tune(TuneArgs),
    /// Look for failures around a scenario, and keep each as a small file.
    ///
    /// A hunt runs the scenario with other faults, sizes, clocks, people and fleets. A run that
    /// reaches something new is changed further. The exit code is 10 if the hunt finds a failure.
    ///
    /// When the bug is fixed, --settle turns the file of its failure into an expectation.
    Hunt(HuntArgs),
    /// Reduce a failing cell to a small scenario with the same failure.
    ///
    /// A cell is one simulation: a scenario, a variant and a seed. The new file has a few lines. It
    /// still fails by the same check on a record of the same entity. It lists the faults and edits,
    /// and its comments say what happens to the record.
    Shrink(ShrinkArgs),
    /// Check scenarios for mistakes, without running them.
    ///
    /// `check` also warns about edits that find no row. It looks for them under the first seed, and
    /// only in cells (simulations) with at most 500 000 rows and edits together and at most 1 000
    /// devices. In larger cells only `run` finds them.
    Check {
        #[command(flatten)]
        selection: Selection,
        /// Replace renamed keys and words in the files by their present names.
        #[arg(long)]
        fix: bool,
    },
    /// Show the cells (simulations) of scenarios, with their sizes and an estimate of their cost.
    Plan {
        #[command(flatten)]
        grid: Grid,
        /// The output: a table for people, or JSON with relative costs.
        #[arg(long, value_enum, default_value_t = Table::Human)]
        format: Table,
    },
    /// Merge shards into the report that one machine would have written.
    ///
    /// A shard is a folder that `run`, `sweep` or `tune` wrote with --partition.
    Merge(MergeArgs),
    /// Write a short commented scenario to start from.
    New {
        /// The scenario's name. The new file is NAME.toml; with --js, the new folder is NAME.
        name: PathBuf,
        /// Write a scenario of an app that syncs as apps of this platform do. Its comments use the
        /// platform's words.
        #[arg(long, value_name = "PLATFORM", value_parser = PossibleValuesParser::new(LIKE))]
        like: Option<String>,
        /// Create a folder with an app in JavaScript, its server's functions and a scenario.
        #[arg(long, conflicts_with = "like")]
        js: bool,
        /// With --js: write the app in TypeScript. `npm run build` makes the bundle that runs.
        #[arg(long, requires = "js")]
        typescript: bool,
    },
    /// Check the recorded history of a real app with the checks of a simulation.
    Judge(JudgeArgs),
    /// Serve a scenario's backend, links and faults in real time to real apps over HTTP, and judge
    /// the apps at the end.
    Serve(ServeArgs),
    /// Run one cell (simulation) again, and compare its digest (checksum) with the recorded one.
    ///
    /// `replay` also repeats a recorded session of `serve`, in virtual time.
    Replay(ReplayArgs),
    /// Write the page, the tables or the summary of a run again, from its record.
    Report(ReportArgs),
    /// Estimate the cost of a request from your request log, and recommend a chunk size.
    Calibrate(CalibrateArgs),
    /// Compare two results. Each is a run, a variant or a baseline (saved figures).
    Compare(CompareArgs),
    /// Manage baselines: files under reports/baseline/ with figures that later runs must reproduce.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Show the built-in profiles: links, devices, backends, architectures of products.
    ///
    /// Each figure has its source.
    #[command(subcommand)]
    Profiles(Profiles),
    /// Print the JSON Schema of scenario files, of run.json, or of a line of a history.
    Schema {
        /// The format to describe.
        #[arg(value_enum)]
        which: SchemaOf,
    },
    /// Print a completion script.
    Completions {
        /// The shell that reads the script.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// Which cells.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Selection {
    /// Scenario files, or folders with scenario files; by default the built-in hospital day.
    pub(super) paths: Vec<PathBuf>,
    /// The seed: a number that fixes all random choices of a run.
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// Several seeds: `1..=20`, or `1..21`. Each seed is another random run.
    #[arg(long, value_name = "A..=B", value_parser = seeds)]
    pub(super) seeds: Option<RangeInclusive<u64>>,
    /// Set a key of the scenario, by its dotted path, to a TOML value; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Run only this variant (the scenario with some keys changed); may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Vec<String>,
    /// Run only scenarios and variants whose `SCENARIO.VARIANT` contains this text or matches this
    /// pattern (`*`, `?`); may be given several times.
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
}

impl Selection {
    pub(super) fn seeds(&self) -> Option<RangeInclusive<u64>> {
        self.seed.map(|seed| seed..=seed).or_else(|| self.seeds.clone())
    }
    /// The same selection without seeds. Then each scenario uses its own seed.
    pub(super) fn seedless(&self) -> Selection {
        Selection { seed: None, seeds: None, ..self.clone() }
    }
}

/// The number of seeds; 1 if the user gave no seeds.
pub(super) fn count(seeds: Option<RangeInclusive<u64>>) -> u128 {
    seeds.map_or(1, |seeds| u128::from(seeds.end() - seeds.start()) + 1)
}

/// Which cells, axes among them.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Grid {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// An axis: a key and its values, `a,b,c`, `16..8192*2`, `10..100+10` or `0..=5`. May be given
    /// several times: every combination runs.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) axis: Vec<Axis>,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) work: Work,
    #[command(flatten)]
    pub(super) place: OutputArgs,
    /// The output: tables for people, run.json, or tables and annotations for a GitHub job.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) held: BaselineArgs,
    /// Run each cell twice and compare the digests (checksums). If they differ, exit with 15.
    #[arg(long)]
    pub(super) twice: bool,
    /// Ask questions about your scenario FILE. Each question compares two versions of FILE that
    /// differ in one thing. PATHS are the scenarios with the questions (`[question]`); by default
    /// the built-in checklist. The run does not fail, whatever the answers are.
    #[arg(long = "for", value_name = "FILE", conflicts_with_all = ["variant", "baseline", "filter"])]
    pub(super) asked: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub(super) grid: Grid,
    #[command(flatten)]
    pub(super) work: Work,
    /// Also run the sweep with this key in place of the first axis. The report says how much more
    /// each value of the first axis costs than the best value of this key. Example: `--axis
    /// engine.pull.controller=fixed,aimd --against engine.pull.chunk_rows=4..512*2`.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) against: Option<Axis>,
    /// The metric by which values are compared; by default engine.rows.rate (rows per second of
    /// sync, without syncs that move nothing). For a distribution add a statistic: `NAME:p50`. The
    /// default statistic is p95.
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// Print a table: `architectures`, `conflicts`, `wire`, or the `[table]` of a scenario file.
    /// Without PATHS the table's own scenarios run. If the file in PATHS has a `[table]`, neither
    /// this option nor an axis is needed.
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["against", "metric"])]
    pub(super) table: Option<String>,
    /// Run only these values of an axis of the table: `link=edge,lte-good`; may be given several
    /// times.
    #[arg(long, value_name = "TITLE=VALUES", value_parser = only, conflicts_with_all = ["against", "metric"])]
    pub(super) only: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) place: OutputArgs,
    /// The output: table, chart and text for people, or the same figures as JSON or CSV. `md` is
    /// only for a table.
    #[arg(long, value_enum, default_value_t = SweepFormat::Human)]
    pub(super) format: SweepFormat,
}

#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A key to search: `KEY=LOW..HIGH`, or a list `KEY=a,b,c`; by default engine.pull.chunk_rows.
    /// May be given several times, the most important key first. engine.pull.chunk_rows,
    /// .chunk_bytes, .apply_rows, .prefetch, .streams and engine.push.chunk_rows need no values.
    #[arg(long, value_name = "KEY[=SPEC]")]
    pub(super) knob: Vec<Knob>,
    /// Search separately for each of these links: `edge,lte-good`; by default the scenario's own.
    #[arg(long, value_name = "LINKS")]
    pub(super) link: Option<String>,
    /// Search separately for each of these device classes: `low,mid`.
    #[arg(long, value_name = "CLASSES")]
    pub(super) class: Option<String>,
    /// Search separately for each of these numbers of devices: `1,100,1000`.
    #[arg(long, value_name = "SIZES")]
    pub(super) fleet: Option<String>,
    /// Search separately for each value of this key: `KEY=a,b,c`; may be given several times.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) axis: Vec<Axis>,
    /// The metric by which settings are compared; by default engine.rows.rate (rows per second of
    /// sync, without syncs that move nothing). For a distribution add a statistic: `NAME:p50`. The
    /// default statistic is p95.
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// Exclude settings that break this limit: `foreground=100ms` (the app's own queries),
    /// `chunk=15s` (requests) or `memory=32MB` (memory for a response). A limit that you do not
    /// give excludes nothing and is only reported: foreground=100ms, chunk=half of the gateway's
    /// timeout, memory=a quarter of the device's memory. `NAME=off` leaves a limit out.
    #[arg(long, value_name = "NAME=MAX")]
    pub(super) limit: Vec<LimitFlag>,
    /// Leave out the default values of known products, which otherwise run for comparison.
    #[arg(long)]
    pub(super) no_field: bool,
    #[command(flatten)]
    pub(super) work: Work,
    #[command(flatten)]
    pub(super) place: OutputArgs,
    /// The output: text and table for people, or the same figures as JSON or CSV.
    #[arg(long, value_enum, default_value_t = TuneFormat::Human)]
    pub(super) format: TuneFormat,
}

#[derive(Debug, Default, Args)]
pub(super) struct JudgeArgs {
    /// The scenario with the entities, the conflict policy and the expectations. It needs no fleet.
    pub(super) scenario: PathBuf,
    /// The recorded history, with one JSON object per line. `syncdyno schema history` prints the
    /// format.
    pub(super) history: PathBuf,
    /// A phone's SQLite database at the end of the recording; NAME is the device in the history. It
    /// needs --table. May be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = only)]
    pub(super) phone: Vec<(String, String)>,
    /// A table to read from the databases of --phone. It must have all columns of its entity. Add
    /// =ENTITY if the entity has another name. May be given several times.
    #[arg(long, value_name = "TABLE[=ENTITY]", requires = "phone")]
    pub(super) table: Vec<String>,
    /// The backend's rows of an entity at the end: a CSV with a header, or a JSON list of objects.
    /// Its columns are the key and other columns of the entity. May be given several times.
    #[arg(long, value_name = "ENTITY=FILE", value_parser = only)]
    pub(super) backend: Vec<(String, String)>,
    /// The changes of the backend: a CSV with a line per change. It needs `at` (the time),
    /// `entity`, `key` and one column for each changed column of the entity. If known, it also has
    /// `do` (create, update or delete), `device` (the author) and `seq` (a number that gives the
    /// order). May be given several times.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) audit: Vec<PathBuf>,
    /// The variant of the scenario; needed if it has several.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// Set a key of the scenario, by its dotted path, to a TOML value; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Print what happened to a record, step by step; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// The report's folder; by default reports/<scenario>-observed-<digest>.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The output: tables for people, run.json, or tables and annotations for a GitHub job.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A cell, a file or a session. A cell is RUN#CELL, where RUN is a report's folder or its
    /// run.json. A file is a scenario, such as one in the folder repro/ of a report. A session is
    /// the log that `serve --record` wrote.
    pub(super) what: String,
    /// Print what happened to a record, step by step; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// Write a timeline in virtual time for Perfetto or Chrome's tracing page: sessions, requests,
    /// transactions, outages.
    #[arg(long, value_name = "FILE.json")]
    pub(super) trace: Option<PathBuf>,
    /// Write a history for `judge`, with the events that an app could have recorded.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) history: Option<PathBuf>,
    /// Write a request log for `calibrate`, with at most a million requests.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) requests: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A report's folder or its run.json. No other file is read.
    pub(super) run: PathBuf,
    /// The format: tables for people, report.html, summary.md, junit.xml, cells.csv, or the record
    /// itself (run.json).
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    /// Write to this new file instead of to stdout. If writing fails, there is no file.
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// The request log: a CSV with a header, or one JSON object per line. Each line is one request.
    /// It needs `start` (RFC 3339, or a number since 1970), `rows` and a duration: `duration_ms`,
    /// `duration_s`, `duration_us`, or `duration` with a unit (120ms). It may also have `bytes`,
    /// `outcome` (ok, reset, timeout, refused, offline, or an HTTP status) and `device`. Columns
    /// may be in any order.
    pub(super) log: PathBuf,
    /// Write a scenario with these figures to a new file.
    #[arg(short, long, value_name = "FILE.toml")]
    pub(super) out: Option<PathBuf>,
    /// Read only lines with this value in this column, such as kind=pull; may be given several
    /// times.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = only)]
    pub(super) only: Vec<(String, String)>,
    /// Estimate separately for each value of this column, such as network; at most twelve values.
    #[arg(long, value_name = "COLUMN")]
    pub(super) by: Option<String>,
    /// The fixed overhead of a request: about the time of a request for no rows. Give it if nearly
    /// all responses of the log have about the same number of rows.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) overhead: Option<Span>,
    /// The mean transfer time between two failures. Give it if the log has no failed request.
    #[arg(long, value_name = "TIME", value_parser = mtbf)]
    pub(super) mtbf: Option<Span>,
    /// With -o: the round trip of the link, as `ping` reports it. It is a part of the overhead; the
    /// rest of the overhead is the backend's.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) rtt: Option<Span>,
    /// The output: a table for people, or JSON.
    #[arg(long, value_enum, default_value_t = Table::Human)]
    pub(super) format: Table,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The base: a report's folder or its run.json, or a baseline's name or file. `BASE#VARIANT`
    /// selects one variant of it.
    pub(super) base: String,
    /// The candidate, named in the same way.
    pub(super) candidate: String,
    /// Exit with 13 if a figure is worse, and with 14 if the two cannot be judged, for example with
    /// too few seeds. If a cell fails only in the candidate, exit with the code of that failure.
    #[arg(long)]
    pub(super) fail_on_worse: bool,
    /// Accept figures that are worse by at most this. If a change has a confidence interval, the
    /// figure counts as worse only if the whole interval is above this. Changes smaller than 1 %,
    /// or than this value if it is below 1 %, count as equal. Lost data is never accepted.
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = tolerance)]
    pub(super) tolerance: u64,
    /// Compare only this metric; may be given several times.
    #[arg(long, value_name = "METRIC")]
    pub(super) metric: Vec<String>,
    /// The output: a table for people, or one of the other formats.
    #[arg(long, value_enum, default_value_t = CompareFormat::Human)]
    pub(super) format: CompareFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Save the figures of a run as a new baseline. The run must have passed, or failed only
    /// against another baseline.
    Save {
        /// The baseline's name.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// The reason; kept in the file.
        #[arg(long, default_value = "first saved")]
        reason: String,
    },
    /// Update a baseline with the cells of a newer run. The run must have passed, or failed only
    /// against this baseline.
    Update {
        /// The baseline's name, or its file.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// The reason why the figures may change; kept in the file.
        #[arg(long)]
        reason: String,
        /// Also remove the baseline's cells that this run does not have.
        #[arg(long)]
        prune: bool,
    },
    /// List the baselines.
    Ls,
    /// Show the cells of a baseline, the figures that a run must reproduce, and the --reason of
    /// each save or update.
    Show {
        /// The baseline's name, or its file.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Profiles {
    /// List the profiles.
    Ls,
    /// Show one profile, with its figures and their sources.
    Show {
        /// The profile's name, such as `lte-good`.
        name: String,
    },
}

macro_rules! choices {
    ($($name:ident { $first:ident $(, $value:ident)* })*) => {$(
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
        pub(super) enum $name { #[default] $first $(, $value)* }
    )*};
}
choices! {
    ReportFormat { Human, Html, Md, Junit, Csv, Json }
    Table { Human, Json }
    SchemaOf { Scenario, Report, History }
    Format { Human, Json, Github }
    SweepFormat { Human, Md, Json, Csv }
    TuneFormat { Human, Json, Csv }
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    const WANT: &str = "want a range of seeds such as 1..=20";
    let (first, rest) = text.split_once("..").ok_or(WANT)?;
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().map_err(|_| WANT.to_owned());
    let first = number(first)?;
    let last = match rest.strip_prefix('=') {
        Some(last) => number(last)?,
        None => number(rest)?.checked_sub(1).ok_or("the range is empty")?,
    };
    if last < first {
        return Err("the range is empty".to_owned());
    }
    if last > SEED_MAX {
        return Err(format!("{SEED_MAX} is the largest seed"));
    }
    if u128::from(last - first) >= CELLS_MAX {
        return Err(format!("more than {CELLS_MAX} seeds"));
    }
    Ok(first..=last)
}

fn mtbf(text: &str) -> Result<Span, String> {
    span(text)
        .and_then(|mtbf| if mtbf == Span::ZERO { Err("must be above 0 s".to_owned()) } else { Ok(mtbf) })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_cause_of_an_exit_code_has_its_own_line_in_the_help() {
        assert_eq!(listed("| 2 | usage: a path; or a word |", 3), "  2    usage: a path\n       or a word");
        assert_eq!(listed("If several apply: 1, 2.", 3), "If several apply: 1, 2.");
    }

    #[test]
    fn ranges_of_seeds_are_read_with_their_end_included_or_not() {
        assert_eq!(seeds("1..=20"), Ok(1..=20));
        assert_eq!(seeds("7..8"), Ok(7..=7));
        for bad in ["", "5", "1..", "..=3", "3..=1", "0..0", "1..=9999999999", "a..=b"] {
            assert!(seeds(bad).is_err(), "{bad:?} is no range of seeds");
        }
    }
}
