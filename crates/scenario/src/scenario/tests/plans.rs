//! Tests of variants, settings, axes, devices and events.

use std::collections::BTreeMap;

use super::super::HOSPITAL_DAY;
use super::{plan, with_sets};

pub(super) const TUNNEL: &str = r#"
name = "tunnel"
start = "2026-03-02T06:00:00+01:00"
duration = "6h"
[entity.note]
schema = { id = "uuid key", clinic = "text", at = "timestamp", title = "text" }
scope = { clinic = "device.clinic", at = "-7d..28d" }
[fleet.phones]
devices = 8
attributes = { clinic = 2 }
[event.tunnel]
at = "10:10"
outage = { share = 0.5, for = "7m" }
[event.cut]
at = "+2h"
response_loss = { for = "1m", loss = "20%", devices = [3, 4] }
"#;

#[test]
fn entities_stand_parents_first_and_every_device_of_the_hospital_is_dealt_exactly() {
    let plan = plan(HOSPITAL_DAY);
    let devices = plan.devices();
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for device in &devices {
        let (class, link, start) = (&device.class.name, &device.link.name, &device.start.name);
        for part in [("class", &**class), ("link", link), ("start", start)] {
            *counts.entry(part).or_default() += 1;
        }
    }
    for clinic in devices.chunks(8) {
        assert!(clinic.iter().all(|d| d.attributes == clinic[0].attributes), "a clinic is a block");
        let with_role = |role: &str| clinic.iter().filter(|d| d.role == role).count();
        assert_eq!((with_role("doctor"), with_role("nurse"), with_role("secretary")), (4, 2, 2));
    }
    let ends = [0, 199].map(|device| &devices[device].attributes);
    let entities: Vec<_> = plan.schema.entities.iter().map(|e| (&e.name, &e.delivery)).collect();
    insta::assert_debug_snapshot!((entities, &plan.units, devices.len(), counts, ends));
}

#[test]
fn one_choice_moves_no_other_and_the_seed_moves_all() {
    let dealt = |sets: &[&str]| with_sets(HOSPITAL_DAY, sets).devices();
    let base = dealt(&[]);
    let other_links = dealt(&["fleet.phones.link=\"edge\""]);
    let same = |f: fn(&crate::setup::DevicePlan) -> &str, other: &[crate::setup::DevicePlan]| {
        base.iter().zip(other).all(|(a, b)| f(a) == f(b))
    };
    assert!(same(|d| &d.class.name, &other_links));
    assert!(same(|d| &d.start.name, &other_links));
    assert!(same(|d| &d.role, &other_links));
    let other_seed = dealt(&["seed=2"]);
    assert!(!same(|d| &d.class.name, &other_seed));
    assert!(!same(|d| &d.role, &other_seed));
}
