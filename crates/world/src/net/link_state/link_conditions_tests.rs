use super::super::super::options::{LossWindow, PacketLoss, Radio, RadioChanges, Variation};
use super::*;
use crate::base::Ppm;
use crate::base::at_ms as at;
use proptest::prelude::*;

const MBIT: BitRate = BitRate(1_000_000);
const UP: Direction = Direction::Up;
const DOWN: Direction = Direction::Down;

fn profile(name: &str) -> Profile {
    Profile::steady(name, Span::millis(100), MBIT, MBIT)
}

fn varied(name: &str) -> Profile {
    Profile { variation: Some(Variation { sigma_milli: 1_000, phi_milli: 850 }), ..profile(name) }
}

/// Conditions on one link, with outages given as (start ms, end ms, mode).
fn with(outages: &[(u64, u64, OutageMode)]) -> LinkConditions {
    let settled = LinkSchedule::settled(Arc::new(profile("x")));
    let mut conditions = LinkConditions::new(&settled, Seed(1), at(3_600_000));
    // Adds them one by one, as faults are added.
    for &(from, until, mode) in outages {
        conditions.add_outages([Outage { from: at(from), until: at(until), mode, noticed: true }]);
    }
    conditions
}

/// Conditions of a device that stays ten seconds on each of the links.
fn moving(links: Vec<Profile>) -> LinkConditions {
    let stays = (0..links.len()).map(|link| Stay { from: at(10_000 * link as u64), link }).collect();
    let links = links.into_iter().map(Arc::new).collect();
    LinkConditions::new(&LinkSchedule { links, stays, dead_zones: Vec::new() }, Seed(1), at(3_600_000))
}

#[test]
fn overlapping_outages_are_noticed_once() {
    use OutageMode::Drop;
    let conditions = with(&[(30, 50, Drop), (10, 20, Drop), (15, 35, Drop), (70, 80, Drop)]);
    assert_eq!(conditions.toggles(), [(at(10), false), (at(50), true), (at(70), false), (at(80), true)]);
    assert!(conditions.seems_up(at(9)) && !conditions.seems_up(at(34)) && conditions.seems_up(at(50)));
    assert_eq!([9, 10, 34, 50, 75].map(|ms| conditions.seems_up_from(at(ms))), [9, 50, 50, 50, 80].map(at));
}

#[test]
fn outages_are_told_until_they_are_over_and_those_that_drop_and_touch_are_one() {
    use OutageMode::{Drop, Reset};
    let told = |outages: &[(u64, u64, OutageMode)], now| {
        let (conditions, ms) = (with(outages), |time: Time| time.0 / 1_000_000);
        let met = conditions.at(at(now));
        met.outages(at(now)).iter().map(|o| (ms(o.from), ms(o.until))).collect::<Vec<_>>()
    };
    let several = [(40, 90, Drop), (10, 30, Drop), (20, 40, Drop), (100, 110, Drop), (90, 95, Reset)];
    assert_eq!(told(&several[..4], 0), [(10, 90), (100, 110)]);
    assert_eq!(told(&several, 0).len(), 3, "one that resets stays what it is");
    let overlapping = [(10, 90, Drop), (20, 30, Reset), (200, 210, Drop)];
    assert_eq!(told(&overlapping, 0), [(10, 90), (20, 90), (200, 210)]);
    assert_eq!((told(&overlapping, 90), told(&overlapping, 210)), (vec![(200, 210)], vec![]));
}

#[test]
fn what_is_held_back_is_time_without_capacity() {
    let conditions = with(&[(10, 500, OutageMode::Hold), (400, 600, OutageMode::Hold)]);
    let conditions = conditions.at(Time::ZERO);
    assert_eq!(conditions.leaves_by(DOWN, at(0), 2_500), at(610), "10 ms before and 10 ms after");
    assert_eq!(conditions.leaves_by(DOWN, at(100), 0), at(600));
    let rates = [0, 10, 599, 600].map(|ms| conditions.rate(UP, at(ms)));
    assert_eq!(rates, [MBIT, BitRate(0), BitRate(0), MBIT]);
    assert!(conditions.outages(at(0)).is_empty(), "nothing is lost by it");
}

