//! What decides, behind small traits, so that a broken rule can be put in from outside.
//!
//! Each trait has the correct behaviour as its default; a planted bug overrides one method.

use std::rc::Rc;

use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{EditKind, Entity, Excerpt, Guard, Mutation, Outcome, Row, ServerError};
use crate::protocol::WireRow;
use crate::store::{self, Entry, Reach, Stored, Tx, take_key};

use super::beneath::set;
use super::conflict::{OwnRule, ResolveRule};
use super::joined::joined;
use super::options::{EngineOptions, Requests};
use super::status::StatusRule;

#[derive(Clone)]
pub struct Rules {
    pub cursor: Rc<dyn CursorRule>,
    pub apply: Rc<dyn ApplyRule>,
    pub send: Rc<dyn SendRule>,
    pub outbox: Rc<dyn OutboxRule>,
    pub resolve: Rc<dyn ResolveRule>,
    /// The app's own word on who wins, if it is asked.
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

#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl CursorRule for Correct {}
impl ApplyRule for Correct {}
impl SendRule for Correct {}
impl OutboxRule for Correct {}
impl OrderRule for Correct {}
impl WakeRule for Correct {}
impl StatusRule for Correct {}

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
    /// Whether there is one cursor for all entities, which any of them moves.
    fn is_shared(&self) -> bool {
        false
    }
    /// Whether the date of the last sync of all units is set by any of them.
    fn dates_all(&self) -> bool {
        false
    }
    /// Whether the date of a unit's last sync is set by a run that was cut, too.
    fn dates_what_was_cut(&self) -> bool {
        false
    }
    /// Whether the rows that a run has set aside wait for the next, which goes on behind them.
    fn keeps_what_waits(&self) -> bool {
        true
    }
    /// Whether a unit that brings a part of an entity has a cursor of its own for it.
    fn is_own_of_a_part(&self) -> bool {
        true
    }
    /// Whether the cursors of an answer are saved of which a row could not be written.
    fn passes_what_failed(&self) -> bool {
        false
    }
    /// Whether a page is taken for the one that was asked for whatever question it answers.
    fn takes_anothers_page(&self) -> bool {
        false
    }
    /// Whether a row stays of which a full load says that it is there in a version that comes
    /// later.
    fn keeps_what_is_withheld(&self) -> bool {
        true
    }
    /// Whether the cursor of a page is saved, of which the server says that more comes or not.
    fn is_saved(&self, _more: bool) -> bool {
        true
    }
    /// Removes the rows that a full load of this generation did not bring, as it ends; gives their
    /// keys.
    fn sweep(&self, tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<Vec<Key>> {
        tx.sweep(entity, generation)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: EntityId,
    /// The generation of the load it belongs to.
    pub generation: u32,
    /// The row has local edits that were not acknowledged.
    pub dirty: bool,
    /// A held version up to this stamp gives way to any other.
    pub over: Stamp,
    /// As of when the row ended here, if that has not come down yet.
    pub ended: Option<Stamp>,
}

impl Place {
    /// Where a row goes of which nothing else is known.
    pub(super) fn of(id: EntityId, generation: u32, dirty: bool) -> Place {
        Place { id, generation, dirty, over: Stamp(i64::MIN), ended: None }
    }
}

/// A unit's part of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Part<'e> {
    pub unit: UnitId,
    pub of: &'e Excerpt,
    pub entity: &'e Entity,
}

/// What a pulled row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Put,
    Removed,
    /// Nothing changed: local edits decide first, or the device has moved past this version.
    Kept,
}

/// What a pulled row does to the local one.
pub trait ApplyRule {
    /// Whether the rows that were applied are named to who listens.
    fn names_rows(&self) -> bool {
        true
    }
    /// Whether the row at this place of its page is looked at.
    fn takes(&self, _place: usize) -> bool {
        true
    }
    /// Applies `row`. A row with local edits keeps them; the new version lies in wait in its shadow
    /// until they are decided. A version that the device has moved past stays out.
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

    /// Applies what a unit brings of a row: it lies beside what is held in full, if that is older
    /// or there is none. Of a row that was deleted here and waits for the verdict nothing is shown.
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

/// Writes a version of the backend below the local edits of its row: columns that an edit set keep
/// the edit's value, a row that an edit deleted stays away. Edits of that very version are made on
/// what it says, also where they were made on an edit that is gone.
pub fn overlay(tx: &Tx<'_>, entity: &Entity, id: EntityId, version: &Row) -> Stored<()> {
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
        // A full load that is under way may have passed it while it was deleted here.
        None => tx.generation(id)?,
    };
    tx.put_values(id, &version.key, version.stamp, generation, &values)
}

/// What of the outbox goes out, and how it is told to the backend.
pub trait SendRule {
    /// The edits of these entities that go out next, at most `limit`.
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        tx.outbox(entities, limit)
    }
    /// Whether a later edit of its row may go out as one with this, where edits do.
    fn takes_in(&self, first: &Entry, _later: &Entry) -> bool {
        !first.is_sealed()
    }
    fn joined(&self, first: &Entry, later: &Entry) -> Entry {
        joined(first, later)
    }
    /// What requests for pages are to caches on the way, where this was `chosen`.
    fn requests(&self, chosen: Requests) -> Requests {
        chosen
    }
    /// Takes a key for a new row out of the pool, if there is one left.
    fn new_key(&self, tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
        take_key(tx, entity)
    }
    /// An edit as the backend is told it, in the try number `attempt` of this process.
    fn mutation(&self, entry: &Entry, _attempt: u64) -> Mutation {
        let Entry { edit, entity, key, kind, values, base, made_at, .. } = entry.clone();
        Mutation { id: entry.id_sent(), edit, entity, key, kind, values, base, made_at, guard: Guard::Base }
    }
}

