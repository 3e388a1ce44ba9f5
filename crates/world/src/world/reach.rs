//! Which devices are to hold a row, whatever their engine did.

use std::rc::Rc;

use super::device::Device;
use super::server::Servers;
use crate::base::{DeviceId, EntityId, Key};
use crate::contract::{Delivery, Schema};

/// Whether a device pulls a row that another edited: some unit of its app brings the entity, and
/// the row is in its scope. One that the backend does not have is in the scope of those who share
/// what it goes by with its author.
pub(super) fn reach<'w>(
    devices: &'w [Rc<Device>],
    servers: &'w Servers,
    schema: &'w Schema,
) -> impl Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'w> + 'w {
    move |of, key, author| {
        let entity = schema.entity(of);
        let values = servers.backend.borrow().row(of, key).map(|row| row.values.clone());
        Box::new(move |device| {
            let setup = devices[device.0 as usize].storage.setup();
            let met = || match &values {
                Some(values) => {
                    entity.scope.iter().all(|rule| rule.is_met(&values[rule.column()], &setup.attributes))
                }
                None => entity.scope.iter().filter_map(|rule| rule.attribute()).all(|(_, attribute)| {
                    let theirs = &devices[author.0 as usize].storage.setup().attributes;
                    theirs[attribute] == setup.attributes[attribute]
                }),
            };
            entity.delivery == Delivery::Delta
                && setup.units.iter().any(|unit| unit.pull.contains(&of))
                && met()
        })
    }
}
