//! Figures over virtual time, as `run.json` holds them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{self, Sample};

/// Figures over virtual time, thinned out to what can be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesRecord {
    /// The instants of all series.
    pub at_ns: Vec<u64>,
    /// The values at these instants, by series.
    pub values: BTreeMap<String, Vec<u64>>,
}

impl SeriesRecord {
    /// More instants than this cannot be told apart in a plot.
    const INSTANTS: usize = 130;

    /// Thins `samples` out: of neighbours the last value is kept, of waits the longest. `None` if
    /// there are none.
    pub fn of(samples: &[Sample]) -> Option<SeriesRecord> {
        let mut all: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
        for Sample { at_ns, series, value } in samples {
            all.entry(series).or_default().push((*at_ns, *value));
        }
        let longest = all.values().map(Vec::len).max()?;
        let together = longest.div_ceil(SeriesRecord::INSTANTS);
        let mut thin = SeriesRecord::default();
        for (series, points) in &all {
            let is_wait = [metrics::QUEUED, metrics::SYNCED].contains(series);
            let chunks = points.chunks(together).filter_map(|chunk| {
                let (at, last) = *chunk.last()?;
                let value = if is_wait { chunk.iter().map(|point| point.1).max()? } else { last };
                Some((at, value))
            });
            let (at_ns, values) = chunks.unzip();
            thin.at_ns = at_ns;
            thin.values.insert((*series).to_owned(), values);
        }
        Some(thin)
    }
}

/// A device whose syncs took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowRecord {
    /// The device, such as `d17`.
    pub device: String,
    /// Its longest sync that came to a good end.
    pub sync_ns: u64,
}
