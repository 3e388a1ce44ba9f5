//! A hunt searches for failures near a scenario. It changes the scenario, runs it, and changes
//! those candidates further that reached something new.
//!
//! `mutators` lists the changes. Each change sets keys of the scenario. `features` collects the
//! facts that a run reached. `corpus` stores the candidates that reached something new, and draws
//! the next ones. `search` runs generations of candidates.
//!
//! Invariant: the result depends only on the scenario, the seed and the number of generations. A
//! generation depends only on earlier generations, which are merged in order. So the number of
//! parallel runs has no effect. A time limit only decides after which generation the hunt ends.

mod corpus;
mod features;
mod ground;
mod mutators;
mod search;

pub use search::{Failure, Game, Hunted, Length, SIZE, hunt};
