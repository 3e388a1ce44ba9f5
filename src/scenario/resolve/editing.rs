//! What people may edit, and when.

use super::super::written::{Scope, scope};
use super::World;
use crate::base::EntityId;
use crate::workload::Editing;

pub(super) fn editing(world: &World<'_>) -> Editing {
    let view = world.root.at("workload.editing");
    let lease = view.at("lease");
    if lease.place().is_some() && world.stack().is_some_and(|stack| !stack.is_builtin) {
        let title = "this stack's server gives no leases";
        world.wrong.at(lease, title, "leave `lease` out, or take the built-in stack");
    }
    let mut editing = Editing {
        offline: view.at("offline").word(),
        lease: lease.present().map(|lease| lease.span()),
        ..Editing::default()
    };
    for (number, entity) in world.schema.entities.iter().enumerate() {
        let id = EntityId(number as u16);
        if let Some(owner) = owner(world, id) {
            editing.owners.insert(id, owner);
        }
        let list = world.root.at("entity").key(&entity.name).at("editable_offline");
        let Some(list) = list.present() else { continue };
        let columns = list.items().filter_map(|item| world.column_named(item, id, item.text()));
        editing.columns.insert(id, columns.collect());
    }
    editing
}

/// The column that says whose a row of the entity is, and the attribute that it is held against.
fn owner(world: &World<'_>, id: EntityId) -> Option<(usize, usize)> {
    let entity = world.schema.entity(id);
    let owned = world.root.at("entity").key(&entity.name).at("owned_by");
    let mut entries = owned.entries();
    let (name, view) = entries.next()?;
    if entries.next().is_some() {
        world.wrong.at(owned, "a row has one owner", "name one column in `owned_by`");
    }
    let column = world.column_named(owned.name(name), id, name)?;
    let Some(Scope::Attribute(attribute)) = scope(view.text()) else {
        world.wrong.at(view, "no time owns a row", "write an attribute, such as \"device.person\"");
        return None;
    };
    if entity.projection.binary_search(&column).is_err() {
        let title = format!("devices do not hold `{name}`, so that none can tell whose a row is");
        world.wrong.at(view, title, "add it to `project`");
    }
    Some((column, world.attribute_named(view, &attribute)?))
}
