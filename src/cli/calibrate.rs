//! `calibrate`: estimates a link, a backend and a chunk size from a user's request log.

use std::io::ErrorKind;
use std::path::Path;

use super::args::{CalibrateArgs, Table, TimeoutsAre};
use super::console::Console;
use super::cost;
use super::refusal::Refusal;
use super::{sources, written};
use crate::base::{Span, escape_path};
use crate::campaign::calibrate::calibrate as estimates;
use crate::metrics::human;
use crate::record::{self, Exit};
use crate::render::calibrate::{self as shown, Calibration, Effect, Figure, Given, Timeouts};
use crate::scenario::{Document, Request, file};

/// The maximum size of a log, in bytes.
const LOG_MAX: u64 = 256 << 20;

pub(super) fn calibrate(args: &CalibrateArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let name = escape_path(&args.log);
    let bytes = file::read(&args.log, file::Named::Typed, LOG_MAX).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refusal::usage(format!("{name} does not exist")),
        _ => Refusal::unreadable(&args.log, &e),
    })?;
    let source = args.log.file_name().unwrap_or_default().to_string_lossy();
    let timeouts = args.timeouts.map(|timeouts| match timeouts {
        TimeoutsAre::Failures => Timeouts::Failures,
        TimeoutsAre::Slow => Timeouts::Slow,
    });
    let given = Given { overhead: args.overhead, rtt: args.rtt, mtbf: args.mtbf, timeouts };
    let fits = estimates(&source, &bytes, &args.only, args.by.as_deref(), &given)
        .map_err(|malformed| Refusal::because(Exit::Invalid, format!("error: {name}: {malformed}")))?;
    let next = match (&args.out, &fits[..]) {
        (Some(out), [fit]) => write(out, fit, args.rtt.unwrap_or_default(), console)?,
        (Some(_), _) => {
            let column = args.by.as_deref().unwrap_or_default();
            let text = format!("-o needs a single fit: choose it with --only {column}=VALUE instead of --by");
            return Err(Refusal::usage(text));
        }
        (None, _) => String::new(),
    };
    let json = args.format == Table::Json;
    let text = if console.voice.quiet { shown::in_short(&fits) } else { shown::story(&fits) };
    console.result(&if json { shown::to_json(&fits) } else { text + &next });
    if json {
        console.remark(&next);
    }
    if fits.iter().any(|fit| !fit.readings.is_empty()) {
        return Ok(Exit::Success);
    }
    let why = fits.first().map_or_else(String::new, refusal);
    Err(Refusal::because(Exit::Nothing, format!("no chunk can be recommended: {why}")))
}

fn refusal(fit: &Calibration) -> String {
    let mut refuses = fit.diagnoses.iter().filter(|found| found.code.rule().effect == Effect::Refuse);
    refuses.next().map_or_else(String::new, shown::says)
}

/// Writes the scenario, never over an existing file, and says how to use it.
fn write(path: &Path, fit: &Calibration, rtt: Span, console: &Console<'_>) -> anyhow::Result<String> {
    let shown = escape_path(path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if path.extension().is_none_or(|e| e != "toml") || !stem.chars().any(char::is_alphanumeric) {
        return Err(Refusal::usage(format!("{shown} must be a name such as measured.toml")));
    }
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let Some(text) = fit.scenario(&name, rtt) else {
        let why = if fit.readings.is_empty() { refusal(fit) } else { choices(fit) };
        return Err(Refusal::because(Exit::Invalid, format!("error: the log gives no scenario: {why}")));
    };
    let overhead = fit.get(Figure::Overhead).map_or(0.0, |overhead| overhead.value);
    if rtt.as_secs_f64() > overhead {
        let overhead = Span::from_secs_f64(overhead);
        let text = format!("a round trip of {rtt} is longer than the overhead of {overhead}");
        return Err(Refusal::usage(text));
    }
    written::refuse_existing_file(path)?;
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Refusal::environment(format!("cannot write {shown}: its folder does not exist")));
    }
    written::replace(path, text.as_bytes())?;
    next(path, &text, fit, console)
}

/// The options that choose one of several readings.
fn choices(fit: &Calibration) -> String {
    let open = |differs: bool, option| differs.then_some(option);
    let first = &fit.readings[0];
    let options = [
        open(first.overhead.is_some(), "--overhead TIME"),
        open(first.mtbf.is_some(), "--mtbf TIME"),
        open(first.timeouts.is_some(), "--timeouts failures or slow"),
    ];
    let options: Vec<&str> = options.into_iter().flatten().collect();
    format!("the log allows {} interpretations; choose with {}", fit.readings.len(), options.join(" and "))
}

/// The most processor time that a suggested search takes, by the estimate of `plan`.
const SEARCH: Span = Span::secs(120);
/// Times are rounded up to this many nanoseconds.
const TEN: u64 = 10_000_000_000;
/// The seeds of a search; fewer if it would take too long.
const SEEDS: [u64; 3] = [8, 4, 2];

fn next(path: &Path, text: &str, fit: &Calibration, console: &Console<'_>) -> anyhow::Result<String> {
    let word = record::shell_word(&path.display().to_string());
    let Some((from, to, seeds, takes)) = search(path, text, fit, console)? else {
        return Ok(format!("\n{word} contains these figures: syncdyno run {word}\n"));
    };
    // Half of a usual timeout, doubled until the requests of the log fit.
    let enough = |limit: &u64| *limit as f64 >= 2.0 * fit.census.duration_mean_ns.as_secs_f64();
    let limit = (0..12).map(|n| 15 << n).find(enough).unwrap_or(12 * 3_600);
    Ok(format!(
        "\n{word} contains these figures. To find the chunk under caps of phones and timeouts takes \
         a processor about {}, by the estimate of `plan`:\n  syncdyno tune {word} --knob \
         engine.pull.chunk_rows={from}..{to} --seeds 1..={seeds} --limit chunk={limit}s\n",
        human::span(takes.0.div_ceil(TEN) * TEN)
    ))
}

/// The widest axis of chunks and the most seeds whose cells all run in time, `None` if there are
/// none.
fn search(
    path: &Path,
    text: &str,
    fit: &Calibration,
    console: &Console<'_>,
) -> anyhow::Result<Option<(u64, u64, u64, Span)>> {
    let (from, to) = fit.axis();
    let document = Document::of_file(path, text)
        .map_err(|invalid| Refusal::because(Exit::Invalid, invalid.render(false)))?;
    let sizes: Vec<u64> =
        std::iter::successors(Some(from), |rows| Some(rows * 2)).take_while(|n| *n <= to).collect();
    let axis = ("engine.pull.chunk_rows".to_owned(), sizes.iter().map(u64::to_string).collect());
    let plans = sources::requested(&document, &Request { axes: vec![axis], ..Request::default() }, console)?;
    let costs = cost::of(&plans);
    // Chunks far below the best take the most time and tell the least.
    let least = fit.recommended().max(from);
    let narrower = (0..sizes.len().saturating_sub(2)).map(|skipped| (sizes[skipped], &costs[skipped..]));
    let narrower = narrower.take_while(|(from, _)| *from <= least);
    let mut all = narrower.flat_map(|(from, costs)| {
        SEEDS.map(|seeds| {
            let one = costs.iter().map(|cost| cost.time().0).fold(0, u64::saturating_add);
            (from, seeds, Span(one.saturating_mul(seeds)))
        })
    });
    let found = all.find(|(_, _, takes)| *takes <= SEARCH);
    Ok(found.map(|(from, seeds, takes)| (from, to, seeds, takes)))
}
