//! The transport port over a device's way to the gateway.

use std::rc::Rc;

use super::held;
use super::server::Server;
use super::transport::Way;
use crate::base::Time;
use crate::contract::{
    Cacheable, Event, LocalBoxFuture, NetworkKind, PendingConnection, PendingResponse, Transport,
};

impl Transport for Rc<Way> {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.request_of(self.server.clone(), request, deadline)
    }

    fn request_cacheable(&self, request: Vec<u8>, cacheable: Cacheable, deadline: Time) -> PendingResponse {
        self.request_of(Rc::new(ThroughCache { way: self.clone(), cacheable }), request, deadline)
    }

    fn connect(&self, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        Box::pin(held::connect(self.clone(), hello, deadline))
    }

    fn network(&self) -> NetworkKind {
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
