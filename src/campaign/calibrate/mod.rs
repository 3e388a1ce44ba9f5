//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a CSV with a line a request (`log`) and estimates, by one method each, what a
//! response takes (`fit`), how often transfers fail and how long it takes to recover (`failures`),
//! and how sure all of it is, with the chunk that the closed form recommends (`estimate`). `request`
//! says which requests count, `diagnose` looks for what speaks against the figures. The table of
//! diagnostics ([`Code`](crate::render::calibrate::Code)) says what follows.
//!
//! Invariants: nothing is drawn but from a named stream, so the same log gives the same figures; a
//! malformed log gives no figure at all.

mod diagnose;
mod estimate;
mod failures;
mod fit;
mod log;
mod request;

pub use log::{BYTES_MAX, Only, ROWS_MAX};

use crate::campaign::validate::measured::Malformed;
use crate::render::calibrate::Calibration;

/// Estimates from the bytes of a log called `source` what its requests cost; of its lines those
/// that all of `only` let pass. With a column `by`, each of its values by itself.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[Only],
    by: Option<&str>,
) -> Result<Vec<Calibration>, Malformed> {
    let of = |(value, log): (String, request::Log)| Calibration {
        group: by.map(|column| (column.to_owned(), value)),
        ..estimate::calibration(source, &log)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
