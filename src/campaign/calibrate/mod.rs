//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a CSV with a line a request (`header`, `log`) and estimates, by one method
//! each,
//!
//! - what a response takes: weighted least squares for the mean, trimmed on the log scale, with
//!   responses weighted for those that failures cut off (`fit`);
//! - how often transfers fail, and how long it takes to recover: failures over exposure, timeouts
//!   censored (`failures`);
//! - how sure both are: a bootstrap over devices, or blocks of time (`bootstrap`);
//! - the chunk that the closed form recommends for each draw (`chunk`).
//!
//! `diagnose` looks for what speaks against that. The table of diagnostics
//! ([`Code`](crate::render::calibrate::Code)) says what follows: a figure is refused, or restricted
//! to a part of the log, or has a note.
//!
//! Invariants: nothing is drawn but from a named stream, so the same log gives the same figures; a
//! malformed log gives no figure at all.

mod bootstrap;
mod chunk;
mod diagnose;
mod estimate;
mod failures;
mod fit;
mod header;
mod log;
mod request;

pub(super) use bootstrap::student;
pub use header::Only;
pub use log::{BYTES_MAX, Mistakes, ROWS_MAX};

use crate::render::calibrate::Calibration;

/// Estimates from the bytes of a log called `source` what its requests cost; of its lines those
/// that all of `only` let pass. With a column `by`, each of its values by itself.
///
/// # Errors
/// The log is malformed: where and why, up to twenty times.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[Only],
    by: Option<&str>,
) -> Result<Vec<Calibration>, Mistakes> {
    let log = log::read(bytes, only, by)?;
    let Some(by) = &log.by else { return Ok(vec![estimate::calibration(source, &log)]) };
    let of = |(value, part): (String, request::Log)| Calibration {
        group: Some((by.column.clone(), value)),
        ..estimate::calibration(source, &part)
    };
    Ok(log.split().into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
