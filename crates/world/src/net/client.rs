//! The client transport of a device: requests, held connections, tunnels.

use std::rc::Rc;

use super::held;
use super::server::Server;
use super::transport::{Way, stream};
use super::transport_bare::exchange_bare;
use super::transport_options::Protocol;
use crate::base::Time;
use crate::contract::http::not_modified;
use crate::contract::{
    Cacheable, Event, LocalBoxFuture, NetworkKind, PendingConnection, PendingResponse, TransportError,
};

/// The methods that implement [`Transport`](crate::contract::Transport).
impl Way {
    /// Sends a request to the gateway. The result is its response or an error.
    pub fn request(self: &Rc<Self>, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.request_of(self.server.clone(), request, deadline)
    }

    /// Like [`Way::request`], but a cache on the path may respond.
    pub fn request_cacheable(
        self: &Rc<Self>,
        request: Vec<u8>,
        cacheable: Cacheable,
        deadline: Time,
    ) -> PendingResponse {
        self.request_of(Rc::new(ThroughCache { way: self.clone(), cacheable }), request, deadline)
    }

    /// Sends a request to another server over the same connections and link. The errors are those
    /// of `Transport::request`.
    pub fn request_of(
        self: &Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
    ) -> PendingResponse {
        let way = self.clone();
        Box::pin(async move {
            way.needs_network()?;
            if way.options.protocol == Protocol::Bare {
                return Box::pin(exchange_bare(way, server, request, deadline)).await;
            }
            let lease = way.connection(deadline).await?;
            lease.ask(server, request, deadline).await
        })
    }

    /// Like [`Way::request_of`], for a streamed response: calls `heard` with each piece.
    pub fn request_pieces(
        self: &Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
        heard: impl FnMut(Vec<u8>) + 'static,
    ) -> LocalBoxFuture<'static, Result<(), TransportError>> {
        Box::pin(stream::ask(self.clone(), (server, request), deadline, heard))
    }

    /// Opens a held connection to the gateway: it stays open for messages in both directions.
    /// `hello` is the HTTP request that upgrades to it.
    pub fn connect(self: &Rc<Self>, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        Box::pin(held::connect(self.clone(), hello, deadline))
    }

    /// Opens a connection to `server` that transmits raw bytes, for example for an app with its own
    /// TLS. Each message is a piece of the byte stream. An empty message closes its direction.
    pub fn tunnel(self: &Rc<Self>, server: Rc<dyn Server>, deadline: Time) -> PendingConnection {
        Box::pin(held::tunnel(self.clone(), server, deadline))
    }

    fn needs_network(&self) -> Result<(), TransportError> {
        let seems_up = self.link.borrow().conditions().seems_up(self.handle.now());
        if seems_up { Ok(()) } else { Err(TransportError::Offline) }
    }

    /// Fails without a network, or if the protocol has no connections.
    pub(super) fn needs_connections(&self) -> Result<(), TransportError> {
        self.needs_network()?;
        if self.options.protocol == Protocol::Bare { Err(TransportError::Refused) } else { Ok(()) }
    }

    /// The network as the operating system reports it.
    pub fn network(&self) -> NetworkKind {
        self.link.borrow().conditions().network(self.handle.now())
    }
}

/// The server as seen through a caching proxy.
struct ThroughCache {
    way: Rc<Way>,
    cacheable: Cacheable,
}

impl Server for ThroughCache {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let (now, Way { server, cache, events, .. }) = (self.way.handle.now(), &*self.way);
        let Some(ttl) = self.way.link.borrow().cached_for(now) else { return server.serve(request) };
        let version = server.version();
        if let Some((answer, stale)) = cache.hit(ttl, now, &self.cacheable, version) {
            let asked = self.cacheable.validated;
            // Over HTTP, a client that has the same response gets "not modified".
            let answer = not_modified(&request, &answer).unwrap_or(answer);
            events.observe(Event::CacheAnswered { bytes: answer.len() as u64, stale, asked });
            return Box::pin(async { Some(answer) });
        }
        let (cache, server, of) = (cache.clone(), server.clone(), self.cacheable.clone());
        Box::pin(async move {
            let answer = server.serve(request).await?;
            if server.is_good(&answer) {
                cache.keep(now, of, &answer, version);
            }
            Some(answer)
        })
    }
}
