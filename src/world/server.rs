//! The gateway with the backend behind it, as the links see them.

use std::cell::RefCell;
use std::rc::Rc;

use super::hub::Hub;
use crate::backend::{Backend, Commit, Fact};
use crate::base::{DeviceId, Time};
use crate::contract::wire::{Answer, AnswerWriter};
use crate::contract::{Event, LocalBoxFuture, Node, ServerError};
use crate::gateway::{Direction, Gateway, Leg, Passage};
use crate::net::Server;
use crate::sim::{Handle, NodeId};

/// Gateway and backend of a world.
pub(super) struct Servers {
    pub(super) handle: Handle,
    pub(super) hub: Rc<Hub>,
    pub(super) gateway: RefCell<Gateway>,
    pub(super) backend: RefCell<Backend>,
    /// The way between them, if there is one.
    pub(super) leg: Option<RefCell<Leg>>,
    /// Where what goes over it is waited for.
    pub(super) node: NodeId,
}

impl Servers {
    /// Answers a request of a device that has come to the gateway.
    async fn answer(self: Rc<Self>, request: Vec<u8>) -> Vec<u8> {
        let deadline = self.handle.now() + self.backend.borrow().gateway_timeout();
        match &self.leg {
            None => self.ask(deadline, &request).await,
            Some(leg) => self.ask_over(leg, deadline, request).await,
        }
    }

    /// A request is at the backend: waits until its answer leaves.
    async fn ask(&self, deadline: Time, request: &[u8]) -> Vec<u8> {
        let now = self.handle.now();
        let served = self.gateway.borrow_mut().serve(now, deadline, &mut self.backend.borrow_mut(), request);
        self.tell(&served.facts);
        if let Some(work) = &served.work {
            self.tell_one(work.event());
        }
        if let Some(found) = served.found {
            self.hub.emit(Node::Gateway, found);
        }
        self.handle.sleep_until(served.done_at).await;
        served.answer
    }

    /// Sends a request over the leg and waits for the answer, the break of the connection, or the deadline. What has come to
    /// the backend is done there, whether or not anybody still waits.
    async fn ask_over(self: &Rc<Self>, leg: &RefCell<Leg>, deadline: Time, request: Vec<u8>) -> Vec<u8> {
        let now = self.handle.now();
        let breaks = leg.borrow().next_break(now).unwrap_or(Time::FAR);
        let until = deadline.min(breaks);
        let (sender, receiver) = self.handle.oneshot();
        let passage = leg.borrow_mut().send(now, Direction::Up, request.len() as u64);
        if let Passage::Arrives(at) = passage {
            let servers = Rc::clone(self);
            self.handle.spawn(self.node, "leg", async move {
                servers.handle.sleep_until(at).await;
                let answer = servers.ask(Time::FAR, &request).await;
                if servers.came_back(answer.len() as u64).await {
                    // The gateway may have given up.
                    let _ = sender.send(answer);
                }
            });
        } else {
            drop(sender);
        }
        if let Ok(Some(answer)) = self.handle.timeout(until, receiver).await {
            return answer;
        }
        self.handle.sleep_until(until).await;
        AnswerWriter::error(&if breaks <= deadline {
            ServerError::Failed
        } else {
            ServerError::GatewayTimeout
        })
    }

    /// Carries an answer back to the gateway; false if it got lost.
    async fn came_back(&self, bytes: u64) -> bool {
        let Some(leg) = &self.leg else { return true };
        let passage = leg.borrow_mut().send(self.handle.now(), Direction::Down, bytes);
        let Passage::Arrives(at) = passage else { return false };
        self.handle.sleep_until(at).await;
        true
    }

    /// Tells the listeners what the backend did.
    fn tell(&self, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::Committed(commit) => self.tell_commit(commit),
                _ => self.tell_one(fact.event()),
            }
        }
    }

    /// Tells the listeners of a commit.
    pub(super) fn tell_commit(&self, commit: &Commit) {
        self.tell_one(commit.event());
        if let Some(delay) = commit.delay() {
            self.tell_one(delay);
        }
    }

    /// Tells the recorders of lives which rows leave for a device.
    fn tell_rows(&self, device: DeviceId, answer: &[u8]) {
        let Ok(Ok(answer)) = Answer::decode(answer) else { return };
        for page in &answer.pages {
            for row in page.rows.iter() {
                let (entity, key, stamp, removed) = (page.entity, row.key, row.stamp, row.values.is_none());
                self.hub.tell_lives(Node::Gateway, Event::RowServed { device, entity, key, stamp, removed });
            }
        }
    }

    pub(super) fn tell_one(&self, event: Event<'_>) {
        self.hub.emit(Node::Backend, event);
    }
}

/// The servers as a link's other end.
pub(super) struct Counter {
    pub(super) servers: Rc<Servers>,
    /// Whose link it is.
    pub(super) device: DeviceId,
}

impl Server for Counter {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Vec<u8>> {
        let (servers, device) = (self.servers.clone(), self.device);
        Box::pin(async move {
            let answer = servers.clone().answer(request).await;
            if servers.hub.records_lives() {
                servers.tell_rows(device, &answer);
            }
            answer
        })
    }
}
