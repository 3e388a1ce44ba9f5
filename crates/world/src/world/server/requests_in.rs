//! The server half as the link of one device uses it: it serves requests and holds connections.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::base::{DeviceId, Time};
use crate::contract::{ConnectionId, Event, LocalBoxFuture, Node, ServerError, Slip};
use crate::gateway::call_by;
use crate::net::{Rest, Server, ServerEnd, Version};
use crate::protocol::{Listen, PONG};
use crate::world::device::token::{Gate, Wallet};
use crate::world::server::half::{Beside, Done, Servers};
use crate::world::server::push_messages::{Said, Saying};

pub(crate) struct Counter {
    pub(crate) servers: Rc<Servers>,
    pub(crate) device: DeviceId,
    /// The device's token; `None` if tokens never expire.
    pub(crate) wallet: Option<Rc<Wallet>>,
}

impl Server for Counter {
    fn version(&self) -> Version {
        let shown = self.servers.backend.borrow().shown_by();
        let gateway = self.servers.gateway.as_ref();
        // A replica gets changes later than the backend does.
        let at_once = gateway.is_some_and(|gateway| gateway.borrow().refreshes().is_none());
        let settled = at_once && shown.is_none_or(|at| at <= self.servers.handle.now());
        Version { number: self.servers.commits.all.get(), settled }
    }
    fn is_good(&self, answer: &[u8]) -> bool {
        !self.servers.server.borrow().is_refusal(answer)
    }
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        self.serve_with(request, Beside::default())
    }
    fn rest(&self, answer: &[u8]) -> Option<Rc<dyn Rest>> {
        let rest = self.servers.live.as_ref()?.rest(answer)?;
        Some(Rc::new(rest))
    }
    fn open(&self, hello: &[u8], end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        let (servers, from) = (&self.servers, self.device);
        if !servers.process.is_up.get() {
            return None;
        }
        let refuse = |error: ServerError| Some(Err(servers.server.borrow().refuse(&error)));
        let now = servers.handle.now();
        if self.wallet.as_ref().is_some_and(|wallet| !wallet.is_good(now)) {
            return refuse(ServerError::Unauthorized);
        }
        if servers.live.as_ref().map_or_else(|| servers.phones.is_full_with(0), |live| live.is_full()) {
            return refuse(ServerError::Unavailable);
        }
        let id = servers.phones.add(Rc::new(Recorded { end, servers: Rc::downgrade(servers), to: from }));
        let (taken, said) = match &servers.live {
            Some(live) => (live.connected(from, id, hello), Said::new()),
            None => servers.phones.keep(|| servers.server.borrow_mut().on_connect(from, id, hello)),
        };
        if let Err(error) = taken {
            servers.phones.remove(id);
            return refuse(error);
        }
        servers.phones.say(said);
        Some(Ok(id.0))
    }

    fn message(&self, number: u64, message: Vec<u8>, slip: Slip) {
        let id = ConnectionId(number);
        let (servers, from) = (self.servers.clone(), self.device);
        if !servers.process.is_up.get() {
            return;
        }
        if let Some(live) = &servers.live {
            if Listen::is_one(&message) {
                return live.asked_again(id, &message);
            }
            let pong = Saying::Message(id, PONG.to_vec(), Slip::default());
            return servers.phones.say(vec![pong]);
        }
        let (is_taken, said) =
            servers.phones.keep(|| servers.server.borrow_mut().on_word(from, id, &message));
        servers.phones.say(said);
        if is_taken {
            return;
        }
        let (handle, node) = (servers.handle.clone(), servers.node);
        handle.spawn(node, "message", async move {
            let (bytes, asked) = (message.len() as u64, message.clone());
            let taken = servers
                .over(bytes, move |servers, deadline| hear(servers, (from, id), deadline, (&asked, &slip)));
            // If the process died in the meantime, the device gets no response.
            let Some(taken) = servers.process.or_death(taken).await else { return };
            match taken.and_then(|taken| taken) {
                Ok(said) => servers.phones.say(said),
                Err(error) => {
                    let refusal = servers.server.borrow().refuse_message(&message, &error);
                    refusal.into_iter().for_each(|refusal| {
                        servers.phones.say(vec![Saying::Message(id, refusal, Slip::default())])
                    });
                }
            }
        });
    }

    fn closed(&self, number: u64) {
        let id = ConnectionId(number);
        let (servers, from) = (&self.servers, self.device);
        servers.phones.remove(id);
        if let Some(live) = &servers.live {
            return live.disconnected(id);
        }
        let ((), said) = servers.phones.keep(|| servers.server.borrow_mut().on_close(from, id));
        servers.phones.say(said);
    }
}

