//! The columns for syncing that a backend keeps, and the questions that they can answer.

use crate::base::word_enums;

word_enums! {
    derive (Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// Which columns for syncing a backend keeps.
    pub enum Provisioning {
        /// A stamp of the last change, a soft-delete flag, and a note of the scope that a row left.
        #[default]
        Full: "full",
        /// A stamp of the last change; rows are deleted physically.
        StampsOnly: "stamps-only",
        /// A soft-delete flag and no stamp.
        SoftDeleteOnly: "soft-delete-only",
        /// Stamps of creation, change and deletion. A row that moves to another scope leaves no
        /// trace in the old one.
        ThreeStamps: "three-stamps",
        /// Nothing: rows are deleted physically, and readers can only ask for all rows.
        Nothing: "none",
        /// A stamp of the last change and a soft-delete flag, as the vendor defined them. Nobody
        /// can add a column, so nothing can be marked, and a row that moves to another scope leaves
        /// no trace in the old one.
        ReadOnlySchema: "read-only-schema",
    }
}

impl Provisioning {
    /// True if changes can be selected by their time.
    pub(crate) fn stamps(self) -> bool {
        !matches!(self, Provisioning::SoftDeleteOnly | Provisioning::Nothing)
    }

    /// True if a deleted row leaves a trace.
    pub(crate) fn deletes(self) -> bool {
        !matches!(self, Provisioning::StampsOnly | Provisioning::Nothing)
    }

    /// True if a moved row leaves a trace in its former place.
    pub(crate) fn moves(self) -> bool {
        self == Provisioning::Full
    }
}
