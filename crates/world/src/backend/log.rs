//! The change log: changes in the order in which they became visible.
//!
//! The log has net changes: a row appears once, at its latest entry and in its current state. A
//! reader that needs entries older than the retention time gets an error.

use std::ops::{Bound, ControlFlow};

use super::index::Slot;
use super::partition::{Change, Position, Scope, since};
use super::sight::Sight;
use super::stream::{Entry, Fate, Log, Place};
use super::table::Table;
use crate::base::{EntityId, Key, Span, Stamp, Time, word_enums};
use crate::contract::ServerError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogPosition {
    /// The reader loads the rows up to stamp `until`. After that it reads the log after entry
    /// `from`.
    Loading { from: u64, until: Stamp, at: Position },
    /// Reads the log after this entry.
    After(u64),
}

word_enums! {
    /// How a reader treats a gap in the numbers. A transaction that is not committed yet leaves a
    /// gap.
    pub enum Holes {
        /// The reader stops before the oldest transaction in progress.
        #[default]
        Wait: "wait",
        /// The reader continues, and misses the entries that later fill the gap.
        Skip: "skip",
    }

    /// The rows that a reader's first load reads.
    pub enum FirstLoad {
        /// The rows that exist.
        #[default]
        Live: "live",
        /// The rows that exist, and a tombstone for each row that was deleted or left the reader's
        /// scope.
        All: "all",
    }

    /// How a reader treats entries that it needs but that may be trimmed (removed as too old).
    pub enum Trimmed {
        /// The reader starts again.
        #[default]
        Reload: "reload",
        /// The reader does not notice, and continues with the remaining entries.
        Ignore: "ignore",
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LogQuery<'q> {
    pub(crate) entity: EntityId,
    pub(crate) scope: Scope<'q>,
    pub(crate) after: &'q LogPosition,
    pub(crate) limit: usize,
    pub(crate) holes: Holes,
    pub(crate) trimmed: Trimmed,
    pub(crate) history: History,
}

/// Versions that a reader gets in addition to the last version of each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) first_load: FirstLoad,
    pub(crate) superseded: Superseded,
}

/// Which superseded entries a reader gets. An entry is superseded if its row has a later entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Superseded {
    /// None of them.
    #[default]
    Gone,
    /// All entries since the last compaction. Compactions happen at multiples of `compacted_every`;
    /// `None` means never.
    Kept { compacted_every: Option<Span> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPage {
    pub(crate) scanned: u64,
    pub(crate) delivered: u64,
    pub(crate) next: LogPosition,
    pub(crate) more: bool,
    /// At the end of the log: rows whose entry comes after a missing number.
    pub(crate) withheld: Vec<Key>,
}

impl Superseded {
    /// Up to this number, at `now`, the log has only the last entry of each row.
    fn compacted(self, log: &Log, now: Time) -> u64 {
        match self {
            Superseded::Gone => u64::MAX,
            Superseded::Kept { compacted_every: None } => 0,
            Superseded::Kept { compacted_every: Some(every) } => {
                log.before(Time(now.0 - now.0 % every.0.max(1)))
            }
        }
    }
}

impl Holes {
    /// The last number that this reader may read.
    fn end(self, log: &Log) -> u64 {
        if self == Holes::Wait { log.settled() } else { log.last }
    }
}

struct Loading<'p> {
    from: u64,
    until: Stamp,
    at: &'p mut Position,
}

struct Taking<'t> {
    limit: u64,
    scanned: u64,
    delivered: u64,
    take: &'t mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    full: bool,
}

impl Taking<'_> {
    fn take(&mut self, change: Change<'_>) {
        let flow = (self.take)(change);
        self.delivered += 1;
        self.full = self.delivered >= self.limit || flow.is_break();
    }
}

/// The position at which a first load begins. A load that reads superseded versions reads the log
/// from the last compaction on.
pub(super) fn start(sight: Sight<'_>, holes: Holes, history: History) -> LogPosition {
    let until = sight.head();
    let log = sight.database.content.log();
    let (since, from) = match history.first_load {
        FirstLoad::Live => (Some(until), u64::MAX),
        FirstLoad::All => (None, history.superseded.compacted(log, sight.now)),
    };
    let at = Position { stamp: Stamp(i64::MIN), key: None, since };
    LogPosition::Loading { from: from.min(holes.end(log)), until, at }
}

/// True for the position of a device that got its rows before the start.
fn is_provisioned(until: Stamp) -> bool {
    until == Stamp(i64::MAX)
}

