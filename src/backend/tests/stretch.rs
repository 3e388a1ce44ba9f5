//! The plain operations: what changed between two times, and which rows are there.

use proptest::prelude::*;

use super::*;
use crate::backend::sight::Stretched;

fn ask(from: Lower<'_>) -> Stretch<'_> {
    Stretch {
        entity: DAY,
        scope: Scope::Of(&[]),
        from,
        loading: None,
        upto: Upto::Settled,
        skip: 0,
        limit: 100,
        whole_ties: false,
    }
}

fn stamp(n: u64) -> Stamp {
    START.minus(Span::secs(3_000)).plus(Span::secs(n))
}

/// Appointments of the north with these stamps, in seconds.
fn with_stamps(stamps: &[u64]) -> Backend {
    let mut backend = backend(options());
    let row = |(n, &at): (usize, &u64)| loaded(&format!("k{n:03}"), appointment(0, 5), stamp(at));
    backend.load(APPOINTMENT, stamps.iter().enumerate().map(row));
    backend
}

fn read(backend: &mut Backend, stretch: Stretch<'_>) -> (Vec<(Stamp, Key)>, Stretched) {
    let mut rows = Vec::new();
    let attributes = attributes(0);
    let stretch = Stretch { entity: APPOINTMENT, scope: Scope::Of(&attributes), ..stretch };
    let stretched = backend.stretch(at_ms(5), stretch, |change| {
        rows.push((change.stamp, change.key.clone()));
        ControlFlow::Continue(())
    });
    (rows, stretched.unwrap())
}

proptest! {
    #[test]
    fn a_stretch_has_the_changes_between_its_bounds_in_their_order(
        stamps in prop::collection::vec(0..12_u64, 0..40),
        from in 0..14_u64,
        kind in 0..4_u8,
        skip in 0..6_u64,
        limit in 1..12_usize,
        whole_ties in any::<bool>(),
    ) {
        let mut backend = with_stamps(&stamps);
        let key = Key::new("k010");
        let lower = match kind {
            0 => Lower::First,
            1 => Lower::After(stamp(from)),
            2 => Lower::At(stamp(from)),
            _ => Lower::Row(stamp(from), &key),
        };
        let (rows, stretched) =
            read(&mut backend, Stretch { skip, limit, whole_ties, ..ask(lower) });
        let mut all: Vec<(Stamp, Key)> = backend
            .rows(APPOINTMENT)
            .map(|row| (row.stamp, row.key.clone()))
            .filter(|(at, k)| match lower {
                Lower::First => true,
                Lower::After(from) => *at > from,
                Lower::At(from) => *at >= from,
                Lower::Row(from, key) => (*at, k) > (from, key),
            })
            .collect();
        all.sort();
        let passed = all.len().min(skip as usize);
        let rest = all.split_off(passed);
        let mut cut = rest.len().min(limit);
        while whole_ties && cut > 0 && cut < rest.len() && rest[cut].0 == rest[cut - 1].0 {
            cut += 1;
        }
        prop_assert_eq!(&rows[..], &rest[..cut]);
        prop_assert_eq!(stretched.last, rows.last().cloned());
        prop_assert_eq!(stretched.next, rest.get(cut).map(|(at, _)| *at));
        prop_assert_eq!((stretched.delivered, stretched.scanned), (cut as u64, (passed + cut) as u64));
    }
}

#[test]
fn a_tie_goes_on_where_who_takes_it_has_had_enough() {
    let mut backend = with_stamps(&[1, 2, 2, 2, 3]);
    let attributes = attributes(0);
    let scope = Scope::Of(&attributes);
    let stretch = Stretch { entity: APPOINTMENT, scope, whole_ties: true, ..ask(Lower::First) };
    let mut taken = 0;
    let stretched = backend.stretch(at_ms(5), stretch, |_| {
        taken += 1;
        if taken < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!((taken, stretched.unwrap().next), (4, Some(stamp(3))));
}

#[test]
fn a_filter_of_seconds_takes_the_second_of_its_bound_again() {
    let mut backend = with_stamps(&[1, 2, 3]);
    Arc::make_mut(&mut backend.database.options).filter_precision = Span::secs(10);
    let from = Lower::After(stamp(2));
    // START is a multiple of ten seconds.
    assert_eq!(read(&mut backend, ask(from)).0.len(), 3);
    assert_eq!(read(&mut backend, ask(Lower::After(stamp(0)))).0.len(), 3);
    Arc::make_mut(&mut backend.database.options).filter_precision = Span::micros(1);
    assert_eq!(read(&mut backend, ask(from)).0.len(), 1);
}

fn there(backend: &Backend, keys: &[Key], scope: Scope<'_>) -> Vec<bool> {
    let mut there = Vec::new();
    let batch =
        backend.sight(at_ms(5)).batch(APPOINTMENT, scope, keys, |row| there.push(row.values.is_some()));
    assert_eq!(batch, Ok(()));
    there
}

#[test]
fn a_batch_tells_which_rows_are_there_for_whom() {
    let mut backend = with_stamps(&[1, 2, 3]);
    let keys = ["k000", "k001", "k002", "nix"].map(Key::new);
    backend.office().delete(at_ms(1), APPOINTMENT, &keys[0]).unwrap();
    backend.office().write(at_ms(2), APPOINTMENT, &keys[1], &[(CLINIC, clinic(1))]).unwrap();
    assert_eq!(there(&backend, &keys, Scope::Of(&attributes(0))), [false, false, true, false]);
    assert_eq!(there(&backend, &keys, Scope::Of(&attributes(1))), [false, true, false, false]);
    assert_eq!(there(&backend, &keys, Scope::Whole), [false, true, true, false]);
}

#[test]
fn a_deletion_that_cannot_be_seen_yet_is_in_no_batch() {
    let mut backend = with_stamps(&[1]);
    backend.database.content.replica_lag = Span::secs(1);
    let key = Key::new("k000");
    backend.office().delete(at_ms(1), APPOINTMENT, &key).unwrap();
    let mut there = |now| {
        let mut there = false;
        backend.database.content.show_due(now);
        let batch = backend.sight(now).batch(APPOINTMENT, Scope::Of(&attributes(0)), [&key], |row| {
            there = row.values.is_some();
        });
        batch.unwrap();
        there
    };
    assert!(there(at_ms(500)));
    assert!(!there(at_ms(1_500)));
}
