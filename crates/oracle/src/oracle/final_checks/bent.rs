//! Compares values by meaning, and counts values that were altered on their way, by column.

use std::collections::BTreeMap;

use crate::base::{Decimal, EntityId, ValueRef};
use crate::contract::{ColumnKind, Schema};
use crate::oracle::model::is_same;

/// True if two values of a column of this kind mean the same. Null and an empty text differ.
pub(crate) fn same(kind: &ColumnKind, a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (kind, a, b) {
        (ColumnKind::Decimal { .. }, ValueRef::Text(a), ValueRef::Text(b)) if a != b => {
            let number = |text| Decimal::read(text).map(Decimal::shortest);
            number(a).is_some() && number(a) == number(b)
        }
        (_, a, b) => is_same(a, b),
    }
}

/// True if the value is null or the empty text.
pub(crate) fn is_null_or_empty(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Null | ValueRef::Text(""))
}

#[derive(Debug, Default)]
pub(crate) struct Bent {
    columns: BTreeMap<(EntityId, usize), u64>,
    figures: BTreeMap<&'static str, u64>,
}

const FIGURES: [&str; 8] = [
    "oracle.bent.dates",
    "oracle.bent.timestamps",
    "oracle.bent.numbers",
    "oracle.bent.texts",
    "oracle.bent.blobs",
    "oracle.bent.flags",
    "oracle.bent.nulls",
    "oracle.bent.commits",
];

impl Bent {
    pub(crate) fn note(
        &mut self,
        schema: &Schema,
        (entity, column): (EntityId, usize),
        values: [ValueRef<'_>; 2],
        committed: bool,
    ) {
        let null = values.into_iter().any(|value| value == ValueRef::Null);
        let figure = match schema.entity(entity).columns[column].kind {
            _ if null => "oracle.bent.nulls",
            ColumnKind::Date => "oracle.bent.dates",
            ColumnKind::Timestamp => "oracle.bent.timestamps",
            ColumnKind::Int | ColumnKind::Real | ColumnKind::Decimal { .. } => "oracle.bent.numbers",
            ColumnKind::Text | ColumnKind::Ref(_) => "oracle.bent.texts",
            ColumnKind::Blob => "oracle.bent.blobs",
            ColumnKind::Bool => "oracle.bent.flags",
        };
        *self.columns.entry((entity, column)).or_default() += 1;
        *self.figures.entry(figure).or_default() += 1;
        *self.figures.entry("oracle.bent.commits").or_default() += u64::from(committed);
    }

    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        FIGURES.into_iter().map(|name| (name, self.figures.get(name).copied().unwrap_or(0)))
    }
    /// The counts as text, such as `person.born 12, person.dose 3`.
    pub(crate) fn by_column(&self, schema: &Schema) -> Option<String> {
        let name = |(&(id, column), count): (&(EntityId, usize), &u64)| {
            let entity = schema.entity(id);
            format!("{}.{} {count}", entity.name, entity.columns[column].name)
        };
        let names: Vec<String> = self.columns.iter().map(name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_the_same_whatever_their_zeros_and_forms() {
        let money = ColumnKind::Decimal { digits: 9, places: 2 };
        let text = |a, b, kind: &ColumnKind| same(kind, ValueRef::Text(a), ValueRef::Text(b));
        assert!(text("1.50", "1.5", &money) && text("Zo\u{eb}", "Zoe\u{308}", &ColumnKind::Text));
        assert!(!text("1.50", "1.05", &money) && !text("1.50", "1.5", &ColumnKind::Text));
        assert!(!text("", "0", &money) && !text("x", "y", &money));
        assert!(!same(&ColumnKind::Text, ValueRef::Null, ValueRef::Text("")));
        assert!(same(&ColumnKind::Int, ValueRef::Int(3), ValueRef::Int(3)));
    }
}
