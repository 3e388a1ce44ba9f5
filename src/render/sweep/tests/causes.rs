//! What a sweep blames for the cost of a side.

use super::*;

/// What is blamed for what one size costs, of seconds and counts there and elsewhere.
fn blamed(size: u64, figures: &[(&'static str, u64, u64)]) -> String {
    let record = record(3, |cell| {
        let here = size_of(cell) == size;
        let of = |(name, here_is, else_is)| (name, if here { here_is } else { else_is });
        let figures: Vec<_> = figures.iter().map(|figure| of(*figure)).collect();
        fixture::set(cell, &figures);
        if let Some((_, session)) = figures.iter().find(|(name, _)| *name == SESSION) {
            rate(cell, 1_000_000_000 / session);
        }
    });
    side(&record, size)
}

/// What is told of the side of a size.
fn side(record: &RunRecord, size: u64) -> String {
    let limits = json(record)["series"][0]["limits"].clone();
    let beyond = if size > 512 { "above " } else { "below " };
    let mut told = limits.as_array().unwrap().iter().map(|limit| limit.as_str().unwrap());
    told.find(|limit| limit.starts_with(beyond)).unwrap_or("no cause").to_owned() + "\n"
}

const SESSION: &str = "engine.session.time";
const PULL: &str = "engine.pull.time";
const LOST: &str = "engine.requests.lost_time";
const REFUSED: &str = "engine.requests.refused_time";
const RETRY: &str = "engine.retry.time";
const QUEUED: &str = "engine.requests.queued_time";

#[test]
fn a_cost_is_put_down_to_what_explains_half_of_it() {
    let base = [(SESSION, 2_000, 1_000), (LOST, 0, 0)];
    let of = |more: &[(&'static str, u64, u64)]| blamed(32, &[&base, more].concat());
    let down = [("engine.requests.refused", 900, 900), ("engine.requests.unavailable", 900, 900)];
    let refused = |lost, retry| {
        of(&[
            [(LOST, lost, 100), (REFUSED, lost, 100), (RETRY, retry, 740), (PULL, 70, 70)].as_slice(),
            &down,
        ]
        .concat())
    };
    let (kills, hooks) = (("device.kills.count", 3, 3), ("engine.hooks.count", 40, 40));
    // Of seconds more that are neither of a request nor of writing.
    let others = |counts: &[_]| of(&[[(PULL, 900, 900)].as_slice(), counts].concat());
    let answered = [("engine.pull.rows", 0, 0), ("engine.push.answered", 800, 400)];
    let pushed = [
        ("engine.push.time", 900, 600),
        (PULL, 0, 0),
        (RETRY, 800, 100),
        ("engine.push.acknowledged", 400, 400),
    ];
    let cut = [
        (SESSION, 6_600, 1_600),
        (LOST, 4_530, 254),
        (REFUSED, 30, 4),
        (RETRY, 930, 180),
        (PULL, 1_000, 1_000),
        ("engine.requests.failed", 40, 10),
        ("engine.requests.refused", 400, 90),
        ("engine.requests.unavailable", 400, 90),
    ];
    let told = [
        ("two together", of(&[(PULL, 1_000, 500), (QUEUED, 490, 40), (RETRY, 400, 50)])),
        ("next to nothing of it", of(&[(PULL, 70, 70), (RETRY, 30, 0)])),
        ("refusals that take longer", refused(800, 800)),
        ("refusals that take no longer, though more is lost", refused(700, 100)),
        ("hooks, not kills", others(&[hooks])),
        ("kills", others(&[kills])),
        ("both", others(&[kills, hooks])),
        ("edits that are answered twice are no more work", of(&[answered.as_slice(), &pushed].concat())),
        ("outages, with more refusals behind them", blamed(2_048, &cut)),
    ];
    assert_snapshot!(told.map(|(what, told)| format!("{what}: {told}")).concat());
}

/// The cells with this wait in the backend's queue for each request of a setting, in seconds.
fn queued(wait: impl Fn(u64) -> u64) -> RunRecord {
    record(3, |cell| {
        let size = size_of(cell);
        let waits = ROWS as u64 / size * wait(size) * 1_000_000_000;
        let mut add = |name: &'static str| {
            let value = cell.metrics.get(name).and_then(|figure| figure.stat("value")).unwrap_or(0) + waits;
            cell.metrics.insert(name.into(), Figure::number(Unit::Ns, value));
            value
        };
        add(PULL);
        add(QUEUED);
        let value = (ROWS * 1e12 / add(SESSION) as f64) as u64;
        rate(cell, value);
    })
}

#[test]
fn a_queue_that_grows_more_than_the_round_trips_is_named() {
    // Alike for each request, it lies on the line that answers are fitted to; for small chunks
    // alone, no line fits; of two settings none is fitted.
    let mut told = [|_| 3, |size| if size < 128 { 3 } else { 0 }, |_| 0]
        .map(|wait: fn(u64) -> u64| side(&queued(wait), 32))
        .concat();
    let two =
        [("engine.pull.chunk_rows".to_owned(), vec!["32".to_owned(), "256".to_owned()]), axes().remove(1)];
    let mut record = record(3, |_| {});
    record.cells.retain(|cell| [32, 256].contains(&size_of(cell)));
    let written = Sweep::new(&record, &two, Objective::default()).to_json();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    told += written["series"][0]["limits"][0].as_str().unwrap();
    assert_snapshot!(told);
}

/// What is told where a backend is down for a thousand requests of any size, and one setting has
/// more of a kind of failure, whose sessions last three times as long for that.
fn down_and(size: u64, metric: &'static str, kind: &'static str, times: u64) -> String {
    let swept = record(3, |cell| {
        let here = size_of(cell) == size;
        let more = if here { times } else { 0 };
        fixture::set(cell, &[("engine.requests.unavailable", 1_000), ("engine.requests.refused", 1_000)]);
        let before = if kind == metric { 0 } else { 1_000 };
        fixture::set(cell, &[(metric, more), (kind, before + more)]);
        let session = cell.metrics[SESSION].stat("value").unwrap();
        let lost = if here { session } else { session / 20 };
        let refused = if kind == metric { session / 20 } else { lost };
        for (name, more) in [(LOST, lost), (REFUSED, refused), (RETRY, lost), (SESSION, 2 * lost)] {
            let before = cell.metrics.get(name).and_then(|figure| figure.stat("value")).unwrap_or(0);
            cell.metrics.insert(name.into(), Figure::number(Unit::Ns, before + more));
        }
        let value = (ROWS * 1e12 / cell.metrics[SESSION].stat("value").unwrap() as f64) as u64;
        rate(cell, value);
    });
    side(&swept, size)
}

#[test]
fn what_differs_between_sizes_is_named_though_the_backend_is_down_for_all() {
    let quota = down_and(32, "engine.requests.throttled", "engine.requests.refused", 300);
    let failed = "engine.requests.failed";
    assert_snapshot!(quota + &down_and(2_048, failed, failed, 100));
}

#[test]
fn of_what_is_no_time_of_whole_syncs_no_part_of_their_time_is_the_cause() {
    let record = record(3, |cell| {
        let s = cell.metrics[SESSION].stat("value").unwrap();
        for metric in ["engine.session.duration@1d", "engine.session.duration/Put"] {
            cell.metrics.insert(metric.into(), fixture::alike(Unit::Ns, 1, s));
        }
    });
    let limited = |metric: &str| {
        let sweep = Sweep::new(&record, &axes(), metric.parse().unwrap());
        let written: serde_json::Value = serde_json::from_str(&sweep.to_json()).unwrap();
        let limits = written["series"][0]["limits"].as_array().unwrap().clone();
        // Where asking for more brings no more is no cause.
        limits.into_iter().filter(|limit| !limit.as_str().unwrap().starts_with("from ")).collect::<Vec<_>>()
    };
    for metric in [
        "engine.apply.time",
        "engine.requests.lost_time",
        "net.down.bytes",
        "engine.requests.cut",
        "engine.session.duration@1d",
        "engine.session.duration/Put",
    ] {
        assert!(limited(metric).is_empty(), "{metric}: {:?}", limited(metric));
    }
    assert!(!limited(SESSION).is_empty());
}

/// The cells with nothing but sessions, the waits in them and this figure.
fn waiting(metric: &'static str, of: impl Fn(bool) -> (u64, u64, u64, [u64; 2])) -> String {
    let record = record(3, |cell| {
        let (count, session, retry, [each, slow]) = of(size_of(cell) <= 64);
        let times = [(PULL, 0), (LOST, 0), ("engine.apply.time", 0), (SESSION, session), (RETRY, retry)];
        fixture::set(cell, &times);
        fixture::set(cell, &[("engine.session.count", count)]);
        let [p50, p95] = [each, slow].map(|s| s * 1_000_000_000);
        let (min, p99, max) = (p50, p95, p95);
        let took = Figure::Distribution { unit: Unit::Ns, count, min, p50, p95, p99, max, mean: None };
        cell.metrics.insert(metric.into(), took);
    });
    first(&told(&record, &format!("{metric}:p95")))
}

#[test]
fn how_long_one_sync_takes_is_told_by_what_one_takes_and_not_by_all_of_them_together() {
    // With small chunks there are nine times as many syncs; each takes so long, for so long a wait,
    // and the slowest of them is slower.
    let of_one = |small_each: u64, wait: u64| {
        waiting("engine.session.duration", |small| {
            let (syncs, each, wait, slow) = if small { (90, small_each, wait, 20) } else { (10, 10, 2, 10) };
            (syncs, syncs * each, syncs * wait, [each, slow])
        })
    };
    let mut told =
        [(20, 12), (10, 2), (14, 6), (50, 42), (16, 8)].map(|(each, wait)| of_one(each, wait)).concat();
    // Ten logins take five times as long with small chunks, and ninety runs after them no longer.
    told += &waiting("engine.usable_after_login.duration", |small| {
        let (login, waits) = if small { (5, 50) } else { (1, 10) };
        (10, 10 * login + 90, waits, [login; 2])
    });
    assert_snapshot!(told);
}

#[test]
fn what_luck_may_have_made_dearer_has_no_cause() {
    // The largest chunks take twice as long, or a third more for a wait under one seed of three.
    let of = |unlucky: &[&str]| {
        let record = record(3, |cell| {
            let waits = size_of(cell) == 2_048 && unlucky.contains(&&*cell.seed);
            let wait = if waits { 1_000 } else { 0 };
            let times =
                [(PULL, 0), (LOST, 0), ("engine.apply.time", 0), (SESSION, 1_000 + wait), (RETRY, wait)];
            fixture::set(cell, &times);
        });
        first(&told(&record, SESSION))
    };
    assert_snapshot!(of(&["1", "2", "3"]) + &of(&["2"]));
}
