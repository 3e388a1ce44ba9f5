//! A response that arrives in pieces (streaming).

use std::rc::Rc;

use super::super::conditions::Direction;
use super::super::server::Server;
use super::super::transport_options::with_head;
use super::{Exchange, Gone, Way};
use crate::base::{Span, Time};
use crate::contract::TransportError;
use crate::sim::oneshot;

/// Extra bytes of a chunk: its length and two line ends.
const CHUNK: u64 = 8;
/// Longest wait for the next piece.
const IDLE: Span = Span::secs(86_400);

type Waits = oneshot::Sender<Result<Got, Time>>;

/// A piece, and the channel for the next one.
struct Got {
    bytes: Vec<u8>,
    next: Option<oneshot::Receiver<Result<Got, Time>>>,
}

/// Calls `heard` with each piece of the request's response. The first must come by `deadline`.
pub(crate) async fn ask(
    way: Rc<Way>,
    (server, request): (Rc<dyn Server>, Vec<u8>),
    deadline: Time,
    mut heard: impl FnMut(Vec<u8>),
) -> Result<(), TransportError> {
    way.needs_connections()?;
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

/// Transmits the pieces. Continues even if the device does not wait any more.
async fn carry(
    way: Rc<Way>,
    exchange: Rc<Exchange>,
    (server, request): (Rc<dyn Server>, Vec<u8>),
    mut waits: Waits,
) {
    let mut bytes = match way.fetched(&exchange, &server, request).await {
        Ok(bytes) => bytes,
        Err(gone) => return gone.tell(waits),
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
        let Some(piece) = rest.next().await else {
            exchange.shared.closed.set(true);
            return Gone::Broken(way.told_of_death()).tell(waits);
        };
        bytes = piece;
        down = bytes.len() as u64 + CHUNK;
    }
}
