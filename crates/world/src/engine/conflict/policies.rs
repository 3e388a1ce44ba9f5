//! The policies: each decides about an edit that met a conflict.

use super::detect::{Theirs, columns};
use super::seam::{Conflict, Resolution, ResolveRule, says_the_same};
use crate::base::{Digest, Key, word_enums};
use crate::contract::{EditKind, LogKind, Refusal, Row};
use crate::store::Entry;

word_enums! {
    /// The policy that decides about an edit that met a conflict.
    pub enum Policy {
        /// The later change wins, by the clocks of the authors; an update does not undo a delete.
        /// The time of commit does not count: otherwise an offline edit would lose to all changes
        /// that were committed before its phone had a network.
        #[default]
        LastWriteWins: "last-write-wins",
        /// The last arrival wins, whenever the edit was made: no clock decides.
        LastArrivalWins: "last-arrival-wins",
        /// The edit wins if it was made after the version was committed. An edit loses if its clock
        /// is too far behind.
        LastCommitWins: "last-commit-wins",
        /// The edit wins, even against a delete.
        ClientWins: "client-wins",
        /// The backend's version stays.
        ServerWins: "server-wins",
        /// Decides per column: a lone change wins, and of two changes the later one. Dates decide
        /// about the whole edit if its base is unknown, and about deletes.
        FieldMerge: "field-merge",
        /// No detection: a refused edit is superseded, and replaced values are not reported. The
        /// default of vendors, with a backend that checks no version.
        Nothing: "none",
        /// A rule of the app decides ([`OwnRule`](super::OwnRule)). If it does not decide, the edit
        /// loses.
        Callback: "callback",
        /// A person decides, on a page of conflicts. That page cannot show a version outside this
        /// device's scope: such a version wins.
        Manual: "manual",
        /// Both versions stay; the edit becomes a new row. A delete cannot become a row, and two
        /// rows cannot have one natural key: such edits lose.
        KeepBoth: "keep-both",
    }
}

impl Policy {
    /// Whether it resends only edits that are newer than the other version, by authors' dates.
    pub fn sends_newer_alone(self) -> bool {
        matches!(self, Policy::LastWriteWins | Policy::ServerWins | Policy::Nothing)
    }

    /// Whether the app's own rule decides.
    pub fn asks_app(self) -> bool {
        self == Policy::Callback
    }

    /// Whether the device learns which versions its edits replace. It does not if the backend
    /// accepts every edit. Then the committed row may differ from the edit on its base.
    pub fn hears(self) -> bool {
        self != Policy::Nothing
    }

    /// Whether a person decides, on the page of conflicts.
    pub fn has_page(self) -> bool {
        self == Policy::Manual
    }
}

impl ResolveRule for Policy {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) {
            return Resolution::Same;
        }
        let Conflict { entry, entity, why, current, edited_at, .. } = conflict;
        // Nobody here sees the row if it is deleted or outside this device's scope.
        let live = current.filter(|row| why != Refusal::Gone && row.values.is_some());
        let over = |row: Option<&Row>| match row {
            Some(row) => Resolution::Local { onto: row.key.clone() },
            None => Resolution::Remote,
        };
        match self {
            Policy::ServerWins | Policy::Nothing | Policy::Callback => Resolution::Remote,
            Policy::LastArrivalWins => over(live),
            Policy::LastWriteWins => over(live.filter(|row| entry.made_at > edited_at.unwrap_or(row.stamp))),
            Policy::LastCommitWins => over(live.filter(|row| entry.made_at > row.stamp)),
            // The backend creates the row again, with the values of this device.
            Policy::ClientWins if why == Refusal::Gone => Resolution::Local { onto: entry.key.clone() },
            Policy::ClientWins => over(live),
            Policy::FieldMerge => by_columns(conflict),
            Policy::Manual if why == Refusal::Gone || live.is_some() => Resolution::Park,
            Policy::Manual => Resolution::Remote,
            Policy::KeepBoth if entry.kind == EditKind::Delete || !entity.unique.is_empty() => {
                Resolution::Remote
            }
            Policy::KeepBoth => Resolution::Both { key: own_key(entry) },
        }
    }
}

fn by_columns(conflict: Conflict<'_>) -> Resolution {
    let later = Policy::LastWriteWins.resolve(conflict);
    let Some(columns) = columns(conflict) else { return later };
    let wins = matches!(later, Resolution::Local { .. });
    let kept = columns.iter().filter(|column| wins || column.theirs != Theirs::Changed);
    let kept: Vec<usize> = kept.map(|column| column.number).collect();
    if kept.is_empty() {
        return Resolution::Remote;
    }
    let contested = columns.iter().any(|column| column.theirs == Theirs::Changed);
    let line = if wins { LogKind::Overwrote } else { LogKind::Merged };
    Resolution::Merged { columns: kept, line: contested.then_some(line) }
}

/// The key of the row that an edit becomes. It depends only on the edit, so a retry gives the same.
fn own_key(entry: &Entry) -> Key {
    let mut digest = Digest::new();
    let Entry { entity, key, edit, .. } = entry;
    digest.text(key.as_str());
    digest.numbers([u64::from(entity.0), u64::from(edit.device.0), u64::from(edit.number)]);
    Key::uuid(digest.finish())
}
