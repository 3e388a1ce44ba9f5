//! Devices are on another link for a while.

use std::sync::Arc;

use super::drawn::{Detour, Faults};
use super::fault::{Fault, Kind};
use super::keys::{FOR, UNUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::{Form, required};
use crate::config::written::NAME;
use crate::net::Profile;

#[derive(Clone, Debug)]
struct NetworkChange(Arc<Profile>);

pub(super) const KIND: Kind = Kind::new(
    "network_change",
    on_devices![FOR, required("link", Form::Written(&NAME)).about("The link, of the library or your own."),],
    "The devices are on another link, and then on their own again.",
    |view, asks| Some(Arc::new(NetworkChange(asks.link(view.at("link"))?))),
);

impl Fault for NetworkChange {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let detour = Detour { from: when.at, until: when.until(), link: self.0.clone() };
        faults.each(when.chosen, |on| on.detours.push(detour.clone()));
        Some(format!("{} on {} for {}", when.whom(), self.0.name, when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Network, UNUSED)
    }

    fn link(&self) -> Option<&Arc<Profile>> {
        Some(&self.0)
    }
}
