//! Bugs in which edits go as one.

use super::bug::{Bug, bug};
use crate::contract::EditKind;
use crate::engine::{SquashRule, joined};
use crate::store::Entry;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "squashes-into-what-was-sent" caught by "acknowledged-without-commit",
        "an edit is written over the one of its row that waits, though that was sent: the verdict on the first counts for both",
        "a queue that keeps one entry a row",
        squash: SquashRule(()) {
            fn takes_in(&self, _: &Entry, _: &Entry) -> bool {
                true
            }
            fn joined(&self, first: &Entry, later: &Entry) -> Entry {
                let one = joined(first, later);
                if first.is_sealed() { Entry { id: first.id.clone(), ..one } } else { one }
            }
        }
    ),
    bug!(
        "takes-back-what-was-sent" caught by "lost-edit",
        "a row that is made and deleted before a verdict on it is forgotten, though its create was sent: it comes back",
        "Azure/azure-mobile-services #413",
        squash: SquashRule::takes_in(first: &Entry, later: &Entry) -> bool {
            let ends = first.kind == EditKind::Create && later.kind == EditKind::Delete;
            ends || !first.is_sealed()
        }
    ),
    bug!(
        "sends-the-last-update-alone" caught by "lost-edit",
        "of the updates of a row that go as one only the last is sent, not what the others set besides",
        "a debounced save of changed columns",
        squash: SquashRule::joined(first: &Entry, later: &Entry) -> Entry {
            let one = joined(first, later);
            let updates = (first.kind, later.kind) == (EditKind::Update, EditKind::Update);
            if updates { Entry { values: later.values.clone(), ..one } } else { one }
        }
    ),
];
