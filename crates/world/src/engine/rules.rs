//! Decisions behind small traits, so that a broken rule can be put in from outside.
//!
//! Each default method is the correct behaviour; a planted bug overrides one method.

use std::rc::Rc;

use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{EditKind, Entity, Excerpt, Guard, Mutation, Outcome, Row, ServerError};
use crate::protocol::WireRow;
use crate::store::{self, Entry, Reach, Stored, Tx, take_key};

use super::conflict::{OwnRule, ResolveRule};
use super::options::{EngineOptions, Requests};
use crate::engine::push::joined_edits::joined;
use crate::engine::push::without_edits::set;
use crate::engine::unit::status::StatusRule;

/// All rules of an engine.
#[derive(Clone)]
pub struct Rules {
    pub cursor: Rc<dyn CursorRule>,
    pub apply: Rc<dyn ApplyRule>,
    pub send: Rc<dyn SendRule>,
    pub outbox: Rc<dyn OutboxRule>,
    pub resolve: Rc<dyn ResolveRule>,
    /// The app's own conflict rule, if the policy asks it.
    pub own: Option<Rc<dyn OwnRule>>,
    pub order: Rc<dyn OrderRule>,
    pub wake: Rc<dyn WakeRule>,
    pub status: Rc<dyn StatusRule>,
}

impl Rules {
    /// The correct rules of an engine with these options.
    pub fn of(options: &EngineOptions) -> Rules {
        Rules {
            cursor: Rc::new(Correct),
            apply: Rc::new(Correct),
            send: Rc::new(Correct),
            outbox: Rc::new(Correct),
            resolve: Rc::new(options.conflict.policy),
            own: options.conflict.policy.asks_app().then(|| Rc::new(options.conflict.callback.clone()) as _),
            order: Rc::new(Correct),
            wake: Rc::new(Correct),
            status: Rc::new(Correct),
        }
    }
}

/// The correct behaviour: the default methods of all rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Correct;

impl CursorRule for Correct {}
impl ApplyRule for Correct {}
impl SendRule for Correct {}
impl OutboxRule for Correct {}
impl OrderRule for Correct {}
impl WakeRule for Correct {}
impl StatusRule for Correct {}

/// When a page's cursor is saved, relative to its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorMoment {
    WithLastRow,
    BeforeFirstRow,
}

/// When a page's cursor is made durable.
pub trait CursorRule {
    /// The moment, relative to the page's rows.
    fn moment(&self) -> CursorMoment {
        CursorMoment::WithLastRow
    }
    /// Whether all entities share one cursor, which any of them moves.
    fn is_shared(&self) -> bool {
        false
    }
    /// Whether a sync of any unit sets the date of the last sync of all units.
    fn dates_all(&self) -> bool {
        false
    }
    /// Whether an interrupted run sets the date of its unit's last sync, too.
    fn dates_what_was_cut(&self) -> bool {
        false
    }
    /// Whether the rows that a run has set aside wait for the next run, which continues after them.
    fn keeps_what_waits(&self) -> bool {
        true
    }
    /// Whether a unit with an excerpt of an entity has its own cursor for it.
    fn is_own_of_a_part(&self) -> bool {
        true
    }
    /// Whether the cursors of a response are saved although one of its rows could not be written.
    fn passes_what_failed(&self) -> bool {
        false
    }
    /// Whether a page is accepted whatever request it responds to.
    fn takes_anothers_page(&self) -> bool {
        false
    }
    /// Whether a row stays that a full load withholds, as a later version of it will come.
    fn keeps_what_is_withheld(&self) -> bool {
        true
    }
    /// Whether the cursor of a page is saved; `more`: the server has more pages.
    fn is_saved(&self, _more: bool) -> bool {
        true
    }
    /// Removes, at the end of a full load of this generation, the rows that it did not bring;
    /// returns their keys.
    fn sweep(&self, tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<Vec<Key>> {
        tx.sweep(entity, generation)
    }
}

/// What is known locally about a row that a page brings.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: EntityId,
    /// The generation of the load it belongs to.
    pub generation: u32,
    /// Whether the row has local edits without a verdict.
    pub dirty: bool,
    /// A held version up to this stamp gives way to any other.
    pub over: Stamp,
    /// When the row ended here, if that end has not come down yet.
    pub ended: Option<Stamp>,
}

impl Place {
    /// The place of a row of which nothing else is known.
    pub(super) fn of(id: EntityId, generation: u32, dirty: bool) -> Place {
        Place { id, generation, dirty, over: Stamp(i64::MIN), ended: None }
    }
}

/// A unit's excerpt of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Part<'e> {
    pub unit: UnitId,
    pub of: &'e Excerpt,
    pub entity: &'e Entity,
}

/// The effect of a pulled row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Put,
    Removed,
    /// Nothing changed: local edits come first, or the device has moved past this version.
    Kept,
}

