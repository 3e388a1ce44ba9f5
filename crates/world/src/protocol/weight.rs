//! What messages weigh that are not written, or not yet. Characters that a format escapes are
//! counted as they are.

use crate::base::{Key, Value, ValueRef};
use crate::contract::Mutation;

#[derive(Clone, Copy, Debug)]
pub enum Weighed<'w> {
    /// An edit in a push of a device.
    Edit { id: &'w str, key: &'w Key, values: &'w [(usize, Value)] },
    /// The gateway's request for a page for its replica, from where it goes on.
    Ask { cursor: Option<&'w str> },
    /// A row in the answer to that, or the answer without its rows.
    Copied(Option<CopiedRow<'w>>),
    /// A mutation that the gateway brings to the backend.
    Relayed(&'w Mutation),
    /// The answer to so many of them.
    Verdicts(u64),
}

#[derive(Clone, Copy, Debug)]
pub struct CopiedRow<'w> {
    pub key: &'w Key,
    /// Bytes of its values, and of the name of the place where it belongs.
    pub held: u64,
}

/// What a format adds to what a message says, bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// A mutation besides its keys and values: names, brackets, numbers.
    pub(super) edit: u64,
    /// The number of a column that is set, and what keeps it apart.
    pub(super) column: u64,
    pub(super) text: u64,
    pub(super) number: u64,
    pub(super) null: u64,
    /// What else a request, a mutation or an answer of the gateway's has.
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
