//! The user's own server at the far end of simulated links. In the world (the whole simulation), a
//! message has only a length.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::contract::LocalBoxFuture;
use crate::net::{Rest, Server};
use crate::sim::{Handle, Notify, oneshot};

/// Called with a request's number when the request reaches the server.
pub(super) type Forward = Box<dyn Fn(u64)>;

/// The first bytes of a message in the world. It represents a real message, whose number and status
/// follow.
const MARK: [u8; 8] = *b"\0upstrm\0";
const NUMBER: usize = MARK.len() + 8;
const HEAD: usize = NUMBER + 2;

/// The status of a response and its length in bytes; `None` if the server cannot be reached.
type Said = Option<(u16, u64)>;

/// The user's own server as the simulated links use it.
pub(super) struct UpstreamServer {
    handle: Handle,
    forward: Forward,
    waiting: RefCell<BTreeMap<u64, oneshot::Sender<Said>>>,
    /// The response streams that have not ended.
    streams: RefCell<BTreeMap<u64, Rc<Coming>>>,
}

/// A response stream: the lengths of pieces that have come from the server. A `None` means that the
/// stream broke off.
struct Coming {
    pieces: RefCell<VecDeque<Option<u64>>>,
    changed: Notify,
}

struct Pieces(Rc<Coming>);

impl Rest for Pieces {
    fn next(&self) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let coming = self.0.clone();
        Box::pin(async move {
            loop {
                let piece = coming.pieces.borrow_mut().pop_front();
                if let Some(piece) = piece {
                    return piece.map(|bytes| vec![0; usize::try_from(bytes).unwrap_or_default()]);
                }
                coming.changed.notified().await;
            }
        })
    }
}

/// Builds a message of `bytes` bytes with the number and the status of a real message.
fn numbered(n: u64, status: u16, bytes: u64) -> Vec<u8> {
    let mut message = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX).max(HEAD)];
    message[..MARK.len()].copy_from_slice(&MARK);
    message[MARK.len()..NUMBER].copy_from_slice(&n.to_le_bytes());
    message[NUMBER..HEAD].copy_from_slice(&status.to_le_bytes());
    message
}

/// Reads the number of the real message; `None` if the message does not represent one.
pub(super) fn number(message: &[u8]) -> Option<u64> {
    let rest = message.strip_prefix(&MARK)?;
    Some(u64::from_le_bytes(rest.get(..8)?.try_into().ok()?))
}

impl UpstreamServer {
    pub(super) fn new(handle: Handle, forward: Forward) -> UpstreamServer {
        UpstreamServer { handle, forward, waiting: RefCell::default(), streams: RefCell::default() }
    }
    pub(super) fn request(n: u64, bytes: u64) -> Vec<u8> {
        numbered(n, 0, bytes)
    }
    /// The server has answered with this many bytes. `None` means that it cannot be reached. With
    /// `more`, a stream follows.
    pub(super) fn answers(&self, n: u64, (status, bytes): (u16, Option<u64>), more: bool) {
        if more {
            let coming = Coming { pieces: RefCell::default(), changed: self.handle.notify() };
            self.streams.borrow_mut().insert(n, Rc::new(coming));
        }
        let waiting = self.waiting.borrow_mut().remove(&n);
        // The client may have disconnected.
        waiting.into_iter().for_each(|waiting| _ = waiting.send(bytes.map(|bytes| (status, bytes))));
    }
    /// The next piece of a stream has come, with its length in bytes. 0 is the end, and `None` is a
    /// failure.
    pub(super) fn goes_on(&self, n: u64, bytes: Option<u64>) {
        let coming = self.streams.borrow().get(&n).cloned();
        let Some(coming) = coming else { return };
        if bytes.unwrap_or(0) == 0 {
            self.streams.borrow_mut().remove(&n);
        }
        coming.pieces.borrow_mut().push_back(bytes);
        coming.changed.notify_all();
    }
}

impl Server for UpstreamServer {
    fn rest(&self, answer: &[u8]) -> Option<Rc<dyn Rest>> {
        let coming = self.streams.borrow().get(&number(answer)?).cloned()?;
        Some(Rc::new(Pieces(coming)))
    }
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let Some(n) = number(&request) else { return Box::pin(async { None }) };
        let (sender, receiver) = self.handle.oneshot();
        self.waiting.borrow_mut().insert(n, sender);
        (self.forward)(n);
        Box::pin(async move { receiver.await.flatten().map(|(status, bytes)| numbered(n, status, bytes)) })
    }
}
