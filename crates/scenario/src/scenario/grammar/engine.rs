//! Keys of the engine.

use super::super::written::is_of_axis;
use super::trouble::happens;
use crate::base::{Ppm, Word as _};
use crate::config::form::Stated;
use crate::config::form::{
    Form, Key, Needs, POLL, SOME, SOME_SPAN, SPAN, key, map, optional, owned, table, word,
};
use crate::config::view::View;
use crate::engine::{
    AfterFailure, Atomic, BaseDate, BlobQueue, CallbackOptions, Checkpoint, CursorBook, DatabasePer, Dates,
    Decoder, Detect, EngineOptions, First, Identity, Jitter, LocalCapture, MissingParent, OnBadRow, OnLogout,
    OnRefused, OnTooLarge, OnUnauthorized, Policy, PushOrder, PushUnit, QueueKept, Replace, RequestPer,
    Requests, Says, SecondEdit, Sends, SyncDate, WhileOpen, With,
};
use crate::protocol::{self, BytesCount, Packing, Packs};

fn engine() -> EngineOptions {
    EngineOptions::default()
}

fn callback() -> CallbackOptions {
    CallbackOptions::default()
}

const BAD_ROWS: &str = "bad_rows is their share, such as 0.01";

const DECIDES: &[&str] = &["engine.conflict.policy", "engine.name"];

pub(super) const LEFT_TO_PEOPLE: &Needs = &Needs {
    of: DECIDES,
    holds: |of| decides(of, Policy::has_page),
    why: "no conflict waits for a person: the policy decides each of them",
    help: "policy = \"manual\" in [engine.conflict] leaves them to people; to compare it with others, let variants or an axis set it",
};

/// A third-party stack decides conflicts itself.
fn decides(of: &[View<'_>], fits: fn(Policy) -> bool) -> bool {
    is_own_stack(of[1]) || Policy::of_word(of[0].text()).is_some_and(fits)
}

pub(in super::super) fn is_own_stack(name: View<'_>) -> bool {
    name.text() != "builtin" && !name.text().starts_with("broken:")
}

fn pulls_together(units: View<'_>, entities: View<'_>) -> bool {
    let several = entities.entries().nth(1).is_some();
    let pulls = |unit: View<'_>| {
        let pull = unit.at("pull");
        pull.items().nth(1).is_some() || several && pull.items().any(|name| name.text() == "*")
    };
    units.entries().any(|(_, unit)| pulls(unit))
}

