//! One entity: all facts about its rows that do not depend on other entities.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cell::{Cell, pick};
use super::life::{Life, Lives};
use super::natural::Natural;
use super::words;
use crate::base::{EntityId, Key, Ppm, Seed, Stamp, Value};
use crate::contract::{Entity, ScopeRule};
use crate::workload::{EntityData, GivenRow, KeyOrder, Maker};

/// The rows with each attribute value, by (column that holds the attribute, value).
pub(super) type Having = FxHashMap<(usize, Arc<str>), Vec<u32>>;

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) seed: Seed,
    pub(super) cells: Vec<Cell>,
    pub(super) nulls: BTreeMap<usize, Ppm>,
    pub(super) empties: BTreeMap<usize, Ppm>,
    pub(super) keys: KeyOrder,
    pub(super) given: Option<Arc<Vec<GivenRow>>>,
    pub(super) live: u64,
    pub(super) natural: Natural,
    pub(super) lives: Lives,
    /// Columns that a change before the start may affect: columns that devices hold, or all columns
    /// if devices hold none.
    changeable: Vec<usize>,
    /// Columns that hold a device attribute, as (column, attribute).
    pub(super) attributes: Vec<(usize, usize)>,
    pub(super) having: Having,
    pub(super) by_key: FxHashMap<Key, u32>,
}

impl Table {
    /// Makes the table without its natural keys and its index by attribute value. Both need other
    /// tables.
    pub(super) fn new(
        seed: Seed,
        entity: &Entity,
        data: &EntityData,
        cells: Vec<Cell>,
        start: Stamp,
    ) -> Table {
        let live = data.given.as_ref().map_or(data.rows, |given| given.len() as u64);
        let mut attributes: Vec<_> = entity.scope.iter().filter_map(ScopeRule::attribute).collect();
        for (column, maker) in data.columns.iter().enumerate() {
            if let Maker::Attribute(attribute) = maker
                && !attributes.contains(&(column, *attribute))
            {
                attributes.push((column, *attribute));
            }
        }
        Table {
            seed,
            changeable: changeable(entity, &cells),
            cells,
            nulls: data.nulls.clone(),
            empties: data.empties.clone(),
            keys: data.keys,
            given: data.given.clone(),
            live,
            natural: Natural::None,
            lives: Lives::new(seed, data, live, start),
            attributes,
            having: Having::default(),
            by_key: FxHashMap::default(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.live + self.lives.gone
    }
    pub(super) fn given(&self, row: u64) -> Option<&GivenRow> {
        self.given.as_ref().map(|given| &given[row as usize])
    }

    pub(super) fn key(&self, row: u64) -> Key {
        match self.given(row) {
            Some(given) => Key::new(&given.key),
            None => {
                let high = u128::from(self.seed.hash("key", row, 0));
                let bits = high << 64 | u128::from(self.seed.hash("key", row, 1));
                self.keys.key(|| self.lives.of(row).created, bits)
            }
        }
    }

    pub(super) fn life(&self, row: u64) -> Life {
        match self.given(row) {
            Some(given) => Life { created: given.stamp, changed: None, deleted: None },
            None => self.lives.of(row),
        }
    }

    /// The value of a column in a made row. Its maker depends on no other row.
    pub(super) fn made(&self, row: u64, column: usize) -> Value {
        if self.is_null(row, column) {
            return Value::Null;
        }
        if self.drawn(&self.empties, "empty", row, column) {
            return Value::text("");
        }
        let cell = &self.cells[column];
        match (&cell.maker, &self.natural) {
            (Maker::Words(min, max, letters), Natural::Serial(serial)) if *serial == column => {
                let mut text = format!("{row:06}");
                let least = text.len() as u32;
                let mut stream = self.seed.stream("cell", row, column as u64);
                words::fill(&mut text, &mut stream, (*min).max(least), (*max).max(least), *letters);
                Value::text(&text)
            }
            (Maker::Words(..) | Maker::Prose(..) | Maker::Fat { .. } | Maker::Blob(..), _) => {
                cell.draw(&mut self.seed.stream("cell", row, column as u64))
            }
            (Maker::Attribute(_), _) => {
                cell.domain().filter(|count| *count > 0).map_or(Value::Null, |count| {
                    cell.nth(self.natural.digit(row, column).unwrap_or(row % count))
                })
            }
            _ => self.position(row, column).map_or(Value::Null, |n| cell.nth(n)),
        }
    }

    pub(super) fn is_null(&self, row: u64, column: usize) -> bool {
        self.drawn(&self.nulls, "null", row, column)
    }
    fn drawn(&self, shares: &BTreeMap<usize, Ppm>, purpose: &str, row: u64, column: usize) -> bool {
        let drawn = || self.seed.hash(purpose, row, column as u64) % 1_000_000;
        shares.get(&column).is_some_and(|share| drawn() < u64::from(share.0))
    }
    /// The number of the value among all values of its column, for a made row.
    fn position(&self, row: u64, column: usize) -> Option<u64> {
        self.target(row, column, self.cells[column].domain()?)
    }
    /// For a made row: the row, of `count` rows, to which its reference points.
    pub(super) fn target(&self, row: u64, column: usize, count: u64) -> Option<u64> {
        let drawn = || pick(self.seed.hash("cell", row, column as u64), count);
        (count > 0).then(|| self.natural.digit(row, column).unwrap_or_else(drawn))
    }

    /// The columns that the last change of `row` affected, with their values before that change.
    pub(super) fn replaced(&self, row: u64) -> impl Iterator<Item = (usize, Value)> + '_ {
        let count = self.changeable.len() as u64;
        let bits = self.seed.hash("replaced", row, 0);
        let touched = if count == 0 { 0 } else { 1 + (bits & 1).min(count - 1) };
        (0..touched).map(move |i| {
            let column = self.changeable[((pick(bits, count) + i) % count) as usize];
            (column, self.previous_value(row, column))
        })
    }

    fn previous_value(&self, row: u64, column: usize) -> Value {
        if !self.is_null(row, column) && self.drawn(&self.nulls, "null before", row, column) {
            return Value::Null;
        }
        let cell = &self.cells[column];
        match self.position(row, column) {
            Some(now) => {
                let count = cell.domain().unwrap_or(1);
                let away = if count > 1 {
                    1 + pick(self.seed.hash("before", row, column as u64), count - 1)
                } else {
                    0
                };
                cell.nth(((u128::from(now) + u128::from(away)) % u128::from(count)) as u64)
            }
            None => cell.draw(&mut self.seed.stream("before", row, column as u64)),
        }
    }

    pub(super) fn refers_to(&self, column: usize) -> Option<EntityId> {
        match self.cells[column].maker {
            Maker::Ref(entity) => Some(entity),
            _ => None,
        }
    }
}

fn changeable(entity: &Entity, cells: &[Cell]) -> Vec<usize> {
    let scoped = |column: usize| entity.scope.iter().any(|rule| rule.column() == column);
    let free =
        |column: &usize| cells[*column].is_plain() && !scoped(*column) && !entity.unique.contains(column);
    let held: Vec<usize> = entity.projection.iter().copied().filter(free).collect();
    if held.is_empty() { (0..cells.len()).filter(free).collect() } else { held }
}
