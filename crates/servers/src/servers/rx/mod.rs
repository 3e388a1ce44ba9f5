//! RxDB's replication over HTTP: <https://rxdb.info/replication-http.html>.
//!
//! Requests:
//! - `GET /rx/NAME/pull?updatedAt=…&id=…&limit=…`: the next documents after a checkpoint, and a new
//!   checkpoint.
//! - `POST /rx/NAME/push`: rows of `newDocumentState` and `assumedMasterState`; returns the
//!   documents in conflict.
//! - `GET /rx/NAME/stream`: server-sent events on a long-lived connection: each committed document,
//!   with a checkpoint.
//!
//! An address without `/NAME` means the first table of the schema. `batchSize` is another name
//! for `limit`. A deleted document has only `_deleted: true` and its `id`.
//!
//! A stream begins with the event `RESYNC`, after which a phone pulls the changes that it missed.
//! An `EventSource` that reconnects sends `Last-Event-ID`. Then the stream continues there, without
//! `RESYNC`.
//!
//! Options:
//! - `conflicts`: `detect`: if the row's state is not the assumed one, nothing is written, and the
//!   response has its state. `overwrite`: the last write wins.
//! - `idempotent`: `no`, or `by-edit`: a repeated push does not conflict with itself.
//! - `checkpoint`: `pair`: time and id. `time`: only the time; documents with equal times at the
//!   end of a page are lost.
//! - `stream`: `documents`, or `resync`: each commit sends only `RESYNC`.
//!
//! Not supported: attachments, versions of endpoints (status 426, "Upgrade Required"), and a
//! comparison of `assumedMasterState` by `updatedAt` only.

mod pull;
mod push;
mod site;
mod stream;

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;

use super::call::Call;
use super::half::{Half, LACKS};
use super::served::{ProtocolServer, Served};
use super::web::{self, Address, bad, error};
use super::writing::{self, Writer, word};
use crate::contract::http::{Method, Request, write_response};
use crate::contract::{
    Capabilities, Chosen, ConnectionId, DeviceId, EntityId, Reply, ServerError, ServerPorts, ServerSetup,
    Stamp,
};
use site::Site;
use stream::Streams;

pub(super) fn half() -> Half {
    Half {
        name: "rxdb",
        about: "RxDB's replication over HTTP, with an event stream.",
        options: vec![
            writing::conflicts(),
            writing::idempotent(),
            word(
                "checkpoint",
                &["pair", "time"],
                "The form of the checkpoint, which says how far a phone has pulled.",
            ),
            word("stream", &["documents", "resync"], "The content of an event of the stream."),
        ],
        make: |chosen, setup, ports| Box::new(Served(Rx::open(chosen, setup, ports))),
        at_most: Capabilities::ALL,
        lacks: LACKS,
        crash_points: &["rxdb.pushed", "rxdb.before-look", "rxdb.before-event"],
    }
}

struct Rx {
    site: Rc<Site>,
    ports: ServerPorts,
    writer: Writer,
    streams: Rc<RefCell<Streams>>,
}

impl Rx {
    fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Rx {
        let writer = Writer::open(chosen, &ports, site::LOADS);
        let by_time = chosen.text("checkpoint") == "time";
        let only_resync = chosen.text("stream") == "resync";
        let site = Rc::new(Site { setup, by_time, only_resync, database: writer.database.clone() });
        let streams = Rc::default();
        stream::feed(&site, &ports, &streams);
        Rx { site, ports, writer, streams }
    }
}

impl ProtocolServer for Rx {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let address = Address::of(call.request.uri());
        let answer = match (call.request.method(), self.site.endpoint(&address)?) {
            (&Method::GET, (entity, "pull")) => self.site.pull(entity, &address, call)?,
            (&Method::POST, (entity, "push")) => {
                let pushed = self.push(entity, &web::body(call.request)?, call)?;
                _ = self.ports.crash.reached("rxdb.pushed");
                pushed
            }
            _ => error(404, "there is no such endpoint"),
        };
        Ok(write_response(&answer).into())
    }
    fn hold(&mut self, from: DeviceId, connection: ConnectionId, hello: &Request) -> Result<(), ServerError> {
        match self.site.endpoint(&Address::of(hello.uri()))? {
            (entity, "stream") if *hello.method() == Method::GET => {
                stream::open((&self.site, &self.ports, &self.streams), (from, entity, connection), hello);
                Ok(())
            }
            _ => Err(bad("only /rx/NAME/stream is held")),
        }
    }
    fn let_go(&mut self, connection: ConnectionId) {
        self.streams.borrow_mut().open.remove(&connection);
    }
    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        // The checkpoint is after all documents of that time, because this id is greater than any
        // other.
        json!({ "updatedAt": stamp.0, "id": "\u{10ffff}" }).to_string()
    }
}
