//! What is said of scenarios that no memory holds: before anything is made, with the key that asks
//! for the most.

use super::{MINIMAL, complaint, plan, with_sets};
use crate::base::words::thousands;

#[test]
fn rows_that_no_memory_holds_are_refused_with_an_estimate() {
    let most = format!("at most {}", thousands(100_000_000));
    let said = complaint(MINIMAL, &["entity.note.rows=1000000000"]);
    let title = format!("{} rows would take some 351 GB", thousands(1_000_000_000));
    assert!(said.contains(&title) && said.contains(&most) && said.contains(" --> --set:1:"), "{said}");
    let import = "event.e={ at = \"+1s\", bulk_import = { entity = \"note\", rows = 10 } }";
    let said = complaint(MINIMAL, &["entity.note.rows=99999991", import]);
    assert!(said.contains(&thousands(100_000_001)) && said.contains(&most), "{said}");
}

#[test]
fn wide_rows_and_rows_of_imports_take_more_memory() {
    let columns: String = (0..20).map(|i| format!("c{i} = \"text\", ")).collect();
    let text = format!(
        "name = \"wide\"\n[entity.wide]\nschema = {{ id = \"uuid key\", {columns} }}\n[fleet.p]\ndevices = 1\n"
    );
    let import = |name: &str, rows: u64| {
        format!("event.{name}={{ at = \"+1s\", bulk_import = {{ entity = \"wide\", rows = {rows} }} }}")
    };
    let (one, other) = (import("one", 4_000_000), import("other", 5_000_000));
    let said = complaint(&text, &[&one, &other]);
    assert!(
        said.contains("would take some 20 GB") && said.contains("at most") && said.contains("16 GB"),
        "{said}"
    );
    assert!(said.contains("other={"), "the larger one is shown:\n{said}");
    with_sets(&text, &[&one]);
    assert!(complaint(&text, &["entity.wide.rows=10000000"]).contains("would take some 17 GB"));
    with_sets(&text, &["entity.wide.rows=5000000"]);
}

#[test]
fn weather_that_no_memory_holds_is_refused_at_its_period() {
    let gaps = |mtbf: &str| {
        format!(
            "{MINIMAL}link = \"mine\"\n[link.mine]\nrtt = \"80ms\"\ndown = \"5Mbit/s\"\nup = \"1Mbit/s\"\n\
             gaps = {{ mtbf = \"{mtbf}\", mean = \"1ms\" }}\n"
        )
    };
    let moving = format!("{MINIMAL}link = {{ edge = 0.5, geo = 0.5 }}\nmoves = \"1s\"\n");
    let uneven = format!("{MINIMAL}link = {{ edge = 0.999998, geo = 0.000002 }}\nmoves = \"1s\"\n");
    let flap = "event.e={ at = \"+1m\", flap = { every = \"1ms\", for = \"8m\" } }";
    let radio = "link.edge.radio_changes={ mtbf = \"2ms\", takes = \"1ms\" }";
    let away = "event.e={ at = \"+1m\", network_change = { link = \"edge\", for = \"1m\" } }";
    let many = "fleet.phones.devices=1000000";
    for (text, sets, place) in [
        (gaps("2ms"), &["duration=\"300d\""][..], "test.toml:14:17"),
        (moving.clone(), &["duration=\"300d\""], "test.toml:10:9"),
        (uneven, &["duration=\"1d\""], "test.toml:10:9"),
        (moving, &["fleet.phones.devices=500000"], "test.toml:10:9"),
        (MINIMAL.to_owned(), &[many, flap], "--set:1:"),
        (MINIMAL.to_owned(), &[many, radio, away], "--set:1:"),
        // A link of the library with a gap each 45 s.
        (MINIMAL.to_owned(), &[many, "fleet.phones.link=lte-driving", "duration=\"10d\""], "--set:1:"),
    ] {
        let said = complaint(&text, sets);
        let most = format!("at most {} are drawn", thousands(100_000_000));
        for part in ["moves and interruptions of links would be drawn", place, &most] {
            assert!(said.contains(part), "{sets:?} should say {part}:\n{said}");
        }
    }
    plan(&gaps("2s"));
}

#[test]
fn a_script_that_no_memory_holds_is_refused_at_its_largest_part() {
    let action = "[action.a]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 1\n";
    let text = format!("{MINIMAL}{action}");
    let burst = "event.e={ at = \"+1m\", edits = { action = \"a\", count = 1000000 } }";
    let asks = "workload.foreground={ stay = \"90d\", queries = 1000 }";
    let opens = "workload.opens={ entity = \"note\", per_day = 100000 }";
    for (sets, what) in [
        (&["action.a.per_device=1000000", "fleet.phones.devices=100"][..], "edits and openings"),
        (&[burst, "fleet.phones.devices=21"], "edits and openings"),
        (&[opens, "fleet.phones.devices=201"], "edits and openings"),
        (&["fleet.phones.devices=100", "duration=\"3660d\""], "times of an app in the foreground"),
        (&["fleet.phones.devices=20000", "duration=\"30d\""], "times of an app in the foreground"),
        (&[asks, "fleet.phones.devices=1", "duration=\"13d\""], "queries of people"),
    ] {
        let said = complaint(&text, sets);
        assert!(said.contains(what) && said.contains("would be drawn"), "{sets:?}:\n{said}");
    }
    with_sets(&text, &[asks, "fleet.phones.devices=1", "duration=\"11d\""]);
    with_sets(&text, &["fleet.phones.devices=50000", "duration=\"1d\""]);
}

#[test]
fn devices_of_all_fleets_are_counted_together() {
    let fleets: String = (0..5_000).map(|i| format!("[fleet.f{i}]\ndevices = 1000000\n")).collect();
    let chaos = "[chaos]\nkill_mtbf = \"1h\"\n";
    let said = complaint(&format!("{MINIMAL}{fleets}{chaos}"), &[]);
    assert!(said.contains("devices, and there are at most"), "{said}");
}

#[test]
fn more_values_of_an_attribute_than_there_may_be_are_refused_before_they_are_named() {
    let many = "fleet.phones.attributes={ ward = 1000000000 }";
    let other = "fleet.more={ devices = 1, attributes = { ward = 2 } }";
    let said = complaint(MINIMAL, &[many, other]);
    assert!(said.contains("`fleet.phones.attributes.ward` is wrong"), "{said}");
    assert!(!said.contains("elsewhere"), "{said}");
}
