//! Decides which differences between two sides are significant.
//!
//! The sides are called base and candidate. Each has cells: single simulations with one seed each.

use std::collections::BTreeMap;

use super::difference::{Basis, Difference, Finding, Group, Missing, directed, is_part};
use super::observed::{Observed, mean, observed, ppm, sum, unlike};
use super::pairing::PairedCells;
use super::side::failures;
use crate::analysis::worst_of;
use crate::oracle;
use crate::record::{CellRecord, Exit, SUMMARY, is_summary};
use crate::stats::{self, Change};

/// The significance level for failures that are more frequent than in the base. Missed thresholds
/// use [`LEVEL`].
const LEVEL_OF_LOSS: f64 = 0.1;
/// The significance level of each family of figures.
const LEVEL: f64 = 0.01;

/// Figures that are tested together. The 4 families are: the first figure of the summary, its other
/// figures, losses, and all others. With separate families, many minor figures cannot hide a few
/// important ones. Statistics with equal observations count once: a high percentile of few values
/// equals their maximum.
struct Family {
    surprising: BTreeMap<Sides, bool>,
    /// The significance level that the next figure would have needed.
    level: f64,
}

/// The observations of each side.
type Sides = (Vec<u64>, Vec<u64>);

impl Family {
    fn new<'o>(figures: impl Iterator<Item = &'o Observed>) -> Family {
        let chances: BTreeMap<Sides, f64> =
            figures.filter_map(|figure| Some((figure.sides(), figure.change?.chance))).collect();
        let surprising = stats::surprising(&chances.values().copied().collect::<Vec<_>>(), LEVEL);
        let open = surprising.iter().filter(|surprise| !**surprise).count();
        let level = LEVEL / open.max(1) as f64;
        Family { surprising: chances.into_keys().zip(surprising).collect(), level }
    }
}

/// The family of a figure. Losses and the first line of the summary have families of their own, so
/// that other figures cannot hide them. The summary shows p95 and p50 of waits, but not p99.
fn family(Difference { metric, stat, .. }: &Difference) -> usize {
    match is_summary(metric) && *stat != "p99" {
        _ if oracle::is_of_check(metric) || metric.starts_with("oracle.saved_edits.") => 3,
        true if metric == SUMMARY[0].metric => 0,
        true => 1,
        false => 2,
    }
}

