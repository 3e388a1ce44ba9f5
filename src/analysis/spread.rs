//! How often waits were how long.

use std::collections::BTreeMap;

use crate::metrics::Distribution;

const WAITS: [&str; 3] =
    ["engine.usable_after_login.duration", "engine.session.duration", "engine.write_acknowledged.duration"];
const MS: u64 = 1_000_000;
const MINUTE: u64 = 60_000 * MS;
const HOUR: u64 = 60 * MINUTE;
const ENDS: [u64; 28] = [
    MS,
    2 * MS,
    5 * MS,
    10 * MS,
    20 * MS,
    50 * MS,
    100 * MS,
    200 * MS,
    500 * MS,
    1_000 * MS,
    2_000 * MS,
    5_000 * MS,
    10_000 * MS,
    20_000 * MS,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    HOUR,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    24 * HOUR,
    48 * HOUR,
    120 * HOUR,
    240 * HOUR,
    u64::MAX,
];

/// By metric, how many lay above the end before and up to this one, from the first that has some.
pub(super) fn spread(distributions: &[(&'static str, Distribution)]) -> BTreeMap<String, Vec<(u64, u64)>> {
    let of = |(metric, observed): &(&'static str, Distribution)| {
        let mut counts = [0; ENDS.len()];
        for (value, times) in observed.counted() {
            counts[ENDS.partition_point(|end| end < value)] += times;
        }
        let (first, last) = (counts.iter().position(|n| *n > 0)?, counts.iter().rposition(|n| *n > 0)?);
        let counted = ENDS.into_iter().zip(counts).take(last + 1).skip(first).collect();
        Some(((*metric).to_owned(), counted))
    };
    distributions.iter().filter(|(metric, _)| WAITS.contains(metric)).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unit;

    #[test]
    fn each_wait_is_counted_up_to_the_end_it_reaches() {
        let mut observed = Distribution::default();
        [2 * MS, 2 * MS + 1, 4 * MS, 19 * MS, 20 * MS].into_iter().for_each(|value| observed.observe(value));
        observed.figure(Unit::Ns);
        let spread = spread(&[(WAITS[1], observed.clone()), ("engine.request.duration", observed)]);
        assert_eq!(spread.len(), 1);
        assert_eq!(spread[WAITS[1]], [(2 * MS, 1), (5 * MS, 2), (10 * MS, 0), (20 * MS, 2)]);
    }
}
