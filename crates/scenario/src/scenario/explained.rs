//! Meanings of the words of keys, for key pages and schema, where the key's sentence has none.

use crate::protocol;

type Meaning = (&'static str, &'static str);

/// Each word with its meaning, by the end of a key's path.
const EXPLAINED: &str = "\
backend.provisioning
  full: a stamp of the last change, a soft-delete flag, and a note of where a row was before
  stamps-only: a stamp of the last change; deleted rows leave no trace
  soft-delete-only: a soft-delete flag and no stamp
  three-stamps: created, updated, deleted; a row that is reassigned leaves no trace
  none: nothing: one can only ask for all rows
  read-only-schema: as the vendor made it, with time stamp and soft delete; nobody can add a column
backend.writes
  checked: the version that it was made on
  dated: the date of that version, no finer than the stamps
  blind: nothing: what arrives last stays
  newer-date: a date of its own that is newer than that of the row
last_modified.bound
  strict: after the last time: the rest of a tie is lost
  inclusive: with the last time: a tie longer than a page comes for ever
  first-not-returned: with the first time that was not delivered
  first-not-returned-extended: the same, with pages that go on to the end of their last time
  tie-extended: after the last time, with pages that go on to its end
  keyset: after the last pair of time and key
last_modified.source
  records: the rows' own times
  client-clock: the device's clock as the pull begins
  client-local: the same without its offset from UTC
  server-start: the backend's time as the pull begins
  server-end: the backend's time as the last page is done
entity.NAME.delivery
  delta: pulled
  on-open of COLUMN: fetched when a record is opened
  upload-only: apps make and send them, nobody pulls them
  backend-only: the backend alone has them
entity.NAME.on_delete
  nothing: it points at nothing from then on
  restrict: the delete is refused
  cascade: it is deleted too, and what refers to it
  set-null: its reference becomes null
entity.NAME.ids
  client: the device
  natural-key: the device, but rows with one natural key are one row
  server: the backend, as it commits them
  pool: the backend beforehand, in blocks
unit.NAME.on
  start: the app's process starts
  login: somebody logs in
  online: a network comes
  resume: somebody looks at the app again
  background: a window that the operating system gives
  save: an edit is saved
  manual: an event or a hook asks for it
  every 5m: a period, while the app runs
engine.requests
  per-direction: edits, and the pull apart from them
  per-branch: edits and pull together: one request a sync
  per-entity: one entity
  per-call: one edit, or the pull of one entity
.controller
  fixed: `chunk_rows`, whatever happens
  per-entity: a size for each entity, set by hand
  clamp: what fits a target time at the speed of the last chunk
  aimd: one step more after a success, a share of it after a failure
  halve-when-slow: half after a slow chunk, double after a fast one
  gradient: grows while rows cost little more than the least cost seen
  model: learns cost a chunk, cost a row and failures, and takes the closed form's size
engine.push.capture
  outbox: each edit in an outbox until there is a verdict on it
  dirty-flags: a flag on the row, which the verdict clears though the row was edited since
  updated-after-last-sync: the date of the row's last edit is after the unit's last sync
engine.push.order
  top-down: the oldest; parents are made before and deleted after their children
  as-made: the oldest, whatever refers to it
  bottom-up: the newest, and so a child before its new parent
.on_too_large
  halve: half as much, down to one row, for as long as the process lives
  split: half as much, until so much has gone
  give-up: the run ends, and the next one does the same
engine.on_logout
  keep: they stay
  send-first: they are sent first; without a network the logout is tried again
  refuse: nobody logs out while any waits
  discard: they are dropped, with a line that the person can read
engine.retry.jitter
  none: nothing
  full: all of it
  equal: half of it
  decorrelated: up to three times the wait before
engine.conflict.detect
  dates: the dates differ
  dates-then-values: the dates differ, and the values too
  version: the version is another
  three-way: both sides changed a column
  read-before: the row, read before the upload, is not as the edit found it
