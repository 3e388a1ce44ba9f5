//! What a server may say to phones of its own accord.

use crate::contract::device::Slip;

/// A connection that a phone holds: of all of them, in all lives of the server, no two have one
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A request that is answered later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What a server says to a request that it has served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Now(Vec<u8>),
    /// [`Phones::answer`] brings the answer: long polling. A phone that does not wait any more is
    /// seen by nobody; its answer is lost.
    Later(Ticket),
}

impl Reply {
    /// The answer; nothing if it comes later.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Reply::Now(answer) => answer,
            Reply::Later(_) => Vec::new(),
        }
    }
}

impl From<Vec<u8>> for Reply {
    fn from(answer: Vec<u8>) -> Reply {
        Reply::Now(answer)
    }
}

/// The way from a server half to its phones, at any time.
///
/// What is said while the half answers a request or takes a message leaves when that is done, and
/// is thrown away if the backend failed or was too late.
pub trait Phones {
    /// Hands over a message, which leaves behind those before it; false if the server knows that
    /// the connection has ended. That it was taken says nothing of its arrival.
    fn send(&self, connection: ConnectionId, message: Vec<u8>) -> bool;
    /// The same with a slip beside the message, for a protocol that names no edits.
    fn send_with(&self, connection: ConnectionId, message: Vec<u8>, slip: Slip) -> bool {
        drop(slip);
        self.send(connection, message)
    }
    /// Closes a connection behind what was handed over.
    fn close(&self, connection: ConnectionId);
    /// A ticket for the request under way, for [`Reply::Later`].
    fn ticket(&self) -> Ticket;
    /// Answers the request that waits for this ticket; another answer than its first goes nowhere.
    fn answer(&self, ticket: Ticket, answer: Vec<u8>);
}
