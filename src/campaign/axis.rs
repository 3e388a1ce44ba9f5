//! An axis of a sweep: a key of the scenario and its values.
//!
//! A plan describes a cell before it runs.

use std::str::FromStr;

use crate::base::{BitRate, Bytes, Span};

/// The most cells (single simulations) of a sweep. More are probably a typing error, and their
/// plans and records would fill the memory.
pub const CELLS_MAX: u128 = 100_000;

/// A key of the scenario with its values. The user writes `engine.pull.chunk_rows=16..8192*2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub key: String,
    pub values: Vec<String>,
    /// The range of the values; `None` if the user listed each value.
    range: Option<Range>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AxisError(pub(super) String);

/// Numbers from first to last. The last one is included only if a step reaches it.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    first: f64,
    last: f64,
    step: Progression,
    unit: String,
    /// True if both ends are integers. Then all values are rounded.
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Progression {
    Times(f64),
    Plus(f64),
}

const WANT: &str = "a list `a,b,c`, or a range such as `16..8192*2`, `10..100+10`, `0..=5`";

impl Axis {
    /// The ends of a range whose step is a factor; `None` for other axes.
    pub fn ends(&self) -> Option<(f64, f64)> {
        let range = self.range.as_ref()?;
        matches!(range.step, Progression::Times(_)).then_some((range.first, range.last))
    }
    /// The axis with `most` as its end. `None` unless it is a range with a factor that goes beyond
    /// `most`.
    pub fn up_to(&self, most: f64) -> Option<Axis> {
        let (first, last) = self.ends()?;
        let cut = Range { first: first.min(most), last: most, ..self.range.clone()? };
        (last > most).then(|| Axis { key: self.key.clone(), values: cut.values(), range: Some(cut) })
    }
    pub fn shown(&self, x: f64) -> String {
        self.range.as_ref().map_or_else(|| x.to_string(), |range| range.shown(x))
    }
    /// The number of a value in the unit of the axis; `None` if the value is not a number.
    pub fn number(&self, value: &str) -> Option<f64> {
        let (x, unit) = number(value)?;
        match &self.range {
            Some(range) if unit != range.unit => Some(x * in_units_of(unit, &range.unit)?),
            _ => Some(x),
        }
    }
}

impl FromStr for Axis {
    type Err = AxisError;
    fn from_str(text: &str) -> Result<Axis, AxisError> {
        let wrong = |why: String| Err(AxisError(why));
        let (key, spec) = text.split_once('=').map_or(("", ""), |(key, spec)| (key.trim(), spec.trim()));
        if key.is_empty() || spec.is_empty() {
            return wrong(format!("the form must be KEY=SPEC, with the values as {WANT}"));
        }
        let key = key.to_owned();
        let values = listed(spec);
        if let (Some((first, rest)), [_]) = (spec.split_once(".."), values.as_slice())
            && starts_as_number(first)
        {
            let range = range(first, rest)
                .ok_or_else(|| AxisError(format!("`{spec}` {}; give {WANT}", fault(first, rest))))?;
            if matches!(range.step, Progression::Times(_)) && range.first <= 0.0 {
                let Range { first, last, unit, .. } = range;
                return wrong(format!(
                    "from {first} on, the factor gives no new value; use steps of one: {first}{unit}..={last}{unit}"
                ));
            }
            // A 64-bit float represents every integer up to 2⁵³.
            if range.whole && range.first.abs().max(range.last.abs()) > 9e15 {
                return wrong(format!("`{spec}` has values that would be rounded: list each value"));
            }
            return match range.count() {
                0 => wrong(format!("`{spec}` ends before it starts: put the smaller value first")),
                count if count > CELLS_MAX => {
                    wrong(format!("`{spec}` has more than {CELLS_MAX} values: use a larger step"))
                }
                _ => Ok(Axis { key, values: range.values(), range: Some(range) }),
            };
        }
        for (i, value) in values.iter().enumerate() {
            if value.is_empty() {
                return wrong(format!("`{spec}` has an empty value"));
            }
            if values[..i].contains(value) {
                return wrong(format!("`{spec}` names {value} twice"));
            }
        }
        Ok(Axis { key, values, range: None })
    }
}

/// Splits a text at commas, but not inside brackets or quotes.
fn listed(spec: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote) = (0_i32, None);
    for c in spec.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut().expect("there is always one").push(c);
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

fn starts_as_number(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
}

/// The reason why a text is not a range.
fn fault(first: &str, rest: &str) -> &'static str {
    let is_open = !rest.contains(['*', '+', '=']);
    match number(first).zip(number(rest)) {
        Some(((low, unit), (high, other))) if is_open && unit == other && high < low => {
            "has no step and ends before it starts"
        }
        Some(_) if is_open => "has no step",
        _ => "is not a range",
    }
}

