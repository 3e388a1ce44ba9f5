//! Says why the backend refused an edit, and whether this is a conflict.

use crate::base::DeviceId;
use crate::contract::{EditKind, Refusal};
use crate::oracle::model::{All, Edit, Found, Refused};

/// A stack's definition of a conflict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    /// Every refusal is a conflict.
    Refusal,
    /// A refusal is a conflict if the values differ.
    #[default]
    Values,
    /// A refusal is a conflict if another author changed a column that the edit sets.
    Columns,
}

pub(crate) struct Met {
    pub(crate) matches: bool,
    /// True if it is a conflict by what the device is shown (nothing, if the row left its scope).
    pub(crate) differs: bool,
}

impl Definition {
    /// Compares the conflicting row with the edit: the backend's row, and the row shown to `by`.
    pub(crate) fn met(self, edit: &Edit, by: DeviceId, refused: Refused, all: All<'_>, found: &Found) -> Met {
        let (history, places) = (all.history, all.places);
        let Refused { why, row, kind } = refused;
        if why == Refusal::Taken && (kind, edit.kind) != (EditKind::Create, EditKind::Create) {
            // An existing row cannot become the other row that has its natural key.
            return Met { matches: edit.matches(history.row(edit.row).values.as_deref()), differs: true };
        }
        let row = history.row(row);
        let matches = edit.matches(row.values.as_deref());
        // A row that has left the scope is not shown.
        let shown = row.has(row.versions.len(), &places[usize::from(edit.entity.0)]);
        let says_so = match (edit.kind, why) {
            // The refusal stands. A row that was deleted since, or is out of scope, is not shown.
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
