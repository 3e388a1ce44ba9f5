//! The work of a gateway with a replica, outside of requests: it refreshes the replica and uploads
//! queued edits. A kill can end both at any point. The next process starts again from durable
//! state.

use std::cell::RefCell;
use std::rc::Rc;

use crate::backend::Backend;
use crate::base::words::count;
use crate::base::{Span, Time};
use crate::contract::{Node, ServerError};
use crate::gateway::{self, BackendCall, Gateway};
use crate::oracle::Clock;
use crate::protocol::Codec;
use crate::world::server::half::{Done, Servers};

#[derive(Clone)]
struct Upkeep {
    servers: Rc<Servers>,
    gateway: Rc<RefCell<Gateway>>,
}

pub(crate) fn start(servers: &Rc<Servers>, gateway: &Rc<RefCell<Gateway>>) {
    let Some(options) = gateway.borrow().refreshes().cloned() else { return };
    let upkeep = Upkeep { servers: servers.clone(), gateway: gateway.clone() };
    let (handle, node) = (&servers.handle, servers.process.node);
    for _ in 0..options.nodes {
        handle.spawn(node, "refresh", upkeep.clone().keep_fresh(options.every));
    }
    handle.spawn(node, "upload", upkeep.keep_uploading(options.upload_every));
}

impl Servers {
    /// Asks the gateway to refresh its replica to at least `since`, and to empty its queue.
    pub(crate) fn hurry_gateway(&self, since: Time) {
        let now = self.handle.now();
        if !self.is_fresh(since) {
            self.process.refresh_now.hurry(now);
        }
        if self.waiting() > 0 {
            self.process.upload_now.hurry(now);
        }
    }
    /// True if no edit waits for the backend, and the replica has all data as of `since`.
    pub(crate) fn is_caught_up(&self, since: Time) -> bool {
        let refreshes = |gateway: &Rc<RefCell<Gateway>>| gateway.borrow().refreshes().is_some();
        !self.gateway.as_ref().is_some_and(refreshes)
            || self.process.is_up.get() && self.is_fresh(since) && self.waiting() == 0
    }
    fn is_fresh(&self, since: Time) -> bool {
        self.fresh().is_some_and(|fresh| fresh >= since)
    }
    /// Describes the work that is left until the gateway has all data as of `since`.
    pub(crate) fn left_to_do(&self, since: Time, clock: Clock) -> String {
        let mut left = Vec::new();
        match self.fresh() {
            Some(fresh) if fresh >= since => {}
            Some(fresh) => left.push(format!("its replica is of {}", clock.time(fresh))),
            None => left.push("its replica was never filled".to_owned()),
        }
        if self.waiting() > 0 {
            left.push(format!("{} in its queue", count(self.waiting(), "upload")));
        }
        left.join(", ")
    }
    fn fresh(&self) -> Option<Time> {
        self.gateway.as_ref()?.borrow().fresh()
    }
    fn waiting(&self) -> u64 {
        self.gateway.as_ref().map_or(0, |gateway| gateway.borrow().waiting())
    }
}

impl Upkeep {
    async fn keep_fresh(self, every: Span) {
        let fresh = self.gateway.borrow().fresh();
        let mut next = fresh.map_or(Time::ZERO, |fresh| fresh + every).max(self.servers.handle.now());
        loop {
            // The work begins at its scheduled time, or earlier if other code asks for it.
            let hurry = &self.servers.process.refresh_now;
            let hurried = hurry.hurried_before(&self.servers.handle, next).await;
            let begun = self.servers.handle.now();
            let went_well = self.refresh().await;
            if hurried {
                hurry.answered(self.servers.handle.now(), went_well);
            }
            next = (begun + every).max(self.servers.handle.now());
        }
    }

    /// Refreshes the replica once, page by page. A failed page usually ends the refresh, and the
    /// next refresh continues there. If that is not possible, this refresh requests the page again
    /// after a wait. Returns true if the refresh is complete.
    async fn refresh(&self) -> bool {
        let mut refresh = self.gateway.borrow_mut().begin_refresh(self.servers.handle.now());
        loop {
            self.servers.process.turns.of_refresh().await;
            let ask = self.gateway.borrow_mut().next_page(&refresh);
            let Some(ask) = ask else { break };
            self.servers.crash_point("refresh.before-request").await;
            let asked = ask.clone();
            let page = self.backend_call(ask.bytes(self.codec()), move |gateway, now, deadline, backend| {
                gateway.read_page(now, deadline, backend, &asked)
            });
            let page = page.await;
            self.servers.crash_point("refresh.page-received").await;
            let failed = page.as_ref().err().cloned();
            let (goes_on, told) = self.gateway.borrow_mut().take_page(&mut refresh, &ask, page);
            self.servers.hub.emit(Node::Gateway, told);
            self.servers.crash_point("refresh.page-committed").await;
            if !goes_on {
                let again = failed.and_then(|error| self.gateway.borrow().asks_again(&mut refresh, &error));
                let Some(wait) = again else { return false };
                self.servers.handle.sleep(wait).await;
            }
        }
        let told = self.gateway.borrow_mut().end_refresh(self.servers.handle.now(), &refresh);
        self.servers.hub.emit(Node::Gateway, told);
        true
    }

    async fn keep_uploading(self, every: Span) {
        loop {
            let next = self.servers.handle.now() + every;
            let hurry = &self.servers.process.upload_now;
            let hurried = hurry.hurried_before(&self.servers.handle, next).await;
            let went_well = self.upload().await;
            if hurried {
                hurry.answered(self.servers.handle.now(), went_well);
            }
        }
    }
    /// Uploads the whole queue once. Failed edits wait for the next round. Returns true if it is
    /// complete.
    async fn upload(&self) -> bool {
        let mut round = gateway::Upload::default();
        loop {
            let batch = self.gateway.borrow_mut().next_batch(&round);
            let Some(batch) = batch else {
                self.servers.process.turns.upload_went();
                return true;
            };
            self.servers.crash_point("upload.before-request").await;
            let sent = batch.clone();
            let verdicts = self
                .backend_call(batch.bytes(self.codec()), move |gateway, now, deadline, backend| {
                    gateway.push_batch(now, deadline, backend, &sent)
                });
            let verdicts = verdicts.await;
            if let Err(ServerError::Throttled(wait)) = verdicts {
                self.servers.process.turns.upload_waits.set(true);
                self.servers.handle.sleep(wait).await;
                continue;
            }
            self.servers.process.turns.upload_went();
            let Ok(verdicts) = verdicts else { return false };
            self.servers.crash_point("upload.answer-received").await;
            let told =
                self.gateway.borrow_mut().settle(self.servers.handle.now(), &mut round, &batch, &verdicts);
            self.servers.tell_of_gateway(told);
            self.servers.crash_point("upload.settled").await;
        }
    }

    fn codec(&self) -> Codec {
        self.gateway.borrow().options.codec
    }
    async fn backend_call<T: 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce(&mut Gateway, Time, Time, &mut Backend) -> BackendCall<T> + 'static,
    ) -> Result<T, ServerError> {
        let gateway = self.gateway.clone();
        let came = self.servers.over(bytes, move |servers, deadline| {
            let now = servers.handle.now();
            let BackendCall { called, bytes } =
                work(&mut gateway.borrow_mut(), now, deadline, &mut servers.backend.borrow_mut());
            servers.tell_call(&called, false);
            Done { value: called.answer, bytes, at: called.done_at }
        });
        came.await?
    }
}
