//! The storage of a device is copied to another.

use std::sync::Arc;

use super::drawn::{Faults, Restore, Whose};
use super::fault::{Asks, Fault, Kind};
use super::keys::RESTART;
use super::when::When;
use crate::base::DeviceId;
use crate::config::form::{Form, required, table};
use crate::config::view::View;
use crate::contract::Need;

#[derive(Debug)]
struct Clone {
    from: DeviceId,
    to: DeviceId,
}

pub(super) const KIND: Kind = Kind::new(
    "clone",
    table(&[
        required("from", Form::Int { min: 0, max: 1_000_000 })
            .about("The device that is copied, by number from 0."),
        required("to", Form::Int { min: 0, max: 1_000_000 }).about("The device that gets the copy."),
        RESTART,
    ]),
    "The storage of a device is copied over that of another; both continue.",
    read,
);

impl Fault for Clone {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let Clone { from, to } = *self;
        let (whose, at, restart_after) = (Whose::Copy { from, to }, when.at, when.length);
        faults.restores.push(Restore { whose, backup: at, at, restart_after });
        Some(format!("the storage of {from} is copied to {to}"))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::Copies)
    }

    fn copies(&self) -> Option<(DeviceId, DeviceId)> {
        Some((self.from, self.to))
    }
}

fn read(clone: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    let (from, to) = (asks.device(clone.at("from")), asks.device(clone.at("to")));
    if from == to {
        asks.wrong().at(clone.at("to"), "`from` and `to` must differ", "name two different devices");
    }
    Some(Arc::new(Clone { from, to }))
}
