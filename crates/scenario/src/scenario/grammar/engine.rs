//! Keys of the engine.

use super::super::written::is_of_axis;
use super::trouble::happens;
use crate::base::{Ppm, Word as _};
use crate::config::form::{
    Form, Key, Needs, POLL, SOME, SOME_SPAN, SPAN, Stated, key, map, optional, owned, table, word,
};
use crate::config::view::View;
use crate::engine::{
    AfterFailure, Atomic, BaseDate, BlobQueue, CallbackOptions as Callback, Checkpoint, CursorBook,
    DatabasePer, Dates, Decoder, Detect, EngineOptions as Engine, First, Identity, Jitter, LiveGap,
    LiveOptions as Live, LiveSends, LocalCapture, Medium, MissingParent, OnBadRow, OnBigRow, OnFailed,
    OnFull, OnLogout, OnRefused, OnThere, OnTooLarge, OnUnauthorized, OnWipe, PagesLeft, Policy, PushOrder,
    PushUnit, QueueKept, Replace, RequestClock, RequestPer, Requests, Says, SecondEdit, Sends, SyncDate,
    WhileOpen, With,
};
use crate::gateway::AttachmentAgain;
use crate::net::{Collapse, PushMessageOptions as Push};
use crate::protocol::{self, BytesCount, Packing, Packs};

const CHUNK: Form = Form::Size { min: 256, max: 1 << 30 };
const TRIES: Form = Form::Int { min: 1, max: 1_000_000 };

const BAD_ROWS: &str = "remove the key, or set bad_rows, the share of these rows, such as 0.01";

const DECIDES: &[&str] = &["engine.conflict.policy", "engine.name"];

pub(super) const LEFT_TO_PEOPLE: &Needs = &Needs {
    of: DECIDES,
    holds: |of| decides(of, Policy::has_page),
    why: "no conflict waits for a person: the policy decides every conflict",
    help: "remove the key, or set policy = \"manual\" in [engine.conflict]; to compare policies, let variants or an axis set the policy",
};

