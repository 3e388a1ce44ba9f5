//! An edit at every quarter of a second of a sync: what each way to detect edits loses.

use syncdyno::base::Span;

use crate::worlds::{self, figure, trouble, value};

const WORLD: &str = "tests/it/worlds/meanwhile.toml";
/// From before the sync, which begins at 61 s, until after its end, in milliseconds.
const FROM: u64 = 58_000;
const UNTIL: u64 = 72_000;
const STEP: usize = 250;

/// The number of lost edits, and of all edits.
fn lost(sets: &[&str]) -> (u64, u64) {
    let (mut lost, mut made) = (0, 0);
    for at in (FROM..UNTIL).step_by(STEP) {
        let at = format!("event.meanwhile.at=+{at}ms");
        let outcome = worlds::run(&worlds::plan(WORLD, &[sets, &[&at]].concat()));
        assert_eq!(value(&outcome, "workload.edits.made"), 2, "{at}");
        let gone = value(&outcome, "oracle.lost_edit.count");
        if gone == 0 {
            assert_eq!(trouble(&outcome), [] as [String; 0], "{at}");
            let waited = figure(&outcome, "engine.write_acknowledged.duration", "max");
            assert!(waited < Span::secs(80).0, "{at}: it goes with the next sync, not after {waited} ns");
        }
        lost += gone;
        made += 1;
    }
    (lost, made)
}

#[test]
fn an_outbox_loses_no_edit_made_in_a_sync() {
    assert_eq!(lost(&[]), (0, 56));
    assert_eq!(lost(&["engine.push.squash=true"]), (0, 56));
}

#[test]
fn a_flag_loses_the_edits_made_while_its_row_is_on_its_way() {
    let (lost, made) = lost(&["engine.push.capture=dirty-flags"]);
    assert!((8..=20).contains(&lost), "a push takes some 3 s: {lost} of {made}");
}

#[test]
fn a_date_of_the_end_loses_the_edits_made_in_a_sync() {
    let dates = "engine.push.capture=updated-after-last-sync";
    let (by_end, made) = lost(&[dates]);
    assert!((20..=34).contains(&by_end), "a sync takes some 7 s: {by_end} of {made}");
    assert_eq!(lost(&[dates, "engine.push.sync_date=start"]), (0, made));
}
