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

/// The keys that select how changes are captured.
const READERS: &[&str] =
    &["gateway.mode", "gateway.serve.capture", "gateway.refresh.capture", "integration.capture"];

fn any_capture(readers: &[View<'_>], is: fn(&Capture) -> bool) -> bool {
    readers.iter().filter_map(|at| Capture::written(*at)).any(|capture| is(&capture))
}

/// Whether a column of the entity refers to rows of another entity.
fn refers(entity: View<'_>) -> bool {
    entity.at("schema").entries().any(|(_, column)| column.text().starts_with("ref "))
}

const ASKED_SINCE: &Needs = &Needs {
    of: READERS,
    holds: |of| !any_capture(of, |capture| !capture.asks_since),
    why: "nothing asks the backend for changes since a time",
    help: "remove the key, or capture by `last_modified` in gateway.serve.capture (in gateway.refresh.capture with mode = \"persistent\")",
};

pub(super) const BACKEND: Form = table(&[
    owned("profile", Form::Word(profiles::BACKENDS), || profiles::BACKEND.stated())
        .about("The profile that gives each key of `backend` that is not written here."),
    word::<Provisioning>("provisioning").about("Which columns the backend keeps for syncing."),
    word::<StampedBy>("stamped_by").about("Whose clock gives the stamps of the rows that devices write."),
    word::<Copies>("copies").about("What happens to a copied column (\"fold\") when the row that it is copied from changes."),
    word::<Writes>("writes").about("What an edit of a row must name so that the backend commits it."),
    owned("writes_grace", SPAN, || Backend::default().writes_grace.stated())
        .about("If `writes` compares dates, dates that differ by less than this count as equal."),
    owned("stamp_precision", PRECISION, || Backend::default().stamp_precision.stated())
    .about("The backend rounds stamps down to multiples of this: one tick. This includes the stamps in rows of your own."),
    word::<Ticks>("ticks")
        .about("Which stamp commits get within one tick (`stamp_precision`)."),
    owned("filter_precision", PRECISION, || Backend::default().filter_precision.stated())
    .about("Readers can ask only for changes since a multiple of this. Rows that they read after that multiple come again.")
        .needs(ASKED_SINCE),
    word::<Sort>("sort")
        .about("The order of changes in a response. With an order other than \"stamp\", a cursor at the last listed row loses rows. `paging = \"offset\"` loses rows only if rows change between two pages.")
        .needs(ASKED_SINCE),
    owned("monotonic", Form::Bool, || Backend::default().monotonic.stated())
        .about("Whether each stamp is at least as late as the previous one, even if the clock steps back."),
    optional("commit_delay", COMMIT_DELAY)
        .about("Some transactions get their stamp before others can see their rows."),
    owned("replica_lag", SPAN, || Backend::default().replica_lag.stated())
        .about("Readers get changes from a replica that is this far behind; 0s means that there is no replica."),
    key("log", LOG, "{}").about("The log of changes. The backend keeps it only if something reads it.")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.reads_log),
            why: "nothing reads the backend's log of changes, so the backend keeps none",
            help: "remove the key, or set gateway.serve.capture = { change_log = {} } (gateway.refresh.capture with mode = \"persistent\"); flags use the log, too",
        }),
    word::<Rearm>("rearm")
        .about("Which changes set a row's flags to \"not synced\".")
        .needs(&Needs {
            of: READERS,
            holds: |of| any_capture(of, |capture| capture.marks_source),
            why: "no row has a flag",
            help: "remove the key, or set gateway.serve.capture = { flag = {} } (gateway.refresh.capture with mode = \"persistent\")",
        }),
    owned("tombstones_kept", SOME_SPAN, || Backend::default().tombstones_kept.stated())
        .about("How long the backend keeps a tombstone of each deleted row. A reader with an older cursor loads everything again."),
    owned("poison", Form::Share, || Ppm(Backend::default().poison_ppm).stated())
        .about("Share of creates and updates that the backend can never commit."),
    word::<PoisonResponse>("poison_response")
        .about("How the backend responds to a request with an edit that it can never commit (`poison`).")
        .needs(&Needs {
            of: &[".poison"],
            holds: |of| of[0].share() > Ppm(0),
            why: "there is no edit that the backend can never commit",
            help: "remove the key, or set backend.poison, the share of these edits, such as \"5%\"",
        }),
    owned("foreign_keys", Form::Bool, || Backend::default().foreign_keys.stated())
        .about("Whether the backend permanently refuses an edit that refers to a missing row. If false, the backend commits the edit, and its reference dangles until that row is there.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| refers(entity)),
            why: "no column refers to another row",
            help: "remove the key, or let a column refer to rows: chunk = \"ref chunk\" in [entity.NAME.schema]",
        }),
    owned("refused_deletes", Form::Share, || Backend::default().refused_deletes.stated())
        .about("Share of deletes that the backend refuses permanently, as if other rows referred to the row."),
    word::<Authorisation>("authorisation")
        .about("What the backend does with an edit of a row outside the scope of its device.")
        .needs(&Needs {
            of: &["entity"],
            holds: |of| of[0].entries().any(|(_, entity)| entity.at("scope").entries().next().is_some()),
            why: "no entity has a scope, so no edit can be outside one",
            help: "remove the key, or set a scope in [entity.NAME], such as scope = { ward = \"device.ward\" }",
        }),
    word::<Commits>("commits")
        .about("Which edits of a request are committed together: all of them, or none."),
    owned("errors", Form::Share, || Backend::default().errors.stated())
        .about("Share of requests that fail at random. Half of them fail after the backend has executed them."),
    key("idempotency", Form::Written(&REMEMBERED), "\"forever\"")
        .about("How long the backend remembers the idempotency key of an edit. In this time a repeated edit gets the first response again. After it, a repeated edit counts as new."),
    owned("partial", Form::Share, || Backend::default().deferred_share.stated())
        .about("Share of edits that the backend defers while it commits the others of the request, drawn each time an edit arrives. The device sends a deferred edit again."),
    optional("availability", AVAILABILITY)
        .about("Outages besides maintenance, drawn from the seed."),
    key("maintenance", named(&MAINTENANCE), "{}").about("Planned times in which the backend is down, by name."),
    profiled("workers", Form::Int { min: 1, max: 100_000 })
        .about("Most requests that the backend serves at the same time."),
    profiled("fixed_cost", SPAN).about("Service time per request, whatever it contains."),
    profiled("scan_cost", SPAN).about("Service time per row read."),
    profiled("row_cost", SPAN).about("Service time per row delivered."),
    profiled("write_fixed_cost", SPAN)
        .about("Service time per push request, instead of `fixed_cost`."),
    profiled("write_row_cost", SPAN).about("Service time per edit in a push request."),
    profiled("service_cv", Form::Decimal { max: 10.0 })
        .about("Coefficient of variation of the service time. The time is log-normal around the sum of the costs; 0 makes it constant."),
    optional("busy", BUSY).about("Office hours, in which every request takes longer."),
    optional("queue", COUNT)
        .about("Most requests that wait for a worker. Further requests are refused (503). Without this key, any number waits."),
    profiled("page_cap", Form::Int { min: 1, max: 1_000_000 })
        .about("Most rows in one response. A page that continues to the end of its last timestamp may have more."),
    profiled("gateway_timeout", SOME_SPAN)
        .about("A request that takes longer gets an error response (504)."),
    optional("quota", QUOTA)
        .about("How many requests a client may send. Further requests get a 429 with the time after which to retry."),
]);