/// True if the policy fits, or if the stack is third-party. Such a stack decides conflicts itself.
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
        .about("The name of the stack (engine and server): `builtin`, `broken:<bug>` (with a planted bug), or a stack of your own."),
    key("options", map(&Form::Any), "{}")
        .about("Options of a stack of your own. The stack defines their names."),
    owned("request_timeout", SOME_SPAN, || Engine::default().request_timeout.stated())
        .about("The engine abandons a request without a response after this."),
    owned("debounce", SPAN, || Engine::default().debounce.stated())
        .about("Shortest time from the start of a unit to its next start by `online`, `resume` or `every`. An earlier start waits until then."),
    optional("hook_timeout", SOME_SPAN)
        .about("The engine abandons a hook of the app after this, as if the hook had thrown. Without this key, the engine waits until the hook ends.")
        .needs(&Needs {
            of: &["hooks"],
            holds: |of| of[0].entries().next().is_some(),
            why: "the app has no hooks, so no hook can take too long",
            help: "remove the key, or add a hook, such as takes = \"5s\" in [hooks.on_sync_start]",
        }),
    word::<RequestPer>("requests").about("Which parts of a run share one request."),
    owned("codec", Form::Word(protocol::NAMES), || protocol::NAMES[0].stated())
        .about("The format of messages. The gateway must support it too (`gateway.codecs`)."),
    word::<Packing>("compression")
        .about("How messages are compressed: not at all, gzip at level 6, zstd at level 1. A message that would not become smaller goes uncompressed."),
    word::<Packs>("compressed")
        .about("Which messages are compressed: requests and responses, or only responses, because many servers accept no compressed request."),
    word::<Decoder>("decoder")
        .about("How responses are decoded: row by row in native code (memory of 2.5 times the response), or as a whole tree in a managed language (memory of 6 times the response)."),
    word::<Dates>("dates")
        .about("Which time of the phone dates an edit: UTC, or the local time that the phone shows."),
    word::<RequestClock>("clock")
        .about("Which time a request contains: that of the device's clock, or the server's time, which the engine learns from a refusal.")
        .needs(&Needs {
            of: &["gateway.clock_tolerance"],
            holds: |of| of[0].present().is_some(),
            why: "the gateway does not compare clocks",
            help: "remove the key, or set gateway.clock_tolerance = \"5m\" to refuse requests of clocks that are further off",
        }),
    word::<Identity>("identity")
        .about("Where the engine keeps the id by which the server knows the device: with the phone, or in the database. A copy of the database then has the same id.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "clone"),
            why: "no phone is copied, so each phone has an identity of its own",
            help: "remove the key, or copy a phone: clone = { from = 0, to = 1 } in [event.NAME]",
        }),
    word::<AfterFailure>("queue")
        .about("What a failed unit does: it leaves the queue and is queued again after a wait, or it stays at the head of the queue and is retried every 30 s. The units behind it then wait."),
    word::<QueueKept>("queue_kept")
        .about("Where the queue of units is kept: in memory (a kill empties it) or on disk (the next start of the app queues its units again)."),
    owned("sessions", Form::Int { min: 1, max: 8 }, || Engine::default().sessions.stated())
        .about("How many units run at the same time. A unit waits while a running unit has an entity in common with it. The units behind it wait, too."),
    optional("network_poll", POLL)
        .about("Time between two polls of the operating system for the network. Without this key, the engine gets a notification when the network changes."),
    owned("network_poll_cpu", SPAN, || Engine::default().network_poll_cpu.stated())
        .about("CPU time of one poll on the reference core. A phone takes `cpu` of its class times as much: by default 1 ms in class `mid` (an estimate).")
        .needs(&Needs {
            of: &[".network_poll"],
            holds: |of| of[0].present().is_some(),
            why: "the app is notified of the network and does not poll",
            help: "remove the key, or set network_poll, the time between two polls, such as \"1s\"",
        }),
    owned("status", Form::Bool, || Engine::default().status.stated())
        .about("Whether the app shows the status of the sync (idle, offline, syncing, failed, conflict) and the number of waiting edits. The bench checks the status; it does not change the sync."),
    owned("row_cpu", SPAN, || Engine::default().row_cpu.stated())
        .about("CPU time of the engine per row written and per edit sent, without SQLite and coding, on the reference core. A phone takes `cpu` of its class times as much."),
    key("pull", PULL, "{}").about("How the engine pulls."),
    key("push", PUSH, "{}").about("How the engine pushes."),
    key("attachments", ATTACHMENTS, "{}")
        .about("How the engine sends attachments of rows (`entity.NAME.attachment`)."),
    key("retry", RETRY, "{}").about("How the engine retries requests."),
    word::<OnWipe>("on_wipe")
        .about("What the engine does when the server demands that the phone discards its data (`event.NAME.wipe_demanded`).")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "wipe_demanded"),
            why: "the server never demands that a phone discards its data",
            help: "remove the key, or set wipe_demanded = {} in [event.NAME]: the server then demands it of all phones",
        }),
    word::<OnLogout>("on_logout").about("What happens to waiting edits when their person logs out."),
    word::<DatabasePer>("database_per").about("Who owns the data on a phone that several people share: each person has a database, or the next person continues with the data of the previous one."),
    key("token", ENGINE_TOKEN, "{}").about("How the engine handles tokens."),
    key("conflict", CONFLICT, "{}").about("How the engine handles conflicts."),
]);

const OWN_ENGINE: &Needs = &Needs {
    of: &["engine.name"],
    holds: |of| !is_own_stack(of[0]),
    why: "a stack of your own listens in its own way",
    help: "remove the key; the options of the stack are in `engine.options`",
};

/// True if phones listen for announcements and their medium fits.
pub(super) fn is_live(live: View<'_>, by: fn(Medium) -> bool) -> bool {
    Medium::of_word(live.text()).is_some_and(by)
}

const LISTENS: &str = "remove the key, or set live = \"websocket\" in [engine.pull]";

pub(super) const IS_LIVE: &Needs = &Needs {
    of: &["engine.pull.live"],
    holds: |of| is_live(of[0], |medium| medium != Medium::None),
    why: "no phone listens for announcements",
    help: LISTENS,
};

const IS_HELD: &Needs = &Needs {
    of: &["engine.pull.live"],
    holds: |of| is_live(of[0], Medium::is_held),
    why: "no phone holds a request or a connection",
    help: LISTENS,
};

