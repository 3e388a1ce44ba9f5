//! A response that arrives in pieces (streaming).

use std::rc::Rc;

use super::super::conditions::Direction;
use super::super::server::{NoAnswer, Server};
use super::super::transport_options::{Protocol, with_head};
use super::{Exchange, Gone, Way};
use crate::base::{Span, Time};
use crate::contract::TransportError;
use crate::sim::oneshot;

/// Bytes around a chunk: its length and two line ends.
const CHUNK: u64 = 8;
/// Longest wait for the next piece.
const IDLE: Span = Span::secs(86_400);

type Waits = oneshot::Sender<Result<Got, Time>>;

/// A piece, and the channel for the next one.
struct Got {
    bytes: Vec<u8>,
    next: Option<oneshot::Receiver<Result<Got, Time>>>,
}

/// Sends a request and calls `heard` with each piece of its response; the first by `deadline`.
pub(in crate::net) async fn ask(
    way: Rc<Way>,
    (server, request): (Rc<dyn Server>, Vec<u8>),
    deadline: Time,
    mut heard: impl FnMut(Vec<u8>),
) -> Result<(), TransportError> {
    if !way.link.borrow().conditions().seems_up(way.handle.now()) {
        return Err(TransportError::Offline);
    }
    if way.options.protocol == Protocol::Bare {
        return Err(TransportError::Refused);
    }
    let mut lease = way.connection(deadline).await?;
    let (sender, mut waits) = way.handle.oneshot();
    let carried = carry(way.clone(), lease.exchange.clone(), (server, request), sender);
    let mut until = deadline;
    let (_, mut cut) = way.next_cut(until);
    way.handle.spawn(way.gateway, "request", carried);
    loop {
        let Got { bytes, next } = way.answered(waits, cut, until).await?;
        if next.is_some() || !bytes.is_empty() {
            heard(bytes);
        }
        let Some(next) = next else { break };
        waits = next;
        until = way.handle.now() + IDLE;
        (_, cut) = way.next_cut(until);
    }
    lease.answered = true;
    Ok(())
}

/// Runs on whether or not the device still waits.
async fn carry(
    way: Rc<Way>,
    exchange: Rc<Exchange>,
    (server, request): (Rc<dyn Server>, Vec<u8>),
    mut waits: Waits,
) {
    let page = way.link.borrow().in_place(way.handle.now(), request.len() as u64);
    let up = with_head(&request, way.options.header_up);
    if let Err(gone) = way.pass(&exchange, Direction::Up, up).await {
        return gone.tell(waits);
    }
    let mut bytes = match way.served(&server, request, page).await {
        Ok(bytes) => bytes,
        Err(NoAnswer::Lost(lost)) => {
            // The response leaves as usual; the waiting request gives up.
            let down = with_head(&lost, way.options.header_down);
            _ = way.leave(&exchange, Direction::Down, down).await;
            return;
        }
        Err(NoAnswer::Broken(told)) => return breaks(&exchange, told, waits),
    };
    let rest = server.rest(&bytes);
    let mut down = with_head(&bytes, way.options.header_down);
    loop {
        let is_last = rest.is_none() || bytes.is_empty();
        if let Err(gone) = way.pass(&exchange, Direction::Down, down).await {
            return gone.tell(waits);
        }
        let Some(rest) = rest.as_ref().filter(|_| !is_last) else {
            // The receiver may be gone.
            _ = waits.send(Ok(Got { bytes, next: None }));
            return;
        };
        let (sender, next) = way.handle.oneshot();
        _ = waits.send(Ok(Got { bytes, next: Some(next) }));
        waits = sender;
        bytes = match rest.next().await {
            Some(piece) => piece,
            None => return breaks(&exchange, way.told_of_death(), waits),
        };
        down = bytes.len() as u64 + CHUNK;
    }
}

/// The server closes the connection; the device knows at `told`.
fn breaks(exchange: &Exchange, told: Time, waits: Waits) {
    exchange.shared.closed.set(true);
    Gone::Broken(told).tell(waits);
}