#[test]
fn a_transfer_goes_on_at_the_rate_of_the_next_link() {
    let fast = Profile { down: BitRate(10_000_000), queue: 64_000, ..profile("fast") };
    let conditions = moving(vec![profile("slow"), fast]);
    // 125 kB in the last second on the slow link, 125 kB in 100 ms on the fast one.
    assert_eq!(conditions.at(Time::ZERO).leaves_by(DOWN, at(9_000), 250_000), at(10_100));
    let met = [9_999, 10_000].map(|ms| (conditions.at(at(ms)).queue(UP), &*conditions.profile(at(ms)).name));
    assert_eq!(met, [(1 << 20, "slow"), (64_000, "fast")]);
}

#[test]
fn another_network_breaks_connections_and_another_cell_does_not() {
    let cellular = |name: &str, radio| Profile { kind: NetworkKind::Cellular, radio, ..profile(name) };
    let wifi = Profile { kind: NetworkKind::Wifi, radio: Radio::Wifi, ..profile("wifi") };
    let tunnel = Profile { reconnect: Span::secs(3), ..wifi.clone() };
    let conditions = moving(vec![
        wifi,
        cellular("lte-a", Radio::Lte),
        cellular("lte-b", Radio::Lte),
        cellular("3g", Radio::ThreeG),
        tunnel,
    ]);
    let seen: Vec<_> = conditions.toggles().iter().map(|(at, up)| (at.0 / 1_000_000, *up)).collect();
    assert_eq!(seen, [(10_000, false), (10_500, true), (40_000, false), (43_500, true)]);
    let networks = [5_000, 10_200, 10_500].map(|ms| conditions.network(at(ms)));
    assert_eq!(networks, [NetworkKind::Wifi, NetworkKind::None, NetworkKind::Cellular]);
    let met = conditions.at(Time::ZERO);
    assert!(met.outages(at(0)).iter().all(|o| o.mode == OutageMode::Reset));
    assert_eq!([9_999, 10_000, 29_999].map(|ms| met.session(at(ms))), [0, 1, 1], "one cell to the next");
    assert!(met.session(at(60_000)) >= 2);
    assert_eq!(met.rate(UP, at(34_499)), BitRate(0), "between LTE and 3G");
}

#[test]
fn losses_are_found_across_stays() {
    let lossless = profile("lossless");
    let loss = Some(PacketLoss { p: Ppm(20_000), r: Ppm(500_000), window: None });
    let conditions = moving(vec![lossless.clone(), Profile { loss, ..lossless.clone() }, lossless]);
    let met = conditions.at(Time::ZERO);
    let [from, begins, ends, until] = [0, 10_000, 20_000, 25_000].map(|ms| met.slot(UP, at(ms)));
    let first = met.next_loss(UP, from, until).expect("the second link loses packets");
    assert!((begins..ends).contains(&first));
    assert_eq!((met.next_loss(UP, from, first), met.next_loss(UP, ends, u64::MAX)), (None, None));
}

proptest! {
    #[test]
    fn what_is_met_does_not_depend_on_what_was_asked(
        asked in proptest::collection::vec((0_u64..40_000, 1_u64..200_000), 1..20),
    ) {
        let window = Some(LossWindow { every: Span::secs(2), lasts: Span::millis(500) });
        let loss = Some(PacketLoss { p: Ppm(20_000), r: Ppm(500_000), window });
        let links = || vec![profile("calm"), Profile { loss, ..varied("wild") }, profile("calm too")];
        let kept = moving(links());
        for (ms, bytes) in asked {
            let ask = |conditions: &LinkConditions| {
                let met = conditions.at(Time::ZERO);
                let slot = met.slot(DOWN, at(ms));
                let lost = met.next_loss(DOWN, slot, slot + 2_000);
                (met.leaves_by(DOWN, at(ms), bytes), met.rate(DOWN, at(ms)), lost)
            };
            prop_assert_eq!(ask(&kept), ask(&moving(links())));
        }
    }
}

#[test]
fn a_device_that_moves_as_often_as_its_radio_changes_loses_the_sessions_that_it_would_there() {
    // Twenty thousand of each: a nested search would take minutes.
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
