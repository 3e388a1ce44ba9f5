//! Effects of outages on a transfer.

use super::*;

#[test]
fn an_outage_that_holds_costs_its_rest_and_one_that_resets_breaks() {
    let bytes = 2_000_000;
    let whole = sent(&lte(), bytes).0;
    let held = Gap { from: at(600), until: at(3_600), ..Gap::none(lte()) };
    let late = sent(&held, bytes).0.since(whole);
    assert!(late.0.abs_diff(Span::secs(3).0) < 100_000, "{late}");
    let mut cut = lte();
    cut.outages = vec![outage(600, 3_600, OutageMode::Reset)];
    let (ended, _) = run(Congestion::Cubic, &cut, Load::of(bytes));
    assert_eq!(ended, Err(Broken { at: at(600), cut: true }));
}

proptest! {
    #[test]
    fn an_outage_never_makes_a_message_earlier(
        bytes in 1_u64..3_200_000, log_rate in 4.7..7.5_f64, rtt in 2_u64..900, share in 0.0..1.2_f64, log_lasts in 0.0..3.9_f64
    ) {
        let (rate, lasts) = (libm::exp10(log_rate) as u64, libm::exp10(log_lasts) as u64);
        let steady = || Steady::new(Span::millis(rtt), BitRate(rate), BitRate(rate));
        let mut dropped = steady();
        let from = at(0) + Span::from_secs_f64(sent(&steady(), bytes).0.since(at(0)).as_secs_f64() * share);
        let until = from + Span::millis(lasts);
        dropped.outages = vec![Outage { from, until, mode: OutageMode::Drop, noticed: false }];
        let held = Gap { from, until, ..Gap::none(steady()) };
        let (rounding, paced) = (Span::micros(1), Span::millis(rtt));
        for (clean, drop, hold, bbr) in [
            (sent(&steady(), bytes).0, sent(&dropped, bytes).0, sent(&held, bytes).0, false),
            (sent_by_bbr(&steady(), bytes), sent_by_bbr(&dropped, bytes), sent_by_bbr(&held, bytes), true),
        ] {
            // After an outage, BBR sees an empty link and can probe the round trip later. If the
            // outage held packets, BBR finds the pipe full a round earlier. That may save a probe:
            // 200 ms or a round trip, plus another round trip.
            let looks = bbr && clean > at(10_000);
            let look = if looks { paced.max(Span::millis(200)) + paced } else { Span::ZERO };
            let holding = if bbr { paced + look } else { rounding };
            // A transfer may end a little earlier in the model by packets than in the model by
            // rounds.
            let closely = Span(clean.0 / 50 + paced.0 / 8) + if looks { paced } else { Span::ZERO };
            for (late, rounding) in [(drop, closely), (hold, holding)] {
                prop_assert!(late + rounding >= clean, "{late} for {clean}");
            }
            let inside = hold > from + Span::nanos(1) && hold < until;
            prop_assert!(!inside, "the last byte leaves at {hold} during the outage");
        }
    }

    #[test]
    fn packets_are_conserved_through_losses_full_queues_and_outages(
        bytes in 1_u64..2_000_000, bbr in proptest::bool::ANY, loss in 0_u64..4, seed in 0_u64..500,
        queue in 3_000_u64..200_000, flaps in proptest::collection::vec((1_u64..4_000, 1_u64..20_000), 0..6),
        reset in 0_usize..8
    ) {
        let mut link = lte().with_losses(loss as f64 / 100.0, Seed(seed));
        link.queue = [queue; 2];
        let mut now = 0;
        for (up, down) in &flaps {
            let mode = if link.outages.len() == reset { OutageMode::Reset } else { OutageMode::Drop };
            link.outages.push(outage(now + up, now + up + down, mode));
            now += up + down;
        }
        let congestion = if bbr { Congestion::Bbr } else { Congestion::Cubic };
        let (ended, traffic) = run(congestion, &link, Load::of(bytes));
        prop_assert!(traffic.retransmitted <= traffic.packets, "{traffic:?}");
        prop_assert!(traffic.bytes <= 1_500 * traffic.packets && traffic.bytes > 52 * traffic.packets);
        if let Ok(left) = ended {
            prop_assert_eq!(traffic.packets, segments(bytes, 1_500) + traffic.retransmitted);
            let again = traffic.bytes - wire(bytes, 1_500);
            let (least, most) = (52 * traffic.retransmitted, (bytes + 52).min(1_500) * traffic.retransmitted);
            prop_assert!((least..=most).contains(&again), "{again} bytes of repairs, {least} to {most}");
            prop_assert!(left.since(at(0)) >= link.rate[1].time_for(wire(bytes, 1_500)));
        }
    }
}

#[test]
fn an_outage_swallows_the_window_and_a_try_a_step_of_the_staircase() {
    // Ten packets at once, RTT 70 ms. A probe comes after 2·SRTT, then retransmissions after RTO =
    // SRTT + 0.2 s. Each wait doubles.
    for (lasts, tries) in [(100, 0), (300, 1), (700, 2), (1_500, 3), (5_000, 5)] {
        let (_, traffic) = sent(&dropping(lte(), 0, lasts), 10 * 1_448);
        let expected =
            Traffic { packets: 20 + tries, retransmitted: 10 + tries, bytes: 1_500 * (20 + tries) };
        assert_eq!(traffic, expected, "an outage of {lasts} ms");
    }
}

#[test]
fn what_stands_in_the_queue_passes_though_an_outage_drops() {
    // 50 kbit/s: a packet leaves in 240 ms, and a window is queued for seconds.
    let link = || Steady::new(Span::millis(200), BitRate(50_000), BitRate(50_000));
    for congestion in [Congestion::Cubic, Congestion::Bbr] {
        let clean = sent_by(congestion, &link(), Load::of(30_000)).0;
        for lasts in [1, 300, 1_000] {
            let dropping = dropping(link(), 1_000, 1_000 + lasts);
            let (left, traffic) = sent_by(congestion, &dropping, Load::of(30_000));
            let again = traffic.retransmitted;
            assert!(again <= 4, "{congestion:?}, {lasts} ms: {again} packets again");
            // While the bottleneck has a queue, drops before the bottleneck cost the message no
            // time.
            let late = left.since(clean);
            assert!(late <= Span::millis(900), "{congestion:?}, {lasts} ms: {late}");
        }
    }
}

#[test]
fn an_outage_when_all_is_handed_over_costs_nothing() {
    // Eight packets of 0.57 s are queued.
    let link = || Steady::new(Span::millis(50), BitRate(21_000), BitRate(21_000));
    let clean = sent(&link(), 8 * 1_448);
    for lasts in [1, 1_000, 60_000] {
        let (left, traffic) = sent(&dropping(link(), 1, 1 + lasts), 8 * 1_448);
        assert_eq!(traffic, clean.1, "{lasts} ms");
        assert!(left.0.abs_diff(clean.0.0) < 1_000, "{lasts} ms: {left} for {}", clean.0);
    }
}

#[test]
fn an_outage_that_drops_for_longer_than_tcp_tries_ends_the_connection() {
    let link = dropping(lte(), 100, 2_000_000);
    let broken = run(Congestion::Cubic, &link, Load::of(2_000_000)).0.expect_err("it gives up");
    assert!(!broken.cut && broken.at >= at(100) + GIVE_UP, "{broken:?}");
}
