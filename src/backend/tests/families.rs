//! Mutations of a row and of the rows that are part of it: all or none.

use super::*;
use crate::contract::{OnDelete, Reference};

fn house(commits: Commits) -> Backend {
    let mut schema = (*schema()).clone();
    schema.references =
        vec![Reference { of: NOTE, column: 0, to: APPOINTMENT, on_delete: OnDelete::Cascade }];
    schema.entities[usize::from(NOTE.0)].delivery = Delivery::Delta;
    let options = BackendOptions { commits, ..BackendOptions::default() };
    let mut backend = Backend::new(Arc::new(schema), options, START, Seed(1));
    let row = |key: &str, values: Vec<Value>| loaded(key, values, START.minus(Span::secs(9)));
    backend.load(PATIENT, [row("p0", vec![Value::text("Ann"), Value::Null])]);
    backend.load(APPOINTMENT, [row("v", appointment(0, 1))]);
    backend.load(NOTE, [row("n", vec![Value::text("v"), Value::text("well")])]);
    backend
}

fn visit(number: u32, key: &str) -> Mutation {
    let values = vec![(AT, Value::Int(3)), (PATIENT_KEY, Value::text("p0"))];
    mutation(number, APPOINTMENT, key, EditKind::Create, values)
}

fn note(number: u32, key: &str, of: &str) -> Mutation {
    mutation(number, NOTE, key, EditKind::Create, vec![(0, Value::text(of)), (1, Value::text("sick"))])
}

/// What is written into the note that is there, by who has read it or by who has not.
fn rewrite(backend: &Backend, number: u32, read: bool) -> Mutation {
    let stamp = backend.row(NOTE, &Key::new("n")).unwrap().stamp;
    let base = Some(if read { stamp } else { stamp.minus(Span::secs(1)) });
    let values = vec![(1, Value::text("better"))];
    Mutation { base, ..mutation(number, NOTE, "n", EditKind::Update, values) }
}

fn send(backend: &mut Backend, mutations: &[Mutation]) -> String {
    let outcomes = backend.push(Time(5), &attributes(0), mutations, &mut Vec::new());
    let letter = |outcome: &Outcome| match outcome {
        Outcome::Applied { .. } => 'A',
        Outcome::Conflict { .. } => 'C',
        Outcome::Later => 'L',
        Outcome::Rejected { .. } => 'R',
        Outcome::Named { .. } | Outcome::Queued => '?',
    };
    outcomes.iter().map(letter).collect()
}

#[test]
fn a_family_is_committed_all_or_none_and_others_go_on() {
    for (commits, met) in [(Commits::Rows, "AACAR"), (Commits::Families, "AALCA")] {
        let mut backend = house(commits);
        let stale = rewrite(&backend, 4, false);
        let batch = match commits {
            Commits::Rows => {
                [visit(1, "w"), note(2, "m", "w"), stale, note(3, "o", "v"), note(5, "x", "none")]
            }
            Commits::Families | Commits::Requests => {
                [visit(1, "w"), note(2, "m", "w"), note(3, "o", "v"), stale, visit(6, "z")]
            }
        };
        assert_eq!(send(&mut backend, &batch), met, "{commits:?}");
        assert_eq!(backend.row(NOTE, &Key::new("o")).is_some(), commits == Commits::Rows);
    }
}

#[test]
fn what_waited_for_a_conflict_goes_once_that_is_decided() {
    let mut backend = house(Commits::Families);
    let stale = rewrite(&backend, 4, false);
    assert_eq!(send(&mut backend, &[note(3, "o", "v"), stale.clone()]), "LC");
    assert_eq!(send(&mut backend, &[note(3, "o", "v"), stale]), "LC", "remembered");
    let decided = rewrite(&backend, 5, true);
    assert_eq!(send(&mut backend, &[note(3, "o", "v"), decided.clone()]), "AA");
    assert_eq!(send(&mut backend, &[note(3, "o", "v"), decided]), "AA", "again");
}

#[test]
fn a_request_is_committed_all_or_none() {
    let mut backend = house(Commits::Requests);
    let stale = rewrite(&backend, 4, false);
    assert_eq!(send(&mut backend, &[visit(1, "w"), note(2, "m", "w"), stale]), "LLC");
    let mut wrong = note(5, "x", "v");
    wrong.values[1].1 = Value::Int(7);
    assert_eq!(send(&mut backend, &[visit(1, "w"), note(2, "m", "w"), wrong]), "LLR");
    assert!(backend.row(APPOINTMENT, &Key::new("w")).is_none());
    assert_eq!(send(&mut backend, &[visit(1, "w"), note(2, "m", "w"), note(3, "o", "v")]), "AAA");
}

#[test]
fn where_part_of_a_family_is_refused_all_of_it_is() {
    let mut backend = house(Commits::Families);
    let mut wrong = note(2, "m", "w");
    wrong.values[1].1 = Value::Int(7);
    assert_eq!(send(&mut backend, &[visit(1, "w"), wrong, note(3, "o", "v")]), "RRA");
    assert!(backend.row(APPOINTMENT, &Key::new("w")).is_none());
    assert_eq!(send(&mut backend, &[visit(1, "w")]), "R", "remembered");
}
