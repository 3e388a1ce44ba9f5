//! Keys of the backend.

use jiff::civil::Weekday;

use super::super::profiles;
use super::super::written::REMEMBERED;
use super::super::zone::ZONE;
use crate::backend::{
    Authorisation, BackendOptions as Backend, Commits, Copies, Numbered, PoisonResponse, Provisioning,
    QuotaBy, Rearm, Sort, StampedBy, Ticks, Writes,
};
use crate::base::{Ppm, Span};
use crate::config::form::{
    COUNT, Form, Needs, PERIOD, SOME, SOME_SPAN, SPAN, Stated, key, named, optional, owned, profiled,
    required, table, word,
};
use crate::config::view::View;
use crate::config::written::CLOCK;
use crate::gateway::Capture;

const PRECISION: Form = Form::Span { min: Span::micros(1), max: Span::secs(86_400) };

/// The keys that say how changes are captured.
const READERS: &[&str] =
    &["gateway.mode", "gateway.serve.capture", "gateway.refresh.capture", "integration.capture"];

fn any_capture(readers: &[View<'_>], is: fn(&Capture) -> bool) -> bool {
    readers.iter().filter_map(|at| Capture::written(*at)).any(|capture| is(&capture))
}

/// Whether a column of the entity refers to rows.
fn refers(entity: View<'_>) -> bool {
    entity.at("schema").entries().any(|(_, column)| column.text().starts_with("ref "))
}

const ASKED_SINCE: &Needs = &Needs {
    of: READERS,
    holds: |of| !any_capture(of, |capture| !capture.asks_since),
    why: "no reader asks the backend for changes since a time",
    help: "write gateway.serve.capture = { last_modified = {} }, or gateway.refresh.capture in mode \"persistent\"",
};

pub(super) const BACKEND: Form = table(&[
    owned("profile", Form::Word(profiles::BACKENDS), || profiles::BACKEND.stated())
        .about("Source of the keys that are not written here."),
    word::<Provisioning>("provisioning").about("Which columns for syncing the backend keeps."),
    word::<StampedBy>("stamped_by").about("Whose clock stamps what devices write."),
    word::<Copies>("copies").about("What becomes of copied columns (\"fold\") when their source row changes."),
    word::<Writes>("writes").about("What an edit of a row must show to be committed."),
    owned("writes_grace", SPAN, || Backend::default().writes_grace.stated())
        .about("Where `writes` compares dates: dates closer together than this count as equal."),
    owned("stamp_precision", PRECISION, || Backend::default().stamp_precision.stated())
    .about("Stamps are rounded down to multiples of this, also those in rows of your own."),
    word::<Ticks>("ticks")
        .about("Stamps within one tick: once a stamp was read, later commits get the next one; or all share it, and careful readers wait for the end of the tick."),
    owned("filter_precision", PRECISION, || Backend::default().filter_precision.stated())
    .about("Readers can ask for changes only since a multiple of this; rows read since that multiple come again.")
        .needs(ASKED_SINCE),
    word::<Sort>("sort")
        .about("The order in which a response lists changes. A cursor of the last row listed loses rows unless it is \"stamp\"; `paging = \"offset\"` loses rows only if some change between its pages.")
        .needs(ASKED_SINCE),
    owned("monotonic", Form::Bool, || Backend::default().monotonic.stated())
        .about("No stamp is earlier than the one before it, even if the clock steps back."),
    optional("commit_delay", COMMIT_DELAY)
        .about("Transactions that get their stamp before others can see them."),
    owned("replica_lag", SPAN, || Backend::default().replica_lag.stated())
        .about("Changes are read from a replica that is this far behind."),
    key("log", LOG, "{}").about("The log of changes, kept only if something reads it.")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.reads_log),
            why: "no reader needs the backend's log of changes, and the backend keeps none",
            help: "write gateway.serve.capture = { change_log = {} }, or gateway.refresh.capture in mode \"persistent\"; a capture by flag needs the log too",
        }),
    word::<Rearm>("rearm")
        .about("Which changes set a row's flags to \"not synced\": all, or not those of the office and of imports to rows that are there.")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.marks_source),
            why: "no row has a flag to set",
            help: "write gateway.serve.capture = { flag = {} }, or gateway.refresh.capture in mode \"persistent\"",
        }),
    owned("tombstones_kept", SOME_SPAN, || Backend::default().tombstones_kept.stated())
        .about("How long the backend remembers deleted rows."),
    owned("poison", Form::Share, || Ppm(Backend::default().poison_ppm).stated())
        .about("Share of creates and updates that are refused permanently."),
    word::<PoisonResponse>("poison_response")
        .about("How a request with such an edit is answered.")
        .needs(&Needs {
            of: &[".poison"],
            holds: |of| of[0].share() > Ppm(0),
            why: "no edit is refused permanently",
            help: "write `poison`, the share of edits that are always refused, such as \"5%\"",
        }),
    owned("foreign_keys", Form::Bool, || Backend::default().foreign_keys.stated())
        .about("Whether an edit that refers to a missing row is refused permanently; if false it is taken, and the reference dangles until that row comes.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| refers(entity)),
            why: "no column refers to another row",
            help: "write a column such as chunk = \"ref chunk\" in [entity.NAME.schema]",
        }),
    owned("refused_deletes", Form::Share, || Backend::default().refused_deletes.stated())
        .about("Share of deletes that are refused permanently, as if other rows referred to the deleted ones."),
    word::<Authorisation>("authorisation")
        .about("What the backend does with an edit of a row outside its device's scope: accept it, refuse it permanently, or report success without applying it.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| entity.at("scope").entries().next().is_some()),
            why: "no entity has a scope, and no edit can be outside a scope",
            help: "write scope = { ward = \"device.ward\" } in [entity.NAME]",
        }),
    word::<Commits>("commits")
        .about("What is committed as a whole or not at all: each edit, a row with the rows that are part of it (`on_delete = \"cascade\"`), or a request."),
    owned("errors", Form::Share, || Backend::default().errors.stated())
        .about("Share of requests that fail at random, half of them after they took effect."),
    key("idempotency", Form::Written(&REMEMBERED), "\"forever\"")
        .about("How long the backend knows a repeated edit by its idempotency key and repeats the first response."),
    owned("partial", Form::Share, || Backend::default().deferred_share.stated())
        .about("Share of mutations that are deferred, drawn each time they arrive."),
    optional("availability", AVAILABILITY)
        .about("Failures besides maintenance, drawn from the seed."),
    key("maintenance", named(&MAINTENANCE), "{}").about("Planned times without a backend, by name."),
    profiled("workers", Form::Int { min: 1, max: 100_000 })
        .about("Requests served at the same time."),
    profiled("fixed_cost", SPAN).about("Service time of any request."),
    profiled("scan_cost", SPAN).about("Service time per row read."),
    profiled("row_cost", SPAN).about("Service time per row delivered."),
    profiled("write_fixed_cost", SPAN)
        .about("Service time of any push request, instead of `fixed_cost`."),
    profiled("write_row_cost", SPAN).about("Service time per mutation."),
    profiled("service_cv", Form::Decimal { max: 10.0 })
        .about("Coefficient of variation of the service time: log-normal around what the costs give; 0 is constant."),
    optional("busy", BUSY).about("Office hours, in which every request takes longer."),
    optional("queue", COUNT)
        .about("Requests that may wait for a worker; further ones are refused."),
    profiled("page_cap", Form::Int { min: 1, max: 1_000_000 })
        .about("Most rows in one response. A page that is extended to the end of its last timestamp may have more."),
    profiled("gateway_timeout", SOME_SPAN)
        .about("Requests that take longer get an error response."),
    optional("quota", QUOTA)
        .about("How many requests a client may send; beyond that it gets a 429 with the time to retry."),
]);

