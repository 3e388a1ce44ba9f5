//! The objective of a sweep: the figure that compares its settings.
//!
//! A cell is one simulation: one variant and one seed.

use std::str::FromStr;

use strsim::damerau_levenshtein;

use crate::metrics::{self, Better, Kind, STATS, Unit};
use crate::record::CellRecord;
use crate::scenario::closest;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// The metric. It can have a start state, as in `metric@state`, or a sync unit, as in
    /// `metric/unit`.
    pub metric: String,
    /// `value`, or a statistic of a distribution such as `p95`.
    pub stat: String,
    pub better: Better,
    pub unit: Unit,
}

/// The price of a wait that never ended.
const NEVER: f64 = metrics::NEVER as f64;
const WHOLE: f64 = 1e6;
/// The default: durable rows per sync time. It says how fast an engine moves data.
const DEFAULT: &str = "engine.rows.rate";
const OF_PUSHES: &str = "engine.push.rate";
const SYNC_TIMES: [&str; 4] =
    ["engine.session.time", "engine.session.duration", "engine.session.blocking", SINCE_LOGIN];
const SINCE_LOGIN: &str = "engine.usable_after_login.duration";

impl Objective {
    /// The default objective for a sweep of `key`.
    pub fn of_axis(key: &str) -> Objective {
        let metric = if key.starts_with("engine.push.") { OF_PUSHES } else { DEFAULT };
        metric.parse().expect("the defaults are in the table of metrics")
    }
    /// The price of a cell: a form of the figure in which lower is better. `None` without a figure.
    /// For a rate, it is the time per row. So in a mean over seeds, a high rate cannot hide a long
    /// wait. For a share, it is 2 − share, which keeps the mean a mean of shares.
    pub fn price(&self, cell: &CellRecord) -> Option<f64> {
        let figure = cell.metrics.get(self.metric.as_str())?.stat(&self.stat)? as f64;
        let price = match (self.better, self.unit) {
            (Better::Higher, Unit::Ppm) => 2.0 * WHOLE - figure,
            (Better::Higher, _) => 1.0 / figure,
            _ => figure,
        };
        price.is_finite().then_some(price)
    }
    pub fn figure(&self, price: f64) -> f64 {
        match (self.better, self.unit) {
            (Better::Higher, Unit::Ppm) => 2.0 * WHOLE - price,
            (Better::Higher, _) => 1.0 / price,
            _ => price,
        }
    }
    /// The largest possible figure: 1 000 000 millionths for a share, otherwise infinite.
    pub fn most(&self) -> f64 {
        if (self.better, self.unit) == (Better::Higher, Unit::Ppm) { WHOLE } else { f64::INFINITY }
    }
    /// The kind of mean over seeds. For a rate it is harmonic, because times per row are averaged.
    pub fn mean(&self) -> &'static str {
        let is_rate = self.better == Better::Higher && self.unit != Unit::Ppm;
        if is_rate { "harmonic mean" } else { "mean" }
    }
    pub fn ranks(&self) -> bool {
        self.better != Better::Neither
    }
    /// True if the objective is the time per row for chunks of `key`. The closed form describes it.
    pub fn is_time_a_row(&self, key: &str) -> bool {
        self.metric == DEFAULT || *self == Objective::of_axis(key)
    }
    /// True if the objective is the duration of syncs, or a rate over it. Then the parts of sync
    /// time explain it. They cover all units and devices, so a single unit or start state gives
    /// false.
    pub fn is_of_sync_time(&self) -> bool {
        let is_of_all = !self.metric.contains(['@', '/']);
        let is_time = SYNC_TIMES.contains(&self.metric.as_str()) && self.unit == Unit::Ns;
        is_of_all && (is_time || self.is_sync_rate())
    }
    pub fn is_sync_rate(&self) -> bool {
        self.metric.starts_with("engine.")
            && matches!(self.unit, Unit::MilliRowsPerSecond | Unit::BytesPerSecond)
    }
    /// The name on the command line, such as `engine.session.duration:p95`.
    pub fn name(&self) -> String {
        if self.stat == "value" { self.metric.clone() } else { format!("{}:{}", self.metric, self.stat) }
    }
}

impl FromStr for Objective {
    type Err = String;
    /// Reads `metric` or `metric:stat`. The default statistic of a distribution is p95.
    fn from_str(text: &str) -> Result<Objective, String> {
        let (metric, stat) = text.split_once(':').map_or((text, None), |(metric, stat)| (metric, Some(stat)));
        let found = metrics::find(metric).ok_or_else(|| {
            let near = closest(metric, metrics::names());
            let near = near.or_else(|| metrics::names().min_by_key(|name| damerau_levenshtein(name, metric)));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("there is no metric `{metric}`{near}")
        })?;
        let (known, usual): (&[&str], _) = match found.kind {
            Kind::Distribution => (&STATS, "p95"),
            _ => (&["value"], "value"),
        };
        let stat = stat.unwrap_or(usual);
        if !known.contains(&stat) {
            return Err(format!("`{metric}` has no `{stat}`; it has {}", known.join(", ")));
        }
        let unit = found.unit.of_stat(stat);
        Ok(Objective { metric: metric.to_owned(), stat: stat.to_owned(), better: found.better, unit })
    }
}

/// The mean of prices. If some prices are `NEVER`, the mean is greater than all other prices, and
/// grows with the number of `NEVER` prices.
pub fn mean_price(prices: &[f64]) -> f64 {
    let never = prices.iter().filter(|price| **price >= NEVER).count() as f64;
    let seeds = prices.len() as f64;
    if never > 0.0 { NEVER * (1.0 + never / seeds) } else { prices.iter().sum::<f64>() / seeds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_brings_its_unit_its_direction_and_a_statistic() {
        let (rate, time) = (Unit::MilliRowsPerSecond, Unit::Ns);
        for (asked, metric, stat, better, unit) in [
            (DEFAULT, DEFAULT, "value", Better::Higher, rate),
            (SYNC_TIMES[1], SYNC_TIMES[1], "p95", Better::Lower, time),
            ("engine.session.duration@1d:max", "engine.session.duration@1d", "max", Better::Lower, time),
        ] {
            let (metric, stat) = (metric.to_owned(), stat.to_owned());
            assert_eq!(asked.parse(), Ok(Objective { metric, stat, better, unit }));
        }
    }

    #[test]
    fn what_never_comes_under_one_seed_costs_more_than_all_that_comes() {
        assert_eq!(mean_price(&[1.0, 3.0]), 2.0);
        let never = mean_price(&[1.0, NEVER]);
        assert!(never > mean_price(&[1e18; 2]) && never < mean_price(&[NEVER; 2]));
        let waits: Objective = "engine.session.duration".parse().unwrap();
        assert_eq!(waits.figure(never) as u64, metrics::NEVER);
    }

    #[test]
    fn what_is_no_metric_or_no_statistic_is_refused() {
        let refused = ["engine.row.rate", "engine.rows.rate:p95", "engine.session.duration:p90"];
        insta::assert_debug_snapshot!(refused.map(|text| text.parse::<Objective>().unwrap_err()));
    }
}
