//! Estimates the costs of a link and a backend from a user's request log.
//!
//! [`calibrate`] reads a `log`, takes the requests whose link was up (`counted`), fits a line to
//! the durations of their responses (`fit`), and draws the intervals and the best chunk
//! (`estimate`).

mod counted;
mod estimate;
mod fit;
mod log;
pub mod sheet;

use sheet::Malformed;

use crate::base::escape_control;
use crate::render::calibrate::{Calibration, Given};

/// Calibrates from the requests of the log `source` that match all of `only` (columns with their
/// values). With a column `by`, calibrates separately for each of its values. Values in `given` are
/// not estimated.
/// estimated.
///
/// # Errors
/// The first line and column that cannot be read.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[(String, String)],
    by: Option<&str>,
    given: &Given,
) -> Result<Vec<Calibration>, Malformed> {
    let of = |(value, log): (String, log::Log)| Calibration {
        group: by.map(|column| (escape_control(column).into_owned(), escape_control(&value).into_owned())),
        ..estimate::calibration(&escape_control(source), &log, given)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
