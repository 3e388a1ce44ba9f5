//! The memory of a half that stores rows as documents (`couch`, `tinybase`, `yjs`): which versions
//! of the record (the backend) it has read, and which edits changed them.

use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};

use super::kept::failed;
use super::rows;
use crate::contract::{
    DeviceId, EditId, Entity, EntityId, Key, ServerError, ServerSetup, Slip, Stamp, SystemOfRecord, Value,
};

pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS known(entity INTEGER, key TEXT, stamp INTEGER,
        PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS named(entity INTEGER, key TEXT, device INTEGER, number INTEGER,
        PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS positions(entity INTEGER PRIMARY KEY, read INTEGER);";

/// A row: its table's id, its table, its key.
pub(super) type At<'a> = (EntityId, &'a Entity, &'a Key);

#[derive(Clone)]
pub(super) struct Notes(pub(super) Rc<Connection>);

impl Notes {
    /// Passes each change of the record since the last read to `take`, with its stamp and values.
    pub(super) fn ingest(
        &self,
        setup: &ServerSetup,
        record: &mut dyn SystemOfRecord,
        mut take: impl FnMut(At<'_>, (Stamp, Option<&[Value]>)) -> Result<(), ServerError>,
    ) -> Result<(), ServerError> {
        for id in setup.schema.ids() {
            let attributes = setup.attributes.first().map_or(&[][..], Vec::as_slice);
            let since = self.read_upto(id)?;
            let found = match rows::changed(record, id, attributes, since) {
                Err(ServerError::CursorExpired(_)) => rows::changed(record, id, attributes, None)?,
                Err(ServerError::BadRequest(_)) => continue,
                found => found?,
            };
            let mut upto = since;
            for (key, stamp, values) in &found {
                take((id, setup.schema.entity(id), key), (*stamp, values.as_deref()))?;
                upto = upto.max(Some(*stamp));
            }
            if let Some(upto) = upto.filter(|upto| Some(*upto) != since) {
                self.note_read(id, upto)?;
            }
        }
        Ok(())
    }
    /// The stamp of the row version that the documents contain.
    pub(super) fn known(&self, id: EntityId, key: &str) -> Result<Option<Stamp>, ServerError> {
        let asked = "SELECT stamp FROM known WHERE entity = ?1 AND key = ?2";
        let read = |row: &rusqlite::Row<'_>| row.get(0).map(Stamp);
        self.0.query_row(asked, (id.0, key), read).optional().map_err(failed)
    }
    pub(super) fn note_known(&self, id: EntityId, key: &str, stamp: Stamp) -> Result<(), ServerError> {
        self.0.execute("REPLACE INTO known VALUES(?1, ?2, ?3)", (id.0, key, stamp.0)).map_err(failed)?;
        Ok(())
    }
    /// The stamp up to which this entity's changes were read.
    pub(super) fn read_upto(&self, id: EntityId) -> Result<Option<Stamp>, ServerError> {
        let asked = "SELECT read FROM positions WHERE entity = ?1";
        self.0.query_row(asked, [id.0], |row| row.get(0).map(Stamp)).optional().map_err(failed)
    }
    pub(super) fn note_read(&self, id: EntityId, upto: Stamp) -> Result<(), ServerError> {
        self.0.execute("REPLACE INTO positions VALUES(?1, ?2)", (id.0, upto.0)).map_err(failed)?;
        Ok(())
    }
    /// Stores the last named edit of each row, because the edit's values may arrive through another
    /// phone.
    pub(super) fn note_names(&self, slip: &Slip) -> Result<(), ServerError> {
        for row in &slip.edits {
            let Some(edit) = row.edits.last() else { continue };
            let put = "REPLACE INTO named VALUES(?1, ?2, ?3, ?4)";
            let of = (row.entity.0, row.key.as_str(), edit.device.0, edit.number);
            self.0.execute(put, of).map_err(failed)?;
        }
        Ok(())
    }
    /// The edit that caused a row's values: the last one that this slip (the bench's hidden note on
    /// a message) names, or else an earlier slip.
    pub(super) fn edit(&self, slip: &Slip, id: EntityId, key: &Key) -> Result<Option<EditId>, ServerError> {
        if let Some(edit) = slip.of(id, key).last() {
            return Ok(Some(*edit));
        }
        let asked = "SELECT device, number FROM named WHERE entity = ?1 AND key = ?2";
        let read =
            |row: &rusqlite::Row<'_>| Ok(EditId { device: DeviceId(row.get(0)?), number: row.get(1)? });
        self.0.query_row(asked, (id.0, key.as_str()), read).optional().map_err(failed)
    }
}
