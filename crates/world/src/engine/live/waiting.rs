//! Waits of a listener: for a piece of a response, a message, a timer, or a signal.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use crate::base::Time;
use crate::contract::{Clock, Connection, LocalBoxFuture, PendingEnd, TransportError};
use crate::engine::tasks::Signal;

/// The response to a held request.
pub(super) struct Held {
    came: Rc<RefCell<VecDeque<Vec<u8>>>>,
    ends: PendingEnd,
    /// The end of the response. Pieces that arrived earlier are delivered first.
    ended: Option<Result<(), TransportError>>,
}

/// The next event for a listener.
pub(super) enum Next {
    /// A message or a piece of a response.
    Message(Vec<u8>),
    /// The response or the connection has ended.
    End(Result<(), TransportError>),
    /// The phone has other cursors to tell the server.
    Renewal,
    /// The given time is reached.
    Timer,
}

impl Held {
    /// A response whose pieces arrive in `came` until the future `ends` completes.
    pub(super) fn new(came: Rc<RefCell<VecDeque<Vec<u8>>>>, ends: PendingEnd) -> Held {
        Held { came, ends, ended: None }
    }

    /// Waits for the next piece, the end of the response, the signal `renews`, or the time `until`.
    pub(super) async fn next(&mut self, clock: &Rc<dyn Clock>, until: Time, renews: &Signal) -> Next {
        let mut timer = timer(clock, until);
        let mut renewed = pin!(renews.wait());
        poll_fn(|context| {
            if self.ended.is_none()
                && let Poll::Ready(end) = self.ends.as_mut().poll(context)
            {
                self.ended = Some(end);
            }
            if let Some(piece) = self.came.borrow_mut().pop_front() {
                return Poll::Ready(Next::Message(piece));
            }
            match self.ended {
                Some(end) => Poll::Ready(Next::End(end)),
                None if renewed.as_mut().poll(context).is_ready() => Poll::Ready(Next::Renewal),
                None => timer.as_mut().poll(context).map(|()| Next::Timer),
            }
        })
        .await
    }
}

/// Waits for the next message of a connection, its end, the signal `renews`, or the time `until`.
pub(super) async fn next_message(
    line: &dyn Connection,
    clock: &Rc<dyn Clock>,
    until: Time,
    renews: &Signal,
) -> Next {
    let mut received = line.receive();
    let mut timer = timer(clock, until);
    let mut renewed = pin!(renews.wait());
    poll_fn(|context| match received.as_mut().poll(context) {
        Poll::Ready(Ok(Some(message))) => Poll::Ready(Next::Message(message)),
        Poll::Ready(Ok(None)) => Poll::Ready(Next::End(Ok(()))),
        Poll::Ready(Err(error)) => Poll::Ready(Next::End(Err(error))),
        Poll::Pending if renewed.as_mut().poll(context).is_ready() => Poll::Ready(Next::Renewal),
        Poll::Pending => timer.as_mut().poll(context).map(|()| Next::Timer),
    })
    .await
}

/// Completes at this time; never completes if the time is `Time::FAR`.
pub(super) fn timer(clock: &Rc<dyn Clock>, until: Time) -> LocalBoxFuture<'static, ()> {
    if until == Time::FAR { Box::pin(std::future::pending()) } else { clock.sleep_until(until) }
}

/// Completes when the signal is raised or `over` completes.
pub(super) async fn either(signal: &Signal, over: impl Future<Output = ()>) {
    let mut raised = pin!(signal.wait());
    let mut over = pin!(over);
    poll_fn(|context| {
        if raised.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        over.as_mut().poll(context)
    })
    .await;
}
