//! What the backend holds a mutation against before it changes a row that is there.

use super::options::{BackendOptions, Writes};
use super::table::Record;
use crate::contract::{Entity, Guard, Mutation, image};

/// Whether the mutation may change this row of `entity`, as it is.
///
/// Who asks for the row to be read and compared has that done by who brings the mutation,
/// whatever the backend itself checks of versions.
pub(super) fn may_change(
    options: &BackendOptions,
    entity: &Entity,
    mutation: &Mutation,
    record: &Record,
) -> bool {
    let grace = options.writes_grace.as_micros() as i64;
    let cut = |stamp: crate::base::Stamp| stamp.truncated(options.stamp_precision).0;
    // Saturating: what a device dates may be any number.
    let is_newer = || mutation.made_at.0.saturating_add(grace) > record.edited_at.0;
    match (options.writes, mutation.guard) {
        (Writes::NewerDate, Guard::Base | Guard::Since) => is_newer(),
        (_, Guard::Image(held)) => {
            let reads_so = image(entity.projection.iter().map(|column| &record.values[*column])) == held;
            reads_so && (options.writes != Writes::NewerDate || is_newer())
        }
        (Writes::Blind, _) => true,
        (Writes::Checked, Guard::Base) => mutation.base == Some(record.stamp),
        (Writes::Checked, Guard::Since) => mutation.base.is_some_and(|base| record.stamp <= base),
        (Writes::Dated, guard) => mutation.base.is_some_and(|base| {
            let later = cut(record.stamp).saturating_sub(cut(base));
            later <= grace && (guard == Guard::Since || later >= -grace)
        }),
    }
}
