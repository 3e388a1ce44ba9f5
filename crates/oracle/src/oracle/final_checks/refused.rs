//! Why the backend refused an edit, and whether that is a conflict.

use crate::base::DeviceId;
use crate::contract::{EditKind, Refusal};
use crate::oracle::model::{All, Edit, Found, Refused};

/// What counts as a conflict, as a stack defines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    /// The backend refused.
    Refusal,
    /// The backend refused, and the values differ.
    #[default]
    Values,
    /// Another author changed a column that the edit sets.
    Columns,
}

pub(crate) struct Met {
    pub(crate) matches: bool,
    /// It is a conflict by what its device is shown: nothing, if the row has left its scope.
    pub(crate) differs: bool,
}

impl Definition {
    /// Whether the conflicting row has the values of `by`'s edit: on the backend, and as shown.
    pub(crate) fn met(self, edit: &Edit, by: DeviceId, refused: Refused, all: All<'_>, found: &Found) -> Met {
        let (history, places) = (all.history, all.places);
        let Refused { why, row, kind } = refused;
        if why == Refusal::Taken && (kind, edit.kind) != (EditKind::Create, EditKind::Create) {
            // An existing row cannot be another row with the natural key that it wants.
            return Met { matches: edit.matches(history.row(edit.row).values.as_deref()), differs: true };
        }
        let row = history.row(row);
        let matches = edit.matches(row.values.as_deref());
        // A row that has left the scope is not shown.
        let shown = row.has(row.versions.len(), &places[usize::from(edit.entity.0)]);
        let says_so = match (edit.kind, why) {
            // The refusal stands. A row deleted since, or out of scope, is not shown.
            (kind, Refusal::Gone) => kind == EditKind::Delete,
            (EditKind::Delete, _) => false,
            _ => matches && shown,
        };
        let differs = match self {
            Definition::Values => !says_so,
            Definition::Refusal => (edit.kind, why) != (EditKind::Delete, Refusal::Gone),
            Definition::Columns if why == Refusal::Stale && kind == EditKind::Update && shown => {
                !says_so && found.is_contested(by, edit, row, row.versions.len())
            }
            Definition::Columns => !says_so,
        };
        Met { matches, differs }
    }
}
