//! The result of a search at one place, in the form of the run's record.
//!
//! A place is the fixed part of a search: a variant, a link, a device class and a fleet. A setting
//! has one value per knob (a key that the search varies). Its price is a form of its figure in
//! which lower is better. Its cost is the price divided by the price of the best setting.

use std::collections::BTreeMap;

use super::known::{Measured, SEEDS_MIN, Setting};
use super::place::Place;
use super::rules::{self, View};
use super::search::{Found, Shipped, Wanted, with};
use crate::analysis::axis;
use crate::analysis::sweep::{Objective, queued_share};
use crate::metrics::{Censored, NEVER, Unit, human};
use crate::record::{AskedTuned, BackendTuned, CellRecord, KnobTuned, PlaceTuned, PointTuned, RuleTuned};
use crate::render::tune as report_tune;
use crate::render::tune::{FLAT_PPM, Line, reasons};

impl Place {
    /// The cells (single simulations) that the search needs next; `None` at its end.
    pub fn wants(&self) -> Option<Wanted> {
        let view = View::of(self);
        match view.found() {
            Err(wanted) => Some(wanted),
            Ok(Found { best: Some(best), .. }) => view.beside(&best).err(),
            Ok(Found { best: None, .. }) => None,
        }
    }
    /// The result. If the search was stopped, it is the best setting so far.
    pub fn tuned(&self, objective: &Objective) -> PlaceTuned {
        let view = View::of(self);
        let (found, complete) = match view.found() {
            Ok(found) => {
                let complete = found.best.as_ref().is_none_or(|best| view.beside(best).is_ok());
                (found, complete)
            }
            Err(_) => (so_far(&view), false),
        };
        let axes = self.axes.iter().map(|(key, value)| (key.clone(), axis(value))).collect();
        let mut tuned = PlaceTuned {
            name: self.name.clone(),
            variant: self.variant.clone(),
            axes,
            complete,
            ..PlaceTuned::default()
        };
        let Some(best) = &found.best else {
            tuned.trouble = nearest(&view);
            return tuned;
        };
        tuned.best = Some(self.by_knob(best));
        let told = Told { place: self, view: &view, best, objective };
        if let Some(point) = told.point(best, String::new()) {
            (tuned.figure, tuned.censored) = (point.figure, point.censored);
        }
        tuned.present = told.point(&view.space.present, self.space.present.join(", "));
        tuned.present.iter_mut().for_each(|present| present.names.push(self.space.own.clone()));
        tuned.rules = told.rules();
        tuned.notes = rules::notes(&view, best);
        tuned.backend = self.backend(best);
        tuned.knobs =
            found.between.into_iter().enumerate().map(|(k, between)| told.knob(k, between)).collect();
        tuned
    }

    fn backend(&self, best: &Setting) -> Option<BackendTuned> {
        let cells: Vec<&CellRecord> = self.cells.get(best)?.iter().map(|judged| &judged.cell).collect();
        let mean = |metric: &str, stat: &str| {
            let figures: Vec<u64> =
                cells.iter().filter_map(|cell| cell.metrics.get(metric)?.stat(stat)).collect();
            let sum: u128 = figures.iter().map(|&figure| u128::from(figure)).sum();
            // If a wait never ended, the mean does not exist.
            let ended = !figures.is_empty() && !figures.contains(&NEVER);
            ended.then(|| (sum / figures.len() as u128) as u64)
        };
        Some(BackendTuned {
            queued_p50_ns: mean("backend.request.queued", "p50")?,
            queued_p95_ns: mean("backend.request.queued", "p95")?,
            service_p50_ns: mean("backend.request.service", "p50")?,
            queued_ppm: queued_share(&cells).map_or(0, ppm),
        })
    }
}

/// The reason why the nearest excluded setting is excluded. Nearest is a setting whose exclusion
/// may be chance, then the one least beyond its limits, then the cheapest one.
fn nearest(view: &View<'_>) -> Option<String> {
    let far = |setting: &Setting, measured: &Measured| {
        let price = measured.mean_of_all().unwrap_or(f64::INFINITY);
        (!measured.in_doubt, view.times(setting), price)
    };
    let out = view.known.0.iter().filter_map(|(setting, measured)| {
        Some((far(setting, measured), setting, measured.trouble.as_ref()?, measured.in_doubt))
    });
    let ((..), setting, trouble, in_doubt) =
        out.min_by(|(a, ..), (b, ..)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)))?;
    let at = setting.iter().map(|value| report_tune::value(value)).collect::<Vec<_>>().join(", ");
    let luck =
        if in_doubt { "; with other seeds this setting and its neighbours may be allowed" } else { "" };
    Some(format!("at {at}, {trouble}{luck}"))
}

/// The cheapest setting so far, among the settings with the most seeds.
fn so_far(view: &View<'_>) -> Found {
    let most = view.known.0.values().map(|measured| measured.prices.len()).max().unwrap_or(0);
    let well = |(setting, measured): (&Setting, &Measured)| {
        let price =
            measured.mean_of_all().filter(|_| measured.trouble.is_none() && view.space.reaches(setting))?;
        Some((measured.prices.len() < most, price, setting.clone()))
    };
    let best = view.known.0.iter().filter_map(well);
    let best = best.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(.., setting)| setting);
    Found { best, between: vec![None; view.space.knobs.len()] }
}

