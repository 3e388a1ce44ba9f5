//! The league: what reports of `engines/league/league.toml` say, as figures and as a page.
//!
//! A sweep writes a report; [`gathered`] reads its cells into one line for each engine, work, link,
//! weather and figure, with an interval over the seeds, and refuses a violation that nobody has
//! classified. [`markdown`] makes of them and of what people wrote `docs/engines.md`, and [`html`]
//! of that a page that stands alone.

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

/// What is wrong with what was given, in words.
#[derive(Debug)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}
