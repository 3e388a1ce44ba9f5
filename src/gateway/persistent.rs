//! A gateway with a replica: what it answers by itself, and what it wants of the backend.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::capture::{Ask, Effort, Reader, Strategy};
use super::errand::{Batch, Brought, Errand, PageAsk, PageRead, Refresh, Upload, Verdicts};
use super::held::{Cursors, Keeping, Line};
use super::incarnation::Life;
use super::options::{Capture, CursorSaved, RefreshOptions};
use super::replica::{Captures, Copied, Judged, Replica, Sent, Taken, Waiting};
use super::server::Gateway;
use crate::backend::{self, Backend, Change, Load};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{
    Answered, Carried, Event, Mutation, Outcome, Overtaken, RequestKind, Schema, ServerError,
};
use crate::disk;
use crate::protocol::{FetchRequest, PageWriter, PullRequest, PushRequest, Request, Weighed};

/// Processor time of the gateway to write a row into its replica or a mutation into its queue: SQLite takes in some hundred
/// thousand indexed rows a second (`cargo bench --bench gateway`).
const WRITTEN: Span = Span::micros(10);
/// Mutations that go to the backend in one request.
const BATCH: usize = 100;

/// What a gateway has that keeps a replica.
pub(super) struct Persistent {
    pub(super) replica: Replica,
    options: RefreshOptions,
    start: Stamp,
    /// Pages whose cursors are saved and whose rows are not.
    gathered: Vec<Captures>,
    /// The next process loads everything again.
    begins_afresh: bool,
    /// The backend's life that was last heard of by a page of each entity, since the process began.
    lives: BTreeMap<EntityId, Life>,
}

/// The keys of the rows that a verdict speaks of: that of the mutation, and one that is in its way.
fn keys_of<'m>(mutation: &'m Mutation, outcome: &'m Outcome) -> impl Iterator<Item = &'m Key> {
    let other = match outcome {
        Outcome::Conflict { current, .. } | Outcome::Rejected { current, .. } => {
            current.as_ref().map(|row| &row.key).filter(|key| **key != mutation.key)
        }
        Outcome::Applied { .. } | Outcome::Later | Outcome::Queued => None,
    };
    std::iter::once(&mutation.key).chain(other)
}

/// The rows that a verdict speaks of, as the backend has them now.
fn spoken_of(backend: &Backend, mutation: &Mutation, outcome: &Outcome) -> Vec<Copied> {
    let Some(entity) = backend.schema().entities.get(usize::from(mutation.entity.0)) else {
        return Vec::new();
    };
    if matches!(outcome, Outcome::Later | Outcome::Queued) {
        return Vec::new();
    }
    let records = keys_of(mutation, outcome).filter_map(|key| backend.row(mutation.entity, key));
    let change = |record: &backend::Record| {
        let values = (!record.deleted).then_some(&*record.values);
        Copied::of(entity, Change { key: &record.key, stamp: record.stamp, values })
    };
    records.map(change).collect()
}

/// The replica is about to hold these rows as a verdict brought them, when that has come home: whatever it was sent before.
fn touched(now: Time, strategy: &mut dyn Strategy, mutation: &Mutation, outcome: &Outcome) {
    for key in keys_of(mutation, outcome) {
        strategy.touched(now, Reader::Replica, mutation.entity, key);
    }
}

impl Persistent {
    pub(super) fn new(options: &RefreshOptions, schema: Arc<Schema>, start: Stamp) -> Persistent {
        Persistent {
            replica: Replica::new(schema, start.0),
            options: options.clone(),
            start,
            gathered: Vec::new(),
            begins_afresh: false,
            lives: BTreeMap::new(),
        }
    }

    pub(super) fn die(&mut self) {
        self.replica.kill();
        self.gathered.clear();
        self.lives.clear();
    }

    /// A page comes home from this life of the backend. If it is another than the replica knows of, the entity begins again: the
    /// cursor tells, and where a load has none yet, what was heard before.
    fn enters(&mut self, ask: &PageAsk, page: &PageRead) {
        let life = self.lives.entry(ask.entity).or_default();
        let known = std::mem::replace(life, page.life.max(*life));
        if matches!(page.brought, Brought::OtherLife) || ask.cursor.is_none() && known < page.life {
            self.replica.begin_again(ask.entity);
            self.gathered.retain(|page| page.entity != ask.entity);
        }
    }

    /// Whether the backend has left this life, as far as the gateway knows.
    fn is_over(&self, life: Life) -> bool {
        self.lives.values().any(|known| *known > life)
    }

