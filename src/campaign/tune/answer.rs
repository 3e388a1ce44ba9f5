//! What a place came to, as the record has it.

use std::collections::BTreeMap;

use super::known::{Measured, SEEDS_MIN, Setting};
use super::place::Place;
use super::search::{FLAT, Found, Space, with};
use crate::analysis::sweep::{Objective, queued_share};
use crate::analysis::tune::{excess, field};
use crate::metrics::human;
use crate::record::{BackendTuned, CellRecord, KnobTuned, PlaceTuned, PointTuned};
use crate::render::tune as report_tune;
use crate::render::tune::{FLAT_PPM, Line, Reasons, reasons};

impl Place {
    /// What it came to; of a search that was cut short the best so far.
    pub fn tuned(&self, objective: &Objective) -> PlaceTuned {
        let (found, complete) = match self.found() {
            Ok(found) => (found, self.wants().is_none()),
            Err(_) => (self.so_far(), false),
        };
        let axes = self.axes.iter().map(|(key, value)| (key.clone(), as_cells_have_it(value))).collect();
        let mut tuned = PlaceTuned {
            name: self.name.clone(),
            variant: self.variant.clone(),
            axes,
            complete,
            best: None,
            figure: None,
            trouble: None,
            knobs: Vec::new(),
            present: None,
            backend: None,
        };
        let Some(best) = found.best else {
            tuned.trouble = self.nearest();
            return tuned;
        };
        let keys = self.space.knobs.iter().map(|knob| knob.key().to_owned());
        tuned.best = Some(keys.zip(best.iter().cloned()).collect());
        tuned.figure = self.point(&best, &best, String::new(), objective).and_then(|point| point.figure);
        let space = self.within_reach();
        tuned.present = self.point(&space.present, &best, space.present.join(", "), objective);
        tuned.backend = self.backend(&best);
        let knob = |k: usize| self.knob(&space, k, &best, found.between[k].clone(), objective);
        tuned.knobs = (0..space.knobs.len()).map(knob).collect();
        tuned
    }

