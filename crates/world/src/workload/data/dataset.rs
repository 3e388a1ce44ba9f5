//! All rows of all entities.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cell::Cell;
use super::natural::Natural;
use super::table::{Having, Table};
use crate::base::words::count;
use crate::base::{Day, EntityId, Key, Ppm, Seed, Stamp, Value};
use crate::contract::{ColumnKind, Copied, CutOrder, Entity, Schema, ScopeRule};
use crate::workload::{EntityData, Maker};

const ASKED_EVERY: u64 = 1_024;

/// The rows of all entities. A row is computed each time it is read.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) schema: Arc<Schema>,
    pub(super) tables: Vec<Table>,
    /// The wall clock at virtual time zero.
    pub(crate) start: Stamp,
    /// The values of each attribute.
    pub(crate) attributes: Vec<Arc<[Value]>>,
}

/// A row and its past versions.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub key: Key,
    pub created: Stamp,
    /// The stamp of the last version: `created`, or later if the row was changed.
    pub updated: Stamp,
    pub deleted: Option<Stamp>,
    pub values: Vec<Value>,
    /// Stamp and values of the version before the last; `None` if the row was never changed.
    pub before: Option<(Stamp, Vec<Value>)>,
}

/// The reason why the data cannot be made as the scenario asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// The natural key of an entity has fewer values than the entity has rows.
    #[error("{} of `{entity}` cannot differ in their natural key: there are {names} combinations", count(*.rows, "row"))]
    TooFewNames {
        /// The entity.
        entity: String,
        /// The number of rows.
        rows: u64,
        /// The number of combinations of the key's columns.
        names: u64,
    },
    /// A copied column depends on itself.
    #[error("`{entity}.{column}` is folded from itself")]
    Circle {
        /// The entity.
        entity: String,
        /// The folded column.
        column: String,
    },
}

impl Dataset {
    /// Makes the data for `start`. Timestamps are relative to the local midnight before it
    /// (`utc_offset` in seconds). `attributes` has the values of the device attributes. If `stops`
    /// returns true, indexing ends early. The result then only shows that the data can be made.
    ///
    /// # Errors
    /// If the data cannot be made as the scenario asks.
    pub fn new(
        seed: Seed,
        schema: Arc<Schema>,
        data: &[EntityData],
        start: Stamp,
        utc_offset: i32,
        attributes: &[Arc<[Value]>],
        stops: &dyn Fn() -> bool,
    ) -> Result<Dataset, DataError> {
        assert_eq!(schema.entities.len(), data.len(), "each entity has its data");
        let midnight = local_midnight(start, utc_offset);
        let day = Day::of(Stamp(start.0 + i64::from(utc_offset) * 1_000_000));
        let tables = schema.entities.iter().zip(data).map(|(entity, data)| {
            assert_eq!(
                entity.columns.len(),
                data.columns.len(),
                "each column of {} has its maker",
                entity.name
            );
            let seed = seed.derive(&entity.name, 0xda7a);
            let cells =
                data.columns.iter().map(|maker| Cell::new(maker, attributes, (midnight, day))).collect();
            Table::new(seed, entity, data, cells, start)
        });
        let mut dataset = Dataset {
            tables: tables.collect(),
            schema: schema.clone(),
            start,
            attributes: attributes.to_vec(),
        };
        dataset.follow_references(data);
        dataset.check_folding()?;
        dataset.name_rows()?;
        dataset.index(data, stops);
        Ok(dataset)
    }

    /// Decides where attribute columns get their values. A copied column gets the value of the row
    /// that it is copied from, and is null without such a row. Other attribute columns follow the
    /// first reference to an entity with the attribute.
    fn follow_references(&mut self, data: &[EntityData]) {
        let attribute_of = |entity: usize, attribute: usize| {
            data[entity].columns.iter().position(|m| *m == Maker::Attribute(attribute))
        };
        // The entities before this one are decided. A chain of references must not lead back to
        // this one.
        let mut leads: FxHashMap<(usize, usize), usize> = FxHashMap::default();
        for &Copied { of, column, via, from, source } in &self.schema.copies {
            let of = usize::from(of.0);
            if let Maker::Attribute(attribute) = data[of].columns[column] {
                leads.insert((of, attribute), usize::from(from.0));
                self.tables[of].cells[column].maker = Maker::Folded { entity: from, via, column: source };
            }
        }
        for (entity, made) in data.iter().enumerate() {
            for (column, maker) in made.columns.iter().enumerate() {
                let Maker::Attribute(attribute) = *maker else { continue };
                let is_copy = |copied: &Copied| (usize::from(copied.of.0), copied.column) == (entity, column);
                if self.schema.copies.iter().any(is_copy) {
                    continue;
                }
                let lead = made.columns.iter().enumerate().find_map(|(via, m)| {
                    let Maker::Ref(target) = *m else { return None };
                    // A reference that may be null cannot give a value for the attribute.
                    if made.nulls.contains_key(&via) {
                        return None;
                    }
                    let target = usize::from(target.0);
                    let seen = attribute_of(target, attribute)?;
                    let mut up = target;
                    while up != entity
                        && let Some(&next) = leads.get(&(up, attribute))
                    {
                        up = next;
                    }
                    (up != entity).then_some((via, target, seen))
                });
                if let Some((via, target, seen)) = lead {
                    leads.insert((entity, attribute), target);
                    self.tables[entity].cells[column].maker =
                        Maker::Folded { entity: EntityId(target as u16), via, column: seen };
                }
            }
        }
    }

