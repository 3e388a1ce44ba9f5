//! What is known of a server half before it is made.

use crate::contract::{Capabilities, Chosen, Need, ServerPorts, ServerSetup, StackOption, SyncServer};

/// The half of a stack that answers phones in a published protocol.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Half {
    /// What a scenario calls it.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// What its protocol leaves open.
    pub options: Vec<StackOption>,
    /// Makes it: once for each process, as [`MakeServer`](crate::contract::MakeServer).
    pub make: fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer>,
    /// What a stack over it can promise at most.
    pub at_most: Capabilities,
    /// What no phone can do over it, whatever the phone supports.
    pub lacks: &'static [Need],
    /// Named places at which its process may be killed.
    pub crash_points: &'static [&'static str],
}
