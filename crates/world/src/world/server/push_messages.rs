//! Messages that a server half sends to its phones without a request. They use open connections, or
//! they are delayed responses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::contract::{ConnectionId, Phones, Slip, Ticket};
use crate::net::ServerEnd;
use crate::sim::{Handle, oneshot};

pub(crate) struct Outbox {
    handle: Handle,
    /// Maximum number of connections.
    most: Option<u32>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// Connections that are open, as far as the server knows.
    ends: BTreeMap<ConnectionId, Rc<dyn ServerEnd>>,
    kept: BTreeMap<Ticket, Kept>,
    /// Messages that the server half sends while it handles a call.
    asked: Option<Said>,
}

enum Kept {
    Asked,
    Answered(Vec<u8>),
    Awaited(oneshot::Sender<Vec<u8>>),
}

/// Messages that a server half sends during a call, in order. They leave at the end of the call.
pub(crate) type Said = Vec<Saying>;

pub(crate) enum Saying {
    Message(ConnectionId, Vec<u8>, Slip),
    Close(ConnectionId),
    Answer(Ticket, Vec<u8>),
}

impl Outbox {
    pub(crate) fn new(handle: Handle, most: Option<u32>) -> Rc<Outbox> {
        Rc::new(Outbox { handle, most, state: RefCell::default() })
    }
    /// Runs `ask`, a call of the server half. Returns its result and the messages that it sent.
    pub(crate) fn keep<R>(&self, ask: impl FnOnce() -> R) -> (R, Said) {
        let before = self.state.borrow_mut().asked.replace(Said::new());
        let given = ask();
        (given, std::mem::replace(&mut self.state.borrow_mut().asked, before).unwrap_or_default())
    }
    pub(crate) fn holds(&self, id: ConnectionId) -> bool {
        self.state.borrow().ends.contains_key(&id)
    }
    /// True if the server cannot hold another connection in addition to this many held requests.
    pub(crate) fn is_full_with(&self, held: usize) -> bool {
        self.most.is_some_and(|most| self.state.borrow().ends.len() + held >= most as usize)
    }
    pub(crate) fn add(&self, end: Rc<dyn ServerEnd>) -> ConnectionId {
        let mut state = self.state.borrow_mut();
        let id = ConnectionId(state.next());
        state.ends.insert(id, end);
        id
    }
    pub(crate) fn remove(&self, id: ConnectionId) {
        self.state.borrow_mut().ends.remove(&id);
    }
    /// Closes all connections, because the server's process has died.
    pub(crate) fn clear(&self) {
        let mut state = self.state.borrow_mut();
        let (ends, kept) = (std::mem::take(&mut state.ends), std::mem::take(&mut state.kept));
        drop(state);
        drop((ends, kept));
    }
    pub(crate) fn say(&self, said: Said) {
        for saying in said {
            match saying {
                Saying::Message(id, message, slip) => {
                    let end = self.state.borrow().ends.get(&id).cloned();
                    if let Some(end) = end {
                        end.send_with(message, slip);
                    }
                }
                Saying::Close(id) => {
                    let end = self.state.borrow_mut().ends.remove(&id);
                    end.into_iter().for_each(|end| end.close());
                }
                Saying::Answer(ticket, answer) => self.state.borrow_mut().answer(ticket, answer),
            }
        }
    }
    /// Waits for the delayed response to a request. Waits forever if there is no such ticket.
    pub(crate) async fn answered(&self, ticket: Ticket) -> Vec<u8> {
        let (sender, receiver) = self.handle.oneshot();
        let kept = self.state.borrow_mut().kept.insert(ticket, Kept::Awaited(sender));
        let answer = match kept {
            Some(Kept::Answered(answer)) => Some(answer),
            Some(Kept::Asked) => receiver.await,
            Some(Kept::Awaited(_)) | None => None,
        };
        self.state.borrow_mut().kept.remove(&ticket);
        match answer {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    fn later_or_now(&self, saying: Saying) {
        let mut state = self.state.borrow_mut();
        match &mut state.asked {
            Some(said) => said.push(saying),
            None => {
                drop(state);
                self.say(vec![saying]);
            }
        }
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
    fn answer(&mut self, ticket: Ticket, answer: Vec<u8>) {
        match self.kept.remove(&ticket) {
            // If the phone's connection has died, nothing receives the response.
            Some(Kept::Awaited(sender)) => _ = sender.send(answer),
            Some(Kept::Asked) => _ = self.kept.insert(ticket, Kept::Answered(answer)),
            Some(first @ Kept::Answered(_)) => _ = self.kept.insert(ticket, first),
            None => {}
        }
    }
}

impl Phones for Outbox {
    fn send(&self, connection: ConnectionId, message: Vec<u8>) -> bool {
        self.send_with(connection, message, Slip::default())
    }
    fn send_with(&self, connection: ConnectionId, message: Vec<u8>, slip: Slip) -> bool {
        let is_open = self.holds(connection);
        if is_open {
            self.later_or_now(Saying::Message(connection, message, slip));
        }
        is_open
    }
    fn close(&self, connection: ConnectionId) {
        self.later_or_now(Saying::Close(connection));
    }
    fn ticket(&self) -> Ticket {
        let mut state = self.state.borrow_mut();
        let ticket = Ticket(state.next());
        state.kept.insert(ticket, Kept::Asked);
        ticket
    }
    fn answer(&self, ticket: Ticket, answer: Vec<u8>) {
        self.later_or_now(Saying::Answer(ticket, answer));
    }
}
