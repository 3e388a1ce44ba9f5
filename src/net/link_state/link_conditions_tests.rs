use super::super::super::options::{LossWindow, PacketLoss, RadioChanges, Variation};
use super::*;
use crate::base::Ppm;
use crate::base::at_ms as at;
use proptest::prelude::*;

const MBIT: BitRate = BitRate(1_000_000);

fn profile(name: &str) -> Profile {
    Profile::steady(name, Span::millis(100), MBIT, MBIT)
}

fn outage(from_ms: u64, until_ms: u64, mode: OutageMode) -> Outage {
    Outage { from: at(from_ms), until: at(until_ms), mode, noticed: true }
}

fn on(profile: Profile) -> LinkConditions {
    LinkConditions::new(&LinkSchedule::settled(Arc::new(profile)), Seed(1), at(3_600_000))
}

/// On each of the links for ten seconds.
fn moving(links: Vec<Profile>) -> LinkConditions {
    let stays = (0..links.len()).map(|link| Stay { from: at(10_000 * link as u64), link }).collect();
    let links = links.into_iter().map(Arc::new).collect();
    LinkConditions::new(&LinkSchedule { links, stays, dead_zones: Vec::new() }, Seed(1), at(3_600_000))
}

proptest! {
    /// Whatever the law of the rate, held back or on another link meanwhile.
    #[test]
    fn what_has_passed_is_the_most_that_leaves_before(
        kinds in proptest::collection::vec(0_u64..3, 1..4),
        hold in (0_u64..40_000, 0_u64..9_000),
        from in 0_u64..30_000_000_000,
        lasts in 0_u64..30_000_000_000,
    ) {
        let lines: String = (1..=500_u64).map(|n| format!("{}\n", n * n / 700)).collect();
        let trace = Arc::new(crate::net::Trace::read(lines.as_bytes()).expect("it is a trace"));
        let link = |kind: &u64| match kind {
            0 => profile("steady"),
            1 => Profile {
                variation: Some(Variation { sigma_milli: 900, phi_milli: 850 }),
                ..profile("varying")
            },
            _ => Profile { traces: [Some(trace.clone()), Some(trace.clone())], ..profile("trace") },
        };
        let mut conditions = moving(kinds.iter().map(link).collect());
        conditions.add_outages([outage(hold.0, hold.0 + hold.1, OutageMode::Hold)]);
        let (from, until) = (Time(from), Time(from + lasts));
        let conditions = conditions.at(from);
        let passed = conditions.passed(Direction::Down, from, until);
        prop_assert!(passed == 0 || conditions.leaves_by(Direction::Down, from, passed) < until);
        prop_assert!(conditions.leaves_by(Direction::Down, from, passed + 1) >= until);
    }
}

#[test]
fn overlapping_outages_are_noticed_once() {
    let mut conditions = on(profile("x"));
    conditions.add_outages([outage(30, 50, OutageMode::Drop), outage(10, 20, OutageMode::Drop)]);
    conditions.add_outages([outage(15, 35, OutageMode::Drop), outage(70, 80, OutageMode::Drop)]);
    assert_eq!(conditions.toggles(), [(at(10), false), (at(50), true), (at(70), false), (at(80), true)]);
    assert!(conditions.seems_up(at(9)) && !conditions.seems_up(at(34)) && conditions.seems_up(at(50)));
    assert_eq!([9, 10, 34, 50, 75].map(|ms| conditions.seems_up_from(at(ms))), [9, 50, 50, 50, 80].map(at));
}

#[test]
fn outages_that_drop_and_touch_are_one() {
    let (mut one, mut several) = (on(profile("x")), on(profile("x")));
    one.add_outages([outage(10, 90, OutageMode::Drop), outage(100, 110, OutageMode::Drop)]);
    several.add_outages([outage(40, 90, OutageMode::Drop), outage(10, 30, OutageMode::Drop)]);
    several.add_outages([outage(20, 40, OutageMode::Drop), outage(100, 110, OutageMode::Drop)]);
    assert_eq!(several.at(at(0)).outages(at(0)), one.at(at(0)).outages(at(0)));
    several.add_outages([outage(90, 95, OutageMode::Reset)]);
    assert_eq!(several.at(at(0)).outages(at(0)).len(), 3, "one that resets stays what it is");
}

