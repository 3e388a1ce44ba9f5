//! Keys of the gateway.

use super::backend::AVAILABILITY;
use super::links::LIMIT;
use super::trouble::happens;
use crate::base::Word as _;
use crate::config::form::Stated;
use crate::config::form::{
    Form, Needs, PERIOD, SOME_SPAN, SPAN, WINDOW, key, optional, owned, required, table, word,
};
use crate::config::written::NAME;
use crate::gateway::{
    Advance, CAPTURE, CursorSaved, Mode, RefreshOptions as Refresh, Restored, UploadCacheOptions as Uploads,
};
use crate::protocol::{self, Packing};

pub(super) const GATEWAY: Form = table(&[
    word::<Mode>("mode").about("Each request goes to the backend, or a replica answers."),
    owned(
        "codecs",
        Form::List(&Form::Word(protocol::NAMES_OR_ANY)),
        || format!("[{}]", protocol::NAMES[0].stated()),
    )
    .about("Formats that it can read and write; \"*\" is every one."),
    owned(
        "compressions",
        Form::List(&Form::Word(Packing::WORDS)),
        || format!("[{}, {}]", Packing::Gzip.word().stated(), Packing::Zstd.word().stated()),
    )
    .about("Ways of packing that it knows."),
    optional("coding_rate", Form::Size { min: 1, max: 1 << 40 })
        .about("Bytes of JSON that a core of it codes a second. Without it coding is in the backend's costs of rows, and packing costs 400MB a second."),
    optional("refresh", REFRESH).about("How the replica of a persistent gateway is fed.")
        .needs(&Needs {
            of: &[".mode"],
            holds: |of| of[0].says(Mode::Persistent),
            why: "a gateway in mode \"ota\" has no replica to refresh",
            help: "mode = \"persistent\" keeps one; to compare both, let variants or an axis set gateway.mode",
        }),
    optional("body_limit", LIMIT)
        .about("The largest request that it takes; to a larger one it says so (413), once all of it has come."),
    optional("response_limit", LIMIT)
        .about("The largest response that it sends; in the place of a larger one it says so, and has done what was asked."),
    key("serve", SERVE, "{}").about("How devices are served."),
    word::<Restored>("backend_restored")
        .about("Whether cursors name the incarnation that a backend gives itself when it goes back to a backup; who comes with another loads again.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_backend"),
            why: "the backend never goes back to a backup",
            help: "[event.NAME] restore_backend = { of = \"1m\" } takes it back",
        }),
    word::<Restored>("restored")
        .about("Whether the gateway knows that it went back to a backup, and takes back what it gave out since.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_gateway"),
            why: "the gateway never goes back to a backup",
            help: "[event.NAME] restore_gateway = { of = \"1m\" } takes it back",
        }),
    optional("token", TOKEN)
        .about("What devices say who they are with; without it tokens last for ever."),
    optional("upload_cache", UPLOAD_CACHE)
        .about("What a gateway in mode \"ota\" remembers of edits that it passed through: those that come again are answered from there. Without one it remembers nothing, and the backend's `idempotency` alone tells."),
    optional("backend_link", BACKEND_LINK).about("The way to the backend; without one both stand in one place."),
]);

const UPLOAD_CACHE: Form = table(&[
    owned("kept", SOME_SPAN, || Uploads::default().kept.stated())
        .about("What was noted of an edit is forgotten after this."),
    owned("wait", SPAN, || Uploads::default().wait.stated()).about(
        "Who sends an edit again whose response is unknown waits for so long, and is then told to come again.",
    ),
    owned("resubmit", SPAN, || Uploads::default().resubmit.stated())
        .about("One whose response is unknown after this goes to the backend again."),
    owned("durable", Form::Bool, || Uploads::default().durable.stated())
        .about("It outlives the gateway's process; else it dies with that."),
]);

const BACKEND_LINK: Form = table(&[
    optional("link", Form::Written(&NAME)).about("A link whose round trip and rates it has."),
    optional("rtt", SPAN).about("Round trip without load; the link's, or none."),
    optional("rate", Form::Rate).about("Rate each way; the link's, of a trace its mean; or without end."),
    optional("availability", AVAILABILITY).about("Failures that break its connections, drawn from the seed."),
]);

const REFRESH: Form = table(&[
    owned("every", PERIOD, || Refresh::default().every.stated())
        .about("From the start of one refresh to that of the next, also after one that failed; one that compares page by page is tried again for a minute first."),
    owned("upload_every", PERIOD, || Refresh::default().upload_every.stated())
        .about("How often what devices wrote is offered to the backend."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found."),
    owned("page", Form::Int { min: 1, max: 1_000_000 }, || Refresh::default().page.stated())
        .about("At most this many rows in one response."),
    optional("kept", SOME_SPAN)
        .about("For how long tombstones and verdicts on uploads are kept; who was away longer loads again. By default `tombstones_kept`."),
    owned("nodes", Form::Int { min: 1, max: 100 }, || Refresh::default().nodes.stated())
        .about("So many nodes refresh it, each on the schedule and none knowing of the others; not with capture by flag or hash."),
    owned("fencing", Form::Bool, || Refresh::default().fencing.stated())
        .about("A page is taken only if the cursor is still the one that it was asked with; else the last one writes.")
        .needs(&Needs {
            of: &[".nodes"],
            holds: |of| of[0].int() != 1,
            why: "one node refreshes alone, and nobody overtakes it",
            help: "gateway.refresh.nodes = 2 lets another refresh beside it",
        }),
    word::<CursorSaved>("cursor_saved")
        .about("Whether the replica's cursor is saved with each page, or at once and all rows at the end of their entity."),
]);

const SERVE: Form = table(&[
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found.")
        .needs(&Needs {
            of: &["gateway.mode"],
            holds: |of| of[0].says(Mode::Ota),
            why: "a gateway in mode \"persistent\" serves devices by its replica's own sequence",
            help: "write how the replica is fed as gateway.refresh.capture; to compare both, let variants or an axis set gateway.mode",
        }),
    key("cursor_held_by", Form::Word(&["client", "server"]), "\"client\"").about("Who remembers where a device is."),
    word::<Advance>("server_cursor")
        .about("When a cursor that the server holds moves: when the response leaves, or when the next request brings the receipt for it.")
        .needs(&Needs {
            of: &[".cursor_held_by"],
            holds: |of| of[0].text() == "server",
            why: "devices hold their cursors themselves, and the server moves none",
            help: "cursor_held_by = \"server\" lets it hold them",
        }),
]);

const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("So long after it was given out a token is accepted; each request that comes with an older one is refused (401)."),
    optional("refresh_life", WINDOW)
        .about("So long after a token was given out the next is given for it. Who comes later gets none: the app logs its person out (`engine.on_logout`), if it may, and they log in again 20 s later."),
]);
