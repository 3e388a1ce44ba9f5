//! The backend: joins the parts of this module and handles one call at a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::apply::{Verdicts, is_poisoned};
use super::commit::{Commit, Fact};
use super::content::Content;
use super::database::Database;
use super::files::{File, Files};
use super::flags::{AllFlags, Flagging};
use super::log::{self, History, Holes, LogPage, LogPosition, LogQuery};
use super::office::Office;
use super::options::{BackendOptions, PoisonResponse, RejectionWindow};
use super::partition::{Change, Position, Scope, Upto};
use super::service::{Admitted, Failing, Load, Served, Service};
use super::sight::{Page, Query, RangeRead, Sight, Stretch};
use super::table::{Loaded, Record};
use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, Undone, Value};
use crate::contract::{
    Author, CommitKind, EachChange, Event, Guard, Mutation, Outcome, Refusal, RequestKind, Row, Schema,
    ServerError, SystemOfRecord,
};

/// The company's system of record.
#[derive(Debug)]
pub struct Backend {
    /// The backend's pool of workers.
    pub service: Service,
    pub(super) database: Database,
    verdicts: Verdicts,
    flags: AllFlags,
    pub(crate) call: Call,
    /// See [`Backend::incarnation`].
    incarnation: u64,
    /// Stamp ranges that restores may have undone, in order. None lies within another.
    undone: Vec<Undone>,
}

/// The whole durable state at one instant.
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
    /// An empty backend. Its clock shows `start` at time 0. All randomness comes from `seed`.
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

    /// Begins a local day: this moves the windows of scopes.
    pub(crate) fn begin_day(&mut self, now: Time, day: u32) {
        self.database.begin_day(now, day);
    }

    /// The number of rows that came into a scope or left it without a write to the row.
    pub(crate) fn moves(&self, entity: EntityId, scope: Scope<'_>) -> u64 {
        let content = &self.database.content;
        let of = content.entity(entity).ok();
        let partition = of.and_then(|of| content.table(entity).partition(of, scope));
        partition.map_or(0, |partition| partition.moves)
    }

    /// Adds initial rows of `entity` and truncates their stamps to the backend's precision.
    ///
    /// # Panics
    /// If a row does not have one value per column of the entity, or if a key occurs twice.
    pub fn load(&mut self, entity: EntityId, rows: impl IntoIterator<Item = Loaded>) {
        self.database.load(entity, rows.into_iter());
    }

    /// The backend's entities.
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

    /// The time when readers of deltas see all commits so far; `None` if they see them now.
    pub(crate) fn shown_by(&self) -> Option<Time> {
        let Database { clock, content, .. } = &self.database;
        // If the clock was set back, it shows the end of the tick later.
        content.unshown.last().max(clock.closes().map(|at| clock.when(at)))
    }

    /// The time when the clock reaches the greatest stamp given; time 0 if that was before the
    /// start.
    pub(crate) fn clock_at_latest(&self) -> Time {
        self.database.clock.when(self.database.clock.latest)
    }

    /// The time since which some written version is invisible at `now`; `None` if all are visible.
    pub(crate) fn unseen_since(&mut self, now: Time) -> Option<Time> {
        self.shown(now).database.content.unshown.since()
    }

    /// The smallest stamp of the versions invisible at `now`; `None` if all are visible.
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

    /// The row with this key, deleted or not.
    pub fn row(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        self.database.content.row(entity, key)
    }

    /// All rows of `entity`, also deleted ones, in the order of keys. Each call sorts them.
    pub fn rows(&self, entity: EntityId) -> impl Iterator<Item = &Record> {
        self.database.content.rows(entity)
    }

    /// The live rows of a pulled entity that belong on a device with these attributes. They come in
    /// the order of (stamp, key).
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

    /// The readable state at `now`. Versions that became due after the last read or write are still
    /// missing.
    pub(crate) fn sight(&self, now: Time) -> Sight<'_> {
        Sight { database: &self.database, now }
    }

    /// The readable state at `now`, with the versions that are due.
    pub(crate) fn shown(&mut self, now: Time) -> Sight<'_> {
        self.database.content.show_due(now);
        self.sight(now)
    }

    /// Delivers changes after `query.after` to `take`, in the order of (stamp, key) or in the
    /// backend's own order. Ends at the last change, at `limit`, or when `take` breaks; the last
    /// change counts as taken.
    ///
    /// A row in scope comes with its values. A row that left the scope, deleted or moved, comes as
    /// a tombstone. A first load gets tombstones only of rows that left after it began.
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

    /// Delivers changes within a stretch (a range of stamps) to `take`, in the order of (stamp,
    /// key). Ends when `take` breaks, but first completes changes with the same stamp if the
    /// stretch asks for that. Fails like [`Backend::changes`], but not for cursors ahead of the
    /// backend.
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

    /// The position at which a first load by the log begins.
    pub(crate) fn log_start(&mut self, now: Time, holes: Holes, history: History) -> LogPosition {
        log::start(self.shown(now), holes, history)
    }

    /// Delivers log changes after `query.after`. Ends at `limit` or when `take` breaks.
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

    /// The latest end of a claim after `since` and up to `upto`.
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

    /// Restores a backup. The clock continues, and no stamp is given twice. Returns the effect on
    /// each row as a commit.
    pub(crate) fn restore(&mut self, backup: Backup) -> Vec<Commit> {
        let Database { content, clock, files, day, .. } = &mut self.database;
        let undone = content.schema.ids().flat_map(|id| undone(content, &backup.content, id)).collect();
        (*content, *files) = (backup.content, backup.files);
        (self.verdicts, self.flags) = (backup.verdicts, backup.flags);
        content.begin_day(Time::ZERO, *day, None);
        // A counter stored in the database would go back with the restore and repeat a number.
        self.incarnation = (self.incarnation + 1).max(clock.greatest().0.max(0) as u64);
        clock.go_on_elsewhere();
        let from = clock.least_since(backup.number);
        self.undone.retain(|undone| undone.from < from);
        self.undone.push(Undone { from, until: Stamp(self.incarnation as i64) });
        undone
    }

    /// The stamp ranges that restores undid. Each ends with the number of the incarnation that
    /// followed.
    pub(crate) fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// The incarnation: 0 before any restore, then at least the last stamp before the restore.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    pub(crate) fn begin_call(&mut self, now: Time, deadline: Time) {
        self.call = Call::new(now, deadline);
    }

    /// Admits the call. Use it once per call, before the call has any effect.
    pub(crate) fn admit(&mut self, device: DeviceId) -> Result<(), ServerError> {
        let admitted = self.service.admit(self.call.now, device)?;
        self.call.admitted = Some(admitted);
        if admitted.fails == Some(Failing::Before) { Err(ServerError::Failed) } else { Ok(()) }
    }

    /// Ends the call. The gateway may have stopped waiting for the response.
    pub(crate) fn end_call<T>(&mut self, answer: Result<T, ServerError>) -> Called<T> {
        let Call { now, deadline, kind, load, facts, found, admitted, has_failed } = &mut self.call;
        let (now, facts, found) = (*now, std::mem::take(facts), found.take());
        let has_failed = *has_failed;
        let Some(admitted) = *admitted else {
            return Called { answer, done_at: now, facts, work: None, found };
        };
        let work = self.service.serve(admitted, *kind, *load);
        // A writer gets its response after the transaction has committed.
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let answer = match admitted.fails {
            _ if done_at > *deadline => Err(ServerError::GatewayTimeout),
            Some(_) => Err(ServerError::Failed),
            None if has_failed => Err(ServerError::Failed),
            None => answer,
        };
        Called { answer, done_at: done_at.min(*deadline), facts, work: Some(work), found }
    }

    /// Applies the mutations of a push in order, for the call in progress. If a mutation is
    /// deferred, those that refer to its row are deferred too. If a mutation makes the whole call
    /// fail, none is applied.
    pub(crate) fn push_in_call(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome> {
        let reads = |mutation: &&Mutation| matches!(mutation.guard, Guard::Image(_));
        self.call.load.read += mutations.iter().filter(reads).count() as u64;
        let options = &self.database.options;
        let fails = options.poison_response == PoisonResponse::Fail;
        if fails && mutations.iter().any(|mutation| is_poisoned(mutation, options)) {
            self.call.has_failed = true;
            return vec![Outcome::Later; mutations.len()];
        }
        let database = (&mut self.database, self.call.now);
        self.verdicts.push(database, attributes, mutations, &mut self.call.facts)
    }
}

