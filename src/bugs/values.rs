//! Bugs in what values are on their way: cut, or left out.

use super::bug::{Bug, bug};
use crate::base::{Cell, Value};
use crate::engine::{ApplyRule, Correct, SendRule};
use crate::protocol::WireRow;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "cuts-long-texts" caught by "bent-value",
        "a text goes up with its first 16 characters, and the answer is success",
        "MySQL without strict mode: a VARCHAR keeps what fits, and gives a warning that nobody reads",
        mutation |entry, attempt| {
            let mut sent = Correct.mutation(entry, attempt);
            for (_, value) in &mut sent.values {
                if let Value::Text(text) = value
                    && let Some((end, _)) = text.char_indices().nth(16)
                    // A key is longer, and is no text that a person wrote.
                    && text.contains(' ')
                {
                    *value = Value::text(&text[..end]);
                }
            }
            sent
        }
    ),
    bug!(
        "misses-the-last-column" caught by "divergent",
        "of several columns that a pulled version changed the last stays as it was",
        "an UPDATE of changed columns alone, whose loop ends one too soon",
        apply |tx, place, row| {
            let held = if place.dirty { None } else { tx.row(place.id, row.key)? };
            let (Some(values), Some(held)) = (row.values, held) else {
                return Correct.apply(tx, place, row);
            };
            let changed = |column: &usize| !held.values[*column].reads_as(values[*column].as_ref());
            let changed: Vec<usize> = (0..values.len()).filter(changed).collect();
            let mut written = values.to_vec();
            if let [_, .., last] = changed[..] {
                written[last] = super::pull::owned(&held.values[last]);
            }
            let written: Vec<Cell<'_>> = written;
            Correct.apply(tx, place, WireRow { values: Some(&written), ..row })
        }
    ),
];
