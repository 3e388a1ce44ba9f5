//! How far predictions are off, and how far they may be.

use std::collections::BTreeMap;

use super::cells::{Cell, Mode, OutageCell, congestion_word};
use super::predict::{Prediction, STAIR, Stair};
use crate::net::Direction;
use crate::net::tcp::Congestion;
use crate::render::texts;

/// Cells of one link, mode, congestion control and loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// How many.
    pub cells: usize,
    /// Mean of the relative error's amount.
    pub mean: f64,
    /// Largest.
    pub max: f64,
    /// Cells with an error of 5 % or less.
    pub close: usize,
    /// Cells at an edge of the staircase.
    pub edges: usize,
}

/// Cells that share a tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// What they are.
    pub name: String,
    /// How many of them count.
    pub cells: usize,
    /// Mean of the relative error's amount.
    pub mean: f64,
    /// Largest.
    pub max: f64,
    /// The tolerance in words.
    pub tolerance: &'static str,
    /// Whether it is met; `None` if no cell counts.
    pub met: Option<bool>,
}

/// A line a kind.
pub fn listing(kinds: &[Kind]) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let row = |kind: &Kind| {
        [
            kind.name.clone(),
            kind.cells.to_string(),
            percent(kind.mean),
            percent(kind.max),
            kind.tolerance.to_owned(),
            match kind.met {
                Some(true) => "met",
                Some(false) => "NOT MET",
                None => "not judged",
            }
            .to_owned(),
        ]
    };
    texts(["kind", "n", "mean error", "max", "tolerance", ""], kinds.iter().map(row))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Deep,
    Shallow,
    Tls,
    Kept,
    Bbr,
    Lossy,
}

/// A queue of so many times rate × round trip is no longer of "one".
const SHALLOW: f64 = 1.5;
/// Below this size a lossy transfer is a gamble on one packet.
const LOSSY_FROM: u64 = 100_000;

impl Sort {
    fn of(cell: &Cell) -> Sort {
        let way = cell.direction as usize;
        let pipe = cell.link.rate[way] as f64 / 8.0 * 2.0 * cell.link.delay.as_secs_f64();
        match cell.mode {
            _ if cell.loss > 0.0 => Sort::Lossy,
            _ if cell.congestion == Congestion::Bbr => Sort::Bbr,
            Mode::Tls => Sort::Tls,
            Mode::Warm | Mode::WarmIdle => Sort::Kept,
            Mode::Cold if cell.link.queue[way] as f64 <= SHALLOW * pipe => Sort::Shallow,
            Mode::Cold => Sort::Deep,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Sort::Deep => "CUBIC, cold, deep queue",
            Sort::Shallow => "CUBIC, cold, queue of one round trip",
            Sort::Tls => "TLS 1.3",
            Sort::Kept => "CUBIC, kept connection",
            Sort::Bbr => "BBR",
            Sort::Lossy => "with losses, 100 kB and more",
        }
    }

    fn tolerance(self) -> &'static str {
        match self {
            Sort::Deep => "mean 1.5 %, max 10 %",
            Sort::Shallow | Sort::Bbr => "mean 3 %",
            Sort::Tls => "mean 1.5 %",
            Sort::Kept => "mean 3 %, one in fifty above 10 %",
            Sort::Lossy => "mean 15 %, a cell 15 % + 2 standard errors",
        }
    }

    fn met(self, errors: &[Off]) -> bool {
        let (mean, max) = mean_and_max(errors);
        let above = errors.iter().filter(|off| off.amount > 0.1).count();
        match self {
            Sort::Deep => mean <= 0.015 && max <= 0.1,
            Sort::Shallow | Sort::Bbr => mean <= 0.03,
            Sort::Tls => mean <= 0.015,
            Sort::Kept => mean <= 0.03 && above <= errors.len().div_ceil(50),
            Sort::Lossy => mean <= 0.15 && errors.iter().all(|off| off.amount <= 0.15 + 2.0 * off.error),
        }
    }
}

/// A cell's relative error, and the standard error of what was measured.
#[derive(Clone, Copy)]
struct Off {
    amount: f64,
    error: f64,
}

fn mean_and_max(errors: &[Off]) -> (f64, f64) {
    let mean = errors.iter().map(|off| off.amount).sum::<f64>() / errors.len().max(1) as f64;
    (mean, errors.iter().map(|off| off.amount).fold(0.0, f64::max))
}

