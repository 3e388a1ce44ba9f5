//! Backups, and what a return to one undoes.

use rustc_hash::FxHashMap;

use super::apply::Verdict;
use super::commit::Commit;
use super::files::Files;
use super::flags::AllFlags;
use super::log::Log;
use super::machine::Backend;
use super::table::{Record, Table};
use super::visibility::Unshown;
use crate::base::{EntityId, Key, Time};
use crate::contract::{Author, CommitKind};

/// All that is durable at one instant.
#[derive(Debug)]
pub struct Backup {
    tables: Vec<Table>,
    remembered: FxHashMap<Box<str>, Verdict>,
    unshown: Unshown,
    log: Option<Log>,
    flags: AllFlags,
    files: Files,
}

impl Backend {
    /// A copy of all that is durable.
    pub fn backup(&self) -> Backup {
        Backup {
            tables: self.tables.clone(),
            remembered: self.remembered.clone(),
            unshown: self.unshown.clone(),
            log: self.log.clone(),
            flags: self.flags.clone(),
            files: self.files.clone(),
        }
    }

    /// Goes back to a backup: what was committed since is gone, and so is the memory of it. The clock goes on, and no stamp of what
    /// is gone is given again. Gives what that did to each row, by entity in the order of keys, as if it were commits of their own.
    pub fn restore(&mut self, now: Time, backup: Backup) -> Vec<Commit> {
        let ids: Vec<EntityId> = self.schema.ids().collect();
        let undone = ids.into_iter().flat_map(|id| self.undone(id, &backup.tables[usize::from(id.0)]));
        let undone = undone.collect();
        let Backup { tables, remembered, unshown, log, flags, files } = backup;
        (self.tables, self.remembered) = (tables, remembered);
        (self.unshown, self.log, self.flags, self.files) = (unshown, log, flags, files);
        self.stamps.go_on_elsewhere();
        // A count would have gone back too, and be given twice.
        self.incarnation = now.0;
        undone
    }

    /// Tells its present history from those that it left by going back: 0, or when it last did. Cursors know of one of them.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// What the rows of an entity come to if they go back to those of `before`. That may know of more than the present: a backup is
    /// older or later than the one that the present began with.
    fn undone(&self, id: EntityId, before: &Table) -> Vec<Commit> {
        let present = &self.tables[usize::from(id.0)];
        let is_new = |then: &&Record| present.find(&then.key).is_none();
        let mut keys: Vec<&Key> = self.rows(id).map(|now| &now.key).collect();
        keys.extend(before.records().iter().filter(is_new).map(|then| &then.key));
        keys.sort_unstable();
        let undo = |key: &Key| {
            let (now, then) = (live(present, key), live(before, key));
            let (kind, row) = match (now, then) {
                (None, None) => return None,
                (Some(now), None) => (CommitKind::Delete, now),
                (None, Some(then)) => (CommitKind::Insert, then),
                (Some(now), Some(then)) if then.stamp == now.stamp && then.values == now.values => {
                    return None;
                }
                (Some(_), Some(then)) => (CommitKind::Update, then),
            };
            Some(Commit {
                entity: id,
                key: key.clone(),
                stamp: row.stamp,
                kind,
                values: row.values.clone(),
                author: Author::Backup,
                replaced: now.map(|now| now.stamp),
                visible_at: None,
            })
        };
        keys.into_iter().filter_map(undo).collect()
    }
}

fn live<'t>(table: &'t Table, key: &Key) -> Option<&'t Record> {
    table.find(key).map(|slot| table.record(slot)).filter(|record| !record.deleted)
}
