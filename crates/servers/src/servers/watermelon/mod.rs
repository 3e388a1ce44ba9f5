//! WatermelonDB's sync protocol: <https://watermelondb.dev/docs/Sync/Backend>.
//!
//! Requests:
//! - `GET /pull?last_pulled_at=…&schema_version=…&migration=…`: the changes since then in all
//!   tables, and the timestamp for the next pull.
//! - `POST /push?last_pulled_at=…`: creates, updates and deletes rows; all of them or none.
//!
//! A pull can name `tables=a,b`: an app with several sync units does this. By default, it covers
//! all tables that phones pull. A row that leaves a phone's scope comes as deleted. The
//! documentation requires this for revoked permissions.
//!
//! The documentation leaves these points open, or many servers do not follow it.
//!
//! Options, with the rule of the documentation in brackets:
//! - `conflicts` (push 5, 3): `detect`: a push with a row that was modified after `last_pulled_at`
//!   is aborted with 409. `overwrite`: the last write wins.
//! - `idempotent`: `no`: a repeated push is written again. `by-edit`: the server recognises its
//!   edits and writes nothing, and the phone's next pull has the row.
//! - `created_as_updated` (tips): `true`: all live rows are `updated`. `false`: rows that the phone
//!   cannot have yet are `created`.
//! - `timestamp` (pull 4, 5): `snapshot`: the stamp of the newest row that readers can see.
//!   `clock`: the server's clock.
//!
//! With `timestamp = "clock"`, a row is lost if it was stamped before a pull and committed after it
//! (`backend.commit_delay`). The server checks a push before it writes the first row. The record
//! (the backend) itself can still refuse a row later (`backend.poison`). The response is then 422,
//! and the rows before the refused row stay, unless `backend.commits = "requests"`.
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

/// For each live row, its stamp when a phone first pulled it.
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
    /// Returns the table with this name. The documentation requires a refusal of unknown names.
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
