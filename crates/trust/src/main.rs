//! `trust`: compares the bench (the simulator) with measurements, published figures and
//! requirements. It is a program for the developers of syncdyno.

mod coverage;
mod ending;
mod ledger;
mod live;
mod validate;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Holds syncdyno to measurements, published figures and requirements.
#[derive(Parser)]
#[command(name = "trust")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the models against closed forms, published figures and measured transfers; by default
    /// all of them.
    Validate {
        #[command(subcommand)]
        what: Option<validate::Subject>,
    },
    /// Run scenarios and write what they show, one line per requirement (COVERAGE.md beside them).
    Coverage {
        /// A folder of scenarios.
        #[arg(default_value = "scenarios")]
        path: PathBuf,
        /// Options of `syncdyno run`, such as `-j 2` or `--time-limit 10m`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        options: Vec<OsString>,
    },
    /// Hunt planted bugs and look for them with random seeds: how many worlds each takes
    /// (scenarios/LEDGER.md).
    Ledger(ledger::LedgerArgs),
    /// Compare the measured first syncs of a table such as reference/live.csv with what the
    /// simulation predicts now.
    Predict {
        table: PathBuf,
        /// Where the table goes.
        #[arg(short, long)]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let ended = match &Cli::parse().command {
        Command::Validate { what } => validate::validate(what.as_ref()),
        Command::Coverage { path, options } => coverage::coverage(path, options),
        Command::Ledger(args) => ledger::ledger(args),
        Command::Predict { table, out } => live::predict_again(table, out.as_deref()),
    };
    let exit = ended.unwrap_or_else(|(exit, text)| {
        ending::complain(&format!("error: {text}"));
        exit
    });
    ExitCode::from(exit.code())
}
