//! A plain sync protocol over HTTP, for apps whose own protocol is a pull and a push.
//!
//! Requests:
//! - `GET /pull?since=CURSOR&limit=…`: the next rows of all tables after a cursor, and a new
//!   cursor; without `since`, everything.
//! - `POST /push`: takes a list of edits; returns the result of each.
//!
//! ```text
//! GET /pull?since=5b5d&limit=100
//! {"rows": [{"entity": "task", "key": "t1", "stamp": 1700000000000000, "deleted": false,
//!            "values": {"title": "x"}}], "cursor": "5b5b…", "more": false}
//!
//! POST /push
//! {"edits": [{"id": "phone-1/7", "entity": "task", "key": "t1", "kind": "update",
//!             "values": {"title": "y"}, "base": 1700000000000000}]}
//! {"results": [{"id": "phone-1/7", "status": "done", "stamp": 1700000001000000}]}
//! ```
//!
//! A cursor is opaque, and safe in a URL. Tables come in the order parents first; within a table,
//! rows are ordered by stamp and key. The default `limit` is 500. The response for an expired
//! cursor is 410. Then the app pulls again without a cursor, and drops the rows that are not in the
//! new pull.
//!
//! An edit with an `id` is applied once, even if the app sends it several times. An edit without an
//! `id` is applied each time. `base` is the stamp of the version on which the edit was made. The
//! status is one of: `done`; `conflict`, with the current row; `refused`, with a reason and final;
//! `later`, for an edit that the app must send again.
//!
//! Options:
//! - `conflicts`: `detect`: an edit of a row that has another stamp than its `base` is a conflict.
//!   `overwrite`: the last write wins.

mod pull;
mod push;

use super::call::Call;
use super::half::{Half, LACKS};
use super::served::{ProtocolServer, Served};
use super::web::{self, Address, error};
use super::writing;
use crate::contract::http::{Method, write_response};
use crate::contract::{Capabilities, Reply, ServerError, ServerPorts, ServerSetup};

pub(super) fn half() -> Half {
    Half {
        name: "plain",
        about: "A pull since a cursor and a push of edits, as JSON.",
        options: vec![writing::conflicts()],
        make: |chosen, setup, ports| {
            let detects = chosen.text("conflicts") == "detect";
            Box::new(Served(Plain { setup, ports, detects, pushes: 0 }))
        },
        at_most: Capabilities::ALL,
        lacks: LACKS,
        crash_points: &["plain.pushed"],
    }
}

struct Plain {
    setup: ServerSetup,
    ports: ServerPorts,
    detects: bool,
    /// Counts pushes. The count and the process's seed make the id of an edit that has none.
    pushes: u64,
}

impl ProtocolServer for Plain {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let address = Address::of(call.request.uri());
        let answer = match (call.request.method(), address.parts().as_slice()) {
            (&Method::GET, ["pull"]) => self.pull(&address, call)?,
            (&Method::POST, ["push"]) => {
                let pushed = self.push(&web::body(call.request)?, call)?;
                _ = self.ports.crash.reached("plain.pushed");
                pushed
            }
            _ => error(404, "there are GET /pull and POST /push"),
        };
        Ok(write_response(&answer).into())
    }
}
