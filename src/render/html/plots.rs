//! Builds the plots for which a record has data. A cell is one simulation.

use std::collections::BTreeMap;

use crate::analysis::{distinct, grouped};
use crate::metrics::{Figure, NEVER, QUEUED, SYNCED, Unit, human};
use crate::record::{CellRecord, LifeRecord, RunRecord, SeriesRecord, StepRecord};
use crate::render::brief::{HeadlineFigure, by_headline, glance};
use crate::render::svg::{Bar, Bars, Clock, Curve, Curves, Panel, Point, SpaceTime, Strip, Timeline};

const DURATIONS: [(&str, &str); 5] = [
    ("engine.usable_after_login.duration", "login to usable"),
    ("engine.session.duration", "sync session"),
    ("engine.write_acknowledged.duration", "edit confirmed"),
    ("engine.write_visible.duration", "edit seen"),
    ("engine.request.duration", "one request"),
];
/// At most this many devices with a violation get a lane, even if no event names them.
const DEVICES_DRAWN: usize = 2;
/// At most this many named faults get their own strip.
const FAULTS_DRAWN: usize = 6;
/// A strip with more marks shows counts in `BINS` intervals instead. This limits the page's size.
const DIAMONDS: usize = 48;
const BINS: u64 = 100;

const VARIANTS_DRAWN: usize = 12;

/// The waits of people and requests in a cell, by percentile; `None` without observations.
pub fn percentiles(cell: &CellRecord) -> Option<Curves> {
    const STATS: [(&str, &str); 5] =
        [("min", "least"), ("p50", "half"), ("p95", "95 %"), ("p99", "99 %"), ("max", "longest")];
    let curve = |(metric, name): &(&str, &str)| {
        let figure = cell.metrics.get(*metric)?;
        // A logarithmic axis has no 0, so the smallest value is 1 ns. The curve ends before the
        // first percentile that is a wait without an end.
        let point = |(i, (stat, _)): (usize, &(&str, &str))| {
            let y = figure.stat(stat).filter(|value| *value != NEVER)?.max(1) as f64;
            Some(Point { x: i as f64, y, interval: None, candidate: true, seeds: None })
        };
        let points: Vec<Point> = STATS.iter().enumerate().filter_map(point).collect();
        (!points.is_empty()).then(|| Curve { name: named(name, figure), points, ..Curve::default() })
    };
    let curves: Vec<Curve> = DURATIONS.iter().filter_map(curve).collect();
    (!curves.is_empty()).then(|| Curves {
        title: "How long it took".to_owned(),
        about: "Durations by percentile.".to_owned(),
        x: "done, of all".to_owned(),
        settings: STATS.iter().enumerate().map(|(i, (_, told))| (i as f64, (*told).to_owned())).collect(),
        y: "within".to_owned(),
        unit: Some(Unit::Ns),
        curves,
        marks: Vec::new(),
    })
}

fn named(name: &str, figure: &Figure) -> String {
    let never = figure.censored().map(|censored| format!("{name} ({})", human::never(censored)));
    never.unwrap_or_else(|| name.to_owned())
}

pub(super) fn spread(cell: &CellRecord) -> Option<Bars> {
    let group = |(metric, name): &(&str, &str)| {
        let counted = cell.spread.get(*metric)?;
        let figure = cell.metrics.get(*metric)?;
        let longer = if figure.censored().is_some() { "longer or never" } else { "longer" };
        let all = counted.iter().map(|(_, n)| n).sum::<u64>().max(1);
        let bar = |(end, n): &(u64, u64)| Bar {
            name: if *end == u64::MAX { longer.to_owned() } else { format!("up to {}", human::span(*end)) },
            value: *n,
            told: format!("{} ({} %)", human::thousands(*n), n * 100 / all),
        };
        Some((named(name, figure), counted.iter().map(bar).collect()))
    };
    let groups: Vec<_> = DURATIONS.iter().filter_map(group).collect();
    (!groups.is_empty()).then(|| Bars {
        title: "Waits by length".to_owned(),
        about: "The number of waits of each length.".to_owned(),
        groups,
        alike: true,
    })
}

