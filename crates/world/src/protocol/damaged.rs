//! The error for bytes that are not a message.

/// Bytes that are not a message of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of the protocol: {0}")]
pub struct Damaged(pub String);