    /// Why the setting is out that came nearest to being a candidate: by the luck of the seeds, if
    /// one is; else by how far its figures are beyond the limits; of those with which something
    /// else is wrong, the best.
    fn nearest(&self) -> Option<String> {
        let far = |setting: &Setting, measured: &Measured| {
            let cells: Vec<&CellRecord> = self.cells.get(setting).into_iter().flatten().collect();
            let beyond = excess(&cells, &self.limits).unwrap_or(f64::INFINITY);
            (!measured.in_doubt, beyond, measured.mean_of_all().unwrap_or(f64::INFINITY))
        };
        let out = self.known.0.iter().filter_map(|(setting, measured)| {
            Some((far(setting, measured), setting, measured.trouble.as_ref()?, measured.in_doubt))
        });
        let ((..), setting, trouble, in_doubt) =
            out.min_by(|(a, ..), (b, ..)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)))?;
        let at = setting.iter().map(|value| report_tune::value(value)).collect::<Vec<_>>().join(", ");
        let luck = if in_doubt { "; with other seeds it may be one, and so may its neighbours" } else { "" };
        Some(format!("at {at}, {trouble}{luck}"))
    }

    /// The best under the seeds that the most settings have, of a search that has not come to its
    /// end.
    fn so_far(&self) -> Found {
        let space = self.within_reach();
        let most = self.known.0.values().map(|measured| measured.prices.len()).max().unwrap_or(0);
        let well = |(setting, measured): (&Setting, &Measured)| {
            let price =
                measured.mean_of_all().filter(|_| measured.trouble.is_none() && space.reaches(setting))?;
            Some((measured.prices.len() < most, price, setting.clone()))
        };
        let best = self.known.0.iter().filter_map(well);
        let best = best.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(.., setting)| setting);
        Found { best, between: vec![None; self.space.knobs.len()] }
    }

    /// A setting beside the best; `None` if it was not run.
    fn point(
        &self,
        at: &Setting,
        best: &Setting,
        value: String,
        objective: &Objective,
    ) -> Option<PointTuned> {
        let measured = self.shown.get(at)?;
        let cost = self.shown.cost(at, best);
        // Under the seeds of the best, or as it came out where there is no telling.
        let of_best = self.shown.get(best).and_then(|best| best.mean_of_all());
        let scaled = of_best.zip(cost).map(|(price, cost)| price * cost);
        let price = scaled.or_else(|| measured.mean_of_all());
        Some(PointTuned {
            value,
            names: Vec::new(),
            seeds: measured.prices.len() as u64,
            figure: price.map(|price| (objective.figure(price) + 0.5) as u64),
            cost_ppm: cost.map(ppm),
            noise_ppm: self.shown.noise(at, best).filter(|_| at != best).map(ppm),
            within_noise: self.is_within_noise(at, best),
            trouble: measured.trouble.clone(),
            in_doubt: measured.in_doubt,
        })
    }

    fn knob(
        &self,
        space: &Space,
        k: usize,
        best: &Setting,
        between: Option<[Option<String>; 2]>,
        objective: &Objective,
    ) -> KnobTuned {
        let the = &space.knobs[k];
        let named = |value: &String| {
            let mut point = self.point(&with(best, k, value), best, value.clone(), objective)?;
            let shipped = space.field[k].iter().find(|shipped| shipped.value == *value);
            let names =
                shipped.map_or_else(|| field::names(the.key(), value), |shipped| shipped.names.clone());
            point.names = names.into_iter().map(str::to_owned).collect();
            Some(point)
        };
        let times = |factor| the.times_within(&best[k], factor).and_then(|value| named(&value));
        let line = space.line_of(&self.shown, k, best);
        let points: Vec<PointTuned> = line.iter().filter_map(named).collect();
        let between = between.map(|ends| self.ends(&points, k, best, ends));
        let flat = self.flat(k, best, &points);
        let beyond = self.better_beyond(k, best, &points);
        // What lies beyond an end that something better lies beyond is no limit.
        let told_from = (
            if beyond[0].is_some() { 0 } else { flat.0 },
            if beyond[1].is_some() { points.len() - 1 } else { flat.1 },
        );
        let numbers = |ends: &[Option<String>; 2]| ends.each_ref().map(|end| the.number(end.as_ref()?));
        let numbers = between.as_ref().map(numbers);
        let cap = space.caps[k].filter(|cap| space.reach[k].is_none_or(|reach| reach == *cap));
        let cap = cap.filter(|cap| the.extremes().is_some_and(|ends| the.number(&ends[1]) == Some(*cap)));
        let capped = cap.map(|cap| (cap, space.clamped.clone()));
        let mut told = self.reasons(k, best, &points, (told_from, numbers), capped, objective);
        let within: Vec<&PointTuned> = points.iter().filter(|point| the.has(&point.value)).collect();
        let luck = luck(&within, &best[k]);
        told.limits.extend(self.dent(k, best, &points).map(|dent| not_smooth(dent.map(|i| &points[i]))));
        told.limits.extend(self.up_to_a_limit(k, best, &points));
        told.limits.extend(self.ends_of_range(k, best, points.len(), space.reach[k], &beyond));
        if let Some(reach) = space.reach[k].filter(|_| cap.is_none()) {
            let reach = human::thousands(reach as u64);
            told.limits.push(format!("{reach} is all there is to send: larger values change nothing"));
        }
        KnobTuned {
            key: the.key().to_owned(),
            best: best[k].clone(),
            between,
            flat: [flat.0, flat.1].map(|i| points[i].value.clone()),
            half: times(0.5),
            double: times(2.0),
            field: space.field[k].iter().filter_map(|shipped| named(&shipped.value)).collect(),
            points,
            limits: told.limits,
            luck,
            closed_form_rows: told.closed_form_rows,
        }
    }

    /// Below and above what was asked for, the best of the settings there that are better than the
    /// best: it is the range that limits.
    fn better_beyond(&self, k: usize, best: &Setting, points: &[PointTuned]) -> [Option<String>; 2] {
        let the = &self.space.knobs[k];
        let Some(ends) = the.extremes() else { return [None, None] };
        let number = |value: &str| the.number(value).unwrap_or(f64::NAN);
        let better = |point: &&PointTuned| {
            let there = with(best, k, &point.value);
            let sure = self.space.seeds.len() < SEEDS_MIN || self.shown.worse(best, &there);
            sure && point.trouble.is_none() && point.cost_ppm.is_some_and(|ppm| ppm as f64 * FLAT <= 1e6)
        };
        let cheapest = |beyond: &dyn Fn(f64) -> bool| {
            let there = points.iter().filter(|point| beyond(number(&point.value))).filter(better);
            there.min_by_key(|point| point.cost_ppm).map(|point| point.value.clone())
        };
        let [low, high] = ends.each_ref().map(|end| number(end));
        [cheapest(&|x| x < low), cheapest(&|x| x > high)]
    }

    /// Where the range ends at the best, or short of what is better.
    fn ends_of_range(
        &self,
        k: usize,
        best: &Setting,
        points: usize,
        reach: Option<f64>,
        beyond: &[Option<String>; 2],
    ) -> Vec<String> {
        let the = &self.space.knobs[k];
        let Some(ends) = the.extremes() else { return Vec::new() };
        let end = if ends[0] == ends[1] { "all that was asked for" } else { "the end of the range" };
        let told = |side: usize| {
            let better = beyond[side].as_ref()?;
            let (at, better) = (report_tune::value(&ends[side]), report_tune::value(better));
            let which = ["below", "above"][side];
            Some(format!(
                "{at} is {end}: {which} it others are better, {better} the best of them; widen the range"
            ))
        };
        let mut lines: Vec<String> = [0, 1].into_iter().filter_map(told).collect();
        // Beyond what ever came up nothing differs, and the range may as well end there.
        let matters = |side: usize| side == 0 || reach.is_none_or(|reach| the.number(&best[k]) < Some(reach));
        let is_end = |side: usize| the.is_end(&best[k], [0.5, 2.0][side]) && matters(side);
        if points > 1 && [0, 1].into_iter().any(|side| is_end(side) && beyond[side].is_none()) {
            lines.push(format!("{} is {end}", report_tune::value(&best[k])));
        }
        lines
    }

    /// The positions of a candidate and of one behind it, seen from the best, that costs less, both
    /// beyond the noise and for all practical purposes: such a curve is not smooth.
    fn dent(&self, k: usize, best: &Setting, points: &[PointTuned]) -> Option<[usize; 2]> {
        if !self.space.knobs[k].is_ordered() {
            return None;
        }
        let at = points.iter().position(|point| point.value == best[k]).expect("the best was measured");
        let cost = |i: usize| points[i].cost_ppm.filter(|_| points[i].trouble.is_none());
        let dearer = |near: usize, far: usize| {
            let [here, there] = [near, far].map(|i| with(best, k, &points[i].value));
            let more = cost(near).zip(cost(far)).is_some_and(|(near, far)| near as f64 > FLAT * far as f64);
            more && self.shown.dearer(&here, &there)
        };
        let below = (0..at).rev().find_map(|near| Some([near, (0..near).rfind(|far| dearer(near, *far))?]));
        let rest = at + 1..points.len();
        let above = || {
            rest.clone().find_map(|near| Some([near, (near + 1..rest.end).find(|far| dearer(near, *far))?]))
        };
        below.or_else(above)
    }

    /// Where what costs less than the best misses a limit alone: between there and the candidates
    /// others may be better that were not run.
    fn up_to_a_limit(&self, k: usize, best: &Setting, points: &[PointTuned]) -> Vec<String> {
        let the = &self.space.knobs[k];
        let at = points.iter().position(|point| point.value == best[k]).expect("the best was measured");
        let less = |i: &usize| points[*i].cost_ppm.is_some_and(|ppm| ppm < 1_000_000);
        let misses = |i: &usize| {
            let there = self.shown.get(&with(best, k, &points[*i].value));
            there.is_some_and(Measured::misses_a_limit) && the.has(&points[*i].value)
        };
        let of_side = |side: Vec<usize>| {
            let beyond = side.iter().find(|i| misses(i) && less(i))?;
            let first = side.iter().position(misses)?;
            let [near, far] = [side[first - 1], side[first]].map(|i| &points[i].value);
            let middle = libm::sqrt(the.number(near)? * the.number(far)?);
            the.shown(middle).filter(|value| value != near && value != far)?;
            let [near, far, beyond] =
                [near, far, &points[*beyond].value].map(|value| report_tune::value(value));
            let here = report_tune::value(&best[k]);
            Some(format!(
                "{beyond} costs less than {here} and misses a limit alone: between {near} and {far} there may be a better setting, so \
                 sweep the settings that you mean"
            ))
        };
        let sides = [(0..=at).rev().collect(), (at..points.len()).collect()];
        sides.into_iter().filter_map(of_side).collect()
    }

    /// The positions of the first and the last setting that are as good for all practical purposes,
    /// of those that were run: between them and the next ones a curve may jump, as where a chunk of
    /// one row fewer takes one request more. What lies inside may be worse by the noise. What was
    /// run under fewer seeds than the best is no end: of a part of the seeds a cost is luck.
    fn flat(&self, k: usize, best: &Setting, points: &[PointTuned]) -> (usize, usize) {
        let the = &self.space.knobs[k];
        let at = points.iter().position(|point| point.value == best[k]).expect("the best was measured");
        let inside = |i: &usize| {
            let point = &points[*i];
            let good = point.trouble.is_none() && the.has(&point.value);
            good && point.seeds >= points[at].seeds && point.cost_ppm.is_some_and(|ppm| ppm <= FLAT_PPM)
        };
        let first = (0..at).find(inside).unwrap_or(at);
        let last = (at + 1..points.len()).rfind(inside).unwrap_or(at);
        (first, last)
    }

    /// The settings between which the optimum lies, of those that the search ended at and of what
    /// was only to be shown: next to all that are as good within the noise, the nearest that is
    /// worse under all seeds or excluded. One that is none by the luck of the seeds ends
    /// nothing, unless it costs more; where it costs less, the optimum may be there.
    fn ends(
        &self,
        points: &[PointTuned],
        k: usize,
        best: &Setting,
        [low, high]: [Option<String>; 2],
    ) -> [Option<String>; 2] {
        let less = |point: &PointTuned| point.cost_ppm.is_some_and(|ppm| ppm < 1_000_000);
        let good = |point: &PointTuned| {
            point.within_noise || point.value == best[k] || point.in_doubt && less(point)
        };
        let at = |end: &Option<String>, i: usize| end.as_ref() == Some(&points[i].value);
        let sure = |i: &usize| {
            let point = &points[*i];
            !point.in_doubt || self.shown.dearer(&with(best, k, &point.value), best)
        };
        let ends = |end: &Option<String>, i: usize| {
            let whole = points[i].seeds as usize == self.space.seeds.len();
            sure(&i) && (at(end, i) || whole || points[i].trouble.is_some())
        };
        let first = points.iter().position(good).unwrap_or(0);
        let last = points.iter().rposition(good).unwrap_or(0);
        let value = |i: usize| points[i].value.clone();
        // What the search ended at may turn out to be as good: then it is the next one.
        let below = (0..first)
            .rfind(|i| ends(&low, *i))
            .or(first.checked_sub(1).filter(|_| low.is_some()).filter(sure));
        let next = Some(last + 1).filter(|i| *i < points.len() && high.is_some()).filter(sure);
        let above = (last + 1..points.len()).find(|i| ends(&high, *i)).or(next);
        [below.map(value), above.map(value)]
    }

    /// Whether a setting that was run under all seeds is as good as the best within the noise
    /// between them.
    fn is_within_noise(&self, there: &Setting, best: &Setting) -> bool {
        let seeds = self.space.seeds.len();
        let all = self.shown.get(there).is_some_and(|measured| measured.prices.len() == seeds);
        all && seeds >= SEEDS_MIN && there != best && !self.shown.worse(there, best)
    }

    fn reasons(
        &self,
        k: usize,
        best: &Setting,
        points: &[PointTuned],
        (flat, between): ((usize, usize), Option<[Option<f64>; 2]>),
        cap: Option<(f64, Vec<String>)>,
        objective: &Objective,
    ) -> Reasons {
        // Everything at once is a default of others, not a setting that the search would go to.
        let last = points.len() - usize::from(points.last().is_some_and(|p| p.value == field::EVERYTHING));
        let line = points[..last].iter().map(|point| {
            let cells: Vec<&CellRecord> =
                self.cells.get(&with(best, k, &point.value)).into_iter().flatten().collect();
            (point.value.clone(), cells, point.trouble.clone())
        });
        let at = points.iter().position(|point| point.value == best[k]).expect("the best was measured");
        if at >= last {
            return Reasons::default();
        }
        let flat = (flat.0, flat.1.min(last - 1));
        let key = self.space.knobs[k].key();
        reasons(Line { key, points: line.collect(), best: at, flat, between, cap }, objective)
    }

    fn backend(&self, best: &Setting) -> Option<BackendTuned> {
        let cells = self.cells.get(best)?;
        let mean = |metric: &str, stat: &str| {
            let figures: Vec<u64> =
                cells.iter().filter_map(|cell| cell.metrics.get(metric)?.stat(stat)).collect();
            let sum: u128 = figures.iter().map(|&figure| u128::from(figure)).sum();
            (!figures.is_empty()).then(|| (sum / figures.len() as u128) as u64)
        };
        Some(BackendTuned {
            queued_p50_ns: mean("backend.request.queued", "p50")?,
            queued_p95_ns: mean("backend.request.queued", "p95")?,
            service_p50_ns: mean("backend.request.service", "p50")?,
            queued_ppm: queued_share(&cells.iter().collect::<Vec<_>>()).map_or(0, ppm),
        })
    }
}

