//! Backups, and what a return to one undoes.

use rustc_hash::FxHashMap;

use super::apply::Verdict;
use super::commit::Commit;
use super::files::Files;
use super::flags::AllFlags;
use super::log::Log;
use super::machine::Backend;
use super::stamps::Stamps;
use super::table::{Record, Table};
use super::visibility::Unshown;
use crate::base::{EntityId, Time};
use crate::contract::{Author, CommitKind};

/// All that is durable at one instant.
#[derive(Debug)]
pub struct Backup {
    tables: Vec<Table>,
    stamps: Stamps,
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
            stamps: self.stamps.clone(),
            remembered: self.remembered.clone(),
            unshown: self.unshown.clone(),
            log: self.log.clone(),
            flags: self.flags.clone(),
            files: self.files.clone(),
        }
    }

    /// Goes back to a backup: what was committed since is gone, and so is the memory of it. The clock goes on. Gives what that did
    /// to each row, by entity in the order of keys, as if it were commits of their own.
    pub fn restore(&mut self, now: Time, backup: Backup) -> Vec<Commit> {
        let ids: Vec<EntityId> = self.schema.ids().collect();
        let undone = ids.into_iter().flat_map(|id| self.undone(id, &backup.tables[usize::from(id.0)]));
        let undone = undone.collect();
        let Backup { tables, stamps, remembered, unshown, log, flags, files } = backup;
        (self.tables, self.stamps, self.remembered) = (tables, stamps, remembered);
        (self.unshown, self.log, self.flags, self.files) = (unshown, log, flags, files);
        // A count would have gone back too, and be given twice.
        self.incarnation = now.0;
        undone
    }

    /// Tells its present history from those that it left by going back: 0, or when it last did. Cursors know of one of them.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// What the rows of an entity come to if they go back to those of `before`.
    fn undone(&self, id: EntityId, before: &Table) -> Vec<Commit> {
        let undo = |now: &Record| {
            let then = before.find(&now.key).map(|slot| before.record(slot)).filter(|then| !then.deleted);
            let (kind, row) = match then {
                None if now.deleted => return None,
                None => (CommitKind::Delete, now),
                Some(then) if now.deleted => (CommitKind::Insert, then),
                Some(then) if then.stamp == now.stamp => return None,
                Some(then) => (CommitKind::Update, then),
            };
            Some(Commit {
                entity: id,
                key: now.key.clone(),
                stamp: row.stamp,
                kind,
                values: row.values.clone(),
                author: Author::Backup,
                replaced: (!now.deleted).then_some(now.stamp),
                visible_at: None,
            })
        };
        self.rows(id).filter_map(undo).collect()
    }
}