pub fn fleet(record: &RunRecord, cell: &CellRecord) -> Option<Timeline> {
    let series = cell.series.as_ref()?;
    let panels = [
        ("engine.apply.rows", "changes received so far", Unit::Rows),
        ("workload.edits.waiting", "edits not yet acknowledged", Unit::Count),
        (SYNCED, "longest sync", Unit::Ns),
        (QUEUED, "longest wait at the backend", Unit::Ns),
    ];
    let panel = |(metric, name, unit): (&str, &str, Unit)| {
        let values = series.values.get(metric)?;
        let points: Vec<(u64, u64)> = series.at_ns.iter().copied().zip(values.iter().copied()).collect();
        points.iter().any(|point| point.1 > 0).then(|| Panel { name: name.to_owned(), unit, points })
    };
    let panels: Vec<Panel> = panels.into_iter().filter_map(panel).collect();
    (!panels.is_empty()).then(|| Timeline {
        title: "The fleet over time".to_owned(),
        about: "Data received so far, and edits still to be sent.".to_owned(),
        panels,
        ..blank(record, cell, series)
    })
}

fn blank(record: &RunRecord, cell: &CellRecord, series: &SeriesRecord) -> Timeline {
    let end = cell.virtual_ns.max(series.at_ns.last().copied().unwrap_or(0));
    let script = cell.phases.script_ns;
    // Near the end of the axis, the mark would cover other marks.
    let phase = (script > 0 && script / 97 < end / 100).then(|| (script, "then it drains".to_owned()));
    // Keys of the whole scenario stand before its first table.
    let keys = record.resolved.get(&cell.resolved).and_then(|text| text.split("\n[").next());
    let start = keys.and_then(|keys| keys.lines().find_map(|line| line.strip_prefix("start = ")));
    let clock = start.and_then(|start| Clock::parse(start.trim_matches('"')));
    Timeline { end, phase, clock, ..Timeline::default() }
}

/// The times at which devices had no link or no process, and the faults that hit them. `None` if
/// there were none.
pub fn outages(record: &RunRecord, cell: &CellRecord) -> Option<Timeline> {
    let series = cell.series.as_ref()?;
    let online = series.values.get("device.online.count");
    let spans = online.map_or_else(Vec::new, |online| offline(series, online, cell.devices));
    let offline = Strip { name: "offline".to_owned(), spans, ticks: Vec::new() };
    let mut strips: Vec<Strip> = Some(offline).filter(|strip| !strip.spans.is_empty()).into_iter().collect();
    let blank = blank(record, cell, series);
    // The last sample before the first device came online; 0 if there is none.
    let up = online.and_then(|online| online.iter().position(|n| *n > 0)).unwrap_or(0);
    let first = up.checked_sub(1).and_then(|before| series.at_ns.get(before)).copied().unwrap_or(0);
    let mut left_out =
        [(0, "before any device was online"), (0, "only after the end"), (0, "of further kinds")];
    for fault in &cell.faults {
        let name = fault.text.split(':').next().unwrap_or_default();
        match strips.iter().position(|strip| strip.name == name) {
            _ if fault.at_ns < first => left_out[0].0 += 1,
            _ if fault.at_ns > blank.end => left_out[1].0 += 1,
            Some(at) => strips[at].ticks.push(fault.at_ns),
            None if strips.len() <= FAULTS_DRAWN => {
                strips.push(Strip { name: name.to_owned(), ticks: vec![fault.at_ns], ..Strip::default() });
            }
            None => left_out[2].0 += 1,
        }
    }
    if strips.is_empty() {
        return None;
    }
    for strip in strips.iter_mut().filter(|strip| strip.ticks.len() > DIAMONDS) {
        strip.spans = counted(&std::mem::take(&mut strip.ticks), blank.end);
    }
    let mut about =
        "Red: share of devices offline, of the most that were online at once. Diamonds: faults.".to_owned();
    for (faults, why) in left_out.into_iter().filter(|(faults, _)| *faults > 0) {
        about.push_str(&format!(" {} {why}, not drawn.", human::count(faults, "fault")));
    }
    Some(Timeline { title: "Outages and faults".to_owned(), about, strips, ..blank })
}

/// Counts instants in intervals of equal length. Heights are relative to the largest count.
fn counted(ticks: &[u64], end: u64) -> Vec<(u64, u64, f64, String)> {
    let long = (end / BINS).max(1);
    let mut bins: BTreeMap<u64, u64> = BTreeMap::new();
    ticks.iter().for_each(|at| *bins.entry(at / long).or_default() += 1);
    let most = bins.values().copied().max().unwrap_or(1) as f64;
    let bin = |(bin, n): (u64, u64)| {
        (bin * long, (bin + 1).saturating_mul(long), n as f64 / most, human::count(n, "fault"))
    };
    bins.into_iter().map(bin).collect()
}

