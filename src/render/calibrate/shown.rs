//! Calibrations as people and programs read them.

use serde_json::{Value, json};

use super::record::{Advice, Calibration, Census, Diagnosis, Effect, Estimate, Figure};
use crate::metrics::human;
use crate::render::{Grid, lines};

/// A figure: what it is called, its key and unit in JSON, and how it is shown.
type Shown = (Figure, &'static str, &'static str, f64, fn(f64) -> String);

const FIGURES: [Shown; 7] = [
    (Figure::Overhead, "fixed overhead of a request", "overhead_ns", 1e9, span),
    (Figure::Row, "time a row, with its bytes", "row_with_bytes_ns", 1e9, span),
    (Figure::RowAlone, "  of that: the row", "row_alone_ns", 1e9, span),
    (Figure::Byte, "  and each byte", "byte_ps", 1e12, span),
    (Figure::Noise, "noise (share of a duration)", "noise_ppm", 1e6, percent),
    (Figure::Between, "transfer between failures", "between_failures_ns", 1e9, span),
    (Figure::Recovery, "time to recover", "repair_ns", 1e9, span),
];

/// What a log says, for a terminal: of one fit all figures, of several a line each.
pub fn story(fits: &[Calibration]) -> String {
    let [fit] = fits else { return in_short(fits) };
    let mut grid = Grid::new(1, ["", "estimate", "95 % interval"]);
    for (figure, name, _, _, show) in FIGURES {
        if let Some(known) = fit.get(figure) {
            grid.row([name.to_owned(), value(known, show), interval(known, show)]);
        }
    }
    // A header alone is no table.
    let table = if fit.figures.is_empty() { String::new() } else { grid.terminal("  ") };
    let parts = [table, list(fit, false)].into_iter().filter(|part| !part.is_empty());
    in_short(fits) + &parts.map(|part| format!("\n{part}")).collect::<String>()
}

pub fn in_short(fits: &[Calibration]) -> String {
    if let [fit] = fits {
        return headline(fit) + &recommendation(fit) + &list(fit, true);
    }
    let named = |fit: &Calibration| fit.group.clone().unwrap_or_default();
    let column = fits.first().map_or_else(String::new, |fit| named(fit).0);
    let columns = ["responses", "overhead", "time a row", "between failures", "chunk", "95 % interval"];
    let mut grid = Grid::new(1, [column.as_str()].into_iter().chain(columns));
    for fit in fits {
        let dash = || "–".to_owned();
        let figure = |figure| fit.get(figure).map_or_else(dash, |known| value(known, span));
        let best = fit.advice.map(|advice| advice.best);
        let answered = human::thousands(fit.census.answered);
        let [overhead, row, between] = [Figure::Overhead, Figure::Row, Figure::Between].map(figure);
        let chunk = best.map_or_else(dash, |best| value(best, rows));
        let sure = best.map_or_else(dash, |best| interval(best, rows));
        grid.row([named(fit).1, answered, overhead, row, between, chunk, sure]);
    }
    let decides = |fit: &Calibration| match list(fit, true) {
        lines if lines.is_empty() => lines,
        lines => format!("\n{}\n{lines}", named(fit).1),
    };
    grid.terminal("") + &fits.iter().map(decides).collect::<String>()
}

fn value(known: Estimate, show: fn(f64) -> String) -> String {
    if known.value.is_finite() { show(known.value) } else { format!("≥ {}", show(known.low)) }
}

fn interval(known: Estimate, show: fn(f64) -> String) -> String {
    let high = if known.high.is_finite() { format!(" … {}", show(known.high)) } else { " …".to_owned() };
    show(known.low) + &high
}

/// JSON with whole numbers, `null` where the log cannot tell; several fits stand in a list.
pub fn to_json(fits: &[Calibration]) -> String {
    let value = match fits {
        [fit] => object(fit),
        fits => json!({ "schema_version": VERSION, "fits": fits.iter().map(object).collect::<Vec<_>>() }),
    };
    lines::to_json(&value)
}

