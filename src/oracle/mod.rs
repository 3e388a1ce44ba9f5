//! The reference model and the checks against it.

mod check;
mod checks;
mod content;
mod findings;
mod flow;
mod held;
mod history;
mod inspection;
mod ledger;
mod model;
mod truth;
mod violation;
mod words;

pub use check::{check_names, implied};
pub use findings::VIOLATIONS_KEPT;
pub use inspection::{Inspection, Verdict};
pub use model::{Oracle, Setting};
pub use truth::Truth;
pub use violation::Violation;
