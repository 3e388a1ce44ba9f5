//! Looks for failures around a scenario: changes it, runs it, and goes on from what was new.
//!
//! `mutators` is the list of changes, each of them keys of the language. `features` says what a run
//! reached, `corpus` keeps the candidates that reached something new and draws the next ones,
//! `search` runs generations.
//!
//! Invariant: a hunt is a function of (scenario, seed, generations). The candidates of a generation
//! depend only on the generations before it, which are merged in order; so nothing depends on how
//! many run at once, and a limit in seconds only decides after which generation it ends.

mod corpus;
mod features;
mod ground;
mod mutators;
mod search;

pub use search::{Failure, Game, Hunted, Length, hunt};
