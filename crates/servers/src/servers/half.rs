//! The description of a server half, before it runs.

use crate::contract::{Capabilities, Chosen, Need, ServerPorts, ServerSetup, StackOption, SyncServer};

/// Needs that no half supports.
pub(super) const LACKS: &[Need] =
    &[Need::GivenKeys, Need::NaturalKeys, Need::Attachments, Need::OpenedRecords, Need::Excerpts];
/// Needs that halves do not support if they give all phones the same rows.
pub(super) const SHARED_LACKS: &[Need] = &[
    Need::GivenKeys,
    Need::NaturalKeys,
    Need::Attachments,
    Need::OpenedRecords,
    Need::Excerpts,
    Need::Scopes,
    Need::Windows,
    Need::SyncedStarts,
];

/// The server half of a stack, which speaks a published protocol to phones.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Half {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// Options for what its protocol leaves open.
    pub options: Vec<StackOption>,
    /// Creates it, once per process, like [`MakeServer`](crate::contract::MakeServer).
    pub make: fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer>,
    /// The most that a stack over it can promise.
    pub at_most: Capabilities,
    /// What phones cannot do over it, even if their engine can.
    pub lacks: &'static [Need],
    /// Named places at which its process may be killed.
    pub crash_points: &'static [&'static str],
}
