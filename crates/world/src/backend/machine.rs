//! The backend: its parts, put together as a server uses them to serve one request.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::apply::Verdicts;
use super::commit::{Commit, Fact};
use super::content::Content;
use super::database::Database;
use super::files::{File, Files};
use super::flags::{AllFlags, Flagging};
use super::log::{self, Holes, LogPage, LogPosition, LogQuery};
use super::office::Office;
use super::options::{BackendOptions, RejectionWindow};
use super::partition::{Change, Position, Scope, Upto};
use super::service::{Admitted, Failing, Load, Served, Service};
use super::sight::{Page, Query, RangeRead, Sight, Stretch};
use super::table::{Loaded, Record};
use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, Undone, Value};
use crate::contract::{
    Author, CommitKind, EachChange, Event, Guard, Mutation, Outcome, Refusal, RequestKind, Row, Schema,
    ServerError, SystemOfRecord,
};

/// The enterprise's system of record.
#[derive(Debug)]
pub struct Backend {
    /// Its pool of workers.
    pub service: Service,
    pub(super) database: Database,
    verdicts: Verdicts,
    flags: AllFlags,
    pub(crate) call: Call,
    /// See [`Backend::incarnation`].
    incarnation: u64,
    /// Stamp ranges that restores may have undone, in order. A wider one replaces those within it.
    undone: Vec<Undone>,
}

/// All durable state at one instant.
#[derive(Debug)]
pub(crate) struct Backup {
    content: Content,
    verdicts: Verdicts,
    flags: AllFlags,
    files: Files,
    /// The clock's number for this backup.
    number: usize,
}

impl Backend {
    /// An empty backend whose clock shows `start` at time 0. All randomness comes from `seed`.
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

    /// A local day begins, which moves the windows of scopes on.
    pub(crate) fn begin_day(&mut self, now: Time, day: u32) {
        self.database.begin_day(now, day);
    }

    /// How many rows came into a scope, or left it, though nobody wrote them.
    pub(crate) fn moves(&self, entity: EntityId, scope: Scope<'_>) -> u64 {
        let content = &self.database.content;
        let of = content.entity(entity).ok();
        let partition = of.and_then(|of| content.table(entity).partition(of, scope));
        partition.map_or(0, |partition| partition.moves)
    }

    /// Adds initial rows of `entity`; their stamps are truncated to the backend's precision.
    ///
    /// # Panics
    /// If a row does not have one value per column of the entity, or if a key occurs twice.
    pub fn load(&mut self, entity: EntityId, rows: impl IntoIterator<Item = Loaded>) {
        self.database.load(entity, rows.into_iter());
    }

