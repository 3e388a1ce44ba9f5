//! The workers of a one-way integration. Each worker reads changes, writes them to the other system
//! (the destination) and records its progress, page by page. A kill ends a worker between two of
//! these steps. Its next process continues from durable state. Module `integration` makes the
//! decisions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;

use crate::backend::{Backend, Called};
use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, Value};
use crate::contract::{Event, IntegrationEvent, Node, ServerError};
use crate::gateway::{Asking, Feed, FeedPage, FeedRow};
use crate::integration::{
    Answer, CursorKept, Destination, Failure, Handled, Ids, IntegrationOptions, Move, OnRejected, Platform,
    Remembers, Request, Settled, Write, settled, writes,
};
use crate::oracle::{Holdings, Inspection};
use crate::setup::Setup;
use crate::sim::{NodeId, Notify};
use crate::world::server::half::{Done, Servers};

/// The approximate bytes of a page request, and of each row in its response.
const ASKED: u64 = 200;
const ROW: u64 = 200;

/// The integration, with all state that outlives its workers.
pub(crate) struct Integration {
    servers: Rc<Servers>,
    pub(crate) options: IntegrationOptions,
    start: Stamp,
    seed: Seed,
    destination: RefCell<Destination>,
    platform: RefCell<Platform>,
    workers: Vec<Worker>,
    /// Notifies the workers that the drain waits for their next rounds.
    pub(crate) hurry: Notify,
    /// True if chance no longer kills workers.
    is_mended: Cell<bool>,
    /// The start of the last round that found nothing to transfer.
    quiet: Cell<Option<Time>>,
    /// The last time at which a row reached the destination, or was read to be written there.
    active: Cell<Time>,
    /// From this time on, the workers can find every commit.
    pub(crate) shown: Cell<Time>,
}

struct Worker {
    number: u32,
    node: NodeId,
    feed: Rc<RefCell<Feed>>,
    /// Cursors that are only in the worker's memory. A kill loses them.
    memory: RefCell<BTreeMap<EntityId, String>>,
    rounds: Cell<u64>,
    passed: Cell<u64>,
    is_at_work: Cell<bool>,
}

/// The round ends early: a step failed, or another worker has the claim.
struct Ends;

/// The first flag: the page had rows that the destination may accept. The second: there are more
/// pages.
type Carried = Result<(bool, bool), Ends>;

impl Integration {
    pub(crate) fn new(plan: &Setup, servers: &Rc<Servers>, end: Time) -> Option<Rc<Integration>> {
        let options = plan.integration.clone()?;
        let (handle, seed) = (&servers.handle, plan.seed.derive("world.integration", 0));
        let own = plan.fleets.iter().map(|fleet| fleet.devices).sum::<u32>() + 1;
        let worker = |number| Worker {
            number,
            node: handle.node("integration"),
            feed: Rc::new(RefCell::new(Feed::new(&options.capture, DeviceId(own + number)))),
            memory: RefCell::default(),
            rounds: Cell::new(0),
            passed: Cell::new(0),
            is_at_work: Cell::new(false),
        };
        let integration = Integration {
            workers: (0..options.workers).map(worker).collect(),
            destination: RefCell::new(Destination::new(options.destination.clone(), seed, end)),
            platform: RefCell::default(),
            servers: servers.clone(),
            start: plan.start,
            seed,
            hurry: handle.notify(),
            is_mended: Cell::new(false),
            quiet: Cell::new(None),
            active: Cell::new(Time::ZERO),
            shown: Cell::new(Time::ZERO),
            options,
        };
        if integration.options.destination.loaded {
            integration.load();
        }
        Some(Rc::new(integration))
    }

    /// Loads all rows into the destination and records them as transferred.
    fn load(&self) {
        let (backend, mut destination) = (self.servers.backend.borrow(), self.destination.borrow_mut());
        let mut platform = self.platform.borrow_mut();
        // A truncated stamp may stand for a later instant, so the cursor lies 1 µs earlier.
        let at = self.start.minus(Span::micros(1));
        for &entity in &self.options.entities {
            let mut ids = Vec::new();
            for row in backend.rows(entity).filter(|row| !row.deleted) {
                let (key, stamp, values) = (row.key.clone(), row.stamp, Some(row.values.clone()));
                let id = destination.load(&Write { entity, key: key.clone(), stamp, values, own: None });
                ids.push((key, Some(id)));
            }
            platform.note_ids(entity, &Settled { ids, rejected: Vec::new() });
            let cursor = self.workers[0].feed.borrow().cursor_at(entity, at);
            platform.set_cursor(entity, Some(cursor.clone()));
            destination.cursors.insert(entity, cursor);
        }
        for worker in &self.workers {
            worker.feed.borrow_mut().begin_with(&backend, &self.options.entities, at);
        }
    }

