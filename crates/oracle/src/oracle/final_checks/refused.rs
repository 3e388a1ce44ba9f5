//! Decides whether a refusal by the backend is a conflict.

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
    /// True if it is a conflict, judged by the row that the device sees. The device sees no row if
    /// the row left its scope.
    pub(crate) differs: bool,
}

impl Definition {
    /// Compares the edit with the conflicting row: as the backend has it, and as the device `by`
    /// sees it.
    pub(crate) fn met(self, edit: &Edit, by: DeviceId, refused: Refused, all: All<'_>, found: &Found) -> Met {
        let (history, places) = (all.history, all.places);
        let Refused { why, row, kind } = refused;
        if why == Refusal::Taken && (kind, edit.kind) != (EditKind::Create, EditKind::Create) {
            // An existing row cannot be merged with the other row that has its natural key.
            return Met { matches: edit.matches(history.row(edit.row).values.as_deref()), differs: true };
        }
        let row = history.row(row);
        let matches = edit.matches(row.values.as_deref());
        // The device does not see a row that has left its scope.
        let shown = row.has(row.versions.len(), &places[usize::from(edit.entity.0)]);
        let says_so = match (edit.kind, why) {
            // The refusal stays valid. The device sees no row that is deleted or out of its scope.
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
