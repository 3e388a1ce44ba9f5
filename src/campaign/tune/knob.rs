//! What can be turned, and between which ends.

use std::str::FromStr;

use super::super::axis::{Axis, AxisError};

/// A key of the scenario whose best value is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    axis: Axis,
    /// The key with its values or its range, as it was asked for.
    text: String,
}

/// The first grid goes through a range in steps of this factor, if none is named.
const COARSE: &str = "*4";
/// Between neighbours closer than this factor nothing is looked for. Where a cost of two parts, one
/// falling with the size and one rising, is least in the middle between two that are √2 apart, the
/// better one costs (2^¼ + 2^−¼)/2 of it: 1.5 % more, half of what counts as flat.
const NEAR: f64 = std::f64::consts::SQRT_2;
/// The step of the full grid that a search is measured by.
pub const STEP: f64 = 1.25;

/// Values of keys that are named alone: ranges wider than what anybody ships (requirements, table
/// of chunk knobs in the field).
const RANGES: [(&str, &str); 6] = [
    ("engine.pull.chunk_rows", "16..16384"),
    ("engine.pull.chunk_bytes", "4KiB..16384KiB"),
    ("engine.pull.apply_rows", "16..16384"),
    ("engine.pull.prefetch", "0,1,2,4"),
    ("engine.pull.streams", "1,2,4,8"),
    ("engine.push.chunk_rows", "1..4096"),
];

