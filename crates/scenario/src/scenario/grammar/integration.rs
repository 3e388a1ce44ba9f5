//! Keys of a one-way integration and of its destination system.

use super::backend::AVAILABILITY;
use crate::config::form::Stated;
use crate::config::form::{Form, Needs, PERIOD, SOME_SPAN, SPAN, key, optional, owned, table, word};
use crate::config::written::NAME;
use crate::gateway::{CAPTURE, Capture, LastModifiedSource};
use crate::integration::{CursorKept, DestinationOptions, Ids, IntegrationOptions, OnRejected, Remembers};

fn default() -> IntegrationOptions {
    IntegrationOptions::default()
}

fn destination() -> DestinationOptions {
    DestinationOptions::default()
}

const ROWS: Form = Form::Int { min: 1, max: 1_000_000 };

const MARKED: &Needs = &Needs {
    of: &[".capture"],
    holds: |of| !Capture::written(of[0]).is_some_and(|capture| capture.marks_source()),
    why: "flags in the source say what is done, and there is no cursor",
    help: "a capture by `last_modified`, `change_log` or `hash` has one; `integration.capture.flag.lease` claims rows",
};

pub(super) const INTEGRATION: Form = table(&[
    optional("entities", Form::List(&Form::Written(&NAME)))
        .about("The entities that are carried to the other system; without it all of them."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How the workers find changes."),
    owned("workers", Form::Int { min: 1, max: 100 }, || default().workers.stated())
        .about("So many workers, each on the schedule and none knowing of the others."),
    owned("every", PERIOD, || default().every.stated())
        .about("From the start of a worker's round to that of its next."),
    owned("page", ROWS, || default().page.stated()).about("At most this many rows are read at once."),
    word::<Remembers>("remember")
        .about("When a worker remembers that a page is done: when the destination has answered, or before it writes. With flags, when they are set."),
    word::<CursorKept>("cursor_kept")
        .about("Where the cursor is kept: in the integration's own database, in each worker's memory, or in the destination, in one transaction with the records.")
        .needs(MARKED),
    optional("claim", SOME_SPAN)
        .about("A worker claims the cursor for this long before it reads a page; without it nobody does. Flags have `capture.flag.lease`.")
        .needs(MARKED),
    word::<OnRejected>("rejected")
        .about("What becomes of a record that the destination rejects: it is tried again in each round, it is left out, or the round ends there. With flags, \"retry\" leaves its flag as it is."),
    owned("timeout", SOME_SPAN, || default().timeout.stated())
        .about("A worker gives up on a call to the destination after this."),
    owned("clock_ahead", SPAN, || default().clock_ahead.stated())
        .about("The workers' clock is ahead by this; it matters to `source = \"client-clock\"`.")
        .needs(&Needs {
            of: &[".capture.last_modified.source", ".capture"],
            holds: |of| of[0].says(LastModifiedSource::ClientClock),
            why: "the cursor is not of the workers' clock",
            help: "integration.capture = { last_modified = { source = \"client-clock\" } } takes it from there",
        }),
    owned("killed", Form::Share, || default().killed.stated())
        .about("Share of the points between reading, writing, the response and remembering at which a worker is killed as it passes."),
    owned("restart_after", SPAN, || default().restart_after.stated())
        .about("So long after it was killed a worker is started again."),
    key("destination", DESTINATION, "{}").about("The write API of the other system."),
]);

const DESTINATION: Form = table(&[
    word::<Ids>("ids")
        .about("How a record is found again: a write creates or updates by the key of the source, the destination can be asked for its id with that key, or its id is in the response to its create alone."),
    owned("batch", ROWS, || destination().batch.stated()).about("At most this many records in one call."),
    owned("rtt", SPAN, || destination().rtt.stated()).about("Time of a call on its way there and back."),
    owned("fixed_cost", SPAN, || destination().fixed_cost.stated()).about("Service time of any call."),
    owned("record_cost", SPAN, || destination().record_cost.stated())
        .about("Service time of each record in it."),
    owned("errors", Form::Share, || destination().errors.stated())
        .about("Share of calls that fail, half of them after they took effect."),
    owned("rejects", Form::Share, || destination().rejects.stated())
        .about("Share of records that are rejected, drawn each time that one comes."),
    owned("poison", Form::Share, || destination().poison.stated())
        .about("Share of the rows that are rejected whenever they come."),
    owned("versions", Form::Bool, || destination().versions.stated())
        .about("A write names the version of the source; one that is older than the last is left out."),
    owned("loaded", Form::Bool, || destination().loaded.stated())
        .about("It has all rows at the start, and the integration knows that."),
    optional("availability", AVAILABILITY).about("Failures, drawn from the seed."),
]);
