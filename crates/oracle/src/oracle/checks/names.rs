//! Checks on keys that rows get after they were created.

use std::collections::BTreeMap;

use crate::base::{DeviceId, EntityId, Key, ValueRef};
use crate::contract::{Column, ColumnKind, DeviceView, Event, Schema};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::hearing::Topic;
use crate::oracle::model::assigned_keys::{Names, Twice};
use crate::oracle::words::phrases;

pub(in crate::oracle) static DANGLING_ID: Rule = Rule {
    name: "dangling-id",
    metric: "oracle.dangling_id.rows",
    harm: Harm::Divergent,
    matter: Matter::World,
    finds: "the phone uses a key of a row that the backend has replaced",
    needs: |can| can.sight.inside,
    hears: &[Topic::Renamed],
    ..PLAIN
};

pub(in crate::oracle) static ID_TWICE: Rule = Rule {
    name: "id-twice",
    metric: "oracle.id_twice.count",
    harm: Harm::Doubled,
    matter: Matter::World,
    finds: "a key that the backend assigned belongs to two rows",
    needs: |can| can.sight.inside,
    hears: &[Topic::Renamed],
    ..PLAIN
};

/// A key given to a new row belongs to no other row.
pub(in crate::oracle) fn id_twice(schema: &Schema, twice: &Twice) -> String {
    let [first, second] =
        twice.rows.each_ref().map(|key| phrases::record(schema, twice.entity, key.as_str()));
    let entity = &schema.entity(twice.entity).name;
    format!("the key {} of {entity} was assigned to {first}, and again to {second}", twice.given)
}

/// An edit is not refused because it refers to a row by an outdated key.
pub(in crate::oracle) fn outdated_reference<'e>(
    schema: &Schema,
    names: &Names,
    event: &Event<'e>,
) -> Option<(DeviceId, (EntityId, &'e str), String)> {
    let Event::MutationRefused { edit, entity, key, conflict: None, holder: Some(to), .. } = *event else {
        return None;
    };
    let outdated = |column: &Column| match column.kind {
        ColumnKind::Ref(target) => names.is_outdated(target, to.as_str()),
        _ => false,
    };
    let text = format!(
        "edit {edit} was refused because it refers to {to}: the backend has that row under another key"
    );
    let is_outdated = schema.entity(entity).columns.iter().any(outdated);
    is_outdated.then_some((edit.device, (entity, key.as_str()), text))
}

/// A device's rows and waiting edits refer to rows by keys that exist.
pub(in crate::oracle) fn dangling_ids(
    schema: &Schema,
    names: &Names,
    view: &dyn DeviceView,
) -> BTreeMap<(EntityId, Key), String> {
    let mut found = BTreeMap::new();
    if names.is_empty() {
        return found;
    }
    let waiting = view.pending();
    let makes = |entity: EntityId, key: &str| {
        waiting.iter().any(|edit| edit.entity == entity && edit.key.as_str() == key)
    };
    for waits in &waiting {
        // The first edit of a row may be its create, whose response was lost.
        let first = waiting.iter().find(|e| (e.entity, &e.key) == (waits.entity, &waits.key));
        let is_first = first.is_some_and(|first| first.edit == waits.edit);
        if !is_first || !names.is_outdated(waits.entity, waits.key.as_str()) || names.makes(waits.edit) {
            continue;
        }
        let record = phrases::record(schema, waits.entity, waits.key.as_str());
        let text = format!("edit {} waits for {record}, which nobody has under that key", waits.edit);
        found.insert((waits.entity, waits.key.clone()), text);
    }
    for id in schema.ids().filter(|id| schema.entity(*id).delivery.is_on_devices()) {
        let columns: Vec<_> = schema.entity(id).projected().collect();
        view.rows(id, &mut |key, _, values| {
            let record = || phrases::record(schema, id, key);
            if names.is_outdated(id, key) && !makes(id, key) {
                let text = format!("{} is shown, which nobody else has under that key", record());
                found.insert((id, Key::new(key)), text);
            }
            for (column, value) in columns.iter().zip(values) {
                let (ColumnKind::Ref(target), ValueRef::Text(to)) = (&column.kind, value) else { continue };
                if names.is_outdated(*target, to) && !makes(*target, to) {
                    let other = phrases::record(schema, *target, to);
                    let text = format!("{} refers to {other}, which nobody has under that key", record());
                    found.insert((id, Key::new(key)), text);
                }
            }
        });
    }
    found
}
