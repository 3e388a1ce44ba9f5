//! The engines, a file each.

mod automerge;
mod loro;
#[cfg(test)]
mod tests;
mod yrs;

use syncdyno::contract::{Capabilities, Merge, Stack};

use crate::document::{Reader, Writer, stack};

/// What makes each of them.
pub(crate) const LIST: [fn() -> Stack; 4] = [automerge, loro, sessions, yrs];

/// Automerge: its sync protocol, a map a row.
pub fn automerge() -> Stack {
    stack::<automerge::Rows>("automerge", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// Loro: version vectors and what is missing, a map a row.
pub fn loro() -> Stack {
    stack::<loro::Rows>("loro", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// SQLite's session extension: changesets, and a log of them.
pub fn sessions() -> Stack {
    crate::sessions::stack()
}

/// Yrs, which is Yjs in Rust: state vectors and what is missing, a map a row.
pub fn yrs() -> Stack {
    stack::<yrs::Rows>("yrs", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// What is known of the other side: what it has, and whether it has to be told something.
pub(crate) struct Peer<V> {
    has: V,
    owed: bool,
}

impl<V> Peer<V> {
    /// It tells at first what it has, and so does an answer.
    fn new(has: V) -> Peer<V> {
        Peer { has, owed: true }
    }
    /// Whether the next message is sent; `asks` if the other side has to be asked anyway.
    fn is_told(&mut self, asks: bool) -> bool {
        std::mem::take(&mut self.owed) || asks
    }
}

/// A message: what a side has, and what the other lacks.
fn message(has: &[u8], updates: &[u8]) -> Vec<u8> {
    let mut message = Writer::default();
    message.bytes(has);
    message.bytes(updates);
    message.0
}

fn parts(message: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let mut from = Reader(message);
    from.bytes().zip(from.bytes()).ok_or_else(|| "it is cut short".to_owned())
}

/// What documents promise here: none has a log or a status.
const PROMISES: Capabilities =
    Capabilities { acknowledges: true, stamps: true, prompt: true, ..Capabilities::NONE };
