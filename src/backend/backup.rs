//! Backups, and what a return to one undoes.

use super::apply::Verdicts;
use super::commit::Commit;
use super::content::Content;
use super::files::Files;
use super::flags::AllFlags;
use super::table::Record;
use crate::base::{EntityId, Key};
use crate::contract::{Author, CommitKind};

/// All that is durable at one instant.
#[derive(Debug)]
pub struct Backup {
    pub(super) content: Content,
    pub(super) verdicts: Verdicts,
    pub(super) flags: AllFlags,
    pub(super) files: Files,
    /// By which it is known when it was made.
    pub(super) number: usize,
}

/// What the rows of an entity come to if they go back to those of `before`. That may know of more
/// than the present: a backup is older or later than the one that the present began with.
pub(super) fn undone(present: &Content, before: &Content, id: EntityId) -> Vec<Commit> {
    let mut keys: Vec<&Key> = present.rows(id).map(|now| &now.key).collect();
    let is_new = |then: &&Record| present.row(id, &then.key).is_none();
    keys.extend(before.rows(id).filter(is_new).map(|then| &then.key));
    keys.sort_unstable();
    let undo = |key: &Key| {
        let (now, then) = (present.live(id, key), before.live(id, key));
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