pub(super) const ENGINE: Form = table(&[
    key("name", Form::Text, "\"builtin\"")
        .about("The name of the stack: `builtin`, `broken:<bug>`, or one's own."),
    key("options", map(&Form::Any), "{}")
        .about("What is chosen of a stack of one's own; it says what there is."),
    owned("request_timeout", SOME_SPAN, || engine().request_timeout.stated())
        .about("A request without a response is given up after this."),
    owned("debounce", SPAN, || engine().debounce.stated())
        .about("A unit that `online`, `resume` or `every` starts begins no sooner than this after its last start; what asks earlier waits until then."),
    optional("hook_timeout", SOME_SPAN)
        .about("A hook of the app is given up after this, which counts as if it threw; without it the engine waits as long as it takes.")
        .needs(&Needs {
            of: &["hooks"],
            holds: |of| of[0].entries().next().is_some(),
            why: "the app has no hooks, so none takes too long",
            help: "[hooks.on_sync_start] takes = \"5s\" is one",
        }),
    word::<RequestPer>("requests").about("What of a run goes into one request."),
    owned("codec", Form::Word(protocol::NAMES), || protocol::NAMES[0].stated())
        .about("The format of messages; the gateway must speak that too."),
    word::<Packing>("compression")
        .about("What packs messages: nothing, gzip at level 6, zstd at level 1. A message that would not be smaller goes as it is."),
    word::<Packs>("compressed")
        .about("Which messages are packed: requests and responses, or responses alone, as many servers take no packed request."),
    word::<Decoder>("decoder")
        .about("How it reads responses: row by row in native code, or as a whole tree in a managed language, which takes six times the response's size of memory instead of 2.5."),
    word::<Dates>("dates")
        .about("What an edit is dated by: UTC, or what the person's clock shows."),
    word::<Identity>("identity")
        .about("Where it keeps what it calls itself towards the server: with the phone, or in the database, which may be copied to another.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "clone"),
            why: "no phone is copied, and each has a name of its own wherever it keeps that",
            help: "[event.NAME] clone = { from = 0, to = 1 } copies the storage of one to another",
        }),
    word::<AfterFailure>("queue")
        .about("What a unit that failed does: it makes way and is queued again after a wait, or it stays at the head of the queue and is tried each 30 s."),
    word::<QueueKept>("queue_kept")
        .about("Where the queue is kept: in memory, so that a kill empties it, or on disk, so that it is queued again."),
    owned("sessions", Form::Int { min: 1, max: 8 }, || engine().sessions.stated())
        .about("So many units run at a time, as services that sync side by side; a unit waits while one runs that shares an entity with it, and those behind it wait, too."),
    optional("network_poll", POLL)
        .about("How often it asks the operating system what network there is, in place of being told as it changes."),
    owned("network_poll_cpu", SPAN, || engine().network_poll_cpu.stated())
        .about("The work of asking once: time of the reference core, of which a class takes `cpu` times as much. By default it is a millisecond on a phone of the class `mid`, an estimate.")
        .needs(&Needs {
            of: &[".network_poll"],
            holds: |of| of[0].present().is_some(),
            why: "the app is told of the network and does not ask",
            help: "network_poll is how often it asks, such as \"1s\"",
        }),
    owned("status", Form::Bool, || engine().status.stated())
        .about("Whether the app shows a status: idle, offline, syncing, failed, conflict, with the edits that wait. It is held against the truth and changes nothing."),
    owned("row_cpu", SPAN, || engine().row_cpu.stated())
        .about("The engine's own work for each row that it writes and each edit that it sends, besides SQLite and coding: time of the reference core, of which a class takes `cpu` times as much."),
    key("pull", PULL, "{}").about("How it pulls."),
    key("push", PUSH, "{}").about("How it pushes."),
    key("attachments", ATTACHMENTS, "{}")
        .about("How it sends what is attached to rows (`entity.NAME.attachment`)."),
    key("retry", RETRY, "{}").about("How it tries again."),
    word::<OnLogout>("on_logout").about("What becomes of edits that wait as their person logs out."),
    word::<DatabasePer>("database_per").about("Whose the data on a phone is that several people share: each has a database of their own, or who logs in goes on with what is there."),
    key("token", ENGINE_TOKEN, "{}").about("What it does about tokens."),
    key("conflict", CONFLICT, "{}").about("What it does about conflicts."),
]);

const ATTACHMENTS: Form = table(&[
    word::<BlobQueue>("queue")
        .about("When they go: at the end of a unit's run (rows made meanwhile wait for it), before its rows, or beside the runs, as `when` of a unit that sends their rows lets them."),
    word::<With>("with")
        .about("Whether a row waits until all that is attached to it is there, so that nobody sees it without, or goes by itself."),
    word::<First>("first").about("Which go first: the small pictures of all rows, or the oldest."),
    owned("parallel", Form::Int { min: 1, max: 8 }, || engine().attachments.parallel.stated())
    .about("So many at a time."),
    key("chunk_bytes", Form::Size { min: 1_000, max: 1 << 30 }, "\"256KiB\"")
        .about("The bytes of a request. Where the server takes none so large half of it goes, unless `engine.push.on_too_large` is \"give-up\"."),
    owned("resume", Form::Bool, || engine().attachments.resume.stated())
        .about("One that was cut goes on where the server has come to, which is asked; else it begins again."),
]);