/// What is missed by the luck of seeds is missed in these, and what to do.
const SEEDS: &str = "in some seeds: take more seeds, or loosen it";

/// Where settings that keep every limit in at least half of their seeds would be better than the
/// best, or lie among the candidates: which are candidates is luck there.
fn luck(points: &[&PointTuned], best: &str) -> Option<String> {
    let doubtful: Vec<&PointTuned> = points.iter().copied().filter(|point| point.in_doubt).collect();
    let candidate = |point: &&PointTuned| point.trouble.is_none();
    let [first, last] = [points.iter().position(candidate)?, points.iter().rposition(candidate)?];
    let among = points[first..=last].iter().any(|point| point.in_doubt);
    let better = doubtful.iter().filter(|point| point.cost_ppm.is_some_and(|ppm| ppm < 1_000_000));
    let better = better.min_by_key(|point| point.cost_ppm);
    if !among && better.is_none() {
        return None;
    }
    // The one that the best would lose to comes first, and the others are told beside it.
    let others = doubtful.iter().filter(|point| better.is_none_or(|better| better.value != point.value));
    let others: Vec<String> = others.map(|point| report_tune::value(&point.value)).collect();
    let Some(better) = better else {
        let misses = if others.len() == 1 { "misses" } else { "miss" };
        return Some(format!("{} {misses} a limit or a gate {SEEDS}", others.join(", ")));
    };
    let less = 100.0 - better.cost_ppm.unwrap_or_default() as f64 / 1e4;
    let [there, here] = [&better.value, best].map(report_tune::value);
    let others = match others.as_slice() {
        [] => String::new(),
        [one] => format!(", as {one} does,"),
        several => format!(", as {} do,", several.join(", ")),
    };
    Some(format!(
        "{there} would be {less:.1} % cheaper than {here} but misses a limit or a gate{others} {SEEDS}"
    ))
}

