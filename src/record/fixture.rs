//! Fixed plans and outcomes for the tests of this module and of the modules that import it.
//!
//! A cell is one simulation: one variant and one seed.

use std::cmp::Reverse;

use super::{
    CellRecord, CellsTuned, FiguresRecord, Judged, KnobTuned, LimitRecord, PlaceTuned, PointTuned, Reason,
    RunRecord, TuneRecord, Verdict,
};
use crate::base::{DeviceId, EntityId, Key, Span, Time};
use crate::contract::StackDescription;
use crate::metrics::{Distribution, Figure, Figures, Observation, Sample, Tails, Unit};
use crate::oracle::{VIOLATIONS_KEPT, Violation};
use crate::scenario::{Bound, Document, Gate, Plan, Request};
use crate::world::{AppWords, Ending, Outcome, Placed};

/// A minimal scenario.
pub(crate) const TIES: &str = r#"name = "ties"
start = "2026-03-02T00:00:00+01:00"
duration = "1h"

[entity.appointment]
schema = { id = "uuid key", status = "text" }
rows = 20

[fleet.phones]
devices = 3
"#;

/// A small plan (description of one cell) of scenario `ties`. Each variant has its own digest.
pub(crate) fn plan(variant: Option<&str>, seed: u64) -> Plan {
    let request = Request { seeds: vec![seed], ..Request::default() };
    let document = Document::parse("scenarios/ties.toml", TIES).unwrap();
    let mut plan = document
        .plans(&request, &[StackDescription::builtin("builtin")])
        .unwrap_or_else(|e| panic!("{e}"))
        .remove(0);
    let digest = format!("d0{}", variant.map_or(0, str::len));
    let resolved = format!("name = \"ties\"\nduration = \"1h\"\n\n[backend]\nseed = \"{digest}\"\n");
    plan.source_mut().variant = variant.map(str::to_owned);
    (plan.source_mut().digest, plan.source_mut().resolved) = (digest, resolved.into());
    plan
}

/// An outcome without any failure.
pub(crate) fn outcome() -> Outcome {
    let figures = Figures::from([
        ("oracle.lost.rows".to_owned(), Figure::Value { unit: Unit::Rows, value: 0 }),
        ("engine.requests.count".to_owned(), Figure::Value { unit: Unit::Count, value: 12_345 }),
        ("engine.session.duration".to_owned(), durations(40, 1_240_000_000)),
        ("engine.session.duration@1d".to_owned(), durations(30, 900_000_000)),
        ("engine.retry.wait".to_owned(), durations(0, 0)),
    ]);
    Outcome {
        digest: "0123456789abcdef".to_owned(),
        figures_digest: "fedcba9876543210".to_owned(),
        content: String::new(),
        ending: Ending::Drained,
        ended_at: Time(3_660_000_000_000),
        script: Span::secs(3_600),
        drained_in: Span::secs(60),
        figures,
        violations: Vec::new(),
        taken_back: None,
        shelved: None,
        not_applicable: Vec::new(),
        untried: Vec::new(),
        series: vec![Sample { at_ns: 60_000_000_000, series: "device.online.count", value: 7 }],
        distributions: Vec::new(),
        slowest: Vec::new(),
        tails: Tails::new(),
        spelled: Vec::new(),
        faults: vec![(Time(5), "kill d3".to_owned())],
        missed: Vec::new(),
        in_vain: Vec::new(),
        is_silent: false,
        is_still: false,
        placed: Placed::default(),
        events: 99,
        said: AppWords::default(),
    }
}

/// A distribution of `count` observations with this minimum, percentiles and maximum.
pub(crate) fn spread(unit: Unit, count: u64, [min, p50, p95, p99, max]: [u64; 5]) -> Figure {
    Figure::Distribution { unit, count, min, p50, p95, p99, max, mean: None, never: 0, waited: 0 }
}

/// A distribution around `p50`.
pub(crate) fn durations(count: u64, p50: u64) -> Figure {
    spread(Unit::Ns, count, [p50 / 2, p50, p50 * 2, p50 * 3, p50 * 4])
}

/// A distribution of `count` observations that all have the same value.
pub(crate) fn alike(unit: Unit, count: u64, value: u64) -> Figure {
    spread(unit, count, [value; 5])
}

/// Adds waits of one device to a cell. Each pair is the end of a wait and its duration.
pub(crate) fn wait(judged: &mut Judged, metric: &'static str, waits: &[(u64, u64)]) {
    let mut all = Distribution::default();
    waits.iter().for_each(|(_, value)| all.observe(*value));
    judged.cell.metrics.insert(metric.into(), all.figure(Unit::Ns));
    let one = |&(until, value): &(u64, u64)| Observation {
        value,
        device: 0,
        from: until.saturating_sub(value),
        until,
    };
    let mut tail: Vec<Observation> = waits.iter().map(one).collect();
    tail.sort_by_key(|one| Reverse(one.value));
    judged.tails.insert(metric.to_owned(), tail);
}

