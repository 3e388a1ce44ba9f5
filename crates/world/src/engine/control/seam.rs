//! The seam: what a controller is asked, and what it is told.

use crate::base::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// At most so many rows, at least 1.
    pub rows: u32,
    /// At most about so many bytes; one row is always let through.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    pub asked: Size,
    /// Rows that came or were answered; 0 of a chunk that failed.
    pub rows: u32,
    /// It held as much as was asked for or as the server gives: there is more.
    pub full: bool,
    /// From sending the request to its answer, or to the news that none comes.
    pub wire: Span,
    /// From sending the request until its rows were durable; of a chunk that failed the same as
    /// `wire`.
    pub whole: Span,
    pub fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Done,
    /// It came to nothing and has to be asked for again.
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
    /// Whether it failed in a way in which a smaller chunk might not have.
    pub fn was_too_large(&self) -> bool {
        matches!(self.fate, Fate::Failed(Trouble::Cut | Trouble::TooSlow))
    }
    /// Seconds a row until it was durable; `None` of a chunk that says nothing about larger ones:
    /// it failed, or was small for lack of rows.
    pub fn seconds_a_row(&self) -> Option<f64> {
        let tells = self.fate == Fate::Done && self.full && self.rows > 0;
        tells.then(|| self.whole.as_secs_f64() / f64::from(self.rows))
    }
}
