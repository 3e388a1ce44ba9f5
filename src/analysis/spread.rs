//! A histogram of wait times.

use std::collections::BTreeMap;

use crate::metrics::Distribution;

const WAITS: [&str; 3] =
    ["engine.usable_after_login.duration", "engine.session.duration", "engine.write_acknowledged.duration"];
const MS: u64 = 1_000_000;
const HOUR: u64 = 3_600_000 * MS;
/// The upper bounds of the classes, in milliseconds, minutes and hours.
const ENDS: [(u64, &[u64]); 3] = [
    (MS, &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]),
    (60_000 * MS, &[1, 2, 5, 10, 20]),
    (HOUR, &[1, 2, 5, 10, 24, 48, 120, 240]),
];

/// For each metric, the upper bound and count of each class, from the first class that is not
/// empty.
pub(super) fn spread(distributions: &[(&'static str, Distribution)]) -> BTreeMap<String, Vec<(u64, u64)>> {
    let ends = ENDS.iter().flat_map(|(unit, times)| times.iter().map(move |times| times * unit));
    let ends: Vec<u64> = ends.chain([u64::MAX]).collect();
    let of = |(metric, observed): &(&'static str, Distribution)| {
        let mut counts = vec![0; ends.len()];
        for (value, times) in observed.counted() {
            counts[ends.partition_point(|end| end < value)] += times;
        }
        let (first, last) = (counts.iter().position(|n| *n > 0)?, counts.iter().rposition(|n| *n > 0)?);
        let counted = ends.iter().copied().zip(counts).take(last + 1).skip(first).collect();
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