/// Of a setting that costs more than another behind it, seen from the best.
fn not_smooth([near, far]: [&PointTuned; 2]) -> String {
    let [near, far] = [near, far].map(|point| report_tune::value(&point.value));
    format!(
        "the curve is not smooth: {near} costs more than {far} does; between settings that were run it may jump, so sweep the ones \
         that you mean"
    )
}

fn ppm(share: f64) -> u64 {
    (share * 1e6 + 0.5) as u64
}

/// A swept value: a number where it is a whole one.
fn as_cells_have_it(value: &str) -> serde_json::Value {
    value.parse::<i64>().map_or_else(|_| value.into(), Into::into)
}

/// Says for each group of places that differ in the values of `key` (the number of devices) alone
/// how the best moves with it, and from where on the backend has enough: half of the requests wait
/// longer in its queue than they are served, or that wait is half of the time of the syncs. Where
/// many requests are for the end alone, and next to no work, the middle one waits and says nothing.
pub fn herd(places: &[PlaceTuned], key: &str) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<(u64, &PlaceTuned)>> = BTreeMap::new();
    for place in places {
        let Some(devices) = place.axes.get(key).and_then(serde_json::Value::as_u64) else { continue };
        let others = place.axes.iter().filter(|(other, _)| *other != key);
        let others = others.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let name: Vec<String> = place.variant.iter().cloned().chain(others).collect();
        groups.entry(name.join(" ")).or_default().push((devices, place));
    }
    let groups = groups.into_iter().filter(|(_, group)| group.len() > 1);
    groups.map(|(name, group)| of_group(&name, group)).collect()
}

