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
    help: "remove the key, or give rows attachments: attachment = { least = \"300kB\", most = \"600kB\" } in [entity.NAME]",
};

const CODECS: Form = Form::List(&Form::Word(protocol::NAMES_OR_ANY));
const COMPRESSIONS: Form = Form::List(&Form::word::<Packing>());

/// True if the scope of an entity changes with the day or with writes to other rows.
fn moves_on(entities: View<'_>) -> bool {
    let mut rules = entities.entries().flat_map(|(_, entity)| entity.at("scope").entries());
    rules.any(|(_, rule)| matches!(scope(rule.text()), Some(Scope::Moving(..) | Scope::Cut(..))))
}

pub(super) const GATEWAY: Form = table(&[
    word::<Mode>("mode").about("Whether each request goes to the backend (\"ota\"), or the gateway responds from a replica (\"persistent\")."),
    owned("codecs", CODECS, || format!("[{}]", protocol::NAMES[0].stated()))
        .about("Message formats that the gateway can read and write; \"*\" stands for all."),
    owned("compressions", COMPRESSIONS, || format!("{:?}", [Packing::Gzip, Packing::Zstd].map(Packing::word)))
        .about("Compression formats that the gateway can read and write."),
    optional("coding_rate", Form::Size { min: 1, max: 1 << 40 })
        .about("Bytes of JSON that one core of the gateway encodes or decodes per second. Without this key, coding is part of the backend's costs per row, and compression runs at 400 MB per second."),
    optional("refresh", REFRESH).about("How a gateway in mode \"persistent\" refreshes its replica.")
        .needs(&Needs {
            of: &[".mode"],
            holds: |of| of[0].says(Mode::Persistent),
            why: "a gateway in mode \"ota\" has no replica to refresh",
            help: "remove the key, or set mode = \"persistent\"; to compare both, let variants or an axis set gateway.mode",
        }),
    optional("body_limit", LIMIT)
        .about("The largest request that the gateway accepts. It receives a larger request completely, and then responds with 413. Without this key there is no limit."),
    optional("response_limit", LIMIT)
        .about("The largest response that the gateway sends. Instead of a larger response it sends an error, although it has executed the request. Without this key there is no limit."),
    word::<AttachmentAgain>("attachment_again")
        .about("What the gateway does with an attachment that it already has completely.")
        .needs(HAS_ATTACHMENTS),
    key("serve", SERVE, "{}").about("How the gateway serves devices."),
    word::<Restored>("backend_restored")
        .about("What the gateway does after the backend went back to a backup.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_backend"),
            why: "the backend never goes back to a backup",
            help: "remove the key, or set restore_backend = { of = \"1m\" } in [event.NAME]",
        }),
    word::<ScopeChange>("scope_change")
        .about("What the gateway does when the rows of a device's scope change although nobody wrote them.")
        .needs(&Needs {
            of: &["event", "entity", "backend.copies"],
            holds: |of| happens(of[0], "reassign") || moves_on(of[1]) || of[2].says(Copies::Unstamped),
            why: "no row enters or leaves a scope without a write",
            help: "remove the key, or let rows do so by `reassign` in [event.NAME], a scope such as \"today-30d..today+1d\" or \"newest 50\", or backend.copies = \"unstamped\"",
        }),
    word::<Restored>("restored")
        .about("What the gateway does after it went back to a backup of its own data.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "restore_gateway"),
            why: "the gateway never goes back to a backup",
            help: "remove the key, or set restore_gateway = { of = \"1m\" } in [event.NAME]",
        }),
    optional("token", TOKEN)
        .about("The tokens that identify devices. Without this table a token is valid for ever."),
    optional("upload_cache", UPLOAD_CACHE)
        .about("How a gateway in mode \"ota\" remembers the edits that it passed on: a repeated edit gets the first response again. Without this table, only the backend's `idempotency` recognises a repeated edit."),
    optional("job", JOB)
        .about("Lets the gateway work on long pulls in the background: the device gets \"accepted, ask again\" (202) and asks again for the result. Without this table, a device waits for each response."),
    optional("clock_tolerance", SOME_SPAN)
        .about("How far a device's clock may be off, ahead or behind. The gateway refuses each request of a device whose clock is further off. Without this key, the gateway compares no clocks."),
    optional("backend_link", BACKEND_LINK).about("The network between gateway and backend. Without this table both are in one place, and messages take no time."),
]);

