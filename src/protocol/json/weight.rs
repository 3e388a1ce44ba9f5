//! What messages weigh that are not written, or not yet. Characters that JSON escapes are counted
//! as they are.

use super::super::codec::{CopiedRow, Weighed};
use crate::base::{Value, ValueRef};

/// What the JSON of a mutation holds besides its keys and values: names, brackets, numbers.
const FRAME: u64 = 88;
/// A request of the gateway's besides its cursor, a mutation that it brings besides its values, an
/// answer besides what it brings.
const HEAD: u64 = 120;
/// A verdict.
const VERDICT: u64 = 60;

pub(super) fn of(what: Weighed<'_>) -> u64 {
    match what {
        Weighed::Edit { id, key, values } => {
            let values: u64 = values.iter().map(|(_, value)| written(value) + 5).sum();
            FRAME + id.len() as u64 + key.as_str().len() as u64 + values
        }
        Weighed::Ask { cursor } => HEAD + cursor.map_or(0, |cursor| cursor.len() as u64),
        Weighed::Copied(None) => HEAD,
        Weighed::Copied(Some(CopiedRow { key, held })) => key.as_str().len() as u64 + held + 22,
        Weighed::Relayed(mutation) => {
            let value = |value: ValueRef<'_>| match value {
                ValueRef::Text(text) => text.len() as u64 + 6,
                _ => 12,
            };
            HEAD + mutation.values.iter().map(|(_, v)| v.with_ref(value)).sum::<u64>()
        }
        Weighed::Verdicts(count) => HEAD + VERDICT * count,
    }
}

fn written(value: &Value) -> u64 {
    match value {
        Value::Null => 4,
        Value::Int(_) | Value::Real(_) => 10,
        Value::Text(text) => text.len() as u64 + 2,
        Value::Fat(fat) => u64::from(fat.len) + 2,
    }
}
