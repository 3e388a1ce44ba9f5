//! How others name a figure of a cell.

use super::run::CellRecord;
use crate::metrics;

impl CellRecord {
    /// The figure that an expectation or a claim names, as the cell has it.
    pub fn expected(&self, what: &str) -> Option<u64> {
        let (metric, stat) = named(what, |name| self.metrics.contains_key(name))?;
        self.metrics.get(metric.as_str())?.stat(stat)
    }
}

/// The figure and the statistic that an expectation names: a metric that is a number, or
/// `metric.stat` of a distribution; `None` if there is no such figure.
pub fn named(key: &str, is_there: impl Fn(&str) -> bool) -> Option<(String, &str)> {
    if is_there(key) {
        return Some((key.to_owned(), "value"));
    }
    let (name, part) = metrics::parts(key);
    let (metric, stat) = name.rsplit_once('.')?;
    let metric = part.map_or_else(|| metric.to_owned(), |(mark, part)| format!("{metric}{mark}{part}"));
    is_there(&metric).then_some((metric, stat))
}
