//! What a fault does by itself at its time: a mechanism that needs no list of its own.

use std::cell::RefMut;
use std::rc::Rc;

use super::access::Reassignment;
use crate::backend::Backend;
use crate::base::{DeviceId, Span, Time};
use crate::disk::Disk;
use crate::gateway::Gateway;
use crate::net::Link;

/// What a fault can reach in a running world.
pub trait Reach {
    fn now(&self) -> Time;
    fn backend(&self) -> RefMut<'_, Backend>;
    /// `None` if the stack has a server half of its own.
    fn gateway(&self) -> Option<RefMut<'_, Gateway>>;
    fn disk(&self, of: DeviceId) -> Disk;
    fn link(&self, of: DeviceId) -> RefMut<'_, Link>;
    fn has_connections(&self, of: DeviceId) -> bool;
    /// Gives the person of a device other attributes; false if they had them.
    fn reassign(&self, of: DeviceId, reassignment: &Reassignment) -> bool;
    /// Kills the process of the server half; false if there was none.
    fn kill_server(&self, restart_after: Span) -> bool;
    /// Suspends an app, whose connections last `sockets`; false if none runs.
    fn suspend(&self, of: DeviceId, length: Span, sockets: Span) -> bool;
}

/// Acts and returns whether it met somebody; the flag says whether the fault begins or ends.
pub(super) type Act = Rc<dyn Fn(&dyn Reach, bool) -> bool>;

/// An act at an instant, or at the beginning and the end of a period.
#[derive(Clone)]
pub struct Strike {
    /// The event that plans it; it counts as met if the act met somebody.
    pub event: String,
    pub at: Time,
    pub until: Option<Time>,
    pub act: Act,
}