/// The intervals in which devices had no link or no process, with the share of such devices. A
/// device counts only after it was online for the first time.
fn offline(series: &SeriesRecord, online: &[u64], devices: u64) -> Vec<(u64, u64, f64, String)> {
    let mut spans: Vec<(u64, u64, f64, String)> = Vec::new();
    let instants = series.at_ns.iter().zip(series.at_ns.iter().skip(1).chain(series.at_ns.last()));
    let mut known = 0;
    for ((from, until), online) in instants.zip(online) {
        known = devices.min(known.max(*online));
        let missing = known.saturating_sub(*online);
        let told = format!("{missing} of {} offline", human::count(known, "device"));
        match spans.last_mut() {
            _ if missing == 0 || from == until => {}
            Some(span) if span.1 == *from && span.3 == told => span.1 = *until,
            _ => spans.push((*from, *until, missing as f64 / known as f64, told)),
        }
    }
    spans
}

/// The life of a record (everything that happened to it). Each device with a violation has a lane.
pub fn life(cell: &CellRecord, life: &LifeRecord) -> Option<SpaceTime> {
    let of_it = cell.violations.iter().filter(|v| v.record.as_ref() == Some(&life.record));
    let mut devices: Vec<String> = of_it.filter_map(|violation| violation.device.clone()).collect();
    devices.dedup();
    devices.truncate(DEVICES_DRAWN);
    // All steps are about this record, so the texts show only the beginning of its long key.
    let key = life.record.split_once('/').map_or("", |(_, key)| key);
    let short = key.chars().take(8).chain(['…']).collect::<String>();
    let shown = if key.chars().count() > 12 { &short } else { key };
    let moment = |step: &StepRecord| StepRecord { text: step.text.replace(key, shown), ..step.clone() };
    let ending = life.lines.last().and_then(|line| line.strip_prefix("in short: "));
    (!life.steps.is_empty()).then(|| SpaceTime {
        title: format!("The life of {}", life.record),
        about: ending.unwrap_or("Its events in order.").to_owned(),
        lanes: devices,
        moments: life.steps.iter().map(moment).collect(),
        ending: ending.map(str::to_owned),
    })
}

/// The figures in which the variants of a scenario differ; `None` if there is only one variant.
pub(super) fn variants(record: &RunRecord) -> Option<Bars> {
    let cells = record.cells.iter().filter(|cell| !cell.metrics.is_empty());
    let variants = grouped(cells, |cell| cell.variant.as_deref());
    let scenarios = distinct(record.cells.iter().map(|cell| &cell.scenario));
    let names: Vec<&str> = variants.iter().map(|(name, _)| *name).collect::<Option<_>>()?;
    if scenarios.len() != 1 || !(2..=VARIANTS_DRAWN).contains(&names.len()) {
        return None;
    }
    let all: Vec<Vec<HeadlineFigure>> = variants.iter().map(|(_, cells)| glance(cells)).collect();
    let group = |(what, figures): (&str, Vec<Option<&HeadlineFigure>>)| {
        // A wait that never ended is drawn with the length of the longest known wait.
        let known = |one: &HeadlineFigure| match (one.value, one.censored) {
            (NEVER, Some(censored)) => censored.waited,
            (_, _) => libm::round(one.each()) as u64,
        };
        let most = figures.iter().flatten().map(|one| known(one)).max().unwrap_or(0);
        let bars = names.iter().zip(figures).filter_map(|(name, one)| {
            let one = one?;
            let value = if one.value == NEVER { most } else { known(one) };
            Some(Bar { name: (*name).to_owned(), value, told: one.told() })
        });
        let bars: Vec<Bar> = bars.collect();
        let differ = bars.iter().any(|bar| bar.told != bars[0].told);
        differ.then(|| (what.to_owned(), bars))
    };
    let groups: Vec<_> = by_headline(&all).into_iter().filter_map(group).collect();
    (!groups.is_empty()).then(|| Bars {
        title: "Variants side by side".to_owned(),
        about: "Each figure in which variants differ has a bar per variant; shorter is better.".to_owned(),
        groups,
        alike: false,
    })
}
