//! The device's edit always wins, over a delete as well.

use std::rc::Rc;

use crate::contract::Refusal;
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "client-wins",
    about: "the device's edit",
    rule: || Rc::new(ClientWins),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
struct ClientWins;

impl ResolveRule for ClientWins {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) {
            return Resolution::Same;
        }
        match (conflict.why, conflict.current) {
            // The row is created again as it is here.
            (Refusal::Gone, _) => Resolution::Local { onto: conflict.entry.key.clone() },
            (_, Some(current)) if current.values.is_some() => {
                Resolution::Local { onto: current.key.clone() }
            }
            // Out of this device's scope: nobody here can see what an overwrite would overwrite.
            _ => Resolution::Remote,
        }
    }
}