pub(super) fn page(
    sight: Sight<'_>,
    place: Place,
    query: LogQuery<'_>,
    take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
) -> Result<LogPage, ServerError> {
    let content = &sight.database.content;
    let (log, table) = (content.log(), content.table(query.entity));
    let mut next = query.after.clone();
    in_time(sight, query, &mut next)?;
    let mut taking = Taking { limit: query.limit as u64, scanned: 0, delivered: 0, take, full: false };
    let (mut more, mut withheld) = (true, Vec::new());
    if let LogPosition::Loading { from, until, at } = &mut next {
        let from = *from;
        if load_on(sight, query, place, Loading { from, until: *until, at }, &mut taking) {
            next = LogPosition::After(from);
        }
    }
    if let LogPosition::After(number) = &mut next {
        let end = query.holes.end(log);
        let net = query.history.superseded.compacted(log, sight.now);
        more = read_on(table, place, number, end, net, &mut taking);
        if !more {
            withheld = behind(table, place, end);
        }
        if !more && log.is_old(sight.now, *number) {
            *number = end.max(*number);
        }
    }
    Ok(LogPage { scanned: taking.scanned, delivered: taking.delivered, next, more, withheld })
}

/// Fails if a reader at `next` needs trimmed entries. With `Trimmed::Ignore` it moves `next` past
/// them.
fn in_time(sight: Sight<'_>, query: LogQuery<'_>, next: &mut LogPosition) -> Result<(), ServerError> {
    let log = sight.database.content.log();
    let kept_from = sight.clock().minus(log.options.kept);
    // A reader that got its rows before the start also needs all changes after the start.
    let is_old = |until, at: &Position| is_provisioned(until) && at.since.is_none() && at.stamp < kept_from;
    let old = matches!(next, LogPosition::Loading { until, at, .. } if is_old(*until, at));
    let (LogPosition::Loading { from: number, .. } | LogPosition::After(number)) = next;
    let oldest = log.trimmed(sight.now);
    if *number > log.last || query.trimmed == Trimmed::Reload && (old || *number < oldest) {
        return Err(ServerError::CursorExpired(query.entity));
    }
    *number = oldest.max(*number);
    Ok(())
}

/// Delivers content after `at`; true if all of it is delivered.
fn load_on(
    sight: Sight<'_>,
    query: LogQuery<'_>,
    place: Place,
    Loading { from, until, at }: Loading<'_>,
    taking: &mut Taking<'_>,
) -> bool {
    let content = &sight.database.content;
    let (entity, table) = (content.schema.entity(query.entity), content.table(query.entity));
    let stream = table.stream(place);
    // A device that got its rows before the start reads the whole log, which has every changed row.
    // A load of superseded versions reads the log too.
    let from = if is_provisioned(until) { 0 } else { from };
    let reads_log =
        at.since.is_none() && (is_provisioned(until) || query.history.superseded != Superseded::Gone);
    let is_in_log = |slot| stream.is_some_and(|stream| stream.last_number(slot) > Some(from));
    let gone = |key| if is_provisioned(until) { None } else { table.find(key) };
    let comes_later =
        |slot: Option<Slot>, key| reads_log && slot.or_else(|| gone(key)).is_some_and(is_in_log);
    let partition = table.partition(entity, query.scope);
    let mut last = None;
    let changes = partition.into_iter().flat_map(|partition| since(partition, at));
    let mut changes = changes.take_while(|((stamp, _), _)| *stamp <= until).peekable();
    for (position, slot) in changes.by_ref() {
        last = Some(position.clone());
        if comes_later(slot, &position.1) {
            continue;
        }
        taking.scanned += 1;
        taking.take(table.change(position, slot));
        if taking.full {
            break;
        }
    }
    let done = changes.peek().is_none();
    if let Some((stamp, key)) = last {
        (at.stamp, at.key) = (stamp, Some(key));
    }
    done
}

/// Rows whose entry comes after `end`, in the order of their entries.
fn behind(table: &Table, place: Place, end: u64) -> Vec<Key> {
    let Some(stream) = table.stream(place) else { return Vec::new() };
    let entries = stream.numbered((Bound::Excluded(end), Bound::Unbounded));
    let here = entries.filter(|(_, entry, is_last)| *is_last && entry.fate == Fate::Here);
    here.map(|(_, entry, _)| table.record(entry.slot).key.clone()).collect()
}

/// Delivers the entries after `number` and up to `end`; returns true if there are more. Up to entry
/// `net`, only the last entry of each row is delivered. Each entry delivers its row as it is now.
fn read_on(
    table: &Table,
    place: Place,
    number: &mut u64,
    end: u64,
    net: u64,
    taking: &mut Taking<'_>,
) -> bool {
    let Some(stream) = table.stream(place).filter(|_| *number < end) else { return false };
    let mut entries = stream.numbered((Bound::Excluded(*number), Bound::Included(end)));
    while !taking.full {
        let Some((at, Entry { slot, .. }, is_last)) = entries.next() else { return false };
        taking.scanned += 1;
        *number = at;
        if is_last || at > net {
            taking.take(table.told(slot, table.fate(place, slot)));
        }
    }
    entries.any(|(at, _, is_last)| is_last || at > net)
}
