//! The outcomes that a JavaScript server has given to edits. They are in memory and on the server's
//! disk, so later processes know them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::contract::{DeviceId, EditId, EntityId, Key, Slip, Stamp};

/// The edits that phones named in requests, and their outcomes.
///
/// Two cases need this memory. A phone can send an edit again that its journal no longer has. And
/// an app that sends all its rows also writes rows that nobody edited on that phone.
#[derive(Default)]
pub(super) struct Known {
    /// The last edit of each row, per device.
    last: BTreeMap<(DeviceId, EntityId, Key), EditId>,
    verdicts: BTreeMap<EditId, Verdict>,
    /// The edit that each name of the app was used for, per row.
    names: BTreeMap<(String, EntityId, Key), EditId>,
    /// Values that rules of the server made, as prints by column.
    made: BTreeSet<(EntityId, usize, u64)>,
    strangers: u32,
    /// Per name of a write: how often it was rejected because its row had another version. A retry
    /// builds on that version and counts as another write.
    turned_back: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Committed(Stamp),
    Refused,
}

/// The number on the disk for [`Verdict::Refused`], where a committed edit has its stamp.
const REFUSED: i64 = -1;

const LAYOUT: &str = "\
    CREATE TABLE IF NOT EXISTS bench_commits(device INTEGER, number INTEGER, stamp INTEGER, \
        PRIMARY KEY(device, number)) WITHOUT ROWID;\
    CREATE TABLE IF NOT EXISTS bench_names(name TEXT, entity INTEGER, key TEXT, device INTEGER, \
        number INTEGER, PRIMARY KEY(name, entity, key)) WITHOUT ROWID;";

impl Known {
    /// Returns the name for the next try of this write.
    pub(super) fn tried(&self, write: &str) -> String {
        let tries = self.turned_back.get(write).copied().unwrap_or_default();
        write.to_owned() + &"~".repeat(tries)
    }
    pub(super) fn turned_back(&mut self, write: &str) {
        *self.turned_back.entry(write.to_owned()).or_default() += 1;
    }
    pub(super) fn recalled(disk: &Connection) -> Known {
        let mut known = Known::default();
        // The tables are created by the first commit. Before it, reading fails.
        _ = known.recall(disk);
        known
    }
    fn recall(&mut self, disk: &Connection) -> rusqlite::Result<()> {
        let edit = |device, number| EditId { device: DeviceId(device), number };
        let mut asked = disk.prepare("SELECT device, number, stamp FROM bench_commits")?;
        let verdicts = asked.query_map([], |row| {
            let verdict = match row.get(2)? {
                REFUSED => Verdict::Refused,
                stamp => Verdict::Committed(Stamp(stamp)),
            };
            Ok((edit(row.get(0)?, row.get(1)?), verdict))
        })?;
        self.verdicts = verdicts.collect::<rusqlite::Result<_>>()?;
        let mut asked = disk.prepare("SELECT name, entity, key, device, number FROM bench_names")?;
        let names = asked.query_map([], |row| {
            let of = (row.get(0)?, EntityId(row.get(1)?), Key::new(&row.get::<_, String>(2)?));
            Ok((of, edit(row.get(3)?, row.get(4)?)))
        })?;
        self.names = names.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }
    pub(super) fn hear(&mut self, from: DeviceId, slip: &Slip) {
        for row in &slip.edits {
            let Some(edit) = row.edits.last() else { continue };
            self.last.insert((from, row.entity, row.key.clone()), *edit);
        }
    }
    pub(super) fn of(&self, edit: EditId) -> Option<Verdict> {
        self.verdicts.get(&edit).copied()
    }
    /// Stores an edit's outcome in memory and on disk. A repeated response needs the memory, and
    /// the next process needs the disk.
    pub(super) fn keep(&mut self, disk: &Connection, edit: EditId, verdict: Verdict) {
        self.verdicts.insert(edit, verdict);
        let stamp = if let Verdict::Committed(stamp) = verdict { stamp.0 } else { REFUSED };
        let text = format!(
            "{LAYOUT} REPLACE INTO bench_commits VALUES({}, {}, {stamp});",
            edit.device.0, edit.number
        );
        _ = disk.execute_batch(&text);
    }
    /// The edit of this row that a name was first used for.
    pub(super) fn named(&self, name: &str, (entity, key): (EntityId, &Key)) -> Option<EditId> {
        self.names.get(&(name.to_owned(), entity, key.clone())).copied()
    }
    pub(super) fn name(
        &mut self,
        disk: &Connection,
        name: &str,
        (entity, key): (EntityId, &Key),
        edit: EditId,
    ) {
        self.names.insert((name.to_owned(), entity, key.clone()), edit);
        let text = "REPLACE INTO bench_names VALUES(?1, ?2, ?3, ?4, ?5)";
        _ = disk.execute_batch(LAYOUT);
        _ = disk.execute(text, params![name, entity.0, key.as_str(), edit.device.0, edit.number]);
    }
    pub(super) fn makes(&mut self, value: (EntityId, usize, u64)) {
        self.made.insert(value);
    }
    pub(super) fn is_made(&self, value: (EntityId, usize, u64)) -> bool {
        self.made.contains(&value)
    }
    /// The last edit of a row on this device. If there is none, creates an id that no real edit
    /// has.
    pub(super) fn last_of(&mut self, from: DeviceId, entity: EntityId, key: &Key) -> EditId {
        if let Some(edit) = self.last.get(&(from, entity, key.clone())) {
            return *edit;
        }
        self.strangers += 1;
        EditId { device: from, number: u32::MAX - self.strangers }
    }
}
