//! Tests of the checks on another system, to which an integration sends rows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::stage::Backend;
use crate::base::{EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{Capabilities, Column, ColumnKind, Entity, Schema};
use crate::oracle::Clock;
use crate::oracle::Holdings;
use crate::oracle::Labels;
use crate::oracle::Oracle;
use crate::oracle::OracleSetup;
use crate::oracle::Patience;
use crate::oracle::Verdict;

const ORDER: EntityId = EntityId(0);

/// Records with key and text, the keys of refused rows, and whether the system is at rest.
struct System(Vec<(&'static str, &'static str)>, &'static [&'static str], bool);

impl Holdings for System {
    fn entities(&self) -> &[EntityId] {
        &[ORDER]
    }
    fn for_each(&self, _: EntityId, f: &mut dyn FnMut(&Key, &[Value])) {
        self.0.iter().for_each(|(key, text)| f(&Key::new(key), &[Value::text(text)]));
    }
    fn refuses(&self, _: EntityId, key: &Key) -> bool {
        self.1.contains(&key.as_str())
    }
    fn unrest(&self) -> Option<String> {
        (!self.2).then(|| "it goes on".to_owned())
    }
}

/// The verdict for a backend with the orders `a` and `b`, both with the text `x`.
fn verdict(system: Option<&System>) -> Verdict {
    let order = Entity::new("order", vec![Column::new("text", ColumnKind::Text)]);
    let schema = Arc::new(Schema { entities: vec![order], ..Schema::default() });
    let row = |key: &str| ((ORDER, key.to_owned()), (Stamp(1), vec![Value::text("x")]));
    let backend = Backend { rows: BTreeMap::from(["a", "b"].map(row)) };
    let oracle = Oracle::new(OracleSetup {
        labels: Labels { schema, units: Arc::from([]), clock: Clock::default(), is_third_party: false },
        attributes: Vec::new(),
        durable: true,
        resets: false,
        patience: Patience::Stated { span: Span::secs(600), requests: 1 },
        capabilities: Capabilities::ALL,
        combined: Vec::new(),
        definition: Default::default(),
        initial: Rc::new(backend.clone()),
    });
    let mut inspection = oracle.begin_check(Time::ZERO, &backend, &|| false);
    system.into_iter().for_each(|system| inspection.check_destination(system));
    inspection.finish()
}

#[test]
fn each_check_of_a_destination_finds_its_own_fault() {
    let a = ("a", "x");
    for (records, refused, expected) in [
        (vec![a, ("b", "x")], &[][..], vec![]),
        (vec![a], &[], vec!["missing"]),
        (vec![a], &["b"], vec![]),
        (vec![a, ("b", "old")], &["b"], vec![]),
        (vec![a, ("b", "x"), ("c", "x")], &["c"], vec![]),
        (vec![a, ("b", "x"), a, a], &[], vec!["delivered-twice"; 2]),
        (vec![a, ("b", "old")], &[], vec!["outdated"]),
        (vec![a, ("b", "old"), ("b", "x")], &[], vec!["delivered-twice"]),
        (vec![a, ("b", "x"), ("c", "x")], &[], vec!["kept-deleted"]),
    ] {
        let verdict = verdict(Some(&System(records.clone(), refused, true)));
        let found: Vec<&str> = verdict.violations.iter().map(|violation| violation.check).collect();
        assert_eq!(found, expected, "{records:?}");
        let count = |name: &str| expected.iter().filter(|check| **check == name).count() as u64;
        for (check, metric) in [
            ("missing", "destination.missing.rows"),
            ("delivered-twice", "destination.delivered_twice.rows"),
            ("outdated", "destination.outdated.rows"),
            ("kept-deleted", "destination.kept_deleted.rows"),
        ] {
            assert_eq!(verdict.figures[metric], count(check), "{records:?}");
        }
        assert_eq!(verdict.figures["destination.refused.rows"], refused.len() as u64);
    }
}

#[test]
fn a_destination_that_does_not_come_to_rest_is_stuck() {
    let verdict = verdict(Some(&System(vec![("a", "x"), ("b", "x")], &[], false)));
    assert_eq!(verdict.violations.iter().map(|one| one.check).collect::<Vec<_>>(), ["stuck"]);
    assert_eq!(verdict.figures["oracle.stuck.devices"], 0, "it is no device");
}

#[test]
fn without_a_destination_nothing_is_said_of_one() {
    let verdict = verdict(None);
    assert!(verdict.figures.keys().all(|metric| !metric.starts_with("destination.")));
    let of_destination = BTreeSet::from(["missing", "delivered-twice", "outdated", "kept-deleted"]);
    assert!(verdict.untried.iter().chain(&verdict.not_applicable).all(|one| !of_destination.contains(one)));
}
