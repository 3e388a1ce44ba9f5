//! CouchDB's replication protocol: <https://docs.couchdb.org/en/stable/replication/protocol.html>.
//!
//! Each table that phones hold is a database, `/NAME`. A row is a document, and its key is the
//! `_id`. The server keeps whole revision trees beside the record (the backend's rows). The
//! record's row is always the winner among the leaves: the longest history that is not deleted. If
//! two are equally long, the greater text wins. If somebody else writes a row, the write becomes a
//! revision after the winner; a delete removes all branches. The server keeps and serves a losing
//! revision, but the record never gets it.
//!
//! Requests, with the supported parameters:
//! - `GET /`, `GET /db`, `PUT /db`: `PUT` returns `file_exists`.
//! - `GET`, `POST /db/_changes`: `since` (`now`), `limit`, `style`, `include_docs`, `attachments`,
//!   `conflicts`, `filter=_doc_ids`, `feed`, `heartbeat`, `timeout`.
//! - `POST /db/_revs_diff`, `_bulk_get`, `_bulk_docs`, `_ensure_full_commit`: `latest`, `revs`,
//!   `attachments`; `new_edits`.
//! - `GET`, `POST /db/_all_docs`: `include_docs`, `keys`, `key`, `startkey`, `endkey`, `limit`,
//!   `skip`.
//! - `GET`, `PUT`, `DELETE /db/doc`, `POST /db`: `rev`, `revs`, `open_revs`, `latest`,
//!   `attachments`, `conflicts`; `new_edits`.
//! - `GET`, `PUT`, `DELETE /db/doc/file`: an attachment.
//! - `GET`, `PUT`, `DELETE /db/_local/id`: a checkpoint.
//!
//! `feed=longpoll` waits until something changes, or for `timeout` (60 s). With `heartbeat` it
//! waits without limit, and sends no byte meanwhile. `feed=continuous` and `eventsource` need a
//! long-lived connection. A plain request for such a feed returns the changes so far and ends.
//!
//! Options:
//! - `seq`: `opaque`: sequences are texts (CouchDB 2 and later). `number`: sequences are numbers
//!   (CouchDB 1).
//! - `revs_limit`: how many revisions of a branch are kept.
//!
//! Only leaves keep their bodies, like after a compaction. Only this server keeps attachments, and
//! members that are not columns. If a client pushes a deleted document and the row is deleted
//! already, the record does not change.
//!
//! Not supported: `multipart` bodies, filters by function or selector, views, `_find`, `_purge`,
//! users. Phones with different scopes (sets of rows) are not supported either: each would need its
//! own database.

mod changes;
mod core;
mod documents;
mod feed;
mod files;
mod ingest;
mod put;
mod route;
mod store;
mod tree;

use std::cell::RefCell;
use std::rc::Rc;

use super::call::Call;
use super::half::{Half, SHARED_LACKS};
use super::served::{ProtocolServer, Served};
use super::web;
use super::writing::word;
use crate::contract::http::{Request, write_response};
use crate::contract::{
    Capabilities, Choice, Chosen, ConnectionId, DeviceId, OptionForm, Reply, ServerError, ServerPorts,
    ServerSetup, StackOption,
};
use core::Core;
use feed::Feeds;

pub(super) fn half() -> Half {
    let limit = OptionForm::Int { min: 1, max: 1_000_000 };
    let about = "Revisions that are remembered of a branch.";
    Half {
        name: "couchdb",
        about: "CouchDB's replication protocol, with revision trees.",
        options: vec![
            word("seq", &["opaque", "number"], "Whether sequences of changes are texts or numbers."),
            StackOption::new("revs_limit", limit, Choice::Int(1_000), about),
        ],
        make: |chosen, setup, ports| Box::new(Served(Couch::open(chosen, setup, ports))),
        at_most: Capabilities::ALL,
        lacks: SHARED_LACKS,
        crash_points: &["couchdb.stored", "couchdb.before-look", "couchdb.before-answer"],
    }
}

struct Couch {
    core: Rc<Core>,
    ports: ServerPorts,
    feeds: Rc<RefCell<Feeds>>,
}

impl Couch {
    fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Couch {
        let core = Rc::new(Core::open(chosen, setup, &ports));
        let feeds = Rc::default();
        feed::run(&core, &ports, &feeds);
        Couch { core, ports, feeds }
    }
}

impl ProtocolServer for Couch {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let routed = self.core.at_once(|| route::answer(&self.core, call))?;
        _ = self.ports.crash.reached("couchdb.stored");
        feed::wake(&self.core, &self.ports, &self.feeds);
        Ok(match routed {
            route::Routed::Now(response) => write_response(&response).into(),
            route::Routed::Waits(entity, query) => {
                Reply::Later(feed::wait((&self.core, &self.ports, &self.feeds), entity, query))
            }
        })
    }
    fn hold(&mut self, _: DeviceId, connection: ConnectionId, hello: &Request) -> Result<(), ServerError> {
        feed::open((&self.core, &self.ports, &self.feeds), connection, hello)
    }
    fn let_go(&mut self, connection: ConnectionId) {
        self.feeds.borrow_mut().lines.remove(&connection);
    }
}
