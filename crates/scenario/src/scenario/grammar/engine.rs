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
    DatabasePer, Dates, Decoder, Detect, EngineOptions as Engine, First, Identity, Jitter,
    LiveOptions as Live, LocalCapture, Medium, MissingParent, OnBadRow, OnBigRow, OnFailed, OnFull, OnLogout,
    OnRefused, OnThere, OnTooLarge, OnUnauthorized, OnWipe, PagesLeft, Policy, PushOrder, PushUnit,
    QueueKept, Replace, RequestClock, RequestPer, Requests, Says, SecondEdit, Sends, SyncDate, WhileOpen,
    With,
};
use crate::gateway::AttachmentAgain;
use crate::net::{Collapse, PushMessageOptions as Push};
use crate::protocol::{self, BytesCount, Packing, Packs};

const CHUNK: Form = Form::Size { min: 256, max: 1 << 30 };
const TRIES: Form = Form::Int { min: 1, max: 1_000_000 };

const BAD_ROWS: &str = "write `bad_rows`, the share of rows that cannot be applied, such as 0.01";

const DECIDES: &[&str] = &["engine.conflict.policy", "engine.name"];

pub(super) const LEFT_TO_PEOPLE: &Needs = &Needs {
    of: DECIDES,
    holds: |of| decides(of, Policy::has_page),
    why: "the policy decides every conflict, and none waits for a person",
    help: "write policy = \"manual\" in [engine.conflict]; to compare policies, let variants or an axis set the policy",
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
        .about("The name of the stack: `builtin`, `broken:<bug>`, or your own."),
    key("options", map(&Form::Any), "{}")
        .about("Options of a stack of your own; the stack says which there are."),
    owned("request_timeout", SOME_SPAN, || Engine::default().request_timeout.stated())
        .about("A request without a response is abandoned after this."),
    owned("debounce", SPAN, || Engine::default().debounce.stated())
        .about("Shortest time from one start of a unit to the next that `online`, `resume` or `every` causes; an earlier start waits until then."),
    optional("hook_timeout", SOME_SPAN)
        .about("A hook of the app is abandoned after this, which counts as a throw; without it the engine waits as long as the hook takes.")
        .needs(&Needs {
            of: &["hooks"],
            holds: |of| of[0].entries().next().is_some(),
            why: "the app has no hooks",
            help: "write a hook such as [hooks.on_sync_start] with takes = \"5s\"",
        }),
    word::<RequestPer>("requests").about("Which parts of a run share one request."),
    owned("codec", Form::Word(protocol::NAMES), || protocol::NAMES[0].stated())
        .about("The format of messages; the gateway must support it too."),
    word::<Packing>("compression")
        .about("How messages are compressed: not at all, gzip at level 6, zstd at level 1. A message that would not become smaller goes uncompressed."),
    word::<Packs>("compressed")
        .about("Which messages are compressed: requests and responses, or responses alone, as many servers accept no compressed request."),
    word::<Decoder>("decoder")
        .about("How responses are decoded: row by row in native code, or as a whole tree in a managed language, which takes six times the response's size of memory instead of 2.5."),
    word::<Dates>("dates")
        .about("Which clock dates an edit: UTC, or the local time that the phone shows."),
    word::<RequestClock>("clock")
        .about("Whose time requests carry: the device's, or the server's, which the engine takes over from a refusal.")
        .needs(&Needs {
            of: &["gateway.clock_tolerance"],
            holds: |of| of[0].present().is_some(),
            why: "the gateway does not compare clocks",
            help: "write gateway.clock_tolerance = \"5m\" to refuse requests of clocks that are off by more",
        }),
    word::<Identity>("identity")
        .about("Where the engine keeps its identity towards the server: with the phone, or in the database, which may be copied to another phone.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "clone"),
            why: "no phone is copied, and each phone keeps its own identity",
            help: "write [event.NAME] clone = { from = 0, to = 1 } to copy the storage of one phone to another",
        }),
    word::<AfterFailure>("queue")
        .about("What a failed unit does: it leaves the queue and is queued again after a wait, or it stays at the head of the queue and is retried every 30 s."),
    word::<QueueKept>("queue_kept")
        .about("Where the queue is kept: in memory, so that a kill empties it, or on disk, so that its units are queued again."),
    owned("sessions", Form::Int { min: 1, max: 8 }, || Engine::default().sessions.stated())
        .about("How many units run at a time, as concurrent services do. A unit waits while a running one shares an entity with it, and the units behind it wait, too."),
    optional("network_poll", POLL)
        .about("How often it polls the operating system for the network, instead of getting a notification when it changes."),
    owned("network_poll_cpu", SPAN, || Engine::default().network_poll_cpu.stated())
        .about("CPU time of one poll on the reference core; a class takes `cpu` times as much. By default it is a millisecond on a phone of the class `mid`, an estimate.")
        .needs(&Needs {
            of: &[".network_poll"],
            holds: |of| of[0].present().is_some(),
            why: "the app is notified of the network and does not poll",
            help: "write network_poll, the time between two polls, such as \"1s\"",
        }),
    owned("status", Form::Bool, || Engine::default().status.stated())
        .about("Whether the app shows a status: idle, offline, syncing, failed, conflict, with the number of waiting edits. It is compared with the truth and changes nothing."),
    owned("row_cpu", SPAN, || Engine::default().row_cpu.stated())
        .about("CPU time that the engine spends per row written and per edit sent, besides SQLite and coding, on the reference core; a class takes `cpu` times as much."),
    key("pull", PULL, "{}").about("How it pulls."),
    key("push", PUSH, "{}").about("How it pushes."),
    key("attachments", ATTACHMENTS, "{}")
        .about("How it sends attachments of rows (`entity.NAME.attachment`)."),
    key("retry", RETRY, "{}").about("How it retries."),
    word::<OnWipe>("on_wipe")
        .about("What it does if the server demands that it discards its copy: it does so at once, with the edits that wait, or sends them first.")
        .needs(&Needs {
            of: &["event"],
            holds: |of| happens(of[0], "wipe_demanded"),
            why: "the server never demands that a phone is reset",
            help: "write [event.NAME] wipe_demanded = {} to demand a reset of all phones",
        }),
    word::<OnLogout>("on_logout").about("What happens to waiting edits when their person logs out."),
    word::<DatabasePer>("database_per").about("Who owns the data on a phone that several people share: each has a database of their own, or the next person continues with the data that is there."),
    key("token", ENGINE_TOKEN, "{}").about("How it handles tokens."),
    key("conflict", CONFLICT, "{}").about("How it handles conflicts."),
]);