/// A place with its best setting. Other settings are described relative to it.
struct Told<'a> {
    place: &'a Place,
    view: &'a View<'a>,
    best: &'a Setting,
    objective: &'a Objective,
}

impl Told<'_> {
    fn point(&self, at: &Setting, value: String) -> Option<PointTuned> {
        let (known, best) = (&self.view.known, self.best);
        let measured = known.get(at)?;
        let cost = known.cost(at, best);
        // The figure of the best times the cost, as if both had the same seeds. Without a cost, the
        // setting's own figure is shown.
        let of_best = known.get(best).and_then(|best| best.mean_of_all());
        let scaled = of_best.zip(cost).map(|(price, cost)| price * cost);
        let price = scaled.or_else(|| measured.mean_of_all());
        // With too few seeds the noise is unknown.
        let (seeds, run) = (self.place.space.seeds.len(), measured.prices.len());
        let within_noise = run == seeds && seeds >= SEEDS_MIN && at != best && !known.worse(at, best);
        Some(PointTuned {
            value,
            seeds: run as u64,
            figure: price.map(|price| (self.objective.figure(price) + 0.5) as u64),
            censored: self.censored(at),
            cost_ppm: cost.map(ppm),
            noise_ppm: known.noise(at, best).filter(|_| at != best).map(ppm),
            within_noise,
            trouble: measured.trouble.clone(),
            in_doubt: measured.in_doubt,
            breaks: self.view.breaks(at),
            ..PointTuned::default()
        })
    }

    fn censored(&self, at: &Setting) -> Option<Censored> {
        let cells = self.place.cells.get(at).into_iter().flatten();
        let figures = cells.filter_map(|judged| judged.cell.metrics.get(self.objective.metric.as_str()));
        Censored::of(figures).filter(|_| self.objective.unit == Unit::Ns)
    }

    /// The costs of the rules that decide which setting is the best, or would decide it if they
    /// excluded settings.
    fn rules(&self) -> Vec<RuleTuned> {
        let told = |(rule, excludes, other): (_, bool, Option<Setting>)| {
            let point = other.as_ref().and_then(|other| self.point(other, String::new()));
            let (name, asks) = rules::named(self.place, &rule);
            RuleTuned {
                name,
                asks,
                excludes,
                best: other.map(|other| self.place.by_knob(&other)),
                figure: point.as_ref().and_then(|point| point.figure),
                censored: point.as_ref().and_then(|point| point.censored),
                cost_ppm: point.and_then(|point| point.cost_ppm),
            }
        };
        self.view.rules(self.best).unwrap_or_default().into_iter().map(told).collect()
    }

    fn names(&self, k: usize, value: &str) -> Vec<String> {
        let space = &self.view.space;
        let (the, best) = (&space.knobs[k], self.best);
        let is = |factor| the.times_within(&best[k], factor).as_deref() == Some(value);
        let yours = k == 0 && with(best, k, value) == self.place.space.present;
        let own = [(is(0.5), "half the best value"), (is(2.0), "twice the best value"), (yours, &space.own)];
        let own = own.into_iter().filter(|(is, _)| *is).map(|(_, name)| name.to_owned());
        let shipped = space.field[k].iter().find(|shipped| shipped.value == value);
        own.chain(shipped.into_iter().flat_map(|shipped| shipped.names.iter().cloned())).collect()
    }

    /// The products with larger values, if `value` is the reach (the value above which nothing
    /// changes).
    fn asked(&self, k: usize, value: &str) -> Vec<AskedTuned> {
        let space = &self.view.space;
        let is_all = k == 0 && space.reach.is_some() && space.knobs[k].number(value) == space.reach;
        let asked = |of: &Shipped| AskedTuned { value: of.value.clone(), names: of.names.clone() };
        space.asked.iter().filter(|_| is_all).map(asked).collect()
    }

    fn knob(&self, k: usize, between: Option<[Option<String>; 2]>) -> KnobTuned {
        let space = &self.view.space;
        let (the, best) = (&space.knobs[k], &self.best[k]);
        let named = |value: &String| {
            let point = self.point(&with(self.best, k, value), value.clone())?;
            Some(PointTuned { names: self.names(k, value), asked: self.asked(k, value), ..point })
        };
        let line = space.line(&self.view.known, k, self.best).values();
        let points: Vec<PointTuned> = line.iter().filter_map(named).collect();
        // Settings outside the range are shown, but they do not limit the result.
        let within: Vec<&PointTuned> = points.iter().filter(|point| the.has(&point.value)).collect();
        let at = within.iter().position(|point| point.value == *best).expect("the best was measured");
        let flat = flat(&within, at);
        let numbers = |ends: &[Option<String>; 2]| ends.each_ref().map(|end| the.number(end.as_ref()?));
        let cap = space.cap.filter(|cap| space.reach.is_none_or(|reach| reach == *cap));
        let cap = cap.filter(|cap| the.extremes().is_some_and(|ends| the.number(&ends[1]) == Some(*cap)));
        let cells = |value: &str| self.place.cells.get(&with(self.best, k, value)).into_iter().flatten();
        let told = |point: &&PointTuned| {
            let cells = cells(&point.value).map(|judged| &judged.cell).collect::<Vec<_>>();
            (point.value.clone(), cells, point.trouble.clone())
        };
        let mut told = reasons(
            Line {
                key: the.key(),
                points: within.iter().map(told).collect(),
                best: at,
                flat,
                between: between.as_ref().map(numbers),
                cap: cap.map(|cap| (cap, space.clamped.clone())),
            },
            self.objective,
        );
        // Above the largest response nothing changes, so a range that ends there is wide enough.
        let open = space.reach.is_none_or(|reach| the.number(best) < Some(reach));
        let open = open && space.cap.is_none_or(|cap| the.number(best) != Some(cap));
        if points.len() > 1 && (the.is_end(best, 0.5) || the.is_end(best, 2.0) && open) {
            let best = report_tune::value(best);
            told.limits
                .push(format!("{best} is the end of the range: widen the range with --knob to see more"));
        }
        let reach = space.reach.filter(|_| k == 0 && cap.is_none()).map(|reach| reach as u64);
        let whole = self.place.is_whole();
        if let Some(reach) = reach.map(human::thousands) {
            let rows = match whole {
                true => format!("all rows of a device, at most {reach}, come in one response"),
                false => format!("no response has more than {reach} rows"),
            };
            told.limits.push(format!("{rows}: larger values change nothing"));
        }
        KnobTuned {
            key: the.key().to_owned(),
            best: best.clone(),
            between,
            flat: [flat.0, flat.1].map(|i| within[i].value.clone()),
            limits: told.limits,
            luck: luck(&within),
            reach,
            whole: whole && reach.is_some(),
            closed_form_rows: told.closed_form_rows,
            points,
        }
    }
}

