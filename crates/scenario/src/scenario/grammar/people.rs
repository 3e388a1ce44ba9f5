//! Keys of what users and the office do.

use super::engine::LEFT_TO_PEOPLE;
use crate::base::{Ppm, Span};
use crate::config::form::{Form, Needs, SOME_SPAN, SPAN, key, map, named, optional, required, table, word};
use crate::config::written::CLOCK;
use crate::contract::EditKind;
use crate::workload::{Aim, Contested, Delays, Offline, Rivals, Takes};

pub(super) const WORKLOAD: Form = table(&[
    optional("hours", HOURS)
        .about("Working time of people; if it is missing, from the start of the script to its end."),
    key("login", named(&LOGIN), "{}")
        .about("Waves of logins, by name; without any, all log in two minutes after work begins."),
    key("opened_before_login", Form::Span { min: Span::ZERO, max: Span::secs(600) }, "\"0s\"")
        .about("How long before a login its person opens the app: units with `start` run meanwhile, behind a splash screen."),
    key("peak", named(&PEAK), "{}").about("Times with more writes than others, by name."),
    key("resumes_per_hour", Form::Decimal { max: 3_600.0 }, "6")
        .about("How often a person brings the app to the foreground."),
    key("foreground", Form::Either { plain: &SPAN, table: &FOREGROUND }, "\"2m\"")
        .about("How long it stays there, on average, and what the app does there."),
    optional("freshness", SOME_SPAN)
        .about("A sync is of use to people if it ends well and brings data no older than this; an hour if it is missing."),
    key("contention", CONTENTION, "{}")
        .about("How often the office is after the same rows as a phone."),
    key("editing", EDITING, "{}").about("What people may edit, and when."),
    key("resolver", RESOLVER, "{}")
        .about("How people decide conflicts, where `engine.conflict.policy` leaves them to.")
        .needs(LEFT_TO_PEOPLE),
    key("retrying", RETRYING, "{}")
        .about("People who read that a sync failed and tap to try again, where the app offers that."),
    optional("opens", OPENS).about("Records that people open, which fetches their details."),
    key("weights", map(&Form::Int { min: 0, max: 1_000_000 }), "{}")
        .about("Weights of the roles in the writes; equal if empty."),
]);

const FOREGROUND: Form = table(&[
    key("stay", SPAN, "\"2m\"").about("How long it stays there, on average."),
    key("queries", Form::Decimal { max: 1_000.0 }, "0")
        .about("Queries a second while the app is looked at, with up to three decimals: 0.5 is one every two seconds; they do not wait for each other."),
    key("rows", Form::Int { min: 1, max: 1_000_000 }, "50").about("Rows that such a query reads."),
]);

const HOURS: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When work begins."),
    required("until", Form::Written(&CLOCK)).about("When it ends."),
]);

const LOGIN: Form = table(&[
    key("share", Form::Share, "1").about("Share of the devices."),
    required("at", Form::Written(&CLOCK)).about("The middle. Who has no network then logs in when it comes."),
    key("spread", SPAN, "\"1m\"").about("The standard deviation."),
]);

const PEAK: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("Start."),
    required("until", Form::Written(&CLOCK)).about("End."),
    required("share", Form::Share).about("Share of all writes."),
]);

const CONTENTION: Form = table(&[
    word::<Rivals>("by")
        .about("Who the other is: the office, a colleague whose device has the same attributes, or half and half."),
    key("share", Form::Share, "0")
        .about("Share of the devices' updates beside which somebody else (`by`) updates the same row."),
    key("within", SPAN, "\"10m\"").about("Within how much time before or after."),
    key("equal", Form::Share, "0")
        .about("Share of those in which the office writes the same values."),
    key("beside", Form::Share, "0")
        .about("Share of those in which the other one writes other columns: those of another action that updates such rows, where there is one."),
    key("double_create", Form::Share, "0")
        .about("Share of the devices' creates whose natural key somebody else creates too."),
    key("deletes", Form::Share, "0")
        .about("Share of the devices' updates whose row the office deletes meanwhile."),
]);

const OPENS: Form = table(&[
    required("entity", Form::Text).about("The entity whose records are opened."),
    required("per_day", Form::Decimal { max: 100_000.0 }).about("How many a person opens a day."),
]);

pub(super) const ACTION: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("kind", Form::word::<EditKind>())
        .about("What it does to a row. No other action edits the rows that a delete takes, unless its `aim` is \"shown\". For a delete against an edit see `contention.deletes`."),
    word::<Aim>("aim").about("Which rows it is done to, and which its new rows refer to."),
    key("columns", Form::List(&Form::Text), "[]").about("Columns that an update sets."),
    required("per_device", Form::Decimal { max: 1_000_000.0 })
        .about("How many in the whole script for each device of the fleet, the office's included. 0 is for edits of events; of the only action, it says that nobody edits."),
    key("on_devices", Form::Share, "1")
        .about("Which share is made on devices; the office makes the rest."),
    key("optional", Form::Bool, "false")
        .about("Whether a run may pass without any edit of it. Otherwise a run fails in which none is made, or none on devices."),
    optional("near", NEAR)
        .about("Rows whose timestamp lies around the moment of the write, if there are any; if not any row, which `run` tells."),
]);

const NEAR: Form = table(&[
    required("column", Form::Text).about("The timestamp."),
    required("before", SPAN).about("How far back."),
    required("after", SPAN).about("How far ahead."),
]);

const RESOLVER: Form = table(&[
    word::<Takes>("takes")
        .about("What they take: what they did themselves, what the backend has, or column by column what was changed."),
    word::<Contested>("contested")
        .about("For `columns`: what they take where both sides changed a column. What was changed later, and a row rather than that it is gone; or one side's."),
    key("delay", SPAN, "\"10m\"")
        .about("How long a conflict waits for them, on average; then they decide when they next look at the app."),
    word::<Delays>("delays").about("How that is spread about its mean."),
    key("never", Form::Share, "0").about("Share of conflicts that nobody decides when the app asks."),
    optional("asks_again", SOME_SPAN)
        .about("After how long the app asks again for what nobody decided, each time with the chance `never` that nobody does; without it it asks once.")
        .needs(&Needs {
            of: &[".never"],
            holds: |of| (Ppm(1)..Ppm::ONE).contains(&of[0].share()),
            why: "people decide every conflict, or none, whenever they are asked",
            help: "never is the share of conflicts that they leave, such as 0.3",
        }),
]);

const RETRYING: Form = table(&[
    key("share", Form::Share, "0")
        .about("Share of the failed syncs after which somebody taps who still looks at the app then; 0: the app offers no Retry."),
    key("after", SPAN, "\"5s\"").about("How long after the failure they tap, on average; \"0s\" is at once."),
    key("taps", Form::Int { min: 1, max: 1_000 }, "3")
        .about("So many taps in a row that did not help, and they give up until a sync succeeds."),
]);

const EDITING: Form = table(&[
    word::<Offline>("offline")
        .about("Whether people may edit while the phone sees no network, or the app refuses it. One that is cut off and does not know lets edits through."),
    optional("lease", SOME_SPAN)
        .about("For how long who edits a row has it, also offline, while others are refused; the office asks for none."),
]);
