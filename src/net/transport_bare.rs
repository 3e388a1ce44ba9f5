//! Messages without connections: round trip plus bytes over rate.

use std::rc::Rc;

use super::conditions::Direction;
use super::link::Fate;
use super::server::{NoAnswer, Server, ended};
use super::tcp::Traffic;
use super::transport::Way;
use crate::base::Time;
use crate::contract::{DropReason, Event, TransportError};
use crate::sim::oneshot;

impl Way {
    /// Books a message that begins now, of its `size` bytes those that leave before its device
    /// gives up or its way breaks: there are no packets.
    fn sent_bare(&self, direction: Direction, size: u64, deadline: Time) {
        let (now, link) = (self.handle.now(), self.link.borrow());
        // What begins on a broken way leaves for nothing.
        let broken_at = link.next_break(now).filter(|at| *at > now).unwrap_or(Time::FAR);
        let bytes = link.leaves_within(now, direction, size, deadline.min(broken_at));
        self.sent(direction, Traffic { bytes, ..Traffic::default() });
    }

    /// Carries a request to the server and its answer back. What happens here happens whether or
    /// not the device's process is still alive.
    async fn carry_bare(
        self: Rc<Self>,
        (server, request): (Rc<dyn Server>, Vec<u8>),
        arrives: Time,
        (broken_at, deadline): (Time, Time),
        answer: oneshot::Sender<Result<Vec<u8>, Time>>,
    ) {
        let page = self.link.borrow().in_place(self.handle.now(), request.len() as u64);
        self.handle.sleep_until(arrives).await;
        let bytes = match self.served(&*server, request, page).await {
            // The way that the request came by is gone.
            Ok(bytes) if self.handle.now() >= broken_at => {
                let dropped = Event::MessageDropped { reason: DropReason::Outage, bytes: bytes.len() as u64 };
                return self.events.emit(dropped);
            }
            Ok(bytes) => bytes,
            Err(NoAnswer::Lost(_)) if self.handle.now() >= broken_at => return,
            Err(NoAnswer::Lost(bytes)) => return self.sent_bare(Direction::Down, bytes, deadline),
            Err(NoAnswer::Broken(told)) => return drop(answer.send(Err(told))),
        };
        let (now, size) = (self.handle.now(), bytes.len() as u64);
        self.sent_bare(Direction::Down, size, deadline);
        let fate = self.link.borrow_mut().send(now, Direction::Down, size);
        match fate {
            Fate::Arrives(at) => {
                self.handle.sleep_until(at).await;
                // Nobody may be waiting any more.
                let _ = answer.send(Ok(bytes));
            }
            Fate::Breaks(at) => {
                self.events.emit(Event::MessageDropped { reason: DropReason::Outage, bytes: size });
                let _ = answer.send(Err(at));
            }
        }
    }

    pub(super) async fn exchange_bare(
        self: Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
    ) -> Result<Vec<u8>, TransportError> {
        let now = self.handle.now();
        let size = request.len() as u64;
        self.sent_bare(Direction::Up, size, deadline);
        let fate = self.link.borrow_mut().send(now, Direction::Up, size);
        let broken_at = self.link.borrow().next_break(now).unwrap_or(Time::FAR);
        let arrives = match fate {
            Fate::Arrives(at) => at,
            Fate::Breaks(at) => {
                self.events.emit(Event::MessageDropped { reason: DropReason::Outage, bytes: size });
                self.handle.sleep_until(at.min(deadline)).await;
                return Err(ended(at, deadline));
            }
        };
        let (sender, receiver) = self.handle.oneshot();
        self.handle.spawn(
            self.gateway,
            "request",
            self.clone().carry_bare((server, request), arrives, (broken_at, deadline), sender),
        );
        self.answered(receiver, broken_at, deadline).await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::sync::Arc;

    use super::super::link::Link;
    use super::super::link_state::LinkSchedule;
    use super::super::options::{Outage, OutageMode, Profile};
    use super::super::transport_options::TransportOptions;
    use super::*;
    use crate::base::{BitRate, Seed, Span};
    use crate::contract::{EventSink, LocalBoxFuture, Transport};
    use crate::sim::{Handle, Sim, SimOptions};

    struct Echo(Handle, Rc<Cell<u32>>);
    impl Server for Echo {
        fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
            self.1.set(self.1.get() + 1);
            let handle = self.0.clone();
            Box::pin(async move {
                handle.sleep(Span::millis(100)).await;
                Some(request)
            })
        }
    }
    struct Mortal(Handle);
    impl Server for Mortal {
        fn serve(&self, _: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
            let handle = self.0.clone();
            Box::pin(async move {
                handle.sleep(Span::millis(100)).await;
                None
            })
        }
    }
    struct Deaf;
    impl EventSink for Deaf {
        fn emit(&self, _: Event<'_>) {}
    }