    fn check_folding(&self) -> Result<(), DataError> {
        let columns: usize = self.tables.iter().map(|t| t.cells.len()).sum();
        for (entity, table) in self.tables.iter().enumerate() {
            for column in 0..table.cells.len() {
                let mut at = (entity, column);
                let mut steps = 0;
                while let Maker::Folded { entity: next, via, column: seen } =
                    self.tables[at.0].cells[at.1].maker
                {
                    let target = self.tables[at.0].refers_to(via);
                    assert_eq!(target, Some(next), "a folded column looks where its reference points");
                    at = (usize::from(next.0), seen);
                    steps += 1;
                    if steps > columns {
                        let entity = &self.schema.entities[entity];
                        let (entity, column) = (entity.name.clone(), entity.columns[column].name.clone());
                        return Err(DataError::Circle { entity, column });
                    }
                }
            }
        }
        Ok(())
    }

    fn name_rows(&mut self) -> Result<(), DataError> {
        let live: Vec<u64> = self.tables.iter().map(|t| t.live).collect();
        let rows_of = |entity: EntityId| live[usize::from(entity.0)];
        for (entity, table) in self.schema.entities.iter().zip(&mut self.tables) {
            table.natural = Natural::new(table.seed, entity, &table.cells, rows_of);
            if let Natural::Digits { names, .. } = table.natural
                && table.given.is_none()
                && names < table.live
            {
                return Err(DataError::TooFewNames { entity: entity.name.clone(), rows: table.live, names });
            }
        }
        Ok(())
    }

    fn index(&mut self, data: &[EntityData], stops: &dyn Fn() -> bool) {
        for entity in self.schema.entities.iter().zip(data).filter(|(_, d)| d.given.is_some()).map(|(e, _)| e)
        {
            for column in &entity.columns {
                let ColumnKind::Ref(target) = column.kind else { continue };
                let table = &mut self.tables[usize::from(target.0)];
                if table.by_key.is_empty() && !stops() {
                    table.by_key = (0..table.live).map(|row| (table.key(row), row as u32)).collect();
                }
            }
        }
        for id in self.schema.ids() {
            let (table, mut having) = (self.table(id), Having::default());
            let asked = |row: &u64| row.is_multiple_of(ASKED_EVERY) && stops();
            for (column, _) in &table.attributes {
                for row in (0..table.len()).take_while(|row| !asked(row)) {
                    if let Value::Text(text) = self.value(id, row, *column) {
                        having.entry((*column, text)).or_default().push(row as u32);
                    }
                }
            }
            self.tables[usize::from(id.0)].having = having;
        }
    }

    /// Moves the cuts of scopes (the ends of scopes with a limited number of rows) to their places
    /// for the rows at the start.
    #[must_use]
    pub(crate) fn cut(mut self) -> Dataset {
        for (entity, rule, cut) in Arc::clone(&self.schema).cuts() {
            let &ScopeRule::Cut { column, count, order, .. } = cut else { continue };
            let value =
                |row| if let Value::Int(n) = self.value(entity, row, column) { Some(n) } else { None };
            let mut values: Vec<i64> = (0..self.live(entity)).filter_map(value).collect();
            values.sort_unstable_by(|a, b| if order == CutOrder::Least { a.cmp(b) } else { b.cmp(a) });
            let bound = values.get(count as usize - 1).copied().unwrap_or(order.whole());
            self.schema = Arc::new(self.schema.cut_at(entity, rule, bound));
        }
        self
    }

    pub(super) fn table(&self, entity: EntityId) -> &Table {
        &self.tables[usize::from(entity.0)]
    }
    pub(crate) fn entity(&self, entity: EntityId) -> &Entity {
        self.schema.entity(entity)
    }
    /// The number of rows that exist at the start. Their indices are `0..live`.
    pub fn live(&self, entity: EntityId) -> u64 {
        self.table(entity).live
    }
    /// The number of all rows, including rows `live..len`, which were deleted before the start.
    pub fn len(&self, entity: EntityId) -> u64 {
        self.table(entity).len()
    }
    /// The key of a row that is created at `created`; `bits` are random.
    pub(crate) fn new_key(&self, entity: EntityId, created: Stamp, bits: u128) -> Key {
        self.table(entity).keys.key(|| created, bits)
    }
    /// The key of a row, by its index.
    pub fn key(&self, entity: EntityId, row: u64) -> Key {
        self.table(entity).key(row)
    }

