//! The server half of a stack (a sync engine and its server), with the backend behind it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::backend::{self, Backend, Called, Commit, Fact};
use crate::base::{DeviceId, Span, Time};
use crate::contract::{Event, JobEvent, Node, Reply, ServerError, Slip};
use crate::gateway::{
    BackendLink, Direction, Gateway, JobReply, Passage, Recalled, ServerHalf, ask_job, call_by, job_answer,
    job_done, job_question, refuse_job,
};
use crate::protocol::{Listen, Way};
use crate::sim::{Handle, NodeId};
use crate::world::hub::Hub;
use crate::world::server::coding::GatewayCoding;
use crate::world::server::commits::Commits;
use crate::world::server::live::Live;
use crate::world::server::process::Process;
use crate::world::server::push_messages::{Outbox, Said};

pub(crate) struct Servers {
    pub(crate) handle: Handle,
    pub(crate) hub: Rc<Hub>,
    pub(crate) server: Rc<RefCell<dyn ServerHalf>>,
    /// The same server half, if it is the built-in gateway; `None` for other stacks.
    pub(crate) gateway: Option<Rc<RefCell<Gateway>>>,
    pub(crate) backend: RefCell<Backend>,
    pub(crate) backend_link: Option<RefCell<BackendLink>>,
    /// The node that runs backend calls. They continue when the server's process ends.
    pub(crate) node: NodeId,
    pub(crate) process: Process,
    /// Messages that the server half sends without a request.
    pub(crate) phones: Rc<Outbox>,
    pub(crate) commits: Rc<Commits>,
    /// The announcements of changes by the built-in stack; `None` if no phone listens for them.
    pub(crate) live: Option<Rc<Live>>,
    pub(crate) coding: GatewayCoding,
}

/// Out-of-band data of a request, and later of its response.
pub(crate) type Beside = Rc<RefCell<Slip>>;

pub(crate) struct Done<T> {
    pub(crate) value: T,
    pub(crate) bytes: u64,
    pub(crate) at: Time,
}

impl Servers {
    pub(crate) async fn answer(self: Rc<Self>, from: DeviceId, request: Vec<u8>, slip: Beside) -> Vec<u8> {
        self.code(&request, Way::Read).await;
        let answer = Rc::clone(&self).answer_read(from, request, slip).await;
        self.code(&answer, Way::Written).await;
        answer
    }
    /// Waits while the built-in gateway encodes or decodes this message.
    async fn code(&self, message: &[u8], way: Way) {
        let Some(gateway) = &self.gateway else { return };
        let codec = gateway.borrow().options.codec;
        let takes = self.coding.take_on(codec, message, way);
        if takes > Span::ZERO {
            self.handle.sleep_until(self.handle.now() + takes).await;
        }
    }
    async fn answer_read(self: Rc<Self>, from: DeviceId, request: Vec<u8>, slip: Beside) -> Vec<u8> {
        let answered = self.server.borrow_mut().answer(self.handle.now(), from, &request);
        if let Some(answered) = answered {
            self.tell_of_gateway(answered.events);
            if answered.done_at > self.handle.now() {
                self.handle.sleep_until(answered.done_at).await;
            }
            return answered.answer;
        }
        if let Some(gateway) = &self.gateway {
            if let Some(answer) = answer_job(&self, gateway, from, &request).await {
                return answer;
            }
            let wait = gateway.borrow().waits_for_answers();
            if let Some(wait) = wait {
                return self.answer_once(gateway, wait, from, request).await;
            }
        }
        let bytes = request.len() as u64;
        let ask = move |servers: &Servers, deadline| servers.ask(from, deadline, (&request, &slip));
        match self.over(bytes, ask).await {
            Err(error) => self.server.borrow().refuse(&error),
            Ok((reply, said)) => {
                self.phones.say(said);
                match reply {
                    Reply::Now(answer) => answer,
                    Reply::Later(ticket) => self.phones.answered(ticket).await,
                }
            }
        }
    }

