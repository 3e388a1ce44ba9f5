//! Responses from the replica, and the refresh of the replica.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::backend_call::{BackendCall, Batch, PageAsk, PageRead, Refresh, Upload, Verdicts};
use super::capture::{Ask, Effort, Reader};
use super::half::Answered;
use super::incarnation::Life;
use super::options::RefreshOptions;
use super::replica::{Captures, Copied, Judged, Replica, Waiting};
use super::server::{Gateway, ids, keys_of, touched, within};
use crate::backend::{self, Backend, Change, Load, Upto};
use crate::base::{DeviceId, EntityId, Span, Stamp, Time, UnitId};
use crate::contract::{Carried, Event, Mutation, Outcome, Overtaken, RequestKind, ServerError};
use crate::protocol::{Request, SyncRequest};

/// CPU time of the gateway to write a row into its replica or a mutation into its queue. SQLite
/// inserts some hundred thousand indexed rows per second (`cargo bench --bench gateway`).
const WRITTEN: Span = Span::micros(10);
const BATCH: usize = 100;
/// The wait before a failed page is requested again. It doubles with each further failure, up to
/// about a minute in total. A throttled page waits as long as the backend says.
const AGAIN_AFTER: Span = Span::secs(1);
const AGAIN_AT_MOST: u32 = 6;

impl Gateway {
    /// Responds from the replica. `None`: no replica, or the request must go to the backend.
    pub(super) fn answer_from_replica(&mut self, now: Time, request: &[u8]) -> Option<Answered> {
        self.persistent.as_ref()?;
        let read = self.read(request);
        let read = read.and_then(|read| self.compares_clock(now, &read.1).map(|()| read));
        let persistent = self.persistent.as_mut()?;
        let mut events = Vec::new();
        let (codec, limit) = (self.options.codec, self.options.response_limit);
        let answer = read.and_then(|(device, request)| {
            let attributes = &self.attributes[device.0 as usize];
            let scopes = |of: EntityId| {
                let entity = self.schema.entities.get(usize::from(of.0));
                self.former_scopes.of(device, entity, attributes, self.options.scope_change)
            };
            let (answer, rows) = match &request {
                Request::Pull(pull) => {
                    let writer = codec.pages(pull.asked());
                    persistent.pull(&mut self.cursors, attributes, &scopes, pull, writer)?
                }
                Request::Fetch(fetch) => persistent.fetch(attributes, fetch, codec.pages(fetch.asked()))?,
                Request::Push(push) => {
                    let outcomes = persistent.replica.queue(now, push, &mut events);
                    let answer = codec.results(push.asked(), &mut ids(push).zip(&outcomes));
                    return Ok((answer, WRITTEN * push.mutations.len() as u64));
                }
                Request::Sync(SyncRequest { push, pull }) => {
                    let outcomes = persistent.replica.queue(now, push, &mut events);
                    let writer = codec.pages_after(push.asked(), &mut ids(push).zip(&outcomes));
                    let pulled = persistent.pull(&mut self.cursors, attributes, &scopes, pull, writer);
                    let alone = || codec.results(push.asked(), &mut ids(push).zip(&outcomes));
                    pulled.unwrap_or_else(|_| (alone(), 0))
                }
            };
            let cpu = Effort { handled: rows, ..Effort::default() }.cpu();
            let age = now.since(persistent.replica.fresh().unwrap_or(now));
            events.push(Event::ReplicaServed { device, age, cpu });
            Ok((within(limit, answer)?, cpu))
        });
        self.cursors.response_done(answer.is_ok());
        let (answer, cpu) = answer.unwrap_or_else(|error| (codec.refusal(&error), Span::ZERO));
        Some(Answered { answer, done_at: now + cpu, events })
    }

    pub(crate) fn refreshes(&self) -> Option<&RefreshOptions> {
        self.persistent.as_ref().map(|persistent| &persistent.options)
    }

