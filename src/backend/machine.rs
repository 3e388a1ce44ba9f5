//! The machine: its parts, put together.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::apply::Verdicts;
use super::backup::{Backup, undone};
use super::call::Call;
use super::commit::{Commit, Fact};
use super::database::Database;
use super::delta::{Page, Query, Sight};
use super::files::File;
use super::flags::{AllFlags, Flagging};
use super::hindrance::Hindrance;
use super::log::{self, Holes, LogPage, LogPosition, LogQuery};
use super::office::Office;
use super::options::BackendOptions;
use super::partition::Scope;
use super::position::Change;
use super::service::Service;
use super::stretch::{Stretch, Stretched};
use super::table::{Loaded, Record};
use crate::base::{EntityId, Key, Seed, Span, Stamp, Time, Undone, Value};
use crate::contract::{Mutation, Outcome, Schema, ServerError};

/// The enterprise's system of record.
#[derive(Debug)]
pub struct Backend {
    /// How requests are served.
    pub service: Service,
    pub(super) database: Database,
    verdicts: Verdicts,
    flags: AllFlags,
    /// The call that is under way, or was last.
    pub call: Call,
    /// When it last went back to a backup.
    incarnation: u64,
    /// What each return may have undone, the last one last; one that holds an earlier one stands
    /// for both.
    undone: Vec<Undone>,
}

impl Backend {
    /// An empty backend whose clock shows `start` at time 0; what is left to chance comes of
    /// `seed`.
    pub fn new(schema: Arc<Schema>, options: BackendOptions, start: Stamp, seed: Seed) -> Backend {
        let options = Arc::new(options);
        Backend {
            service: Service::new(Arc::clone(&options), seed),
            database: Database::new(schema, options, start, seed),
            verdicts: Verdicts::default(),
            flags: AllFlags::default(),
            call: Call::new(Time::ZERO, Time::FAR),
            incarnation: 0,
            undone: Vec::new(),
        }
    }

    /// Adds initial rows of `entity`; their stamps are cut to the backend's precision.
    ///
    /// # Panics
    /// When a row has not as many values as the entity has columns, or a key comes twice.
    pub fn load(&mut self, entity: EntityId, rows: impl IntoIterator<Item = Loaded>) {
        self.database.load(entity, rows.into_iter());
    }

