//! Rows that the next pulls must send to a phone again.
//!
//! A phone repeats a push whose edit is already committed, but somebody has written a newer value
//! since. The server writes nothing and reports success. Then the phone takes its own value for the
//! server's, and no later pull would have the row. So the next pulls have it, until the phone is
//! known to have received one of them.

use std::rc::Rc;

use rusqlite::{Connection, params};

use super::super::call::Call;
use super::super::kept::failed;
use super::super::rows::Version;
use crate::contract::{DeviceId, EntityId, Key, ServerError, Stamp};

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS owed(device INTEGER, entity INTEGER, key TEXT, given INTEGER,
        PRIMARY KEY(device, entity, key)) WITHOUT ROWID;";

pub(super) struct Owed {
    pub(super) database: Rc<Connection>,
}

impl Owed {
    pub(super) fn note(&self, of: DeviceId, entity: EntityId, key: &Key) -> Result<(), ServerError> {
        let text = "REPLACE INTO owed VALUES(?1, ?2, ?3, NULL)";
        self.database.execute(text, params![of.0, entity.0, key.as_str()]).map(drop).map_err(failed)
    }
    /// Called when a phone pushes: it has received the rows of earlier pulls.
    pub(super) fn has_pushed(&self, of: DeviceId) -> Result<(), ServerError> {
        let text = "DELETE FROM owed WHERE device = ?1 AND given IS NOT NULL";
        self.database.execute(text, [of.0]).map(drop).map_err(failed)
    }
    /// Called when a phone pulls since a time: it has received the rows that were sent before that
    /// time.
    pub(super) fn has_pulled(&self, of: DeviceId, since: Option<Stamp>) -> Result<(), ServerError> {
        let text = "DELETE FROM owed WHERE device = ?1 AND given < ?2";
        let since = since.unwrap_or_default().0;
        self.database.execute(text, params![of.0, since]).map(drop).map_err(failed)
    }
    /// The rows of a table that a phone still needs, in their current version, except those in
    /// `found`.
    pub(super) fn rows(
        &self,
        entity: EntityId,
        found: &[Version],
        call: &mut Call<'_>,
    ) -> Result<Vec<Version>, ServerError> {
        let text = "SELECT key FROM owed WHERE device = ?1 AND entity = ?2 ORDER BY key";
        let mut asked = self.database.prepare_cached(text).map_err(failed)?;
        let keys = asked.query_map(params![call.from.0, entity.0], |row| row.get::<_, String>(0));
        let keys = keys.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
        let keys = keys.iter().map(|key| Key::new(key)).filter(|key| !found.iter().any(|it| it.0 == *key));
        let row = |key: Key| call.record.get(entity, &key).map(|row| (key, row.stamp, row.values));
        Ok(keys.filter_map(row).collect())
    }
    pub(super) fn given(&self, of: DeviceId, entity: EntityId, at: Stamp) -> Result<(), ServerError> {
        let text = "UPDATE owed SET given = ?3 WHERE device = ?1 AND entity = ?2";
        self.database.execute(text, params![of.0, entity.0, at.0]).map(drop).map_err(failed)
    }
}
