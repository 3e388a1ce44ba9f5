//! What the closed form says beside the runs.

use super::*;

#[test]
fn runs_that_contradict_the_closed_form_say_so() {
    let contradicted = |record: &RunRecord| {
        let sweep = Sweep::new(record, &axes(), Objective::default());
        sweep.words_of_series().iter().filter(|words| words.contains("the runs contradict")).count()
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
    let (fitting, contradicted) = (told(&record(8, |_| {})), told(&small));
    assert_eq!(
        fitting.matches(" a row (what answers take, fitted within ").count(),
        LINKS.len(),
        "{fitting}"
    );
    assert!(contradicted.contains("closed form: ") && !contradicted.contains("fitted"), "{contradicted}");
}
