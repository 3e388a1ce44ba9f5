//! Calibrations for people and for programs.

use serde_json::{Value, json};

use super::record::Timeouts;
use super::record::{Advice, Calibration, Census, Diagnosis, Effect, Estimate, Figure, Next, Reading};
use crate::metrics::human;
use crate::render::Grid;
use crate::render::lines::{self, joined};

/// A figure: its name, its key and unit in JSON, and how it is shown.
type Shown = (Figure, &'static str, &'static str, f64, fn(f64) -> String);

const FIGURES: [Shown; 8] = [
    (Figure::Request, "time per request", "request_ns", 1e9, span),
    (Figure::Overhead, "fixed overhead of a request", "overhead_ns", 1e9, span),
    (Figure::Row, "time per row, with its bytes", "row_with_bytes_ns", 1e9, span),
    (Figure::RowAlone, "  of that: the row", "row_alone_ns", 1e9, span),
    (Figure::Byte, "  and each byte", "byte_ps", 1e12, span),
    (Figure::Noise, "noise (share of a duration)", "noise_ppm", 1e6, percent),
    (Figure::Between, "transfer between failures", "between_failures_ns", 1e9, span),
    (Figure::Recovery, "time to recover", "repair_ns", 1e9, span),
];

/// What a log tells, for a terminal: all figures of one fit, or a table of several.
pub fn story(fits: &[Calibration]) -> String {
    let [fit] = fits else { return in_short(fits) };
    let mut grid = Grid::new(1, ["", "estimate", "95 % interval"]);
    let known = FIGURES.into_iter().filter_map(|shown| Some((shown, fit.get(shown.0)?)));
    // A given figure has no interval.
    let known: Vec<_> = known.filter(|(_, known)| known.low < known.high).collect();
    for ((_, name, _, _, show), known) in &known {
        grid.row([(*name).to_owned(), value(*known, *show), interval(*known, *show)]);
    }
    // No table if it would have only a header.
    let table = if known.is_empty() { String::new() } else { grid.terminal("  ") };
    let parts = [table, list(fit, false)].into_iter().filter(|part| !part.is_empty());
    in_short(fits) + &parts.map(|part| format!("\n{part}")).collect::<String>()
}

pub fn in_short(fits: &[Calibration]) -> String {
    let decides = |fit: &Calibration| fit.next.map_or_else(String::new, more) + &list(fit, true);
    if let [fit] = fits {
        let answer = match (fit.only(), &fit.readings[..]) {
            (Some(reading), _) => recommendation(fit, reading),
            (None, []) => "no chunk can be recommended\n".to_owned(),
            (None, _) => format!(
                "the best chunk, by what the log leaves open:\n\n{}\n",
                readings(fits, None).terminal("  ")
            ),
        };
        let request = fit.get(Figure::Request).map_or_else(String::new, |took| {
            let size = human::count(fit.census.rows_median, "row");
            format!("a request of {size} takes {} ({})\n", span(took.value), interval(took, span))
        });
        return headline(fit) + &request + &answer + &decides(fit);
    }
    let named = |fit: &Calibration| fit.group.clone().unwrap_or_default();
    let column = fits.first().map_or_else(String::new, |fit| named(fit).0);
    let decides = |fit: &Calibration| match decides(fit) {
        lines if lines.is_empty() => lines,
        lines => format!("\n{}\n{lines}", named(fit).1),
    };
    readings(fits, Some(column)).terminal("") + &fits.iter().map(decides).collect::<String>()
}

/// One row per reading; columns without any value are left out.
fn readings(fits: &[Calibration], group: Option<String>) -> Grid {
    type Column = (&'static str, fn(&Reading) -> Option<String>);
    const COLUMNS: [Column; 10] = [
        ("if timeouts are", |of| of.timeouts.map(word).map(str::to_owned)),
        ("if the overhead is", |of| of.overhead.map(span)),
        ("if a transfer fails every", |of| of.mtbf.map(span)),
        ("overhead", |of| {
            of.figures.get(&Figure::Overhead).filter(|_| of.overhead.is_none()).map(|o| value(*o, span))
        }),
        ("per request", |of| {
            let took = of.timeouts.and(of.figures.get(&Figure::Request));
            took.map(|took| format!("{} ({})", value(*took, span), interval(*took, span)))
        }),
        ("per row", |of| of.figures.get(&Figure::Row).map(|row| value(*row, span))),
        ("between failures", |of| {
            of.figures.get(&Figure::Between).filter(|_| of.mtbf.is_none()).map(|b| value(*b, span))
        }),
        ("chunk", |of| Some(value(of.advice.best, rows))),
        ("95 % interval", |of| Some(interval(of.advice.best, rows))),
        ("rows in time (99 %)", |of| of.in_time.map(|most| value(most, count))),
    ];
    let all = || fits.iter().flat_map(|fit| &fit.readings);
    let used = COLUMNS.into_iter().filter(|(_, of)| all().any(|reading| of(reading).is_some()));
    let used: Vec<Column> = used.collect();
    let is_split = group.is_some();
    let heads = group.map(|column| [column, "responses".to_owned()]).into_iter().flatten();
    let heads = heads.chain(used.iter().map(|(head, _)| (*head).to_owned()));
    let mut grid = Grid::new(usize::from(is_split), heads);
    for fit in fits {
        let name = || fit.group.clone().unwrap_or_default().1;
        let lead = is_split.then(|| [name(), human::thousands(fit.census.answered)]);
        let mut row = |reading: Option<&Reading>| {
            let field =
                |of: fn(&Reading) -> Option<String>| reading.and_then(of).unwrap_or_else(|| "–".to_owned());
            grid.row(lead.clone().into_iter().flatten().chain(used.iter().map(|(_, of)| field(*of))));
        };
        fit.readings.iter().for_each(|reading| row(Some(reading)));
        if fit.readings.is_empty() {
            row(None);
        }
    }
    grid
}

fn word(timeouts: Timeouts) -> &'static str {
    match timeouts {
        Timeouts::Failures => "failures",
        Timeouts::Slow => "slow responses",
    }
}