const UPLOAD_CACHE: Form = table(&[
    owned("kept", SOME_SPAN, || Uploads::default().kept.stated())
        .about("How long the gateway remembers the result of an edit."),
    owned("wait", SPAN, || Uploads::default().wait.stated()).about(
        "If a device repeats an edit before its result is known, the request waits this long. After that, the gateway tells the device to retry later.",
    ),
    owned("resubmit", SPAN, || Uploads::default().resubmit.stated())
        .about("If the result of an edit is still unknown after this, the gateway sends the edit to the backend again."),
    owned("durable", Form::Bool, || Uploads::default().durable.stated())
        .about("Whether the results survive a kill of the gateway's process."),
]);

const JOB: Form = table(&[
    owned("after", SOME_SPAN, || Job::default().after.stated())
        .about("How long a request waits for its result, from the start of the work. After that it gets \"accepted, ask again\" (202)."),
    owned("ask_again", SOME_SPAN, || Job::default().ask_again.stated())
        .about("How long a device waits before it asks again for the result."),
    word::<JobResult>("result")
        .about("What happens to the result of a job."),
    owned("kept", SOME_SPAN, || Job::default().kept.stated())
        .about("How long the gateway keeps a result after the job is done.")
        .needs(&Needs {
            of: &[".result"],
            holds: |of| of[0].says(JobResult::Kept),
            why: "no result is kept",
            help: "remove the key, or set result = \"kept\"",
        }),
]);

const BACKEND_LINK: Form = table(&[
    optional("link", Form::Written(&NAME))
        .about("A link whose round-trip time and rates the backend link takes."),
    optional("rtt", SPAN)
        .about("Round-trip time without load. Without this key it is that of `link`, or 0s."),
    optional("rate", Form::Rate).about(
        "Rate in each direction. Without this key it is that of `link` (of a trace, its mean), or unlimited.",
    ),
    optional("availability", AVAILABILITY)
        .about("Outages that break the connections of the backend link, drawn from the seed."),
]);

const REFRESH: Form = table(&[
    owned("every", PERIOD, || Refresh::default().every.stated())
        .about("Time from the start of one refresh to the start of the next, even if a refresh fails. A refresh that compares page by page first retries for a minute."),
    owned("upload_every", PERIOD, || Refresh::default().upload_every.stated())
        .about("How often the gateway sends the edits of devices to the backend."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found."),
    owned("page", Form::Int { min: 1, max: 1_000_000 }, || Refresh::default().page.stated())
        .about("Most rows in one response."),
    optional("kept", SOME_SPAN)
        .about("How long the replica keeps tombstones and the results of uploads. A device that was away longer loads everything again. Without this key it is `backend.tombstones_kept`."),
    optional("history", HISTORY)
        .about("The replica keeps each version of a row and its tombstone, as an operation log does. A first load reads them all. Without this table, a first load reads only the rows that exist."),
    owned("nodes", Form::Int { min: 1, max: 100 }, || Refresh::default().nodes.stated())
        .about("How many nodes refresh the replica. Each follows the schedule, and none knows of the others. Capture by flag or hash allows only 1."),
    owned("fencing", Form::Bool, || Refresh::default().fencing.stated())
        .about("Whether the replica applies a page only if its cursor is still the cursor of that page's request. If false, the last node to write wins.")
        .needs(&Needs {
            of: &[".nodes"],
            holds: |of| of[0].int() != 1,
            why: "only one node refreshes the replica, so no other can overtake it",
            help: "remove the key, or set gateway.refresh.nodes = 2",
        }),
    word::<CursorSaved>("cursor_saved")
        .about("When the replica saves its cursor."),
]);

const HISTORY: Form = table(&[optional("compacted_every", PERIOD).about(
    "The first refresh after each multiple of this drops superseded versions. Without this key they stay.",
)]);

const SERVE: Form = table(&[
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found.")
        .needs(&Needs {
            of: &["gateway.mode"],
            holds: |of| of[0].says(Mode::Ota),
            why: "a gateway in mode \"persistent\" serves devices by the sequence of its replica",
            help: "write it as gateway.refresh.capture, which refreshes the replica; to compare both, let variants or an axis set gateway.mode",
        }),
    key("cursor_held_by", Form::Word(&["client", "server"]), "\"client\"").about("Who keeps the cursor of a device: the device (\"client\") or the gateway (\"server\")."),
    word::<Advance>("server_cursor")
        .about("When a cursor that the gateway keeps moves.")
        .needs(&Needs {
            of: &[".cursor_held_by"],
            holds: |of| of[0].text() == "server",
            why: "devices keep their cursors, so the gateway moves none",
            help: "remove the key, or set cursor_held_by = \"server\"",
        }),
]);

const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("How long a token is valid after its issue. The gateway refuses a request with an older token (401)."),
    optional("refresh_life", WINDOW)
        .about("How long after its issue a token can be exchanged for a new one. After that, the app logs its person out if `engine.on_logout` allows it, and the person logs in again 20 s later."),
]);
