//! Sizes, rates and shares, with the units that people write.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::number::{UnitError, split_number};
use super::time::Span;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A rate in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BitRate(pub u64);

/// A share in parts per million, 0 to 1 000 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppm(pub u32);

/// Reads the number in a text, and the factor of its unit.
fn quantity(text: &str, units: &[(&str, f64)], want: &'static str) -> Result<(f64, f64), UnitError> {
    let read = || {
        let (number, unit) = split_number(text.trim())?;
        units.iter().find(|(name, _)| *name == unit).map(|(_, worth)| (number, *worth))
    };
    read().ok_or_else(|| UnitError::new(text, want))
}

impl FromStr for Bytes {
    type Err = UnitError;
    /// Reads `"512"`, `"512B"`, `"64KiB"`, `"1.5MB"`, `"2GiB"`.
    fn from_str(text: &str) -> Result<Bytes, UnitError> {
        const WANT: &str = "a size such as \"512B\", \"64KiB\", \"1.5MB\" or \"2GiB\"";
        let decimal = [("", 1.0), ("B", 1.0), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9)];
        let binary = [("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0)];
        let units = [&decimal[..], &binary].concat();
        let (number, factor) = quantity(text, &units, WANT)?;
        let bytes = number * factor;
        if bytes > 9e18 { Err(UnitError::new(text, WANT)) } else { Ok(Bytes((bytes + 0.5) as u64)) }
    }
}

impl FromStr for BitRate {
    type Err = UnitError;
    /// Reads `"200kbit/s"`, `"1.6Mbit/s"`, `"1Gbit/s"`.
    fn from_str(text: &str) -> Result<BitRate, UnitError> {
        const WANT: &str = "a rate such as \"200kbit/s\", \"1.6Mbit/s\" or \"1Gbit/s\"";
        let units = [("bit/s", 1.0), ("kbit/s", 1e3), ("Kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)];
        let (number, factor) = quantity(text, &units, WANT)?;
        let rate = number * factor;
        if !(1.0..=1e15).contains(&rate) {
            return Err(UnitError::new(text, "a rate of at least 1bit/s, such as \"1.6Mbit/s\""));
        }
        Ok(BitRate((rate + 0.5) as u64))
    }
}

impl FromStr for Ppm {
    type Err = UnitError;
    /// Reads `"2%"`, `"0.05%"`, `"150ppm"`, `"0.25"`.
    fn from_str(text: &str) -> Result<Ppm, UnitError> {
        const WANT: &str = "a share between 0 and 1 such as \"2%\" or 0.02";
        let (number, whole) = quantity(text, &[("", 1.0), ("%", 100.0), ("ppm", 1e6)], WANT)?;
        Ppm::from_share(number / whole).ok_or_else(|| UnitError::new(text, WANT))
    }
}

impl Ppm {
    /// The whole: 100 %.
    pub const ONE: Ppm = Ppm(1_000_000);

    /// The share `s` rounded to a part per million; `None` outside 0 to 1.
    pub fn from_share(s: f64) -> Option<Ppm> {
        (0.0..=1.0).contains(&s).then_some(Ppm((s * 1e6 + 0.5) as u32))
    }
    /// The share as a number between 0 and 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 1e6
    }
    /// This share of `all`, rounded to the nearest whole number.
    pub fn of(self, all: u64) -> u64 {
        let all = u128::from(all) * u128::from(self.0);
        u64::try_from((all + 500_000) / 1_000_000).unwrap_or(u64::MAX)
    }
}

impl BitRate {
    /// The transmission time of `bytes`, rounded up to the nanosecond.
    pub fn time_for(self, bytes: u64) -> Span {
        assert!(self.0 > 0, "a rate of zero carries nothing; model it as an outage");
        match bytes.checked_mul(8_000_000_000) {
            Some(volume) => Span(volume.div_ceil(self.0)),
            None => {
                let ns = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(self.0));
                Span(u64::try_from(ns).unwrap_or(u64::MAX))
            }
        }
    }

    /// The whole bytes that are transmitted in this time.
    pub fn bytes_in(self, time: Span) -> u64 {
        u64::try_from(u128::from(self.0) * u128::from(time.0) / 8_000_000_000).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if n >= size {
                return write!(f, "{:.1}{unit}", n as f64 / size as f64);
            }
        }
        write!(f, "{n}B")
    }
}
impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        for (unit, size) in [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1_000)] {
            if n >= size {
                let tenths = format!("{:.2}", n as f64 / size as f64);
                return write!(f, "{}{unit}", tenths.trim_end_matches('0').trim_end_matches('.'));
            }
        }
        write!(f, "{n}bit/s")
    }
}
impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = format!("{:.4}", f64::from(self.0) / 1e4);
        write!(f, "{}%", percent.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_unit_and_refused_without() {
        assert_eq!("64KiB".parse(), Ok(Bytes(65_536)));
        assert_eq!("1MiB".parse(), Ok(Bytes(1 << 20)));
        assert_eq!("1.6Mbit/s".parse(), Ok(BitRate(1_600_000)));
        assert_eq!("2%".parse(), Ok(Ppm(20_000)));
        assert_eq!("0.25".parse(), Ok(Ppm(250_000)));
        assert!("64 parsecs".parse::<Bytes>().is_err());
        assert!("5Mbit".parse::<BitRate>().is_err());
        assert!("0bit/s".parse::<BitRate>().is_err());
        assert!("101%".parse::<Ppm>().is_err());
        assert!("-1%".parse::<Ppm>().is_err());
    }

    #[test]
    fn a_byte_at_eight_bits_a_second_takes_a_second() {
        assert_eq!(BitRate(8).time_for(1), Span::secs(1));
        assert_eq!(BitRate(3).time_for(1), Span(2_666_666_667));
        assert_eq!(BitRate(1).time_for(0), Span::ZERO);
    }
}
