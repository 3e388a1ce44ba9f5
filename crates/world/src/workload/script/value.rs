//! Draws new values, for a created row or for changed columns.

use rustc_hash::{FxHashMap, FxHashSet};

use super::aim::Draft;
use super::pool::{Circle, Near, Pools};
use crate::base::{EntityId, Ppm, Stamp, Stream, Value};
use crate::contract::{CutOrder, Delivery, ScopeRule};
use crate::workload::{Dataset, Maker};

/// Number of tries to find a free natural key.
const NAME_TRIES: u32 = 300;
/// Number of tries to find a different value.
const VALUE_TRIES: u32 = 24;
/// Number of values drawn for a row that is not known yet.
const ALTERNATIVES: usize = 6;

pub(super) struct Rows<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) pools: Pools<'a>,
    changed: FxHashMap<(EntityId, u32, usize), Value>,
    /// Rows that the script deletes or moves out of their devices' scope.
    gone: FxHashSet<(EntityId, u32)>,
    /// Hashes of all natural keys that are or were in use, by entity.
    taken: FxHashMap<EntityId, FxHashSet<u64>>,
    /// Counts edited rows and timestamps of new rows that are not near the moment, because none
    /// was.
    pub(super) astray: u64,
}

/// A draw of values for a row of `entity`.
pub(super) struct Draw {
    pub(super) stream: Stream,
    pub(super) entity: EntityId,
    pub(super) circle: Circle,
    pub(super) now: Stamp,
    pub(super) near: Option<Near>,
    /// True if a reference finds its row only when the edit is made.
    pub(super) finds_refs: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewRow {
    pub(super) values: Vec<Value>,
    targets: Vec<Option<u32>>,
}

impl NewRow {
    fn empty(columns: usize) -> NewRow {
        NewRow { values: vec![Value::Null; columns], targets: vec![None; columns] }
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Rows<'a> {
        Rows {
            dataset,
            pools: Pools::new(dataset),
            changed: FxHashMap::default(),
            gone: FxHashSet::default(),
            taken: FxHashMap::default(),
            astray: 0,
        }
    }

    /// A row that `accept` allows. From now on, the script deletes neither this row nor its record.
    pub(super) fn pick(
        &mut self,
        stream: &mut Stream,
        circle: Circle,
        entity: EntityId,
        near: Option<Near>,
        accept: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let (gone, dataset) = (&self.gone, self.dataset);
        let record = match dataset.entity(entity).delivery {
            Delivery::OnOpen { by } => dataset.refers_to(entity, by).map(|record| (record, by)),
            Delivery::Delta | Delivery::UploadOnly | Delivery::BackendOnly => None,
        };
        let orphan = |row| {
            let Some((record, by)) = record else { return false };
            let of = dataset.target(entity, u64::from(row), by);
            of.is_some_and(|of| gone.contains(&(record, of as u32)))
        };
        let accept = |row| !gone.contains(&(entity, row)) && accept(row) && !orphan(row);
        let (row, is_near) = self.pools.pick(stream, circle, entity, near, accept)?;
        self.astray += u64::from(near.is_some() && !is_near);
        Some(row)
    }

    pub(super) fn remove(&mut self, entity: EntityId, row: u32) {
        self.gone.insert((entity, row));
    }

    /// Gives the row these values. If the row leaves its devices' scope, no later edit chooses it.
    pub(super) fn apply(&mut self, entity: EntityId, row: u32, values: &[(usize, Value)]) {
        for (column, value) in values {
            let scoped = self.dataset.attribute_columns(entity).iter().any(|(c, _)| c == column);
            if scoped && self.present(entity, row, *column) != *value {
                self.remove(entity, row);
            }
            self.changed.insert((entity, row, *column), value.clone());
        }
    }

    pub(super) fn present(&self, entity: EntityId, row: u32, column: usize) -> Value {
        let changed = self.changed.get(&(entity, row, column)).cloned();
        changed.unwrap_or_else(|| self.dataset.value(entity, u64::from(row), column))
    }

    /// A new row. Its natural key is free, or equal to that of `same`. `None` if no row for a
    /// reference or no free key is found.
    pub(super) fn create(&mut self, draw: &mut Draw, same: Option<&NewRow>) -> Option<NewRow> {
        let entity = draw.entity;
        let unique = &self.dataset.entity(entity).unique;
        let count = self.dataset.entity(entity).columns.len();
        let mut new = NewRow::empty(count);
        for column in (0..count).filter(|column| !unique.contains(column)) {
            self.draw_into(&mut new, draw, column)?;
        }
        if let Some(same) = same {
            for &column in unique {
                new.values[column] = same.values[column].clone();
                new.targets[column] = same.targets[column];
            }
            self.fold(&mut new, entity);
            return Some(new);
        }
        for _ in 0..NAME_TRIES {
            for &column in unique {
                self.draw_into(&mut new, draw, column)?;
            }
            self.fold(&mut new, entity);
            let is_found_later = |column: &usize| draw.finds_refs && self.refers(entity, *column).is_some();
            let name = |rows: &Rows<'_>| rows.name(entity, |column| new.values[column].clone());
            if unique.iter().all(is_found_later) || self.take(entity, name(self)) {
                return Some(new);
            }
        }
        None
    }

