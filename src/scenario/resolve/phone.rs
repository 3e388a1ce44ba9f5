//! What happens in the life of a phone.

use super::super::phone::PhoneLife;
use super::super::plan::Happening;

/// What happens to phones beside their network and their processes, if this kind is of that.
pub(super) fn of_phones(kind: &str) -> Option<Happening> {
    Some(Happening::Phone(match kind {
        "token_expiry" => PhoneLife::TokenExpiry,
        _ => return None,
    }))
}
