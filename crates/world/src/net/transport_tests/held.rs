//! Held connections.

use super::*;
use crate::contract::{Connection, HeldEvent, PendingConnection, Received, Slip};
use crate::net::ServerEnd;

/// Accepts up to `most` connections and records their messages. With `echoes`, sends them back.
pub(super) struct Exchange {
    handle: Handle,
    most: usize,
    pub(super) ends: RefCell<Vec<Rc<dyn ServerEnd>>>,
    pub(super) heard: RefCell<Vec<(u64, usize, Time)>>,
    pub(super) closed: RefCell<Vec<(u64, Time)>>,
    echoes: bool,
}

impl Server for Exchange {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        Box::pin(async move { Some(request) })
    }
    fn open(&self, hello: &[u8], end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        assert!([b"hello".as_slice(), b""].contains(&hello));
        let mut ends = self.ends.borrow_mut();
        if ends.len() == self.most {
            return Some(Err(vec![0; 40]));
        }
        ends.push(end);
        Some(Ok(ends.len() as u64 - 1))
    }
    fn message(&self, number: u64, message: Vec<u8>, _: Slip) {
        self.heard.borrow_mut().push((number, message.len(), self.handle.now()));
        if self.echoes {
            self.ends.borrow()[number as usize].send(message);
        }
    }
    fn closed(&self, number: u64) {
        self.closed.borrow_mut().push((number, self.handle.now()));
    }
}

#[derive(Default)]
pub(super) struct Seen(pub(super) RefCell<Vec<HeldEvent>>, pub(super) Cell<u64>);

impl Observer for Seen {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Held(held) => self.0.borrow_mut().push(held),
            Event::PacketsSent { held, bytes, .. } => {
                assert!(held, "no request was made");
                self.1.set(self.1.get() + bytes);
            }
            _ => {}
        }
    }
}

pub(super) type Got = (Result<Option<usize>, TransportError>, Time);
pub(super) type Lines = Rc<RefCell<Vec<Result<Rc<dyn Connection>, TransportError>>>>;

pub(super) struct Site {
    sim: Sim,
    handle: Handle,
    device: NodeId,
    pub(super) way: Rc<Way>,
    pub(super) server: Rc<Exchange>,
    pub(super) seen: Rc<Seen>,
    lines: Lines,
    /// Messages that the device received, in order.
    got: Rc<RefCell<Vec<Got>>>,
}

impl Site {
    pub(super) fn with(
        profile: Profile,
        options: TransportOptions,
        echoes: bool,
        conditions: impl FnOnce(&mut Link),
    ) -> Site {
        let sim = Sim::default();
        let handle = sim.handle().clone();
        let (gateway, device) = (handle.node("gateway"), handle.node("device"));
        let mut link = Link::new(&LinkSchedule::settled(Arc::new(profile)), Seed(1), Time::FAR);
        conditions(&mut link);
        let server = Rc::new(Exchange {
            handle: handle.clone(),
            most: 2,
            ends: RefCell::default(),
            heard: RefCell::default(),
            closed: RefCell::default(),
            echoes,
        });
        let (seen, link) = (Rc::new(Seen::default()), Rc::new(RefCell::new(link)));
        let way = Way::new(handle.clone(), gateway, link, server.clone(), seen.clone(), options);
        let (lines, got) = Default::default();
        Site { sim, handle, device, way, server, seen, lines, got }
    }
    pub(super) fn new(conditions: impl FnOnce(&mut Link)) -> Site {
        Site::with(profile(), options(), true, conditions)
    }
    /// Opens a connection at `ms` and receives on it until it ends.
    fn connect(&self, ms: u64) {
        self.opens(ms, |way, _| way.connect(b"hello".to_vec(), at(ms) + Span::secs(30)));
    }
    pub(super) fn opens(&self, ms: u64, open: impl FnOnce(&Rc<Way>, Rc<Exchange>) -> PendingConnection) {
        let (handle, got, lines) = (self.handle.clone(), self.got.clone(), self.lines.clone());
        let opening = open(&self.way, self.server.clone());
        self.handle.spawn(self.device, "app", async move {
            handle.sleep_until(at(ms)).await;
            let line = opening.await;
            lines.borrow_mut().push(line.clone());
            let Ok(line) = line else { return };
            loop {
                let message: Received = line.receive().await;
                let goes_on = matches!(message, Ok(Some(_)));
                got.borrow_mut().push((message.map(|message| message.map(|m| m.len())), handle.now()));
                if !goes_on {
                    return;
                }
            }
        });
    }
    /// Runs `act` at `ms`.
    pub(super) fn then(&self, ms: u64, act: impl FnOnce(&Deeds) + 'static) {
        let (handle, way) = (self.handle.clone(), self.way.clone());
        let (server, lines) = (self.server.clone(), self.lines.clone());
        let deeds = Deeds { handle, device: self.device, way, server, lines };
        self.handle.spawn(self.handle.node("world"), "deed", async move {
            deeds.handle.sleep_until(at(ms)).await;
            act(&deeds);
        });
    }
    /// The device sends a message of `bytes` at `ms`.
    pub(super) fn sends(&self, ms: u64, bytes: usize) {
        self.then(ms, move |site| _ = site.line().send(vec![0; bytes]));
    }
    /// The server sends a message of `bytes` at `ms`.
    fn pushes(&self, ms: u64, bytes: usize) {
        self.then(ms, move |site| site.server.ends.borrow()[0].send(vec![0; bytes]));
    }
    pub(super) fn run(&mut self) -> Vec<Got> {
        self.sim.run_until(at(3_600_000));
        self.got.borrow().clone()
    }
}

