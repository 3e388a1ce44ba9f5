//! Tests of the server halves over the bench's backend. Requests are bytes, like those from phones.

mod bench;
mod couch;
mod couch_feeds;
mod datasync;
mod odata;
mod plain;
mod rx;
mod tinybase;
mod watermelon;
#[cfg(feature = "yjs")]
mod yjs;

use bench::World;
use serde_json::Value as Json;

use super::{find, options, servers};
use crate::contract::http::{read_response, retry_after};
use crate::contract::{ServerError, Span};

/// A refusal has the protocol's own form, so that a client that reads JSON can continue.
#[test]
fn what_is_down_busy_or_too_late_says_so_in_json() {
    for half in servers() {
        let world = World::new(half.name, &[]);
        for (error, status, word, wait) in [
            (ServerError::Unavailable, 503, "service_unavailable", Some(Span::secs(30))),
            (ServerError::Throttled(Span::secs(7)), 429, "too_many_requests", Some(Span::secs(7))),
            (ServerError::GatewayTimeout, 504, "gateway_timeout", None),
            (ServerError::Failed, 500, "internal_server_error", None),
        ] {
            let response = read_response(&world.refused(&error)).expect("it is a response");
            assert_eq!((response.status().as_u16(), retry_after(&response)), (status, wait), "{}", half.name);
            assert_eq!(response.headers()["content-type"], "application/json");
            let body: Json = serde_json::from_slice(response.body()).expect("it is JSON");
            let said = [&body["error"], &body["error"]["code"]];
            assert!(said.iter().any(|it| **it == word), "{}: {body}", half.name);
            let why = [&body["reason"], &body["error"]["message"]];
            assert!(why.iter().any(|it| **it == error.to_string()), "{}: {body}", half.name);
        }
    }
}

#[test]
fn a_name_of_an_option_means_the_same_in_each_half() {
    let all = options();
    for half in servers() {
        assert_eq!(find(half.name).map(|found| found.about), Some(half.about));
        for option in half.options {
            let same = all.iter().find(|it| it.name == option.name).expect("it is listed");
            assert_eq!(
                (&same.form, &same.preset, &same.about),
                (&option.form, &option.preset, &option.about)
            );
        }
    }
    assert!(all.windows(2).all(|two| two[0].name < two[1].name));
}