const OWN_ENGINE: &Needs = &Needs {
    of: &["engine.name"],
    holds: |of| !is_own_stack(of[0]),
    why: "a stack of your own listens in its own way",
    help: "write the options of your stack in `engine.options`",
};

/// Whether phones listen for announcements, by one of these media.
pub(super) fn is_live(live: View<'_>, by: fn(Medium) -> bool) -> bool {
    Medium::of_word(live.text()).is_some_and(by)
}

const LISTENS: &str = "write live = \"websocket\" in [engine.pull] to listen on a connection";

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
        .about("Median time from the server to a phone that is online; the times are log-normal."),
    owned("delay_sigma", Form::Decimal { max: 5.0 }, || "1.0".to_owned())
        .about("Sigma of its logarithm."),
    owned("lost", Form::Share, || Push::default().lost.stated())
        .about("Share of the messages that the service drops."),
    word::<Collapse>("collapse")
        .about("Which waiting messages a later one replaces: those about the same unit, all that wait for the phone, or none."),
    owned("kept", SOME_SPAN, || Push::default().kept.stated())
        .about("How long a message waits for a phone that is offline, or whose app is suspended."),
]);

const ATTACHMENTS: Form = table(&[
    word::<BlobQueue>("queue")
        .about("When they go: at the end of a unit's run (rows made meanwhile wait for it), before its rows, or concurrently with runs, as `when` of a unit that sends their rows allows."),
    word::<With>("with")
        .about("Whether a row waits until its attachments are uploaded, so that nobody sees it without them, or goes on its own."),
    word::<First>("first").about("Which go first: the thumbnails of all rows, or the oldest."),
    owned("parallel", Form::Int { min: 1, max: 8 }, || Engine::default().attachments.parallel.stated())
    .about("Uploads at the same time."),
    key("chunk_bytes", Form::Size { min: 1_000, max: 1 << 30 }, "\"256KiB\"")
        .about("Bytes per request. If the server accepts no request of that size, half of it is sent, unless `engine.push.on_too_large` is \"give-up\"."),
    owned("resume", Form::Bool, || Engine::default().attachments.resume.stated())
        .about("Whether an interrupted upload resumes at the offset that the server reports, or begins again."),
    word::<OnThere>("on_there")
        .about("What follows if the server refuses an attachment because it has it: the upload fails and is tried again, or counts as done.")
        .needs(&Needs {
            of: &["gateway.attachment_again"],
            holds: |of| of[0].says(AttachmentAgain::Refuse),
            why: "the gateway accepts an attachment that comes again",
            help: "write attachment_again = \"refuse\" in [gateway]; to compare both, let variants or an axis set this key",
        }),
]);

