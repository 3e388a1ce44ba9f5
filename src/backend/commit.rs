//! Commits: all rows of a change get their new versions at once, with one stamp.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::index::Slot;
use super::log::Log;
use super::machine::Backend;
use super::table::{Noted, Version};
use super::visibility::Showing;
use crate::base::{EditId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{Author, CommitKind, EditKind, Event, Refusal};

/// A row got a new version.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: Key,
    /// The new version's stamp.
    pub stamp: Stamp,
    /// What was done.
    pub kind: CommitKind,
    /// The backend's values after it (before it, for a delete).
    pub values: Arc<[Value]>,
    /// By whom.
    pub author: Author,
    /// The stamp of the version that was replaced; `None` for an insert.
    pub replaced: Option<Stamp>,
    /// When its transaction commits, if that is later than it was stamped.
    pub visible_at: Option<Time>,
}

/// Something that the backend did to a mutation or because of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A row has a new version.
    Committed(Commit),
    /// A mutation was not committed.
    Refused {
        /// The edit.
        edit: EditId,
        /// The entity.
        entity: EntityId,
        /// The row.
        key: Key,
        /// What it wanted to do.
        kind: EditKind,
        /// `Some` for a conflict, `None` for a rejection for good.
        conflict: Option<Refusal>,
    },
    /// A mutation came again and was answered from memory.
    Replayed(EditId),
    /// A mutation was put off.
    PutOff(EditId),
}

impl Commit {
    /// For listeners.
    pub fn event(&self) -> Event<'_> {
        Event::Committed {
            entity: self.entity,
            key: &self.key,
            stamp: self.stamp,
            kind: self.kind,
            values: &self.values,
            author: self.author,
            replaced: self.replaced,
        }
    }

    /// For listeners, after that: others see it later.
    pub fn delay(&self) -> Option<Event<'_>> {
        let Commit { entity, key, stamp, .. } = self;
        let until = self.visible_at?;
        Some(Event::CommitDelayed { entity: *entity, key, stamp: *stamp, until })
    }
}

impl Fact {
    /// For listeners.
    pub fn event(&self) -> Event<'_> {
        match self {
            Fact::Committed(commit) => commit.event(),
            Fact::Refused { edit, entity, key, kind, conflict } => {
                Event::MutationRefused { edit: *edit, entity: *entity, key, kind: *kind, conflict: *conflict }
            }
            Fact::Replayed(edit) => Event::MutationReplayed { edit: *edit },
            Fact::PutOff(edit) => Event::MutationPutOff { edit: *edit },
        }
    }

    /// The commit, if it is one.
    pub fn commit(&self) -> Option<&Commit> {
        match self {
            Fact::Committed(commit) => Some(commit),
            _ => None,
        }
    }
}

/// A change of one row that is about to be committed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    /// The row, if the backend has ever had it.
    pub(super) slot: Option<Slot>,
    /// The values after it; `None` for a delete.
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) author: Author,
    /// The device's share, if one wrote it.
    pub(super) written: Option<Written>,
}

/// What a device brings with a change of its own.
#[derive(Debug)]
pub(super) struct Written {
    /// The device's attributes.
    pub(super) by: Arc<[Value]>,
    /// When the person made the edit, by the device's clock.
    pub(super) at: Stamp,
}

/// A transaction whose rows are being committed.
#[derive(Debug)]
pub struct Committing {
    drafts: std::vec::IntoIter<Draft>,
    now: Time,
    stamp: Stamp,
    ends: Time,
}

impl Backend {
    /// Commits `drafts`, of different rows, and what follows from them.
    pub(super) fn commit(&mut self, now: Time, drafts: Vec<Draft>) -> Vec<Commit> {
        self.commit_dated(now, None, drafts)
    }

    /// The same; where devices date what they write, with that date.
    pub(super) fn commit_dated(&mut self, now: Time, date: Option<Stamp>, drafts: Vec<Draft>) -> Vec<Commit> {
        let mut committing = self.begin_commit(now, date, drafts);
        self.go_on(&mut committing, usize::MAX)
    }

