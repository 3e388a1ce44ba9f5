//! The state that all parts of this half share: its tables, its database, its options.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::super::kept::{self, failed};
use super::super::notes::Notes;
use super::super::rows;
use super::store::{self, Store};
use crate::contract::http::Response;
use crate::contract::{Chosen, Entity, EntityId, ServerError, ServerPorts, ServerSetup, Value};

pub(super) struct Core {
    pub(super) setup: ServerSetup,
    pub(super) store: Store,
    pub(super) notes: Notes,
    pub(super) revs_limit: usize,
    opaque: bool,
}

/// The reason why a document is refused, in CouchDB's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) reason: String,
}

impl Refused {
    pub(super) fn new(status: u16, error: &'static str, reason: &str) -> Refused {
        Refused { status, error, reason: reason.to_owned() }
    }
    pub(super) fn not_found(reason: &str) -> Refused {
        Refused::new(404, "not_found", reason)
    }
    pub(super) fn bad(reason: &str) -> Refused {
        Refused::new(400, "bad_request", reason)
    }
    pub(super) fn conflict() -> Refused {
        Refused::new(409, "conflict", "Document update conflict.")
    }
    pub(super) fn json(&self) -> Json {
        json!({ "error": self.error, "reason": self.reason })
    }
    pub(super) fn response(&self) -> Response {
        super::web::response(self.status, &self.json())
    }
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Refused {
        Refused::new(500, "internal_server_error", &error.to_string())
    }
}

impl Core {
    pub(super) fn open(chosen: &Chosen, setup: ServerSetup, ports: &ServerPorts) -> Core {
        let database = Rc::new(kept::open(&ports.database, store::TABLES));
        let (store, notes) = (Store(database.clone()), Notes(database));
        let revs_limit = usize::try_from(chosen.int("revs_limit")).unwrap_or(1).max(1);
        Core { setup, store, notes, revs_limit, opaque: chosen.text("seq") == "opaque" }
    }
    pub(super) fn entity(&self, id: EntityId) -> &Entity {
        self.setup.schema.entity(id)
    }
    /// Returns the entity of a database.
    pub(super) fn database(&self, name: &str) -> Option<EntityId> {
        rows::table(&self.setup.schema, name)
    }
    /// The attributes that select the rows in the databases. All phones have the same attributes.
    pub(super) fn attributes(&self) -> &[Value] {
        self.setup.attributes.first().map_or(&[], Vec::as_slice)
    }
    /// Runs `work` as one transaction. It also commits after an error, because the record's (the
    /// backend's) changes stay too.
    pub(super) fn at_once<T>(&self, work: impl FnOnce() -> Result<T, ServerError>) -> Result<T, ServerError> {
        let together = self.store.0.unchecked_transaction().map_err(failed)?;
        let done = work();
        together.commit().map_err(failed)?;
        done
    }
    /// Writes a sequence number in the form that clients see.
    pub(super) fn seq(&self, number: i64) -> Json {
        if self.opaque { json!(format!("{number}-g1AAAA")) } else { json!(number) }
    }
    /// Reads the number of a sequence, in either form.
    pub(super) fn number(text: &str) -> Option<i64> {
        // PouchDB puts a sequence in quotes if it treats it as JSON.
        let text = text.trim_matches('"');
        text.split('-').next().and_then(|number| number.parse().ok())
    }
}