const PULL: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 10_000_000 }, || engine().pull.chunk_rows.stated())
    .about("The network chunk: rows asked for in one request."),
    owned("chunk_bytes", Form::Size { min: 256, max: 1 << 30 }, || engine().pull.chunk_bytes.stated())
    .about("The network chunk in bytes: the response ends after about this much."),
    word::<BytesCount>("bytes_count")
        .about("Which bytes of a page `chunk_bytes` counts: before packing, which bound memory, or as sent, which bound the time on the link."),
    owned("apply_rows", Form::Int { min: 1, max: 10_000_000 }, || engine().pull.apply_rows.stated())
    .about("The apply chunk: rows written in one transaction."),
    owned("prefetch", Form::Int { min: 0, max: 4 }, || engine().pull.prefetch.stated())
        .about("Pages asked for while one is applied; each takes memory. Not with capture by flag or hash, nor with cursors that the gateway holds."),
    owned("streams", Form::Int { min: 1, max: 8 }, || engine().pull.streams.stated())
        .about("How many entities of a unit are pulled at the same time, after its first request. Rows may come before those of other entities that they refer to.")
        .needs(&Needs {
            of: &["unit", "entity", "."],
            // An axis may show that the number of streams makes no difference here.
            holds: |of| pulls_together(of[0], of[1]) || of[2].origin().is_some_and(is_of_axis),
            why: "no unit pulls more than one entity, so there is nothing to pull at the same time",
            help: "a unit with several, such as pull = [\"*\"] where there are several, pulls so many at once",
        }),
    word::<CursorBook>("cursor")
        .about("What a cursor belongs to. By \"entity\" a unit goes on where another stopped; by \"unit\" units that overlap fetch rows twice. \"last-sync-on\" asks by the date of the unit's last sync (`push.sync_date`)."),
    word::<MissingParent>("missing_parent")
        .about("What is done about a row that refers to one that has not come: nothing, or it waits on a durable list for the rest."),
    word::<Requests>("requests")
        .about("What a pull is to caches on the way: a request that none may answer, an address that they may keep, or one with a validator."),
    word::<Replace>("replace")
        .about("What pulled rows replace: their older versions; or all rows of their entity, edits that wait included (a baseline that loses)."),
    word::<OnTooLarge>("on_too_large")
        .about("What is done where the server says that a response is too large."),
    word::<Atomic>("atomic")
        .about("How much of a pull is shown at once: each apply chunk, or all of it at its end, for which rows wait in tables of their own."),
    word::<Checkpoint>("checkpoint")
        .about("Where a run goes on after one that was cut: behind the last durable page, or where the last whole run had ended."),
    owned("bad_rows", Form::Share, || engine().pull.bad_rows.share.stated())
        .about("Share of the keys whose rows cannot be applied when they come."),
    owned("bad_tries", Form::Int { min: 1, max: 1_000_000 }, || engine().pull.bad_rows.tries.stated())
    .about("So often each of those fails in one life of the app's process; then it goes well.")
        .needs(&Needs {
            of: &[".bad_rows"],
            holds: |of| of[0].share() > Ppm(0),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    word::<OnBadRow>("on_bad_row")
        .about("What is done about it: the run ends and the cursor stays before it, the cursor passes it, or it is kept on a durable list and tried with the next pull.")
        .needs(&Needs {
            of: &[".bad_rows", "chaos.bad_rows", "event"],
            holds: |of| happens(of[2], "bad_rows") || of[..2].iter().any(|share| share.share() > Ppm(0)),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    CONTROLLER,
    CONTROL,
]);

const PUSH: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 100_000 }, || engine().push.chunk_rows.stated())
    .about("Mutations in one request."),
    owned("chunk_bytes", Form::Size { min: 256, max: 1 << 30 }, || engine().push.chunk_bytes.stated())
    .about("The mutations of one request come to about this much at most; one is always sent."),
    word::<LocalCapture>("capture")
        .about("How the engine knows what was edited. Without an outbox it sends rows as they are."),
    word::<SyncDate>("sync_date")
        .about("Which moment of a sync is its date. Its end misses what was edited while the sync ran: on the phone if `push.capture` goes by it, at the server if `pull.cursor` does. Its start misses nothing.")
        .needs(&Needs {
            of: &[".capture", "engine.pull.cursor", "engine.name"],
            holds: |of| {
                of[0].says(LocalCapture::UpdatedAfterLastSync)
                    || of[1].says(CursorBook::LastSyncOn)
                    || is_own_stack(of[2])
            },
            why: "nothing goes by the date of the last sync",
            help: "capture = \"updated-after-last-sync\" in [engine.push] looks for edits by that date, cursor = \"last-sync-on\" in [engine.pull] asks by it",
        }),
    owned("squash", Form::Bool, || engine().push.squash.stated())
        .about("Edits of one row that wait go out as one, the last; a row that was made and deleted meanwhile is not sent."),
    word::<OnRefused>("on_refused")
        .about("What a run does after an edit was not committed: it goes on with the others, or it ends with an error and pulls nothing."),
    word::<PushOrder>("order").about("Which of the edits that wait go first."),
    word::<OnTooLarge>("on_too_large")
        .about("What is done where the server or a proxy refuses a request for its size (413). An edit that the server refuses alone is given up and logged; one that a proxy refuses alone waits for another network, and the others go."),
    word::<PushUnit>("unit")
        .about("What one request never splits: an edit, or the edits of a row and of the rows that are part of it (`on_delete = \"cascade\"`)."),
    word::<Sends>("sends")
        .about("What of a row an update brings: the columns that its person set, or the whole row as the device holds it."),
    CONTROLLER,
    CONTROL,
]);

