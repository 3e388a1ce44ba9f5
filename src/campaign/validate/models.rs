//! `validate models`: every figure that our models must reproduce.

use super::figures::{Figure, listing};
use super::{backoff, chunks, daly, queues};

/// Figures that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What they are about.
    pub name: &'static str,
    /// Simulates them.
    pub figures: fn() -> Vec<Figure>,
}

/// All families, in the order in which they are told.
pub const FAMILIES: &[Family] = &[
    Family { name: "chunks that outages cut, repair immune", figures: chunks::figures },
    Family { name: "work between checkpoints, repair restartable", figures: daly::figures },
    Family { name: "queues, herds, quotas and a measured gateway", figures: queues::figures },
    Family { name: "backoff under contention, 100 clients", figures: backoff::figures },
];

/// Simulates all families and tells them, a table each; and whether every figure holds.
pub fn models() -> (String, bool) {
    let mut text = String::new();
    let mut holds = true;
    for family in FAMILIES {
        let figures = (family.figures)();
        holds &= figures.iter().all(Figure::holds);
        text.push_str(&format!("{}\n{}\n", family.name, listing(&figures)));
    }
    (text, holds)
}
