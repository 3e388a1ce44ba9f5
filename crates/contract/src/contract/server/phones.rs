//! How a server sends messages to phones at any time.
//!
//! A *slip* is metadata of the bench that travels with a message and is not in its bytes.

use crate::contract::device::Slip;

/// A connection that a phone holds. The number is unique over all processes of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A request whose response comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A server's reply to a request that it has served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The response is ready.
    Now(Vec<u8>),
    /// The response comes later, through [`Phones::answer`]: long polling. If the phone no longer
    /// waits, the response is lost, and the server does not learn this.
    Later(Ticket),
}

impl Reply {
    /// The response; empty if it comes later.
    pub fn into_bytes(self) -> Vec<u8> {
        if let Reply::Now(answer) = self { answer } else { Vec::new() }
    }
}

impl From<Vec<u8>> for Reply {
    fn from(answer: Vec<u8>) -> Reply {
        Reply::Now(answer)
    }
}

/// The channel through which a server half sends to its phones at any time.
///
/// Messages that the half sends while it handles a request or a message wait until that is done.
/// They are dropped if the backend failed or was too late.
pub trait Phones {
    /// Sends a message after those sent before. Returns false if the server knows that the
    /// connection has ended. True does not mean that the message arrives.
    fn send(&self, connection: ConnectionId, message: Vec<u8>) -> bool;
    /// Like [`send`](Phones::send), with a slip beside the message, for a protocol that does not
    /// identify edits.
    fn send_with(&self, connection: ConnectionId, message: Vec<u8>, slip: Slip) -> bool {
        drop(slip);
        self.send(connection, message)
    }
    /// Closes a connection after the messages sent before.
    fn close(&self, connection: ConnectionId);
    /// A ticket for the current request, for [`Reply::Later`].
    fn ticket(&self) -> Ticket;
    /// Sends the response to the request that waits for this ticket. Only the first response is
    /// sent.
    fn answer(&self, ticket: Ticket, answer: Vec<u8>);
}
