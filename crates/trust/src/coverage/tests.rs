//! Tests the table with a hand-made record, and the page with a folder of scenarios that are run.

use syncdyno::record::{CellRecord, ClaimRecord, FiguresRecord};
use syncdyno_oracle::metrics::{Figure, Unit};

use super::*;

fn cell(path: &str, variant: Option<&str>, verdict: Verdict) -> CellRecord {
    let id = format!("{path}{}", variant.unwrap_or_default());
    CellRecord {
        id,
        path: path.to_owned(),
        variant: variant.map(str::to_owned),
        verdict,
        ..CellRecord::default()
    }
}

#[test]
fn coverage_has_a_line_for_each_requirement() {
    let claim = ClaimRecord {
        id: "R24".to_owned(),
        fails: "s/ties.tomllost".to_owned(),
        mends: "s/ties.tomlfine".to_owned(),
        metric: "oracle.lost.rows".to_owned(),
        min: None,
        max: None,
        factor_milli: None,
        fails_value: Some(2),
        mends_value: Some(0),
        pass: true,
    };
    let mut fine = cell("s/ties.toml", Some("fine"), Verdict::Pass);
    fine.metrics.insert("oracle.lost.rows".into(), Figure::number(Unit::Rows, 0));
    let record = RunRecord {
        cells: vec![
            cell("s/in/other.toml", None, Verdict::Pass),
            cell("s/slow.toml", None, Verdict::Fail),
            cell("s/ties.toml", Some("lost"), Verdict::Pass),
            fine,
        ],
        claims: vec![claim],
        figures: FiguresRecord::known(),
        ..RunRecord::default()
    };
    let covered = [("in/other", &["R24"][..]), ("slow", &["R9", "F7"]), ("ties", &["R24", "R9"])];
    let covered = covered.map(|(name, ids)| Covered {
        name: name.to_owned(),
        path: format!("s/{name}.toml"),
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    });
    let table = table::coverage(&covered, &record);
    let rows = table.lines().filter(|line| line.starts_with("| R") || line.starts_with("| W"));
    assert_eq!(rows.count(), 118);
    let not_all = |line: &&str| !line.ends_with("| not yet there |") || line.starts_with("| F8 ");
    insta::assert_snapshot!(table.lines().filter(not_all).collect::<Vec<_>>().join("\n"));
}

const SCENARIO: &str = r#"name = "ties"
covers = ["R9"]
start = "2026-03-02T00:00:00+01:00"
duration = "1h"
[entity.appointment]
schema = { id = "uuid key", status = "text" }
rows = 20
[fleet.phones]
devices = 3
"#;

#[test]
fn a_page_of_coverage_is_written_whole_and_over_none_of_somebody_else() {
    let ours = "# What the scenarios show\n\nwhole";
    for (page, options, exit) in [
        (ours, "--time-limit=1ns", Ok(Exit::TimeLimit)),
        ("my own notes", "--progress=none", Err(Exit::Usage)),
        (ours, "--progress=none", Ok(Exit::Success)),
    ] {
        let desk = tempfile::tempdir().expect("there is room");
        fs::write(desk.path().join("ties.toml"), SCENARIO).expect("there is room");
        fs::write(desk.path().join(NAME), page).expect("there is room");
        let ended = coverage(desk.path(), &[options.into()]).map_err(|(exit, _)| exit);
        assert_eq!(ended, exit, "{page} {options}");
        let after = fs::read_to_string(desk.path().join(NAME)).expect("it is there");
        match exit {
            Ok(Exit::Success) => assert!(after.contains("| pass: `ties` |"), "{after}"),
            _ => assert_eq!(after, page),
        }
    }
}
