//! The arguments of the command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use super::parsed::{SEED_MAX, assignment, only, span};
use super::serve_args::ServeArgs;
use super::work::{CompareFormat, HeldArgs, MergeArgs, PlaceArgs, Tolerance, Work};
use crate::analysis::sweep::Objective;
use crate::analysis::tune::LimitFlag;
use crate::base::Span;
use crate::campaign::tune::Knob;
use crate::campaign::{Axis, CELLS_MAX};
use crate::scenario::LIKE;

/// The exit codes, from the table in the docs.
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

/// How much is said, and in which colours.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Voice {
    /// Of a run or a sweep say only the verdict, what is wrong, where the report is and the commands that run failing cells again, of a
    /// comparison the verdict and what is worse; warnings, and no remarks.
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
    /// Run a scenario with every combination of some values of its keys, and say which is best and what limits the others. Every cell is
    /// a run that was asked for: one that misses a gate fails the sweep (exit 10). Or print a table: what a setting loses is an answer.
    Sweep(SweepArgs),
    /// Search for the best chunk sizes (or other settings) for each device class, link and fleet size, and say what being wrong costs. A
    /// setting that misses a gate or loses something is excluded, which is a finding; the search fails (exit 10) where none is left.
    Tune(TuneArgs),
    /// Parse and validate scenarios, and run nothing. Of cells up to 500 000 rows and edits
    /// and 1 000 devices the script of the first seed is written, and edits that find no row are told;
    /// of larger ones only `run` tells.
    Check {
        #[command(flatten)]
        selection: Selection,
        /// Write into the files what things are called now that were renamed.
        #[arg(long)]
        fix: bool,
    },
    /// Show the cells that scenarios expand to, and how large they are; as JSON each with what it
    /// costs beside the others.
    Plan {
        #[command(flatten)]
        grid: Grid,
        #[arg(long, value_enum, default_value_t = Table::Human)]
        format: Table,
    },
    /// Put together the shards of a run, sweep or tune: the report that one machine would
    /// have written.
    Merge(MergeArgs),
    /// Write a short commented scenario to start from.
    New {
        /// Its name; the file is NAME.toml.
        name: PathBuf,
        /// In the words of a platform, and with its ways of syncing in place of the bench's own.
        #[arg(long, value_name = "PLATFORM", value_parser = PossibleValuesParser::new(LIKE))]
        like: Option<String>,
        /// A folder with an app in JavaScript, its server's functions and a scenario.
        #[arg(long, conflicts_with = "like")]
        js: bool,
        /// The app in TypeScript: `npm run build` makes the bundle that runs.
        #[arg(long, requires = "js")]
        typescript: bool,
    },
    /// Judge what a real app did: a recorded history, held against the same checks as a simulation.
    Judge(JudgeArgs),
    /// A scenario's backend, links and faults at real time, for real apps over HTTP, which are
    /// judged at the end.
    Serve(ServeArgs),
    /// Run one cell again, with the same seed, and hold its digest against the recorded one; or a
    /// session of `serve`, in virtual time.
    Replay(ReplayArgs),
    /// Render a run again from its record: the page, the tables, the summary.
    Report(ReportArgs),
    /// From a request log of one's own: overhead, time a row, failures, and the chunk size to recommend.
    Calibrate(CalibrateArgs),
    /// The difference of two runs, variants or baselines.
    Compare(CompareArgs),
    /// The figures that runs must come to again: named files under reports/baseline/.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Run scenarios and write what they show, a line for each requirement (COVERAGE.md beside them).
    Coverage {
        /// A folder of scenarios.
        #[arg(default_value = "scenarios")]
        path: PathBuf,
        #[command(flatten)]
        work: Work,
    },
    /// Hold the models against what is known: closed forms, published figures and measured transfers; all of them by default.
    Validate {
        #[command(subcommand)]
        what: Option<Validate>,
    },
    /// The libraries of links, devices, backends and architectures named after products, each figure with its source.
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
    /// Scenario files, and folders of them; by default the embedded hospital day, or of `sweep --table` the scenarios of the table.
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
    /// The seeds that were given, if any.
    pub(super) fn seeds(&self) -> Option<RangeInclusive<u64>> {
        self.seed.map(|seed| seed..=seed).or_else(|| self.seeds.clone())
    }
    /// The same cells with the scenario's own seed.
    pub(super) fn seedless(&self) -> Selection {
        Selection { seed: None, seeds: None, ..self.clone() }
    }
}

