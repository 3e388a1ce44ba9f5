//! Keys of the tiers: backend, gateway, links, devices, engine, store.

use super::super::form::{
    COUNT, Form, SOME, SOME_SPAN, SPAN, key, map, named, optional, profiled, required, table,
};
use super::super::profiles;
use super::super::written::{CLOCK, NAME, START_STATE};
use crate::base::Span;

pub(super) const BACKEND: Form = table(&[
    key(
        "profile",
        Form::Word { built: profiles::BACKENDS, later: &[] },
        "\"sql-modern\"",
        "Where the keys that are not written come from.",
    ),
    key(
        "provisioning",
        Form::Word {
            built: &["full"],
            later: &["stamps-only", "soft-delete-only", "three-stamps", "none", "read-only-schema"],
        },
        "\"full\"",
        "Which columns for syncing the backend keeps.",
    ),
    key(
        "stamped_by",
        Form::Word { built: &["backend"], later: &["device"] },
        "\"backend\"",
        "Whose clock stamps rows.",
    ),
    key(
        "stamp_precision",
        Form::Span { min: Span::micros(1), max: Span::secs(86_400) },
        "\"1ms\"",
        "Stamps are cut to multiples of this.",
    ),
    key("tombstones_kept", SOME_SPAN, "\"30d\"", "Deleted rows are remembered for this long."),
    key("poison", Form::Share, "0", "Share of creates and updates that are refused for good."),
    key("maintenance", named(&MAINTENANCE), "{}", "Times without a backend, by name."),
    profiled("workers", Form::Int { min: 1, max: 100_000 }, "Requests served at the same time."),
    profiled("fixed_cost", SPAN, "Service time of any request."),
    profiled("row_cost", SPAN, "Service time of each row looked at and delivered."),
    profiled("write_fixed_cost", SPAN, "Service time of any push request, in place of `fixed_cost`."),
    profiled("write_row_cost", SPAN, "Service time of each mutation."),
    profiled("page_cap", Form::Int { min: 1, max: 1_000_000 }, "At most this many rows in one answer."),
    profiled("gateway_timeout", SOME_SPAN, "Requests that take longer are answered with an error."),
    optional(
        "quota",
        Form::Later("what is: `workers` and `page_cap`"),
        "Requests that a client may make in a time.",
    ),
]);

const MAINTENANCE: Form = table(&[
    required("from", Form::Written(&CLOCK), "First instant; a local time comes again every day."),
    required("for", SOME_SPAN, "How long."),
]);

