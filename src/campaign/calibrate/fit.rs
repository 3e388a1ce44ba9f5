//! The lines through a log's answers, and whether they tell rows from bytes.
//!
//! Whether they do is judged by the noise and by which answers there are, and not by what their
//! residuals make of the line: those are small where it follows its own errors, and the logs chosen
//! by them would be the ones whose intervals are too narrow.

use super::aside::{self, Aside, Bytes, Cause, Outliers};
use super::clock::Clock;
use super::curve::{Curve, Open, Square, bend};
use super::cut::{self, Luck};
use super::line::{Far, LeftOut, Line, NORMAL, Sample};
use super::log::{Log, Request};
use super::part::Parts;
use super::samples::{ANSWERS_MIN, STEPS_MIN, samples};
use super::step::Step;
use super::told::Told;
use super::trouble::chi_square;
use super::widths::{Ratio, Widths, widths};
use super::{devices, neighbours};
use crate::metrics::human;
use crate::render::calibrate::{Advice, Census, Costs, Estimate, Outages, Split};

/// Rows and bytes are told apart if it is known to a quarter how a row's time divides.
const SPLIT_MAX: f64 = 0.25;
/// Of fewer answers those tell rows from bytes by chance of which the noise is understated.
const SPLIT_FREEDOM: f64 = 57.0;

/// Answers of sizes that take this share of an app's timeout on average come through, but for a few
/// (estimate).
const CUT_OFF_SHARE: f64 = 0.5;
/// The lines through a log's answers.
pub(super) struct Fit {
    /// By rows alone: overhead, and a row with its bytes. Where the log tells rows from bytes it is
    /// made of the line by both: tables whose rows are not equally wide lie on no line by rows.
    pub(super) rows: Line<2>,
    /// By rows and bytes, where they are not in step.
    pub(super) both: Option<Line<3>>,
    split: Option<Split>,
    /// What would take less than no time and is left out, which the others are fitted without.
    pub(super) left_out: Option<LeftOut>,
    /// How many answers far above the line leave its intervals open, and why the log does not tell
    /// what they are.
    pub(super) above: Option<(u64, Bytes)>,
    /// What speaks against the line, if anything does.
    curve: Option<Curve>,
}

/// Which other lines the intervals of a line hold.
struct Reach {
    /// Both ends, as far to above as to below.
    open: Option<Line<2>>,
    /// The lower end.
    low: Option<Line<2>>,
    /// The upper end, and so many times the way there from another.
    high: Option<Line<2>>,
    times: f64,
    from: Line<2>,
}

impl Reach {
    /// That line, the upper ends of which do not lie beyond `bound`.
    fn of(self, mut line: Line<2>, bound: [f64; 2]) -> Line<2> {
        if let Some(open) = self.open {
            line = line.as_open_as(&open);
        }
        if let Some(low) = self.low {
            line = line.as_low_as(&low);
        }
        if let Some(high) = self.high {
            line = line.as_high_as(&high, &self.from, self.times, bound);
        }
        line
    }
}

