//! What change is no finding.

use std::fmt;
use std::str::FromStr;

/// The largest change that is no finding, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tolerance(pub(super) u64);

impl FromStr for Tolerance {
    type Err = String;
    fn from_str(text: &str) -> Result<Tolerance, String> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let percent = number.filter(|percent| (0.0..=1_000.0).contains(percent));
        let ppm = percent.map(|percent| (percent * 1e4).round() as u64);
        ppm.map(Tolerance).ok_or_else(|| "want a percentage from 0% to 1000%, such as 1%".to_owned())
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0 as f64 / 1e4)
    }
}