pub(super) const GATEWAY: Form = table(&[
    key(
        "mode",
        Form::Word { built: &["ota"], later: &["persistent"] },
        "\"ota\"",
        "Each request goes to the backend, or a replica answers.",
    ),
    optional(
        "refresh",
        Form::Later("only a persistent gateway has a replica to refresh; what is: mode = \"ota\""),
        "How the replica is fed.",
    ),
    key("serve", SERVE, "{}", "How devices are served."),
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

const NO_CAPTURE: &str = "what is: capture = { last_modified = {} }";

const CAPTURE: Form = Form::Table {
    keys: &[],
    kinds: &[
        optional("last_modified", LAST_MODIFIED, "By the time of last modification."),
        optional("flag", Form::Later(NO_CAPTURE), "By a flag on each row."),
        optional("hash", Form::Later(NO_CAPTURE), "By a hash of each row."),
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
    key("window", Form::Word { built: &["0s"], later: &["*"] }, "\"0s\"", "How far behind now a pull stays."),
    key("paging", Form::Word { built: &["keyset"], later: &["*"] }, "\"keyset\"", "How pages are cut."),
]);

pub(super) const LINKS: Form = Form::Named { of: &LINK, library: profiles::links };
pub(super) const CLASSES: Form = Form::Named { of: &CLASS, library: profiles::classes };

/// A standard deviation of a logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };
const NO_PACKETS: &str = "what is: rtt, jitter, down, up, answer_loss and gaps";

const LINK: Form = table(&[
    key(
        "kind",
        Form::Word { built: &["wifi", "cellular", "other"], later: &[] },
        "\"other\"",
        "What the operating system calls it.",
    ),
    required("rtt", SPAN, "Round trip without load."),
    required("down", Form::Rate, "Rate towards the device."),
    required("up", Form::Rate, "Rate towards the gateway."),
    key("jitter", SPAN, "\"0s\"", "Median of the log-normal extra delay, each way."),
    key("jitter_sigma", SIGMA, "0.8", "Sigma of its logarithm."),
    key("answer_loss", Form::Share, "0", "Share of answers that are lost after the gateway acted."),
    key("gap_mtbf", SPAN, "\"0s\"", "Mean time between gaps; none if 0s."),
    key("gap_mean", SPAN, "\"0s\"", "Mean length of a gap."),
    key(
        "overhead",
        Form::Size { min: 0, max: 1 << 20 },
        "\"600B\"",
        "Bytes added to each message: headers of HTTP, TLS and TCP.",
    ),
    optional("loss", Form::Later(NO_PACKETS), "Share of packets lost."),
    optional("queue", Form::Later(NO_PACKETS), "Bytes that the bottleneck holds."),
    optional("trace", Form::Later(NO_PACKETS), "Packet-delivery traces to replay."),
]);

const CLASS: Form = table(&[
    required("row_write", SPAN, "CPU time to write a row."),
    required("row_read", SPAN, "CPU time to read a row."),
    required("parse_rate", Form::Size { min: 1, max: 1 << 40 }, "Bytes of JSON coded a second."),
    required("commit", SPAN, "Time to commit a transaction."),
    required("memory", Form::Size { min: 1 << 20, max: 1 << 40 }, "Memory that the app may use."),
]);

pub(super) const FLEET: Form = table(&[
    required("devices", Form::Int { min: 1, max: 1_000_000 }, "How many."),
    key("class", Form::Shares(&NAME), "\"mid\"", "Hardware classes with their shares."),
    key("link", Form::Shares(&NAME), "\"wifi-good\"", "Links with their shares."),
    key(
        "attributes",
        map(&Form::Int { min: 1, max: 1_000_000 }),
        "{}",
        "What sets devices apart, such as clinic, and how many values there are; the same in every fleet. One that only a scope names has a value for each eight devices.",
    ),
    key(
        "role",
        Form::Shares(&NAME),
        "\"user\"",
        "What people do, with shares among the devices that share all attributes.",
    ),
    key("start", Form::Shares(&START_STATE), "\"empty\"", "What devices have at the start, with shares."),
]);

pub(super) const ENGINE: Form = table(&[
    key("name", Form::Text, "\"builtin\"", "The engine's registered name."),
    key("request_timeout", SOME_SPAN, "\"30s\"", "A request without an answer is given up after this."),
    key(
        "debounce",
        SPAN,
        "\"1m\"",
        "After a sync of a unit, automatic triggers of it are ignored for this long.",
    ),
    key("pull", PULL, "{}", "How it pulls."),
    key("push", PUSH, "{}", "How it pushes."),
    key("retry", RETRY, "{}", "How it tries again."),
    key("conflict", CONFLICT, "{}", "What it does about conflicts."),
]);

const PULL: Form = table(&[
    key(
        "chunk_rows",
        Form::Int { min: 1, max: 10_000_000 },
        "500",
        "The network chunk: rows asked for in one request.",
    ),
    key(
        "chunk_bytes",
        Form::Size { min: 256, max: 1 << 30 },
        "\"1MiB\"",
        "The network chunk in bytes: the answer ends after about this much.",
    ),
    key(
        "apply_rows",
        Form::Int { min: 1, max: 10_000_000 },
        "500",
        "The apply chunk: rows written in one transaction.",
    ),
    key(
        "cursor",
        Form::Word { built: &["entity", "unit"], later: &[] },
        "\"entity\"",
        "What a cursor belongs to: units that overlap go on where the other stopped, or fetch rows twice.",
    ),
]);

const PUSH: Form =
    table(&[key("chunk_rows", Form::Int { min: 1, max: 100_000 }, "50", "Mutations in one request.")]);

const RETRY: Form = table(&[
    key("base", SOME_SPAN, "\"1s\"", "The first wait is at most this; it doubles."),
    key("cap", SOME_SPAN, "\"5m\"", "No wait is longer."),
    key(
        "jitter",
        Form::Word { built: &["none", "full", "equal"], later: &["decorrelated"] },
        "\"full\"",
        "What of a wait is random: nothing, all, or half.",
    ),
    key("attempts", SOME, "5", "Failures in a row after which a run of a unit ends with an error."),
]);

const CONFLICT: Form = table(&[
    key(
        "detect",
        Form::Word { built: &["dates-then-values"], later: &["*"] },
        "\"dates-then-values\"",
        "What makes a conflict.",
    ),
    key(
        "base",
        Form::Word { built: &["last-received-stamp"], later: &["*"] },
        "\"last-received-stamp\"",
        "Which offline date is compared.",
    ),
    key(
        "policy",
        Form::Word { built: &["last-write-wins"], later: &["*"] },
        "\"last-write-wins\"",
        "Who wins.",
    ),
    key(
        "while_open",
        Form::Word { built: &["carry-on"], later: &["*"] },
        "\"carry-on\"",
        "What happens while a conflict is open.",
    ),
]);

pub(super) const STORE: Form = table(&[
    key("page_size", Form::Int { min: 512, max: 65_536 }, "4096", "Bytes a page, a power of two."),
    key(
        "journal",
        Form::Word { built: &["truncate", "persist", "wal"], later: &[] },
        "\"truncate\"",
        "How SQLite keeps its journal.",
    ),
    key(
        "synchronous",
        Form::Word { built: &["full", "normal"], later: &[] },
        "\"full\"",
        "How often SQLite waits for the disk.",
    ),
    key("cache_pages", COUNT, "64", "Pages of cache."),
]);
