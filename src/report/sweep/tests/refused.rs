//! Sweeps whose requests are refused for all sizes.

use super::*;

/// The cells with a backend that is down for a thousand requests of any size, and with what else is counted of one setting, whose sessions
/// last three times as long for that: what is told of its side.
fn down_and(size: u64, metric: &'static str, kind: &'static str, times: u64) -> String {
    let swept = record(3, |cell| {
        let here = cell.axes["engine.pull.chunk_rows"] == size;
        let more = if here { times } else { 0 };
        let count = |value| Figure::Value { unit: Unit::Count, value };
        for (name, value) in [("engine.requests.refused", 1_000), ("engine.requests.unavailable", 1_000)] {
            cell.metrics.insert(name.into(), count(value));
        }
        let before = cell.metrics.get(kind).and_then(|figure| figure.stat("value")).unwrap_or(0);
        cell.metrics.insert(kind.into(), count(before + more));
        if metric != kind {
            cell.metrics.insert(metric.into(), count(more));
        }
        let session = cell.metrics["engine.session.time"].stat("value").unwrap();
        let lost = if here { session } else { session / 20 };
        for (name, more) in [
            ("engine.requests.lost_time", lost),
            ("engine.retry.time", lost),
            ("engine.session.time", 2 * lost),
        ] {
            let before = cell.metrics.get(name).and_then(|figure| figure.stat("value")).unwrap_or(0);
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: before + more });
        }
        let seconds = cell.metrics["engine.session.time"].stat("value").unwrap() as f64 / 1e9;
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value: (ROWS * 1e3 / seconds) as u64 };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    });
    json(&swept)["series"][0]["limits"][usize::from(size > 512)].to_string()
}

#[test]
fn a_quota_that_small_chunks_meet_is_named_though_the_backend_is_down_for_all() {
    let told = down_and(32, "engine.requests.throttled", "engine.requests.refused", 300);
    assert!(told.contains("the server refuses what is beyond its quota: at 32, "), "{told}");
    assert!(!told.contains("the server is down"), "{told}");
}

#[test]
fn outages_that_cut_big_chunks_are_named_though_the_backend_is_down_for_all() {
    let told = down_and(2_048, "engine.requests.failed", "engine.requests.failed", 100);
    assert!(told.contains("outages restart chunks: at 2\u{2009}048, "), "{told}");
    assert!(!told.contains("the server is down"), "{told}");
}
