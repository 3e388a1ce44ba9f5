//! What happens in the life of a phone, beside its network and its processes.

use std::sync::Arc;

use super::plan::Plan;
use crate::base::Span;
use crate::contract::Schema;

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
}

impl Plan {
    /// What the apps know of the data as the scenario begins.
    pub fn first_schema(&self) -> &Arc<Schema> {
        self.before.as_ref().unwrap_or(&self.schema)
    }
}
