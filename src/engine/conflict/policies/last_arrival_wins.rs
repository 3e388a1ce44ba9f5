//! What arrives last wins, whenever it was made; a delete is not undone by an update.
//!
//! The order is that in which the backend is reached: no clock decides. Who was offline for longest
//! wins over all who wrote since.

use std::rc::Rc;

use crate::contract::{Refusal, Row};
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "last-arrival-wins",
    about: "the edit that arrives last",
    rule: || Rc::new(LastArrivalWins),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
pub(in crate::engine::conflict) struct LastArrivalWins;

impl ResolveRule for LastArrivalWins {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) {
            return Resolution::Same;
        }
        match (conflict.why, conflict.current) {
            // Deleted, or out of this device's scope: nobody here can see what an overwrite would
            // overwrite.
            (Refusal::Gone, _) | (_, None | Some(Row { values: None, .. })) => Resolution::Remote,
            (_, Some(current)) => Resolution::Local { onto: current.key.clone() },
        }
    }
}
