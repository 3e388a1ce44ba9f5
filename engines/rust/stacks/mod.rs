//! The engines, one per file.

mod automerge;
mod loro;
#[cfg(test)]
mod tests;
mod yrs;

use syncdyno::contract::{Capabilities, Merge, Stack};

use crate::document::{Reader, Writer, stack};

/// The functions that make the engines' stacks.
pub(crate) const LIST: [fn() -> Stack; 4] = [automerge, loro, sessions, yrs];

/// Automerge with its sync protocol and one map per row.
pub fn automerge() -> Stack {
    stack::<automerge::Rows>("automerge", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// Loro with version vectors, missing changes and one map per row.
pub fn loro() -> Stack {
    stack::<loro::Rows>("loro", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// SQLite's session extension with a log of changesets.
pub fn sessions() -> Stack {
    crate::sessions::stack()
}

/// Yrs (Yjs in Rust) with state vectors, missing changes and one map per row.
pub fn yrs() -> Stack {
    stack::<yrs::Rows>("yrs", Capabilities { merge: Merge::Converges, ..PROMISES })
}

/// The other side of a session: its version, and true in `owed` if it must get a message.
pub(crate) struct Peer<V> {
    has: V,
    owed: bool,
}

impl<V> Peer<V> {
    /// The first message of each side is always sent.
    fn new(has: V) -> Peer<V> {
        Peer { has, owed: true }
    }
    /// True if the next message must be sent: it is owed, or `asks` is set.
    fn take_should_send(&mut self, asks: bool) -> bool {
        std::mem::take(&mut self.owed) || asks
    }
}

/// A message: the version of this side, and the changes that the other side lacks.
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

/// The capabilities of these engines. None has a log for its users, or a sync status.
const PROMISES: Capabilities =
    Capabilities { acknowledges: true, stamps: true, prompt: true, ..Capabilities::NONE };
