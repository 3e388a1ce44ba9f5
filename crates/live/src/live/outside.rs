//! One's own server at the far end of simulated links: what goes there is not in the world, only
//! how long it is.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::contract::LocalBoxFuture;
use crate::net::Server;
use crate::sim::{Handle, oneshot};

/// Is called with the number of a request as that comes to the server.
pub(super) type Forward = Box<dyn Fn(u64)>;

/// What a message in the place of a real one begins with; its number follows.
const MARK: [u8; 8] = *b"\0upstrm\0";
const HEAD: usize = MARK.len() + 8;

/// One's own server, as links see it.
pub(super) struct AtUpstream {
    handle: Handle,
    forward: Forward,
    waiting: std::rc::Rc<RefCell<BTreeMap<u64, oneshot::Sender<Option<u64>>>>>,
}

/// A message of so many bytes with a number in it.
fn numbered(n: u64, bytes: u64) -> Vec<u8> {
    let mut message = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX).max(HEAD)];
    message[..MARK.len()].copy_from_slice(&MARK);
    message[MARK.len()..HEAD].copy_from_slice(&n.to_le_bytes());
    message
}

/// The number of a message, if it stands in the place of a real one.
pub(super) fn number(message: &[u8]) -> Option<u64> {
    let rest = message.strip_prefix(&MARK)?;
    Some(u64::from_le_bytes(rest.get(..8)?.try_into().ok()?))
}

impl AtUpstream {
    pub(super) fn new(handle: Handle, forward: Forward) -> AtUpstream {
        AtUpstream { handle, forward, waiting: std::rc::Rc::default() }
    }
    pub(super) fn request(n: u64, bytes: u64) -> Vec<u8> {
        numbered(n, bytes)
    }
    /// The server has answered with so many bytes, or is not there.
    pub(super) fn answers(&self, n: u64, bytes: Option<u64>) {
        let waiting = self.waiting.borrow_mut().remove(&n);
        // Who asked may be gone.
        waiting.into_iter().for_each(|waiting| _ = waiting.send(bytes));
    }
}

impl Server for AtUpstream {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let Some(n) = number(&request) else { return Box::pin(async { None }) };
        let (sender, receiver) = self.handle.oneshot();
        self.waiting.borrow_mut().insert(n, sender);
        (self.forward)(n);
        Box::pin(async move { receiver.await.flatten().map(|bytes| numbered(n, bytes)) })
    }
}
