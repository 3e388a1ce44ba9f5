//! What pulls and streams know.

use super::super::web::Address;
use crate::contract::{Attributes, DeviceId, EntityId, ServerError, ServerSetup};

pub(super) struct Site {
    pub(super) setup: ServerSetup,
    pub(super) by_time: bool,
    pub(super) only_resync: bool,
}

impl Site {
    pub(super) fn attributes(&self, of: DeviceId) -> &Attributes {
        &self.setup.attributes[of.0 as usize]
    }
    /// Of which table an address is, and what it wants there.
    pub(super) fn endpoint<'a>(&self, address: &'a Address) -> Result<(EntityId, &'a str), ServerError> {
        let schema = &self.setup.schema;
        let comes_down = |id: &EntityId| schema.entity(*id).delivery.comes_down();
        let (name, verb) = match address.parts().as_slice() {
            ["rx", verb] => (None, *verb),
            ["rx", name, verb] => (Some(*name), *verb),
            _ => return Err(ServerError::BadRequest("addresses are /rx/NAME/VERB".to_owned())),
        };
        let entity = match name {
            None => schema.ids().find(comes_down),
            Some(name) => schema.find(name).filter(|id| schema.entity(*id).delivery.is_on_devices()),
        };
        let unknown = || ServerError::BadRequest(format!("there is no table {:?}", name.unwrap_or_default()));
        Ok((entity.ok_or_else(unknown)?, verb))
    }
}