#[test]
fn outages_that_are_over_are_not_told() {
    let mut conditions = on(profile("x"));
    conditions.add_outages([outage(10, 90, OutageMode::Drop), outage(20, 30, OutageMode::Reset)]);
    conditions.add_outages([outage(200, 210, OutageMode::Drop)]);
    let ends =
        |ms| conditions.at(Time::ZERO).outages(at(ms)).iter().map(|o| (o.from, o.until)).collect::<Vec<_>>();
    assert_eq!(ends(0), [(at(10), at(90)), (at(20), at(90)), (at(200), at(210))]);
    assert_eq!(ends(90), [(at(200), at(210))]);
    assert_eq!(ends(210), []);
}

#[test]
fn what_is_held_back_is_time_without_capacity() {
    let mut conditions = on(profile("x"));
    conditions.add_outages([outage(10, 500, OutageMode::Hold), outage(400, 600, OutageMode::Hold)]);
    assert_eq!(
        conditions.at(Time::ZERO).leaves_by(Direction::Down, at(0), 2_500),
        at(610),
        "10 ms before and 10 ms after"
    );
    assert_eq!(conditions.at(Time::ZERO).leaves_by(Direction::Down, at(100), 0), at(600));
    assert_eq!(
        [0, 10, 599, 600].map(|ms| conditions.at(Time::ZERO).rate(Direction::Up, at(ms))),
        [MBIT, BitRate(0), BitRate(0), MBIT]
    );
    assert!(conditions.at(Time::ZERO).outages(at(0)).is_empty(), "nothing is lost by it");
}

#[test]
fn a_transfer_goes_on_at_the_rate_of_the_next_link() {
    let mut fast = profile("fast");
    (fast.down, fast.queue) = (BitRate(10_000_000), 64_000);
    let conditions = moving(vec![profile("slow"), fast]);
    // 125 kB in the last second on the slow link, 125 kB in 100 ms on the fast one.
    assert_eq!(conditions.at(Time::ZERO).leaves_by(Direction::Down, at(9_000), 250_000), at(10_100));
    assert_eq!([9_999, 10_000].map(|ms| conditions.at(at(ms)).queue(Direction::Up)), [1 << 20, 64_000]);
    assert_eq!(conditions.profile(at(9_999)).name, "slow");
    assert_eq!(conditions.profile(at(10_000)).name, "fast");
}

#[test]
fn another_network_breaks_connections_and_another_cell_does_not() {
    let cellular = |name: &str, radio| Profile { kind: NetworkKind::Cellular, radio, ..profile(name) };
    let wifi = Profile { kind: NetworkKind::Wifi, radio: Radio::Wifi, ..profile("wifi") };
    let tunnel = Profile { reconnect: Span::secs(3), ..wifi.clone() };
    let conditions = moving(vec![
        wifi.clone(),
        cellular("lte-a", Radio::Lte),
        cellular("lte-b", Radio::Lte),
        cellular("3g", Radio::ThreeG),
        tunnel,
    ]);
    let seen: Vec<_> = conditions.toggles().iter().map(|(at, up)| (at.0 / 1_000_000, *up)).collect();
    assert_eq!(seen, [(10_000, false), (10_500, true), (40_000, false), (43_500, true)]);
    assert!(conditions.at(Time::ZERO).outages(at(0)).iter().all(|o| o.mode == OutageMode::Reset));
    assert_eq!(conditions.at(Time::ZERO).session(at(9_999)), 0);
    assert_eq!(conditions.at(Time::ZERO).session(at(10_000)), 1);
    assert_eq!(conditions.at(Time::ZERO).session(at(29_999)), 1, "one cell to the next");
    assert!(conditions.at(Time::ZERO).session(at(60_000)) >= 2);
    assert_eq!(conditions.at(Time::ZERO).rate(Direction::Up, at(34_499)), BitRate(0), "between LTE and 3G");
    assert_eq!(conditions.network(at(5_000)), NetworkKind::Wifi);
    assert_eq!(conditions.network(at(10_200)), NetworkKind::None);
    assert_eq!(conditions.network(at(10_500)), NetworkKind::Cellular);
}

