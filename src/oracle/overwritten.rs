//! What somebody wrote and another replaced without having seen it, column by column.

use super::checks::{CommitCase, written_unseen};
use super::history::{Row, bit};
use super::ledger::Edit;
use super::truth::alike;
use crate::base::Value;
use crate::contract::{CommitKind, Decision};

/// The columns that a commit replaces unseen: whoever wrote them was not read by who commits.
pub(super) fn by_commit(case: &CommitCase<'_>) -> u64 {
    let Some((id, edit)) = case.edit.filter(|(_, edit)| edit.row == case.id) else { return 0 };
    let Some(before) = case.row.values.as_deref() else { return 0 };
    let (unseen, _) = written_unseen(case.row, case.ledger, id, edit);
    let gone = case.kind == CommitKind::Delete;
    let differs = |column: usize| gone || !alike(&before[column], &case.values[column]);
    count(before.len(), |column| unseen & bit(column) != 0 && differs(column))
}

/// In how many columns the sides of a conflict gave way to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GaveWay {
    /// Columns of the edit.
    pub(super) ours: u64,
    /// Columns that others wrote.
    pub(super) theirs: u64,
}

impl GaveWay {
    /// By a decision over an edit and `row`: `unseen` has a bit for each column of that which
    /// others wrote since the edit.
    pub(super) fn by(decision: Decision<'_>, edit: &Edit, row: &Row, unseen: u64) -> GaveWay {
        let kept = |column: usize| match decision {
            Decision::Local => true,
            Decision::Merged { columns } => columns.contains(&column),
            _ => false,
        };
        match decision {
            Decision::Local | Decision::Remote | Decision::Merged { .. } => GaveWay {
                ours: edit
                    .values
                    .iter()
                    .filter(|(column, value)| !kept(*column) && differs(row, *column, value))
                    .count() as u64,
                theirs: row.values.as_deref().map_or(0, |row| {
                    count(row.len(), |column| {
                        unseen & bit(column) != 0 && kept(column) && edit.replaces(column, &row[column])
                    })
                }),
            },
            Decision::Same | Decision::Both { .. } | Decision::Parked => GaveWay::default(),
        }
    }
}

/// Whether the row, if it is there, says something else than an edit.
fn differs(row: &Row, column: usize, value: &Value) -> bool {
    row.values.as_deref().is_none_or(|row| !alike(&row[column], value))
}

fn count(columns: usize, is: impl Fn(usize) -> bool) -> u64 {
    (0..columns).filter(|column| is(*column)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Key, Time};
    use crate::contract::{EditKind, LocalEdit};

    fn edit(kind: EditKind, values: &[(usize, i64)]) -> Edit {
        let values = values.iter().map(|(column, value)| (*column, Value::Int(*value))).collect();
        let id = EditId { device: DeviceId(0), number: 0 };
        Edit::new(
            &LocalEdit { id, entity: EntityId(0), key: Key::new("k"), kind, values },
            Time(1),
            0,
            (0, 0),
        )
    }

    #[test]
    fn what_gave_way_is_counted_by_columns_of_either_side() {
        let row = |values: Option<[i64; 3]>| Row {
            entity: EntityId(0),
            key: Key::new("k"),
            first_place: None,
            versions: Vec::new(),
            values: values.map(|values| values.map(Value::Int).to_vec()),
        };
        use EditKind::{Delete, Update};
        let there = Some([1, 2, 3]);
        for (decision, kind, there, ours, theirs) in [
            (Decision::Remote, Update, there, 1, 0),
            (Decision::Local, Update, there, 0, 1),
            (Decision::Local, Delete, there, 0, 2),
            (Decision::Remote, Update, None, 2, 0),
            (Decision::Merged { columns: &[0] }, Update, there, 1, 0),
            (Decision::Merged { columns: &[1] }, Update, there, 0, 1),
            (Decision::Same, Update, there, 0, 0),
        ] {
            let values: &[(usize, i64)] = if kind == Delete { &[] } else { &[(0, 1), (1, 9)] };
            let found = GaveWay::by(decision, &edit(kind, values), &row(there), 0b110);
            assert_eq!(found, GaveWay { ours, theirs }, "{decision:?} of {kind:?}, {there:?}");
        }
    }
}
