//! What can be observed of a phone's life, beside its network and its processes.

use crate::base::Span;

/// Something in the life of a phone: the world tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum PhoneEvent {
    /// It has another token, with which its requests go from now on. It took so long since it was
    /// asked for.
    TokenRenewed { took: Span },
    /// It is given no other token, and its person has to log in again.
    LoginEnded,
    /// A newer version of the app was installed, and its process begins again.
    Upgraded,
    /// Somebody wants to log out. It is of no digest.
    LogoutAsked,
    /// The app does not let them, as so many edits wait.
    LogoutRefused { edits: u64 },
    /// Somebody has logged out: the app is closed.
    LoggedOut,
    /// Somebody logs in, by the number of those who share the phone, from 0.
    LoggedIn { person: u32 },
    /// The app was installed again, and nothing is there of what it held.
    Reinstalled,
}
