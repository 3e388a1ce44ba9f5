//! The differences themselves.

use std::collections::BTreeMap;

use super::pairing::Opposed;
use super::side::failures;
use crate::analysis::worst_of;
use crate::metrics::{self, Better, Figure, Unit};
use crate::oracle;
use crate::record::{CellRecord, Exit};
use crate::stats::{self, Change, PAIRS_MIN, SAMPLES_MIN};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same scenario and seeds: exact.
    Exact,
    /// Other scenarios under the same seeds: paired, with an interval.
    Paired,
    /// Other seeds: two samples.
    Samples,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Worse,
    Better,
    /// The candidate is worse, by no more than is tolerated.
    Tolerated,
    /// It differs, and neither direction is the better one, or seeds disagree about it.
    Changed,
    /// It differs, and that may be chance, or there are too few seeds to say.
    Unclear,
    Same,
}

impl Basis {
    fn least(self) -> usize {
        match self {
            Basis::Exact => 1,
            Basis::Paired => PAIRS_MIN,
            Basis::Samples => SAMPLES_MIN,
        }
    }
}

/// One statistic of one metric on both sides.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    pub metric: String,
    pub stat: &'static str,
    pub unit: Unit,
    pub better: Better,
    /// The base's mean over the seeds that both have, or else its own; `None` without a figure.
    pub base: Option<u64>,
    pub candidate: Option<u64>,
    /// Both means as they are: of what is rare the whole number says nothing.
    #[serde(skip)]
    pub means: [Option<f64>; 2],
    /// Candidate over base, less one, in parts per million; `None` for a base of zero or none.
    /// Beside an interval it is of the mean ratio of pairs.
    pub change_ppm: Option<i64>,
    /// The interval of 95 % of the change, in parts per million, where pairs are no exact matter.
    pub interval_ppm: Option<(i64, i64)>,
    /// Whether cells of one side observed nothing where the other did: these are left out.
    pub lopsided: bool,
    /// Whether every cell of one side has observed something and no cell of the other.
    pub one_sided: bool,
    /// Pairs that it rests on, or cells of the side that has fewer.
    #[serde(skip)]
    pub cells: usize,
    pub finding: Finding,
}

/// A seed of the base that the candidate lacks, or some of whose figures it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub seed: String,
    /// The metrics that are lacking; none if the whole cell is.
    pub without: Vec<String>,
}

/// A metric that is not measured alike in all cells, so that it is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlike {
    pub metric: String,
    /// Its unit in two cells, and whether it is a distribution there.
    pub shapes: [(Unit, bool); 2],
}

/// What differs between opposed cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the cells have in common; empty if there is one group only.
    pub title: String,
    pub basis: Basis,
    pub seeds: (usize, usize),
    pub failed: (usize, usize),
    /// What cells failed with in the candidate that did not in the base; success if there is none.
    pub new_failure: Exit,
    /// Of the candidate's cells that fail so, the worst.
    pub new_failing: Option<Box<CellRecord>>,
    /// Seeds that the candidate lacks, or whose figures it lacks, where others are paired.
    pub missing: Vec<Missing>,
    /// Metrics that are not measured alike on both sides.
    pub unlike: Vec<Unlike>,
    /// Seeds of which a side has several cells of one scenario that did not come to the same.
    pub copies: Vec<String>,
    /// How many exact pairs differ in their digests, where no figure differs.
    pub other_digests: usize,
    /// In how many exact pairs the same happened and figures differ: another program counts them.
    pub counted_otherwise: usize,
    pub differences: Vec<Difference>,
}

impl Group {
    /// The least seeds that it lacks to be judged; `None` where it is judged, or nothing differs.
    pub fn lacks(&self) -> Option<usize> {
        let least = self.basis.least();
        let differs = self.differences.iter().any(|difference| difference.finding == Finding::Unclear);
        (differs && self.seeds.0.min(self.seeds.1) < least).then_some(least)
    }
    /// The least seeds that this figure takes, if too few have it on both sides of enough.
    pub fn rests_on_too_few(&self, figure: &Difference) -> Option<usize> {
        let least = self.basis.least();
        let open = matches!(figure.finding, Finding::Changed | Finding::Unclear);
        (open && figure.cells < least && self.seeds.0.min(self.seeds.1) >= least).then_some(least)
    }
}

