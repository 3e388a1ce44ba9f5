//! Where in a transfer a message of several ends.

use crate::base::Time;

/// The end of one stream's message in a transfer. TCP hands over bytes in order, so a loss holds
/// back all streams behind it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) stream: u64,
    /// Packets up to it; none if all of them went out before.
    pub(super) packets: u64,
    pub(super) owed: u64,
    pub(super) earliest: Time,
    pub(super) passed: Option<Time>,
}
