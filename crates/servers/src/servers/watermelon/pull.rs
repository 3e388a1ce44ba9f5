//! The request `GET /pull`: the changes that a phone has not seen.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::super::call::Call;
use super::super::kept::{SETTLED, failed};
use super::super::rows::{self, Version};
use super::super::web::{Address, response};
use super::Watermelon;
use crate::contract::http::Response;
use crate::contract::{EntityId, Key, ServerError, Stamp, Value};

/// Schema changes of the phone's database since its last pull.
struct Migration {
    tables: BTreeSet<EntityId>,
    columns: Vec<(EntityId, Vec<usize>)>,
}

#[derive(Default)]
struct Changed {
    created: Vec<Json>,
    updated: Vec<Json>,
    deleted: Vec<Json>,
    newest: Option<Stamp>,
}

impl Watermelon {
    pub(super) fn pull(&self, address: &Address, call: &mut Call<'_>) -> Result<Response, ServerError> {
        let since = Watermelon::since(address)?;
        let migration = self.migration(&address.json("migration")?)?;
        let tables = match address.get("tables") {
            Some(names) => names.split(',').map(|name| self.table(name)).collect::<Result<Vec<_>, _>>()?,
            None => rows::pulled_tables(&self.setup.schema).collect(),
        };
        self.owed.has_pulled(call.from, since)?;
        let (mut changes, mut newest) = (Map::new(), since);
        for &id in &tables {
            let changed = self.changed(id, (since, &migration), call)?;
            newest = newest.max(changed.newest);
            let Changed { created, updated, deleted, .. } = changed;
            let rows = json!({ "created": created, "updated": updated, "deleted": deleted });
            changes.insert(self.setup.schema.entity(id).name.clone(), rows);
        }
        let clock = call.record.clock();
        // The timestamp advances at least to a day ago. Otherwise it would expire if the tables
        // never change.
        let settled = Some(clock.minus(SETTLED));
        let timestamp = if self.by_clock { Some(clock) } else { newest.max(settled) };
        let timestamp = timestamp.unwrap_or(clock);
        tables.iter().try_for_each(|id| self.owed.given(call.from, *id, timestamp))?;
        Ok(response(200, &json!({ "changes": changes, "timestamp": timestamp.0 })))
    }

    fn changed(
        &self,
        id: EntityId,
        (since, migration): (Option<Stamp>, &Migration),
        call: &mut Call<'_>,
    ) -> Result<Changed, ServerError> {
        let from = since.filter(|_| !migration.tables.contains(&id));
        let attributes = call.attributes(&self.setup);
        let mut changed = Changed::default();
        let mut found = rows::changed(call.record, id, attributes, from)?;
        if let Some((_, columns)) = migration.columns.iter().find(|(of, _)| *of == id && from.is_some()) {
            let all = rows::changed(call.record, id, attributes, None)?.into_iter();
            found.extend(all.filter(|row| Some(row.1) <= from && has_values_in(columns, row)));
        }
        found.extend(self.owed.rows(id, &found, call)?);
        let entity = self.setup.schema.entity(id);
        for (key, stamp, values) in found {
            let removed = values.is_none();
            let is_new = !self.created_as_updated && self.is_new((id, &key), stamp, removed, since)?;
            match &values {
                None => changed.deleted.push(json!(key.as_str())),
                Some(values) => {
                    let rows = if is_new { &mut changed.created } else { &mut changed.updated };
                    rows.push(Json::Object(rows::with_id(entity, key.as_str(), values)));
                }
            }
            changed.newest = changed.newest.max(Some(stamp));
            call.brings_version(id, &key, stamp, removed);
        }
        Ok(changed)
    }

    /// True if the row was new to the server after the phone's last pull. The server records each
    /// row that any phone pulls, so this phone cannot have the row.
    fn is_new(
        &self,
        (id, key): (EntityId, &Key),
        stamp: Stamp,
        removed: bool,
        since: Option<Stamp>,
    ) -> Result<bool, ServerError> {
        let at = (id.0, key.as_str());
        if removed {
            let forget = "DELETE FROM known WHERE entity = ?1 AND key = ?2";
            self.writer.database.execute(forget, at).map_err(failed)?;
            return Ok(false);
        }
        let note =
            "INSERT INTO known VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET since = since RETURNING since";
        let known = self.writer.database.query_row(note, (at.0, at.1, stamp.0), |row| row.get(0));
        let known = known.map_err(failed)?;
        Ok(since < Some(Stamp(known)))
    }

    fn migration(&self, said: &Json) -> Result<Migration, ServerError> {
        let names = |list: &Json| -> Vec<String> {
            let names = list.as_array().into_iter().flatten().filter_map(Json::as_str);
            names.map(str::to_owned).collect()
        };
        let tables = names(&said["tables"]).iter().map(|name| self.table(name)).collect::<Result<_, _>>()?;
        let mut columns = Vec::new();
        for added in said["columns"].as_array().into_iter().flatten() {
            let id = self.table(added["table"].as_str().unwrap_or_default())?;
            let entity = self.setup.schema.entity(id);
            // A migration can only name columns that devices hold.
            let of = |name: &String| entity.column(name).filter(|at| entity.projection.contains(at));
            columns.push((id, names(&added["columns"]).iter().filter_map(of).collect()));
        }
        Ok(Migration { tables, columns })
    }
}

/// True if one of these columns has a value other than its default.
fn has_values_in(columns: &[usize], (_, _, values): &Version) -> bool {
    let is_default = |value: &Value| match value {
        Value::Null => true,
        Value::Int(n) => *n == 0,
        Value::Real(x) => *x == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Fat(fat) => fat.len == 0,
    };
    values.as_ref().is_some_and(|values| columns.iter().any(|&at| !is_default(&values[at])))
}
