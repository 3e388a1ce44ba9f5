//! Calibrations as people and programs read them.

use serde_json::{Value, json};

use super::record::{Advice, Calibration, Census, Code, Costs, Diagnosis, Effect, Estimate, Outages, Rate};
use crate::metrics::human;
use crate::render::Grid;

/// What a log says and what it does not, for a terminal: of one fit all figures, of several a line
/// each.
pub fn story(fits: &[Calibration]) -> String {
    let [fit] = fits else { return in_short(fits) };
    let mut grid = Grid::new(1, ["", "estimate", "95 % interval"]);
    if let Some(costs) = &fit.costs {
        of_costs(&mut grid, costs);
    }
    if let Some(outages) = &fit.outages {
        of_outages(&mut grid, outages);
    }
    let table = grid.terminal("  ");
    // A header alone is no table.
    let table = if table.lines().count() > 1 { format!("\n{table}") } else { String::new() };
    let notes = list(fit, false);
    let notes = if notes.is_empty() { notes } else { format!("\n{notes}") };
    format!("{}{table}{notes}", in_short(fits))
}

/// The log and what it recommends, the decisive first.
pub fn in_short(fits: &[Calibration]) -> String {
    let decisive = |fit: &Calibration| list(fit, true);
    if let [fit] = fits {
        return headline(fit) + &recommendation(fit) + &decisive(fit);
    }
    let column = fits.first().and_then(|fit| fit.group.as_ref()).map_or("", |(column, _)| column);
    let columns = ["responses", "overhead", "time a row", "between failures", "chunk", "95 % interval"];
    let mut grid = Grid::new(1, [column].into_iter().chain(columns));
    let dash = || "–".to_owned();
    for fit in fits {
        let (best, interval) = match fit.advice {
            Some(Advice::Rows { best, .. }) => {
                (rows(best.value), format!("{} … {}", rows(best.low), rows(best.high)))
            }
            Some(Advice::AtLeast(least)) => (format!("≥ {}", rows(least)), dash()),
            None => (dash(), dash()),
        };
        let between = match fit.outages.map(|outages| outages.rate) {
            Some(Rate::Known(rate)) => span(1.0 / rate.value),
            Some(Rate::AtMost(rate)) => format!("≥ {}", span(1.0 / rate)),
            None => dash(),
        };
        let cost = |of: fn(&Costs) -> Estimate| fit.costs.as_ref().map_or_else(dash, |c| span(of(c).value));
        let answered = human::thousands(fit.census.answered);
        let (overhead, row) = (cost(|costs| costs.request), cost(|costs| costs.row));
        grid.row([value(fit).to_owned(), answered, overhead, row, between, best, interval]);
    }
    let each = |fit: &Calibration| {
        let lines = decisive(fit);
        if lines.is_empty() { lines } else { format!("\n{}\n{lines}", value(fit)) }
    };
    grid.terminal("") + &fits.iter().map(each).collect::<String>()
}

fn value(fit: &Calibration) -> &str {
    fit.group.as_ref().map_or(&fit.source, |(_, value)| value)
}

/// JSON with whole numbers only; each figure is `{ value, low, high }`, and `null` where the log
/// cannot tell it. Several fits stand in a list.
pub fn to_json(fits: &[Calibration]) -> String {
    let value = match fits {
        [fit] => object(fit),
        fits => json!({ "schema_version": VERSION, "fits": fits.iter().map(object).collect::<Vec<_>>() }),
    };
    serde_json::to_string_pretty(&value).expect("a calibration is JSON") + "\n"
}

const VERSION: &str = "2.0.0";

