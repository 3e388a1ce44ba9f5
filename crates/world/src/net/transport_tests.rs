//! Requests over connections, in virtual time.

mod air;
mod bare;
mod beside;
mod handshakes;
mod held;
mod memory;
mod tunnels;

use crate::base::at_ms as at;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::conditions::Direction;
use super::link::Link;
use super::link_state::LinkSchedule;
use super::options::{During, Outage, OutageMode, Profile, Promotion, Radio};
use super::server::Server;
use super::tcp::{Handshake, Tls};
use super::transport::Way;
use super::transport_options::{HalfOpen, Protocol, TransportOptions};
use crate::base::{BitRate, Ppm, Seed, Span, Time};
use crate::contract::{Event, LocalBoxFuture, Observer, TransportError};
use crate::sim::{Handle, NodeId, Sim};

/// Responds after 100 ms, or dies. The first four bytes of the request name the response's length.
struct Books {
    handle: Handle,
    served: Cell<u32>,
    dies: Cell<bool>,
}

impl Server for Books {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        self.served.set(self.served.get() + 1);
        let (handle, dies) = (self.handle.clone(), self.dies.get());
        Box::pin(async move {
            handle.sleep(Span::millis(100)).await;
            if dies {
                return None;
            }
            let size = request[..4].try_into().map_or(0, u32::from_le_bytes);
            Some(vec![0; size as usize])
        })
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    connections: u32,
    bytes: u64,
    packets: u64,
    again: u64,
    dropped: u32,
    dropped_bytes: u64,
}

#[derive(Default)]
struct Counted(Cell<Tally>);

impl Counted {
    fn get(&self) -> Tally {
        self.0.get()
    }
}

impl Observer for Counted {
    fn observe(&self, event: Event<'_>) {
        let mut tally = self.get();
        match event {
            Event::ConnectionOpened { .. } => tally.connections += 1,
            Event::PacketsSent { packets, retransmitted, bytes, .. } => {
                assert!(retransmitted <= packets && bytes >= 52 * packets);
                tally.bytes += bytes;
                tally.packets += packets;
                tally.again += retransmitted;
            }
            Event::MessageDropped { bytes, .. } => {
                tally.dropped += 1;
                tally.dropped_bytes += bytes;
            }
            _ => {}
        }
        self.0.set(tally);
    }
}

type Ended = (Result<usize, TransportError>, Time);

struct Bench {
    sim: Sim,
    handle: Handle,
    device: NodeId,
    way: Rc<Way>,
    books: Rc<Books>,
    tally: Rc<Counted>,
    ended: Rc<RefCell<Vec<Ended>>>,
}

fn profile() -> Profile {
    Profile::steady("plain", Span::millis(100), BitRate(8_000_000), BitRate(8_000_000))
}

/// No TLS and no headers, so that times are easy to compute.
fn options() -> TransportOptions {
    let plain = TransportOptions::default();
    let handshake = Handshake { tls: Tls::None, ..plain.handshake };
    TransportOptions { handshake, header_up: 0, header_down: 0, ..plain }
}

impl Bench {
    fn new(profile: Profile, options: TransportOptions, conditions: impl FnOnce(&mut Link)) -> Bench {
        let sim = Sim::default();
        let handle = sim.handle().clone();
        let (gateway, device) = (handle.node("gateway"), handle.node("device"));
        let mut link = Link::new(&LinkSchedule::settled(Arc::new(profile)), Seed(1), Time::FAR);
        conditions(&mut link);
        let books = Rc::new(Books { handle: handle.clone(), served: Cell::default(), dies: Cell::default() });
        let tally = Rc::new(Counted::default());
        let link = Rc::new(RefCell::new(link));
        let way = Way::new(handle.clone(), gateway, link, books.clone(), tally.clone(), options);
        Bench { sim, handle, device, way, books, tally, ended: Rc::default() }
    }

    /// Sends a request at `start` with a deadline `patience` later.
    fn request(&self, start: Time, up: usize, down: u32, patience: Span) {
        let (way, handle, ended) = (self.way.clone(), self.handle.clone(), self.ended.clone());
        self.handle.spawn(self.device, "app", async move {
            handle.sleep_until(start).await;
            let mut request = vec![0; up.max(4)];
            request[..4].copy_from_slice(&down.to_le_bytes());
            let answer = way.request(request, start + patience).await;
            ended.borrow_mut().push((answer.map(|bytes| bytes.len()), handle.now()));
        });
    }