    /// New values for `columns` of a row. Each differs from the present value and, if possible,
    /// from the value in `avoid`. The natural key stays unique. If a reference changes, the columns
    /// copied through it change too, if `held` accepts them.
    pub(super) fn update(
        &mut self,
        draw: &mut Draw,
        row: u32,
        columns: &[usize],
        avoid: Option<&[(usize, Value)]>,
        held: impl Fn(usize) -> bool,
    ) -> Option<Vec<(usize, Value)>> {
        let entity = draw.entity;
        let entity_of = self.dataset.entity(entity);
        let renamed = columns.iter().any(|column| entity_of.unique.contains(column));
        draw.near = None;
        for _ in 0..NAME_TRIES {
            let mut new = NewRow::empty(entity_of.columns.len());
            for &column in columns {
                let other = avoid.and_then(|a| a.iter().find(|(c, _)| *c == column)).map(|(_, v)| v);
                self.draw_different(&mut new, draw, row, column, other)?;
            }
            let value = |column| match columns.contains(&column) {
                true => new.values[column].clone(),
                false => self.present(entity, row, column),
            };
            if renamed && !self.take(entity, self.name(entity, value)) {
                continue;
            }
            let mut followers = self.followers(entity, columns);
            followers.retain(|column| held(*column) && !columns.contains(column));
            self.fold(&mut new, entity);
            let all = columns.iter().chain(&followers);
            return Some(all.map(|&column| (column, new.values[column].clone())).collect());
        }
        None
    }

    /// Draft values for a row that an aimed edit finds later. If the edit creates `row`, the values
    /// of `row` are used.
    pub(super) fn drafts(
        &mut self,
        draw: &mut Draw,
        columns: &[usize],
        row: Option<&NewRow>,
    ) -> Option<Vec<(usize, Draft)>> {
        let entity = draw.entity;
        let count = self.dataset.entity(entity).columns.len();
        let mut drafts = Vec::with_capacity(columns.len());
        for &column in columns {
            let draft = match self.dataset.cell(entity, column).maker {
                Maker::Ref(target) if self.is_seen(target) => {
                    let or_null = self.dataset.nulls(entity, column).is_some();
                    match draws(&mut draw.stream, self.dataset.nulls(entity, column)) {
                        true => Draft::OneOf(vec![Value::Null]),
                        false => {
                            let names = row.is_some() && self.names_by(entity, column);
                            Draft::Ref { entity: target, or_null, names }
                        }
                    }
                }
                Maker::Folded { entity, via, column } if self.is_seen(entity) => {
                    Draft::Folded { entity, via, column }
                }
                _ => match row {
                    Some(row) => Draft::OneOf(vec![row.values[column].clone()]),
                    None => {
                        let mut values = Vec::with_capacity(ALTERNATIVES);
                        for _ in 0..ALTERNATIVES {
                            let mut new = NewRow::empty(count);
                            self.draw_into(&mut new, draw, column)?;
                            values.push(new.values[column].clone());
                        }
                        values.dedup();
                        Draft::OneOf(values)
                    }
                },
            };
            drafts.push((column, draft));
        }
        Some(drafts)
    }

    /// The reference that gives a column its value, directly or as a copied column, if devices see
    /// its rows.
    fn refers(&self, entity: EntityId, column: usize) -> Option<usize> {
        match self.dataset.cell(entity, column).maker {
            Maker::Ref(target) if self.is_seen(target) => Some(column),
            Maker::Folded { entity: target, via, .. } if self.is_seen(target) => Some(via),
            _ => None,
        }
    }

    /// True if the natural key depends on this reference.
    fn names_by(&self, entity: EntityId, reference: usize) -> bool {
        let unique = &self.dataset.entity(entity).unique;
        unique.iter().any(|column| self.refers(entity, *column) == Some(reference))
    }

    fn is_seen(&self, entity: EntityId) -> bool {
        self.dataset.entity(entity).delivery.is_on_devices()
    }

    /// Draws until the value differs from the present one and from `other`. After too many tries,
    /// it needs to differ only from `other`.
    fn draw_different(
        &mut self,
        new: &mut NewRow,
        draw: &mut Draw,
        row: u32,
        column: usize,
        other: Option<&Value>,
    ) -> Option<()> {
        let present = self.present(draw.entity, row, column);
        let first = other.unwrap_or(&present);
        for attempt in 0..2 * VALUE_TRIES {
            self.draw_into(new, draw, column)?;
            let value = &new.values[column];
            if value != first && (attempt >= VALUE_TRIES || *value != present) {
                break;
            }
        }
        Some(())
    }

