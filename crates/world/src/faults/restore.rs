//! The device's storage goes back to a backup.

use std::sync::Arc;

use super::drawn::{Faults, Whose};
use super::fault::{Fault, Kind};
use super::keys::{OF, RESTART, backup};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Span;
use crate::contract::Need;

/// The age of the backup.
#[derive(Clone, Debug)]
struct Restore(Span);

pub(super) const KIND: Kind = Kind::new(
    "restore",
    on_devices![OF, RESTART],
    "The device's storage goes back to an earlier state, from a backup of that time.",
    |view, asks| Some(Arc::new(Restore(backup(view, asks)))),
);

impl Fault for Restore {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let of = self.0;
        for &device in when.chosen {
            faults.restore(Whose::Device(device), of, when);
        }
        Some(format!("{} go back to their state of {of} ago", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.since(self.0, Sign::Storage, "none of its devices wrote anything since the backup")
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Backups)
    }
}
