//! The meanings of the words that keys accept, for key pages and the schema. A word is here if the
//! key's own sentence does not explain it.

use crate::protocol;

type Meaning = (&'static str, &'static str);

/// Each block begins with the end of a key's path. Then come its words, each with its meaning.
const EXPLAINED: &str = "\
backend.provisioning
  full: a stamp of the last change, a soft-delete flag, and a record of each scope that a row left
  stamps-only: a stamp of the last change; deleted rows leave no trace
  soft-delete-only: a soft-delete flag and no stamp
  three-stamps: created, updated, deleted; a row that leaves a scope leaves no trace in it
  none: no columns: readers can ask only for all rows
  read-only-schema: the vendor's stamp and soft-delete flag; nobody can add a column
backend.copies
  follow: the backend writes the row with the copy again, with a new stamp
  as-made: the copy keeps its first value
  unstamped: the copy changes and its row keeps its stamp: no date, log or flag shows the change
backend.writes
  checked: the version that the edit was made on; the row must still have this version
  dated: the date of that version, no finer than the stamps
  blind: nothing: the edit that arrives last stays
  newer-date: its own date, which must be newer than the date of the row
backend.ticks
  run-ahead: after somebody has read a stamp, commits get the next stamp, ahead of the clock
  shared: all commits of the tick get the same stamp; careful readers wait for its end
backend.log.numbered
  at-commit: when its transaction commits: readers see the numbers in order
  at-write: when its row is written: a transaction in progress leaves a gap, and fills it later
backend.rearm
  always: all changes
  forgets-office: all, except changes of existing rows by the office or an import: devices miss them
backend.poison_response
  refuse: it refuses this edit, with the reason, and commits the others
  fail: the whole request fails each time (500); it commits no edit, and the response names none
backend.authorisation
  none: it commits the edit
  refuse: it refuses the edit permanently, with the reason
  filter: it reports success and does not apply the edit
backend.commits
  rows: each edit alone
  families: the edits of a row and of the rows that are part of it (`on_delete = \"cascade\"`)
  requests: all edits of the request
last_modified.bound
  strict: after the last time: the rest of a tie (rows with the same time) is lost
  inclusive: at the last time: its rows come again, and a tie longer than a page comes for ever
  first-not-returned: after the first time that was not delivered: rows with that time are lost
  first-not-returned-extended: as \"first-not-returned\", and a page continues to the end of its last time
  tie-extended: after the last time, and a page continues to the end of its last time
  keyset: after the last pair of time and key: no row is lost or comes twice
last_modified.source
  records: the rows' own times
  client-clock: the device's clock when the pull begins
  client-local: the device's local time when the pull begins, read as UTC
  server-start: the backend's clock when the pull begins
  server-end: the backend's clock when the last page is done: changes made during the pull may be lost
capture.flag.form
  status: a text, such as \"new\" and \"synced\"
  boolean: true or false
  external-id: an id that the reader assigns; a row without an id is not synced
  combination: the status, and the version of the row that it belongs to
capture.flag.initial
  as-held: each device has its initial rows
  unsynced: nobody has any row
  synced: everybody has all rows, even a device that starts empty
capture.flag.set
  after-commit: when the reader reports that it has committed the page
  after-capture: when the gateway has read the rows: a lost response loses them
  before-capture: before the gateway reads the rows: a failed read loses them, too
capture.hash.snapshot
  isolated: at one instant
  torn: in pages by offset while others write: a delete makes a page skip a row, which counts as gone
  two-pass: in pages, again and again, until a pass has all rows of the previous pass
gateway.refresh.cursor_saved
  with-rows: with each page, in the same transaction
  before-rows: when a page comes; the rows of an entity are written at its end, and a kill loses them
gateway.attachment_again
  accept: it accepts the request, and the upload counts as done
  refuse: it refuses the request, as a server does with a 412 (`engine.attachments.on_there`)
gateway.backend_restored
  noticed: cursors from before the restore expire, and devices load everything again
  ignored: it continues: devices keep rows that the backend no longer has
gateway.restored
  noticed: it invalidates the cursors that it sent after the backup
  ignored: it continues as if nothing had happened
gateway.scope_change
  ignored: nothing: the device lacks older rows of its new scope, and keeps the rows of its old scope
  backfill: it sends all rows of the new scope, whatever their date, and removes those of the old one
  reload: it lets the device's cursors expire, and the device loads everything again
gateway.serve.server_cursor
  on-answer: when the response leaves: a lost response loses its rows
  on-receipt: when the next request of the device confirms the page
gateway.job.result
  kept: it is kept for `gateway.job.kept`, and each request that asks the same gets it
  once: it is given once; if that response is lost, the work begins again
  lost: it is thrown away if no request waits for it when the work ends; the work then begins again