/// What a pulled row does to the local one.
pub trait ApplyRule {
    /// Whether applied rows are reported by name.
    fn names_rows(&self) -> bool {
        true
    }
    /// Whether the row at this place of its page is applied.
    fn takes(&self, _place: usize) -> bool {
        true
    }
    /// Applies `row`. A row with local edits keeps them; the new version waits in its shadow until
    /// they are settled. A version that the device has moved past is ignored.
    fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Stored<Applied> {
        if place.dirty {
            tx.set_shadow(place.id, row.key, row.stamp, row.values)?;
            return Ok(Applied::Kept);
        }
        match row.values {
            Some(_) if place.ended.is_some_and(|ended| row.stamp <= ended) => Ok(Applied::Kept),
            None if place.ended.is_some_and(|ended| row.stamp < ended) => Ok(Applied::Kept),
            Some(values) => {
                let put = tx.put(place.id, row.key, row.stamp, place.generation, place.over, values)?;
                Ok(if put { Applied::Put } else { Applied::Kept })
            }
            None => {
                let is_newer = !tx.remove_by(place.id, row.key, row.stamp.max(place.over))?
                    && tx.row(place.id, row.key)?.is_some();
                Ok(if is_newer { Applied::Kept } else { Applied::Removed })
            }
        }
    }

    /// Applies a unit's excerpt of a row: it lies beside the full row, if that is older or missing.
    /// Nothing is shown of a row whose local delete waits for its verdict.
    fn apply_part(&self, tx: &Tx<'_>, part: &Part<'_>, place: Place, row: WireRow<'_>) -> Stored<()> {
        let whose = (part.unit, place.id);
        let held = tx.row(place.id, row.key)?;
        let is_news = held.map_or(!place.dirty, |held| held.stamp < row.stamp || held.stamp <= place.over);
        match row.values.filter(|_| is_news) {
            Some(values) => store::excerpts::put(tx, whose, row.key, row.stamp, values),
            None => store::excerpts::remove(tx, whose, row.key),
        }
    }
}

/// Writes a backend version below the local edits of its row: columns that an edit set keep its
/// value, and a row that an edit deleted stays deleted. Edits based on this very version get its
/// values as their base, even if they were made on an edit that is gone.
pub(crate) fn overlay(tx: &Tx<'_>, entity: &Entity, id: EntityId, version: &Row) -> Stored<()> {
    let Some(mut values) = version.values.clone() else {
        tx.remove(id, &version.key)?;
        return Ok(());
    };
    for entry in tx.entries_for(id, &version.key)? {
        if entry.base == Some(version.stamp) {
            tx.make_on(&entry, &values)?;
        }
        if entry.kind == EditKind::Delete {
            tx.remove(id, &version.key)?;
            return Ok(());
        }
        set(entity, &mut values, entry.own_values());
    }
    let generation = match tx.row(id, &version.key)? {
        Some(row) => row.generation,
        // A full load under way may have passed the row while it was deleted here.
        None => tx.generation(id)?,
    };
    tx.put_values(id, &version.key, version.stamp, generation, &values)
}

/// Which edits of the outbox go out, and how they are sent.
pub trait SendRule {
    /// The edits of these entities that go out next, at most `limit`.
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        tx.outbox(entities, limit)
    }
    /// Whether a later edit of the row may be joined with this one, if edits are joined.
    fn takes_in(&self, first: &Entry, _later: &Entry) -> bool {
        !first.is_sealed()
    }
    fn joined(&self, first: &Entry, later: &Entry) -> Entry {
        joined(first, later)
    }
    /// How caches on the way may treat requests for pages; `chosen` is the option's value.
    fn requests(&self, chosen: Requests) -> Requests {
        chosen
    }
    /// Takes a key for a new row from the pool; `None` if the pool is empty.
    fn new_key(&self, tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
        take_key(tx, entity)
    }
    /// The mutation that is sent for an edit, in try number `attempt` of this process.
    fn mutation(&self, entry: &Entry, _attempt: u64) -> Mutation {
        let Entry { edit, entity, key, kind, values, base, made_at, .. } = entry.clone();
        Mutation { id: entry.id_sent(), edit, entity, key, kind, values, base, made_at, guard: Guard::Base }
    }
}

