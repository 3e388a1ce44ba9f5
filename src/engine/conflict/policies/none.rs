//! Nobody asks: the device sends, and what the backend refuses gives way.
//!
//! It is the vendors' default, and goes with a backend that checks no version: what arrives last
//! stays there, and what it replaced nobody is told of.

use std::rc::Rc;

use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "none",
    about: "nothing is asked on the device, and what the backend takes last stays",
    rule: || Rc::new(Nothing),
    sends_newer_alone: true,
    asks_app: false,
    hears: false,
};

#[derive(Clone, Copy, Debug)]
struct Nothing;

impl ResolveRule for Nothing {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) { Resolution::Same } else { Resolution::Remote }
    }
}
