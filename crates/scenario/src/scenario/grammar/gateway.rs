//! Keys of the gateway.

use super::super::written::UPTO;
use super::backend::AVAILABILITY;
use super::links::LIMIT;
use crate::backend::{Holes, Reset, Trimmed};
use crate::base::{Span, Word as _};
use crate::config::form::Stated;
use crate::config::form::{
    Form, PERIOD, SOME, SOME_SPAN, SPAN, WINDOW, key, optional, owned, required, table, word,
};
use crate::config::written::NAME;
use crate::gateway::{
    Advance, CursorSaved, FlagForm, FlagPer, HashOptions, Initial, Keep, LastModifiedBound, LastModifiedEnd,
    LastModifiedOptions, LastModifiedPaging, LastModifiedSource, LastModifiedStamps, Mode, OnUnreadable,
    RefreshOptions as Refresh, Restored, SetFlag, Snapshot, UploadCacheOptions as Uploads,
};
use crate::protocol::{self, Packing};

pub(super) const GATEWAY: Form = table(&[
    word::<Mode>("mode").about("Each request goes to the backend, or a replica answers."),
    owned(
        "codecs",
        Form::List(&Form::Word(protocol::NAMES)),
        || format!("[{}]", protocol::NAMES[0].stated()),
    )
    .about("Formats that it can read and write."),
    owned(
        "compressions",
        Form::List(&Form::Word(Packing::WORDS)),
        || format!("[{}, {}]", Packing::Gzip.word().stated(), Packing::Zstd.word().stated()),
    )
    .about("Ways of packing that it knows."),
    optional("coding_rate", Form::Size { min: 1, max: 1 << 40 })
        .about("Bytes of JSON that a core of it codes a second. Without it coding is in the backend's costs of rows, and packing costs 400MB a second."),
    optional("refresh", REFRESH).about("How the replica of a persistent gateway is fed."),
    optional("body_limit", LIMIT)
        .about("The largest request that it takes; to a larger one it says so (413), once all of it has come."),
    optional("response_limit", LIMIT)
        .about("The largest response that it sends; in the place of a larger one it says so, and has done what was asked."),
    key("serve", SERVE, "{}").about("How devices are served."),
    word::<Restored>("backend_restored")
        .about("Whether cursors name the incarnation that a backend gives itself when it goes back to a backup; who comes with another loads again."),
    word::<Restored>("restored")
        .about("Whether the gateway knows that it went back to a backup, and takes back what it gave out since."),
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
        .about("A page is taken only if the cursor is still the one that it was asked with; else the last one writes."),
    word::<CursorSaved>("cursor_saved")
        .about("Whether the replica's cursor is saved with each page, or at once and all rows at the end of their entity."),
]);

const SERVE: Form = table(&[
    key("capture", CAPTURE, "{ last_modified = {} }").about("How changes are found."),
    key("cursor_held_by", Form::Word(&["client", "server"]), "\"client\"").about("Who remembers where a device is."),
    word::<Advance>("server_cursor")
        .about("When a cursor that the server holds moves: when the response leaves, or when the next request brings the receipt for it."),
]);

pub(super) const CAPTURE: Form = Form::Table {
    keys: &[],
    kinds: &[
        optional("last_modified", LAST_MODIFIED).about("By the time of last modification."),
        optional("flag", FLAG).about("By a flag on each row."),
        optional("hash", HASH).about("By comparing all rows with what was sent before."),
        optional("change_log", CHANGE_LOG).about("By the backend's log of changes."),
    ],
};

const LAST_MODIFIED: Form = table(&[
    word::<LastModifiedBound>("bound").about("How the next page begins."),
    word::<LastModifiedPaging>("paging")
        .about("How the pages of one pull are cut: each after the one before, or each by skipping rows above a fixed time, the latest time being saved with each page."),
    word::<LastModifiedSource>("source").about("Whose time the cursor is."),
    owned(
        "precision",
        Form::Span { min: Span::micros(1), max: Span::secs(86_400) },
        || LastModifiedOptions::default().precision.stated(),
    )
    .about("Cursors are cut to multiples of this on their way."),
    key("window", Form::Written(&UPTO), "\"settled\"").about("How far behind now a pull stays."),
    word::<LastModifiedStamps>("stamps")
        .about("Which of a row's stamps are compared: the greatest of the three, or not the one of its creation (`UpdatedOn` alone)."),
    word::<LastModifiedEnd>("end")
        .about("How a pull knows its end: the response says so, or it has no rows."),
    optional(
        "reconcile",
        table(&[required("every", SPAN).about("How often; 0s is at the end of each pull.")]),
    )
    .about("The gateway keeps the keys that each device was told of, and looks which of them are gone."),
]);

const HASH: Form = table(&[
    word::<Keep>("keep").about("What is kept of each row that a reader has."),
    owned("canonical", Form::Bool, || HashOptions::default().canonical.stated())
        .about("Rows are hashed in a canonical form; else as the source writes them, each time in another style."),
    word::<Snapshot>("snapshot")
        .about("The source is read at one instant, in pages by offset while others write, or so until nothing was skipped."),
    owned("read_rows", SOME, || HashOptions::default().read_rows.stated())
        .about("Rows in a page of a torn or two-pass reading; a page with each request."),
    key("source", Form::Word(&["api", "file"]), "\"api\"").about("The backend is asked for all rows, or drops files."),
    key("file_every", PERIOD, "\"1h\"")
        .about("How often the backend writes a file, from the start on."),
    key("file_takes", SPAN, "\"0s\"")
        .about("How long writing it takes; meanwhile there is only its beginning."),
    key("trailer", Form::Bool, "true")
        .about("A file counts only if its last line says that it is complete."),
]);

const FLAG: Form = table(&[
    word::<FlagForm>("form")
        .about("What the flag is: a text, a yes or no, an id that the consumer gives, or the status and the version that it is of."),
    word::<Initial>("initial")
        .about("What it says of rows that were there before it: who was provisioned has what it was provisioned with, nobody has them, everybody has them."),
    word::<SetFlag>("set")
        .about("When it is set: when the reader says that it committed the page, when the gateway has the rows, or as they are read."),
    word::<Reset>("reset")
        .about("How it is set: if the row is still the version that was delivered, or whatever it is."),
    word::<FlagPer>("per").about("Whose it is: each device has its own, or there is one."),
    optional("lease", SOME_SPAN)
        .about("Who delivers a row claims it for this long; without it nobody claims any."),
    key("unreadable", Form::Share, "0")
        .about("Share of the rows that cannot be captured, by the hash of their keys."),
    word::<OnUnreadable>("on_unreadable")
        .about("What becomes of a page with such a row: the row is passed over, or the page fails."),
]);

const CHANGE_LOG: Form = table(&[
    word::<Holes>("holes")
        .about("A number that is missing: stay behind the oldest transaction under way, or go on."),
    word::<Trimmed>("trimmed")
        .about("Entries that may be trimmed: load everything again, or go on with what is there."),
]);

const TOKEN: Form = table(&[
    required("life", WINDOW)
        .about("So long after it was given out a token is accepted; each request that comes with an older one is refused (401)."),
    optional("refresh_life", WINDOW)
        .about("So long after a token was given out the next is given for it. Who comes later gets none: the app logs its person out (`engine.on_logout`), if it may, and they log in again 20 s later."),
]);
