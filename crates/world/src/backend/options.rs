//! What a backend can be told to be.

use super::provisioning::Provisioning;
use super::quota::Quota;
use crate::base::{EntityId, Ppm, Span, Time, word_enums};

/// A backend's options; every figure is a key of the scenario file.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendOptions {
    /// Requests served at the same time.
    pub workers: u32,
    /// Service time of any request.
    pub fixed_cost: Span,
    /// Service time of each row looked at.
    pub scan_cost: Span,
    /// Service time of each row delivered.
    pub row_cost: Span,
    /// Service time of any push request, in place of `fixed_cost`.
    pub write_fixed_cost: Span,
    /// Service time of each mutation.
    pub write_row_cost: Span,
    /// Coefficient of variation of the service time, log-normal about the mean that the costs give,
    /// in thousandths; 0 is exact.
    pub service_cv_milli: u32,
    /// Office hours, in which everything takes longer.
    pub busy: Option<Busy>,
    /// Requests that may wait for a worker; those that come then are refused.
    pub queue: Option<u32>,
    /// What a client may ask for.
    pub quota: Option<Quota>,
    /// At most this many rows in one answer.
    pub page_cap: u32,
    /// Requests that take longer than this are answered with an error by the gateway.
    pub gateway_timeout: Span,
    /// Stamps are cut to multiples of this.
    pub stamp_precision: Span,
    /// What becomes of commits within one such multiple.
    pub ticks: Ticks,
    /// A reader can only ask for changes since a multiple of this; what it has read already comes
    /// again.
    pub filter_precision: Span,
    /// The order in which a response lists changes.
    pub sort: Sort,
    /// Whose clock stamps what devices write.
    pub stamped_by: StampedBy,
    /// What a mutation of a row that is there must show.
    pub writes: Writes,
    /// Dates that are no further apart count as one, where dates are compared.
    pub writes_grace: Span,
    /// No stamp lies before one that was given before, whatever the clock does.
    pub monotonic: bool,
    /// Transactions that are stamped before they are visible.
    pub commit_delay: Option<CommitDelay>,
    /// Deltas are read from a replica that is this far behind.
    pub replica_lag: Span,
    /// Which columns for syncing it keeps.
    pub provisioning: Provisioning,
    /// It can be asked for the changes of all rows, of all owners: somebody keeps a copy.
    pub whole: bool,
    /// It keeps the order in which versions become visible: for flags and for the log of changes.
    pub log: Option<LogOptions>,
    /// Files of its entities that it writes.
    pub files: Option<FileDrop>,
    /// Deleted rows are remembered for this long.
    pub tombstones_kept: Span,
    /// Times during which the backend answers nothing, sorted and apart.
    pub down: Vec<(Time, Time)>,
    /// Failures besides those: the share of time in which it is up.
    pub availability: Option<Availability>,
    /// Share of requests that fail by accident, half of them after they took effect.
    pub errors: Ppm,
    /// For how long it knows a mutation again.
    pub idempotency: Idempotency,
    /// Share of mutations that are put off, each time they come.
    pub partial: Ppm,
    /// What a commit of one entity changes in others.
    pub effects: Vec<Effect>,
    /// Mutations of these rows are refused for good: a share in parts per million of creates and
    /// updates, by the hash of their idempotency key.
    pub poison_ppm: u32,
    /// Share of deletes that are refused for good, as if something else referred to their rows.
    pub refused_deletes: Ppm,
    /// What becomes of edits of rows that are not their device's.
    pub authorisation: Authorisation,
    /// What of a request is one transaction.
    pub commits: Commits,
}

/// For how long the verdict on a mutation is remembered by its idempotency key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idempotency {
    /// For ever.
    #[default]
    Forever,
    /// For so long since it was given.
    For(Span),
    /// It takes no keys: what comes again is another mutation.
    None,
}

impl Idempotency {
    /// Whether a verdict that was given at `then` is remembered at `now`.
    pub(crate) fn remembers(self, then: Time, now: Time) -> bool {
        match self {
            Idempotency::Forever => true,
            Idempotency::For(kept) => now < then + kept,
            Idempotency::None => false,
        }
    }
}

/// Which edits are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindered {
    /// Edits are put off, each time they come.
    PutOff,
    /// Deletes are refused for good, as if something else referred to their rows.
    Deletes,
}

/// A time in which the backend does not take a share of some edits, though it is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// It begins.
    pub from: Time,
    /// It ends.
    pub until: Time,
    /// Of the edits.
    pub share: Ppm,
    /// What is not taken.
    pub what: Hindered,
}