integration.cursor_kept
  integration: in the integration's own database, for all workers
  memory: in each worker's memory: a kill loses it
  destination: in the destination, in one transaction with the records
integration.remember
  after-write: after the destination has responded: a kill in between writes the page twice
  before-write: before the worker writes the page: a kill in between loses it
integration.rejected
  retry: it is sent again in each round; with flags, its flag stays unchanged
  skip: it is left out
  stop: the round ends there
destination.ids
  external: by the key of the source: a write with this key creates or updates the record
  lookup: by its own id, which the destination returns for the key of the source
  own: by its own id, which only the response to the create contains
entity.NAME.delivery
  delta: units pull them
  on-open of COLUMN: they are fetched when a person opens the record that COLUMN refers to
  upload-only: apps create and send them, and nobody pulls them
  backend-only: they stay on the backend
entity.NAME.on_delete
  nothing: its reference dangles from then on
  restrict: the backend refuses the delete
  cascade: the row is deleted, too, with the rows that refer to it
  set-null: its reference becomes null
entity.NAME.ids
  client: the device
  natural-key: the device, but rows with the same natural key become one row
  server: the backend, when it commits them
  pool: the backend, in blocks that a device gets in advance (`pool`, `refill`)
entity.NAME.merge
  first-stays: the values of the first create; those of the second are lost
  last-stays: the values of the last create; those of the first are lost
  fill-empty: the values of the first create, with its nulls filled from the last
unit.NAME.on
  start: the app's process starts
  login: somebody logs in
  online: a network comes
  resume: the app comes to the foreground
  background: the operating system grants a window
  save: an edit is saved
  manual: an event or a hook asks for the unit
  every 5m: a period, while the app runs
engine.requests
  per-direction: all edits in one request, the pull in another
  per-branch: edits and pull together: one request per sync, if no chunk size divides it
  per-entity: one entity per request
  per-call: one edit, or the pull of one entity, per request
.controller
  fixed: always `chunk_rows`
  per-entity: a size for each entity, set by hand
  clamp: as many rows as fit a target time at the speed of the last chunk
  aimd: a success adds a step, a failure multiplies the size by a factor
  halve-when-slow: a slow chunk halves the size, a fast chunk doubles it
  gradient: the size grows while rows cost little more than the lowest cost seen
  model: the best size by a formula, from the learned costs per chunk and row and the failures
engine.push.capture
  outbox: each edit stays in an outbox until the server has accepted or refused it
  dirty-flags: a flag on the row; the response clears it even if the row was edited meanwhile
  updated-after-last-sync: the date of the row's last edit, if it is after the unit's last sync
engine.push.order
  top-down: the oldest; a parent is created before its children and deleted after them
  as-made: the oldest, even if a child goes before its parent
  bottom-up: the edits of a child before the edits of its parent
.on_too_large
  halve: it halves the amount, down to one row; later chunks stay as small until the process ends
  split: it halves the amount, down to one row; later chunks have their full size again
  give-up: the run ends, and the next run sends the same request
engine.on_logout
  keep: they stay on the phone until this person logs in again
  send-first: they are sent first; without a network the person stays logged in, and the app tries again
  refuse: the app refuses the logout while any edit waits
  discard: they are lost, each with a log line that the person can read
engine.on_wipe
  reset: it discards all data at once, waiting edits included, without a message
  upload-first: it sends waiting edits first; a row with an unsettled edit stays until it is settled
engine.token.on_refused
  refresh: it gets a new token and repeats the request
  later: the run fails; the next request gets a new token first
  drop: as \"later\", and the edits of the request are lost
engine.attachments.queue
  behind: at the end of a unit's run; rows edited meanwhile wait for it
  before: at the start of a unit's run, before its rows
  beside: concurrently with runs, if `when` of a unit that pushes their rows holds
engine.pull.cursor
  entity: the entity: a unit continues where another unit with this entity stopped
  unit: the unit and entity: overlapping units pull the same rows twice
  last-sync-on: the unit's last sync, by its date on the device's clock (`engine.push.sync_date`)
engine.pull.requests
  unique: each request differs, so that no cache may respond
  plain: the address holds the request; a cache may respond with old rows
  validated: as \"plain\", but a cache first asks the server whether its response is still valid
engine.pull.live
  none: the server announces nothing
  long-poll: one held request per unit, to which the server responds when there is a change
  sse: one request per unit, with a response that never ends
  websocket: one connection for all units
  push-message: messages of the platform's push service (`push_messages`)
engine.pull.live_sends
  changes: that there are changes, which the phone pulls
  rows: the changed rows, read by the server as for a pull
engine.pull.live_gap
  pull: it drops them and pulls
  ignore: it applies them and moves its cursor; rows between are lost
engine.pull.pages_left
  wait: the rest waits for the next trigger; the app is not ready until a run leaves no pages
  again: the unit runs again at once; the app is not ready until a run leaves no pages
  ready: the rest waits for the next trigger; the app already says that it is ready
