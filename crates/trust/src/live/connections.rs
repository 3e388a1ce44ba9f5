//! A phone's HTTP/1.1 connections to the server; free ones are reused.

use std::cell::{Cell, RefCell};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use syncdyno_contract::contract::{Response, TransportError};
use tokio::net::TcpSocket;
use tokio::task::AbortHandle;

use crate::live::http;
use crate::live::namespace;
use crate::live::server::ADDRESS;

/// A connection; dropping it closes the connection.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) struct Connections {
    head: u64,
    congestion: String,
    free: RefCell<Vec<Open>>,
    pub(crate) opened: Cell<u32>,
}

impl Connections {
    /// `head`: bytes of each request's head.
    pub(crate) fn new(head: u64, congestion: &str) -> Connections {
        let congestion = congestion.to_owned();
        Connections { head, congestion, free: RefCell::default(), opened: Cell::default() }
    }

    async fn open(&self) -> Result<Open, TransportError> {
        let socket = TcpSocket::new_v4().map_err(|_| TransportError::Reset)?;
        namespace::set_congestion_control(&socket, &self.congestion).map_err(|_| TransportError::Reset)?;
        let stream = socket.connect(ADDRESS.into()).await.map_err(|_| TransportError::Reset)?;
        _ = stream.set_nodelay(true);
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|_| TransportError::Reset)?;
        let task = tokio::task::spawn_local(async move { _ = connection.await }).abort_handle();
        self.opened.set(self.opened.get() + 1);
        Ok(Open { sender, task })
    }

    /// Sends a request over a free connection, or a new one; reuses it only after a response.
    pub(crate) async fn ask(&self, body: Vec<u8>) -> Response {
        let free = self.free.borrow_mut().pop().filter(|open| !open.sender.is_closed());
        let mut open = match free {
            Some(open) => open,
            None => self.open().await?,
        };
        let sent = open.sender.send_request(http::request(body, self.head)).await;
        let body = sent.map_err(|_| TransportError::Reset)?.into_body();
        let body = body.collect().await.map_err(|_| TransportError::Reset)?.to_bytes().to_vec();
        self.free.borrow_mut().push(open);
        Ok(body)
    }
}
