//! The results of a sweep: a grid of settings that run under several seeds.
//!
//! The values of the first axis are the settings. Each combination of variant and values of the
//! other axes is one series of settings. One figure, the [`Objective`], compares the settings of a
//! series.
//!
//! Invariants: settings are compared seed by seed, with the same random numbers. A setting is
//! excluded if it lost data, got stuck, or missed a gate (limit on a figure) that others meet.
//! Shares of time come only from metrics. A closed form is used only if the figures of the sweep
//! fit it.
//!
//! Read in this order: `series` sorts the cells into settings (`point`). `findings` finds the best
//! setting of a series, and how certain this is. `shares` divides the time of a setting into parts.
//! `causes` explains why a setting is worse than the best.

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
