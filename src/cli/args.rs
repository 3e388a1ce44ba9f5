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

/// The table of exit codes, as in the docs.
fn exit_codes() -> String {
    let page = include_str!("../../docs/commands.md").lines();
    let rows = page.skip_while(|line| !line.starts_with("| exit |")).skip(2);
    let rows = rows.take_while(|line| !line.starts_with("A path ")).map(|row| row.trim_matches(['|', ' ']));
    let rows: Vec<String> = rows.map(|row| row.replacen(" | ", "  ", 1)).collect();
    format!("Exit codes:\n{}", rows.join("\n"))
}

/// A dynamometer for offline-first sync engines.
#[derive(Debug, Parser)]
#[command(name = "syncdyno", version, propagate_version = true, after_long_help = exit_codes())]
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
    /// Show every figure.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Colours; `auto` asks the terminal, and NO_COLOR turns them off.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios, apply expectations and gates, write a report.
    Run(RunArgs),
    /// Run a scenario with every combination of some values of its keys, and report which is best
    /// and what limits the others. A cell that misses a gate fails the sweep (exit 10). Or print a
    /// table; lost data does not fail a table.
    Sweep(SweepArgs),
    /// Search for the best chunk sizes (or other settings) for each device class, link and fleet
    /// size, and report the cost of other values. Settings that miss a gate or lose something are
    /// excluded; the search fails (exit 10) only if none is left.
    Tune(TuneArgs),
    /// Look for failures around a scenario: change its faults, sizes, clocks, people and fleet, go
    /// on from what reached something new, and keep each failure as a small file (exit 10 if there
    /// is one). Or turn such a file into an expectation, once its failure is mended.
    Hunt(HuntArgs),
    /// Make a failing cell small: a scenario of a few lines that fails by the same check on a
    /// record of the same entity, with the faults and edits written out and what happens to the
    /// record in comments.
    Shrink(ShrinkArgs),
    /// Parse and validate scenarios, without running them. Also reports edits without a matching
    /// row, for the first seed of cells up to 500 000 rows and edits and 1 000 devices; for larger
    /// cells only `run` reports them.
    Check {
        #[command(flatten)]
        selection: Selection,
        /// Replace renamed keys and words in the files by their present names.
        #[arg(long)]
        fix: bool,
    },
    /// Show the cells that scenarios expand to, and their sizes; as JSON, with relative costs.
    Plan {
        #[command(flatten)]
        grid: Grid,
        #[arg(long, value_enum, default_value_t = Table::Human)]
        format: Table,
    },
    /// Merge the shards of a run, sweep or tune into the report that one machine would have
    /// written.
    Merge(MergeArgs),
    /// Write a short commented scenario to start from.
    New {
        /// Its name; the file is NAME.toml.
        name: PathBuf,
        /// Use the words of a platform, and its ways of syncing instead of the bench's own.
        #[arg(long, value_name = "PLATFORM", value_parser = PossibleValuesParser::new(LIKE))]
        like: Option<String>,
        /// Create a folder with an app in JavaScript, its server's functions and a scenario.
        #[arg(long, conflicts_with = "like")]
        js: bool,
        /// Write the app in TypeScript: `npm run build` makes the bundle that runs.
        #[arg(long, requires = "js")]
        typescript: bool,
    },
    /// Judge a real app: check its recorded history by the same checks as a simulation.
    Judge(JudgeArgs),
    /// Serve a scenario's backend, links and faults at real time to real apps over HTTP, and judge
    /// the apps at the end.
    Serve(ServeArgs),
    /// Run one cell again, with the same seed, and compare its digest with the recorded one; or a
    /// session of `serve`, in virtual time.
    Replay(ReplayArgs),
    /// Render a run again from its record: the page, the tables, the summary.
    Report(ReportArgs),
    /// Fit overhead, time per row and failures to your request log, and recommend a chunk size.
    Calibrate(CalibrateArgs),
    /// Compare two runs, variants or baselines.
    Compare(CompareArgs),
    /// Manage the figures that runs must reproduce: named files under reports/baseline/.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Show the built-in profiles: links, devices, backends, product architectures. Each figure has
    /// its source.
    #[command(subcommand)]
    Profiles(Profiles),
    /// Print the JSON Schema of scenario files, of run.json, or of a line of a history.
    Schema {
        #[arg(value_enum)]
        which: SchemaOf,
    },
    /// Print a completion script.
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// Which cells.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Selection {
    /// Scenario files, and folders of them; by default the built-in hospital day.
    pub(super) paths: Vec<PathBuf>,
    /// The seed.
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// Several seeds: `1..=20`, or `1..21`.
    #[arg(long, value_name = "A..=B", value_parser = seeds)]
    pub(super) seeds: Option<RangeInclusive<u64>>,
    /// Set a key of the scenario, by its dotted path, to a TOML value.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Only this variant; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Vec<String>,
    /// Only scenarios and variants with this text in `SCENARIO.VARIANT`, or like this pattern
    /// (`*`, `?`); may be given several times.
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
}

