//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a CSV with a line a request (`log`) and estimates, by one method each,
//!
//! - what a response takes: weighted least squares for the mean, trimmed on the log scale, with
//!   responses weighted for those that failures cut off (`fit`);
//! - how often transfers fail, and how long it takes to recover: failures over exposure, timeouts
//!   censored (`failures`);
//! - how sure all of it is, and the chunk that the closed form recommends for each draw: a
//!   bootstrap over devices, or blocks of time (`estimate`, `chunk`).
//!
//! `request` says which requests count, `diagnose` looks for what speaks against the figures. The
//! table of diagnostics ([`Code`](crate::render::calibrate::Code)) says what follows: a figure is
//! refused, or restricted to a part of the log, or has a note.
//!
//! Invariants: nothing is drawn but from a named stream, so the same log gives the same figures; a
//! malformed log gives no figure at all.

mod chunk;
mod diagnose;
mod estimate;
mod failures;
mod fit;
mod log;
mod request;

pub use log::{BYTES_MAX, Mistakes, Only, ROWS_MAX};

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
    let of = |(value, log): (String, request::Log)| Calibration {
        group: by.map(|column| (column.to_owned(), value)),
        ..estimate::calibration(source, &log)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
