//! Decides which edits the app allows its person now. It uses the phone's own view of the network.
//!
//! The app requests a lease (an exclusive right to edit a row) when a person wants to edit, if the
//! network carries messages. The lease is granted if no other device has one for the row, and the
//! device shows the row's present version. The request costs nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{DeviceId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{EditError, EditKind, LocalEdit, NetworkKind};
use crate::net::Link;
use crate::setup::Setup;
use crate::workload::Offline;
use crate::world::server::half::Servers;

pub(crate) type Leases = Rc<RefCell<BTreeMap<(EntityId, Key), (DeviceId, Time)>>>;

pub(crate) struct Allowed {
    pub(crate) plan: Rc<Setup>,
    pub(crate) servers: Rc<Servers>,
    pub(crate) leases: Leases,
    /// The person's present attributes.
    pub(crate) attributes: RefCell<Vec<Value>>,
}

impl Allowed {
    /// The reason why the app refuses an edit; `None` if it allows the edit. `shown` returns the
    /// row as the device shows it.
    pub(crate) fn refuses(
        &self,
        (device, now): (DeviceId, Time),
        link: &Link,
        edit: &LocalEdit,
        shown: impl Fn() -> Option<(Stamp, Vec<Value>)>,
    ) -> Option<EditError> {
        let editing = &self.plan.workload.editing;
        let has_network = link.conditions().network(now) != NetworkKind::None;
        let entity = self.plan.schema.entity(edit.entity);
        if editing.is_anothers(entity, edit, &self.attributes.borrow(), || Some(shown()?.1)) {
            return Some(EditError::NotOwner);
        }
        if !has_network {
            if editing.offline == Offline::Locked {
                return Some(EditError::Locked);
            }
            if !editing.allows_offline(edit) {
                return Some(EditError::NotOffline);
            }
        }
        let lease = editing.lease.filter(|_| edit.kind != EditKind::Create)?;
        let row = (edit.entity, edit.key.clone());
        let holder = self.leases.borrow().get(&row).copied().filter(|(_, until)| *until > now);
        match holder {
            Some((holder, _)) if holder == device => return None,
            Some(_) => return Some(EditError::NoLease),
            None => {}
        }
        let reached = has_network && link.conditions().carries(now);
        let current = || {
            let backend = self.servers.backend.borrow();
            let there = backend.row(edit.entity, &edit.key).map(|row| row.stamp);
            there.is_none() || there == shown().map(|(stamp, _)| stamp)
        };
        if !reached || !current() {
            return Some(EditError::NoLease);
        }
        self.leases.borrow_mut().insert(row, (device, now + lease));
        None
    }
}