impl Selection {
    /// The seeds that the user gave; `None` if there are none.
    pub(super) fn seeds(&self) -> Option<RangeInclusive<u64>> {
        self.seed.map(|seed| seed..=seed).or_else(|| self.seeds.clone())
    }
    /// The same selection without seeds, so that scenarios use their own seed.
    pub(super) fn seedless(&self) -> Selection {
        Selection { seed: None, seeds: None, ..self.clone() }
    }
}

/// The number of seeds; 1 if the user gave none.
pub(super) fn count(seeds: Option<RangeInclusive<u64>>) -> u128 {
    seeds.map_or(1, |seeds| u128::from(seeds.end() - seeds.start()) + 1)
}

/// Which cells, axes among them.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Grid {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A key and its values: `a,b,c`, `16..8192*2`, `10..100+10`, `0..=5`; axes are combined.
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
    /// What stdout gets: tables for people, run.json, or tables and annotations for a GitHub job.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) held: BaselineArgs,
    /// Run each cell twice and compare the digests.
    #[arg(long)]
    pub(super) twice: bool,
    /// Run this scenario with each checklist change in turn and print the answers; answers never
    /// fail the run. FILE has the questions: the built-in checklist, or scenarios with
    /// `[question]`.
    #[arg(long = "for", value_name = "FILE", conflicts_with_all = ["variant", "baseline", "filter"])]
    pub(super) asked: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub(super) grid: Grid,
    #[command(flatten)]
    pub(super) work: Work,
    /// Run an alternative key too, in place of the first axis; show how much worse each value of
    /// the first axis is than the best value of that key: `engine.pull.chunk_rows=16..8192*2`.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) against: Option<Axis>,
    /// The objective that settings are compared by: a metric, with a statistic if it is a
    /// distribution (by default p95).
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// Print this table of the scenario: `architectures`, `conflicts` or `wire`, or the `[table]`
    /// of a scenario file. Without PATHS it runs the table's own scenarios. A file that declares
    /// a table needs neither this option nor an axis.
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["against", "metric"])]
    pub(super) table: Option<String>,
    /// Only these values of an axis of the table: `link=edge,lte-good`; may be given several times.
    #[arg(long, value_name = "TITLE=VALUES", value_parser = only, conflicts_with_all = ["against", "metric"])]
    pub(super) only: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) place: OutputArgs,
    /// What stdout gets: table, chart and text, or the same for programs; `md` is for tables.
    #[arg(long, value_enum, default_value_t = SweepFormat::Human)]
    pub(super) format: SweepFormat,
}

#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A key to search: `KEY=LOW..HIGH`, or values like those of an axis; the most important first.
    /// engine.pull.chunk_rows, .chunk_bytes, .apply_rows, .prefetch, .streams and
    /// engine.push.chunk_rows need no values. By default engine.pull.chunk_rows.
    #[arg(long, value_name = "KEY[=SPEC]")]
    pub(super) knob: Vec<Knob>,
    /// Tune separately for each of these links: `edge,lte-good`; by default the scenario's own.
    #[arg(long, value_name = "LINKS")]
    pub(super) link: Option<String>,
    /// Tune separately for each of these device classes: `low,mid`.
    #[arg(long, value_name = "CLASSES")]
    pub(super) class: Option<String>,
    /// Tune separately for each of these numbers of devices: `1,100,1000`.
    #[arg(long, value_name = "SIZES")]
    pub(super) fleet: Option<String>,
    /// Tune separately for each value of this key.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) axis: Vec<Axis>,
    /// The objective that settings are compared by: a metric, with a statistic if it is a
    /// distribution (by default p95).
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// A limit that excludes settings: `foreground=100ms`, `chunk=15s`, `memory=32MB`. Default
    /// limits (100 ms, half of the gateway's timeout, a quarter of the device's memory) exclude
    /// nothing; the report shows what keeping them costs. `NAME=off` hides one.
    #[arg(long, value_name = "NAME=MAX")]
    pub(super) limit: Vec<LimitFlag>,
    /// Skip known product defaults.
    #[arg(long)]
    pub(super) no_field: bool,
    #[command(flatten)]
    pub(super) work: Work,
    #[command(flatten)]
    pub(super) place: OutputArgs,
    /// What stdout gets: chart, text and table, or the same for programs.
    #[arg(long, value_enum, default_value_t = TuneFormat::Human)]
    pub(super) format: TuneFormat,
}

