//! A plain sync protocol over HTTP, for apps whose own protocol is a pull and a push.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /pull?since=CURSOR&limit=…` | the next rows of all tables after a cursor, and a new cursor; without `since`, everything |
//! | `POST /push` | takes a list of edits; returns the result of each |
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
//! A cursor is opaque, and safe in a URL. Rows come parents first; those of a table are ordered by
//! stamp and key. The default `limit` is 500. The response for a cursor that is too old is 410: the
//! app starts again without a cursor, and drops the rows that do not come.
//!
//! An edit with an `id` is applied once, however often it comes; one without is applied each time.
//! `base` is the stamp of the version it was made on. The status is `done`, `conflict` (with the
//! current row), `refused` (with the reason, for good) or `later`: send it again.
//!
//! | option | words |
//! |---|---|
//! | `conflicts` | `detect`: an edit of a row that has another stamp than its `base` is a conflict. `overwrite`: the last write wins |

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
    /// Counts pushes; with the process's seed it identifies edits without an id.
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
