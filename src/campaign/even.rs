//! Samples over time in few bytes: they lie at even distances, and values seldom change.

use serde::{Deserialize, Serialize};

use crate::metrics::{SERIES, Sample};

/// Samples by series.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Even(Vec<One>);

/// A series: its name, its distances and its values, each with how many times it comes in a row.
#[derive(Debug, Serialize, Deserialize)]
struct One(String, Vec<(u64, usize)>, Vec<(u64, usize)>);

impl Even {
    pub(super) fn of(samples: &[Sample]) -> Even {
        let one = |(name, _): &(&str, _)| {
            let own: Vec<&Sample> = samples.iter().filter(|sample| sample.series == *name).collect();
            let mut before = 0;
            let distances =
                own.iter().map(|sample| sample.at_ns - std::mem::replace(&mut before, sample.at_ns));
            let (distances, values) = (in_rows(distances), in_rows(own.iter().map(|sample| sample.value)));
            (!own.is_empty()).then(|| One((*name).to_owned(), distances, values))
        };
        Even(SERIES.iter().filter_map(one).collect())
    }

    /// All samples as they came; `None` if there is no such series.
    pub(super) fn samples(&self) -> Option<Vec<Sample>> {
        let mut samples = Vec::new();
        for One(name, distances, values) in &self.0 {
            let series = SERIES.iter().map(|(known, _)| *known).find(|known| known == name)?;
            let times = out_of_rows(distances).scan(0_u64, |at, distance| {
                *at = at.checked_add(distance)?;
                Some(*at)
            });
            samples.extend(times.zip(out_of_rows(values)).map(|(at_ns, value)| Sample {
                at_ns,
                series,
                value,
            }));
        }
        // Of one time they come in the order of the series.
        samples.sort_by_key(|sample| sample.at_ns);
        Some(samples)
    }
}

fn in_rows(numbers: impl Iterator<Item = u64>) -> Vec<(u64, usize)> {
    let mut rows: Vec<(u64, usize)> = Vec::new();
    for number in numbers {
        match rows.last_mut() {
            Some((last, times)) if *last == number => *times += 1,
            _ => rows.push((number, 1)),
        }
    }
    rows
}

fn out_of_rows(rows: &[(u64, usize)]) -> impl Iterator<Item = u64> {
    rows.iter().flat_map(|(number, times)| std::iter::repeat_n(*number, *times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_as_they_were() {
        let at = |(n, at_ns): (u64, u64)| {
            SERIES.iter().map(move |(series, _)| Sample {
                at_ns,
                series,
                value: n / 40 * series.len() as u64,
            })
        };
        let samples: Vec<Sample> = (1..=99).map(|n| (n, n * 75)).chain([(100, 7_441)]).flat_map(at).collect();
        let text = serde_json::to_string(&Even::of(&samples)).unwrap();
        assert_eq!(serde_json::from_str::<Even>(&text).unwrap().samples().unwrap(), samples);
        assert!(text.len() < samples.len(), "{text}");
        assert_eq!(Even(vec![One("no.such.series".to_owned(), Vec::new(), Vec::new())]).samples(), None);
    }
}
