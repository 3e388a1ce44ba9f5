//! Sweeps without a candidate.

use super::*;

#[test]
fn where_no_setting_is_a_candidate_the_one_that_came_nearest_is_named() {
    let lossy = record(3, |cell| {
        // 256 loses a row under one seed alone, all others under each.
        if cell.axes["engine.pull.chunk_rows"] != 256 || cell.seed == "2" {
            cell.verdict = Verdict::Fail;
            cell.reasons.push(Reason { exit_code: 11, text: "lost (1 row): gone".to_owned() });
        }
    });
    let story = Sweep::new(&lossy, &axes(), Objective::default()).story();
    let said = "edge: no setting is a candidate: at 256, lost (1 row): gone (1 of 3 seeds)\n";
    assert!(story.contains(said), "{story}");
}

#[test]
fn a_setting_that_fails_by_what_only_a_later_program_knows_is_no_candidate() {
    let of = |reasons: Vec<Reason>| {
        let failing = record(3, |cell| {
            if cell.axes["engine.pull.chunk_rows"] == 256 && cell.seed != "2" {
                cell.verdict = Verdict::Fail;
                cell.reasons.clone_from(&reasons);
            }
        });
        Sweep::new(&failing, &axes(), Objective::default()).story()
    };
    let later = Reason { exit_code: 99, text: "forged (3 rows): d1".to_owned() };
    let known = Reason { exit_code: 10, text: "gate slow".to_owned() };
    let told = of(vec![known, later]);
    assert!(told.contains("256 is no candidate: forged (3 rows): d1 (2 of 3 seeds)"), "{told}");
    let told = of(Vec::new());
    assert!(told.contains("256 is no candidate: a cell failed (2 of 3 seeds)"), "{told}");
}
