//! The ports: the interfaces through which an engine uses the clock, network, hardware and app.
//!
//! A *slip* is metadata of the bench that travels with a message and is not in its bytes.

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

/// The clocks of a device.
pub trait Clock {
    /// Monotonic time since the start of the world (the simulation). It is not related to the date.
    fn now(&self) -> Time;
    /// The device's wall clock, with its skew.
    fn wall(&self) -> Stamp;
    /// The wall clock in the person's local time zone, which a journey can change.
    fn local(&self) -> Stamp {
        self.wall()
    }
    /// Waits until this time. Returns at once if the time has passed.
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()>;
}

/// Starts tasks in the device's process.
pub trait Spawn {
    /// Starts a task, which ends with the process.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// Named places in an engine at which the world may kill the process.
pub trait CrashPoints {
    /// Reports that the engine reached `point`. If it returns `true`, the process dies here: the
    /// caller must not continue, and must await forever.
    fn reached(&self, point: &str) -> bool;
}

/// Work that costs a device time, in addition to its disk work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes of JSON that are encoded or decoded. For another format: the JSON bytes that take as
    /// long.
    pub coded_bytes: u64,
    /// Like `coded_bytes`, for work that every app does in native code, for example compression.
    pub native_bytes: u64,
    /// Steps of SQLite's virtual machine.
    pub steps: u64,
    /// Other work of the engine, as time on the reference core.
    pub own: Span,
}

/// The hardware of a device: charges time for work, and limits memory.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait Machine {
    /// Charges `work` and all disk work since the last call; returns the time when both are done.
    ///
    /// Call it right after each transaction. Report nothing about the transaction before the
    /// returned time, because the process may die earlier. Database work is done in the order of
    /// the calls.
    fn take_on(&self, work: Work) -> Time;
    /// Charges processor time that nothing waits for, as time on the reference core.
    fn computes(&self, own: Span) {}
    /// True if the process has the memory to decode a response of `bytes` bytes. `false`: the
    /// process dies here, so the caller must not continue, and must await forever.
    fn can_decode(&self, bytes: u64) -> bool;
    /// True if the process has the memory to hold `bytes` bytes of outgoing requests, besides their
    /// rows. `false`: the process dies here, as with [`can_decode`](Machine::can_decode).
    fn can_send(&self, bytes: u64) -> bool {
        true
    }
    /// True if the app can read a row of `bytes` bytes from its database at once. `false`: the
    /// process dies here, as with [`can_decode`](Machine::can_decode).
    fn can_show(&self, bytes: u64) -> bool {
        true
    }
    /// The largest row that [`can_show`](Machine::can_show) accepts; `None` without a limit.
    fn row_limit(&self) -> Option<u64> {
        None
    }
    /// True if a row of a response can be read this time. `false` stands for a damaged text or a
    /// lock; a later try may succeed.
    fn can_read(&self, entity: EntityId, key: &str) -> bool {
        true
    }
    /// True if [`can_read`](Machine::can_read) may return `false` for some row.
    fn has_bad_rows(&self) -> bool {
        false
    }
}

/// The facts about a request that its events report.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The number of the request in its process, from 0.
    pub number: u64,
    /// What the request is for.
    pub kind: RequestKind,
    /// The unit that it belongs to; `None` for a fetch.
    pub unit: Option<UnitId>,
    /// The edits in the request.
    pub edits: &'a [Mutation],
    /// How often the request was tried before.
    pub attempt: u32,
}

/// Everything that an engine gets from the world.
#[derive(Clone)]
pub struct Ports {
    /// The device's clocks.
    pub clock: Rc<dyn Clock>,
    /// Starts tasks in the device's process.
    pub spawn: Rc<dyn Spawn>,
    /// The network.
    pub transport: Rc<dyn Transport>,
    /// The places at which the world may kill the process.
    pub crash: Rc<dyn CrashPoints>,
    /// Takes the engine's events.
    pub events: Rc<dyn EventSink>,
    /// The app's hooks.
    pub hooks: Rc<dyn Hooks>,
    /// Charges work to the device's processor and disk.
    pub machine: Rc<dyn Machine>,
    /// The seed of the engine's random streams. All processes of a device have the same seed. The
    /// name of a stream contains the incarnation (the number of the process), so streams differ.
    pub seed: Seed,
}

impl Ports {
    /// Reports an event.
    pub fn emit(&self, event: EngineEvent<'_>) {
        self.events.emit(event);
    }
    /// Waits for `span`.
    pub async fn sleep(&self, span: Span) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }
    /// Calls `tick` once per `period` while the process lives.
    pub fn every(&self, period: Span, tick: impl Fn() + 'static) {
        let ports = self.clone();
        self.spawn.spawn(Box::pin(async move {
            loop {
                ports.sleep(period).await;
                tick();
            }
        }));
    }
    /// Sends a request, and waits for its response until `deadline`. Reports the request, its edits
    /// and, if it fails, the failure. The engine must report a useful response itself, because only
    /// the engine can judge the bytes.
    pub async fn call(&self, call: Call<'_>, body: Vec<u8>, deadline: Time) -> Response {
        self.call_by(call, body, None, deadline).await
    }
    /// Like [`call`](Ports::call), for a request that a cache may answer if it is `cacheable`.
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
    /// Reports that these edits are sent in the request or message with this number.
    pub fn tell_sent(&self, edits: &[Mutation], request: u64) {
        for Mutation { edit, entity, key, .. } in edits {
            self.emit(EngineEvent::EditSent { edit: *edit, entity: *entity, key, request });
        }
    }
    /// Like [`call`](Ports::call), for a protocol whose requests do not identify edits. The slip
    /// lists the edits behind each row; the edits in `call` are ignored. If a row has several
    /// edits, the last one stands for the others.
    ///
    /// # Errors
    /// Why there is no response; the failure is already reported.
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
    /// Reports that the edits of a slip are sent in the request or message with this number. If a
    /// row has several edits, the last one stands for the others.
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
    /// Reports the outcome of an edit that the server applied to the current version of the row.
    /// `committed` is the stamp of the new version; `None` if the edit lost. `met` is the stamp of
    /// the other version that the edit met, if any.
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

    /// Passes a crash point; never returns if the process dies there.
    pub async fn crash_point(&self, point: &str) {
        if self.crash.reached(point) {
            std::future::pending::<()>().await;
        }
    }
    /// Does `work`: waits until the hardware is done, and returns how long that took.
    pub async fn work(&self, work: Work) -> Span {
        let begun = self.clock.now();
        let until = self.machine.take_on(work);
        if until > begun {
            self.clock.sleep_until(until).await;
        }
        until - begun
    }
    /// Reserves memory to decode a response of `bytes` bytes; never returns if the process dies.
    pub async fn decoding(&self, bytes: u64) {
        if !self.machine.can_decode(bytes) {
            std::future::pending::<()>().await;
        }
    }
    /// Calls the app's hook for `occasion`, and reports its start and end. `None` if the app has no
    /// hook for it. The caller awaits the returned future, which gives up after `limit`, if there
    /// is one.
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
