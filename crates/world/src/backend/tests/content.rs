//! The office, imports, derived changes, and the details of a record.

use super::*;
use crate::contract::{Author, CommitKind, CutOrder, Refusal};

fn free(backend: &Backend, n: u8) -> Value {
    backend.row(DAY, &Key::new(&format!("day{n}"))).unwrap().values[2].clone()
}

fn create(backend: &mut Backend, key: &str, clinic_of: u8, at: i64) -> Vec<Commit> {
    backend.office().create(at_ms(1), APPOINTMENT, Key::new(key), appointment(clinic_of, at)).unwrap()
}

#[test]
fn a_cut_scope_follows_the_writes_of_others() {
    let mut schema = Schema::clone(&schema());
    let order = CutOrder::Greatest;
    let cut = ScopeRule::Cut { column: AT, count: 2, order, bound: order.whole() };
    schema.entities[usize::from(DAY.0)].scope = vec![cut];
    let mut backend = Backend::new(Arc::new(schema), BackendOptions::default(), START, Seed(1));
    let held = |backend: &Backend| {
        let held: Vec<&str> = backend.in_scope(DAY, &[]).map(|row| row.key.as_str()).collect();
        (held.join(" "), backend.moves(DAY, Scope::Of(&[])))
    };
    let make = |backend: &mut Backend, key: &str, at: i64| {
        let row = vec![clinic(0), Value::Int(at), Value::Int(0)];
        backend.office().create(at_ms(at.unsigned_abs()), DAY, Key::new(key), row).unwrap();
    };
    [("a", 1), ("b", 2), ("c", 3)].into_iter().for_each(|(key, at)| make(&mut backend, key, at));
    assert_eq!(held(&backend), ("b c".to_owned(), 1), "c pushes a out");
    backend.office().delete(at_ms(4), DAY, &Key::new("c")).unwrap();
    assert_eq!(held(&backend), ("a b".to_owned(), 2), "and a comes back");
    make(&mut backend, "d", 5);
    assert_eq!(held(&backend), ("b d".to_owned(), 3));
    backend.office().write(at_ms(6), DAY, &Key::new("b"), &[(AT, Value::Int(0))]).unwrap();
    assert_eq!(held(&backend), ("a d".to_owned(), 4), "b left by its own write");
}

#[test]
fn a_counter_follows_what_comes_and_goes_and_moves() {
    let mut backend = backend(options());
    let commits = create(&mut backend, "k", 0, 7);
    assert_eq!(free(&backend, 0), Value::Int(99));
    let kinds: Vec<_> = commits.iter().map(|c| (c.entity, c.kind, c.author)).collect();
    let derived = (DAY, CommitKind::Update, Author::Derived);
    assert_eq!(kinds, [(APPOINTMENT, CommitKind::Insert, Author::Office), derived]);
    assert_eq!(commits[0].stamp, commits[1].stamp);

    let key = Key::new("k");
    let within = backend.office().write(at_ms(2), APPOINTMENT, &key, &[(AT, Value::Int(8))]).unwrap();
    assert_eq!(within.len(), 1, "a move within the day changes no counter");
    backend.office().write(at_ms(3), APPOINTMENT, &key, &[(CLINIC, clinic(1))]).unwrap();
    assert_eq!([free(&backend, 0), free(&backend, 1)], [Value::Int(100), Value::Int(99)]);
    backend.office().write(at_ms(4), APPOINTMENT, &key, &[(AT, Value::Int(86_400_000_000))]).unwrap();
    assert_eq!(free(&backend, 1), Value::Int(100), "there is no counter for tomorrow");
    backend.office().write(at_ms(5), APPOINTMENT, &key, &[(AT, Value::Int(9))]).unwrap();
    backend.office().delete(at_ms(6), APPOINTMENT, &key).unwrap();
    assert_eq!(free(&backend, 1), Value::Int(100));
}

#[test]
fn a_patients_edit_reaches_the_live_appointments_that_fold_it_in() {
    let mut backend = backend(options());
    for (key, at) in [("a", 1), ("b", 2), ("c", 3)] {
        create(&mut backend, key, 0, at);
    }
    backend.office().delete(at_ms(2), APPOINTMENT, &Key::new("b")).unwrap();
    let patient = Key::new("p0");
    let phone = backend.office().write(at_ms(3), PATIENT, &patient, &[(1, Value::text("112"))]).unwrap();
    assert_eq!(phone.len(), 1, "the phone is folded in nowhere");
    let name = backend.office().write(at_ms(4), PATIENT, &patient, &[(0, Value::text("Eve"))]).unwrap();
    let keys: Vec<&str> = name.iter().map(|c| c.key.as_str()).collect();
    assert_eq!(keys, ["p0", "a", "c"]);
    assert!(name.iter().all(|c| c.stamp == name[0].stamp));
    let folded = |key| backend.row(APPOINTMENT, &Key::new(key)).unwrap().values[PATIENT_NAME].clone();
    assert_eq!(["a", "b", "c"].map(folded), ["Eve", "Ada", "Eve"].map(Value::text));
}

