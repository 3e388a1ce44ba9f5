//! Decisions of the engine behind small traits. A planted bug (a deliberate bug that tests the
//! checks) replaces one of them. A full load is a pull of all rows of an entity. A row's shadow is
//! a second copy for a newer version, which waits until the row has no local edits.
//!
//! Each default method is the correct behaviour. A planted bug overrides one method, or is a
//! [`Flaw`].

use std::rc::Rc;

use super::conflict::{OwnRule, ResolveRule};
use super::flaws::Flaw;
use super::options::EngineOptions;
use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{EditKind, Entity, Excerpt, Guard, Mutation, Outcome, Row};
use crate::engine::push::edits::{joined, set};
use crate::engine::unit::status::StatusRule;
use crate::protocol::WireRow;
use crate::store::{self, Entry, Reach, Stored, Tx, take_key};

/// All rules of an engine.
#[derive(Clone)]
pub struct Rules {
    pub apply: Rc<dyn ApplyRule>,
    pub send: Rc<dyn SendRule>,
    pub outbox: Rc<dyn OutboxRule>,
    pub resolve: Rc<dyn ResolveRule>,
    /// The app's own conflict rule, if the conflict policy uses one.
    pub own: Option<Rc<dyn OwnRule>>,
    pub wake: Rc<dyn WakeRule>,
    pub status: Rc<dyn StatusRule>,
    pub flaws: Vec<Flaw>,
}

impl Rules {
    /// The correct rules of an engine with these options.
    pub fn of(options: &EngineOptions) -> Rules {
        Rules {
            apply: Rc::new(Correct),
            send: Rc::new(Correct),
            outbox: Rc::new(Correct),
            resolve: Rc::new(options.conflict.policy),
            own: options.conflict.policy.asks_app().then(|| Rc::new(options.conflict.callback.clone()) as _),
            wake: Rc::new(Correct),
            status: Rc::new(Correct),
            flaws: Vec::new(),
        }
    }

    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaws.contains(&flaw)
    }
}

/// The correct behaviour: the default methods of all rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Correct;

impl ApplyRule for Correct {}
impl SendRule for Correct {}
impl OutboxRule for Correct {}
impl WakeRule for Correct {}
impl StatusRule for Correct {}

/// The device's state of a row that arrives in a pulled page.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: EntityId,
    /// The number of the full load that the row belongs to.
    pub generation: u32,
    /// Whether the row has local edits without a verdict.
    pub dirty: bool,
    /// A local version with at most this stamp is replaced by any pulled version, even an older
    /// one.
    pub over: Stamp,
    /// The stamp of the row's deletion, if the device noted the deletion and has not pulled it yet.
    pub ended: Option<Stamp>,
}

impl Place {
    pub(super) fn of(id: EntityId, generation: u32, dirty: bool) -> Place {
        Place { id, generation, dirty, over: Stamp(i64::MIN), ended: None }
    }
}

/// A sync unit's excerpt of an entity: some columns of some rows.
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
    /// Nothing changed: local edits have priority, or the device has a newer version.
    Kept,
}

/// Applies pulled rows to the local rows, and removes rows that are missing in a full load.
pub trait ApplyRule {
    /// Whether the row at this position in its page is applied.
    fn takes(&self, _place: usize) -> bool {
        true
    }
    /// Applies `row`. A row with local edits keeps them. The new version waits in the row's shadow
    /// until the edits have verdicts. A version older than the local one is ignored.
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

    /// At the end of a full load with this number, removes the rows that the load did not contain.
    /// Returns the keys of removed rows.
    fn sweep(&self, tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<Vec<Key>> {
        tx.sweep(entity, generation)
    }
    /// Stores a unit's excerpt of a row beside the full row, if the full row is older or missing. A
    /// row with a waiting local delete gets no excerpt.
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

/// Writes a backend version of a row and applies the row's local edits on it. Columns that an edit
/// set keep the edit's value. A row that an edit deleted stays deleted. An edit that names this
/// version as its base also records the version's values.
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
        // A full load that is under way may have passed this row while the row was deleted on the
        // device.
        None => tx.generation(id)?,
    };
    tx.put_values(id, &version.key, version.stamp, generation, &values)
}

/// Which edits of the outbox are sent, and how.
pub trait SendRule {
    /// The next edits of these entities to send, at most `limit`.
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        tx.outbox(entities, limit)
    }
    /// Whether a later edit of the row may be merged into `first`, if the options merge edits.
    fn takes_in(&self, first: &Entry, _later: &Entry) -> bool {
        !first.is_sealed()
    }
    fn joined(&self, first: &Entry, later: &Entry) -> Entry {
        joined(first, later)
    }
    /// Takes a key for a new row from the pool; `None` if the pool is empty.
    fn new_key(&self, tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
        take_key(tx, entity)
    }
    /// The mutation that is sent for an edit; `_attempt` is the number of the process's request.
    fn mutation(&self, entry: &Entry, _attempt: u64) -> Mutation {
        let Entry { edit, entity, key, kind, values, base, made_at, .. } = entry.clone();
        Mutation { id: entry.id_sent(), edit, entity, key, kind, values, base, made_at, guard: Guard::Base }
    }
}

/// Decides when an edit leaves the outbox, and which outcomes are reported.
pub trait OutboxRule {
    fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        tx.drop_entry(entry.seq)
    }
    /// Records a try of an edit without success.
    fn tried(&self, tx: &Tx<'_>, entry: &Entry, error: &str) -> Stored<()> {
        tx.attempted(entry.seq, Some(error))
    }
    /// Whether the app shows the backend's version of a row after the backend refused an edit of
    /// this kind.
    fn shows_what_was_refused(&self, _kind: EditKind) -> bool {
        true
    }
    /// Whether the engine reports this outcome, in the user's log and as an event. Asked only if
    /// the backend did not commit the edit unchanged.
    fn tells(&self, _outcome: &Outcome) -> bool {
        true
    }
    /// The tables that get the new key after the backend changed the key of a row.
    fn renames(&self) -> Reach {
        Reach::ALL
    }
}

/// How long the engine waits.
pub trait WakeRule {
    /// The wait before the next try; `drawn` is the random wait that the backoff gives.
    fn wait(&self, _tries: u32, drawn: Span) -> Span {
        drawn
    }
    /// The engine's pause after it made the response to this request durable.
    fn rests_after(&self, _request: u64) -> Span {
        Span::ZERO
    }
}
