//! Sweeps whose requests wait for the backend.

use super::*;

/// The cells with this wait in the backend's queue for each request of a setting, in seconds.
fn queued(wait: impl Fn(u64) -> u64) -> RunRecord {
    record(3, |cell| {
        let size = cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        let (count, wait) = (ROWS as u64 / size, wait(size) * 1_000_000_000);
        for name in ["engine.pull.time", "engine.session.time"] {
            let longer = cell.metrics[name].stat("value").unwrap() + count * wait;
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: longer });
        }
        let seconds = cell.metrics["engine.session.time"].stat("value").unwrap() as f64 / 1e9;
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value: (ROWS * 1e3 / seconds) as u64 };
        cell.metrics.insert("engine.rows.rate".into(), rate);
        let waits = Figure::Value { unit: Unit::Ns, value: count * wait };
        cell.metrics.insert("engine.requests.queued_time".into(), waits);
    })
}

fn below(record: &RunRecord) -> String {
    json(record)["series"][0]["limits"][0].as_str().unwrap().to_owned()
}

#[test]
fn the_backends_queue_is_named_where_waiting_in_it_is_what_makes_small_chunks_slow() {
    // Alike for each request, it lies on the line that answers are fitted to; for small chunks
    // alone, no line fits.
    for wait in [|_| 3, |size| if size < 128 { 3 } else { 0 }] {
        let told = below(&queued(wait));
        assert!(told.contains(", the backend's queue: at 32, 6"), "{told}");
        assert!(told.contains(" % of the time is waiting for one of its workers ("), "{told}");
    }
}

#[test]
fn a_queue_that_grows_less_than_the_round_trips_is_not_named() {
    let told = below(&queued(|_| 0));
    assert!(told.contains(", round trips: at 32, "), "{told}");
}

#[test]
fn two_causes_that_explain_a_cost_together_alone_are_both_named() {
    // Of 1 000 s more 450 are waiting in the queue and 350 before retries.
    let told = below(&record(3, |cell| {
        let small = cell.axes["engine.pull.chunk_rows"] == 32;
        let (session, queued, retry) = if small { (2_000, 490, 400) } else { (1_000, 40, 50) };
        for (name, s) in [
            ("engine.session.time", session),
            ("engine.requests.lost_time", 0),
            ("engine.retry.time", retry),
            ("engine.pull.time", session / 2),
            ("engine.requests.queued_time", queued),
        ] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 });
        }
        let value = ROWS as u64 * 1_000 / session;
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    }));
    let [queue, retries] =
        ["the backend's queue: at 32, 24 % of ", "; and waiting before retries: at 32, 20 % of "];
    assert!(told.contains(queue) && told.contains(retries), "{told}");
}

#[test]
fn what_hooks_cost_is_not_put_down_to_kills() {
    // Of 1 000 s more all are neither of a request nor of writing.
    let told = |counts: &[(&'static str, u64)]| {
        below(&record(3, |cell| {
            let small = cell.axes["engine.pull.chunk_rows"] == 32;
            let session: u64 = if small { 2_000 } else { 1_000 };
            for (name, s) in [
                ("engine.session.time", session),
                ("engine.requests.lost_time", 0),
                ("engine.pull.time", 900),
            ] {
                cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 });
            }
            let value = ROWS as u64 * 1_000 / session;
            let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
            cell.metrics.insert("engine.rows.rate".into(), rate);
            for &(name, value) in counts {
                cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Count, value });
            }
        }))
    };
    let (kills, hooks) = (("device.kills.count", 3), ("engine.hooks.count", 40));
    let alone = told(&[hooks]);
    assert!(
        alone.contains(", the app's hooks: at 32, 5") && alone.contains(" is waiting for them"),
        "{alone}"
    );
    assert!(told(&[kills]).contains(", the app is killed: at 32, "), "{}", told(&[kills]));
    let both = told(&[kills, hooks]);
    assert!(both.contains(", the app's hooks, and kills of the app: at 32, "), "{both}");
}

