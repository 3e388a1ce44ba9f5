//! Shows calibrations (costs estimated from request logs) to people and to programs.

use serde_json::{Value, json};

use super::record::{Calibration, Census, Diagnosis, Effect, Estimate, Figures};
use crate::metrics::human;
use crate::render::Grid;
use crate::render::lines;

/// A figure: its name, its key in JSON, the factor to its JSON unit, and its text for people.
type Shown = (&'static str, &'static str, f64, fn(f64) -> String);

const FIGURES: [Shown; 4] = [
    ("fixed overhead of a request", "overhead_ns", 1e9, span),
    ("time per row, with its bytes", "row_with_bytes_ns", 1e9, span),
    ("noise (share of a duration)", "noise_ppm", 1e6, percent),
    ("transfer between failures", "between_failures_ns", 1e9, span),
];

fn shown(figures: &Figures) -> impl Iterator<Item = (Shown, Estimate)> {
    let Figures { overhead, row, noise, between, .. } = *figures;
    FIGURES.into_iter().zip([overhead, row, noise, between])
}

/// The results for a terminal: all figures of one calibration, or a table of several ones.
pub fn story(fits: &[Calibration]) -> String {
    let [fit] = fits else { return in_short(fits) };
    let mut parts = vec![in_short(fits)];
    if let Some(figures) = &fit.figures {
        let mut grid = Grid::new(1, ["", "estimate", "95 % interval"]);
        for ((name, _, _, show), known) in shown(figures) {
            grid.row([name.to_owned(), value(known, show), interval(known, show)]);
        }
        parts.push(grid.terminal("  "));
    }
    parts.extend(Some(list(fit, false)).filter(|notes| !notes.is_empty()));
    parts.join("\n")
}

/// The recommended chunk with the reasons, or a table of several calibrations.
pub fn in_short(fits: &[Calibration]) -> String {
    if let [fit] = fits {
        let chunk = fit.figures.as_ref().map(|figures| recommendation(fit, figures));
        let chunk = chunk.unwrap_or_else(|| "no chunk can be recommended\n".to_owned());
        return headline(fit) + &chunk + &list(fit, true);
    }
    let group = |fit: &Calibration| fit.group.clone().unwrap_or_default();
    let column = fits.first().map_or_else(String::new, |fit| group(fit).0);
    let names = ["responses", "overhead", "per row", "between failures", "chunk", "95 % interval"];
    let mut grid = Grid::new(1, [column.as_str()].into_iter().chain(names));
    let mut decides = String::new();
    for fit in fits {
        let fields = fit.figures.map_or_else(
            || ["–"; 5].map(str::to_owned),
            |Figures { overhead, row, between, best, .. }| {
                let [overhead, row, between] = [overhead, row, between].map(|known| value(known, span));
                [overhead, row, between, value(best, rows), interval(best, rows)]
            },
        );
        grid.row([group(fit).1, human::thousands(fit.census.answered)].into_iter().chain(fields));
        let reasons = Some(list(fit, true)).filter(|reasons| !reasons.is_empty());
        decides += &reasons.map_or_else(String::new, |reasons| format!("\n{}\n{reasons}", group(fit).1));
    }
    grid.terminal("") + &decides
}

fn value(known: Estimate, show: fn(f64) -> String) -> String {
    if known.value.is_finite() { show(known.value) } else { format!("≥ {}", show(known.low)) }
}

fn interval(known: Estimate, show: fn(f64) -> String) -> String {
    match (known.low > 0.0, known.high.is_finite()) {
        (_, true) if known.low == known.high => "given".to_owned(),
        (_, true) => format!("{} … {}", show(known.low), show(known.high)),
        (true, false) => format!("{} …, no upper bound", show(known.low)),
        (false, false) => "no bound".to_owned(),
    }
}

/// The JSON form, with integers only. An unknown figure is `null`. Several calibrations are a list.
pub fn to_json(fits: &[Calibration]) -> String {
    let value = match fits {
        [fit] => object(fit),
        fits => json!({ "schema_version": VERSION, "fits": fits.iter().map(object).collect::<Vec<_>>() }),
    };
    lines::to_json(&value)
}

const VERSION: &str = "5.0.0";

fn object(fit: &Calibration) -> Value {
    let chunk = |Figures { best, flat, excess, .. }| {
        json!({
            "best_rows": scaled(best, 1.0), "flat_rows": flat.map(whole), "excess_ppm": scaled(excess, 1e6),
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
        "chunk": fit.figures.map(chunk),
        "diagnostics": fit.diagnoses.iter().map(diagnosis).collect::<Vec<_>>(),
    });
    FIGURES.iter().for_each(|(_, key, ..)| object[key] = Value::Null);
    for ((_, key, unit, _), known) in fit.figures.iter().flat_map(shown) {
        object[key] = scaled(known, unit);
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
    let source = &fit.source;
    let lasted = human::span(lasted_ns.0);
    format!("{source}: {requests}{devices} in {lasted}: {answered} with a response{others}\n\n")
}

fn recommendation(fit: &Calibration, figures: &Figures) -> String {
    let Figures { best, flat, excess, .. } = *figures;
    let own = fit.census.rows_mean_milli as f64 / 1e3;
    let (mean, more, sure) = (rows(own), percent(excess.value), interval(excess, percent));
    let than = |chunk: &str| {
        format!(
            "  at the {mean} rows of your mean response a row takes {more} more time than in {chunk} ({sure})\n"
        )
    };
    if best.value.is_finite() {
        let ([from, to], of, ends) = (flat.map(rows), rows(best.value), interval(best, rows));
        // If almost no chunk arrives, the cost is infinite and is not shown.
        let dearer = if excess.value.is_finite() { than("that chunk") } else { String::new() };
        return format!(
            "recommended chunk: {of} rows ({ends}); {from} to {to} cost at most 3 % more\n{dearer}"
        );
    }
    let least = rows(best.low);
    let dearer = match own < best.low {
        true => than(&format!("chunks of {least}")),
        false => format!("  that is the {mean} rows of your mean response\n"),
    };
    format!("recommended chunk: {least} rows or more, as caps of memory, pages and timeouts allow\n{dearer}")
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
