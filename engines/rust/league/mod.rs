//! The league: turns reports of `engines/league/league.toml` into figures and into a page.
//!
//! A sweep writes a report. [`gathered`] reads its cells (one simulation each) into lines. There is
//! one line for each engine, work, link, weather (what goes wrong) and figure, with an interval
//! over the seeds. A violation that nobody has classified is an error. [`markdown`] writes
//! `docs/engines.md` from the lines and from written texts. [`html`] makes one self-contained page
//! of it.

mod cells;
mod entrants;
mod figures;
mod page;
mod plot;
mod summary;
#[cfg(test)]
mod tests;

pub use cells::gathered;
pub use entrants::{Entrant, Entrants, Found};
pub use figures::{FIGURES, Figure};
pub use page::{html, markdown};
pub use plot::plot;
pub use summary::{Line, Lines, Place};

/// A mistake in the input, as text.
#[derive(Debug)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}
