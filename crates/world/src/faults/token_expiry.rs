//! The server takes tokens back.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::when::When;
use crate::contract::Need;

#[derive(Clone, Debug)]
struct TokenExpiry;

pub(super) const KIND: Kind = Kind::new(
    "token_expiry",
    on_devices![],
    "The server revokes the tokens of devices: it refuses them from then on (401).",
    |_, _| Some(Arc::new(TokenExpiry)),
);

impl Fault for TokenExpiry {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.each(when.chosen, |on| on.revoked.push(when.at));
        Some(format!("the tokens of {} are revoked", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Tokens)
    }
}