    /// Draws the value of one column, except a copied column. `None` if a reference finds no row.
    fn draw_into(&mut self, new: &mut NewRow, draw: &mut Draw, column: usize) -> Option<()> {
        let entity = draw.entity;
        let dataset = self.dataset;
        let attribute = dataset.attribute_columns(entity).iter().find(|(c, _)| *c == column);
        let own = attribute.and_then(|(_, attribute)| self.pools.attribute(draw.circle, *attribute)).cloned();
        let cell = dataset.cell(entity, column);
        new.values[column] = match (&cell.maker, own) {
            (Maker::Folded { .. }, _) => return Some(()),
            (Maker::Ref(target), _) if draw.finds_refs && self.is_seen(*target) => return Some(()),
            _ if draws(&mut draw.stream, dataset.nulls(entity, column)) => {
                new.targets[column] = None;
                Value::Null
            }
            _ if draws(&mut draw.stream, dataset.empties(entity, column)) => Value::text(""),
            (Maker::Ref(target), _) => {
                let row = self.pick(&mut draw.stream, draw.circle, *target, None, |_| true);
                new.targets[column] = row;
                match row {
                    Some(row) => Value::Text(dataset.key(*target, u64::from(row)).0),
                    None => dataset.nulls(entity, column).map(|_| Value::Null)?,
                }
            }
            (_, Some(own)) => own,
            (Maker::Moment(..), _) => {
                let (first, step, count) = cell.grid()?;
                let allowed = (first, first + step * (count as i64 - 1));
                let (from, until) = self.moments(draw, column, allowed);
                let from = (from - first + step - 1).div_euclid(step);
                let until = (until - first).div_euclid(step);
                Value::Int(first + step * (from + draw.stream.below((until - from).max(0) as u64 + 1) as i64))
            }
            _ => cell.draw(&mut draw.stream),
        };
        Some(())
    }

    /// The range for a timestamp. It lies within `allowed` and the scope's window. If `near` is
    /// set, it is near that moment, otherwise not before now. A limit that would leave an empty
    /// range is ignored.
    fn moments(&mut self, draw: &Draw, column: usize, allowed: (i64, i64)) -> (i64, i64) {
        let mut range = allowed;
        let mut narrow = |from: i64, until: i64| {
            let closer = (range.0.max(from), range.1.min(until));
            let some = closer.0 <= closer.1;
            if some {
                range = closer;
            }
            some
        };
        for rule in self.dataset.entity(draw.entity).scope.iter().filter(|rule| rule.column() == column) {
            match rule {
                ScopeRule::Window { from, until, .. } => _ = narrow(from.0, until.0 - 1),
                ScopeRule::Cut { order: CutOrder::Greatest, bound, .. } => _ = narrow(*bound, i64::MAX),
                ScopeRule::Cut { order: CutOrder::Least, bound, .. } => _ = narrow(i64::MIN, *bound),
                ScopeRule::Attribute { .. } => {}
            }
        }
        match draw.near.filter(|near| near.column == column) {
            Some(near) => self.astray += u64::from(!narrow(near.from, near.until)),
            None => _ = narrow(draw.now.0, i64::MAX),
        }
        range
    }

    fn fold(&self, new: &mut NewRow, entity: EntityId) {
        for column in 0..new.values.len() {
            if let Maker::Folded { entity: target, via, column: seen } =
                self.dataset.cell(entity, column).maker
                && let Some(row) = new.targets[via]
            {
                new.values[column] = self.present(target, row, seen);
            }
        }
    }

    /// The columns that are copied through one of these references.
    pub(super) fn followers(&self, entity: EntityId, references: &[usize]) -> Vec<usize> {
        let count = self.dataset.entity(entity).columns.len();
        let follows = |column: &usize| match &self.dataset.cell(entity, *column).maker {
            Maker::Folded { via, .. } => references.contains(via),
            _ => false,
        };
        (0..count).filter(follows).collect()
    }

    /// The hash of a natural key with these values.
    fn name(&self, entity: EntityId, value: impl Fn(usize) -> Value) -> u64 {
        let unique = &self.dataset.entity(entity).unique;
        name_hash(unique.iter().map(|&column| value(column)))
    }
    /// Marks a natural key as used. Returns false if it is or was in use.
    fn take(&mut self, entity: EntityId, name: u64) -> bool {
        if !self.taken.contains_key(&entity) {
            let of = |row| self.name(entity, |column| self.dataset.value(entity, row, column));
            self.taken.insert(entity, (0..self.dataset.live(entity)).map(of).collect());
        }
        self.taken.get_mut(&entity).is_some_and(|taken| taken.insert(name))
    }
}

fn draws(stream: &mut Stream, share: Option<Ppm>) -> bool {
    share.is_some_and(|share| share.0 > 0 && stream.chance(share.share()))
}

/// The hash of a natural key: XXH3-64 of its values. Each hash seeds the next.
fn name_hash(values: impl Iterator<Item = Value>) -> u64 {
    use xxhash_rust::xxh3::xxh3_64_with_seed as hash;
    values.fold(0, |seed, value| match value {
        Value::Null => hash(&[], seed),
        Value::Int(n) => hash(&n.to_le_bytes(), seed),
        Value::Real(x) => hash(&x.to_bits().to_le_bytes(), seed),
        Value::Text(text) => hash(text.as_bytes(), seed),
        Value::Fat(fat) => hash(&fat.seed.to_le_bytes(), seed),
    })
}
