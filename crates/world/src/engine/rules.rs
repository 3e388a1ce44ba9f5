//! Decisions behind small traits, so that a planted bug can replace one of them.
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
    /// The app's own conflict rule, if the policy asks it.
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

/// Local facts about a row that a page brings.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: EntityId,
    /// The generation of the load that the row belongs to.
    pub generation: u32,
    /// Whether the row has local edits without a verdict.
    pub dirty: bool,
    /// A held version up to this stamp gives way to any other version.
    pub over: Stamp,
    /// The stamp of the row's end, if that end is noted here and was not pulled yet; else `None`.
    pub ended: Option<Stamp>,
}

impl Place {
    /// The place of a row without other local facts.
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
    /// Nothing changed: local edits have priority, or the device has moved past this version.
    Kept,
}

/// The effect of a pulled row, or of a row that a load did not bring, on the local row.
pub trait ApplyRule {
    /// Whether the row at this place of its page is applied.
    fn takes(&self, _place: usize) -> bool {
        true
    }
    /// Applies `row`. A row with local edits keeps them; the new version waits in the row's shadow
    /// until they are settled. A version that the device has moved past is ignored.
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

    /// At the end of a full load of this generation, removes the rows that the load did not bring.
    /// Returns their keys.
    fn sweep(&self, tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<Vec<Key>> {
        tx.sweep(entity, generation)
    }
    /// Applies a unit's excerpt of a row: stores it beside the full row if that is older or
    /// missing. If a local delete of the row waits for its verdict, no excerpt is shown.
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

/// Writes a backend version below the local edits of its row: columns that an edit set keep that
/// value, and a row that an edit deleted stays deleted. Edits based on this version get its values
/// as their base, even if they were made on an edit that was dropped.
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
        // A current full load may have passed the row while it was deleted here.
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
    /// Whether a later edit of the row may be joined with `first`, if edits are joined.
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

/// When an edit leaves the outbox, and which of its outcomes are reported.
pub trait OutboxRule {
    /// Removes an acknowledged edit.
    fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        tx.drop_entry(entry.seq)
    }
    /// Notes that an edit was tried without success.
    fn tried(&self, tx: &Tx<'_>, entry: &Entry, error: &str) -> Stored<()> {
        tx.attempted(entry.seq, Some(error))
    }
    /// Whether a row is shown in the backend's version after its edit of this kind was refused.
    fn shows_what_was_refused(&self, _kind: EditKind) -> bool {
        true
    }
    /// Whether this outcome of an edit that was not committed as made is reported.
    fn tells(&self, _outcome: &Outcome) -> bool {
        true
    }
    /// The places that get the new key of a row that the backend renamed.
    fn renames(&self) -> Reach {
        Reach::ALL
    }
}

/// How long the engine waits.
pub trait WakeRule {
    /// The wait after this many failed tries in a row; `drawn` is the random wait.
    fn wait(&self, _tries: u32, drawn: Span) -> Span {
        drawn
    }
    /// How long the engine rests after it made the response to this request durable.
    fn rests_after(&self, _request: u64) -> Span {
        Span::ZERO
    }
}
