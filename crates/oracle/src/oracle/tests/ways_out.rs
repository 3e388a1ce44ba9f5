//! Checks note when an activity of a device starts (a run, a request, a hook). These tests show for
//! each kind of exit whether it ends the activity.

use super::judge::verdict;

/// The kinds of exits. Words in braces stand for the end of the open run, if it is reported.
const WAYS: [(&str, &str); 13] = [
    ("kill", "0 dies; 0 starts; {interrupted}"),
    ("kill at work", "0 cut; 0 dies; 0 starts; {interrupted}"),
    ("power", "0 dies power; 0 starts"),
    ("power that takes commits", "fickle; 0 dies power; 0 starts"),
    ("full disk", "0 full; {full}"),
    ("suspension", "0 suspends; later 7200; 0 continues 7200; {ended}"),
    ("upgrade", "0 dies; 0 upgraded; 0 starts; {interrupted}"),
    ("upgrade that resets", "empties; 0 dies; 0 upgraded; 0 starts"),
    ("reinstall", "0 wiped; 0 dies; 0 back 0; 0 starts"),
    ("backup", "0 dies; 0 back 0; 0 starts"),
    ("copy", "0 becomes 1"),
    ("logout", "0 logs-out; 0 dies; 0 logged-out; 0 logged-in 0; 0 starts; {interrupted}"),
    ("kill in a logout", "0 logs-out; 0 dies; 0 starts; {interrupted}"),
];

/// `opens` starts the activity, and `later` shows whether it is still open. `found` has the value
/// of the metric for each kind of exit.
struct Record {
    opens: &'static str,
    later: String,
    metric: &'static str,
    found: [u64; WAYS.len()],
}

fn record(opens: &'static str, later: &str, metric: &'static str, found: [u64; WAYS.len()]) -> Record {
    Record { opens, later: later.to_owned(), metric, found }
}

fn records() -> Vec<Record> {
    [of_runs(), of_what_waits()].into_iter().flatten().collect()
}

fn of_runs() -> Vec<Record> {
    let run = "0 begins A 0";
    let tries: String =
        (1..=60).map(|n| format!("0 begins A {n}; 0 fails pull; 0 fails A {n} offline; later 4; ")).collect();
    let idle = "0 queues A; later 140; 0 begins A 9; 0 ends A 9";
    vec![
        // A run.
        record(run, "0 begins A 1; 0 ends A 1", "oracle.two_syncs_of_one_unit.count", [0; 13]),
        record(run, "0 begins A 1; 0 ends A 1", "oracle.event_without_end.count", [0; 13]),
        // A request that waits for its response. After a failed run, another run must start.
        record("0 begins A 0; 0 asks", &tries, "oracle.request_storm.devices", [0; 13]),
        record(
            "0 begins A 0; 0 asks",
            idle,
            "oracle.idle_with_work.count",
            [1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1],
        ),
        // A hook of the run, which may take 10 minutes.
        record(
            "0 begins A 0; 0 hook A 0",
            "0 begins A 1; later 200; 0 ends A 1",
            "oracle.event_without_end.count",
            [1; 13],
        ),
        record("0 logs-out", idle, "oracle.idle_with_work.count", [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        record("0 suspends", idle, "oracle.idle_with_work.count", [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        // A unit that the app called directly, or that is in the queue.
        record(
            "0 calls A",
            "0 begins A 1; 0 ends A 1",
            "oracle.two_syncs_of_one_unit.count",
            [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        record(
            "0 queues A",
            "0 queues B; 0 begins B 1; 0 ends B 1",
            "oracle.unit_out_of_order.count",
            [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
    ]
}

fn of_what_waits() -> Vec<Record> {
    let again = "0 answered pull 1; 0 applied a1 200; 0 cursor";
    let brings = "it: office a1 done; office a1 busy; 0 answered pull 1; 0 applied a1 200; 0 cursor";
    vec![
        // The values of cursors, and the rows that came with them.
        record(
            "0 cursors B/v=1 B=1",
            "0 cursors B/v=2 B=1",
            "oracle.stranger.cursors",
            [1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        record(brings, again, "oracle.delivered_again.rows", [1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
        record(
            "0 shows-as conflict; 0 opens 0.7 a1",
            "0 shows-as idle 0; later 200",
            "oracle.wrong_status.count",
            [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        record(
            "0 begins B 0; 0 lists 2; 0 ends B 0; later 1",
            "0 begins B 1; 0 ends B 1",
            "oracle.idle_with_work.count",
            [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        record(
            "0 sets a1 x; 0 shows-as idle 1",
            "0 shows-as idle 0; later 200",
            "oracle.wrong_status.count",
            [1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
        record(
            "0 sets a1 x; 0 sends 0.0 a1 9; 0 shows-as idle 1",
            "0 shows-as idle 0; later 200",
            "oracle.wrong_status.count",
            [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
    ]
}

#[test]
fn what_an_event_opens_closes_on_every_way_out() {
    let mut wrong = Vec::new();
    for Record { opens, later, metric, found } in records() {
        let has_run = opens.contains("begins A 0");
        for ((name, way), found) in WAYS.iter().zip(found) {
            let mut way = (*way).to_owned();
            for (mark, end) in [
                ("{interrupted}", "0 fails A 0 interrupted"),
                ("{full}", "0 fails A 0 full"),
                ("{ended}", "0 ends A 0"),
            ] {
                way = way.replace(mark, if has_run { end } else { "" });
            }
            let history = format!("restless; doubles; on nothing; 0 dies; 0 starts; {opens}; {way}; {later}");
            let counted = verdict(&history).figures[metric];
            if counted != found {
                wrong.push(format!("{metric} is {counted}, not {found}, after {opens}; {name}; {later}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