fn range(first: &str, rest: &str) -> Option<Range> {
    let (rest, with_end) = rest.strip_prefix('=').map_or((rest, false), |rest| (rest, true));
    let (first, unit) = number(first)?;
    if unit.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let in_units = |x: f64, of: &str| if of == unit { Some(x) } else { Some(x * in_units_of(of, unit)?) };
    let (last, step) = match rest.find(['*', '+']) {
        Some(at) => {
            let step = match (&rest[at..=at], number(&rest[at + 1..])?) {
                ("*", (factor, "")) if factor > 1.0 => Progression::Times(factor),
                ("+", (more, "")) if more > 0.0 => Progression::Plus(more),
                ("+", (more, of)) if more > 0.0 => Progression::Plus(in_units(more, of)?),
                _ => return None,
            };
            (&rest[..at], step)
        }
        None if with_end => (rest, Progression::Plus(1.0)),
        None => return None,
    };
    let (last, last_unit) = number(last)?;
    let last = in_units(last, last_unit)?;
    let whole = first.fract() == 0.0
        && last.fract() == 0.0
        && !matches!(step, Progression::Plus(n) if n.fract() != 0.0);
    Some(Range { first, last, step, unit: unit.to_owned(), whole })
}

fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let length = digits.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(digits.len());
    let (number, unit) = text.split_at(text.len() - digits.len() + length);
    Some((number.replace('_', "").parse().ok()?, unit.trim()))
}

/// The factor that converts unit `ours` to unit `theirs`; `None` if one is a time and the other is
/// a size or a rate.
fn in_units_of(ours: &str, theirs: &str) -> Option<f64> {
    // The smallest units are ns and bytes, so 1 000 of any unit is an integer.
    let thousand = |unit: &str| {
        let text = format!("1000{unit}");
        let (span, size, rate) = (text.parse().ok(), text.parse().ok(), text.parse().ok());
        [span.map(|Span(ns)| ns), size.map(|Bytes(n)| n), rate.map(|BitRate(n)| n)]
    };
    let both = thousand(ours).into_iter().zip(thousand(theirs));
    both.filter_map(|(ours, theirs)| Some(ours? as f64 / theirs? as f64)).next()
}

impl Range {
    fn shown(&self, x: f64) -> String {
        // Removes rounding errors, for example of 0.1 + 0.2.
        let x = if self.whole { x.round() } else { (x * 1e9).round() / 1e9 };
        format!("{x}{}", self.unit)
    }

    fn count(&self) -> u128 {
        // Rounding errors must not remove the last value of the range.
        const SLACK: f64 = 1e-9;
        if self.last < self.first {
            return 0;
        }
        let steps = match self.step {
            Progression::Times(factor) => libm::log(self.last / self.first) / libm::log(factor),
            Progression::Plus(more) => (self.last - self.first) / more,
        };
        (steps + SLACK) as u128 + 1
    }

    fn values(&self) -> Vec<String> {
        let at = |n: u32| match self.step {
            Progression::Times(factor) => self.first * libm::pow(factor, f64::from(n)),
            Progression::Plus(more) => self.first + more * f64::from(n),
        };
        let mut values: Vec<String> = (0..self.count() as u32).map(|n| self.shown(at(n))).collect();
        values.dedup();
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(spec: &str) -> Vec<String> {
        let axis: Axis = format!("some.key={spec}").parse().unwrap_or_else(|e| panic!("{spec}: {e}"));
        axis.values
    }

    #[test]
    fn lists_and_ranges_become_the_values_as_they_are_written() {
        for (spec, expected) in [
            ("edge,lte-good, wifi-good", "edge lte-good wifi-good"),
            ("16..128*2", "16 32 64 128"),
            ("16..100*2", "16 32 64"),
            ("10..40+10", "10 20 30 40"),
            ("0..=5", "0 1 2 3 4 5"),
            ("-2..=2+2", "-2 0 2"),
            ("4..32*1.5", "4 6 9 14 20 30"),
            ("0.1..0.4+0.1", "0.1 0.2 0.3 0.4"),
            ("1KiB..1MiB*32", "1KiB 32KiB 1024KiB"),
            ("100ms..1s+300ms", "100ms 400ms 700ms 1000ms"),
            ("1s..3s+500ms", "1s 1.5s 2s 2.5s 3s"),
            ("1KiB..2KiB+256B", "1KiB 1.25KiB 1.5KiB 1.75KiB 2KiB"),
            ("1m..3m+60s", "1m 2m 3m"),
            ("1%..4%*2", "1% 2% 4%"),
            ("7", "7"),
            ("true,false", "true false"),
        ] {
            assert_eq!(values(spec).join(" "), expected, "{spec}");
        }
        assert_eq!(values("{ a = 0.5, b = 0.5 },c"), ["{ a = 0.5, b = 0.5 }", "c"]);
        assert_eq!(values("-7d..28d,-1d..2d"), ["-7d..28d", "-1d..2d"], "a list of windows is no range");
    }

    #[test]
    fn an_axis_that_makes_no_sense_says_what_would() {
        let error = |text: &str| format!("{text}: {}\n", text.parse::<Axis>().expect_err(text));
        let wrong = "engine.pull.chunk_rows k=1..5 k=5..=1 k=1..=1000000000 k=1..8*1 k=0..8*2 k=1ms..4KiB*2 \
                     k=1,2,1 k=1,,2 k=9007199254740992..=9007199254740993";
        insta::assert_snapshot!(wrong.split(' ').map(error).collect::<String>());
    }
}
