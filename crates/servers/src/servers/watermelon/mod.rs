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

use super::call::Call;
use super::half::{Half, LACKS};
use super::rows;
use super::served::{ProtocolServer, Served};
use super::web::{self, Address, bad, error};
use super::writing::{self, Writer, word};
use crate::contract::http::{Method, write_response};
use crate::contract::{
    Capabilities, Choice, Chosen, EntityId, OptionForm, Reply, ServerError, ServerPorts, ServerSetup,
    StackOption, Stamp,
};

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
        lacks: LACKS,
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
    writer: Writer,
    owed: Owed,
    created_as_updated: bool,
    by_clock: bool,
}

impl Watermelon {
    fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Watermelon {
        let writer = Writer::open(chosen, &ports, &[TABLES, owed::TABLE].concat());
        Watermelon {
            setup,
            ports,
            owed: Owed { database: writer.database.clone() },
            writer,
            created_as_updated: chosen.flag("created_as_updated"),
            by_clock: chosen.text("timestamp") == "clock",
        }
    }
    /// A table by its name; the documentation requires that unknown names are refused.
    fn table(&self, name: &str) -> Result<EntityId, ServerError> {
        let found = rows::table(&self.setup.schema, name);
        found.ok_or_else(|| bad(format!("there is no table {name:?}")))
    }
    fn since(address: &Address) -> Result<Option<Stamp>, ServerError> {
        Ok(address.number("last_pulled_at")?.filter(|at| *at > 0).map(Stamp))
    }
}

impl ProtocolServer for Watermelon {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let address = Address::of(call.request.uri());
        let answer = match (call.request.method(), address.parts().as_slice()) {
            (&Method::GET, ["pull" | "sync"]) => self.pull(&address, call)?,
            (&Method::POST, ["push" | "sync"]) => {
                let pushed = self.push(&address, &web::body(call.request)?, call)?;
                _ = self.ports.crash.reached("watermelondb.pushed");
                pushed
            }
            _ => error(404, "there is no such endpoint"),
        };
        Ok(write_response(&answer).into())
    }
}
