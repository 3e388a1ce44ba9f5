//! Which devices are to hold a row, whatever their engine did.

use std::rc::Rc;

use super::device::Device;
use super::server::Servers;
use crate::base::{DeviceId, EntityId, Key};
use crate::contract::{Delivery, Schema};

/// Whether a device pulls a row: some unit of its app brings the entity, and the row is in its
/// scope. One that the backend never had is in the scope of those whose scope is everything.
pub(super) fn reach<'w>(
    devices: &'w [Rc<Device>],
    servers: &'w Servers,
    schema: &'w Schema,
) -> impl Fn(EntityId, &Key) -> Box<dyn Fn(DeviceId) -> bool + 'w> + 'w {
    move |of, key| {
        let entity = schema.entity(of);
        let values = servers.backend.borrow().row(of, key).map(|row| row.values.clone());
        Box::new(move |device| {
            let setup = devices[device.0 as usize].storage.setup();
            let met = || match &values {
                Some(values) => {
                    entity.scope.iter().all(|rule| rule.is_met(&values[rule.column()], &setup.attributes))
                }
                None => entity.scope.is_empty(),
            };
            entity.delivery == Delivery::Delta
                && setup.units.iter().any(|unit| unit.pull.contains(&of))
                && met()
        })
    }
}
