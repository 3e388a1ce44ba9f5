//! Finds the devices that must hold a row, independent of their engine.

use std::rc::Rc;

use crate::base::{DeviceId, EntityId, Key};
use crate::contract::Delivery;
use crate::world::device::node::Device;
use crate::world::server::half::Servers;

/// True if a device must hold a row that another device edited: a unit of its app pulls the entity,
/// and the row is in its scope. If the backend does not have the row, both devices must have the
/// same scope attributes.
pub(super) fn reach<'w>(
    devices: &'w [Rc<Device>],
    servers: &'w Servers,
) -> impl Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'w> + 'w {
    move |of, key, author| {
        let backend = servers.backend.borrow();
        let entity = backend.schema().entity(of).clone();
        let values = backend.row(of, key).map(|row| row.values.clone());
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
