//! Bugs in how edits are settled.

use std::rc::Rc;

use crate::contract::{EditKind, Outcome, Refusal, Row, ServerError};
use crate::engine::{Conflict, OutboxRule, Resolution, ResolveRule};
use crate::store::{Entry, StoreError, Tx};

/// Overrides one method of the outbox rule.
macro_rules! outbox_rule {
    ($(#[$doc:meta])* $name:ident: $method:ident($($argument:ty)?) => $answer:expr) => {
        $(#[$doc])*
        pub(super) fn $name() -> Rc<dyn OutboxRule> {
            struct Broken;
            impl OutboxRule for Broken {
                fn $method(&self $(, _: $argument)?) -> bool {
                    $answer
                }
            }
            Rc::new(Broken)
        }
    };
}

outbox_rule!(drops_after_refusal: keeps_after_refusal(&ServerError) => false);
outbox_rule!(drops_after_silence: keeps_after_silence() => false);
outbox_rule!(silence_is_consent: takes_silence_for_consent() => true);
outbox_rule!(takes_later_for_done: takes_later_for_done() => true);
outbox_rule!(any_answer_is_consent: takes_any_answer_for_consent() => true);
outbox_rule!(takes_verdicts_by_place: takes_verdicts_by_place() => true);
outbox_rule!(drops_after_cancel: keeps_after_cancel() => false);
outbox_rule!(says_nothing: tells(&Outcome) => false);
outbox_rule!(keeps_what_is_refused: lets_rejected_go() => false);
outbox_rule!(discards_edits: outlives_its_request() => false);
outbox_rule!(ends_what_is_referred_to: keeps_what_is_referred_to() => false);
outbox_rule!(sends_whole_rows: sends_own_values() => false);
outbox_rule!(speaks_for_those_behind: speaks_for_those_behind(&Entry) => true);
outbox_rule!(forgets_the_shadow: lifts_shadow(bool) => false);
outbox_rule!(shows_the_shadow: lifts_shadow(bool) => true);

/// A delete that was refused is told, and its row stays away.
pub(super) fn keeps_refused_deletes_away() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn shows_what_was_refused(&self, kind: EditKind) -> bool {
            kind != EditKind::Delete
        }
    }
    Rc::new(Broken)
}

/// An acknowledgement marks its row clean, whatever was edited since it was sent.
pub(super) fn marks_clean_what_changed() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        }
    }
    Rc::new(Broken)
}

/// An edit after which its row was edited again is never marked as done.
pub(super) fn forgets_what_was_superseded() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            if entries.iter().any(|other| other.seq > entry.seq) { Ok(()) } else { tx.drop_entry(entry.seq) }
        }
    }
    Rc::new(Broken)
}

/// A create that failed and the delete of its row cancel each other, though it may have arrived.
pub(super) fn cancels_what_was_sent() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn tried(&self, tx: &Tx<'_>, entry: &Entry, error: &str) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            let ends = entries.iter().any(|other| other.kind == EditKind::Delete);
            if entry.kind != EditKind::Create || !ends {
                return tx.attempted(entry.seq, Some(error));
            }
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        }
    }
    Rc::new(Broken)
}

/// Nobody is told that a row was gone.
pub(super) fn hides_deletions() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn tells(&self, outcome: &Outcome) -> bool {
            !matches!(outcome, Outcome::Conflict { why: Refusal::Gone, .. })
        }
    }
    Rc::new(Broken)
}

/// Nobody is told that an edit gave way to a newer version.
pub(super) fn hides_newer_versions() -> Rc<dyn OutboxRule> {
    struct Broken;
    impl OutboxRule for Broken {
        fn tells(&self, outcome: &Outcome) -> bool {
            !matches!(outcome, Outcome::Conflict { why: Refusal::Stale, .. })
        }
    }
    Rc::new(Broken)
}

pub(super) fn update_brings_back(policy: Rc<dyn ResolveRule>) -> Rc<dyn ResolveRule> {
    struct Broken(Rc<dyn ResolveRule>);
    impl ResolveRule for Broken {
        fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
            match (conflict.why, conflict.entry.kind) {
                (Refusal::Gone, EditKind::Update) => Resolution::Local { onto: conflict.entry.key.clone() },
                _ => self.0.resolve(conflict),
            }
        }
    }
    Rc::new(Broken(policy))
}

/// An edit that wins is not sent again.
pub(super) fn counts_winners_as_done(policy: Rc<dyn ResolveRule>) -> Rc<dyn ResolveRule> {
    struct Broken(Rc<dyn ResolveRule>);
    impl ResolveRule for Broken {
        fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
            match self.0.resolve(conflict) {
                Resolution::Local { .. } => Resolution::Same,
                other => other,
            }
        }
    }
    Rc::new(Broken(policy))
}

/// A change to another row's natural key is taken for one that is there already.
pub(super) fn takes_taken_for_done(policy: Rc<dyn ResolveRule>) -> Rc<dyn ResolveRule> {
    struct Broken(Rc<dyn ResolveRule>);
    impl ResolveRule for Broken {
        fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
            self.0.resolve(conflict)
        }
        fn decide(&self, conflict: Conflict<'_>) -> Resolution {
            if conflict.wants_taken_key() { Resolution::Same } else { self.0.decide(conflict) }
        }
    }
    Rc::new(Broken(policy))
}

/// Where both sides changed a column, one of them gives way without a line.
pub(super) fn merges_in_silence(policy: Rc<dyn ResolveRule>) -> Rc<dyn ResolveRule> {
    struct Broken(Rc<dyn ResolveRule>);
    impl ResolveRule for Broken {
        fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
            match self.0.resolve(conflict) {
                Resolution::Merged { columns, .. } => Resolution::Merged { columns, line: None },
                other => other,
            }
        }
    }
    Rc::new(Broken(policy))
}

/// A delete of a row that left the scope is sent again over the version that stands there.
pub(super) fn deletes_what_left_scope(policy: Rc<dyn ResolveRule>) -> Rc<dyn ResolveRule> {
    struct Broken(Rc<dyn ResolveRule>);
    impl ResolveRule for Broken {
        fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
            match (conflict.entry.kind, conflict.why, conflict.current) {
                (EditKind::Delete, Refusal::Stale, Some(Row { key, values: None, .. })) => {
                    Resolution::Local { onto: key.clone() }
                }
                _ => self.0.resolve(conflict),
            }
        }
    }
    Rc::new(Broken(policy))
}
