//! The app decides, by a rule of its own that the engine calls and does not trust.
//!
//! The rule is asked before anything is settled ([`OwnRule`]); what is here holds where it gave no
//! answer: the edit gives way, with a line.
//!
//! [`OwnRule`]: crate::engine::conflict::own::OwnRule

use std::rc::Rc;

use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "callback",
    about: "what a rule of the app says",
    rule: || Rc::new(Unanswered),
    sends_newer_alone: false,
    asks_app: true,
    hears: true,
};

#[derive(Clone, Copy, Debug)]
struct Unanswered;

impl ResolveRule for Unanswered {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) { Resolution::Same } else { Resolution::Remote }
    }
}
