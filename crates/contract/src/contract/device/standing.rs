//! A connection that an engine holds open while its process lives.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::engine::EngineError;
use super::port::{Ports, Work};
use super::transport::{Connection, Received, TransportError};
use crate::base::{Span, Time};

/// The longest wait for a response or a connection.
const PATIENCE: Span = Span::secs(15);
/// The wait before a connection that has ended is opened again.
const AGAIN_AFTER: Span = Span::secs(5);
/// The interval of checks for a late response.
const LOOK: Span = Span::secs(5);

/// A connection that is reopened whenever it ends. The engine asks the server one question at a
/// time. If the response is late, the connection is closed, because nothing else shows that the
/// server is gone.
pub struct Standing {
    ports: Ports,
    line: RefCell<Option<Rc<dyn Connection>>>,
    /// When the question under way was sent; `None` if no response is awaited.
    asked: Cell<Option<Time>>,
    wished: Cell<bool>,
    holder: Cell<Option<Waker>>,
}

impl Standing {
    /// A connection for a process with these ports. The engine asks its question at least once per
    /// `beat`. Nothing is opened before [`hold`](Standing::hold).
    pub fn new(ports: &Ports, beat: Span) -> Rc<Standing> {
        let (line, asked, wished, holder) = Default::default();
        let standing = Rc::new(Standing { ports: ports.clone(), line, asked, wished, holder });
        let (looking, beating) = (standing.clone(), standing.clone());
        ports.every(LOOK, move || looking.look());
        ports.every(beat, move || beating.wish());
        standing
    }
    /// Schedules the question. It is sent when the connection is open, the previous question is
    /// answered, and earlier disk work is done.
    pub fn wish(&self) {
        self.wished.set(true);
        self.holder.take().into_iter().for_each(Waker::wake);
    }
    /// True if the connection is open, and no question waits to be sent or answered.
    pub fn is_quiet(&self) -> bool {
        self.line.borrow().is_some() && self.asked.get().is_none() && !self.wished.get()
    }
    /// Opens the connection, and again whenever it ends. Its first message is `hello`. `question`
    /// returns the message to ask, on each new connection and after each [`wish`](Standing::wish).
    /// `heard` takes each received message and returns true if it answers the question. An error of
    /// `heard` ends the connection.
    pub async fn hold(
        &self,
        hello: &[u8],
        question: impl AsyncFn() -> Vec<u8>,
        heard: impl AsyncFn(Vec<u8>) -> Result<bool, EngineError>,
    ) {
        loop {
            _ = self.hold_one(hello, &question, &heard).await;
            self.line.take().into_iter().for_each(|line| line.close());
            self.ports.sleep(AGAIN_AFTER).await;
        }
    }

    async fn hold_one(
        &self,
        hello: &[u8],
        question: &impl AsyncFn() -> Vec<u8>,
        heard: &impl AsyncFn(Vec<u8>) -> Result<bool, EngineError>,
    ) -> Result<(), TransportError> {
        let deadline = self.ports.clock.now() + PATIENCE;
        let line = match self.ports.transport.connect(hello.to_vec(), deadline).await {
            Err(TransportError::Refused) => return self.ports.transport.renew_token(deadline).await,
            line => line?,
        };
        self.line.replace(Some(line.clone()));
        self.asked.set(None);
        self.wished.set(true);
        loop {
            let Some(received) = self.received_or_free(&*line).await else {
                self.asked.set(Some(self.ports.clock.now()));
                self.wished.set(false);
                self.ports.work(Work::default()).await;
                line.send(question().await)?;
                self.asked.set(Some(self.ports.clock.now()));
                continue;
            };
            let Some(message) = received? else { return Ok(()) };
            match heard(message).await {
                Ok(true) => self.asked.set(None),
                Ok(false) => {}
                Err(_) => return Ok(()),
            }
        }
    }

    /// The next message; `None` if a question must be sent first.
    async fn received_or_free(&self, line: &dyn Connection) -> Option<Received> {
        let mut received = line.receive();
        poll_fn(|context| {
            if self.wished.get() && self.asked.get().is_none() {
                return Poll::Ready(None);
            }
            self.holder.set(Some(context.waker().clone()));
            received.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// Closes a connection on which a response is late, unless a long response is still arriving.
    fn look(&self) {
        if self.asked.get().is_some_and(|since| since + PATIENCE < self.ports.clock.now()) {
            let lines = self.line.borrow();
            lines.iter().filter(|line| !line.is_receiving()).for_each(|line| line.close());
        }
    }
}
