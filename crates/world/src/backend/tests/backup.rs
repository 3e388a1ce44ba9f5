//! Restoring a backup.

use super::*;
use crate::contract::{Author, CommitKind};

fn content(backend: &Backend) -> Vec<(String, Stamp, Vec<Value>)> {
    let live = backend.rows(APPOINTMENT).filter(|row| !row.deleted);
    live.map(|row| (row.key.as_str().to_owned(), row.stamp, row.values.to_vec())).collect()
}

fn told(undone: &[Commit]) -> Vec<(&str, CommitKind)> {
    let of = undone.iter().filter(|commit| commit.entity == APPOINTMENT);
    of.map(|commit| (commit.key.as_str(), commit.kind)).collect()
}

#[test]
fn a_return_to_a_backup_undoes_what_came_since_and_tells_of_each_row() {
    let mut backend = backend(options());
    let make = |backend: &mut Backend, ms, key: &str| {
        drop(backend.office().create(at_ms(ms), APPOINTMENT, Key::new(key), appointment(0, 5)).unwrap());
    };
    ["stays", "changes", "goes"].into_iter().zip(1..).for_each(|(key, ms)| make(&mut backend, ms, key));
    let (before, free) = (content(&backend), backend.row(DAY, &Key::new("day0")).unwrap().values[2].clone());
    let edit = mutation(1, APPOINTMENT, "edited", EditKind::Create, vec![(AT, Value::Int(5))]);
    let backup = backend.backup();
    let edit = [edit];
    let [Outcome::Applied { stamp: first }] = backend.push(at_ms(10), &attributes(0), &edit)[..] else {
        panic!("nothing is in its way");
    };
    backend
        .office()
        .write(at_ms(11), APPOINTMENT, &Key::new("changes"), &[(STATUS, Value::text("x"))])
        .unwrap();
    let last = backend.office().delete(at_ms(12), APPOINTMENT, &Key::new("goes")).unwrap();
    let undone = backend.restore(backup);
    assert_eq!(content(&backend), before);
    assert_eq!(backend.row(DAY, &Key::new("day0")).unwrap().values[2], free, "what it derived is undone too");
    let expected =
        [("changes", CommitKind::Update), ("edited", CommitKind::Delete), ("goes", CommitKind::Insert)];
    assert_eq!(told(&undone), expected);
    assert!(undone.iter().all(|commit| commit.author == Author::Backup));
    assert_eq!(backend.incarnation(), last[0].stamp.0 as u64);
    assert_eq!(backend.undone(), [Undone { from: first, until: last[0].stamp }]);
    let again = backend.push(at_ms(30), &attributes(0), &edit);
    assert!(matches!(again[..], [Outcome::Applied { .. }]));
    assert!(matches!(backend.call.facts[0], Fact::Committed(_)), "it knows nothing of it");
    make(&mut backend, 31, "later");
    let mut reader = Reader::new(APPOINTMENT, 0);
    reader.pull_all(&mut backend, at_ms(40), 2);
    assert_eq!(reader.rows, reader.wanted(&backend));
}

#[test]
fn a_backup_that_knows_more_than_the_present_brings_it_back_and_tells_of_that() {
    let mut backend = backend(options());
    let before = backend.backup();
    drop(backend.office().create(at_ms(1), APPOINTMENT, Key::new("made"), appointment(0, 5)).unwrap());
    let since = backend.backup();
    assert_eq!(told(&backend.restore(before)), [("made", CommitKind::Delete)]);
    assert_eq!(told(&backend.restore(since)), [("made", CommitKind::Insert)]);
    assert_eq!(content(&backend).len(), 1);
}

#[test]
fn a_version_that_a_backup_undid_is_nobody_else_s() {
    for ticks in [Ticks::RunAhead, Ticks::Shared] {
        let mut backend = backend(BackendOptions { stamp_precision: Span::secs(60), ticks, ..options() });
        let key = Key::new("row");
        drop(backend.office().create(at_ms(60_000), APPOINTMENT, key.clone(), appointment(0, 5)).unwrap());
        let backup = backend.backup();
        let write = |backend: &mut Backend, ms, text| {
            _ = backend.office().write(at_ms(ms), APPOINTMENT, &key, &[(STATUS, Value::text(text))]).unwrap();
            backend.row(APPOINTMENT, &key).unwrap().stamp
        };
        let gone = write(&mut backend, 120_000, "x");
        backend.restore(backup);
        let stamp = write(&mut backend, 122_000, "y");
        assert_ne!(stamp, gone, "{ticks:?}: an edit of the former would pass for one of the latter");
    }
}

#[test]
fn a_return_that_goes_further_back_stands_for_the_one_before() {
    let mut backend = backend(BackendOptions { effects: Vec::new(), ..options() });
    let make = |backend: &mut Backend, ms: u64| {
        let key = Key::new(&format!("made{ms}"));
        backend.office().create(at_ms(ms), APPOINTMENT, key, appointment(0, 5)).unwrap()[0].stamp
    };
    let early = backend.backup();
    let first = make(&mut backend, 1);
    let late = backend.backup();
    let second = make(&mut backend, 2);
    backend.restore(late);
    let once = Undone { from: second, until: second };
    assert_eq!(backend.undone(), [once]);
    let late = backend.backup();
    let third = make(&mut backend, 9);
    backend.restore(late);
    assert_eq!(backend.undone(), [once, Undone { from: third, until: third }]);
    let idle = backend.backup();
    backend.restore(idle);
    let none = backend.undone()[2];
    assert!(![first, second, third, none.until].into_iter().any(|stamp| none.has(stamp)));
    let last = make(&mut backend, 20);
    backend.restore(early);
    assert_eq!(backend.undone(), [Undone { from: first, until: last }]);
}