    /// The value of one column in the row's last version.
    pub fn value(&self, entity: EntityId, row: u64, column: usize) -> Value {
        let table = self.table(entity);
        if let Some(given) = table.given(row) {
            return given.values[column].clone();
        }
        match table.cells[column].maker {
            Maker::Ref(target) => {
                self.target(entity, row, column).map_or(Value::Null, |to| Value::Text(self.key(target, to).0))
            }
            Maker::Folded { entity: target, via, column: seen } => {
                self.target(entity, row, via).map_or(Value::Null, |to| self.value(target, to, seen))
            }
            _ => table.made(row, column),
        }
    }

    /// All values of the row's last version.
    pub fn values(&self, entity: EntityId, row: u64) -> Vec<Value> {
        (0..self.table(entity).cells.len()).map(|column| self.value(entity, row, column)).collect()
    }

    /// The row to which the reference in `column` points; `None` if it is null.
    pub fn target(&self, entity: EntityId, row: u64, column: usize) -> Option<u64> {
        let table = self.table(entity);
        match table.given(row) {
            None => {
                let target = table.refers_to(column)?;
                let live = self.live(target);
                if !table.nulls.contains_key(&column) {
                    return table.target(row, column, live);
                }
                // If rows refer to their own entity, they form trees: a row points to an earlier
                // row or to none.
                let count = if target == entity { live.min(row) } else { live };
                table.target(row, column, count).filter(|_| !table.is_null(row, column))
            }
            Some(given) => {
                let ColumnKind::Ref(target) = self.schema.entity(entity).columns[column].kind else {
                    return None;
                };
                let Value::Text(key) = &given.values[column] else { return None };
                self.table(target).by_key.get(&**key).map(|row| u64::from(*row))
            }
        }
    }

    /// A row with its history.
    pub fn row(&self, entity: EntityId, row: u64) -> History {
        let table = self.table(entity);
        let life = table.life(row);
        let values = self.values(entity, row);
        History {
            key: table.key(row),
            created: life.created,
            updated: life.changed.unwrap_or(life.created),
            deleted: life.deleted,
            before: life.changed.map(|_| (life.created, older(table, row, values.clone()))),
            values,
        }
    }

    /// All rows of an entity with their histories. The iterator makes each row when it reaches it.
    pub fn rows(&self, entity: EntityId) -> impl Iterator<Item = History> + '_ {
        (0..self.len(entity)).map(move |row| self.row(entity, row))
    }
    /// The stamp of the version of `row` that existed at `instant`; `None` if none existed.
    pub fn stamp_at(&self, entity: EntityId, row: u64, instant: Stamp) -> Option<Stamp> {
        let life = self.table(entity).life(row);
        let there = life.created <= instant && life.deleted.is_none_or(|gone| gone > instant);
        there.then(|| life.changed.filter(|changed| *changed <= instant).unwrap_or(life.created))
    }
    /// Stamp and values of `row` as they were at `instant`; `None` if it did not exist then.
    pub fn at(&self, entity: EntityId, row: u64, instant: Stamp) -> Option<(Stamp, Vec<Value>)> {
        let stamp = self.stamp_at(entity, row, instant)?;
        let table = self.table(entity);
        let values = self.values(entity, row);
        let outdated = table.life(row).changed.is_some_and(|changed| changed > instant);
        Some((stamp, if outdated { older(table, row, values) } else { values }))
    }
    pub(crate) fn cell(&self, entity: EntityId, column: usize) -> &Cell {
        &self.table(entity).cells[column]
    }
    pub(crate) fn empties(&self, entity: EntityId, column: usize) -> Option<Ppm> {
        self.table(entity).empties.get(&column).copied()
    }
    pub(crate) fn nulls(&self, entity: EntityId, column: usize) -> Option<Ppm> {
        self.table(entity).nulls.get(&column).copied()
    }
    pub(crate) fn refers_to(&self, entity: EntityId, column: usize) -> Option<EntityId> {
        match self.schema.entity(entity).columns[column].kind {
            ColumnKind::Ref(target) => Some(target),
            _ => None,
        }
    }
    /// The columns of an entity that hold a device attribute, as (column, attribute).
    pub(crate) fn attribute_columns(&self, entity: EntityId) -> &[(usize, usize)] {
        &self.table(entity).attributes
    }
    pub(crate) fn having(&self, entity: EntityId, column: usize, value: &Value) -> &[u32] {
        let Value::Text(text) = value else { return &[] };
        self.table(entity).having.get(&(column, text.clone())).map_or(&[], Vec::as_slice)
    }
}

fn older(table: &Table, row: u64, mut values: Vec<Value>) -> Vec<Value> {
    for (column, value) in table.replaced(row) {
        values[column] = value;
    }
    values
}

/// The midnight before `start`, for a clock that is `utc_offset` seconds ahead of UTC.
fn local_midnight(start: Stamp, utc_offset: i32) -> Stamp {
    const DAY: i64 = 86_400_000_000;
    let ahead = i64::from(utc_offset) * 1_000_000;
    Stamp((start.0 + ahead).div_euclid(DAY) * DAY - ahead)
}
