//! The types between controllers and requests: chunk sizes, and the outcomes of chunks.

use crate::base::Span;

/// The limits of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The most rows; at least 1.
    pub rows: u32,
    /// The approximate maximum of bytes; one row is always allowed.
    pub bytes: u64,
}

/// The outcome of one try of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The size that was requested.
    pub asked: Size,
    /// Rows received or acknowledged; 0 for a failed chunk.
    pub rows: u32,
    /// Whether the chunk had as many rows as the request or the server allows.
    pub full: bool,
    /// The time from sending the request until its response or its failure.
    pub wire: Span,
    /// The time from sending until the rows were durable. For a failed chunk it equals `wire`.
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
    /// The deadline passed, on the device or at the gateway.
    TooSlow,
    /// Another reason that does not depend on the size, such as no network.
    Other,
}

impl Observed {
    /// Whether the chunk failed in a way that a smaller chunk might have avoided.
    pub fn was_too_large(&self) -> bool {
        matches!(self.fate, Fate::Failed(Trouble::Cut | Trouble::TooSlow))
    }
    /// The seconds per row until the rows were durable. `None` for a failed chunk, and for a chunk
    /// that was small because few rows were left.
    pub fn seconds_a_row(&self) -> Option<f64> {
        let tells = self.fate == Fate::Done && self.full && self.rows > 0;
        tells.then(|| self.whole.as_secs_f64() / f64::from(self.rows))
    }
}