const PULL: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 10_000_000 }, || Engine::default().pull.chunk_rows.stated())
    .about("The network chunk: rows asked for in one request."),
    owned("chunk_bytes", CHUNK, || Engine::default().pull.chunk_bytes.stated())
    .about("The network chunk in bytes: the response ends after about this much."),
    word::<BytesCount>("bytes_count")
        .about("Which bytes of a page `chunk_bytes` counts: before compression, which bound memory, or as sent, which bound the time on the link."),
    owned("apply_rows", Form::Int { min: 1, max: 10_000_000 }, || Engine::default().pull.apply_rows.stated())
    .about("The apply chunk: rows written in one transaction."),
    owned("prefetch", Form::Int { min: 0, max: 16 }, || Engine::default().pull.prefetch.stated())
        .about("Pages prefetched while one is applied; each takes memory. Not with capture by flag or hash, nor with cursors that the gateway holds."),
    owned("streams", Form::Int { min: 1, max: 8 }, || Engine::default().pull.streams.stated())
        .about("How many entities of a unit are pulled at the same time, after its first request. Rows may then come before rows of other entities that they refer to.")
        .needs(&Needs {
            of: &["unit", "entity", "."],
            // An axis may show that the number of streams makes no difference here.
            holds: |of| pulls_together(of[0], of[1]) || of[2].origin().is_some_and(is_of_axis),
            why: "no unit pulls more than one entity, and entities cannot be pulled concurrently",
            help: "write several entities in the `pull` of a unit, or pull = [\"*\"] in a scenario with several",
        }),
    word::<CursorBook>("cursor")
        .about("What a cursor belongs to: with \"entity\" a unit continues where another stopped; with \"unit\" overlapping units fetch rows twice; \"last-sync-on\" uses the date of the unit's last sync (`push.sync_date`)."),
    word::<MissingParent>("missing_parent")
        .about("What happens to a row whose parent has not come yet: nothing, or it waits in a durable list of deferred rows."),
    word::<Requests>("requests")
        .about("How HTTP caches on the path see a pull: a request that none may answer, an address that they may cache, or one with a validator."),
    word::<Replace>("replace")
        .about("What pulled rows replace: their older versions; or all rows of their entity, including edits that wait (a baseline that loses edits)."),
    word::<OnTooLarge>("on_too_large")
        .about("What the engine does when the server reports that a response is too large."),
    word::<Atomic>("atomic")
        .about("How much of a pull becomes visible at once: each apply chunk, or everything at its end; until then rows wait in separate tables."),
    optional("pages_per_run", SOME)
        .about("Most responses with rows that a run requests; the next run continues behind them. Without it a run requests all."),
    word::<PagesLeft>("pages_left")
        .about("What follows a run that leaves pages: the next trigger, another run at once, or the next trigger with an app that says it is ready.")
        .needs(&Needs {
            of: &[".pages_per_run"],
            holds: |of| of[0].present().is_some(),
            why: "a run requests all pages, and leaves none for a later run",
            help: "write pages_per_run = 1 to end a run after one page",
        }),
    word::<Medium>("live")
        .about("How the server announces changes, which phones then pull: by the response to a held request of each unit, on a response that never ends, on one connection, or by `push_messages`.")
        .needs(OWN_ENGINE),
    owned("live_check", Form::Bool, || Live::default().check.stated())
        .about("Whether a phone that listens again is told what it missed. With push messages it cannot know, so units run when a network comes or the app is opened.")
        .needs(IS_LIVE),
    owned("live_beat", SPAN, || Live::default().beat.stated())
        .about("Time between two signs of life on a held request or connection; 0s for none. After this and `engine.request_timeout` of silence the phone connects again.")
        .needs(IS_HELD),
    word::<Checkpoint>("checkpoint")
        .about("Where a run resumes after an interrupted one: behind the last durable page, or where the last complete run ended."),
    owned("bad_rows", Form::Share, || Engine::default().pull.bad_rows.share.stated())
        .about("Share of the keys whose rows cannot be applied when they come."),
    owned("bad_tries", TRIES, || Engine::default().pull.bad_rows.tries.stated())
    .about("How often each of them fails within one process of the app; after that it succeeds.")
        .needs(&Needs {
            of: &[".bad_rows"],
            holds: |of| of[0].share() > Ppm(0),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    word::<OnBadRow>("on_bad_row")
        .about("What the engine does about it: the run ends and the cursor stays before the row, the cursor passes it, or the row goes to a durable list and is retried with the next pull.")
        .needs(&Needs {
            of: &[".bad_rows", "chaos.bad_rows", "event"],
            holds: |of| happens(of[2], "bad_rows") || of[..2].iter().any(|share| share.share() > Ppm(0)),
            why: "there are no bad rows",
            help: BAD_ROWS,
        }),
    word::<OnBigRow>("on_big_row")
        .about("What the engine does about a row that the phone cannot read at once: it stores the row, and the app dies when it reads it; it leaves the row out; or it reads the row in parts.")
        .needs(&Needs {
            of: &["class"],
            holds: |of| of[0].entries().any(|(_, class)| class.at("row_limit").present().is_some()),
            why: "every phone can read rows of any size",
            help: "write [class.mid] row_limit = \"2MiB\" to limit the size",
        }),
    CONTROLLER,
    CONTROL,
]);