fn group(name: String, errors: &[Off], edges: usize) -> Group {
    let (mean, max) = mean_and_max(errors);
    Group { name, cells: errors.len(), mean, max, close: close(errors), edges }
}

fn close(errors: &[Off]) -> usize {
    errors.iter().filter(|off| off.amount <= STAIR).count()
}

pub(super) fn transfers(cells: &[Cell], predictions: &[Prediction]) -> (Vec<Group>, Vec<Kind>) {
    let mut groups: BTreeMap<String, Vec<Off>> = BTreeMap::new();
    let mut kinds: BTreeMap<Sort, Vec<Off>> = BTreeMap::new();
    for (cell, prediction) in cells.iter().zip(predictions) {
        let sort = Sort::of(cell);
        let measured = if sort == Sort::Lossy { cell.mean } else { cell.median };
        let off =
            Off { amount: (prediction.seconds / measured - 1.0).abs(), error: prediction.error / measured };
        let name = [
            cell.link.name.clone(),
            cell.mode.word().to_owned(),
            congestion_word(cell.congestion).to_owned(),
            match sort {
                Sort::Lossy => format!("loss {} %", cell.loss * 100.0),
                Sort::Shallow => "queue of one round trip".to_owned(),
                _ => "no loss".to_owned(),
            },
        ];
        groups.entry(name.join(", ")).or_default().push(off);
        let large = cell.bytes[Direction::Up as usize].max(cell.bytes[Direction::Down as usize]);
        if sort != Sort::Lossy || large >= LOSSY_FROM {
            kinds.entry(sort).or_default().push(off);
        }
    }
    let kinds = kinds.into_iter().map(|(sort, errors)| {
        let (mean, max) = mean_and_max(&errors);
        let (name, cells) = (sort.name().to_owned(), errors.len());
        Kind { name, cells, mean, max, tolerance: sort.tolerance(), met: Some(sort.met(&errors)) }
    });
    (groups.into_iter().map(|(name, errors)| group(name, &errors, 0)).collect(), kinds.collect())
}

/// Of the cells of links beside the first so many are to be within it.
const MOST: f64 = 0.85;

pub(super) fn outages(cells: &[OutageCell], stairs: &[Stair]) -> (Vec<Group>, Vec<Kind>) {
    let mut groups: BTreeMap<String, (Vec<Off>, usize)> = BTreeMap::new();
    let mut counted = [Vec::new(), Vec::new()];
    for (cell, stair) in cells.iter().zip(stairs) {
        // Who gives up is as wrong about a transfer that was measured as one can be.
        let amount = stair.seconds.map_or(1.0, |seconds| (seconds / cell.median - 1.0).abs());
        let off = Off { amount, error: 0.0 };
        let name = format!("{}, {}", cell.link.name, congestion_word(cell.congestion));
        // At the edge of a step some samples take one timeout more than others: no one figure is
        // right.
        let [min, max] = cell.extremes;
        let apart = max - min > STAIR * cell.median;
        let (errors, edges) = groups.entry(name).or_default();
        errors.push(off);
        *edges += usize::from(apart || stair.edge);
        if !apart && (cell.is_first() || !stair.edge) {
            counted[usize::from(!cell.is_first())].push(off);
        }
    }
    let share = |errors: &[Off]| close(errors) as f64 / errors.len() as f64;
    let [first, others] = counted;
    let judged = !first.is_empty() || !others.is_empty();
    let kinds = [
        ("outage, all dropped, off the edges of the staircase", "each 5 %", first, 1.0),
        ("the same on other links, and with BBR", "85 % of the cells 5 %", others, MOST),
    ];
    let kinds = kinds.into_iter().filter(|(.., errors, _)| !errors.is_empty() || !judged);
    let kinds = kinds.map(|(name, tolerance, errors, least)| {
        let (mean, max) = mean_and_max(&errors);
        let met = (!errors.is_empty()).then(|| share(&errors) >= least);
        Kind { name: name.to_owned(), cells: errors.len(), mean, max, tolerance, met }
    });
    let kinds = kinds.collect();
    let groups = groups.into_iter().map(|(name, (errors, edges))| group(name, &errors, edges));
    (groups.collect(), kinds)
}