    /// Its entities.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.database.content.schema
    }

    /// The maximum number of rows per page.
    pub fn page_cap(&self) -> u32 {
        self.database.options.page_cap.max(1)
    }

    /// The time after which the gateway gives up on a call.
    pub fn gateway_timeout(&self) -> Span {
        self.database.options.gateway_timeout
    }

    pub(crate) fn step_clock(&mut self, now: Time, micros: i64) {
        self.database.clock.step(now, micros);
    }

    pub(crate) fn add_rejection_window(&mut self, rejection_window: RejectionWindow) {
        self.database.rejection_windows.push(rejection_window);
    }

    /// When readers of deltas see everything committed so far; `None` if they already do.
    pub(crate) fn shown_by(&self) -> Option<Time> {
        let Database { clock, content, .. } = &self.database;
        // A clock that was set back reaches the stamp again later.
        content.unshown.last().max(clock.closes().map(|at| clock.when(at)))
    }

    /// When the clock reaches the greatest stamp given; time 0 if it was past it at the start.
    pub(crate) fn clock_at_latest(&self) -> Time {
        self.database.clock.when(self.database.clock.latest)
    }

    /// Since when some written version has been invisible to readers at `now`, if any is.
    pub(crate) fn unseen_since(&mut self, now: Time) -> Option<Time> {
        self.shown(now).database.content.unshown.since()
    }

    /// The smallest stamp of the versions invisible at `now`, if any.
    pub(crate) fn unseen_from(&mut self, now: Time) -> Option<Stamp> {
        self.shown(now).database.content.unshown.oldest()
    }

    /// The reading of the backend's clock.
    pub fn clock(&self, now: Time) -> Stamp {
        self.database.clock.at(now)
    }

    pub(crate) fn remembers_deletions(&self) -> bool {
        self.database.content.provisioning.tracks_deletes()
    }

    /// The number of live rows of an entity.
    pub fn len(&self, entity: EntityId) -> usize {
        self.database.content.table(entity).len()
    }

    /// The row of this key, deleted or not.
    pub fn row(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        self.database.content.row(entity, key)
    }

    /// All rows of `entity`, deleted ones too, in the order of keys. Sorts them on every call.
    pub fn rows(&self, entity: EntityId) -> impl Iterator<Item = &Record> {
        self.database.content.rows(entity)
    }

    /// The live rows of a pulled entity that belong on a device with these attributes, in the order
    /// of (stamp, key).
    pub fn in_scope(&self, entity: EntityId, attributes: &[Value]) -> impl Iterator<Item = &Record> {
        self.database.content.in_scope(entity, attributes)
    }

    pub(crate) fn give_ids(&mut self, entity: EntityId, count: u32) -> u64 {
        self.database.give(entity, count)
    }

    /// Applies a push that arrives at `now` from a device with these attributes.
    pub fn push(&mut self, now: Time, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        self.begin_call(now, Time::FAR);
        self.push_in_call(attributes, mutations)
    }

    /// The interface through which people in the office write.
    pub fn office(&mut self) -> Office<'_> {
        Office(&mut self.database)
    }

    /// The readable state at `now`, without versions that became due since the last read or write.
    pub(crate) fn sight(&self, now: Time) -> Sight<'_> {
        Sight { database: &self.database, now }
    }

    /// The readable state at `now`, after showing the versions that are due.
    pub(crate) fn shown(&mut self, now: Time) -> Sight<'_> {
        self.database.content.show_due(now);
        self.sight(now)
    }

    /// Delivers changes after `query.after` to `take`, in the order of (stamp, key) or as the
    /// backend sorts. Ends when there are no more, at `limit`, or when `take` breaks; the last
    /// change counts as taken.
    ///
    /// A row in scope comes with its values; one that left the scope, deleted or moved, comes as a
    /// tombstone. A first load gets tombstones only of rows that vanished since it began.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones that the reader has not seen may be purged, or
    /// if its cursor is ahead of the backend; [`ServerError::BadRequest`] if the entity is not
    /// pulled as deltas, or if the backend keeps no stamps.
    pub fn changes(
        &mut self,
        now: Time,
        query: Query<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let page = self.shown(now).changes(query, take)?;
        self.database.clock.passed(page.next.stamp);
        Ok(page)
    }

    /// Delivers changes within a stretch to `take`, in the order of (stamp, key). Ends when `take`
    /// breaks, but completes a tie that must be whole. Fails as [`Backend::changes`] does, except
    /// for cursors ahead of the backend.
    pub(crate) fn stretch(
        &mut self,
        now: Time,
        stretch: Stretch<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<RangeRead, ServerError> {
        let stretched = self.shown(now).stretch(stretch, take)?;
        if let Some(stamp) = stretched.greatest {
            self.database.clock.passed(stamp);
        }
        Ok(stretched)
    }

    pub(crate) fn log_start(&mut self, now: Time, holes: Holes) -> LogPosition {
        log::start(self.shown(now), holes)
    }

    /// Delivers log changes after `query.after`, until `limit` is reached or `take` breaks.
    pub(crate) fn logged(
        &mut self,
        now: Time,
        query: LogQuery<'_>,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<LogPage, ServerError> {
        let place = self.database.content.place(query.entity, query.scope)?;
        log::page(self.shown(now), place, query, take)
    }

    pub(crate) fn flags(&mut self) -> Flagging<'_> {
        Flagging { flags: &mut self.flags, content: &mut self.database.content }
    }

    /// The latest end of a claim in the interval after `since` and up to `upto`.
    pub(crate) fn claimed_until(&self, since: Time, upto: Time) -> Option<Time> {
        self.flags.claimed_until(since, upto)
    }

    pub(crate) fn file(&mut self, now: Time, entity: EntityId) -> Option<File<'_>> {
        let Database { files, content, clock, .. } = &mut self.database;
        files.file(now, (content, clock), entity)
    }

    pub(crate) fn backup(&mut self) -> Backup {
        let Database { content, files, clock, .. } = &mut self.database;
        let (content, files, number) = (content.clone(), files.clone(), clock.backed_up());
        Backup { content, files, number, verdicts: self.verdicts.clone(), flags: self.flags.clone() }
    }

    /// Restores a backup. The clock goes on, and no stamp is given twice. Returns the effect on
    /// each row as a commit.
    pub(crate) fn restore(&mut self, backup: Backup) -> Vec<Commit> {
        let Database { content, clock, files, day, .. } = &mut self.database;
        let undone = content.schema.ids().flat_map(|id| undone(content, &backup.content, id)).collect();
        (*content, *files) = (backup.content, backup.files);
        (self.verdicts, self.flags) = (backup.verdicts, backup.flags);
        content.begin_day(Time::ZERO, *day, None);
        // A counter in the database would go back too, and repeat a number.
        self.incarnation = (self.incarnation + 1).max(clock.greatest().0.max(0) as u64);
        clock.go_on_elsewhere();
        let from = clock.least_since(backup.number);
        self.undone.retain(|undone| undone.from < from);
        self.undone.push(Undone { from, until: Stamp(self.incarnation as i64) });
        undone
    }

    /// Stamp ranges of abandoned histories; each ends with the incarnation that replaced it.
    pub(crate) fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// The incarnation: 0 at first, then at least the latest stamp given before the last restore.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    pub(crate) fn begin_call(&mut self, now: Time, deadline: Time) {
        self.call = Call::new(now, deadline);
    }

    /// Admits the call. Must be called once per call, before it does anything.
    pub(crate) fn admit(&mut self, device: DeviceId) -> Result<(), ServerError> {
        let admitted = self.service.admit(self.call.now, device)?;
        self.call.admitted = Some(admitted);
        if admitted.fails == Some(Failing::Before) { Err(ServerError::Failed) } else { Ok(()) }
    }

    /// Ends the call. The gateway may no longer wait for the response.
    pub(crate) fn end_call<T>(&mut self, answer: Result<T, ServerError>) -> Called<T> {
        let Call { now, deadline, kind, load, facts, found, admitted } = &mut self.call;
        let (now, facts, found) = (*now, std::mem::take(facts), found.take());
        let Some(admitted) = *admitted else {
            return Called { answer, done_at: now, facts, work: None, found };
        };
        let work = self.service.serve(admitted, *kind, *load);
        // A writer gets its response when the transaction has committed.
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let answer = match admitted.fails {
            _ if done_at > *deadline => Err(ServerError::GatewayTimeout),
            Some(_) => Err(ServerError::Failed),
            None => answer,
        };
        Called { answer, done_at: done_at.min(*deadline), facts, work: Some(work), found }
    }

    /// Applies the mutations of a push in order, for the call under way. A mutation that is put off
    /// also puts off those that refer to its row.
    pub(crate) fn push_in_call(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        let reads = |mutation: &&Mutation| matches!(mutation.guard, Guard::Image(_));
        self.call.load.read += mutations.iter().filter(reads).count() as u64;
        let database = (&mut self.database, self.call.now);
        self.verdicts.push(database, attributes, mutations, &mut self.call.facts)
    }
}

