//! The gateway's process: its life, and what it does by itself if it keeps a replica.
//!
//! It refreshes its replica on a schedule, and offers what devices wrote to the backend. Both are straight stories; a kill ends
//! them wherever they are, and the next life begins them anew from what is durable.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::Poll;

use super::server::{Done, Servers};
use crate::backend::Backend;
use crate::base::words::count;
use crate::base::{Span, Time};
use crate::contract::{Event, KillReason, Node, ServerError};
use crate::gateway::{self, Errand, Gateway};
use crate::net::Way;
use crate::oracle::Clock;
use crate::sim::{Handle, NodeId, Notify};

/// A gateway that dies by a plan of a sweep is started again after this.
const RESTARTED_AFTER: Span = Span::secs(5);

/// After a hurried errand that failed, nobody hurries the next one for so long, and after each further one for twice as long.
const LEFT_ALONE: Span = Span::secs(2);
const LEFT_ALONE_DOUBLED: u32 = 12;

/// Begins an errand before its time. One that fails is left alone for longer and longer: else those who wait for it use up the
/// quota that it needs, or send it in the way of another for ever.
struct Bell {
    rung: Notify,
    failures: Cell<u32>,
    silent_until: Cell<Time>,
}

impl Bell {
    fn new(handle: &Handle) -> Bell {
        Bell { rung: handle.notify(), failures: Cell::new(0), silent_until: Cell::new(Time::ZERO) }
    }

    fn ring(&self, now: Time) {
        if now >= self.silent_until.get() {
            self.rung.notify_all();
        }
    }

    /// Waits until it is rung, or for `time`; true if it was rung.
    async fn rung_before(&self, handle: &Handle, time: Time) -> bool {
        handle.timeout(time, self.rung.notified()).await.is_ok()
    }

    /// The errand that it was rung for has ended at `now`.
    fn answered(&self, now: Time, went_well: bool) {
        if went_well {
            return self.failures.set(0);
        }
        let wait = LEFT_ALONE * (1 << self.failures.get().min(LEFT_ALONE_DOUBLED));
        self.failures.set(self.failures.get() + 1);
        self.silent_until.set(now + wait);
    }
}

/// Whose turn it is where the backend lets only so many in. A refresh asks for page after page and would take each place as it becomes
/// free, so an upload that was sent away has the next one; then one page may go, and so on.
struct Turns {
    upload_waits: Cell<bool>,
    upload_went: Notify,
}

impl Turns {
    /// Waits until an upload that was sent away has gone.
    async fn of_refresh(&self) {
        if self.upload_waits.get() {
            self.upload_went.notified().await;
        }
    }

    fn upload_went(&self) {
        if self.upload_waits.replace(false) {
            self.upload_went.notify_all();
        }
    }
}

/// The gateway's process, as others see it.
pub(super) struct Process {
    /// Where its own tasks run.
    pub(super) node: NodeId,
    /// The bench's own node, which outlives it.
    world: NodeId,
    handle: Handle,
    is_up: Cell<bool>,
    died: Notify,
    /// Those of the devices to it.
    ways: RefCell<Vec<Weak<Way>>>,
    /// Somebody waits for a refresh, or for the queue.
    refresh_now: Bell,
    upload_now: Bell,
    turns: Turns,
    armed: RefCell<Option<(String, u32)>>,
    passed: RefCell<BTreeMap<&'static str, u64>>,
}

impl Process {
    pub(super) fn new(handle: &Handle, world: NodeId) -> Process {
        Process {
            node: handle.node("gateway process"),
            world,
            handle: handle.clone(),
            is_up: Cell::new(false),
            died: handle.notify(),
            ways: RefCell::default(),
            refresh_now: Bell::new(handle),
            upload_now: Bell::new(handle),
            turns: Turns { upload_waits: Cell::new(false), upload_went: handle.notify() },
            armed: RefCell::default(),
            passed: RefCell::default(),
        }
    }

    /// A device comes to it this way.
    pub(super) fn reached_by(&self, way: &Rc<Way>) {
        self.ways.borrow_mut().push(Rc::downgrade(way));
    }

