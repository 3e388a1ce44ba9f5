//! The response to a held request (a request that stays open for announcements). It comes in
//! pieces.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::{Span, Time};
use crate::contract::LocalBoxFuture;
use crate::net::Rest;
use crate::protocol::PONG;
use crate::sim::{Handle, Notify};

/// Pieces of the response that have not been sent yet.
pub(crate) struct Pieces {
    handle: Handle,
    /// True if the response ends with its first announcement.
    once: bool,
    /// If no piece was sent for this time, a keep-alive piece follows. 0 means never.
    beat: Span,
    waiting: RefCell<VecDeque<Vec<u8>>>,
    was_added: Cell<bool>,
    is_broken: Cell<bool>,
    changed: Notify,
}

impl Pieces {
    pub(crate) fn new(handle: &Handle, once: bool, beat: Span) -> Rc<Pieces> {
        let (waiting, was_added, is_broken) = Default::default();
        let changed = handle.notify();
        Rc::new(Pieces { handle: handle.clone(), once, beat, waiting, was_added, is_broken, changed })
    }
    /// True if no more pieces can be added.
    pub(crate) fn is_over(&self) -> bool {
        self.is_broken.get() || self.once && self.was_added.get()
    }
    pub(crate) fn add(&self, piece: Vec<u8>) {
        self.was_added.set(true);
        self.waiting.borrow_mut().push_back(piece);
        self.changed.notify_all();
    }
    pub(crate) fn break_off(&self) {
        self.is_broken.set(true);
        self.changed.notify_all();
    }
    async fn next(&self) -> Option<Vec<u8>> {
        loop {
            if self.is_broken.get() {
                return None;
            }
            let next = self.waiting.borrow_mut().pop_front();
            if next.is_some() || self.is_over() {
                return Some(next.unwrap_or_default());
            }
            let beats_at = if self.beat > Span::ZERO { self.handle.now() + self.beat } else { Time::FAR };
            if self.handle.timeout(beats_at, self.changed.notified()).await.is_err() {
                return Some(PONG.to_vec());
            }
        }
    }
}

/// Gives the pieces of one response to the link. If the link gives up, the server stops.
pub(crate) struct Answering {
    pub(crate) pieces: Rc<Pieces>,
    pub(crate) hangs_up: Box<dyn Fn()>,
}

impl Rest for Answering {
    fn next(&self) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let pieces = self.pieces.clone();
        Box::pin(async move { pieces.next().await })
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // After a panic, do not touch the simulation: it might panic again.
        if !std::thread::panicking() {
            (self.hangs_up)();
        }
    }
}
