//! Keys of the engine.

use super::super::form::{Form, SOME, SOME_SPAN, SPAN, key, table};

pub(super) const ENGINE: Form = table(&[
    key("name", Form::Text, "\"builtin\"", "The engine's registered name."),
    key("request_timeout", SOME_SPAN, "\"30s\"", "A request without an answer is given up after this."),
    key(
        "debounce",
        SPAN,
        "\"1m\"",
        "After a sync of a unit, automatic triggers of it are ignored for this long.",
    ),
    key(
        "decoder",
        Form::Word { built: &["streaming", "managed"], later: &[] },
        "\"streaming\"",
        "How it reads answers: row by row in native code, or as a whole tree in a managed language, which takes six times the answer's size of memory instead of 2.5.",
    ),
    key(
        "dates",
        Form::Word { built: &["utc", "local"], later: &[] },
        "\"utc\"",
        "What an edit is dated by: UTC, or what the person's clock shows.",
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
        Form::Word { built: &["none", "full", "equal", "decorrelated"], later: &[] },
        "\"full\"",
        "What of a wait is random: nothing, all, half, or all up to three times the wait before.",
    ),
    key(
        "heeds_after",
        Form::Bool,
        "true",
        "Nothing is sent before the moment that a throttling server names.",
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
