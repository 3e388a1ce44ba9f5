//! The storage is full.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNWRITTEN};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::contract::Need;

#[derive(Clone, Debug)]
struct DiskFull;

pub(super) const KIND: Kind =
    Kind::new("disk_full", on_devices![FOR], "The device's storage is full: no file can grow.", |_, _| {
        Some(Arc::new(DiskFull))
    });

impl Fault for DiskFull {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let chosen = when.chosen.to_vec();
        faults.while_it_lasts(when, move |reach, begins| {
            chosen.iter().for_each(|device| reach.disk(*device).lose_room(begins));
        });
        Some(format!("the storage of {} is full for {}", when.whom(), when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Storage, UNWRITTEN)
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Storage)
    }
}
