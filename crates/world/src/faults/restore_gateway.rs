//! The gateway's state goes back to a backup.

use std::sync::Arc;

use super::drawn::{Faults, Whose};
use super::fault::{Fault, Kind};
use super::keys::{OF, SERVER_RESTART, backup};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::table;

/// The age of the backup.
#[derive(Clone, Debug)]
struct RestoreGateway(Span);

pub(super) const KIND: Kind = Kind::new(
    "restore_gateway",
    table(&[OF, SERVER_RESTART]),
    "The gateway goes back to an earlier state, from a backup of that time.",
    |view, asks| Some(Arc::new(RestoreGateway(backup(view, asks)))),
);

impl Fault for RestoreGateway {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let of = self.0;
        faults.restore(Whose::Gateway, of, when);
        Some(format!("the gateway goes back to its state of {of} ago"))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.since(self.0, Sign::Gateway, "the gateway did nothing since the backup")
    }
}
