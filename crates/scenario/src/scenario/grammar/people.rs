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
        .about("Waves of logins, by name; if there are none, everybody logs in two minutes after work begins."),
    key("opened_before_login", Form::Span { min: Span::ZERO, max: Span::secs(600) }, "\"0s\"")
        .about("How long before a login the person opens the app: units with `start` run meanwhile, behind a splash screen."),
    key("peak", named(&PEAK), "{}").about("Periods with more writes than others, by name."),
    key("resumes_per_hour", Form::Decimal { max: 3_600.0 }, "6")
        .about("How often a person brings the app to the foreground."),
    key("foreground", Form::Either { plain: &SPAN, table: &FOREGROUND }, "\"2m\"")
        .about("How long the app stays there, on average, and what it does there."),
    optional("freshness", SOME_SPAN)
        .about("A sync is useful to people if it ends well and brings data no older than this; an hour if it is missing."),
    key("contention", CONTENTION, "{}")
        .about("How often other people edit the same rows as a phone."),
    key("editing", EDITING, "{}").about("What people may edit, and when."),
    key("resolver", RESOLVER, "{}")
        .about("How people decide conflicts, where `engine.conflict.policy` leaves them to people.")
        .needs(LEFT_TO_PEOPLE),
    key("retrying", RETRYING, "{}")
        .about("How people who see a failed sync tap Retry, where the app offers that."),
    optional("opens", OPENS).about("Records that people open; opening one fetches its details."),
    key("weights", map(&Form::Int { min: 0, max: 1_000_000 }), "{}")
        .about("Weights of the roles in the writes; equal if empty."),
]);

const FOREGROUND: Form = table(&[
    key("stay", SPAN, "\"2m\"").about("How long the app stays there, on average."),
    key("queries", Form::Decimal { max: 1_000.0 }, "0")
        .about("Queries per second while somebody looks at the app, with up to three decimals: 0.5 is one every two seconds. They do not wait for each other."),
    key("rows", Form::Int { min: 1, max: 1_000_000 }, "50").about("Rows that each query reads."),
]);

const HOURS: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("When work begins."),
    required("until", Form::Written(&CLOCK)).about("When it ends."),
]);

const LOGIN: Form = table(&[
    key("share", Form::Share, "1").about("Share of the devices."),
    required("at", Form::Written(&CLOCK))
        .about("Mean time of the logins. A person without a network then logs in when it comes."),
    key("spread", SPAN, "\"1m\"").about("The standard deviation of the logins."),
]);

const PEAK: Form = table(&[
    required("from", Form::Written(&CLOCK)).about("Start."),
    required("until", Form::Written(&CLOCK)).about("End."),
    required("share", Form::Share).about("Share of all writes."),
]);

const CONTENTION: Form = table(&[
    word::<Rivals>("by")
        .about("Who makes the other edit: the office, a colleague whose device has the same attributes, or half and half."),
    key("share", Form::Share, "0")
        .about("Share of the devices' updates for which somebody else (`by`) updates the same row at about that time."),
    key("within", SPAN, "\"10m\"").about("Longest time between the two, in either direction."),
    key("equal", Form::Share, "0")
        .about("Share of those in which the office writes the same values."),
    key("beside", Form::Share, "0")
        .about("Share of those in which the other person writes other columns: those of another action that updates the same rows, if there is one."),
    key("double_create", Form::Share, "0")
        .about("Share of the devices' creates whose natural key somebody else creates too."),
    key("deletes", Form::Share, "0")
        .about("Share of the devices' updates whose row the office deletes at about that time."),
]);

const OPENS: Form = table(&[
    required("entity", Form::Text).about("The entity whose records are opened."),
    required("per_day", Form::Decimal { max: 100_000.0 }).about("How many a person opens per day."),
]);

pub(super) const ACTION: Form = table(&[
    required("entity", Form::Text).about("The entity."),
    required("kind", Form::word::<EditKind>())
        .about("What it does to a row. No other action edits the rows that a delete takes, unless its `aim` is \"shown\". For a delete against an edit see `contention.deletes`."),
    word::<Aim>("aim").about("Which rows it edits, and which rows its new rows refer to."),
    key("columns", Form::List(&Form::Text), "[]").about("Columns that an update sets."),
    required("per_device", Form::Decimal { max: 1_000_000.0 })
        .about("How many in the whole script per device of the fleet, including those of the office. 0 is for edits of events; for the only action, it says that nobody edits."),
    key("on_devices", Form::Share, "1")
        .about("Share of the edits made on devices; the office makes the rest."),
    key("optional", Form::Bool, "false")
        .about("Whether a run may pass without any edit of this action. Otherwise a run fails in which none is made, or none on devices."),
    optional("near", NEAR)
        .about("Rows whose timestamp is near the time of the write, if there are any; otherwise any row, which `run` reports."),
]);

const NEAR: Form = table(&[
    required("column", Form::Text).about("The timestamp column."),
    required("before", SPAN).about("How far before the write."),
    required("after", SPAN).about("How far after the write."),
]);

const RESOLVER: Form = table(&[
    word::<Takes>("takes")
        .about("What they choose: their own version, the backend's, or column by column what was changed."),
    word::<Contested>("contested")
        .about("For `columns`: what they choose where both sides changed a column. The later change, and a row rather than its delete; or one side's."),
    key("delay", SPAN, "\"10m\"")
        .about("How long a conflict waits for them, on average; then they decide when they next look at the app."),
    word::<Delays>("delays").about("How that time is distributed around its mean."),
    key("never", Form::Share, "0").about("Share of conflicts that nobody decides when the app asks."),
    optional("asks_again", SOME_SPAN)
        .about("How long until the app asks again about undecided conflicts, each time with the chance `never` that nobody decides; without it the app asks once.")
        .needs(&Needs {
            of: &[".never"],
            holds: |of| (Ppm(1)..Ppm::ONE).contains(&of[0].share()),
            why: "`never` is 0 or 1: people decide either every conflict or none",
            help: "write `never`, the share of conflicts that people leave open, such as 0.3",
        }),
]);

const RETRYING: Form = table(&[
    key("share", Form::Share, "0")
        .about("Share of the failed syncs after which somebody who still looks at the app taps Retry; 0: the app offers no Retry."),
    key("after", SPAN, "\"5s\"").about("How long after the failure they tap, on average; \"0s\" is at once."),
    key("taps", Form::Int { min: 1, max: 1_000 }, "3")
        .about("After this many taps in a row without success they give up until a sync succeeds."),
]);

const EDITING: Form = table(&[
    word::<Offline>("offline")
        .about("Whether people may edit while the phone is offline, or the app refuses it. A phone that is cut off without noticing lets edits through."),
    optional("lease", SOME_SPAN)
        .about("How long the editor of a row has a lease on it, also offline, while others are refused; the office takes no leases."),
]);