pub(super) const PUSH_MESSAGES: Form = table(&[
    owned("delay", SPAN, || Push::default().delay.stated())
        .about("Median time of a message from the server to a phone that is online. The times are log-normal."),
    owned("delay_sigma", Form::Decimal { max: 5.0 }, || "1.0".to_owned())
        .about("Standard deviation of the logarithm of this time."),
    owned("lost", Form::Share, || Push::default().lost.stated())
        .about("Share of the messages that the push service drops."),
    word::<Collapse>("collapse")
        .about("Which waiting messages a later message to the same phone replaces."),
    owned("kept", SOME_SPAN, || Push::default().kept.stated())
        .about("How long a message waits while its phone is offline or the app is suspended. After that it is dropped."),
]);

const ATTACHMENTS: Form = table(&[
    word::<BlobQueue>("queue")
        .about("When the engine sends attachments."),
    word::<With>("with")
        .about("Whether a row is sent on its own, or waits until its attachments are uploaded. With \"row\", nobody sees a row without them."),
    word::<First>("first").about("Which attachments go first: the thumbnails of all rows, or the oldest attachments."),
    owned("parallel", Form::Int { min: 1, max: 8 }, || Engine::default().attachments.parallel.stated())
    .about("How many attachments are uploaded at the same time."),
    key("chunk_bytes", Form::Size { min: 1_000, max: 1 << 30 }, "\"256KiB\"")
        .about("Bytes of an attachment per request. If the server refuses the size, the engine sends half as much, unless `engine.push.on_too_large` is \"give-up\"."),
    owned("resume", Form::Bool, || Engine::default().attachments.resume.stated())
        .about("Whether an interrupted upload resumes at the offset that the server reports. If false, it begins again at the first byte."),
    word::<OnThere>("on_there")
        .about("What the engine does if the server refuses an attachment that it already has: the upload fails and the next run sends it again, or the upload counts as done.")
        .needs(&Needs {
            of: &["gateway.attachment_again"],
            holds: |of| of[0].says(AttachmentAgain::Refuse),
            why: "the gateway accepts an attachment that comes again",
            help: "remove the key, or set attachment_again = \"refuse\" in [gateway]; to compare both, let variants or an axis set it",
        }),
]);

