//! The gateway with the backend behind it, as the links see them.

use std::cell::RefCell;
use std::rc::Rc;

use super::hub::Hub;
use super::process::Process;
use crate::backend::{self, Backend, Commit, Consulted, Fact, Failing};
use crate::base::{DeviceId, Time};
use crate::contract::{Event, LocalBoxFuture, Node, ServerError, SyncServer};
use crate::gateway::{Direction, Gateway, Leg, Passage};
use crate::net::Server;
use crate::protocol::Codec;
use crate::sim::{Handle, NodeId};

/// Gateway and backend of a world.
pub(super) struct Servers {
    pub(super) handle: Handle,
    pub(super) hub: Rc<Hub>,
    pub(super) gateway: RefCell<Gateway>,
    /// What answers devices in the gateway's place, if the stack is not the built-in one.
    pub(super) brought: Option<RefCell<Box<dyn SyncServer>>>,
    pub(super) backend: RefCell<Backend>,
    /// The way between them, if there is one.
    pub(super) leg: Option<RefCell<Leg>>,
    /// Where what goes over it is waited for: it goes on though the gateway's process dies.
    pub(super) node: NodeId,
    /// The gateway's process.
    pub(super) process: Process,
}

/// What something that was wanted of the backend came to there.
pub(super) struct Done<T> {
    pub(super) value: T,
    /// Its size.
    pub(super) bytes: u64,
    /// When it leaves the backend.
    pub(super) at: Time,
}

impl Servers {
    /// Answers a request of a device that has come to the gateway.
    async fn answer(self: Rc<Self>, from: DeviceId, request: Vec<u8>) -> Vec<u8> {
        if let Some(brought) = &self.brought {
            let bytes = request.len() as u64;
            let answer = self
                .over(bytes, move |servers, deadline| servers.ask_brought(from, deadline, &request))
                .await;
            return answer.unwrap_or_else(|error| brought.borrow().refuse(&error));
        }
        let answered = self.gateway.borrow_mut().answer(self.handle.now(), &request);
        if let Some(answered) = answered {
            answered.events.into_iter().for_each(|event| self.hub.emit(Node::Gateway, event));
            if answered.done_at > self.handle.now() {
                self.handle.sleep_until(answered.done_at).await;
            }
            return answered.answer;
        }
        let bytes = request.len() as u64;
        let answer = self.over(bytes, move |servers, deadline| servers.ask(deadline, &request)).await;
        answer.unwrap_or_else(|error| self.codec().refusal(&error))
    }

