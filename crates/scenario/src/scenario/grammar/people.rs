//! Keys of the actions of users and of the office.

use super::engine::LEFT_TO_PEOPLE;
use crate::base::{Ppm, Span};
use crate::config::form::{Form, Needs, SOME_SPAN, SPAN, key, map, named, optional, required, table, word};
use crate::config::written::CLOCK;
use crate::contract::EditKind;
use crate::workload::{Aim, Contested, Delays, Offline, Rivals, Takes};

pub(super) const WORKLOAD: Form = table(&[
    optional("hours", HOURS)
        .about("Working time of people. Without this table, the whole script."),
    key("login", named(&LOGIN), "{}")
        .about("Waves of logins, by name. Without any, everybody logs in two minutes after work begins."),
    key("opened_before_login", Form::Span { min: Span::ZERO, max: Span::secs(600) }, "\"0s\"")
        .about("How long before a login the person opens the app. Meanwhile units with `on = \"start\"` run behind a splash screen."),
    key("peak", named(&PEAK), "{}").about("Periods with more edits than others, by name."),
    key("resumes_per_hour", Form::Decimal { max: 3_600.0 }, "6")
        .about("How often per hour a person brings the app to the foreground."),
    key("foreground", Form::Either { plain: &SPAN, table: &FOREGROUND }, "\"2m\"")
        .about("How long the app stays in the foreground, on average, and what it does there."),
    optional("freshness", SOME_SPAN)
        .about("A sync is useful to people if it ends well and brings data no older than this. Without this key, 1h."),
    key("contention", CONTENTION, "{}")
        .about("How often other people edit the same rows as a phone."),
    key("editing", EDITING, "{}").about("What people may edit, and when."),
    key("resolver", RESOLVER, "{}")
        .about("How people decide conflicts, where `engine.conflict.policy` leaves them to people.")
        .needs(LEFT_TO_PEOPLE),
    key("retrying", RETRYING, "{}")
        .about("How people tap Retry after a failed sync, if the app offers it."),
    optional("opens", OPENS).about("Records that people open. To open a record fetches its details."),
    key("weights", map(&Form::Int { min: 0, max: 1_000_000 }), "{}")
        .about("Weight of each role in the edits; equal if empty."),
]);

const FOREGROUND: Form = table(&[
    key("stay", SPAN, "\"2m\"").about("How long the app stays in the foreground, on average."),
    key("queries", Form::Decimal { max: 1_000.0 }, "0")
        .about("Queries per second while somebody looks at the app, with up to three decimals (0.5 is one every two seconds). A query does not wait for another."),
    key("rows", Form::Int { min: 1, max: 1_000_000 }, "50").about("Rows that each query reads."),
]);

const HOURS: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When work begins."),
    required("until", Form::Written(&CLOCK)).about("When work ends."),
]);

const LOGIN: Form = table(&[
    key("share", Form::Share, "1").about("Share of the devices that log in in this wave."),
    required("at", Form::Written(&CLOCK)).about(
        "Mean time of the logins. A person without a network at that time logs in when the network comes.",
    ),
    key("spread", SPAN, "\"1m\"").about("Standard deviation of the logins around `at`."),
]);

const PEAK: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When the peak begins."),
    required("until", Form::Written(&CLOCK)).about("When the peak ends."),
    required("share", Form::Share).about("This share of all edits falls into the peak."),
]);

const CONTENTION: Form = table(&[
    word::<Rivals>("by")
        .about("Who makes the other edit of the row."),
    key("share", Form::Share, "0")
        .about("Share of the devices' updates for which somebody else (`by`) updates the same row, at most `within` before or after."),
    key("within", SPAN, "\"10m\"").about("Longest time between the two edits, in either direction."),
    key("equal", Form::Share, "0")
        .about("Share of the pairs of `share` in which the office writes the same values."),
    key("beside", Form::Share, "0")
        .about("Share of the pairs of `share` in which the other person writes other columns: the columns of another action that updates the same rows, if there is one."),
    key("double_create", Form::Share, "0")
        .about("Share of the devices' creates for which somebody else creates a row with the same natural key."),
    key("deletes", Form::Share, "0")
        .about("Share of the devices' updates whose row the office deletes, at most `within` before or after."),
]);

