//! A sweep: what a grid of settings came to, which is best, and what limits the others.
//!
//! Each combination of the axes but the first (and each variant) is a series. What is compared is
//! one figure, the [`Objective`].
//!
//! Invariants: settings are compared under common random numbers only, seed by seed; a setting
//! that lost something, got stuck or missed a gate that others meet is marked and is excluded; a
//! share of time is told only from metrics, and a closed form only where the sweep's own figures
//! follow it.
//!
//! How: `series` sorts the cells into settings (`point`), `findings` finds the best of a series and
//! how sure that is, `shares` where the time went, `causes` what a setting suffers from.

mod causes;
mod demands;
mod findings;
mod growth;
mod objective;
mod point;
mod series;
mod shares;
mod together;

pub use causes::{Cause, FAILURES, Grown, Part, causes};
pub use demands::{Demands, Run, Spared, cells_excluded, demands, is_sound, missed_in};
pub(crate) use findings::near;
pub use findings::{FAR, Finding, costs, figure_between};
pub use growth::exponent;
pub use objective::{Objective, mean_price};
pub use point::{Point, Trouble, are_words, axis_of, plain, trouble};
pub use series::{Series, Sweep};
pub use shares::{Fit, Side, queued_share};
pub(crate) use shares::{Shares, held};
