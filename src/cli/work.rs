//! Options of all commands that run cells (simulations): how to run them, and where the report
//! goes.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::parsed::{span, tolerance};
use crate::base::Span;
use crate::campaign::shards::{Partition, Pool};

/// How the work is done; none of these options changes a figure.
#[derive(Clone, Debug, Args)]
pub(super) struct Work {
    /// Worker threads; by default one per processor.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Stop at the first cell that fails.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop after this much real time: `90s`, `10m`.
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    pub(super) time_limit: Option<Duration>,
    /// Run the cells even if they need more than twice the free memory (an estimate).
    #[arg(long)]
    pub(super) allow_memory: bool,
    /// How to show progress on stderr.
    #[arg(long, value_enum, default_value_t = ProgressKind::Auto, value_name = "HOW")]
    pub(super) progress: ProgressKind,
}

/// What a run is held against.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct BaselineArgs {
    /// Compare the run with this baseline, a file of figures that a run must reproduce: its name
    /// under reports/baseline/, or its path.
    #[arg(long, value_name = "NAME")]
    pub(super) baseline: Option<String>,
    /// Compare over all seeds together, and fail only if a figure is worse by more than this: `5%`.
    /// The whole confidence interval of the mean change must be above this. Without this option, a
    /// run fails if a main figure of the baseline (waits, bytes, requests, conflicts, lost data)
    /// changes in any seed.
    #[arg(long, value_name = "PERCENT", requires = "baseline", value_parser = tolerance)]
    pub(super) tolerance: Option<u64>,
    /// Fail if the run lacks cells of the baseline, for example because a scenario was removed.
    #[arg(long, requires = "baseline")]
    pub(super) require_all: bool,
}

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

impl Work {
    /// The number of cells that run in parallel.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.map_or_else(processors, usize::from)
    }
    /// The rest of the time limit; `None` without a limit. `elapsed` includes reading the
    /// scenarios.
    pub(super) fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        self.time_limit.map(|limit| limit.saturating_sub(elapsed))
    }
}

/// Where the report goes.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct OutputArgs {
    /// The report's folder; by default reports/<scenario>-<seeds>-<digest>.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Continue an interrupted run of the same command in its report's folder. Completed cells do
    /// not run again.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub(super) resume: Option<PathBuf>,
    /// With --resume: accept cells of another build. The record says which build ran which cells.
    #[arg(long, requires = "resume")]
    pub(super) any_build: bool,
    /// Run only a part of the cells, a shard, and judge nothing. Shard 1 of 8 is `slice:1/8` (cells
    /// in turn), `hash:1/8` (cells by name) or `balanced:1/8` (equal costs). The shard is kept in
    /// --out, by default shards/<run>/<part>. `merge` makes the report from all shards.
    #[arg(long, value_name = "SCHEME:N/OF", conflicts_with_all = ["resume", "fail_fast"])]
    pub(super) partition: Option<Partition>,
    /// Print the cells, one per line, and run nothing. With --partition, print the cells of the
    /// shard.
    #[arg(long)]
    pub(super) list: bool,
    /// The shards whose cells are there already.
    #[arg(skip)]
    pub(super) merges: Option<Arc<Pool>>,
}

impl OutputArgs {
    pub(super) fn named(&self) -> Option<&Path> {
        self.out.as_deref().or(self.resume.as_deref())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressKind {
    /// A bar on a terminal; elsewhere a line from time to time.
    Auto,
    Bar,
    Counter,
    None,
}

fn time_limit(text: &str) -> Result<Duration, String> {
    match span(text)? {
        Span::ZERO => Err("the limit must be above 0".to_owned()),
        limit => Ok(Duration::from_nanos(limit.0)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    Human,
    Json,
    /// A comment for a pull request, in Markdown.
    Md,
    /// The table for people, with annotations. The comment goes to the job's page.
    Github,
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Folders of shards, or folders that contain them.
    #[arg(required = true, value_name = "SHARD")]
    pub(super) shards: Vec<PathBuf>,
    /// The report's folder.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// The output: one of the formats of the command that wrote the shards; by default `human`.
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<String>,
    /// For the remaining work: the lives of lost records, the end of a search.
    #[command(flatten)]
    pub(super) work: Work,
}