engine.pull.on_bad_row
  stop: the run ends with an error, and the cursor stays before the row
  skip: the cursor passes the row, and the device lacks it
  retry-list: the cursor passes the row; it is kept on a durable list and retried with the next pull
engine.pull.on_big_row
  store: it stores the row; the app dies when it reads the row
  skip: it leaves the row out, and the cursor passes it
  in-parts: it reads the row in parts
engine.push.on_full
  drop: the oldest edits are lost, with all waiting edits of their rows; nobody is told
  tell: the same edits are lost, each with a log line that its person can read
  refuse: the app refuses further edits until the outbox is below the limit
engine.push.on_refused
  go-on: it continues with the other edits
  end-run: it ends with an error and pulls nothing
  refuse-all: it continues; after a permanent refusal, the uncommitted edits of that request are lost
engine.push.on_failed
  repeat: the run ends after its retries, and the next run sends the same request
  bisect: it sends half of the edits, and again half, and sets the edit that fails aside with a log line
engine.retry.jitter
  none: nothing
  full: all of it: from 0 to its longest time
  equal: half of it
  decorrelated: all of it, up to three times the previous wait
engine.conflict.base
  last-received-stamp: the date of that version, as the device received it
  edit-time: the time of the edit, by the device's clock
  last-sync: the date of the last sync
engine.conflict.detect
  dates: the dates differ
  dates-then-values: the dates differ, and the values too
  version: the versions differ
  three-way: both sides changed a column
  read-before: the backend's row, read before the upload, differs from the row before the edit
engine.conflict.policy
  last-write-wins: the later of the two, by the clocks of their authors
  last-arrival-wins: the edit, because it arrives last
  last-commit-wins: the edit if it was made after the backend's version was committed, else that version
  client-wins: the edit; a deleted row is created again
  server-wins: the backend's version
  field-merge: in each column the changed value; if both sides changed it, the later one
  none: the engine detects no conflict: the edit, if the backend accepts it
  callback: the version that a rule in the app chooses
  manual: the version that a person chooses on a page of conflicts
  keep-both: both: the edit becomes a new row; a delete or an edit of a natural key loses
action.NAME.aim
  kept: rows from the start that stay in their scope and are not deleted
  made: rows created in the run; on a device, rows that its person created
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
  direct: it bypasses the queue, without events, as soon as no unit runs
  at-once: it bypasses the queue, without events, even while a unit runs
  discard: the waiting units are dropped, and nothing replaces them
upgrade.on_mismatch
  migrate: it adds the columns; a column that the backend had before is empty until its rows come again
  backfill: it adds the columns, and loads all rows of their entities again
  reset: it deletes all data, waiting edits included, and loads everything again
reassign.learned
  at-once: at once: it looks up the attributes for each request
  login: from the next login on: they are part of the login's token
  never: never: the app sends the attributes of its setup
force_download.waiting
  drop: they are lost, without a message
  tell: they are lost, each with a log line that its person can read
  send-first: they are sent first; a phone that cannot send them does not load again
background.NAME.at_end
  suspend: it suspends the app, which later continues where it was
  warn: it warns the app up to 5 s before; the app stops its sync, and is then suspended
  kill: it kills the app, which starts again in the next window or when its person opens it
push_messages.collapse
  per-channel: the messages about the same unit
  per-phone: all messages to this phone
  no: none
workload.contention.by
  office: the office
  devices: a colleague on another device with the same attributes; the office, if none is at work
  both: a colleague or the office, each half of the time
workload.resolver.takes
  local: the device's version
  remote: the backend's version
  columns: in each column, the version that changed it (`contested`, if both did)
workload.resolver.contested
  later: the later change; a changed row rather than its delete
  local: the device's version
  remote: the backend's version
store.foreign_keys
  off: nothing: the row is written
  deferred: it refuses the commit of the transaction
  immediate: it refuses the statement
situations.occur
  all: all the following
  response-lost: a response is lost after the commit
  killed-in-page: a kill between a page and its cursor
  tie-across-pages: rows with the same stamp come in two pages
  delete-against-edit: a delete conflicts with an edit
  own-delete-under-way: a row is deleted while its create is being sent
  stale-tombstone: a tombstone reaches a device that was away
  scope-and-back: a row leaves a scope and returns
  key-again: a deleted row's key is used again
  parent-and-child: a device creates a parent and its child before either is acknowledged
  hot-row: a row gets two dozen edits
  edit-while-pulled: a row is edited while it is being pulled
  long-session: a process runs for a day
  clock-back-in-family: a phone's clock steps back between a parent and its child
  load-cut-and-expired: a load is interrupted, and its cursor expires before it resumes
";

/// The words that a key accepts, each with its meaning. `None` if this file does not explain them.
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
