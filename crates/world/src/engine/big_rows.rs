//! Rows that are too large for the phone's reader.

use super::limits::OnBigRow;
use super::process::Process;
use crate::base::{Cell, EntityId, Key, Value};
use crate::protocol::WireRow;
use crate::store::Entry;

/// Bytes of a value in memory: the length of a text, or 8 for any other value.
fn size(value: &Value) -> u64 {
    match value {
        Value::Text(text) => text.len() as u64,
        Value::Fat(fat) => u64::from(fat.len),
        Value::Null | Value::Int(_) | Value::Real(_) => 8,
    }
}

fn cell_size(cell: &Cell<'_>) -> u64 {
    if let Cell::Text(text) = cell { text.len() as u64 } else { 8 }
}

/// Bytes of the largest edit.
fn largest(edits: &[Entry]) -> u64 {
    let bytes = |entry: &Entry| entry.values.iter().map(|(_, value)| size(value)).sum();
    edits.iter().map(bytes).max().unwrap_or(0)
}

fn reads_at_once(process: &Process) -> bool {
    process.options.pull.on_big_row != OnBigRow::InParts && process.ports.machine.row_limit().is_some()
}

/// Whether a pulled row is skipped because it is too large for the phone's reader.
pub(super) fn leaves_out(process: &Process, row: WireRow<'_>) -> bool {
    let skips = process.options.pull.on_big_row == OnBigRow::Skip;
    let bytes = || row.values.map_or(0, |cells| cells.iter().map(cell_size).sum::<u64>());
    skips && process.ports.machine.row_limit().is_some_and(|most| bytes() > most)
}

/// Reads a row for the app. False if the app crashes while reading.
pub(super) fn shows(process: &Process, entity: EntityId, key: &Key) -> bool {
    if !reads_at_once(process) {
        return true;
    }
    let row = process.store.read(|tx| tx.row(entity, key.as_str())).ok().flatten();
    let bytes = row.map_or(0, |row| row.values.iter().map(size).sum());
    process.ports.machine.can_show(bytes)
}

/// Reads edits before they are sent. The process dies if one edit is too large.
pub(super) async fn read_edits(process: &Process, edits: &[Entry]) {
    if reads_at_once(process) && !process.ports.machine.can_show(largest(edits)) {
        process.die().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Fat;
    use crate::contract::EditKind;

    #[test]
    fn the_largest_edit_counts_and_not_their_sum() {
        let edit = |bytes: u32| {
            let fat = Value::Fat(Fat::bytes(1, bytes / 4 * 3));
            Entry::made(bytes, EditKind::Update, vec![(0, fat), (1, Value::Int(1))])
        };
        assert_eq!(largest(&[edit(400), edit(4_000), edit(40)]), 4_008);
        assert_eq!(largest(&[]), 0);
    }
}