/// The number of seeds; 1 if none are given.
pub(super) fn count(seeds: Option<RangeInclusive<u64>>) -> u128 {
    seeds.map_or(1, |seeds| u128::from(seeds.end() - seeds.start()) + 1)
}

/// Which cells, axes among them.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Grid {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A key and its values: `a,b,c`, `16..8192*2`, `10..100+10`, `0..=5`; several axes are combined.
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
    pub(super) place: PlaceArgs,
    /// What stdout carries: tables for people, run.json, or tables and annotations for a GitHub job.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) held: HeldArgs,
    /// Run each cell twice and hold the digests against each other.
    #[arg(long)]
    pub(super) twice: bool,
    /// Put the questions of these scenarios, or of the embedded checklist, to this scenario,
    /// changing one thing of it at a time. What comes out is an answer and no failure; what cannot
    /// be asked of it is told with the reason.
    #[arg(long = "for", value_name = "FILE", conflicts_with_all = ["variant", "baseline", "filter"])]
    pub(super) asked: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub(super) grid: Grid,
    #[command(flatten)]
    pub(super) work: Work,
    /// Run these settings of another key too, in place of the first axis, and tell what each value of the first axis costs beside
    /// the best of them: `engine.pull.chunk_rows=16..8192*2`.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) against: Option<Axis>,
    /// What settings are compared by: a metric, and of a distribution a statistic (p95 unless said).
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// Print this table of the scenario: `architectures`, `conflicts` or `wire`, or the `[table]` of a scenario file. Without PATH it is
    /// of the table's own scenarios. A file that declares a table needs neither this nor an axis.
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["against", "metric"])]
    pub(super) table: Option<String>,
    /// Of an axis of the table only these values: `link=edge,lte-good`; may be given several times.
    #[arg(long, value_name = "TITLE=VALUES", value_parser = only, conflicts_with_all = ["against", "metric"])]
    pub(super) only: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// What stdout carries: table, chart and words, or the same for programs; `md` is for tables.
    #[arg(long, value_enum, default_value_t = SweepFormat::Human)]
    pub(super) format: SweepFormat,
}

#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A key to search: `KEY=LOW..HIGH`, or values as of an axis; the most important first. engine.pull.chunk_rows, .chunk_bytes,
    /// .apply_rows, .prefetch, .streams and engine.push.chunk_rows may be named alone. By default engine.pull.chunk_rows.
    #[arg(long, value_name = "KEY[=SPEC]")]
    pub(super) knob: Vec<Knob>,
    /// Links to search for: `edge,lte-good`; by default the scenario's own.
    #[arg(long, value_name = "LINKS")]
    pub(super) link: Option<String>,
    /// Device classes to search for: `low,mid`.
    #[arg(long, value_name = "CLASSES")]
    pub(super) class: Option<String>,
    /// Numbers of devices to search for: `1,100,1000`.
    #[arg(long, value_name = "SIZES")]
    pub(super) fleet: Option<String>,
    /// Any other key to search for several values of.
    #[arg(long, value_name = "KEY=SPEC")]
    pub(super) axis: Vec<Axis>,
    /// What settings are compared by: a metric, and of a distribution a statistic (p95 unless said).
    #[arg(long, value_name = "NAME[:STAT]")]
    pub(super) metric: Option<Objective>,
    /// A limit that excludes settings: `foreground=100ms`, `chunk=15s`, `memory=32MB`. One that is not
    /// set (100 ms, half of the gateway's timeout, a quarter of the device's memory) excludes nothing,
    /// and what keeping it costs is shown; `…=off` leaves it out.
    #[arg(long, value_name = "NAME=MAX")]
    pub(super) limit: Vec<LimitFlag>,
    /// Do not run what others ship beside the best.
    #[arg(long)]
    pub(super) no_field: bool,
    #[command(flatten)]
    pub(super) work: Work,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// What stdout carries: chart, words and table, or the same for programs.
    #[arg(long, value_enum, default_value_t = TuneFormat::Human)]
    pub(super) format: TuneFormat,
}

