//! Bugs in what values are on their way: cut, or left out.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use crate::base::{Cell, Value};
use crate::contract::Mutation;
use crate::engine::{Applied, ApplyRule, Correct, Place, Rules, SendRule};
use crate::protocol::WireRow;
use crate::store::{Entry, StoreError, Tx};

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "cuts-long-texts",
        check: "bent-value",
        mechanism: "a text goes up with its first 16 characters, and the answer is success",
        seen_in: "MySQL without strict mode: a VARCHAR keeps what fits, and gives a warning that nobody reads",
        breaks: Breaks::Rule(|rules| Rules { send: Rc::new(CutsLongTexts), ..rules }),
    },
    Bug {
        id: "misses-the-last-column",
        check: "divergent",
        mechanism: "of several columns that a pulled version changed the last stays as it was",
        seen_in: "an UPDATE of changed columns alone, whose loop ends one too soon",
        breaks: Breaks::Rule(|rules| Rules { apply: Rc::new(MissesTheLastColumn), ..rules }),
    },
];

struct CutsLongTexts;

impl SendRule for CutsLongTexts {
    fn mutation(&self, entry: &Entry, attempt: u64) -> Mutation {
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
}

struct MissesTheLastColumn;

impl ApplyRule for MissesTheLastColumn {
    fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
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
}