/// More of the time than this in the queue of the backend, in millionths: it has more to do than it
/// can.
const QUEUED_MAX: u64 = 500_000;

fn waits_at_the_median(backend: &BackendTuned) -> bool {
    backend.queued_p50_ns > backend.service_p50_ns
}

fn of_group(name: &str, mut group: Vec<(u64, &PlaceTuned)>) -> String {
    group.sort_by_key(|(devices, _)| *devices);
    let best = |(devices, place): &(u64, &PlaceTuned)| {
        let best = place.knobs.first().map_or("none", |knob| knob.best.as_str());
        format!("{best} with {}", human::count(*devices, "device"))
    };
    let bests: Vec<String> = group.iter().map(best).collect();
    let full = group.iter().find_map(|(devices, place)| {
        let backend = place.backend.filter(|b| waits_at_the_median(b) || b.queued_ppm > QUEUED_MAX)?;
        Some((*devices, backend))
    });
    let end = match full {
        Some((devices, backend)) if !waits_at_the_median(&backend) => format!(
            "the backend is saturated with {}: {} % of the time is waiting for one of its workers",
            human::count(devices, "device"),
            (backend.queued_ppm + 5_000) / 10_000
        ),
        Some((devices, backend)) => format!(
            "the backend is saturated with {}: half of the requests wait {} or more for {} of work",
            human::count(devices, "device"),
            human::span(backend.queued_p50_ns),
            human::span(backend.service_p50_ns)
        ),
        None if group.iter().any(|(_, place)| place.best.is_none()) => {
            "where every setting is excluded nothing is known of the backend".to_owned()
        }
        None => "the backend is not saturated".to_owned(),
    };
    let head = if name.is_empty() { String::new() } else { format!("{name}: ") };
    format!("{head}best at {}; {end}", bests.join(", "))
}
