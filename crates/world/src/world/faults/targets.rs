//! Access of faults to a running world.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use crate::backend::Backend;
use crate::base::{DeviceId, Span, Time};
use crate::disk::Disk;
use crate::faults::Reach;
use crate::gateway::Gateway;
use crate::net::Link;
use crate::world::device::node::Device;
use crate::world::server::half::Servers;

pub(in crate::world) struct Hands {
    pub(in crate::world) servers: Rc<Servers>,
    pub(in crate::world) devices: Vec<Rc<Device>>,
    pub(in crate::world) links: Vec<Rc<RefCell<Link>>>,
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