engine.conflict.policy
  last-write-wins: the later of the two, by the clocks of their authors
  last-arrival-wins: the edit, as it arrives last
  last-commit-wins: the edit, if it was made after the backend committed its version
  client-wins: the edit; a row that was deleted is created again
  server-wins: the backend's version
  field-merge: column by column what one side changed, of two changes the later
  none: nobody asks: the edit stays if the backend takes it
  callback: what a rule of the app says
  manual: what a person decides on a page of conflicts
  keep-both: both, the edit as a row of its own; a delete or a natural key gives way
action.NAME.aim
  kept: rows of the start that stay in their scope and are not deleted
  made: rows that came in the run, of a person's those that this person made
  shown: what the app shows at that moment; for the office what the backend has
kill.point
  session.started: a run has begun
  push.before-request: before edits are sent
  push.answer-received: the response to a push is there and not noted
  push.batch-settled: the verdicts on a push are noted
  pull.before-request: before a page is asked for
  pull.answer-received: a page is there and not applied
  pull.chunk-applied: rows of a page are durable
  session.before-end: before a run's end is noted
  session.ended: after that
  fetch.answer-received: an opened record is there and not applied
  fetch.applied: an opened record is durable
event.NAME.trigger.how
  queued: behind what waits; the default
  alone: in place of what waits
  direct: beside the queue and without events, as soon as no unit runs
  at-once: the same, whatever runs
  discard: what waits is dropped, and nothing takes its place
upgrade.on_mismatch
  migrate: it adds the columns; one that the backend had before stays empty until its rows come again
  backfill: the same, and loads all rows again
  reset: it throws all away, edits that wait included, and loads again
situations.occur
  all: all of these
  response-lost: a response is lost after the commit
  killed-in-page: a kill between a page and its cursor
  tie-across-pages: rows of one stamp come in two pages
  delete-against-edit: a delete meets an edit
  own-delete-under-way: a row is deleted while its create is under way
  stale-tombstone: a tombstone comes to a device that was away
  scope-and-back: a row leaves a scope and comes back
  key-again: a deleted row's key is used again
  parent-and-child: a parent and its child are made together
  hot-row: a row has dozens of edits
  edit-while-pulled: a row is edited while it is being pulled
  long-session: a process runs for a day
  clock-back-in-family: a phone's clock steps back between a parent and its child
  load-cut-and-expired: a load is cut off, and its cursor expires before it goes on
";

/// The words that a key takes, each with its meaning; `None` if they are not explained.
pub fn explained(path: &str) -> Option<Vec<Meaning>> {
    if path == "engine.codec" {
        return Some(protocol::explained().collect());
    }
    let ends = |end: &str| {
        path.strip_suffix(end)
            .is_some_and(|head| head.is_empty() || head.ends_with('.') || end.starts_with('.'))
    };
    let mut lines = EXPLAINED.lines();
    lines.find(|line| !line.starts_with(' ') && ends(line))?;
    let words = lines.take_while(|line| line.starts_with(' '));
    Some(words.filter_map(|line| line.trim_start().split_once(": ")).collect())
}

#[cfg(test)]
mod tests {
    use super::super::key_pages::each_key;
    use super::*;
    use crate::config::form::Form;
    use crate::engine::CRASH_POINTS;

    fn words_of(form: &Form) -> Option<Vec<&'static str>> {
        match form {
            Form::Word(words) => Some(words.to_vec()),
            Form::List(item) => words_of(item),
            Form::Map { rest, .. } => words_of(rest),
            _ => None,
        }
    }

    #[test]
    fn a_key_that_is_explained_has_all_of_its_words_so() {
        let mut ends: Vec<&str> = EXPLAINED.lines().filter(|line| !line.starts_with(' ')).collect();
        each_key(&mut |path, key| {
            let Some(meanings) = explained(path) else { return };
            ends.retain(|end| !path.ends_with(end));
            let told: Vec<&str> = meanings.iter().map(|(word, _)| *word).collect();
            if let Some(words) = words_of(&key.form) {
                assert_eq!(told, words, "{path}");
            }
            assert!(path != "event.NAME.kill.point" || told == CRASH_POINTS);
        });
        assert_eq!(ends, [""; 0], "no key ends so");
    }
}
