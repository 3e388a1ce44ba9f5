//! Approximate sizes of messages that are not written, or not yet. Escaping is not counted.

use crate::base::{Key, Value, ValueRef};
use crate::contract::Mutation;

/// A message or a part of one, of which the size is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Weighed<'w> {
    /// An edit in a device's push.
    Edit { id: &'w str, key: &'w Key, values: &'w [(usize, Value)] },
    /// The gateway's request for the next page of its replica.
    Ask { cursor: Option<&'w str> },
    /// A row in the response to that; `None` for the response without its rows.
    Copied(Option<CopiedRow<'w>>),
    /// A mutation that the gateway sends to the backend.
    Relayed(&'w Mutation),
    /// The response to this many mutations.
    Verdicts(u64),
}

/// A row copied to the gateway's replica.
#[derive(Clone, Copy, Debug)]
pub struct CopiedRow<'w> {
    pub key: &'w Key,
    /// Bytes of its values, and of the name of the place (scope) it belongs to.
    pub held: u64,
}

/// Bytes that a format adds to the content of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// A mutation without its keys and values: names, brackets, numbers.
    pub(super) edit: u64,
    /// The number of a column that is set, and its delimiters.
    pub(super) column: u64,
    pub(super) text: u64,
    pub(super) number: u64,
    pub(super) null: u64,
    /// The rest of a request, mutation or response of the gateway.
    pub(super) head: u64,
    pub(super) verdict: u64,
}

pub(super) fn of(frames: &Frames, what: Weighed<'_>) -> u64 {
    match what {
        Weighed::Edit { id, key, values } => {
            let values: u64 = values.iter().map(|(_, value)| written(frames, value) + frames.column).sum();
            frames.edit + id.len() as u64 + key.as_str().len() as u64 + values
        }
        Weighed::Ask { cursor } => frames.head + cursor.map_or(0, |cursor| cursor.len() as u64),
        Weighed::Copied(None) => frames.head,
        Weighed::Copied(Some(CopiedRow { key, held })) => key.as_str().len() as u64 + held + 22,
        Weighed::Relayed(mutation) => {
            let value = |value: ValueRef<'_>| match value {
                ValueRef::Text(text) => text.len() as u64 + frames.text + 4,
                _ => frames.number + 2,
            };
            frames.head + mutation.values.iter().map(|(_, v)| v.with_ref(value)).sum::<u64>()
        }
        Weighed::Verdicts(count) => frames.head + frames.verdict * count,
    }
}

fn written(frames: &Frames, value: &Value) -> u64 {
    match value {
        Value::Null => frames.null,
        Value::Int(_) | Value::Real(_) => frames.number,
        Value::Text(text) => text.len() as u64 + frames.text,
        Value::Fat(fat) => u64::from(fat.len) + frames.text,
    }
}
