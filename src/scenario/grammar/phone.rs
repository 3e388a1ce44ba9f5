//! Keys of a phone's life, and those that events on devices share.

use super::super::form::{Form, Key, SPAN, WINDOW, key, optional, required, table, word};
use crate::engine::OnUnauthorized;

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

pub(super) const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("So long after it was given out a token is accepted; each request that comes with an older one is refused (401)."),
    optional("refresh_life", WINDOW)
        .about("So long after a token was given out the next is given for it. Who comes later gets none: the app logs its person out (`engine.on_logout`), if it may, and they log in again 20 s later."),
]);

pub(super) const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>("on_refused")
    .about("After a 401: another token and the request again; the run fails and the next has another; or the edits of the request are dropped.")]);

pub(super) const RESTART: Key =
    key("restart_after", SPAN, "\"5s\"").about("How long until the app is started again.");
