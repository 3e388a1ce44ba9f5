//! How the backend refused an edit, and whether that is a conflict.

use super::edit::{Edit, Refused};
use super::found::Found;
use super::history::History;
use super::truth::Places;
use crate::base::{DeviceId, EditId};
use crate::contract::{EditKind, Refusal};

/// What makes a conflict, as a stack defines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    /// That the backend refused.
    Refusal,
    /// That the values differ, too.
    #[default]
    Values,
    /// That somebody else changed what the edit sets.
    Columns,
}

pub(super) struct Met {
    pub(super) matches: bool,
    /// It is a conflict by what its device is shown, as of a row that has left its scope.
    pub(super) differs: bool,
}

/// Whether the row in the way of an edit that `by` sent says what it wants, there and as shown.
pub(super) fn met(
    (id, edit): (EditId, &Edit),
    by: DeviceId,
    refused: Refused,
    (places, history): (&Places, &History),
    definition: Definition,
    found: &Found,
) -> Met {
    let Refused { why, row, kind } = refused;
    if why == Refusal::Taken && (kind, edit.kind) != (EditKind::Create, EditKind::Create) {
        // A row that is there is not another one that has the natural key which it wants.
        return Met { matches: edit.matches(history.row(edit.row).values.as_deref()), differs: true };
    }
    let row = history.row(row);
    let matches = edit.matches(row.values.as_deref());
    // A row that has left the scope is not shown.
    let shown = row.has(row.versions.len(), &places[usize::from(edit.entity.0)]);
    let says_so = match (edit.kind, why) {
        // A refusal stands. Of a row that has gone since, or left the scope, nothing is shown.
        (kind, Refusal::Gone) => kind == EditKind::Delete,
        (EditKind::Delete, _) => false,
        _ => matches && shown,
    };
    let differs = match definition {
        Definition::Values => !says_so,
        Definition::Refusal => (edit.kind, why) != (EditKind::Delete, Refusal::Gone),
        Definition::Columns if why == Refusal::Stale && kind == EditKind::Update && shown => {
            !says_so && found.is_contested(by, (id, edit.row), (row, row.versions.len()))
        }
        Definition::Columns => !says_so,
    };
    Met { matches, differs }
}
