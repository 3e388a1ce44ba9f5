//! What the backend holds a mutation against before it changes a row that is there.

use super::options::{Options, Writes};
use super::table::Record;
use crate::contract::Mutation;

/// Whether the mutation may change this row, as it is.
pub(super) fn may_change(options: &Options, mutation: &Mutation, record: &Record) -> bool {
    let grace = options.writes_grace.as_micros() as i64;
    let unit = options.stamp_precision;
    match options.writes {
        Writes::Checked => mutation.base == Some(record.stamp),
        Writes::Dated => mutation.base.is_some_and(|base| {
            let apart = base.truncated(unit).0.abs_diff(record.stamp.truncated(unit).0);
            apart <= grace.unsigned_abs()
        }),
        Writes::Blind => true,
        // Saturating: what a device dates may be any number.
        Writes::NewerDate => mutation.made_at.0.saturating_add(grace) > record.edited_at.0,
    }
}
