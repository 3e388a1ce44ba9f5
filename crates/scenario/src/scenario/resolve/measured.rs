//! Metrics in a scenario: their names, their statistics, and bounds on their figures. A plain
//! number is refused if the metric's own unit is so small that people would misread the number.

use super::super::former::renamed_metric;
use super::super::plan::Bound;
use crate::base::{Bytes, Span, split_number};
use crate::config::diagnostic::choices;
use crate::config::form::share_of;
use crate::config::tree::Val;
use crate::config::view::{Mistakes, View};
use crate::metrics::{self, STATS, Unit};

/// Splits `engine.session.duration.p95@1d` into the metric and the statistic. The default is
/// `value`.
pub(super) fn with_stat(name: &str) -> (String, &str) {
    let (plain, part) = metrics::parts(name);
    let part = part.map_or_else(String::new, |(mark, part)| format!("{mark}{part}"));
    let known = metrics::find(plain).is_some() || renamed_metric(plain).is_some();
    match plain.rsplit_once('.').filter(|_| !known) {
        Some((metric, stat)) if STATS.contains(&stat) => (format!("{metric}{part}"), stat),
        _ => (name.to_owned(), "value"),
    }
}

/// The unit of a metric. An unknown metric is reported as a mistake.
pub(super) fn unit(view: View<'_>, metric: &str, mistakes: &Mistakes) -> Option<Unit> {
    let found = metrics::TABLE.iter().find(|known| known.name == metric);
    if found.is_none() {
        // A part of a name, such as a room alone, may be the beginning of the name that was meant.
        let start = format!("{}.", metric.trim_end_matches('.'));
        let mut known: Vec<&str> = metrics::names().filter(|name| name.starts_with(&start)).collect();
        if known.is_empty() {
            known = metrics::names().collect();
        }
        let help = renamed_metric(metric).unwrap_or_else(|| choices(metric, &known));
        mistakes.at(view, format!("there is no metric `{metric}`"), help);
    }
    found.map(|metric| metric.unit)
}

/// Whether a metric has this statistic. A missing statistic is reported as a mistake.
pub(super) fn has_stat(view: View<'_>, metric: &str, stat: &str, mistakes: &Mistakes) -> bool {
    let (name, _) = metrics::parts(metric);
    let Some(kind) = metrics::find(name).map(|metric| metric.kind) else { return true };
    let (what, stats) = match kind {
        metrics::Kind::Distribution => ("a distribution", &STATS[..]),
        _ => ("a single number", &["value"][..]),
    };
    if !stats.contains(&stat) {
        let quoted: Vec<String> = stats.iter().map(|stat| format!("`{stat}`")).collect();
        let title = format!("`{name}` has no `{stat}`");
        mistakes.at(view, title, format!("this metric is {what} and has {}", quoted.join(", ")));
    }
    stats.contains(&stat)
}

/// The bounds `min` and `max` of a table.
pub(super) fn ends(view: View<'_>, unit: Unit, mistakes: &Mistakes) -> Bound {
    let [low, high] = ["min", "max"].map(|key| view.at(key).present());
    let [min, max] = [low, high].map(|end| bound(end?, unit, mistakes));
    match (min, max) {
        (None, None) if low.or(high).is_none() => {
            mistakes.at(view, "no bound is given", "write `min`, `max` or both");
        }
        (Some(min), Some(max)) if min > max => {
            mistakes.at(view, "no value lies between these bounds", "`min` is greater than `max`");
        }
        _ => {}
    }
    Bound { min, max }
}

/// One bound, in the unit of its metric.
pub(super) fn bound(view: View<'_>, unit: Unit, mistakes: &Mistakes) -> Option<u64> {
    figure(unit, view.value()?).map_err(|(title, help)| mistakes.at(view, title, help)).ok()
}

