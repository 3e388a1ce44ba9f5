//! The deviations of predictions, and their tolerances.

use std::collections::BTreeMap;

use super::cells::{Cell, LTE, Mode, OutageCell};
use super::predict::{Prediction, STAIR, Stair};
use crate::validate::figures::{Kind, Section, percent};
use syncdyno::render::texts;
use syncdyno_world::net::Direction;
use syncdyno_world::net::tcp::Congestion;

pub(super) struct Off {
    /// The link, mode, congestion control and loss.
    group: String,
    /// The kind; `None` if the cell is not judged.
    kind: Option<&'static str>,
    pub(super) amount: f64,
    /// The relative standard error of the measurement.
    error: f64,
}

const DEEP: &str = "CUBIC, cold, deep queue";
const SHALLOW: &str = "CUBIC, cold, queue of one round trip";
const TLS: &str = "TLS 1.3";
const KEPT: &str = "CUBIC, kept connection";
const BBR: &str = "BBR";
const LOSSY: &str = "with losses, 100 kB and more";
const OUTAGE: &str = "outage, all dropped, off the edges of the staircase";
const OTHER_OUTAGE: &str = "the same on other links, and with BBR";

/// A kind, its tolerance as text, and a test of the mean, the maximum and all deviations.
type Tolerance = (&'static str, &'static str, fn(f64, f64, &[&Off]) -> bool);
const TOLERANCES: [Tolerance; 8] = [
    (DEEP, "mean 1.5 %, max 10 %", |mean, max, _| mean <= 0.015 && max <= 0.1),
    (SHALLOW, "mean 3 %", |mean, _, _| mean <= 0.03),
    (TLS, "mean 1.5 %", |mean, _, _| mean <= 0.015),
    (KEPT, "mean 3 %, one in fifty above 10 %", |mean, _, off| {
        mean <= 0.03 && off.len() - within(off, 0.1) <= off.len().div_ceil(50)
    }),
    (BBR, "mean 3 %", |mean, _, _| mean <= 0.03),
    (LOSSY, "mean 15 %, a cell 15 % + 2 standard errors", |mean, _, off| {
        mean <= 0.15 && off.iter().all(|off| off.amount <= 0.15 + 2.0 * off.error)
    }),
    (OUTAGE, "each 5 %", |_, max, _| max <= STAIR),
    (OTHER_OUTAGE, "85 % of the cells 5 %", |_, _, off| within(off, STAIR) as f64 >= 0.85 * off.len() as f64),
];

fn within(off: &[&Off], most: f64) -> usize {
    off.iter().filter(|off| off.amount <= most).count()
}

fn kind(cell: &Cell) -> &'static str {
    /// A queue that is larger than this many times rate × round trip is a deep queue.
    const SHALLOW_MAX: f64 = 1.5;
    let way = cell.direction as usize;
    let pipe = cell.link.rate[way] as f64 / 8.0 * 2.0 * cell.link.delay.as_secs_f64();
    match cell.mode {
        _ if cell.loss > 0.0 => LOSSY,
        _ if cell.congestion == Congestion::Bbr => BBR,
        Mode::Tls => TLS,
        Mode::Warm | Mode::WarmIdle => KEPT,
        Mode::Cold if cell.link.queue[way] as f64 <= SHALLOW_MAX * pipe => SHALLOW,
        Mode::Cold => DEEP,
    }
}

pub(super) fn transfer((cell, prediction): (&Cell, Prediction)) -> Off {
    /// A lossy transfer with fewer bytes depends on a single packet.
    const LOSSY_FROM: u64 = 100_000;
    let kind = kind(cell);
    let measured = if kind == LOSSY { cell.mean } else { cell.median };
    let beside = match kind {
        LOSSY => format!("loss {} %", cell.loss * 100.0),
        SHALLOW => "queue of one round trip".to_owned(),
        _ => "no loss".to_owned(),
    };
    let large = cell.bytes[Direction::Up as usize].max(cell.bytes[Direction::Down as usize]);
    Off {
        group: format!("{}, {beside}", cell.name),
        kind: Some(kind).filter(|kind| *kind != LOSSY || large >= LOSSY_FROM),
        amount: (prediction.seconds / measured - 1.0).abs(),
        error: prediction.error / measured,
    }
}

pub(super) fn outage((cell, stair): (&OutageCell, Stair)) -> Off {
    // If samples differ much, some needed one more timeout than others. Then there is no single
    // right figure.
    let [min, max] = cell.extremes;
    let apart = max - min > STAIR * cell.median;
    // The first outages were measured on this link, with CUBIC.
    let is_first = cell.congestion == Congestion::Cubic && cell.link == LTE;
    let kind = if is_first { OUTAGE } else { OTHER_OUTAGE };
    Off {
        group: cell.name.clone(),
        kind: Some(kind).filter(|kind| !apart && (*kind == OUTAGE || !stair.edge)),
        // If TCP gives up in the model and not in the measurement, the deviation is 100 %.
        amount: stair.seconds.map_or(1.0, |seconds| (seconds / cell.median - 1.0).abs()),
        error: 0.0,
    }
}

/// Builds the section: all groups, and the verdict on each kind that has cells.
pub(super) fn section(title: &'static str, all: &[Off]) -> Section {
    let mut groups: BTreeMap<&str, Vec<&Off>> = BTreeMap::new();
    all.iter().for_each(|off| groups.entry(&off.group).or_default().push(off));
    let amounts = |off: &[&Off]| off.iter().map(|off| off.amount).collect::<Vec<f64>>();
    let group = |(name, off): (&str, Vec<&Off>)| {
        let all = Kind::new(name, &amounts(&off), String::new(), true);
        let counts = [off.len(), within(&off, STAIR), off.iter().filter(|off| off.kind.is_none()).count()];
        let [cells, close, unjudged] = counts.map(|count| count.to_string());
        [all.name, cells, close, unjudged, percent(all.mean), percent(all.max)]
    };
    let headings = ["group", "n", "within 5 %", "not judged", "mean off", "max"];
    let details = texts(headings, groups.into_iter().map(group));
    let kinds = TOLERANCES.iter().filter_map(|(name, words, met)| {
        let off: Vec<&Off> = all.iter().filter(|off| off.kind == Some(*name)).collect();
        let kind = Kind::new(name, &amounts(&off), (*words).to_owned(), false);
        let met = met(kind.mean, kind.max, &off);
        (!off.is_empty()).then_some(Kind { met, ..kind })
    });
    Section { title, details, kinds: kinds.collect() }
}
