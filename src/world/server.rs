//! The gateway with the backend behind it, as the links see them.

use std::cell::RefCell;
use std::rc::Rc;

use super::hub::Hub;
use crate::backend::{Backend, Fact};
use crate::base::DeviceId;
use crate::contract::wire::Answer;
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

    /// Tells the recorders of lives which rows leave for a device.
    fn tell_rows(&self, device: DeviceId, answer: &[u8]) {
        let Ok(Ok(answer)) = Answer::decode(answer) else { return };
        for page in &answer.pages {
            for row in page.rows.iter() {
                let (entity, key, stamp, removed) = (page.entity, row.key, row.stamp, row.values.is_none());
                self.hub.tell_lives(Node::Gateway, Event::RowServed { device, entity, key, stamp, removed });
            }
        }
    }

    pub(super) fn tell_one(&self, event: Event<'_>) {
        self.hub.emit(Node::Backend, event);
    }
}

/// The servers as a link's other end.
pub(super) struct Counter {
    pub(super) servers: Rc<Servers>,
    /// Whose link it is.
    pub(super) device: DeviceId,
}

impl Server for Counter {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Vec<u8>> {
        let (servers, device) = (self.servers.clone(), self.device);
        Box::pin(async move {
            let now = servers.handle.now();
            let served = servers.gateway.borrow_mut().serve(now, &mut servers.backend.borrow_mut(), &request);
            servers.tell(&served.facts);
            if let Some(work) = &served.work {
                servers.tell_one(work.event());
            }
            servers.handle.sleep_until(served.done_at).await;
            if servers.hub.records_lives() {
                servers.tell_rows(device, &served.answer);
            }
            served.answer
        })
    }
}
