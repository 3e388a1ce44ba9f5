//! `ledger`: counts how many worlds (simulations) it takes to find each planted bug, by a hunt and
//! by random seeds.
//!
//! `trial` looks for one bug in both ways, `table` writes `LEDGER.md`, and `small` makes the
//! failures of the hunts small.

mod small;
mod table;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use syncdyno::bugs::{self, Bug};
use syncdyno::record::Exit;
use syncdyno_contract::base::escape_path;
use syncdyno_oracle::metrics::human::count;
use syncdyno_scenario::scenario::Document;

use crate::ending::{Ending, complain, say};
use small::Limits;
use trial::{By, START, Trial};

/// The path of the table.
const PAGE: &str = "scenarios/LEDGER.md";

/// What is measured.
#[derive(Args)]
pub(crate) struct LedgerArgs {
    /// Only these bugs, by name; the table is then printed and not written.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    bugs: Vec<String>,
    /// Look for them in this way only; the table is then printed and not written.
    #[arg(long, value_enum)]
    only: Option<By>,
    /// From how many first seeds each bug is looked for.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=5))]
    ranges: u64,
    /// The most worlds from one first seed.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    most: u64,
    /// Make this many failures small instead: those of hunts, and some of wrong settings.
    #[arg(long, value_name = "N")]
    shrink: Option<usize>,
    /// Worker threads. The worlds do not depend on it.
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: usize,
    /// The page.
    #[arg(long, value_name = "FILE", default_value = PAGE)]
    out: PathBuf,
}

/// Looks for planted bugs in both ways, and writes the table.
pub(crate) fn ledger(args: &LedgerArgs) -> Ending {
    let bugs = chosen(&args.bugs)?;
    let document = document(Path::new(START))?;
    if let Some(most) = args.shrink {
        let settings = if args.bugs.is_empty() { small::WRONG } else { &[] };
        return small::small(&document, &bugs, settings, Limits { most, worlds: args.most, jobs: args.jobs });
    }
    let trials = each(&bugs, args.jobs, |bug| {
        let trial = Trial::of(bug, &document, args.only, args.ranges, args.most);
        complain(&table::line(&trial));
        trial
    });
    let page = table::page(&trials, args.ranges, args.most);
    if !args.bugs.is_empty() || args.only.is_some() {
        say(&page);
        return Ok(Exit::Success);
    }
    std::fs::write(&args.out, page).map_err(|e| (Exit::Environment, e.to_string()))?;
    say(&format!("{}: {}", escape_path(&args.out), count(trials.len() as u64, "bug")));
    Ok(Exit::Success)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Bug>, (Exit, String)> {
    if names.is_empty() {
        return Ok(bugs::all().filter(|bug| trial::fits(bug)).collect());
    }
    let find = |name: &String| {
        let id = name.strip_prefix("broken:").unwrap_or(name);
        bugs::find(id).ok_or_else(|| (Exit::Usage, format!("there is no planted bug `{id}`")))
    };
    names.iter().map(find).collect()
}

fn document(path: &Path) -> Result<Document, (Exit, String)> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| (Exit::Environment, format!("{}: {e}", escape_path(path))))?;
    Document::of_file(path, &text).map_err(|e| (Exit::Invalid, e.to_string()))
}

/// Calls `work` for each item, on some threads. The results are in the order of the items.
fn each<T: Sync, R: Send>(items: &[T], jobs: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((at, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
                {
                    let result = work(item);
                    results.lock().expect("nothing panics while it holds it").push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("nothing panics while it holds it");
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
