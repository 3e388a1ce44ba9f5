//! The reasons why a history cannot be judged.

use super::order::Contradiction;
use crate::config::diagnostic::Diagnostic;

/// The reason why a history cannot be judged.
#[derive(Debug)]
pub enum Undecidable {
    /// The history contains nothing to test.
    Empty(String),
    /// The history has these errors.
    Wrong(Vec<Diagnostic>),
}

pub(super) fn wrong(text: String, help: &str) -> Undecidable {
    Undecidable::Wrong(vec![Diagnostic::new(None, text).help(help)])
}

pub(super) fn contradiction(of: &Contradiction) -> Undecidable {
    let Contradiction { first, second, why } = of;
    let text =
        format!("line {first} comes before line {second} {why}, but the time of line {first} is later");
    wrong(text, "raise `clock_tolerance`, or correct the times")
}
