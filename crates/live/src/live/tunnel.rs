//! A tunnel (a connection carried as raw bytes) in the world (the whole simulation). It has the
//! number of bytes that each peer sends, and the time at which they arrive at the other. The bytes
//! themselves wait outside the world.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::wire::hash;
use crate::base::{DeviceId, Time};
use crate::contract::{LocalBoxFuture, Slip, Span, TransportError};
use crate::net::{Server, ServerEnd};
use crate::sim::Handle;
use crate::world::{GiveUp, Held, Paced, Sends};

/// An event of a tunnel.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Carried {
    /// The far end has accepted the tunnel.
    Opened,
    /// A piece arrived after `took`: at the far end (`up`), or at the app.
    Bytes { up: bool, bytes: u64, took: Span },
    /// No more bytes come in this direction.
    Shut { up: bool },
    /// The tunnel has ended at the far end.
    Gone,
    /// The tunnel has ended at the app. `bytes` counts both directions, and `hash` covers the
    /// arrival times.
    End { how: Result<(), TransportError>, bytes: u64, hash: u64 },
}

/// The function that receives the events.
pub(super) type Tell = Box<dyn FnMut(Time, Carried)>;

/// The maximum size of a piece, in bytes.
pub(super) const PIECE: u64 = 16 << 10;

struct Inner {
    tell: Tell,
    /// By direction, the send time of each piece that has not arrived yet.
    handed: [VecDeque<Time>; 2],
    bytes: u64,
    hash: u64,
}

impl Inner {
    fn came(&mut self, now: Time, up: bool, bytes: u64) {
        let handed = self.handed[usize::from(up)].pop_front().unwrap_or(now);
        self.bytes += bytes;
        let of = [now.0, bytes, u64::from(up), self.hash].map(u64::to_le_bytes).concat();
        self.hash = hash(&of);
        let carried = match bytes {
            0 => Carried::Shut { up },
            _ => Carried::Bytes { up, bytes, took: now.since(handed) },
        };
        (self.tell)(now, carried);
    }
}

struct FarEnd {
    handle: Handle,
    inner: Rc<RefCell<Inner>>,
    end: RefCell<Option<Rc<dyn ServerEnd>>>,
}

impl Server for FarEnd {
    fn serve(&self, _: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        Box::pin(async { None })
    }
    fn open(&self, _: &[u8], end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        *self.end.borrow_mut() = Some(end);
        (self.inner.borrow_mut().tell)(self.handle.now(), Carried::Opened);
        Some(Ok(0))
    }
    fn message(&self, _: u64, message: Vec<u8>, _: Slip) {
        self.inner.borrow_mut().came(self.handle.now(), true, message.len() as u64);
    }
    fn closed(&self, _: u64) {
        *self.end.borrow_mut() = None;
        (self.inner.borrow_mut().tell)(self.handle.now(), Carried::Gone);
    }
}

pub(super) struct Tunnel {
    far: Rc<FarEnd>,
    sends: Sends,
}

impl Tunnel {
    /// Opens a tunnel from a device. It is cancelled if it is not open at `deadline`.
    pub(super) fn open(
        (paced, handle): (&Paced, Handle),
        device: DeviceId,
        deadline: Time,
        tell: Tell,
    ) -> (Tunnel, GiveUp) {
        let handed = Default::default();
        let inner = Rc::new(RefCell::new(Inner { tell, handed, bytes: 0, hash: 0 }));
        let far = Rc::new(FarEnd { handle, inner: inner.clone(), end: RefCell::default() });
        let heard = move |at: Time, held: Held| match held {
            Held::Message(message) => inner.borrow_mut().came(at, false, message.len() as u64),
            Held::Ended(how) => {
                let mut inner = inner.borrow_mut();
                let (bytes, hash) = (inner.bytes, inner.hash);
                (inner.tell)(at, Carried::End { how, bytes, hash });
            }
        };
        let (give_up, sends) = paced.tunnel((device, far.clone()), deadline, heard);
        (Tunnel { far, sends }, give_up)
    }
    /// Sends bytes from the app (`up`) or from the far end. 0 means that no more bytes come.
    pub(super) fn hands_over(&self, now: Time, up: bool, bytes: u64) {
        let message = vec![0; usize::try_from(bytes.min(PIECE)).unwrap_or_default()];
        let end = self.far.end.borrow().clone();
        if up || end.is_some() {
            self.far.inner.borrow_mut().handed[usize::from(up)].push_back(now);
        }
        match (up, end) {
            (true, _) => self.sends.send(message),
            (false, Some(end)) => end.send(message),
            // The far end has ended already.
            (false, None) => {}
        }
    }
    /// Breaks the tunnel off at the far end.
    pub(super) fn reset_far_end(&self) {
        let end = self.far.end.take();
        if let Some(end) = end {
            end.reset();
            (self.far.inner.borrow_mut().tell)(self.far.handle.now(), Carried::Gone);
        }
    }
}