#[test]
fn losses_are_found_across_stays() {
    let lossless = profile("lossless");
    let loss = Some(PacketLoss { p: Ppm(20_000), r: Ppm(500_000), window: None });
    let conditions = moving(vec![lossless.clone(), Profile { loss, ..lossless.clone() }, lossless]);
    let way = Direction::Up;
    let (from, until) =
        (conditions.at(Time::ZERO).slot(way, at(0)), conditions.at(Time::ZERO).slot(way, at(25_000)));
    let first = conditions.at(Time::ZERO).next_loss(way, from, until).expect("the second link loses packets");
    assert!(
        (conditions.at(Time::ZERO).slot(way, at(10_000))..conditions.at(Time::ZERO).slot(way, at(20_000)))
            .contains(&first)
    );
    assert_eq!(conditions.at(Time::ZERO).next_loss(way, from, first), None);
    assert_eq!(
        conditions.at(Time::ZERO).next_loss(way, conditions.at(Time::ZERO).slot(way, at(20_000)), u64::MAX),
        None
    );
}

proptest! {
    #[test]
    fn the_conditions_does_not_depend_on_what_was_asked(
        asked in proptest::collection::vec((0_u64..40_000, 1_u64..200_000), 1..20),
    ) {
        let window = Some(LossWindow { every: Span::secs(2), lasts: Span::millis(500) });
        let wild = Profile {
            variation: Some(Variation { sigma_milli: 1_100, phi_milli: 850 }),
            loss: Some(PacketLoss { p: Ppm(20_000), r: Ppm(500_000), window }),
            ..profile("wild")
        };
        let links = || vec![profile("calm"), wild.clone(), profile("calm too")];
        let kept = moving(links());
        for (ms, bytes) in asked {
            let ask = |conditions: &LinkConditions| {
                let slot = conditions.at(Time::ZERO).slot(Direction::Down, at(ms));
                (
                    conditions.at(Time::ZERO).leaves_by(Direction::Down, at(ms), bytes),
                    conditions.at(Time::ZERO).rate(Direction::Down, at(ms)),
                    conditions.at(Time::ZERO).next_loss(Direction::Down, slot, slot + 2_000),
                )
            };
            prop_assert_eq!(ask(&kept), ask(&moving(links())));
        }
    }
}

#[test]
fn a_device_that_moves_as_often_as_its_radio_changes_loses_the_sessions_that_it_would_there() {
    // Twenty thousand of both: looked through one for the other, they would take minutes.
    let gap = RadioChanges { mtbf: Span::secs(2), takes: Span::millis(100), session_loss: Ppm(500_000) };
    let changing = Profile { radio_changes: Some(gap), reconnect: Span::secs(3), ..profile("changing") };
    let end = at(40_000_000);
    let settled = LinkConditions::new(&LinkSchedule::settled(Arc::new(changing.clone())), Seed(1), end);
    let stays = (0..20_000).map(|n| Stay { from: at(2_000 * n), link: n as usize % 2 }).collect();
    let links = [changing, profile("other")].map(Arc::new).into();
    let moving = LinkConditions::new(&LinkSchedule { links, stays, dead_zones: Vec::new() }, Seed(1), end);
    let here = |at: &&Time| (at.0 / 2_000_000_000).is_multiple_of(2);
    let lost: Vec<&Time> = settled.sessions_lost.iter().filter(here).collect();
    assert!(lost.len() > 1_000, "{}", lost.len());
    assert!(lost.iter().all(|at| moving.sessions_lost.binary_search(at).is_ok()));
}