const VERSION: &str = "3.0.0";

fn object(fit: &Calibration) -> Value {
    let chunk = |Advice { best, flat, excess }| {
        json!({
            "best_rows": scaled(best, 1.0), "flat_rows": [whole(flat.0), whole(flat.1)],
            "excess_ppm": scaled(excess, 1e6),
        })
    };
    let diagnosis = |d: &Diagnosis| {
        let rule = d.code.rule();
        json!({ "code": rule.code, "effect": rule.effect, "says": d.says, "hint": rule.hint })
    };
    let mut object = json!({
        "schema_version": VERSION,
        "source": fit.source,
        "group": fit.group.as_ref().map(|(column, value)| json!({ "column": column, "value": value })),
        "requests": fit.census,
        "chunk": fit.advice.map(chunk),
        "diagnostics": fit.diagnoses.iter().map(diagnosis).collect::<Vec<_>>(),
    });
    for (figure, _, key, unit, _) in FIGURES {
        object[key] = fit.get(figure).map_or(Value::Null, |known| scaled(known, unit));
    }
    object
}

fn scaled(known: Estimate, by: f64) -> Value {
    let of = |x: f64| whole(x * by);
    json!({ "value": of(known.value), "low": of(known.low), "high": of(known.high) })
}

fn whole(x: f64) -> Option<u64> {
    x.is_finite().then_some(x.round() as u64)
}

fn list(fit: &Calibration, decide: bool) -> String {
    let decides = |n: usize, d: &Diagnosis| n == 0 || d.code.rule().effect < Effect::Note;
    let chosen = fit.diagnoses.iter().enumerate().filter(|(n, d)| decides(*n, d) == decide);
    chosen.map(|(_, d)| format!("  {}: {}\n", says(d), d.code.rule().hint)).collect()
}

pub fn says(diagnosis: &Diagnosis) -> String {
    format!("[{}] {}", diagnosis.code.rule().code, diagnosis.says)
}

fn headline(fit: &Calibration) -> String {
    let Census { requests, answered, cut, timed_out, refused, not_sent, devices, lasted_ns, .. } = fit.census;
    let devices = devices.map_or_else(String::new, |n| format!(" of {}", human::count(n, "device")));
    let others = [(cut, "cut"), (timed_out, "timed out"), (refused, "refused"), (not_sent, "not sent")];
    let others = others.iter().filter(|(n, _)| *n > 0);
    let others: String = others.map(|(n, word)| format!(", {} {word}", human::thousands(*n))).collect();
    let (requests, answered) = (human::count(requests, "request"), human::thousands(answered));
    format!(
        "{}: {requests}{devices} in {}: {answered} answered{others}\n\n",
        fit.source,
        human::span(lasted_ns.0)
    )
}

fn recommendation(fit: &Calibration) -> String {
    let Some(Advice { best, flat: (from, to), excess }) = fit.advice else {
        return "no chunk can be recommended\n".to_owned();
    };
    let (of, from, to) = (rows(best.value), rows(from), rows(to));
    let size = match best.value.is_finite() {
        true => format!("{of} rows ({}); {from} to {to} cost at most 3 % more", interval(best, rows)),
        false => format!("{} rows or more, as caps of memory, pages and timeouts allow", rows(best.low)),
    };
    format!(
        "recommended chunk: {size}\n  at the {} rows of your mean response a row takes {} more time than in \
         that chunk ({})\n",
        rows(fit.census.rows_mean_milli as f64 / 1e3),
        percent(excess.value),
        interval(excess, percent),
    )
}

fn rows(rows: f64) -> String {
    count(rows.max(1.0))
}

pub fn count(n: f64) -> String {
    human::thousands(n.round() as u64)
}

pub fn span(seconds: f64) -> String {
    human::span((seconds * 1e9).round() as u64)
}

pub fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}
