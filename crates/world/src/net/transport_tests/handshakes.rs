//! Connections opened in parallel, given up, or cut.

use super::*;

fn encrypted(certificates: u64) -> TransportOptions {
    let handshake = Handshake { tls: Tls::V13, certificates, ..options().handshake };
    TransportOptions { handshake, connections: 6, ..options() }
}

proptest! {
    /// The limit holds for any other traffic on the link, and if either side gives up.
    #[test]
    fn connections_that_are_opened_pass_no_more_than_the_link(
        kbits in 20_u64..5_000, rtt in 2_u64..600, certificates in 500_u64..100_000, v12 in proptest::bool::ANY,
        requests in proptest::collection::vec((0_u64..4_000, 0_u32..60_000, 0_u64..3), 1..7),
    ) {
        let rate = BitRate(kbits * 1_000);
        // The uplink has room for all connections.
        let link = Profile { queue: 10_000_000, ..Profile::steady("thin", Span::millis(rtt), rate, BitRate(1_000_000_000)) };
        let mut how = encrypted(certificates);
        how.handshake.tls = if v12 { Tls::V12 } else { Tls::V13 };
        let mut bench = Bench::new(link, how, |_| ());
        for (start, down, impatient) in &requests {
            let patience = if *impatient == 0 { Span::millis(*start) } else { Span::secs(3_000) };
            bench.request(at(*start), 100, *down, patience);
        }
        let ended = bench.run();
        let last = ended.iter().map(|(_, at)| *at).max().expect("there are some");
        // Responses, and certificates of opened connections. Abandoned requests may send less.
        let payload = |ended: &Ended| ended.0.as_ref().map_or(0, |bytes| *bytes as u64);
        let least = ended.iter().map(payload).sum::<u64>() + certificates * u64::from(bench.tally.get().connections);
        let begun = at(requests.iter().map(|(start, ..)| *start).min().unwrap_or(0));
        let takes = rate.time_for(least);
        prop_assert!(last.since(begun) >= takes, "{} for {takes}", last.since(begun));
    }
}

#[test]
fn a_handshake_sends_nothing_after_it_was_given_up() {
    // The ClientHello leaves 100 ms after the SYN, into an outage. Retries follow; each wait is
    // twice the previous one.
    let sent = |patience| {
        let silence = outage(90, 60_000, OutageMode::Drop);
        let mut bench = Bench::new(profile(), encrypted(3_000), under(silence));
        bench.request(at(0), 100, 100, Span::millis(patience));
        assert_eq!(bench.run(), [(Err(TransportError::Timeout), at(patience))]);
        (bench.tally.get().packets, bench.tally.get().again)
    };
    // SYN, SYN-ACK and ClientHello. Then a probe after 3 round trips, and retries after 3, 6, 12 …
    // more round trips.
    for (patience, packets) in
        [(250, 3), (450, 4), (750, 5), (1_500, 6), (3_000, 7), (6_000, 8), (59_000, 11)]
    {
        assert_eq!(sent(patience), (packets, packets - 3), "given up after {patience} ms");
    }
}

#[test]
fn a_gateway_that_dies_resets_a_handshake_and_a_stream_waits_for_it_in_place_of_opening_another() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut bench = Bench::new(profile(), TransportOptions { protocol, ..encrypted(300_000) }, |_| ());
        // The certificates take 300 ms, from 150 ms on.
        bench.request(at(0), 100, 100, PATIENT);
        bench.request(at(160), 100, 1_000, PATIENT);
        bench.meanwhile(&[300], |_, way| way.reset_all());
        let ended = bench.run();
        assert_eq!(ended[0], (Err(TransportError::Reset), at(350)), "{protocol:?}");
        let is_one = protocol == Protocol::Http2;
        assert_eq!((ended[1].0.is_ok(), bench.tally.get().connections), (is_one, u32::from(is_one)));
    }
}