/// The changes to an entity's rows if they go back to `before`, which may have more rows.
fn undone(present: &Content, before: &Content, id: EntityId) -> Vec<Commit> {
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

impl SystemOfRecord for Backend {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(Backend::schema(self))
    }
    fn clock(&self) -> Stamp {
        Backend::clock(self, self.service.begins(self.call.now))
    }
    fn changes(
        &mut self,
        entity: EntityId,
        attributes: &[Value],
        since: Option<Stamp>,
        f: &mut EachChange<'_>,
    ) -> Result<(), ServerError> {
        let position = since.map(Position::at);
        let (scope, after, upto) = (Scope::Of(attributes), position.as_ref(), Upto::Settled);
        let query = Query { entity, scope, after, limit: usize::MAX, upto };
        let page = Backend::changes(self, self.call.now, query, |change| {
            f(change.key.as_str(), change.stamp, change.values);
            ControlFlow::Continue(())
        })?;
        self.call.load.scanned += page.scanned;
        self.call.load.rows += page.delivered;
        Ok(())
    }
    fn get(&mut self, entity: EntityId, key: &Key) -> Option<Row> {
        self.call.load.scanned += 1;
        let record = self.row(entity, key)?;
        let values = (!record.deleted).then(|| record.values.to_vec());
        Some(Row { key: key.clone(), stamp: record.stamp, values })
    }
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        self.call.kind = RequestKind::Push;
        self.call.load.scanned += mutations.len() as u64;
        self.call.load.rows += mutations.len() as u64;
        self.push_in_call(attributes, mutations)
    }
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>) {
        let Mutation { edit, entity, ref key, kind, .. } = *edit;
        let (key, holder) = (key.clone(), None);
        self.call.facts.push(Fact::Refused { edit, entity, key, kind, conflict, holder });
    }
    fn carries(&mut self, by: EditId, others: &[EditId]) {
        self.call.facts.push(Fact::Carries(by, others.to_vec()));
    }
    fn remade(&mut self, by: EditId, columns: &[usize]) {
        self.call.facts.push(Fact::Remade(by, columns.to_vec()));
    }
    fn gave_way_by_column(&mut self, edit: EditId) {
        self.call.facts.push(Fact::ByColumn(edit));
    }
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) now: Time,
    /// When the gateway gives up on it.
    pub(crate) deadline: Time,
    /// A push as soon as anything was written.
    pub(crate) kind: RequestKind,
    pub(crate) load: Load,
    /// What the backend did, in order.
    pub(super) facts: Vec<Fact>,
    pub(crate) found: Option<Event<'static>>,
    pub(super) admitted: Option<Admitted>,
}

/// The result of a call.
#[derive(Debug)]
pub struct Called<T> {
    /// The response.
    pub answer: Result<T, ServerError>,
    /// When the response leaves the backend; the deadline if the gateway times out.
    pub done_at: Time,
    /// What the backend did, in order. All of it took effect when the call arrived.
    pub(crate) facts: Vec<Fact>,
    /// The backend's work; `None` if the call was refused.
    pub work: Option<Served>,
    /// The work that the gateway did to find changes.
    pub found: Option<Event<'static>>,
}

impl Call {
    pub(super) fn new(now: Time, deadline: Time) -> Call {
        let (kind, load, facts) = (RequestKind::Pull, Load::default(), Vec::new());
        Call { now, deadline, kind, load, facts, found: None, admitted: None }
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.is_some()
    }
}
