//! Variants, settings, axes, devices, events.

use std::collections::BTreeMap;

use super::super::{Bound, HOSPITAL_DAY, Happening, Request, Who};
use super::{MINIMAL, plan, plans, with_sets};
use crate::backend::Numbered;
use crate::base::{Ppm, Span, Stamp, Time, Value};
use crate::contract::{Delivery, ScopeRule, Trigger};
use crate::gateway::{Capture, FlagPer};
use crate::net::OutageMode;
use crate::net::tcp::Tls;

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
set = {{ \"engine.pull.chunk_rows\" = 1000 }}
expect = {{ violation = \"lost\", \"oracle.lost.rows\" = {{ min = 1 }} }}
[variant.tiny]
set = {{ \"engine.pull.chunk_rows\" = 1, \"event.tunnel\" = {{ kill = {{}} }} }}
"
    );
    let both = plans(&text, &Request::default());
    let names: Vec<_> = both.iter().map(|p| p.variant.as_deref()).collect();
    assert_eq!(names, [Some("big"), Some("tiny")], "the base alone is no cell");
    assert_eq!(both[0].engine.pull.chunk_rows, 1_000);
    assert_eq!(both[1].engine.pull.chunk_rows, 1);
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
fn a_variant_may_bring_a_table_of_its_own() {
    let text = format!(
        "{TUNNEL}
[variant.worse.set]
\"event.again\" = {{ at = \"11:00\", outage = {{ for = \"1m\" }} }}
"
    );
    assert_eq!(plan(&text).events.len(), 3);
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
fn setting_one_key_leaves_its_neighbours_and_setting_shares_replaces_them() {
    let plan = with_sets(
        TUNNEL,
        &[
            "engine.retry={ base = \"2s\" }",
            "fleet.phones.link={ edge = 0.5, geo = 0.5 }",
            "event.tunnel.at=\"11:00\"",
        ],
    );
    assert_eq!(plan.engine.retry.base, Span::secs(2));
    assert_eq!(plan.engine.retry.cap, Span::secs(300));
    let links: Vec<_> = plan.fleets[0].links.iter().map(|(l, n)| (l.name.as_str(), *n)).collect();
    assert_eq!(links, [("edge", 4), ("geo", 4)]);
    assert_eq!(plan.events[1].at, Time::ZERO + Span::secs(5 * 3_600));
}

#[test]
fn a_setting_of_another_kind_replaces_the_kind() {
    let plan = with_sets(TUNNEL, &["event.tunnel.kill.point=\"pull.chunk-applied\""]);
    let Happening::Kill(Some((point, nth))) = &plan.events[1].what else {
        panic!("{:?}", plan.events[1].what)
    };
    assert_eq!((point.as_str(), *nth), ("pull.chunk-applied", 1));
}

#[test]
fn a_word_that_looks_like_a_number_needs_no_quotes_on_a_command_line() {
    for tls in ["1.2", "\"1.2\"", "1.3", "none"] {
        let plan = with_sets(TUNNEL, &[&format!("transport.tls={tls}")]);
        let expected = if tls == "none" {
            Tls::None
        } else if tls == "1.3" {
            Tls::V13
        } else {
            Tls::V12
        };
        assert_eq!(plan.transport.handshake.tls, expected, "{tls}");
    }
}

#[test]
fn clock_times_scopes_and_events_are_anchored_at_the_start_day() {
    let plan = plan(TUNNEL);
    assert_eq!(plan.utc_offset, 3_600);
    let midnight = Stamp(1_772_406_000_000_000);
    assert_eq!(plan.start, midnight.plus(Span::secs(6 * 3_600)));
    let note = &plan.schema.entities[0];
    let day = 86_400_000_000;
    assert_eq!(
        note.scope,
        [
            ScopeRule::Window {
                column: 0,
                from: Stamp(midnight.0 - 7 * day),
                until: Stamp(midnight.0 + 28 * day)
            },
            ScopeRule::Attribute { column: 1, attribute: 0 },
        ]
    );
    assert_eq!(plan.data[0].columns[1], crate::workload::Maker::Attribute(0));
    let [cut, tunnel] = &plan.events[..] else { panic!("two events") };
    assert_eq!((cut.name.as_str(), cut.at), ("cut", Time::ZERO + Span::secs(7_200)));
    assert_eq!(cut.who, Who::Devices(vec![crate::base::DeviceId(3), crate::base::DeviceId(4)]));
    assert_eq!((tunnel.name.as_str(), tunnel.at), ("tunnel", Time::ZERO + Span::secs(4 * 3_600 + 600)));
    assert_eq!(tunnel.who, Who::Share(Ppm(500_000)));
    assert_eq!((&tunnel.what, tunnel.length), (&Happening::Outage(OutageMode::Drop), Span::secs(420)));
}

#[test]
fn entities_stand_parents_first_and_delivery_is_kept() {
    let plan = plan(HOSPITAL_DAY);
    let names: Vec<&str> = plan.schema.entities.iter().map(|e| e.name.as_str()).collect();
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
    assert!(
        at("doctor") < at("appointment")
            && at("patient") < at("appointment")
            && at("appointment") < at("note")
    );
    assert_eq!(plan.schema.entities[at("patient")].delivery, Delivery::BackendOnly);
    assert!(matches!(plan.schema.entities[at("note")].delivery, Delivery::OnOpen { by: 0 }));
    let online = plan.units.iter().find(|u| u.name == "Online").unwrap();
    assert_eq!(online.on, [Trigger::Online, Trigger::Resume, Trigger::Every(Span::secs(300))]);
    assert_eq!(online.pull.len(), 4, "neither patients nor notes");
    assert_eq!(online.push.len(), 5, "not patients");
}

#[test]
fn every_device_of_the_hospital_is_dealt_exactly() {
    let plan = plan(HOSPITAL_DAY);
    let devices = plan.devices();
    assert_eq!(devices.len(), 200);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for device in &devices {
        for part in [&device.class.name, &device.link.name, &device.start.name] {
            *counts.entry(part.clone()).or_default() += 1;
        }
    }
    let count = |name: &str| counts[name];
    assert_eq!((count("low"), count("mid"), count("flagship")), (50, 120, 30));
    assert_eq!((count("wifi-good"), count("wifi-congested"), count("lte-good")), (120, 44, 22));
    assert_eq!((count("lte-poor"), count("3g-hspa")), (10, 4));
    assert_eq!((count("empty"), count("1d"), count("3d"), count("35d")), (20, 130, 40, 10));
    for clinic in devices.chunks(8) {
        assert!(clinic.iter().all(|d| d.attributes == clinic[0].attributes), "a clinic is a block");
        let with_role = |role: &str| clinic.iter().filter(|d| d.role == role).count();
        assert_eq!((with_role("doctor"), with_role("nurse"), with_role("secretary")), (4, 2, 2));
    }
    assert_eq!(devices[0].attributes, [Value::text("clinic-01")]);
    assert_eq!(devices[199].attributes, [Value::text("clinic-25")]);
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

#[test]
fn a_nightly_window_comes_again_every_night() {
    let text = format!(
        "{MINIMAL}\n[backend.maintenance]\nnight = {{ from = \"02:00\", for = \"1h\" }}\nlate = {{ from = \"03:00\", for = \"30m\" }}\n\
         once = {{ from = \"+1h\", for = \"5m\" }}\n"
    );
    let plan = with_sets(&text, &["duration=\"48h\"", "drain=\"1s\""]);
    let hour = 3_600;
    let at = |s: u64| Time::ZERO + Span::secs(s);
    // The script starts at 08:00; windows that touch are one.
    assert_eq!(
        plan.backend.down,
        [
            (at(hour), at(hour + 300)),
            (at(18 * hour), at(19 * hour + 1_800)),
            (at(42 * hour), at(43 * hour + 1_800)),
        ]
    );
}

#[test]
fn a_window_has_a_zone_of_its_own_with_its_daylight_saving_and_its_days() {
    // Monday 00:00 in Berlin, three weeks before the clocks go on there, and one before New York's
    // do.
    let text = format!(
        "start = \"2026-03-02T00:00:00+01:00\"\nduration = \"28d\"\ndrain = \"1s\"\n{MINIMAL}\n\
         [backend]\nmaintenance.weekly = {{ from = \"22:00\", for = \"4h\", zone = \"America/New_York\", days = [\"sat\"] }}\n\
         busy = {{ from = \"20:00\", until = \"01:00\", factor = 2.5, days = [\"sun\"] }}\n"
    );
    let plan = plan(&text);
    let hours: Vec<u64> = plan.backend.down.iter().map(|(from, _)| from.0 / 3_600_000_000_000).collect();
    // Saturday 22:00 is Sunday 04:00 in Berlin, and 03:00 while only New York has summer time.
    let day = 24;
    assert_eq!(hours, [6 * day + 4, 13 * day + 3, 20 * day + 3, 27 * day + 3]);
    let busy = plan.backend.busy.as_ref().unwrap();
    assert_eq!(busy.factor_milli, 2_500);
    let first = busy.hours[0];
    assert_eq!(first, (Time::ZERO, Time::ZERO + Span::secs(3_600)), "Sunday's has an hour left at the start");
    assert_eq!(busy.hours.len(), 5);
}

#[test]
fn a_profile_brings_a_quota_and_a_leg_the_rates_of_a_link() {
    let text = format!(
        "{MINIMAL}\n[backend]\nprofile = \"dataverse\"\nquota.requests = 60\n[gateway]\nbackend_link = {{ link = \"lte-good\", rtt = \"9ms\" }}\n"
    );
    let plan = plan(&text);
    let quota = plan.backend.quota.as_ref().unwrap();
    let window = quota.window.unwrap();
    assert_eq!((window.requests, window.per, quota.concurrent), (Some(60), Span::secs(300), Some(52)));
    let backend_link = plan.gateway.backend_link.as_ref().unwrap();
    assert_eq!((backend_link.rtt, backend_link.down.unwrap().0), (Span::millis(9), 20_000_000));
}

#[test]
fn an_attribute_that_only_a_scope_names_has_a_value_for_each_eight_devices() {
    let text = "name = \"x\"\n[entity.visit]\nschema = { id = \"uuid key\", clinic = \"text\", title = \"text\" }\n\
                scope = { clinic = \"device.clinic\" }\n[fleet.phones]\ndevices = 20\n";
    assert_eq!(plan(text).attributes[0].values.len(), 3);
    let said = plan(&text.replace("devices = 20", "devices = 20\nattributes = { clinic = 5 }"));
    assert_eq!(said.attributes[0].values.len(), 5);
}

#[test]
fn an_axis_may_begin_with_what_changes_nothing() {
    let clock = format!("{MINIMAL}clock = {{ drift = \"0ppm\" }}\n");
    for offset in ["0s", "1m", "-1h"] {
        with_sets(&clock, &[&format!("fleet.phones.clock.offset=\"{offset}\"")]);
    }
    for (event, none, some) in [
        ("outage = { for = \"1m\" }", "outage.for=\"0s\"", "outage.for=\"2m\""),
        ("backend_down = { for = \"1m\" }", "backend_down.for=\"0s\"", "backend_down.for=\"2m\""),
        ("clock_step = { by = \"1m\" }", "clock_step.by=\"0s\"", "clock_step.by=\"-2m\""),
        ("slow_disk = { for = \"1m\" }", "slow_disk.factor=1", "slow_disk.factor=2"),
    ] {
        let text = format!("{MINIMAL}\n[event.e]\nat = \"+1m\"\n{event}\n");
        let without = with_sets(&text, &[&format!("event.e.{none}")]);
        assert!(without.events.is_empty() && without.warnings.is_empty(), "{none}: {:?}", without.warnings);
        assert_eq!(with_sets(&text, &[&format!("event.e.{some}")]).events.len(), 1, "{some}");
    }
    let tailed = format!(
        "{MINIMAL}link = \"l\"\n[link.l]\nrtt = \"20ms\"\nup = \"1Mbit/s\"\ndown = \"1Mbit/s\"\njitter = \"2ms\"\n\
         jitter_tail = {{ share = 0.1, from = \"9ms\", alpha = 2 }}\n"
    );
    let tail = |jitter: &str| {
        let plan = with_sets(&tailed, &[&format!("link.l.jitter=\"{jitter}\"")]);
        plan.fleets[0].links[0].0.jitter.tail.is_some()
    };
    assert!(!tail("0s") && tail("5ms"));
}

#[test]
fn a_login_that_nobody_wrote_comes_on_the_day_on_which_people_begin() {
    let late = "start = \"2026-03-02T20:00:00+01:00\"\nduration = \"5h\"\n[workload]\nhours = { from = \"23:59\", until = \"+4h30m\" }";
    let plan = plan(&MINIMAL.replace("\n[entity.note]", &format!("\n{late}\n[entity.note]")));
    assert_eq!(plan.workload.logins[0].at, plan.workload.hours.0);
}

#[test]
fn the_backend_keeps_a_log_exactly_if_somebody_reads_it() {
    let of = |more: &str, capture: &str| {
        plan(&format!("{MINIMAL}\n{more}\n[gateway.serve]\ncapture = {{ {capture} }}\n"))
    };
    assert_eq!(of("", "last_modified = {}").backend.log, None);
    let log = of("[backend.log]\nnumbered = \"at-write\"", "change_log = { holes = \"skip\" }").backend.log;
    assert_eq!(log.expect("it is read").numbered, Numbered::AtWrite);
    let flag = of("", "flag = { per = \"all\" }");
    assert!(flag.backend.log.is_some());
    assert!(matches!(flag.gateway.serve, Capture::Flag(options) if options.per == FlagPer::All));
}
