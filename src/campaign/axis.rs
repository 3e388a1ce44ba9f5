//! Axes of a sweep: a key, and the values that it takes.

use std::str::FromStr;

use crate::base::{BitRate, Bytes, Span};

/// More cells than this are a slip of the finger: a plan and a record of each are kept.
pub const CELLS_MAX: u128 = 100_000;

/// A key of the scenario with its values, as they are written: `engine.pull.chunk_rows=16..8192*2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The dotted key.
    pub key: String,
    steps: Steps,
}

/// What is wrong with an axis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AxisError(pub(super) String);

#[derive(Clone, Debug, PartialEq)]
enum Steps {
    List(Vec<String>),
    Range(Range),
}

/// Numbers from the first to the last, both included if the steps meet them.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    first: f64,
    last: f64,
    step: Progression,
    /// What stands behind each number.
    unit: String,
    /// Both ends are whole, so all between are rounded.
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Progression {
    Times(f64),
    Plus(f64),
}

const WANT: &str = "a list `a,b,c`, or a range such as `16..8192*2`, `10..100+10`, `0..=5`";

impl Axis {
    /// Its first value.
    pub fn first(&self) -> String {
        match &self.steps {
            Steps::List(values) => values[0].clone(),
            Steps::Range(range) => range.shown(range.first),
        }
    }

    /// How many values it has, without making them.
    pub fn count(&self) -> u128 {
        match &self.steps {
            Steps::List(values) => values.len() as u128,
            Steps::Range(range) => range.count(),
        }
    }

    /// Its values in order.
    pub fn values(&self) -> Vec<String> {
        match &self.steps {
            Steps::List(values) => values.clone(),
            Steps::Range(range) => range.values(),
        }
    }

    /// The ends of a range that is gone through by multiplication: between its values there are others of the same kind.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match &self.steps {
            Steps::Range(Range { first, last, step: Progression::Times(_), .. }) => Some((*first, *last)),
            _ => None,
        }
    }
    /// The axis without what lies above `most`, where it is such a range and reaches beyond that.
    pub fn up_to(&self, most: f64) -> Option<Axis> {
        let (first, last) = self.ends()?;
        let Steps::Range(range) = &self.steps else { return None };
        let cut = Range { first: first.min(most), last: most, ..range.clone() };
        (last > most).then(|| Axis { key: self.key.clone(), steps: Steps::Range(cut) })
    }
    /// A number as a value of the axis, with its unit.
    pub fn shown(&self, x: f64) -> String {
        match &self.steps {
            Steps::List(_) => x.to_string(),
            Steps::Range(range) => range.shown(x),
        }
    }
    /// The number that a value stands for, in the unit of the axis; `None` if it is none.
    pub fn number(&self, value: &str) -> Option<f64> {
        let (x, unit) = number(value)?;
        match &self.steps {
            Steps::Range(range) if unit != range.unit => Some(x * in_units_of(unit, &range.unit)?),
            _ => Some(x),
        }
    }
}

impl FromStr for Axis {
    type Err = AxisError;
    fn from_str(text: &str) -> Result<Axis, AxisError> {
        let wrong = |why: String| Err(AxisError(why));
        let Some((key, spec)) = text.split_once('=') else {
            return wrong(format!("want KEY=SPEC, the values as {WANT}"));
        };
        let (key, spec) = (key.trim(), spec.trim());
        if key.is_empty() || spec.is_empty() {
            return wrong(format!("want KEY=SPEC, the values as {WANT}"));
        }
        let values = listed(spec);
        let steps = match (spec.split_once(".."), values.as_slice()) {
            (Some((first, rest)), [_]) if starts_as_number(first) => Steps::Range(range(first, rest)?),
            _ => Steps::List(values),
        };
        let axis = Axis { key: key.to_owned(), steps };
        if axis.count() == 0 {
            return wrong(format!("`{spec}` is an empty range"));
        }
        if let Steps::List(values) = &axis.steps {
            for (i, value) in values.iter().enumerate() {
                if value.is_empty() {
                    return wrong(format!("`{spec}` has a value that is nothing"));
                }
                if let Some(other) = values[..i].iter().find(|other| says_the_same(other, value)) {
                    let also = if other == value { String::new() } else { format!(": it is {other}") };
                    return wrong(format!("`{spec}` names {value} twice{also}"));
                }
            }
        }
        Ok(axis)
    }
}

/// Whether two values are one, however they are written: `60s` and `1m`.
fn says_the_same(one: &str, other: &str) -> bool {
    let as_numbers = || {
        let ((x, unit), (y, other_unit)) = (number(one)?, number(other)?);
        let factor = match (other_unit, unit) {
            (one, other) if one == other => 1.0,
            // Only shares are written in per cent.
            ("%", "") => 0.01,
            ("", "%") => 100.0,
            _ => in_units_of(other_unit, unit)?,
        };
        // Units are whole multiples of each other, so what is the same differs by rounding alone.
        Some((x - y * factor).abs() <= 1e-12 * x.abs())
    };
    one == other || as_numbers().unwrap_or(false)
}

/// Splits at commas that are in no brackets and no quotes.
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

