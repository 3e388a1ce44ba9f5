//! What the closed form says beside the runs.

use super::*;

#[test]
fn a_closed_form_that_runs_contradict_is_not_told() {
    let contradicted = |record: &RunRecord| {
        let sweep = Sweep::new(record, &axes(), Objective::default());
        sweep.words_of_series().iter().filter(|words| !words.contains("closed form: ")).count()
    };
    assert_eq!(contradicted(&record(8, |_| {})), 0);
    // The larger the setting the better, whatever an answer takes.
    let small = record(8, |cell| {
        let size = cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value: 1_000 * size };
        cell.metrics.insert("engine.rows.rate".into(), rate);
    });
    assert_eq!(contradicted(&small), LINKS.len());
    let told = |record: &RunRecord| Sweep::new(record, &axes(), Objective::default()).story();
    let fitting = told(&record(8, |_| {}));
    assert_eq!(
        fitting.matches(" a row (what answers take, fitted within ").count(),
        LINKS.len(),
        "{fitting}"
    );
    // Where writing takes a fifth of the time, that is what it leaves out.
    let writing = record(8, |cell| {
        let size = cell.axes["engine.pull.chunk_rows"].as_u64().unwrap();
        let rate = Figure::Value { unit: Unit::MilliRowsPerSecond, value: 1_000 * size };
        cell.metrics.insert("engine.rows.rate".into(), rate);
        let ran = cell.metrics["engine.session.time"].stat("value").unwrap();
        cell.metrics.insert("engine.apply.time".into(), Figure::Value { unit: Unit::Ns, value: ran / 4 });
    });
    let said = " rows, which is not among these: it leaves out writing (";
    assert_eq!(told(&writing).matches(said).count(), LINKS.len(), "{}", told(&writing));
}

#[test]
fn a_page_cap_is_told_with_what_a_larger_one_would_buy() {
    use crate::analysis::sweep::Fit;
    let fit = Fit { chunk: 0.9, row: 0.002, misfit: 0.01, commit: 0.0, mtbf: Some(60.0), fails: true };
    let clamps = ["Mobile Sync (2\u{2009}000)".to_owned()];
    assert_eq!(
        capped(Some(fit), 500.0, &clamps),
        "500 is the backend's page cap, to which it clamps Mobile Sync (2\u{2009}000); by the closed form a larger one would \
         save 38 % of the time at most, at 4\u{2009}900 rows"
    );
    assert!(capped(Some(fit), 5_000.0, &[]).ends_with("a larger one would buy next to nothing"));
    let sure = Fit { mtbf: None, fails: false, ..fit };
    assert!(capped(Some(sure), 450.0, &[]).ends_with("would save 50 % of the time at most"));
    let unknown = capped(Some(Fit { fails: true, ..sure }), 450.0, &[]);
    assert!(
        unknown.ends_with("`--set backend.page_cap=4500` tells what a larger one would buy"),
        "{unknown}"
    );
}

#[test]
fn a_closed_form_whose_best_lies_outside_of_the_interval_is_contradicted() {
    let said = |ends: [Option<f64>; 2], rows| super::super::theory::contradicted(rows, ends);
    assert!(said([Some(50.0), Some(218.0)], 42.0) && said([Some(50.0), Some(218.0)], 219.0));
    assert!(!said([Some(50.0), Some(218.0)], 50.0) && !said([None, Some(218.0)], 42.0));
    assert!(said([Some(50.0), None], 42.0) && !said([Some(50.0), None], 9_000.0));
}
