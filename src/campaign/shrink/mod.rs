//! Makes a failing scenario small: the same check on a record of the same entity still fails.
//!
//! `whole` has the order of the passes. `script` is a scenario as a tree and its parts, `spell`
//! writes out what is drawn, `values` makes values smaller, `trials` runs candidates, `ddmin` takes
//! out parts, `written` is the text that is left.
//!
//! Invariant: what is left depends on the scenario, its seed and the goal, not on how many
//! candidates run at once or how fast they do.

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
pub use whole::{Shrunk, shrink};
pub use written::{About, Found, beside, found, headline, scenario};