pub(super) struct Deeds {
    handle: Handle,
    device: NodeId,
    pub(super) way: Rc<Way>,
    pub(super) server: Rc<Exchange>,
    lines: Lines,
}

impl Deeds {
    fn line(&self) -> Rc<dyn Connection> {
        match &self.lines.borrow()[0] {
            Ok(line) => line.clone(),
            Err(error) => panic!("it is not open: {error}"),
        }
    }
}

#[test]
fn a_connection_costs_a_handshake_and_an_upgrade() {
    for (tls, trips) in [(Tls::None, 2), (Tls::V13, 3), (Tls::V12, 4)] {
        let handshake = Handshake { tls, ..options().handshake };
        let mut site = Site::with(profile(), TransportOptions { handshake, ..options() }, true, |_| ());
        site.connect(0);
        site.run();
        let seen = site.seen.0.borrow();
        let [HeldEvent::Opened { took }] = seen[..] else { panic!("{seen:?}") };
        within(Time(took.0), 100 * trips);
        if tls == Tls::None {
            // SYN and SYN-ACK, and the upgrade with one packet per direction.
            assert_eq!(site.seen.1.get(), 2 * 60 + (5 + 113 + 52) + (127 + 52));
        }
    }
}

#[test]
fn a_message_takes_half_a_round_trip_each_way_and_its_frame() {
    for (bytes, up, down) in [(100, 6, 2), (126, 8, 4), (70_000, 14, 10)] {
        let mut site = Site::new(|_| ());
        site.connect(0);
        let before = site.seen.clone();
        let opened = Rc::new(Cell::new(0));
        let note = opened.clone();
        site.then(950, move |_| note.set(before.1.get()));
        site.sends(1_000, bytes);
        let got = site.run();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].0, Ok(Some(bytes)));
        if bytes < 1_000 {
            within(got[0].1, 1_100);
            let sent = site.seen.1.get() - opened.get();
            assert_eq!(sent, 2 * (bytes as u64 + 52) + up + down);
        }
        let arrived: Vec<HeldEvent> = site.seen.0.borrow()[1..].to_vec();
        let bytes = bytes as u64;
        assert_eq!(
            arrived,
            [
                HeldEvent::Arrived { up: true, bytes: bytes + up },
                HeldEvent::Arrived { up: false, bytes: bytes + down },
            ]
        );
    }
}

#[test]
fn messages_come_whole_and_in_order_and_go_together_behind_one_that_leaves() {
    let mut site = Site::new(|_| ());
    site.connect(0);
    let sizes: Vec<usize> = (1..=40).map(|n| n * 37 % 300).collect();
    for (n, size) in sizes.iter().enumerate() {
        site.sends(1_000 + n as u64 / 8, *size);
    }
    let got = site.run();
    assert_eq!(got.iter().map(|(got, _)| got.unwrap().unwrap()).collect::<Vec<_>>(), sizes);
    let last = got.last().expect("there are some").1;
    assert!(last < at(1_170), "no round trip for each: {last}");
}

