//! The options of a backend.

use super::quota::Quota;
use crate::base::{EntityId, Ppm, Span, Time, word_enums};

/// A backend's options. Every number is a key of the scenario file.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendOptions {
    /// Requests served at the same time.
    pub workers: u32,
    /// Service time of any request.
    pub fixed_cost: Span,
    /// Service time of each row scanned.
    pub scan_cost: Span,
    /// Service time of each row delivered.
    pub row_cost: Span,
    /// Service time of any push request; replaces `fixed_cost`.
    pub write_fixed_cost: Span,
    /// Service time of each mutation.
    pub write_row_cost: Span,
    /// Coefficient of variation of the service time, in thousandths; 0 means constant. The
    /// distribution is log-normal. Its mean is the sum of the costs.
    pub service_cv_milli: u32,
    /// Office hours, in which every request takes longer.
    pub busy: Option<Busy>,
    /// The maximum number of requests that wait for a worker. Further requests are refused. `None`:
    /// no limit.
    pub queue: Option<u32>,
    /// Limits per client.
    pub quota: Option<Quota>,
    /// At most this many rows per response.
    pub page_cap: u32,
    /// If a request takes longer than this, the gateway gives up on it and reports an error.
    pub gateway_timeout: Span,
    /// Stamps are truncated to multiples of this.
    pub stamp_precision: Span,
    /// How commits within one `stamp_precision` interval get their stamps.
    pub ticks: Ticks,
    /// A reader's change filter is rounded down to a multiple of this, so the reader receives some
    /// rows twice.
    pub filter_precision: Span,
    /// The order in which a response lists changes.
    pub sort: Sort,
    /// The clock that stamps devices' writes.
    pub stamped_by: StampedBy,
    /// The optimistic-concurrency check on updates and deletes.
    pub writes: Writes,
    /// Dates count as equal if they differ by at most this.
    pub writes_grace: Span,
    /// True if stamps never go back, even if the clock does.
    pub monotonic: bool,
    /// Transactions that get their stamp before they become visible.
    pub commit_delay: Option<CommitDelay>,
    /// Readers of deltas (changes since a cursor) see a replica that lags by this much.
    pub replica_lag: Span,
    /// The columns for syncing that the backend's tables have.
    pub provisioning: Provisioning,
    /// True if a reader may request the changes of all owners, as a gateway's replica does.
    pub serves_all_owners: bool,
    /// Options of the change log, which lists versions in the order in which they become visible.
    /// Flags use it too.
    pub change_log: Option<LogOptions>,
    /// The schedule of the export files that the backend writes.
    pub files: Option<FileDrop>,
    /// Deleted rows are remembered for this long.
    pub tombstones_kept: Span,
    /// Intervals without any response; sorted and disjoint.
    pub down: Vec<(Time, Time)>,
    /// Random outages in addition to `down`: the share of time in which the backend is up.
    pub availability: Option<Availability>,
    /// Share of requests that fail at random. Half of them take effect before they fail.
    pub errors: Ppm,
    /// How long the backend recognises a repeated mutation.
    pub idempotency: Idempotency,
    /// Share of mutations that are deferred. Drawn at each arrival.
    pub deferred_share: Ppm,
    /// The effect of a row's change on the columns that are copied from it.
    pub copies: Copies,
    /// True if the backend lists a row as changed when the row enters or leaves a scope without a
    /// write. Each scope has its own list.
    pub lists_moves: bool,
    /// Derived changes: the effects of a commit on other entities.
    pub effects: Vec<Effect>,
    /// Share of creates and updates that are rejected permanently, in parts per million. The hash
    /// of the idempotency key decides.
    pub poison_ppm: u32,
    /// The response to a request with a mutation that is rejected permanently.
    pub poison_response: PoisonResponse,
    /// True if a row may refer only to rows that exist.
    pub foreign_keys: bool,
    /// Share of deletes that are rejected permanently, as if another row referred to the row.
    pub refused_deletes: Ppm,
    /// The treatment of an edit of a row that does not belong to the device.
    pub authorisation: Authorisation,
    /// The part of a request that is one transaction.
    pub commits: Commits,
}

/// How long the backend remembers the verdict on a mutation, by the idempotency key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idempotency {
    /// Forever.
    #[default]
    Forever,
    /// For this long after the verdict.
    For(Span),
    /// The backend accepts no keys: a repeated mutation counts as a new one.
    None,
}

impl Idempotency {
    /// True if a verdict given at `then` is remembered at `now`.
    pub(crate) fn remembers(self, then: Time, now: Time) -> bool {
        match self {
            Idempotency::Forever => true,
            Idempotency::For(kept) => now < then + kept,
            Idempotency::None => false,
        }
    }
}

/// The edits that the backend does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectedEdits {
    /// Edits are deferred. Drawn at each arrival.
    Deferred,
    /// Deletes are rejected permanently, as if another row referred to the deleted row.
    Deletes,
}

