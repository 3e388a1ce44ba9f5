//! A knob: a key that a search varies, with its range.

use std::str::FromStr;

use super::super::axis::{Axis, AxisError};

#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    axis: Axis,
    /// The key with its values or its range, in the words of the command line.
    pub text: String,
}

/// The step of the first grid if the user gives no step.
const COARSE: &str = "*4";
/// Neighbours within this factor are not divided further. Assume that one part of the cost is
/// proportional to the value, and another part inversely proportional. Then the better neighbour
/// costs at most (2^¼ + 2^−¼)/2 times the minimum, which is 1.5 % more.
const NEAR: f64 = std::f64::consts::SQRT_2;
/// The step of a full grid. The cost of a search is compared with such a grid.
pub const STEP: f64 = 1.25;

/// Default ranges of some keys. They are wider than the defaults of all products.
const RANGES: [(&str, &str); 6] = [
    ("engine.pull.chunk_rows", "16..16384"),
    ("engine.pull.chunk_bytes", "4KiB..16384KiB"),
    ("engine.pull.apply_rows", "16..16384"),
    ("engine.pull.prefetch", "0,1,2,4"),
    ("engine.pull.streams", "1,2,4,8"),
    ("engine.push.chunk_rows", "1..4096"),
];

impl Knob {
    pub fn key(&self) -> &str {
        &self.axis.key
    }
    /// The knob with `most` as its end; `None` if its range does not go beyond `most`.
    pub fn up_to(&self, most: f64) -> Option<Knob> {
        Some(Knob { axis: self.axis.up_to(most)?, text: self.text.clone() })
    }
    /// True for a range, which has more values than its grid. False for a list.
    pub fn is_range(&self) -> bool {
        self.axis.ends().is_some()
    }
    /// The values of the first grid, in order. For a range it includes both ends.
    pub fn grid(&self) -> Vec<String> {
        let mut values = self.axis.values.clone();
        if let Some((_, last)) = self.axis.ends() {
            values.push(self.axis.shown(last));
            values.dedup();
        }
        values
    }
    pub fn count(&self) -> u128 {
        self.axis.values.len() as u128 + u128::from(self.axis.ends().is_some())
    }
    pub fn first(&self) -> String {
        self.axis.values[0].clone()
    }
    /// The number of values in a full grid. A range has steps of [`STEP`], and a list has all its
    /// values.
    pub fn full(&self) -> u128 {
        match self.axis.ends() {
            // A partial last step counts as one value.
            Some((first, last)) => libm::ceil(libm::log(last / first) / libm::log(STEP) - 1e-9) as u128 + 1,
            None => self.axis.values.len() as u128,
        }
    }
    pub fn has(&self, value: &str) -> bool {
        match (self.axis.ends(), self.number(value)) {
            (Some((first, last)), Some(x)) => (first..=last).contains(&x),
            _ => self.grid().iter().any(|known| known == value),
        }
    }
    pub fn is_ordered(&self) -> bool {
        self.grid().iter().all(|value| self.number(value).is_some())
    }
    /// The smallest and the largest value; `None` if the values are words.
    pub fn extremes(&self) -> Option<[String; 2]> {
        let number = |value: String| Some((self.number(&value)?, value));
        let mut numbers: Vec<(f64, String)> = self.grid().into_iter().map(number).collect::<Option<_>>()?;
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some([numbers.first()?.1.clone(), numbers.last()?.1.clone()])
    }
    pub fn number(&self, value: &str) -> Option<f64> {
        self.axis.number(value)
    }
    /// The value for a number; `None` if the knob is a list.
    pub fn shown(&self, x: f64) -> Option<String> {
        self.axis.ends().map(|_| self.axis.shown(x))
    }
    /// `value` times `factor`, limited to the range; `None` if the result equals `value`.
    pub fn times(&self, value: &str, factor: f64) -> Option<String> {
        let (first, last) = self.axis.ends()?;
        let x = (self.number(value)? * factor).clamp(first, last);
        Some(self.axis.shown(x)).filter(|other| other != value)
    }
    /// `value` times `factor`; `None` if the result is outside the range or equals `value`.
    pub fn times_within(&self, value: &str, factor: f64) -> Option<String> {
        let (first, last) = self.axis.ends()?;
        let x = self.number(value)? * factor;
        (first..=last).contains(&x).then(|| self.axis.shown(x)).filter(|other| other != value)
    }
    /// True if the range ends at `value` in the direction of `factor`.
    pub fn is_end(&self, value: &str, factor: f64) -> bool {
        self.axis.ends().is_some() && self.times(value, factor).is_none()
    }
    /// The point of the golden section between `near` and `far` on a log scale, closer to `near`.
    /// `None` if the two are too close.
    pub fn between(&self, near: &str, far: &str) -> Option<String> {
        self.axis.ends()?;
        let (near_x, far_x) = (self.number(near)?, self.number(far)?);
        // The golden ratio is φ; this is 2 − φ.
        const SHORTER: f64 = 0.381_966_011_250_105_1;
        let x = near_x * libm::pow(far_x / near_x, SHORTER);
        let is_apart = f64::max(near_x / far_x, far_x / near_x) > NEAR;
        is_apart.then(|| self.axis.shown(x)).filter(|value| value != near && value != far)
    }
    /// The middle of two values on a log scale; `None` if a full grid has no value between them.
    pub fn halfway(&self, one: &str, other: &str) -> Option<String> {
        self.axis.ends()?;
        let (one_x, other_x) = (self.number(one)?, self.number(other)?);
        let (x, is_apart) = (libm::sqrt(one_x * other_x), f64::max(one_x / other_x, other_x / one_x) > STEP);
        is_apart.then(|| self.axis.shown(x)).filter(|value| value != one && value != other)
    }
}