    async fn answer_once(
        self: &Rc<Self>,
        gateway: &RefCell<Gateway>,
        wait: Span,
        from: DeviceId,
        request: Vec<u8>,
    ) -> Vec<u8> {
        let until = self.handle.now() + wait;
        loop {
            let recalled = gateway.borrow_mut().recall(self.handle.now(), &request);
            match recalled {
                Recalled::Goes(events) => {
                    self.tell_of_gateway(events);
                    break;
                }
                Recalled::Answered(answered) => {
                    self.tell_of_gateway(answered.events);
                    return answered.answer;
                }
                Recalled::Unknown if self.handle.now() >= until => {
                    return gateway.borrow().refuse(&ServerError::Unavailable);
                }
                Recalled::Unknown => {
                    let _ = self.handle.timeout(until, self.process.upload_answered.notified()).await;
                }
            }
        }
        let asked = request.clone();
        let bytes = asked.len() as u64;
        let answer = self
            .over(bytes, move |servers, deadline| servers.ask(from, deadline, (&asked, &Beside::default())))
            .await;
        let answer = answer.map(|(reply, _)| reply.into_bytes());
        self.crash_point("cache.answer-received").await;
        gateway.borrow_mut().remember(self.handle.now(), &request, answer.as_deref());
        self.process.upload_answered.notify_all();
        answer.unwrap_or_else(|error| gateway.borrow().refuse(&error))
    }