impl Knob {
    /// Its key.
    pub fn key(&self) -> &str {
        &self.axis.key
    }
    /// The key with its values, as the command line takes them.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The knob with nothing above `most` in its range; `None` if there is nothing above it. A list
    /// stays as somebody wrote it.
    pub fn up_to(&self, most: f64) -> Option<Knob> {
        Some(Knob { axis: self.axis.up_to(most)?, text: self.text.clone() })
    }
    /// The value that stands for all above `most` where these do the same: of a list the least that
    /// is no less, so that it is one that was asked for; else `most`.
    pub fn standing_for(&self, most: f64) -> String {
        self.axis.least_from(most).unwrap_or_else(|| format!("{most:.0}"))
    }
    /// The knob without the values that another [stands for](Knob::standing_for).
    pub fn told_apart(&self, most: f64) -> Knob {
        if self.axis.ends().is_some() {
            return self.up_to(most).unwrap_or_else(|| self.clone());
        }
        let stands = self.standing_for(most);
        let differs = |value: &str| value == stands || self.number(value).is_none_or(|x| x <= most);
        Knob { axis: self.axis.only(differs), text: self.text.clone() }
    }
    /// The values of the first grid in order; of a range both ends are among them.
    pub fn grid(&self) -> Vec<String> {
        let mut values = self.axis.values();
        if let Some((_, last)) = self.axis.ends() {
            values.push(self.axis.shown(last));
            values.dedup();
        }
        values
    }
    /// How many values the first grid has at most, without making them.
    pub fn count(&self) -> u128 {
        self.axis.count().saturating_add(u128::from(self.axis.ends().is_some()))
    }
    /// The first of them.
    pub fn first(&self) -> String {
        self.axis.first()
    }
    /// How many values a grid in steps of [`STEP`] has; of a list, all.
    pub fn full(&self) -> u128 {
        match self.axis.ends() {
            // A part of a step is one more value.
            Some((first, last)) => libm::ceil(libm::log(last / first) / libm::log(STEP) - 1e-9) as u128 + 1,
            None => self.axis.count(),
        }
    }
    /// Whether a value lies within the ends, or on the list.
    pub fn has(&self, value: &str) -> bool {
        match (self.axis.ends(), self.number(value)) {
            (Some((first, last)), Some(x)) => (first..=last).contains(&x),
            _ => self.grid().iter().any(|known| known == value),
        }
    }
    /// Whether its values have an order.
    pub fn is_ordered(&self) -> bool {
        self.grid().iter().all(|value| self.number(value).is_some())
    }
    /// The least and the greatest of its values; `None` if they have no order.
    pub fn extremes(&self) -> Option<[String; 2]> {
        let numbers: Option<Vec<(f64, String)>> =
            self.grid().into_iter().map(|value| Some((self.number(&value)?, value))).collect();
        let mut numbers = numbers?;
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some([numbers.first()?.1.clone(), numbers.last()?.1.clone()])
    }
    /// The number that a value stands for, by which values have an order.
    pub fn number(&self, value: &str) -> Option<f64> {
        self.axis.number(value)
    }
    /// A number as a value, if there are values between those of the grid.
    pub fn shown(&self, x: f64) -> Option<String> {
        self.axis.ends().map(|_| self.axis.shown(x))
    }
    /// `value` times `factor`, kept within the ends; `None` if that is no other value, or values
    /// are a list.
    pub fn times(&self, value: &str, factor: f64) -> Option<String> {
        let (first, last) = self.axis.ends()?;
        let x = (self.number(value)? * factor).clamp(first, last);
        Some(self.axis.shown(x)).filter(|other| other != value)
    }
    /// `value` times `factor`; `None` if that is beyond an end, or no other value, or values are a
    /// list.
    pub fn times_within(&self, value: &str, factor: f64) -> Option<String> {
        let (first, last) = self.axis.ends()?;
        let x = self.number(value)? * factor;
        (first..=last).contains(&x).then(|| self.axis.shown(x)).filter(|other| other != value)
    }
    /// Whether a range ends at `value` on the side to which `factor` leads.
    pub fn is_end(&self, value: &str, factor: f64) -> bool {
        self.axis.ends().is_some() && self.times(value, factor).is_none()
    }
    /// The value that divides the way from `near` to `far` by the golden section, in the logarithm,
    /// the shorter part first; `None` if they are neighbours for all purposes.
    pub fn between(&self, near: &str, far: &str) -> Option<String> {
        self.axis.ends()?;
        let (near_x, far_x) = (self.number(near)?, self.number(far)?);
        if f64::max(near_x / far_x, far_x / near_x) <= NEAR {
            return None;
        }
        // 2 - φ.
        const SHORTER: f64 = 0.381_966_011_250_105_1;
        let x = near_x * libm::pow(far_x / near_x, SHORTER);
        Some(self.axis.shown(x)).filter(|value| value != near && value != far)
    }
    /// The value in the middle of two, in the logarithm; `None` if a full grid would have none
    /// between them.
    pub fn halfway(&self, one: &str, other: &str) -> Option<String> {
        self.axis.ends()?;
        let (one_x, other_x) = (self.number(one)?, self.number(other)?);
        if f64::max(one_x / other_x, other_x / one_x) <= STEP {
            return None;
        }
        Some(self.axis.shown(libm::sqrt(one_x * other_x))).filter(|value| value != one && value != other)
    }
}

