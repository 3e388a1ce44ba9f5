//! Faults that act by their own code at a time.

use std::cell::RefMut;
use std::rc::Rc;

use super::reassignment::Reassignment;
use crate::backend::{Backend, ForcedUpload};
use crate::base::{DeviceId, Span, Time};
use crate::disk::Disk;
use crate::gateway::Gateway;
use crate::net::Link;

/// The parts of a running world that a fault can change.
pub trait Reach {
    fn now(&self) -> Time;
    fn backend(&self) -> RefMut<'_, Backend>;
    /// The gateway; `None` if the stack has a server half of its own.
    fn gateway(&self) -> Option<RefMut<'_, Gateway>>;
    fn disk(&self, of: DeviceId) -> Disk;
    fn link(&self, of: DeviceId) -> RefMut<'_, Link>;
    fn has_connections(&self, of: DeviceId) -> bool;
    /// Gives the person of a device other attributes; false if the person had them already.
    fn reassign(&self, of: DeviceId, reassignment: &Reassignment) -> bool;
    /// Uploads the whole copy of a device to the backend; false if that changed nothing.
    fn force_upload(&self, of: DeviceId, how: ForcedUpload) -> bool;
    /// Kills the process of the server half; false if there was none.
    fn kill_server(&self, restart_after: Span) -> bool;
    /// Suspends an app for `length`; its connections stay open for `sockets`. False if no app runs.
    fn suspend(&self, of: DeviceId, length: Span, sockets: Span) -> bool;
}

/// The act of a fault. The flag is true when the fault begins, and false when it ends. Returns true
/// if the act hit somebody.
pub(super) type Act = Rc<dyn Fn(&dyn Reach, bool) -> bool>;

/// An act at an instant, or at the beginning and the end of a period.
#[derive(Clone)]
pub struct Strike {
    /// The event that plans the act. It counts as fired if the act hit somebody.
    pub event: String,
    pub at: Time,
    pub until: Option<Time>,
    pub act: Act,
}
