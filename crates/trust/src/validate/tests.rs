//! Checks that every figure of `trust validate` is within its tolerance.

use super::families::FAMILIES;

/// Simulates the figures of one family. Fails with those outside their tolerance.
fn holds(name: &str) {
    let (_, family) = FAMILIES.iter().find(|(known, _)| *known == name).expect("there is such a family");
    let figures = family();
    assert!(!figures.is_empty(), "{name} has figures");
    let off: Vec<String> = figures.iter().filter(|f| !f.holds()).map(|f| format!("{f:?}")).collect();
    assert!(off.is_empty(), "{}", off.join("\n"));
}

/// One test per family, so that they run in parallel.
macro_rules! families {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            holds($name);
        })*

        #[test]
        fn every_family_is_held_to_its_tolerance() {
            let names: Vec<&str> = FAMILIES.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$($name,)*]);
        }
    };
}

families! {
    chunks_under_outages_take_the_time_of_the_closed_form: "chunks that outages cut, repair immune";
    the_best_chunk_lies_where_the_closed_form_says: "the best chunk under outages";
    work_between_checkpoints_takes_dalys_wall_time: "work between checkpoints, repair restartable";
    requests_wait_as_queueing_theory_says: "queues, herds, quotas and a measured gateway";
    clients_that_contend_back_off_as_in_the_aws_simulator: "backoff under contention, 100 clients";
    cursors_lose_what_the_table_says: "cursors over unchanging rows";
    cursors_lose_about_as_much_as_drawn_where_rows_change: "cursors over changing rows";
    losses_slow_a_long_transfer_as_formulas_say: "long transfers under loss";
    losses_come_in_bursts_as_the_chain_says: "losses in bursts, Gilbert and Elliott";
    radios_draw_what_was_measured: "radio energy by the models of 2009 (runs use that of 2G alone)";
    transactions_take_as_long_as_on_measured_devices: "databases on measured devices";
    first_downloads_take_about_as_long_as_vendors_tell: "first downloads reported by vendors";
}