fn object(fit: &Calibration) -> Value {
    let census = &fit.census;
    let costs = fit.costs.as_ref();
    let split = costs.and_then(|costs| costs.split);
    let outages = fit.outages.as_ref();
    let between = match outages.map(|outages| outages.rate) {
        Some(Rate::Known(rate)) => scaled(Some(rate.map(|rate| 1.0 / rate)), 1e9),
        Some(Rate::AtMost(rate)) => json!({ "value": null, "low": whole(1e9 / rate), "high": null }),
        None => Value::Null,
    };
    let chunk = match fit.advice {
        Some(Advice::Rows { best, flat, excess, within_log }) => json!({
            "best_rows": scaled(Some(best), 1.0), "flat_rows": [whole(flat.0), whole(flat.1)],
            "excess_ppm": scaled(Some(excess), 1e6), "within_log": within_log,
        }),
        Some(Advice::AtLeast(rows)) => {
            json!({ "best_rows": { "value": null, "low": whole(rows), "high": null } })
        }
        None => Value::Null,
    };
    let diagnosis = |d: &Diagnosis| {
        let rule = d.code.rule();
        json!({ "code": rule.code, "effect": effect(rule.effect), "says": sentence(d), "hint": rule.hint })
    };
    json!({
        "schema_version": VERSION,
        "source": fit.source,
        "group": fit.group.as_ref().map(|(column, value)| json!({ "column": column, "value": value })),
        "requests": {
            "count": census.requests, "answered": census.answered, "cut": census.cut,
            "timed_out": census.timed_out, "refused": census.refused, "not_sent": census.not_sent,
            "outliers": census.outliers, "devices": census.devices,
            "lasted_ns": whole(census.lasted * 1e9),
            "duration_mean_ns": whole(census.duration_mean * 1e9),
            "rows_mean": whole(census.rows_mean), "rows_max": census.rows_max,
            "bytes_a_row": census.bytes_a_row.map(whole),
        },
        "overhead_ns": scaled(costs.map(|costs| costs.request), 1e9),
        "row_with_bytes_ns": scaled(costs.map(|costs| costs.row), 1e9),
        "row_alone_ns": scaled(split.map(|split| split.row), 1e9),
        "byte_ps": scaled(split.map(|split| split.byte), 1e12),
        "noise_ppm": scaled(costs.map(|costs| costs.noise), 1e6),
        "failures": outages.map(|outages| outages.failures),
        "exposed_ns": outages.map(|outages| whole(outages.exposed * 1e9)),
        "between_failures_ns": between,
        "repair_ns": scaled(outages.and_then(|outages| outages.repair), 1e9),
        "chunk": chunk,
        "diagnostics": fit.diagnoses.iter().map(diagnosis).collect::<Vec<_>>(),
    })
}

fn scaled(estimate: Option<Estimate>, by: f64) -> Value {
    estimate.map_or(
        Value::Null,
        |e| json!({ "value": whole(e.value * by), "low": whole(e.low * by), "high": whole(e.high * by) }),
    )
}

fn whole(x: f64) -> u64 {
    x.round() as u64
}

/// The table of diagnostics as a page shows it.
pub fn diagnostics() -> String {
    let mut grid = Grid::new(5, ["code", "effect", "when", "source", "what helps"]);
    for rule in Code::ALL.iter().map(|code| code.rule()) {
        let code = format!("`{}`", rule.code);
        grid.row([&code, effect(rule.effect), rule.threshold, rule.source, rule.hint]);
    }
    grid.markdown()
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Refuse => "refuse",
        Effect::Restrict => "restrict",
        Effect::Note => "note",
    }
}

/// A line a diagnosis: of those that decide, which are the first and what refuses or restricts, or
/// of the others.
fn list(fit: &Calibration, decide: bool) -> String {
    let decides = |n: usize, d: &Diagnosis| n == 0 || d.code.rule().effect < Effect::Note;
    let chosen = fit.diagnoses.iter().enumerate().filter(|(n, d)| decides(*n, d) == decide);
    chosen.map(|(_, d)| format!("  {}: {}\n", says(d), d.code.rule().hint)).collect()
}

pub(super) fn says(diagnosis: &Diagnosis) -> String {
    format!("[{}] {}", diagnosis.code.rule().code, sentence(diagnosis))
}

impl Calibration {
    /// Why there is no figure that was asked for: the first diagnosis, which is the decisive one.
    pub fn refusal(&self) -> String {
        self.diagnoses.first().map_or_else(String::new, says)
    }
}

/// What was found, without what helps.
fn sentence(diagnosis: &Diagnosis) -> String {
    let [a, b] = diagnosis.found;
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let count = |n: f64| human::thousands(n.round() as u64);
    match diagnosis.code {
        Code::FewResponses => format!("{} of the 20 responses needed, so no costs", count(a)),
        Code::OneSize => {
            format!("{} responses of other sizes than {} rows, so no costs", count(a), count(b))
        }
        Code::ManyTrimmed => format!("{} of the responses lie off any line, so no costs", percent(a)),
        Code::SlowTimeouts => format!("timeouts cut off all sizes but those of {} responses", count(a)),
        Code::NoFailures => format!("no failure in {} of transfer, so no best chunk", span(a)),
        Code::OverheadUnknown => format!("the overhead ({}) may be nothing, so no chunk", span(a)),
        Code::RowUnknown => format!("the time a row ({}) may be nothing, so no chunk", span(a)),
        Code::CoarseClock => format!("the clock has steps of {}, so no chunk", span(a)),
        Code::Bent => {
            format!("responses of {} rows lie {} off the line, so only the log's sizes", count(a), percent(b))
        }
        Code::SlowSizes => {
            format!("{} responses left out, of sizes that timeouts cut off: over {} rows", count(a), count(b))
        }
        Code::SlowStart => {
            format!("{} responses left out, as those after a pause take {} longer", count(b), percent(a))
        }
        Code::Beyond => format!("the largest response has {} rows", count(a)),
        Code::Mixed if diagnosis.name.is_empty() => {
            format!("levels that differ by {} last for several requests, so no chunk", percent(a))
        }
        Code::Mixed => format!("values of `{}` differ by {}, so no chunk", diagnosis.name, percent(a)),
        Code::Trimmed => format!("{} outliers ({:.1} % of the responses)", count(a), 100.0 * b),
        Code::LongTransfers => format!("{} of the responses hardly come through", percent(a)),
        Code::InStep => format!("{} bytes a row throughout", count(a)),
        Code::Apart => "requests do not follow one another, so failures are too many".to_owned(),
        Code::NoDevices => format!("{} of the requests overlap", percent(a)),
        Code::FewDevices => format!("{} devices", count(a)),
        Code::Refused => format!("{} refused or cancelled", count(a)),
    }
}