    /// Fills the replica as if it had been refreshed until `at`, the backend's start. Ends early
    /// once `stops` is true.
    pub fn fill(&mut self, backend: &Backend, at: Stamp, stops: &dyn Fn() -> bool) {
        let traces = backend.remembers_deletions() || self.options.capture().finds_absence;
        let (strategy, persistent) = (&mut self.strategy, self.persistent.as_mut());
        if let Some(persistent) = persistent {
            // Begin a microsecond earlier. A stamp truncated to `at` may stand for a later time,
            // and its row must come again.
            let before = at.minus(Span::micros(1));
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

    /// The start of the last complete refresh; `None` before the first.
    pub(crate) fn fresh(&self) -> Option<Time> {
        self.persistent.as_ref()?.replica.fresh()
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.persistent.as_ref().map_or(0, |persistent| persistent.replica.waiting())
    }

    fn replica(&mut self) -> &mut Replica {
        &mut self.persistent.as_mut().expect("only a persistent gateway has calls of its own").replica
    }

    fn itself(&self) -> DeviceId {
        DeviceId(self.attributes.len() as u32)
    }

    pub(crate) fn begin_refresh(&mut self, now: Time) -> Refresh {
        Refresh { begun: now, left: self.replica().entities().collect(), failures: 0, shown: Time::FAR }
    }

    /// The next page that a refresh needs; `None`: the refresh is done.
    pub(crate) fn next_page(&mut self, refresh: &Refresh) -> Option<PageAsk> {
        let entity = *refresh.left.front()?;
        Some(PageAsk { entity, cursor: self.replica().cursor(entity), refresh: refresh.begun.0 })
    }

    /// Requests a page from the backend at `now`. The gateway gives up at `deadline`.
    pub(crate) fn read_page(
        &mut self,
        now: Time,
        deadline: Time,
        backend: &mut Backend,
        ask: &PageAsk,
    ) -> BackendCall<PageRead> {
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
            Ok(PageRead { brought: Some(captures), .. }) => {
                let withheld = captures.withheld.iter().map(|key| key.as_str().len() as u64);
                captures.rows.iter().map(Copied::weight).sum::<u64>() + withheld.sum::<u64>()
            }
            Ok(_) | Err(_) => 0,
        };
        BackendCall { bytes: self.options.codec.frames().head + bytes, called }
    }

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
        let life = Life::of(backend.incarnation(), self.options.backend_restored);
        let undone = backend.undone().to_vec();
        let Ok(cursor) = life.read(*entity, cursor.as_deref().map(Cow::Borrowed)) else {
            return Ok(PageRead { life, undone, brought: None, scanned: 0, shown: Time::FAR });
        };
        let start = self.persistent.as_ref().map_or(Stamp(0), |persistent| persistent.start);
        let (schema, clock) = (Arc::clone(backend.schema()), start.plus(now.since(Time::ZERO)));
        let asked = Ask {
            reader: Reader::Replica,
            entity: *entity,
            cursor: cursor.as_deref(),
            limit,
            clock,
            local: clock,
            pull: (UnitId(0), *refresh),
        };
        let upto = self.strategy.loads_up_to();
        let as_of = backend.sight(now).settled(upto.unwrap_or(Upto::Settled));
        let loads_up_to = upto.filter(|_| cursor.is_none()).map(|_| as_of);
        let mut rows = Vec::new();
        let page = self.strategy.page(backend, now, asked, &mut |change, _| {
            rows.push(Copied::of(schema.entity(*entity), change));
            ControlFlow::Continue(())
        })?;
        *effort = page.effort;
        let Effort { scanned, writes, .. } = page.effort;
        backend.call.load = Load { scanned, rows: page.delivered, written: writes, ..Load::default() };
        let cursor = life.named(page.cursor);
        let (more, withheld) = (page.more, page.withheld);
        let captures = Captures { entity: *entity, rows, cursor, more, withheld, loads_up_to, as_of };
        let sees_by = backend.unseen_since(now).unwrap_or(now);
        let shown = self.files_as_of().unwrap_or(now).min(sees_by);
        Ok(PageRead { life, undone, brought: Some(captures), scanned, shown })
    }

    /// Takes a page, or its failure, into the replica. Returns true if the refresh continues.
    pub(crate) fn take_page(
        &mut self,
        refresh: &mut Refresh,
        ask: &PageAsk,
        page: Result<PageRead, ServerError>,
    ) -> (bool, Event<'static>) {
        let Gateway { strategy, persistent, .. } = self;
        let persistent = persistent.as_mut().expect("only a persistent gateway has calls of its own");
        let late = persistent.replica.cursor(ask.entity) != ask.cursor;
        let refused = late && persistent.options.fencing;
        let mut overtaken = None;
        if let Ok(page) = &page
            && !(refused && page.brought.is_some())
        {
            persistent.enters(ask, page);
        }
        let (mut changed, mut failed) = (0, false);
        let scanned = page.as_ref().map_or(0, |page| page.scanned);
        let brought = page.map(|page| page.brought.map(|captures| (captures, page.shown)));
        match brought {
            Ok(None) => {}
            Ok(Some((captures, _))) if refused => {
                overtaken = Some(Overtaken::Refused { rows: captures.rows.len() as u64 });
            }
            Ok(Some((captures, shown))) => {
                refresh.shown = refresh.shown.min(shown);
                if late {
                    overtaken = Some(Overtaken::Written { rows: captures.rows.len() as u64 });
                }
                if !captures.more {
                    refresh.left.pop_front();
                }
                refresh.failures = 0;
                let taken = persistent.take(captures);
                changed = taken.changed;
                // The capture believes that the replica holds these rows, but it does not. A
                // comparing capture must send them again.
                for key in &taken.passed_over {
                    strategy.touched(refresh.begun, Reader::Replica, ask.entity, key);
                }
            }
            // Another node took pages in the meantime: only this request's cursor is old.
            Err(ServerError::CursorExpired(_)) if refused => {}
            Err(ServerError::CursorExpired(_)) if ask.cursor.is_some() => {
                persistent.replica.load_again(ask.entity);
                persistent.gathered.retain(|page| page.entity != ask.entity);
            }
            Err(_) => failed = true,
        }
        let (bytes, cpu) = (persistent.replica.bytes(), WRITTEN * changed);
        (!failed, Event::RefreshAsked { scanned, changed, bytes, cpu, failed, overtaken })
    }