impl Fit {
    /// The lines through `answers`, which are those of a process that breaks transfers at `rate` a
    /// second.
    pub(super) fn of(
        answers: &[&Request],
        log: &Log,
        rate: f64,
        clock: Clock,
        census: &mut Census,
        told: &mut Told,
    ) -> Option<Fit> {
        if answers.len() < ANSWERS_MIN {
            let n = human::count(answers.len() as u64, "answer");
            told.costs_unknown(format!(
                "overhead and time a row: {n} with a duration, at least {ANSWERS_MIN} are needed"
            ));
            return None;
        }
        let (mut by_rows, by_both) = samples(answers, rate);
        let Some(far) = Far::of(&by_both).or_else(|| Far::of(&by_rows)) else {
            told.one_size(census, answers);
            return None;
        };
        let bytes = Bytes::of(log, answers);
        let aside = match bytes {
            Bytes::Told => Aside::of_known(&far),
            Bytes::Missing | Bytes::Same => Aside::of_unknown(&far, &by_rows, aside::seen(log, rate)),
        };
        let kept_far = far.by_noise().iter().zip(&aside.out).filter(|(far, out)| **far && !**out).count();
        told.of_widths(kept_far, bytes, aside.cause);
        let kept: Vec<usize> = (0..answers.len()).filter(|n| !aside.out[*n]).collect();
        let mut rows: Vec<Sample<2>> = kept.iter().map(|n| by_rows[*n]).collect();
        let mut both: Vec<Sample<3>> = kept.iter().map(|n| by_both[*n]).collect();
        census.outliers = (answers.len() - kept.len()) as u64;
        census.duration_mean = rows.iter().map(|s| s.y).sum::<f64>() / kept.len().max(1) as f64;
        let luck = clock
            .cut_off
            .and_then(|reached| cut::make_up(reached.after, &mut rows, &mut both, log.has_bytes));
        for (n, sample) in kept.iter().zip(&rows) {
            by_rows[*n].y = sample.y;
        }
        let Some(mut fit) = Fit::through(&rows, &both, log.has_bytes, rate, census) else {
            told.one_size(census, answers);
            return None;
        };
        let outliers = fit.outliers(answers, &kept, aside.cause, bytes);
        told.of_outliers(outliers, census);
        fit.hold(&far, &aside, bytes, &by_rows);
        if let Some(reached) = clock.cut_off {
            fit.hold_luck(luck);
            fit.hold_short(reached.after, &rows);
            told.of_cut_off(reached, luck, rows.len());
        }
        if let Some(step) = clock.step {
            fit.loosen(step, &rows, &both);
        }
        let off: Vec<f64> = match &fit.both {
            Some(line) => both.iter().map(|s| s.y / line.at(&s.x) - 1.0).collect(),
            None => rows.iter().map(|s| s.y / fit.rows.at(&s.x) - 1.0).collect(),
        };
        let bend = bend(&rows, &off);
        told.of_line(fit.left_out, bend);
        let step = clock.step.filter(|step| step.is_coarse).map_or(0.0, |step| step.lasts);
        let answered: Vec<&Request> = kept.iter().map(|n| answers[*n]).collect();
        neighbours::tell(told, &answered, &off);
        let above = (0..answers.len()).filter(|n| aside.out[*n] && far.is_above(*n)).collect::<Vec<_>>();
        fit.curve = Some(fit.curve(&rows, &both, &by_rows, &above, step));
        told.of_unlike(devices::unlike(answers, |r| fit.says(r)));
        Some(fit)
    }

    /// The lines through the answers that were kept.
    fn through(
        rows: &[Sample<2>],
        both: &[Sample<3>],
        has_bytes: bool,
        rate: f64,
        census: &mut Census,
    ) -> Option<Fit> {
        let line = Line::through(rows)?;
        let widths = has_bytes.then(|| widths(both, rate)).flatten();
        census.bytes_a_row = widths.map(|widths| widths.a_row.0);
        census.bytes_around = widths.and_then(Widths::surely_around);
        // Rows of a request that are wider than others are none of its noise, and no weight brings
        // back what was not lost: see `widths`.
        let even: Vec<Sample<2>> = rows.iter().map(|s| Sample { weight: 1.0, ..*s }).collect();
        let line = Line::through(&even).map_or(line, |even| line.as_open_as(&even));
        let mut fit = Fit {
            rows: line,
            both: Line::through(both),
            split: None,
            left_out: None,
            above: None,
            curve: None,
        };
        let (each, weighted) = (nothing_else(&even), nothing_else(rows));
        let bound = std::array::from_fn(|i| each[i].max(weighted[i]));
        if widths.and_then(|widths| fit.take_apart(both, widths, bound)).is_none() {
            fit.leave_out(rows);
        }
        // Of a log without bytes `hold` says how far intervals reach. What widths say beyond what
        // came through is no part of these answers.
        if has_bytes {
            fit.rows = fit.rows.within(bound);
        }
        Some(fit)
    }

    /// What speaks against the line through `rows` and `both`; `all` answers tell what sizes cost,
    /// those put aside far `above` the line too, where they are what has many rows: requests that
    /// hang do so whatever their rows. A clock of a long `step` bends all lines where answers take
    /// few of them, so that none of these counts against the line.
    fn curve(
        &self,
        rows: &[Sample<2>],
        both: &[Sample<3>],
        all: &[Sample<2>],
        above: &[usize],
        step: f64,
    ) -> Curve {
        let is_long = |rows: f64| self.rows.at(&[1.0, rows]) >= STEPS_MIN * step;
        let dear = aside::go_with_rows(all, above);
        let mut sized: Vec<(Sample<2>, bool)> = all.iter().map(|sample| (*sample, false)).collect();
        above.iter().for_each(|n| sized[*n].1 = !dear);
        let sizes = Parts::of(&sized, |sample| self.rows.at(&sample.x), step);
        let above: Vec<f64> = above.iter().filter(|_| dear).map(|n| all[*n].x[1]).collect();
        let rows: Vec<Sample<2>> = rows.iter().filter(|sample| is_long(sample.x[1])).copied().collect();
        let both: Vec<Sample<3>> = both.iter().filter(|sample| is_long(sample.x[1])).copied().collect();
        let by_both = self.both.as_ref().and_then(|line| Square::of(line, &both));
        let squares = Square::of(&self.rows, &rows).into_iter().chain(by_both).collect();
        Curve::of(squares, sizes, above)
    }

