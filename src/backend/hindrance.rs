//! Edits that the backend does not take at some times, though it is up.

use crate::base::{Ppm, Time};

/// What it does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindered {
    /// Edits are put off, each time they come.
    PutOff,
    /// Deletes are refused for good, as if something else referred to their rows.
    Deletes,
}

/// A time in which it does not take some edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// Share of the edits.
    pub share: Ppm,
    /// Which.
    pub what: Hindered,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Hindrances(pub(super) Vec<Hindrance>);

impl Hindrances {
    /// The share of edits that is not taken at `now`; that of `always` at least.
    pub(super) fn share(&self, what: Hindered, always: Ppm, now: Time) -> Ppm {
        let there = self.0.iter().filter(|one| one.what == what && (one.from..one.until).contains(&now));
        there.map(|one| one.share).fold(always, Ppm::max)
    }
}