    /// The wait before a failed page is requested again. `None`: the next refresh continues with
    /// this page. A capture that reads in pages would begin again at the next refresh, so it waits
    /// here. A throttled refresh also waits, because it would never end otherwise.
    pub(crate) fn asks_again(&self, refresh: &mut Refresh, error: &ServerError) -> Option<Span> {
        let wait = match error {
            ServerError::Throttled(until_then) => *until_then,
            ServerError::Unavailable | ServerError::GatewayTimeout | ServerError::Failed
                if self.strategy.reads_in_pages() =>
            {
                AGAIN_AFTER * (1 << refresh.failures)
            }
            _ => return None,
        };
        refresh.failures += 1;
        (refresh.failures <= AGAIN_AT_MOST).then_some(wait)
    }

    pub(crate) fn end_refresh(&mut self, now: Time, refresh: &Refresh) -> Event<'static> {
        let persistent = self.persistent.as_mut().expect("only a persistent gateway has calls of its own");
        persistent.refreshed(refresh, now);
        Event::Refreshed { took: now.since(refresh.begun) }
    }

    /// The next mutations of a pass for the backend. `None` at the end of the pass, and while the
    /// replica loads: a load would not report a row that is gone before the load ends.
    pub(crate) fn next_batch(&mut self, round: &Upload) -> Option<Batch> {
        if self.replica().is_loading() {
            return None;
        }
        let first = self.replica().first(round.after, BATCH, &round.put_off);
        (!first.is_empty()).then_some(Batch(first))
    }

    /// Applies a batch at the backend at `now`. The gateway gives up at `deadline`.
    pub(crate) fn push_batch(
        &mut self,
        now: Time,
        deadline: Time,
        backend: &mut Backend,
        batch: &Batch,
    ) -> BackendCall<Verdicts> {
        backend.begin_call(now, deadline);
        backend.call.kind = RequestKind::Push;
        let answer = backend.admit(self.itself()).map(|()| self.verdicts(backend, batch));
        let rows = batch.0.len() as u64;
        backend.call.load = Load { scanned: rows, rows, read: backend.call.load.read, ..Load::default() };
        let called = backend.end_call(answer);
        let admitted = backend.call.is_admitted();
        let frames = self.options.codec.frames();
        BackendCall { bytes: if admitted { frames.of_verdicts(rows) } else { frames.head }, called }
    }

    fn verdicts(&mut self, backend: &mut Backend, batch: &Batch) -> Verdicts {
        let now = backend.call.now;
        let life = Life::of(backend.incarnation(), self.options.backend_restored);
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
            judged.rows = rows_in_verdict(backend, &waiting.mutation, &judged.outcome);
            touched(&mut *self.strategy, (now, Reader::Replica), &waiting.mutation, &judged.outcome);
        }
        Verdicts { life, undone: backend.undone().to_vec(), judged }
    }

    /// Records the verdicts of a batch. A deferred edit stays in the queue for another pass. So
    /// does every edit judged in an abandoned incarnation.
    pub(crate) fn settle(
        &mut self,
        now: Time,
        round: &mut Upload,
        batch: &Batch,
        verdicts: &Verdicts,
    ) -> Vec<Event<'static>> {
        let Gateway { strategy, persistent, attributes, .. } = self;
        let persistent = persistent.as_mut().expect("only a persistent gateway has calls of its own");
        if persistent.is_over(verdicts.life) {
            round.after = batch.0.iter().map(|waiting| waiting.seq).fold(round.after, i64::max);
            round.put_off.extend(batch.devices());
            return Vec::new();
        }
        for waiting in &batch.0 {
            persistent.hears(waiting.mutation.entity, verdicts.life, &verdicts.undone);
        }
        let both = || batch.0.iter().zip(&verdicts.judged);
        let replica = &mut persistent.replica;
        let judged = || both().filter(|(_, judged)| judged.outcome != Outcome::Later);
        let theirs = |waiting: &Waiting| &*attributes[waiting.device.0 as usize];
        let told = judged().map(|(waiting, judged)| (waiting, judged, theirs(waiting)));
        replica.settle(now, verdicts.life.is_another(), told);
        for (waiting, judged) in both() {
            touched(&mut **strategy, (now, Reader::Replica), &waiting.mutation, &judged.outcome);
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
}

fn rows_in_verdict(backend: &Backend, mutation: &Mutation, outcome: &Outcome) -> Vec<Copied> {
    let Some(entity) = backend.schema().entities.get(usize::from(mutation.entity.0)) else {
        return Vec::new();
    };
    if matches!(outcome, Outcome::Later | Outcome::Queued) {
        return Vec::new();
    }
    let records = keys_of(mutation, outcome).filter_map(|key| backend.row(mutation.entity, key));
    let change = |record: &backend::Record| {
        let values = (!record.deleted).then_some(&*record.values);
        Copied::of(entity, Change { key: &record.key, stamp: record.stamp, values, is_new: false })
    };
    records.map(change).collect()
}