    /// Runs `deed`, which changes the path or the device, at these times.
    fn meanwhile(&self, times: &'static [u64], mut deed: impl FnMut(&Handle, &Rc<Way>) + 'static) {
        let (way, handle) = (self.way.clone(), self.handle.clone());
        self.handle.spawn(self.handle.node("world"), "deeds", async move {
            for ms in times {
                handle.sleep_until(at(*ms)).await;
                deed(&handle, &way);
            }
        });
    }

    fn run(&mut self) -> Vec<Ended> {
        self.sim.run_until(at(3_600_000));
        self.ended.borrow().clone()
    }
}

fn outage(from_ms: u64, until_ms: u64, mode: OutageMode) -> Outage {
    Outage { from: at(from_ms), until: at(until_ms), mode, noticed: false }
}

/// A link with this outage.
fn under(outage: Outage) -> impl FnOnce(&mut Link) {
    move |link| link.conditions_mut().add_outages([outage])
}

/// One request of 1 000 bytes at 0 with a deadline at 1 s.
fn one(conditions: impl FnOnce(&mut Link)) -> (Ended, u32) {
    let mut bench = Bench::new(profile(), options(), conditions);
    bench.request(at(0), 1_000, 1_000, Span::secs(1));
    let ended = bench.run();
    assert_eq!(ended.len(), 1, "a request ends once");
    (ended[0], bench.books.served.get())
}

fn within(actual: Time, expected_ms: u64) {
    let off = actual.0.abs_diff(at(expected_ms).0);
    assert!(off <= Span::millis(12).0, "{actual} for {expected_ms} ms");
}

const PATIENT: Span = Span::secs(600);

#[test]
fn the_first_request_pays_for_the_connection_and_the_next_does_not() {
    for (tls, trips) in [(Tls::None, 1), (Tls::V13, 2), (Tls::V12, 3)] {
        let handshake = Handshake { tls, ..options().handshake };
        let mut bench = Bench::new(profile(), TransportOptions { handshake, ..options() }, |_| ());
        bench.request(at(0), 1_000, 1_000, PATIENT);
        bench.request(at(10_000), 1_000, 1_000, PATIENT);
        let ended = bench.run();
        within(ended[0].1, 100 * trips + 203);
        within(ended[1].1, 10_202);
        assert_eq!((bench.tally.get().connections, bench.books.served.get()), (1, 2));
    }
}

#[test]
fn a_connection_that_was_idle_for_too_long_is_opened_again() {
    let mut bench = Bench::new(profile(), options(), |_| ());
    for start in [0, 74_000, 150_000] {
        bench.request(at(start), 1_000, 1_000, PATIENT);
    }
    let ended = bench.run();
    within(ended[1].1, 74_202);
    within(ended[2].1, 150_302);
    assert_eq!(bench.tally.get().connections, 2);
}

#[test]
fn parallel_requests_share_the_link() {
    // 1 MB alone takes a second.
    let ends = |protocol, connections| {
        let options = TransportOptions { protocol, connections, ..options() };
        let mut bench = Bench::new(profile(), options, |_| ());
        for _ in 0..2 {
            bench.request(at(0), 100, 1_000_000, PATIENT);
        }
        let ended = bench.run();
        (ended.iter().map(|(_, at)| at.0 / 1_000_000).collect::<Vec<u64>>(), bench.tally.get().connections)
    };
    let (both, connections) = ends(Protocol::Http1, 2);
    assert_eq!(connections, 2);
    assert!(both[1] - both[0] < 50 && (2_400..2_800).contains(&both[1]), "side by side: {both:?}");
    let (queued, connections) = ends(Protocol::Http1, 1);
    assert_eq!(connections, 1);
    assert!(queued[0] < 1_800 && queued[1] > queued[0] + 1_100, "one after the other: {queued:?}");
    let (streams, connections) = ends(Protocol::Http2, 6);
    assert_eq!(connections, 1);
    assert!(streams[1] - streams[0] < 50 && streams[1] < queued[1] - 150, "on one connection: {streams:?}");
}

