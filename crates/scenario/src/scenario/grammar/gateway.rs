//! Keys of the gateway.

use super::super::written::{Scope, scope};
use super::backend::AVAILABILITY;
use super::links::LIMIT;
use super::trouble::happens;
use crate::backend::Copies;
use crate::base::Word as _;
use crate::config::form::{
    Form, Needs, PERIOD, SOME_SPAN, SPAN, Stated, WINDOW, key, optional, owned, required, table, word,
};
use crate::config::view::View;
use crate::config::written::NAME;
use crate::gateway::{
    Advance, AttachmentAgain, CAPTURE, CursorSaved, JobOptions as Job, JobResult, Mode,
    RefreshOptions as Refresh, Restored, ScopeChange, UploadCacheOptions as Uploads,
};
use crate::protocol::{self, Packing};

pub(super) const HAS_ATTACHMENTS: &Needs = &Needs {
    of: &["entity"],
    holds: |of| of[0].entries().any(|(_, entity)| entity.at("attachment").present().is_some()),
    why: "no entity has attachments",
    help: "attachment = { least = \"300kB\", most = \"600kB\" } in [entity.NAME] gives its rows some",
};

const CODECS: Form = Form::List(&Form::Word(protocol::NAMES_OR_ANY));
const COMPRESSIONS: Form = Form::List(&Form::word::<Packing>());

/// Whether the scope of an entity moves with the day, or with the writes of others.
fn moves_on(entities: View<'_>) -> bool {
    let mut rules = entities.entries().flat_map(|(_, entity)| entity.at("scope").entries());
    rules.any(|(_, rule)| matches!(scope(rule.text()), Some(Scope::Moving(..) | Scope::Cut(..))))
}

pub(super) const GATEWAY: Form = table(&[
    word::<Mode>("mode").about("Each request goes to the backend, or a replica responds."),
    owned("codecs", CODECS, || format!("[{}]", protocol::NAMES[0].stated()))
        .about("Formats that it can read and write; \"*\" is every one."),
    owned("compressions", COMPRESSIONS, || format!("{:?}", [Packing::Gzip, Packing::Zstd].map(Packing::word)))
        .about("Compression formats that it knows."),
    optional("coding_rate", Form::Size { min: 1, max: 1 << 40 })
        .about("Bytes of JSON that one of its cores encodes or decodes per second. Without it coding is part of the backend's costs per row, and compression runs at 400 MB per second."),
    optional("refresh", REFRESH).about("How the replica of a persistent gateway is fed.")
        .needs(&Needs {
            of: &[".mode"],
            holds: |of| of[0].says(Mode::Persistent),
            why: "a gateway in mode \"ota\" has no replica to refresh",
            help: "mode = \"persistent\" keeps one; to compare both, let variants or an axis set gateway.mode",
        }),
    optional("body_limit", LIMIT)
        .about("The largest request that it accepts; it receives a larger one completely and then responds with 413."),
    optional("response_limit", LIMIT)
        .about("The largest response that it sends. Instead of a larger one it sends an error, after it has executed the request."),
    word::<AttachmentAgain>("attachment_again")
        .about("What it does with an attachment that it has already: accept it, or refuse the request as a server does with a 412.")
        .needs(HAS_ATTACHMENTS),
    key("serve", SERVE, "{}").about("How devices are served."),
    word::<Restored>("backend_restored")
        .about("Whether cursors name the backend's incarnation, which changes when the backend goes back to a backup; a device with another incarnation reloads everything.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_backend"),
            why: "the backend never goes back to a backup",
            help: "[event.NAME] restore_backend = { of = \"1m\" } takes it back",
        }),
    word::<ScopeChange>("scope_change")
        .about("What it does when other rows belong to a device than before: rows new to it have old dates, and rows that left stay on it.")
        .needs(&Needs {
            of: &["event", "entity", "backend.copies"],
            holds: |of| happens(of[0], "reassign") || moves_on(of[1]) || of[2].says(Copies::Unstamped),
            why: "no row changes sight unwritten",
            help: "[event.NAME] reassign, a scope of \"today-30d..today+1d\" or \"newest 50\", or backend.copies = \"unstamped\" let rows do so",
        }),
    word::<Restored>("restored")
        .about("Whether the gateway notices that it went back to a backup, and invalidates what it sent since that backup.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_gateway"),
            why: "the gateway never goes back to a backup",
            help: "[event.NAME] restore_gateway = { of = \"1m\" } takes it back",
        }),
    optional("token", TOKEN)
        .about("The tokens that devices identify themselves with; without it tokens last for ever."),
    optional("upload_cache", UPLOAD_CACHE)
        .about("What a gateway in mode \"ota\" remembers of edits that it passed on: repeated ones get the same response. Without it, only the backend's `idempotency` recognises them."),
    optional("job", JOB)
        .about("Pulls that it works on in the background: one that takes longer is told to ask again. Without it, devices wait for each response."),
    optional("clock_tolerance", SOME_SPAN)
        .about("How far a device's clock may be off. It refuses the requests of others, as servers do that check signatures with a date. Without it, no clock is compared."),
    optional("backend_link", BACKEND_LINK).about("The backend link; without it gateway and backend are in one place."),
]);

