//! What a scenario says of metrics: their names, their statistics, bounds of their figures.

use super::super::diagnostic::choices;
use super::super::plan::Bound;
use super::super::view::{Mistakes, View};
use super::figure::figure;
use crate::metrics::{self, Unit};

const DISTRIBUTION: [&str; 7] = ["count", "min", "mean", "p50", "p95", "p99", "max"];

/// The metric and statistic of `engine.session.duration.p95@1d`, or a number by its name.
pub(super) fn with_stat(name: &str) -> (String, &str) {
    let (plain, part) = metrics::parts(name);
    let part = part.map_or_else(String::new, |(mark, part)| format!("{mark}{part}"));
    match plain.rsplit_once('.').filter(|_| metrics::find(plain).is_none()) {
        Some((metric, stat)) if DISTRIBUTION.contains(&stat) => (format!("{metric}{part}"), stat),
        _ => (name.to_owned(), "value"),
    }
}

/// The unit of a figure: a count is a count, whatever is counted.
pub(super) fn unit_of(stat: &str, unit: Unit) -> Unit {
    if stat == "count" { Unit::Count } else { unit }
}

fn begins(name: &str, start: &str) -> bool {
    name.strip_prefix(start.trim_end_matches('.')).is_some_and(|rest| rest.starts_with('.'))
}

impl Mistakes {
    pub(super) fn unit(&self, view: View<'_>, metric: &str) -> Option<Unit> {
        let found = metrics::TABLE.iter().find(|known| known.name == metric);
        if found.is_none() {
            // A room or a noun alone is the beginning of what was meant.
            let mut known: Vec<&str> = metrics::names().filter(|name| begins(name, metric)).collect();
            if known.is_empty() {
                known = metrics::names().collect();
            }
            self.at(view, format!("there is no metric `{metric}`"), choices(metric, &known));
        }
        found.map(|metric| metric.unit)
    }

    pub(super) fn has_stat(&self, view: View<'_>, metric: &str, stat: &str) -> bool {
        let (name, _) = metrics::parts(metric);
        let Some(kind) = metrics::find(name).map(|metric| metric.kind) else { return true };
        let (what, stats) = match kind {
            metrics::Kind::Distribution => ("a distribution", &DISTRIBUTION[..]),
            _ => ("a single number", &["value"][..]),
        };
        if !stats.contains(&stat) {
            let quoted: Vec<String> = stats.iter().map(|stat| format!("`{stat}`")).collect();
            let title = format!("`{name}` has no `{stat}`");
            self.at(view, title, format!("it is {what} and has {}", quoted.join(", ")));
        }
        stats.contains(&stat)
    }

    pub(super) fn ends(&self, view: View<'_>, unit: Unit) -> Bound {
        let [low, high] = ["min", "max"].map(|key| view.at(key).present());
        let bound = Bound {
            min: low.and_then(|v| self.figure(v, unit)),
            max: high.and_then(|v| self.figure(v, unit)),
        };
        match (bound.min, bound.max) {
            (None, None) if low.or(high).is_none() => {
                self.at(view, "no bound", "write `min`, `max` or both");
            }
            (Some(min), Some(max)) if min > max => {
                self.at(view, "nothing lies between these bounds", "`min` is greater than `max`");
            }
            _ => {}
        }
        bound
    }

    pub(super) fn figure(&self, view: View<'_>, unit: Unit) -> Option<u64> {
        figure(unit, view.value()?).map_err(|(title, help)| self.at(view, title, help)).ok()
    }
}
