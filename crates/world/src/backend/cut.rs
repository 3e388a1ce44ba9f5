//! Scopes with a cut: devices hold only the first rows by a column. Each write may move the cut
//! (the end of these rows).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{EntityId, Value};
use crate::contract::{CutOrder, Schema, ScopeRule};

/// One cut, and the values of its column in all live rows that readers see.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) entity: EntityId,
    rule: usize,
    column: usize,
    count: u64,
    order: CutOrder,
    /// For each value, the number of rows that have it.
    values: BTreeMap<i64, u64>,
}

impl Cut {
    pub(super) fn all(schema: &Schema) -> Vec<Cut> {
        let cuts = schema.cuts().filter_map(|(entity, rule, cut)| {
            let &ScopeRule::Cut { column, count, order, .. } = cut else { return None };
            Some(Cut { entity, rule, column, count: count.into(), order, values: BTreeMap::new() })
        });
        cuts.collect()
    }

    pub(super) fn add(&mut self, row: &[Value]) {
        if let Value::Int(value) = row[self.column] {
            *self.values.entry(value).or_default() += 1;
        }
    }
    pub(super) fn take(&mut self, row: &[Value]) {
        if let Value::Int(value) = row[self.column]
            && let Some(rows) = self.values.get_mut(&value)
        {
            *rows -= 1;
            if *rows == 0 {
                self.values.remove(&value);
            }
        }
    }

    /// The schema with this cut at its present place; `None` if the schema already has it there.
    pub(super) fn moved(&self, schema: &Schema) -> Option<Arc<Schema>> {
        let now = self.bound();
        let ScopeRule::Cut { bound, .. } = schema.entity(self.entity).scope[self.rule] else { return None };
        (now != bound).then(|| Arc::new(schema.cut_at(self.entity, self.rule, now)))
    }

    /// The value of the last row before the cut.
    fn bound(&self) -> i64 {
        let mut left = self.count;
        let mut last = |value: &i64, rows: &u64| {
            left = left.saturating_sub(*rows);
            (left == 0).then_some(*value)
        };
        let found = match self.order {
            CutOrder::Greatest => self.values.iter().rev().find_map(|(value, rows)| last(value, rows)),
            CutOrder::Least => self.values.iter().find_map(|(value, rows)| last(value, rows)),
        };
        found.unwrap_or(self.order.whole())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Column, ColumnKind, Entity};

    fn cut(count: u32, order: CutOrder, values: &[i64]) -> i64 {
        let mut entity = Entity::new("visit", vec![Column::new("at", ColumnKind::Int)]);
        entity.scope = vec![ScopeRule::Cut { column: 0, count, order, bound: order.whole() }];
        let schema = Schema { entities: vec![entity], ..Schema::default() };
        let mut cut = Cut::all(&schema).remove(0);
        values.iter().for_each(|value| cut.add(&[Value::Int(*value)]));
        cut.add(&[Value::Null]);
        cut.add(&[Value::Int(99)]);
        cut.take(&[Value::Int(99)]);
        cut.bound()
    }

    #[test]
    fn a_cut_lies_at_its_last_row_and_ties_are_within() {
        let values = [7, 3, 9, 7, 1];
        assert_eq!(cut(1, CutOrder::Greatest, &values), 9);
        assert_eq!(cut(2, CutOrder::Greatest, &values), 7);
        assert_eq!(cut(3, CutOrder::Greatest, &values), 7);
        assert_eq!(cut(2, CutOrder::Least, &values), 3);
        assert_eq!(cut(6, CutOrder::Greatest, &values), i64::MIN, "there are fewer rows");
        assert_eq!(cut(6, CutOrder::Least, &values), i64::MAX);
    }
}
