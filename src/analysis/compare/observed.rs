//! The observations of both sides (base and candidate) for each statistic to compare.
//!
//! A cell is one simulation with one seed. Each side has several cells. A baseline is a file of
//! figures that a run must reproduce.

use std::collections::BTreeMap;

use super::difference::{Basis, Difference, Finding, Unlike, is_part};
use crate::metrics::{self, Better, Compared, Figure, Kind, NEVER, Unit};
use crate::record::{CellRecord, censored, is_loss, is_summary};
use crate::stats::{self, Change, PAIRS_MIN, SAMPLES_MIN};

/// The statistics of a distribution that are tested for significance. Chance changes minimum,
/// maximum and count too much, and each further statistic weakens the test of the others.
const PERCENTILES: &[&str] = &["p50", "p95", "p99"];
/// The statistics for exact pairs. The count is not among them, because it has no better direction:
/// more syncs mean more waits, both long and short.
const EXACT: &[&str] = &["p50", "p95", "p99", "max", "min"];
/// Counts that differ by at most 1/20 are treated as equal, because percentiles then hardly move.
const AS_MANY: u128 = 20;
/// A side with 1/5 fewer waits cannot be better: a failure may have prevented the missing waits.
const FEWER: u128 = 5;

/// The observations of both sides for one statistic.
pub(super) struct Observed {
    /// The difference. Its finding is set later.
    pub told: Difference,
    pub base: Vec<u64>,
    pub candidate: Vec<u64>,
    /// The change with its certainty; `None` if the pairs are exact.
    pub change: Option<Change>,
    /// True if the candidate has too few observations to be called better.
    pub fewer: bool,
}

/// One statistic of one metric.
#[derive(Clone, Copy)]
struct Statistic<'a> {
    metric: &'a str,
    stat: &'static str,
    unit: Unit,
    better: Better,
}

impl Observed {
    /// `base` and `candidate` have one value per cell. In pairs, equal indices have the same seed.
    fn new(of: Statistic<'_>, base: &[Option<u64>], candidate: &[Option<u64>], basis: Basis) -> Observed {
        let of_side = |side: &[Option<u64>]| side.iter().flatten().copied().collect::<Vec<u64>>();
        let own = [base, candidate].map(of_side);
        let whole = |side: &[Option<u64>]| side.iter().all(Option::is_some);
        let one_sided = whole(base) && own[1].is_empty() || whole(candidate) && own[0].is_empty();
        let one_sided = one_sided.then(|| base.len().min(candidate.len())).filter(|cells| *cells > 0);
        let (lopsided, (base, candidate)): (bool, (Vec<u64>, Vec<u64>)) = if basis != Basis::Samples {
            let pairs = base.iter().zip(candidate);
            let lopsided = pairs.clone().any(|(a, b)| a.is_some() != b.is_some());
            (lopsided, pairs.filter_map(|(a, b)| a.zip(*b)).unzip())
        } else {
            (own[0].is_empty() != own[1].is_empty(), own.clone().into())
        };
        let told = if base.is_empty() { &own } else { &[base.clone(), candidate.clone()] };
        // A single wait of an hour can reverse the order of the plain means. So the mean ratio of
        // the pairs is used.
        let ratios = basis == Basis::Paired
            && base != candidate
            && told.iter().all(|side| side.iter().all(|value| *value > 0));
        let means = told.each_ref().map(|side| (!side.is_empty()).then(|| typical(side, of.unit, ratios)));
        let change = means[0].zip(means[1]).filter(|(was, _)| *was > 0.0 && !base.is_empty());
        let never = |mean: &f64| of.unit == Unit::Ns && *mean >= NEVER as f64;
        let change = change.filter(|(was, is)| !candidate.is_empty() && !never(was) && !never(is));
        let told = Difference {
            metric: of.metric.to_owned(),
            stat: of.stat,
            unit: of.unit,
            better: of.better,
            base: means[0].map(|mean| mean.round() as u64),
            candidate: means[1].map(|mean| mean.round() as u64),
            censored: [None; 2],
            means,
            change_ppm: change.map(|(was, is)| ppm(is / was - 1.0)),
            interval_ppm: None,
            lopsided,
            of: None,
            one_sided: one_sided.is_some(),
            cells: base.len().min(candidate.len()),
            finding: Finding::Same,
        };
        let mut observed = Observed { told, base, candidate, change: None, fewer: false };
        observed.change = match (basis, one_sided) {
            (Basis::Exact, _) => None,
            (_, Some(cells)) => {
                let chance = if cells < basis.least() { 1.0 } else { stats::one_sided(cells) };
                Some(Change { chance, ..Change::UNKNOWN })
            }
            (Basis::Paired, None) => Some(observed.paired(0.05)),
            (Basis::Samples, None) => Some(observed.sampled()),
        };
        observed
    }