const MAINTENANCE: Form = table(&[
    required("from", Form::Written(&CLOCK))
        .about("When the maintenance begins. A local time recurs every day."),
    required("for", SOME_SPAN).about("How long the maintenance lasts."),
    optional("zone", Form::Written(&ZONE))
        .about("Time zone of the local time. Without this key, the scenario's time zone."),
    key("days", DAYS, "[]").about("Days on which the maintenance begins; every day if empty."),
]);

const BUSY: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When they begin. A local time recurs every day."),
    required("until", Form::Written(&CLOCK)).about("When they end."),
    required("factor", Form::Decimal { max: 1_000.0 }).about("Each request takes this many times as long."),
    optional("zone", Form::Written(&ZONE))
        .about("Time zone of the local time. Without this key, the scenario's time zone."),
    key("days", DAYS, "[]").about("Days with office hours; every day if empty."),
]);

const DAYS: Form = Form::List(&Form::word::<Weekday>());

const COMMIT_DELAY: Form = table(&[
    required("share", Form::Share).about("Share of the transactions that get a delay."),
    required("upto", SOME_SPAN).about("Longest delay. The delays are uniform between 0s and this."),
]);

pub(super) const AVAILABILITY: Form = table(&[
    required("share", Form::Share).about("Share of the time without an outage; above 0."),
    key("mean_outage", PERIOD, "\"30m\"")
        .about("Mean length of an outage. The lengths and the times between outages are exponential."),
]);

const QUOTA: Form = table(&[
    word::<QuotaBy>("by").about("Who counts as one client."),
    optional("per", SOME_SPAN).about("Length of the sliding window for `requests` and `execution`."),
    optional("requests", SOME).about("Most requests of a client in a window."),
    optional("execution", SOME_SPAN).about("Most service time of a client in a window."),
    optional("concurrent", SOME)
        .about("Most requests of a client that are served or queued at the same time."),
    optional("burst", SOME).about("Tokens in a full bucket of a client. Each request takes one token."),
    optional("rate", Form::Decimal { max: 1_000_000.0 })
        .about("Tokens per second that the bucket gets back."),
]);

const LOG: Form = table(&[
    key("kept", SOME_SPAN, "\"7d\"").about("How long the log keeps an entry."),
    word::<Numbered>("numbered").about("When an entry of the log gets its number."),
]);
