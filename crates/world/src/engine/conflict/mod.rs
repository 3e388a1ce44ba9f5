//! Conflicts: their kinds, and the rules that decide about the edit.
//!
//! A conflict arises when the backend refuses an edit because its row is not the version that the
//! edit was made on. Equal values are no conflict (S4: "it's not a conflict if they're both updated
//! to the same value"). Otherwise a policy decides: it gets a [`Conflict`] and returns a
//! [`Resolution`]. Reading order: `seam`, `detect`, `policies`, then the rest.
//!
//! To add a policy: a variant of [`Policy`], a scenario under `scenarios/conflicts/`, a planted bug
//! in room `bugs`.

mod detect;
mod own;
#[cfg(test)]
mod own_tests;
mod policies;
mod scripted;
mod seam;
#[cfg(test)]
mod tests;

pub(super) use detect::is_uncontested;
pub use detect::{BaseDate, Detect};
pub(crate) use own::{Contested, OwnRule};
pub(super) use own::{ask, resolution};
pub use policies::Policy;
pub use scripted::{CallbackOptions, Says};
pub(crate) use seam::{Conflict, Resolution, ResolveRule, kind_of, says_the_same};
