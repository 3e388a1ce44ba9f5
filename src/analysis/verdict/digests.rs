//! The digests of a cell that was run twice.

use crate::world::Outcome;

/// The digests of the first run, which a second run must reproduce.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub digest: String,
    /// The digest of its figures; empty if none was recorded.
    pub figures_digest: String,
    /// The build that ran it, in words; `None` if it was this build.
    pub other_build: Option<String>,
}

/// How the digest of a second run compares with the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// There is nothing to compare: no digest was recorded, or the cell did not end.
    Nothing,
    Same,
    /// The events are the same, but the figures differ: the other program counts differently.
    OtherFigures,
    Other,
}

/// Two runs of a cell.
pub(super) struct Again<'a> {
    pub(super) first: &'a Recorded,
    pub(super) second: [&'a str; 2],
}

impl Again<'_> {
    pub(super) fn held(&self) -> Held {
        let Recorded { digest, figures_digest, .. } = self.first;
        match self.second {
            [second, _] if second != digest => Held::Other,
            [_, figures] if !figures_digest.is_empty() && figures_digest != figures => Held::OtherFigures,
            _ => Held::Same,
        }
    }
}

impl Recorded {
    pub fn of(outcome: &Outcome) -> Recorded {
        Recorded {
            digest: outcome.digest.clone(),
            figures_digest: outcome.figures_digest.clone(),
            other_build: None,
        }
    }
}