    pub(crate) fn ask(
        &self,
        from: DeviceId,
        deadline: Time,
        (request, slip): (&[u8], &Beside),
    ) -> Done<(Reply, Said)> {
        let (now, mut server) = (self.handle.now(), self.server.borrow_mut());
        let mut backend = self.backend.borrow_mut();
        let mut slip = slip.borrow_mut();
        let ask = || {
            call_by(&mut *server, &mut backend, (now, deadline), |server, backend| {
                server.serve_with(from, request, &mut slip, backend)
            })
        };
        let (called, said) = self.phones.keep(ask);
        drop(backend);
        self.tell_call(&called, true);
        let value = match called.answer {
            Ok(reply) => (reply, said),
            Err(error) => {
                *slip = Slip::default();
                (Reply::Now(server.refuse(&error)), Said::new())
            }
        };
        let bytes = if let Reply::Now(answer) = &value.0 { answer.len() as u64 } else { 0 };
        Done { bytes, value, at: called.done_at }
    }
    pub(crate) fn tell_call<T>(&self, called: &Called<T>, of_device: bool) {
        for fact in &called.facts {
            match fact {
                Fact::Committed(commit) => self.tell_commit(commit),
                _ => self.tell_one(fact.event()),
            }
        }
        if let Some(work) = called.work {
            self.tell_one(work.event(of_device.then_some(work.device)));
        }
        if let Some(found) = called.found {
            self.hub.emit(Node::Gateway, found);
        }
    }
    /// Sends a message of this size to the backend, runs `work` there on arrival, and waits for its
    /// result. Without a backend link, `work` gets the deadline. With a link, the wait ends with
    /// the response, a connection reset or the deadline. If the message reaches the backend, `work`
    /// runs even if the caller no longer waits.
    pub(crate) async fn over<T: 'static>(
        self: &Rc<Self>,
        bytes: u64,
        work: impl FnOnce(&Servers, Time) -> Done<T> + 'static,
    ) -> Result<T, ServerError> {
        let deadline = self.handle.now() + self.backend.borrow().gateway_timeout();
        self.over_until(bytes, deadline, work).await
    }
    /// Like [`Servers::over`], with a given deadline.
    pub(crate) async fn over_until<T: 'static>(
        self: &Rc<Self>,
        bytes: u64,
        deadline: Time,
        work: impl FnOnce(&Servers, Time) -> Done<T> + 'static,
    ) -> Result<T, ServerError> {
        let Some(backend_link) = &self.backend_link else {
            let done = work(self, deadline);
            self.handle.sleep_until(done.at).await;
            return Ok(done.value);
        };
        let now = self.handle.now();
        let breaks = backend_link.borrow().next_break(now).unwrap_or(Time::FAR);
        let until = deadline.min(breaks);
        let (sender, receiver) = self.handle.oneshot();
        let passage = backend_link.borrow_mut().send(now, Direction::Up, bytes);
        if let Passage::Arrives(at) = passage {
            let servers = Rc::clone(self);
            self.handle.spawn(self.node, "backend_link", async move {
                servers.handle.sleep_until(at).await;
                let done = work(&servers, Time::FAR);
                servers.handle.sleep_until(done.at).await;
                if servers.came_back(done.bytes).await {
                    // The gateway may have given up; then nothing receives the result.
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

    pub(crate) async fn came_back(&self, bytes: u64) -> bool {
        let Some(backend_link) = &self.backend_link else { return true };
        let passage = backend_link.borrow_mut().send(self.handle.now(), Direction::Down, bytes);
        let Passage::Arrives(at) = passage else { return false };
        self.handle.sleep_until(at).await;
        true
    }
    pub(crate) fn tell_commit(&self, commit: &Commit) {
        self.tell_one(commit.event());
        if let Some(delay) = commit.delay() {
            self.tell_one(delay);
        }
        self.commits.add(commit.visible_at);
        if let Some(live) = &self.live {
            let backend = self.backend.borrow();
            let by_clock = live.reads_behind.map(|window| backend.clock_at_latest() + window);
            let shown = backend.shown_by().max(commit.visible_at).max(by_clock);
            live.committed(commit.entity, shown.unwrap_or(Time::ZERO));
        }
    }
    /// Holds a request for announcements. Returns the beginning of its response, or a refusal.
    /// `None` if the request is of another kind.
    pub(crate) fn holds(&self, device: DeviceId, request: &[u8]) -> Option<Vec<u8>> {
        let live = self.live.as_ref().filter(|_| Listen::is_one(request))?;
        Some(live.asked(device, request).unwrap_or_else(|error| self.server.borrow().refuse(&error)))
    }
    /// Restores the backend to its state at `to`, from a backup of that time.
    pub(crate) fn restore_backend(&self, backup: backend::Backup, to: Time) {
        let undone = self.backend.borrow_mut().restore(backup);
        self.tell_one(Event::Restored { to, life: 0 });
        undone.iter().for_each(|commit| self.tell_commit(commit));
    }
    pub(crate) fn tell_of_gateway(&self, events: Vec<Event<'static>>) {
        for event in events {
            self.hub.emit(Node::Gateway, event);
            if let (Event::Refreshed { took }, Some(live)) = (event, &self.live) {
                live.refreshed(Time(self.handle.now().0.saturating_sub(took.0)));
            }
        }
    }
    pub(crate) fn tell_one(&self, event: Event<'_>) {
        self.hub.emit(Node::Backend, event);
    }
}

/// The response to a request that the gateway runs as a job (work with a delayed result); `None` if
/// the request is not a job.
async fn answer_job(
    servers: &Rc<Servers>,
    gateway: &Rc<RefCell<Gateway>>,
    from: DeviceId,
    request: &[u8],
) -> Option<Vec<u8>> {
    let question = job_question(&gateway.borrow(), request)?;
    loop {
        let now = servers.handle.now();
        let (reply, event) = ask_job(&mut gateway.borrow_mut(), now, from, &question);
        event.into_iter().for_each(|event| servers.hub.emit(Node::Gateway, Event::Job(event)));
        match reply {
            JobReply::Begins => work_on_job(servers, gateway, (from, question.clone()), request.to_vec()),
            JobReply::WaitsUntil(until) => {
                let _ = servers.handle.timeout(until, servers.process.job_ended.notified()).await;
            }
            JobReply::AskAgain(wait) => return Some(refuse_job(&gateway.borrow(), wait)),
            JobReply::Given(answer) => return Some(job_answer(&gateway.borrow(), request, answer)),
        }
    }
}

/// Does the work of a job at the backend. The work takes time.
fn work_on_job(
    servers: &Rc<Servers>,
    gateway: &Rc<RefCell<Gateway>>,
    job: (DeviceId, String),
    request: Vec<u8>,
) {
    let servers = Rc::clone(servers);
    let gateway = Rc::clone(gateway);
    let node = servers.node;
    servers.handle.clone().spawn(node, "job", async move {
        let (from, question) = job;
        let bytes = request.len() as u64;
        let ask = move |servers: &Servers, deadline: Time| {
            servers.ask(from, deadline, (&request, &Beside::default()))
        };
        let done = servers.over_until(bytes, Time::FAR, ask).await;
        let answer = match done {
            Ok((reply, _)) => reply.into_bytes(),
            Err(error) => servers.server.borrow().refuse(&error),
        };
        let is_kept = job_done(&mut gateway.borrow_mut(), servers.handle.now(), &question, answer);
        if !is_kept {
            servers.hub.emit(Node::Gateway, Event::Job(JobEvent::ThrownAway { device: from }));
        }
        servers.process.job_ended.notify_all();
    });
}