const CONTROLLERS: &[&str] =
    &["fixed", "per-entity", "clamp", "aimd", "halve-when-slow", "gradient", "model"];

const CONTROLLER: Key = key("controller", Form::Word(CONTROLLERS), "\"fixed\"")
    .about("What decides about the rows of the next chunk; the others begin with `chunk_rows` and learn until the process ends.");

const CONTROL: Key = key(
    "control",
    table(&[
        owned("min_rows", SOME, || engine().pull.steering.min_rows.stated())
            .about("A controller that learns asks for no fewer (an adaptive size in the field: 10 to 500)."),
        owned("max_rows", SOME, || engine().pull.steering.max_rows.stated())
            .about("And for no more (the largest default in the field, SymmetricDS)."),
        key("per_entity", map(&SOME), "{}")
            .about("For `per-entity`: rows by entity; `chunk_rows` for those that are not named."),
        key("clamp", CLAMP, "{}")
            .about("For `clamp`: as many rows as fit a target at the last chunk's time a row."),
        key("aimd", AIMD, "{}")
            .about("For `aimd`: a step more after a chunk that went well, a factor less after another."),
        key("halve_when_slow", HALVE, "{}")
            .about("For `halve-when-slow`: half after a slow chunk, double after a fast one."),
        key("gradient", GRADIENT, "{}")
            .about("For `gradient`: grows while the time a row is near the least one seen, and shrinks in proportion."),
        key("model", MODEL, "{}")
            .about("For `model`: learns the cost of a chunk and a row and the rate of outages, and takes the best size by the closed form."),
    ]),
    "{}",
)
.about("Options of the controllers.");

const CLAMP: Form = table(&[
    key("target", SOME_SPAN, "\"5s\"").about("What a chunk is to take (the adaptive size in the field).")
]);

