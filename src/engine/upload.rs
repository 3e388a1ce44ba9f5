//! How many of the edits that wait go into one request.

use super::control::Size;
use crate::base::Value;
use crate::store::Entry;

/// What the JSON of a mutation holds besides its keys and values: names, brackets, numbers.
const FRAME: u64 = 88;

/// How many of the `batch` a chunk of this size holds, at least one of those that there are.
pub(super) fn fitting(batch: &[Entry], size: Size) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += weight(entry);
        bytes <= size.bytes
    };
    let fitting = batch.iter().take(size.rows as usize).take_while(fits).count();
    fitting.max(1).min(batch.len())
}

/// About as many bytes as the edit's JSON has. Characters that JSON escapes are counted as they are.
fn weight(entry: &Entry) -> u64 {
    let value = |value: &Value| match value {
        Value::Null => 4,
        Value::Int(_) | Value::Real(_) => 10,
        Value::Text(text) => text.len() as u64 + 2,
        Value::Fat(fat) => u64::from(fat.len) + 2,
    };
    let values: u64 = entry.values.iter().map(|(_, v)| value(v) + 5).sum();
    FRAME + entry.id.len() as u64 + entry.key.as_str().len() as u64 + values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, UnitId};
    use crate::contract::wire::encode_request;
    use crate::contract::{EditKind, Mutation, PushRequest, Request};
    use proptest::prelude::*;

    fn entry(number: u32, length: usize) -> Entry {
        Entry {
            seq: i64::from(number),
            id: format!("7-{number}"),
            edit: EditId { device: DeviceId(7), number },
            entity: EntityId(0),
            key: Key::new("0b1f6a1c-8f0e-4f0c-9d34-6a1d0d6a7c55"),
            kind: EditKind::Update,
            values: vec![(3, Value::Text("x".repeat(length).into())), (4, Value::Int(1))],
            base: Some(Stamp(1_772_434_800_000_000)),
            made_at: Stamp(1_772_434_800_000_000),
            attempts: 0,
            last_error: None,
            parked: false,
        }
    }

    fn mutation(entry: &Entry) -> Mutation {
        let Entry { id, edit, entity, key, kind, values, base, made_at, .. } = entry.clone();
        Mutation { id, edit, entity, key, kind, values, base, made_at }
    }

    #[test]
    fn an_edit_weighs_about_what_its_json_does() {
        let clock = Stamp(0);
        let bytes = |batch: &[Entry]| {
            let mutations = batch.iter().map(mutation).collect();
            let push = PushRequest { device: DeviceId(7), unit: UnitId(0), mutations, clock };
            encode_request(&Request::Push(push)).len() as u64
        };
        for length in [0, 10, 200, 5_000] {
            let batch: Vec<Entry> = (0..50).map(|n| entry(n, length)).collect();
            let (ours, real) = (batch.iter().map(weight).sum::<u64>(), bytes(&batch));
            assert!(ours.abs_diff(real) * 10 < real, "{ours} instead of {real} of texts of {length}");
        }
    }

    proptest! {
        #[test]
        fn a_chunk_holds_what_fits_and_never_nothing(
            lengths in proptest::collection::vec(0_usize..400, 0..40),
            rows in 1_u32..50,
            bytes in 1_u64..6_000,
        ) {
            let batch: Vec<Entry> = lengths.iter().zip(0..).map(|(&length, n)| entry(n, length)).collect();
            let held = fitting(&batch, Size { rows, bytes });
            prop_assert!(held <= batch.len() && held <= rows as usize);
            prop_assert_eq!(held == 0, batch.is_empty());
            let weighs = |n: usize| batch[..n].iter().map(weight).sum::<u64>();
            prop_assert!(held <= 1 || weighs(held) <= bytes);
            let more = held < batch.len().min(rows as usize);
            prop_assert!(!more || weighs(held + 1) > bytes);
        }
    }
}
