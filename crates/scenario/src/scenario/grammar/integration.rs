//! Keys of a one-way integration and of its destination system.

use super::backend::AVAILABILITY;
use crate::config::form::{Form, Needs, PERIOD, SOME_SPAN, SPAN, Stated, key, optional, owned, table, word};
use crate::config::written::NAME;
use crate::gateway::{CAPTURE, Capture, LastModifiedSource};
use crate::integration::{
    CursorKept, DestinationOptions as Destination, Ids, IntegrationOptions as Integration, OnRejected,
    Remembers,
};

const ROWS: Form = Form::Int { min: 1, max: 1_000_000 };

const MARKED: &Needs = &Needs {
    of: &[".capture"],
    holds: |of| !Capture::written(of[0]).is_some_and(|capture| capture.marks_source),
    why: "flags in the source mark processed rows, without a cursor",
    help: "write a capture by `last_modified`, `change_log` or `hash`; to claim rows write `integration.capture.flag.lease`",
};

pub(super) const INTEGRATION: Form = table(&[
    optional("entities", Form::List(&Form::Written(&NAME)))
        .about("The entities that are copied to the other system; all if it is missing."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How the workers find changes."),
    owned("workers", Form::Int { min: 1, max: 100 }, || Integration::default().workers.stated())
        .about("How many workers run, each on the schedule and without knowledge of the others."),
    owned("every", PERIOD, || Integration::default().every.stated())
        .about("From the start of a worker's round to the start of its next."),
    owned("page", ROWS, || Integration::default().page.stated()).about("Most rows that are read at once."),
    word::<Remembers>("remember")
        .about("When a worker records that a page is done: after the destination responded, or before it writes. With flags, when they are set."),
    word::<CursorKept>("cursor_kept")
        .about("Where the cursor is kept: in the integration's own database, in each worker's memory, or in the destination, in one transaction with the records.")
        .needs(MARKED),
    optional("claim", SOME_SPAN)
        .about("A worker claims the cursor for this long before it reads a page; without it there are no claims. Flags have `capture.flag.lease`.")
        .needs(MARKED),
    word::<OnRejected>("rejected")
        .about("What happens to a record that the destination rejects: it is retried in each round, it is left out, or the round ends there. With flags, \"retry\" leaves its flag unchanged."),
    owned("timeout", SOME_SPAN, || Integration::default().timeout.stated())
        .about("A worker abandons a call to the destination after this."),
    owned("clock_ahead", SPAN, || Integration::default().clock_ahead.stated())
        .about("How far the workers' clock is ahead; it matters to `source = \"client-clock\"`.")
        .needs(&Needs {
            of: &[".capture.last_modified.source", ".capture"],
            holds: |of| of[0].says(LastModifiedSource::ClientClock),
            why: "the cursor does not use the workers' clock",
            help: "write integration.capture = { last_modified = { source = \"client-clock\" } }",
        }),
    owned("killed", Form::Share, || Integration::default().killed.stated())
        .about("Chance that a worker is killed, at each of the points between reading, writing, the response and recording."),
    owned("restart_after", SPAN, || Integration::default().restart_after.stated())
        .about("Time until a killed worker is started again."),
    key("destination", DESTINATION, "{}").about("The write API of the other system."),
]);

const DESTINATION: Form = table(&[
    word::<Ids>("ids")
        .about("How a record is found again: a write creates or updates by the key of the source, the destination can be asked for the id of that key, or the id is only in the response to the create."),
    owned("batch", ROWS, || Destination::default().batch.stated()).about("Most records in one call."),
    owned("rtt", SPAN, || Destination::default().rtt.stated()).about("Round-trip time of a call."),
    owned("fixed_cost", SPAN, || Destination::default().fixed_cost.stated())
        .about("Service time of any call."),
    owned("record_cost", SPAN, || Destination::default().record_cost.stated())
        .about("Service time per record in a call."),
    owned("errors", Form::Share, || Destination::default().errors.stated())
        .about("Share of calls that fail, half of them after they took effect."),
    owned("rejects", Form::Share, || Destination::default().rejects.stated())
        .about("Share of records that are rejected, drawn each time one arrives."),
    owned("poison", Form::Share, || Destination::default().poison.stated())
        .about("Share of the rows that are rejected every time."),
    owned("versions", Form::Bool, || Destination::default().versions.stated())
        .about("A write names the version of the source; one that is older than the last is ignored."),
    owned("loaded", Form::Bool, || Destination::default().loaded.stated())
        .about("At the start it has all rows, and the integration knows that."),
    optional("availability", AVAILABILITY).about("Failures, drawn from the seed."),
]);
