//! How large a chunk is, behind one seam.
//!
//! A controller is told what each try of a request came to: rows, times, and the kind of failure.
//! [`Steering`] keeps it within bounds: never 0 rows, never above the cap, and never more bytes
//! than the key says, because memory and not speed decides about those.
//!
//! There is one controller a direction and process. It belongs to no entity and no unit: overhead,
//! outages and the speed of a link are the device's, each entity would have to learn them again,
//! and a request asks for several at once; where rows differ in width, the bound in bytes holds.
//! What it learned lives in memory: a process that was killed starts over from the configured size,
//! often on another network than before.

mod aimd;
mod clamp;
mod gradient;
mod halve_when_slow;
mod model;
mod seam;
mod steering;

#[cfg(test)]
mod tests;

pub use aimd::AimdOptions;
pub use clamp::ClampOptions;
pub use gradient::GradientOptions;
pub use halve_when_slow::HalveWhenSlowOptions;
pub use model::ModelOptions;
pub use seam::{Fate, Observed, Size, Trouble};
pub use steering::{Controller, Steering, SteeringOptions};
