//! Finds the headline figures that a change improves, and the figures that it makes worse.
//!
//! A change that improves one figure must not hide its price in another figure. The cells (single
//! simulations) without the change and those with it are called the two halves.

use std::cmp::Reverse;

use super::difference::{Basis, Difference, Finding};
use super::judged::exact;
use super::observed::{Observed, observed, unlike};
use crate::metrics::{Better, Censored, Unit};
use crate::record::{CellRecord, headline_of, is_cost, is_loss};

/// Chance can explain a smaller ratio between the halves. The answers to questions use this limit,
/// too.
const LUCK: f64 = 1.05;
/// The statistics to compare. A metric is compared by the first one that it has.
const STATS: [&str; 4] = ["value", "p95", "total", "max"];

/// A kind of harm to people's edits. A longer wait until an edit is safe is not harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Edits are lost, refused or discarded. Their authors may or may not be notified.
    Lost,
    /// Edits are superseded and nobody is notified.
    Discarded,
    /// Edits created duplicate rows.
    Doubled,
    /// People could not make edits.
    Prevented,
}

/// The metrics of each kind of harm. Their sum counts the harm.
const HARMS: [(Harm, &[&str]); 4] = [
    (Harm::Lost, &["oracle.saved_edits.lost"]),
    (Harm::Discarded, &["oracle.silent_discard.count"]),
    (Harm::Doubled, &["oracle.duplicate.rows", "oracle.doubled.rows", "oracle.kept_both.rows"]),
    (Harm::Prevented, &["workload.edits.refused", "workload.edits.prevented"]),
];

/// True if chance can explain the difference between two counts of independent events. The limit is
/// two standard deviations of the difference.
pub fn may_be_chance(both: [u64; 2]) -> bool {
    let apart = u128::from(both[0].abs_diff(both[1]));
    apart * apart <= 4 * (u128::from(both[0]) + u128::from(both[1]))
}

/// A headline figure with its value in both halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub metric: String,
    pub stat: &'static str,
    pub unit: Unit,
    pub both: [Option<u64>; 2],
    /// The number of waits of each half that never ended.
    pub censored: [Option<Censored>; 2],
}

/// The comparison of the second half with the first one, over all seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    /// The headline figure that improves most; `None` if no figure improves.
    pub better: Option<Moved>,
    /// The headline figure that worsens most, except harms; `None` if no figure worsens.
    pub price: Option<Moved>,
    /// The counts of a harm in both halves, for each harm that is more frequent in the second half.
    pub harms: Vec<(Harm, [u64; 2])>,
}

/// True if a metric counts losses or harm to edits.
pub fn is_harm(metric: &str) -> bool {
    is_loss(metric) || of_edits().any(|of| of == metric)
}

/// The metrics of harm to edits.
pub fn of_edits() -> impl Iterator<Item = &'static str> {
    HARMS.iter().flat_map(|(_, metrics)| metrics.iter().copied())
}

impl Weighed {
    /// Compares pairs of cells. Both cells of a pair have the same seed. Significance is not
    /// tested.
    pub fn of(pairs: &[[&CellRecord; 2]]) -> Weighed {
        let [first, second]: [Vec<&CellRecord>; 2] =
            [0, 1].map(|half| pairs.iter().map(|pair| pair[half]).collect());
        let harms = HARMS.map(|(harm, metrics)| (harm, [&first, &second].map(|cells| sum(cells, metrics))));
        let better = gains(&first, &second).into_iter().find(|one| one.times() >= LUCK);
        // If a figure improves from the second half to the first, it is a price of the change.
        let price = gains(&second, &first).into_iter().find(|one| {
            of_edits().all(|of| of != one.metric) && (one.times() >= LUCK || is_loss(&one.metric))
        });
        let turned = |mut of: Moved| {
            of.both.reverse();
            of.censored.reverse();
            of
        };
        Weighed {
            better: better.map(Moved::from),
            price: price.map(Moved::from).map(turned),
            harms: harms.into_iter().filter(|(_, [first, second])| second > first).collect(),
        }
    }
}