    /// Has the intervals hold the line with what lies far from it, too, as far as that may be of
    /// unlike widths; `samples` are the answers.
    fn hold(&mut self, far: &Far, aside: &Aside, bytes: Bytes, samples: &[Sample<2>]) {
        let through = |of: &dyn Fn(usize) -> bool| {
            Line::through(&(0..samples.len()).filter(|n| of(*n)).map(|n| samples[n]).collect::<Vec<_>>())
        };
        if bytes == Bytes::Told {
            return;
        }
        // A few answers of wide rows move the line as many of narrow ones do.
        self.rows = self.rows.as_skewed();
        // What takes far less time than the others stretches no interval far.
        let is_below = |n: usize| aside.out[n] && !aside.above[n];
        if (0..samples.len()).any(is_below)
            && let Some(with) = through(&|n| !aside.out[n] || is_below(n))
        {
            self.rows = self.rows.as_open_as(&with);
        }
        let Some(all) = through(&|_| true).map(Line::as_skewed) else { return };
        let noise = far.by_noise();
        let kept = self.rows;
        let near = through(&|n| !noise[n]).unwrap_or(kept);
        let within = through(&|n| !aside.above[n]).unwrap_or(kept);
        let count = |of: &dyn Fn(usize) -> bool| (0..samples.len()).filter(|n| of(*n)).count();
        let noisy = count(&|n| noise[n] && far.is_above(n));
        let above = count(&|n| aside.above[n]);
        // Rows, or requests, take no longer than if nothing else took the time of all.
        let took: f64 = samples.iter().map(|sample| sample.y).sum();
        let nothing_else: [f64; 2] = std::array::from_fn(|i| {
            took / samples.iter().map(|sample| sample.x[i]).sum::<f64>() * most(above.max(1))
        });
        let bound = nothing_else_of(samples, |n| noise[n] && far.is_above(n));
        self.above = aside.cause.is_open().then_some((above as u64, bytes));
        // What they may be, and were not taken for where the line was drawn.
        let nothing = Reach { open: None, low: None, high: None, times: 1.0, from: kept };
        let reach = match aside.cause {
            Cause::Known => nothing,
            Cause::Near => Reach { low: Some(near), high: Some(near), ..nothing },
            Cause::Hangs => Reach { open: Some(near), high: Some(within), ..nothing },
            Cause::Both => Reach { open: Some(near), high: Some(all), ..nothing },
            Cause::Farther => Reach { high: Some(all), ..nothing },
            Cause::Wide => Reach { high: Some(all), times: most(noisy), from: near, ..nothing },
            // If they are of wide rows, others of these lift the line where they are few.
            Cause::Unclear => Reach { open: Some(near), high: Some(all), times: most(above), ..nothing },
        };
        self.rows = no_higher_than(bound, reach.of(kept, nothing_else));
    }

    /// Has the intervals hold by how much what answers would have taken without a timeout is luck.
    fn hold_luck(&mut self, luck: Option<Luck>) {
        let Some(luck) = luck else { return };
        luck.of_rows.into_iter().enumerate().for_each(|(i, times)| self.rows.narrow(i, times));
        if let (Some(split), Some([_, row, byte])) = (&mut self.split, luck.of_both) {
            split.row = split.row.wider(row);
            split.byte = split.byte.wider(byte);
        }
    }

    /// Has the intervals hold the line through the answers of sizes that take a part of the time
    /// after which an app gives up: of longer ones only the quick came through.
    fn hold_short(&mut self, after: f64, answers: &[Sample<2>]) {
        let short = |sample: &&Sample<2>| self.rows.at(&sample.x) <= CUT_OFF_SHARE * after;
        let short: Vec<Sample<2>> = answers.iter().filter(short).copied().collect();
        if let Some(line) = Line::through(&short).filter(|_| short.len() >= ANSWERS_MIN) {
            self.rows = self.rows.as_open_as(&line);
        }
    }

    /// Has the intervals hold what lies within a step of the clock.
    fn loosen(&mut self, step: Step, rows: &[Sample<2>], both: &[Sample<3>]) {
        self.rows = self.rows.off_by(step.moves(rows, &self.rows));
        if let (Some(split), Some(line)) = (&mut self.split, &self.both) {
            let [_, row, byte] = step.moves(both, line);
            split.row = split.row.off_by(row);
            split.byte = split.byte.off_by(byte);
        }
    }

