//! Changes of values on the path between device and backend. Each change is a pure function, and
//! the scenario file selects it by its word.

use crate::base::{
    Day, Decimal, Stamp, Value, ValueRef, compatible, composed, decomposed, from_base64, ten_to, to_base64,
    word_enums,
};
use crate::contract::ColumnKind;

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq)
    /// One change of a value that real sync stacks make by mistake or by design.
    pub enum Bend {
        /// A day is sent as an instant: midnight of that day in the device's local time. The
        /// receiver takes the UTC day of that instant. Values from the backend change in the same
        /// way.
        LocalMidnight: "local-midnight",
        /// An instant is sent as local time without its zone, and is read as UTC.
        WallClock: "wall-clock",
        /// Timestamps are cut to whole milliseconds.
        Milliseconds: "milliseconds",
        /// Timestamps are cut to whole seconds.
        Seconds: "seconds",
        /// A number is converted to a double, which cannot represent every integer above 2⁵³.
        Double: "double",
        /// A decimal is converted to a double. Digits beyond the column's decimal places are cut,
        /// not rounded.
        DoubleCut: "double-cut",
        /// A number is converted to a single-precision float, which holds about 7 digits.
        Float: "float",
        /// Only the lowest 32 bits of a whole number are kept.
        Int32: "int32",
        /// An empty text becomes null.
        EmptyIsNull: "empty-is-null",
        /// A null becomes an empty text.
        NullIsEmpty: "null-is-empty",
        /// A null is not sent, and the receiver keeps its old value.
        NullNotSent: "null-not-sent",
        /// Text is converted to Unicode form NFC: a letter and its accent become one character.
        Nfc: "nfc",
        /// Text is converted to Unicode form NFD: a letter and its accent become two characters.
        Nfd: "nfd",
        /// Text is converted to Unicode form NFKC: ligatures and fractions become plain characters.
        Nfkc: "nfkc",
        /// Characters outside Latin-1 become question marks.
        Latin1: "latin-1",
        /// Characters of four bytes in UTF-8 become question marks.
        ThreeByteUtf8: "three-byte-utf8",
        /// Bytes are read as UTF-8; most byte sequences are not valid UTF-8.
        Utf8: "utf8",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

impl Bend {
    /// Whether this change applies to columns of this kind.
    pub fn fits(self, kind: &ColumnKind) -> bool {
        use ColumnKind::{Blob, Date, Decimal, Int, Real, Text, Timestamp};
        match self {
            Bend::LocalMidnight => matches!(kind, Date),
            Bend::WallClock | Bend::Milliseconds | Bend::Seconds => matches!(kind, Timestamp),
            Bend::Double => matches!(kind, Decimal { .. } | Int),
            Bend::DoubleCut => matches!(kind, Decimal { .. }),
            Bend::Float => matches!(kind, Decimal { .. } | Int | Real),
            Bend::Int32 => matches!(kind, Int),
            Bend::EmptyIsNull | Bend::NullIsEmpty => matches!(kind, Text | Blob),
            Bend::NullNotSent => true,
            Bend::Nfc | Bend::Nfd | Bend::Nfkc | Bend::Latin1 | Bend::ThreeByteUtf8 => matches!(kind, Text),
            Bend::Utf8 => matches!(kind, Blob),
        }
    }

    /// The changed value for this kind of column; `None` if the value does not change. The device's
    /// local time is `ahead` seconds ahead of UTC.
    pub(super) fn of(self, value: ValueRef<'_>, kind: &ColumnKind, way: Way, ahead: i32) -> Option<Value> {
        let ahead = i64::from(ahead) * 1_000_000 * if way == Way::Up { 1 } else { -1 };
        let bent = match (value, self) {
            (ValueRef::Null, Bend::NullIsEmpty) => Value::text(""),
            (ValueRef::Text(""), Bend::EmptyIsNull) => Value::Null,
            (ValueRef::Text(text), Bend::LocalMidnight) => {
                let begins = Day::read(text)?.begins();
                Value::text(&Day::of(Stamp(begins.0 - ahead)).to_string())
            }
            (ValueRef::Int(at), Bend::WallClock) => Value::Int(at.saturating_add(ahead)),
            (ValueRef::Int(at), Bend::Milliseconds) => Value::Int(at - at.rem_euclid(1_000)),
            (ValueRef::Int(at), Bend::Seconds) => Value::Int(at - at.rem_euclid(1_000_000)),
            (ValueRef::Int(n), Bend::Double) => Value::Int(n as f64 as i64),
            (ValueRef::Int(n), Bend::Float) => Value::Int(n as f32 as i64),
            (ValueRef::Int(n), Bend::Int32) => Value::Int(i64::from(n as i32)),
            (ValueRef::Real(x), Bend::Float) => Value::Real(f64::from(x as f32)),
            (ValueRef::Text(text), Bend::Double | Bend::DoubleCut | Bend::Float) => {
                Value::text(&self.of_decimal(text, kind)?)
            }
            (ValueRef::Text(text), Bend::Utf8) => {
                let bytes = from_base64(text)?;
                Value::text(&to_base64(String::from_utf8_lossy(&bytes).as_bytes()))
            }
            (ValueRef::Text(text), _) => Value::text(&self.of_text(text)?),
            _ => return None,
        };
        Some(bent)
    }

    fn of_decimal(self, text: &str, kind: &ColumnKind) -> Option<String> {
        let ColumnKind::Decimal { digits, places } = *kind else { return None };
        let exact = text.parse::<f64>().ok()?;
        let rounded = |x: f64| format!("{x:.*}", usize::from(places));
        let bent = match self {
            Bend::DoubleCut => {
                let units = exact * ten_to(places)? as f64;
                Decimal::new(units as i128, places).to_string()
            }
            Bend::Float => rounded(f64::from(text.parse::<f32>().ok()?)),
            _ => rounded(exact),
        };
        // Rounding may give one digit more than the column holds. Then the value stays unchanged.
        Decimal::canonical(&bent, digits, places).map(|number| number.to_string())
    }

    fn of_text(self, text: &str) -> Option<String> {
        let but = |last: char| {
            let kept = |c: char| if c > last { '?' } else { c };
            text.chars().map(kept).collect::<String>()
        };
        match self {
            Bend::Nfc => Some(composed(text).into_owned()),
            Bend::Nfd => Some(decomposed(text)),
            Bend::Nfkc => Some(compatible(text)),
            Bend::Latin1 => Some(but('\u{ff}')),
            Bend::ThreeByteUtf8 => Some(but('\u{ffff}')),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Word;

    const MONEY: ColumnKind = ColumnKind::Decimal { digits: 19, places: 2 };
    const EAST: i32 = 3_600;
    const WEST: i32 = -5 * 3_600;

    fn bent(bend: Bend, kind: &ColumnKind, value: &Value, way: Way, ahead: i32) -> Value {
        assert!(bend.fits(kind), "{bend:?}");
        value.with_ref(|value| bend.of(value, kind, way, ahead).unwrap_or_else(|| value.to_value()))
    }

    #[test]
    fn a_day_shifts_east_as_it_goes_up_and_west_as_it_comes_down() {
        let day = |text: &str, way, ahead| {
            bent(Bend::LocalMidnight, &ColumnKind::Date, &Value::text(text), way, ahead)
        };
        let (first, before) = (Value::text("2026-03-01"), Value::text("2026-02-28"));
        assert_eq!(day("2026-03-01", Way::Up, EAST), before);
        assert_eq!(day("2026-03-01", Way::Up, WEST), first);
        assert_eq!(day("2026-03-01", Way::Down, EAST), first);
        assert_eq!(day("2026-03-01", Way::Down, WEST), before);
        assert_eq!([Way::Up, Way::Down].map(|way| day("2026-03-01", way, 0)), [first.clone(), first]);
    }

    #[test]
    fn local_time_without_its_zone_comes_back_where_it_was_said() {
        let at = |micros, way| bent(Bend::WallClock, &ColumnKind::Timestamp, &Value::Int(micros), way, EAST);
        assert_eq!(at(0, Way::Up), Value::Int(3_600_000_000));
        assert_eq!(at(3_600_000_000, Way::Down), Value::Int(0));
    }

    #[test]
    fn numbers_lose_what_their_way_has_no_digits_for() {
        let money = |bend, text: &str| bent(bend, &MONEY, &Value::text(text), Way::Up, 0).to_string();
        assert_eq!(money(Bend::Double, "123456789012.34"), "\"123456789012.34\"");
        assert_eq!(money(Bend::Double, "12345678901234567.89"), "\"12345678901234568.00\"");
        assert_eq!(money(Bend::DoubleCut, "0.29"), "\"0.28\"");
        assert_eq!(money(Bend::DoubleCut, "0.25"), "\"0.25\"");
        assert_eq!(money(Bend::Float, "12345678.91"), "\"12345679.00\"");
        let int = |bend, n| bent(bend, &ColumnKind::Int, &Value::Int(n), Way::Up, 0);
        assert_eq!(int(Bend::Double, (1 << 53) + 1), Value::Int(1 << 53));
        assert_eq!(int(Bend::Double, i64::MAX), Value::Int(i64::MAX));
        assert_eq!(int(Bend::Int32, (1 << 32) + 7), Value::Int(7));
        assert_eq!(int(Bend::Float, 16_777_217), Value::Int(16_777_216));
    }

    #[test]
    fn texts_and_bytes_lose_what_their_way_has_no_letters_for() {
        let text = |bend, text: &str| bent(bend, &ColumnKind::Text, &Value::text(text), Way::Down, 0);
        assert_eq!(text(Bend::Latin1, "Zoë Łódź 🦊"), Value::text("Zoë ?ód? ?"));
        assert_eq!(text(Bend::ThreeByteUtf8, "東京 🦊"), Value::text("東京 ?"));
        assert_eq!(text(Bend::Nfc, "Zoe\u{308}"), Value::text("Zo\u{eb}"));
        assert_eq!(text(Bend::Nfd, "Zo\u{eb}"), Value::text("Zoe\u{308}"));
        assert_eq!(text(Bend::Nfkc, "x²"), Value::text("x2"));
        assert_eq!(text(Bend::EmptyIsNull, ""), Value::Null);
        assert_eq!(text(Bend::EmptyIsNull, "a"), Value::text("a"));
        let null = bent(Bend::NullIsEmpty, &ColumnKind::Text, &Value::Null, Way::Up, 0);
        assert_eq!(null, Value::text(""));
        let bytes = |bytes: &[u8]| Value::text(&to_base64(bytes));
        let blob = |from: &[u8]| bent(Bend::Utf8, &ColumnKind::Blob, &bytes(from), Way::Up, 0);
        assert_eq!(blob(b"plain"), bytes(b"plain"));
        assert_eq!(blob(&[0xff, b'a']), bytes("\u{fffd}a".as_bytes()));
    }

    #[test]
    fn null_is_bent_by_none_but_the_word_that_speaks_of_it() {
        for bend in Bend::VALUES {
            let bent = bend.of(ValueRef::Null, &MONEY, Way::Up, EAST);
            assert_eq!(bent.is_some(), *bend == Bend::NullIsEmpty, "{bend:?}");
        }
    }
}
