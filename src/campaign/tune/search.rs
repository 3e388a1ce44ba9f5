//! The search at one place: decides which cells to run next, and which setting is the best.
//!
//! A place is the fixed part of a search: a variant with one value for each key that is not
//! searched. A cell is one simulation with one seed. A knob is a key that the search varies, and a
//! setting has one value per knob. The price of a setting is a form of its figure in which lower is
//! better. Its cost is the price divided by the price of the best one. Noise is the random
//! difference between seeds.
//!
//! A search has no state. Each call repeats the search from the beginning with all known results,
//! and returns the missing cells. So an interrupted search can simply continue.

use std::collections::BTreeMap;

use super::knob::Knob;
use super::known::{Known, Measured, SEEDS_MIN, Setting};
use crate::analysis::sweep::FAR;
use crate::render::tune::{self as shown, FLAT_PPM};

#[derive(Clone, Debug, Default)]
pub struct Space {
    /// The knobs, the most important first.
    pub knobs: Vec<Knob>,
    pub present: Setting,
    pub seeds: Vec<u64>,
    /// For each knob, the values of other products. They are shown next to the best value.
    pub field: Vec<Vec<Shipped>>,
    /// The metric of the size (such as rows per response) that the only knob limits, if it limits
    /// one.
    pub size: Option<&'static str>,
    /// The reach: the value of the knob above which nothing changes; `None` if it is not known yet.
    pub reach: Option<f64>,
    /// The backend's page cap, if the range of the only knob ends at the cap.
    pub cap: Option<f64>,
    /// The products whose default values exceed the cap, with these values.
    pub clamped: Vec<String>,
    /// Values above the reach with the products that use them. The scenario's own value can be one.
    pub asked: Vec<Shipped>,
    /// The limit for the bytes of a response, if one exists.
    pub bytes: Option<u64>,
    /// The name of the present setting. It comes from the file or is a default.
    pub own: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    pub value: String,
    pub names: Vec<String>,
}

/// Settings with seeds that must run before the search can continue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub cells: BTreeMap<Setting, Vec<u64>>,
    /// True if the cells only serve to show other settings next to the result.
    pub beside: bool,
}

