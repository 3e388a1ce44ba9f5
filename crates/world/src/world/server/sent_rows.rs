//! Serves the rows that the built-in stack's server sends with its announcements. They are read as
//! for a pull of their device, so they cost the server as much.

use std::rc::{Rc, Weak};

use crate::base::EntityId;
use crate::contract::LocalBoxFuture;
use crate::gateway::Gateway;
use crate::protocol::{PullRequest, Request};
use crate::world::server::ear::{RowSource, ServedPage};
use crate::world::server::half::{Beside, Servers};
use crate::world::server::requests_in::tell_rows;

pub(crate) struct ServedRows(Weak<Servers>);

impl ServedRows {
    pub(crate) fn of(servers: &Rc<Servers>) -> Rc<ServedRows> {
        Rc::new(ServedRows(Rc::downgrade(servers)))
    }
}

impl RowSource for ServedRows {
    fn now(&self, entity: EntityId) -> String {
        let Some(servers) = self.0.upgrade() else { return String::new() };
        let now = servers.handle.now();
        let cursor = |gateway: &Gateway| gateway.cursor_now(&servers.backend.borrow(), now, entity);
        servers.gateway.as_ref().map(|gateway| cursor(&gateway.borrow())).unwrap_or_default()
    }

    fn page(&self, pull: PullRequest) -> LocalBoxFuture<'static, Option<ServedPage>> {
        let servers = self.0.upgrade();
        Box::pin(async move { page(servers?, pull).await })
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        if let Some(servers) = self.0.upgrade() {
            servers.handle.spawn(servers.process.node, "sent rows", task);
        }
    }
}

async fn page(servers: Rc<Servers>, pull: PullRequest) -> Option<ServedPage> {
    let device = pull.device;
    let entities: Vec<EntityId> = pull.wants.iter().map(|want| want.entity).collect();
    let (codec, request) = {
        let gateway = servers.gateway.as_ref()?.borrow();
        // The device must learn this from the response to its own request.
        if gateway.must_start_over(device) {
            return None;
        }
        let codec = gateway.options.codec;
        let clock = gateway.clock(servers.handle.now());
        (codec, codec.encode_request(&Request::Pull(PullRequest { clock, ..pull })))
    };
    let slip = Beside::default();
    let bytes = servers.clone().answer(device, request, slip.clone()).await;
    let opened = codec.open(bytes.clone()).ok()?;
    let answer = codec.decode_answer(&opened).ok()?.ok()?;
    let end = |entity: &EntityId| {
        let page = answer.pages.iter().find(|page| page.entity == *entity)?;
        (!page.more).then(|| page.cursor.clone().into_owned())
    };
    let ends = entities.iter().map(end).collect::<Option<Vec<String>>>()?;
    tell_rows(&servers, device, &bytes, &slip.borrow());
    Some(ServedPage { bytes, ends })
}
