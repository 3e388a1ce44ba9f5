//! How many of the edits that wait go into one request.

use super::control::Size;
use crate::protocol::{Codec, Weighed};
use crate::store::Entry;

/// How many of the `batch` a chunk of this size holds, at least one of those that there are.
pub(super) fn fitting(codec: Codec, batch: &[Entry], size: Size) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += weight(codec, entry);
        bytes <= size.bytes
    };
    let fitting = batch.iter().take(size.rows as usize).take_while(fits).count();
    fitting.max(1).min(batch.len())
}

fn weight(codec: Codec, entry: &Entry) -> u64 {
    codec.weight(Weighed::Edit { id: &entry.id, key: &entry.key, values: &entry.values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Value};
    use crate::contract::EditKind;
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
            made_on: None,
        }
    }

    proptest! {
        #[test]
        fn a_chunk_holds_what_fits_and_never_nothing(
            lengths in proptest::collection::vec(0_usize..400, 0..40),
            rows in 1_u32..50,
            bytes in 1_u64..6_000,
        ) {
            let codec = crate::protocol::DEFAULT;
            let batch: Vec<Entry> = lengths.iter().zip(0..).map(|(&length, n)| entry(n, length)).collect();
            let held = fitting(codec, &batch, Size { rows, bytes });
            prop_assert!(held <= batch.len() && held <= rows as usize);
            prop_assert_eq!(held == 0, batch.is_empty());
            let weighs = |n: usize| batch[..n].iter().map(|entry| weight(codec, entry)).sum::<u64>();
            prop_assert!(held <= 1 || weighs(held) <= bytes);
            let more = held < batch.len().min(rows as usize);
            prop_assert!(!more || weighs(held + 1) > bytes);
        }
    }
}
