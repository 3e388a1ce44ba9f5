//! Access of faults to a running world.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use super::device::Device;
use super::server::Servers;
use crate::backend::Backend;
use crate::base::{DeviceId, Span, Time};
use crate::disk::Disk;
use crate::faults::Reach;
use crate::gateway::Gateway;
use crate::net::Link;

pub(super) struct Hands {
    pub(super) servers: Rc<Servers>,
    pub(super) devices: Vec<Rc<Device>>,
    pub(super) links: Vec<Rc<RefCell<Link>>>,
}

impl Hands {
    fn device(&self, of: DeviceId) -> &Rc<Device> {
        &self.devices[of.0 as usize]
    }
}

impl Reach for Hands {
    fn now(&self) -> Time {
        self.servers.handle.now()
    }
    fn backend(&self) -> RefMut<'_, Backend> {
        self.servers.backend.borrow_mut()
    }
    fn gateway(&self) -> Option<RefMut<'_, Gateway>> {
        self.servers.gateway.as_ref().map(|gateway| gateway.borrow_mut())
    }
    fn disk(&self, of: DeviceId) -> Disk {
        self.device(of).storage.disk.clone()
    }
    fn link(&self, of: DeviceId) -> RefMut<'_, Link> {
        self.links[of.0 as usize].borrow_mut()
    }
    fn has_connections(&self, of: DeviceId) -> bool {
        self.device(of).way.has_connections()
    }
    fn kill_server(&self, restart_after: Span) -> bool {
        self.servers.kill_gateway(restart_after)
    }
    fn suspend(&self, of: DeviceId, length: Span, sockets: Span) -> bool {
        self.device(of).suspend_for(length, sockets)
    }
}
