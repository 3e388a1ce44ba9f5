//! State that pulls and streams share.

use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};

use super::super::kept::failed;
use super::super::rows;
use super::super::web::{Address, bad};
use crate::contract::{Attributes, DeviceId, EntityId, ServerError, ServerSetup};

pub(super) struct Site {
    pub(super) setup: ServerSetup,
    pub(super) by_time: bool,
    pub(super) only_resync: bool,
    pub(super) database: Rc<Connection>,
}

/// The phones in their first load of a table. Their checkpoints are as old as the table's rows.
pub(super) const LOADS: &str = "
    CREATE TABLE IF NOT EXISTS loads(device INTEGER, entity INTEGER,
        PRIMARY KEY(device, entity)) WITHOUT ROWID;";

impl Site {
    pub(super) fn attributes(&self, of: DeviceId) -> &Attributes {
        &self.setup.attributes[of.0 as usize]
    }
    pub(super) fn is_loading(&self, of: (DeviceId, EntityId)) -> Result<bool, ServerError> {
        let asked = "SELECT 1 FROM loads WHERE device = ?1 AND entity = ?2";
        let found = self.database.query_row(asked, [of.0.0, u32::from(of.1.0)], |_| Ok(())).optional();
        found.map(|found| found.is_some()).map_err(failed)
    }
    pub(super) fn loads(&self, of: (DeviceId, EntityId), goes_on: bool) -> Result<(), ServerError> {
        let text = match goes_on {
            true => "INSERT OR IGNORE INTO loads VALUES(?1, ?2)",
            false => "DELETE FROM loads WHERE device = ?1 AND entity = ?2",
        };
        self.database.execute(text, [of.0.0, u32::from(of.1.0)]).map(drop).map_err(failed)
    }
    /// Reads the table and the verb from an address.
    pub(super) fn endpoint<'a>(&self, address: &'a Address) -> Result<(EntityId, &'a str), ServerError> {
        let schema = &self.setup.schema;
        let (entity, name, verb) = match address.parts().as_slice() {
            ["rx", verb] => (rows::pulled_tables(schema).next(), "", *verb),
            ["rx", name, verb] => (rows::table(schema, name), *name, *verb),
            _ => return Err(bad("addresses are /rx/NAME/VERB")),
        };
        Ok((entity.ok_or_else(|| bad(format!("there is no table {name:?}")))?, verb))
    }
}
