//! The log for the user, about edits that the backend did not commit unchanged.

use super::error::Stored;
use super::outbox::word;
use super::session::Tx;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Word};
use crate::contract::LogEntry;

impl Tx<'_> {
    /// Adds an entry to the log that the user can read.
    pub fn log(&self, entry: &LogEntry) -> Stored<()> {
        let LogEntry { edit, entity, key, kind, met } = entry;
        let (device, number) = edit.map(|edit| (edit.device.0, edit.number)).unzip();
        let line = (device, number, entity.0, key.as_str(), kind.word(), met.map(|met| met.0));
        self.execute("INSERT INTO log VALUES(NULL,?1,?2,?3,?4,?5,?6)", line)
    }

    pub(crate) fn log_entries(&self) -> Stored<Vec<LogEntry>> {
        let sql = "SELECT device,number,entity,key,kind,met FROM log ORDER BY seq";
        self.query(sql, [], |row| {
            let (device, number): (Option<u32>, Option<u32>) = (row.get(0)?, row.get(1)?);
            let edit = device.zip(number).map(|(d, number)| EditId { device: DeviceId(d), number });
            let kind = word(row, 4)?;
            let met = row.get::<_, Option<i64>>(5)?.map(Stamp);
            Ok(LogEntry { edit, entity: EntityId(row.get(2)?), key: Key(row.get(3)?), kind, met })
        })
    }
}