impl From<Difference> for Moved {
    fn from(of: Difference) -> Moved {
        let Difference { metric, stat, unit, base, candidate, censored, .. } = of;
        Moved { metric, stat, unit, both: [base, candidate], censored }
    }
}

fn sum(cells: &[&CellRecord], metrics: &[&str]) -> u64 {
    let of = |cell: &&CellRecord| metrics.iter().filter_map(|metric| cell.stat(metric, "value")).sum::<u64>();
    cells.iter().map(of).sum()
}

/// The headline figures that are better in `to`, the largest change first, with one statistic per
/// metric. Counts of checks are left out, because they fail a cell and are reported separately.
fn gains(from: &[&CellRecord], to: &[&CellRecord]) -> Vec<Difference> {
    let all = observed(from, to, &unlike(from, to), Basis::Exact, true).into_iter();
    let told = all.filter(|one| headline_of(&one.told.metric).is_some() && !is_luck(one));
    let told = told.filter(|one| one.told.better != Better::Neither);
    let rank = |one: &Observed| STATS.iter().position(|stat| *stat == one.told.stat);
    let mut of_each: Vec<Observed> = told.filter(|one| rank(one).is_some()).collect();
    of_each.sort_by_cached_key(|one| (one.told.metric.clone(), rank(one)));
    of_each.dedup_by(|one, first| one.told.metric == first.told.metric);
    let all = of_each.into_iter().map(exact);
    let mut better: Vec<Difference> = all.filter(|one| one.finding == Finding::Better).collect();
    better.sort_by_cached_key(place);
    better
}

/// True if the seeds disagree about which half has more.
fn is_luck(one: &Observed) -> bool {
    let pairs = || one.base.iter().zip(&one.candidate);
    pairs().any(|(from, to)| from < to) && pairs().any(|(from, to)| from > to)
}