    /// True if the sides differ. Equal figures are not tested and do not weaken the test of others.
    pub(super) fn differs(&self) -> bool {
        let all = || self.base.iter().chain(&self.candidate);
        let is_one_value = all().min() == all().max();
        self.told.lopsided || self.told.one_sided || self.base != self.candidate && !is_one_value
    }

    pub(super) fn sides(&self) -> (Vec<u64>, Vec<u64>) {
        (self.base.clone(), self.candidate.clone())
    }

    /// The change of pairs. If waits never ended in only one cell of a pair, the size is unknown.
    pub(super) fn paired(&self, level: f64) -> Change {
        let pairs = self.base.iter().copied().zip(self.candidate.iter().copied());
        let is_never = |n: u64| self.told.unit == Unit::Ns && n == NEVER;
        let (open, ended): (Vec<_>, Vec<_>) =
            pairs.partition(|(base, candidate)| is_never(*base) || is_never(*candidate));
        // A share is at most 1.
        let stem = metrics::parts(&self.told.metric).0;
        let most = (self.told.unit == Unit::Ppm && stem.ends_with("_share")).then_some(1_000_000);
        let change = stats::change(&ended, most, level).unwrap_or(Change::UNKNOWN);
        let change = if ended.len() < PAIRS_MIN { Change { chance: 1.0, ..change } } else { change };
        let more = open.iter().filter(|(base, _)| !is_never(*base)).count();
        let less = open.iter().filter(|(_, candidate)| !is_never(*candidate)).count();
        if more + less == 0 || self.told.cells < PAIRS_MIN {
            return change;
        }
        // Two tests exist, and one of them decides. The pairs with ended waits count only if both
        // tests show the same direction.
        let is_longer = change.value.unwrap_or(0.0) > 0.0;
        let of_ended = if (more > less) == is_longer && more != less { change.chance } else { 1.0 };
        let of_never = stats::seen_more_often(self.told.cells, more, less);
        Change { chance: (2.0 * of_ended.min(of_never)).min(1.0), ..Change::UNKNOWN }
    }

    fn sampled(&self) -> Change {
        let is_never = |n: &u64| self.told.unit == Unit::Ns && *n == NEVER;
        let has_never = self.base.iter().chain(&self.candidate).any(is_never);
        let of = if has_never { stats::by_ranks } else { stats::chance };
        let chance = of(&self.base, &self.candidate).filter(|_| self.told.cells >= SAMPLES_MIN);
        Change { chance: chance.unwrap_or(1.0), ..Change::UNKNOWN }
    }
}

/// The metrics with different units or shapes. A shape differs if one cell has a number and another
/// cell has a distribution. An older baseline can have such metrics.
pub(super) fn unlike(base: &[&CellRecord], candidate: &[&CellRecord]) -> BTreeMap<String, Unlike> {
    let mut shapes: BTreeMap<&str, (Unit, bool)> = BTreeMap::new();
    let mut unlike = BTreeMap::new();
    for (name, figure) in base.iter().chain(candidate).flat_map(|cell| &cell.metrics) {
        let here = (figure.unit(), figure.is_distribution());
        let first = *shapes.entry(name.as_ref()).or_insert(here);
        if first != here {
            let found = || Unlike { metric: name.to_string(), shapes: [first, here] };
            unlike.entry(name.to_string()).or_insert_with(found);
        }
    }
    unlike
}

