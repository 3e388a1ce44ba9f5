//! The seam: who asks, what a strategy answers, what it took.

use std::ops::ControlFlow;

use crate::backend::{Backend, Change, Consumer, Scope, Upto};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{CarriedRows, Event, Schema, ServerError};
use crate::protocol::Part;

#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) enum Reader<'q> {
    /// A device with these attributes.
    Device(DeviceId, &'q [Value]),
    /// The gateway's replica, which holds everybody's rows.
    Replica,
    /// A worker that carries everybody's rows to another system.
    Worker,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) struct Ask<'q> {
    pub(in crate::gateway) reader: Reader<'q>,
    pub(in crate::gateway) entity: EntityId,
    /// The reader's cursor; `None` begins a first load.
    pub(in crate::gateway) cursor: Option<&'q str>,
    pub(in crate::gateway) limit: usize,
    /// The reader's own clock when it asked.
    pub(in crate::gateway) clock: Stamp,
    /// The local time that people see there, as if it were UTC.
    pub(in crate::gateway) local: Stamp,
    /// Which pull this is a page of: the unit, and the number of its run.
    pub(in crate::gateway) pull: (UnitId, u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) struct Captured {
    pub(in crate::gateway) delivered: u64,
    pub(in crate::gateway) cursor: String,
    pub(in crate::gateway) more: bool,
    /// Rows of which a load has not told, as their latest versions come later.
    pub(in crate::gateway) withheld: Vec<Key>,
    pub(in crate::gateway) effort: Effort,
}

/// What finding changes takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Effort {
    /// Rows that the backend looked at.
    pub(crate) scanned: u64,
    /// Rows written in the source: flags, claims.
    pub(crate) writes: u64,
    pub(crate) written: u64,
    /// Rows that the gateway looked at itself: compared, found again, delivered again, held back.
    pub(crate) handled: u64,
    /// Bytes hashed by the gateway.
    pub(crate) hashed: u64,
    /// Rows of each kind that were delivered: created, updated, deleted.
    pub(crate) kinds: [u64; 3],
}

/// Takes a page's changes; with a part, those columns suffice for a device.
pub(in crate::gateway) type Take<'t> = &'t mut dyn FnMut(Change<'_>, Option<Part>) -> ControlFlow<()>;

/// A page, or why there is none: [`ServerError::CursorExpired`] for a cursor that a strategy did
/// not make or can no longer serve, and what the backend says.
pub(in crate::gateway) type Paged = Result<Captured, ServerError>;

pub(in crate::gateway) trait Strategy {
    /// Gives the next page of changes to `take`, which breaks after the last that it wants.
    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged;

    /// The reader says by a cursor that it has the page of it, and asks for none. Gives the rows
    /// that were written in the source for that.
    fn received(&mut self, _backend: &mut Backend, _now: Time, _ask: Ask<'_>) -> Result<u64, ServerError> {
        Ok(0)
    }

    /// The reader of the last page could not take this row of it. True if the row stays marked as
    /// not synced for that, and comes again in a later pull.
    fn rejected(&mut self, _backend: &mut Backend, _reader: Reader<'_>, _of: (EntityId, &Key)) -> bool {
        false
    }

    /// The answer with the pages since the last call leaves, or it does not.
    fn answered(&mut self, _backend: &mut Backend, _now: Time, _leaves: bool) {}

    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String;

    /// What the gateway keeps for it between requests, bytes.
    fn state(&self) -> u64 {
        0
    }

    /// Whether it tells of a deletion that left no trace.
    fn finds_absence(&self) -> bool {
        false
    }

    /// Of when the oldest of its files is, if it works from files; 0 where one was never complete.
    fn files_as_of(&self) -> Option<Time> {
        None
    }

    /// Reads the files that are there, if it works from files.
    fn fetch_files(&mut self, _backend: &mut Backend, _now: Time) {}

    /// When the first load began within which this cursor is, if it is within one.
    fn loads_since(&self, _cursor: &str) -> Option<Stamp> {
        None
    }

    /// Whether a pull that ends with a page that failed brought nothing.
    fn reads_in_pages(&self) -> bool {
        false
    }

    /// `Some` if a first load brings live rows alone: the replica forgets tombstones up to this
    /// then.
    /// `None` if the load itself, or a later page, tells what is gone.
    fn loads_up_to(&self) -> Option<Upto> {
        None
    }

    /// A reader has written a row, or was told of it in answer: it may hold something else now.
    fn touched(&mut self, _now: Time, _reader: Reader<'_>, _entity: EntityId, _key: &Key) {}

    /// A reader begins with these rows, in each entity with the cursor of `stamp`.
    fn begin_with(
        &mut self,
        _schema: &Schema,
        _reader: Reader<'_>,
        _stamp: Stamp,
        _rows: &mut CarriedRows<'_>,
    ) {
    }

    /// It is as a backup had it, and knows that; devices went on meanwhile.
    fn put_back(&mut self) {}

    fn copy(&self) -> Box<dyn Strategy>;

    /// The process died: what is not in its database is gone.
    fn forget(&mut self) {}
}

impl Effort {
    pub(crate) fn plus(self, other: Effort) -> Effort {
        Effort {
            scanned: self.scanned + other.scanned,
            writes: self.writes + other.writes,
            written: self.written + other.written,
            handled: self.handled + other.handled,
            hashed: self.hashed + other.hashed,
            kinds: std::array::from_fn(|kind| self.kinds[kind] + other.kinds[kind]),
        }
    }

    /// Processor time of the gateway.
    pub(crate) fn cpu(self) -> Span {
        ROW * (self.scanned + self.handled) + HASHED * self.hashed
    }

    pub(in crate::gateway) fn event(self, state: u64) -> Event<'static> {
        let Effort { writes, written, handled, kinds, .. } = self;
        Event::Captured { writes, written, handled, cpu: self.cpu(), state, kinds }
    }
}

/// Processor time of the gateway for a row that it reads, keeps in mind or passes on: the store of
/// the same machine takes in a million rows a second (`cargo bench --bench store`).
const ROW: Span = Span::micros(1);
/// Processor time to write a row in its canonical form and hash it, a byte: a row of 120 bytes
/// takes 46 ns (`cargo bench --bench capture`), rounded up.
const HASHED: Span = Span::nanos(1);

/// The cursor of a reader of which the gateway keeps what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// It came with everything up to this stamp: `@stamp`.
    At(Stamp),
    /// It has committed the page of this number.
    Page(u64),
}

impl Cursor {
    pub(super) fn read(text: &str) -> Option<Cursor> {
        match text.strip_prefix('@') {
            Some(stamp) => Some(Cursor::At(Stamp(stamp.parse().ok()?))),
            None => Some(Cursor::Page(text.parse().ok()?)),
        }
    }

    pub(super) fn write(self) -> String {
        match self {
            Cursor::At(Stamp(stamp)) => format!("@{stamp}"),
            Cursor::Page(number) => number.to_string(),
        }
    }
}

impl<'q> Reader<'q> {
    pub(super) fn name(self) -> Consumer {
        match self {
            Reader::Device(device, _) => Consumer::Device(device),
            Reader::Replica => Consumer::Replica,
            Reader::Worker => Consumer::Workers,
        }
    }

    pub(in crate::gateway) fn scope(self) -> Scope<'q> {
        match self {
            Reader::Device(_, attributes) => Scope::Of(attributes),
            Reader::Replica | Reader::Worker => Scope::Whole,
        }
    }
}
