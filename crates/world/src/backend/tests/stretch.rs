//! Plain queries: changes between two times, and the presence of rows.

use proptest::prelude::*;

use super::*;
use crate::backend::Sort;
use crate::backend::sight::RangeRead;

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

/// A backend with appointments of the clinic "north" with these stamps, in seconds.
fn with_stamps(stamps: &[u64]) -> Backend {
    let mut backend = backend(options());
    let row = |(n, &at): (usize, &u64)| loaded(&format!("k{n:03}"), appointment(0, 5), stamp(at));
    backend.load(APPOINTMENT, stamps.iter().enumerate().map(row));
    backend
}

/// Reads until `enough` rows were taken.
fn read(backend: &mut Backend, stretch: Stretch<'_>, enough: usize) -> (Vec<(Stamp, Key)>, RangeRead) {
    let mut rows = Vec::new();
    let attributes = attributes(0);
    let stretch = Stretch { entity: APPOINTMENT, scope: Scope::Of(&attributes), ..stretch };
    let stretched = backend.stretch(at_ms(5), stretch, |change| {
        rows.push((change.stamp, change.key.clone()));
        if rows.len() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
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
        enough in 1..12_usize,
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
        let (rows, stretched) = read(&mut backend, Stretch { skip, limit, whole_ties, ..ask(lower) }, enough);
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
        let mut cut = rest.len().min(limit).min(enough);
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
fn a_filter_of_seconds_takes_the_second_of_its_bound_again() {
    // START is a multiple of ten seconds.
    for (precision, from, rows) in [(10_000_000, 2, 3), (10_000_000, 0, 3), (1, 2, 1)] {
        let mut backend = with_stamps(&[1, 2, 3]);
        Arc::make_mut(&mut backend.database.options).filter_precision = Span::micros(precision);
        assert_eq!(read(&mut backend, ask(Lower::After(stamp(from))), 99).0.len(), rows);
    }
}

fn there(backend: &mut Backend, ms: u64, scope: Scope<'_>) -> [bool; 4] {
    let mut there = Vec::new();
    let keys = ["k000", "k001", "k002", "nix"].map(Key::new);
    let sight = backend.shown(at_ms(ms));
    sight.batch(APPOINTMENT, scope, &keys, |row| there.push(row.values.is_some())).unwrap();
    there.try_into().unwrap()
}

#[test]
fn a_batch_tells_which_rows_are_there_for_whom_once_it_can_be_seen() {
    let mut backend = with_stamps(&[1, 2, 3]);
    backend.office().write(at_ms(2), APPOINTMENT, &Key::new("k001"), &[(CLINIC, clinic(1))]).unwrap();
    backend.database.content.replica_lag = Span::secs(1);
    backend.office().delete(at_ms(3), APPOINTMENT, &Key::new("k000")).unwrap();
    let (north, south) = (attributes(0), attributes(1));
    for (ms, scope, rows) in [
        (500, Scope::Of(&north), [true, false, true, false]),
        (1_500, Scope::Of(&north), [false, false, true, false]),
        (1_500, Scope::Of(&south), [false, true, false, false]),
        (1_500, Scope::Whole, [false, true, true, false]),
    ] {
        assert_eq!(there(&mut backend, ms, scope), rows, "{ms} {scope:?}");
    }
}

#[test]
fn a_response_lists_changes_as_the_backend_sorts_and_knows_the_greatest_stamp() {
    for (sort, order) in [
        (Sort::Stamp, ["k002", "k000", "k003", "k001"]),
        (Sort::NewestFirst, ["k001", "k003", "k000", "k002"]),
        (Sort::Key, ["k000", "k001", "k002", "k003"]),
    ] {
        let mut backend = with_stamps(&[2, 4, 1, 3]);
        Arc::make_mut(&mut backend.database.options).sort = sort;
        let (rows, all) = read(&mut backend, ask(Lower::First), 99);
        assert_eq!(rows.iter().map(|(_, key)| &*key.0).collect::<Vec<_>>(), order, "{sort:?}");
        assert_eq!((all.greatest, all.next), (Some(stamp(4)), None), "{sort:?}");
        let (rows, two) = read(&mut backend, Stretch { limit: 2, ..ask(Lower::First) }, 99);
        assert_eq!(two.greatest, rows.iter().map(|(at, _)| *at).max(), "{sort:?}");
        assert!(two.next.is_some(), "{sort:?}");
    }
    let mut backend = with_stamps(&[1, 2, 3, 4, 5, 6]);
    Arc::make_mut(&mut backend.database.options).sort = Sort::None;
    let (rows, _) = read(&mut backend, ask(Lower::First), 99);
    assert!(!rows.is_sorted_by_key(|(at, _)| *at) && !rows.is_sorted_by_key(|(_, key)| key.clone()));
}