    /// Takes a page into the replica.
    fn take(&mut self, page: Captures) -> Taken {
        if self.options.cursor_saved == CursorSaved::WithRows {
            return self.replica.take(&page);
        }
        let (entity, more) = (page.entity, page.more);
        let cursor = page.cursor.clone();
        self.replica.take(&Captures { entity, rows: Vec::new(), cursor, more: true, loads_up_to: None });
        self.gathered.push(page);
        if more {
            return Taken::default();
        }
        let gathered = std::mem::take(&mut self.gathered);
        let (whole, left): (Vec<_>, Vec<_>) = gathered.into_iter().partition(|page| page.entity == entity);
        self.gathered = left;
        whole.iter().map(|page| self.replica.take(page)).fold(Taken::default(), Taken::and)
    }

    pub(super) fn reopen(&mut self) {
        self.replica.reopen(self.start.0);
        if std::mem::take(&mut self.begins_afresh) {
            let entities: Vec<EntityId> = self.replica.entities().collect();
            entities.into_iter().for_each(|entity| self.replica.load_afresh(entity));
        }
    }

    /// The replica's files are those of a backup. Where that was `noticed`, devices that heard of more load again. Flags did not go
    /// back with it: what was marked since then would not come again, so everything does.
    pub(super) fn restore(&mut self, noticed: Option<Time>, files: &disk::Backup) {
        let epoch = noticed.map(|now| self.start.plus(now.since(Time::ZERO)).0);
        self.replica.restore(files, epoch);
        self.begins_afresh = noticed.is_some() && matches!(self.options.capture, Capture::Flag(_));
    }