/// One request with its out-of-band data, which becomes that of the response. It is empty if
/// another server responded.
pub(crate) struct ServerWithSlip(pub(crate) Rc<Counter>, pub(crate) Beside);

impl Server for ServerWithSlip {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let (beside, slip) = (self.1.clone(), Rc::new(RefCell::new(self.1.take())));
        let answer = self.0.serve_with(request, slip.clone());
        Box::pin(async move {
            let answer = answer.await;
            beside.replace(slip.take());
            answer
        })
    }
}

impl Counter {
    fn serve_with(&self, request: Vec<u8>, slip: Beside) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let (servers, device) = (self.servers.clone(), self.device);
        let gate = self.wallet.as_ref().map(|wallet| wallet.gate(servers.handle.now(), &request));
        Box::pin(async move {
            let answer = async {
                match gate.unwrap_or(Gate::Open) {
                    Gate::Open => match servers.holds(device, &request) {
                        Some(held) => held,
                        None => servers.clone().answer(device, request, slip.clone()).await,
                    },
                    Gate::Refused => servers.server.borrow().refuse(&ServerError::Unauthorized),
                    Gate::Given(token) => token,
                }
            };
            let answer = servers.process.or_death(answer).await?;
            tell_rows(&servers, device, &answer, &slip.borrow());
            Some(answer)
        })
    }
}

/// Reports which rows leave for a device, to the recorders of single records' lives.
pub(crate) fn tell_rows(servers: &Servers, device: DeviceId, bytes: &[u8], slip: &Slip) {
    if !servers.hub.records_lives() {
        return;
    }
    for &(entity, since) in &slip.asked {
        servers.hub.tell_lives(Node::Gateway, Event::ChangesAsked { device, entity, since });
    }
    let mut tell = |entity, key: &str, stamp, removed| {
        let served = Event::RowServed { device, entity, key, stamp, removed };
        servers.hub.tell_lives(Node::Gateway, served);
    };
    servers.server.borrow().rows_in(bytes, &mut tell);
    for row in &slip.rows {
        tell(row.entity, row.key.as_str(), row.stamp, row.removed);
    }
}

/// A connection that records which rows its messages contain.
struct Recorded {
    end: Rc<dyn ServerEnd>,
    servers: Weak<Servers>,
    to: DeviceId,
}

impl ServerEnd for Recorded {
    fn send_with(&self, message: Vec<u8>, slip: Slip) {
        if let Some(servers) = self.servers.upgrade() {
            tell_rows(&servers, self.to, &message, &slip);
        }
        self.end.send_with(message, slip);
    }
    fn close(&self) {
        self.end.close();
    }
}

/// Lets the server half handle a message at the backend. Returns the messages that it sent
/// meanwhile.
fn hear(
    servers: &Servers,
    (from, id): (DeviceId, ConnectionId),
    deadline: Time,
    message: (&[u8], &Slip),
) -> Done<Result<Said, ServerError>> {
    let now = servers.handle.now();
    if !servers.phones.holds(id) {
        // The connection ended while the message was on its way, perhaps because the process died.
        return Done { value: Ok(Said::new()), bytes: 0, at: now };
    }
    let (mut server, mut backend) = (servers.server.borrow_mut(), servers.backend.borrow_mut());
    let (called, said) = servers.phones.keep(|| {
        call_by(&mut *server, &mut backend, (now, deadline), |server, backend| {
            server.on_message(from, id, message, backend)
        })
    });
    drop(backend);
    servers.tell_call(&called, true);
    Done { value: called.answer.map(|()| said), bytes: 0, at: called.done_at }
}
