//! `compare`: compares two runs, variants or baselines.
//!
//! A cell is one simulation: one variant and one seed. A baseline is a file of figures that a run
//! must reproduce.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::CompareArgs;
use super::baseline;
use super::ci::append_page;
use super::console::Console;
use super::refusal::{Refusal, near};
use super::sources::{self, record_file};
use super::work::CompareFormat;
use crate::analysis::compare::{Comparison, Finding, Side, compare as compared};
use crate::base::escape_path;
use crate::metrics;
use crate::record::{Baseline, CellRecord, Exit, RunRecord, accept};
use crate::render::Paint;
use crate::render::compare::{
    annotations, copies, human, in_short, json, lacking, markdown, unjudged, unlike, unmeasured,
};

pub(super) fn compare(args: &CompareArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    for name in &args.metric {
        if metrics::find(name).is_none() {
            let near = near(name, metrics::names());
            return Err(Refusal::usage(format!("there is no metric `{name}`{near}")));
        }
    }
    let asked = |what: &str| Ok::<_, anyhow::Error>(side(what)?.of_metrics(&args.metric));
    let mut comparison = compared(&asked(&args.base)?, &asked(&args.candidate)?);
    if comparison.groups.is_empty() {
        let (base, candidate) = &comparison.unmatched;
        let list = |side: &[String]| match side.iter().filter(|title| !title.is_empty()).count() {
            0 => String::new(),
            _ => format!(" ({})", side.join("; ")),
        };
        let [base, candidate] = [(&args.base, base), (&args.candidate, candidate)]
            .map(|(name, side)| format!("{name}{}", list(side)));
        let text = format!(
            "{base} and {candidate} have no cell in common: compare runs of the same scenario and variants"
        );
        return Err(Refusal::because(Exit::NoBaseline, text));
    }
    comparison.tolerate(args.tolerance);
    let all = console.voice.verbose || !args.metric.is_empty();
    console.result(&match args.format {
        CompareFormat::Human if console.voice.quiet => in_short(&comparison, console.out_paint()),
        CompareFormat::Human => human(&comparison, console.out_paint(), all),
        CompareFormat::Json => json(&comparison),
        CompareFormat::Md => markdown(&comparison),
        CompareFormat::Github => human(&comparison, Paint(false), all) + &annotations(&comparison),
    });
    if args.format == CompareFormat::Github {
        append_page(&markdown(&comparison), console);
    }
    let unlike =
        || unlike(&comparison).map(|why| format!("{why}; run the older side again, and save it again"));
    let apart = copies(&comparison).or_else(unlike).map(|why| format!("not comparable: {why}"));
    let others = comparison.scenarios.as_ref().filter(|_| args.fail_on_worse).map(|(base, candidate)| {
        format!("{candidate} and {base} are different scenarios, so --fail-on-worse cannot judge them")
    });
    if let Some(text) = apart.or(others) {
        return Err(Refusal::because(Exit::NoBaseline, text));
    }
    if !args.fail_on_worse {
        return Ok(Exit::Success);
    }
    gate(args, &comparison, comparison.found(Finding::Worse).count() > 0, console)
}

/// The exit code for `--fail-on-worse`. Sides that cannot be compared do not pass.
fn gate(
    args: &CompareArgs,
    comparison: &Comparison,
    worse: bool,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    // A failing cell (lost rows, a missed limit, a stuck phone) has priority over a changed figure.
    let failure = comparison.new_failure();
    let lacking = lacking(comparison).map(|what| format!("{} lacks {what}", args.candidate));
    if let Some(why) = unjudged(comparison).or(lacking) {
        return Err(Refusal::because(Exit::first([Exit::NoBaseline, failure]), why));
    }
    if let Some(what) = unmeasured(comparison, &args.metric) {
        let why = format!("not comparable: {what}");
        // A failing cell may lack the figure. Then the failure is the result.
        if failure == Exit::Success {
            return Err(Refusal::because(Exit::NoBaseline, why));
        }
        console.remark(&format!("{why}\n"));
    }
    // Says how to accept an intended change. Only a baseline can be updated, not a run.
    let acceptable = || baseline::of_run(Path::new(&args.candidate), Vec::new()).is_ok();
    if worse && baseline::load(&args.base).is_ok() && acceptable() {
        console.remark(&format!("{}\n", accept(&args.base, &args.candidate)));
    }
    Ok(Exit::first([failure, if worse { Exit::Regression } else { Exit::Success }]))
}

/// Reads a side: a baseline, or a report's folder or `run.json`. `#VARIANT` selects one variant.
fn side(what: &str) -> anyhow::Result<Side> {
    let (place, variant) = match what.rsplit_once('#') {
        Some((place, variant)) if !Path::new(what).exists() => (place, Some(variant)),
        _ => (what, None),
    };
    let found = match record_file(Path::new(place)) {
        Some(file) => {
            let text = sources::read_run(&file)?;
            match RunRecord::parse(&text).map_err(|e| (e, Baseline::parse(&text))) {
                Ok(record) => Side::of_record(what, &record, variant),
                Err((_, Ok(baseline))) => of_baseline(what, &baseline).only(variant),
                Err((e, Err(_))) => return Err(Refusal::usage(format!("{}: {e}", escape_path(file)))),
            }
        }
        None if place.contains('/') => {
            return Err(Refusal::usage(format!("there is no report in {place}")));
        }
        None => of_baseline(what, &baseline::load(place)?).only(variant),
    };
    found.map_err(|e| Refusal::usage(e.to_string()))
}

fn of_baseline(name: &str, baseline: &Baseline) -> Side {
    let cells = baseline.cells.values().map(CellRecord::from);
    Side { name: name.to_owned(), cells: cells.collect(), builds: BTreeMap::new() }
}
