//! A sweep: the results of a grid of settings, which of them is best, and what limits the others.
//!
//! The first axis has the settings. Each combination of the other axes (and each variant) is a
//! series of settings. One figure, the [`Objective`], compares settings.
//!
//! Invariants: settings are compared seed by seed, under common random numbers. A setting is
//! excluded if it lost something, got stuck, or missed a gate that others meet. Shares of time come
//! only from metrics. A closed form is used only if the sweep's figures follow it.
//!
//! Read in this order: `series` sorts the cells into settings (`point`). `findings` finds the best
//! of a series and how certain that is. `shares` says where time went, `causes` what limits a
//! setting.

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
