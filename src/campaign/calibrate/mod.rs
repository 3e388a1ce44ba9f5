//! Estimates the costs of a link and of a backend from the request log of a user.
//!
//! [`calibrate`] reads a `log`. `counted` selects the requests whose link was up. `fit` fits a line
//! to the durations of their responses. `estimate` computes the intervals and the best chunk size.

mod counted;
mod estimate;
mod fit;
mod log;
pub mod sheet;

use sheet::Malformed;

use crate::base::escape_control;
use crate::render::calibrate::{Calibration, Given};

/// Calibrates from a log with the name `source`. Only lines count that match all columns and values
/// in `only`. With a column `by`, each of its values has its own calibration. Values in `given` are
/// not estimated.
///
/// # Errors
/// Names the first line and column that cannot be read.
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
