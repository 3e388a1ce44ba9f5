//! The arguments of `shrink` and `hunt`.

use std::path::PathBuf;

use clap::Args;

use super::parsed::{SEED_MAX, assignment, span};
use crate::base::Span;
use crate::campaign::hunt;

/// The folder for failures, if the user names none.
pub(super) const OUT: &str = "found";
/// The processor time for one failure, if the user gives none.
pub(super) const BUDGET: Span = Span::secs(60);

#[derive(Debug, Args)]
pub(super) struct ShrinkArgs {
    /// A cell or a scenario file. A cell is RUN#CELL, where RUN is a report's folder or its
    /// run.json.
    pub(super) what: String,
    /// The variant of the scenario file; needed if it has several.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// The seed of the scenario file's cell; by default the file's own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// Set a key of the scenario, by its dotted path, to a TOML value; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// The check that must still fail; by default the most serious one that fails.
    #[arg(long, value_name = "CHECK")]
    pub(super) check: Option<String>,
    /// The folder for the new file. The file's name is the check and a digest of the content.
    #[arg(short, long, value_name = "DIR", default_value = OUT)]
    pub(super) out: PathBuf,
    /// Stop after runs that take this much processor time, by an estimate that is the same on every
    /// machine; or after four times as long by the clock.
    #[arg(long, value_name = "TIME", default_value_t = BUDGET, value_parser = span)]
    pub(super) budget: Span,
    /// Worker threads; by default one per processor. Their number does not change the result.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct HuntArgs {
    /// The scenario file.
    #[arg(required_unless_present = "settle")]
    pub(super) file: Option<PathBuf>,
    /// The variant of the file; needed if the file has several.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// The stack (a sync engine with its server half) to test: sets engine.name.
    #[arg(long, value_name = "NAME")]
    pub(super) stack: Option<String>,
    /// Set a key of the scenario in all runs, by its dotted path, to a TOML value; may be given
    /// several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// The seed of the hunt: a number that fixes all its random choices.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: u64,
    /// Stop after this many generations, which are rounds of --size candidates. The same number
    /// gives the same hunt.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) generations: Option<u64>,
    /// Start no generation after this much time; by default 60s, or no limit with --generations.
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(super) time: Option<Span>,
    /// A long hunt: as --for, but with a progress line each hour instead of every ten seconds.
    #[arg(long, value_name = "TIME", conflicts_with = "time", value_parser = span)]
    pub(super) soak: Option<Span>,
    /// Candidates per generation. A candidate is a changed scenario that runs once.
    #[arg(long, value_name = "N", default_value_t = hunt::SIZE, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(super) size: u64,
    /// The folder for failures. Each is a small scenario, named by its check and a digest of its
    /// content.
    #[arg(short, long, value_name = "DIR", default_value = OUT)]
    pub(super) out: PathBuf,
    /// Processor time to make one failure small, by an estimate that is the same on every machine;
    /// at most four times as long by the clock.
    #[arg(long, value_name = "TIME", default_value_t = BUDGET, value_parser = span)]
    pub(super) budget: Span,
    /// Worker threads; by default one per processor. Their number does not change what is found.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Turn the file of a fixed failure into an expectation. From then on the file passes while the
    /// failure stays away, and fails when the failure comes back.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "variant", "stack", "set"])]
    pub(super) settle: Option<PathBuf>,
}