    /// What `work` comes to, unless the process is down or dies over it.
    pub(super) async fn or_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if !self.is_up.get() {
            return None;
        }
        let mut work = pin!(work);
        let mut died = self.died.notified();
        poll_fn(|context| match Pin::new(&mut died).poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(context).map(Some),
        })
        .await
    }

    /// Kills it at the passing of this number (from 1) of a crash point.
    pub(super) fn arm(&self, point: &str, nth: u32) {
        *self.armed.borrow_mut() = Some((point.to_owned(), nth.max(1)));
    }

    /// How often each crash point was passed.
    pub(super) fn passed(&self) -> BTreeMap<&'static str, u64> {
        self.passed.borrow().clone()
    }

    /// How many polls its own tasks have had.
    pub(super) fn polls(&self) -> u64 {
        self.handle.polls(self.node)
    }

    fn is_due(&self, point: &'static str) -> bool {
        *self.passed.borrow_mut().entry(point).or_default() += 1;
        let mut armed = self.armed.borrow_mut();
        match armed.as_mut() {
            Some((name, left)) if name == point => {
                *left -= 1;
                let due = *left == 0;
                if due {
                    *armed = None;
                }
                due
            }
            _ => false,
        }
    }
}

/// Its life.
impl Servers {
    /// Starts the gateway's process, if it does not run.
    pub(super) fn start_gateway(self: &Rc<Self>) {
        let process = &self.process;
        if process.is_up.replace(true) {
            return;
        }
        process.turns.upload_waits.set(false);
        if !self.handle.is_up(process.node) {
            let incarnation = self.handle.restart(process.node).0;
            self.gateway.borrow_mut().revive();
            self.hub.emit(Node::Gateway, Event::ProcessStarted { incarnation });
        }
        let options = self.gateway.borrow().refreshes().cloned();
        if let Some(options) = options {
            for _ in 0..options.nodes {
                self.handle.spawn(process.node, "refresh", self.clone().keep_fresh(options.every));
            }
            self.handle.spawn(process.node, "upload", self.clone().keep_uploading(options.upload_every));
        }
    }

    /// Ends it: the connections to it break, what is not durable is gone. It comes back.
    pub(super) fn kill_gateway(self: &Rc<Self>, restart_after: Span) {
        if self.end_gateway() {
            self.start_gateway_after(restart_after);
        }
    }

    /// Its state goes back to what it was at `to`, by a backup of then.
    pub(super) fn restore_gateway(self: &Rc<Self>, backup: gateway::Backup, to: Time, restart_after: Span) {
        let was_up = self.end_gateway();
        self.gateway.borrow_mut().restore(self.handle.now(), backup);
        self.hub.emit(Node::Gateway, Event::Restored { to, life: 0 });
        if was_up {
            self.start_gateway_after(restart_after);
        }
    }

    /// True if there was a process to end.
    fn end_gateway(&self) -> bool {
        let process = &self.process;
        let was_up = process.is_up.replace(false);
        if was_up {
            self.handle.kill(process.node);
            self.gateway.borrow_mut().die();
            self.brought.iter().for_each(|server| server.borrow_mut().died());
            process.died.notify_all();
            process.ways.borrow().iter().filter_map(Weak::upgrade).for_each(|way| way.gateway_died());
            self.hub.emit(Node::Gateway, Event::ProcessKilled { reason: KillReason::Killed });
        }
        was_up
    }

    fn start_gateway_after(self: &Rc<Self>, wait: Span) {
        let servers = self.clone();
        self.handle.spawn(self.process.world, "restart", async move {
            servers.handle.sleep(wait).await;
            servers.start_gateway();
        });
    }

    /// The executor killed its node by a plan of its own: the rest follows.
    pub(super) fn gateway_was_killed(self: &Rc<Self>) {
        self.kill_gateway(RESTARTED_AFTER);
    }

    async fn crash_point(self: &Rc<Self>, point: &'static str) {
        if self.process.is_due(point) {
            self.kill_gateway(RESTARTED_AFTER);
            std::future::pending::<()>().await;
        }
    }
}

/// What it does by itself.
impl Servers {
    /// Somebody waits for the replica to have all that was at the backend at `since`, and for the queue to be empty.
    pub(super) fn hurry_gateway(&self, since: Time) {
        let now = self.handle.now();
        if !self.is_fresh(since) {
            self.process.refresh_now.ring(now);
        }
        if self.gateway.borrow().waiting() > 0 {
            self.process.upload_now.ring(now);
        }
    }

    /// Whether nothing waits for the backend, and the replica has all that was there at `since`.
    pub(super) fn is_caught_up(&self, since: Time) -> bool {
        self.gateway.borrow().refreshes().is_none()
            || self.process.is_up.get() && self.is_fresh(since) && self.gateway.borrow().waiting() == 0
    }

    fn is_fresh(&self, since: Time) -> bool {
        self.gateway.borrow().fresh().is_some_and(|fresh| fresh >= since)
    }

