//! Plans and outcomes made by hand, for the tests of this room and of those below.

use crate::base::{DeviceId, EntityId, Key, Span, Time};
use crate::contract::Described;
use crate::metrics::{Figure, Figures, Sample, Unit};
use crate::oracle::Violation;
use crate::scenario::{Bound, Document, Gate, Names, Plan, Request};
use crate::world::{Ending, Outcome, Placed};

/// As short as a scenario can be.
pub(crate) const TIES: &str = r#"name = "ties"
start = "2026-03-02T00:00:00+01:00"
duration = "1h"

[entity.appointment]
schema = { id = "uuid key", status = "text" }
rows = 20

[fleet.phones]
devices = 3
"#;

/// A small plan of scenario `ties`; each variant has a digest of its own.
pub(crate) fn plan(variant: Option<&str>, seed: u64) -> Plan {
    let names = Names { metrics: &[], checks: &[], stacks: &[Described::builtin("builtin")] };
    let request = Request { seeds: vec![seed], ..Request::default() };
    let document = Document::parse("scenarios/ties.toml", TIES).unwrap();
    let plan = document.plans(&request, &names).unwrap_or_else(|e| panic!("{e}")).remove(0);
    let digest = format!("d0{}", variant.map_or(0, str::len));
    let resolved = format!("name = \"ties\"\nduration = \"1h\"\n\n[backend]\nseed = \"{digest}\"\n");
    Plan { variant: variant.map(str::to_owned), digest, resolved: resolved.into(), ..plan }
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
        figures_digest: "fedcba9876543210".to_owned(),
        content: String::new(),
        ending: Ending::Drained,
        ended_at: Time(3_660_000_000_000),
        script: Span::secs(3_600),
        drained_in: Span::secs(60),
        figures,
        violations: Vec::new(),
        eventful: Vec::new(),
        miscounted: Vec::new(),
        taken_back: None,
        shelved: None,
        not_applicable: Vec::new(),
        untried: Vec::new(),
        series: vec![Sample { at_ns: 60_000_000_000, series: "device.online.count", value: 7 }],
        distributions: Vec::new(),
        faults: vec![(Time(5), "kill d3".to_owned())],
        missed: Vec::new(),
        in_vain: Vec::new(),
        is_silent: false,
        is_still: false,
        placed: Placed::default(),
        events: 99,
    }
}

/// A distribution around `p50`.
pub(crate) fn durations(count: u64, p50: u64) -> Figure {
    let (p95, p99, max) = (p50 * 2, p50 * 3, p50 * 4);
    Figure::Distribution { unit: Unit::Ns, count, min: p50 / 2, p50, p95, p99, max, mean: None }
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
        beside: None,
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
