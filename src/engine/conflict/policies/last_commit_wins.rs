//! The edit wins if it was made after the backend committed its version; a delete is not undone by
//! an update.
//!
//! The version's date is the server's, the edit's that of its device: an edit that was made later
//! and committed earlier than another beats it, and a clock that is behind loses.

use std::rc::Rc;

use super::last_write_wins::LastWriteWins;
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule};

pub(super) const POLICY: Policy = Policy {
    name: "last-commit-wins",
    about: "the edit if it was made after the version was committed",
    rule: || Rc::new(LastCommitWins),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
pub(in crate::engine::conflict) struct LastCommitWins;

impl ResolveRule for LastCommitWins {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        LastWriteWins.resolve(Conflict { edited_at: None, ..conflict })
    }
}