const PUSH: Form = table(&[
    owned("chunk_rows", Form::Int { min: 1, max: 100_000 }, || Engine::default().push.chunk_rows.stated())
    .about("Mutations in one request."),
    owned("chunk_bytes", CHUNK, || Engine::default().push.chunk_bytes.stated())
    .about("Upper bound for the size of one request's mutations; at least one mutation is always sent."),
    word::<LocalCapture>("capture")
        .about("How the engine knows what was edited. Without an outbox it sends rows as they are."),
    word::<SyncDate>("sync_date")
        .about("Which moment of a sync is its date. The end misses edits made during the sync: on the phone with `push.capture` by that date, on the server with `pull.cursor` by it. The start misses nothing.")
        .needs(&Needs {
            of: &[".capture", "engine.pull.cursor", "engine.name"],
            holds: |of| {
                of[0].says(LocalCapture::UpdatedAfterLastSync)
                    || of[1].says(CursorBook::LastSyncOn)
                    || is_own_stack(of[2])
            },
            why: "nothing uses the date of the last sync",
            help: "write capture = \"updated-after-last-sync\" in [engine.push], or cursor = \"last-sync-on\" in [engine.pull]",
        }),
    owned("squash", Form::Bool, || Engine::default().push.squash.stated())
        .about("Waiting edits of one row are sent as one, the last; a row that was created and deleted meanwhile is not sent."),
    optional("keep_for", SOME_SPAN)
        .about("How long an edit waits in the outbox at most, by the phone's clock. Without it an edit waits until the backend has decided it."),
    optional("keep_most", SOME)
        .about("How many edits of one entity wait in the outbox at most. Without it any number waits."),
    word::<OnFull>("on_full")
        .about("What happens at these limits: the oldest edits are dropped without a word, or with a line for their people; or the app refuses further edits.")
        .needs(&Needs {
            of: &[".keep_for", ".keep_most"],
            holds: |of| of.iter().any(|limit| limit.present().is_some()),
            why: "the outbox has no limit",
            help: "write keep_most = 50 or keep_for = \"7d\" in [engine.push]",
        }),
    word::<OnRefused>("on_refused")
        .about("What a run does after an edit was not committed: it goes on with the others, ends with an error and pulls nothing, or refuses all of that request."),
    word::<PushOrder>("order").about("Which of the waiting edits go first."),
    word::<OnTooLarge>("on_too_large")
        .about("What happens when the server or a proxy refuses a request for its size (413). A single edit that the server refuses is given up and logged; one that a proxy refuses waits for another network."),
    word::<OnFailed>("on_failed")
        .about("What follows if a request fails each time (500): it is sent again as it is, or its half, until the edit on which the server fails is alone."),
    word::<PushUnit>("unit")
        .about("What is never split between requests: an edit, or the edits of a row and of the rows that are part of it (`on_delete = \"cascade\"`)."),
    word::<Sends>("sends")
        .about("What an update contains: the columns that its person set, or the whole row as the device holds it."),
    CONTROLLER,
    CONTROL,
]);