#[test]
fn an_import_has_one_stamp_and_counts_once_for_all_its_rows() {
    let mut backend = backend(options());
    create(&mut backend, "k1", 0, 7);
    let rows = ["k1", "k2", "k3", "k2"].map(|key| (Key::new(key), appointment(0, 7)));
    let commits = import(&mut backend, at_ms(1), rows);
    let seen: Vec<_> = commits.iter().map(|c| (c.key.as_str(), c.kind)).collect();
    let (insert, update) = (CommitKind::Insert, CommitKind::Update);
    assert_eq!(seen, [("k1", update), ("k2", insert), ("k3", insert), ("day0", update)]);
    assert!(commits.iter().all(|c| c.stamp == commits[0].stamp));
    assert_eq!(free(&backend, 0), Value::Int(97));
}

#[test]
fn the_office_is_told_what_it_cannot_do() {
    let mut backend = backend(options());
    create(&mut backend, "k", 0, 7);
    let key = Key::new("k");
    assert_eq!(
        backend.office().create(at_ms(2), APPOINTMENT, key.clone(), appointment(0, 8)),
        Err(Refusal::Exists)
    );
    let deleted = backend.office().delete(at_ms(3), APPOINTMENT, &key).unwrap();
    assert_eq!((deleted[0].kind, &*deleted[0].values), (CommitKind::Delete, &appointment(0, 7)[..]));
    assert_eq!(backend.office().delete(at_ms(4), APPOINTMENT, &key), Err(Refusal::Gone));
    assert_eq!(backend.office().write(at_ms(4), APPOINTMENT, &key, &[]), Err(Refusal::Gone));
}

#[test]
fn opening_a_record_fetches_its_live_notes() {
    let mut backend = backend(options());
    let note = |of: &str| vec![Value::text(of), Value::text("…")];
    for (key, of) in [("n3", "a"), ("n1", "a"), ("n2", "b"), ("n4", "a"), ("n5", "a")] {
        backend.office().create(at_ms(1), NOTE, Key::new(key), note(of)).unwrap();
    }
    backend.office().delete(at_ms(2), NOTE, &Key::new("n1")).unwrap();
    backend.office().write(at_ms(2), NOTE, &Key::new("n4"), &[(0, Value::text("b"))]).unwrap();
    let fetch = |of: &str, limit| {
        let mut keys = Vec::new();
        let take = |change: Change<'_>| keys.push(change.key.as_str().to_owned());
        let fetched =
            backend.sight(at_ms(3)).fetch(NOTE, &attributes(0), &Key::new(of), limit, take).unwrap();
        (keys.join(" "), fetched.more)
    };
    assert_eq!(fetch("a", 9), ("n3 n5".to_owned(), false));
    assert_eq!(fetch("a", 1), ("n3".to_owned(), true));
    assert_eq!(fetch("b", 2), ("n2 n4".to_owned(), false));
    assert_eq!(fetch("nobody", 9), (String::new(), false));
    for entity in [APPOINTMENT, EntityId(99)] {
        let fetched = backend.sight(at_ms(3)).fetch(entity, &attributes(0), &Key::new("a"), 9, |_| ());
        assert!(matches!(fetched, Err(ServerError::BadRequest(_))));
    }
}

#[test]
fn initial_rows_keep_their_order_and_are_cut_to_the_precision() {
    let mut backend = Backend::new(
        schema(),
        BackendOptions { stamp_precision: Span::secs(1), ..options() },
        START,
        Seed(1),
    );
    let row = |key, age_ms| loaded(key, appointment(0, 1), START.minus(Span::millis(age_ms)));
    let deleted = Loaded { deleted: Some(START.minus(Span::millis(500))), ..row("d", 9_000) };
    backend.load(APPOINTMENT, [row("b", 1_500), row("a", 1_400), row("c", 2_500), deleted]);
    let keys = |rows: &mut dyn Iterator<Item = &Record>| {
        rows.map(|r| r.key.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&mut backend.rows(APPOINTMENT)), "a b c d");
    assert_eq!(keys(&mut backend.in_scope(APPOINTMENT, &attributes(0))), "c a b");
    assert_eq!(backend.len(APPOINTMENT), 3);
    let row = backend.row(APPOINTMENT, &Key::new("d")).unwrap();
    assert_eq!((row.deleted, row.stamp), (true, START.minus(Span::secs(1))));
}