    /// What is synced.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.database.content.schema
    }

    /// At most this many rows in one answer.
    pub fn page_cap(&self) -> u32 {
        self.database.options.page_cap.max(1)
    }

    /// The gateway waits this long for an answer.
    pub fn gateway_timeout(&self) -> Span {
        self.database.options.gateway_timeout
    }

    /// Sets the clock forward by so many microseconds at `now`, or back.
    pub fn step_clock(&mut self, now: Time, micros: i64) {
        self.database.clock.step(now, micros);
    }

    /// Adds a time in which it does not take some edits; before the world starts.
    pub fn hinder(&mut self, hindrance: Hindrance) {
        self.database.hindrances.0.push(hindrance);
    }

    /// When all that is committed so far can be seen by readers of deltas, if that is still to
    /// come.
    pub fn shown_by(&self) -> Option<Time> {
        let Database { clock, content, .. } = &self.database;
        // A clock that was put back shows it again later.
        content.unshown.last().max(clock.stamps.closes().map(|at| clock.when(at)))
    }

    /// When the clock is at the greatest stamp that there is; the beginning if it was before.
    pub fn clock_at_latest(&self) -> Time {
        let clock = &self.database.clock;
        clock.when(clock.stamps.latest())
    }

    /// Since when readers do not see at `now` all that was written, if so: a transaction is under
    /// way, or a read replica is behind. Databases say so of both.
    pub fn unseen_since(&mut self, now: Time) -> Option<Time> {
        self.shown(now).database.content.unshown.since()
    }

    /// The smallest stamp of those versions, if so.
    pub fn unseen_from(&mut self, now: Time) -> Option<Stamp> {
        self.shown(now).database.content.unshown.oldest()
    }

    /// The backend's clock at `now`.
    pub fn clock(&self, now: Time) -> Stamp {
        self.database.clock.at(now)
    }

    /// Whether a deleted row leaves a trace.
    pub fn remembers_deletions(&self) -> bool {
        self.database.content.provisioning.deletes()
    }

    /// Live rows of `entity`.
    pub fn len(&self, entity: EntityId) -> usize {
        self.database.content.table(entity).len()
    }

    /// Whether `entity` has no live row.
    pub fn is_empty(&self, entity: EntityId) -> bool {
        self.len(entity) == 0
    }

    /// The row of this key, deleted or not.
    pub fn row(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        self.database.content.row(entity, key)
    }

    /// All rows of `entity`, the deleted ones too, in the order of keys; sorted for each call.
    pub fn rows(&self, entity: EntityId) -> impl Iterator<Item = &Record> {
        self.database.content.rows(entity)
    }

    /// The live rows of an entity pulled as deltas that belong on a device with these attributes,
    /// in the order of (stamp, key).
    pub fn in_scope<'b>(
        &'b self,
        entity: EntityId,
        attributes: &[Value],
    ) -> impl Iterator<Item = &'b Record> {
        self.database.content.in_scope(entity, attributes)
    }

    /// Gives out a block of so many numbers for keys of new rows; gives the first.
    pub fn give_ids(&mut self, entity: EntityId, count: u32) -> u64 {
        self.database.give(entity, count)
    }

    /// Applies the mutations of a push of a device with these attributes in their order, and adds
    /// to `facts` what happened.
    ///
    /// One that is put off takes with it those that point to its row: they would be rejected for
    /// good.
    pub fn push(
        &mut self,
        now: Time,
        attributes: &[Value],
        mutations: &[Mutation],
        facts: &mut Vec<Fact>,
    ) -> Vec<Outcome> {
        self.verdicts.push((&mut self.database, now), attributes, mutations, facts)
    }

    /// Applies one mutation of a device with these attributes, and adds to `facts` what happened.
    ///
    /// A mutation whose idempotency key was seen before is answered with the verdict of that time,
    /// whatever it says now and whatever the verdict was: a device that changes its mind after a
    /// conflict makes a new mutation with a new key. One that is put off has had no verdict. Keys
    /// are known for as long as [`BackendOptions::idempotency`] says.
    pub fn apply(
        &mut self,
        now: Time,
        attributes: &[Value],
        mutation: &Mutation,
        facts: &mut Vec<Fact>,
    ) -> Outcome {
        self.verdicts.apply((&mut self.database, now), attributes, mutation, facts)
    }

    /// The office, which writes as it likes.
    pub fn office(&mut self) -> Office<'_> {
        Office(&mut self.database)
    }

    /// What can be read at `now` of what was shown when somebody last read or wrote.
    pub fn sight(&self, now: Time) -> Sight<'_> {
        Sight { database: &self.database, now }
    }

    /// What can be read at `now`, with what is due then.
    fn shown(&mut self, now: Time) -> Sight<'_> {
        self.database.content.show_due(now);
        self.sight(now)
    }

    /// Delivers the changes after `query.after` to `take`, in the order of (stamp, key), until
    /// there are no more, `limit` is reached, or `take` breaks (the change that it broke at counts
    /// as taken).
    ///
    /// A row that is in scope comes with its values; one that was and is no more, deleted or moved
    /// away, as a tombstone. A first load gets tombstones only of what vanished since it began.
    /// Costs what is delivered, wherever in the entity, and where the backend filters coarsely what
    /// was read since the last multiple of its precision.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones that the reader has not seen may be purged, or
    /// if it claims to have read what is not written yet; [`ServerError::BadRequest`] if the entity
    /// is not pulled as deltas, or the backend keeps no stamps.
    pub fn changes(
        &mut self,
        now: Time,
        query: Query<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let page = self.shown(now).changes(query, take)?;
        self.database.clock.stamps.passed(page.next.stamp);
        Ok(page)
    }

    /// Delivers changes within a stretch to `take`, in the order of (stamp, key). Where `take`
    /// breaks the limit is reached; a tie that is to be whole goes on regardless.
    ///
    /// Costs what is delivered and what is passed over.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones from there on may be purged;
    /// [`ServerError::BadRequest`] if the entity is not pulled as deltas, or the backend keeps no
    /// stamps.
    pub fn stretch(
        &mut self,
        now: Time,
        stretch: Stretch<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Stretched, ServerError> {
        let stretched = self.shown(now).stretch(stretch, take)?;
        if let Some((stamp, _)) = &stretched.last {
            self.database.clock.stamps.passed(*stamp);
        }
        Ok(stretched)
    }

    /// Delivers to `take` all rows of `entity` in `scope` that readers see at `now`, in the order
    /// of keys: what one transaction reads that is isolated from all others. Gives how many rows
    /// the backend looked at, which is all it has.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if there is no such entity, or the devices of the scope do not
    /// pull it.
    pub fn all(
        &mut self,
        now: Time,
        entity: EntityId,
        scope: Scope<'_>,
        take: impl FnMut(Change<'_>),
    ) -> Result<u64, ServerError> {
        self.shown(now).all(entity, scope, take)
    }

    /// Where a reader of the log begins that has nothing.
    ///
    /// # Panics
    /// If the backend keeps no log.
    pub fn log_start(&mut self, now: Time, holes: Holes) -> LogPosition {
        log::start(self.shown(now), holes)
    }

    /// Delivers what the log has after `query.after` to `take`, until there is no more, `limit` is
    /// reached, or `take` breaks (the change that it broke at counts as taken). A reader that
    /// begins gets the content first.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if entries that the reader has not seen are trimmed, or if it
    /// claims to have read what is not written yet; [`ServerError::BadRequest`] if the entity is
    /// not pulled as deltas.
    ///
    /// # Panics
    /// If the backend keeps no log.
    pub fn logged(
        &mut self,
        now: Time,
        query: LogQuery<'_>,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<LogPage, ServerError> {
        let place = self.database.content.place(query.entity, query.scope)?;
        log::page(self.shown(now), place, query, take)
    }

    /// The flags of those who read by them.
    pub fn flags(&mut self) -> Flagging<'_> {
        Flagging { flags: &mut self.flags, content: &mut self.database.content }
    }

    /// When the last claim ends, or ended, of those that do after `since` and by `upto`. One that
    /// ended before its consumer came again is among them.
    pub fn claimed_until(&self, since: Time, upto: Time) -> Option<Time> {
        self.flags.claimed_until(since, upto)
    }

    /// The file of `entity` that is there; `None` if the backend writes no files.
    pub fn file(&mut self, now: Time, entity: EntityId) -> Option<File<'_>> {
        let Database { files, content, clock, .. } = &mut self.database;
        files.file(now, (content, clock), entity)
    }

    /// A copy of all that is durable.
    pub fn backup(&mut self) -> Backup {
        let Database { content, files, clock, .. } = &mut self.database;
        let (content, files, number) = (content.clone(), files.clone(), clock.stamps.backed_up());
        Backup { content, files, number, verdicts: self.verdicts.clone(), flags: self.flags.clone() }
    }

    /// Goes back to a backup: what was committed since is gone, and so is the memory of it. The
    /// clock goes on, and no stamp of what is gone is given again. Gives what that did to each row,
    /// by entity in the order of keys, as if it were commits of their own.
    pub fn restore(&mut self, backup: Backup) -> Vec<Commit> {
        let Database { content, clock, files, .. } = &mut self.database;
        let undone = content.schema.ids().flat_map(|id| undone(content, &backup.content, id)).collect();
        (*content, *files) = (backup.content, backup.files);
        (self.verdicts, self.flags) = (backup.verdicts, backup.flags);
        // A count would have gone back too, and be given twice.
        self.incarnation = (self.incarnation + 1).max(clock.stamps.greatest().0.max(0) as u64);
        clock.stamps.go_on_elsewhere();
        let from = clock.stamps.least_since(backup.number);
        self.undone.retain(|undone| undone.from < from);
        self.undone.push(Undone { from, until: Stamp(self.incarnation as i64) });
        undone
    }

    /// Where versions lie of histories that it left by going back, be some of its present one; the
    /// last of these ends with its [incarnation](Backend::incarnation).
    pub fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// Tells its present history from those that it left by going back: 0, or the latest stamp that
    /// it had given when it last did. Cursors know of one of them.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }
}