    pub(crate) fn start(self: &Rc<Self>) {
        (0..self.workers.len()).for_each(|at| self.start_worker(at));
    }
    fn start_worker(self: &Rc<Self>, at: usize) {
        let (worker, handle) = (&self.workers[at], &self.servers.handle);
        if !handle.is_up(worker.node) {
            handle.restart(worker.node);
        }
        handle.spawn(worker.node, "integration", self.clone().work(at));
    }

    async fn work(self: Rc<Self>, at: usize) {
        let (worker, handle) = (&self.workers[at], self.servers.handle.clone());
        loop {
            let begun = handle.now();
            worker.rounds.set(worker.rounds.get() + 1);
            worker.is_at_work.set(true);
            let quiet = self.round(worker).await;
            worker.is_at_work.set(false);
            if quiet {
                self.quiet.set(Some(begun));
            }
            let next = (begun + self.options.every).max(handle.now());
            let _ = handle.timeout(next, self.hurry.notified()).await;
        }
    }

    /// Goes through all entities once. Returns true if there was nothing to transfer and no step
    /// failed.
    async fn round(self: &Rc<Self>, worker: &Worker) -> bool {
        let mut quiet = true;
        for &entity in &self.options.entities {
            if self.options.is_stateless() {
                worker.memory.borrow_mut().clear();
            }
            let turn = Turn { of: self, worker, entity };
            let Ok(tried) = turn.retry().await else { return false };
            quiet &= !tried;
            loop {
                let Ok((carried, more)) = turn.carry().await else { return false };
                quiet &= !carried;
                if !more {
                    break;
                }
            }
        }
        self.platform.borrow_mut().release(worker.number);
        quiet
    }

    /// Passes a crash point, at which chance may kill the worker.
    async fn point(self: &Rc<Self>, worker: &Worker) {
        let nth = worker.passed.replace(worker.passed.get() + 1);
        let draw = self.seed.hash("killed", u64::from(worker.number), nth) % 1_000_000;
        if self.is_mended.get() || draw >= u64::from(self.options.killed.0) {
            return;
        }
        self.kill(worker);
        pending::<()>().await;
    }

    fn kill(self: &Rc<Self>, worker: &Worker) {
        let (handle, at) = (&self.servers.handle, worker.number as usize);
        handle.kill(worker.node);
        worker.feed.borrow_mut().forget();
        worker.memory.borrow_mut().clear();
        worker.is_at_work.set(false);
        self.tell(IntegrationEvent::Killed { worker: worker.number });
        let (me, wait) = (self.clone(), self.options.restart_after);
        handle.spawn(self.servers.node, "restart", async move {
            me.servers.handle.sleep(wait).await;
            me.start_worker(at);
        });
    }

    fn tell(&self, event: IntegrationEvent<'_>) {
        self.servers.hub.emit(Node::World, Event::Integration(event));
    }

    fn tell_lives(&self, event: IntegrationEvent<'_>) {
        self.servers.hub.tell_lives(Node::World, Event::Integration(event));
    }

    /// From now on no worker is killed, and the destination is never down.
    pub(crate) fn mend(&self) {
        self.is_mended.set(true);
        self.destination.borrow_mut().mend();
    }
    /// The time from which every worker finds all commits that readers can see at `shown`.
    pub(crate) fn found_by(&self, shown: Time) -> Time {
        let lease = self.options.capture.claimed_for.max(self.options.claim).unwrap_or(Span::ZERO);
        self.options.capture.found_by(shown) + lease
    }
    /// True if a round that began late enough found nothing to transfer, and no worker is at work.
    pub(crate) fn is_at_rest(&self) -> bool {
        let since = self.shown.get().max(self.active.get());
        let is_at_work = self.workers.iter().any(|worker| worker.is_at_work.get());
        !is_at_work && self.quiet.get().is_some_and(|quiet| quiet >= since)
    }
}

