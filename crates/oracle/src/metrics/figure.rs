//! The figure of a metric: one number or a distribution.

use std::collections::BTreeMap;

/// Stands for a wait that never ended. It is larger than every other wait and every bound.
pub const NEVER: u64 = u64::MAX;

/// The statistics of a distribution, by name.
pub const STATS: [&str; 8] = ["count", "never", "min", "mean", "p50", "p95", "p99", "max"];

/// The unit of a metric. Figures are whole numbers of this unit, and times are virtual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds of virtual time.
    Ns,
    /// Bytes.
    Bytes,
    /// Rows.
    Rows,
    /// Devices.
    Devices,
    /// A number of other things.
    Count,
    /// Millionths.
    Ppm,
    /// Rows per second, in thousandths.
    MilliRowsPerSecond,
    /// Bytes per second.
    BytesPerSecond,
    /// Rows times nanoseconds: the time for which rows are missing or outdated, summed over rows.
    RowNs,
    /// Microjoules.
    Uj,
}

impl Unit {
    /// The unit of a statistic of a metric that has this unit. Counts have [`Unit::Count`].
    pub fn of_stat(self, stat: &str) -> Unit {
        if ["count", "never"].contains(&stat) { Unit::Count } else { self }
    }
}

/// The part of a distribution of waits that never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Censored {
    /// How many never ended.
    pub never: u64,
    /// Of how many.
    pub of: u64,
    /// The longest known wait among all, ended or not.
    pub waited: u64,
}

impl Censored {
    /// Combines the figures of one metric. `None` if all observations ended.
    pub fn of<'f>(figures: impl Iterator<Item = &'f Figure>) -> Option<Censored> {
        let mut all = Censored { never: 0, of: 0, waited: 0 };
        for figure in figures.filter(|figure| figure.observed() > 0) {
            let own = figure.censored();
            all.never += own.map_or(0, |own| own.never);
            all.of += figure.observed();
            all.waited = all.waited.max(own.map_or_else(|| figure.stat("max"), |own| Some(own.waited))?);
        }
        Some(all).filter(|all| all.never > 0)
    }
}

