//! Converts between rows and JSON.

use serde_json::{Map, Value as Json, json};

use crate::contract::{
    Column, ColumnKind, Entity, EntityId, Key, Schema, ServerError, Stamp, SystemOfRecord, Value, ValueRef,
};

/// A version of a row. A deleted row has no values.
pub(super) type Version = (Key, Stamp, Option<Vec<Value>>);

/// Returns the table with this name if phones hold it.
pub(super) fn table(schema: &Schema, name: &str) -> Option<EntityId> {
    schema.find(name).filter(|id| schema.entity(*id).delivery.is_on_devices())
}

pub(super) fn pulled_tables(schema: &Schema) -> impl Iterator<Item = EntityId> {
    schema.ids().filter(|id| schema.entity(*id).delivery.comes_down())
}

/// Reads the changes of a table after `since`, for a phone with these attributes.
///
/// # Errors
/// The errors of [`SystemOfRecord::changes`].
pub(super) fn changed(
    record: &mut dyn SystemOfRecord,
    entity: EntityId,
    attributes: &[Value],
    since: Option<Stamp>,
) -> Result<Vec<Version>, ServerError> {
    let mut found = Vec::new();
    record.changes(entity, attributes, since, &mut |key, stamp, values| {
        found.push((Key::new(key), stamp, values.map(<[Value]>::to_vec)));
    })?;
    Ok(found)
}

/// Converts a value for a JavaScript app. Booleans are `true` and `false`; stamps are numbers.
pub fn to_json(kind: &ColumnKind, value: &Value) -> Json {
    value.with_ref(|value| match value {
        ValueRef::Null => Json::Null,
        ValueRef::Int(n) if *kind == ColumnKind::Bool => json!(n != 0),
        ValueRef::Int(n) => json!(n),
        ValueRef::Real(x) => json!(x),
        ValueRef::Text(text) => json!(text),
    })
}

/// Converts JSON to a value of a column. JSON of a wrong type becomes a text, which the record (the
/// backend) refuses.
pub(super) fn from_json(kind: &ColumnKind, json: &Json) -> Value {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    match (kind, json) {
        (_, Json::Null) => Value::Null,
        (ColumnKind::Bool, Json::Bool(flag)) => Value::Int(i64::from(*flag)),
        (ColumnKind::Real, Json::Number(n)) => Value::Real(n.as_f64().unwrap_or_default()),
        (ColumnKind::Int | ColumnKind::Timestamp | ColumnKind::Bool, Json::Number(n)) => {
            // JavaScript can write a whole number as 1e21.
            let whole = || n.as_f64().filter(|x| x.trunc() == *x && x.abs() <= WHOLE).map(|x| x as i64);
            n.as_i64().or_else(whole).map_or_else(|| Value::text(&n.to_string()), Value::Int)
        }
        (_, Json::String(text)) => Value::text(text),
        (_, other) => Value::text(&other.to_string()),
    }
}

/// The columns that devices hold, by name.
pub(super) fn object(entity: &Entity, values: &[Value]) -> Map<String, Json> {
    let columns = entity.projection.iter().map(|&at| (&entity.columns[at], &values[at]));
    columns.map(|(column, value)| (column.name.clone(), to_json(&column.kind, value))).collect()
}

/// The columns that devices hold, and the row's key as `id`.
pub(super) fn with_id(entity: &Entity, key: &str, values: &[Value]) -> Map<String, Json> {
    let mut row = object(entity, values);
    row.insert("id".to_owned(), json!(key));
    row
}

/// Reads the values of the columns that the object has, by position. Skips other members, and
/// columns that devices do not hold.
pub(super) fn values(entity: &Entity, object: &Map<String, Json>) -> Vec<(usize, Value)> {
    let columns = entity.projection.iter().map(|&at| (at, &entity.columns[at]));
    let named = columns.filter_map(|(at, column)| Some((at, column, object.get(&column.name)?)));
    named.map(|(at, column, json)| (at, from_json(&column.kind, json))).collect()
}

/// Reads the values of all columns that devices hold. A column that the object lacks is null.
pub(super) fn all_values(entity: &Entity, object: &Map<String, Json>) -> Vec<(usize, Value)> {
    let columns = entity.projection.iter().map(|&at| (at, &entity.columns[at]));
    let read = |(at, column): (usize, &Column)| {
        (at, object.get(&column.name).map_or(Value::Null, |json| from_json(&column.kind, json)))
    };
    columns.map(read).collect()
}

/// True if an object has the same values as the row, in all columns that devices hold.
pub(super) fn says(entity: &Entity, object: &Map<String, Json>, values: &[Value]) -> bool {
    let mut said = all_values(entity, object).into_iter();
    said.all(|(at, said)| said.with_ref(|said| values[at].reads_as(said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_and_misfits_as_texts() {
        let kinds = [
            (ColumnKind::Text, Value::text("é\n"), json!("é\n")),
            (ColumnKind::Int, Value::Int(-7), json!(-7)),
            (ColumnKind::Bool, Value::Int(1), json!(true)),
            (ColumnKind::Real, Value::Real(2.0), json!(2.0)),
            (ColumnKind::Timestamp, Value::Int(1_700_000_000_000_001), json!(1_700_000_000_000_001_i64)),
            (ColumnKind::Int, Value::Null, Json::Null),
        ];
        for (kind, value, json) in kinds {
            assert_eq!((to_json(&kind, &value), from_json(&kind, &json)), (json, value), "{kind:?}");
        }
        assert_eq!(from_json(&ColumnKind::Int, &json!(3.0)), Value::Int(3));
        assert_eq!(from_json(&ColumnKind::Real, &json!(3)), Value::Real(3.0));
        for (kind, json, text) in [
            (ColumnKind::Int, json!(1.5), "1.5"),
            (ColumnKind::Int, json!(true), "true"),
            (ColumnKind::Text, json!({}), "{}"),
        ] {
            assert_eq!(from_json(&kind, &json), Value::text(text));
        }
    }

    #[test]
    fn only_what_devices_hold_is_read_and_shown() {
        let columns = vec![Column::new("a", ColumnKind::Int), Column::new("b", ColumnKind::Int)];
        let entity = Entity { projection: vec![1], ..Entity::new("x", columns) };
        assert_eq!(
            Json::Object(with_id(&entity, "k", &[Value::Int(1), Value::Int(2)])),
            json!({ "id": "k", "b": 2 })
        );
        let object = json!({ "a": 1, "b": 2, "_status": "updated" });
        let object = object.as_object().expect("it is one");
        assert_eq!(values(&entity, object), [(1, Value::Int(2))]);
        assert_eq!(values(&entity, &Map::new()), []);
        assert_eq!(all_values(&entity, &Map::new()), [(1, Value::Null)]);
    }
}