impl Wanted {
    fn add(&mut self, setting: &Setting, seed: u64) {
        let seeds = self.cells.entry(setting.clone()).or_default();
        if let Err(place) = seeds.binary_search(&seed) {
            seeds.insert(place, seed);
        }
    }
    pub(super) fn beside(self) -> Wanted {
        Wanted { beside: true, ..self }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub best: Option<Setting>,
    /// For each knob, the settings between which the optimum lies: the first setting outside the
    /// noise on each side. An inner `None` is the end of the range. The outer `None` means too few
    /// seeds.
    pub between: Vec<Option<[Option<String>; 2]>>,
}

/// A setting with at most this cost is as good as the best in practice.
pub(super) const FLAT: f64 = FLAT_PPM as f64 / 1e6;
/// 1 of this many settings on a line (the values of one knob) runs under all seeds.
const HALVING_ETA: usize = 3;
/// A setting is certainly worse if its cost exceeds this factor under each of `SEEDS_WORSE` seeds.
/// If the noise per seed is 20 %, 3 of 100 equal settings seem worse.
const WORSE: f64 = 1.04;
const SEEDS_WORSE: usize = 4;
/// A smaller gap is not divided if its ends differ only within the noise. Values between them would
/// differ even less. (The golden section turns a gap of 4 into one of 2.36.)
const CUT: f64 = 2.5;
/// Another setting becomes the best only if the log of its smoothed cost is lower by this much.
const SWITCH_LOG_GAIN: f64 = 0.02;
/// The largest number of passes over the knobs. The search also ends if a pass changes nothing.
const PASSES: usize = 3;

impl Space {
    /// The first quarter of the seeds, but at least 2. They show differences of a factor of 2.
    fn few(&self) -> &[u64] {
        &self.seeds[..self.seeds.len().div_ceil(4).max(2).min(self.seeds.len())]
    }
    /// The first half of the seeds. They show differences of 10 %.
    fn more(&self) -> &[u64] {
        &self.seeds[..self.seeds.len().div_ceil(2).max(self.few().len())]
    }
    /// The space without duplicates: all limits above the reach have the same effect and become
    /// one.
    pub(super) fn within_reach(&self, known: &Known) -> Space {
        let mut space = self.clone();
        let knob = self.knobs[0].clone();
        let reach =
            known.reach(|value| knob.number(value)).filter(|_| self.size.is_some() && knob.is_range());
        let Some(reach) = reach else { return space };
        space.reach = Some(reach);
        space.knobs[0] = knob.up_to(reach).unwrap_or_else(|| knob.clone());
        let reached = |value: &String| match knob.number(value) {
            Some(x) if x > reach => format!("{reach:.0}"),
            _ => value.clone(),
        };
        space.present[0] = reached(&self.present[0]);
        let mut field: Vec<Shipped> = Vec::new();
        let mut shown = |value: String, names: Vec<String>| match field.iter_mut().find(|f| f.value == value)
        {
            Some(known) => known.names.extend(names),
            None => field.push(Shipped { value, names }),
        };
        let is_capped = self.cap == Some(reach);
        for of in &self.field[0] {
            let value = reached(&of.value);
            if value == of.value {
                shown(value, of.names.clone());
                continue;
            }
            shown(value, Vec::new());
            if is_capped {
                let asked = shown::value(&of.value);
                space.clamped.extend(of.names.iter().map(|name| format!("{name} ({asked})")));
            } else {
                space.asked.push(of.clone());
            }
        }
        let cap = field.iter_mut().find(|known| is_capped && known.names.is_empty());
        cap.into_iter().for_each(|cap| cap.names.push("the page cap".to_owned()));
        space.field[0] = field;
        let present = &self.present[0];
        if space.present[0] != *present {
            // The present value is also above the reach.
            let asked = &mut space.asked;
            match asked.iter_mut().find(|asked| asked.value == *present) {
                Some(asked) => asked.names.insert(0, self.own.clone()),
                None => {
                    let place = asked.partition_point(|of| knob.number(&of.value) < knob.number(present));
                    asked.insert(place, Shipped { value: present.clone(), names: vec![self.own.clone()] });
                }
            }
        }
        space
    }
    pub(super) fn has(&self, setting: &Setting) -> bool {
        self.knobs.iter().zip(setting).all(|(knob, value)| knob.has(value))
    }
    /// False for a value above the reach, where all settings are equal.
    fn is_reached(&self, knob: usize, value: &str) -> bool {
        self.reach.is_none_or(|reach| self.knobs[knob].number(value).is_none_or(|x| x <= reach))
    }
    pub(super) fn reaches(&self, setting: &Setting) -> bool {
        setting.iter().enumerate().all(|(knob, value)| self.is_reached(knob, value))
    }
    /// The smallest setting (for words, the first). A failure that it also has does not come from
    /// size.
    pub(super) fn smallest(&self) -> Setting {
        let least = |knob: &Knob| knob.extremes().map_or_else(|| knob.first(), |[least, _]| least);
        self.knobs.iter().map(least).collect()
    }
    pub(super) fn line<'a>(&'a self, known: &'a Known, knob: usize, at: &'a Setting) -> Line<'a> {
        Line { space: self, known, knob, at }
    }

    /// Searches with the known results. The error has the cells that must run first.
    pub fn search(&self, known: &Known) -> Result<Found, Wanted> {
        match self.knob_by_knob(known)? {
            Some(at) => self.settle(known, at),
            None => Ok(Found { best: None, between: vec![None; self.knobs.len()] }),
        }
    }
    /// The best setting, without its interval. `None` if all settings are excluded.
    pub fn best(&self, known: &Known) -> Result<Option<Setting>, Wanted> {
        let Some(at) = self.knob_by_knob(known)? else { return Ok(None) };
        need(known, std::slice::from_ref(&at), &self.seeds)?;
        for knob in 0..self.knobs.len() {
            self.line(known, knob, &at).search_past_local_minima()?;
        }
        Ok(self.best_of_all(known).map(|at| self.steady(known, at)))
    }
    /// The best setting by smoothed costs. It chooses the value of one knob after the other.
    fn steady(&self, known: &Known, at: Setting) -> Setting {
        (0..self.knobs.len()).fold(at, |at, knob| self.line(known, knob, &at).steady())
    }
    fn knob_by_knob(&self, known: &Known) -> Result<Option<Setting>, Wanted> {
        let mut at = self.present.clone();
        for pass in 0..PASSES {
            let before = at.clone();
            for knob in 0..self.knobs.len() {
                let Some(best) = self.line(known, knob, &at).best(pass > 0)? else { return Ok(None) };
                at[knob] = best;
            }
            if self.knobs.len() == 1 || pass > 0 && at == before {
                break;
            }
        }
        Ok(Some(at))
    }

    /// Tries both sides of the best until settings are worse. If one is better, it becomes the
    /// best.
    fn settle(&self, known: &Known, mut at: Setting) -> Result<Found, Wanted> {
        need(known, std::slice::from_ref(&at), &self.seeds)?;
        let mut knob = 0;
        loop {
            if knob == self.knobs.len() {
                self.trade(known, &at)?;
                match self.best_of_all(known).filter(|other| self.cheaper(known, other, &at)) {
                    Some(best) => (at, knob) = (best, 0),
                    None => break,
                }
            }
            let line = self.line(known, knob, &at);
            line.sides()?;
            line.search_past_local_minima()?;
            let values = line.values();
            let chosen: Vec<String> = values.iter().filter(|v| self.knobs[knob].has(v)).cloned().collect();
            let better = line.pick(&chosen, &self.seeds);
            match better.filter(|value| self.cheaper(known, &line.with(value), &at)) {
                Some(value) => {
                    at[knob] = value;
                    knob = 0;
                }
                None => knob += 1,
            }
        }
        if known.is_out(&at) {
            return Ok(Found { best: None, between: vec![None; self.knobs.len()] });
        }
        let best = self.steady(known, at);
        let between = (0..self.knobs.len()).map(|knob| {
            let line = self.line(known, knob, &best);
            let told = self.seeds.len() >= SEEDS_MIN && line.values().len() > 1;
            Ok(Some(line.sides()?).filter(|_| told && self.knobs[knob].is_ordered()))
        });
        Ok(Found { between: between.collect::<Result<_, Wanted>>()?, best: Some(best) })
    }

    /// Looks at settings that cost less than the best but miss a limit. There it tries other values
    /// of the other knobs. For example, with more streams, smaller chunks may keep a memory limit.
    /// On each side it tries the nearest, the middle and the cheapest setting.
    fn trade(&self, known: &Known, at: &Setting) -> Result<(), Wanted> {
        for knob in (0..self.knobs.len()).filter(|_| self.knobs.len() > 1) {
            for mut better in [true, false].map(|below| self.line(known, knob, at).outward(below)) {
                better.retain(|there| {
                    let cheaper = known.cost(there, at).is_some_and(|cost| cost < 1.0);
                    cheaper && known.misses_a_limit(there) && self.has(there)
                });
                let cost = |there: &Setting| known.cost(there, at).unwrap_or(1.0);
                let cheapest = better.iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).cloned();
                let middle = better.get(better.len() / 2).cloned();
                let mut looked_at: Vec<Setting> =
                    better.into_iter().take(1).chain(middle).chain(cheapest).collect();
                looked_at.dedup();
                for there in looked_at {
                    for other in (0..self.knobs.len()).filter(|other| *other != knob) {
                        let line = self.line(known, other, &there);
                        if let Some(best) = line.best(true)? {
                            self.line(known, other, &line.with(&best)).search_past_local_minima()?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
    /// True if `one` has a lower mean price over all seeds. Equal prices give false, so the loop
    /// ends.
    fn cheaper(&self, known: &Known, one: &Setting, other: &Setting) -> bool {
        let price = |setting| known.get(setting).and_then(|measured| measured.mean(&self.seeds));
        price(one).is_some_and(|here| price(other).is_none_or(|there| here < there))
    }
    pub(super) fn best_of_all(&self, known: &Known) -> Option<Setting> {
        let chosen = known.0.iter().filter(|(setting, _)| self.has(setting));
        let priced = chosen.filter_map(|(setting, measured)| Some((measured.mean(&self.seeds)?, setting)));
        priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, setting)| setting.clone())
    }

    /// Checks that the settings shown next to the best ran under all seeds. The error has the
    /// missing cells. In `by_all`, every rule excludes settings.
    pub fn beside(&self, known: &Known, by_all: &Known, best: &Setting) -> Result<(), Wanted> {
        let mut all = vec![self.present.clone()];
        for knob in 0..self.knobs.len() {
            let line = self.line(known, knob, best);
            all.extend(line.settings(&line.shown_beside()));
            all.extend(line.ends_of_flat().into_iter().flatten());
        }
        need_until(by_all, &all, &self.seeds, Measured::shows).map_err(Wanted::beside)
    }
}

/// A line: the results for the values of one knob. The other knobs have their values from `at`.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    space: &'a Space,
    known: &'a Known,
    knob: usize,
    at: &'a Setting,
}

impl Line<'_> {
    fn knob(&self) -> &Knob {
        &self.space.knobs[self.knob]
    }
    fn with(&self, value: &str) -> Setting {
        with(self.at, self.knob, value)
    }
    fn settings(&self, values: &[String]) -> Vec<Setting> {
        values.iter().map(|value| self.with(value)).collect()
    }
    pub(super) fn values(&self) -> Vec<String> {
        let on_line = |setting: &&Setting| with(setting, self.knob, &self.at[self.knob]) == *self.at;
        let values = self.known.0.keys().filter(on_line).map(|setting| setting[self.knob].clone());
        sorted(self.knob(), values.filter(|value| self.space.is_reached(self.knob, value)).collect())
    }
    /// The measured settings on one side of the best, the nearest first.
    fn outward(&self, below: bool) -> Vec<Setting> {
        let (line, own) = (self.values(), &self.at[self.knob]);
        let i = line.iter().position(|value| value == own).expect("the best is on its own line");
        let mut side = self.settings(if below { &line[..i] } else { &line[i + 1..] });
        if below {
            side.reverse();
        }
        side
    }

    /// The best value; `None` if all are excluded. If `again`, searches only around the present
    /// best.
    fn best(&self, again: bool) -> Result<Option<String>, Wanted> {
        let (few, more) = (self.space.few(), self.space.more());
        let mut values = if again { self.around() } else { self.knob().grid() };
        let Some(mut best) = self.first(&mut values)? else { return Ok(None) };
        loop {
            let i = values.iter().position(|value| *value == best).expect("the best is one of them");
            let mut near = self.settings(&values[i.saturating_sub(1)..(i + 2).min(values.len())]);
            let here = self.with(&best);
            near.retain(|there| *there == here || !self.known.costs(there, &here, FAR, few.len()));
            need(self.known, &near, more)?;
            match self.pick(&values, more) {
                Some(better) if better != best => best = better,
                // All values that ran under more seeds are excluded.
                None => match self.first(&mut values)? {
                    Some(next) if next != best => best = next,
                    _ => return Ok(None),
                },
                Some(_) => match self.finer(&values, i) {
                    Some((place, value)) => values.insert(place, value),
                    None => break,
                },
            }
        }
        self.last_round(&values)
    }

    /// The best under the first seeds. If all are excluded, tries values between them and the
    /// defaults.
    fn first(&self, values: &mut Vec<String>) -> Result<Option<String>, Wanted> {
        let few = self.space.few();
        need(self.known, &self.settings(values), few)?;
        if let Some(best) = self.pick(values, few) {
            return Ok(Some(best));
        }
        let the = self.knob();
        let middle = |pair: &[String]| {
            let (low, high) = (the.number(&pair[0])?, the.number(&pair[1])?);
            the.shown(libm::sqrt(low * high))
        };
        let shipped = self.space.field[self.knob].iter().map(|shipped| shipped.value.clone());
        let others = values.windows(2).filter_map(middle).chain(shipped);
        let others: Vec<String> = others.chain([self.space.present[self.knob].clone()]).collect();
        values.extend(others.into_iter().filter(|value| the.has(value)));
        *values = sorted(the, std::mem::take(values));
        values.dedup();
        need(self.known, &self.settings(values), few)?;
        Ok(self.pick(values, few))
    }

    /// The present best, and one value on each side at the distance of a coarse step.
    fn around(&self) -> Vec<String> {
        let (knob, best) = (self.knob(), &self.at[self.knob]);
        let Some(first) = knob.times(best, 0.25).or_else(|| knob.times(best, 4.0)) else {
            return knob.grid();
        };
        let mut values = vec![first, best.clone()];
        values.extend(knob.times(best, 4.0));
        let mut values = sorted(knob, values);
        values.dedup();
        values
    }

    /// The best value among those that ran under all these seeds. If some are equal, the first one.
    fn pick(&self, values: &[String], seeds: &[u64]) -> Option<String> {
        let price = |value: &String| self.known.get(&self.with(value))?.mean(seeds);
        let priced = values.iter().filter_map(|value| Some((price(value)?, value)));
        priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, value)| value.clone())
    }

    /// The next value to try, with its index. It lies in the wider gap next to the best value at
    /// `i`. `None` if both neighbours are close, equally good, or within the noise.
    fn finer(&self, values: &[String], i: usize) -> Option<(usize, String)> {
        let (the, known, best) = (self.knob(), self.known, self.with(&values[i]));
        let sides = [i.checked_sub(1), Some(i + 1).filter(|j| *j < values.len())];
        let steep = sides.into_iter().flatten().any(|j| !is_flat(known, &self.with(&values[j]), &best));
        let gap = |j: usize| {
            let wide = libm::log(order(the, &values[j]) / order(the, &values[i])).abs();
            let hidden = wide < libm::log(CUT) && known.hides(&self.with(&values[j]), &best);
            Some((wide, j.max(i), the.between(&values[i], &values[j])?)).filter(|_| !hidden)
        };
        let gaps = sides.into_iter().flatten().filter_map(gap);
        let widest = gaps.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|_| steep);
        widest.map(|(_, place, value)| (place, value)).filter(|(_, value)| !values.contains(value))
    }

    /// Runs the best third of a line under all seeds and returns the best value.
    fn last_round(&self, values: &[String]) -> Result<Option<String>, Wanted> {
        let (seeds, more) = (&self.space.seeds, self.space.more());
        let price = |value: &String| self.known.get(&self.with(value))?.mean(more);
        let mut ranked: Vec<(f64, &String)> = values.iter().filter_map(|v| Some((price(v)?, v))).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.truncate(values.len().div_ceil(HALVING_ETA));
        let survivors: Vec<Setting> = ranked.into_iter().map(|(_, value)| self.with(value)).collect();
        need(self.known, &survivors, seeds)?;
        Ok(self.pick(values, seeds).or_else(|| self.pick(values, more)))
    }

    /// If a setting near the best costs less but misses a limit, searches up to this limit. A
    /// better minimum may lie beyond a local one: for example, 2 000 rows may need 9 requests
    /// instead of 8.
    fn search_past_local_minima(&self) -> Result<(), Wanted> {
        let (known, at) = (self.known, self.at);
        for mut side in [true, false].map(|below| self.outward(below)) {
            side.insert(0, at.clone());
            let misses = |there: &Setting| known.misses_a_limit(there);
            let times = |there: &Setting| known.cost(there, at).unwrap_or(1.0);
            let Some(end) = side.iter().position(|there| misses(there) && times(there) < 1.0) else {
                continue;
            };
            let Some(last) = side[..end].iter().rposition(|there| !misses(there)) else { continue };
            let better: Vec<Setting> =
                side[..=last].iter().filter(|there| times(there) < 1.0).cloned().collect();
            need(known, &better, &self.space.seeds)?;
            let (here, there) = (&side[last][self.knob], &side[last + 1][self.knob]);
            if let Some(value) = self.knob().halfway(here, there) {
                need(known, &[self.with(&value)], self.space.more())?;
            }
        }
        Ok(())
    }

    /// The best value of the line by smoothed cost. Without smoothing, the lowest of many noisy
    /// costs would be low by chance.
    fn steady(&self) -> Setting {
        let (known, at, seeds) = (self.known, self.at, &self.space.seeds);
        let octave = |setting: &Setting| self.knob().number(&setting[self.knob]).map(libm::log2);
        let line = Some(self.settings(&self.values())).filter(|_| self.knob().is_range());
        let smoothed = line.and_then(|line| known.smoothed(&line, octave)).unwrap_or_default();
        let cost = |of: &Setting| smoothed.iter().find(|(there, _)| there == of).map(|(_, cost)| *cost);
        let is_whole = |there: &Setting| known.get(there).is_some_and(|of| of.mean(seeds).is_some());
        let whole = smoothed.iter().filter(|(there, _)| self.space.has(there) && is_whole(there));
        let best = whole.min_by(|a, b| a.1.total_cmp(&b.1));
        let better =
            |(_, there): &&(Setting, f64)| cost(at).is_some_and(|here| there + SWITCH_LOG_GAIN < here);
        best.filter(better).map_or_else(|| at.clone(), |(there, _)| there.clone())
    }

    /// The first value on each side of the best that is worse beyond the noise.
    fn sides(&self) -> Result<[Option<String>; 2], Wanted> {
        // If another knob found the best, it may be the only value on this line.
        if self.space.knobs.len() > 1 {
            self.best(true)?;
        }
        Ok([self.outwards(true)?, self.outwards(false)?])
    }
    /// The first value on one side of the best that is worse beyond the noise; `None` if none is
    /// worse.
    fn outwards(&self, below: bool) -> Result<Option<String>, Wanted> {
        if self.space.seeds.len() < SEEDS_MIN {
            return Ok(None);
        }
        let side = self.outward(below);
        let differs = |there: &Setting| self.known.cost(there, self.at).is_none_or(|cost| cost > FLAT);
        let Some(last) = side.len().checked_sub(1) else { return Ok(None) };
        let mut end = side.iter().position(differs).unwrap_or(last);
        while !self.is_worse(&side[end])? {
            if end == last {
                // If another knob found the best, this line may end before the range ends.
                let beyond = self.knob().times(&side[last][self.knob], if below { 0.25 } else { 4.0 });
                need(self.known, &self.settings(beyond.as_slice()), self.space.more())?;
                return Ok(None);
            }
            end += 1;
        }
        while end > 0 && self.is_worse(&side[end - 1])? {
            end -= 1;
        }
        Ok(Some(side[end][self.knob].clone()))
    }

    /// True if a setting is worse than the best beyond the noise. If its exclusion may be chance,
    /// only its cost counts. If half of the seeds decide, the other seeds do not run.
    fn is_worse(&self, there: &Setting) -> Result<bool, Wanted> {
        let (known, best, more) = (self.known, self.at, self.space.more());
        need(known, std::slice::from_ref(there), more)?;
        if known.get(there).is_some_and(|measured| measured.in_doubt) {
            return Ok(known.dearer(there, best));
        }
        if known.costs(there, best, WORSE, more.len().max(SEEDS_WORSE)) {
            return Ok(true);
        }
        need(known, std::slice::from_ref(there), &self.space.seeds)?;
        Ok(known.worse(there, best))
    }

    fn shown_beside(&self) -> Vec<String> {
        let own = [0.5, 2.0].into_iter().filter_map(|factor| self.knob().times(&self.at[self.knob], factor));
        own.chain(self.space.field[self.knob].iter().map(|shipped| shipped.value.clone())).collect()
    }
    /// The ends of the flat region so far: the first and last setting as good as the best.
    fn ends_of_flat(&self) -> [Option<Setting>; 2] {
        let line = self.settings(&self.values());
        let flat = |there: &&Setting| self.space.has(there) && is_flat(self.known, there, self.at);
        [line.iter().find(flat).cloned(), line.iter().rfind(flat).cloned()]
    }
}