/// The differences between paired cells. Without `always_chance`, cells with the same scenario and
/// seed are exact. With it, they are tested like other pairs. Then the interval of an unclear
/// figure is wider, because it allows for all tested figures.
pub(super) fn groups(opposed: &[PairedCells<'_>], always_chance: bool) -> Vec<Group> {
    let weighed: Vec<_> = opposed.iter().map(|opposed| weighed(opposed, always_chance)).collect();
    // The figures of all groups are tested for significance together.
    let figures = || weighed.iter().flat_map(|(_, observed)| observed).filter(|figure| figure.differs());
    let families =
        [0, 1, 2, 3].map(|which| Family::new(figures().filter(|figure| family(&figure.told) == which)));
    let judged = weighed.into_iter().map(|(group, observed)| {
        let difference = |figure: Observed| match figure.change {
            None => exact(figure),
            Some(change) => {
                let family = &families[family(&figure.told)];
                let surprise = figure.differs() && family.surprising.get(&figure.sides()) == Some(&true);
                // A loss that the base does not have is never chance, even with few seeds.
                let new_loss = sum(&figure.candidate) > 0 && sum(&figure.base) == 0;
                let new_loss = new_loss && oracle::is_of_check(&figure.told.metric);
                let surprise = surprise || new_loss && group.basis == Basis::Paired;
                let interval = match change.interval {
                    Some(_) if always_chance && !surprise => figure.paired(family.level).interval,
                    usual => usual,
                };
                uncertain(figure, Change { interval, ..change }, surprise)
            }
        };
        let mut differences: Vec<Difference> = observed.into_iter().map(difference).collect();
        differences.sort_by_cached_key(Difference::place);
        let differs = differences.iter().any(|difference| difference.finding != Finding::Same);
        let other_digests = if group.basis == Basis::Exact && !differs { group.other_digests } else { 0 };
        Group { other_digests, differences, ..group }
    });
    judged.collect()
}

/// The size of the largest cell on each side; `None` if both are equal or one is unknown.
fn other_size(sides: [&[&CellRecord]; 2], size: impl Fn(&CellRecord) -> u64) -> Option<[u64; 2]> {
    let most = |cells: &[&CellRecord]| cells.iter().map(|cell| size(cell)).max();
    let [base, candidate] = sides.map(most);
    Some([base?, candidate?]).filter(|[base, candidate]| base != candidate && *base.min(candidate) > 0)
}

/// A group without differences, and the observations from which its differences are made.
fn weighed(opposed: &PairedCells<'_>, always_chance: bool) -> (Group, Vec<Observed>) {
    let pairs = &opposed.pairs;
    let basis = match pairs.as_slice() {
        [] => Basis::Samples,
        pairs if !always_chance && pairs.iter().all(|(a, b)| a.resolved == b.resolved) => Basis::Exact,
        _ => Basis::Paired,
    };
    // If the sides share some seeds, only these seeds are compared.
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
    let devices = other_size([&base, &candidate], |cell| cell.devices);
    let script_ns = other_size([&base, &candidate], |cell| cell.phases.script_ns);
    let as_large = devices.is_none() && script_ns.is_none();
    let observed = observed(&base, &candidate, &unlike, basis, as_large);
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
        devices,
        script_ns,
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

/// The exit by which the candidate's seeds failed significantly more often than the base's.
fn failed_more_often(base: &[&CellRecord], candidate: &[&CellRecord]) -> Exit {
    let seeds = (base.len(), candidate.len());
    let with =
        |side: &[&CellRecord], exit: Exit| side.iter().filter(|cell| failures(cell).contains(&exit)).count();
    let is_new = |exit: &Exit| {
        let failed = (with(base, *exit), with(candidate, *exit));
        // A threshold can be missed by chance, so it needs more evidence than a loss of data.
        let level = if *exit == Exit::Threshold { LEVEL } else { LEVEL_OF_LOSS };
        let by_chance = || stats::as_many_failed(seeds, failed).is_none_or(|chance| chance > level);
        failed.1 * seeds.0 > failed.0 * seeds.1
            && ((*exit != Exit::Threshold && failed.0 == 0) || !by_chance())
    };
    Exit::first(candidate.iter().flat_map(|cell| failures(cell)).filter(is_new))
}

/// The metrics of the base that are missing in the candidate; `None` if no metric is missing.
fn without(base: &CellRecord, candidate: &CellRecord) -> Option<Missing> {
    let names = base.metrics.keys().map(AsRef::as_ref).filter(|name: &&str| !is_part(name));
    let lacking = names.filter(|name| !candidate.metrics.contains_key(*name)).map(str::to_owned);
    let missing = Missing { seed: base.seed.clone(), without: lacking.collect() };
    (!missing.without.is_empty()).then_some(missing)
}

pub(super) fn exact(Observed { told, base, candidate, fewer, .. }: Observed) -> Difference {
    let more = base.iter().zip(&candidate).any(|(base, candidate)| candidate > base);
    let less = base.iter().zip(&candidate).any(|(base, candidate)| candidate < base);
    let finding = match (more, less) {
        (false, false) if told.lopsided => Finding::Changed,
        (false, false) => Finding::Same,
        (true, true) if sum(&candidate) == sum(&base) => Finding::Changed,
        (true, true) => directed(told.better, sum(&candidate) > sum(&base)),
        (more, _) => directed(told.better, more),
    };
    // Cells without observations, or with far fewer of them, are not an improvement.
    let less = told.lopsided || fewer;
    let finding = if less && finding == Finding::Better { Finding::Changed } else { finding };
    Difference { finding, ..told }
}

fn uncertain(observed: Observed, change: Change, surprise: bool) -> Difference {
    let Observed { told, base, candidate, fewer, .. } = observed;
    let finding = match surprise {
        // One side has no figure, so the difference has no better side.
        true if told.one_sided => Finding::Changed,
        // The estimate gives the direction. A single extreme pair can reverse the order of the
        // means.
        true => {
            directed(told.better, change.value.map_or(mean(&candidate) > mean(&base), |value| value > 0.0))
        }
        false if base == candidate && !told.lopsided => Finding::Same,
        false => Finding::Unclear,
    };
    let finding = match finding {
        Finding::Better if told.lopsided => Finding::Unclear,
        Finding::Better if fewer => Finding::Changed,
        finding => finding,
    };
    let interval = change.interval.filter(|_| finding != Finding::Same);
    // If an interval is shown, the change must be the estimate that belongs to it.
    let change_ppm = change.value.map(ppm).or(told.change_ppm);
    let interval_ppm = interval.map(|(low, high)| (ppm(low), ppm(high)));
    Difference { finding, change_ppm, interval_ppm, ..told }
}