#[test]
fn of_two_settings_no_line_is_fitted_and_answers_are_named() {
    let two =
        [("engine.pull.chunk_rows".to_owned(), vec!["32".to_owned(), "256".to_owned()]), axes().remove(1)];
    let mut record = record(3, |_| {});
    record.cells.retain(|cell| [32, 256].contains(&cell.axes["engine.pull.chunk_rows"].as_u64().unwrap()));
    let written = Sweep::new(&record, &two, Objective::default()).to_json();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    let told = written["series"][0]["limits"][0].as_str().unwrap();
    assert!(
        told.contains(", answers: at 32, ") && told.contains(" % of the time is waiting for useful ones"),
        "{told}"
    );
}

#[test]
fn of_what_is_no_time_of_whole_syncs_no_part_of_their_time_is_the_cause() {
    let axes = axes();
    let record = record(3, |_| {});
    let told = |metric: &str| Sweep::new(&record, &axes, metric.parse().unwrap()).story();
    for metric in ["engine.apply.time", "engine.requests.lost_time", "net.down.bytes", "engine.requests.cut"]
    {
        let told = told(metric);
        assert!(!told.contains("\n  below ") && !told.contains(" of the time is "), "{metric}: {told}");
    }
    assert!(told("engine.session.time").contains("round trips: at 32, "));
}

#[test]
fn how_long_one_sync_takes_is_told_by_what_one_takes_and_not_by_all_of_them_together() {
    // With small chunks there are nine times as many syncs; each takes so long, for so long a wait,
    // and the slowest of them is slower.
    let of_one = |small_each: u64, wait: u64| {
        let record = record(3, |cell| {
            let small = cell.axes["engine.pull.chunk_rows"].as_u64() <= Some(64);
            let (syncs, each, wait, slow) = if small { (90, small_each, wait, 20) } else { (10, 10, 2, 10) };
            let ns = |s: u64| Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 };
            cell.metrics
                .insert("engine.session.count".into(), Figure::Value { unit: Unit::Count, value: syncs });
            for name in ["engine.pull.time", "engine.requests.lost_time", "engine.apply.time"] {
                cell.metrics.insert(name.into(), ns(0));
            }
            cell.metrics.insert("engine.session.time".into(), ns(syncs * each));
            cell.metrics.insert("engine.retry.time".into(), ns(syncs * wait));
            let [each, slow] = [each, slow].map(|s| s * 1_000_000_000);
            let took = Figure::Distribution {
                unit: Unit::Ns,
                count: syncs,
                min: each,
                p50: each,
                p95: slow,
                p99: slow,
                max: slow,
                mean: None,
            };
            cell.metrics.insert("engine.session.duration".into(), took);
        });
        Sweep::new(&record, &axes(), "engine.session.duration:p95".parse().unwrap()).story()
    };
    let waits = of_one(20, 12);
    assert!(
        waits.contains("waiting before retries: at 32, 60 % of the time of all runs (20 % at "),
        "{waits}"
    );
    let more_of_them = of_one(10, 2);
    let said = "what makes the p95 slow is not told apart: at 32, 2.00 times that of ";
    assert!(more_of_them.contains(said), "{more_of_them}");
    assert!(more_of_them.contains(", while the mean run takes 1.00 times as long\n"), "{more_of_them}");
    // What has grown of the mean is told of it where the slowest has grown far more.
    let some = of_one(14, 6);
    assert!(some.contains("waiting before retries: at 32, 43 % of the time of all runs (20 % at "), "{some}");
    assert!(some.contains("); the mean run takes 1.40 times as long, the p95 2.00 times\n"), "{some}");
    let far_more = of_one(50, 42);
    assert!(
        far_more.contains("); the mean run takes 5.00 times as long, the p95 2.00 times\n"),
        "{far_more}"
    );
    let half = of_one(16, 8);
    assert!(
        half.contains("waiting before retries: at 32, 50 % of the time of all runs (20 % at 128)\n"),
        "{half}"
    );
}

