//! The table of conflicts, as the program prints it.

use crate::tables::{Line, lines, printed};

fn expected() -> Vec<Line> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/conflicts/matrix/expected.csv");
    lines(&std::fs::read_to_string(file).unwrap())
}

#[test]
fn every_cell_of_the_table_is_as_expected() {
    assert_eq!(lines(&printed(&["--table", "conflicts", "--format", "csv"])), expected());
}

#[test]
fn nothing_in_the_table_diverges() {
    let wrong: Vec<Line> =
        expected().into_iter().filter(|line| line["outcome"].contains("DIVERGED")).collect();
    assert_eq!(wrong, []);
}

#[test]
fn what_is_the_same_on_both_sides_overwrites_nothing() {
    let same = ["update-update-equal", "delete-delete"];
    for line in expected().into_iter().filter(|line| same.contains(&line["scenario"].as_str())) {
        let figures = ["oracle.overwritten.columns", "oracle.silent_discard.count"].map(|name| &*line[name]);
        assert_eq!(figures, ["0", "0"], "{line:?}");
    }
}

#[test]
fn a_merge_of_other_columns_overwrites_nothing() {
    let of = |line: &Line| line["policy"] == "field-merge" && line["scenario"] == "update-update-other";
    let merged: Vec<Line> = expected().into_iter().filter(of).collect();
    assert!(merged.iter().any(|line| line["outcome"].starts_with("merged")));
    for line in merged {
        assert_eq!(line["oracle.overwritten.columns"], "0", "{line:?}");
    }
}

#[test]
fn only_where_nobody_looks_is_anything_replaced_in_silence() {
    let silent: Vec<Line> =
        expected().into_iter().filter(|line| line["oracle.silent_discard.count"] != "0").collect();
    assert!(!silent.is_empty());
    for line in silent {
        assert!(line["policy"] == "none" && line["outcome"].starts_with('-'), "{line:?}");
    }
}

#[test]
fn a_three_way_comparison_is_never_mistaken() {
    let of = |line: &Line| line["conflicts found by"] == "three-way";
    let three_way: Vec<Line> = expected().into_iter().filter(of).collect();
    assert!(three_way.iter().any(|line| line["oracle.conflicts.missed"] == "0"));
    for line in three_way {
        assert_eq!(line["oracle.conflicts.false"], "0", "{line:?}");
    }
}
