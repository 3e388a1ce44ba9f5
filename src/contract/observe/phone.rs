//! What can be observed of a phone's life, beside its network and its processes.

use crate::base::Span;

/// Something in the life of a phone: the world tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneEvent {
    /// It has another token, with which its requests go from now on.
    TokenRenewed {
        /// Since it was asked for.
        took: Span,
    },
}
