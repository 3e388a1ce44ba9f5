//! Tests of rows from a CSV.

use super::super::{Document, Request};
use super::{Plan, stacks};
use crate::base::Value;

pub(super) const SCENARIO: &str = r#"
name = "own"
start = "2026-03-02T00:00:00+01:00"
[entity.task]
rows = { csv = "tasks.csv", key = "nr", updated_at = "changed" }
[fleet.phones]
devices = 2
"#;

pub(super) const TASKS: &str = "nr,title,due,done,hours,zip,changed\n\
    t1,\"Fix, then test\",2026-03-01,true,1.5,00100,2026-02-28 10:00:00\n\
    t2,Paint,2026-03-02,false,2,12345,2026-02-28T09:00:00Z\n\
    t3,,2026-03-04T12:00:00+01:00,,3,10000,2026-03-01\n";

pub(super) fn result(scenario: &str, csv: &str) -> Result<Plan, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tasks.csv"), csv).unwrap();
    let path = dir.path().join("own.toml");
    let document = Document::of_file(&path, scenario).unwrap();
    let plans = document.plans(&Request::default(), &stacks());
    // Messages contain the path of the temporary folder, which differs in each run.
    let here = format!("{}/", dir.path().display());
    plans.map(|mut plans| plans.remove(0)).map_err(|invalid| invalid.to_string().replace(&here, "@"))
}

fn complaint(scenario: &str, csv: &str) -> String {
    result(scenario, csv).map(|p| p.source.digest.clone()).expect_err("this is wrong")
}

#[test]
fn a_header_of_too_many_columns_is_refused_before_anything_is_read_below_it() {
    let wide = |columns: usize| {
        let names: String = (0..columns).map(|n| format!(",c{n}")).collect();
        format!("nr,changed{names}\nt1,2026-03-01{}\n", ",1".repeat(columns))
    };
    let said = complaint(SCENARIO, &(wide(100_000) + "and cells are missing here\n"));
    assert!(said.starts_with("error: tasks.csv has 100002 columns\n --> @own.toml:5:"), "{said:.1000}");
    assert!(said.contains(" 1000 ") && said.contains("`entity.task.schema`"), "{said:.1000}");
    assert!(said.len() < 1_000 && said.matches("error: ").count() == 1, "{said:.1000}");
    result(SCENARIO, &wide(999)).unwrap();
    complaint(SCENARIO, &wide(1_000));
    let some = SCENARIO.replace("[fleet", "schema = { nr = \"text key\", c7 = \"int\" }\n[fleet");
    let plan = result(&some, &wide(100_000)).unwrap();
    assert_eq!(plan.data[0].given.as_ref().unwrap()[0].values, [Value::Int(1)]);
}

#[test]
fn the_digest_covers_the_rows() {
    let digest = |csv: &str| result(SCENARIO, csv).unwrap().source.digest.clone();
    assert_ne!(digest(TASKS), digest(&TASKS.replace("Paint", "Print")));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = TASKS.replace("Paint", "Pa#int").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|b| if b == b'#' { 0xE9 } else { b }).collect();
    std::fs::write(dir.path().join("tasks.csv"), bytes).unwrap();
    let document = Document::parse("own.toml", SCENARIO).unwrap().beside(dir.path());
    let said = document.plans(&Request::default(), &stacks()).unwrap_err().to_string();
    assert!(said.contains(" 0xE9") && said.contains("tasks.csv:3:6"), "{said}");
}

/// CSV rows. A device holds the rows of its clinic within a window of days.
pub(super) const OWN: &str = r#"
name = "own"
start = "2026-03-02T00:00:00+01:00"
[entity.visit]
rows = { csv = "tasks.csv", key = "nr" }
schema = { nr = "text key", clinic = "text", at = "timestamp" }
scope = { clinic = "device.clinic", at = "-7d..7d" }
[fleet.phones]
devices = 4
attributes = { clinic = 2 }
"#;

pub(super) const ROWS: &str =
    "nr,clinic,at\nv1,north,2026-03-02\nv2,south,2026-03-03\nv3,south,2026-03-03\nv4,clinic-1,2026-03-03\n";

#[test]
fn a_type_is_inferred_of_cells_that_no_text_holds() {
    let plan = result(SCENARIO, &TASKS.replace("Paint", &"x".repeat(1_100_000))).unwrap();
    assert!(
        plan.source.notes[0].contains("title = \"long-text 550007B..1100000B null 0%\""),
        "{:?}",
        plan.source.notes
    );
}