const CONTROLLERS: &[&str] =
    &["fixed", "per-entity", "clamp", "aimd", "halve-when-slow", "gradient", "model"];

const CONTROLLER: Key = key("controller", Form::Word(CONTROLLERS), "\"fixed\"")
    .about("The controller of chunk sizes. Those that learn begin with `chunk_rows` and learn until the process ends.");

const CONTROL: Key = key(
    "control",
    table(&[
        owned("min_rows", SOME, || Engine::default().pull.steering.min_rows.stated())
            .about("A controller that learns asks for at least this many (an adaptive size in the field: 10 to 500)."),
        owned("max_rows", SOME, || Engine::default().pull.steering.max_rows.stated())
            .about("And for at most this many (the largest default in the field, SymmetricDS)."),
        key("per_entity", map(&SOME), "{}")
            .about("For `per-entity`: rows by entity; `chunk_rows` for those that are not named."),
        key("clamp", CLAMP, "{}")
            .about("For `clamp`: as many rows as fit a target time at the last chunk's time per row."),
        key("aimd", AIMD, "{}")
            .about("For `aimd`: adds a step after a successful chunk, multiplies by a factor after a failed one."),
        key("halve_when_slow", HALVE, "{}")
            .about("For `halve-when-slow`: half after a slow chunk, double after a fast one."),
        key("gradient", GRADIENT, "{}")
            .about("For `gradient`: grows while the time per row is near the least one seen, and shrinks in proportion."),
        key("model", MODEL, "{}")
            .about("For `model`: learns the cost per chunk and per row and the rate of outages, and takes the best size by the closed form."),
    ]),
    "{}",
)
.about("Options of the controllers.");

const CLAMP: Form = table(&[
    key("target", SOME_SPAN, "\"5s\"").about("Target time of a chunk (the adaptive size in the field).")
]);

const AIMD: Form = table(&[
    key("step", SOME, "100").about("Rows added (an estimate: a fifth of the 500 that many start with)."),
    key("backoff", Form::Share, "0.5").about("The factor (TCP Reno; Netflix's concurrency-limits has 0.9)."),
    key("target", SOME_SPAN, "\"15s\"")
        .about("A chunk that took longer counts as failed (half of a gateway's 30 s)."),
]);