/// The observations of every statistic, without the metrics in `unlike`. If a cell lacks a figure
/// of one start state or unit, the figure is 0 there. A distribution without observations has no
/// figure. If the sides are not `as_large` (other devices or hours), sums other than losses have no
/// better direction.
pub(super) fn observed(
    base: &[&CellRecord],
    candidate: &[&CellRecord],
    unlike: &BTreeMap<String, Unlike>,
    basis: Basis,
    as_large: bool,
) -> Vec<Observed> {
    // If cells have different figures under one name, the first cell decides.
    let all = base.iter().chain(candidate).rev().flat_map(|cell| &cell.metrics);
    let mut names: BTreeMap<&str, &Figure> = all.map(|(name, figure)| (name.as_ref(), figure)).collect();
    let has = |side: &[&CellRecord], name: &str| side.iter().any(|cell| cell.metrics.contains_key(name));
    names.retain(|name, _| is_part(name) || has(base, name) && has(candidate, name));
    names.retain(|name, _| !unlike.contains_key(*name));
    let of = |(name, figure): (&str, &Figure)| {
        let sides = [base, candidate];
        let better = metrics::find(name).map_or(Better::Neither, |metric| metric.better);
        let (judged, others) = statistics(name, figure, sides, basis);
        let of_waits = figure.is_distribution() && compared(name) == Compared::Percentiles;
        let [was, is] = observations(sides, name, basis);
        let fewer = of_waits && is * FEWER < was * (FEWER - 1);
        let other = (of_waits && was.min(is) * FEWER < was.max(is) * (FEWER - 1))
            .then(|| sides.map(|cells| cells.iter().map(observed_in(name)).sum()));
        let judged = judged.into_iter().map(|stat| (stat, better));
        let all = judged.chain(others.into_iter().map(|stat| (stat, Better::Neither)));
        let of = |(stat, better)| {
            let [base, candidate] =
                sides.map(|cells| cells.iter().map(|cell| value(cell, name, stat)).collect::<Vec<_>>());
            let unit = figure.unit().of_stat(stat);
            let better =
                if as_large || !is_sum(name, stat) || is_loss(name) { better } else { Better::Neither };
            let mut found =
                Observed::new(Statistic { metric: name, stat, unit, better }, &base, &candidate, basis);
            found.told.censored = sides.map(|cells| censored(cells, name));
            found.fewer = fewer;
            let is_share = stat == "mean" || PERCENTILES.contains(&stat);
            found.told.of = other.filter(|_| is_share && !found.told.lopsided);
            found
        };
        all.map(of).collect::<Vec<_>>()
    };
    without_duplicate_parts(names.into_iter().flat_map(of).collect())
}

/// True if a figure grows with the number of devices or hours.
fn is_sum(name: &str, stat: &str) -> bool {
    let counts = metrics::find(name).is_some_and(|metric| metric.kind == Kind::Counter);
    counts || ["total", "never", "count"].contains(&stat)
}

/// The statistics of a metric in 2 lists: the judged statistics, and the others, which are only
/// shown.
fn statistics(
    name: &str,
    figure: &Figure,
    sides: [&[&CellRecord]; 2],
    basis: Basis,
) -> (Vec<&'static str>, Vec<&'static str>) {
    if !figure.is_distribution() {
        return (vec!["value"], Vec::new());
    }
    let as_many = || {
        let [base, candidate] = observations(sides, name, basis);
        base.abs_diff(candidate) * AS_MANY <= base.max(candidate)
    };
    let judged = match compared(name) {
        Compared::Greatest => &["max"],
        Compared::Longest if !as_many() => &["max"],
        Compared::Total if !as_many() => &["total"],
        _ if basis == Basis::Exact => EXACT,
        _ => PERCENTILES,
    };
    let has_percentiles =
        judged.contains(&"p50") && is_summary(name) && !is_part(name) && basis != Basis::Exact;
    let mut judged = judged.to_vec();
    // The mean covers all waits, and varies less than the maximum of a few waits. Baselines of
    // older versions do not have it.
    let mut figures = sides.into_iter().flatten().filter_map(|cell| cell.metrics.get(name));
    if has_percentiles && figures.all(|figure| figure.stat("mean").is_some()) {
        judged.push("mean");
    }
    if sides.iter().any(|cells| censored(cells, name).is_some()) {
        judged.push("never");
    }
    let all = EXACT.iter().chain(&["count"]).copied().filter(|_| basis == Basis::Exact);
    let others = all.filter(|stat| !judged.contains(stat)).collect();
    (judged, others)
}

