//! Hunts for failures around a scenario: changes it, runs it, and changes further what was new.
//!
//! `mutators` lists the changes; each sets keys of the scenario. `features` collects what a run
//! reached. `corpus` keeps the candidates that reached something new and draws the next ones.
//! `search` runs generations of candidates.
//!
//! Invariant: a hunt is a function of (scenario, seed, generations). The candidates of a generation
//! depend only on the generations before it, which are merged in order; so nothing depends on how
//! many run at once, and a limit in seconds only decides after which generation it ends.

mod corpus;
mod features;
mod ground;
mod mutators;
mod search;

pub use search::{Failure, Game, Hunted, Length, SIZE, hunt};
