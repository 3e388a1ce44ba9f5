//! The backend answers nothing.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNASKED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::table;

#[derive(Clone, Debug)]
struct BackendDown;

pub(super) const KIND: Kind =
    Kind::new("backend_down", table(&[FOR]), "The backend does not respond.", |_, _| {
        Some(Arc::new(BackendDown))
    });

impl Fault for BackendDown {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.down.push((when.at, when.until()));
        Some(format!("the backend is down for {}", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Backend, UNASKED)
    }
}
