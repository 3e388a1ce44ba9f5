//! A new version of the app is installed.

use std::sync::Arc;

use super::drawn::{Act, Faults};
use super::fault::{Fault, Kind};
use super::when::When;
use crate::config::form::table;
use crate::contract::Need;

#[derive(Clone, Debug)]
struct Upgrade;

pub(super) const KIND: Kind = Kind::new(
    "upgrade",
    table(&[]),
    "A new version of the app, with more columns, is installed; other devices keep the old version.",
    |_, _| Some(Arc::new(Upgrade)),
)
.adding_a_column();

impl Fault for Upgrade {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.act(when, Act::Upgrade { restart_after: when.length });
        Some(format!("{} get a new version of the app", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Upgrades)
    }
}
