//! Makes the rows with which a device starts.

use super::dataset::Dataset;
use crate::base::{EntityId, Stamp};
use crate::contract::{Attributes, Carried, Delivery, Entity, ScopeRule};

impl Dataset {
    /// Calls `f` with the rows that a device with these attributes held after a complete sync at a
    /// past instant. With `by_attribute`, it takes only the entities whose scope names an
    /// attribute. Otherwise it takes only the other entities, whose rows are the same on all
    /// devices. Windows of scopes are relative to the scenario's start day. If `stops` returns
    /// true, the search ends early.
    pub fn synced(
        &self,
        (attributes, at): (&Attributes, Stamp),
        by_attribute: bool,
        stops: &dyn Fn() -> bool,
        f: &mut dyn FnMut(Carried<'_>),
    ) {
        let schema = &self.schema;
        for id in schema.ids() {
            let entity = schema.entity(id);
            let rule = entity.scope.iter().find_map(ScopeRule::attribute);
            if entity.delivery != Delivery::Delta || rule.is_some() != by_attribute {
                continue;
            }
            let mut carry = |row: u64| self.carry((id, entity), row, (attributes, at), f);
            match rule {
                None => (0..self.len(id)).take_while(|_| !stops()).for_each(carry),
                Some((column, attribute)) => {
                    let rows = self.having(id, column, &attributes[attribute]);
                    rows.iter().take_while(|_| !stops()).for_each(|row| carry(u64::from(*row)));
                }
            }
        }
    }

    fn carry(
        &self,
        (id, entity): (EntityId, &Entity),
        row: u64,
        (attributes, at): (&Attributes, Stamp),
        f: &mut dyn FnMut(Carried<'_>),
    ) {
        // A scope column is the same in all versions. So for most rows, one value decides without
        // the rest of the row.
        let inside = |rule: &ScopeRule| rule.is_met(&self.value(id, row, rule.column()), attributes);
        if self.stamp_at(id, row, at).is_some()
            && entity.scope.iter().all(inside)
            && let Some((stamp, values)) = self.at(id, row, at)
        {
            let key = self.key(id, row);
            f(Carried { entity: id, key: key.as_str(), stamp, values: &values });
        }
    }
}
