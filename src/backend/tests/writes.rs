//! What a backend holds a mutation against.

use super::*;
use crate::backend::Writes;
use crate::contract::Refusal;

/// What becomes of an edit that was made `made` after the start on a version of `base`, of a row
/// that was changed since by one that was made at `theirs` and committed after a second and a half.
fn sent(options: BackendOptions, made: Span, base: Option<Stamp>, theirs: Span) -> Outcome {
    let mut backend = backend(options);
    backend.load(APPOINTMENT, [loaded("k", appointment(0, 0), START.minus(Span::secs(60)))]);
    let held = backend.row(APPOINTMENT, &Key::new("k")).unwrap().stamp;
    let set = |number, text, made, base| Mutation {
        base: Some(base),
        made_at: START.plus(made),
        ..mutation(number, APPOINTMENT, "k", EditKind::Update, vec![(STATUS, Value::text(text))])
    };
    let mut facts = Vec::new();
    let first = set(1, "theirs", theirs, held);
    backend.apply(at_ms(1_500), &attributes(0), &first, &mut facts);
    let second = set(2, "mine", made, base.unwrap_or(held));
    backend.apply(at_ms(1_800), &attributes(0), &second, &mut facts)
}

fn is_stale(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Conflict { why: Refusal::Stale, .. })
}

#[test]
fn a_blind_backend_takes_an_edit_of_a_version_that_is_gone() {
    for (writes, stale) in [(Writes::Checked, true), (Writes::Dated, true), (Writes::Blind, false)] {
        let outcome = sent(BackendOptions { writes, ..options() }, Span::secs(1), None, Span::secs(1));
        assert_eq!(is_stale(&outcome), stale, "{writes:?}");
    }
}

#[test]
fn a_check_by_dates_is_no_finer_than_stamps_and_grace() {
    // The row was committed at 1.5 s; the edit knows a version of then and a little.
    let base = |ms| Some(START.plus(Span::millis(ms)));
    for (precision, grace, ms, stale) in [
        (Span::millis(1), Span::ZERO, 1_499, true),
        (Span::millis(1), Span::ZERO, 1_500, false),
        (Span::millis(1), Span::millis(10), 1_490, false),
        (Span::millis(1), Span::millis(10), 1_489, true),
        (Span::secs(1), Span::ZERO, 1_100, false),
        (Span::secs(1), Span::ZERO, 900, true),
    ] {
        let shared = Ticks::Shared;
        let options = BackendOptions {
            writes: Writes::Dated,
            writes_grace: grace,
            stamp_precision: precision,
            ticks: shared,
            ..options()
        };
        let outcome = sent(options, Span::ZERO, base(ms), Span::ZERO);
        assert_eq!(is_stale(&outcome), stale, "{precision} {grace} {ms}");
    }
}

#[test]
fn a_backend_of_newer_dates_asks_for_no_version() {
    let newer = |grace| BackendOptions { writes: Writes::NewerDate, writes_grace: grace, ..options() };
    for (grace, made, stale) in [(0, 999, true), (0, 1_000, true), (0, 1_001, false), (5, 996, false)] {
        let outcome = sent(newer(Span::millis(grace)), Span::millis(made), None, Span::secs(1));
        assert_eq!(is_stale(&outcome), stale, "{grace} {made}");
    }
}

#[test]
fn a_row_that_reads_as_it_did_may_be_changed_whatever_is_checked() {
    use crate::contract::{Guard, image};
    for writes in [Writes::Checked, Writes::Dated, Writes::Blind] {
        let mut backend = backend(BackendOptions { writes, ..options() });
        backend.load(APPOINTMENT, [loaded("k", appointment(0, 0), START.minus(Span::secs(60)))]);
        let key = Key::new("k");
        let record = backend.row(APPOINTMENT, &key).unwrap();
        let (base, values) = (Some(record.stamp), Arc::clone(&record.values));
        let schema = Arc::clone(backend.schema());
        let projection = &schema.entity(APPOINTMENT).projection;
        let held = image(projection.iter().map(|column| &values[*column]));
        let status = |number, text, guard| Mutation {
            base,
            guard,
            ..mutation(number, APPOINTMENT, "k", EditKind::Update, vec![(STATUS, Value::text(text))])
        };
        let mut send =
            |at, mutation: &Mutation| backend.apply(at_ms(at), &attributes(0), mutation, &mut Vec::new());
        let first = send(10, &status(1, "theirs", Guard::Image(held)));
        assert!(matches!(first, Outcome::Applied { .. }), "{writes:?}");
        assert!(is_stale(&send(20, &status(2, "mine", Guard::Image(held)))), "{writes:?}");
    }
}

#[test]
fn what_changed_before_the_last_sync_is_not_seen_by_its_date() {
    // The row was committed at 1.5 s.
    for (synced, stale) in [(1_000, true), (1_499, true), (1_500, false), (1_700, false)] {
        let mut backend = backend(options());
        backend.load(APPOINTMENT, [loaded("k", appointment(0, 0), START.minus(Span::secs(60)))]);
        let office = [(STATUS, Value::text("theirs"))];
        backend.office().write(at_ms(1_500), APPOINTMENT, &Key::new("k"), &office).unwrap();
        let mine = Mutation {
            base: Some(START.plus(Span::millis(synced))),
            guard: Guard::Since,
            ..mutation(2, APPOINTMENT, "k", EditKind::Update, vec![(STATUS, Value::text("mine"))])
        };
        let outcome = backend.apply(at_ms(1_800), &attributes(0), &mine, &mut Vec::new());
        assert_eq!(is_stale(&outcome), stale, "{synced}");
    }
}
