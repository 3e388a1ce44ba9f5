//! WatermelonDB's sync protocol: <https://watermelondb.dev/docs/Sync/Backend>.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /pull?last_pulled_at=…&schema_version=…&migration=…` | what changed since then, in all tables, and the timestamp for the next pull |
//! | `POST /push?last_pulled_at=…` | creates, updates and deletes, all or none |
//!
//! A pull may name `tables=a,b`, as an app with several sync units does; by default it brings all
//! tables that phones pull. A row outside a phone's scope comes as deleted, as the documentation
//! requires for revoked permissions.
//!
//! The documentation leaves these points open, or many servers ignore it:
//!
//! | option | words | rule there |
//! |---|---|---|
//! | `conflicts` | `detect`: a push with a row that was modified after `last_pulled_at` is aborted with 409. `overwrite`: the last write wins | push 5, 3 |
//! | `idempotent` | `no`: a repeated push is written again. `by-edit`: its edits are recognised, nothing is written, and the phone's next pull brings the row | – |
//! | `created_as_updated` | `true`: all live rows are `updated`. `false`: rows that the phone cannot have yet are `created` | tips |
//! | `timestamp` | `snapshot`: that of the newest row that readers can see. `clock`: the server's clock | pull 4, 5 |
//!
//! With `timestamp = "clock"`, a row is lost if it was stamped before a pull and committed after it
//! (`backend.commit_delay`). A push is checked before its first row is written. A refusal by the
//! record itself (`backend.poison`) comes too late: the response is then 422, and the rows before
//! that one stay, unless `backend.commits = "requests"`.
//!
//! Not supported: `turbo` texts, deletion of descendants other than by `on_delete`.

mod owed;
mod pull;
mod push;

use std::rc::Rc;

use rusqlite::Connection;

use super::half::Half;
use super::kept;
use super::served::{Said, Served, Speaks};
use super::web::{self, Address, response};
use super::writing::{self, Writer, word};
use crate::contract::http::{Method, Request};
use crate::contract::{
    Attributes, Capabilities, Choice, Chosen, DeviceId, EntityId, Need, OptionForm, ServerError, ServerPorts,
    ServerSetup, Slip, StackOption, Stamp, SystemOfRecord,
};
use serde_json::json;

use owed::Owed;

pub(super) fn half() -> Half {
    let flag = |name: &str, preset: bool, about: &str| {
        StackOption::new(name, OptionForm::Flag, Choice::Flag(preset), about)
    };
    Half {
        name: "watermelondb",
        about: "WatermelonDB's pull and push endpoints.",
        options: vec![
            writing::conflicts(),
            writing::idempotent(),
            flag("created_as_updated", true, "Whether a pull calls new rows `updated`, as all others."),
            word("timestamp", &["snapshot", "clock"], "What a pull gives as the time of the next one."),
        ],
        make: |chosen, setup, ports| Box::new(Served(Watermelon::open(chosen, setup, ports))),
        at_most: Capabilities::ALL,
        lacks: &[Need::GivenKeys, Need::NaturalKeys, Need::Attachments, Need::OpenedRecords, Need::Excerpts],
        crash_points: &["watermelondb.pushed"],
    }
}

/// The stamp at which the server first saw each live row.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS known(entity INTEGER, key TEXT, since INTEGER,
        PRIMARY KEY(entity, key)) WITHOUT ROWID;";

struct Watermelon {
    setup: ServerSetup,
    ports: ServerPorts,
    database: Rc<Connection>,
    writer: Writer,
    owed: Owed,
    detects: bool,
    created_as_updated: bool,
    by_clock: bool,
}

impl Watermelon {
    fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Watermelon {
        let tables = [writing::TABLES, TABLES, owed::TABLE].concat();
        let database = Rc::new(kept::open(&ports.database, &tables));
        let writer = Writer::new(&database, chosen.text("idempotent") == "by-edit");
        Watermelon {
            setup,
            ports,
            owed: Owed { database: database.clone() },
            database,
            writer,
            detects: chosen.text("conflicts") == "detect",
            created_as_updated: chosen.flag("created_as_updated"),
            by_clock: chosen.text("timestamp") == "clock",
        }
    }
    fn attributes(&self, of: DeviceId) -> &Attributes {
        &self.setup.attributes[of.0 as usize]
    }
    /// A table by its name; the documentation requires that unknown names are refused.
    fn table(&self, name: &str) -> Result<EntityId, ServerError> {
        let found = self.setup.schema.find(name);
        let found = found.filter(|id| self.setup.schema.entity(*id).delivery.is_on_devices());
        found.ok_or_else(|| ServerError::BadRequest(format!("there is no table {name:?}")))
    }
    fn since(address: &Address) -> Result<Option<Stamp>, ServerError> {
        Ok(address.number("last_pulled_at")?.filter(|at| *at > 0).map(Stamp))
    }
}

impl Speaks for Watermelon {
    fn answer(
        &mut self,
        from: DeviceId,
        request: &Request,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Said, ServerError> {
        let address = Address::of(request.uri());
        let answer = match (request.method(), address.parts().as_slice()) {
            (&Method::GET, ["pull" | "sync"]) => self.pull(from, &address, slip, record)?,
            (&Method::POST, ["push" | "sync"]) => {
                let pushed = self.push(from, (&address, &web::body(request)?), slip, record)?;
                _ = self.ports.crash.reached("watermelondb.pushed");
                pushed
            }
            _ => response(404, &json!({ "error": "there is no such endpoint" })),
        };
        Ok(Said::Now(answer))
    }
}
