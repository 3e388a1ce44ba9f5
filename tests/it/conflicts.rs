//! The matrix of conflicts, as the program prints it.

use syncdyno::render::conflicts::{ConflictLine, Conflicts, Stays};

/// What it prints in this format, which ends well.
fn printed(format: &str) -> String {
    let desk = tempfile::TempDir::new().unwrap();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY");
    let ran = command.args(["matrix", "conflicts", "--out", "out", "--format", format]).assert().success();
    String::from_utf8(ran.get_output().stdout.clone()).unwrap()
}

fn lines() -> Vec<ConflictLine> {
    Conflicts::of_csv(syncdyno::scenario::CONFLICTS_EXPECTED).unwrap().0
}

#[test]
fn every_cell_of_the_matrix_is_as_expected() {
    let csv = printed("csv");
    assert_eq!(Conflicts::of_csv(&csv).unwrap().0, lines());
}

#[test]
fn nothing_in_the_matrix_diverges() {
    let wrong: Vec<ConflictLine> = lines().into_iter().filter(|line| !line.converged).collect();
    assert_eq!(wrong, []);
}

#[test]
fn what_is_the_same_on_both_sides_overwrites_nothing() {
    let same = ["update-update-equal", "delete-delete"];
    for line in lines().into_iter().filter(|line| same.contains(&line.world.as_str())) {
        assert_eq!((line.overwritten, line.silent), (0, 0), "{line:?}");
    }
}

#[test]
fn a_merge_of_other_columns_overwrites_nothing() {
    let of = |line: &ConflictLine| line.policy == "field-merge" && line.world == "update-update-other";
    let merged: Vec<ConflictLine> = lines().into_iter().filter(of).collect();
    assert!(merged.iter().any(|line| line.stays == Stays::Merged));
    for line in merged {
        assert_eq!(line.overwritten, 0, "{line:?}");
    }
}

#[test]
fn only_where_nobody_looks_is_anything_replaced_in_silence() {
    let silent: Vec<ConflictLine> = lines().into_iter().filter(|line| line.silent > 0).collect();
    assert!(!silent.is_empty());
    for line in silent {
        assert_eq!((line.policy.as_str(), line.stays), ("none", Stays::Nothing), "{line:?}");
    }
}

#[test]
fn a_three_way_comparison_is_never_mistaken() {
    let of = |line: &&ConflictLine| line.detect == "three-way";
    let mistaken: Vec<(u64, u64)> = lines().iter().filter(of).map(|l| (l.mistaken, l.missed)).collect();
    assert!(mistaken.contains(&(0, 0)));
    for (mistaken, _) in mistaken {
        assert_eq!(mistaken, 0);
    }
}
