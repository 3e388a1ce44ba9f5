//! In this module, a cell makes the values of one column. It uses a [`Maker`] and the list from
//! which the maker picks.

use std::sync::Arc;

use super::{prose, words};
use crate::base::{ContentKind, Day, Decimal, Fat, Stamp, Stream, Value, ten_to};
use crate::workload::Maker;

/// Value number `index` (from 0) of an attribute that has `count` values: `clinic-07`.
pub fn attribute_value(name: &str, index: u32, count: u32) -> Value {
    let width = count.to_string().len();
    Value::text(&format!("{name}-{:0width$}", u64::from(index) + 1))
}

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) maker: Maker,
    /// The list for a [`Maker`] that picks a text or an attribute value.
    values: Arc<[Value]>,
    /// The origin of days (the day of the start) or of moments (the midnight before the start).
    origin: i64,
}

impl Cell {
    /// `attributes` has the values of each attribute. (`midnight`, `day`) is the start.
    pub(super) fn new(maker: &Maker, attributes: &[Arc<[Value]>], (midnight, day): (Stamp, Day)) -> Cell {
        let values = match maker {
            Maker::OneOf(texts) => texts.iter().map(|t| Value::text(t)).collect(),
            Maker::Attribute(position) => attributes[*position].clone(),
            _ => Arc::from([]),
        };
        let origin = if matches!(maker, Maker::Day(..)) { day.0 } else { midnight.0 };
        Cell { maker: maker.clone(), values, origin }
    }

    /// For evenly spaced days or moments: the first one, the step, and their number.
    pub(crate) fn grid(&self) -> Option<(i64, i64, u64)> {
        let (from, until, step) = match self.maker {
            Maker::Day(from, until) => (from, until, 1),
            Maker::Moment(from, until, step) => (from, until, step.max(1)),
            _ => return None,
        };
        Some((self.origin + from, step, u64::try_from(until - from).unwrap_or(0) / step as u64 + 1))
    }

    pub(crate) fn domain(&self) -> Option<u64> {
        match &self.maker {
            Maker::Int(min, max) => Some(max.abs_diff(*min).saturating_add(1)),
            Maker::Moment(..) | Maker::Day(..) => self.grid().map(|(.., count)| count),
            Maker::Decimal(digits, _) => Some(numbers(*digits)),
            Maker::Real => Some(1_000_000),
            Maker::Bool => Some(2),
            Maker::OneOf(_) | Maker::Attribute(_) => Some(self.values.len() as u64),
            _ => None,
        }
    }

    pub(crate) fn nth(&self, n: u64) -> Value {
        let (first, step, _) = self.grid().unwrap_or_default();
        match &self.maker {
            Maker::Int(min, _) => Value::Int(min.wrapping_add(n as i64)),
            Maker::Moment(..) => Value::Int(first + step * n as i64),
            Maker::Day(..) => Value::text(&Day(first + n as i64).to_string()),
            Maker::Decimal(digits, places) => {
                Value::text(&Decimal::new(nth_number(*digits, n), *places).to_string())
            }
            Maker::Real => Value::Real(n as f64 / 1_000.0),
            Maker::Bool => Value::Int(n as i64),
            Maker::OneOf(_) | Maker::Attribute(_) => {
                self.values.get(n as usize).cloned().unwrap_or(Value::Null)
            }
            maker => unreachable!("{maker:?} has no domain"),
        }
    }

    /// Draws a value. Values of references and copied columns depend on other rows, so they are not
    /// drawn here.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Value {
        match &self.maker {
            Maker::Words(min, max, letters) => {
                let mut text = String::new();
                words::fill(&mut text, stream, *min, *max, *letters);
                Value::Text(Arc::from(text))
            }
            Maker::Prose(min, max) => Value::Text(Arc::from(prose::text(stream, *min, *max))),
            Maker::Fat { median, max, rare } => {
                let usual = stream.log_normal(f64::from(*median), Maker::FAT_SIGMA);
                let len = match rare {
                    Some((share, len)) if stream.chance(share.share()) => *len,
                    _ => (usual as u32).clamp(1, (*max).max(1)),
                };
                Value::Fat(Fat { seed: stream.next_u64(), len, of: ContentKind::Words })
            }
            Maker::Blob(min, max) => {
                let bytes = min + stream.below(u64::from(max - min) + 1) as u32;
                Value::Fat(Fat::bytes(stream.next_u64(), bytes))
            }
            _ => match self.domain() {
                Some(0) | None => Value::Null,
                Some(count) => self.nth(stream.below(count)),
            },
        }
    }

    /// True if a change of this column does not move the row to another place. The column is then
    /// not a reference, timestamp, attribute or copied column.
    pub(super) fn is_plain(&self) -> bool {
        use Maker::{Attribute, Folded, Moment, Ref};
        !matches!(self.maker, Moment(..) | Ref(_) | Attribute(_) | Folded { .. })
    }
}

