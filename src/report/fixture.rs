//! Plans and outcomes made by hand, for the tests of this room and of those below.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time};
use crate::contract::{Delivery, Entity, Schema};
use crate::metrics::{Figure, Figures, Sample, Unit};
use crate::oracle::Violation;
use crate::scenario::{Bound, Expect, Gate, Plan};
use crate::world::{Ending, Outcome};

/// A small plan of scenario `ties`.
pub(crate) fn plan(variant: Option<&str>, seed: u64) -> Plan {
    let entity = Entity {
        name: "appointment".to_owned(),
        key: "id".to_owned(),
        columns: Vec::new(),
        projection: Vec::new(),
        scope: Vec::new(),
        delivery: Delivery::Delta,
        unique: Vec::new(),
    };
    let digest = format!("d0{}", variant.map_or(0, str::len));
    Plan {
        scenario: "ties".to_owned(),
        path: "scenarios/ties.toml".to_owned(),
        resolved: format!("name = \"ties\"\nduration = \"1h\"\n\n[backend]\nseed = \"{digest}\"\n").into(),
        digest,
        variant: variant.map(str::to_owned),
        axes: BTreeMap::new(),
        seed: Seed(seed),
        start: Stamp(0),
        utc_offset: 3_600,
        duration: Span::secs(3_600),
        drain: Span::secs(600),
        schema: Arc::new(Schema { entities: vec![entity] }),
        data: Arc::default(),
        attributes: Vec::new(),
        units: Arc::from([]),
        backend: crate::backend::Options::default(),
        gateway: crate::gateway::Options::default(),
        fleets: Vec::new(),
        engine_name: "builtin".to_owned(),
        engine: crate::engine::Options::default(),
        store: crate::store::Options::default(),
        workload: crate::workload::Options::default(),
        events: Vec::new(),
        chaos: None,
        expect: Expect::default(),
        gates: Vec::new(),
        baseline_metrics: Vec::new(),
        files: Vec::new(),
        notes: Vec::new(),
    }
}

/// An outcome in which all is well.
pub(crate) fn outcome() -> Outcome {
    let figures = Figures::from([
        ("oracle.lost.rows".to_owned(), Figure::Value { unit: Unit::Rows, value: 0 }),
        ("engine.requests.count".to_owned(), Figure::Value { unit: Unit::Count, value: 12_345 }),
        ("engine.session.duration".to_owned(), durations(40, 1_240_000_000)),
        ("engine.session.duration@1d".to_owned(), durations(30, 900_000_000)),
        ("engine.idle.duration".to_owned(), durations(0, 0)),
    ]);
    Outcome {
        digest: "0123456789abcdef".to_owned(),
        ending: Ending::Drained,
        ended_at: Time(3_660_000_000_000),
        script: Span::secs(3_600),
        drained_in: Span::secs(60),
        figures,
        violations: Vec::new(),
        series: vec![Sample { at_ns: 60_000_000_000, series: "online", value: 7 }],
        faults: vec![(Time(5), "kill d3".to_owned())],
        events: 99,
    }
}

/// A distribution around `p50`.
pub(crate) fn durations(count: u64, p50: u64) -> Figure {
    let (p95, p99, max) = (p50 * 2, p50 * 3, p50 * 4);
    Figure::Distribution { unit: Unit::Ns, count, min: p50 / 2, p50, p95, p99, max }
}

/// The outcome with rows of d17 lost.
pub(crate) fn lost(rows: u64) -> Outcome {
    let mut outcome = outcome();
    outcome.figures.insert("oracle.lost.rows".to_owned(), Figure::Value { unit: Unit::Rows, value: rows });
    outcome.violations = (0..rows.min(Outcome::VIOLATIONS_KEPT as u64)).map(|n| found("lost", n)).collect();
    outcome.violations.push(Violation { record: None, ..found("divergent", 0) });
    outcome.digest = format!("lost{rows}");
    outcome
}

/// A violation on d17 and its `n`th record.
pub(crate) fn found(check: &'static str, n: u64) -> Violation {
    Violation {
        check,
        device: Some(DeviceId(17)),
        record: Some((EntityId(0), Key::new(&format!("k{n}")))),
        text: format!("d17 never got k{n}"),
    }
}

/// A gate on a percentile.
pub(crate) fn gate(metric: &str, stat: &str, max: u64) -> Gate {
    Gate {
        name: "usable".to_owned(),
        metric: metric.to_owned(),
        stat: stat.to_owned(),
        start: None,
        bound: Bound { min: None, max: Some(max) },
    }
}
