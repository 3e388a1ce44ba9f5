//! Connections that phones hold, as the server half is told of them.

use std::rc::Rc;

use super::phones::{Said, Saying};
use super::server::{Done, Servers};
use crate::base::{DeviceId, Time};
use crate::contract::{ConnectionId, ServerError};
use crate::gateway::call_by;
use crate::net::ServerEnd;

impl Servers {
    /// A device wants to hold a connection: the number that it gets, or the bytes that say no.
    pub(super) fn connect(
        &self,
        from: DeviceId,
        is_let_in: bool,
        hello: &[u8],
        end: Rc<dyn ServerEnd>,
    ) -> Option<Result<u64, Vec<u8>>> {
        if !self.process.is_up.get() {
            return None;
        }
        let refuse = |error: ServerError| Some(Err(self.server.borrow().refuse(&error)));
        if !is_let_in {
            return refuse(ServerError::Unauthorized);
        }
        if self.phones.is_full() {
            return refuse(ServerError::Unavailable);
        }
        let id = self.phones.add(end);
        let (taken, said) = self.phones.keep(|| self.server.borrow_mut().on_connect(from, id, hello));
        if let Err(error) = taken {
            self.phones.remove(id);
            return refuse(error);
        }
        self.phones.say(said);
        Some(Ok(id.0))
    }

    pub(super) fn take_message(self: &Rc<Self>, from: DeviceId, id: ConnectionId, message: Vec<u8>) {
        if !self.process.is_up.get() {
            return;
        }
        let (is_taken, said) = self.phones.keep(|| self.server.borrow_mut().on_word(from, id, &message));
        self.phones.say(said);
        if is_taken {
            return;
        }
        let servers = self.clone();
        self.handle.spawn(self.node, "message", async move {
            let (bytes, asked) = (message.len() as u64, message.clone());
            let taken =
                servers.over(bytes, move |servers, deadline| servers.hear(from, id, deadline, &asked));
            // Its process may have died meanwhile, and nobody says anything then.
            let Some(taken) = servers.process.or_death(taken).await else { return };
            match taken.and_then(|taken| taken) {
                Ok(said) => servers.phones.say(said),
                Err(error) => {
                    let refusal = servers.server.borrow().refuse_message(&message, &error);
                    refusal
                        .into_iter()
                        .for_each(|refusal| servers.phones.say(vec![Saying::Message(id, refusal)]));
                }
            }
        });
    }

    fn hear(
        &self,
        from: DeviceId,
        id: ConnectionId,
        deadline: Time,
        message: &[u8],
    ) -> Done<Result<Said, ServerError>> {
        let now = self.handle.now();
        if !self.phones.holds(id) {
            // It has ended on the way to the backend, perhaps with the process that held it.
            return Done { value: Ok(Said::new()), bytes: 0, at: now };
        }
        let (mut server, mut backend) = (self.server.borrow_mut(), self.backend.borrow_mut());
        let (called, said) = self.phones.keep(|| {
            call_by(&mut *server, &mut backend, (now, deadline), |server, backend| {
                server.on_message(from, id, message, backend)
            })
        });
        drop(backend);
        self.tell_call(&called, true);
        Done { value: called.answer.map(|()| said), bytes: 0, at: called.done_at }
    }

    pub(super) fn disconnect(&self, from: DeviceId, id: ConnectionId) {
        self.phones.remove(id);
        let ((), said) = self.phones.keep(|| self.server.borrow_mut().on_close(from, id));
        self.phones.say(said);
    }
}
