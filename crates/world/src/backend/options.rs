//! The options of a backend.

use super::quota::Quota;
use crate::base::{EntityId, Ppm, Span, Time, word_enums};

/// A backend's options; every figure is a key of the scenario file.
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
    /// Service time of any push request, in place of `fixed_cost`.
    pub write_fixed_cost: Span,
    /// Service time of each mutation.
    pub write_row_cost: Span,
    /// Coefficient of variation of the service time, in thousandths; 0 means constant. The
    /// distribution is log-normal about the mean that the costs give.
    pub service_cv_milli: u32,
    /// Office hours, in which everything takes longer.
    pub busy: Option<Busy>,
    /// Maximum number of requests that wait for a worker; further ones are refused.
    pub queue: Option<u32>,
    /// Limits per client.
    pub quota: Option<Quota>,
    /// At most this many rows per response.
    pub page_cap: u32,
    /// Requests that take longer get an error from the gateway.
    pub gateway_timeout: Span,
    /// Stamps are truncated to multiples of this.
    pub stamp_precision: Span,
    /// How commits within one `stamp_precision` interval get their stamps.
    pub ticks: Ticks,
    /// Change filters are rounded down to a multiple of this, so a reader receives some rows twice.
    pub filter_precision: Span,
    /// The order in which a response lists changes.
    pub sort: Sort,
    /// Whose clock stamps what devices write.
    pub stamped_by: StampedBy,
    /// The optimistic-concurrency check on updates and deletes.
    pub writes: Writes,
    /// Dates that differ by no more than this count as equal, where dates are compared.
    pub writes_grace: Span,
    /// No stamp is before an earlier one, whatever the clock does.
    pub monotonic: bool,
    /// Transactions that are stamped before they become visible.
    pub commit_delay: Option<CommitDelay>,
    /// Deltas are read from a replica that lags by this much.
    pub replica_lag: Span,
    /// The columns for syncing that its tables have.
    pub provisioning: Provisioning,
    /// True if a reader may request the changes of all owners, as a gateway's replica does.
    pub serves_all_owners: bool,
    /// Records the order in which versions become visible, for flags and for the change log.
    pub change_log: Option<LogOptions>,
    /// The schedule of the export files that the backend writes.
    pub files: Option<FileDrop>,
    /// Deleted rows are remembered for this long.
    pub tombstones_kept: Span,
    /// Intervals without any response, sorted and disjoint.
    pub down: Vec<(Time, Time)>,
    /// Random outages besides `down`: the share of time in which the backend is up.
    pub availability: Option<Availability>,
    /// Share of requests that fail at random, half of them after they took effect.
    pub errors: Ppm,
    /// For how long the backend recognises a repeated mutation.
    pub idempotency: Idempotency,
    /// Share of mutations that are deferred, drawn each time they arrive.
    pub deferred_share: Ppm,
    /// What becomes of copied columns when the row that they are copied from changes.
    pub copies: Copies,
    /// Lists a row that comes into a scope or leaves it though nobody wrote it as if it had changed
    /// then: a list of changes per scope.
    pub lists_moves: bool,
    /// Derived changes: what a commit of one entity changes in others.
    pub effects: Vec<Effect>,
    /// Creates and updates that are rejected permanently, in parts per million, chosen by the hash
    /// of their idempotency key.
    pub poison_ppm: u32,
    /// How a request with such a mutation is answered.
    pub poison_response: PoisonResponse,
    /// Whether a row must refer to rows that are there.
    pub foreign_keys: bool,
    /// Share of deletes that are rejected permanently, as if another row referred to theirs.
    pub refused_deletes: Ppm,
    /// The treatment of edits of rows that do not belong to their device.
    pub authorisation: Authorisation,
    /// The part of a request that is one transaction.
    pub commits: Commits,
}

/// For how long the verdict on a mutation is remembered by its idempotency key.
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
    /// Edits are deferred, drawn each time they arrive.
    Deferred,
    /// Deletes are rejected permanently, as if another row referred to theirs.
    Deletes,
}

/// An interval in which the backend does not accept a share of some edits, though it is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionWindow {
    /// Start.
    pub from: Time,
    /// End.
    pub until: Time,
    /// Share of the edits.
    pub share: Ppm,
    /// The edits affected.
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

/// Transactions that become visible later than they are stamped.
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
    /// Which changes arm flags.
    pub rearm: Rearm,
}