#[derive(Debug, Default, Args)]
pub(super) struct JudgeArgs {
    /// The scenario with the entities, the policy and the expectations; it needs no fleet.
    pub(super) scenario: PathBuf,
    /// The recorded history, one JSON object per line: see `syncdyno schema history`.
    pub(super) history: PathBuf,
    /// The rows of a phone at the end: a SQLite database; may be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = only)]
    pub(super) phone: Vec<(String, String)>,
    /// Database table to read; add =ENTITY if the entity has another name. May be given several
    /// times.
    #[arg(long, value_name = "TABLE[=ENTITY]", requires = "phone")]
    pub(super) table: Vec<String>,
    /// The rows of the backend at the end: a CSV or a JSON list; may be given several times.
    #[arg(long, value_name = "ENTITY=FILE", value_parser = only)]
    pub(super) backend: Vec<(String, String)>,
    /// The changes of the backend: a CSV with `at`, `entity`, `key`, columns, and if they are known
    /// `do`, `device`, `seq`.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) audit: Vec<PathBuf>,
    /// Only this variant.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// Set a key of the scenario, by its dotted path, to a TOML value.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Print the life of a record; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// Where the report goes; by default reports/<scenario>-observed-<digest>.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What stdout gets: tables for people, run.json, or tables and annotations for a GitHub job.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// RUN#CELL, where RUN is a report's folder or its run.json; a scenario file, such as one of
    /// repro/; or the log of a session of `serve`.
    pub(super) what: String,
    /// Print the life of a record; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// Write a timeline in virtual time for Perfetto or Chrome's tracing page: sessions, requests,
    /// transactions, outages.
    #[arg(long, value_name = "FILE.json")]
    pub(super) trace: Option<PathBuf>,
    /// Write what an app could have recorded of the cell, as a history that `judge` reads.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) history: Option<PathBuf>,
    /// Write the cell's requests as a log that `calibrate` reads: at most a million of them.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) requests: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A report's folder or its run.json; nothing else is read.
    pub(super) run: PathBuf,
    /// The format: tables for people, report.html, summary.md, junit.xml, cells.csv, or the record
    /// itself.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    /// Write to this file, completely or not at all, instead of to stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// A CSV with a line per request, or one JSON object per line, columns in any order: `start`
    /// (RFC 3339, or seconds, milliseconds or finer since 1970), `rows`, `bytes`, `duration_ms`,
    /// `_s`, `_us` (or `duration` with units: 120ms), `outcome` (ok, reset, timeout, refused,
    /// offline, an HTTP status); `bytes` and `outcome` may be missing, `device` separates several
    /// devices.
    pub(super) log: PathBuf,
    /// Write a scenario with these figures to a new file.
    #[arg(short, long, value_name = "FILE.toml")]
    pub(super) out: Option<PathBuf>,
    /// Only lines with this value in this column, such as kind=pull; may be given several times.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = only)]
    pub(super) only: Vec<(String, String)>,
    /// Fit each value of this column separately, such as network; up to twelve.
    #[arg(long, value_name = "COLUMN")]
    pub(super) by: Option<String>,
    /// The fixed overhead of a request, such as the time of a request for no rows; a log with only
    /// one size does not contain it.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) overhead: Option<Span>,
    /// The mean time of transfer between failures; a log of responses alone does not contain it.
    #[arg(long, value_name = "TIME", value_parser = mtbf)]
    pub(super) mtbf: Option<Span>,
    /// The part of the overhead that is the link's round trip, as measured by a ping; the rest is
    /// the backend's.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) rtt: Option<Span>,
    /// What stdout gets: a table for people, or JSON.
    #[arg(long, value_enum, default_value_t = Table::Human)]
    pub(super) format: Table,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The base: a report's folder or its run.json, `…#VARIANT` for one variant of it, or a
    /// baseline's name or file.
    pub(super) base: String,
    /// The candidate, named in the same way.
    pub(super) candidate: String,
    /// Exit with 13 if a figure is worse, or if a cell fails that passed in the base; with 14 if
    /// there are too few seeds to judge.
    #[arg(long)]
    pub(super) fail_on_worse: bool,
    /// Largest accepted worsening. If there is a confidence interval, its end nearer to zero is
    /// compared. Differences of less than 1 % are equal, unless this is 0.
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = tolerance)]
    pub(super) tolerance: u64,
    /// Only these metrics; may be given several times.
    #[arg(long, value_name = "METRIC")]
    pub(super) metric: Vec<String>,
    /// What stdout gets: a table for people, or JSON.
    #[arg(long, value_enum, default_value_t = CompareFormat::Human)]
    pub(super) format: CompareFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Save a run under a new name; it must have passed, or failed only against another baseline.
    Save {
        /// The baseline's name.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// The reason; kept in the file.
        #[arg(long, default_value = "first saved")]
        reason: String,
    },
    /// Update a baseline with the cells of a newer run, with a reason; the run must have passed, or
    /// failed only against this baseline.
    Update {
        /// The baseline's name, or its file.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// The reason why the figures may change; kept in the file.
        #[arg(long)]
        reason: String,
        /// Also remove the cells that this run does not have.
        #[arg(long)]
        prune: bool,
    },
    /// List the baselines.
    Ls,
    /// Show a baseline's cells, gated metrics and reasons.
    Show {
        /// The baseline's name, or its file.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Profiles {
    /// List the profiles.
    Ls,
    /// Show one with its figures and their sources.
    Show {
        /// Its name, such as `lte-good`.
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
    fn ranges_of_seeds_are_read_with_their_end_included_or_not() {
        assert_eq!(seeds("1..=20"), Ok(1..=20));
        assert_eq!(seeds("7..8"), Ok(7..=7));
        for bad in ["", "5", "1..", "..=3", "3..=1", "0..0", "1..=9999999999", "a..=b"] {
            assert!(seeds(bad).is_err(), "{bad:?} is no range of seeds");
        }
    }
}
