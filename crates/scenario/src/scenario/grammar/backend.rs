//! Keys of the backend.

use jiff::civil::Weekday;

use super::super::profiles;
use super::super::written::REMEMBERED;
use super::super::zone::ZONE;
use crate::backend::{
    Authorisation, BackendOptions, Commits, Numbered, Provisioning, QuotaBy, Rearm, Sort, StampedBy, Ticks,
    Writes,
};
use crate::base::{Ppm, Span};
use crate::config::form::Stated;
use crate::config::form::{
    COUNT, Form, Needs, PERIOD, SOME, SOME_SPAN, SPAN, key, named, optional, owned, profiled, required,
    table, word,
};
use crate::config::view::View;
use crate::config::written::CLOCK;
use crate::gateway::Capture;

const PRECISION: Form = Form::Span { min: Span::micros(1), max: Span::secs(86_400) };

fn backend() -> BackendOptions {
    BackendOptions::default()
}

/// The keys that say how changes are captured.
const READERS: &[&str] =
    &["gateway.mode", "gateway.serve.capture", "gateway.refresh.capture", "integration.capture"];

fn any_capture(readers: &[View<'_>], is: fn(&Capture) -> bool) -> bool {
    readers.iter().filter_map(|at| Capture::written(*at)).any(|capture| is(&capture))
}

const ASKED_SINCE: &Needs = &Needs {
    of: READERS,
    holds: |of| !any_capture(of, |capture| !capture.asks_since()),
    why: "nobody asks the backend for what changed since a time",
    help: "capture by last_modified does, in gateway.serve.capture, or gateway.refresh.capture in mode \"persistent\"",
};

pub(super) const BACKEND: Form = table(&[
    owned("profile", Form::Word(profiles::BACKENDS), || profiles::BACKEND.stated())
        .about("Where the keys that are not written come from."),
    word::<Provisioning>("provisioning").about("Which columns for syncing the backend keeps."),
    word::<StampedBy>("stamped_by").about("Whose clock stamps what devices write."),
    key("copies", Form::Word(&["follow", "as-made"]), "\"follow\"")
        .about("Whether rows with copied columns (\"fold\") are written again as the row changes that they are copied from, or stay as made."),
    word::<Writes>("writes").about("What an edit of a row must show to be committed."),
    owned("writes_grace", SPAN, || backend().writes_grace.stated())
        .about("Dates that are no further apart count as one, where `writes` compares dates."),
    owned("stamp_precision", PRECISION, || backend().stamp_precision.stated())
    .about("Stamps are cut to multiples of this, those of rows of one's own too."),
    word::<Ticks>("ticks")
        .about("Whether stamps go on where one was read already, or stay and readers wait for the end of the tick."),
    owned("filter_precision", PRECISION, || backend().filter_precision.stated())
    .about("Changes can only be asked for since a multiple of this; what was read since comes again.")
        .needs(ASKED_SINCE),
    word::<Sort>("sort")
        .about("The order in which a response lists changes. A cursor of the last row listed loses rows unless it is \"stamp\"; `paging = \"offset\"` loses rows only if some change between its pages.")
        .needs(ASKED_SINCE),
    owned("monotonic", Form::Bool, || backend().monotonic.stated())
        .about("No stamp lies before an earlier one, though the clock steps back."),
    optional("commit_delay", COMMIT_DELAY)
        .about("Transactions that are stamped before others can see them."),
    owned("replica_lag", SPAN, || backend().replica_lag.stated())
        .about("Changes are read from a replica that is this far behind."),
    key("log", LOG, "{}").about("The log of changes, if anybody reads it.")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.reads_log()),
            why: "nobody reads the backend's log of changes, so it keeps none",
            help: "gateway.serve.capture = { change_log = {} } reads it, or gateway.refresh.capture in mode \"persistent\"; flags are kept with it",
        }),
    word::<Rearm>("rearm")
        .about("Which changes set a row's flags to \"not synced\": all, or not those of the office and of imports to rows that are there.")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.marks_source()),
            why: "no row has a flag to be armed",
            help: "gateway.serve.capture = { flag = {} } has flags, or gateway.refresh.capture in mode \"persistent\"",
        }),
    owned("tombstones_kept", SOME_SPAN, || backend().tombstones_kept.stated())
        .about("Deleted rows are remembered for this long."),
    owned("poison", Form::Share, || Ppm(backend().poison_ppm).stated())
        .about("Share of creates and updates that are refused for good."),
    owned("refused_deletes", Form::Share, || backend().refused_deletes.stated())
        .about("Share of deletes that are refused for good, as if something else referred to their rows."),
    word::<Authorisation>("authorisation")
        .about("What becomes of an edit of a row outside of its device's scope: it is taken, refused for good, or answered as if it was taken.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| entity.at("scope").entries().next().is_some()),
            why: "no entity has a scope, and nobody can be out of theirs",
            help: "scope = { ward = \"device.ward\" } in [entity.NAME] says whose rows are whose",
        }),
    word::<Commits>("commits")
        .about("What is committed all or none: each edit, a row with the rows that are part of it (`on_delete = \"cascade\"`), or a request."),
    owned("errors", Form::Share, || backend().errors.stated())
        .about("Share of requests that fail by accident, half of them after they took effect."),
    key("idempotency", Form::Written(&REMEMBERED), "\"forever\"")
        .about("For how long an edit that comes again is known by its idempotency key, and answered as before."),
    owned("partial", Form::Share, || backend().partial.stated())
        .about("Share of mutations that are put off, each time they come."),
    optional("availability", AVAILABILITY)
        .about("Failures besides maintenance, drawn from the seed."),
    key("maintenance", named(&MAINTENANCE), "{}").about("Times without a backend, by name."),
    profiled("workers", Form::Int { min: 1, max: 100_000 })
        .about("Requests served at the same time."),
    profiled("fixed_cost", SPAN).about("Service time of any request."),
    profiled("scan_cost", SPAN).about("Service time of each row looked at."),
    profiled("row_cost", SPAN).about("Service time of each row delivered."),
    profiled("write_fixed_cost", SPAN)
        .about("Service time of any push request, in place of `fixed_cost`."),
    profiled("write_row_cost", SPAN).about("Service time of each mutation."),
    profiled("service_cv", Form::Decimal { max: 10.0 })
        .about("Coefficient of variation of the service time, log-normal about what the costs give; 0 is exact."),
    optional("busy", BUSY).about("Office hours, in which every request takes longer."),
    optional("queue", COUNT)
        .about("Requests that may wait for a worker; those that come then are refused."),
    profiled("page_cap", Form::Int { min: 1, max: 1_000_000 })
        .about("At most this many rows in one response; a page that is extended to the end of its last time goes beyond it."),
    profiled("gateway_timeout", SOME_SPAN)
        .about("Requests that take longer are answered with an error."),
    optional("quota", QUOTA)
        .about("What a client may ask for; beyond it, it is told when to come again."),
]);