/// When an edit leaves the outbox, a conflict the page of those, and a device what is attached.
pub trait OutboxRule {
    /// Takes an acknowledged edit out.
    fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        tx.drop_entry(entry.seq)
    }
    /// The stamp with which an acknowledgement is told.
    fn dates(&self, stamp: Stamp) -> Stamp {
        stamp
    }
    /// Notes that an edit was tried and nothing came of it.
    fn tried(&self, tx: &Tx<'_>, entry: &Entry, error: &str) -> Stored<()> {
        tx.attempted(entry.seq, Some(error))
    }
    /// Whether edits whose request met this refusal of the whole request stay.
    fn keeps_after_refusal(&self, _error: &ServerError) -> bool {
        true
    }
    /// Whether edits whose request got no answer stay.
    fn keeps_after_silence(&self) -> bool {
        true
    }
    /// Whether edits stay whose request was under way as its run was cancelled.
    fn keeps_after_cancel(&self) -> bool {
        true
    }
    /// Whether an edit that the server put off counts as acknowledged with the others.
    fn takes_later_for_done(&self) -> bool {
        false
    }
    /// Whether a row is shown again whose edit of this kind was refused.
    fn shows_what_was_refused(&self, _kind: EditKind) -> bool {
        true
    }
    /// Whether edits count as acknowledged whose request got an answer that nobody can read.
    fn takes_any_answer_for_consent(&self) -> bool {
        false
    }
    /// Whether verdicts belong to edits by their place in an answer, and not by name.
    fn takes_verdicts_by_place(&self) -> bool {
        false
    }
    /// Whether edits whose request got no answer count as acknowledged.
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
    /// Whether anybody is told of an edit that was not committed as it was made.
    fn tells(&self, _outcome: &Outcome) -> bool {
        true
    }
    /// Whether an edit that was to make its row again, and finds it there, goes on with what its
    /// person set alone.
    fn sends_own_values(&self) -> bool {
        true
    }
    /// Whether a row stays that a verdict ends, as long as others refer to it and SQLite would not
    /// let it go; and one that would refer to what is not there, as it was.
    fn keeps_what_is_referred_to(&self) -> bool {
        true
    }
    /// What else gets the new key of a row that the backend has named.
    fn renames(&self) -> Reach {
        Reach::ALL
    }
    /// Whether what an acknowledged edit met was read for the edits of its row that wait behind it,
    /// too, so that they meet no conflict of their own. One that stands beside another version has
    /// no word on the columns that they set.
    fn speaks_for_those_behind(&self, entry: &Entry) -> bool {
        !entry.is_merged()
    }
    /// Whether a version that waited in the row's shadow is applied when the last edit is settled;
    /// `is_news` says whether it is newer than what that was settled with.
    fn lifts_shadow(&self, is_news: bool) -> bool {
        is_news
    }
    /// Whether conflicts that wait for a person are still there when the app starts again.
    fn keeps_conflicts(&self) -> bool {
        true
    }
    /// Whether an edit that a person chose goes out.
    fn sends_the_choice(&self) -> bool {
        true
    }
    /// Whether a conflict that was decided is no longer open.
    fn closes_conflicts(&self) -> bool {
        true
    }
    /// Whether an attachment need not be kept: `says` is the server's word that all of it is there,
    /// if there was an answer; `ends` tells that the request brought its last bytes.
    fn lets_blob_go(&self, says: Option<bool>, _ends: bool) -> bool {
        says == Some(true)
    }
    /// Whether the server is asked for the row of which an edit came to nothing, before what is
    /// attached to it goes.
    fn doubts_blobs(&self) -> bool {
        true
    }
    /// Whether any answer to an attachment is taken for that to the one that was sent.
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
    /// Whether there is a wait before another try of a request, and an end of tries.
    fn pauses(&self) -> bool {
        true
    }
    /// Whether a unit is taken from the end of the queue.
    fn takes_last(&self) -> bool {
        false
    }
    /// Whether a unit is in the queue on disk until a run of it has ended well.
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
    /// Whether an edit that was saved starts what saving starts; `running` says whether a run is
    /// under way.
    fn heeds_saving(&self, _running: bool) -> bool {
        true
    }
    /// Whether a network that comes back starts anything.
    fn heeds_network(&self) -> bool {
        true
    }
    /// Whether a start that was planned for later, and has come, is planned no more.
    fn ends_plans(&self) -> bool {
        true
    }
    /// Whether a good run ends the row of failures by which waits grow.
    fn forgives(&self) -> bool {
        true
    }
    /// How long is waited after so many failed tries in a row, where `drawn` was drawn.
    fn wait(&self, _tries: u32, drawn: Span) -> Span {
        drawn
    }
    /// Whether rows that wait on the list are tried again.
    fn tries_late_rows(&self) -> bool {
        true
    }
    /// Whether a request is dealt with that took so long to be answered or to fail, where it was to
    /// be given up at this limit. An app that was suspended learns of it when it goes on.
    fn heeds_late(&self, _took: Span, _limit: Span) -> bool {
        true
    }
    /// How long nothing is done when the answer to this request of the process is durable.
    fn rests_after(&self, _request: u64) -> Span {
        Span::ZERO
    }
}
