//! The backend's version always stays, and the edit is superseded.

use std::rc::Rc;

use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "server-wins",
    about: "the backend's version",
    rule: || Rc::new(ServerWins),
    sends_newer_alone: true,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
struct ServerWins;

impl ResolveRule for ServerWins {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) { Resolution::Same } else { Resolution::Remote }
    }
}
