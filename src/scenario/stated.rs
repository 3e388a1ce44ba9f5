//! Values as scenario files write them: a default is that of the room that heeds it, and is read
//! from there.

use crate::base::{Bytes, Ppm, Span};

/// A value that a scenario file may state.
pub(super) trait Stated {
    /// As a TOML value.
    fn stated(&self) -> String;
}

impl Stated for u32 {
    fn stated(&self) -> String {
        self.to_string()
    }
}

impl Stated for bool {
    fn stated(&self) -> String {
        self.to_string()
    }
}

/// A word or a name.
impl Stated for str {
    fn stated(&self) -> String {
        format!("\"{self}\"")
    }
}

/// In parts of one.
impl Stated for Ppm {
    fn stated(&self) -> String {
        self.share().to_string()
    }
}

/// In the longest unit of which it is a whole number.
impl Stated for Span {
    fn stated(&self) -> String {
        const UNITS: [(&str, u64); 7] = [
            ("d", 86_400_000_000_000),
            ("h", 3_600_000_000_000),
            ("m", 60_000_000_000),
            ("s", 1_000_000_000),
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
        ];
        if *self == Span::ZERO { "\"0s\"".to_owned() } else { in_units(self.0, &UNITS) }
    }
}

/// In the largest unit of which it is a whole number.
impl Stated for Bytes {
    fn stated(&self) -> String {
        const UNITS: [(&str, u64); 6] = [
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("MB", 1_000_000),
            ("KiB", 1 << 10),
            ("kB", 1_000),
            ("B", 1),
        ];
        if self.0 == 0 { "\"0B\"".to_owned() } else { in_units(self.0, &UNITS) }
    }
}

fn in_units(n: u64, units: &[(&str, u64)]) -> String {
    let whole = units.iter().find(|(_, size)| n.is_multiple_of(*size));
    let (unit, size) = whole.expect("the last unit is one");
    format!("\"{}{unit}\"", n / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_stated_in_the_largest_unit_that_fits_it() {
        let spans = [0, 1, 1_000, 3_000_000, 75_000_000_000, 300_000_000_000, 86_400_000_000_000];
        let stated = spans.map(|ns| Span(ns).stated());
        assert_eq!(
            stated,
            ["\"0s\"", "\"1ns\"", "\"1us\"", "\"3ms\"", "\"75s\"", "\"5m\"", "\"1d\""].map(str::to_owned)
        );
        let stated = [0, 300, 3_000, 1 << 20].map(|bytes| Bytes(bytes).stated());
        assert_eq!(stated, ["\"0B\"", "\"300B\"", "\"3kB\"", "\"1MiB\""].map(str::to_owned));
        assert_eq!([Ppm(0), Ppm(500_000), Ppm::ONE].map(|share| share.stated()), ["0", "0.5", "1"]);
    }
}
