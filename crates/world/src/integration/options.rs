//! Options of the destination and of the workers.

use crate::backend::Availability;
use crate::base::{EntityId, Ppm, Span, word_enums};
use crate::gateway::Capture;

word_enums! {
    /// How a worker finds the record of a row in the destination.
    pub enum Ids {
        /// By its key in the source: a write with that key creates or updates it.
        #[default]
        External: "external",
        /// By its own id; the destination returns the id for a key of the source.
        Lookup: "lookup",
        /// Only by its own id; only the response to the create has that id.
        Own: "own",
    }

    /// When a worker records that a page is done.
    pub enum Remembers {
        /// After the destination has responded.
        #[default]
        AfterWrite: "after-write",
        /// As soon as the worker has read the page.
        BeforeWrite: "before-write",
    }

    /// Where the cursor is kept.
    pub enum CursorKept {
        /// In the integration's own database, for all workers.
        #[default]
        Integration: "integration",
        /// In each worker's memory.
        Memory: "memory",
        /// In the destination, in the transaction of the records, together with the ids that it
        /// assigned.
        Destination: "destination",
    }

    /// What happens to a record that the destination rejects.
    pub enum OnRejected {
        /// The worker retries the record in each round.
        #[default]
        Retry: "retry",
        /// The worker leaves the record out.
        Skip: "skip",
        /// The worker's round ends at the record.
        Stop: "stop",
    }
}

/// The write API of the other system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationOptions {
    /// How a worker finds a record again.
    pub ids: Ids,
    /// At most this many records in one call.
    pub batch: u32,
    /// Round-trip time of a call.
    pub rtt: Span,
    /// Service time of any call.
    pub fixed_cost: Span,
    /// Service time of each record.
    pub record_cost: Span,
    /// Share of calls that fail, half of them after they took effect.
    pub errors: Ppm,
    /// Share of the arriving records that are rejected, drawn at each arrival.
    pub rejects: Ppm,
    /// Share of the rows that are always rejected.
    pub poison: Ppm,
    /// True if a write with an older version than the last one is ignored.
    pub versions: bool,
    /// True if the destination has all rows at the start.
    pub loaded: bool,
    /// Outages, drawn from the seed; `None`: the destination is always up.
    pub availability: Option<Availability>,
}

/// Options of the copy from the backend to another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationOptions {
    /// The entities to copy, parents first.
    pub entities: Vec<EntityId>,
    /// How workers find changes.
    pub capture: Capture,
    /// The number of workers.
    pub workers: u32,
    /// Time between the starts of two rounds of a worker.
    pub every: Span,
    /// At most this many rows per read.
    pub page: u32,
    /// When a worker records that a page is done.
    pub remembers: Remembers,
    /// Where the cursor is kept.
    pub cursor: CursorKept,
    /// How long a worker claims the cursor before it reads; `None`: workers claim nothing.
    pub claim: Option<Span>,
    /// What happens to a record that the destination rejects.
    pub rejected: OnRejected,
    /// Time after which a worker gives up on a call.
    pub timeout: Span,
    /// How far the workers' clock is ahead.
    pub clock_ahead: Span,
    /// The share of passed crash points at which a worker is killed.
    pub killed: Ppm,
    /// Time until a killed worker is started again.
    pub restart_after: Span,
    /// The other system's write API.
    pub destination: DestinationOptions,
}

impl Default for DestinationOptions {
    fn default() -> DestinationOptions {
        DestinationOptions {
            ids: Ids::default(),
            batch: 100,
            rtt: Span::millis(40),
            fixed_cost: Span::millis(50),
            record_cost: Span::millis(5),
            errors: Ppm(0),
            rejects: Ppm(0),
            poison: Ppm(0),
            versions: false,
            loaded: false,
            availability: None,
        }
    }
}

impl Default for IntegrationOptions {
    fn default() -> IntegrationOptions {
        IntegrationOptions {
            entities: Vec::new(),
            capture: Capture::default(),
            workers: 1,
            every: Span::secs(60),
            page: 100,
            remembers: Remembers::default(),
            cursor: CursorKept::default(),
            claim: None,
            rejected: OnRejected::default(),
            timeout: Span::secs(30),
            clock_ahead: Span::ZERO,
            killed: Ppm(0),
            restart_after: Span::secs(20),
            destination: DestinationOptions::default(),
        }
    }
}

impl IntegrationOptions {
    /// True if the progress is kept in the source, as a flag on each row.
    pub fn is_stateless(&self) -> bool {
        self.capture.marks_source
    }
    /// True if a worker asks the destination for the id of a record before it writes the record.
    pub(crate) fn looks_up(&self) -> bool {
        match self.destination.ids {
            Ids::External => false,
            Ids::Lookup => true,
            Ids::Own => self.cursor == CursorKept::Destination,
        }
    }
}
