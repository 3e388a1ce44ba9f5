//! Keys that several kinds of faults share.

use super::fault::Asks;
use crate::config::form::{Form, Key, SPAN, key, optional, required};
use crate::config::view::View;
use crate::config::written::signed;

/// The keys of an event that hits devices, followed by the given keys.
#[macro_export]
macro_rules! on_devices {
    ($($own:expr),* $(,)?) => {
        $crate::config::form::table(&[
            $crate::faults::SHARE,
            $crate::config::form::optional("by", $crate::config::form::Form::Text)
                .about("An attribute: `share` then selects values of it, and all devices with these values are hit."),
            $crate::faults::DEVICES,
            $($own),*
        ])
    };
}

/// Advice for faults that need connections.
pub const CONNECTS: &str = "set protocol = \"http/1.1\" or \"http/2\" in [transport]; to compare both, let variants or an axis set transport.protocol";
/// The key for the share of devices that an event hits.
pub const SHARE: Key = key("share", Form::Share, "1")
    .about("Share of the devices that are hit, or of the values of `by`. The number is exact, not drawn.");
/// The key for the devices that an event hits, by number.
pub const DEVICES: Key = optional("devices", Form::List(&Form::Int { min: 0, max: 1_000_000 }))
    .about("Numbers of the devices that are hit, from 0; instead of `share`.");
pub(super) const FOR: Key = required("for", SPAN).about("How long the event lasts; 0s has no effect.");
pub(super) const RESTART: Key =
    key("restart_after", SPAN, "\"5s\"").about("Time until the app is started again.");
pub(super) const SERVER_RESTART: Key =
    key("restart_after", SPAN, "\"5s\"").about("Time until the server is started again.");

/// The size of a clock jump in microseconds; `None` if it is wrong.
pub(super) fn step(own: View<'_>, asks: &dyn Asks) -> Option<i64> {
    let by = own.at("by");
    let micros = signed(by.text())?;
    asks.dated(by, micros);
    Some(micros)
}

// Reasons why a planned or random fault did not fire.
pub(crate) const NONE_LOST: &str = "no response was lost";
pub(crate) const ALL_READ: &str = "no row came that could not be read";
pub(crate) const NONE_PUT_OFF: &str = "no edit was deferred";
pub(crate) const NONE_REFUSED: &str = "no delete was refused";
pub(crate) const UNASKED: &str = "nobody sent a request to the backend while it lasted";
pub(crate) const NEVER_CANCELLED: &str =
    "no run was in progress from then on, or the engine cannot cancel runs";
pub(super) const UNUSED: &str = "none of its devices used the network while it lasted";