fn compared(name: &str) -> Compared {
    metrics::find(name).map_or(Compared::Percentiles, |metric| metric.compared)
}

fn observed_in(name: &str) -> impl Fn(&&CellRecord) -> u64 {
    move |cell| cell.metrics.get(name).map_or(0, Figure::observed)
}

/// The number of observations of each side. Pairs with an empty cell are left out.
fn observations(sides: [&[&CellRecord]; 2], name: &str, basis: Basis) -> [u128; 2] {
    let observed = observed_in(name);
    let of = |cells: &[&CellRecord]| cells.iter().map(|cell| observed(cell).into()).collect::<Vec<u128>>();
    let [base, candidate] = sides.map(of);
    let pairs = || base.iter().zip(&candidate).filter(|(a, b)| **a > 0 && **b > 0);
    let sum = |side: &[u128]| side.iter().sum::<u128>();
    match basis {
        // With different seeds, the sides can have different numbers of cells, so the counts are
        // scaled.
        Basis::Samples => [sum(&base) * candidate.len() as u128, sum(&candidate) * base.len() as u128],
        _ => [pairs().map(|(a, _)| a).sum(), pairs().map(|(_, b)| b).sum()],
    }
}

/// Removes figures of one start state or unit that equal the figure of the whole.
fn without_duplicate_parts(mut all: Vec<Observed>) -> Vec<Observed> {
    let whole = all.iter().filter(|one| !one.told.is_part());
    let whole: BTreeMap<(String, &str), _> =
        whole.map(|one| ((one.told.metric.clone(), one.told.stat), one.sides())).collect();
    all.retain(|one| {
        let stem = metrics::parts(&one.told.metric).0.to_owned();
        !one.told.is_part() || whole.get(&(stem, one.told.stat)) != Some(&one.sides())
    });
    all
}

fn value(cell: &CellRecord, metric: &str, stat: &str) -> Option<u64> {
    match cell.metrics.get(metric) {
        Some(figure) if stat == "total" => {
            Some(figure.stat("mean")?.saturating_mul(figure.observed())).filter(|_| figure.observed() > 0)
        }
        Some(figure) if stat == "never" => figure.stat(stat),
        Some(figure) if figure.is_distribution() && figure.observed() == 0 => None,
        Some(figure) => figure.stat(stat),
        None if stat == "value" && is_part(metric) && !cell.metrics.is_empty() => Some(0),
        None => None,
    }
}

pub(super) fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

pub(super) fn sum(values: &[u64]) -> u128 {
    values.iter().map(|&value| u128::from(value)).sum()
}

pub(super) fn mean(values: &[u64]) -> f64 {
    sum(values) as f64 / values.len().max(1) as f64
}

/// The typical value of a side: the mean, or the geometric mean if `ratios` are judged. If some
/// waits never ended, it is the median.
fn typical(values: &[u64], unit: Unit, ratios: bool) -> f64 {
    if unit == Unit::Ns && values.contains(&NEVER) {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        return sorted[(sorted.len() - 1) / 2] as f64;
    }
    if ratios { geometric(values) } else { mean(values) }
}

fn geometric(values: &[u64]) -> f64 {
    let logs = values.iter().map(|&value| libm::log(value as f64)).sum::<f64>();
    let mean = libm::exp(logs / values.len().max(1) as f64);
    let whole = libm::round(mean);
    if (mean - whole).abs() < 1e-9 * mean { whole } else { mean }
}