const PULL: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 10_000_000 }, || Engine::default().pull.chunk_rows.stated())
    .about("The network chunk: most rows that one request asks for."),
    owned("chunk_bytes", CHUNK, || Engine::default().pull.chunk_bytes.stated())
    .about("The network chunk in bytes: a response ends after about this many."),
    word::<BytesCount>("bytes_count")
        .about("Which bytes of a page `chunk_bytes` counts: bytes before compression, to limit memory, or bytes as sent, to limit the time on the link."),
    owned("apply_rows", Form::Int { min: 1, max: 10_000_000 }, || Engine::default().pull.apply_rows.stated())
    .about("The apply chunk: rows written in one transaction."),
    owned("prefetch", Form::Int { min: 0, max: 16 }, || Engine::default().pull.prefetch.stated())
        .about("How many pages are prefetched while one page is applied. Each takes memory. Capture by flag or hash and cursors that the gateway keeps allow only 0."),
    owned("streams", Form::Int { min: 1, max: 8 }, || Engine::default().pull.streams.stated())
        .about("How many entities of a unit are pulled at the same time, after its first request. A row may then come before the row that it refers to.")
        .needs(&Needs {
            of: &["unit", "entity", "."],
            // An axis may show that the number of streams makes no difference in this scenario.
            holds: |of| pulls_together(of[0], of[1]) || of[2].origin().is_some_and(is_of_axis),
            why: "no unit pulls more than one entity, so nothing can be pulled concurrently",
            help: "remove the key, or let a unit pull several entities, such as pull = [\"*\"]",
        }),
    word::<CursorBook>("cursor")
        .about("What a cursor belongs to, and thus where the pull of a unit begins."),
    word::<MissingParent>("missing_parent")
        .about("What happens to a row whose parent has not come yet: it is applied and its reference dangles, or it waits in a durable list of deferred rows."),
    word::<Requests>("requests")
        .about("How HTTP caches on the path treat a pull."),
    word::<Replace>("replace")
        .about("What pulled rows replace: older versions of the same rows, or all rows of their entity. \"all\" also deletes the waiting edits of that entity."),
    word::<OnTooLarge>("on_too_large")
        .about("What the engine does when the server reports that a response is too large."),
    word::<Atomic>("atomic")
        .about("When people see pulled rows: after each apply chunk, or all at the end of the pull. Until then the rows wait in separate tables."),
    optional("pages_per_run", SOME)
        .about("Most pages that a run pulls. The next run continues after the last of them. Without this key, a run pulls all pages."),
    word::<PagesLeft>("pages_left")
        .about("What happens after a run that left pages because of `pages_per_run`.")
        .needs(&Needs {
            of: &[".pages_per_run"],
            holds: |of| of[0].present().is_some(),
            why: "a run requests all pages, so it leaves none",
            help: "remove the key, or set pages_per_run = 1: a run then ends after one page",
        }),
    word::<Medium>("live")
        .about("How the server announces a change to phones. A phone that hears of a change pulls it.")
        .needs(OWN_ENGINE),
    owned("live_check", Form::Bool, || Live::default().check.stated())
        .about("Whether a phone asks for missed changes each time it listens again. With push messages, its units run instead when a network comes or the app is opened.")
        .needs(IS_LIVE),
    owned("live_beat", SPAN, || Live::default().beat.stated())
        .about("Time between two signs of life on a held request or connection; 0s means none. After silence of this plus `engine.request_timeout`, the phone connects again.")
        .needs(IS_HELD),
    word::<LiveSends>("live_sends")
        .about("What the server sends on a held request or connection. Rows that do not fit into one page (`chunk_rows`) are announced alone.")
        .needs(IS_HELD),
    word::<LiveGap>("live_gap")
        .about("What a phone does with sent rows that do not begin where its own cursor stands, such as after changes that it missed.")
        .needs(&Needs {
            of: &[".live_sends"],
            holds: |of| of[0].says(LiveSends::Rows),
            why: "the server announces changes without their rows",
            help: "remove the key, or set live_sends = \"rows\" in [engine.pull]",
        }),
    word::<Checkpoint>("checkpoint")
        .about("Where a run begins after an interrupted run: after the last durable page, or where the last complete run ended. \"session\" loads pages again."),
    owned("bad_rows", Form::Share, || Engine::default().pull.bad_rows.share.stated())
        .about("Share of the rows, by key, that the engine cannot apply when they come."),
    owned("bad_tries", TRIES, || Engine::default().pull.bad_rows.tries.stated())
    .about("How often each row of `bad_rows` fails in one process of the app. After that it succeeds.")
        .needs(&Needs {
            of: &[".bad_rows"],
            holds: |of| of[0].share() > Ppm(0),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    word::<OnBadRow>("on_bad_row")
        .about("What the engine does with a row that it cannot apply.")
        .needs(&Needs {
            of: &[".bad_rows", "chaos.bad_rows", "event"],
            holds: |of| happens(of[2], "bad_rows") || of[..2].iter().any(|share| share.share() > Ppm(0)),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    word::<OnBigRow>("on_big_row")
        .about("What the engine does with a row that is larger than `class.NAME.row_limit` of its phone.")
        .needs(&Needs {
            of: &["class"],
            holds: |of| of[0].entries().any(|(_, class)| class.at("row_limit").present().is_some()),
            why: "every phone can read rows of any size",
            help: "remove the key, or set row_limit = \"2MiB\" in [class.mid]",
        }),
    CONTROLLER,
    CONTROL,
]);

const PUSH: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 100_000 }, || Engine::default().push.chunk_rows.stated())
    .about("Most edits in one request."),
    owned("chunk_bytes", CHUNK, || Engine::default().push.chunk_bytes.stated())
    .about("Most bytes of the edits in one request. A request always has at least one edit."),
    word::<LocalCapture>("capture")
        .about("How the engine finds the rows that were edited. Without an outbox it sends the current values of the row."),
    word::<SyncDate>("sync_date")
        .about("Which moment of a sync counts as the date of the last sync. With \"end\", edits made during the sync are missed: on the phone if `push.capture` uses the date, on the server if `pull.cursor` does. \"start\" misses none of these; with `pull.cursor = \"last-sync-on\"`, changes within `backend.replica_lag` are missed all the same.")
        .needs(&Needs {
            of: &[".capture", "engine.pull.cursor", "engine.name"],
            holds: |of| {
                of[0].says(LocalCapture::UpdatedAfterLastSync)
                    || of[1].says(CursorBook::LastSyncOn)
                    || is_own_stack(of[2])
            },
            why: "nothing uses the date of the last sync",
            help: "remove the key, or set capture = \"updated-after-last-sync\" in [engine.push] or cursor = \"last-sync-on\" in [engine.pull]",
        }),
    owned("squash", Form::Bool, || Engine::default().push.squash.stated())
        .about("Whether the waiting edits of a row are sent as one edit with the last values. A row that was created and deleted meanwhile is not sent."),
    optional("keep_for", SOME_SPAN)
        .about("Longest time that an edit waits in the outbox, by the phone's clock. `on_full` says what follows. Without this key, an edit waits until the backend has decided about it."),
    optional("keep_most", SOME)
        .about("Most edits of one entity that wait in the outbox. `on_full` says what follows. Without this key, any number waits."),
    word::<OnFull>("on_full")
        .about("What happens at the limits `keep_for` and `keep_most`.")
        .needs(&Needs {
            of: &[".keep_for", ".keep_most"],
            holds: |of| of.iter().any(|limit| limit.present().is_some()),
            why: "the outbox has no limit",
            help: "remove the key, or set a limit in [engine.push]: keep_most = 50 or keep_for = \"7d\"",
        }),
    word::<OnRefused>("on_refused")
        .about("What a run does after the backend refused or deferred an edit or found a conflict."),
    word::<PushOrder>("order").about("Which of the waiting edits go first."),
    word::<OnTooLarge>("on_too_large")
        .about("What the engine does when a request is refused for its size (413). If the server refuses a single edit, the edit is lost with a log line. If a proxy refuses it, the edit waits for another network."),
    word::<OnFailed>("on_failed")
        .about("What the engine does if a request of edits fails each time (500)."),
    word::<PushUnit>("unit")
        .about("Which edits always go in one request: the edits of a row, or the edits of a row and of the rows that are part of it (`on_delete = \"cascade\"`)."),
    word::<Sends>("sends")
        .about("Which columns an update contains: the columns that its person set, or the whole row as the device holds it. The whole row may overwrite newer values of other columns."),
    CONTROLLER,
    CONTROL,
]);

