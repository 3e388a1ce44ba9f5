//! One request while a server half handles it.

use crate::contract::http::Request;
use crate::contract::{
    Attributes, DeviceId, EntityId, Key, Row, RowEdits, RowVersion, ServerSetup, Slip, Stamp, SystemOfRecord,
};

/// A request, with the slip and the system of record. The half changes both. A slip is the bench's
/// hidden note on a message: it names the edits and the row versions in it.
pub(super) struct Call<'a> {
    pub(super) from: DeviceId,
    pub(super) request: &'a Request,
    pub(super) slip: &'a mut Slip,
    pub(super) record: &'a mut dyn SystemOfRecord,
}

impl Call<'_> {
    /// The attributes of the phone that sent the request.
    pub(super) fn attributes<'s>(&self, setup: &'s ServerSetup) -> &'s Attributes {
        &setup.attributes[self.from.0 as usize]
    }
    /// Notes on the slip that the response contains this version of a row.
    pub(super) fn brings(&mut self, entity: EntityId, key: &Key, row: &Row) {
        self.brings_version(entity, key, row.stamp, row.values.is_none());
    }
    pub(super) fn brings_version(&mut self, entity: EntityId, key: &Key, stamp: Stamp, removed: bool) {
        self.slip.rows.push(RowVersion { entity, key: key.clone(), stamp, removed });
    }
    /// Notes on the slip the stamp of the commit that contains this row's edits.
    pub(super) fn settles(&mut self, entity: EntityId, key: &Key, stamp: Option<Stamp>) {
        let is_its = |row: &&mut RowEdits| row.entity == entity && row.key == *key;
        self.slip.edits.iter_mut().filter(is_its).for_each(|row| row.stamp = stamp);
    }
}
