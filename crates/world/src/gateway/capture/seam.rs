//! The interface of strategies: readers, requests, pages, and the cost of the work.

use std::ops::ControlFlow;

use crate::backend::{Backend, Change, Consumer, Scope, Upto};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{CarriedRows, Event, Schema, ServerError};
use crate::protocol::Part;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'q> {
    /// A device with these attributes.
    Device(DeviceId, &'q [Value]),
    /// The gateway's replica, which holds the rows of all devices.
    Replica,
    /// A worker that transfers the rows of all devices to another system.
    Worker,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'q> {
    pub(crate) reader: Reader<'q>,
    pub(crate) entity: EntityId,
    /// The reader's cursor; `None` begins a first load.
    pub(crate) cursor: Option<&'q str>,
    pub(crate) limit: usize,
    /// The reader's own clock at the request.
    pub(crate) clock: Stamp,
    /// The reader's local time, as if it were UTC.
    pub(crate) local: Stamp,
    /// The pull of this page: (unit, number of its run).
    pub(crate) pull: (UnitId, u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Captured {
    pub(crate) delivered: u64,
    pub(crate) cursor: String,
    pub(crate) more: bool,
    /// Rows that a load lacks, because their latest versions become visible later.
    pub(crate) withheld: Vec<Key>,
    pub(crate) effort: Effort,
}

/// The work to find changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Rows that the backend read.
    pub(crate) scanned: u64,
    /// Rows written in the source: flags, claims.
    pub(crate) writes: u64,
    pub(crate) written: u64,
    /// Rows that the gateway itself handled: rows compared, found again, delivered again, or held
    /// back.
    pub(crate) handled: u64,
    /// Bytes hashed by the gateway.
    pub(crate) hashed: u64,
    /// Rows delivered, by kind: created, updated, deleted.
    pub(crate) kinds: [u64; 3],
}

/// Takes a page's changes, one by one. With a `Part`, a device needs only the columns of that part.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Change<'_>, Option<Part>) -> ControlFlow<()>;

/// A page or an error. [`ServerError::CursorExpired`]: the strategy did not make the cursor, or can
/// no longer serve it. Other errors come from the backend.
pub(crate) type Paged = Result<Captured, ServerError>;

pub(crate) trait Strategy {
    /// Gives the next page of changes to `take`. `take` breaks after the last change that it wants.
    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged;

    /// Takes the cursor as the receipt for its page, and gives no new page. Returns the number of
    /// rows written in the source for that.
    fn received(&mut self, _backend: &mut Backend, _now: Time, _ask: Ask<'_>) -> Result<u64, ServerError> {
        Ok(0)
    }

    /// Notes that the reader could not apply this row of the last page. True if the row stays
    /// marked as not synced, so that a later pull brings it again.
    fn rejected(&mut self, _backend: &mut Backend, _reader: Reader<'_>, _of: (EntityId, &Key)) -> bool {
        false
    }

    /// Called when the response with the latest pages has left (true) or was discarded (false).
    fn answered(&mut self, _backend: &mut Backend, _now: Time, _leaves: bool) {}

    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`.
    fn cursor_at(&self, _entity: EntityId, stamp: Stamp) -> String {
        Cursor::At(stamp).write()
    }

    /// Bytes that the gateway keeps for the strategy between requests.
    fn state(&self) -> u64 {
        0
    }

    /// The time of the strategy's oldest file; 0 if a file was never complete. `None`: it reads no
    /// files.
    fn files_as_of(&self) -> Option<Time> {
        None
    }

    /// Reads the current files, if the strategy works from files.
    fn fetch_files(&mut self, _backend: &mut Backend, _now: Time) {}

    /// The start of the first load to which this cursor belongs; `None`: it belongs to no first
    /// load.
    fn loads_since(&self, _cursor: &str) -> Option<Stamp> {
        None
    }

    /// True if the strategy reads the source in several pages, and brings rows only with the last
    /// one.
    fn reads_in_pages(&self) -> bool {
        false
    }

    /// `Some` if a first load brings live rows only: the replica then forgets older tombstones.
    /// `None` if the load or a later page reports the rows that are gone.
    fn loads_up_to(&self) -> Option<Upto> {
        None
    }

    /// Notes that a reader wrote this row or got it in a response. It may now hold another version.
    fn touched(&mut self, _now: Time, _reader: Reader<'_>, _entity: EntityId, _key: &Key) {}

    /// Notes that a reader begins with these rows, and with the cursor of `stamp` in each entity.
    fn begin_with(
        &mut self,
        _schema: &Schema,
        _reader: Reader<'_>,
        _stamp: Stamp,
        _rows: &mut CarriedRows<'_>,
    ) {
    }

    /// Notes that the strategy was restored from a backup. Devices continued in the meantime.
    fn put_back(&mut self) {}

    fn copy(&self) -> Box<dyn Strategy>;

    /// Forgets all state outside the strategy's database, because the process died.
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

    /// CPU time of the gateway.
    pub(crate) fn cpu(self) -> Span {
        ROW * (self.scanned + self.handled) + HASHED * self.hashed
    }

    pub(crate) fn event(self, state: u64) -> Event<'static> {
        let Effort { writes, written, handled, kinds, .. } = self;
        Event::Captured { writes, written, handled, cpu: self.cpu(), state, kinds }
    }
}

/// CPU time of the gateway per row that it reads, remembers or passes on. SQLite on the same
/// machine inserts a million rows per second (`cargo bench --bench store`).
const ROW: Span = Span::micros(1);
/// CPU time per byte to write a row in canonical form and hash it, rounded up. For a row of 120
/// bytes, 46 ns were measured (`cargo bench --bench capture`).
const HASHED: Span = Span::nanos(1);

/// The cursor of a reader whose rows the gateway tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// The reader began with everything up to this stamp. Written `@stamp`.
    At(Stamp),
    /// The reader has committed the page with this number.
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

    pub(crate) fn scope(self) -> Scope<'q> {
        if let Reader::Device(_, attributes) = self { Scope::Of(attributes) } else { Scope::Whole }
    }
}