/// When an edit leaves the outbox, a conflict its page, and an attachment the device.
pub trait OutboxRule {
    /// Removes an acknowledged edit.
    fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        tx.drop_entry(entry.seq)
    }
    /// The stamp with which an acknowledgement is reported.
    fn dates(&self, stamp: Stamp) -> Stamp {
        stamp
    }
    /// Notes that an edit was tried without success.
    fn tried(&self, tx: &Tx<'_>, entry: &Entry, error: &str) -> Stored<()> {
        tx.attempted(entry.seq, Some(error))
    }
    /// Whether edits stay after the server refused their whole request with this error.
    fn keeps_after_refusal(&self, _error: &ServerError) -> bool {
        true
    }
    /// Whether edits stay after their request got no response.
    fn keeps_after_silence(&self) -> bool {
        true
    }
    /// Whether edits stay if their request was under way when its run was cancelled.
    fn keeps_after_cancel(&self) -> bool {
        true
    }
    /// Whether an edit that the server put off counts as acknowledged with the others.
    fn takes_later_for_done(&self) -> bool {
        false
    }
    /// Whether a row is shown again after its edit of this kind was refused.
    fn shows_what_was_refused(&self, _kind: EditKind) -> bool {
        true
    }
    /// Whether edits count as acknowledged if their response is unreadable.
    fn takes_any_answer_for_consent(&self) -> bool {
        false
    }
    /// Whether verdicts are matched to edits by place in the response, not by name.
    fn takes_verdicts_by_place(&self) -> bool {
        false
    }
    /// Whether edits count as acknowledged if their request got no response.
    fn takes_silence_for_consent(&self) -> bool {
        false
    }
    /// Whether an edit that was refused for good leaves the outbox.
    fn lets_rejected_go(&self) -> bool {
        true
    }
    /// Whether edits stay when a unit that was to send them is discarded.
    fn outlives_its_request(&self) -> bool {
        true
    }
    /// Whether an edit that was not committed as it was made is reported.
    fn tells(&self, _outcome: &Outcome) -> bool {
        true
    }
    /// Whether an edit that was to create its row again, and finds it there, goes on with only what
    /// its person set.
    fn sends_own_values(&self) -> bool {
        true
    }
    /// Whether a verdict waits that foreign keys forbid: the deletion of a row that others refer
    /// to, or a reference to a missing row.
    fn keeps_what_is_referred_to(&self) -> bool {
        true
    }
    /// What else gets the new key of a row that the backend renamed.
    fn renames(&self) -> Reach {
        Reach::ALL
    }
    /// Whether the version that an acknowledged edit met counts as seen by later edits of its row.
    /// They then meet no conflict of their own. A merged edit does not speak for the columns that
    /// they set.
    fn speaks_for_those_behind(&self, entry: &Entry) -> bool {
        !entry.is_merged()
    }
    /// Whether the version in a row's shadow is applied when the last edit is settled; `is_news`:
    /// it is newer than the version that the edit was settled with.
    fn lifts_shadow(&self, is_news: bool) -> bool {
        is_news
    }
    /// Whether conflicts that wait for a person survive a restart of the app.
    fn keeps_conflicts(&self) -> bool {
        true
    }
    /// Whether an edit that a person chose goes out.
    fn sends_the_choice(&self) -> bool {
        true
    }
    /// Whether a decided conflict is closed.
    fn closes_conflicts(&self) -> bool {
        true
    }
    /// Whether an attachment need not be kept. `says`: the server's word that all of it has
    /// arrived, if it responded; `ends`: the request carried its last bytes.
    fn lets_blob_go(&self, says: Option<bool>, _ends: bool) -> bool {
        says == Some(true)
    }
    /// Whether the server is asked for a row whose edit was dropped, before its attachments go.
    fn doubts_blobs(&self) -> bool {
        true
    }
    /// Whether any response to an attachment counts as the one to the attachment that was sent.
    fn takes_anothers_blob(&self) -> bool {
        false
    }
}

/// How units follow each other.
pub trait OrderRule {
    /// Whether a unit waits until the running one has ended.
    fn one_at_a_time(&self) -> bool {
        true
    }
    /// Whether the app is told that a run failed.
    fn tells_failed_runs(&self) -> bool {
        true
    }
    /// How often the app is told that a run ended well.
    fn completions(&self) -> u32 {
        1
    }
    /// Whether other units get their turn after a failed run.
    fn gives_turn_after_failure(&self) -> bool {
        true
    }
    /// Whether retries of a request wait, and end after a number of tries.
    fn pauses(&self) -> bool {
        true
    }
    /// Whether a unit is taken from the end of the queue.
    fn takes_last(&self) -> bool {
        false
    }
    /// Whether a unit stays in the queue on disk until a run of it has ended well.
    fn keeps_until_done(&self) -> bool {
        true
    }
    /// Whether a unit that failed `failures` times in a row is tried again by itself.
    fn tries_again(&self, _failures: u32) -> bool {
        true
    }
}

/// What starts a unit, and how long it waits.
pub trait WakeRule {
    /// Whether saving an edit fires its trigger; `running`: a run is under way.
    fn heeds_saving(&self, _running: bool) -> bool {
        true
    }
    /// Whether a network that comes back starts anything.
    fn heeds_network(&self) -> bool {
        true
    }
    /// Whether a planned start no longer counts as planned once it has come.
    fn ends_plans(&self) -> bool {
        true
    }
    /// Whether a good run resets the number of failures by which waits grow.
    fn forgives(&self) -> bool {
        true
    }
    /// The wait after this many failed tries in a row; `drawn` is the random wait.
    fn wait(&self, _tries: u32, drawn: Span) -> Span {
        drawn
    }
    /// Whether deferred rows are retried.
    fn tries_late_rows(&self) -> bool {
        true
    }
    /// Whether a request is handled that ended after `took`, where it was to fail after `limit`. A
    /// suspended app learns of the end only when it resumes.
    fn heeds_late(&self, _took: Span, _limit: Span) -> bool {
        true
    }
    /// How long the engine rests once the response to this request of the process is durable.
    fn rests_after(&self, _request: u64) -> Span {
        Span::ZERO
    }
}
