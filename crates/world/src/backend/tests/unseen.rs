//! Committed versions that are not visible yet, and requests that a backend cannot serve.

use super::*;
use crate::base::Ppm;

#[test]
fn readers_see_the_old_version_until_the_transaction_commits_and_writers_the_new_one() {
    let commit_delay = Some(CommitDelay { share: Ppm(1_000_000), upto: Span::millis(400) });
    let mut backend = backend(BackendOptions { commit_delay, ..options() });
    let key = Key::new("k");
    backend.load(APPOINTMENT, [loaded("k", appointment(0, 5), START.minus(Span::secs(60)))]);
    let value = |n: i64| [(STATUS, Value::Int(n))];
    let first =
        backend.office().write(at_ms(1), APPOINTMENT, &key, &value(1)).unwrap()[0].visible_at.unwrap();
    let second =
        backend.office().write(at_ms(2), APPOINTMENT, &key, &value(2)).unwrap()[0].visible_at.unwrap();
    assert!(at_ms(1) < first && first <= second, "the second waits for the first");
    assert_eq!(backend.row(APPOINTMENT, &key).unwrap().values[STATUS], Value::Int(2));
    let mut seen = |now| {
        let mut reader = Reader::new(APPOINTMENT, 0);
        reader.pull_all(&mut backend, now, 10);
        reader.rows[&key].1[STATUS].clone()
    };
    assert_eq!(seen(at_ms(2)), Value::text("new"));
    assert_eq!(seen(second), Value::Int(2));
    assert_eq!(backend.shown_by(), None);
}

#[test]
fn what_is_there_and_not_shown_is_withheld_from_its_own_readers() {
    let mut backend =
        backend(BackendOptions { ticks: Ticks::Shared, stamp_precision: Span::secs(1), ..options() });
    let old = START.minus(Span::secs(60));
    let rows = [("a", 0), ("b", 0), ("c", 0), ("d", 1)].map(|(key, of)| loaded(key, appointment(of, 5), old));
    backend.load(APPOINTMENT, rows);
    let now = at_ms(10_000);
    for key in ["b", "d"] {
        backend.office().write(now, APPOINTMENT, &Key::new(key), &[(STATUS, Value::Int(1))]).unwrap();
    }
    backend.office().delete(now, APPOINTMENT, &Key::new("c")).unwrap();
    let own = attributes(0);
    let withheld = |backend: &Backend, ms: u64, upto| {
        backend.sight(at_ms(ms)).withheld(APPOINTMENT, Scope::Of(&own), upto).unwrap()
    };
    let later = Upto::Behind(Span::secs(2));
    assert_eq!(withheld(&backend, 10_900, Upto::Settled), [Key::new("b")]);
    assert_eq!(withheld(&backend, 11_000, Upto::Settled), []);
    assert_eq!(withheld(&backend, 11_000, later), [Key::new("b")]);
    assert_eq!(withheld(&backend, 10_900, Upto::Behind(Span::ZERO)), [], "it comes as close as can be");
}

#[test]
fn a_coarse_filter_reads_again_what_was_read_since_its_last_multiple_and_delivers_it_once() {
    let mut backend = backend(BackendOptions { filter_precision: Span::secs(1), ..options() });
    let scanned = |backend: &mut Backend, position: &mut Option<Position>, ms| {
        let own = attributes(0);
        let query = query(&own, position.as_ref(), 10);
        let page = backend.changes(at_ms(ms), query, |_| ControlFlow::Continue(())).unwrap();
        *position = Some(page.next);
        (page.scanned, page.delivered)
    };
    let mut position = None;
    scanned(&mut backend, &mut position, 1_000);
    for (n, ms) in [2_100, 2_200, 2_300].into_iter().enumerate() {
        let key = Key::new(&format!("k{n}"));
        backend.office().create(at_ms(ms), APPOINTMENT, key, appointment(0, 5)).unwrap();
        // After a first load without rows, the cursor has no key, because no row lies before it.
        assert_eq!(scanned(&mut backend, &mut position, ms).1, 1);
    }
    assert_eq!(scanned(&mut backend, &mut position, 2_400), (3, 0), "all of this second again");
}

#[test]
fn without_stamps_there_is_only_everything() {
    for provisioning in [Provisioning::Nothing, Provisioning::SoftDeleteOnly] {
        let mut backend = backend(BackendOptions { provisioning, ..options() });
        let row = |k: u8| loaded(&format!("k{k}"), appointment(k % 2, 5), START.minus(Span::secs(60)));
        backend.load(APPOINTMENT, (0..10).map(row));
        backend.office().delete(at_ms(1), APPOINTMENT, &Key::new("k4")).unwrap();
        let own = attributes(0);
        let query = query(&own, None, 1);
        let page = backend.changes(at_ms(1), query, |_| ControlFlow::Continue(()));
        assert!(matches!(page, Err(ServerError::BadRequest(_))), "{page:?}");

        let mut keys = Vec::new();
        let take = |change: Change<'_>| keys.push(change.key.clone());
        backend.shown(at_ms(1)).all(APPOINTMENT, Scope::Of(&attributes(0)), take).unwrap();
        assert_eq!(keys, ["k0", "k2", "k6", "k8"].map(Key::new));
    }
}
