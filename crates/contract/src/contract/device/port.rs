//! What an engine may ask of the world.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use super::app::EditKind;
use super::future::LocalBoxFuture;
use super::hook::{HookEnd, HookError, Hooks, Occasion, Threw};
use super::slip::Slip;
use super::transport::{Cacheable, Response, Transport, TransportError};
use crate::base::{EntityId, Seed, Span, Stamp, Time, UnitId};
use crate::contract::observe::{ConflictKind, Decision, EngineEvent, EventSink, RequestKind, Sides};
use crate::contract::server::Mutation;

pub trait Clock {
    /// Monotonic time; does not know the date.
    fn now(&self) -> Time;
    /// The device's wall clock, right or wrong.
    fn wall(&self) -> Stamp;
    /// What the person sees: the wall clock in local time, which a journey moves.
    fn local(&self) -> Stamp {
        self.wall()
    }
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()>;
}

/// Runs tasks of the device's process; they end with it.
pub trait Spawn {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// Named places in an engine at which the world may kill the process.
pub trait CrashPoints {
    /// Called on reaching `point`; `true` means that the process dies here and the caller must not
    /// go on: it awaits for ever.
    fn reached(&self, point: &str) -> bool;
}

/// Work that costs a device time, besides what its disk charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes of JSON encoded or decoded; of another format, of JSON that takes as long.
    pub coded_bytes: u64,
    /// The same for work that native code does, whatever language the app is in: packing.
    pub native_bytes: u64,
    pub steps: u64,
    /// The engine's own work besides, in time of the reference core.
    pub own: Span,
}

pub trait Machine {
    /// Takes on `work`, and whatever was done to the disk since the last call; says when it is
    /// done.
    ///
    /// Call it right after each transaction, and tell nobody of what was done before that time: the
    /// process may die in between. Work on the database waits for the work on it that was taken on
    /// before.
    fn take_on(&self, work: Work) -> Time;
    /// Takes on work of the app's processor that nothing waits for, in time of the reference core.
    fn computes(&self, own: Span) {
        let _ = own;
    }
    /// The process is about to decode an answer of `bytes`. `false` means that it has not the
    /// memory for that and dies here, and that the caller must not go on: it awaits for ever.
    fn can_decode(&self, bytes: u64) -> bool;
    /// The process has so many bytes of requests in memory that it sends, written out of the rows
    /// beside them. `false` means that it has not the memory for that and dies here, as above.
    fn can_send(&self, bytes: u64) -> bool {
        let _ = bytes;
        true
    }
    /// A row of an answer is about to be written. `false` means that it cannot be read this time,
    /// as if its text was damaged or something was locked; another time it may.
    fn can_read(&self, entity: EntityId, key: &str) -> bool {
        let _ = (entity, key);
        true
    }
    fn has_bad_rows(&self) -> bool {
        false
    }
}

/// A request, as those are told of it who listen.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub number: u64,
    pub kind: RequestKind,
    pub unit: Option<UnitId>,
    pub edits: &'a [Mutation],
    pub attempt: u32,
}

/// Everything that an engine gets of the world.
#[derive(Clone)]
pub struct Ports {
    pub clock: Rc<dyn Clock>,
    pub spawn: Rc<dyn Spawn>,
    pub transport: Rc<dyn Transport>,
    pub crash: Rc<dyn CrashPoints>,
    pub events: Rc<dyn EventSink>,
    pub hooks: Rc<dyn Hooks>,
    pub machine: Rc<dyn Machine>,
    /// Where the engine's random streams come from. It is the same for all processes of
    /// a device: the name of a stream says of which incarnation it is.
    pub seed: Seed,
}