/// An interval in which the backend is up but refuses a share of some edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionWindow {
    /// Start of the interval.
    pub from: Time,
    /// End of the interval.
    pub until: Time,
    /// Share of the edits.
    pub share: Ppm,
    /// The kind of edits.
    pub edits: RejectedEdits,
}

/// Hours in which every request takes longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The hours, sorted and disjoint.
    pub hours: Vec<(Time, Time)>,
    /// Factor on service times, in thousandths.
    pub factor_milli: u32,
}

/// Transactions that become visible later than their stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitDelay {
    /// Share of the transactions.
    pub share: Ppm,
    /// The delay is uniform between 0 and this.
    pub upto: Span,
}

/// The options of a change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Entries are kept for this long.
    pub kept: Span,
    /// When an entry gets its number.
    pub numbered: Numbered,
    /// The changes that arm flags.
    pub rearm: Rearm,
}

word_enums! {
    /// The order in which a response lists changes, even if a reader asks for another.
    pub enum Sort {
        /// By stamp and key, the oldest first.
        #[default]
        Stamp: "stamp",
        /// By stamp and key, the newest first.
        NewestFirst: "newest-first",
        /// By key, which has nothing to do with the time.
        Key: "key",
        /// In an order that no reader can predict.
        None: "none",
    }

    /// Which mutations of a request are one transaction: all of them are committed, or none.
    pub enum Commits {
        /// Each mutation is its own transaction.
        #[default]
        Rows: "rows",
        /// The mutations of a row and of the rows that are part of it.
        Families: "families",
        /// All mutations of the request.
        Requests: "requests",
    }

    /// The response to a request with a mutation that the backend can never commit.
    pub enum PoisonResponse {
        /// The backend refuses that mutation and gives the reason.
        #[default]
        Refuse: "refuse",
        /// The whole request fails with a 500, each time. The response does not say which mutation
        /// is the cause. Nothing of the request is committed.
        Fail: "fail",
    }

    /// The treatment of an edit of a row outside the device's scope, or a create of such a row.
    pub enum Authorisation {
        /// The backend ignores scopes.
        #[default]
        None: "none",
        /// The backend refuses the edit permanently and gives the reason.
        Refuse: "refuse",
        /// The backend reports success and ignores the edit. This is like a view's filter or a
        /// row-level rule that leaves no row to write.
        Filter: "filter",
    }

    /// Stamps of commits within one tick (an interval of the stamp precision).
    pub enum Ticks {
        /// Commits share the tick's stamp until a reader has read it. Later commits get the next
        /// stamp. A commit is visible at once; its stamp may be ahead of the clock.
        #[default]
        RunAhead: "run-ahead",
        /// Commits share the tick's stamp, as in a table with a column of this precision. A reader
        /// that reads only completed ticks sees these commits after their tick.
        Shared: "shared",
    }

    /// The clock that stamps devices' writes.
    pub enum StampedBy {
        /// The backend's clock, at the commit.
        #[default]
        Backend: "backend",
        /// The device's clock, when the person made the edit.
        Device: "device",
    }

    /// The optimistic-concurrency check on updates and deletes: the value of the mutation that the
    /// backend compares.
    pub enum Writes {
        /// The base version: the row's version number when the edit was made. It does not depend on
        /// the precision of stamps.
        #[default]
        Checked: "checked",
        /// The stamp of the base version, in the precision of the backend's stamps.
        Dated: "dated",
        /// Nothing: the edit that arrives last wins.
        Blind: "blind",
        /// The date of the edit, by its author's clock. It must be newer than the row's date.
        NewerDate: "newer-date",
    }

    /// The effect of a row's change on the columns that are copied from it.
    pub enum Copies {
        /// The backend writes the rows with the copies again, with a new stamp.
        #[default]
        Follow: "follow",
        /// The copies keep their first value.
        AsMade: "as-made",
        /// The copies change but their rows keep the stamp, as in a view that joins the two. No
        /// date, log or flag shows the change.
        Unstamped: "unstamped",
    }

    /// The time when a log entry gets its number.
    pub enum Numbered {
        /// When its transaction commits. Then readers see the entries in the order of numbers.
        #[default]
        AtCommit: "at-commit",
        /// When the row is written. A transaction in progress leaves a gap in the numbers; its
        /// commit fills the gap.
        AtWrite: "at-write",
    }

    /// The changes that set a row's flags to "not synced".
    pub enum Rearm {
        /// All changes.
        #[default]
        Always: "always",
        /// All changes, except changes that the office or an import makes to existing rows.
        ForgetsOffice: "forgets-office",
    }
}

/// The schedule of export files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDrop {
    /// Interval between files, counted from time 0; must be above 0.
    pub every: Span,
    /// The time to write a file.
    pub takes: Span,
}

impl FileDrop {
    /// The time when the first file that starts after `at` is complete.
    pub(crate) fn complete_after(self, at: Time) -> Time {
        let every = self.every.0.max(1);
        Time((at.0 / every + 1).saturating_mul(every)) + self.takes
    }
}

