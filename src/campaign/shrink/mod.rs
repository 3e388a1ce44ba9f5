//! Makes a failing scenario smaller. The small scenario still fails by the same check on the same
//! entity.
//!
//! `whole` defines the order of the passes. `script` represents a scenario as a tree of parts.
//! `spell` replaces random faults and edits by written events. `values` makes values smaller, and
//! `ddmin` removes parts. `trials` runs candidates, and `written` writes the result as a file.
//!
//! Invariant: the result depends only on the scenario, its seed and the goal. The number of
//! parallel candidates and their speed have no effect, unless the machine's clock ends the search:
//! after four times the budget.

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
pub use written::{About, Found, added, beside, found, headline, scenario};