impl Difference {
    /// Whether the candidate is worse, be it by chance.
    pub fn is_for_the_worse(&self) -> bool {
        let more = match (self.change_ppm, self.means) {
            (Some(change), _) => change > 0,
            (None, [base, candidate]) => candidate > base,
        };
        self.finding == Finding::Worse
            || self.finding == Finding::Unclear && directed(self.better, more) == Finding::Worse
    }
    /// Whether it is larger than `ppm` millionths in all of its interval. From nothing any step is.
    pub fn exceeds(&self, ppm: u64) -> bool {
        let nearest = |(low, high): (i64, i64)| low.unsigned_abs().min(high.unsigned_abs());
        let change = self.interval_ppm.map(nearest).or(self.change_ppm.map(i64::unsigned_abs));
        change.is_none_or(|change| change > ppm)
    }
}

/// The statistics of a distribution that are compared. Where chance plays a part its ends and its
/// count say little, and would hide others: more figures take more to be no chance.
const STATS: &[&str] = &["p50", "p95", "p99"];
const STATS_EXACT: &[&str] = &["p50", "p95", "p99", "max", "min", "count"];
/// What fails more often where the base loses, too, may be by chance up to this.
const LEVEL_OF_LOSS: f64 = 0.1;
const LEVEL: f64 = 0.01;

