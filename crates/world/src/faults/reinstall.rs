//! The app is deleted and installed again.

use std::sync::Arc;

use super::drawn::{Act, Faults};
use super::fault::{Fault, Kind};
use super::keys::RESTART;
use super::when::When;
use crate::contract::Need;

#[derive(Clone, Debug)]
struct Reinstall;

pub(super) const KIND: Kind = Kind::new(
    "reinstall",
    on_devices![RESTART],
    "The app is deleted and installed again: all its data is gone, waiting edits included.",
    |_, _| Some(Arc::new(Reinstall)),
);

impl Fault for Reinstall {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.act(when, Act::Reinstall { restart_after: when.length });
        Some(format!("the app of {} is installed again", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Reinstalls)
    }
}
