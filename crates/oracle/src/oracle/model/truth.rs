//! The backend's rows, and which devices should have them.

use std::rc::Rc;

use crate::base::{EntityId, Key, Stamp, Value, ValueRef, composed, is_same_text};
use crate::contract::{CutOrder, Entity, ScopeRule};

/// The backend's live rows at one moment. A soft-deleted row is not live.
pub trait Truth {
    /// The stamp and the backend's values of a live row; `None` if it is deleted or never existed.
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)>;
    /// Calls `f` with each live row of `entity`, in any order.
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value]));
}

/// The place of a row: the values that decide which devices have the row in their scope, one per
/// scope rule. `None` if the row is outside a time window or a cut. The backend has its own version
/// of this code on purpose: the oracle must not share bugs with the code that it checks.
pub(crate) fn place(entity: &Entity, values: &[Value]) -> Option<Box<[Value]>> {
    let mut place = Vec::with_capacity(entity.scope.len());
    for rule in &entity.scope {
        match rule {
            ScopeRule::Attribute { column, .. } => place.push(values[*column].clone()),
            ScopeRule::Window { column, from, until } => match values[*column] {
                Value::Int(t) if t >= from.0 && t < until.0 => {}
                _ => return None,
            },
            ScopeRule::Cut { column, order, bound, .. } => match (&values[*column], order) {
                (Value::Int(value), CutOrder::Greatest) if value >= bound => {}
                (Value::Int(value), CutOrder::Least) if value <= bound => {}
                _ => return None,
            },
        }
    }
    Some(place.into())
}

pub(crate) fn place_of(entity: &Entity, attributes: &[Value]) -> Box<[Value]> {
    let own = entity.scope.iter().filter_map(ScopeRule::attribute);
    own.map(|(_, attribute)| attributes[attribute].clone()).collect()
}

pub(crate) type Places = [Rc<[Value]>];

/// Hashes rows by content. Equal texts have equal hashes even if their accents are composed
/// differently.
#[derive(Debug, Default)]
pub(crate) struct RowHash(Vec<u8>);

impl RowHash {
    pub(crate) fn shown(&mut self, values: &[ValueRef<'_>]) -> u64 {
        self.0.clear();
        values.iter().for_each(|value| self.push(*value));
        xxhash_rust::xxh3::xxh3_64(&self.0)
    }
    pub(crate) fn own<'a>(&mut self, values: impl Iterator<Item = &'a Value>) -> u64 {
        self.0.clear();
        values.for_each(|value| value.with_ref(|value| self.push(value)));
        xxhash_rust::xxh3::xxh3_64(&self.0)
    }
    pub(crate) fn projected(&mut self, entity: &Entity, values: &[Value]) -> u64 {
        self.own(entity.projection.iter().map(|&column| &values[column]))
    }

    fn push(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.0.push(0),
            ValueRef::Int(n) => {
                self.0.push(1);
                self.0.extend_from_slice(&n.to_le_bytes());
            }
            ValueRef::Real(x) => {
                self.0.push(2);
                self.0.extend_from_slice(&x.to_bits().to_le_bytes());
            }
            ValueRef::Text(text) => {
                let text = composed(text);
                self.0.push(3);
                self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }
}

/// True if two values mean the same. Long texts are compared by content.
pub(crate) fn alike(a: &Value, b: &Value) -> bool {
    b.with_ref(|b| a.reads_as(b) || a.with_ref(|a| is_same(a, b)))
}

/// True if two values mean the same. Texts are compared after composing their accents.
pub(crate) fn is_same(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) => is_same_text(a, b),
        (ValueRef::Real(a), ValueRef::Real(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ContentKind, Fat};

    #[test]
    fn a_row_hashes_the_same_wherever_it_is_read() {
        let fat = Fat { seed: 3, len: 40, of: ContentKind::Words };
        let own = [Value::Null, Value::Int(-1), Value::Real(0.5), Value::text("é"), Value::Fat(fat)];
        let text = fat.text();
        let shown = [
            ValueRef::Null,
            ValueRef::Int(-1),
            ValueRef::Real(0.5),
            ValueRef::Text("é"),
            ValueRef::Text(&text),
        ];
        let mut hash = RowHash::default();
        assert_eq!(hash.own(own.iter()), hash.shown(&shown));
        assert_ne!(
            hash.shown(&[ValueRef::Text("a"), ValueRef::Text("bc")]),
            hash.shown(&[ValueRef::Text("ab"), ValueRef::Text("c")])
        );
    }
}
