//! A connection that an engine holds for as long as its process lives.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::port::Ports;
use super::transport::{Connection, TransportError};
use crate::base::{Span, Time};

/// An answer that takes longer will not come, nor will a connection.
const PATIENCE: Span = Span::secs(15);
/// A connection that has ended is opened again so late.
const AGAIN_AFTER: Span = Span::secs(5);
/// How often is looked whether an answer is late.
const LOOK: Span = Span::secs(5);

/// A connection that is opened again whenever it ends, and given up when an answer is late: nothing
/// else tells that the other side is gone.
pub struct Standing {
    ports: Ports,
    line: RefCell<Option<Rc<dyn Connection>>>,
    /// Since when nothing has come though something must.
    waits: Cell<Option<Time>>,
}

impl Standing {
    /// One of a process with these ports; nothing is opened before [`hold`](Standing::hold).
    pub fn new(ports: &Ports) -> Rc<Standing> {
        let standing =
            Rc::new(Standing { ports: ports.clone(), line: RefCell::default(), waits: Cell::default() });
        let watched = standing.clone();
        ports.every(LOOK, move || watched.look());
        standing
    }
    pub fn is_open(&self) -> bool {
        self.line.borrow().is_some()
    }
    /// Hands over a message to which one must come back ([`answered`](Standing::answered)); false
    /// if there is no connection.
    pub fn ask(&self, message: Vec<u8>) -> bool {
        let line = self.line.borrow();
        let is_taken = line.as_ref().is_some_and(|line| line.send(message).is_ok());
        if is_taken && self.waits.get().is_none() {
            self.waits.set(Some(self.ports.clock.now()));
        }
        is_taken
    }
    /// What was asked has been answered: a message that comes of its own accord says nothing of a
    /// question that the other side never got.
    pub fn answered(&self) {
        self.waits.set(None);
    }
    /// Holds the connection, which begins with these first words: `opened` is done on each new one,
    /// and `heard` with each message. One that it cannot use (`false`) ends the connection.
    pub async fn hold(&self, hello: &[u8], opened: impl AsyncFn(), heard: impl AsyncFn(Vec<u8>) -> bool) {
        loop {
            _ = self.hold_one(hello, &opened, &heard).await;
            self.line.take().into_iter().for_each(|line| line.close());
            self.ports.sleep(AGAIN_AFTER).await;
        }
    }

    async fn hold_one(
        &self,
        hello: &[u8],
        opened: &impl AsyncFn(),
        heard: &impl AsyncFn(Vec<u8>) -> bool,
    ) -> Result<(), TransportError> {
        let deadline = self.ports.clock.now() + PATIENCE;
        let line = match self.ports.transport.connect(hello.to_vec(), deadline).await {
            Err(TransportError::Refused) => return self.ports.transport.renew_token(deadline).await,
            line => line?,
        };
        self.line.replace(Some(line.clone()));
        self.waits.set(None);
        opened().await;
        while let Some(message) = line.receive().await? {
            if !heard(message).await {
                break;
            }
        }
        Ok(())
    }

    /// Gives up a connection on which an answer is late.
    fn look(&self) {
        if self.waits.get().is_some_and(|since| since + PATIENCE < self.ports.clock.now()) {
            self.line.borrow().iter().for_each(|line| line.close());
        }
    }
}