const AIMD: Form = table(&[
    key("step", SOME, "100").about("Rows added (an estimate: a fifth of the 500 that many start with)."),
    key("backoff", Form::Share, "0.5").about("The factor (TCP Reno; Netflix's concurrency-limits has 0.9)."),
    key("target", SOME_SPAN, "\"15s\"")
        .about("A chunk that took longer did not go well (half of a gateway's 30 s)."),
]);

const HALVE: Form = table(&[key("slow", SOME_SPAN, "\"500ms\"")
    .about("What takes longer is slow, what takes less than half of it is fast (Corrosion).")]);

const GRADIENT: Form = table(&[
    key("tolerance", Form::Decimal { max: 100.0 }, "1.5")
        .about("How many times the least time a row may take (Netflix's Gradient2)."),
    key("headroom", Form::Share, "0.2")
        .about("What it grows by, as a share of `chunk_rows` (Gradient2: 4, starting at 20)."),
    key("smoothing", Form::Share, "0.2").about("How far one step goes (Gradient2)."),
]);

const MODEL: Form = table(&[
    key("target", SOME_SPAN, "\"15s\"").about("No chunk is meant to take longer (half of a gateway's 30 s)."),
    key("memory", Form::Int { min: 2, max: 100_000 }, "30")
        .about("What was seen loses one part in this many with each chunk (an estimate)."),
]);

const RETRY: Form = table(&[
    owned("base", SOME_SPAN, || engine().retry.base.stated())
        .about("The first wait is at most this; it doubles."),
    owned("cap", SOME_SPAN, || engine().retry.cap.stated()).about("No wait is longer."),
    word::<Jitter>("jitter")
        .about("What of a wait is random: nothing, all, half, or all up to three times the wait before."),
    owned("heeds_after", Form::Bool, || engine().retry.heeds_after.stated())
        .about("Nothing is sent before the moment that a throttling server names."),
    owned("attempts", SOME, || engine().retry.attempts.stated())
        .about("Failures in a row after which a run ends with an error. It is tried again after the next wait, and at once as a network comes."),
]);

const CONFLICT: Form = table(&[
    word::<Detect>("detect")
        .about("What makes a conflict with a version that the device had not seen."),
    word::<BaseDate>("base")
        .about("The date by which an edit names the version that it was made on, where dates are compared: that version's, that of the edit, that of the \
         last sync."),
    word::<Policy>("policy")
        .about("What stays after a conflict. Under the three `last-…` an update does not undo a delete."),
    key("callback", CALLBACK, "{}").about("What the rule of the app does, where that decides.")
        .needs(&Needs {
            of: DECIDES,
            holds: |of| decides(of, Policy::asks_app),
            why: "the app has no rule for conflicts: the policy does not ask it",
            help: "policy = \"callback\" in [engine.conflict] asks it; to compare it with others, let variants or an axis set it",
        }),
    word::<WhileOpen>("while_open")
        .about("For `manual`: what happens while a conflict is open. Everything else is synced, or no run begins until a person has decided.")
        .needs(LEFT_TO_PEOPLE),
    word::<SecondEdit>("second_edit")
        .about("For `manual`: what becomes of another edit of a row in conflict. It joins what the device has, and the person decides about both; or the app refuses it.")
        .needs(LEFT_TO_PEOPLE),
]);

const CALLBACK: Form = table(&[
    word::<Says>("says")
        .about("Who wins: the later one by the clocks of the authors, the edit, the backend's version."),
    owned("takes", SPAN, || callback().takes.stated()).about("How long it thinks."),
    owned("timeout", SOME_SPAN, || callback().timeout.stated())
        .about("It is given up after this; the edit gives way then, and a line tells."),
    key("hangs", Form::Share, "0").about("Share of the edits about which it never answers."),
    key("panics", Form::Share, "0").about("Share of the edits about which it panics."),
    key("nonsense", Form::Share, "0").about("Share of the edits about which it says what cannot be done."),
]);

const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>("on_refused")
    .about("After a 401: another token and the request again; the run fails and the next has another; or the edits of the request are dropped.")]);
