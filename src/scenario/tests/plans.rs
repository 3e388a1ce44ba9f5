//! Variants, settings, axes, devices, events.

use std::collections::BTreeMap;

use super::super::{Bound, HOSPITAL_DAY, Happening, Request};
use super::{MINIMAL, plan, plans, with_sets};

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
fn variants_differ_in_what_they_set_and_share_the_rest() {
    let text = format!(
        "{TUNNEL}
[expect]
\"oracle.lost.rows\" = 0
[variant.big]
set = {{ \"engine.pull.chunk_rows\" = 1000, \"event.again\" = {{ at = \"11:00\", outage = {{ for = \"1m\" }} }} }}
expect = {{ violation = \"lost\", \"oracle.lost.rows\" = {{ min = 1 }} }}
[variant.tiny]
set = {{ \"engine.pull.chunk_rows\" = 1, \"event.tunnel\" = {{ kill = {{}} }} }}
"
    );
    let both = plans(&text, &Request::default());
    let names: Vec<_> = both.iter().map(|p| p.variant.as_deref()).collect();
    assert_eq!(names, [Some("big"), Some("tiny")], "the base alone is no cell");
    assert_eq!((both[0].engine.pull.chunk_rows, both[0].events.len()), (1_000, 3), "one may bring a table");
    assert_eq!((both[1].engine.pull.chunk_rows, both[1].events.len()), (1, 2));
    assert_eq!(both[0].seed, both[1].seed);
    assert_eq!(both[0].expect.violations, ["lost"]);
    assert_eq!(both[0].expect.metrics["oracle.lost.rows"], Bound { min: Some(1), max: None });
    assert_eq!(both[1].expect.metrics["oracle.lost.rows"], Bound { min: Some(0), max: Some(0) });
    assert_ne!(both[0].digest, both[1].digest);
    assert!(matches!(both[1].events[1].what, Happening::Kill(_)), "another kind replaces the kind");

    let one = plans(&text, &Request { variants: vec!["tiny".to_owned()], ..Request::default() });
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].digest, both[1].digest);
}

#[test]
fn a_setting_wins_over_file_and_variant_and_an_axis_over_all() {
    let text = format!("{MINIMAL}\n[variant.v]\nset = {{ \"engine.pull.chunk_rows\" = 2 }}\n");
    assert_eq!(plan(&text).engine.pull.chunk_rows, 2);
    assert_eq!(with_sets(&text, &["engine.pull.chunk_rows=3"]).engine.pull.chunk_rows, 3);
    let request = Request {
        sets: vec!["engine.pull.chunk_rows=3".to_owned()],
        axes: vec![
            ("engine.pull.chunk_rows".to_owned(), vec!["4".to_owned(), "5".to_owned()]),
            ("fleet.phones.link".to_owned(), vec!["edge".to_owned(), "lte-good".to_owned()]),
        ],
        seeds: vec![1, 2],
        ..Request::default()
    };
    let cells = plans(&text, &request);
    assert_eq!(cells.len(), 8);
    let shown = |i: usize| {
        let p: &super::Plan = &cells[i];
        (p.engine.pull.chunk_rows, p.fleets[0].links[0].0.name.as_str(), p.seed.0)
    };
    assert_eq!(shown(0), (4, "edge", 1));
    assert_eq!(shown(1), (4, "edge", 2));
    assert_eq!(shown(2), (4, "lte-good", 1));
    assert_eq!(shown(7), (5, "lte-good", 2));
    assert_eq!(cells[2].axes["fleet.phones.link"], "lte-good");
}

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
    let same = |f: fn(&super::super::DevicePlan) -> &str, other: &[super::super::DevicePlan]| {
        base.iter().zip(other).all(|(a, b)| f(a) == f(b))
    };
    assert!(same(|d| &d.class.name, &other_links));
    assert!(same(|d| &d.start.name, &other_links));
    assert!(same(|d| &d.role, &other_links));
    let other_seed = dealt(&["seed=2"]);
    assert!(!same(|d| &d.class.name, &other_seed));
    assert!(!same(|d| &d.role, &other_seed));
}
