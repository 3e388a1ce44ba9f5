//! Approximate sizes of messages that are not encoded, or not encoded yet. Escaped characters are
//! not counted.

use crate::base::{Key, Value, ValueRef};
use crate::contract::Mutation;

/// Bytes that a format adds to the content of a message.
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    /// The bytes of a mutation (an edit) without its keys and values: names, brackets, numbers.
    pub(super) edit: u64,
    /// The bytes for a set column's number and delimiters.
    pub(super) column: u64,
    pub(super) text: u64,
    pub(super) number: u64,
    pub(super) null: u64,
    /// The rest of a message between gateway and backend: everything except the parts counted by
    /// the other fields, the cursor, and the rows.
    pub(crate) head: u64,
    pub(super) verdict: u64,
}

impl Frames {
    /// The bytes of an edit in a device's push.
    pub fn of_edit(&self, id: &str, key: &Key, values: &[(usize, Value)]) -> u64 {
        let values: u64 = values.iter().map(|(_, value)| self.of_value(value) + self.column).sum();
        self.edit + id.len() as u64 + key.len() as u64 + values
    }
    fn of_value(&self, value: &Value) -> u64 {
        match value {
            Value::Null => self.null,
            Value::Int(_) | Value::Real(_) => self.number,
            Value::Text(text) => text.len() as u64 + self.text,
            Value::Fat(fat) => u64::from(fat.len) + self.text,
        }
    }
    /// The bytes of a mutation that the gateway sends to the backend.
    pub fn of_relayed(&self, mutation: &Mutation) -> u64 {
        let value = |value: ValueRef<'_>| match value {
            ValueRef::Text(text) => text.len() as u64 + self.text + 4,
            _ => self.number + 2,
        };
        self.head + mutation.values.iter().map(|(_, v)| v.with_ref(value)).sum::<u64>()
    }
    /// The bytes of the response to this many mutations that the gateway sent to the backend.
    pub fn of_verdicts(&self, count: u64) -> u64 {
        self.head + self.verdict * count
    }
}
