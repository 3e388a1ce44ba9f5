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