struct Turn<'t> {
    of: &'t Rc<Integration>,
    worker: &'t Worker,
    entity: EntityId,
}

impl Turn<'_> {
    /// Retries rejected rows. Returns true if the destination may accept some of them later.
    async fn retry(&self) -> Result<bool, Ends> {
        let entity = self.entity;
        let keys = self.of.platform.borrow().rejected(entity);
        if keys.is_empty() {
            return Ok(false);
        }
        self.claim()?;
        let asked = keys.clone();
        let read = self.ask(move |feed, backend, asking| feed.look_up(backend, asking, (entity, &asked)));
        let rows = read.await.map_err(|_| Ends)?;
        self.of.point(self.worker).await;
        let settled = self.write(&rows, None, true).await?;
        self.of.platform.borrow_mut().note_rejected(entity, &keys, &settled.rejected);
        self.of.point(self.worker).await;
        Ok(self.takes_any(&keys))
    }

    /// True if the destination accepts any of these rows, now or at a retry.
    fn takes_any(&self, keys: &[Key]) -> bool {
        let destination = self.of.destination.borrow();
        keys.iter().any(|key| !destination.refuses(self.entity, key))
    }

    /// Copies one page. The first flag is true if the page had rows that the destination may
    /// accept. The second is true if there are more pages. Rows that are always rejected may come
    /// in each round, so they do not count as work.
    async fn carry(&self) -> Carried {
        self.claim()?;
        let entity = self.entity;
        let cursor = self.cursor().await?;
        let FeedPage { rows, cursor: next, more } = self.read(cursor.clone()).await?;
        self.of.point(self.worker).await;
        if rows.is_empty() && (self.of.options.is_stateless() || cursor.as_ref() == Some(&next)) {
            return Ok((false, more));
        }
        if self.of.options.remembers == Remembers::BeforeWrite {
            self.remember(&next, &[]).await?;
            self.of.point(self.worker).await;
        }
        let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let waits = self.of.options.rejected == OnRejected::Stop;
        let moves = (self.of.options.cursor == CursorKept::Destination && !self.of.options.is_stateless())
            .then(|| Move { entity, from: cursor, to: next.clone(), waits });
        let retries = self.of.options.rejected == OnRejected::Retry;
        let in_doubt = if moves.is_some() && retries { &keys[..] } else { &[] };
        // The cursor passes rejected records. If the worker is killed, its next process would not
        // find them again, so they are noted first.
        self.of.platform.borrow_mut().note_rejected(entity, &[], in_doubt);
        let settled = self.write(&rows, moves, false).await?;
        self.of.platform.borrow_mut().note_rejected(entity, in_doubt, &[]);
        if waits && !settled.rejected.is_empty() {
            return Err(Ends);
        }
        let carried = self.takes_any(&keys);
        if carried {
            self.of.active.set(self.of.servers.handle.now());
        }
        if self.of.options.remembers == Remembers::AfterWrite {
            self.remember(&next, &settled.rejected).await?;
        } else if retries {
            self.of.platform.borrow_mut().note_rejected(entity, &[], &settled.rejected);
        }
        self.of.point(self.worker).await;
        Ok((carried, more))
    }

    fn claim(&self) -> Result<(), Ends> {
        let Some(length) = self.of.options.claim else { return Ok(()) };
        let now = self.of.servers.handle.now();
        let holds = self.of.platform.borrow_mut().claims(self.worker.number, now, now + length);
        if holds { Ok(()) } else { Err(Ends) }
    }

    /// The cursor up to which the entity is transferred; `None` at the beginning.
    async fn cursor(&self) -> Result<Option<String>, Ends> {
        let in_memory = || self.worker.memory.borrow().get(&self.entity).cloned();
        let kept = || self.of.platform.borrow().cursor(self.entity).map(str::to_owned);
        match self.of.options.cursor {
            _ if self.of.options.is_stateless() => Ok(in_memory().or_else(kept)),
            CursorKept::Integration => Ok(kept()),
            CursorKept::Memory => Ok(in_memory()),
            CursorKept::Destination => match self.call(Request::Cursor(self.entity), false).await {
                Ok(Answer::Cursor(cursor)) => Ok(cursor),
                _ => Err(Ends),
            },
        }
    }

    async fn read(&self, cursor: Option<String>) -> Result<FeedPage, Ends> {
        let entity = self.entity;
        let (limit, asked) = (self.of.options.page, cursor.clone());
        let page = self
            .ask(move |feed, backend, asking| feed.page(backend, asking, (entity, asked.as_deref()), limit));
        let page = page.await;
        if matches!(page, Err(ServerError::CursorExpired(_))) && cursor.is_some() {
            // The worker loads all rows again.
            self.worker.memory.borrow_mut().remove(&entity);
            self.of.platform.borrow_mut().set_cursor(entity, None);
        }
        let page = page.map_err(|_| Ends)?;
        if self.of.servers.hub.records_lives() {
            for FeedRow { key, stamp, .. } in &page.rows {
                let (worker, stamp) = (self.worker.number, *stamp);
                self.of.tell_lives(IntegrationEvent::Read { worker, entity, key, stamp });
            }
        }
        Ok(page)
    }

    /// Writes rows in batches of the size that the destination accepts. Records new ids at once.
    async fn write(&self, rows: &[FeedRow], mut moves: Option<Move>, again: bool) -> Result<Settled, Ends> {
        let entity = self.entity;
        let mut all = Settled::default();
        let batch = self.of.options.destination.batch.max(1) as usize;
        let mut batches: Vec<&[FeedRow]> = rows.chunks(batch).collect();
        if batches.is_empty() && moves.is_some() {
            batches.push(&[]);
        }
        for rows in batches {
            let writes = self.writes(rows).await?;
            if writes.is_empty() && moves.is_none() {
                continue;
            }
            let request = Request::Write(writes.clone(), moves.take());
            let Ok(Answer::Written(answers)) = self.call(request, again).await else {
                return Err(Ends);
            };
            let came = settled(&writes, &answers);
            self.of.platform.borrow_mut().note_ids(entity, &came);
            for key in &came.rejected {
                self.of.tell(IntegrationEvent::Rejected { entity, key });
            }
            all.ids.extend(came.ids);
            all.rejected.extend(came.rejected);
        }
        Ok(all)
    }

    async fn writes(&self, rows: &[FeedRow]) -> Result<Vec<Write>, Ends> {
        let entity = self.entity;
        if self.of.options.looks_up() && !rows.is_empty() {
            let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
            let Ok(Answer::Found(found)) = self.call(Request::Find(entity, keys.clone()), false).await else {
                return Err(Ends);
            };
            let known: BTreeMap<Key, u64> =
                keys.into_iter().zip(found).filter_map(|(key, id)| Some((key, id?))).collect();
            return Ok(writes(entity, rows, Some(&|key| known.get(key).copied())));
        }
        let platform = self.of.platform.borrow();
        let own = |key: &Key| platform.id(entity, key);
        let by_own_id = self.of.options.destination.ids != Ids::External;
        Ok(writes(entity, rows, by_own_id.then_some(&own)))
    }

    /// Records that all rows up to this cursor are transferred, except rejected rows.
    async fn remember(&self, cursor: &str, rejected: &[Key]) -> Result<(), Ends> {
        let entity = self.entity;
        let keeps = self.of.options.rejected == OnRejected::Retry;
        let (at, of) = (cursor.to_owned(), if keeps { rejected.to_vec() } else { Vec::new() });
        let left = if self.of.options.is_stateless() {
            let confirmed =
                self.ask(move |feed, backend, asking| feed.confirm(backend, asking, (entity, &at), &of));
            confirmed.await.map_err(|_| Ends)?
        } else {
            let (now, mut backend) = (self.of.servers.handle.now(), self.of.servers.backend.borrow_mut());
            let asking = self.asking(now, Time::FAR);
            let confirmed = self.worker.feed.borrow_mut().confirm(&mut backend, asking, (entity, &at), &of);
            confirmed.answer.map_err(|_| Ends)?
        };
        let mut platform = self.of.platform.borrow_mut();
        platform.note_rejected(entity, &[], &left);
        match self.of.options.cursor {
            CursorKept::Integration if !self.of.options.is_stateless() => {
                platform.set_cursor(entity, Some(cursor.to_owned()));
            }
            CursorKept::Destination if !self.of.options.is_stateless() => {}
            _ => _ = self.worker.memory.borrow_mut().insert(entity, cursor.to_owned()),
        }
        self.of.tell_lives(IntegrationEvent::Remembered { worker: self.worker.number, entity });
        Ok(())
    }

    fn asking(&self, now: Time, deadline: Time) -> Asking {
        let clock = self.of.start.plus(now.since(Time::ZERO)).plus(self.of.options.clock_ahead);
        Asking { now, deadline, clock, round: self.worker.rounds.get() }
    }

    /// Sends a request to the backend.
    async fn ask<T: 'static>(
        &self,
        work: impl FnOnce(&mut Feed, &mut Backend, Asking) -> Called<T> + 'static,
    ) -> Result<T, ServerError> {
        // The request gets a copy, because it may outlive the worker.
        let mut asking = self.asking(self.of.servers.handle.now(), Time::FAR);
        let feed = self.worker.feed.clone();
        let came = self.of.servers.over(ASKED, move |servers, deadline| {
            (asking.now, asking.deadline) = (servers.handle.now(), deadline);
            let called = work(&mut feed.borrow_mut(), &mut servers.backend.borrow_mut(), asking);
            servers.tell_call(&called, false);
            Done { bytes: ROW, at: called.done_at, value: called.answer }
        });
        came.await?
    }

    /// Calls the destination. The call takes effect on arrival, even if the worker dies.
    async fn call(&self, request: Request, again: bool) -> Result<Answer, Failure> {
        let handle = &self.of.servers.handle;
        let begun = handle.now();
        let records = match &request {
            Request::Write(writes, _) => writes.len() as u32,
            Request::Cursor(_) | Request::Find(..) => 0,
        };
        let (sender, receiver) = handle.oneshot();
        let (me, number) = (self.of.clone(), self.worker.number);
        handle.spawn(self.of.servers.node, "destination", async move {
            let half = Span(me.options.destination.rtt.0 / 2);
            let handle = me.servers.handle.clone();
            handle.sleep(half).await;
            let handled = me.destination.borrow_mut().handle(handle.now(), number, &request);
            let Handled { answer, took, taken } = handled;
            for one in &taken {
                me.active.set(handle.now());
                let (entity, key, stamp, removed) = (one.entity, &one.key, one.stamp, one.values.is_none());
                me.tell(IntegrationEvent::Delivered { entity, key, stamp, removed });
            }
            handle.sleep(took + half).await;
            let (failed, again) = (answer.is_err(), if again { records } else { 0 });
            let took = handle.now().since(begun);
            me.tell(IntegrationEvent::Called { worker: number, records, again, took, failed });
            // The worker may have given up or died; then nothing receives the response.
            let _ = sender.send(answer);
        });
        self.of.point(self.worker).await;
        let until = begun + self.of.options.timeout;
        let answer = match handle.timeout(until, receiver).await {
            Ok(Some(answer)) => answer,
            _ => Err(Failure::TimedOut),
        };
        self.of.point(self.worker).await;
        answer
    }
}

