//! What people may edit, and when.

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
        let list = world.root.at("entity").key(&entity.name).at("editable_offline");
        let Some(list) = list.present() else { continue };
        let columns = list.items().filter_map(|item| world.column_named(item, id, item.text()));
        editing.columns.insert(id, columns.collect());
    }
    editing
}
