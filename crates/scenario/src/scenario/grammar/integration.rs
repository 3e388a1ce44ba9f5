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
    why: "flags in the source mark processed rows, so there is no cursor",
    help: "remove the key, or capture by `last_modified`, `change_log` or `hash`; with flags, `integration.capture.flag.lease` claims rows",
};

pub(super) const INTEGRATION: Form = table(&[
    optional("entities", Form::List(&Form::Written(&NAME)))
        .about("The entities that are copied to the other system. Without this key, all are."),
    key("capture", CAPTURE, "{ last_modified = {} }").about("How the workers find changes."),
    owned("workers", Form::Int { min: 1, max: 100 }, || Integration::default().workers.stated())
        .about("How many workers run. Each follows the schedule, and none knows of the others."),
    owned("every", PERIOD, || Integration::default().every.stated())
        .about("Time from the start of a worker's round to the start of its next round."),
    owned("page", ROWS, || Integration::default().page.stated()).about("Most rows that a worker reads at once: one page."),
    word::<Remembers>("remember")
        .about("When a worker records that a page is done. With capture by flag, when it sets the flags."),
    word::<CursorKept>("cursor_kept")
        .about("Where the cursor is kept.")
        .needs(MARKED),
    optional("claim", SOME_SPAN)
        .about("How long a worker claims the cursor before it reads a page. Without this key there are no claims, and two workers may write the same page. Flags have `capture.flag.lease` instead.")
        .needs(MARKED),
    word::<OnRejected>("rejected")
        .about("What happens to a record that the destination rejects."),
    owned("timeout", SOME_SPAN, || Integration::default().timeout.stated())
        .about("A worker abandons a call to the destination without a response after this."),
    owned("clock_ahead", SPAN, || Integration::default().clock_ahead.stated())
        .about("How far the workers' clock is ahead. Only `source = \"client-clock\"` uses this clock.")
        .needs(&Needs {
            of: &[".capture.last_modified.source", ".capture"],
            holds: |of| of[0].says(LastModifiedSource::ClientClock),
            why: "the cursor does not use the workers' clock",
            help: "remove the key, or set integration.capture = { last_modified = { source = \"client-clock\" } }",
        }),
    owned("killed", Form::Share, || Integration::default().killed.stated())
        .about("Chance that a worker is killed, at each point between two of its steps: read, write, response, record."),
    owned("restart_after", SPAN, || Integration::default().restart_after.stated())
        .about("Time until a killed worker is started again."),
    key("destination", DESTINATION, "{}").about("The write API of the other system."),
]);

const DESTINATION: Form = table(&[
    word::<Ids>("ids")
        .about("How a worker finds the record of a row again."),
    owned("batch", ROWS, || Destination::default().batch.stated()).about("Most records in one call."),
    owned("rtt", SPAN, || Destination::default().rtt.stated()).about("Round-trip time of a call."),
    owned("fixed_cost", SPAN, || Destination::default().fixed_cost.stated())
        .about("Service time per call, whatever it contains."),
    owned("record_cost", SPAN, || Destination::default().record_cost.stated())
        .about("Service time per record in a call."),
    owned("errors", Form::Share, || Destination::default().errors.stated())
        .about("Share of calls that fail. Half of them fail after the destination has written the records."),
    owned("rejects", Form::Share, || Destination::default().rejects.stated())
        .about("Share of records that the destination rejects, drawn each time a record arrives."),
    owned("poison", Form::Share, || Destination::default().poison.stated())
        .about("Share of the rows whose records the destination rejects every time."),
    owned("versions", Form::Bool, || Destination::default().versions.stated())
        .about("Whether a write names the version of its row, so that the destination ignores a version older than the last one."),
    owned("loaded", Form::Bool, || Destination::default().loaded.stated())
        .about("Whether the destination has all rows at the start, and the integration knows that."),
    optional("availability", AVAILABILITY).about("Outages of the destination, drawn from the seed."),
]);