/// A number below `count` from 64 uniform bits. The bias is below `count` / 2⁶⁴.
pub(crate) fn pick(bits: u64, count: u64) -> u64 {
    ((u128::from(bits) * u128::from(count)) >> 64) as u64
}

/// The number of values with this many digits, limited to the greatest `u64`.
fn numbers(digits: u8) -> u64 {
    ten_to(digits).map_or(u64::MAX, |all| u64::try_from(all).unwrap_or(u64::MAX))
}

/// The `n`th of the numbers with this many digits. If there are more than a `u64` can count, the
/// result is a number near the `n`th one, with scrambled last digits.
fn nth_number(digits: u8, n: u64) -> i128 {
    let step = ten_to(digits).map_or(1, |all| all / i128::from(numbers(digits)));
    let within = (i128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * step) >> 64;
    i128::from(n) * step + within
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::{Ppm, Seed};
    use crate::workload::Letters;

    /// For tests in which the day does not matter.
    const NEVER: (Stamp, Day) = (Stamp(0), Day(0));

    #[test]
    fn an_attribute_value_is_padded_for_the_last_of_them() {
        assert_eq!(attribute_value("clinic", 6, 25), Value::text("clinic-07"));
        assert_eq!(attribute_value("clinic", 24, 25), Value::text("clinic-25"));
        assert_eq!(attribute_value("ward", 0, 3), Value::text("ward-1"));
    }

    #[test]
    fn a_text_has_a_length_between_its_bounds_and_of_many_scripts_half_have_accents_apart() {
        let many = Maker::Words(12, 40, Letters::Many);
        for maker in [Maker::Words(12, 40, Letters::Plain), many.clone(), Maker::Prose(12, 40)] {
            let (cell, mut stream) = (Cell::new(&maker, &[], NEVER), Seed(1).stream("words", 0, 0));
            let mut text = || if let Value::Text(text) = cell.draw(&mut stream) { text } else { panic!() };
            let texts: Vec<Arc<str>> = (0..2_000).map(|_| text()).collect();
            let lengths: BTreeSet<usize> = texts.iter().map(|text| text.len()).collect();
            assert!(lengths.into_iter().eq(12..=40), "{maker:?}");
            let apart = texts.iter().filter(|text| text.contains(['\u{301}', '\u{308}', '\u{303}'])).count();
            assert_eq!((500..1_500).contains(&apart), maker == many, "{maker:?}: {apart}");
        }
    }

    #[test]
    fn some_fat_texts_are_of_another_size() {
        let maker = Maker::Fat { median: 1_500, max: 20_000, rare: Some((Ppm(20_000), 150_000)) };
        let cell = Cell::new(&maker, &[], NEVER);
        let mut stream = Seed(1).stream("fat", 0, 0);
        let mut lengths: Vec<u32> = (0..10_000)
            .filter_map(|_| match cell.draw(&mut stream) {
                Value::Fat(fat) => Some(fat.len),
                _ => None,
            })
            .collect();
        lengths.sort_unstable();
        let rare = lengths.iter().filter(|len| **len > 20_000).count();
        assert!((170..230).contains(&rare), "{rare} of 10 000");
        assert!((1_400..1_600).contains(&lengths[4_900]), "a median of {}", lengths[4_900]);
        assert_eq!(lengths.last(), Some(&150_000));
    }

    #[test]
    fn decimals_of_any_width_are_told_apart_and_fit() {
        for (digits, places) in [(2, 2), (12, 2), (19, 0), (38, 10)] {
            let cell = Cell::new(&Maker::Decimal(digits, places), &[], NEVER);
            let count = cell.domain().unwrap();
            let texts = [0, 1, count / 2, count - 1].map(|n| match cell.nth(n) {
                Value::Text(text) => text,
                other => panic!("{other}"),
            });
            for text in &texts {
                let same = Decimal::canonical(text, digits, places).map(|d| d.to_string());
                assert_eq!(same.as_deref(), Some(&**text));
            }
            assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{texts:?}");
        }
    }

    #[test]
    fn a_moment_or_a_day_lies_on_its_grid_with_both_ends_reached() {
        let start = (Stamp(1_000), Day::read("2026-03-02").unwrap());
        let seen = |maker| {
            let (cell, mut stream) = (Cell::new(&maker, &[], start), Seed(1).stream("grid", 0, 0));
            let drawn = (0..200).map(|_| cell.draw(&mut stream).to_string());
            drawn.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        let moments = seen(Maker::Moment(-20, 25, 10));
        assert_eq!(moments, ["1000", "1010", "1020", "980", "990"]);
        assert_eq!(seen(Maker::Day(-1, 0)), ["\"2026-03-01\"", "\"2026-03-02\""]);
    }
}
