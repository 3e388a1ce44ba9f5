//! From a request log of one's own to what its link and backend cost.
//!
//! [`calibrate`] reads a `log`, estimates what a response takes (`fit`) and how transfers fail
//! (`failures`), then how sure that is, and which chunk is best under which conditions (`estimate`);
//! and it says what speaks against that (`doubts`).

mod doubts;
mod estimate;
mod failures;
mod fit;
mod log;

use crate::base::inert;
use crate::campaign::validate::measured::Malformed;
use crate::render::calibrate::{Calibration, Given};

/// What the requests of the log `source` cost that have all of `only` (columns with their values);
/// with a column `by`, each of its values by itself. What is `given` is not read from the log.
///
/// # Errors
/// Says the first line and column that cannot be read.
pub fn calibrate(
    source: &str,
    bytes: &[u8],
    only: &[(String, String)],
    by: Option<&str>,
    given: &Given,
) -> Result<Vec<Calibration>, Malformed> {
    let of = |(value, log): (String, log::Log)| Calibration {
        group: by.map(|column| (inert(column).into_owned(), inert(&value).into_owned())),
        ..estimate::calibration(&inert(source), &log, given)
    };
    Ok(log::read(bytes, only, by)?.into_iter().map(of).collect())
}

#[cfg(test)]
mod tests;
