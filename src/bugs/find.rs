//! A planted bug by its name.

use super::bug::Bug;
use super::ledger::ALL;

/// The bug of this name.
pub fn find(id: &str) -> Option<&'static Bug> {
    ALL.iter().find(|bug| bug.id == id)
}
