//! The gateway's process: its life, and what it does by itself if it keeps a replica.
//!
//! It refreshes its replica on a schedule, and offers what devices wrote to the backend. Both are straight stories; a kill ends
//! them wherever they are, and the next life begins them anew from what is durable.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use super::server::{Done, Servers};
use crate::backend::Backend;
use crate::base::{Span, Time};
use crate::contract::{Event, KillReason, Node, ServerError};
use crate::gateway::{self, Errand, Gateway};
use crate::sim::{Handle, NodeId, Notify};

/// A gateway that dies by a plan of a sweep is started again after this.
const RESTARTED_AFTER: Span = Span::secs(5);

/// The gateway's process, as others see it.
pub(super) struct Process {
    /// Where its own tasks run.
    pub(super) node: NodeId,
    /// The bench's own node, which outlives it.
    world: NodeId,
    handle: Handle,
    is_up: Cell<bool>,
    died: Notify,
    /// Somebody waits for a refresh, or for the queue.
    refresh_now: Notify,
    upload_now: Notify,
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
            refresh_now: handle.notify(),
            upload_now: handle.notify(),
            armed: RefCell::default(),
            passed: RefCell::default(),
        }
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
        self.hub.emit(Node::Gateway, Event::Restored { to });
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
            process.died.notify_all();
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
    /// Somebody waits for the replica to be as fresh as the backend, and for the queue to be empty.
    pub(super) fn hurry_gateway(&self) {
        self.process.refresh_now.notify_all();
        self.process.upload_now.notify_all();
    }

    /// Whether nothing waits for the backend, and the replica has all that was there at `since`.
    pub(super) fn is_caught_up(&self, since: Time) -> bool {
        let gateway = self.gateway.borrow();
        gateway.refreshes().is_none()
            || self.process.is_up.get()
                && gateway.fresh().is_some_and(|fresh| fresh >= since)
                && gateway.waiting() == 0
    }

    async fn keep_fresh(self: Rc<Self>, every: Span) {
        let fresh = self.gateway.borrow().fresh();
        let mut next = fresh.map_or(Time::ZERO, |fresh| fresh + every).max(self.handle.now());
        loop {
            // Whether its time has come or somebody asked, it begins.
            _ = self.handle.timeout(next, self.process.refresh_now.notified()).await;
            let begun = self.handle.now();
            self.refresh().await;
            next = (begun + every).max(self.handle.now());
        }
    }

    /// One refresh, page by page; what fails waits for the next.
    async fn refresh(self: &Rc<Self>) {
        let mut refresh = self.gateway.borrow_mut().begin_refresh(self.handle.now());
        loop {
            let ask = self.gateway.borrow_mut().next_page(&refresh);
            let Some(ask) = ask else { break };
            self.crash_point("refresh.before-request").await;
            let asked = ask.clone();
            let page = self.errand(ask.bytes(), move |gateway, now, deadline, backend| {
                gateway.read_page(now, deadline, backend, &asked)
            });
            let page = page.await;
            self.crash_point("refresh.page-received").await;
            let (goes_on, told) = self.gateway.borrow_mut().take_page(&mut refresh, &ask, page);
            self.hub.emit(Node::Gateway, told);
            self.crash_point("refresh.page-committed").await;
            if !goes_on {
                return;
            }
        }
        let told = self.gateway.borrow_mut().end_refresh(self.handle.now(), &refresh);
        self.hub.emit(Node::Gateway, told);
    }

    async fn keep_uploading(self: Rc<Self>, every: Span) {
        loop {
            let next = self.handle.now() + every;
            _ = self.handle.timeout(next, self.process.upload_now.notified()).await;
            self.upload().await;
        }
    }

    /// One round through the queue; what fails waits for the next.
    async fn upload(self: &Rc<Self>) {
        let mut round = gateway::Upload::default();
        loop {
            let batch = self.gateway.borrow_mut().next_batch(&round);
            let Some(batch) = batch else { return };
            self.crash_point("upload.before-request").await;
            let sent = batch.clone();
            let verdicts = self.errand(batch.bytes(), move |gateway, now, deadline, backend| {
                gateway.push_batch(now, deadline, backend, &sent)
            });
            let Ok(verdicts) = verdicts.await else { return };
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
            servers.tell_work(&errand.facts, errand.work.as_ref(), errand.found);
            Done { value: errand.result, bytes: errand.bytes, at: errand.done_at }
        });
        came.await?
    }
}