    pub(super) fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.replica.cursor_at(entity, stamp)
    }

    fn pull(
        &self,
        mut cursors: Option<&mut Cursors>,
        attributes: &[Value],
        pull: &PullRequest,
        mut writer: Box<dyn PageWriter>,
    ) -> Result<(Vec<u8>, u64), ServerError> {
        let most = u64::from(pull.rows.max(1));
        let mut rows = 0;
        for want in &pull.wants {
            if rows >= most || (writer.bytes() >= pull.bytes && rows > 0) {
                break;
            }
            writer.begin_page(want.entity);
            let line = Line { device: pull.device, entity: want.entity, unit: pull.unit };
            let cursor = cursors.next(line, want.cursor.as_deref())?;
            let limit = (most - rows) as usize;
            let page = self.replica.page(want.entity, attributes, cursor.as_deref(), limit, |sent| {
                let (key, stamp, cells): Sent<'_> = sent;
                writer.kept_row(key, stamp, cells);
                if writer.bytes() >= pull.bytes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let page = page.inspect_err(|error| cursors.failed(line, error))?;
            writer.end_page(&cursors.sends(line, page.cursor), page.more);
            rows += page.delivered;
        }
        Ok((writer.finish(), rows))
    }

    fn fetch(
        &self,
        attributes: &[Value],
        fetch: &FetchRequest,
        mut writer: Box<dyn PageWriter>,
    ) -> Result<(Vec<u8>, u64), ServerError> {
        writer.begin_page(fetch.entity);
        let limit = fetch.rows.max(1) as usize;
        let fetched =
            self.replica.fetch(fetch.entity, attributes, &fetch.of, limit, |(key, stamp, cells)| {
                writer.kept_row(key, stamp, cells);
            });
        let (rows, more) = fetched?;
        writer.end_page("", more);
        Ok((writer.finish(), rows))
    }

    fn push(&mut self, now: Time, push: &PushRequest, events: &mut Vec<Event<'static>>) -> Vec<Outcome> {
        self.replica.queue(now, push, |Mutation { edit, .. }, is_new| {
            let edit = *edit;
            events.push(if is_new { Event::UploadQueued { edit } } else { Event::UploadWaits { edit } });
        })
    }
}

impl Gateway {
    /// Answers a request that comes at `now` from the replica; `None` if there is none, and the request is for the backend.
    pub(super) fn answer_from_replica(&mut self, now: Time, request: &[u8]) -> Option<Answered> {
        self.persistent.as_ref()?;
        let read = self.read(request);
        let persistent = self.persistent.as_mut()?;
        let clock = persistent.start.plus(now.since(Time::ZERO));
        let mut events = Vec::new();
        let codec = self.codec;
        let answer = read.and_then(|(device, request)| {
            let attributes = &self.attributes[device.0 as usize];
            let (answer, rows) = match &request {
                Request::Pull(pull) => {
                    persistent.pull(self.cursors.as_mut(), attributes, pull, codec.pages(clock))?
                }
                Request::Fetch(fetch) => persistent.fetch(attributes, fetch, codec.pages(clock))?,
                Request::Push(push) => {
                    let outcomes = persistent.push(now, push, &mut events);
                    let ids = push.mutations.iter().map(|mutation| mutation.id.as_str());
                    let answer = codec.results(clock, &mut ids.zip(&outcomes));
                    return Ok((answer, WRITTEN * push.mutations.len() as u64));
                }
            };
            let cpu = Effort { handled: rows, ..Effort::default() }.cpu();
            let age = now.since(persistent.replica.fresh().unwrap_or(now));
            events.push(Event::ReplicaServed { device, age, cpu });
            Ok((answer, cpu))
        });
        self.cursors.iter_mut().for_each(|cursors| cursors.answered(answer.is_ok()));
        let (answer, cpu) = answer.unwrap_or_else(|error| (codec.refusal(&error), Span::ZERO));
        Some(Answered { answer, done_at: now + cpu, events })
    }

    /// How it feeds its replica, if it keeps one.
    pub fn refreshes(&self) -> Option<&RefreshOptions> {
        self.persistent.as_ref().map(|persistent| &persistent.options)
    }

    /// The replica has what the backend has, as if it had been refreshed all along until `at`, the backend's start; not all of it once
    /// it `stops`.
    pub fn fill(&mut self, backend: &Backend, at: Stamp, stops: &dyn Fn() -> bool) {
        let (strategy, persistent) = (&mut self.strategy, self.persistent.as_mut());
        if let Some(persistent) = persistent {
            // A tick earlier: a stamp that was cut to this very instant may stand for a later moment, which comes again.
            let before = at.minus(Span::micros(1));
            let traces = backend.remembers_deletions() || strategy.finds_absence();
            let cursor = |entity| strategy.cursor_at(entity, before);
            persistent.replica.fill(backend, traces, cursor, stops);
            strategy.begin_with(backend.schema(), Reader::Replica, before, &mut |f| {
                for entity in persistent.replica.entities() {
                    let rows = backend.rows(entity).take_while(|_| !stops());
                    for row in rows.filter(|row| !row.deleted) {
                        let (key, stamp, values) = (row.key.as_str(), row.stamp, &*row.values);
                        f(Carried { entity, key, stamp, values });
                    }
                }
            });
        }
    }

    /// When the refresh began that the replica is as fresh as; `None` before the first.
    pub fn fresh(&self) -> Option<Time> {
        self.persistent.as_ref()?.replica.fresh()
    }

    /// Mutations that wait for the backend.
    pub fn waiting(&self) -> u64 {
        self.persistent.as_ref().map_or(0, |persistent| persistent.replica.waiting())
    }

    fn replica(&mut self) -> &mut Replica {
        &mut self.persistent.as_mut().expect("only a persistent gateway has errands").replica
    }

    /// The gateway as one client of the backend, beside its devices.
    fn itself(&self) -> DeviceId {
        DeviceId(self.attributes.len() as u32)
    }

    /// Begins a refresh of all entities.
    pub fn begin_refresh(&mut self, now: Time) -> Refresh {
        Refresh { begun: now, left: self.replica().entities().collect(), failures: 0 }
    }

    /// The next page that a refresh needs; `None` at its end.
    pub fn next_page(&mut self, refresh: &Refresh) -> Option<PageAsk> {
        let entity = *refresh.left.front()?;
        Some(PageAsk { entity, cursor: self.replica().cursor(entity), refresh: refresh.begun.0 })
    }

    /// A page is asked for at the backend, at `now`; the gateway gives up on it at `deadline`.
    pub fn read_page(
        &mut self,
        now: Time,
        deadline: Time,
        backend: &mut Backend,
        ask: &PageAsk,
    ) -> Errand<PageRead> {
        backend.begin_call(now, deadline);
        let mut effort = Effort::default();
        let admitted = backend.admit(self.itself());
        let answer = admitted.and_then(|()| self.page_for_replica(backend, ask, &mut effort));
        let mut called = backend.end_call(answer);
        if backend.call.is_admitted() {
            self.strategy.answered(backend, now, called.answer.is_ok());
            called.found = Some(effort.event(self.strategy.state()));
        }
        let bytes = match &called.answer {
            Ok(PageRead { brought: Brought::Page { captures, .. }, .. }) => {
                let weight = |row: &Copied| self.codec.weight(Weighed::Copied(Some(row.weighed())));
                captures.rows.iter().map(weight).sum()
            }
            Ok(_) | Err(_) => 0,
        };
        Errand { bytes: self.codec.weight(Weighed::Copied(None)) + bytes, called }
    }

    /// A page of changes for the replica, as a call that was let in reads it.
    fn page_for_replica(
        &mut self,
        backend: &mut Backend,
        ask: &PageAsk,
        effort: &mut Effort,
    ) -> Result<PageRead, ServerError> {
        let now = backend.call.now;
        let limit = self.persistent.as_ref().map_or(1, |persistent| persistent.options.page);
        let limit = limit.clamp(1, backend.page_cap()) as usize;
        let PageAsk { entity, cursor, refresh } = ask;
        let life = Life::of(backend.incarnation(), self.backend_restored);
        let Ok(cursor) = life.read(*entity, cursor.as_deref().map(Cow::Borrowed)) else {
            return Ok(PageRead { life, brought: Brought::OtherLife });
        };
        let (schema, clock) = (Arc::clone(backend.schema()), self.clock(now));
        let asked = Ask {
            reader: Reader::Replica,
            entity: *entity,
            cursor: cursor.as_deref(),
            limit,
            clock,
            local: clock,
            pull: (UnitId(0), *refresh),
        };
        let upto = self.strategy.loads_up_to().filter(|_| cursor.is_none());
        let loads_up_to = upto.map(|upto| backend.sight(now).settled(upto));
        let mut rows = Vec::new();
        let page = self.strategy.page(backend, now, asked, &mut |change, _| {
            rows.push(Copied::of(schema.entity(*entity), change));
            ControlFlow::Continue(())
        })?;
        *effort = page.effort;
        let Effort { scanned, writes, .. } = page.effort;
        backend.call.load = Load { scanned, rows: page.delivered, written: writes };
        let cursor = life.named(page.cursor);
        let captures = Captures { entity: *entity, rows, cursor, more: page.more, loads_up_to };
        Ok(PageRead { life, brought: Brought::Page { captures, scanned } })
    }

    /// A page has come home, or has not: takes it into the replica. True if the refresh goes on.
    pub fn take_page(
        &mut self,
        refresh: &mut Refresh,
        ask: &PageAsk,
        page: Result<PageRead, ServerError>,
    ) -> (bool, Event<'static>) {
        let Gateway { strategy, persistent, .. } = self;
        let persistent = persistent.as_mut().expect("only a persistent gateway has errands");
        let late = persistent.replica.cursor(ask.entity) != ask.cursor;
        let refused = late && persistent.options.fencing;
        let mut overtaken = None;
        if let Ok(page) = &page
            && !(refused && matches!(page.brought, Brought::Page { .. }))
        {
            persistent.enters(ask, page);
        }
        let (changed, scanned, goes_on, failed) = match page.map(|page| page.brought) {
            Ok(Brought::OtherLife) => (0, 0, true, false),
            Ok(Brought::Page { captures, scanned }) if refused => {
                overtaken = Some(Overtaken::Refused { rows: captures.rows.len() as u64 });
                (0, scanned, true, false)
            }
            Ok(Brought::Page { captures, scanned }) => {
                if late {
                    overtaken = Some(Overtaken::Written { rows: captures.rows.len() as u64 });
                }
                if !captures.more {
                    refresh.left.pop_front();
                }
                refresh.failures = 0;
                let Taken { changed, passed_over } = persistent.take(captures);
                // Told it is, and yet it does not hold that: whoever compares has to tell it again.
                for key in &passed_over {
                    strategy.touched(refresh.begun, Reader::Replica, ask.entity, key);
                }
                (changed, scanned, true, false)
            }
            // What another node has since taken made this cursor old, and the present one is good.
            Err(ServerError::CursorExpired(_)) if refused => (0, 0, true, false),
            Err(ServerError::CursorExpired(_)) if ask.cursor.is_some() => {
                persistent.replica.load_afresh(ask.entity);
                persistent.gathered.retain(|page| page.entity != ask.entity);
                (0, 0, true, false)
            }
            Err(_) => (0, 0, false, true),
        };
        let (bytes, cpu) = (persistent.replica.bytes(), WRITTEN * changed);
        (goes_on, Event::RefreshAsked { scanned, changed, bytes, cpu, failed, overtaken })
    }

    /// A page of a refresh failed: after how long it is asked for again. `None` if that is left to the next refresh, which goes on
    /// from there, unless the capture would begin a reading anew, or was throttled: one that always begins with more pages than it is let
    /// in with would never end.
    pub fn asks_again(&self, refresh: &mut Refresh, error: &ServerError) -> Option<Span> {
        if !self.strategy.reads_in_pages() && !matches!(error, ServerError::Throttled(_)) {
            return None;
        }
        refresh.again_after(error)
    }

    /// A refresh has come to its end.
    pub fn end_refresh(&mut self, now: Time, refresh: &Refresh) -> Event<'static> {
        let persistent = self.persistent.as_mut().expect("only a persistent gateway has errands");
        persistent.replica.refreshed(refresh.begun, now, persistent.options.kept);
        Event::Refreshed { took: now.since(refresh.begun) }
    }

    /// The next mutations of a round that go to the backend together; `None` at its end, and while the replica loads: of a row
    /// that is gone again by then a load says nothing.
    pub fn next_batch(&mut self, round: &Upload) -> Option<Batch> {
        if self.replica().is_loading() {
            return None;
        }
        let first = self.replica().first(round.after, BATCH, &round.put_off);
        (!first.is_empty()).then_some(Batch(first))
    }

    /// Mutations have come to the backend at `now`; the gateway gives up on them at `deadline`.
    pub fn push_batch(
        &mut self,
        now: Time,
        deadline: Time,
        backend: &mut Backend,
        batch: &Batch,
    ) -> Errand<Verdicts> {
        backend.begin_call(now, deadline);
        backend.call.kind = RequestKind::Push;
        let answer = backend.admit(self.itself()).map(|()| self.verdicts(backend, batch));
        let rows = batch.0.len() as u64;
        backend.call.load = Load { scanned: rows, rows, written: 0 };
        let called = backend.end_call(answer);
        let admitted = backend.call.is_admitted();
        let weighed = if admitted { Weighed::Verdicts(rows) } else { Weighed::Copied(None) };
        Errand { bytes: self.codec.weight(weighed), called }
    }

    /// What a batch comes to, as a call that was let in brings it.
    fn verdicts(&mut self, backend: &mut Backend, batch: &Batch) -> Verdicts {
        let now = backend.call.now;
        let life = Life::of(backend.incarnation(), self.backend_restored);
        let put_off = || Judged { outcome: Outcome::Later, rows: Vec::new() };
        let mut judged: Vec<Judged> = batch.0.iter().map(|_| put_off()).collect();
        for device in batch.devices() {
            let of_device =
                || batch.0.iter().enumerate().filter(move |(_, waiting)| waiting.device == device);
            let mutations: Vec<Mutation> = of_device().map(|(_, waiting)| waiting.mutation.clone()).collect();
            let outcomes = backend.push_in_call(&self.attributes[device.0 as usize], &mutations);
            for ((place, _), outcome) in of_device().zip(outcomes) {
                judged[place].outcome = outcome;
            }
        }
        for (waiting, judged) in batch.0.iter().zip(&mut judged) {
            judged.rows = spoken_of(backend, &waiting.mutation, &judged.outcome);
            touched(now, &mut *self.strategy, &waiting.mutation, &judged.outcome);
        }
        Verdicts { life, judged }
    }

    /// The backend's verdicts have come home: writes them down, with the rows that they make. What was put off stays in the
    /// queue for another round. So does all of a batch that was judged in a life that the backend has left: those rows never were.
    pub fn settle(
        &mut self,
        now: Time,
        round: &mut Upload,
        batch: &Batch,
        verdicts: &Verdicts,
    ) -> Vec<Event<'static>> {
        let Gateway { strategy, persistent, attributes, .. } = self;
        let persistent = persistent.as_mut().expect("only a persistent gateway has errands");
        if persistent.is_over(verdicts.life) {
            round.after = batch.0.iter().map(|waiting| waiting.seq).fold(round.after, i64::max);
            round.put_off.extend(batch.devices());
            return Vec::new();
        }
        let both = || batch.0.iter().zip(&verdicts.judged);
        for (waiting, judged) in both() {
            touched(now, &mut **strategy, &waiting.mutation, &judged.outcome);
        }
        let replica = &mut persistent.replica;
        let judged = || both().filter(|(_, judged)| judged.outcome != Outcome::Later);
        let theirs = |waiting: &Waiting| &*attributes[waiting.device.0 as usize];
        let told = judged().map(|(waiting, judged)| (waiting, judged, theirs(waiting)));
        replica.settle(now, verdicts.life.is_another(), told);
        for (waiting, judged) in both() {
            round.after = round.after.max(waiting.seq);
            if judged.outcome == Outcome::Later && !round.put_off.contains(&waiting.device) {
                round.put_off.push(waiting.device);
            }
        }
        let decided = judged().map(|(waiting, _)| Event::UploadDecided {
            edit: waiting.mutation.edit,
            waited: now.since(waiting.queued),
        });
        decided.collect()
    }

    fn clock(&self, now: Time) -> Stamp {
        let start = self.persistent.as_ref().map_or(Stamp(0), |persistent| persistent.start);
        start.plus(now.since(Time::ZERO))
    }
}