/// The title and the help of a mistake.
type NoFigure = (&'static str, String);

fn figure(unit: Unit, value: &Val) -> Result<u64, NoFigure> {
    let want = match unit {
        Unit::Ns => "a time such as \"5s\"",
        Unit::Bytes => "a size such as \"64KiB\", or bytes",
        Unit::BytesPerSecond => "a rate such as \"64KiB/s\", or bytes per second",
        Unit::Ppm => "a share such as \"5%\" or 0.05; above 1 with its unit: \"250%\"",
        Unit::MilliRowsPerSecond => "a rate such as \"2.5 rows/s\", or rows per second",
        Unit::RowNs => "rows times a time, such as \"90 row·s\" or \"2.5 row·h\"",
        Unit::Uj => "an energy such as \"5J\" or \"2.5mJ\"",
        Unit::Rows | Unit::Devices | Unit::Count => "a whole number from 0",
    };
    if let Some(example) = misread(unit, value) {
        let help = format!("a plain number can be misread here: write {example}");
        return Err(("this figure has no unit", help));
    }
    read(unit, value).ok_or_else(|| ("this does not fit the metric's unit", format!("write {want}")))
}

/// The number with its unit, if people would probably think of another unit than the metric's own.
fn misread(unit: Unit, value: &Val) -> Option<String> {
    let number = match value {
        Val::Int(n) if *n > 0 => n.to_string(),
        Val::Float(x) if *x > 0.0 => x.to_string(),
        Val::Text(text) => text.trim().to_owned(),
        _ => return None,
    };
    if !split_number(&number).is_some_and(|(n, rest)| n > 0.0 && rest.is_empty()) {
        return None;
    }
    match unit {
        Unit::Ns => Some(format!("\"{number}s\" for seconds, \"{number}ms\" for milliseconds")),
        Unit::RowNs => Some(format!("\"{number} row·s\" for rows times seconds")),
        Unit::Uj => Some(format!("\"{number}J\" for joules, \"{number}mJ\" for millijoules")),
        _ => None,
    }
}

fn read(unit: Unit, value: &Val) -> Option<u64> {
    match (unit, value) {
        (Unit::Rows | Unit::Devices | Unit::Count, Val::Int(n)) => u64::try_from(*n).ok(),
        (Unit::Rows | Unit::Devices | Unit::Count, _) => None,
        (Unit::Ppm, Val::Text(text)) => scaled(text, &[("%", 1e4), ("ppm", 1.0)]).or_else(|| share(value)),
        (Unit::Ppm, _) => share(value),
        (Unit::MilliRowsPerSecond, Val::Int(n)) => u64::try_from(*n).ok()?.checked_mul(1_000),
        (Unit::MilliRowsPerSecond, Val::Float(x)) => whole(x * 1e3),
        (Unit::MilliRowsPerSecond, Val::Text(text)) => scaled(text, &[("rows/s", 1e3), ("row/s", 1e3)]),
        // 0 is the same in every unit.
        (_, Val::Int(n)) => u64::try_from(*n).ok(),
        (Unit::Ns, Val::Text(text)) => text.parse().ok().map(|Span(ns)| ns),
        (Unit::Bytes, Val::Text(text)) => text.parse().ok().map(|Bytes(n)| n),
        (Unit::BytesPerSecond, Val::Text(text)) => {
            text.trim().strip_suffix("/s")?.parse().ok().map(|Bytes(n)| n)
        }
        (Unit::RowNs, Val::Text(text)) => row_time(text),
        (Unit::Uj, Val::Text(text)) => {
            scaled(text, &[("J", 1e6), ("mJ", 1e3), ("µJ", 1.0), ("uJ", 1.0), ("kJ", 1e9)])
        }
        _ => None,
    }
}

fn share(value: &Val) -> Option<u64> {
    share_of(value).map(|ppm| u64::from(ppm.0))
}

fn row_time(text: &str) -> Option<u64> {
    let (rows, rest) = split_number(text.trim())?;
    let time = ["row·", "row-", "row*", "row "].iter().find_map(|row| rest.strip_prefix(row))?;
    let Span(each) = format!("1{}", time.trim()).parse().ok()?;
    whole(rows * each as f64)
}

fn scaled(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let (number, rest) = split_number(text.trim())?;
    units.iter().find(|(unit, _)| *unit == rest).and_then(|(_, factor)| whole(number * factor))
}

fn whole(x: f64) -> Option<u64> {
    (0.0..9e18).contains(&x).then_some(x.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::parse_own;

    #[test]
    fn a_bound_means_what_its_unit_says_or_is_refused_with_what_to_write() {
        let mut told = String::new();
        for (unit, values) in [
            (Unit::Ns, "\"360s\" 0 360 0.5 \"360\""),
            (Unit::Bytes, "400 \"64KiB\""),
            (Unit::BytesPerSecond, "\"64KiB/s\""),
            (Unit::MilliRowsPerSecond, "1 2.5 \"1rows/s\" \"2.5rows/s\" -1 \"5s\""),
            (Unit::Ppm, "1 0.05 \"5%\" \"250%\" 5"),
            (Unit::RowNs, "\"1500row·s\" \"2.5row·h\" 90"),
            (Unit::Uj, "\"2.5mJ\" \"1µJ\" 5"),
            (Unit::Rows, "0.5"),
        ] {
            for value in values.split(' ') {
                let read = parse_own(value).value;
                let becomes = figure(unit, &read).map_err(|(title, help)| format!("{title} (help: {help})"));
                told += &format!("{unit:?} of {value}: {becomes:?}\n");
            }
        }
        insta::assert_snapshot!(told);
    }
}
