//! Meanings of the words of keys, for key pages and schema, where the key's sentence has none.

use crate::protocol;

type Meaning = (&'static str, &'static str);

/// Each word with its meaning, by the end of a key's path.
const EXPLAINED: &str = "\
backend.provisioning
  full: a stamp of the last change, a soft-delete flag, and a note of the scope that a row left
  stamps-only: a stamp of the last change; deleted rows leave no trace
  soft-delete-only: a soft-delete flag and no stamp
  three-stamps: created, updated, deleted; a row that moves to another scope leaves no trace there
  none: nothing: readers can only ask for all rows
  read-only-schema: the vendor's, with time stamp and soft delete; nobody can add a column
backend.writes
  checked: the version that the edit was made on
  dated: the date of that version, no finer than the stamps
  blind: nothing: the edit that arrives last stays
  newer-date: its own date, which must be newer than that of the row
last_modified.bound
  strict: after the last time: the rest of a tie (rows of one time) is lost
  inclusive: from the last time on: a tie longer than a page comes for ever
  first-not-returned: from the first time on that was not delivered
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
  on-open of COLUMN: fetched when a person opens a record
  upload-only: apps create and send them, nobody pulls them
  backend-only: only the backend has them
entity.NAME.on_delete
  nothing: its reference dangles from then on
  restrict: the backend refuses the delete
  cascade: it is deleted too, with the rows that refer to it
  set-null: its reference becomes null
entity.NAME.ids
  client: the device
  natural-key: the device, but rows with the same natural key become one row
  server: the backend, when it commits them
  pool: the backend in advance, in blocks
unit.NAME.on
  start: the app's process starts
  login: somebody logs in
  online: a network comes
  resume: the app comes to the foreground
  background: the operating system grants a window
  save: an edit is saved
  manual: an event or a hook asks for it
  every 5m: a period, while the app runs
engine.requests
  per-direction: all edits in one request, the pull in another
  per-branch: edits and pull together: one request per sync
  per-entity: one entity per request
  per-call: one edit, or the pull of one entity, per request
.controller
  fixed: always `chunk_rows`
  per-entity: a size for each entity, set by hand
  clamp: what fits a target time at the speed of the last chunk
  aimd: adds a step after a success, multiplies by a factor after a failure
  halve-when-slow: halves after a slow chunk, doubles after a fast one
  gradient: grows while rows cost little more than the lowest cost seen
  model: learns cost per chunk, cost per row and failures, and takes the closed form's size
engine.push.capture
  outbox: each edit stays in an outbox until the server has accepted or refused it
  dirty-flags: a flag on the row, which the response clears even if the row was edited since
  updated-after-last-sync: the date of the row's last edit is after the unit's last sync
engine.push.order
  top-down: the oldest; parents are created before and deleted after their children
  as-made: the oldest, even if a child goes before its parent
  bottom-up: the newest, and thus a child before its new parent
.on_too_large
  halve: half as much, down to one row, until the process ends
  split: half as much, until the refused amount has gone
  give-up: the run ends, and the next one sends the same
engine.on_logout
  keep: they stay
  send-first: they are sent first; without a network the logout is retried
  refuse: nobody logs out while any waits
  discard: they are dropped, with a log line that the person can read
engine.retry.jitter
  none: nothing
  full: all of it
  equal: half of it
  decorrelated: up to three times the previous wait
engine.conflict.detect
  dates: the dates differ
  dates-then-values: the dates differ, and the values too
  version: the versions differ
  three-way: both sides changed a column
  read-before: the row, read before the upload, differs from what the edit was made on
engine.conflict.policy
  last-write-wins: the later of the two, by the clocks of their authors
  last-arrival-wins: the edit, because it arrives last
  last-commit-wins: the edit, if it was made after the backend committed its version
  client-wins: the edit; a deleted row is created again
  server-wins: the backend's version
  field-merge: column by column the changed value; if both sides changed it, the later one
  none: no detection: the edit stays if the backend accepts it
  callback: what a rule in the app decides
  manual: what a person decides on a page of conflicts
  keep-both: both, the edit as a new row; a delete or an edit of a natural key loses
action.NAME.aim
  kept: rows from the start that stay in their scope and are not deleted
  made: rows created in the run; on a device, those that its person created
  shown: rows that the app shows at that moment; for the office, rows of the backend
kill.point
  session.started: a run has begun
  push.before-request: before edits are sent
  push.answer-received: the response to a push has come and is not recorded
  push.batch-settled: the results of a push are recorded
  pull.before-request: before a page is asked for
  pull.answer-received: a page has come and is not applied
  pull.chunk-applied: rows of a page are durable
  session.before-end: before a run's end is recorded
  session.ended: after a run's end is recorded
  fetch.answer-received: an opened record has come and is not applied
  fetch.applied: an opened record is durable
event.NAME.trigger.how
  queued: behind the waiting units; the default
  alone: it replaces the waiting units
  direct: bypasses the queue, without events, as soon as no unit runs
  at-once: the same, even while a unit runs
  discard: the waiting units are dropped, and nothing replaces them
upgrade.on_mismatch
  migrate: it adds the columns; one that the backend already had stays empty until its rows come again
  backfill: the same, and loads all rows again
  reset: it deletes everything, waiting edits included, and loads again
situations.occur
  all: all of these
  response-lost: a response is lost after the commit
  killed-in-page: a kill between a page and its cursor
  tie-across-pages: rows with the same stamp come in two pages
  delete-against-edit: a delete conflicts with an edit
  own-delete-under-way: a row is deleted while its create is being sent
  stale-tombstone: a tombstone reaches a device that was away
  scope-and-back: a row leaves a scope and returns
  key-again: a deleted row's key is used again
  parent-and-child: a parent and its child are created together
  hot-row: a row is edited dozens of times
  edit-while-pulled: a row is edited while it is being pulled
  long-session: a process runs for a day
  clock-back-in-family: a phone's clock steps back between a parent and its child
  load-cut-and-expired: a load is interrupted, and its cursor expires before it resumes
";

/// The words that a key takes, each with its meaning; `None` if they are not explained.
pub(super) fn explained(path: &str) -> Option<Vec<Meaning>> {
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
    use super::super::grammar::each_key;
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
