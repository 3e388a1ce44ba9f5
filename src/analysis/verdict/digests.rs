//! The digests of a cell (one simulation) that ran twice.

use crate::world::Outcome;

/// The digests of the first run. A second run must reproduce them.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub digest: String,
    /// The digest of the figures; empty if it was not recorded.
    pub figures_digest: String,
    /// The other build of the program that ran the cell; `None` if this build ran it.
    pub other_build: Option<String>,
}

/// The result of comparing the digests of both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// No digest was recorded, or the cell did not end.
    Nothing,
    Same,
    /// The events are equal but the figures differ, because another build counts differently.
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
