//! Compares the simulation with the program itself. The built-in engine does its first sync over
//! real TCP, through a link like the simulated one. The measured time is compared with the
//! predicted one. Needs root; without it the program says so and succeeds.
//!
//! Reading order: [`run`] is one cell: a phone ([`phone`], [`connections`]), a server ([`server`])
//! and the link between their namespaces ([`emulator`], [`namespace`]), each on a thread with
//! real-time priority. [`predict`] simulates the same [`cell`]. [`grid`] lists the cells, and
//! [`table`] evaluates the results.

mod cell;
mod connections;
mod emulator;
mod grid;
mod http;
mod kernel;
mod namespace;
mod pace;
mod phone;
mod predict;
mod run;
mod server;
mod table;
mod tally;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::program::grid::{CHUNKS, CONGESTION, Planned, Try};
use crate::program::table::{HEADS, Row, Summary};

/// Holds the simulation against the built-in engine on a real TCP stack.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: Option<What>,
    /// Links of the library, all without a tunnel if none is named.
    #[arg(long, value_delimiter = ',')]
    links: Vec<String>,
    /// Sizes of chunks, in rows.
    #[arg(long, value_delimiter = ',', default_values_t = CHUNKS)]
    chunks: Vec<u64>,
    /// Congestion controls.
    #[arg(long, value_delimiter = ',', default_values_t = CONGESTION.map(str::to_owned))]
    congestion: Vec<String>,
    /// Cells at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Where the table goes.
    #[arg(short, long, global = true)]
    out: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Holds a table that was measured against what the simulation says now. Needs no root.
    Predict { table: PathBuf },
}

/// Runs the command.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.what {
        Some(What::Predict { table }) => predict_again(table, cli.out.as_deref()),
        None => measure(&cli),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) {
    // The reader may be gone.
    _ = writeln!(io::stdout(), "{text}");
}

fn predict_again(path: &Path, out: Option<&Path>) -> Result<bool, String> {
    let read = csv::Reader::from_path(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let rows: Result<Vec<Row>, csv::Error> = read.into_deserialize().collect();
    let rows = rows.map_err(|e| format!("{}: {e}", path.display()))?;
    say(HEADS);
    let mut again = Vec::new();
    for row in &rows {
        again.push(row.predicted_again()?);
        say(&again[again.len() - 1].line());
    }
    keep(out, &mut again)?;
    let summary = Summary::of(&again);
    say(&summary.text());
    Ok(summary.holds())
}

fn keep(out: Option<&Path>, rows: &mut [Row]) -> Result<(), String> {
    out.map_or(Ok(()), |out| write(out, rows).map_err(|e| format!("{}: {e}", out.display())))
}

fn measure(cli: &Cli) -> Result<bool, String> {
    if let Some(why) = namespace::refusal() {
        say(&format!("skipped: {why}"));
        return Ok(true);
    }
    let mut controls = Vec::new();
    for control in &cli.congestion {
        if namespace::has(control) {
            controls.push(control.as_str());
        } else {
            say(&format!("skipped: the kernel has no {control}"));
        }
    }
    let mut planned: Vec<Planned> = Vec::new();
    let links: Vec<&str> =
        if cli.links.is_empty() { cell::links() } else { cli.links.iter().map(String::as_str).collect() };
    for link in links {
        planned.extend(grid::cells(link, &cli.chunks, &controls)?);
    }
    // Cells that run together should take about as long.
    planned.sort_by_key(|one| one.took());
    say(&about(&planned));
    say(HEADS);
    let mut rows = Vec::new();
    grid::measure(&planned, cli.jobs, |one, tried| rows.push(told(one, &tried)));
    say(&about(&[]));
    let summary = Summary::of(&rows);
    keep(cli.out.as_deref(), &mut rows)?;
    say(&summary.text());
    Ok(summary.holds())
}

fn told(one: &Planned, tried: &Try) -> Row {
    let row = Row::of(one, tried);
    say(&row.line());
    match &tried.measured {
        Err(error) => say(&format!("  {error}")),
        Ok(measured) if !measured.hurried => say("  without real-time priority"),
        Ok(_) => {}
    }
    if tried.tries > 1 {
        say(&format!("  try {}", tried.tries));
    }
    row
}

/// The machine, its load, and how long the cells take.
fn about(planned: &[Planned]) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or_default().trim_start_matches(['\t', ' ', ':']);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    let machine =
        format!("{now}, Linux {}, {cores} cores of {model}, load {}", kernel.trim(), load.join(" "));
    if planned.is_empty() {
        return machine;
    }
    let seconds: f64 = planned.iter().map(|one| one.took().as_secs_f64()).sum();
    format!("{machine}\n{} cells, {seconds:.0} s in all", planned.len())
}

fn write(path: &Path, rows: &mut [Row]) -> Result<(), csv::Error> {
    let key = |row: &Row| (row.link.clone(), row.control().to_owned(), row.has_outage(), row.chunk_rows);
    rows.sort_by_key(key);
    let mut writer = csv::Writer::from_path(path)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()?;
    Ok(())
}