    /// Begins to commit `drafts`; nothing else may come between that and the last of them.
    pub(super) fn begin_commit(
        &mut self,
        now: Time,
        date: Option<Stamp>,
        mut drafts: Vec<Draft>,
    ) -> Committing {
        self.drop_due(now);
        self.show_due(now);
        self.derive(&mut drafts);
        let replaced = |draft: &Draft| draft.slot.map(|slot| self.table(draft.entity).record(slot).stamp);
        let old: Vec<Stamp> = drafts.iter().filter_map(replaced).collect();
        let stamp = match date {
            Some(date) => self.stamps.take(date, old.into_iter()),
            None => self.stamps.give(self.clock(now), old.into_iter()),
        };
        let ends = self.transaction_ends(now, &drafts);
        Committing { drafts: drafts.into_iter(), now, stamp, ends }
    }

    /// Commits the next rows, at most so many; none if all are.
    pub fn go_on(&mut self, committing: &mut Committing, most: usize) -> Vec<Commit> {
        let Committing { drafts, now, stamp, ends } = committing;
        drafts.take(most).map(|draft| self.commit_one(*now, draft, *stamp, *ends)).collect()
    }

    /// When the transaction of these drafts commits: at once, or by chance later. A function of the instant and the first row.
    fn transaction_ends(&self, now: Time, drafts: &[Draft]) -> Time {
        let (Some(delay), Some(first)) = (self.options.commit_delay, drafts.first()) else { return now };
        let row = xxh3_64(first.key.as_str().as_bytes());
        let mut stream = self.seed.stream("backend.commit", now.0, row);
        if stream.chance(delay.share.share()) { now + stream.up_to(delay.upto) } else { now }
    }

    fn commit_one(&mut self, now: Time, draft: Draft, stamp: Stamp, ends: Time) -> Commit {
        let Draft { entity: id, key, slot, values, author, written } = draft;
        // What nobody dates otherwise was made when it was committed.
        let edited_at = written.as_ref().map_or(stamp, |written| written.at);
        let writer = written.map(|written| written.by);
        let entity = self.schema.entity(id);
        let table = &mut self.tables[usize::from(id.0)];
        let before = slot.map(|slot| table.record(slot)).filter(|record| !record.deleted);
        let replaced = before.map(|record| record.stamp);
        let kind = match (&before, &values) {
            (None, _) => CommitKind::Insert,
            (Some(_), Some(_)) => CommitKind::Update,
            (Some(_), None) => CommitKind::Delete,
        };
        let after =
            values.clone().unwrap_or_else(|| Arc::clone(&before.expect("only a live row is deleted").values));
        let slot = slot.unwrap_or_else(|| table.insert(entity, key.clone()));
        let number = self.log.as_mut().and_then(Log::write);
        let showing = Showing { entity: id, slot, stamp, begun: now, values, writer, author, number };
        let deleted = showing.values.is_none();
        let version = Version { values: Arc::clone(&after), stamp, edited_at, deleted };
        // A row's transactions follow one another: the next waits for the lock of the one before.
        let lag = self.options.replica_lag;
        let before = table.hidden_until(slot).map_or(now, |until| Time(until.0.saturating_sub(lag.0)));
        let ends = ends.max(before);
        let shown_at = ends + lag;
        if shown_at > now {
            table.hide(slot, shown_at);
            self.unshown.add(shown_at, showing);
        } else {
            let noted = noted(&mut self.log, now, &showing);
            table.show(entity, &showing, noted);
        }
        table.write(slot, version);
        let visible_at = (ends > now).then_some(ends);
        Commit { entity: id, key, stamp, kind, values: after, author, replaced, visible_at }
    }

    /// Shows what is due at `now` to the readers of deltas.
    pub(super) fn show_due(&mut self, now: Time) {
        while let Some(showing) = self.unshown.due(now) {
            let entity = self.schema.entity(showing.entity);
            let noted = noted(&mut self.log, now, &showing);
            self.tables[usize::from(showing.entity.0)].show(entity, &showing, noted);
        }
    }
}

/// How a version is noted that is shown now.
fn noted(log: &mut Option<Log>, now: Time, showing: &Showing) -> Noted {
    match log {
        Some(log) => Noted { number: log.show(now, showing.number), arms: log.arms(showing.author) },
        None => Noted { number: 0, arms: false },
    }
}
