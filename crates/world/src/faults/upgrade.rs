//! A new version of the app is installed.

use std::sync::Arc;

use super::drawn::{Act, Faults};
use super::fault::{Fault, Kind};
use super::when::When;
use crate::config::form::Form;
use crate::contract::Need;

#[derive(Clone, Debug)]
struct Upgrade;

/// What column it adds is said in the language of schemas, which is not of this room.
pub const fn kind(form: Form) -> Kind {
    let about = "A new version of the app is installed, which holds more columns; devices that it does not concern keep the old one.";
    Kind::new("upgrade", form, about, |_, _| Some(Arc::new(Upgrade)))
}

impl Fault for Upgrade {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.act(when, Act::Upgrade { restart_after: when.length });
        Some(format!("{} get a new version of the app", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Upgrades)
    }
}