impl Ports {
    pub fn emit(&self, event: EngineEvent<'_>) {
        self.events.emit(event);
    }
    pub async fn sleep(&self, span: Span) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }
    /// Does `tick` once each `period` while the process lives.
    pub fn every(&self, period: Span, tick: impl Fn() + 'static) {
        let ports = self.clone();
        self.spawn.spawn(Box::pin(async move {
            loop {
                ports.sleep(period).await;
                tick();
            }
        }));
    }
    /// Sends a request, and waits for its answer until `deadline`. Tells that it and its edits are
    /// sent, and if so that it failed; whether what came is an answer only the engine can tell.
    pub async fn call(&self, call: Call<'_>, body: Vec<u8>, deadline: Time) -> Response {
        self.call_by(call, body, None, deadline).await
    }
    /// The same for a request that a cache on the way may answer, if it is `cacheable`.
    pub async fn call_by(
        &self,
        call: Call<'_>,
        body: Vec<u8>,
        cacheable: Option<Cacheable>,
        deadline: Time,
    ) -> Response {
        let Call { number: request, kind, unit, edits, attempt } = call;
        let (bytes, rows) = (body.len() as u64, edits.len() as u32);
        self.emit(EngineEvent::RequestSent { request, kind, unit, bytes, rows, attempt });
        self.tell_sent(edits, request);
        let sent_at = self.clock.now();
        let answer = match cacheable {
            None => self.transport.request(body, deadline).await,
            Some(cacheable) => self.transport.request_cacheable(body, cacheable, deadline).await,
        };
        self.failed(request, kind, answer.as_ref().err(), (sent_at, bytes));
        answer
    }
    /// Tells that edits leave in a request or a message of this number.
    pub fn tell_sent(&self, edits: &[Mutation], request: u64) {
        for Mutation { edit, entity, key, .. } in edits {
            self.emit(EngineEvent::EditSent { edit: *edit, entity: *entity, key, request });
        }
    }
    /// The same for a protocol that names no edits: which are behind each row stands on the slip,
    /// and `call` names none. Of several the last goes out in the place of the others.
    ///
    /// # Errors
    /// Why nothing came back, which is told.
    pub async fn call_with(
        &self,
        call: Call<'_>,
        body: Vec<u8>,
        slip: Slip,
        deadline: Time,
    ) -> Result<(Vec<u8>, Slip), TransportError> {
        let Call { number: request, kind, unit, attempt, .. } = call;
        let (bytes, rows) = (body.len() as u64, slip.edits.len() as u32);
        self.emit(EngineEvent::RequestSent { request, kind, unit, bytes, rows, attempt });
        self.tell_slip(&slip, request);
        let sent_at = self.clock.now();
        let answer = self.transport.request_with(body, slip, deadline).await;
        self.failed(request, kind, answer.as_ref().err(), (sent_at, bytes));
        answer
    }
    /// Tells that the edits of a slip leave in a request or a message of this number; of several of
    /// a row the last goes out in the place of the others.
    pub fn tell_slip(&self, slip: &Slip, request: u64) {
        for row in &slip.edits {
            let Some((&edit, with)) = row.edits.split_last() else { continue };
            let (entity, key) = (row.entity, &row.key);
            if !with.is_empty() {
                self.emit(EngineEvent::EditsSquashed { edit, entity, key, with, stays: false });
            }
            self.emit(EngineEvent::EditSent { edit, entity, key, request });
        }
    }
    /// Tells what became of an edit that was written over what its row said by then: as what it was
    /// committed, if it was, and which version of another it met. Else it gave way to that.
    pub fn tell_settled(&self, of: &Mutation, committed: Option<Stamp>, met: Option<Stamp>) {
        let Mutation { edit, entity, ref key, made_at: local, .. } = *of;
        let kind = match of.kind {
            EditKind::Create => ConflictKind::InsertInsert,
            EditKind::Update if committed.is_none() => ConflictKind::UpdateDelete,
            EditKind::Update => ConflictKind::UpdateUpdate,
            EditKind::Delete => ConflictKind::DeleteUpdate,
        };
        let decision = if committed.is_some() { Decision::Local } else { Decision::Remote };
        if let Some(remote) = met {
            let sides = Sides { local, remote, edited: None };
            self.emit(EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides });
        }
        if let Some(stamp) = committed {
            self.emit(EngineEvent::EditAcknowledged { edit, entity, key, stamp });
        }
    }

    fn failed(&self, request: u64, kind: RequestKind, error: Option<&TransportError>, of: (Time, u64)) {
        if let Some(&error) = error {
            let (took, wasted) = (self.clock.now() - of.0, of.1);
            self.emit(EngineEvent::RequestFailed { request, kind, error, took, wasted });
        }
    }

    pub async fn crash_point(&self, point: &str) {
        if self.crash.reached(point) {
            std::future::pending::<()>().await;
        }
    }
    /// Does `work`: waits for as long as the hardware needs for it; gives that time.
    pub async fn work(&self, work: Work) -> Span {
        let begun = self.clock.now();
        let until = self.machine.take_on(work);
        if until > begun {
            self.clock.sleep_until(until).await;
        }
        until - begun
    }
    /// Gets the memory to decode an answer of `bytes`, or dies for lack of it.
    pub async fn decoding(&self, bytes: u64) {
        if !self.machine.can_decode(bytes) {
            std::future::pending::<()>().await;
        }
    }
    /// Calls the app's hook for `occasion`, and tells of its start and its end; `None` if the app
    /// has none there. What comes back is waited for; it gives up after `limit`, if there is one.
    pub fn hook(
        &self,
        occasion: Occasion<'_>,
        limit: Option<Span>,
    ) -> Option<LocalBoxFuture<'static, Result<(), HookError>>> {
        let (of, run) = (occasion.hook(), occasion.run());
        let called = self.hooks.call(occasion)?;
        let (ports, begun) = (self.clone(), self.clock.now());
        ports.emit(EngineEvent::HookStarted { hook: of, run });
        Some(Box::pin(async move {
            let ended = ports.within(limit, called).await;
            let (how, result) = match ended {
                Ok(Ok(())) => (HookEnd::Well, Ok(())),
                Ok(Err(Threw(text))) => (HookEnd::Threw, Err(HookError::Threw { of, text })),
                Err(limit) => (HookEnd::TimedOut, Err(HookError::TimedOut { of, limit })),
            };
            let took = ports.clock.now() - begun;
            ports.emit(EngineEvent::HookEnded { hook: of, run, ended: how, took });
            result
        }))
    }

    async fn within<T>(&self, limit: Option<Span>, mut work: LocalBoxFuture<'static, T>) -> Result<T, Span> {
        let Some(limit) = limit else { return Ok(work.await) };
        let mut over = self.clock.sleep_until(self.clock.now() + limit);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => over.as_mut().poll(context).map(|()| Err(limit)),
        })
        .await
    }
}