fn headline(fit: &Calibration) -> String {
    let Census { requests, answered, cut, timed_out, refused, not_sent, devices, lasted, .. } = fit.census;
    let devices = devices.map_or_else(String::new, |n| format!(" of {}", human::count(n, "device")));
    let others = [(cut, "cut"), (timed_out, "timed out"), (refused, "refused"), (not_sent, "not sent")];
    let others = others.iter().filter(|(n, _)| *n > 0);
    let others: String = others.map(|(n, word)| format!(", {} {word}", human::thousands(*n))).collect();
    let (requests, answered) = (human::count(requests, "request"), human::thousands(answered));
    format!("{}: {requests}{devices} in {}: {answered} answered{others}\n\n", fit.source, span(lasted))
}

fn recommendation(fit: &Calibration) -> String {
    match fit.advice {
        None => "no chunk can be recommended\n".to_owned(),
        Some(Advice::AtLeast(least)) => format!(
            "recommended chunk: {} rows or more, as caps of memory, pages and timeouts allow\n",
            rows(least)
        ),
        Some(Advice::Rows { best, flat: (from, to), excess, within_log }) => {
            let percent = |x: f64| format!("{:.0}", 100.0 * x);
            format!(
                "recommended chunk: {} rows ({} … {}){}; within 3 %: {} to {}\n  \
                 responses have {} rows on average, at which a row costs {} % more ({} … {} %)\n",
                rows(best.value),
                rows(best.low),
                rows(best.high),
                if within_log { " of the log's sizes" } else { "" },
                rows(from),
                rows(to),
                rows(fit.census.rows_mean),
                percent(excess.value),
                percent(excess.low),
                percent(excess.high),
            )
        }
    }
}

fn of_costs(grid: &mut Grid, costs: &Costs) {
    put(grid, "fixed overhead of a request", costs.request, span);
    put(grid, "time a row, with its bytes", costs.row, span);
    if let Some(split) = &costs.split {
        put(grid, "  of that: the row", split.row, span);
        put(grid, "  and each byte", split.byte, span);
        let rate = split.byte.map(|byte| if byte > 0.0 { 8.0 / byte } else { f64::INFINITY });
        put(grid, "  which is a rate of", rate, bits);
    }
    put(grid, "noise (share of a duration)", costs.noise, |x| format!("{:.1} %", 100.0 * x));
}

fn of_outages(grid: &mut Grid, outages: &Outages) {
    let name = "transfer between failures";
    match outages.rate {
        Rate::Known(rate) => put(grid, name, rate.map(|rate| 1.0 / rate), span),
        Rate::AtMost(rate) => {
            grid.row([name.to_owned(), "none seen".to_owned(), format!("≥ {}", span(1.0 / rate))]);
        }
    }
    if let Some(repair) = outages.repair {
        put(grid, "time to recover", repair, span);
    }
}

fn put(grid: &mut Grid, name: &str, estimate: Estimate, show: impl Fn(f64) -> String) {
    let interval = format!("{} … {}", show(estimate.low), show(estimate.high));
    grid.row([name.to_owned(), show(estimate.value), interval]);
}

/// Whole rows, at least one.
pub(super) fn rows(rows: f64) -> String {
    human::thousands(whole(rows).max(1))
}

pub(super) fn span(seconds: f64) -> String {
    human::span(whole(seconds * 1e9))
}

fn bits(rate: f64) -> String {
    match rate {
        r if r >= 1e9 => "over 1 Gbit/s".to_owned(),
        r if r >= 1e6 => format!("{:.2} Mbit/s", r / 1e6),
        r => format!("{:.1} kbit/s", r / 1e3),
    }
}
