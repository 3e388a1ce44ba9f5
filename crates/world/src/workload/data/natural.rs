//! Makes natural keys that are distinct. It does so without a look at other rows.

use super::cell::Cell;
use super::mixing::Mixing;
use crate::base::{EntityId, Seed};
use crate::contract::Entity;
use crate::workload::Maker;

#[derive(Clone, Debug)]
pub(super) enum Natural {
    None,
    /// The text of this column begins with the row's number.
    Serial(usize),
    /// The row's number is permuted. Each (column, number of values) then takes one digit of the
    /// result.
    Digits {
        columns: Vec<(usize, u64)>,
        order: Mixing,
        /// The number of different natural keys.
        names: u64,
    },
}

impl Natural {
    /// Chooses the method for an entity with these cells. `live` returns the number of rows of a
    /// referenced entity.
    pub(super) fn new(
        seed: Seed,
        entity: &Entity,
        cells: &[Cell],
        live: impl Fn(EntityId) -> u64,
    ) -> Natural {
        let text = entity.unique.iter().find(|&&column| matches!(cells[column].maker, Maker::Words(..)));
        if let Some(&column) = text {
            return Natural::Serial(column);
        }
        let mut columns = Vec::new();
        for &column in &entity.unique {
            match cells[column].maker {
                Maker::Ref(entity) => columns.push((column, live(entity))),
                // Long texts are drawn at random and differ anyway. A copied column depends on its
                // reference.
                Maker::Fat { .. } | Maker::Prose(..) | Maker::Blob(..) => return Natural::None,
                Maker::Folded { .. } | Maker::Words(..) => {}
                _ => columns.push((column, cells[column].domain().unwrap_or(1))),
            }
        }
        if entity.unique.is_empty() {
            return Natural::None;
        }
        let names = columns.iter().fold(1_u64, |product, (_, domain)| product.saturating_mul(*domain));
        Natural::Digits { columns, order: Mixing::new(seed.hash("natural", 0, 0), names.max(1)), names }
    }

    /// The number of the value among all values of its column. If there are more rows than natural
    /// keys, the keys repeat.
    pub(super) fn digit(&self, row: u64, column: usize) -> Option<u64> {
        let Natural::Digits { columns, order, names } = self else { return None };
        let place = columns.iter().position(|(c, _)| *c == column)?;
        if *names == 0 {
            return None;
        }
        let mut name = order.at(row % names);
        for (_, domain) in &columns[..place] {
            name /= domain;
        }
        Some(name % columns[place].1)
    }
}
