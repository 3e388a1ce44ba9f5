//! The checks of a backend on a mutation.

use super::*;
use crate::backend::Writes;
use crate::contract::{Refusal, image};

/// True if an edit with this date and guard is refused as stale. It is based on version `base`, or
/// on the first version. Before it arrives, another edit changes the row. That edit is made after
/// 1 s and committed 0.5 s later.
fn is_stale(options: BackendOptions, base: Option<u64>, made: u64, guard: Guard) -> bool {
    let mut backend = backend(options);
    let old = START.minus(Span::secs(60));
    backend.load(APPOINTMENT, [loaded("k", appointment(0, 0), old)]);
    let mut set = |number, text, at, (made, base, guard)| {
        let edit = mutation(number, APPOINTMENT, "k", EditKind::Update, vec![(STATUS, Value::text(text))]);
        let edit = Mutation { base: Some(base), guard, made_at: START.plus(Span::millis(made)), ..edit };
        backend.push(at_ms(at), &attributes(0), &[edit]).remove(0)
    };
    let first = set(1, "theirs", 1_500, (1_000, old, Guard::Base));
    assert!(matches!(first, Outcome::Applied { .. }), "{first:?}");
    let base = base.map_or(old, |ms| START.plus(Span::millis(ms)));
    let outcome = set(2, "mine", 1_800, (made, base, guard));
    matches!(outcome, Outcome::Conflict { why: Refusal::Stale, .. })
}

#[test]
fn an_edit_shows_what_its_backend_asks_for_or_is_stale() {
    let of = |writes| BackendOptions { writes, ..options() };
    let [checked, dated, blind] = [Writes::Checked, Writes::Dated, Writes::Blind].map(of);
    let dates = |stamp_precision, grace| BackendOptions {
        writes_grace: Span::millis(grace),
        stamp_precision,
        ticks: Ticks::Shared,
        ..dated.clone()
    };
    let newer = |grace| BackendOptions { writes_grace: Span::millis(grace), ..of(Writes::NewerDate) };
    let reads = |status: &str| {
        let mut row = appointment(0, 0);
        row[STATUS] = Value::text(status);
        Guard::Image(image([AT, STATUS, PATIENT_KEY, PATIENT_NAME].iter().map(|column| &row[*column])))
    };
    let (milli, second) = (Span::millis(1), Span::secs(1));
    for (options, base, made, guard, stale) in [
        (&checked, None, 1_000, Guard::Base, true),
        (&dated, None, 1_000, Guard::Base, true),
        (&blind, None, 1_000, Guard::Base, false),
        // Dates are compared with the precision of stamps, and with the grace.
        (&dates(milli, 0), Some(1_499), 0, Guard::Base, true),
        (&dates(milli, 0), Some(1_500), 0, Guard::Base, false),
        (&dates(milli, 10), Some(1_490), 0, Guard::Base, false),
        (&dates(milli, 10), Some(1_489), 0, Guard::Base, true),
        (&dates(second, 0), Some(1_100), 0, Guard::Base, false),
        (&dates(second, 0), Some(900), 0, Guard::Base, true),
        // Only the date of the edit counts.
        (&newer(0), None, 999, Guard::Base, true),
        (&newer(0), None, 1_000, Guard::Base, true),
        (&newer(0), None, 1_001, Guard::Base, false),
        (&newer(5), None, 996, Guard::Base, false),
        // A date cannot show that the row changed before the last sync.
        (&checked, Some(1_000), 0, Guard::Since, true),
        (&checked, Some(1_499), 0, Guard::Since, true),
        (&checked, Some(1_500), 0, Guard::Since, false),
        (&checked, Some(1_700), 0, Guard::Since, false),
        // A row with an unchanged image may be changed under every rule.
        (&checked, None, 0, reads("new"), true),
        (&dated, None, 0, reads("new"), true),
        (&blind, None, 0, reads("new"), true),
        (&checked, None, 0, reads("theirs"), false),
        (&dated, None, 0, reads("theirs"), false),
        (&blind, None, 0, reads("theirs"), false),
    ] {
        let case = (options.writes, options.writes_grace, options.stamp_precision, base, made, guard);
        assert_eq!(is_stale(options.clone(), base, made, guard), stale, "{case:?}");
    }
}
