//! Checks keys that the server gives to rows after their create.

use std::collections::BTreeMap;

use crate::base::{EntityId, Key, ValueRef};
use crate::contract::{Column, ColumnKind, DeviceView, Event, Schema};
use crate::oracle::model::{Names, Twice};
use crate::oracle::words::phrases;
use crate::oracle::{Concerns, Harm, Matter, Rule, Topic};

pub(crate) static DANGLING_ID: Rule = Rule {
    finds: "the phone uses a key of a row that the backend has replaced",
    needs: |can| can.sight.inside,
    hears: &[Topic::Renamed],
    ..Rule::new("dangling-id", "oracle.dangling_id.rows", Harm::Divergent, Matter::World)
};

pub(crate) static ID_TWICE: Rule = Rule {
    finds: "a key that the backend assigned belongs to two rows",
    needs: |can| can.sight.inside,
    hears: &[Topic::Renamed],
    ..Rule::new("id-twice", "oracle.id_twice.count", Harm::Doubled, Matter::World)
};

/// A server never gives the same key to two rows. Returns the error as text.
pub(crate) fn id_twice(schema: &Schema, twice: &Twice) -> String {
    let [first, second] = twice.rows.each_ref().map(|key| phrases::record(schema, twice.entity, key));
    let entity = &schema.entity(twice.entity).name;
    format!("the key {} of {entity} was assigned to {first}, and again to {second}", twice.given)
}

/// The backend does not refuse an edit just because it refers to a row by an old key.
pub(crate) fn outdated_reference<'e>(names: &Names, event: &Event<'e>) -> Option<(Concerns<'e>, String)> {
    let Event::MutationRefused { edit, entity, key, conflict: None, holder: Some(to), .. } = *event else {
        return None;
    };
    let outdated =
        |column: &Column| matches!(column.kind, ColumnKind::Ref(to_rows) if names.is_outdated(to_rows, to));
    let text = format!(
        "edit {edit} was refused because it refers to {to}: the backend has that row under another key"
    );
    let is_outdated = names.schema.entity(entity).columns.iter().any(outdated);
    is_outdated.then_some(((Some(edit.device), Some((entity, key.as_str()))), text))
}

/// The rows and waiting edits of a device refer to other rows by keys that exist.
pub(crate) fn dangling_ids(names: &Names, view: &dyn DeviceView) -> BTreeMap<(EntityId, Key), String> {
    let schema = &names.schema;
    let mut found = BTreeMap::new();
    if names.is_empty() {
        return found;
    }
    let waiting = view.pending();
    let makes =
        |entity: EntityId, key: &str| waiting.iter().any(|edit| (edit.entity, &*edit.key) == (entity, key));
    for waits in &waiting {
        // The first waiting edit may be the create of the row. Its response may be lost, and with
        // it the new key.
        let first = waiting.iter().find(|e| (e.entity, &e.key) == (waits.entity, &waits.key));
        let is_first = first.is_some_and(|first| first.edit == waits.edit);
        if !is_first
            || !names.is_outdated(waits.entity, &waits.key)
            || names.creates.contains_key(&waits.edit)
        {
            continue;
        }
        let record = phrases::record(schema, waits.entity, &waits.key);
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
            for pair in columns.iter().map(|column| &column.kind).zip(values) {
                if let (ColumnKind::Ref(target), ValueRef::Text(to)) = pair
                    && names.is_outdated(*target, to)
                    && !makes(*target, to)
                {
                    let other = phrases::record(schema, *target, to);
                    let text = format!("{} refers to {other}, which nobody has under that key", record());
                    found.insert((id, Key::new(key)), text);
                }
            }
        });
    }
    found
}