/// A model of random outages: up times and down times alternate, and both are exponential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Share of the time in which the system is up; must be above 0.
    pub share: Ppm,
    /// Mean length of an outage. Mean time between outages: this times share/(1 − share).
    pub mean_outage: Span,
}

/// A change that the backend derives from another.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Rows of `to` hold copies of columns of `from`. If a row of `from` changes, the rows of `to`
    /// that refer to it change too.
    Fold {
        /// The entity with the original columns, such as patient.
        from: EntityId,
        /// The entity with the copies, such as appointment.
        to: EntityId,
        /// The column of `to` that holds the key of the row of `from`.
        via: usize,
        /// Pairs of columns (of `from`, of `to`).
        columns: Vec<(usize, usize)>,
    },
    /// Rows of `to` count rows of `of`. An insert or delete of a row of `of` changes the counter in
    /// its row of `to`.
    Count {
        /// The counted entity, such as appointment.
        of: EntityId,
        /// The entity with the counter, such as doctor_day.
        to: EntityId,
        /// Pairs of columns (of `of`, of `to`) that must be equal. For the pair `by_day`, only the
        /// day of the timestamps must be equal.
        on: Vec<(usize, usize)>,
        /// The index in `on` of the pair compared by UTC day (shifted by `day_offset`).
        by_day: Option<usize>,
        /// This is added to a timestamp before its day is computed.
        day_offset: Span,
        /// The counter's column in `to`.
        counter: usize,
        /// Each inserted row adds this; each deleted row subtracts it.
        step: i64,
    },
}

impl Default for BackendOptions {
    fn default() -> BackendOptions {
        BackendOptions {
            workers: 8,
            fixed_cost: Span::millis(15),
            scan_cost: Span::micros(5),
            row_cost: Span::micros(35),
            write_fixed_cost: Span::millis(20),
            write_row_cost: Span::millis(1),
            service_cv_milli: 500,
            busy: None,
            queue: None,
            quota: None,
            page_cap: 1_000,
            gateway_timeout: Span::secs(30),
            stamp_precision: Span::millis(1),
            ticks: Ticks::default(),
            filter_precision: Span::micros(1),
            sort: Sort::default(),
            stamped_by: StampedBy::default(),
            writes: Writes::default(),
            writes_grace: Span::ZERO,
            monotonic: true,
            commit_delay: None,
            replica_lag: Span::ZERO,
            provisioning: Provisioning::default(),
            serves_all_owners: false,
            change_log: None,
            files: None,
            tombstones_kept: Span::secs(30 * 86_400),
            down: Vec::new(),
            availability: None,
            errors: Ppm(0),
            idempotency: Idempotency::default(),
            deferred_share: Ppm(0),
            copies: Copies::default(),
            lists_moves: false,
            effects: Vec::new(),
            poison_ppm: 0,
            poison_response: PoisonResponse::default(),
            foreign_keys: true,
            refused_deletes: Ppm(0),
            authorisation: Authorisation::default(),
            commits: Commits::default(),
        }
    }
}

word_enums! {
    derive (Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// The columns for syncing that a backend has.
    pub enum Provisioning {
        /// A stamp of the last change, a soft-delete flag, and a note of the scope that a row left.
        #[default]
        Full: "full",
        /// A stamp of the last change. Deletes remove rows physically.
        StampsOnly: "stamps-only",
        /// A soft-delete flag, but no stamp.
        SoftDeleteOnly: "soft-delete-only",
        /// Stamps of creation, change and deletion. A row that moves to another scope leaves no
        /// trace in the old scope.
        ThreeStamps: "three-stamps",
        /// No columns. Deletes remove rows physically, and readers can only ask for all rows.
        Nothing: "none",
        /// A stamp of the last change and a soft-delete flag, as the vendor defined them. The
        /// schema cannot get more columns, so flags and marks are impossible. A row that moves to
        /// another scope leaves no trace in the old scope.
        ReadOnlySchema: "read-only-schema",
    }
}

impl Provisioning {
    /// True if readers can select changes by time.
    pub(crate) fn has_stamps(self) -> bool {
        !matches!(self, Provisioning::SoftDeleteOnly | Provisioning::Nothing)
    }

    /// True if a deleted row leaves a trace.
    pub(crate) fn tracks_deletes(self) -> bool {
        !matches!(self, Provisioning::StampsOnly | Provisioning::Nothing)
    }

    /// True if a moved row leaves a trace in its former place.
    pub(crate) fn tracks_scope_moves(self) -> bool {
        self == Provisioning::Full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_at_a_file_start_is_in_the_next_file() {
        let drop = FileDrop { every: Span(20), takes: Span(15) };
        for (at, complete) in [(0, 35), (19, 35), (20, 55), (110, 135)] {
            assert_eq!(drop.complete_after(Time(at)), Time(complete));
        }
    }
}
