//! Laws that hold between runs of a world without conflicts, faults and contention.

use syncdyno::base::DeviceId;
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::{self, Outcome, Stacks, Unwatched};

use crate::worlds::{self, figure, run, trouble, value};

const CALM: &str = "tests/it/worlds/calm.toml";

/// The calm world with three seeds and each of these settings.
fn calm(sets: &[String]) -> Vec<Outcome> {
    let request = Request { sets: sets.to_vec(), seeds: vec![1, 2, 3], ..Request::default() };
    let plans: Vec<Plan> = worlds::plans(&worlds::document(CALM), &request);
    let outcomes: Vec<Outcome> = plans.iter().map(run).collect();
    for outcome in &outcomes {
        assert_eq!(trouble(outcome), [""; 0]);
        assert!(value(outcome, "workload.edits.made") >= 60, "there is something to sync");
    }
    outcomes
}

#[test]
fn physics_without_loss_there_are_no_retries_and_no_conflicts() {
    for outcome in calm(&[]) {
        for metric in [
            "engine.retries.count",
            "engine.requests.failed",
            "engine.requests.refused",
            "engine.session.failed",
            "engine.conflicts.found",
            "backend.mutations.replayed",
            "net.dropped.count",
            "net.packets.retransmitted",
        ] {
            assert_eq!(value(&outcome, metric), 0, "{metric}");
        }
    }
}

#[test]
fn physics_chunk_sizes_do_not_change_what_is_there_in_the_end() {
    let contents = |chunk: u32, apply: u32, push: u32| -> Vec<String> {
        let sets = [
            format!("engine.pull.chunk_rows={chunk}"),
            format!("engine.pull.apply_rows={apply}"),
            format!("engine.push.chunk_rows={push}"),
        ];
        calm(&sets).into_iter().map(|outcome| outcome.content).collect()
    };
    let whole = contents(1_000, 1_000, 1_000);
    for (chunk, apply, push) in [(1, 1, 1), (7, 3, 2), (60, 61, 5), (61, 60, 7)] {
        assert_eq!(contents(chunk, apply, push), whole, "chunks of {chunk}, {apply} and {push}");
    }
    assert!(whole[0] != whole[1] && whole[1] != whole[2], "another seed has other rows");
}

#[test]
fn physics_more_bandwidth_is_never_later() {
    let mut slower: Option<Vec<u64>> = None;
    for kilobits in [32, 64, 256, 1_024, 65_536] {
        let sets = [format!("link.even.down={kilobits}kbit/s"), format!("link.even.up={kilobits}kbit/s")];
        let times: Vec<u64> = calm(&sets).iter().flat_map(times).collect();
        if let Some(slower) = &slower {
            let later = times.iter().zip(slower).any(|(now, before)| now > before);
            assert!(!later, "at {kilobits} kbit/s: {times:?}, slower: {slower:?}");
            assert!(
                times.iter().sum::<u64>() < slower.iter().sum(),
                "at {kilobits} kbit/s something is faster"
            );
        }
        slower = Some(times);
    }
}

#[test]
fn physics_a_tunnel_over_a_link_of_ones_own_costs_its_headers_and_two_hairpins_a_connection() {
    let over = |link: &str| calm(&[format!("fleet.phones.link={link}")]);
    for (plain, tunnel) in over("even").iter().zip(over("vpn-over-even")) {
        let more = |metric| value(&tunnel, metric) - value(plain, metric);
        assert_eq!(more("engine.requests.count"), 0, "they say the same to each other");
        // 52 bytes of IP and TCP for each additional packet with 1 380 instead of 1 500 bytes.
        let bytes = more("net.up.bytes") + more("net.down.bytes");
        assert!(more("net.packets.count") > 0);
        assert_eq!(bytes, 52 * more("net.packets.count"));
        // TCP and TLS 1.3: two more round trips of 40 ms; the bytes are the same.
        let connects = |outcome| figure(outcome, "net.connect.duration", "min");
        assert_eq!(connects(&tunnel) - connects(plain), 80_000_000);
    }
}

#[test]
fn physics_a_device_is_the_same_alone_and_among_six_hundred() {
    // More than a thread keeps open: databases and caches are closed and opened again.
    let beside = |others: u32| {
        let plan =
            worlds::plan("tests/it/worlds/neighbours.toml", &[&format!("fleet.others.devices={others}")]);
        let probed = world::run_probing(&plan, &Stacks::builtin(), &Unwatched, DeviceId(0));
        let (outcome, places) = probed.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(trouble(&outcome), [""; 0]);
        assert!(value(&outcome, "workload.edits.made") >= 10, "some while it has no power");
        places
    };
    let alone = beside(1);
    assert!(alone.moments.len() > 100, "{} operations of its disk", alone.moments.len());
    assert_eq!(alone, beside(600), "polls, crash points, and each operation of its disk with its time");
}

/// How long people wait, in ns.
fn times(outcome: &Outcome) -> Vec<u64> {
    let stats = ["p50", "p95", "max"];
    let of = |metric| stats.map(|stat| figure(outcome, metric, stat));
    [of("engine.usable_after_login.duration"), of("engine.write_acknowledged.duration")].concat()
}