const MAINTENANCE: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When it begins; a local time recurs every day."),
    required("for", SOME_SPAN).about("How long it lasts."),
    optional("zone", Form::Written(&ZONE))
        .about("Time zone of the local time; the scenario's if it is missing."),
    key("days", DAYS, "[]").about("Days on which it begins; every day if empty."),
]);

const BUSY: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When it begins; a local time recurs every day."),
    required("until", Form::Written(&CLOCK)).about("When it ends."),
    required("factor", Form::Decimal { max: 1_000.0 }).about("How many times as long each request takes."),
    optional("zone", Form::Written(&ZONE))
        .about("Time zone of the local time; the scenario's if it is missing."),
    key("days", DAYS, "[]").about("Days on which it applies; every day if empty."),
]);

const DAYS: Form = Form::List(&Form::word::<Weekday>());

const COMMIT_DELAY: Form = table(&[
    required("share", Form::Share).about("Share of the transactions."),
    required("upto", SOME_SPAN).about("The delay is uniform between 0 and this."),
]);

pub(super) const AVAILABILITY: Form = table(&[
    required("share", Form::Share).about("Share of the time in which the backend is up; above 0."),
    key("mean_outage", PERIOD, "\"30m\"")
        .about("Mean length of an outage; the times between outages are exponential, too."),
]);

const QUOTA: Form = table(&[
    word::<QuotaBy>("by").about("Who counts as one client."),
    optional("per", SOME_SPAN).about("The sliding window of `requests` and `execution`."),
    optional("requests", SOME).about("Requests in a window."),
    optional("execution", SOME_SPAN).about("Service time in a window."),
    optional("concurrent", SOME).about("Requests being served or queued at once."),
    optional("burst", SOME).about("Tokens in a full bucket; a request takes one."),
    optional("rate", Form::Decimal { max: 1_000_000.0 }).about("Tokens that are added per second."),
]);

const LOG: Form = table(&[
    key("kept", SOME_SPAN, "\"7d\"").about("Entries are kept for this long."),
    word::<Numbered>("numbered").about(
        "When an entry gets its number: a transaction that is not committed has none yet, or leaves a hole.",
    ),
]);
