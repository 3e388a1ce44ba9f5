//! Whether answers lie on a line. If not, no line tells what larger ones cost, and least of all if
//! a row costs more in these.
//!
//! Answers that follow a line take no part of its square besides (Ramsey 1969). Where they bend up
//! by a part of it that has a row cost more in the line's chunk than in some size of the log, or
//! where answers of about as many rows show that by themselves, the best is looked for among the
//! sizes that the log has, by what their answers took. Where they only bend down, evenly, larger
//! chunks are cheaper than the line says, and so is its chunk than those of the log. A size that so
//! few answers show that they do not tell whether it is cheaper is left open, and that is said.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::advice::FLAT;
use super::line::{Line, NORMAL, Sample};
use super::part::{Part, Parts, a_row};
use crate::render::calibrate::{Advice, Census, Estimate, Outages, Rate};

/// How often chance may bend a line, to above or to below.
const CHANCE: f64 = 0.01;
/// How often chance may have one of several sizes so much cheaper than another.
const SELDOM: f64 = 1e-3;
/// Of the time between failures, answers that take this share break often (estimate, of logs on a
/// line).
const BREAKING: f64 = 0.28;
/// Answers of some sizes that are so far off the line bend it.
const BEND: f64 = 0.05;
/// By how much less a row may cost in a size of the log than in the chunk, and the page does not
/// say so.
const MAY_SAVE: f64 = 0.2;
/// Fewer answers than that, of fewer rows than the largest, tell next to nothing of sizes
/// (estimate).
const OTHERS: usize = 20;
/// One in so many of the answers far above a line has any number of rows, and the others have many.
const FEW: usize = 5;
/// By how much more a row may cost in a chunk than in the best of the log's sizes, and that does
/// not matter.
const SLIGHT: f64 = 0.05;

/// By how many standard deviations answers have a part of their line's square, and the line with
/// it, by what the line says in `unit`s.
pub(super) struct Square {
    off: f64,
    line: Line<3>,
    unit: f64,
}

impl Square {
    pub(super) fn of<const K: usize>(line: &Line<K>, samples: &[Sample<K>]) -> Option<Square> {
        let unit = samples.iter().map(|sample| line.at(&sample.x)).sum::<f64>() / samples.len() as f64;
        let with = |sample: &Sample<K>| {
            let says = line.at(&sample.x) / unit;
            Sample { x: [1.0, says, says * says], y: sample.y, weight: sample.weight }
        };
        let line = Line::through(&samples.iter().map(with).collect::<Vec<_>>())?;
        let square = [0.0, 0.0, 1.0];
        let error = line.error(square);
        (error > 0.0).then(|| Square { off: line.coefficients[2] / error, line, unit })
    }

    /// What answers take of which the line says `seconds`, as a share of that, and its interval.
    fn share(&self, seconds: f64) -> Estimate {
        let says = seconds / self.unit;
        let Estimate { value, low, high } = self.line.estimate([1.0, says, says * says]);
        Estimate { value: value / seconds, low: low / seconds, high: high / seconds }
    }

    /// Whether answers bend up from the line by more than chance.
    fn is_up(&self) -> bool {
        let law = StudentsT::new(0.0, 1.0, self.line.freedom());
        law.is_ok_and(|law| self.off > law.inverse_cdf(1.0 - CHANCE / 2.0))
    }
}

/// By how many standard deviations answers bend up from their line.
pub(super) fn bent<const K: usize>(line: &Line<K>, samples: &[Sample<K>]) -> f64 {
    Square::of(line, samples).map_or(0.0, |square| square.off)
}

/// What speaks against a line.
pub(super) struct Curve {
    /// By rows, and by rows and bytes: where rows are wider in larger answers the line by both is
    /// straight, and a row costs more all the same. Without those that answers do not tell from the
    /// line.
    squares: Vec<Square>,
    sizes: Parts,
    /// Rows of the answers that took far longer than the line says, if these are what has many;
    /// ascending.
    above: Vec<f64>,
}

impl Curve {
    pub(super) fn of(squares: Vec<Square>, sizes: Parts, mut above: Vec<f64>) -> Curve {
        above.sort_by(f64::total_cmp);
        Curve { squares, sizes, above }
    }

    /// Whether larger answers take more than the line says, beyond chance.
    pub(super) fn is_up(&self) -> bool {
        self.squares.iter().any(Square::is_up)
    }

    /// How many times what the line says an answer may take at most of which it says `seconds`.
    pub(super) fn at_most(&self, seconds: f64) -> Option<f64> {
        self.squares.iter().map(|square| square.share(seconds).high).reduce(f64::max)
    }

