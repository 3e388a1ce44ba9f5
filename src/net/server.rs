//! Who answers requests at the far end of a link.

use super::cache::Version;
use crate::base::Time;
use crate::contract::{LocalBoxFuture, TransportError};

/// What answers requests: the gateway.
pub trait Server {
    /// Serves one request; resolves when the answer leaves, or with `None` when the server dies.
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>>;
    /// Which state of its content it answers from.
    fn version(&self) -> Version {
        Version::default()
    }
    /// Whether an answer is a good one, which caches keep.
    fn is_good(&self, _answer: &[u8]) -> bool {
        true
    }
}

pub(super) enum NoAnswer {
    /// These bytes of it are lost on their way, and nobody is told.
    Lost(u64),
    /// The server died; the device knows then.
    Broken(Time),
}

pub(super) fn ended(broken_at: Time, deadline: Time) -> TransportError {
    if broken_at <= deadline { TransportError::Reset } else { TransportError::Timeout }
}