#[test]
fn both_sides_share_the_rate_with_requests() {
    let mut site = Site::with(profile(), options(), false, |_| ());
    site.connect(0);
    // 1 MB alone takes a second plus the first window.
    site.pushes(1_000, 1_000_000);
    let alone = site.run()[0].1;
    let mut site = Site::with(profile(), options(), false, |_| ());
    site.connect(0);
    site.connect(10);
    site.pushes(1_000, 1_000_000);
    site.then(1_000, |site| site.server.ends.borrow()[1].send(vec![0; 1_000_000]));
    let both = site.run();
    assert!(alone < at(2_700), "{alone}");
    assert!(both[1].1 > at(2_900) && both[1].1 < at(3_700), "{both:?}");
}

#[test]
fn an_outage_that_drops_or_holds_delays_messages_and_loses_none() {
    for mode in [OutageMode::Drop, OutageMode::Hold] {
        let mut site = Site::with(profile(), options(), false, under(outage(5_000, 9_000, mode)));
        site.connect(0);
        for ms in [1_000, 6_000, 7_000] {
            site.pushes(ms, 100);
            site.sends(ms, 100);
        }
        let got = site.run();
        assert_eq!(got.len(), 3, "{mode:?}: {got:?}");
        assert!(got.iter().all(|(got, _)| *got == Ok(Some(100))));
        assert!(got[1].1 >= at(9_000) && got[2].1 < at(30_000), "{mode:?}: {got:?}");
        let heard = site.server.heard.borrow();
        assert!(heard.len() == 3 && heard[1].2 >= at(9_000), "{mode:?}: {heard:?}");
        assert!(site.server.closed.borrow().is_empty());
    }
}

#[test]
fn a_reset_ends_it_at_the_device_and_the_server_hears_of_it_as_it_sends() {
    for (noticed, told) in [(true, 5_000), (false, 5_100)] {
        for half_open in [HalfOpen::Reset, HalfOpen::Silent] {
            let cut = Outage { noticed, ..outage(5_000, 6_000, OutageMode::Reset) };
            let lost = move |link: &mut Link| {
                link.conditions_mut().add_outages([cut]);
                link.conditions_mut().lose_sessions([at(5_000)]);
            };
            let mut site = Site::with(profile(), TransportOptions { half_open, ..options() }, false, lost);
            site.connect(0);
            site.pushes(20_000, 100);
            let got = site.run();
            assert_eq!(got, [(Err(TransportError::Reset), at(told))]);
            let closed = site.server.closed.borrow();
            let expected = if half_open == HalfOpen::Reset { 20_100 } else { 20_000 + 924_600 };
            assert_eq!(closed.len(), 1);
            assert!(closed[0].1.0.abs_diff(at(expected).0) < 2_000_000_000, "{closed:?}");
        }
    }
}

#[test]
fn a_connection_that_is_half_open_is_known_to_be_by_who_sends() {
    let lost = |link: &mut Link| link.conditions_mut().lose_sessions([at(5_000)]);
    for half_open in [HalfOpen::Reset, HalfOpen::Silent] {
        let mut site = Site::with(profile(), TransportOptions { half_open, ..options() }, false, lost);
        site.connect(0);
        assert_eq!(site.run(), [], "nobody was told");
        let mut site = Site::with(profile(), TransportOptions { half_open, ..options() }, false, lost);
        site.connect(0);
        site.sends(10_000, 100);
        let got = site.run();
        match half_open {
            HalfOpen::Reset => assert_eq!(got, [(Err(TransportError::Reset), at(10_100))]),
            HalfOpen::Silent => {
                assert_eq!(got[0].0, Err(TransportError::Timeout));
                assert!(got[0].1 > at(900_000) && got[0].1 < at(950_000), "{got:?}");
            }
        }
        assert!(site.server.heard.borrow().is_empty() && site.server.closed.borrow().is_empty());
    }
}