#[test]
fn what_is_told_of_a_login_does_not_take_later_runs_for_its_own() {
    // Ten logins take five times as long with small chunks, and ninety runs after them no longer.
    let record = record(3, |cell| {
        let small = cell.axes["engine.pull.chunk_rows"].as_u64() <= Some(64);
        let (login, waits) = if small { (5, 50) } else { (1, 10) };
        let s = |s: u64| s * 1_000_000_000;
        for name in ["engine.pull.time", "engine.requests.lost_time", "engine.apply.time"] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: 0 });
        }
        for (name, value) in [("engine.session.time", s(10 * login + 90)), ("engine.retry.time", s(waits))] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value });
        }
        let [min, p50, p95, p99, max] = [s(login); 5];
        let usable = Figure::Distribution { unit: Unit::Ns, count: 10, min, p50, p95, p99, max, mean: None };
        cell.metrics.insert("engine.usable_after_login.duration".into(), usable);
    });
    let objective = "engine.usable_after_login.duration:p95".parse().unwrap();
    let told = Sweep::new(&record, &axes(), objective).story();
    let said = "; all runs, not those of logins alone, take 1.40 times as long, the p95 5.00 times\n";
    assert!(told.contains(said), "{told}");
}

#[test]
fn a_change_that_is_answered_again_is_no_more_work_done() {
    // Twice the time for the same edits, each of which is answered twice, after a wait.
    let told = below(&record(3, |cell| {
        let small = cell.axes["engine.pull.chunk_rows"] == 32;
        let (session, push, retry, answered) =
            if small { (2_000, 900, 800, 800) } else { (1_000, 600, 100, 400) };
        for (name, s) in [
            ("engine.session.time", session),
            ("engine.push.time", push),
            ("engine.pull.time", 0),
            ("engine.requests.lost_time", 0),
            ("engine.retry.time", retry),
        ] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 });
        }
        let acknowledged = 400;
        for (name, value) in [
            ("engine.pull.rows", 0),
            ("engine.push.answered", answered),
            ("engine.push.acknowledged", acknowledged),
        ] {
            cell.metrics.insert(name.into(), Figure::Value { unit: Unit::Rows, value });
        }
        let value = 1_000_000_000 / session;
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    }));
    assert!(told.contains("waiting before retries: at 32, 40 % of the time (10 % at "), "{told}");
}

#[test]
fn of_one_unit_or_state_no_part_of_the_time_of_all_is_the_cause() {
    let told = |metric: &'static str| {
        let record = record(3, |cell| {
            let s = cell.metrics["engine.session.time"].stat("value").unwrap();
            let took = Figure::Distribution {
                unit: Unit::Ns,
                count: 1,
                min: s,
                p50: s,
                p95: s,
                p99: s,
                max: s,
                mean: None,
            };
            cell.metrics.insert(metric.into(), took);
        });
        Sweep::new(&record, &axes(), metric.parse().unwrap()).story()
    };
    assert!(told("engine.session.duration").contains("round trips: at 32, "));
    for metric in ["engine.session.duration@1d", "engine.session.duration/Put"] {
        let told = told(metric);
        assert!(told.contains("edge: best at ") && !told.contains(" of the time "), "{metric}: {told}");
    }
}

#[test]
fn what_luck_may_have_made_dearer_has_no_cause() {
    // The largest chunks take a third more in the mean, for a wait under one seed of three.
    let told = |unlucky: &[&str]| {
        let record = record(3, |cell| {
            let large = cell.axes["engine.pull.chunk_rows"] == 2_048;
            let wait = if large && unlucky.contains(&&*cell.seed) { 1_000 } else { 0 };
            let ns = |s: u64| Figure::Value { unit: Unit::Ns, value: s * 1_000_000_000 };
            for name in ["engine.pull.time", "engine.requests.lost_time", "engine.apply.time"] {
                cell.metrics.insert(name.into(), ns(0));
            }
            cell.metrics.insert("engine.session.time".into(), ns(1_000 + wait));
            cell.metrics.insert("engine.retry.time".into(), ns(wait));
        });
        Sweep::new(&record, &axes(), "engine.session.time".parse().unwrap()).story()
    };
    assert!(
        told(&["1", "2", "3"])
            .contains("  above 1\u{2009}024, waiting before retries: at 2\u{2009}048, 50 % ")
    );
    let of_luck = told(&["2"]);
    assert!(of_luck.contains("no setting is better beyond the noise"), "{of_luck}");
    assert!(!of_luck.contains("waiting before retries"), "{of_luck}");
}
