//! What a policy is called, and how its rule is made.

use std::fmt;
use std::rc::Rc;

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
    /// Whether it sends nothing again that is older than what it met, by the dates of their
    /// authors.
    pub sends_newer_alone: bool,
    /// Whether a rule of the app's own is asked first.
    pub asks_app: bool,
    /// Whether it hears of what it replaces. Where a backend takes every edit nobody does, and the
    /// version that is committed may say more than the edit and what that was made on.
    pub hears: bool,
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
