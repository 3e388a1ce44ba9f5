//! The engines, a file each.

mod automerge;
mod loro;
#[cfg(test)]
mod tests;
mod yrs;

use syncdyno::contract::{Capabilities, Merge, Stack};

use crate::document::stack;

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

/// What documents promise here: none has a log or a status.
const PROMISES: Capabilities =
    Capabilities { acknowledges: true, stamps: true, prompt: true, ..Capabilities::NONE };