    /// Takes rows and bytes apart, if the log tells how a row's time divides; the line by rows is
    /// then made of that by both. Nothing ends above `bound`.
    fn take_apart(&mut self, answers: &[Sample<3>], widths: Widths, bound: [f64; 2]) -> Option<()> {
        let both = self.both?;
        let [row, byte] = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let open = both.open_by_noise(byte) * widths.a_row.0;
        let limit = SPLIT_MAX * self.rows.estimate([0.0, 1.0]).value;
        let many = both.freedom() >= SPLIT_FREEDOM;
        if !(many && open <= limit && self.less_than_nothing().is_none()) {
            return None;
        }
        let wider = both.chosen(limit / open);
        let overhead = both.by_rows(widths.around, widths.a_row, widths.upward).coefficients[0];
        let left_out = (overhead < 0.0).then_some(LeftOut::Overhead);
        let line = if left_out.is_some() { Line::without(answers, 0)? } else { both };
        if line.coefficients[1..].iter().any(|cost| *cost < 0.0) {
            return None;
        }
        let told = |of| line.estimate_chosen(of, wider);
        let mut split = Split { row: told(row), byte: told(byte) };
        split.row.high = split.row.high.min(bound[1]).max(split.row.value);
        let floor = split.row.low + split.byte.low * narrowest(answers, widths);
        // Within the bound first: what is kept of an end while it is drawn in from below is no
        // longer held by it.
        let rows = row_from(floor, line.by_rows(widths.around, widths.a_row, widths.upward).within(bound));
        *self = Fit { rows, both: Some(line), split: Some(split), left_out, above: None, curve: None };
        Some(())
    }

    /// A line by rows alone that has something take less than no time is drawn without that, or the
    /// rest would take more than the answers.
    fn leave_out(&mut self, answers: &[Sample<2>]) {
        let Some(zero) = self.rows.coefficients.iter().position(|cost| *cost < 0.0) else { return };
        if let Some(line) = Line::without(answers, zero) {
            self.rows = line;
            self.left_out = Some([LeftOut::Overhead, LeftOut::Row][zero]);
        }
    }

    /// What an answer of its rows, and of its bytes, takes by the line.
    fn says(&self, answer: &Request) -> f64 {
        match &self.both {
            Some(line) => line.at(&[1.0, answer.rows, answer.bytes]),
            None => self.rows.at(&[1.0, answer.rows]),
        }
    }

    /// What the answers that were not kept hold of the time, and how much longer answers take with
    /// them, as a share of what the line says: of those that were put aside by chance more are
    /// large or small.
    fn outliers(&self, answers: &[&Request], kept: &[usize], cause: Cause, bytes: Bytes) -> Outliers {
        let n = kept.len() as f64;
        let sum = |of: &dyn Fn(&Request) -> f64| kept.iter().map(|n| of(answers[*n])).sum::<f64>();
        let all: f64 = answers.iter().map(|answer| answer.duration).sum();
        let took = sum(&|answer| answer.duration);
        let by_line: f64 = answers.iter().map(|answer| self.says(answer)).sum();
        let longer = all / by_line * sum(&|answer| self.says(answer)) / took - 1.0;
        let (rows, of_bytes) = (sum(&|answer| answer.rows) / n, sum(&|answer| answer.bytes) / n);
        let mean = match &self.both {
            Some(line) => line.estimate([1.0, rows, of_bytes]),
            None => self.rows.estimate([1.0, rows]),
        };
        let open = (mean.high - mean.low) / 2.0 / mean.value;
        Outliers { held: 1.0 - took / all, longer, open, cause, bytes }
    }

    /// `advice`, or that of the log's own sizes where no line tells it. Where the log does not tell
    /// what answers far above the line are, nothing tells whether it bends.
    pub(super) fn within_log(
        &self,
        advice: Option<Advice>,
        outages: Option<&Outages>,
        census: &Census,
    ) -> Option<Advice> {
        match (&self.curve, outages) {
            (Some(curve), Some(outages)) if advice.is_some() || self.above.is_none() => {
                curve.within_log(advice, &self.rows, outages, census)
            }
            _ => advice,
        }
    }

    /// What the log leaves open of its own sizes.
    pub(super) fn leaves_open(
        &self,
        advice: Option<Advice>,
        outages: Option<&Outages>,
        census: &Census,
    ) -> Option<Open> {
        match advice? {
            Advice::Rows { within_log: true, best, .. } => self.curve.as_ref()?.leaves_open_near(best.value),
            advice => self.curve.as_ref()?.leaves_open(advice, &self.rows, outages?, census),
        }
    }