word_enums! {
    /// The order in which a response lists changes, whatever a reader asks for.
    pub enum Sort {
        /// By stamp and key, the oldest first.
        #[default]
        Stamp: "stamp",
        /// By stamp and key, the newest first.
        NewestFirst: "newest-first",
        /// By key, which is unrelated to the time.
        Key: "key",
        /// In an order that a reader cannot know.
        None: "none",
    }

    /// Which mutations of a request are committed as a whole or not at all.
    pub enum Commits {
        /// Each separately.
        #[default]
        Rows: "rows",
        /// Those of a row and of the rows that are part of it.
        Families: "families",
        /// All of them.
        Requests: "requests",
    }

    /// How the backend answers a request with a mutation that it can never commit.
    pub enum PoisonResponse {
        /// It refuses that mutation and says why.
        #[default]
        Refuse: "refuse",
        /// The whole request fails with a 500, each time, and the response does not say which
        /// mutation it was. Nothing of the request is committed.
        Fail: "fail",
    }

    /// What the backend does with an edit of a row outside its device's scope, or one that would
    /// create a row there.
    pub enum Authorisation {
        /// It ignores scopes.
        #[default]
        None: "none",
        /// It refuses the edit permanently, with the reason.
        Refuse: "refuse",
        /// It reports success and ignores the edit: the filter of a view, or of a row-level rule,
        /// leaves no row to write.
        Filter: "filter",
    }

    /// Stamps of commits within one tick.
    pub enum Ticks {
        /// Commits share its stamp until somebody has read it, and then get the next: a commit is
        /// visible at once, under a stamp that may be ahead of the clock.
        #[default]
        RunAhead: "run-ahead",
        /// Commits share its stamp, as in a table with a column of this precision. A reader
        /// that reads only completed ticks sees these commits after their tick.
        Shared: "shared",
    }

    /// Whose clock stamps what devices write.
    pub enum StampedBy {
        /// The backend's, at the commit.
        #[default]
        Backend: "backend",
        /// The device's, when the edit was made.
        Device: "device",
    }

    /// The optimistic-concurrency check on updates and deletes: what a mutation must carry.
    pub enum Writes {
        /// The version that it was made on: the row's version number, which does not depend on
        /// ticks.
        #[default]
        Checked: "checked",
        /// The date of that version, which is no finer than the backend's stamps.
        Dated: "dated",
        /// Nothing: the edit that arrives last stays.
        Blind: "blind",
        /// Its own date, which must be newer than that of the row, each by its author's clock.
        NewerDate: "newer-date",
    }

    /// What becomes of copied columns when the row that they are copied from changes.
    pub enum Copies {
        /// Their rows are written again, with a new stamp.
        #[default]
        Follow: "follow",
        /// They keep their first value.
        AsMade: "as-made",
        /// They change, and their rows keep their stamp, as in a view that joins the two: no date,
        /// log or flag says that the row is another's now.
        Unstamped: "unstamped",
    }

    /// When an entry gets its number.
    pub enum Numbered {
        /// When its transaction commits: the numbers are in the order in which readers see the
        /// entries.
        #[default]
        AtCommit: "at-commit",
        /// When the row is written: a transaction in progress leaves a gap, which is filled when it
        /// commits.
        AtWrite: "at-write",
    }

    /// Which changes set a row's flags to "not synced".
    pub enum Rearm {
        /// All.
        #[default]
        Always: "always",
        /// All except those of the office and of imports to existing rows: that path through the
        /// backend does not set flags.
        ForgetsOffice: "forgets-office",
    }
}

/// When the backend writes files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDrop {
    /// Interval between files, from time 0 on; greater than 0.
    pub every: Span,
    /// How long writing takes.
    pub takes: Span,
}

impl FileDrop {
    /// When the first file that starts after `at` is complete.
    pub(crate) fn complete_after(self, at: Time) -> Time {
        let every = self.every.0.max(1);
        Time((at.0 / every + 1).saturating_mul(every)) + self.takes
    }
}

/// An alternating renewal process: exponential up and down times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Share of time in which it is up; above 0.
    pub share: Ppm,
    /// Mean length of an outage. The mean time between them is this times share/(1 − share).
    pub mean_outage: Span,
}

/// A derived change that the backend makes itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Rows of `to` hold copies of columns of `from`. When a row of `from` changes, the rows of
    /// `to` that refer to it change too.
    Fold {
        /// The entity that is copied from, such as patient.
        from: EntityId,
        /// The entity that holds copies, such as appointment.
        to: EntityId,
        /// The column of `to` that holds the key of the row of `from`.
        via: usize,
        /// Pairs of columns: of `from`, of `to`.
        columns: Vec<(usize, usize)>,
    },
    /// Rows of `to` count rows of `of`: inserting or deleting a row of `of` changes the counter of
    /// the row of `to` that it belongs to.
    Count {
        /// The entity that is counted, such as appointment.
        of: EntityId,
        /// The entity that holds the counter, such as doctor_day.
        to: EntityId,
        /// Pairs of columns that must be equal: of `of`, of `to`. A timestamp is compared by its
        /// day when `by_day` names it.
        on: Vec<(usize, usize)>,
        /// The position in `on` that is compared by day (UTC days shifted by `day_offset`).
        by_day: Option<usize>,
        /// Added to a timestamp before its day is taken.
        day_offset: Span,
        /// The counter's column in `to`.
        counter: usize,
        /// Added for each inserted row, subtracted for each deleted one.
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
    /// Which columns for syncing a backend keeps.
    pub enum Provisioning {
        /// A stamp of the last change, a soft-delete flag, and a note of the scope that a row left.
        #[default]
        Full: "full",
        /// A stamp of the last change; rows are deleted physically.
        StampsOnly: "stamps-only",
        /// A soft-delete flag and no stamp.
        SoftDeleteOnly: "soft-delete-only",
        /// Stamps of creation, change and deletion. A row that moves to another scope leaves no
        /// trace in the old one.
        ThreeStamps: "three-stamps",
        /// Nothing: rows are deleted physically, and readers can only ask for all rows.
        Nothing: "none",
        /// A stamp of the last change and a soft-delete flag, as the vendor defined them. Nobody
        /// can add a column, so nothing can be marked, and a row that moves to another scope leaves
        /// no trace in the old one.
        ReadOnlySchema: "read-only-schema",
    }
}

impl Provisioning {
    /// True if changes can be selected by their time.
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