    /// `advice` if the curve does not matter there, and the best of the log's sizes if it does.
    pub(super) fn within_log(
        &self,
        advice: Option<Advice>,
        line: &Line<2>,
        outages: &Outages,
        census: &Census,
    ) -> Option<Advice> {
        let rates = rates(outages);
        if self.sizes.all.is_empty() || !self.is_dear(advice, line, rates[0], census) {
            return advice;
        }
        let (best, _) = self.best(rates[0]);
        let costs = |part: &Part| part.a_row(rates[0]);
        let least = costs(best).0;
        let any = rates.into_iter().flat_map(|rate| self.best(rate).1);
        let (low, high) = span(any)?;
        // Of sizes that no answer has nothing says that they are dearer.
        let (low, high) = self.sizes.gap(best.mean).map_or((low, high), |(a, b)| (low.min(a), high.max(b)));
        let flat = span(self.sizes.all.iter().filter(|part| costs(part).0 <= (1.0 + FLAT) * least))?;
        let own = self.sizes.between(census.rows_mean);
        let more = costs(&own).0 / least - 1.0;
        let open = NORMAL * apart(costs(&own), costs(best)) / least;
        let excess = Estimate { value: more, low: (more - open).max(0.0), high: more + open };
        Some(Advice::Rows { best: Estimate { value: best.mean, low, high }, flat, excess, within_log: true })
    }

    /// Whether a row takes more in the chunk of `advice` than in the best size of the log, enough
    /// to matter: by the square if answers bend up, or by what answers of about as many rows took.
    /// Where the line meets its curve again it says nothing of the way there.
    fn is_dear(&self, advice: Option<Advice>, line: &Line<2>, rate: f64, census: &Census) -> bool {
        let chunk = chunk(advice, census);
        let dear = (1.0 + SLIGHT) * self.best(rate).0.a_row(rate).0;
        let says = line.at(&[1.0, chunk]);
        let squared = |square: &Square| a_row(says * square.share(says).value, chunk, rate);
        self.squares.iter().any(|square| square.is_up() && squared(square) > dear)
            || !self.breaks(rate) && self.is_dearer(chunk, rate)
    }

    /// Whether answers take about as long as transfers last: those that came through are then too
    /// few of the long ones to tell sizes apart.
    fn breaks(&self, rate: f64) -> bool {
        self.sizes.all.iter().any(|part| part.took.0 * rate > BREAKING)
    }

    /// Whether answers of about as many rows as `chunk` took more a row than those of the best
    /// size, beyond chance among so many.
    fn is_dearer(&self, chunk: f64, rate: f64) -> bool {
        let level = 1.0 - SELDOM / 2.0 / self.sizes.all.len() as f64;
        let sure = StudentsT::new(0.0, 1.0, self.sizes.freedom).map(|law| law.inverse_cdf(level));
        let [own, best] = [self.sizes.nearest(chunk), self.best(rate).0].map(|part| part.a_row(rate));
        own.0 > (1.0 + SLIGHT) * best.0 && sure.is_ok_and(|sure| own.0 - best.0 > sure * apart(own, best))
    }

    /// What the log leaves open of its sizes near a chunk that is one of them.
    pub(super) fn leaves_open_near(&self, chunk: f64) -> Option<Open> {
        self.sizes.gap(chunk).map(Open::Between).or(self.short())
    }

    /// The sizes that it leaves open as their answers are too brief, if there are.
    fn short(&self) -> Option<Open> {
        self.sizes.short.map(Open::Short)
    }

    /// What the log leaves open of sizes that may be cheaper than the chunk of `advice`, which is
    /// the line's.
    pub(super) fn leaves_open(
        &self,
        advice: Advice,
        line: &Line<2>,
        outages: &Outages,
        census: &Census,
    ) -> Option<Open> {
        let (chunk, rate) = (chunk(Some(advice), census), rates(outages)[0]);
        // Requests that hang may be a few of them.
        let least = self.above.get(self.above.len() / FEW);
        let reaches =
            |least: f64| chunk >= least || self.sizes.above(chunk).is_some_and(|next| next >= least);
        if let Some((least, most)) = least.zip(self.above.last()).filter(|(least, _)| reaches(**least)) {
            return Some(Open::Above { rows: (*least, *most), answers: self.above.len() as u64 });
        }
        // What lies beyond all answers is said besides.
        if let Some(gap) = self.sizes.gap(chunk).filter(|(_, more)| chunk < *more) {
            return Some(Open::Between(gap));
        }
        if self.sizes.others < OTHERS {
            return self.short().or(Some(Open::Few(self.sizes.others as u64)));
        }
        let own = match chunk > census.rows_max as f64 {
            true => (a_row(line.at(&[1.0, chunk]), chunk, rate), 0.0),
            false => self.sizes.nearest(chunk).a_row(rate),
        };
        let normal = StudentsT::new(0.0, 1.0, self.sizes.freedom).ok()?.inverse_cdf(0.975);
        let less = |part: &Part| {
            let costs = part.a_row(rate);
            (own.0 - costs.0 + normal * apart(own, costs)) / own.0
        };
        let best = self.sizes.all.iter().max_by(|a, b| less(a).total_cmp(&less(b)))?;
        let less = less(best).min(1.0);
        (less > MAY_SAVE).then_some(Open::Cheaper { rows: best.rows, answers: best.answers as u64, less })
    }