#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// The scenario with the entities, the policy and what is expected; it needs no fleet.
    pub(super) scenario: PathBuf,
    /// What was recorded, a JSON object a line: `syncdyno schema history` says which.
    pub(super) history: PathBuf,
    /// What a phone holds at the end: a database of SQLite; may be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = only)]
    pub(super) phone: Vec<(String, String)>,
    /// A table of the phones' databases, and the entity of which it has the rows, if that has
    /// another name; may be given several times.
    #[arg(long, value_name = "TABLE[=ENTITY]", requires = "phone")]
    pub(super) table: Vec<String>,
    /// The rows of the backend at the end: a CSV or a JSON list; may be given several times.
    #[arg(long, value_name = "ENTITY=FILE", value_parser = only)]
    pub(super) backend: Vec<(String, String)>,
    /// What the backend changed: a CSV with `at`, `entity`, `key`, columns, and if they are known
    /// `do`, `device`, `seq`.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) audit: Vec<PathBuf>,
    /// Only this variant.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// Set a key of the scenario, by its dotted path, to a TOML value.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Tell the life of a record; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// Where the report goes; by default reports/<scenario>-observed-<digest>.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What stdout carries: tables for people, run.json, or both words and annotations for GitHub.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// RUN#CELL, where RUN is a report's folder or its run.json; a scenario file, such as one of
    /// repro/; or the log of a session of `serve`.
    pub(super) what: String,
    /// Tell the life of a record; may be given several times.
    #[arg(long, value_name = "ENTITY/KEY")]
    pub(super) record: Vec<String>,
    /// Write a timeline in virtual time, for Perfetto or Chrome's tracing page: sessions, requests, transactions, outages.
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
    /// As what: tables for people, report.html, summary.md, junit.xml, cells.csv, or the record itself.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    /// Write it here, whole or not at all, instead of to stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// A CSV with a line per request, or JSON objects line by line, columns in any order: `start`
    /// (RFC 3339, or seconds, milliseconds or finer since 1970), `rows`, `bytes`, `duration_ms`,
    /// `_s`, `_us` (or `duration` with units: 120ms), `outcome` (ok, reset, timeout, refused,
    /// offline, an HTTP status); `bytes` and `outcome` may be missing, `device` tells several
    /// devices apart.
    pub(super) log: PathBuf,
    /// Write a scenario with these figures; it is not there yet.
    #[arg(short, long, value_name = "FILE.toml")]
    pub(super) out: Option<PathBuf>,
    /// Only lines with this value in this column, such as kind=pull; may be given several times.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = only)]
    pub(super) only: Vec<(String, String)>,
    /// A fit for each value of this column, such as network; up to twelve.
    #[arg(long, value_name = "COLUMN")]
    pub(super) by: Option<String>,
    /// The fixed overhead of a request, such as the time of one for no rows: requests of one
    /// size do not say it.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) overhead: Option<Span>,
    /// The time of transfer from one failure to the next: a log of responses alone does not say it.
    #[arg(long, value_name = "TIME", value_parser = mtbf)]
    pub(super) mtbf: Option<Span>,
    /// What timeouts are of which the log leaves it open.
    #[arg(long, value_enum)]
    pub(super) timeouts: Option<TimeoutsAre>,
    /// What of the overhead is the link's round trip, such as a ping says; the rest is the backend's.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) rtt: Option<Span>,
    /// What stdout carries: a table for people, or JSON.
    #[arg(long, value_enum, default_value_t = Table::Human)]
    pub(super) format: Table,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// What was: a report's folder or its run.json, `…#VARIANT` for one variant of it, or a baseline's name or file.
    pub(super) base: String,
    /// What is.
    pub(super) candidate: String,
    /// Exit with 13 if a figure is worse, as a run does if a cell fails that did not in the base, with 14 if there are too few seeds to judge.
    #[arg(long)]
    pub(super) fail_on_worse: bool,
    /// What is worse by no more than this does not fail; of an interval, its end nearer to zero counts. What differs by less than 1 % is equal, unless this is 0.
    #[arg(long, value_name = "PERCENT", default_value = "1%")]
    pub(super) tolerance: Tolerance,
    /// Only these metrics; may be given several times.
    #[arg(long, value_name = "METRIC")]
    pub(super) metric: Vec<String>,
    /// What stdout carries: a table for people, or JSON.
    #[arg(long, value_enum, default_value_t = CompareFormat::Human)]
    pub(super) format: CompareFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Save a run under a new name: one that passed, or failed by nothing but another baseline.
    Save {
        /// The baseline's name.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// Why; kept in the file.
        #[arg(long, default_value = "first saved")]
        reason: String,
    },
    /// Take the cells of a newer run into a baseline, and say why: one that passed, or failed by nothing but its baseline.
    Update {
        /// The baseline's name, or its file.
        name: String,
        /// A report's folder or its run.json.
        run: PathBuf,
        /// Why the figures may change; kept in the file.
        #[arg(long)]
        reason: String,
        /// Take out the cells that this run has not, too.
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

#[derive(Debug, Args)]
pub(super) struct MeasuredArgs {
    /// The measurements; without it those that the model was built beside (columns in reference/README.md).
    pub(super) file: Option<PathBuf>,
    /// Write the file again with a column `predicted_s`, as a new file; whole, or not at all.
    #[arg(short, long, value_name = "OUT.csv")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Validate {
    /// Simulate closed forms and published figures, each beside its reference; exit 10 if one is off.
    Models,
    /// Count the rows that each cursor by time loses, beside the table of references; exit 10 if a figure is off.
    Cursors,
    /// Give damaged messages to every decoder; exit 10 if one is read as it must not be, or takes
    /// too much memory.
    Decoders {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 1_000_000)]
        messages: u64,
    },
    /// Predict measured transfers; exit 10 if a tolerance is not met.
    Tcp(MeasuredArgs),
    /// Predict measured transfers with an outage in the middle; exit 10 if a tolerance is not met.
    TcpOutage(MeasuredArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum Profiles {
    /// List the profiles.
    Ls,
    /// Show one with its figures and their sources.
    Show {
        /// Its name, such as `lte-good`.
        name: String,
        /// A link for another tool: commands of `toxiproxy-cli` or of `tc` (netem), or the
        /// conditions of Chrome's DevTools protocol.
        #[arg(long, value_enum)]
        format: Option<LinkFormat>,
    },
}

macro_rules! choices {
    ($($name:ident { $($value:ident),* })*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub(super) enum $name { $($value),* }
    )*};
}
choices! {
    ReportFormat { Human, Html, Md, Junit, Csv, Json }
    Table { Human, Json }
    SchemaOf { Scenario, Report, History }
    Format { Human, Json, Github }
    LinkFormat { Toxiproxy, Netem, Chrome }
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

/// What requests that timed out mean.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TimeoutsAre {
    /// The link had failed: nothing would have come.
    Failures,
    /// The response would have come later.
    Slow,
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