#[test]
fn a_dead_request_does_not_block_the_link_for_the_next() {
    let mut bench = Bench::new(profile(), options(), |_| ());
    // 10 MB take ten seconds; the deadline is earlier.
    bench.request(at(0), 100, 10_000_000, Span::secs(2));
    bench.request(at(2_100), 100, 1_000, PATIENT);
    let ended = bench.run();
    assert_eq!(ended[0], (Err(TransportError::Timeout), at(2_000)));
    assert!(ended[1].1 < at(2_700), "{ended:?}");
    assert!(bench.tally.get().bytes < 2_500_000, "the rest was not sent: {}", bench.tally.get().bytes);
}

#[test]
fn the_death_of_the_process_closes_its_connections_and_what_was_in_flight_is_served() {
    let mut bench = Bench::new(profile(), options(), |_| ());
    bench.request(at(0), 1_000, 1_000, PATIENT);
    let (device, mut died, ended) = (bench.device, false, bench.ended.clone());
    // At these times the request has left.
    bench.meanwhile(&[120, 5_000], move |handle, way| {
        if !std::mem::replace(&mut died, true) {
            handle.kill(device);
            return way.process_died();
        }
        handle.restart(device);
        let (way, clock, ended) = (way.clone(), handle.clone(), ended.clone());
        handle.spawn(device, "app", async move {
            let answer = way.request(vec![0; 1_000], at(60_000)).await;
            ended.borrow_mut().push((answer.map(|bytes| bytes.len()), clock.now()));
        });
    });
    let ended = bench.run();
    assert!(ended.len() == 1 && ended[0].0 == Ok(0) && ended[0].1 > at(5_300), "it had to connect again");
    assert_eq!((bench.books.served.get(), bench.tally.get().connections), (2, 2));
}

#[test]
fn a_reset_while_it_was_idle_closes_a_connection() {
    let cut = outage(5_000, 6_000, OutageMode::Reset);
    let mut bench = Bench::new(profile(), options(), under(cut));
    for start in [0, 9_000] {
        bench.request(at(start), 1_000, 1_000, PATIENT);
    }
    assert!(bench.run().iter().all(|(answer, _)| *answer == Ok(1_000)));
    assert_eq!(bench.tally.get().connections, 2);
}

#[test]
fn a_connection_of_an_earlier_session_is_silent_or_reset() {
    // One packet is sent at 20 s. In mode `Silent`, TCP retries after 2·SRTT. Each wait doubles,
    // until the device gives up.
    for (half_open, error, ends, tries) in [
        (HalfOpen::Silent, TransportError::Timeout, 30_000, 6),
        (HalfOpen::Reset, TransportError::Reset, 20_100, 0),
    ] {
        let lost = |link: &mut Link| link.conditions_mut().lose_sessions([at(15_000)]);
        let mut bench = Bench::new(profile(), TransportOptions { half_open, ..options() }, lost);
        bench.request(at(0), 1_000, 1_000, Span::secs(10));
        bench.request(at(20_000), 1_000, 1_000, Span::secs(10));
        bench.request(at(40_000), 1_000, 1_000, Span::secs(10));
        let ended = bench.run();
        assert_eq!(ended[1], (Err(error), at(ends)), "{half_open:?}");
        assert_eq!(ended[2].0, Ok(1_000), "a new connection");
        assert_eq!((bench.tally.get().connections, bench.books.served.get()), (2, 2));
        assert_eq!((bench.tally.get().packets, bench.tally.get().again), (9 + tries, tries));
    }
}

/// A path that loses every response.
fn without_an_answer(protocol: Protocol) -> Bench {
    let lossy = During { from: at(0), until: Time::FAR, what: Ppm::ONE };
    Bench::new(profile(), TransportOptions { protocol, ..options() }, |link| link.troubles.lossy.push(lossy))
}

#[test]
fn an_answer_that_is_lost_has_been_sent() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut bench = without_an_answer(protocol);
        bench.request(at(0), 1_000, 50_000, Span::secs(5));
        bench.request(at(10_000), 1_000, 0, Span::secs(5));
        assert!(bench.run().iter().all(|(answer, _)| *answer == Err(TransportError::Timeout)));
        let Tally { dropped, dropped_bytes, bytes, packets, .. } = bench.tally.get();
        assert_eq!((dropped, dropped_bytes), (2, 50_000));
        assert_eq!(packets, 2 * 2 + 2 + 35 + 1, "connections, requests, answers");
        assert_eq!(bytes, 4 * 60 + 2 * 1_052 + 50_000 + 36 * 52, "{protocol:?}");
    }
}

