//! The description of a server half. A stack reads it before a run.

use crate::contract::{Capabilities, Chosen, Need, ServerPorts, ServerSetup, StackOption, SyncServer};

/// Scenario features that no half supports.
pub(super) const LACKS: &[Need] =
    &[Need::GivenKeys, Need::NaturalKeys, Need::Attachments, Need::OpenedRecords, Need::Excerpts];
/// Scenario features that a half does not support if it gives all phones the same rows.
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

/// The server half of a stack. It uses a published protocol with the phones.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Half {
    /// Its name in scenarios.
    pub name: &'static str,
    /// A description in one sentence.
    pub about: &'static str,
    /// Options for points that the protocol's documentation leaves open.
    pub options: Vec<StackOption>,
    /// Creates the half, once per process, like [`MakeServer`](crate::contract::MakeServer).
    pub make: fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer>,
    /// The highest promises that a stack with this half can make.
    pub at_most: Capabilities,
    /// Scenario features that phones cannot use with this half, even if their engine supports them.
    pub lacks: &'static [Need],
    /// Named places at which the bench (the simulator) can kill its process.
    pub crash_points: &'static [&'static str],
}
