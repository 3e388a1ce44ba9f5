//! Makes a failing scenario small: it still fails by the same check on the same entity.
//!
//! `whole` has the order of the passes. `script` holds a scenario as a tree of parts. `spell`
//! writes out random faults and edits, `values` makes values smaller, and `ddmin` removes parts.
//! `trials` runs candidates, and `written` writes the result as a file.
//!
//! Invariant: the result depends only on the scenario, its seed and the goal, not on the number of
//! candidates that run at once or on their speed.

mod about;
mod ddmin;
mod script;
mod spell;
mod trials;
mod values;
mod whole;
mod written;

pub use about::{about, judged};
pub use script::Script;
pub use trials::{Goal, Means, PANIC, Shown};
pub(crate) use trials::{goals, plan};
pub use whole::{End, Shrunk, shrink};
pub use written::{About, Found, beside, found, headline, scenario};