    /// Bytes sent up, sent down and dropped.
    #[derive(Default)]
    struct Book(Cell<[u64; 3]>);
    impl EventSink for Book {
        fn emit(&self, event: Event<'_>) {
            let [up, down, dropped] = self.0.get();
            self.0.set(match event {
                Event::PacketsSent { up: true, packets: 0, retransmitted: 0, bytes } => {
                    [up + bytes, down, dropped]
                }
                Event::PacketsSent { up: false, packets: 0, retransmitted: 0, bytes } => {
                    [up, down + bytes, dropped]
                }
                Event::MessageDropped { bytes, .. } => [up, down, dropped + bytes],
                _ => panic!("bare messages have no connections and no packets"),
            });
        }
    }

    fn schedule() -> LinkSchedule {
        let rate = BitRate(8_000_000);
        LinkSchedule::settled(Arc::new(Profile::steady("plain", Span::millis(100), rate, rate)))
    }

    /// One request of 1 000 bytes at 0 with a deadline at 1 s: its result, when it came, and how
    /// often the server worked.
    fn one_request(conditions: impl FnOnce(&mut Link)) -> (Result<usize, TransportError>, Time, u32) {
        let served = Rc::new(Cell::new(0));
        let (result, at) = one_request_to(|handle| Rc::new(Echo(handle, served.clone())), conditions);
        (result, at, served.get())
    }

    fn one_request_to(
        server: impl FnOnce(Handle) -> Rc<dyn Server>,
        conditions: impl FnOnce(&mut Link),
    ) -> (Result<usize, TransportError>, Time) {
        one_request_told(server, conditions, Rc::new(Deaf))
    }

    /// The same, told to `events`.
    fn one_request_told(
        server: impl FnOnce(Handle) -> Rc<dyn Server>,
        conditions: impl FnOnce(&mut Link),
        events: Rc<dyn EventSink>,
    ) -> (Result<usize, TransportError>, Time) {
        let mut sim = Sim::new(SimOptions::default());
        let handle = sim.handle().clone();
        let (gateway, device) = (handle.node("gateway"), handle.node("device"));
        let mut link = Link::new(&schedule(), Seed(1), Time::FAR);
        conditions(&mut link);
        let server = server(handle.clone());
        let link = Rc::new(RefCell::new(link));
        let way = Way::new(handle.clone(), gateway, link, server, events, TransportOptions::bare());
        let result = Rc::new(Cell::new(None));
        let told = result.clone();
        handle.spawn(device, "device", async move {
            let answer = way.request(vec![0; 1_000], Time::ZERO + Span::secs(1)).await;
            told.set(Some((answer.map(|bytes| bytes.len()), way.handle.now())));
        });
        sim.run_until(Time::ZERO + Span::secs(60));
        result.take().expect("the request ended")
    }

    fn at(ms: u64) -> Time {
        Time::ZERO + Span::millis(ms)
    }

    #[test]
    fn an_answer_takes_both_ways_and_the_servers_time() {
        assert_eq!(one_request(|_| ()), (Ok(1_000), at(202), 1));
    }

    #[test]
    fn without_a_network_nothing_is_sent() {
        let gone = Outage { from: at(0), until: at(500), mode: OutageMode::Drop, noticed: true };
        assert_eq!(
            one_request(|link| link.conditions_mut().add_outages([gone])),
            (Err(TransportError::Offline), at(0), 0)
        );
    }

    #[test]
    fn a_lost_answer_is_a_timeout_although_the_server_worked() {
        let lossy = super::super::link::LossyTime { from: at(0), until: at(900), loss_ppm: 1_000_000 };
        assert_eq!(one_request(|link| link.add_lossy(lossy)), (Err(TransportError::Timeout), at(1_000), 1));
    }