/// The flat region: the first and the last setting that are as good as the best one at `at` and
/// have as many seeds. Settings between them may cost more, because one row fewer can need one more
/// request.
fn flat(points: &[&PointTuned], at: usize) -> (usize, usize) {
    let inside = |i: &usize| {
        let point = points[*i];
        let good = point.trouble.is_none() && point.seeds >= points[at].seeds;
        good && point.cost_ppm.is_some_and(|ppm| ppm <= FLAT_PPM)
    };
    let first = (0..at).find(inside).unwrap_or(at);
    (first, (at + 1..points.len()).rfind(inside).unwrap_or(at))
}

/// Names settings that only some seeds exclude. A setting is named if it is better than the best or
/// lies between settings that are not excluded. `None` if there are none.
fn luck(points: &[&PointTuned]) -> Option<String> {
    let candidate = |point: &&PointTuned| point.trouble.is_none();
    let [first, last] = [points.iter().position(candidate)?, points.iter().rposition(candidate)?];
    let better = |point: &PointTuned| point.cost_ppm.is_some_and(|ppm| ppm < 1_000_000);
    let decides =
        |(i, point): &(usize, &&PointTuned)| point.in_doubt && ((first..=last).contains(i) || better(point));
    let values = points.iter().enumerate().filter(decides).map(|(_, point)| report_tune::value(&point.value));
    let values: Vec<String> = values.collect();
    let (all, misses) = (values.join(", "), if values.len() == 1 { "misses" } else { "miss" });
    let told = format!(
        "{all} {misses} a limit or a gate in some seeds: to allow more settings, relax the limit or gate"
    );
    (!values.is_empty()).then_some(told)
}

fn ppm(share: f64) -> u64 {
    (share * 1e6 + 0.5) as u64
}

/// Compares places that differ only in `key`, the number of devices. It reports how the best
/// setting changes, and where the backend is saturated. The backend is saturated if its queue takes
/// more than `QUEUED_MAX` of the sync time. It is also saturated if its median queueing time
/// exceeds its median service time.
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

/// A larger share of sync time in the backend's queue means saturation. In millionths.
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
        Some((devices, backend)) => {
            let percent = (backend.queued_ppm + 5_000) / 10_000;
            let [wait, work] = [backend.queued_p50_ns, backend.service_p50_ns].map(human::span);
            let how = match waits_at_the_median(&backend) {
                true => format!("half of the requests wait {wait} or more, for {work} of work each"),
                false => format!("requests spend {percent} % of the time waiting for a worker"),
            };
            format!("the backend is saturated with {}: {how}", human::count(devices, "device"))
        }
        None if group.iter().any(|(_, place)| place.best.is_none()) => {
            "every setting is excluded, so nothing is known about the backend".to_owned()
        }
        None => "the backend is not saturated".to_owned(),
    };
    let head = if name.is_empty() { String::new() } else { format!("{name}: ") };
    format!("{head}best at {}; {end}", bests.join(", "))
}