fn sorted(knob: &Knob, mut values: Vec<String>) -> Vec<String> {
    values.sort_by(|a, b| order(knob, a).total_cmp(&order(knob, b)));
    values
}

/// The sort key of a value: its number. For words, the position in their list.
fn order(knob: &Knob, value: &str) -> f64 {
    let listed = || knob.grid().iter().position(|known| known == value).map(|i| i as f64);
    knob.number(value).or_else(listed).unwrap_or(f64::MAX)
}

pub(super) fn with(at: &Setting, knob: usize, value: &str) -> Setting {
    let mut setting = at.clone();
    value.clone_into(&mut setting[knob]);
    setting
}

/// True if a setting is not excluded and as good as the best in practice.
fn is_flat(known: &Known, there: &Setting, best: &Setting) -> bool {
    !known.is_out(there) && known.cost(there, best).is_some_and(|cost| cost <= FLAT)
}

fn need(known: &Known, settings: &[Setting], seeds: &[u64]) -> Result<(), Wanted> {
    need_until(known, settings, seeds, Measured::covers)
}

fn need_until(
    known: &Known,
    settings: &[Setting],
    seeds: &[u64],
    done: fn(&Measured, &[u64]) -> bool,
) -> Result<(), Wanted> {
    let mut wanted = Wanted::default();
    for setting in settings {
        let measured = known.get(setting);
        for (other, seed) in measured.into_iter().flat_map(|measured| &measured.open) {
            wanted.add(other, *seed);
        }
        if measured.is_some_and(|measured| done(measured, seeds)) {
            continue;
        }
        let missing = |seed: &&u64| measured.is_none_or(|measured| !measured.prices.contains_key(seed));
        seeds.iter().filter(missing).for_each(|seed| wanted.add(setting, *seed));
    }
    if wanted.cells.is_empty() { Ok(()) } else { Err(wanted) }
}
