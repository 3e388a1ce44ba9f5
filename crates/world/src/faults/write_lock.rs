//! A batch job holds the backend's write lock.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNASKED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::table;

#[derive(Clone, Debug)]
struct WriteLock;

pub(super) const KIND: Kind = Kind::new(
    "write_lock",
    table(&[FOR]),
    "Somebody else, such as a nightly job, holds the backend's write lock: writers wait for it, readers do not.",
    |_, _| Some(Arc::new(WriteLock)),
);

impl Fault for WriteLock {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let until = when.until().min(when.end);
        faults.strike(when, move |reach| {
            reach.backend().service.hold_lock(until);
            false
        });
        Some(format!("the backend's write lock is held for {}", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Backend, UNASKED)
    }
}
