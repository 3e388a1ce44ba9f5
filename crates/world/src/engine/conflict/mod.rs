//! Conflicts: their kinds, and the rules that decide them.
//!
//! An edit conflicts if the backend's row is no longer the version that the edit was made on. The
//! backend then refuses the edit. If both sides set the same values, this is not a conflict.
//! Otherwise a policy decides: it gets a [`Conflict`] and returns a [`Resolution`]. Reading order:
//! `seam`, `detect`, `policies`, then the rest.
//!
//! To add a policy, add a variant of [`Policy`], and a scenario under `scenarios/conflicts/`. Also
//! add a planted bug (a deliberate bug that tests the checks) in module `bugs`.

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
