//! Planted bugs in the treatment of the backend's verdicts on edits.

use super::bug::bugs;
use crate::base::Value;
use crate::contract::{EditKind, Outcome, Refusal, Row};
use crate::engine::{Conflict, OutboxRule, Resolution, ResolveRule, as_of};
use crate::store::{Entry, StoreError, Tx};

bugs! {
    "marks-clean-what-changed" caught by "lost-edit", seen in "Nozbe/WatermelonDB PR 1073":
        "an acknowledgement marks its row clean, even if it was edited after the push was sent"
        { outbox: OutboxRule::lets_go(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        } }
    "writes-back-its-snapshot" caught by "lost-edit", seen in "forcedotcom/SalesforceMobileSDK-iOS #3974":
        "a push reads its rows, and writes them back as clean when the response comes: what was typed meanwhile is gone, on the screen too"
        { outbox: OutboxRule::lets_go(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let Entry { entity: id, ref key, .. } = *entry;
            let entries = tx.entries_for(id, key.as_str())?;
            let held = tx.row(id, key.as_str())?;
            if let Some(row) = held.filter(|_| entries.iter().any(|other| other.seq > entry.seq)) {
                let sent = as_of(tx, tx.schema().entity(id), entry, key)?;
                let values: Vec<Value> = sent.into_iter().map(|(_, value)| value).collect();
                tx.put_values(id, key.as_str(), row.stamp, row.generation, &values)?;
            }
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        } }
    "cancels-what-was-sent" caught by "lost-edit", seen in "Azure/azure-mobile-services #413":
        "a create that got no response and the delete of its row cancel each other, though the create may have arrived"
        { outbox: OutboxRule::tried(tx: &Tx<'_>, entry: &Entry, error: &str) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            let ends = entries.iter().any(|other| other.kind == EditKind::Delete);
            if entry.kind != EditKind::Create || !ends {
                return tx.attempted(entry.seq, Some(error));
            }
            entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        } }
    "forgets-what-was-superseded" caught by "stuck", seen in "couchbase/couchbase-lite-core f811bbb77":
        "an edit followed by another edit of its row is never marked as done, and is sent for ever"
        { outbox: OutboxRule::lets_go(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
            let entries = tx.entries_for(entry.entity, entry.key.as_str())?;
            if entries.iter().any(|other| other.seq > entry.seq) { Ok(()) } else { tx.drop_entry(entry.seq) }
        } }
    "drops-after-refusal" caught by "lost-edit", seen in "hercycle-ai PR 313, WorkSphere #712":
        "a temporary refusal, such as a backend that is down, is treated as permanent: the edits are dropped"
        { flaw DropsAfterRefusal }
    "drops-after-timeout" caught by "lost-edit", seen in "powersync-ja/powersync-swift #179":
        "edits whose push got no response are dropped"
        { flaw DropsAfterTimeout }
    "silence-is-consent" caught by "acknowledged-without-commit", seen in "electric-sql/electric PR 4731":
        "edits whose push got no response are shown as saved"
        { flaw SilenceIsConsent }
    "foreign-answer-is-ack" caught by "acknowledged-without-commit",
    seen in "a proxy's error page with status 200":
        "any response with a success status is taken for the push's own response: the edits are shown as saved"
        { flaw ForeignAnswerIsAck }
    "verdicts-by-place" caught by "acknowledged-without-commit",
    seen in "responses of a connection that are shifted by one":
        "results are matched to edits by position: the response to another push settles edits that it does not name"
        { flaw VerdictsByPlace }
    "cancel-drops-in-flight" caught by "lost-edit", seen in "a queue whose requests contain the edits":
        "a cancelled sync drops the edits that it was sending"
        { flaw CancelDropsInFlight }
    "put-off-is-done" caught by "acknowledged-without-commit",
    seen in "bulk writes with errors inside the items of a successful response":
        "a push with a success response counts as done as a whole: a deferred edit in it is shown as saved"
        { flaw PutOffIsDone }
    "refused-delete-stays-gone" caught by "lost", seen in "optimistic removals without a way back":
        "the refusal of a delete is reported, and its row is not shown again"
        { outbox: OutboxRule::shows_what_was_refused(kind: EditKind) -> bool { kind != EditKind::Delete } }
    "keeps-what-is-refused" caught by "stuck", seen in "laurent22/joplin #16504, rocicorp/mono PR 5982":
        "a permanently refused edit stays in the outbox, and the edits behind it wait for ever"
        { flaw KeepsWhatIsRefused }
    "discards-edits" caught by "lost-edit", seen in "a queue whose requests contain the edits":
        "when another unit discards a waiting unit, the edits that it was to send are dropped with it"
        { flaw DiscardsEdits }
    "says-nothing" caught by "silent-discard", seen in "adrianco/the-goodies #69":
        "a refused or superseded edit is dropped without a line that the user can read"
        { outbox: OutboxRule::tells(_: &Outcome) -> bool { false } }
    "gives-way-in-silence" caught by "silent-discard", seen in "server-wins without a page of conflicts":
        "an edit that is superseded by a newer version is dropped, and the log does not mention it"
        { outbox: OutboxRule::tells(outcome: &Outcome) -> bool {
            !matches!(outcome, Outcome::Conflict { why: Refusal::Stale, .. })
        } }
    "merges-in-silence" caught by "silent-discard", seen in "merges by columns of document stores":
        "a merge in which one side's value of a column replaces the other's leaves no line that the user can read"
        { resolve |rule, conflict| {
            match rule.resolve(conflict) {
                Resolution::Merged { columns, .. } => Resolution::Merged { columns, line: None },
                other => other,
            }
        } }
    "taken-is-done" caught by "acknowledged-without-commit",
    seen in "a client that takes every 409 for a repeated request":
        "an edit that is refused because another row has its natural key counts as committed"
        { decide |rule, conflict| {
            if conflict.wants_taken_key() { Resolution::Same } else { rule.decide(conflict) }
        } fn resolve(&self, conflict: Conflict<'_>) -> Resolution { self.0.resolve(conflict) } }
    "whole-rows-again" caught by "unasked-commit",
    seen in "an upsert of the whole record as the answer to a conflict":
        "an edit that should create its row again overwrites all columns of the row that somebody else has created again"
        { flaw WholeRowsAgain }
    "merge-speaks-for-all" caught by "silent-discard",
    seen in "a row's base that moves on with the first of its edits that is accepted":
        "an edit that was merged into another version moves the base of later edits of its row: they overwrite other columns that somebody else wrote, without a comparison"
        { flaw MergeSpeaksForAll }
    "forgets-the-shadow" caught by "stale", seen in "Nozbe/WatermelonDB PR 1073":
        "a newer version that came while the row had edits is discarded when they are acknowledged"
        { flaw ForgetsTheShadow }
    "shows-the-shadow" caught by "own-write-vanished",
    seen in "pubkey/rxdb #5571, Azure/azure-mobile-apps #817":
        "a version that came while the row had edits is shown when they are acknowledged, though they are newer"
        { flaw ShowsTheShadow }
    "ends-what-is-referred-to" caught by "stuck",
    seen in "a parent deleted on the server under children that SQLite keeps":
        "the phone's foreign keys reject a result that deletes a row which others refer to, and its edit is sent for ever"
        { flaw EndsWhatIsReferredTo }
    "update-brings-back" caught by "resurrected",
    seen in "apache/pouchdb #7645, Nozbe/WatermelonDB #1374":
        "an edit of a row that was deleted meanwhile is sent as a create: the row is back, without a message"
        { (resolve |rule, conflict| {
            match (conflict.why, conflict.entry.kind) {
                (Refusal::Gone, EditKind::Update) => Resolution::Local { onto: conflict.entry.key.clone() },
                _ => rule.resolve(conflict),
            }
        }) (outbox: OutboxRule::tells(outcome: &Outcome) -> bool {
            !matches!(outcome, Outcome::Conflict { why: Refusal::Gone, .. })
        }) }
    "counts-winners-as-done" caught by "acknowledged-without-commit",
    seen in "a retry that forgets to enqueue":
        "an edit that wins its conflict is shown as saved and never sent again"
        { resolve |rule, conflict| {
            match rule.resolve(conflict) {
                Resolution::Local { .. } => Resolution::Same,
                other => other,
            }
        } }
    "deletes-what-left-scope" caught by "misfiled",
    seen in "partial replication with rules that check only reads":
        "a delete of a row that moved to another scope meanwhile is sent again over a version that the device does not see"
        { resolve |rule, conflict| {
            match (conflict.entry.kind, conflict.why, conflict.current) {
                (EditKind::Delete, Refusal::Stale, Some(Row { key, values: None, .. })) => {
                    Resolution::Local { onto: key.clone() }
                }
                _ => rule.resolve(conflict),
            }
        } }
}