/// The integration's destination, for the final inspection; `None` without an integration.
pub(crate) struct Held<'i>(pub(crate) Option<&'i Integration>);

impl Held<'_> {
    /// Adds the check of the destination to an inspection.
    pub(crate) fn inspected<'o>(&self, mut inspection: Inspection<'o>) -> Inspection<'o> {
        self.0.iter().for_each(|of| inspection.check_destination(*of));
        inspection
    }
    /// True if a metric applies to this world.
    pub(crate) fn counts(&self, metric: &str) -> bool {
        self.0.is_some() || !metric.starts_with("destination.")
    }
    /// True if the destination has the backend's version of a row.
    pub(crate) fn has(&self, entity: EntityId, key: &Key) -> bool {
        let Some(of) = self.0 else { return true };
        let (backend, destination) = (of.servers.backend.borrow(), of.destination.borrow());
        let live = backend.row(entity, key).filter(|row| !row.deleted);
        destination.has(entity, key, live.map(|row| &*row.values))
    }
}

impl Holdings for Integration {
    fn entities(&self) -> &[EntityId] {
        &self.options.entities
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, &[Value])) {
        self.destination.borrow().records(entity, f);
    }
    fn refuses(&self, entity: EntityId, key: &Key) -> bool {
        self.destination.borrow().refuses(entity, key)
    }
    fn unrest(&self) -> Option<String> {
        let why = "the integration did not come to rest in time: its last rounds still found work, \
                   or failed";
        (!self.is_at_rest()).then(|| why.to_owned())
    }
}