    /// Whether larger answers take more than the line says, beyond chance.
    pub(super) fn bends_up(&self) -> bool {
        self.curve.as_ref().is_some_and(Curve::is_up)
    }

    /// How many times what the line says an answer of so many rows may take at most, by how answers
    /// bend from it.
    pub(super) fn at_most(&self, rows: f64) -> Option<f64> {
        self.curve.as_ref()?.at_most(self.rows.at(&[1.0, rows]))
    }

    /// What a line through rows and bytes would have take less than no time.
    pub(super) fn less_than_nothing(&self) -> Option<&'static str> {
        match self.both?.coefficients {
            [_, row, _] if row < 0.0 => Some("row"),
            [_, _, byte] if byte < 0.0 => Some("byte"),
            _ => None,
        }
    }

    pub(super) fn costs(&self) -> Costs {
        let split = self.split;
        // What rows that are not equally wide do to a line by rows alone is no noise; what rows do
        // that take no time is.
        let both = self.both.filter(|_| self.left_out != Some(LeftOut::Row));
        let noise = both.map_or(self.rows.noise, |both| both.noise);
        Costs { request: self.rows.estimate([1.0, 0.0]), row: self.rows.estimate([0.0, 1.0]), split, noise }
    }
}

/// So many times as many there may be as came up `n` times (Garwood 1936).
fn most(n: usize) -> f64 {
    chi_square(2.0 * n as f64 + 2.0, 0.975) / 2.0 / n as f64
}

/// What a request, and a row, would take at most if nothing else took the time of `answers`: as
/// nothing takes less than no time, neither takes more.
fn nothing_else(answers: &[Sample<2>]) -> [f64; 2] {
    std::array::from_fn(|i| Ratio::of(answers, |sample| [sample.x[i], sample.y]).high())
}

/// The same of answers some of which are `far` above the line: few of them tell no mean, so that
/// these may be as many as come up so often. What widths make of those that came through is no part
/// of it (`Fit::through`).
fn nothing_else_of(answers: &[Sample<2>], far: impl Fn(usize) -> bool) -> [f64; 2] {
    let even: Vec<Sample<2>> = answers.iter().map(|s| Sample { weight: 1.0, ..*s }).collect();
    let few = (0..answers.len()).filter(|n| far(*n)).count();
    let times = |n: usize| if far(n) { most(few) } else { 1.0 };
    let bounds = [&even[..], answers].map(|answers| {
        let sum = |of: &dyn Fn(usize) -> f64| -> f64 {
            answers.iter().enumerate().map(|(n, sample)| sample.weight * of(n)).sum()
        };
        let took = sum(&|n| times(n) * answers[n].y);
        let of_mean = nothing_else(answers);
        std::array::from_fn::<f64, 2, _>(|i| of_mean[i].max(took / sum(&|n| answers[n].x[i])))
    });
    std::array::from_fn(|i| f64::max(bounds[0][i], bounds[1][i]))
}

/// That line, no coefficient of which ends above `bound`, whatever it is that has it end there.
fn no_higher_than(bound: [f64; 2], mut line: Line<2>) -> Line<2> {
    for (i, part) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
        if line.coefficients[i] <= bound[i] {
            line.upward[i] -= (line.estimate(part).high - bound[i]).clamp(0.0, line.upward[i]);
        }
    }
    line.within(bound)
}

/// The bytes that rows have at least, of the request whose rows have the fewest, and with as many
/// bytes around them as there may be. Rows are as wide on average, whichever of the wide ones the
/// log lacks: how much it tells of the mean opens an interval to above, but not to below what such
/// a row and its bytes take if each of the two takes as little as it may.
fn narrowest(answers: &[Sample<3>], widths: Widths) -> f64 {
    let (around, variance) = widths.around;
    let around = around + NORMAL * libm::sqrt(variance);
    let a_row = |s: &Sample<3>| (s.x[1] > 0.0).then(|| ((s.x[2] - around) / s.x[1]).max(0.0));
    answers.iter().filter_map(a_row).reduce(f64::min).unwrap_or(0.0)
}

/// That line, the interval of whose row begins no lower than at `floor`; where it ends stays.
fn row_from(floor: f64, mut line: Line<2>) -> Line<2> {
    let Estimate { value, high, .. } = line.estimate([0.0, 1.0]);
    let (half, room) = (high - line.upward[1] - value, value - floor);
    if room > 0.0 && half > room {
        line.narrow(1, room / half);
        line.upward[1] += high - line.estimate([0.0, 1.0]).high;
    }
    if room > 0.0 {
        line.downward[1] = line.downward[1].min((room - half).max(0.0));
    }
    line
}
