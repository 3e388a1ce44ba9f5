//! Full loads that are interrupted and continued: which rows they bring and which they remove.

use syncdyno::base::Seed;

use crate::worlds::{self, trouble};

/// The world of interrupted loads.
const RESTLESS: &str = "tests/it/worlds/restless.toml";

/// Runs the world with these seeds and settings.
fn nothing_is_wrong(seeds: impl IntoIterator<Item = u64>, sets: &[&str]) {
    let plan = worlds::plan(RESTLESS, sets);
    for seed in seeds {
        let outcome = worlds::run(&plan.clone().with_seed(Seed(seed)));
        assert_eq!(trouble(&outcome), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_load_that_is_cut_within_its_first_page_begins_again() {
    nothing_is_wrong([32, 73], &[]);
}

#[test]
fn loads_of_units_with_their_own_cursors_take_nothing_from_each_other_and_forget_nothing() {
    nothing_is_wrong(2..=5, &["engine.pull.cursor=unit"]);
}

#[test]
fn an_edit_that_is_settled_within_a_load_does_not_cost_its_row() {
    let sets = [
        "entity.task.rows=150",
        "engine.pull.chunk_rows=2",
        "backend.poison=1",
        "workload.contention.share=0",
    ];
    nothing_is_wrong([16], &sets);
}

#[test]
fn rows_of_an_import_that_have_no_free_natural_key_are_told() {
    // Three rooms at 72 times of a day, less the 28 rows that exist.
    let import = "event.load={ at = \"+10s\", bulk_import = { entity = \"task\", rows = 1000 } }";
    let outcome = worlds::run(&worlds::plan(worlds::TINY, &[import]));
    let [short] = &outcome.placed.short[..] else { panic!("{:?}", outcome.placed) };
    assert_eq!((short.entity.as_str(), short.asked), ("task", 1_000));
    assert!((1..=3 * 72 - 28).contains(&short.made), "{short:?}");
    assert_eq!(worlds::run(&worlds::plan(worlds::TINY, &[])).placed.short, []);
}
