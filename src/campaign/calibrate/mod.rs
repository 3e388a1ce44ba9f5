//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a CSV with a line a request (`header` says which columns, `log` reads them)
//! and estimates
//!
//! - what an answer takes: overhead + rows × time a row, with rows and bytes apart where the log
//!   can tell them apart (`line`, `fit`), and what lies far from that line (`aside`), within a step
//!   of the clock (`step`, `clock`), or beyond the app's timeout (`reached`, `cut`), or of another
//!   kind (`kind`), and whether larger answers bend away from it (`curve`, `part`);
//! - how often a transfer breaks, a second of transfer, and how long it is until the next one
//!   succeeds (`trouble`), and which of the failures were transfers (`tries`), or may be the
//!   server's (`hung`, `timeout`), and whether devices, and answers one after another, are alike
//!   (`devices`, `neighbours`);
//! - the chunk that the closed form of [`theory::chunk`](crate::theory::chunk) recommends for these
//!   (`advice`), and what the log does not tell (`told`, `untold`).
//!
//! It stands on these assumptions, and the calibration says where the log speaks against them:
//! requests are independent, given their sizes; noise is a share of the duration; failures are a
//! Poisson process while a request is under way.
//!
//! Invariants: nothing is drawn but from a named stream, so the same log gives the same figures;
//! what cannot be told is absent and has a sentence; a malformed log gives no figure at all.

mod advice;
mod aside;
mod clock;
mod curve;
mod cut;
mod devices;
mod estimate;
mod fit;
mod header;
mod hung;
mod kind;
mod line;
mod log;
mod matrix;
mod neighbours;
mod part;
mod reached;
mod samples;
mod spike;
mod step;
mod timeout;
mod told;
mod tries;
mod trouble;
mod untold;
mod widths;

pub use estimate::calibrate;
pub use header::Only;
pub(super) use line::student;
pub use log::{BYTES_MAX, Mistakes, ROWS_MAX};

#[cfg(test)]
mod tests;