    /// The size of which a row takes least, and those that chance may have put behind it.
    fn best(&self, rate: f64) -> (&Part, Vec<&Part>) {
        let costs = |part: &Part| part.a_row(rate);
        let least = |a: &&Part, b: &&Part| a.a_row_at_most(rate).total_cmp(&b.a_row_at_most(rate));
        let best = self.sizes.all.iter().min_by(least).expect("there is one");
        let near = |part: &&Part| costs(part).0 - costs(best).0 <= NORMAL * apart(costs(part), costs(best));
        (best, self.sizes.all.iter().filter(near).collect())
    }
}

/// Failures a second of transfer, and the ends of their interval.
fn rates(outages: &Outages) -> [f64; 3] {
    match outages.rate {
        Rate::Known(Estimate { value, low, high }) => [value, low, high],
        Rate::AtMost(rate) => [0.0, 0.0, rate],
    }
}

/// Rows of the chunk of `advice`, or of the largest answer where caps alone limit it.
fn chunk(advice: Option<Advice>, census: &Census) -> f64 {
    match advice {
        Some(Advice::Rows { best, .. }) => best.value,
        Some(Advice::AtLeast(rows)) => rows.max(census.rows_max as f64),
        None => census.rows_max as f64,
    }
}

/// What a log leaves open of its sizes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Open {
    /// Answers of that size, from the least rows to the most, may cost so much less a row, as a
    /// share.
    Cheaper { rows: (f64, f64), answers: u64, less: f64 },
    /// So many answers, most of them from the least rows to the most, took far longer than the line
    /// says, and the chunk has as many rows, or more than any answer that did not.
    Above { rows: (f64, f64), answers: u64 },
    /// No answer has more rows than the first and fewer than the second, and the chunk is among
    /// these or next to them.
    Between((f64, f64)),
    /// Answers of up to so many rows take less than a step of the clock.
    Short(f64),
    /// No more than so many answers have fewer rows than those that most have.
    Few(u64),
}

/// The standard error of a difference.
fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    libm::hypot(a.1, b.1)
}

/// The least and the most rows of `parts`.
fn span<'a>(parts: impl Iterator<Item = &'a Part>) -> Option<(f64, f64)> {
    parts.map(|part| part.rows).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The least and the most rows of some answers, and by how much longer they take than the line
/// says, as a share.
pub(super) type Bend = (f64, f64, f64);

/// The sizes of which answers are farthest off the line, if that is more than chance.
pub(super) fn bend(rows: &[Sample<2>], off: &[f64]) -> Option<Bend> {
    const QUARTERS: usize = 4;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*a].x[1].total_cmp(&rows[*b].x[1]));
    let part = |part: &[usize]| {
        // Weighted as the line is: of those that break the longer ones are missing.
        let all: f64 = part.iter().map(|i| rows[*i].weight).sum();
        let mean_of =
            |of: &dyn Fn(usize) -> f64| part.iter().map(|i| rows[*i].weight * of(*i)).sum::<f64>() / all;
        let mean = mean_of(&|i| off[i]);
        let variance = mean_of(&|i| (off[i] - mean) * (off[i] - mean));
        let sure = part.len() >= 8
            && mean.abs() > BEND
            && mean.abs() > 4.0 * libm::sqrt(variance / part.len() as f64);
        let edge = |at: Option<&usize>| at.map_or(0.0, |i| rows[*i].x[1]);
        sure.then(|| (edge(part.first()), edge(part.last()), mean))
    };
    // Those of one size are in one part, which they have to themselves where they are a quarter:
    // its edges else name sizes of others.
    let quarter = rows.len().div_ceil(QUARTERS);
    let (mut parts, mut rest) = (Vec::new(), &order[..]);
    while !rest.is_empty() {
        let last = rows[rest[quarter.min(rest.len()) - 1]].x[1];
        let before = rest.partition_point(|i| rows[*i].x[1] < last);
        let with = rest.partition_point(|i| rows[*i].x[1] <= last);
        let (own, others) = rest.split_at(if before > 0 && with - before >= quarter { before } else { with });
        parts.push(part(own));
        rest = others;
    }
    parts.into_iter().flatten().max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
}
