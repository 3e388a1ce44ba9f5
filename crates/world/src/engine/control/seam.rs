//! The types between controllers and requests: chunk sizes, and the outcomes of chunks.

use crate::base::Span;

/// The limits of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The most rows; at least 1.
    pub rows: u32,
    /// The most bytes, roughly; one row is always allowed.
    pub bytes: u64,
}

/// The outcome of one try of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The size that was requested.
    pub asked: Size,
    /// Rows received or acknowledged; 0 for a failed chunk.
    pub rows: u32,
    /// Whether more rows are left: the chunk had all rows that the request or the server allows.
    pub full: bool,
    /// The time from sending the request until its response or its failure.
    pub wire: Span,
    /// The time from sending until the rows were durable; for a failed chunk equal to `wire`.
    pub whole: Span,
    /// How the chunk ended.
    pub fate: Fate,
}

/// How a try of a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The chunk arrived and was applied.
    Done,
    /// The chunk failed and must be requested again.
    Failed(Trouble),
}

/// Why a chunk failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection broke during the request.
    Cut,
    /// The deadline passed, here or at the gateway.
    TooSlow,
    /// There was no network, or the server would refuse a chunk of any size.
    Other,
}

impl Observed {
    /// Whether the chunk failed in a way that a smaller chunk might have avoided.
    pub fn was_too_large(&self) -> bool {
        matches!(self.fate, Fate::Failed(Trouble::Cut | Trouble::TooSlow))
    }
    /// Seconds until durable, per row. `None` for a chunk that says nothing about larger ones: it
    /// failed, or it was small because few rows were left.
    pub fn seconds_a_row(&self) -> Option<f64> {
        let tells = self.fate == Fate::Done && self.full && self.rows > 0;
        tells.then(|| self.whole.as_secs_f64() / f64::from(self.rows))
    }
}