impl FromStr for Knob {
    type Err = AxisError;
    /// Reads `KEY=LOW..HIGH`, any [`Axis`], or only a key with a default range.
    fn from_str(text: &str) -> Result<Knob, AxisError> {
        let known = RANGES.iter().find(|(known, _)| *known == text.trim());
        let spec = known.map_or_else(|| text.to_owned(), |(key, range)| format!("{key}={range}"));
        let values = spec.split_once('=').map_or("", |(_, values)| values);
        let open = values.split_once("..").is_some_and(|(_, rest)| !rest.contains(['*', '+', '=', ',']));
        let stepped = if open { format!("{spec}{COARSE}") } else { spec.clone() };
        // The user did not type this step, so the error must not contain it.
        let typed = |AxisError(why)| AxisError(why.replacen(&stepped[spec.len()..], "", usize::from(open)));
        Ok(Knob { axis: stepped.parse().map_err(typed)?, text: spec.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knob(text: &str) -> Knob {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn a_range_without_a_step_begins_with_a_coarse_grid_that_has_both_ends() {
        for (text, grid, full) in [
            ("k=16..8192", "16 64 256 1024 4096 8192", 29),
            ("k=16..4096", "16 64 256 1024 4096", 26),
            ("k=16..128*2", "16 32 64 128", 11),
            ("k=entity,unit", "entity unit", 2),
            ("engine.push.chunk_rows", "1 4 16 64 256 1024 4096", 39),
            ("engine.pull.prefetch", "0 1 2 4", 4),
            ("engine.pull.streams", "1 2 4 8", 4),
        ] {
            assert_eq!((knob(text).grid().join(" "), knob(text).full()), (grid.to_owned(), full), "{text}");
        }
    }

    #[test]
    fn a_range_is_cut_at_what_can_be_had_and_a_list_is_not() {
        let cut = |text: &str, most| knob(text).up_to(most).map(|knob| knob.grid().join(" "));
        assert_eq!(cut("engine.pull.chunk_rows", 5_000.0).as_deref(), Some("16 64 256 1024 4096 5000"));
        assert_eq!(cut("k=16..4096", 4_096.0), None);
        assert_eq!(cut("k=16..4096", 10.0).as_deref(), Some("10"));
        assert_eq!(cut("k=16,4096", 100.0), None);
    }

    #[test]
    fn a_value_has_neighbours_in_the_logarithm_and_none_within_a_step() {
        let rows = knob("k=16..8192");
        assert_eq!(rows.between("100", "1600").as_deref(), Some("288"));
        assert_eq!(rows.between("1600", "100").as_deref(), Some("555"));
        assert_eq!(rows.between("100", "125"), None);
        assert_eq!(rows.between("16", "17"), None);
        assert_eq!(rows.times("6000", 2.0).as_deref(), Some("8192"));
        assert_eq!(rows.times("8192", 2.0), None);
        assert_eq!(knob("k=1,2,4").between("1", "4"), None, "a list has nothing between");
        assert_eq!(knob("engine.pull.prefetch").times("1", 2.0), None);
        let bytes = knob("engine.pull.chunk_bytes");
        assert_eq!((bytes.number("1MiB"), bytes.number("nonsense")), (Some(1_024.0), None));
    }
}
