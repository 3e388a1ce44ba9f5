//! Rows that got a new key from the backend. Other rows of the same request still refer to them by
//! the key from the device.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::{EntityId, Key, Value};
use crate::contract::{ColumnKind, EditKind, Mutation, NamedBy, Outcome, Refusal, Schema};

/// The rows that the backend named in this request. Each has its entity, the device's key and the
/// backend's key.
pub(crate) struct Named {
    schema: Arc<Schema>,
    keys: Vec<(EntityId, Key, Key)>,
}

impl Named {
    pub(crate) fn new(schema: &Arc<Schema>) -> Named {
        Named { schema: Arc::clone(schema), keys: Vec::new() }
    }

    pub(crate) fn note(&mut self, mutation: &Mutation, outcome: &Outcome) {
        let by = self.schema.naming(mutation.entity).by;
        // If the natural key is taken, the row that has it counts as the created row.
        let is_same = mutation.kind == EditKind::Create && by == NamedBy::NaturalKey;
        let row = match outcome {
            Outcome::Named { row, .. } => row,
            Outcome::Conflict { why: Refusal::Taken, current: Some(row), .. } if is_same => row,
            _ => return,
        };
        self.keys.push((mutation.entity, mutation.key.clone(), row.key.clone()));
    }

    /// The mutation, with the new keys in its references to renamed rows.
    pub(crate) fn follow<'m>(&self, mutation: &'m Mutation) -> Cow<'m, Mutation> {
        let Some(entity) = self.schema.entities.get(usize::from(mutation.entity.0)) else {
            return Cow::Borrowed(mutation);
        };
        let mut followed = Cow::Borrowed(mutation);
        for (at, (column, value)) in mutation.values.iter().enumerate() {
            let kind = entity.columns.get(*column).map(|column| &column.kind);
            let (Some(ColumnKind::Ref(target)), Value::Text(key)) = (kind, value) else { continue };
            if let Some((_, _, to)) = self.keys.iter().find(|(of, from, _)| of == target && from.0 == *key) {
                followed.to_mut().values[at].1 = Value::Text(Arc::clone(&to.0));
            }
        }
        followed
    }
}
