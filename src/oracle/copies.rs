//! Copies of columns of other rows, held against what those rows say.

use super::truth::Truth;
use crate::base::Value;
use crate::contract::{Copied, Schema};

/// How many live rows have a copy that is not what its row says; where a row refers to none that is
/// there, nothing is asked of its copies.
pub(super) fn stale(schema: &Schema, truth: &dyn Truth) -> u64 {
    let mut rows = 0;
    for entity in schema.ids() {
        let copies: Vec<&Copied> = schema.copies.iter().filter(|copied| copied.of == entity).collect();
        if copies.is_empty() {
            continue;
        }
        let differs = |copied: &Copied, values: &[Value]| {
            let Value::Text(key) = &values[copied.via] else { return false };
            let source = truth.row(copied.from, key);
            source.is_some_and(|(_, theirs)| theirs[copied.source] != values[copied.column])
        };
        truth.for_each(entity, &mut |_, _, values| {
            rows += u64::from(copies.iter().any(|copied| differs(copied, values)));
        });
    }
    rows
}