    /// What devices and the gateway write messages with.
    pub(super) fn codec(&self) -> &'static dyn Codec {
        self.gateway.borrow().codec()
    }

    /// A request is at the backend.
    fn ask(&self, deadline: Time, request: &[u8]) -> Done<Vec<u8>> {
        let now = self.handle.now();
        let served = self.gateway.borrow_mut().serve(now, deadline, &mut self.backend.borrow_mut(), request);
        self.tell_work(&served.facts, served.work.map(|work| work.event(Some(work.device))), served.found);
        Done { bytes: served.answer.len() as u64, value: served.answer, at: served.done_at }
    }

    /// A request for a server that is not the gateway is at the backend, beside which that stands.
    fn ask_brought(&self, from: DeviceId, deadline: Time, request: &[u8]) -> Done<Vec<u8>> {
        let (now, mut backend) = (self.handle.now(), self.backend.borrow_mut());
        let mut server = self.brought.as_ref().expect("it is asked where it is").borrow_mut();
        let admitted = match backend.service.admit(now, from) {
            Ok(admitted) => admitted,
            Err(error) => {
                let value = server.refuse(&error);
                return Done { bytes: value.len() as u64, value, at: now };
            }
        };
        let mut record = Consulted::new(&mut backend, now);
        let answer = match admitted.fails {
            Some(Failing::Before) => None,
            _ => Some(server.serve(from, request, &mut record)),
        };
        let Consulted { facts, load, kind, .. } = record;
        let work = backend.service.serve(admitted, kind, load);
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let value = match (answer, admitted.fails) {
            _ if done_at > deadline => server.refuse(&ServerError::GatewayTimeout),
            (Some(answer), None) => answer,
            _ => server.refuse(&ServerError::Failed),
        };
        self.tell_work(&facts, Some(work.event(Some(from))), None);
        Done { bytes: value.len() as u64, value, at: done_at.min(deadline) }
    }

    /// Tells the listeners what the backend did for somebody.
    pub(super) fn tell_work(
        &self,
        facts: &[Fact],
        work: Option<Event<'static>>,
        found: Option<Event<'static>>,
    ) {
        self.tell(facts);
        if let Some(work) = work {
            self.tell_one(work);
        }
        if let Some(found) = found {
            self.hub.emit(Node::Gateway, found);
        }
    }

    /// Sends a message of this size to the backend, where `work` is done when it comes, and waits for what that comes to. It is
    /// told until when anybody waits.
    pub(super) async fn over<T: 'static>(
        self: &Rc<Self>,
        bytes: u64,
        work: impl FnOnce(&Servers, Time) -> Done<T> + 'static,
    ) -> Result<T, ServerError> {
        let deadline = self.handle.now() + self.backend.borrow().gateway_timeout();
        let Some(leg) = &self.leg else {
            let done = work(self, deadline);
            self.handle.sleep_until(done.at).await;
            return Ok(done.value);
        };
        self.over_leg(leg, deadline, bytes, work).await
    }

    /// The same over the leg: waits for the answer, the break of the connection, or the deadline. What has come to the backend
    /// is done there, whether or not anybody still waits.
    async fn over_leg<T: 'static>(
        self: &Rc<Self>,
        leg: &RefCell<Leg>,
        deadline: Time,
        bytes: u64,
        work: impl FnOnce(&Servers, Time) -> Done<T> + 'static,
    ) -> Result<T, ServerError> {
        let now = self.handle.now();
        let breaks = leg.borrow().next_break(now).unwrap_or(Time::FAR);
        let until = deadline.min(breaks);
        let (sender, receiver) = self.handle.oneshot();
        let passage = leg.borrow_mut().send(now, Direction::Up, bytes);
        if let Passage::Arrives(at) = passage {
            let servers = Rc::clone(self);
            self.handle.spawn(self.node, "leg", async move {
                servers.handle.sleep_until(at).await;
                let done = work(&servers, Time::FAR);
                servers.handle.sleep_until(done.at).await;
                if servers.came_back(done.bytes).await {
                    // The gateway may have given up.
                    let _ = sender.send(done.value);
                }
            });
        } else {
            drop(sender);
        }
        if let Ok(Some(value)) = self.handle.timeout(until, receiver).await {
            return Ok(value);
        }
        self.handle.sleep_until(until).await;
        Err(if breaks <= deadline { ServerError::Failed } else { ServerError::GatewayTimeout })
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

    /// The backend's state goes back to what it was at `to`, by a backup of then.
    pub(super) fn restore_backend(&self, backup: backend::Backup, to: Time) {
        let undone = self.backend.borrow_mut().restore(self.handle.now(), backup);
        self.tell_one(Event::Restored { to, life: 0 });
        undone.iter().for_each(|commit| self.tell_commit(commit));
    }

    /// Tells the recorders of lives which rows leave for a device.
    fn tell_rows(&self, device: DeviceId, answer: &[u8]) {
        let codec = self.codec();
        let Ok(opened) = codec.open(answer.to_vec()) else { return };
        let Ok(Ok(answer)) = codec.decode_answer(&opened) else { return };
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
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let (servers, device) = (self.servers.clone(), self.device);
        Box::pin(async move {
            let answer = servers.process.or_death(servers.clone().answer(device, request)).await?;
            if servers.hub.records_lives() && servers.brought.is_none() {
                servers.tell_rows(device, &answer);
            }
            Some(answer)
        })
    }
}