    /// What the gateway has yet to do until it has all that was there at `since`, in words.
    pub(super) fn left_to_do(&self, since: Time, clock: Clock) -> String {
        let gateway = self.gateway.borrow();
        let mut left = Vec::new();
        match gateway.fresh() {
            Some(fresh) if fresh >= since => {}
            Some(fresh) => left.push(format!("its replica is of {}", clock.time(fresh))),
            None => left.push("its replica was never filled".to_owned()),
        }
        if gateway.waiting() > 0 {
            left.push(format!("{} in its queue", count(gateway.waiting(), "upload")));
        }
        left.join(", ")
    }

    async fn keep_fresh(self: Rc<Self>, every: Span) {
        let fresh = self.gateway.borrow().fresh();
        let mut next = fresh.map_or(Time::ZERO, |fresh| fresh + every).max(self.handle.now());
        loop {
            // Whether its time has come or somebody asked, it begins.
            let bell = &self.process.refresh_now;
            let rung = bell.rung_before(&self.handle, next).await;
            let begun = self.handle.now();
            let went_well = self.refresh().await;
            if rung {
                bell.answered(self.handle.now(), went_well);
            }
            next = (begun + every).max(self.handle.now());
        }
    }

    /// One refresh, page by page; what fails waits for the next, but for pages of a reading that would begin anew. True if it came to its end.
    async fn refresh(self: &Rc<Self>) -> bool {
        let mut refresh = self.gateway.borrow_mut().begin_refresh(self.handle.now());
        loop {
            self.process.turns.of_refresh().await;
            let ask = self.gateway.borrow_mut().next_page(&refresh);
            let Some(ask) = ask else { break };
            self.crash_point("refresh.before-request").await;
            let asked = ask.clone();
            let page = self.errand(ask.bytes(self.codec()), move |gateway, now, deadline, backend| {
                gateway.read_page(now, deadline, backend, &asked)
            });
            let page = page.await;
            self.crash_point("refresh.page-received").await;
            let failed = page.as_ref().err().cloned();
            let (goes_on, told) = self.gateway.borrow_mut().take_page(&mut refresh, &ask, page);
            self.hub.emit(Node::Gateway, told);
            self.crash_point("refresh.page-committed").await;
            if !goes_on {
                let again = failed.and_then(|error| self.gateway.borrow().asks_again(&mut refresh, &error));
                let Some(wait) = again else { return false };
                self.handle.sleep(wait).await;
            }
        }
        let told = self.gateway.borrow_mut().end_refresh(self.handle.now(), &refresh);
        self.hub.emit(Node::Gateway, told);
        true
    }

    async fn keep_uploading(self: Rc<Self>, every: Span) {
        loop {
            let next = self.handle.now() + every;
            let bell = &self.process.upload_now;
            let rung = bell.rung_before(&self.handle, next).await;
            let went_well = self.upload().await;
            if rung {
                bell.answered(self.handle.now(), went_well);
            }
        }
    }

    /// One round through the queue; what fails waits for the next, and what is throttled until it is let in. True if it came to its
    /// end.
    async fn upload(self: &Rc<Self>) -> bool {
        let mut round = gateway::Upload::default();
        loop {
            let batch = self.gateway.borrow_mut().next_batch(&round);
            let Some(batch) = batch else {
                self.process.turns.upload_went();
                return true;
            };
            self.crash_point("upload.before-request").await;
            let sent = batch.clone();
            let verdicts = self.errand(batch.bytes(self.codec()), move |gateway, now, deadline, backend| {
                gateway.push_batch(now, deadline, backend, &sent)
            });
            let verdicts = verdicts.await;
            if let Err(ServerError::Throttled(wait)) = verdicts {
                self.process.turns.upload_waits.set(true);
                self.handle.sleep(wait).await;
                continue;
            }
            self.process.turns.upload_went();
            let Ok(verdicts) = verdicts else { return false };
            self.crash_point("upload.answer-received").await;
            let told = self.gateway.borrow_mut().settle(self.handle.now(), &mut round, &batch, &verdicts);
            told.into_iter().for_each(|event| self.hub.emit(Node::Gateway, event));
            self.crash_point("upload.settled").await;
        }
    }

    /// Sends for something at the backend, and waits until it comes home.
    async fn errand<T: 'static>(
        self: &Rc<Self>,
        bytes: u64,
        work: impl FnOnce(&mut Gateway, Time, Time, &mut Backend) -> Errand<T> + 'static,
    ) -> Result<T, ServerError> {
        let came = self.over(bytes, move |servers, deadline| {
            let now = servers.handle.now();
            let errand =
                work(&mut servers.gateway.borrow_mut(), now, deadline, &mut servers.backend.borrow_mut());
            servers.tell_work(&errand.facts, errand.work.map(|work| work.event(None)), errand.found);
            Done { value: errand.result, bytes: errand.bytes, at: errand.done_at }
        });
        came.await?
    }
}