const MAINTENANCE: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("First instant; a local time comes again every day."),
    required("for", SOME_SPAN).about("How long."),
    optional("zone", Form::Written(&ZONE)).about("Whose local time; the scenario's if it is missing."),
    key("days", DAYS, "[]").about("On which days it begins; every day if empty."),
]);

const BUSY: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("First instant; a local time comes again every day."),
    required("until", Form::Written(&CLOCK)).about("First instant after it."),
    required("factor", Form::Decimal { max: 1_000.0 }).about("What takes a second otherwise takes so many."),
    optional("zone", Form::Written(&ZONE)).about("Whose local time; the scenario's if it is missing."),
    key("days", DAYS, "[]").about("On which days; every day if empty."),
]);

const DAYS: Form = Form::List(&Form::word::<Weekday>());

const COMMIT_DELAY: Form = table(&[
    required("share", Form::Share).about("Share of the transactions."),
    required("upto", SOME_SPAN).about("The delay is uniform between nothing and this."),
]);

pub(super) const AVAILABILITY: Form = table(&[
    required("share", Form::Share).about("Share of time in which it is up; above 0."),
    key("mean_outage", PERIOD, "\"30m\"")
        .about("Mean length of an outage; times between them are exponential, too."),
]);

const QUOTA: Form = table(&[
    word::<QuotaBy>("by").about("Who is one client."),
    optional("per", SOME_SPAN).about("The sliding window of `requests` and `execution`."),
    optional("requests", SOME).about("Requests in a window."),
    optional("execution", SOME_SPAN).about("Service time in a window."),
    optional("concurrent", SOME).about("Requests at work or in the queue at once."),
    optional("burst", SOME).about("Tokens in a full bucket, one for a request."),
    optional("rate", Form::Decimal { max: 1_000_000.0 }).about("Tokens that come a second."),
]);

const LOG: Form = table(&[
    key("kept", SOME_SPAN, "\"7d\"").about("Entries are kept for this long."),
    word::<Numbered>("numbered")
        .about("When an entry gets its number: a transaction under way has none yet, or leaves a hole."),
]);