#[test]
fn a_middlebox_forgets_what_is_idle_and_messages_keep_it() {
    let forgetful = || Profile { idle_cut: Some(Span::secs(30)), ..profile() };
    let options = || TransportOptions { half_open: HalfOpen::Reset, ..options() };
    let mut site = Site::with(forgetful(), options(), true, |_| ());
    site.connect(0);
    for n in 1..=10 {
        site.sends(n * 25_000, 1);
    }
    site.sends(300_000, 1);
    let got = site.run();
    assert_eq!(got.len(), 11);
    assert!(got[..10].iter().all(|(got, _)| *got == Ok(Some(1))), "{got:?}");
    assert_eq!(got[10], (Err(TransportError::Reset), at(300_100)));
}

#[test]
fn a_proxy_closes_what_is_idle_and_both_ends_are_told() {
    let options = TransportOptions { idle_close: Some(Span::secs(60)), ..options() };
    let mut site = Site::with(profile(), options, true, |_| ());
    site.connect(0);
    site.sends(50_000, 1);
    let got = site.run();
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].0, Err(TransportError::Reset));
    within(got[1].1, 110_150);
    let closed = site.server.closed.borrow();
    assert_eq!(closed.len(), 1);
    within(closed[0].1, 110_100);
}

#[test]
fn each_end_may_close_it_behind_what_was_handed_over() {
    let mut site = Site::new(|_| ());
    site.connect(0);
    site.then(1_000, |site| {
        let line = site.line();
        line.send(vec![0; 10]).expect("it is open");
        line.close();
        assert_eq!((line.closed(), line.send(vec![0])), (Some(Ok(())), Err(TransportError::Reset)));
    });
    assert_eq!(site.run(), [(Ok(None), at(1_000))]);
    assert_eq!(site.server.heard.borrow().len(), 1);
    within(site.server.closed.borrow()[0].1, 1_050);

    let mut site = Site::with(profile(), options(), false, |_| ());
    site.connect(0);
    site.then(1_000, |site| {
        let end = site.server.ends.borrow()[0].clone();
        end.send(vec![0; 10]);
        end.close();
    });
    let got = site.run();
    assert_eq!(got.iter().map(|(got, _)| *got).collect::<Vec<_>>(), [Ok(Some(10)), Ok(None)]);
    assert!(site.server.closed.borrow().is_empty(), "it knows what it has done itself");
}

#[test]
fn the_death_of_the_app_is_heard_by_the_server_but_in_an_outage() {
    for (outages, heard) in
        [(None, Some(1_050)), (Some(OutageMode::Hold), Some(2_050)), (Some(OutageMode::Drop), None)]
    {
        let mut site = Site::with(profile(), options(), false, |link| {
            link.conditions_mut().add_outages(outages.map(|mode| outage(900, 2_000, mode)));
        });
        site.connect(0);
        site.then(1_000, |site| {
            site.handle.kill(site.device);
            site.way.process_died();
        });
        assert!(site.run().is_empty());
        let closed: Vec<Time> = site.server.closed.borrow().iter().map(|(_, at)| *at).collect();
        match heard {
            Some(ms) => within(closed[0], ms),
            None => assert!(closed.is_empty()),
        }
        assert!(closed.len() <= 1);
    }
}

#[test]
fn a_server_that_sends_to_a_dead_app_hears_that_nobody_is_there() {
    let mut site = Site::with(profile(), options(), false, under(outage(900, 2_000, OutageMode::Drop)));
    site.connect(0);
    site.then(1_000, |site| {
        site.handle.kill(site.device);
        site.way.process_died();
    });
    site.pushes(5_000, 10);
    site.run();
    within(site.server.closed.borrow()[0].1, 5_100);
}

#[test]
fn the_death_of_the_server_resets_it_half_a_round_trip_later() {
    let mut site = Site::new(|_| ());
    site.connect(0);
    site.then(1_000, |site| site.way.reset_all());
    assert_eq!(site.run().len(), 1);
    assert_eq!(site.got.borrow()[0].0, Err(TransportError::Reset));
    within(site.got.borrow()[0].1, 1_050);

    // In an outage no message arrives. The next message gets a reset.
    let mut site = Site::with(profile(), options(), false, under(outage(900, 2_000, OutageMode::Drop)));
    site.connect(0);
    site.then(1_000, |site| site.way.reset_all());
    site.sends(10_000, 10);
    let got = site.run();
    assert_eq!((got.len(), got[0].0), (1, Err(TransportError::Reset)));
    assert!(got[0].1 >= at(10_050) && got[0].1 <= at(10_200), "{got:?}");
    assert!(site.server.heard.borrow().is_empty());
}