/// Times in which every request takes longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The times, sorted and apart.
    pub hours: Vec<(Time, Time)>,
    /// By what, in thousandths.
    pub factor_milli: u32,
}

/// Transactions that are stamped first and visible later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitDelay {
    /// Share of the transactions.
    pub share: Ppm,
    /// The delay is uniform between nothing and this.
    pub upto: Span,
}

/// What a change log can be told to be.
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
        /// By key, which says nothing of the time.
        Key: "key",
        /// In an order that a reader cannot know.
        None: "none",
    }

    /// Which mutations of a request are committed all or none.
    pub enum Commits {
        /// Each by itself.
        #[default]
        Rows: "rows",
        /// Those of a row and of the rows that are part of it.
        Families: "families",
        /// All of them.
        Requests: "requests",
    }

    /// What becomes of an edit of a row that is out of its device's scope, or that would make one
    /// there.
    pub enum Authorisation {
        /// Whose the row is does not matter.
        #[default]
        None: "none",
        /// It is refused for good, with the reason.
        Refuse: "refuse",
        /// It is answered as if it was committed, and nothing is: the filter of a view, or of a
        /// row-level rule, leaves no row to write.
        Filter: "filter",
    }

    /// What becomes of commits within one tick of the stamps.
    pub enum Ticks {
        /// They share its stamp until somebody has read it, then the next: what is committed can be
        /// seen at once, under a stamp that may be ahead of the clock.
        #[default]
        RunAhead: "run-ahead",
        /// They share its stamp, as in a table with a column of this precision. Readers who stay
        /// behind what is settled see them when it is over.
        Shared: "shared",
    }

    /// Whose clock stamps what devices write.
    pub enum StampedBy {
        /// The backend's, as it commits.
        #[default]
        Backend: "backend",
        /// The device's, as the edit was made.
        Device: "device",
    }

    /// What a mutation of a row that is there must show.
    pub enum Writes {
        /// The version that it was made on: the row's number of versions, which no tick blurs.
        #[default]
        Checked: "checked",
        /// The date of that version, which is no finer than the backend's stamps.
        Dated: "dated",
        /// Nothing: what arrives last stays.
        Blind: "blind",
        /// A date of its own that is newer than the row's, each by its author's clock.
        NewerDate: "newer-date",
    }

    /// When an entry gets its number.
    pub enum Numbered {
        /// As its transaction commits: the numbers are in the order in which readers see the
        /// entries.
        #[default]
        AtCommit: "at-commit",
        /// As the row is written: a transaction under way leaves a hole, which is filled when it
        /// commits.
        AtWrite: "at-write",
    }

    /// Which changes arm flags.
    pub enum Rearm {
        /// All.
        #[default]
        Always: "always",
        /// All but those of the office and of imports to rows that are there: that path through the
        /// backend forgets it.
        ForgetsOffice: "forgets-office",
    }
}

/// When files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDrop {
    /// How often, from time 0 on; more than nothing.
    pub every: Span,
    /// How long writing takes.
    pub takes: Span,
}

impl FileDrop {
    /// When the first file is complete that is begun after `at`.
    pub(crate) fn complete_after(self, at: Time) -> Time {
        let every = self.every.0.max(1);
        Time((at.0 / every + 1).saturating_mul(every)) + self.takes
    }
}

/// An alternating renewal process: exponential times up and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Share of time in which it is up; above 0.
    pub share: Ppm,
    /// Mean length of an outage. The mean time between them is this times share/(1 − share).
    pub mean_outage: Span,
}

/// A consequence that the backend draws itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Rows of `to` fold columns of `from` in: when a row of `from` changes, the rows of `to` that
    /// point to it change too.
    Fold {
        /// The entity whose rows are folded in, such as patient.
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
        /// What is added to a stamp before its day is taken.
        day_offset: Span,
        /// The counter's column in `to`.
        counter: usize,
        /// Added for each row that comes, taken off for each that goes.
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
            whole: false,
            log: None,
            files: None,
            tombstones_kept: Span::secs(30 * 86_400),
            down: Vec::new(),
            availability: None,
            errors: Ppm(0),
            idempotency: Idempotency::default(),
            partial: Ppm(0),
            effects: Vec::new(),
            poison_ppm: 0,
            refused_deletes: Ppm(0),
            authorisation: Authorisation::default(),
            commits: Commits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_as_a_file_is_begun_is_waited_for_in_the_next() {
        let drop = FileDrop { every: Span(20), takes: Span(15) };
        for (at, complete) in [(0, 35), (19, 35), (20, 55), (110, 135)] {
            assert_eq!(drop.complete_after(Time(at)), Time(complete));
        }
    }
}
