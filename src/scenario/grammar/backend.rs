//! Keys of the backend.

use super::super::form::{Form, SOME_SPAN, SPAN, key, named, optional, profiled, required, table};
use super::super::profiles;
use super::super::written::CLOCK;
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
        Form::Later("only `workers` and `page_cap` are built so far"),
        "Requests that a client may make in a time.",
    ),
]);

const MAINTENANCE: Form = table(&[
    required("from", Form::Written(&CLOCK), "First instant; a local time comes again every day."),
    required("for", SOME_SPAN, "How long."),
]);
