//! Tests the comparison of the closed form with runs.

use super::*;

#[test]
fn the_closed_form_is_told_where_the_runs_bear_it_out_or_with_what_it_leaves_out() {
    // Larger chunks are always better, or writing takes a fifth of the time.
    let larger = |writing: bool| {
        record(8, move |cell| {
            rate(cell, 1_000 * size_of(cell));
            let ran = cell.metrics["engine.session.time"].stat("value").unwrap();
            if writing {
                cell.metrics.insert("engine.apply.time".into(), Figure::number(Unit::Ns, ran / 4));
            }
        })
    };
    let told = [record(8, |_| {}), larger(false), larger(true)].map(|record| {
        let sweep = Sweep::new(&record, &axes(), Objective::of_axis("engine.pull.chunk_rows"));
        sweep.words_of_series().concat() + "---\n"
    });
    assert_snapshot!(told.concat());
}

#[test]
fn a_page_cap_is_told_with_what_a_larger_one_would_buy() {
    use crate::analysis::sweep::Fit;
    let fit = Fit { chunk: 0.9, row: 0.002, misfit: 0.01, commit: 0.0, mtbf: Some(60.0), fails: true };
    let sure = Fit { mtbf: None, fails: false, ..fit };
    let clamps = ["Mobile Sync (2\u{2009}000)".to_owned()];
    let told = [
        capped(Some(fit), 500.0, &clamps),
        capped(Some(fit), 5_000.0, &[]),
        capped(Some(sure), 450.0, &[]),
        capped(Some(Fit { fails: true, ..sure }), 450.0, &[]),
    ];
    assert_snapshot!(told.join("\n"));
}

#[test]
fn a_closed_form_whose_best_lies_outside_of_the_interval_is_contradicted() {
    let said = |ends: [Option<f64>; 2], rows| super::super::theory::contradicted(rows, ends);
    assert!(said([Some(50.0), Some(218.0)], 42.0) && said([Some(50.0), Some(218.0)], 219.0));
    assert!(!said([Some(50.0), Some(218.0)], 50.0) && !said([None, Some(218.0)], 42.0));
    assert!(said([Some(50.0), None], 42.0) && !said([Some(50.0), None], 9_000.0));
}
