//! Messages in transit: use of the radio, and connections that end under a message.

use super::*;

/// Time that an LTE radio was on for requests: (start ms, response bytes, patience ms).
fn radio_on(options: TransportOptions, requests: &[(u64, u32, u64)], promotion: Option<Promotion>) -> Span {
    let mut bench = Bench::new(Profile { radio: Radio::Lte, promotion, ..profile() }, options, |_| ());
    for (start, down, patience) in requests {
        bench.request(at(*start), 100, *down, Span::millis(*patience));
    }
    bench.run();
    let cost = bench.way.link.borrow().radio_costs(at(600_000)).next();
    cost.expect("it was used").1.on
}

#[test]
fn an_answer_that_is_given_up_keeps_the_radio_awake_as_long_as_it_comes() {
    // 60 MB take a minute.
    let on = [1_000, 10_000, 30_000].map(|patience| radio_on(options(), &[(0, 60_000_000, patience)], None));
    for (on, patience) in on.into_iter().zip([1_000, 10_000, 30_000]) {
        let least = Span::millis(patience - 400 + 11_580);
        // Bytes that were queued still arrived.
        assert!(on >= least && on < least + Span::secs(3), "{on} of {patience} ms");
    }
}

#[test]
fn what_packets_wait_for_a_sleeping_radio_is_no_time_at_work() {
    // The first request opens the connection. The others find it open and the radio asleep.
    let requests = [(0, 1_000, 60_000), (30_000, 1_000, 60_000), (60_000, 1_000, 60_000)];
    let awake = radio_on(options(), &requests, None);
    let asleep = Some(Promotion { takes: Span::secs(2), after: Span::secs(5) });
    let woken = radio_on(options(), &requests, asleep);
    assert!(woken.0.abs_diff(awake.0) < 1_000_000, "{woken} for {awake}");
}

#[test]
fn messages_side_by_side_keep_the_radio_awake_once() {
    let both = TransportOptions { connections: 4, ..options() };
    let alone = radio_on(both.clone(), &[(0, 5_000_000, 60_000)], None);
    let small: Vec<(u64, u32, u64)> = (1..8).map(|n| (n * 500, 10_000, 60_000)).collect();
    let all: Vec<(u64, u32, u64)> = [(0, 5_000_000, 60_000)].into_iter().chain(small).collect();
    let together = radio_on(both, &all, None);
    // The messages share the link. If overlapping times counted twice, this would add 3 s.
    assert!(together >= alone && together < alone + Span::millis(1_200), "{together} for {alone}");
}

#[test]
fn a_gateway_that_dies_resets_what_is_under_way_and_what_is_idle() {
    let mut bench = Bench::new(profile(), options(), |_| ());
    // The request arrives after a quarter of a second; its response takes five seconds.
    bench.request(at(0), 100, 5_000_000, PATIENT);
    bench.request(at(10_000), 100, 1_000, PATIENT);
    bench.request(at(30_000), 100, 1_000, PATIENT);
    bench.meanwhile(&[2_000, 20_000], |_, way| way.reset_all());
    let ended = bench.run();
    assert_eq!(ended[0], (Err(TransportError::Reset), at(2_050)));
    assert_eq!([&ended[1].0, &ended[2].0], [&Ok(1_000), &Ok(1_000)]);
    assert_eq!(bench.tally.get().connections, 3, "each on a new one");
    assert!(bench.tally.get().bytes < 2_100_000, "the rest was not sent: {}", bench.tally.get().bytes);
}
