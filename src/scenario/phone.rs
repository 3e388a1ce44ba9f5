//! What happens in the life of a phone, beside its network and its processes.

use crate::base::Span;

/// Something in the life of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneLife {
    /// Its token is taken back: the server accepts it no more.
    TokenExpiry,
    /// A newer version of its app is installed, which brings columns.
    Upgrade {
        /// How long until the app is started again.
        restart_after: Span,
    },
    /// Its person logs out.
    LogOut {
        /// How long until they log in again.
        length: Span,
    },
    /// Its person logs out, and somebody else logs in.
    OtherUser {
        /// How long the other one has it.
        length: Span,
    },
    /// Its app is deleted and installed again.
    Reinstall {
        /// How long until the app is started again.
        restart_after: Span,
    },
}