/// The sort key: losses first, then large changes. Waits come before costs of the same size class.
fn place(one: &Difference) -> impl Ord + use<> {
    let by = (one.times() * 1e6) as u64;
    (!is_loss(&one.metric), one.step(), is_cost(&one.metric), Reverse(by), one.metric.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unit;
    use crate::record::fixture;

    const SAFE: &str = "engine.write_acknowledged.duration";
    const SEEN: &str = "engine.write_visible.duration";
    const DOWN: &str = "net.down.bytes";

    /// A cell with these waits (metric, p95 in seconds) and these counts.
    fn half(waits: &[(&'static str, u64)], counts: &[(&'static str, u64)]) -> CellRecord {
        let mut cell = CellRecord::default();
        for (metric, p95) in waits {
            let of = |part: u64| p95 * part * 10_000_000;
            let waits = fixture::spread(Unit::Ns, 100, [of(10), of(50), of(100), of(110), of(120)]);
            cell.metrics.insert((*metric).into(), waits);
        }
        fixture::set(&mut cell, counts);
        cell
    }

    fn names(weighed: &Weighed) -> [Option<(&str, [u64; 2])>; 2] {
        let name = |one: &Moved| one.both.map(|figure| figure.unwrap_or(0));
        [&weighed.better, &weighed.price]
            .map(|one| Some((one.as_ref()?.metric.as_str(), name(one.as_ref()?))))
    }

    #[test]
    fn the_headline_figure_that_gets_worse_the_most_is_the_price() {
        let first = half(&[(SAFE, 300), (SEEN, 60)], &[(DOWN, 1_000)]);
        let second = half(&[(SAFE, 10), (SEEN, 240)], &[(DOWN, 1_100)]);
        let s = |seconds: u64| seconds * 1_000_000_000;
        let there = Weighed::of(&[[&first, &second]]);
        assert_eq!(names(&there), [Some((SAFE, [s(300), s(10)])), Some((SEEN, [s(60), s(240)]))]);
        let back = Weighed::of(&[[&second, &first]]);
        assert_eq!(names(&back), [Some((SEEN, [s(240), s(60)])), Some((SAFE, [s(10), s(300)]))]);
        let dearer = half(&[(SAFE, 300), (SEEN, 60)], &[(DOWN, 1_051)]);
        assert_eq!(names(&Weighed::of(&[[&first, &dearer]])), [None, Some((DOWN, [1_000, 1_051]))]);
        let near = half(&[(SAFE, 310), (SEEN, 58)], &[(DOWN, 1_049)]);
        assert_eq!(Weighed::of(&[[&first, &near]]), Weighed::default(), "by less than a twentieth");
    }

    #[test]
    fn what_fewer_people_waited_for_is_no_price() {
        let few = |count: u64, p95: u64| {
            let mut cell = half(&[], &[]);
            let waits = fixture::spread(Unit::Ns, count, [1, p95 / 2, p95, p95, p95]);
            cell.metrics.insert(SEEN.into(), waits);
            cell
        };
        let [nine, many] = [few(9, 440), few(49, 693)];
        assert_eq!(Weighed::of(&[[&nine, &many]]), Weighed::default());
        let most = few(94, 391);
        assert_eq!(names(&Weighed::of(&[[&most, &many]])), [None, Some((SEEN, [391, 693]))]);
    }

    #[test]
    fn what_seeds_disagree_about_is_neither_gain_nor_price() {
        let [slow, quick, slower] = [300, 10, 310].map(|seconds| half(&[(SAFE, seconds)], &[]));
        let both = [[&slow, &quick], [&slow, &quick]];
        assert!(Weighed::of(&both).better.is_some());
        assert_eq!(Weighed::of(&[[&slow, &quick], [&slow, &slower]]), Weighed::default());
    }

    #[test]
    fn what_people_lose_is_a_price_before_any_wait() {
        const UNREAD: &str = "oracle.overwritten.columns";
        let first = half(&[(SAFE, 300), (SEEN, 60)], &[(UNREAD, 100)]);
        let second = half(&[(SAFE, 10), (SEEN, 240)], &[(UNREAD, 101)]);
        let back = |weighed: &Weighed| names(weighed)[0].map(|(metric, _)| metric.to_owned());
        assert_eq!(names(&Weighed::of(&[[&first, &second]]))[1], Some((UNREAD, [100, 101])));
        assert_eq!(back(&Weighed::of(&[[&second, &first]])).as_deref(), Some(SEEN), "one less may be luck");
    }

    #[test]
    fn one_edit_more_of_hundreds_may_be_chance() {
        for (both, chance) in
            [([499, 500], true), ([0, 1], true), ([0, 5], false), ([100, 128], true), ([100, 140], false)]
        {
            assert_eq!(may_be_chance(both), chance, "{both:?}");
        }
    }

    #[test]
    fn each_harm_to_edits_is_counted_by_itself() {
        let harms = |first: &[(&'static str, u64)], second: &[(&'static str, u64)]| {
            Weighed::of(&[[&half(&[], first), &half(&[], second)]]).harms
        };
        let (lost, silent) = ("oracle.saved_edits.lost", "oracle.silent_discard.count");
        assert_eq!(harms(&[(silent, 11)], &[(lost, 3)]), [(Harm::Lost, [0, 3])]);
        assert_eq!(harms(&[(lost, 3), (silent, 3)], &[(lost, 3)]), []);
        assert_eq!(harms(&[(silent, 3)], &[(silent, 4)]), [(Harm::Discarded, [3, 4])]);
        assert_eq!(
            harms(&[("workload.edits.prevented", 2)], &[("workload.edits.refused", 10)]),
            [(Harm::Prevented, [2, 10])]
        );
        assert_eq!(harms(&[], &[("oracle.doubled.rows", 1)]), [(Harm::Doubled, [0, 1])]);
    }
}
