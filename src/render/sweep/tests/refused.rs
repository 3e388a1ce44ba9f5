//! Sweeps whose requests are refused for all sizes.

use super::*;

/// The cells with a backend that is down for a thousand requests of any size, and with what else is
/// counted of one setting, whose sessions last three times as long for that: what is told of its
/// side.
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
        let refused = if kind == "engine.requests.failed" { session / 20 } else { lost };
        for (name, more) in [
            ("engine.requests.lost_time", lost),
            ("engine.requests.refused_time", refused),
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

/// What is told of a setting of 32, where all takes twice as long as elsewhere: 2 000 s, of which
/// so many seconds are lost to refusals and the waits after them; elsewhere these are 100 and 740
/// of 1 000.
fn twice_as_long(lost: u64, backoff: u64) -> String {
    let refused = record(8, |cell| {
        let small = cell.axes["engine.pull.chunk_rows"] == 32;
        let (session, lost, backoff) = if small { (2_000, lost, backoff) } else { (1_000, 100, 740) };
        for (name, s) in [
            ("engine.session.time", session),
            ("engine.requests.lost_time", lost),
            ("engine.requests.refused_time", lost),
            ("engine.retry.time", backoff),
            ("engine.pull.time", 70),
        ] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 });
        }
        for name in ["engine.requests.refused", "engine.requests.unavailable"] {
            let value = 900_000_000;
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Count, value });
        }
        let value = if small { 500_000 } else { 1_000_000 };
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    });
    json(&refused)["series"][0]["limits"][0].to_string()
}

#[test]
fn refusals_that_take_longer_are_named_with_the_whole_where_they_are_a_smaller_share() {
    // 1 600 s for 840 s.
    let told = twice_as_long(800, 800);
    assert!(told.contains("below ") && told.contains("the server is down"), "{told}");
    assert!(told.contains(": at 32, 80 % of the time (84 % at "), "{told}");
    assert!(told.contains(", where a row takes 0.50 times as long)"), "{told}");
}

#[test]
fn refusals_that_take_no_longer_are_not_the_cause_though_more_is_lost() {
    // 800 s for 840 s.
    let told = twice_as_long(700, 100);
    assert!(told.contains("below ") && told.contains("nothing that was measured explains"), "{told}");
}

#[test]
fn outages_that_cost_more_time_are_named_though_more_requests_are_refused_behind_them() {
    let refused = json(&record(3, |cell| {
        let big = cell.axes["engine.pull.chunk_rows"] == 2_048;
        let seconds = |s: u64| Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 };
        let (session, cut, refused, backoff) =
            if big { (6_600, 4_500, 30, 930) } else { (1_600, 250, 4, 180) };
        for (name, s) in [
            ("engine.session.time", session),
            ("engine.requests.lost_time", cut + refused),
            ("engine.requests.refused_time", refused),
            ("engine.retry.time", backoff),
            ("engine.pull.time", 1_000),
        ] {
            cell.metrics.insert(name.into(), seconds(s));
        }
        let (cuts, refused) = if big { (40, 400) } else { (10, 90) };
        for (name, value) in [
            ("engine.requests.failed", cuts),
            ("engine.requests.refused", refused),
            ("engine.requests.unavailable", refused),
        ] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Count, value });
        }
        let value = ROWS as u64 * 1_000 / session;
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    }))["series"][0]["limits"]
        .to_string();
    assert!(
        refused.contains("above ") && refused.contains("outages restart chunks: at 2\u{2009}048, 68 % "),
        "{refused}"
    );
    assert!(!refused.contains("the server is down"), "{refused}");
}