#[test]
fn the_system_takes_connections_and_the_server_hears_of_it() {
    let mut site = Site::new(|_| ());
    site.connect(0);
    site.then(1_000, |site| site.way.take_sockets());
    assert_eq!(site.run(), [(Err(TransportError::Reset), at(1_000))]);
    within(site.server.closed.borrow()[0].1, 1_050);
}

#[test]
fn who_is_refused_offline_or_behind_a_portal_is_told_so() {
    let mut site = Site::new(|_| ());
    (0..3).for_each(|n| site.connect(n));
    site.run();
    let refused: Vec<bool> = site.lines.borrow().iter().map(|line| line.is_err()).collect();
    assert_eq!(refused, [false, false, true]);
    assert_eq!(site.lines.borrow()[2].as_ref().err(), Some(&TransportError::Refused));
    assert_eq!(site.seen.0.borrow().last(), Some(&HeldEvent::Refused));
    assert!(site.server.closed.borrow().is_empty());

    let portal = During { from: at(0), until: at(10_000), what: () };
    let mut site = Site::new(|link| link.troubles.portals.push(portal));
    site.connect(0);
    site.run();
    assert_eq!(site.lines.borrow()[0].as_ref().err(), Some(&TransportError::Foreign));

    let gone = Outage { noticed: true, ..outage(0, 10_000, OutageMode::Drop) };
    let mut site = Site::new(under(gone));
    site.connect(100);
    site.run();
    assert_eq!(site.lines.borrow()[0].as_ref().err(), Some(&TransportError::Offline));
}

#[test]
fn who_gives_up_waiting_for_a_connection_lets_go_of_it() {
    let lossy = During { from: at(0), until: Time::FAR, what: Ppm::ONE };
    let mut site = Site::new(|link| link.troubles.lossy.push(lossy));
    site.connect(0);
    site.run();
    assert_eq!(site.lines.borrow()[0].as_ref().err(), Some(&TransportError::Timeout));
    let closed = site.server.closed.borrow();
    assert_eq!(closed.len(), 1, "the server had taken it");
    within(closed[0].1, 30_050);
}

#[test]
fn held_connections_take_no_place_of_requests() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let options = TransportOptions { connections: 1, protocol, ..options() };
        let mut bench = Bench::new(profile(), options, |_| ());
        bench.request(at(0), 1_000, 1_000, PATIENT);
        let way = bench.way.clone();
        bench.handle.spawn(bench.device, "app", async move {
            // This server refuses connections.
            let line = way.connect(b"hello".to_vec(), at(60_000)).await;
            assert_eq!(line.err(), Some(TransportError::Refused));
        });
        let ended = bench.run();
        within(ended[0].1, 303);
        assert_eq!(bench.tally.get().connections, 2, "{protocol:?}");
    }
}

#[test]
fn a_radio_that_sleeps_is_woken_by_a_message_from_either_side() {
    let promotion = Some(Promotion { takes: Span::secs(2), after: Span::secs(10) });
    let mut site = Site::with(Profile { promotion, ..profile() }, options(), false, |_| ());
    site.connect(0);
    site.pushes(60_000, 10);
    site.sends(120_000, 10);
    let got = site.run();
    assert!(got[0].1 > at(60_500) && got[0].1 < at(70_000), "{got:?}");
    assert!(site.server.heard.borrow()[0].2 > at(120_500), "{:?}", site.server.heard);
}

