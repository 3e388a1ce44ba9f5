//! Faults of single messages and rows: lost, foreign, cached, copied, unreadable.

use super::fault::{Fault, Kind, Within};
use super::keys::{ALL_READ, FOR, NONE_LOST, UNUSED};
use super::sign::Sign;
use crate::base::{Ppm, Span};
use crate::config::form::{Form, SOME_SPAN, SPAN, key, required, word};
use crate::net::Foreign;

pub(super) const RESPONSE_LOSS: Kind = Kind::new(
    "response_loss",
    on_devices![FOR, required("loss", Form::Share).about("Share of the responses that are lost.")],
    "Responses are lost after the gateway has executed the request.",
    |view, _| {
        let share: Ppm = view.of("loss");
        Some(Fault::shown_by(Sign::LostResponse, Within::Length, NONE_LOST, move |when, faults| {
            faults.each(when.chosen, |on| on.net.lossy.push(when.during(share)));
            format!("{} lose {share} of the responses for {}", when.whom(), when.length)
        }))
    },
);

pub(super) const FOREIGN_RESPONSES: Kind = Kind::new(
    "foreign_responses",
    on_devices![
        FOR,
        required("responses", Form::Share).about("Share of the requests that get another response."),
        word::<Foreign>("what")
            .about("Which response comes instead: a proxy's page, the response to an earlier request, or either of them.",),
    ],
    "Some requests get a response that belongs to another request.",
    |view, _| Some(foreign_responses(view.of("responses"), view.of("what"))),
);

/// Replaces this share of the responses by other content.
pub(crate) fn foreign_responses(share: Ppm, what: Foreign) -> Fault {
    Fault::shown_by(
        Sign::Foreign,
        Within::Length,
        "every response belonged to its request",
        move |when, faults| {
            faults.each(when.chosen, |on| on.net.foreign.push(when.during((share, what))));
            let (whom, length) = (when.whom(), when.length);
            format!("{share} of the responses to {whom} belong to other requests for {length}")
        },
    )
}

pub(super) const CACHING_PROXY: Kind = Kind::new(
    "caching_proxy",
    on_devices![FOR, required("ttl", SOME_SPAN).about("How long the proxy keeps a response.")],
    "A proxy on the path caches responses and repeats them. It passes on requests that no cache may answer (`engine.pull.requests`).",
    |view, _| Some(caching_proxy(view.of("ttl"))),
);

/// A proxy on the path caches responses for `ttl`.
pub(crate) fn caching_proxy(ttl: Span) -> Fault {
    Fault::shown_by(Sign::Network, Within::Length, UNUSED, move |when, faults| {
        faults.each(when.chosen, |on| on.net.caches.push(when.during(ttl)));
        let (whom, length) = (when.whom(), when.length);
        format!("{whom} are behind a proxy that caches responses for {ttl}, for {length}")
    })
}

pub(super) const COPIED_REQUESTS: Kind = Kind::new(
    "copied_requests",
    on_devices![
        FOR,
        required("requests", Form::Share).about("Share of the requests that are sent twice."),
        key("after", SPAN, "\"0s\"").about("How long after the first copy the second one arrives."),
    ],
    "A proxy on the path sends requests to the server twice. Nobody gets the second response.",
    |view, _| {
        let share: Ppm = view.of("requests");
        let after: Span = view.of("after");
        Some(Fault::shown_by(Sign::Network, Within::Length, UNUSED, move |when, faults| {
            faults.each(when.chosen, |on| on.net.copies.push(when.during((share, after))));
            format!("{share} of the requests of {} arrive twice for {}", when.whom(), when.length)
        }))
    },
);

pub(super) const BAD_ROWS: Kind = Kind::new(
    "bad_rows",
    on_devices![
        FOR,
        required("rows", Form::Share)
            .about("Share of the rows that cannot be read, drawn each time a row comes.")
    ],
    "Some rows of a page cannot be read when they come. The next time they may be readable.",
    |view, _| Some(bad_rows(view.of("rows"))),
);

/// This share of rows cannot be read on arrival.
pub(crate) fn bad_rows(share: Ppm) -> Fault {
    Fault::shown_by(Sign::BadRow, Within::Length, ALL_READ, move |when, faults| {
        faults.each(when.chosen, |on| on.unreadable.push((when.at, when.over(), share)));
        format!("{} cannot read {share} of the rows that come for {}", when.whom(), when.length)
    })
}
