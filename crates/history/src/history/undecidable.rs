//! Why nothing can be said of a history.

use super::order::Contradiction;
use crate::config::diagnostic::Diagnostic;

/// Why nothing can be said of a history.
#[derive(Debug)]
pub enum Undecidable {
    /// Nothing was tested by it.
    Empty(String),
    /// What is wrong in it.
    Wrong(Vec<Diagnostic>),
}

pub(super) fn wrong(text: String, help: &str) -> Undecidable {
    Undecidable::Wrong(vec![Diagnostic::new(None, text).help(help)])
}

pub(super) fn contradiction(of: &Contradiction) -> Undecidable {
    let text =
        format!("line {} comes before line {} {}, and after it by its time", of.first, of.second, of.why);
    wrong(text, "raise `clock_tolerance`, or correct the times")
}
