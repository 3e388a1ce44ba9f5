//! Keys that events on devices share.

use super::super::form::{Key, SPAN, key};

/// The keys of an event that concerns devices, and its own.
macro_rules! on_devices {
    ($($own:expr),* $(,)?) => {
        table(&[
            key("share", Form::Share, "1")
                .about("Share of the devices, or of the values of `by`; an exact count."),
            optional("by", Form::Text).about("An attribute: all devices of a share of its values."),
            optional("devices", Form::List(&Form::Int { min: 0, max: 1_000_000 }))
                .about("These devices, by number from 0; in place of `share`."),
            $($own),*
        ])
    };
}

pub(super) use on_devices;

pub(super) const RESTART: Key =
    key("restart_after", SPAN, "\"5s\"").about("How long until the app is started again.");
