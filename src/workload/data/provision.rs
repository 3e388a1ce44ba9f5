//! The state that a device starts with.

use super::dataset::Dataset;
use crate::base::{EntityId, Stamp};
use crate::contract::{Attributes, Carried, Delivery, Entity, Provision, ScopeRule};

/// What a device with these attributes held after a complete sync at one past instant.
/// Windows of scopes are anchored at the scenario's start day. Entities whose scope names no
/// attribute come first: those rows are the same for all devices of the same instant.
pub struct Synced<'a, C> {
    dataset: &'a Dataset,
    attributes: Attributes,
    at: Stamp,
    cursor: C,
}

impl Dataset {
    /// What it held when it had synced everything at `at`; `cursor` gives the cursors of then.
    pub fn provision<C: Fn(EntityId) -> String>(
        &self,
        attributes: Attributes,
        at: Stamp,
        cursor: C,
    ) -> Synced<'_, C> {
        Synced { dataset: self, attributes, at, cursor }
    }
}

impl<C: Fn(EntityId) -> String> Provision for Synced<'_, C> {
    fn synced_at(&self) -> Stamp {
        self.at
    }
    fn cursor(&self, entity: EntityId) -> String {
        (self.cursor)(entity)
    }
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>)) {
        self.rows_of_group(false, &|| false, f);
        self.rows_of_group(true, &|| false, f);
    }
}

impl<C> Synced<'_, C> {
    /// The rows of entities whose scope names an attribute, or does not, until it `stops`.
    pub fn rows_of_group(
        &self,
        of_attribute: bool,
        stops: &dyn Fn() -> bool,
        f: &mut dyn FnMut(Carried<'_>),
    ) {
        let schema = self.dataset.schema();
        for id in schema.ids() {
            let entity = schema.entity(id);
            if entity.delivery == Delivery::Delta && attribute_rule(entity).is_some() == of_attribute {
                self.rows_of(id, entity, stops, f);
            }
        }
    }

    fn rows_of(
        &self,
        id: EntityId,
        entity: &Entity,
        stops: &dyn Fn() -> bool,
        f: &mut dyn FnMut(Carried<'_>),
    ) {
        let mut carry = |row: u64| self.carry(id, entity, row, f);
        match attribute_rule(entity) {
            None => (0..self.dataset.len(id)).take_while(|_| !stops()).for_each(carry),
            Some((column, attribute)) => {
                let rows = self.dataset.having(id, column, &self.attributes[attribute]);
                rows.iter().take_while(|_| !stops()).for_each(|row| carry(u64::from(*row)));
            }
        }
    }

    fn carry(&self, id: EntityId, entity: &Entity, row: u64, f: &mut dyn FnMut(Carried<'_>)) {
        // The columns of a scope are the same in all versions, so most rows are told apart by one
        // cell.
        let inside =
            |rule: &ScopeRule| rule.is_met(&self.dataset.value(id, row, rule.column()), &self.attributes);
        if self.dataset.stamp_at(id, row, self.at).is_some()
            && entity.scope.iter().all(inside)
            && let Some((stamp, values)) = self.dataset.at(id, row, self.at)
        {
            let key = self.dataset.key(id, row);
            f(Carried { entity: id, key: key.as_str(), stamp, values: &values });
        }
    }
}

fn attribute_rule(entity: &Entity) -> Option<(usize, usize)> {
    entity.scope.iter().find_map(ScopeRule::attribute)
}
