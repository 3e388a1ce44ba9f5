//! The tables of the Datasync Community Toolkit and of Azure Mobile Apps, version 6:
//! <https://communitytoolkit.github.io/Datasync/in-depth/server/>, with the requests of
//! <https://github.com/CommunityToolkit/Datasync> (`TableController`, `PullOperationManager`).
//!
//! Requests:
//! - `GET /tables/NAME?$filter=(updatedAt gt
//!   cast(TIME,Edm.DateTimeOffset))&$orderby=updatedAt&$count=true&__includedeleted=true`: `items`,
//!   the `count`, and the next page's query as `nextLink`.
//! - `GET /tables/NAME/ID`: one item, with its `ETag`; 304 for `If-None-Match`.
//! - `POST /tables/NAME`: creates an item: 201, or 409 with the server's item.
//! - `PUT`, `PATCH /tables/NAME/ID`: replaces or changes an item: 200 with the item.
//! - `DELETE /tables/NAME/ID`: 204.
//!
//! An item has `id`, `updatedAt`, `version`, `deleted` and its columns; a deleted item has no
//! columns. `version` is the `ETag`. With `If-Match`, a write succeeds only on that version.
//! Otherwise the response is 412, with the server's item in the body. **Without `If-Match`, a write
//! overwrites changes that the client has not seen**. The response for a deleted item is 410.
//!
//! Pages use `$skip` and `$top`. The protocol can lose rows in two ways:
//! - A row that changes between two pages moves to the end, so `$skip` passes one other row. The
//!   phone never gets that row: its next pull asks only for rows newer than the newest one.
//! - A row can be committed later than its time stamp (`backend.commit_delay`), after a pull passed
//!   that time.
//!
//! Options:
//! - `conflicts`: `detect`, or `overwrite`: `If-Match` is ignored.
//! - `idempotent`: `no`: if a response was lost, the retried write fails on its own version.
//!   `by-edit`: the retry is recognised.
//! - `page`: items per page, 100.
//!
//! Not supported: other filters and orders, `$select`, undeletes.

mod item;
mod query;

use super::call::Call;
use super::conditional::Addressed;
use super::half::{Half, LACKS};
use super::served::{ProtocolServer, Served};
use super::web::{Address, error};
use crate::base::to_base64;
use crate::contract::http::{Method, write_response};
use crate::contract::{Capabilities, EntityId, Key, Reply, ServerError, Stamp};

pub(super) fn half() -> Half {
    Half {
        name: "datasync",
        about: "The tables of the Datasync toolkit, with versions.",
        options: Addressed::options(),
        make: |chosen, setup, ports| Box::new(Served(Datasync(Addressed::open(chosen, setup, ports, tag)))),
        at_most: Capabilities::ALL,
        lacks: LACKS,
        crash_points: &["datasync.written"],
    }
}

struct Datasync(Addressed);

/// Encodes the version of a row as base64 of its stamp's bytes, like .NET does.
fn version(stamp: Stamp) -> String {
    to_base64(&stamp.0.to_be_bytes())
}
fn tag(stamp: Stamp) -> String {
    format!("\"{}\"", version(stamp))
}

impl Datasync {
    fn table(&self, name: &str) -> Option<EntityId> {
        // ASP.NET compares routes without case.
        let schema = &self.0.setup.schema;
        let mut all = schema.ids().filter(|id| schema.entity(*id).delivery.is_on_devices());
        all.find(|id| schema.entity(*id).name.eq_ignore_ascii_case(name))
    }
}

impl ProtocolServer for Datasync {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let address = Address::of(call.request.uri());
        let parts = address.parts();
        let (id, key) = match parts.as_slice() {
            ["tables", name] => (self.table(name), None),
            ["tables", name, key] => (self.table(name), Some(Key::new(key))),
            _ => (None, None),
        };
        let answer = match (call.request.method(), id, key) {
            (_, None, _) => error(404, "there are /tables/NAME and /tables/NAME/ID"),
            (&Method::GET, Some(id), None) => self.query(id, &address, call)?,
            (&Method::GET, Some(id), Some(key)) => self.item(id, &key, call),
            (_, Some(id), key) => self.write((id, key), call)?,
        };
        Ok(write_response(&answer).into())
    }
    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        stamp.to_string()
    }
}
