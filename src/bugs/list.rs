//! All planted bugs as one list.

use super::bug::Bug;
use super::{ledger, status};

/// Every planted bug, at least one for each check.
pub const ALL: &[Bug] = &joined();

const fn joined() -> [Bug; ledger::BUGS.len() + status::BUGS.len()] {
    let mut all = [ledger::BUGS[0]; ledger::BUGS.len() + status::BUGS.len()];
    let mut at = 0;
    while at < all.len() {
        let first = ledger::BUGS.len();
        all[at] = if at < first { ledger::BUGS[at] } else { status::BUGS[at - first] };
        at += 1;
    }
    all
}

/// The bug of this name.
pub fn find(id: &str) -> Option<&'static Bug> {
    ALL.iter().find(|bug| bug.id == id)
}
