//! What a backend can be told to be.

use crate::base::{EntityId, Span, Time};

/// A backend's options; every figure is a key of the scenario file.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Requests served at the same time.
    pub workers: u32,
    /// Service time of any request.
    pub fixed_cost: Span,
    /// Service time of each row looked at and delivered.
    pub row_cost: Span,
    /// Service time of any push request, in place of `fixed_cost`.
    pub write_fixed_cost: Span,
    /// Service time of each mutation.
    pub write_row_cost: Span,
    /// At most this many rows in one answer.
    pub page_cap: u32,
    /// Requests that take longer than this are answered with an error by the gateway.
    pub gateway_timeout: Span,
    /// Stamps are cut to multiples of this.
    pub stamp_precision: Span,
    /// Deleted rows are remembered for this long.
    pub tombstones_kept: Span,
    /// Times during which the backend answers nothing, sorted and apart.
    pub down: Vec<(Time, Time)>,
    /// What a commit of one entity changes in others.
    pub effects: Vec<Effect>,
    /// Mutations of these rows are refused for good: a share in parts per million of creates and updates, by the hash of
    /// their idempotency key.
    pub poison_ppm: u32,
}

/// A consequence that the backend draws itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Rows of `to` fold columns of `from` in: when a row of `from` changes, the rows of `to` that point to it change too.
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
    /// Rows of `to` count rows of `of`: inserting or deleting a row of `of` changes the counter of the row of `to` that it
    /// belongs to.
    Count {
        /// The entity that is counted, such as appointment.
        of: EntityId,
        /// The entity that holds the counter, such as doctor_day.
        to: EntityId,
        /// Pairs of columns that must be equal: of `of`, of `to`. A timestamp is compared by its day when `by_day` names it.
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

impl Default for Options {
    fn default() -> Options {
        Options {
            workers: 8,
            fixed_cost: Span::millis(15),
            row_cost: Span::micros(40),
            write_fixed_cost: Span::millis(20),
            write_row_cost: Span::millis(1),
            page_cap: 1_000,
            gateway_timeout: Span::secs(30),
            stamp_precision: Span::millis(1),
            tombstones_kept: Span::secs(30 * 86_400),
            down: Vec::new(),
            effects: Vec::new(),
            poison_ppm: 0,
        }
    }
}
