//! The rules of a search (limits and demands), and the measurements if some or all rules apply.
//!
//! A setting has one value per searched key. A rule that a setting breaks can exclude the setting.
//! A gate is a limit on a figure. A place is the fixed part of a search: a variant with one value
//! for each key that is not searched.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Known, Setting};
use super::place::Place;
use super::search::{FLAT, Found, Space, Wanted};
use crate::analysis::tune::{Rule, Standing, standings};
use crate::metrics::human;
use crate::render;

/// The results at a place, with the exclusions by rules.
pub(super) struct View<'a> {
    place: &'a Place,
    standings: BTreeMap<&'a Setting, Standing<'a>>,
    /// The search space. Settings with equal effects are merged.
    pub(super) space: Space,
    /// The measurements. `trouble` has the reason for an exclusion.
    pub(super) known: Known,
}

impl<'a> View<'a> {
    pub(super) fn of(place: &'a Place) -> View<'a> {
        let smallest = place.space.smallest();
        let standings = standings(&place.cells, &smallest, &place.limits, place.space.seeds.len());
        let space = place.space.within_reach(&place.known);
        let mut view = View { place, standings, space, known: Known::default() };
        view.known = view.known_by(|rule| view.excludes(rule));
        view
    }
    /// True if a broken rule excludes a setting. Limits exclude only if the user gave them.
    fn excludes(&self, rule: &Rule) -> bool {
        match rule {
            Rule::Limit(place) => self.place.limits.0[*place].given,
            Rule::Demand(_) => true,
        }
    }
    /// The measurements if only the rules for which `excludes` is true exclude settings.
    fn known_by(&self, excludes: impl Fn(&Rule) -> bool) -> Known {
        let mut known = self.place.known.clone();
        let smallest = self.place.space.smallest();
        for (setting, measured) in &mut known.0 {
            let standing = &self.standings[setting];
            let broken = standing.broken.iter().filter(|broken| excludes(&broken.rule));
            measured.in_doubt = measured.trouble.is_none() && standing.wrong.is_none();
            measured.broken |= standing.wrong.is_some();
            let why = standing.wrong.iter().chain(broken.clone().map(|broken| &broken.why)).next();
            measured.in_doubt &=
                broken.clone().next().is_some() && broken.clone().all(|broken| broken.in_doubt);
            measured.trouble = measured.trouble.take().or_else(|| why.map(render::trouble));
            if measured.trouble.is_none() {
                let open = standing.open.iter().filter(|(rule, _)| excludes(rule));
                let seeds: BTreeSet<u64> = open.flat_map(|(_, seeds)| seeds.iter().copied()).collect();
                measured.open = seeds.into_iter().map(|seed| (smallest.clone(), seed)).collect();
            }
        }
        known
    }
    pub(super) fn found(&self) -> Result<Found, Wanted> {
        self.space.search(&self.known)
    }

    /// Checks that all runs for the report exist. The report shows settings next to the best, the
    /// costs of rules, and long waits that also occur at the smallest size.
    pub(super) fn beside(&self, best: &Setting) -> Result<(), Wanted> {
        let mut by_all = self.known_by(|_| true);
        let smallest = self.place.space.smallest();
        if let Some(measured) = by_all.0.get_mut(best) {
            let unknown = self.standings[best].held.iter().flat_map(|held| held.unknown.keys());
            measured.open.extend(unknown.map(|seed| (smallest.clone(), *seed)));
        }
        self.space.beside(&self.known, &by_all, best)?;
        self.rules(best).map(|_| ()).map_err(Wanted::beside)
    }

    /// The rules that decide which setting is the best, or would decide it if they excluded
    /// settings. The bool says whether a rule excludes. For a rule that excludes, the setting is
    /// the best one without the rule. For other rules, it is the best one that keeps the rule.
    pub(super) fn rules(&self, best: &Setting) -> Result<Vec<(Rule, bool, Option<Setting>)>, Wanted> {
        let mut rules = Vec::new();
        for rule in self.costly(best) {
            let known = self.known_by(|other| *other != rule && self.excludes(other));
            let other = self.space.best(&known)?;
            let saves = |other: &Setting| self.known.cost(other, best).is_some_and(|cost| cost * FLAT < 1.0);
            rules.extend(other.filter(saves).map(|other| (rule, true, Some(other))));
        }
        let limits = (0..self.place.limits.0.len()).map(Rule::Limit).filter(|rule| !self.excludes(rule));
        for rule in limits.filter(|rule| self.standings[best].breaks(rule)) {
            let known = self.known_by(|other| *other == rule || self.excludes(other));
            let other = self.space.best(&known)?;
            rules.push((rule, false, other));
        }
        Ok(rules)
    }
    /// Rules that alone exclude a setting that costs less than the best.
    fn costly(&self, best: &Setting) -> BTreeSet<Rule> {
        let mut rules = BTreeSet::new();
        for (setting, standing) in self.standings.iter().filter(|(_, standing)| standing.wrong.is_none()) {
            let broken = standing.broken.iter().map(|broken| &broken.rule);
            let broken: BTreeSet<&Rule> = broken.filter(|rule| self.excludes(rule)).collect();
            let saves = self.known.cost(setting, best).is_some_and(|cost| cost * FLAT < 1.0);
            if broken.len() == 1 && saves && self.space.reaches(setting) && self.space.has(setting) {
                rules.extend(broken.into_iter().cloned());
            }
        }
        rules
    }

    /// The names of limits that a setting breaks, but that do not exclude it.
    pub(super) fn breaks(&self, setting: &Setting) -> Vec<String> {
        let Some(standing) = self.standings.get(setting) else { return Vec::new() };
        let all = self.place.limits.0.iter().enumerate().filter(|(_, limit)| !limit.given);
        let broken = all.filter(|(place, _)| standing.breaks(&Rule::Limit(*place)));
        broken.map(|(_, limit)| limit.name.clone()).collect()
    }
    /// The largest ratio of a figure to its limit. Infinite if the setting fails in another way.
    pub(super) fn times(&self, setting: &Setting) -> f64 {
        let standing = &self.standings[setting];
        let broken = standing.broken.iter().filter(|broken| self.excludes(&broken.rule));
        if standing.wrong.is_some() { f64::INFINITY } else { broken.map(|b| b.times).fold(0.0, f64::max) }
    }
}

/// The name of a rule, and its demand as text.
pub(super) fn named(place: &Place, rule: &Rule) -> (String, String) {
    match rule {
        Rule::Limit(at) => (place.limits.0[*at].name.clone(), place.limits.0[*at].asks()),
        Rule::Demand(name) => (name.clone(), format!("each run must meet `{name}`")),
    }
}

/// Notes on limits and gates that both the best and the smallest setting break.
pub(super) fn notes(view: &View<'_>, best: &Setting) -> Vec<String> {
    let place = view.place;
    let standing = &view.standings[best];
    let smallest = place.space.smallest();
    let is_smallest = *best == smallest;
    let smallest: Vec<String> = smallest.iter().map(|value| render::tune::value(value)).collect();
    let smallest = smallest.join(", ");
    let ran = place.cells.get(best).map_or(0, Vec::len);
    let spared = |(limit, held): (&crate::record::LimitRecord, &crate::analysis::tune::Held)| {
        let longest = human::figure(limit.unit(), *held.spared.first()?);
        let (what, they) = match limit.name.as_str() {
            "memory" => ("responses need", "need more"),
            "chunk" => ("requests take", "take longer"),
            _ => ("queries of the app take", "take longer"),
        };
        let max = human::figure(limit.unit(), limit.max);
        let why = match is_smallest {
            true => format!(
                "{smallest} also breaks the limit of {max}, but stays, because it is the smallest setting of \
                 the search (--knob KEY=LOW..HIGH searches smaller ones)"
            ),
            false => format!(
                "with the smallest setting, {smallest}, they also {they} than usual there, so the cause is \
                 the link or the data, not the size"
            ),
        };
        Some(format!("{what} up to {longest} in {} of {ran} seeds; {why}", held.cells_spared))
    };
    let limits = place.limits.0.iter().zip(&standing.held).filter_map(spared);
    let demands = render::demands(&standing.spared, &standing.together, ran);
    limits.chain(demands).collect()
}
