//! Keys of the gateway.

use super::super::form::{Form, SPAN, key, optional, table};
use super::super::written::{NAME, UPTO};
use super::backend::AVAILABILITY;
use super::flag::{CHANGE_LOG, FLAG};

pub(super) const GATEWAY: Form = table(&[
    key(
        "mode",
        Form::Word { built: &["ota"], later: &["persistent"] },
        "\"ota\"",
        "Each request goes to the backend, or a replica answers.",
    ),
    optional(
        "refresh",
        Form::Later(
            "only a persistent gateway has a replica to refresh; only mode = \"ota\" is built so far",
        ),
        "How the replica is fed.",
    ),
    key("serve", SERVE, "{}", "How devices are served."),
    optional("leg", LEG, "The way to the backend; without one both stand in one place."),
]);

const LEG: Form = table(&[
    optional("link", Form::Written(&NAME), "A link whose round trip and rates it has."),
    optional("rtt", SPAN, "Round trip without load; the link's, or none."),
    optional("rate", Form::Rate, "Rate each way; the link's, or without end."),
    optional("availability", AVAILABILITY, "Failures that break its connections, drawn from the seed."),
]);

const SERVE: Form = table(&[
    key("capture", CAPTURE, "{ last_modified = {} }", "How changes are found."),
    key(
        "cursor_held_by",
        Form::Word { built: &["client"], later: &["server"] },
        "\"client\"",
        "Who remembers where a device is.",
    ),
]);

const NO_CAPTURE: &str = "only last_modified, flag and change_log are built so far";

const CAPTURE: Form = Form::Table {
    keys: &[],
    kinds: &[
        optional("last_modified", LAST_MODIFIED, "By the time of last modification."),
        optional("flag", FLAG, "By a flag on each row."),
        optional("hash", Form::Later(NO_CAPTURE), "By a hash of each row."),
        optional("change_log", CHANGE_LOG, "By the backend's log of changes."),
    ],
};

const LAST_MODIFIED: Form = table(&[
    key(
        "bound",
        Form::Word { built: &["keyset"], later: &["*"] },
        "\"keyset\"",
        "How the next page begins: after (stamp, key).",
    ),
    key(
        "source",
        Form::Word { built: &["records"], later: &["*"] },
        "\"records\"",
        "Whose time the cursor is.",
    ),
    key("window", Form::Written(&UPTO), "\"settled\"", "How far behind now a pull stays."),
    key("paging", Form::Word { built: &["keyset"], later: &["*"] }, "\"keyset\"", "How pages are cut."),
]);
