//! The arguments of `shrink` and `hunt`.

use std::path::PathBuf;

use clap::Args;

use super::parsed::{SEED_MAX, assignment, span};
use crate::base::Span;

#[derive(Debug, Args)]
pub(super) struct ShrinkArgs {
    /// RUN#CELL, where RUN is a report's folder or its run.json; or a scenario file.
    pub(super) what: String,
    /// Only this variant of a file.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// The seed of a file's cell.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// Set a key of the scenario, by its dotted path, to a TOML value.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// Keep what this check finds; by default the gravest.
    #[arg(long, value_name = "CHECK")]
    pub(super) check: Option<String>,
    /// The folder for the file, which is named by its check and its content.
    #[arg(short, long, value_name = "DIR", default_value = "found")]
    pub(super) out: PathBuf,
    /// Stop when the runs have taken this much processor time by their estimates, which are the
    /// same on every machine.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = span)]
    pub(super) budget: Span,
    /// Worker threads; by default one per processor. The file does not depend on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct HuntArgs {
    /// The scenario file.
    #[arg(required_unless_present = "settle")]
    pub(super) file: Option<PathBuf>,
    /// Only this variant; a file with several needs it.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// The stack: sets engine.name.
    #[arg(long, value_name = "NAME")]
    pub(super) stack: Option<String>,
    /// Set a key of the scenario in all candidates, by its dotted path, to a TOML value.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub(super) set: Vec<String>,
    /// The seed of the hunt.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: u64,
    /// Stop after this many generations. The same number gives the same hunt.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) generations: Option<u64>,
    /// Begin no generation after this time; by default 60s, or no limit with --generations.
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(super) time: Option<Span>,
    /// The same for a long hunt, with a summary each hour.
    #[arg(long, value_name = "TIME", conflicts_with = "time", value_parser = span)]
    pub(super) soak: Option<Span>,
    /// Candidates of a generation.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(super) size: u64,
    /// The folder for failures, each made small and named by its check and its content.
    #[arg(short, long, value_name = "DIR", default_value = "found")]
    pub(super) out: PathBuf,
    /// How much processor time making a failure small may take, by the estimates of its runs.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = span)]
    pub(super) budget: Span,
    /// Worker threads; by default one per processor. What is found does not depend on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Turn a failure that is mended into an expectation: its file then fails if it comes back.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "variant", "stack", "set"])]
    pub(super) settle: Option<PathBuf>,
}