const HALVE: Form = table(&[key("slow", SOME_SPAN, "\"500ms\"")
    .about("A longer chunk is slow, one of less than half of this is fast (Corrosion).")]);

const GRADIENT: Form = table(&[
    key("tolerance", Form::Decimal { max: 100.0 }, "1.5")
        .about("How many times the least time per row is tolerated (Netflix's Gradient2)."),
    key("headroom", Form::Share, "0.2")
        .about("Growth per chunk, as a share of `chunk_rows` (Gradient2: 4, starting at 20)."),
    key("smoothing", Form::Share, "0.2").about("Weight of one step (Gradient2)."),
]);

const MODEL: Form = table(&[
    key("target", SOME_SPAN, "\"15s\"")
        .about("Longest time that a chunk should take (half of a gateway's 30 s)."),
    key("memory", Form::Int { min: 2, max: 100_000 }, "30")
        .about("Past observations lose one part in this many with each chunk (an estimate)."),
]);

const RETRY: Form = table(&[
    owned("base", SOME_SPAN, || Engine::default().retry.base.stated())
        .about("The first wait is at most this; it doubles."),
    owned("cap", SOME_SPAN, || Engine::default().retry.cap.stated()).about("Longest wait."),
    word::<Jitter>("jitter")
        .about("Which part of a wait is random: none, all, half, or all up to three times the previous wait."),
    owned("heeds_after", Form::Bool, || Engine::default().retry.heeds_after.stated())
        .about("Whether it waits for the time that a throttling server names before it sends again."),
    owned("attempts", SOME, || Engine::default().retry.attempts.stated())
        .about("Consecutive failures after which a run ends with an error. It is retried after the next wait, and at once when a network comes."),
]);

const CONFLICT: Form = table(&[
    word::<Detect>("detect")
        .about("What counts as a conflict with a version that the device had not seen."),
    word::<BaseDate>("base")
        .about("Where dates are compared: the date by which an edit names the version that it was \
         made on, which is that of the version, of the edit, or of the last sync."),
    word::<Policy>("policy")
        .about("What remains after a conflict. Under the three `last-…` policies an update does not undo a delete."),
    key("callback", CALLBACK, "{}").about("How the rule of the app behaves, where it decides.")
        .needs(&Needs {
            of: DECIDES,
            holds: |of| decides(of, Policy::asks_app),
            why: "the policy does not call the app's rule for conflicts",
            help: "write policy = \"callback\" in [engine.conflict]; to compare policies, let variants or an axis set the policy",
        }),
    word::<WhileOpen>("while_open")
        .about("For `manual`: what happens while a conflict is open. Everything else is synced, or no run begins until a person has decided.")
        .needs(LEFT_TO_PEOPLE),
    word::<SecondEdit>("second_edit")
        .about("For `manual`: what happens to another edit of a row in conflict. It is added to the device's version, and the person decides about both; or the app refuses it.")
        .needs(LEFT_TO_PEOPLE),
]);

const CALLBACK: Form = table(&[
    word::<Says>("says")
        .about("Who wins: the later one by the clocks of the authors, the edit, or the backend's version."),
    owned("takes", SPAN, || Callback::default().takes.stated()).about("How long the rule takes."),
    owned("timeout", SOME_SPAN, || Callback::default().timeout.stated())
        .about("The rule is abandoned after this; the edit then loses, and a log line reports it."),
    key("hangs", Form::Share, "0").about("Share of the edits for which it never returns."),
    key("panics", Form::Share, "0").about("Share of the edits for which it panics."),
    key("nonsense", Form::Share, "0").about("Share of the edits for which it returns an impossible result."),
]);

const ENGINE_TOKEN: Form = table(&[word::<OnUnauthorized>("on_refused")
    .about("What follows a 401: a new token and the request again; the run fails and the next has a new token; or the edits of the request are dropped.")]);