const CONTROLLERS: &[&str] =
    &["fixed", "per-entity", "clamp", "aimd", "halve-when-slow", "gradient", "model"];

const CONTROLLER: Key = key("controller", Form::Word(CONTROLLERS), "\"fixed\"")
    .about("How the chunk size is chosen. A controller that learns begins again with `chunk_rows` in each process of the app.");

const CONTROL: Key = key(
    "control",
    table(&[
        owned("min_rows", SOME, || Engine::default().pull.steering.min_rows.stated())
            .about("Fewest rows per chunk of a controller that learns. (A known product adapts from 10 to 500.)"),
        owned("max_rows", SOME, || Engine::default().pull.steering.max_rows.stated())
            .about("Most rows per chunk of a controller that learns. (The default of SymmetricDS.)"),
        key("per_entity", map(&SOME), "{}")
            .about("For `per-entity`: rows per chunk, by entity. An entity that is not named has `chunk_rows`."),
        key("clamp", CLAMP, "{}")
            .about("For `clamp`: a chunk has as many rows as fit into `target` at the last chunk's time per row."),
        key("aimd", AIMD, "{}")
            .about("For `aimd`: a successful chunk adds `step` rows, a failed chunk multiplies the size by `backoff`."),
        key("halve_when_slow", HALVE, "{}")
            .about("For `halve-when-slow`: a slow chunk halves the size, a fast chunk doubles it."),
        key("gradient", GRADIENT, "{}")
            .about("For `gradient`: the size grows while the time per row is near the least time seen, and shrinks in proportion to a longer time."),
        key("model", MODEL, "{}")
            .about("For `model`: the controller learns cost per chunk, cost per row and rate of outages, and computes the best size from them."),
    ]),
    "{}",
)
.about("Settings of the controllers.");

const CLAMP: Form = table(&[
    key("target", SOME_SPAN, "\"5s\"").about("Target time of a chunk. (The default of a known product.)")
]);