const UPLOAD_CACHE: Form = table(&[
    owned("kept", SOME_SPAN, || Uploads::default().kept.stated())
        .about("Results of edits are forgotten after this."),
    owned("wait", SPAN, || Uploads::default().wait.stated()).about(
        "How long a client that repeats an edit whose result is unknown waits; after that it is told to retry later.",
    ),
    owned("resubmit", SPAN, || Uploads::default().resubmit.stated())
        .about("An edit whose result is unknown after this is sent to the backend again."),
    owned("durable", Form::Bool, || Uploads::default().durable.stated())
        .about("Whether the cache survives the death of the gateway's process."),
]);

const JOB: Form = table(&[
    owned("after", SOME_SPAN, || Job::default().after.stated())
        .about("A request waits this long for its result, counted from the start of the work."),
    owned("ask_again", SOME_SPAN, || Job::default().ask_again.stated())
        .about("After that the response is \"accepted, ask again in this time\" (202)."),
    word::<JobResult>("result")
        .about("What happens to a result: it is kept for a while, it is given once, or it is thrown away if no request waits for it any more."),
    owned("kept", SOME_SPAN, || Job::default().kept.stated())
        .about("How long a result is kept.")
        .needs(&Needs {
            of: &[".result"],
            holds: |of| of[0].says(JobResult::Kept),
            why: "no result is kept",
            help: "result = \"kept\" keeps them",
        }),
]);

const BACKEND_LINK: Form = table(&[
    optional("link", Form::Written(&NAME)).about("A link whose round trip and rates it takes."),
    optional("rtt", SPAN).about("Round trip without load; that of the link, or none."),
    optional("rate", Form::Rate)
        .about("Rate in each direction; that of the link (of a trace, its mean), or unlimited."),
    optional("availability", AVAILABILITY).about("Failures that break its connections, drawn from the seed."),
]);

const REFRESH: Form = table(&[
    owned("every", PERIOD, || Refresh::default().every.stated())
        .about("From the start of one refresh to the start of the next, also after a failed one; a refresh that compares page by page first retries for a minute."),
    owned("upload_every", PERIOD, || Refresh::default().upload_every.stated())
        .about("How often it sends the devices' writes to the backend."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found."),
    owned("page", Form::Int { min: 1, max: 1_000_000 }, || Refresh::default().page.stated())
        .about("Most rows in one response."),
    optional("kept", SOME_SPAN)
        .about("For how long tombstones and results of uploads are kept; a device that was away longer reloads everything. By default `tombstones_kept`."),
    optional("history", HISTORY)
        .about("The replica keeps each version of a row and its tombstone, and a first load reads them all, as from an operation log. Without it, it reads the rows that exist."),
    owned("nodes", Form::Int { min: 1, max: 100 }, || Refresh::default().nodes.stated())
        .about("How many nodes refresh it, each on the schedule and without knowledge of the others; not with capture by flag or hash."),
    owned("fencing", Form::Bool, || Refresh::default().fencing.stated())
        .about("Whether a page is applied only if the cursor is still the one that it was requested with; otherwise the last writer wins.")
        .needs(&Needs {
            of: &[".nodes"],
            holds: |of| of[0].int() != 1,
            why: "only one node refreshes, so none can overtake it",
            help: "gateway.refresh.nodes = 2 adds a second one",
        }),
    word::<CursorSaved>("cursor_saved")
        .about("Whether the replica's cursor is saved with each page, or before its rows, which are then all written at the end of their entity."),
]);

const HISTORY: Form = table(&[optional("compacted_every", PERIOD).about(
    "Superseded versions are dropped at the first refresh after each multiple of this; without it never.",
)]);

const SERVE: Form = table(&[
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found.")
        .needs(&Needs {
            of: &["gateway.mode"],
            holds: |of| of[0].says(Mode::Ota),
            why: "a gateway in mode \"persistent\" serves devices by its replica's own sequence",
            help: "write how the replica is fed as gateway.refresh.capture; to compare both, let variants or an axis set gateway.mode",
        }),
    key("cursor_held_by", Form::Word(&["client", "server"]), "\"client\"").about("Who remembers the cursor of a device."),
    word::<Advance>("server_cursor")
        .about("When a cursor that the server holds moves: when the response leaves, or when the next request confirms its receipt.")
        .needs(&Needs {
            of: &[".cursor_held_by"],
            holds: |of| of[0].text() == "server",
            why: "devices hold their cursors themselves, and the server moves none",
            help: "cursor_held_by = \"server\" lets it hold them",
        }),
]);

const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("How long a token is valid after it was issued; requests with an older one are refused (401)."),
    optional("refresh_life", WINDOW)
        .about("How long after its issue a token can be exchanged for the next. After that the app logs its person out (`engine.on_logout`), if it may, and they log in again 20 s later."),
]);