fn more(Next { rows: [small, large], requests }: Next) -> String {
    let [small, large, requests] = [small, large, requests].map(human::thousands);
    format!(
        "log next: {requests} requests of {small} rows and {requests} of {large} rows, which \
         separate the overhead from the time per row\n"
    )
}

fn value(known: Estimate, show: fn(f64) -> String) -> String {
    if known.value.is_finite() { show(known.value) } else { format!("≥ {}", show(known.low)) }
}

fn interval(known: Estimate, show: fn(f64) -> String) -> String {
    match (known.low > 0.0, known.high.is_finite()) {
        (_, true) => format!("{} … {}", show(known.low), show(known.high)),
        (true, false) => format!("{} …, no upper bound", show(known.low)),
        (false, false) => "no bound".to_owned(),
    }
}

/// JSON with integers; `null` for what the log does not determine. Several fits are a list.
pub fn to_json(fits: &[Calibration]) -> String {
    let value = match fits {
        [fit] => object(fit),
        fits => json!({ "schema_version": VERSION, "fits": fits.iter().map(object).collect::<Vec<_>>() }),
    };
    lines::to_json(&value)
}

const VERSION: &str = "4.0.0";

fn object(fit: &Calibration) -> Value {
    let chunk = |Advice { best, flat, excess }| {
        json!({
            "best_rows": scaled(best, 1.0), "flat_rows": [whole(flat.0), whole(flat.1)],
            "excess_ppm": scaled(excess, 1e6),
        })
    };
    let reading = |reading: &Reading| {
        let given = |seconds: Option<f64>| seconds.and_then(|seconds| whole(seconds * 1e9));
        let mut object = json!({
            "if": {
                "overhead_ns": given(reading.overhead), "mtbf_ns": given(reading.mtbf),
                "timeouts": reading.timeouts.map(|timeouts| if timeouts == Timeouts::Slow { "slow" } else { "failures" }),
            },
            "chunk": chunk(reading.advice),
            "rows_in_time": reading.in_time.map(|most| scaled(most, 1.0)),
        });
        for (figure, _, key, unit, _) in FIGURES {
            object[key] = reading.figures.get(&figure).map_or(Value::Null, |known| scaled(*known, unit));
        }
        object
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
        "chunk": fit.only().map(|reading| chunk(reading.advice)),
        "readings": fit.readings.iter().map(reading).collect::<Vec<_>>(),
        "log_next": fit.next,
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
    let source = &fit.source;
    let lasted = human::span(lasted_ns.0);
    format!("{source}: {requests}{devices} in {lasted}: {answered} with a response{others}\n\n")
}

fn recommendation(fit: &Calibration, reading: &Reading) -> String {
    let Advice { best, flat: (from, to), excess } = reading.advice;
    let (of, from, to) = (rows(best.value), rows(from), rows(to));
    let mean = rows(fit.census.rows_mean_milli as f64 / 1e3);
    let than = |chunk: &str| {
        let (more, sure) = (percent(excess.value), interval(excess, percent));
        format!(
            "  at the {mean} rows of your mean response a row takes {more} more time than in {chunk} ({sure})\n"
        )
    };
    let (size, dearer) = match best.value.is_finite() {
        true => (
            format!("{of} rows ({}); {from} to {to} cost at most 3 % more", interval(best, rows)),
            // If chunks hardly ever arrive, their cost is unbounded.
            if excess.value.is_finite() { than("that chunk") } else { String::new() },
        ),
        false => (
            format!("{} rows or more, as caps of memory, pages and timeouts allow", rows(best.low)),
            match fit.census.rows_mean_milli as f64 / 1e3 < best.low {
                true => than(&format!("chunks of {}", rows(best.low))),
                false => format!("  that is the {mean} rows of your mean response\n"),
            },
        ),
    };
    let conditions = [
        reading.overhead.map(|overhead| format!("the overhead is {}", span(overhead))),
        reading.mtbf.map(|mtbf| format!("a transfer fails every {}", span(mtbf))),
        reading.timeouts.map(|timeouts| format!("timeouts are {}", word(timeouts))),
    ];
    let when = joined(conditions.into_iter().flatten(), " and ").map(|when| format!(" if {when}"));
    let when = when.unwrap_or_default();
    let in_time = reading.in_time.map_or_else(String::new, |most| {
        let most = format!("{} rows ({})", value(most, count), interval(most, count));
        format!("  99 of 100 responses of {most} come before the timeout\n")
    });
    format!("recommended chunk{when}: {size}\n{dearer}{in_time}")
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
