//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a `log`, estimates what a response takes (`fit`) and how transfers fail
//! (`failures`), and then how sure that is and which chunk is best (`estimate`).

mod estimate;
mod failures;
mod fit;
mod log;

use crate::campaign::validate::measured::Malformed;
use crate::render::calibrate::Calibration;

/// What the requests of the log `source` cost that have all of `only` (columns with their values);
/// with a column `by`, each of its values by itself.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[(String, String)],
    by: Option<&str>,
) -> Result<Vec<Calibration>, Malformed> {
    let of = |(value, log): (String, log::Log)| Calibration {
        group: by.map(|column| (log::shown(column), log::shown(&value))),
        ..estimate::calibration(&log::shown(source), &log)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
