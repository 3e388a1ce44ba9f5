//! The later edit wins; a delete is not undone by an update.
//!
//! Edits are dated by the clocks of their authors. When the backend committed them does not count:
//! an offline edit would lose to everything that was committed before its phone had a network.

use std::rc::Rc;

use crate::base::Stamp;
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};
use crate::contract::{Refusal, Row};

pub(super) const POLICY: Policy = Policy {
    name: "last-write-wins",
    about: "the edit or the version that was made later",
    rule: || Rc::new(LastWriteWins),
    sends_newer_alone: true,
    asks_app: false,
    hears: true,
};

/// The edit that was made later wins; a delete is not undone by an update.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine::conflict) struct LastWriteWins;

impl ResolveRule for LastWriteWins {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) {
            return Resolution::Same;
        }
        match (conflict.why, conflict.current) {
            // Deleted, or out of this device's scope: nobody here can see what an overwrite would
            // overwrite.
            (Refusal::Gone, _) | (_, None | Some(Row { values: None, .. })) => Resolution::Remote,
            (_, Some(current)) if conflict.entry.made_at > made(conflict, current) => {
                Resolution::Local { onto: current.key.clone() }
            }
            _ => Resolution::Remote,
        }
    }
}

/// When the backend's version was made: when it was committed, if the backend does not say more.
fn made(conflict: Conflict<'_>, current: &Row) -> Stamp {
    conflict.edited_at.unwrap_or(current.stamp)
}