impl FromStr for Knob {
    type Err = AxisError;
    /// Reads `KEY=LOW..HIGH`, any [`Axis`], or a key alone whose range is known.
    fn from_str(text: &str) -> Result<Knob, AxisError> {
        let key = text.split_once('=').map_or(text, |(key, _)| key).trim();
        let meant =
            || RANGES.iter().map(|(known, _)| *known).filter(|known| known.ends_with(&format!(".{key}")));
        if meant().next().is_some() {
            let meant: Vec<String> = meant().map(|known| format!("`{known}`")).collect();
            return Err(AxisError(format!("there is no key `{key}`; did you mean {}?", meant.join(" or "))));
        }
        let known = RANGES.iter().find(|(known, _)| *known == text.trim());
        let spec = known.map_or_else(|| text.to_owned(), |(key, range)| format!("{key}={range}"));
        let values = spec.split_once('=').map_or("", |(_, values)| values);
        let open = values.split_once("..").is_some_and(|(_, rest)| !rest.contains(['*', '+', '=', ',']));
        let stepped = if open { format!("{spec}{COARSE}") } else { spec.clone() };
        Ok(Knob { axis: stepped.parse()?, text: spec.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knob(text: &str) -> Knob {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn a_key_without_its_table_is_told_which_there_are() {
        let told = |text: &str| text.parse::<Knob>().unwrap_err().to_string();
        let said = "there is no key `chunk_rows`; did you mean `engine.pull.chunk_rows` or `engine.push.chunk_rows`?";
        assert_eq!(told("chunk_rows=3"), said);
        assert_eq!(told("chunk_rows"), said);
        assert!(told("push.chunk_rows=1..9").ends_with("did you mean `engine.push.chunk_rows`?"));
        assert!("chunk=1..9".parse::<Knob>().is_ok(), "whether there is such a key the scenario knows");
    }

    #[test]
    fn a_range_without_a_step_begins_with_a_coarse_grid_that_has_both_ends() {
        assert_eq!(knob("k=16..8192").grid().join(" "), "16 64 256 1024 4096 8192");
        assert_eq!(knob("k=16..4096").grid().join(" "), "16 64 256 1024 4096");
        assert_eq!(knob("k=16..128*2").grid().join(" "), "16 32 64 128");
        assert_eq!(knob("k=entity,unit").grid().join(" "), "entity unit");
        assert_eq!(knob("engine.push.chunk_rows").grid().join(" "), "1 4 16 64 256 1024 4096");
        assert_eq!(knob("engine.pull.chunk_bytes").grid()[1], "16KiB");
    }

    #[test]
    fn pages_ahead_and_streams_are_tried_one_by_one() {
        assert_eq!(knob("engine.pull.prefetch").grid().join(" "), "0 1 2 4");
        assert_eq!(knob("engine.pull.streams").grid().join(" "), "1 2 4 8");
        assert_eq!(knob("engine.pull.prefetch").times("1", 2.0), None, "there is nothing between");
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
    fn what_asks_for_more_than_there_is_stands_for_one_value_that_was_asked_for() {
        let told = |text: &str, most| {
            let knob = knob(text);
            (knob.told_apart(most).grid().join(" "), knob.standing_for(most))
        };
        let one = |values: &str, stands: &str| (values.to_owned(), stands.to_owned());
        assert_eq!(told("k=50,500", 300.0), one("50 500", "500"));
        assert_eq!(told("k=1000,50,500", 300.0), one("50 500", "500"));
        assert_eq!(told("k=500,1000", 300.0), one("500", "500"));
        assert_eq!(told("k=50,300,1_000", 300.0), one("50 300", "300"));
        assert_eq!(told("k=100..500+200", 250.0), one("100 300", "300"));
        assert_eq!(told("k=50,100", 300.0), one("50 100", "300"), "nothing asks for more");
        assert_eq!(told("k=16..4096", 300.0), one("16 64 256 300", "300"));
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
    }

    #[test]
    fn values_of_other_units_have_their_place() {
        let bytes = knob("k=4KiB..16384KiB");
        assert_eq!(bytes.number("1MiB"), Some(1_024.0));
        assert_eq!(bytes.number("nonsense"), None);
    }

    #[test]
    fn the_full_grid_is_counted_in_steps_of_a_quarter() {
        assert_eq!(knob("k=16..8192").full(), 29);
        assert_eq!(knob("k=1,2,4").full(), 3);
    }

    #[test]
    fn what_is_no_knob_says_what_would_be() {
        let error = |text: &str| text.parse::<Knob>().unwrap_err().to_string();
        assert!(error("engine.pull.rows").contains("KEY=SPEC"));
        assert!(error("k=0..2").contains("no multiplication") && error("k=0..2").contains("0..=2"));
        assert!(error("k=100..10").contains("empty range"));
    }
}
