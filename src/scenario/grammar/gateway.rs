//! Keys of the gateway.

use super::super::form::{Form, SOME, SOME_SPAN, SPAN, key, optional, table};
use super::super::written::{NAME, UPTO};
use super::backend::AVAILABILITY;

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

const NO_CAPTURE: &str = "only capture = { last_modified = {} } and capture = { hash = {} } are built so far";

const CAPTURE: Form = Form::Table {
    keys: &[],
    kinds: &[
        optional("last_modified", LAST_MODIFIED, "By the time of last modification."),
        optional("flag", Form::Later(NO_CAPTURE), "By a flag on each row."),
        optional("hash", HASH, "By comparing all rows with what was sent before."),
        optional("change_log", Form::Later(NO_CAPTURE), "By a log of changes."),
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

const HASH: Form = table(&[
    key(
        "keep",
        Form::Word { built: &["hash", "copy"], later: &[] },
        "\"hash\"",
        "What is kept of each row that a reader has.",
    ),
    key(
        "canonical",
        Form::Bool,
        "true",
        "Rows are hashed in a canonical form; else as the source writes them, each time in another style.",
    ),
    key(
        "snapshot",
        Form::Word { built: &["isolated", "torn", "two-pass"], later: &[] },
        "\"isolated\"",
        "The source is read at one instant, in pages by offset while others write, or so until nothing was skipped.",
    ),
    key("read_rows", SOME, "500", "Rows in a page of a torn or two-pass reading; a page with each request."),
    key(
        "source",
        Form::Word { built: &["api", "file"], later: &[] },
        "\"api\"",
        "The backend is asked for all rows, or drops files.",
    ),
    key("file_every", SOME_SPAN, "\"1h\"", "How often the backend writes a file, from the start on."),
    key("file_takes", SPAN, "\"0s\"", "How long writing it takes; meanwhile there is only its beginning."),
    key("trailer", Form::Bool, "true", "A file counts only if its last line says that it is complete."),
]);
