//! Conflicts: what kind they are, and who wins.
//!
//! A conflict is met when the backend refuses an edit because its row is not the version that the edit was made on: the
//! dates differ. Then the values are compared; equal values are no conflict (S4: "it's not a conflict if they're both updated
//! to the same value"). Only then a rule decides.

use crate::base::{Key, Value};
use crate::contract::{ConflictKind, EditKind, Entity, Refusal, Row};
use crate::store::Entry;

/// A local edit and the backend's row in its way.
#[derive(Clone, Copy, Debug)]
pub struct Clash<'a> {
    /// The local edit.
    pub entry: &'a Entry,
    /// Its entity.
    pub entity: &'a Entity,
    /// Why the backend refused.
    pub why: Refusal,
    /// The backend's row, if it has one.
    pub current: Option<&'a Row>,
}

/// What becomes of a local edit that met a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Both sides say the same: the edit counts as done.
    Same,
    /// The backend's version stays; the edit is superseded and the user is told.
    Remote,
    /// The edit is sent again as an operation on this row, over its current version; the user is told.
    Local {
        /// The row: another than the edit's own when two rows had one natural key.
        onto: Key,
    },
}

/// Who wins a conflict.
pub trait ResolveRule {
    /// Decides.
    fn resolve(&self, clash: Clash<'_>) -> Resolution;
}

/// The later date wins; a delete is not undone by an update.
#[derive(Clone, Copy, Debug)]
pub struct LastWriteWins;

impl ResolveRule for LastWriteWins {
    fn resolve(&self, clash: Clash<'_>) -> Resolution {
        if says_the_same(clash) {
            return Resolution::Same;
        }
        match (clash.why, clash.current) {
            // Deleted, or out of this device's scope: nobody here can see what an overwrite would overwrite.
            (Refusal::Gone, _) | (_, None | Some(Row { values: None, .. })) => Resolution::Remote,
            (_, Some(current)) if clash.entry.made_at > current.stamp => {
                Resolution::Local { onto: current.key.clone() }
            }
            _ => Resolution::Remote,
        }
    }
}

/// Whether the backend's row already is what the edit wants.
pub fn says_the_same(clash: Clash<'_>) -> bool {
    let gone = clash.why == Refusal::Gone;
    match (clash.entry.kind, clash.current) {
        (EditKind::Delete, _) => gone,
        (_, Some(Row { values: Some(current), .. })) if !gone => {
            clash.entry.values.iter().all(|(column, value)| {
                let position = clash.entity.projection.binary_search(column);
                position.is_ok_and(|position| reads_alike(value, &current[position]))
            })
        }
        _ => false,
    }
}

fn reads_alike(a: &Value, b: &Value) -> bool {
    b.with_ref(|b| a.reads_as(b))
}

/// What kind of conflict this is.
pub fn kind_of(clash: Clash<'_>) -> ConflictKind {
    if says_the_same(clash) {
        return ConflictKind::Equal;
    }
    match (clash.why, clash.entry.kind) {
        (Refusal::Exists | Refusal::Taken, _) | (_, EditKind::Create) => ConflictKind::InsertInsert,
        (Refusal::Gone, _) => ConflictKind::UpdateDelete,
        (Refusal::Stale, EditKind::Delete) => ConflictKind::DeleteUpdate,
        (Refusal::Stale, EditKind::Update) => ConflictKind::UpdateUpdate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Stamp};
    use crate::contract::{Column, ColumnKind, Delivery};

    fn entity() -> Entity {
        let column = |name: &str| Column { name: name.to_owned(), kind: ColumnKind::Text };
        Entity {
            name: "appointment".to_owned(),
            key: "id".to_owned(),
            columns: vec![column("clinic"), column("status"), column("hidden")],
            projection: vec![0, 1],
            scope: Vec::new(),
            delivery: Delivery::Delta,
            unique: Vec::new(),
        }
    }

    fn entry(kind: EditKind, status: &str, made_at: i64) -> Entry {
        Entry {
            seq: 1,
            id: "d0.e0".to_owned(),
            edit: EditId { device: DeviceId(0), number: 0 },
            entity: EntityId(0),
            key: Key::new("k"),
            kind,
            values: if kind == EditKind::Delete { Vec::new() } else { vec![(1, Value::text(status))] },
            base: Some(Stamp(1)),
            made_at: Stamp(made_at),
            attempts: 0,
            parked: false,
            last_error: None,
        }
    }

    fn row(stamp: i64, status: Option<&str>) -> Row {
        let values = status.map(|s| vec![Value::text("c1"), Value::text(s)]);
        Row { key: Key::new("k"), stamp: Stamp(stamp), values }
    }

    #[test]
    fn dates_are_compared_first_and_values_then() {
        let entity = entity();
        let local = || Resolution::Local { onto: Key::new("k") };
        use ConflictKind as K;
        use EditKind::{Delete, Update};
        use Refusal::{Gone, Stale};
        let table = [
            (Update, "done", 20, Stale, row(10, Some("done")), K::Equal, Resolution::Same),
            (Update, "done", 20, Stale, row(10, Some("new")), K::UpdateUpdate, local()),
            (Update, "done", 10, Stale, row(20, Some("new")), K::UpdateUpdate, Resolution::Remote),
            (Update, "done", 10, Stale, row(10, Some("new")), K::UpdateUpdate, Resolution::Remote),
            (Update, "done", 20, Gone, row(10, None), K::UpdateDelete, Resolution::Remote),
            (Delete, "", 20, Gone, row(10, None), K::Equal, Resolution::Same),
            (Delete, "", 20, Stale, row(10, Some("new")), K::DeleteUpdate, local()),
            (Delete, "", 10, Stale, row(20, Some("new")), K::DeleteUpdate, Resolution::Remote),
        ];
        for (kind, status, made_at, why, current, expected_kind, expected) in table {
            let entry = entry(kind, status, made_at);
            let clash = Clash { entry: &entry, entity: &entity, why, current: Some(&current) };
            assert_eq!(kind_of(clash), expected_kind, "{entry:?} against {current:?}");
            assert_eq!(LastWriteWins.resolve(clash), expected, "{entry:?} against {current:?}");
        }
    }

    #[test]
    fn a_create_on_a_taken_natural_key_goes_onto_the_row_that_has_it_or_gives_way() {
        let entity = entity();
        let taken = Row { key: Key::new("other"), ..row(10, Some("booked")) };
        for (made_at, expected) in
            [(20, Resolution::Local { onto: Key::new("other") }), (5, Resolution::Remote)]
        {
            let entry = entry(EditKind::Create, "mine", made_at);
            let clash = Clash { entry: &entry, entity: &entity, why: Refusal::Taken, current: Some(&taken) };
            assert_eq!(kind_of(clash), ConflictKind::InsertInsert);
            assert_eq!(LastWriteWins.resolve(clash), expected);
        }
    }
}
