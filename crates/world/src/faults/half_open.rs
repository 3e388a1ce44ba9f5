//! Connections die, and the device does not notice.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{CONNECTS, CUT, UNCONNECTED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::config::form::Needs;
use crate::net::Protocol;

#[derive(Clone, Debug)]
struct HalfOpen;

pub(super) const KIND: Kind =
    Kind::new("half_open", on_devices![], "Connections are dead, and the device does not notice.", |_, _| {
        Some(Arc::new(HalfOpen))
    })
    .needing(&Needs {
        of: &["transport.protocol"],
        holds: |of| !of[0].says(Protocol::Bare),
        why: "\"bare\" messages have no connections, so none can be half open",
        help: CONNECTS,
    });

impl Fault for HalfOpen {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        faults.each(when.chosen, |on| on.half_open.push(when.at));
        faults.cuts(when);
        Some(format!("the connections of {} die silently", when.whom()))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        Some((Some((Sign::Network, when.at, when.at + CUT)), UNCONNECTED))
    }
}
