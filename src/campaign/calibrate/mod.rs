//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a CSV with a line a request (`log`) and estimates, by one method each, what a
//! response takes (`fit`), how often transfers fail and how long it takes to recover (`failures`),
//! and how sure all of it is, what speaks against it, and which chunk the closed form recommends
//! (`estimate`). A malformed log gives no figure at all.

mod estimate;
mod failures;
mod fit;
mod log;

use crate::campaign::validate::measured::Malformed;
use crate::render::calibrate::Calibration;

/// Estimates from the bytes of a log called `source` what the requests cost that have all of `only`
/// (columns with their values). With a column `by`, each of its values by itself.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[(String, String)],
    by: Option<&str>,
) -> Result<Vec<Calibration>, Malformed> {
    let of = |(value, log): (String, log::Log)| Calibration {
        group: by.map(|column| (column.to_owned(), value)),
        ..estimate::calibration(source, &log)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
