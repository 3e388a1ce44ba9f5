//! Messages without connections: round trip plus bytes over rate.

use std::rc::Rc;

use super::conditions::Direction;
use super::server::{NoAnswer, Server, ended};
use super::tcp::Traffic;
use super::transport::Way;
use crate::base::Time;
use crate::contract::{DropReason, Event, Response};
use crate::sim::oneshot;

impl Way {
    /// Books what of a message leaves before its device gives up or its way breaks.
    fn sent_bare(&self, direction: Direction, size: u64, deadline: Time) {
        let (now, link) = (self.handle.now(), self.link.borrow());
        // What begins on a broken way leaves for nothing.
        let broken_at = link.next_break(now).filter(|at| *at > now).unwrap_or(Time::FAR);
        let bytes = link.leaves_within(now, direction, size, deadline.min(broken_at));
        self.sent(direction, Traffic { bytes, ..Traffic::default() }, false);
    }

    /// What happens here happens whether or not the device's process is still alive.
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
                return self.events.observe(dropped);
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
            Ok(at) => {
                self.handle.sleep_until(at).await;
                // Nobody may be waiting any more.
                let _ = answer.send(Ok(bytes));
            }
            Err(at) => {
                self.events.observe(Event::MessageDropped { reason: DropReason::Outage, bytes: size });
                let _ = answer.send(Err(at));
            }
        }
    }

    pub(super) async fn exchange_bare(
        self: Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
    ) -> Response {
        let now = self.handle.now();
        let size = request.len() as u64;
        self.sent_bare(Direction::Up, size, deadline);
        let fate = self.link.borrow_mut().send(now, Direction::Up, size);
        let broken_at = self.link.borrow().next_break(now).unwrap_or(Time::FAR);
        let arrives = match fate {
            Ok(at) => at,
            Err(at) => {
                self.events.observe(Event::MessageDropped { reason: DropReason::Outage, bytes: size });
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
