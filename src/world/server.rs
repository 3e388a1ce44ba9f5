//! The gateway with the backend behind it, as the links see them.

use std::cell::RefCell;
use std::rc::Rc;

use super::hub::Hub;
use crate::backend::{Backend, Fact};
use crate::contract::{Event, LocalBoxFuture, Node};
use crate::gateway::Gateway;
use crate::net::Server;
use crate::sim::Handle;

/// Gateway and backend of a world.
pub(super) struct Servers {
    pub(super) handle: Handle,
    pub(super) hub: Rc<Hub>,
    pub(super) gateway: RefCell<Gateway>,
    pub(super) backend: RefCell<Backend>,
}

impl Servers {
    /// Tells the listeners what the backend did.
    pub(super) fn tell(&self, facts: &[Fact]) {
        for fact in facts {
            self.hub.emit(Node::Backend, fact.event());
        }
    }

    pub(super) fn tell_one(&self, event: Event<'_>) {
        self.hub.emit(Node::Backend, event);
    }
}

/// The servers as a link's other end.
pub(super) struct Counter(pub(super) Rc<Servers>);

impl Server for Counter {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Vec<u8>> {
        let servers = self.0.clone();
        Box::pin(async move {
            let now = servers.handle.now();
            let served = servers.gateway.borrow_mut().serve(now, &mut servers.backend.borrow_mut(), &request);
            servers.tell(&served.facts);
            if let Some(work) = &served.work {
                servers.tell_one(work.event());
            }
            servers.handle.sleep_until(served.done_at).await;
            served.answer
        })
    }
}
