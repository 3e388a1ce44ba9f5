//! The transport port over a device's way to the gateway.

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

/// A device's end: what [`Transport`](crate::contract::Transport) asks of it.
impl Way {
    /// Sends a request; what comes back is its answer, or why there is none.
    pub fn request(self: &Rc<Self>, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.request_of(self.server.clone(), request, deadline)
    }

    /// The same; a cache on the way may answer it.
    pub fn request_cacheable(
        self: &Rc<Self>,
        request: Vec<u8>,
        cacheable: Cacheable,
        deadline: Time,
    ) -> PendingResponse {
        self.request_of(Rc::new(ThroughCache { way: self.clone(), cacheable }), request, deadline)
    }

    /// A request to another server than the gateway, over the same connections and link; it fails
    /// as those of `Transport::request` do.
    pub fn request_of(
        self: &Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
    ) -> PendingResponse {
        let way = self.clone();
        Box::pin(async move {
            if !way.link.borrow().conditions().seems_up(way.handle.now()) {
                return Err(TransportError::Offline);
            }
            if way.options.protocol == Protocol::Bare {
                return Box::pin(exchange_bare(way, server, request, deadline)).await;
            }
            let lease = way.connection(deadline).await?;
            lease.ask(server, request, deadline).await
        })
    }

    /// The same, where the answer may come piece by piece: `heard` is told of each.
    pub fn request_pieces(
        self: &Rc<Self>,
        server: Rc<dyn Server>,
        request: Vec<u8>,
        deadline: Time,
        heard: impl FnMut(Vec<u8>) + 'static,
    ) -> LocalBoxFuture<'static, Result<(), TransportError>> {
        Box::pin(stream::ask(self.clone(), (server, request), deadline, heard))
    }

    /// Opens a connection that the device holds.
    pub fn connect(self: &Rc<Self>, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        Box::pin(held::connect(self.clone(), hello, deadline))
    }

    /// Opens a connection to this server on which bytes pass as they are, as those of an app that
    /// has its own TLS. A message is a piece of them; an empty one says that no more come.
    pub fn tunnel(self: &Rc<Self>, server: Rc<dyn Server>, deadline: Time) -> PendingConnection {
        Box::pin(held::tunnel(self.clone(), server, deadline))
    }

    /// What the operating system says of the network.
    pub fn network(&self) -> NetworkKind {
        self.link.borrow().conditions().network(self.handle.now())
    }
}

/// The server as it is seen through a proxy that keeps its answers.
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
            // Who has it already is told so, if they speak HTTP.
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