/// The figure of a metric for one cell (one simulation with one seed).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(
    untagged,
    expecting = "no figure: it has a `unit` and a `value`, or `count`, `min`, `p50`, `p95`, `p99` and `max`"
)]
pub enum Figure {
    /// A distribution: `count` observations that ended, and `never` waits that did not. Percentiles
    /// are over both. If a percentile falls among the waits that never ended, it is [`NEVER`]. The
    /// mean is [`NEVER`] if there are any.
    Distribution {
        /// The unit of the observations.
        unit: Unit,
        /// The number of observations that ended.
        count: u64,
        /// The smallest observation.
        min: u64,
        /// The median.
        p50: u64,
        /// The 95th percentile.
        p95: u64,
        /// The 99th percentile.
        p99: u64,
        /// The largest observation.
        max: u64,
        /// The arithmetic mean, rounded down. Records of old versions do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<u64>,
        /// The number of waits that never ended.
        #[serde(default, skip_serializing_if = "is_zero")]
        never: u64,
        /// The longest wait as far as known, ended or not; 0 if all waits ended.
        #[serde(default, skip_serializing_if = "is_zero")]
        waited: u64,
    },
    /// A number that needs more than 64 bits. The field `clipped` marks this variant in JSON.
    Clipped {
        /// The unit of the number.
        unit: Unit,
        /// The largest number of 64 bits.
        value: u64,
        /// Always true.
        clipped: bool,
    },
    /// A single number.
    Value {
        /// The unit of the number.
        unit: Unit,
        /// The number.
        value: u64,
    },
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// All figures of a cell by metric name. Some metrics also have figures by the state in which
/// devices started, as `metric@state`, such as `engine.usable_after_login.duration@1d`.
pub type Figures = BTreeMap<String, Figure>;

impl Figure {
    /// A single number. The largest `u64` stands for all larger numbers.
    pub fn number(unit: Unit, value: u64) -> Figure {
        match value {
            u64::MAX => Figure::Clipped { unit, value, clipped: true },
            _ => Figure::Value { unit, value },
        }
    }
    /// A distribution without observations.
    pub fn nothing(unit: Unit) -> Figure {
        let (mean, never, waited) = (Some(0), 0, 0);
        Figure::Distribution { unit, count: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0, mean, never, waited }
    }
    /// The number of observations, including those that never ended; 1 for a single number.
    pub fn observed(&self) -> u64 {
        match self {
            Figure::Distribution { count, never, .. } => count + never,
            Figure::Value { .. } | Figure::Clipped { .. } => 1,
        }
    }
    /// The waits that never ended, if there are any.
    pub fn censored(&self) -> Option<Censored> {
        match *self {
            Figure::Distribution { count, never: never @ 1.., waited, .. } => {
                Some(Censored { never, of: count + never, waited })
            }
            _ => None,
        }
    }
    /// True for zero, and for a distribution without observations.
    pub fn is_nothing(&self) -> bool {
        match self {
            Figure::Distribution { unit, .. } => *self == Figure::nothing(*unit),
            Figure::Value { value, .. } | Figure::Clipped { value, .. } => *value == 0,
        }
    }
    /// Changes the unit and keeps the numbers.
    pub fn set_unit(&mut self, of: Unit) {
        let (Figure::Value { unit, .. } | Figure::Clipped { unit, .. } | Figure::Distribution { unit, .. }) =
            self;
        *unit = of;
    }
    /// The figure's unit.
    pub fn unit(&self) -> Unit {
        let (Figure::Value { unit, .. } | Figure::Clipped { unit, .. } | Figure::Distribution { unit, .. }) =
            self;
        *unit
    }
    /// True for a distribution, false for a single number.
    pub fn is_distribution(&self) -> bool {
        matches!(self, Figure::Distribution { .. })
    }
    /// True if two figures are equal. Means are compared only if both figures have one.
    pub fn is_alike(&self, other: &Figure) -> bool {
        let mut like = self.clone();
        if let (Figure::Distribution { mean: own, .. }, Figure::Distribution { mean, .. }) =
            (&mut like, other)
            && (own.is_none() || mean.is_none())
        {
            *own = *mean;
        }
        like == *other
    }
    /// The statistic with this name: `value`, or one of [`STATS`]. `None` if the figure has no
    /// statistic of this name. Also `None` if there are no observations, except for `count` and
    /// `never`.
    pub fn stat(&self, name: &str) -> Option<u64> {
        match (self, name) {
            (Figure::Value { value, .. } | Figure::Clipped { value, .. }, "value") => Some(*value),
            (Figure::Distribution { count, .. }, "count") => Some(*count),
            (Figure::Distribution { never, .. }, "never") => Some(*never),
            (Figure::Distribution { count: 0, never: 0, .. }, _) => None,
            (Figure::Distribution { min, .. }, "min") => Some(*min),
            (Figure::Distribution { p50, .. }, "p50") => Some(*p50),
            (Figure::Distribution { p95, .. }, "p95") => Some(*p95),
            (Figure::Distribution { p99, .. }, "p99") => Some(*p99),
            (Figure::Distribution { max, .. }, "max") => Some(*max),
            (Figure::Distribution { mean, .. }, "mean") => *mean,
            _ => None,
        }
    }
}

/// One point of a series of values over virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Virtual time in nanoseconds.
    pub at_ns: u64,
    /// The name of the series.
    pub series: &'static str,
    /// Its value.
    pub value: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_past_64_bits_says_so_in_the_record_and_is_read_back() {
        for (value, text) in [
            (u64::MAX - 1, r#"{"unit":"row-ns","value":18446744073709551614}"#),
            (u64::MAX, r#"{"unit":"row-ns","value":18446744073709551615,"clipped":true}"#),
        ] {
            let figure = Figure::number(Unit::RowNs, value);
            assert_eq!(serde_json::to_string(&figure).unwrap(), text);
            assert_eq!(serde_json::from_str::<Figure>(text).unwrap(), figure);
            assert_eq!(figure.stat("value"), Some(value));
        }
    }

    #[test]
    fn only_a_figure_of_which_something_never_came_says_so_in_json() {
        let text = r#"{"unit":"ns","count":1,"min":7,"p50":7,"p95":7,"p99":7,"max":7,"mean":7}"#;
        let figure: Figure = serde_json::from_str(text).unwrap();
        assert_eq!((figure.censored(), figure.stat("never")), (None, Some(0)));
        assert_eq!(serde_json::to_string(&figure).unwrap(), text);
        let Figure::Distribution { unit, count, min, p50, mean, .. } = figure else { panic!() };
        let [p95, p99, max] = [NEVER; 3];
        let (never, waited) = (2, 9);
        let figure = Figure::Distribution { unit, count, min, p50, p95, p99, max, mean, never, waited };
        let text = serde_json::to_string(&figure).unwrap();
        assert!(text.ends_with(r#""never":2,"waited":9}"#), "{text}");
        assert_eq!(serde_json::from_str::<Figure>(&text).unwrap(), figure);
        assert_eq!(figure.censored(), Some(Censored { never: 2, of: 3, waited: 9 }));
    }
}