/// The changes to an entity's rows when they go back to `before`, which may have more rows.
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
    /// The time when the gateway gives up on the call.
    pub(crate) deadline: Time,
    /// A call becomes a push with its first write.
    pub(crate) kind: RequestKind,
    pub(crate) load: Load,
    /// The effects on the backend, in order.
    pub(super) facts: Vec<Fact>,
    pub(crate) found: Option<Event<'static>>,
    pub(super) admitted: Option<Admitted>,
    /// True if a mutation made the call fail. The response is then an error, also for the call's
    /// other parts.
    has_failed: bool,
}

/// The result of a call.
#[derive(Debug)]
pub struct Called<T> {
    /// The response.
    pub answer: Result<T, ServerError>,
    /// The time when the response leaves the backend; the deadline if the gateway times out.
    pub done_at: Time,
    /// The effects on the backend, in order. All of them happened when the call arrived.
    pub(crate) facts: Vec<Fact>,
    /// The backend's work; `None` if the call was refused.
    pub work: Option<Served>,
    /// The gateway's work to find changes.
    pub found: Option<Event<'static>>,
}

impl Call {
    pub(super) fn new(now: Time, deadline: Time) -> Call {
        let (kind, load, facts) = (RequestKind::Pull, Load::default(), Vec::new());
        Call { now, deadline, kind, load, facts, found: None, admitted: None, has_failed: false }
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.is_some()
    }
}
