//! A person decides, on a page of conflicts: the edit waits there with the backend's version beside
//! it, and the sync goes on with the rest.
//!
//! A version out of this device's reach cannot be shown, and so not be decided on: it stays.

use std::rc::Rc;

use crate::contract::{Refusal, Row};
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "manual",
    about: "what a person decides",
    rule: || Rc::new(Manual),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
struct Manual;

impl ResolveRule for Manual {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        match (conflict.why, conflict.current) {
            _ if says_the_same(conflict) => Resolution::Same,
            (Refusal::Gone, _) | (_, Some(Row { values: Some(_), .. })) => Resolution::Park,
            _ => Resolution::Remote,
        }
    }
}