proptest! {
    #[test]
    fn what_arrives_is_a_beginning_of_what_was_sent_and_twice_the_same(
        ups in proptest::collection::vec((20_u64..5_000, 20_u64..3_000, 0_u64..3), 1..8),
        sends in proptest::collection::vec((1_000_u64..40_000, 1_usize..20_000, proptest::bool::ANY), 1..25),
        session in 0_u64..60_000, loss in proptest::bool::ANY
    ) {
        let run = || {
            let loss = loss.then_some(crate::net::PacketLoss { p: Ppm(20_000), r: Ppm(800_000), window: None });
            let mut site = Site::with(Profile { loss, ..profile() }, options(), false, |link| {
                let mut now = 0;
                for (up, down, mode) in &ups {
                    let mode = [OutageMode::Drop, OutageMode::Hold, OutageMode::Reset][*mode as usize];
                    link.conditions_mut().add_outages([outage(now + up, now + up + down, mode)]);
                    now += up + down;
                }
                link.conditions_mut().lose_sessions([at(session)]);
            });
            site.connect(0);
            for (ms, bytes, up) in sends.iter().copied() {
                site.then(ms, move |site| {
                    if let Some(Ok(line)) = site.lines.borrow().first().filter(|_| up) {
                        _ = line.send(vec![0; bytes]);
                    }
                    if let Some(end) = site.server.ends.borrow().first().filter(|_| !up) {
                        end.send(vec![0; bytes]);
                    }
                });
            }
            let got = site.run();
            let heard = site.server.heard.borrow().clone();
            let seen = site.seen.0.borrow().clone();
            (got, heard, seen, site.seen.1.get())
        };
        let (got, heard, seen, bytes) = run();
        prop_assert_eq!(&(got.clone(), heard.clone(), seen, bytes), &run());
        let mut sends: Vec<_> = sends.clone();
        sends.sort_by_key(|(ms, ..)| *ms);
        let of = |up: bool| sends.iter().filter(move |(.., one)| *one == up).map(|(_, bytes, _)| *bytes);
        // Some messages were sent before the device's end was open, so nobody received them.
        let is_row = |came: &[usize], sent: Vec<usize>| {
            came.is_empty() || sent.windows(came.len()).any(|row| row == came)
        };
        let down: Vec<usize> = got.iter().filter_map(|(got, _)| (*got).ok().flatten()).collect();
        let up: Vec<usize> = heard.iter().map(|(_, bytes, _)| *bytes).collect();
        prop_assert!(is_row(&down, of(false).collect()) && is_row(&up, of(true).collect()));
        prop_assert!(got.iter().filter(|(got, _)| !matches!(got, Ok(Some(_)))).count() <= 1);
    }
}

/// Phones with one held connection each. The server sends on each every minute for an hour.
fn told_each_minute(phones: usize) {
    let mut sim = Sim::default();
    let handle = sim.handle().clone();
    let (gateway, device) = (handle.node("gateway"), handle.node("devices"));
    let server = Rc::new(Exchange {
        handle: handle.clone(),
        most: phones,
        ends: RefCell::default(),
        heard: RefCell::default(),
        closed: RefCell::default(),
        echoes: false,
    });
    let came = Rc::new(Cell::new(0_u64));
    let ways: Vec<Rc<Way>> = (0..phones as u64)
        .map(|n| {
            let plain = Arc::new(Profile { promotion: None, ..profile() });
            let link = Rc::new(RefCell::new(Link::new(&LinkSchedule::settled(plain), Seed(n), Time::FAR)));
            let seen = Rc::new(Seen::default());
            Way::new(handle.clone(), gateway, link, server.clone(), seen, TransportOptions::default())
        })
        .collect();
    for (n, way) in ways.iter().enumerate() {
        let (way, handle, came) = (way.clone(), handle.clone(), came.clone());
        handle.clone().spawn(device, "app", async move {
            handle.sleep_until(at(n as u64)).await;
            let line = way.connect(b"hello".to_vec(), at(60_000)).await.expect("it is taken");
            while let Ok(Some(_)) = line.receive().await {
                came.set(came.get() + 1);
            }
        });
    }
    let clock = handle.clone();
    handle.spawn(handle.node("world"), "pushes", async move {
        for minute in 1..=60 {
            clock.sleep_until(at(minute * 60_000)).await;
            server.ends.borrow().iter().for_each(|end| end.send(vec![0; 100]));
        }
    });
    sim.run_until(at(3_660_000));
    assert_eq!(came.get(), 60 * phones as u64);
}

#[test]
fn each_of_many_phones_is_told_each_minute() {
    let every = std::env::var_os("SYNCDYNO_EVERY").is_some();
    told_each_minute(if every { 10_000 } else { 100 });
}

#[test]
fn a_held_connection_takes_less_memory_than_a_request_in_flight() {
    let site = Site::new(|_| ());
    let held = size_of::<crate::net::held::Held>();
    // State on the device. The task at the other end is not counted.
    let request = size_of_val(&*site.way.request(Vec::new(), at(1)));
    assert!(held < request, "{held} bytes, {request} for a request");
}
