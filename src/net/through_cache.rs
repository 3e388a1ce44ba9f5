//! A server as it is seen through a proxy that keeps its answers.

use std::cell::RefCell;
use std::rc::Rc;

use super::cache::{Cache, Hit};
use super::link::Link;
use super::server::Server;
use crate::contract::{Cacheable, Event, EventSink, LocalBoxFuture};
use crate::sim::Handle;

/// What answers one request that a cache on the way may answer, too.
pub(super) struct ThroughCache {
    pub(super) handle: Handle,
    pub(super) link: Rc<RefCell<Link>>,
    pub(super) events: Rc<dyn EventSink>,
    pub(super) cache: Rc<Cache>,
    pub(super) server: Rc<dyn Server>,
    pub(super) cacheable: Cacheable,
}

impl Server for ThroughCache {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let now = self.handle.now();
        let Some(ttl) = self.link.borrow().cached_for(now) else { return self.server.serve(request) };
        let version = self.server.version();
        if let Some(Hit { answer, stale, asked }) = self.cache.hit(ttl, now, &self.cacheable, version) {
            self.events.emit(Event::CacheAnswered { bytes: answer.len() as u64, stale, asked });
            return Box::pin(async { Some(answer) });
        }
        let (cache, server, of) = (self.cache.clone(), self.server.clone(), self.cacheable.clone());
        Box::pin(async move {
            let answer = server.serve(request).await?;
            if server.is_good(&answer) {
                cache.keep(now, of, &answer, version);
            }
            Some(answer)
        })
    }
}