    #[test]
    fn messages_are_booked_with_their_bytes_and_without_packets() {
        let gone = |mode, noticed| Outage { from: at(0), until: at(5_000), mode, noticed };
        let lossy = super::super::link::LossyTime { from: at(0), until: at(900), loss_ppm: 1_000_000 };
        type Trouble = Box<dyn FnOnce(&mut Link)>;
        let cases: [(Trouble, [u64; 3]); 4] = [
            (Box::new(|_| ()), [1_000, 1_000, 0]),
            (Box::new(move |link| link.add_lossy(lossy)), [1_000, 1_000, 1_000]),
            (
                Box::new(move |link| link.conditions_mut().add_outages([gone(OutageMode::Reset, false)])),
                [1_000, 0, 1_000],
            ),
            (
                Box::new(move |link| link.conditions_mut().add_outages([gone(OutageMode::Drop, true)])),
                [0, 0, 0],
            ),
        ];
        for (n, (trouble, booked)) in cases.into_iter().enumerate() {
            let book = Rc::new(Book::default());
            _ = one_request_told(|handle| Rc::new(Echo(handle, Rc::default())), trouble, book.clone());
            assert_eq!(book.0.get(), booked, "case {n}");
        }
    }

    #[test]
    fn a_message_is_booked_as_far_as_it_leaves_before_its_device_gives_up_or_its_way_breaks() {
        struct Long;
        impl Server for Long {
            fn serve(&self, _: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
                Box::pin(async { Some(vec![0; 10_000_000]) })
            }
        }
        let book = Rc::new(Book::default());
        let (result, _) = one_request_told(|_| Rc::new(Long), |_| (), book.clone());
        assert_eq!(result, Err(TransportError::Timeout));
        // The request arrives after 1 ms and half a round trip, and the device waits for a second.
        assert_eq!(book.0.get(), [1_000, 949_000, 0]);
        let cut = Outage { from: at(500), until: at(900), mode: OutageMode::Reset, noticed: false };
        let book = Rc::new(Book::default());
        let conditions = |link: &mut Link| link.conditions_mut().add_outages([cut]);
        let (result, _) = one_request_told(|_| Rc::new(Long), conditions, book.clone());
        assert_eq!(result, Err(TransportError::Reset));
        // What was dropped is told whole.
        assert_eq!(book.0.get(), [1_000, 449_000, 10_000_000]);
    }

    #[test]
    fn an_answer_that_begins_after_its_way_broke_is_not_sent_and_holds_up_nobody() {
        let cut = Outage { from: at(120), until: at(140), mode: OutageMode::Reset, noticed: false };
        let book = Rc::new(Book::default());
        let echo = |handle| -> Rc<dyn Server> { Rc::new(Echo(handle, Rc::default())) };
        let ended = one_request_told(echo, |link| link.conditions_mut().add_outages([cut]), book.clone());
        assert_eq!(ended, (Err(TransportError::Reset), at(120)));
        // The server ends its work at 151 ms, when the link is whole again.
        assert_eq!(book.0.get(), [1_000, 0, 1_000]);
    }

    #[test]
    fn a_reset_ends_the_request_at_once_and_the_server_may_have_worked() {
        for (from, served) in [(20, 0), (120, 1), (180, 1)] {
            let cut = Outage { from: at(from), until: at(400), mode: OutageMode::Reset, noticed: false };
            let ended = one_request(|link| link.conditions_mut().add_outages([cut]));
            assert_eq!(ended, (Err(TransportError::Reset), at(from), served), "cut at {from} ms");
        }
    }

    #[test]
    fn a_server_that_dies_breaks_its_connections_half_a_round_trip_later() {
        let ended = one_request_to(|handle| Rc::new(Mortal(handle)), |_| ());
        assert_eq!(ended, (Err(TransportError::Reset), at(201)));
    }

    #[test]
    fn a_long_silence_is_a_timeout() {
        let silence = Outage { from: at(10), until: at(5_000), mode: OutageMode::Hold, noticed: false };
        assert_eq!(
            one_request(|link| link.conditions_mut().add_outages([silence])),
            (Err(TransportError::Timeout), at(1_000), 1)
        );
    }
}
