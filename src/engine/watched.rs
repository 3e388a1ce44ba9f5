//! Where cursors stand, told to who watches them.

use xxhash_rust::xxh3::xxh3_64;

use super::process::Process;
use crate::base::{EntityId, UnitId};
use crate::contract::{Event, UnitEvent};
use crate::store::SHARED;

/// Tells where all cursors and dates stand, if somebody watches. What cannot be read now fails where
/// it is needed.
pub(super) fn tell_cursors(process: &Process) {
    if !process.store.watches_cursors() {
        return;
    }
    let Ok((cursors, dates)) = process.store.read(|tx| Ok((tx.all_progress()?, tx.all_dates()?))) else {
        return;
    };
    // The look is the bench's, and costs the device nothing.
    _ = process.store.work();
    let whose = |unit: UnitId| (unit != SHARED).then_some(unit);
    let at: Vec<(Option<UnitId>, EntityId, u64)> = cursors
        .into_iter()
        .filter_map(|(unit, entity, cursor)| Some((whose(unit), entity, xxh3_64(cursor?.as_bytes()))))
        .collect();
    process.emit(Event::Unit(UnitEvent::Cursors { at: &at, dates: &dates }));
}