#[test]
fn of_an_answer_that_is_lost_no_more_is_sent_than_leaves_while_somebody_waits() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut bench = without_an_answer(protocol);
        // Two responses of 10 MB at once: each alone takes 10 s at 1 MB/s.
        bench.request(at(0), 100, 10_000_000, Span::secs(2));
        bench.request(at(0), 100, 10_000_000, Span::secs(2));
        bench.run();
        let bytes = bench.tally.get().bytes;
        assert!((1_000_000..2_100_000).contains(&bytes), "{protocol:?}: {bytes}");
    }
}

#[test]
fn a_session_that_ends_during_a_message_leaves_its_window_and_the_tries() {
    // 1 MB takes 1 s plus the first window. The server retries for 924 s, the device until its
    // timeout.
    for (half_open, up, down, tries) in [
        (HalfOpen::Silent, 1_000, 1_000_000, 15..18),
        (HalfOpen::Reset, 1_000, 1_000_000, 0..1),
        (HalfOpen::Silent, 1_000_000, 0, 5..8),
    ] {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let options = TransportOptions { half_open, protocol, ..options() };
            let mut bench =
                Bench::new(profile(), options, |link| link.conditions_mut().lose_sessions([at(900)]));
            bench.request(at(0), up, down, Span::secs(30));
            assert_eq!(bench.run(), [(Err(TransportError::Timeout), at(30_000))]);
            let Tally { bytes, again, dropped, .. } = bench.tally.get();
            assert!(tries.contains(&again), "{half_open:?} {protocol:?}: {} again", again);
            let sent = bytes - 1_500 * again;
            assert!((300_000..800_000).contains(&sent), "{half_open:?} {protocol:?}: {sent} bytes");
            assert_eq!(dropped, 1);
        }
    }
}

#[test]
fn a_session_that_ends_under_the_last_packet_leaves_its_tries() {
    // The request has left at 253 ms and would arrive at 303 ms.
    let lost = |link: &mut Link| link.conditions_mut().lose_sessions([at(280)]);
    let mut bench = Bench::new(profile(), options(), lost);
    bench.request(at(0), 1_000, 1_000, Span::secs(9));
    assert_eq!(bench.run()[0].0, Err(TransportError::Timeout));
    let Tally { bytes, packets, again, .. } = bench.tally.get();
    assert!((15..18).contains(&again), "{} again", again);
    assert_eq!((packets, bytes), (4 + again, 120 + (2 + again) * 1_052));
}

#[test]
fn a_reset_is_known_at_once_if_noticed_and_a_round_trip_later_if_not() {
    for (from, served) in [(20, 0), (120, 0), (220, 1), (280, 1)] {
        for (noticed, later) in [(true, 0), (false, 100)] {
            let cut = Outage { noticed, ..outage(from, 400, OutageMode::Reset) };
            let (ended, worked) = one(under(cut));
            assert_eq!(ended, (Err(TransportError::Reset), at(from + later)), "cut at {from} ms");
            // A request in transit at the time of the cut may or may not arrive.
            assert!(worked <= 1 && (served == 0 || worked == 1), "cut at {from} ms");
        }
    }
}

#[test]
fn a_request_ends_by_its_deadline_whatever_the_network_does() {
    for mode in [OutageMode::Hold, OutageMode::Drop] {
        for from in [0, 10, 120, 160, 220, 240] {
            let silence = outage(from, 5_000, mode);
            let (ended, _) = one(under(silence));
            assert_eq!(ended, (Err(TransportError::Timeout), at(1_000)), "{mode:?} from {from} ms");
        }
    }
}