/// Sets figures of a cell. The unit is seconds if the metric's name ends with `time`, else a count.
pub(crate) fn set(cell: &mut CellRecord, figures: &[(&'static str, u64)]) {
    for (name, value) in figures {
        let figure = match name.ends_with("time") {
            true => Figure::Value { unit: Unit::Ns, value: value * 1_000_000_000 },
            false => Figure::Value { unit: Unit::Count, value: *value },
        };
        cell.metrics.insert((*name).into(), figure);
    }
}

/// The text of a record in its file format. Tests change a record and read it again.
pub(crate) fn written(record: &RunRecord) -> String {
    let mut record = record.clone();
    record.figures = FiguresRecord::of(record.cells.iter().map(|cell| &cell.metrics));
    record.to_json()
}

/// Makes a cell fail because it lost a row.
pub(crate) fn lose(cell: &mut CellRecord) {
    cell.verdict = Verdict::Fail;
    cell.reasons.push(Reason::Violation { check: "lost".to_owned() });
}

/// An outcome in which device d17 lost `rows` rows.
pub(crate) fn lost(rows: u64) -> Outcome {
    let mut outcome = outcome();
    outcome.figures.insert("oracle.lost.rows".to_owned(), Figure::Value { unit: Unit::Rows, value: rows });
    outcome.violations = (0..rows.min(VIOLATIONS_KEPT as u64)).map(|n| found("lost", n)).collect();
    outcome.violations.push(Violation { record: None, ..found("divergent", 0) });
    outcome.digest = format!("lost{rows}");
    outcome
}

/// A violation of `check` on device d17 and its `n`th record.
pub(crate) fn found(check: &'static str, n: u64) -> Violation {
    Violation {
        check,
        device: Some(DeviceId(17)),
        record: Some((EntityId(0), Key::new(&format!("k{n}")))),
        beside: None,
        text: format!("d17 never got k{n}"),
    }
}

/// A gate (limit on a figure) on a percentile: at most `max`.
pub(crate) fn gate(metric: &str, stat: &str, max: u64) -> Gate {
    Gate {
        name: "usable".to_owned(),
        metric: metric.to_owned(),
        stat: stat.to_owned(),
        start: None,
        bound: Bound { min: None, max: Some(max) },
    }
}

/// A setting of a search, with its cost relative to the best setting, in millionths.
pub(crate) fn point(value: &str, cost_ppm: u64, names: &[&str]) -> PointTuned {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let figure = Some(100_000_000_000 / cost_ppm);
    let cost_ppm = Some(cost_ppm);
    PointTuned { value: value.to_owned(), names, seeds: 8, figure, cost_ppm, ..PointTuned::default() }
}

/// The result of a search.
pub(crate) fn tuned() -> TuneRecord {
    let key = "engine.pull.chunk_rows".to_owned();
    let lossy = PointTuned { trouble: Some("lost (1 row): d1".to_owned()), ..point("8192", 900_000, &[]) };
    let knob = KnobTuned {
        key: key.clone(),
        best: "1024".to_owned(),
        between: Some([Some("512".to_owned()), None]),
        flat: ["700".to_owned(), "1500".to_owned()],
        points: vec![
            point("64", 3_000_000, &[]),
            point("100", 2_000_000, &["PouchDB", "Datasync"]),
            point("500", 1_053_000, &["yours", "Volt MX"]),
            PointTuned { noise_ppm: Some(25_000), ..point("512", 1_050_000, &["half the best value"]) },
            point("1024", 1_000_000, &[]),
            lossy,
        ],
        reach: None,
        whole: false,
        limits: vec!["below 1 024, round trips".to_owned()],
        luck: None,
        closed_form_rows: None,
    };
    let place = PlaceTuned {
        name: "low edge".to_owned(),
        axes: [("fleet.phones.link".to_owned(), "edge".into())].into(),
        complete: true,
        best: Some([(key.clone(), "1024".to_owned())].into()),
        figure: Some(100_000),
        knobs: vec![knob],
        present: Some(point("500", 1_053_000, &[])),
        ..PlaceTuned::default()
    };
    let none = PlaceTuned {
        name: "low geo".to_owned(),
        best: None,
        trouble: Some("stuck: d1".to_owned()),
        knobs: Vec::new(),
        ..place.clone()
    };
    TuneRecord {
        metric: "engine.rows.rate".to_owned(),
        unit: Unit::MilliRowsPerSecond,
        better: "higher".to_owned(),
        given: ["--knob", "engine.pull.chunk_rows=64..8192", "--link", "edge,geo"]
            .map(str::to_owned)
            .to_vec(),
        knobs: vec![key],
        across: vec!["fleet.phones.link".to_owned()],
        seeds: (1..=8).map(|seed| seed.to_string()).collect(),
        limits: vec![LimitRecord {
            name: "foreground".to_owned(),
            metric: "device.query.duration".to_owned(),
            stat: "p99".to_owned(),
            max: 100_000_000,
            given: true,
            unmeasured: false,
        }],
        cells: CellsTuned { search: 50, beside: 30, full_grid: 200 },
        places: vec![place, none],
        herd: Vec::new(),
    }
}
