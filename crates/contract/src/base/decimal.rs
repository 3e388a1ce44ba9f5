//! Exact decimal numbers.

use std::fmt;

/// A number, counted in units of its last decimal place. It has at most [`Decimal::DIGITS_MAX`]
/// digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    places: u8,
}

impl Decimal {
    /// The most digits that databases commonly allow.
    pub const DIGITS_MAX: u8 = 38;

    /// The number `units` · 10^-`places`.
    pub fn new(units: i128, places: u8) -> Decimal {
        Decimal { units, places }
    }

    /// Reads a number such as `"-12.50"`; `None` for other text or for too many digits.
    pub fn read(text: &str) -> Option<Decimal> {
        let (negative, digits) = (text.starts_with('-'), text.strip_prefix(['-', '+']).unwrap_or(text));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let ends_in_point = digits.ends_with('.');
        if whole.is_empty() || ends_in_point || !all(whole) || !all(part) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() + part.len() > usize::from(Decimal::DIGITS_MAX) {
            return None;
        }
        let units = whole.bytes().chain(part.bytes()).fold(0, |n, b| n * 10 + i128::from(b - b'0'));
        Some(Decimal { units: if negative { -units } else { units }, places: part.len() as u8 })
    }

    /// Changes the number of decimal places. `None` if that loses digits or needs too many digits.
    pub fn with_places(self, places: u8) -> Option<Decimal> {
        let units = if places >= self.places {
            self.units.checked_mul(ten_to(places - self.places)?)?
        } else {
            let by = ten_to(self.places - places)?;
            (self.units % by == 0).then_some(self.units / by)?
        };
        Some(Decimal { units, places }).filter(|d| d.has_at_most(Decimal::DIGITS_MAX))
    }

    /// True if it has at most `digits` digits.
    pub fn has_at_most(self, digits: u8) -> bool {
        ten_to(digits).is_some_and(|bound| self.units.abs() < bound)
    }
    /// Reads a number in the form in which a column with `digits` digits and `places` decimal
    /// places stores it. `None` if the number does not fit.
    pub fn canonical(text: &str, digits: u8, places: u8) -> Option<Decimal> {
        Decimal::read(text)?.with_places(places).filter(|d| d.has_at_most(digits))
    }

    /// Removes trailing zeros after the point, so that equal numbers have equal fields.
    pub fn shortest(self) -> Decimal {
        let mut short = self;
        while short.places > 0 && short.units % 10 == 0 {
            short = Decimal { units: short.units / 10, places: short.places - 1 };
        }
        short
    }
}

/// 10 to the given power; `None` if the power is above [`Decimal::DIGITS_MAX`].
pub fn ten_to(power: u8) -> Option<i128> {
    (power <= Decimal::DIGITS_MAX).then(|| 10_i128.pow(u32::from(power)))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let width = usize::from(self.places) + 1;
        let digits = format!("{:0width$}", self.units.unsigned_abs());
        let (whole, part) = digits.split_at(digits.len() - usize::from(self.places));
        if part.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_written_as_its_column_has_it() {
        for (text, digits, places, want) in [
            ("1.5", 10, 2, Some("1.50")),
            ("1.500", 10, 2, Some("1.50")),
            ("-0.00", 10, 2, Some("0.00")),
            ("+7", 3, 0, Some("7")),
            ("0.005", 3, 3, Some("0.005")),
            ("-0.5", 3, 1, Some("-0.5")),
            ("1.505", 10, 2, None),
            ("1000", 3, 0, None),
            ("99999999999999999999", 20, 0, Some("99999999999999999999")),
            ("1e5", 10, 0, None),
            (".5", 10, 1, None),
            ("5.", 10, 1, None),
            ("", 10, 1, None),
            ("1,5", 10, 1, None),
        ] {
            let got = Decimal::canonical(text, digits, places).map(|d| d.to_string());
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }

    #[test]
    fn equal_numbers_have_one_shortest_form() {
        let short = |text| Decimal::read(text).map(Decimal::shortest);
        assert_eq!(short("1.50"), short("1.5"));
        assert_eq!(short("0.00"), short("-0"));
        assert_ne!(short("1.5"), short("15"));
        assert_eq!(short("100"), Some(Decimal::new(100, 0)));
    }

    #[test]
    fn a_number_of_39_digits_is_none() {
        assert!(Decimal::read(&"9".repeat(38)).is_some());
        assert!(Decimal::read(&"9".repeat(39)).is_none());
        assert!(Decimal::read("9").unwrap().with_places(38).is_none());
    }
}