const AIMD: Form = table(&[
    key("step", SOME, "100").about("Rows that a success adds. (An estimate: a fifth of 500, a common first size.)"),
    key("backoff", Form::Share, "0.5").about("Factor of the size after a failure. (The default of TCP Reno; Netflix's concurrency-limits has 0.9.)"),
    key("target", SOME_SPAN, "\"15s\"")
        .about("A chunk that takes longer counts as failed. (Half of a gateway's usual 30 s.)"),
]);

const HALVE: Form = table(&[key("slow", SOME_SPAN, "\"500ms\"")
    .about("A chunk that takes longer is slow; a chunk of less than half of this is fast. (The default of Corrosion.)")]);

const GRADIENT: Form = table(&[
    key("tolerance", Form::Decimal { max: 100.0 }, "1.5")
        .about("The size grows while the time per row is at most this many times the least time. (The default of Netflix's Gradient2.)"),
    key("headroom", Form::Share, "0.2")
        .about("Growth per chunk, as a share of `chunk_rows`. (Gradient2: 4 of 20.)"),
    key("smoothing", Form::Share, "0.2").about("How far one step goes towards the new size, as a share of the difference. (The default of Gradient2.)"),
]);

const MODEL: Form = table(&[
    key("target", SOME_SPAN, "\"15s\"")
        .about("Longest time that a chunk should take. (Half of a gateway's usual 30 s.)"),
    key("memory", Form::Int { min: 2, max: 100_000 }, "30").about(
        "With each chunk, earlier observations lose one part in this many of their weight. (An estimate.)",
    ),
]);

const RETRY: Form = table(&[
    owned("base", SOME_SPAN, || Engine::default().retry.base.stated())
        .about("Longest first wait. Each further wait may be twice as long."),
    owned("cap", SOME_SPAN, || Engine::default().retry.cap.stated()).about("Longest wait of all."),
    word::<Jitter>("jitter")
        .about("Which part of a wait is random."),
    owned("heeds_after", Form::Bool, || Engine::default().retry.heeds_after.stated())
        .about("Whether the engine waits as long as a throttling server demands (Retry-After) before it sends again."),
    owned("attempts", SOME, || Engine::default().retry.attempts.stated())
        .about("After this many failures of a request in a row, the run ends with an error. The unit runs again after the next wait, or at once when a network comes."),
]);

const CONFLICT: Form = table(&[
    word::<Detect>("detect")
        .about("When an edit conflicts with a version that its device had not seen."),
    word::<BaseDate>("base")
        .about("If dates are compared: the date by which an edit names the version that it was made on."),
    word::<Policy>("policy")
        .about("Which version stays after a conflict. Under the three `last-…` policies, an update does not undo a delete."),
    key("callback", CALLBACK, "{}").about("How the app's rule for conflicts behaves (`policy = \"callback\"`).")
        .needs(&Needs {
            of: DECIDES,
            holds: |of| decides(of, Policy::asks_app),
            why: "the app has no rule for conflicts: the policy does not call one",
            help: "remove the key, or set policy = \"callback\" in [engine.conflict]; to compare policies, let variants or an axis set the policy",
        }),
    word::<WhileOpen>("while_open")
        .about("For `manual`: whether other rows are synced while a conflict is open (\"carry-on\"), or no run begins until a person has decided (\"hold\").")
        .needs(LEFT_TO_PEOPLE),
    word::<SecondEdit>("second_edit")
        .about("For `manual`: what happens to another edit of a row in conflict. It joins the device's version and the person decides about both, or the app refuses it.")
        .needs(LEFT_TO_PEOPLE),
]);

const CALLBACK: Form = table(&[
    word::<Says>("says")
        .about("Which side the rule chooses: the later one by the clocks of the authors, the edit (\"ours\"), or the backend's version (\"theirs\")."),
    owned("takes", SPAN, || Callback::default().takes.stated()).about("How long the rule takes."),
    owned("timeout", SOME_SPAN, || Callback::default().timeout.stated())
        .about("The engine abandons the rule after this. The edit then loses, and a log line reports this to its person."),
    key("hangs", Form::Share, "0").about("Share of the edits for which the rule never returns."),
    key("panics", Form::Share, "0").about("Share of the edits for which the rule panics. Such an edit loses, as after `timeout`."),
    key("nonsense", Form::Share, "0").about("Share of the edits for which the rule returns an impossible result. Such an edit loses, as after `timeout`."),
]);

const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>("on_refused")
    .about("What the engine does when the server refuses a request because of its token (401).")]);
