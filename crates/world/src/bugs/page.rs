//! Planted bugs in conflicts that wait for a person, in copies of rows ("keep both"), and in
//! attachments.

use super::bug::bugs;
use crate::base::Key;
use crate::contract::{EditKind, Mutation};
use crate::engine::{Correct, SendRule};
use crate::store;

bugs! {
    "page-in-memory" caught by "lost-edit", seen in "a page of conflicts that is a list in a view model":
        "the device's version of a conflict is kept only in memory: after a restart of the app only the backend's version is there"
        { flaw PageInMemory }
    "choice-stays-here" caught by "lost-edit", seen in "a page of conflicts that writes past the outbox":
        "a person chooses their own version, and it is shown, but not sent"
        { flaw ChoiceStaysHere }
    "flag-stays-set" caught by "stuck", seen in "a flag `isConflict` that two screens write":
        "the flag of a conflict is not reset after a person has decided: the decision waits on"
        { flaw FlagStaysSet }
    "stops-at-a-conflict" caught by "idle-with-work", seen in "a queue that stops at its first failure":
        "while a conflict is open nothing is sent, and runs end as if all were well"
        { next |tx, entities, limit| {
            // Without the policy `manual` there is no table of conflicts, so nothing stops the
            // sync.
            let stops = store::conflicts::all(tx).is_ok_and(|open| !open.is_empty());
            if stops { Ok(Vec::new()) } else { tx.outbox(entities, limit) }
        } }
    "another-copy-each-try" caught by "unasked-commit",
    seen in "a conflicted copy that is named by the clock":
        "if both sides of a conflict are kept, the copy gets a new key with each try, and the device shows it under none of them"
        { mutation |entry, attempt| {
            let told = Correct.mutation(entry, attempt);
            if told.kind != EditKind::Create || told.edit.to_string() == told.id {
                return told;
            }
            let key = Key::new(&format!("{}-{attempt}", told.key.as_str()));
            Mutation { key, id: format!("{}-{attempt}", told.id), ..told }
        } }
    "last-stretch-is-all" caught by "broken-attachment",
    seen in "an upload that counts as done when its bytes are in the socket":
        "an attachment is dropped when its last range was sent, whatever the response"
        { flaw LastStretchIsAll }
    "takes-anothers-word" caught by "broken-attachment",
    seen in "the built-in engine, before responses named their request":
        "a response that an attachment is complete is taken for this attachment, whichever it was about"
        { flaw TakesAnothersWord }
    "sends-what-came-to-nothing" caught by "broken-attachment",
    seen in "the built-in engine, before it asked the server for the row":
        "attachments of a row are uploaded although the edit that created the row failed"
        { flaw SendsWhatCameToNothing }
}
