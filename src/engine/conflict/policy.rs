//! A policy by its name, and the list of them.

use std::fmt;
use std::rc::Rc;

use super::last_write_wins::LAST_WRITE_WINS;
use super::seam::ResolveRule;

/// A conflict policy that scenario files can name.
#[derive(Clone, Copy)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// What wins, in a few words.
    pub about: &'static str,
    /// Makes its rule.
    pub rule: fn() -> Rc<dyn ResolveRule>,
}

/// All of them; the first is taken where nothing is said.
pub const POLICIES: &[Policy] = &[LAST_WRITE_WINS];

/// Their names.
pub const POLICY_NAMES: &[&str] = &{
    let mut names = [""; POLICIES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = POLICIES[at].name;
        at += 1;
    }
    names
};

impl Policy {
    /// The policy of this name.
    pub fn named(name: &str) -> Option<Policy> {
        POLICIES.iter().find(|policy| policy.name == name).copied()
    }
}

impl Default for Policy {
    fn default() -> Policy {
        POLICIES[0]
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Policy) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
