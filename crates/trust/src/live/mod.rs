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
use std::path::{Path, PathBuf};

use clap::Args;
use syncdyno::record::Exit;

use crate::ending::{Ending, say, verdict};
use crate::live::grid::{CHUNKS, CONGESTION, Planned, Try};
use crate::live::table::{HEADS, Row, Summary};

#[derive(Args)]
pub(crate) struct Options {
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
    #[arg(short, long)]
    out: Option<PathBuf>,
}

/// Predicts the cells of a table again, and evaluates it.
pub(crate) fn predict_again(path: &Path, out: Option<&Path>) -> Ending {
    let unreadable = |e: csv::Error| (Exit::Usage, format!("{}: {e}", path.display()));
    let read = csv::Reader::from_path(path).map_err(unreadable)?;
    let rows: Vec<Row> = read.into_deserialize().collect::<Result<_, _>>().map_err(unreadable)?;
    say(HEADS);
    let mut again = Vec::new();
    for row in &rows {
        again.push(row.predicted_again().map_err(|why| (Exit::Usage, why))?);
        say(&again[again.len() - 1].line());
    }
    evaluate(out, &mut again)
}

/// Measures cells over real TCP, and compares them with their predictions.
pub(crate) fn measure(options: &Options) -> Ending {
    if let Some(why) = namespace::refusal() {
        say(&format!("skipped: {why}"));
        return Ok(Exit::Success);
    }
    let mut controls = Vec::new();
    for control in &options.congestion {
        if namespace::has(control) {
            controls.push(control.as_str());
        } else {
            say(&format!("skipped: the kernel has no {control}"));
        }
    }
    let mut planned: Vec<Planned> = Vec::new();
    let named = options.links.iter().map(String::as_str);
    for link in if options.links.is_empty() { cell::links() } else { named.collect() } {
        planned.extend(grid::cells(link, &options.chunks, &controls).map_err(|why| (Exit::Usage, why))?);
    }
    // Cells that run together should take about as long.
    planned.sort_by_key(|one| one.took());
    let seconds: f64 = planned.iter().map(|one| one.took().as_secs_f64()).sum();
    say(&format!("{}\n{} cells, {seconds:.0} s in all", about(), planned.len()));
    say(HEADS);
    let mut rows = Vec::new();
    grid::measure(&planned, options.jobs, |one, tried| rows.push(told(one, &tried)));
    say(&about());
    evaluate(options.out.as_deref(), &mut rows)
}

/// Writes a table, if it is wanted, and says what it comes to.
fn evaluate(out: Option<&Path>, rows: &mut [Row]) -> Ending {
    let summary = Summary::of(rows);
    if let Some(out) = out {
        write(out, rows).map_err(|e| (Exit::Environment, format!("{}: {e}", out.display())))?;
    }
    say(&summary.text());
    Ok(verdict(summary.holds()))
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

/// The machine and its load.
fn about() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or_default().trim_start_matches(['\t', ' ', ':']);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!("{now}, Linux {}, {cores} cores of {model}, load {}", kernel.trim(), load.join(" "))
}

fn write(path: &Path, rows: &mut [Row]) -> Result<(), csv::Error> {
    let key =
        |row: &Row| (row.link.clone(), row.congestion_control.clone(), row.has_outage(), row.chunk_rows);
    rows.sort_by_key(key);
    let mut writer = csv::Writer::from_path(path)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()?;
    Ok(())
}
