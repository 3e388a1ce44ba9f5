//! Bugs in how edits are settled.

use std::rc::Rc;

use super::bug::{Breaks, Bug, bug};
use crate::contract::{EditKind, Outcome, Refusal, Row, ServerError};
use crate::engine::{Conflict, OutboxRule, Resolution, ResolveRule, Rules};
use crate::store::{Entry, StoreError, Tx};

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "marks-clean-what-changed" caught by "lost-edit",
        "an acknowledgement marks its row clean, also where it was edited since the push left",
        "Nozbe/WatermelonDB PR 1073",
        outbox: OutboxRule::lets_go(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        }
    ),
    bug!(
        "cancels-what-was-sent" caught by "lost-edit",
        "a create that got no answer and the delete of its row cancel each other, though it may have arrived",
        "Azure/azure-mobile-services #413",
        outbox: OutboxRule::tried(tx: &Tx<'_>, entry: &Entry, error: &str) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            let ends = entries.iter().any(|other| other.kind == EditKind::Delete);
            if entry.kind != EditKind::Create || !ends {
                return tx.attempted(entry.seq, Some(error));
            }
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        }
    ),
    bug!(
        "forgets-what-was-superseded" caught by "stuck",
        "an edit after which its row was edited again is never marked as done, and goes out for ever",
        "couchbase-lite-core f811bbb77",
        outbox: OutboxRule::lets_go(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            if entries.iter().any(|other| other.seq > entry.seq) { Ok(()) } else { tx.drop_entry(entry.seq) }
        }
    ),
    bug!(
        "drops-after-refusal" caught by "lost-edit",
        "a refusal that would pass, such as a backend that is down, is taken for good: the edits are dropped",
        "hercycle-ai PR 313, WorkSphere #712",
        outbox: OutboxRule::keeps_after_refusal(_: &ServerError) -> bool { false }
    ),
    bug!(
        "drops-after-timeout" caught by "lost-edit",
        "edits whose push got no answer are dropped",
        "powersync-swift #179",
        outbox: OutboxRule::keeps_after_silence() -> bool { false }
    ),
    bug!(
        "silence-is-consent" caught by "acknowledged-without-commit",
        "edits whose push got no answer are shown as saved",
        "electric-sql/electric PR 4731",
        outbox: OutboxRule::takes_silence_for_consent() -> bool { true }
    ),
    bug!(
        "foreign-answer-is-ack" caught by "acknowledged-without-commit",
        "whatever answers a push with the status of a good answer is taken for its answer: the edits are shown as saved",
        "a proxy's error page with status 200",
        outbox: OutboxRule::takes_any_answer_for_consent() -> bool { true }
    ),
    bug!(
        "verdicts-by-place" caught by "acknowledged-without-commit",
        "verdicts are taken for those on the edits in their places: the answer to another push settles edits that it does not speak of",
        "answers of a connection that are shifted by one",
        outbox: OutboxRule::takes_verdicts_by_place() -> bool { true }
    ),
    bug!(
        "cancel-drops-in-flight" caught by "lost-edit",
        "a sync that is cancelled takes the edits with it that were under way",
        "a queue whose requests carry what they send",
        outbox: OutboxRule::keeps_after_cancel() -> bool { false }
    ),
    bug!(
        "put-off-is-done" caught by "acknowledged-without-commit",
        "a push whose answer says that it went well is done as a whole: an edit in it that was put off is shown as saved",
        "bulk writes whose errors stand in each item of a good answer",
        outbox: OutboxRule::takes_later_for_done() -> bool { true }
    ),
    bug!(
        "refused-delete-stays-gone" caught by "lost",
        "a delete that the backend refuses is told, and its row is not shown again",
        "optimistic removals without a way back",
        outbox: OutboxRule::shows_what_was_refused(kind: EditKind) -> bool { kind != EditKind::Delete }
    ),
    bug!(
        "keeps-what-is-refused" caught by "stuck",
        "an edit that was refused for good stays in the outbox, and what is behind it waits for ever",
        "laurent22/joplin #16504, rocicorp/mono PR 5982",
        outbox: OutboxRule::lets_rejected_go() -> bool { false }
    ),
    bug!(
        "discards-edits" caught by "lost-edit",
        "the edits that a waiting unit was to send are dropped with it, when another discards it",
        "a queue whose requests carry what they send",
        outbox: OutboxRule::outlives_its_request() -> bool { false }
    ),
    bug!(
        "says-nothing" caught by "silent-discard",
        "an edit that was refused or superseded is dropped without a line that the user can read",
        "adrianco/the-goodies #69",
        outbox: OutboxRule::tells(_: &Outcome) -> bool { false }
    ),
    bug!(
        "gives-way-in-silence" caught by "silent-discard",
        "an edit that gives way to a newer version is dropped, and the log says nothing of it",
        "server-wins without a page of conflicts",
        outbox: OutboxRule::tells(outcome: &Outcome) -> bool {
            !matches!(outcome, Outcome::Conflict { why: Refusal::Stale, .. })
        }
    ),
    bug!(
        "merges-in-silence" caught by "silent-discard",
        "a merge in which one side's value of a column gives way to the other's leaves no line that the user can read",
        "merges by columns of document stores",
        resolve |rule, conflict| {
            match rule.resolve(conflict) {
                Resolution::Merged { columns, .. } => Resolution::Merged { columns, line: None },
                other => other,
            }
        }
    ),
    bug!(
        "taken-is-done" caught by "acknowledged-without-commit",
        "an edit that is refused because another row has its natural key counts as there already",
        "a client to whom every 409 says that its request came twice",
        Breaks::Rule(|rules| Rules { resolve: Rc::new(TakesTakenForDone(rules.resolve)), ..rules })
    ),
    bug!(
        "whole-rows-again" caught by "unasked-commit",
        "an edit that was to make its row again goes over the row that somebody else has made again with all its columns",
        "an upsert of the whole record as the answer to a conflict",
        outbox: OutboxRule::sends_own_values() -> bool { false }
    ),
    bug!(
        "merge-speaks-for-all" caught by "silent-discard",
        "an edit that was merged into another version takes the edits of its row behind it along: they go over what somebody else wrote in other columns, which nobody compared",
        "a row's base that moves on with the first of its edits that is accepted",
        outbox: OutboxRule::speaks_for_those_behind(_: &Entry) -> bool { true }
    ),
    bug!(
        "forgets-the-shadow" caught by "stale",
        "a newer version that came while the row had edits is thrown away when they are acknowledged",
        "Nozbe/WatermelonDB PR 1073",
        outbox: OutboxRule::lifts_shadow(_: bool) -> bool { false }
    ),
    bug!(
        "shows-the-shadow" caught by "own-write-vanished",
        "a version that came while the row had edits is shown when they are acknowledged, though they are newer",
        "pubkey/rxdb #5571, Azure/azure-mobile-apps #817",
        outbox: OutboxRule::lifts_shadow(_: bool) -> bool { true }
    ),
    bug!(
        "ends-what-is-referred-to" caught by "stuck",
        "a verdict that ends a row which others refer to is refused by the phone's foreign keys, and its edit is sent for ever",
        "a parent deleted on the server under children that SQLite keeps",
        outbox: OutboxRule::keeps_what_is_referred_to() -> bool { false }
    ),
    bug!(
        "update-brings-back" caught by "resurrected",
        "an edit of a row that is deleted meanwhile is sent as a create: the row is back, and nobody is told",
        "apache/pouchdb #7645, Nozbe/WatermelonDB #1374",
        Breaks::Rule(|rules| Rules {
            resolve: Rc::new(UpdateBringsBack(rules.resolve)),
            outbox: Rc::new(HidesDeletions),
            ..rules
        })
    ),
    bug!(
        "counts-winners-as-done" caught by "acknowledged-without-commit",
        "an edit that wins its conflict is shown as saved and never sent again",
        "a retry that forgets to enqueue",
        resolve |rule, conflict| {
            match rule.resolve(conflict) {
                Resolution::Local { .. } => Resolution::Same,
                other => other,
            }
        }
    ),
    bug!(
        "deletes-what-left-scope" caught by "misfiled",
        "a delete of a row that was given to others meanwhile is sent again over the version that the device is not shown",
        "partial replication whose rules guard reads alone",
        resolve |rule, conflict| {
            match (conflict.entry.kind, conflict.why, conflict.current) {
                (EditKind::Delete, Refusal::Stale, Some(Row { key, values: None, .. })) => {
                    Resolution::Local { onto: key.clone() }
                }
                _ => rule.resolve(conflict),
            }
        }
    ),
];

struct UpdateBringsBack(Rc<dyn ResolveRule>);

impl ResolveRule for UpdateBringsBack {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        match (conflict.why, conflict.entry.kind) {
            (Refusal::Gone, EditKind::Update) => Resolution::Local { onto: conflict.entry.key.clone() },
            _ => self.0.resolve(conflict),
        }
    }
}

struct HidesDeletions;

impl OutboxRule for HidesDeletions {
    fn tells(&self, outcome: &Outcome) -> bool {
        !matches!(outcome, Outcome::Conflict { why: Refusal::Gone, .. })
    }
}

struct TakesTakenForDone(Rc<dyn ResolveRule>);

impl ResolveRule for TakesTakenForDone {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        self.0.resolve(conflict)
    }
    fn decide(&self, conflict: Conflict<'_>) -> Resolution {
        if conflict.wants_taken_key() { Resolution::Same } else { self.0.decide(conflict) }
    }
}