proptest! {
    #[test]
    fn more_goes_over_the_wire_than_arrives_however_the_link_flaps(
        ups in proptest::collection::vec((20_u64..5_000, 20_u64..9_000, 0_u64..3), 1..12),
        requests in proptest::collection::vec((0_u64..60_000, 4_usize..40_000, 0_u32..200_000), 1..8),
        http2 in 0_u64..2, patience in 1_u64..60
    ) {
        let protocol = if http2 == 1 { Protocol::Http2 } else { Protocol::Http1 };
        let mut bench = Bench::new(profile(), TransportOptions { protocol, ..options() }, |link| {
            let mut now = 0;
            for (up, down, mode) in ups {
                let mode = [OutageMode::Drop, OutageMode::Hold, OutageMode::Reset][mode as usize];
                link.conditions_mut().add_outages([outage(now + up, now + up + down, mode)]);
                now += up + down;
            }
        });
        for (start, up, down) in &requests {
            bench.request(at(*start), *up, *down, Span::secs(patience));
        }
        let ended = bench.run();
        prop_assert_eq!(ended.len(), requests.len());
        let answered: u64 = ended.iter().filter_map(|(answer, _)| answer.ok()).map(|bytes| bytes as u64).sum();
        prop_assert!(bench.tally.get().again <= bench.tally.get().packets);
        prop_assert!(bench.tally.get().bytes >= answered + 52 * bench.tally.get().packets);
    }
}

#[test]
fn a_process_that_dies_while_it_connects_has_sent_its_syns() {
    let gone = outage(0, 600_000, OutageMode::Drop);
    let mut bench = Bench::new(profile(), options(), under(gone));
    bench.request(at(0), 1_000, 1_000, PATIENT);
    let device = bench.device;
    bench.meanwhile(&[4_000], move |handle, way| {
        handle.kill(device);
        way.process_died();
    });
    assert!(bench.run().is_empty());
    assert_eq!((bench.tally.get().packets, bench.tally.get().again), (3, 2), "at 0, 1 and 3 s");
}

#[test]
fn who_gives_up_while_the_radio_wakes_is_told_in_time_sends_nothing_and_leaves_it_awake() {
    let mut sleepy = profile();
    sleepy.promotion = Some(Promotion { takes: Span::secs(3), after: Span::secs(5) });
    let mut bench = Bench::new(sleepy, options(), |_| ());
    bench.request(at(0), 100, 1_000, Span::secs(2));
    // A request that comes while the radio is awake opens the connection. The last one finds the
    // radio asleep again and the connection open.
    bench.request(at(3_500), 100, 1_000, PATIENT);
    bench.request(at(20_000), 50_000, 1_000, Span::secs(2));
    let ended = bench.run();
    assert_eq!(ended[0], (Err(TransportError::Timeout), at(2_000)));
    assert!(ended[1].0.is_ok() && ended[1].1 < at(4_500), "{ended:?}");
    assert_eq!(ended[2], (Err(TransportError::Timeout), at(22_000)));
    assert_eq!(bench.books.served.get(), 1);
}

#[test]
fn the_radio_is_awake_from_the_first_packet_of_a_connection_to_the_end_of_its_tail() {
    let mut bench = Bench::new(Profile { radio: Radio::Lte, ..profile() }, options(), |_| ());
    bench.request(at(0), 1_000, 1_000, PATIENT);
    let answered = bench.run()[0].1;
    let (_, cost) = bench.way.link.borrow().radio_costs(at(60_000)).next().expect("it was used");
    // Huang et al., MobiSys 2012: 260 ms to wake the radio up, a tail of 11.58 s.
    let awake = Span::millis(260) + answered.since(at(0)) + Span::millis(11_580);
    assert!(cost.on.0.abs_diff(awake.0) < 1_000_000, "{} for {awake}", cost.on);
}

#[test]
fn a_run_that_panics_asks_the_line_nothing_more() {
    let mut bench = Bench::new(profile(), options(), |_| ());
    bench.request(at(0), 1_000, 10_000_000, PATIENT);
    let ends = |way: &Way| way.lines[Direction::Down as usize].borrow().ends(1);
    let (way, seen) = (bench.way.clone(), Rc::new(Cell::new(None)));
    let before = seen.clone();
    bench.meanwhile(&[1_000], move |_, way| {
        before.set(Some(ends(way)));
        panic!("a bug of ours");
    });
    // The panic drops the simulation and all requests in it.
    let run = std::panic::AssertUnwindSafe(move || bench.run());
    assert!(std::panic::catch_unwind(run).is_err());
    assert!(seen.get().is_some_and(|before| before.is_ok_and(|end| end > at(9_000))));
    assert_eq!(seen.get(), Some(ends(&way)), "nobody gave the message up");
}
