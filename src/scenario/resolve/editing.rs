//! What people may edit, and when.

use super::World;
use crate::base::EntityId;
use crate::workload::Editing;

impl World<'_> {
    pub(super) fn editing(&self) -> Editing {
        let view = self.root.at("workload.editing");
        let lease = view.at("lease");
        if lease.place().is_some() && self.stack().is_some_and(|stack| !stack.is_builtin) {
            let title = "this stack's server gives no leases";
            self.wrong.at(lease, title, "leave `lease` out, or take the built-in stack");
        }
        let mut editing = Editing {
            offline: view.at("offline").word(),
            lease: lease.present().map(|lease| lease.span()),
            ..Editing::default()
        };
        for (number, entity) in self.schema.entities.iter().enumerate() {
            let id = EntityId(number as u16);
            let list = self.root.at("entity").key(&entity.name).at("editable_offline");
            let Some(list) = list.present() else { continue };
            let columns = list.items().filter_map(|item| self.column_named(item, id, item.text()));
            editing.columns.insert(id, columns.collect());
        }
        editing
    }
}