/// What lies between opposed cells; with `always_chance` the same scenario and seed is not exact,
/// and what is unclear has the interval that all figures together take.
pub(super) fn groups(opposed: &[Opposed<'_>], always_chance: bool) -> Vec<Group> {
    let weighed: Vec<_> = opposed.iter().map(|opposed| weighed(opposed, always_chance)).collect();
    let changes = weighed.iter().flat_map(|(_, observed)| observed).filter_map(|figure| figure.change);
    // What is more than chance is so of all statistics of all groups together.
    let chances: Vec<f64> = changes.map(|change| change.chance).collect();
    let surprising = stats::surprising(&chances, LEVEL);
    let open = surprising.iter().filter(|surprise| !**surprise).count();
    // The level at which the next figure would have been no chance.
    let level = LEVEL / open.max(1) as f64;
    let mut surprising = surprising.into_iter();
    let judged = weighed.into_iter().map(|(group, observed)| {
        let difference = |figure: Observed| match figure.change {
            None => exact(figure),
            Some(change) => {
                let surprise = surprising.next().unwrap_or(false);
                // A loss where the base loses nothing is no chance, however few seeds.
                let new_loss = sum(&figure.candidate) > 0 && sum(&figure.base) == 0;
                let new_loss = new_loss && oracle::is_of_check(&figure.told.metric);
                let surprise = surprise || new_loss && group.basis == Basis::Paired;
                let interval = match change.interval {
                    Some(_) if always_chance && !surprise => paired(&figure, level).interval,
                    usual => usual,
                };
                uncertain(figure, Change { interval, ..change }, surprise)
            }
        };
        let differences: Vec<Difference> = observed.into_iter().map(difference).collect();
        let differs = differences.iter().any(|difference| difference.finding != Finding::Same);
        let other_digests = if group.basis == Basis::Exact && !differs { group.other_digests } else { 0 };
        Group { other_digests, differences, ..group }
    });
    judged.collect()
}

/// Both sides' observations of one statistic.
struct Observed {
    /// What is known of it but for what it comes to.
    told: Difference,
    base: Vec<u64>,
    candidate: Vec<u64>,
    /// Where chance plays a part.
    change: Option<Change>,
}

impl Observed {
    /// Of what each cell has of a metric's statistic; in pairs, cells of one place are of one seed.
    fn new(
        (metric, stat, unit): (&str, &'static str, Unit),
        base: &[Option<u64>],
        candidate: &[Option<u64>],
        basis: Basis,
    ) -> Observed {
        let of_side = |side: &[Option<u64>]| side.iter().flatten().copied().collect::<Vec<u64>>();
        let own = [base, candidate].map(of_side);
        let whole = |side: &[Option<u64>]| side.iter().all(Option::is_some);
        let one_sided = whole(base) && own[1].is_empty() || whole(candidate) && own[0].is_empty();
        let one_sided = one_sided.then(|| base.len().min(candidate.len())).filter(|cells| *cells > 0);
        let (lopsided, [base, candidate]) = if basis != Basis::Samples {
            let both = base.iter().zip(candidate).filter_map(|(a, b)| a.zip(*b));
            let lopsided = base.iter().zip(candidate).any(|(a, b)| a.is_some() != b.is_some());
            let (base, candidate): (Vec<u64>, Vec<u64>) = both.unzip();
            (lopsided, [base, candidate])
        } else {
            (own[0].is_empty() != own[1].is_empty(), own.clone())
        };
        let told = if base.is_empty() { &own } else { &[base.clone(), candidate.clone()] };
        // One wait of an hour would turn plain means the other way than the mean ratio of pairs.
        let ratios = basis == Basis::Paired
            && base != candidate
            && told.iter().all(|side| side.iter().all(|value| *value > 0));
        let of = |side: &Vec<u64>| if ratios { geometric(side) } else { mean(side) };
        let means = told.each_ref().map(|side| (!side.is_empty()).then(|| of(side)));
        // More of what is observed is neither: who syncs more often has more waits, long and short.
        let known = metrics::find(metric).filter(|_| stat != "count");
        let change = means[0].zip(means[1]).filter(|(was, _)| *was > 0.0 && !base.is_empty());
        let told = Difference {
            metric: metric.to_owned(),
            stat,
            unit,
            better: known.map_or(Better::Neither, |metric| metric.better),
            base: means[0].map(|mean| mean.round() as u64),
            candidate: means[1].map(|mean| mean.round() as u64),
            means,
            change_ppm: change.filter(|_| !candidate.is_empty()).map(|(was, is)| ppm(is / was - 1.0)),
            interval_ppm: None,
            lopsided,
            one_sided: one_sided.is_some(),
            cells: base.len().min(candidate.len()),
            finding: Finding::Same,
        };
        let mut observed = Observed { told, base, candidate, change: None };
        observed.change = match (basis, one_sided) {
            (Basis::Exact, _) => None,
            (_, Some(cells)) => {
                let chance = if cells < basis.least() { 1.0 } else { stats::one_sided(cells) };
                Some(Change { chance, ..Change::UNKNOWN })
            }
            (Basis::Paired, None) => Some(paired(&observed, 0.05)),
            (Basis::Samples, None) => {
                let enough = observed.told.cells >= SAMPLES_MIN;
                let chance = stats::chance(&observed.base, &observed.candidate).filter(|_| enough);
                Some(Change { chance: chance.unwrap_or(1.0), ..Change::UNKNOWN })
            }
        };
        observed
    }
}

/// A group without its differences, and all that was observed of them.
fn weighed(opposed: &Opposed<'_>, always_chance: bool) -> (Group, Vec<Observed>) {
    let pairs = &opposed.pairs;
    let basis = match pairs.as_slice() {
        [] => Basis::Samples,
        pairs if !always_chance && pairs.iter().all(|(a, b)| a.resolved == b.resolved) => Basis::Exact,
        _ => Basis::Paired,
    };
    // Seeds that one side lacks say nothing beside pairs that are exact or nearly so.
    let (base, candidate): (Vec<&CellRecord>, Vec<&CellRecord>) = match basis {
        Basis::Samples => opposed.alone.clone(),
        _ => pairs.iter().copied().unzip(),
    };
    let failed = |side: &[&CellRecord]| side.iter().filter(|cell| !failures(cell).is_empty()).count();
    let new_in = |(a, b): &(&CellRecord, &CellRecord)| {
        let before = failures(a);
        failures(b).into_iter().filter(move |exit| !before.contains(exit))
    };
    let gone = |cell: &&CellRecord| Missing { seed: cell.seed.clone(), without: Vec::new() };
    let lacking = pairs.iter().filter_map(|(base, candidate)| without(base, candidate));
    let unlike = unlike(&base, &candidate);
    let observed = observed(&base, &candidate, &unlike, basis);
    let new_failure = match basis {
        Basis::Samples => failed_more_often(&base, &candidate),
        _ => Exit::first(pairs.iter().flat_map(new_in)),
    };
    let fails_so = |cell: &&CellRecord| failures(cell).contains(&new_failure);
    let failing: Vec<&CellRecord> = match basis {
        Basis::Samples => candidate.iter().copied().filter(fails_so).collect(),
        _ => pairs.iter().filter(|pair| new_in(pair).any(|e| e == new_failure)).map(|pair| pair.1).collect(),
    };
    let group = Group {
        title: opposed.title.clone(),
        basis,
        seeds: (base.len(), candidate.len()),
        failed: (failed(&base), failed(&candidate)),
        new_failure,
        new_failing: (!failing.is_empty()).then(|| Box::new(worst_of(&failing).clone())),
        missing: match basis {
            Basis::Samples => Vec::new(),
            _ => opposed.alone.0.iter().map(gone).chain(lacking).collect(),
        },
        unlike: unlike.into_values().collect(),
        copies: opposed.copies.clone(),
        other_digests: pairs.iter().filter(|(base, candidate)| base.digest != candidate.digest).count(),
        counted_otherwise: pairs.iter().filter(|pair| counted_otherwise(pair)).count(),
        differences: Vec::new(),
    };
    (group, observed)
}

fn counted_otherwise((base, candidate): &(&CellRecord, &CellRecord)) -> bool {
    let known = !base.figures_digest.is_empty() && !candidate.figures_digest.is_empty();
    known && base.digest == candidate.digest && base.figures_digest != candidate.figures_digest
}

/// What a greater part of the candidate's seeds failed with than of the base's, beyond chance.
fn failed_more_often(base: &[&CellRecord], candidate: &[&CellRecord]) -> Exit {
    let seeds = (base.len(), candidate.len());
    let with =
        |side: &[&CellRecord], exit: Exit| side.iter().filter(|cell| failures(cell).contains(&exit)).count();
    let is_new = |exit: &Exit| {
        let failed = (with(base, *exit), with(candidate, *exit));
        // A threshold is missed now and then by luck; what is lost once is lost.
        let level = if *exit == Exit::Threshold { LEVEL } else { LEVEL_OF_LOSS };
        let by_chance = || stats::as_many_failed(seeds, failed).is_none_or(|chance| chance > level);
        failed.1 * seeds.0 > failed.0 * seeds.1
            && ((*exit != Exit::Threshold && failed.0 == 0) || !by_chance())
    };
    Exit::first(candidate.iter().flat_map(|cell| failures(cell)).filter(is_new))
}

fn is_part(metric: &str) -> bool {
    metric.contains(['@', '/'])
}

/// What of the base's figures the candidate lacks; `None` if nothing.
fn without(base: &CellRecord, candidate: &CellRecord) -> Option<Missing> {
    let names = base.metrics.keys().map(AsRef::as_ref).filter(|name: &&str| !is_part(name));
    let lacking = names.filter(|name| !candidate.metrics.contains_key(*name)).map(str::to_owned);
    let missing = Missing { seed: base.seed.clone(), without: lacking.collect() };
    (!missing.without.is_empty()).then_some(missing)
}

/// The metrics that have not one unit and shape in all cells, as in a baseline of another version.
fn unlike(base: &[&CellRecord], candidate: &[&CellRecord]) -> BTreeMap<String, Unlike> {
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

/// The observations of every statistic that both sides have and that is not `unlike`. A part that a
/// cell lacks did not occur in it; a distribution in which nothing was observed has no figure.
fn observed(
    base: &[&CellRecord],
    candidate: &[&CellRecord],
    unlike: &BTreeMap<String, Unlike>,
    basis: Basis,
) -> Vec<Observed> {
    let mut names: BTreeMap<&str, &Figure> = BTreeMap::new();
    for (name, figure) in base.iter().chain(candidate).flat_map(|cell| &cell.metrics) {
        names.entry(name.as_ref()).or_insert(figure);
    }
    let has = |side: &[&CellRecord], name: &str| side.iter().any(|cell| cell.metrics.contains_key(name));
    names.retain(|name, _| is_part(name) || has(base, name) && has(candidate, name));
    names.retain(|name, _| !unlike.contains_key(*name));
    let statistics = names.into_iter().flat_map(|(name, figure)| {
        let stats = match figure {
            Figure::Value { .. } | Figure::Clipped { .. } => &["value"],
            Figure::Distribution { .. } if basis == Basis::Exact => STATS_EXACT,
            Figure::Distribution { .. } => STATS,
        };
        let unit = |stat| if stat == "count" { Unit::Count } else { figure.unit() };
        stats.iter().map(move |&stat| (name, stat, unit(stat)))
    });
    let of = |(metric, stat, unit): (&str, &'static str, Unit)| {
        let values = |cells: &[&CellRecord]| -> Vec<Option<u64>> {
            cells.iter().map(|cell| value(cell, metric, stat)).collect()
        };
        Observed::new((metric, stat, unit), &values(base), &values(candidate), basis)
    };
    statistics.map(of).collect()
}

fn value(cell: &CellRecord, metric: &str, stat: &str) -> Option<u64> {
    match cell.metrics.get(metric) {
        Some(figure @ Figure::Distribution { .. }) if figure.stat("count") == Some(0) => None,
        Some(figure) => figure.stat(stat),
        None if stat == "value" && is_part(metric) && !cell.metrics.is_empty() => Some(0),
        None => None,
    }
}

fn exact(Observed { told, base, candidate, .. }: Observed) -> Difference {
    let more = base.iter().zip(&candidate).any(|(base, candidate)| candidate > base);
    let less = base.iter().zip(&candidate).any(|(base, candidate)| candidate < base);
    let finding = match (more, less) {
        (false, false) if told.lopsided => Finding::Changed,
        (false, false) => Finding::Same,
        (true, true) if sum(&candidate) == sum(&base) => Finding::Changed,
        (true, true) => directed(told.better, sum(&candidate) > sum(&base)),
        (more, _) => directed(told.better, more),
    };
    // Who has nothing more to observe in some cells is not better for it.
    let finding = if told.lopsided && finding == Finding::Better { Finding::Changed } else { finding };
    Difference { finding, ..told }
}

fn paired(observed: &Observed, level: f64) -> Change {
    let pairs: Vec<(u64, u64)> =
        observed.base.iter().copied().zip(observed.candidate.iter().copied()).collect();
    // A share is no more than the whole.
    let stem = observed.told.metric.split(['@', '/']).next().unwrap_or_default();
    let most = (observed.told.unit == Unit::Ppm && stem.ends_with("_share")).then_some(1_000_000);
    let change = stats::change(&pairs, most, level).unwrap_or(Change::UNKNOWN);
    if pairs.len() < PAIRS_MIN { Change { chance: 1.0, ..change } } else { change }
}

fn uncertain(observed: Observed, change: Change, surprise: bool) -> Difference {
    let Observed { told, base, candidate, .. } = observed;
    let finding = match surprise {
        // There is no figure to be better or worse than.
        true if told.one_sided => Finding::Changed,
        // The way that the estimate goes: one pair may draw the means the other way.
        true => {
            directed(told.better, change.value.map_or(mean(&candidate) > mean(&base), |value| value > 0.0))
        }
        false if base == candidate && !told.lopsided => Finding::Same,
        false => Finding::Unclear,
    };
    let finding = if told.lopsided && finding == Finding::Better { Finding::Unclear } else { finding };
    let interval = change.interval.filter(|_| finding != Finding::Same);
    // What stands beside an interval is what the interval is of.
    let change_ppm = change.value.map(ppm).or(told.change_ppm);
    let interval_ppm = interval.map(|(low, high)| (ppm(low), ppm(high)));
    Difference { finding, change_ppm, interval_ppm, ..told }
}

fn directed(better: Better, more: bool) -> Finding {
    match (better, more) {
        (Better::Neither, _) => Finding::Changed,
        (Better::Higher, true) | (Better::Lower, false) => Finding::Better,
        (Better::Higher, false) | (Better::Lower, true) => Finding::Worse,
    }
}

fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

fn sum(values: &[u64]) -> u128 {
    values.iter().map(|&value| u128::from(value)).sum()
}

fn mean(values: &[u64]) -> f64 {
    sum(values) as f64 / values.len().max(1) as f64
}

fn geometric(values: &[u64]) -> f64 {
    let logs = values.iter().map(|&value| libm::log(value as f64)).sum::<f64>();
    let mean = libm::exp(logs / values.len().max(1) as f64);
    let whole = libm::round(mean);
    if (mean - whole).abs() < 1e-9 * mean { whole } else { mean }
}
