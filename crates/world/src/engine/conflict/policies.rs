//! The conflict policies. A policy decides whether the edit or the backend's version wins.

use super::detect::{Theirs, columns};
use super::seam::{Conflict, Resolution, ResolveRule, says_the_same};
use crate::base::{Digest, Key, word_enums};
use crate::contract::{EditKind, LogKind, Refusal, Row};
use crate::store::Entry;

word_enums! {
    /// The policy that decides conflicts.
    pub enum Policy {
        /// The later change wins, by the clocks of the authors. An update does not undo a delete.
        /// The commit time does not count. Otherwise an offline edit could lose to an older edit
        /// that was committed later.
        #[default]
        LastWriteWins: "last-write-wins",
        /// The change that arrives last at the backend wins. No clock is compared.
        LastArrivalWins: "last-arrival-wins",
        /// The edit wins if its time is after the commit time of the backend's version. The edit
        /// time comes from the device's clock, so an edit loses if that clock is too far behind.
        LastCommitWins: "last-commit-wins",
        /// The edit wins, even against a delete.
        ClientWins: "client-wins",
        /// The backend's version stays.
        ServerWins: "server-wins",
        /// Decides per column. If one side changed a column, that change wins. If both did, the
        /// later change wins. For deletes and for edits with unknown base, dates decide about the
        /// whole edit.
        FieldMerge: "field-merge",
        /// No conflict detection: a refused edit is dropped, and replaced values are not reported.
        /// This is the default of vendors, with a backend that checks no versions.
        Nothing: "none",
        /// A rule of the app decides ([`OwnRule`](super::OwnRule)). If it does not decide, the edit
        /// loses.
        Callback: "callback",
        /// A person decides, on the app's page of conflicts. The page cannot show a version outside
        /// the device's scope (the rows that it may see). So such a version wins.
        Manual: "manual",
        /// Both versions stay, and the edit becomes a new row. A delete loses, because it cannot
        /// become a row. An edit of an entity with a natural key loses, because two rows cannot
        /// share that key.
        KeepBoth: "keep-both",
    }
}

impl Policy {
    /// Whether the engine resends an edit only if it is newer than the backend's version, by the
    /// authors' dates.
    pub fn sends_newer_alone(self) -> bool {
        matches!(self, Policy::LastWriteWins | Policy::ServerWins | Policy::Nothing)
    }

    /// Whether the app's own rule decides.
    pub fn asks_app(self) -> bool {
        self == Policy::Callback
    }

    /// Whether the device learns which versions its edits replace. It does not learn this if the
    /// backend accepts every edit. Then the committed row may differ from the row on the device.
    pub fn hears(self) -> bool {
        self != Policy::Nothing
    }

    /// Whether a person decides on a page of conflicts.
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
        // The device cannot see the row if the row is deleted or outside the device's scope.
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
            // The backend creates the row again with this device's values.
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

/// The key of the new row for an edit. It depends only on the edit, so a retry gives the same key.
fn own_key(entry: &Entry) -> Key {
    let mut digest = Digest::new();
    let Entry { entity, key, edit, .. } = entry;
    digest.text(key.as_str());
    digest.numbers([u64::from(entity.0), u64::from(edit.device.0), u64::from(edit.number)]);
    Key::uuid(digest.finish())
}
