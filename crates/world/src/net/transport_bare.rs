//! Messages without connections. Their time is the round trip plus bytes over rate.

use std::rc::Rc;

use super::conditions::Direction;
use super::server::{NoAnswer, Server, ended};
use super::tcp::Traffic;
use super::transport::Way;
use crate::base::Time;
use crate::contract::{DropReason, Response};
use crate::sim::oneshot;

/// Counts the bytes of a message that leave before its device gives up or the link breaks.
fn sent_bare(way: &Way, direction: Direction, size: u64, deadline: Time) {
    let (now, link) = (way.handle.now(), way.link.borrow());
    // Bytes that start while the link is broken still leave, and are wasted.
    let broken_at = link.next_break(now).filter(|at| *at > now).unwrap_or(Time::FAR);
    let bytes = link.leaves_within(now, direction, size, deadline.min(broken_at));
    way.sent(direction, Traffic { bytes, ..Traffic::default() }, false);
}

/// Transmits a message. Continues even if the device's process dies.
async fn carry_bare(
    way: Rc<Way>,
    (server, request): (Rc<dyn Server>, Vec<u8>),
    arrives: Time,
    (broken_at, deadline): (Time, Time),
    answer: oneshot::Sender<Result<Vec<u8>, Time>>,
) {
    let page = way.link.borrow().in_place(way.handle.now(), request.len() as u64);
    way.handle.sleep_until(arrives).await;
    let bytes = match way.served(&server, request, page).await {
        // The link broke meanwhile, so the response cannot return.
        Ok(bytes) if way.handle.now() >= broken_at => {
            return way.dropped(DropReason::Outage, bytes.len() as u64);
        }
        Ok(bytes) => bytes,
        Err(NoAnswer::Lost(_)) if way.handle.now() >= broken_at => return,
        Err(NoAnswer::Lost(lost)) => return sent_bare(&way, Direction::Down, lost.len() as u64, deadline),
        Err(NoAnswer::Broken(told)) => return drop(answer.send(Err(told))),
    };
    let (now, size) = (way.handle.now(), bytes.len() as u64);
    sent_bare(&way, Direction::Down, size, deadline);
    let fate = way.link.borrow_mut().send(now, Direction::Down, size);
    match fate {
        Ok(at) => {
            way.handle.sleep_until(at).await;
            // The receiver may be gone.
            let _ = answer.send(Ok(bytes));
        }
        Err(at) => {
            way.dropped(DropReason::Outage, size);
            let _ = answer.send(Err(at));
        }
    }
}

pub(super) async fn exchange_bare(
    way: Rc<Way>,
    server: Rc<dyn Server>,
    request: Vec<u8>,
    deadline: Time,
) -> Response {
    let now = way.handle.now();
    let size = request.len() as u64;
    sent_bare(&way, Direction::Up, size, deadline);
    let fate = way.link.borrow_mut().send(now, Direction::Up, size);
    let broken_at = way.link.borrow().next_break(now).unwrap_or(Time::FAR);
    let arrives = match fate {
        Ok(at) => at,
        Err(at) => {
            way.dropped(DropReason::Outage, size);
            way.handle.sleep_until(at.min(deadline)).await;
            return Err(ended(at, deadline));
        }
    };
    let (sender, receiver) = way.handle.oneshot();
    way.handle.spawn(
        way.gateway,
        "request",
        carry_bare(way.clone(), (server, request), arrives, (broken_at, deadline), sender),
    );
    way.answered(receiver, broken_at, deadline).await
}
