//! The content that is sent for an edit: its columns, and the version for the backend's conflict
//! check. Also computes how many edits fit into one request.

use crate::contract::{EditKind, Guard, Schema, image};
use crate::engine::conflict::{BaseDate, Detect};
use crate::engine::control::Size;
use crate::engine::options::{EngineOptions, Sends};
use crate::engine::push::edits::{as_of, beneath};
use crate::protocol::Codec;
use crate::store::{Entry, Stored, Tx};

/// Edits as they are sent. Each has a guard, which says how the backend checks for a conflict.
pub(crate) struct Outgoing {
    pub(crate) entries: Vec<Entry>,
    /// The guard of each edit. Empty if the backend checks all edits against their bases.
    pub(crate) guards: Vec<Guard>,
}

impl Outgoing {
    pub(crate) fn as_made(batch: &[Entry]) -> Outgoing {
        Outgoing { entries: batch.to_vec(), guards: Vec::new() }
    }

    /// Whether edits are sent unchanged. Then their rows need not be read.
    pub(crate) fn is_as_made(options: &EngineOptions) -> bool {
        let conflict = &options.conflict;
        options.push.sends == Sends::Changed
            && conflict.base == BaseDate::LastReceivedStamp
            && conflict.detect != Detect::ReadBefore
    }

    pub(crate) fn of(
        tx: &Tx<'_>,
        (options, schema): (&EngineOptions, &Schema),
        batch: &[Entry],
    ) -> Stored<Outgoing> {
        let mut out = Outgoing::as_made(batch);
        let (detect, base, sends) = (options.conflict.detect, options.conflict.base, options.push.sends);
        let synced_on = tx.last_sync()?;
        for entry in &mut out.entries {
            let entity = schema.entity(entry.entity);
            if sends == Sends::Row && entry.kind == EditKind::Update {
                entry.values = as_of(tx, entity, entry, &entry.key)?;
            }
            let guard = match base {
                _ if entry.base.is_none() => Guard::Base,
                // After a decided conflict, the edit is based on the version of the decision.
                _ if entry.is_sent_again() => Guard::Base,
                _ if detect == Detect::ReadBefore => {
                    let shown = tx.row(entry.entity, &entry.key)?.map(|row| row.values);
                    let edits = tx.entries_for(entry.entity, &entry.key)?;
                    beneath(entity, shown, &edits).map_or(Guard::Base, |values| Guard::Image(image(&values)))
                }
                BaseDate::LastReceivedStamp => Guard::Base,
                BaseDate::EditTime => {
                    entry.base = Some(entry.made_at);
                    Guard::Base
                }
                BaseDate::LastSync => {
                    entry.base = entry.base.max(synced_on);
                    Guard::Since
                }
            };
            out.guards.push(guard);
        }
        Ok(out)
    }
}

/// The number of edits of `batch` that fit into a chunk of this size. At least 1, unless `batch` is
/// empty.
pub(crate) fn fitting(codec: Codec, batch: &[Entry], size: Size) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += codec.frames().of_edit(&entry.id, &entry.key, &entry.values);
        bytes <= size.bytes
    };
    let fitting = batch.iter().take(size.rows as usize).take_while(fits).count();
    fitting.max(1).min(batch.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Value;
    use crate::contract::EditKind;
    use proptest::prelude::*;

    fn entry(number: u32, length: usize) -> Entry {
        let values = vec![(3, Value::Text("x".repeat(length).into())), (4, Value::Int(1))];
        Entry::made(number, EditKind::Update, values)
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
            let weight = |entry: &Entry| codec.frames().of_edit(&entry.id, &entry.key, &entry.values);
            let weighs = |n: usize| batch[..n].iter().map(weight).sum::<u64>();
            prop_assert!(held <= 1 || weighs(held) <= bytes);
            let more = held < batch.len().min(rows as usize);
            prop_assert!(!more || weighs(held + 1) > bytes);
        }
    }
}
