//! How a server sends to phones at any time.

use crate::contract::device::Slip;

/// A connection that a phone holds. Numbers are unique over all processes of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A request that is answered later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A server's reply to a request that it has served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The response is ready.
    Now(Vec<u8>),
    /// [`Phones::answer`] will bring the response: long polling. If the phone no longer waits, the
    /// response is lost and the server does not learn of it.
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

/// The way from a server half to its phones, at any time.
///
/// Messages sent while the half serves a request or a message leave when that is done. They are
/// dropped if the backend failed or was too late.
pub trait Phones {
    /// Sends a message after those sent before; false if the server knows that the connection has
    /// ended. True does not mean that it arrives.
    fn send(&self, connection: ConnectionId, message: Vec<u8>) -> bool;
    /// The same with a slip beside the message, for a protocol that does not name edits.
    fn send_with(&self, connection: ConnectionId, message: Vec<u8>, slip: Slip) -> bool {
        drop(slip);
        self.send(connection, message)
    }
    /// Closes a connection after the messages sent before.
    fn close(&self, connection: ConnectionId);
    /// A ticket for the current request, for [`Reply::Later`].
    fn ticket(&self) -> Ticket;
    /// Answers the request that waits for this ticket. Only the first response is sent.
    fn answer(&self, ticket: Ticket, answer: Vec<u8>);
}
