//! Messages without connections and packets.

use super::*;

/// Sends a request of 1 000 bytes at time 0 for a response of `down` bytes, with a deadline of 1 s.
/// Returns its end, the number of requests served, the bytes sent and the bytes dropped.
fn bare(down: u32, conditions: impl FnOnce(&mut Link)) -> (Ended, u32, u64, u64) {
    let mut bench = Bench::new(profile(), TransportOptions::bare(), conditions);
    bench.request(at(0), 1_000, down, Span::secs(1));
    let ended = bench.run()[0];
    assert_eq!((bench.tally.get().connections, bench.tally.get().packets), (0, 0));
    (ended, bench.books.served.get(), bench.tally.get().bytes, bench.tally.get().dropped_bytes)
}

#[test]
fn a_message_takes_its_way_and_is_booked_as_far_as_it_left() {
    use OutageMode::{Drop, Hold, Reset};
    use TransportError as E;
    assert_eq!(bare(1_000, |_| ()), ((Ok(1_000), at(202)), 1, 2_000, 0));
    assert_eq!(bare(10_000_000, |_| ()), ((Err(E::Timeout), at(1_000)), 1, 850_000, 0));
    let lossy = During { from: at(0), until: at(900), what: Ppm::ONE };
    let lost = bare(1_000, |link| link.troubles.lossy.push(lossy));
    assert_eq!(lost, ((Err(E::Timeout), at(1_000)), 1, 2_000, 1_000), "although the server worked");
    for (from, until, mode, noticed, down, (error, ends), served, sent, dropped) in [
        (0, 500, Drop, true, 1_000, (E::Offline, 0), 0, 0, 0),
        (10, 5_000, Hold, false, 1_000, (E::Timeout, 1_000), 1, 1_000, 0),
        (0, 5_000, Reset, false, 1_000, (E::Reset, 0), 0, 1_000, 1_000),
        (20, 400, Reset, false, 1_000, (E::Reset, 20), 0, 1_000, 1_000),
        // The server finishes after the outage, but the connection for its response is gone.
        (120, 140, Reset, false, 1_000, (E::Reset, 120), 1, 1_000, 1_000),
        (180, 400, Reset, false, 1_000, (E::Reset, 180), 1, 2_000, 1_000),
        // A dropped message counts in full.
        (500, 900, Reset, false, 10_000_000, (E::Reset, 500), 1, 350_000, 10_000_000),
    ] {
        let outage = Outage { noticed, ..outage(from, until, mode) };
        let found = bare(down, under(outage));
        assert_eq!(found, ((Err(error), at(ends)), served, sent, dropped), "{mode:?} from {from} ms");
    }
}

#[test]
fn a_server_that_dies_breaks_its_connections_half_a_round_trip_later() {
    let mut bench = Bench::new(profile(), TransportOptions::bare(), |_| ());
    bench.books.dies.set(true);
    bench.request(at(0), 1_000, 1_000, Span::secs(1));
    assert_eq!(bench.run(), [(Err(TransportError::Reset), at(201))]);
}

#[test]
fn a_proxy_repeats_a_request_to_its_own_server() {
    let copies = During { from: at(0), until: at(900), what: (Ppm::ONE, Span::millis(50)) };
    let mut bench = Bench::new(profile(), options(), |link| link.troubles.copies.push(copies));
    let handle = bench.handle.clone();
    let other = Rc::new(Books { handle, served: Cell::default(), dies: Cell::default() });
    let (way, served) = (bench.way.clone(), other.clone());
    bench.handle.spawn(bench.device, "app", async move {
        _ = way.request_of(served, vec![0; 1_000], at(1_000)).await;
    });
    bench.run();
    assert_eq!((other.served.get(), bench.books.served.get()), (2, 0));
}
