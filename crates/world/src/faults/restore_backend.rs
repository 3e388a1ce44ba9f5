//! The backend's state goes back to a backup.

use std::sync::Arc;

use super::drawn::{Faults, Whose};
use super::fault::{Fault, Kind};
use super::keys::{OF, backup};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::config::form::{SOME_SPAN, key, table};
use crate::contract::Need;

/// The age of the backup.
#[derive(Clone, Debug)]
struct RestoreBackend(Span);

pub(super) const KIND: Kind = Kind::new(
    "restore_backend",
    table(&[OF, key("for", SOME_SPAN, "\"30s\"").about("How long it does not respond meanwhile.")]),
    "The backend goes back to an earlier state, from a backup of that time; its clock does not.",
    |view, asks| Some(Arc::new(RestoreBackend(backup(view, asks)))),
);

impl Fault for RestoreBackend {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let of = self.0;
        faults.restore(Whose::Backend, of, when);
        faults.down.push((when.at, when.until()));
        Some(format!("the backend goes back to its state of {of} ago, down for {}", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.since(self.0, Sign::Commit, "nothing was committed since the backup")
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::BackendBackups)
    }
}