fn range(first: &str, rest: &str) -> Result<Range, AxisError> {
    let (rest, with_end) = rest.strip_prefix('=').map_or((rest, false), |rest| (rest, true));
    let begin = number(first).map_or("", |(_, unit)| unit);
    if begin.contains(|c: char| c.is_ascii_digit()) {
        return Err(AxisError(format!(
            "a range begins with a number of one unit, such as `90m`, not `{first}`"
        )));
    }
    let (last, step) = match rest.find(['*', '+']) {
        Some(at) => {
            let size = number(&rest[at + 1..]);
            let in_units = |unit: &str| {
                if unit.is_empty() || unit == begin { Some(1.0) } else { in_units_of(unit, begin) }
            };
            let step = match (&rest[at..=at], size) {
                ("*", Some((factor, ""))) if factor > 1.0 => Progression::Times(factor),
                ("+", Some((more, unit))) if more > 0.0 => match in_units(unit) {
                    Some(factor) => Progression::Plus(more * factor),
                    None => return Err(AxisError(format!("a step of `{unit}` leads nowhere from {first}"))),
                },
                _ => return Err(AxisError(format!("a step is `*2` or `+10`, not `{}`", &rest[at..]))),
            };
            (&rest[..at], step)
        }
        None if with_end => (rest, Progression::Plus(1.0)),
        None => {
            return Err(AxisError(format!(
                "a range needs a step or its end: {first}..={rest}, {first}..{rest}*2"
            )));
        }
    };
    let sense = || AxisError(format!("`{first}..{rest}` is not a range of numbers; want {WANT}"));
    let ((first, unit), (last, last_unit)) =
        (number(first).ok_or_else(sense)?, number(last).ok_or_else(sense)?);
    let last =
        if unit == last_unit { last } else { last * in_units_of(last_unit, unit).ok_or_else(sense)? };
    if matches!(step, Progression::Times(_)) && first <= 0.0 {
        return Err(AxisError(format!(
            "from {first} on no multiplication leads anywhere; in steps of one: {first}{unit}..={last}{unit}"
        )));
    }
    let whole = first.fract() == 0.0
        && last.fract() == 0.0
        && !matches!(step, Progression::Plus(n) if n.fract() != 0.0);
    Ok(Range { first, last, step, unit: unit.to_owned(), whole })
}

/// A number and what stands behind it.
fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let length = digits.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(digits.len());
    let (number, unit) = text.split_at(text.len() - digits.len() + length);
    Some((number.replace('_', "").parse().ok()?, unit.trim()))
}

/// How many of `theirs` one of `ours` is, for units of time, size or rate.
fn in_units_of(ours: &str, theirs: &str) -> Option<f64> {
    fn one<T: FromStr>(unit: &str, value: impl Fn(T) -> u64) -> Option<f64> {
        // A nanosecond and a byte are the smallest there is; a thousand of anything is exact.
        format!("1000{unit}").parse().ok().map(|t| value(t) as f64)
    }
    let ratio = |ours: Option<f64>, theirs: Option<f64>| Some(ours? / theirs?);
    let span = |unit| one(unit, |Span(ns)| ns);
    let size = |unit| one(unit, |Bytes(n)| n);
    let rate = |unit| one(unit, |BitRate(n)| n);
    ratio(span(ours), span(theirs))
        .or_else(|| ratio(size(ours), size(theirs)))
        .or_else(|| ratio(rate(ours), rate(theirs)))
}

impl Range {
    fn shown(&self, x: f64) -> String {
        // Sums of tenths are told as tenths.
        let x = if self.whole { x.round() } else { (x * 1e9).round() / 1e9 };
        format!("{x}{}", self.unit)
    }

    fn count(&self) -> u128 {
        // A step that misses the end by rounding alone still meets it.
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
        let count = u32::try_from(self.count()).expect("who makes values has counted them");
        let mut values: Vec<String> = (0..count).map(|n| self.shown(at(n))).collect();
        values.dedup();
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(spec: &str) -> Vec<String> {
        let axis: Axis = format!("some.key={spec}").parse().unwrap_or_else(|e| panic!("{spec}: {e}"));
        let values = axis.values();
        assert!(values.len() as u128 <= axis.count(), "{spec}");
        values
    }

    fn error(text: &str) -> String {
        text.parse::<Axis>().expect_err(text).to_string()
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
    fn a_range_is_counted_without_being_made() {
        let axis: Axis = "engine.pull.chunk_rows=1..=1000000000".parse().unwrap();
        assert_eq!(axis.count(), 1_000_000_000);
    }

    #[test]
    fn an_axis_that_makes_no_sense_says_what_would() {
        assert!(error("engine.pull.chunk_rows").contains("KEY=SPEC"));
        assert!(error("k=1..5").contains("1..=5"));
        assert!(error("k=5..=1").contains("empty range"));
        assert!(error("k=1..8*1").contains("a step is"));
        assert!(error("k=0..8*2").ends_with("no multiplication leads anywhere; in steps of one: 0..=8"));
        assert!(error("k=1ms..4KiB*2").contains("not a range of numbers"));
        assert!(error("k=1,2,1").contains("names 1 twice"));
        assert!(error("k=60s,1m").contains("names 1m twice: it is 60s"));
        assert!(error("k=1KiB,0.5KiB,1024B").contains("names 1024B twice: it is 1KiB"));
        assert!(error("k=1_000,1000").contains("twice"));
        assert_eq!(error("k=0,0%"), "`0,0%` names 0% twice: it is 0");
        assert_eq!(error("k=5%,0.05"), "`5%,0.05` names 0.05 twice: it is 5%");
        assert!("k=1,1%".parse::<Axis>().is_ok());
        assert_eq!(values("60s,2m").len() + values("1s,1B").len() + values("-7d..28d,-7d..29d").len(), 6);
        assert!(error("k=1,,2").contains("nothing"));
    }
}
