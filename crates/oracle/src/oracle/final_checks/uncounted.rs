//! Lists metrics that could not be counted for a stack. This is not the same as zero.

use std::collections::BTreeMap;

use crate::contract::Capabilities;
use crate::oracle::metric_of;

pub(crate) fn uncounted(
    figures: &BTreeMap<&'static str, u64>,
    not_applicable: &[&str],
    can: Capabilities,
) -> Vec<&'static str> {
    let of_checks = not_applicable.iter().filter_map(|check| metric_of(check));
    let mut uncounted: Vec<_> = of_checks.filter(|metric| !figures.contains_key(metric)).collect();
    for (check, time) in [
        ("oracle.idle_with_work.count", "oracle.idle_with_work.ns"),
        ("oracle.wrong_status.count", "oracle.status.wrong"),
    ] {
        if !figures.contains_key(check) {
            uncounted.push(time);
        }
    }
    if !can.stamps {
        uncounted.extend(BY_STAMPS);
    }
    if !can.sight.inside {
        uncounted.extend(BY_KNOWLEDGE);
    }
    if !can.sight.conflicts {
        uncounted.extend(BY_CALLS);
    }
    uncounted
}

const BY_STAMPS: [&str; 4] =
    ["oracle.lost.row_ns", "oracle.stale.row_ns", "oracle.went_back.row_ns", "oracle.skipped.versions"];

/// Metrics that need the engine's reports of conflicts.
const BY_CALLS: [&str; 4] = [
    "engine.conflicts.found",
    "engine.conflicts.miscounted",
    "oracle.conflicts.false",
    "oracle.conflicts.missed",
];

/// Metrics that need the engine's reports of rows: which versions a device had seen, and when they
/// came.
const BY_KNOWLEDGE: [&str; 13] = [
    "oracle.lost.row_ns",
    "oracle.stale.row_ns",
    "oracle.went_back.row_ns",
    "oracle.skipped.versions",
    "oracle.overwritten.columns",
    "oracle.replaced.columns",
    "oracle.gave_way.columns",
    "oracle.gave_way.lost",
    "oracle.conflicts.count",
    "oracle.conflicts.false",
    "oracle.conflicts.missed",
    "oracle.kept_both.rows",
    "oracle.half_seen.rows",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Sight;

    #[test]
    fn who_calls_no_conflicts_counts_none() {
        let of = |conflicts: bool| {
            let sight = Sight { conflicts, ..Sight::ALL };
            uncounted(&BTreeMap::new(), &[], Capabilities { sight, ..Capabilities::ALL })
        };
        let called = |conflicts: bool| of(conflicts).iter().filter(|name| name.contains("conflicts")).count();
        assert_eq!([true, false].map(called), [0, 4]);
    }
}