const OPENS: Form = table(&[
    required("entity", Form::Text).about("The entity whose records are opened."),
    required("per_day", Form::Decimal { max: 100_000.0 }).about("How many records a person opens per day."),
]);

pub(super) const ACTION: Form = table(&[
    required("entity", Form::Text).about("The entity whose rows are edited."),
    required("kind", Form::word::<EditKind>())
        .about("What the action does to a row. Rows that a delete takes get no edits of other actions, unless their `aim` is \"shown\". `workload.contention.deletes` makes deletes conflict with edits."),
    word::<Aim>("aim").about("Which rows the action edits, and which rows its new rows refer to."),
    key("columns", Form::List(&Form::Text), "[]").about("Columns that an update sets."),
    required("per_device", Form::Decimal { max: 1_000_000.0 })
        .about("Edits in the whole script per device of the fleet, those of the office included. 0 is for an action that only events use. If it is 0 for the only action, nobody edits."),
    key("on_devices", Form::Share, "1")
        .about("Share of the edits that are made on devices. The office makes the rest."),
    key("optional", Form::Bool, "false")
        .about("Whether a run may pass without an edit of this action. If false, a run without such an edit, or without one on devices, fails."),
    optional("near", NEAR)
        .about("Prefers rows whose timestamp is near the time of the edit. Without such a row, the action takes any row, and `run` reports this."),
]);

const NEAR: Form = table(&[
    required("column", Form::Text).about("The timestamp column."),
    required("before", SPAN).about("How far the timestamp may be before the edit."),
    required("after", SPAN).about("How far the timestamp may be after the edit."),
]);

const RESOLVER: Form = table(&[
    word::<Takes>("takes")
        .about("Which version people choose."),
    word::<Contested>("contested")
        .about("For `takes = \"columns\"`: which value people choose in a column that both sides changed."),
    key("delay", SPAN, "\"10m\"")
        .about("How long people leave a conflict, on average. After that they decide when they next look at the app."),
    word::<Delays>("delays").about("How this time (`delay`) is distributed around its mean."),
    key("never", Form::Share, "0").about("Share of conflicts that nobody decides when the app asks. The edit then waits on the phone."),
    optional("asks_again", SOME_SPAN)
        .about("Time until the app asks again about undecided conflicts, each time with the chance `never` that nobody decides. Without this key the app asks once.")
        .needs(&Needs {
            of: &[".never"],
            holds: |of| (Ppm(1)..Ppm::ONE).contains(&of[0].share()),
            why: "people decide all conflicts, or none, each time the app asks",
            help: "remove the key, or set never, the share of conflicts that people leave open, such as 0.3",
        }),
]);

const RETRYING: Form = table(&[
    key("share", Form::Share, "0")
        .about("Share of the failed syncs after which somebody who still looks at the app taps Retry. 0 means that the app offers no Retry."),
    key("after", SPAN, "\"5s\"").about("Mean time from the failure to the tap; 0s means at once."),
    key("taps", Form::Int { min: 1, max: 1_000 }, "3")
        .about("After this many taps in a row without success, a person taps no more until a sync succeeds."),
]);

const EDITING: Form = table(&[
    word::<Offline>("offline")
        .about("Whether people may edit while the phone is offline (\"free\"), or the app refuses the edit (\"locked\"). A phone that does not notice the loss of the network allows edits."),
    optional("lease", SOME_SPAN)
        .about("How long a person who edits a row has a lease on it, also offline. Meanwhile the app refuses other people's edits of the row. The office needs no lease. Without this key there are no leases."),
]);
