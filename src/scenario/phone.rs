//! What happens in the life of a phone, beside its network and its processes.

/// Something in the life of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneLife {
    /// Its token is taken back: the server accepts it no more.
    TokenExpiry,
}
