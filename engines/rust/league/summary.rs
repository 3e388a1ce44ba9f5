//! The lines of the file of figures. There is one for each engine, work, link, weather (what goes
//! wrong) and figure.

use std::collections::BTreeMap;

use syncdyno::stats::interval_of_mean;

use super::Wrong;
use super::figures::{Figure, Over};

/// The place of a line: engine, work, link and weather, with their names in `league.toml`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The engine.
    pub engine: String,
    /// The work that people do.
    pub work: String,
    /// The link.
    pub link: String,
    /// The weather: the faults that happen.
    pub weather: String,
}

impl Place {
    /// Makes a place from these names.
    pub fn of(engine: &str, work: &str, link: &str, weather: &str) -> Place {
        let [engine, work, link, weather] = [engine, work, link, weather].map(str::to_owned);
        Place { engine, work, link, weather }
    }
}

/// A figure over all seeds. An infinite wait never ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The number of seeds.
    pub seeds: usize,
    /// The mean or the median of the seeds.
    pub middle: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end of the 95 % interval.
    pub high: f64,
    /// The same figure for each half of the seeds.
    pub halves: [f64; 2],
}

/// All lines, by place and figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines(pub BTreeMap<(Place, String), Line>);

impl Line {
    /// Computes a figure from one value per seed, in the order of the seeds.
    pub fn of(figure: &Figure, values: &[f64]) -> Line {
        let middle = |values: &[f64]| match figure.over {
            Over::Mean => values.iter().sum::<f64>() / values.len() as f64,
            Over::Median => median(values),
        };
        let (low, high) = match figure.over {
            Over::Mean => interval_of_mean(values, 0).unwrap_or((f64::NEG_INFINITY, f64::INFINITY)),
            Over::Median => around_median(values),
        };
        let (first, second) = values.split_at(values.len() / 2);
        let halves = [if first.is_empty() { second } else { first }, second].map(middle);
        Line { seeds: values.len(), middle: middle(values), low, high, halves }
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let n = sorted.len();
    let [low, high] = [sorted[(n - 1) / 2], sorted[n / 2]];
    if high == f64::INFINITY { high } else { f64::midpoint(low, high) }
}

/// The 95 % interval of the median. Its ends are two values of the sorted sample, chosen by the
/// binomial distribution.
fn around_median(values: &[f64]) -> (f64, f64) {
    let sorted = sorted(values);
    let n = sorted.len();
    let (mut term, mut below, mut rank) = (libm::ldexp(1.0, -(n as i32)), 0.0, 0);
    while below + term <= 0.025 {
        below += term;
        term *= (n - rank) as f64 / (rank + 1) as f64;
        rank += 1;
    }
    // With fewer than 6 values, no such interval exists.
    if rank == 0 { (f64::NEG_INFINITY, f64::INFINITY) } else { (sorted[rank - 1], sorted[n - rank]) }
}

const HEAD: [&str; 11] = [
    "engine",
    "work",
    "link",
    "weather",
    "figure",
    "seeds",
    "middle",
    "low",
    "high",
    "first half",
    "second half",
];

impl Lines {
    /// Finds the line of a figure at a place.
    pub fn get(&self, place: &Place, figure: &str) -> Option<&Line> {
        self.0.get(&(place.clone(), figure.to_owned()))
    }

    /// Writes all lines as CSV, in order.
    pub fn to_csv(&self) -> String {
        let mut text = HEAD.join(",") + "\n";
        for ((Place { engine, work, link, weather }, figure), line) in &self.0 {
            let Line { seeds, middle, low, high, halves: [first, second] } = line;
            let numbers = [middle, low, high, first, second].map(|value| written(*value)).join(",");
            text += &format!("{engine},{work},{link},{weather},{figure},{seeds},{numbers}\n");
        }
        text
    }

    /// Parses CSV from [`Lines::to_csv`].
    ///
    /// # Errors
    /// The text is not such a CSV.
    pub fn parse(text: &str) -> Result<Lines, Wrong> {
        let mut lines = BTreeMap::new();
        let mut rows = text.lines().enumerate();
        if rows.next().map(|(_, head)| head) != Some(&HEAD.join(",")) {
            return Err(Wrong("the file of figures has another first line".to_owned()));
        }
        for (at, row) in rows {
            let wrong = || Wrong(format!("line {} of the file of figures is none: `{row}`", at + 1));
            let fields: Vec<&str> = row.split(',').collect();
            let [engine, work, link, weather, figure, seeds, numbers @ ..] = &fields[..] else {
                return Err(wrong());
            };
            let numbers: Result<Vec<f64>, _> = numbers.iter().map(|number| number.parse()).collect();
            let (Ok(seeds), Ok(&[middle, low, high, first, second])) = (seeds.parse(), numbers.as_deref())
            else {
                return Err(wrong());
            };
            let place = Place::of(engine, work, link, weather);
            let line = Line { seeds, middle, low, high, halves: [first, second] };
            lines.insert((place, (*figure).to_owned()), line);
        }
        Ok(Lines(lines))
    }
}

/// Formats a number with 6 significant digits. The seeds agree in fewer digits.
fn written(value: f64) -> String {
    if value.is_infinite() || value == 0.0 {
        return format!("{value}");
    }
    let digits = (5.0 - libm::log10(value.abs()).floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_never_ends_is_longer_than_all_others() {
        let wait = Figure::named("safe");
        let mut values = vec![1.0; 20];
        values[0] = f64::INFINITY;
        assert_eq!(Line::of(wait, &values).middle, 1.0);
        values[..11].fill(f64::INFINITY);
        let line = Line::of(wait, &values);
        assert_eq!((line.middle, line.low, line.high), (f64::INFINITY, 1.0, f64::INFINITY));
    }

    #[test]
    fn a_median_of_twenty_lies_between_the_sixth_and_fifteenth() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let line = Line::of(Figure::named("safe"), &values);
        assert_eq!((line.middle, line.low, line.high), (10.5, 6.0, 15.0));
        assert_eq!(line.halves, [5.5, 15.5]);
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let place = || Place { engine: "a".into(), work: "w".into(), link: "l".into(), weather: "c".into() };
        let values = [1.25, 2.0, 3.0, 1_234_567.0, 0.0, 12.5];
        let lines = Lines(BTreeMap::from([
            ((place(), "lost".to_owned()), Line::of(Figure::named("lost"), &[0.0; 6])),
            ((place(), "up".to_owned()), Line::of(Figure::named("up"), &values)),
        ]));
        let text = lines.to_csv();
        assert_eq!(Lines::parse(&text).unwrap().to_csv(), text);
        assert!(Lines::parse(&text.replace(",6,", ",six,")).is_err());
    }
}
