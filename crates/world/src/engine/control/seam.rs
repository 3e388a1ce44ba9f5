//! The seam of controllers: chunk sizes, and the outcomes of chunks.

use crate::base::Span;

/// The limits of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// At most this many rows, at least 1.
    pub rows: u32,
    /// About this many bytes at most; one row is always allowed.
    pub bytes: u64,
}

/// The outcome of one try of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The size that was requested.
    pub asked: Size,
    /// Rows received or acknowledged; 0 for a failed chunk.
    pub rows: u32,
    /// Whether there is more: the chunk was as large as requested or as the server allows.
    pub full: bool,
    /// From sending the request to its response, or to the news that none comes.
    pub wire: Span,
    /// From sending the request until its rows were durable; for a failed chunk the same as `wire`.
    pub whole: Span,
    /// How the chunk ended.
    pub fate: Fate,
}

/// How a try of a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It came and was applied.
    Done,
    /// It failed and must be requested again.
    Failed(Trouble),
}

/// Why a chunk failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection broke while it was under way.
    Cut,
    /// Its deadline passed, here or at the gateway.
    TooSlow,
    /// There was no network, or the server refused it whatever its size.
    Other,
}

impl Observed {
    /// Whether it failed in a way that a smaller chunk might have avoided.
    pub fn was_too_large(&self) -> bool {
        matches!(self.fate, Fate::Failed(Trouble::Cut | Trouble::TooSlow))
    }
    /// Seconds per row until it was durable. `None` for a chunk that says nothing about larger
    /// ones: it failed, or it was small because few rows were left.
    pub fn seconds_a_row(&self) -> Option<f64> {
        let tells = self.fate == Fate::Done && self.full && self.rows > 0;
        tells.then(|| self.whole.as_secs_f64() / f64::from(self.rows))
    }
}
