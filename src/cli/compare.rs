//! `compare`: two runs, variants or baselines.

use std::path::{Path, PathBuf};

use super::args::{CompareArgs, Table};
use super::console::Console;
use super::refusal::{Refusal, near};
use super::{baseline, sources};
use crate::metrics;
use crate::report::compare::{Finding, Measured, Side, compare as compared, human, json};
use crate::report::{Exit, RunRecord};

/// Runs `compare`.
pub(super) fn compare(args: &CompareArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    for name in &args.metric {
        if metrics::find(name).is_none() {
            let near = near(name, metrics::names());
            return Err(Refusal::usage(format!("there is no metric `{name}`{near}")));
        }
    }
    let mut comparison = compared(&side(&args.base)?, &side(&args.candidate)?);
    if !args.metric.is_empty() {
        for group in &mut comparison.groups {
            group.differences.retain(|d| args.metric.contains(&d.metric));
        }
    }
    if comparison.groups.is_empty() {
        let (base, candidate) = &comparison.unmatched;
        let list = |side: &[String]| match side.iter().filter(|title| !title.is_empty()).count() {
            0 => String::new(),
            _ => format!(" ({})", side.join("; ")),
        };
        let text = format!(
            "the two have no cell in common: {}{} and {}{}",
            args.base,
            list(base),
            args.candidate,
            list(candidate)
        );
        return Err(Refusal::because(Exit::NoBaseline, text));
    }
    let all = console.verbose() || !args.metric.is_empty();
    console.result(&match args.format {
        Table::Human => human(&comparison, console.out_paint(), all),
        Table::Json => json(&comparison),
    });
    if let (true, Some((base, candidate))) = (args.fail_on_worse, &comparison.scenarios) {
        let text =
            format!("{candidate} is another scenario than {base}: neither is a regression of the other");
        return Err(Refusal::because(Exit::NoBaseline, text));
    }
    let worse = comparison.found(Finding::Worse).next().is_some();
    Ok(if worse && args.fail_on_worse { Exit::Regression } else { Exit::Success })
}

/// Reads a side: a report's folder or its `run.json`, of which `#VARIANT` picks one variant, or a baseline.
fn side(what: &str) -> anyhow::Result<Side> {
    let (place, variant) = match what.rsplit_once('#') {
        Some((place, variant)) if !Path::new(what).exists() => (place, Some(variant)),
        _ => (what, None),
    };
    let found = match record_file(Path::new(place)) {
        Some(file) => {
            let text = sources::read(&file)?;
            match RunRecord::parse(&text) {
                Ok(record) => Side::of_record(what, &record, variant),
                Err(not_a_record) => match crate::report::Baseline::parse(&text) {
                    Ok(baseline) => of_baseline(what, &baseline).only(variant),
                    Err(_) => {
                        return Err(Refusal::usage(format!("{}: {not_a_record}", file.display())));
                    }
                },
            }
        }
        None => of_baseline(what, &baseline::load(place)?).only(variant),
    };
    found.map_err(|e| Refusal::usage(e.to_string()))
}

/// The file behind the name of a report or of a file.
pub(super) fn record_file(path: &Path) -> Option<PathBuf> {
    let inside = path.join("run.json");
    if inside.is_file() { Some(inside) } else { path.is_file().then(|| path.to_owned()) }
}

fn of_baseline(name: &str, baseline: &crate::report::Baseline) -> Side {
    let cells = baseline.cells.values().map(|cell| Measured {
        scenario: cell.scenario.clone(),
        resolved: cell.resolved.clone(),
        variant: cell.variant.clone(),
        axes: cell.axes.clone(),
        seed: cell.seed.clone(),
        digest: cell.digest.clone(),
        metrics: cell.metrics.clone(),
    });
    Side { name: name.to_owned(), cells: cells.collect() }
}
