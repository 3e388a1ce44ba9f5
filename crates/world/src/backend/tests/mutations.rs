//! The outcome of a device's mutation.

use proptest::prelude::*;

use super::*;
use crate::contract::{Author, CommitKind, NamedBy, Naming, Refusal, Row};

struct Desk {
    backend: Backend,
    number: u32,
    now: Time,
}

impl Desk {
    fn new(options: BackendOptions) -> Desk {
        let mut backend = backend(options);
        let row = |k: u8| loaded(&format!("k{k}"), appointment(k, i64::from(k)), START.minus(Span::secs(60)));
        backend.load(APPOINTMENT, (0..4).map(row));
        Desk { backend, number: 0, now: Time::ZERO }
    }

    fn send(&mut self, mutation: &Mutation) -> Outcome {
        self.now += Span::millis(1);
        self.backend.push(self.now, &attributes(0), std::slice::from_ref(mutation)).remove(0)
    }

    fn new_mutation(&mut self, key: &str, kind: EditKind, values: Vec<(usize, Value)>) -> Mutation {
        self.number += 1;
        let base = self.backend.row(APPOINTMENT, &Key::new(key)).map(|row| row.stamp);
        Mutation { base, ..mutation(self.number, APPOINTMENT, key, kind, values) }
    }

    fn status(&mut self, key: &str, status: &str) -> Mutation {
        self.new_mutation(key, EditKind::Update, vec![(STATUS, Value::text(status))])
    }

    fn create(&mut self, key: &str, at: i64) -> Mutation {
        self.new_mutation(key, EditKind::Create, vec![(AT, Value::Int(at)), (PATIENT_KEY, Value::text("p0"))])
    }

    fn office_sets(&mut self, value: (usize, Value)) {
        self.backend.office().write(self.now, APPOINTMENT, &Key::new("k0"), &[value]).unwrap();
    }

    fn row(&self, key: &str) -> &Record {
        self.backend.row(APPOINTMENT, &Key::new(key)).unwrap()
    }
}

fn projected(row: &Record) -> Option<Row> {
    let values = [AT, STATUS, PATIENT_KEY, PATIENT_NAME].map(|c| row.values[c].clone());
    Some(Row { key: row.key.clone(), stamp: row.stamp, values: Some(values.into()) })
}

/// A conflict with the row's current state. `shown` makes the row as the device gets it.
fn conflict(desk: &Desk, key: &str, why: Refusal, shown: fn(&Record) -> Option<Row>) -> Outcome {
    let row = desk.row(key);
    Outcome::Conflict { why, current: shown(row), edited_at: Some(row.edited_at) }
}

fn tombstone(row: &Record) -> Option<Row> {
    Some(Row { key: row.key.clone(), stamp: row.stamp, values: None })
}

#[test]
fn an_update_changes_its_columns_and_no_others() {
    let mut desk = Desk::new(options());
    let before = desk.row("k0").values.to_vec();
    let update = desk.status("k0", "seen");
    let outcome = desk.send(&update);
    let row = desk.row("k0");
    assert_eq!(outcome, Outcome::Applied { stamp: row.stamp });
    let mut wanted = before;
    wanted[STATUS] = Value::text("seen");
    assert_eq!(*row.values, wanted);
    let [Fact::Committed(commit)] = &desk.backend.call.facts[..] else {
        panic!("one commit, not {:?}", desk.backend.call.facts)
    };
    assert_eq!((commit.kind, commit.author), (CommitKind::Update, Author::Device(update.edit)));
    assert_eq!((commit.replaced, commit.stamp), (update.base, row.stamp));
}

#[test]
fn a_create_belongs_to_the_clinic_of_its_device() {
    let mut desk = Desk::new(options());
    let create = desk.create("new", 9);
    assert!(matches!(desk.send(&create), Outcome::Applied { .. }));
    let row = desk.row("new");
    assert_eq!((&row.values[CLINIC], &row.values[STATUS]), (&clinic(0), &Value::Null));
}

#[test]
fn an_edit_of_an_old_version_meets_the_current_one_as_far_as_its_device_may_see_it() {
    type Shown = fn(&Record) -> Option<Row>;
    type Deed = fn(&mut Desk);
    let cases: [(Deed, Refusal, Shown); 3] = [
        (|desk| desk.office_sets((STATUS, Value::text("moved"))), Refusal::Stale, projected),
        (|desk| desk.office_sets((CLINIC, clinic(1))), Refusal::Stale, tombstone),
        (
            |desk| _ = desk.backend.office().delete(desk.now, APPOINTMENT, &Key::new("k0")).unwrap(),
            Refusal::Gone,
            tombstone,
        ),
    ];
    for (office, why, shown) in cases {
        let mut desk = Desk::new(options());
        let delete = desk.new_mutation("k0", EditKind::Delete, Vec::new());
        let edits = [desk.status("k0", "late"), delete, desk.create("k0", 9)];
        office(&mut desk);
        let (before, expected) = (desk.row("k0").values.clone(), conflict(&desk, "k0", why, shown));
        for edit in &edits[..if why == Refusal::Gone { 3 } else { 2 }] {
            assert_eq!(desk.send(edit), expected);
            let (entity, key, kind) = (APPOINTMENT, Key::new("k0"), edit.kind);
            let conflict = Some(why);
            let refused = Fact::Refused { edit: edit.edit, entity, key, kind, conflict, holder: None };
            assert_eq!(desk.backend.call.facts, [refused]);
        }
        assert_eq!(desk.row("k0").values, before);
    }
    let mut desk = Desk::new(options());
    let unknown = desk.status("nobody", "late");
    assert_eq!(desk.send(&unknown), Outcome::Conflict { why: Refusal::Gone, current: None, edited_at: None });
}

#[test]
fn a_conflict_says_when_the_version_in_the_way_was_made() {
    let mut desk = Desk::new(options());
    let (first, mine) = (desk.status("k0", "first"), desk.status("k0", "mine"));
    let again = desk.status("k0", "again");
    desk.now = at_ms(5_000);
    let offline = Mutation { made_at: Stamp(START.0 - 7), ..first };
    let Outcome::Applied { stamp } = desk.send(&offline) else { panic!("applied") };
    assert!(stamp > START, "it was committed later than it was made");
    let edited = |outcome| match outcome {
        Outcome::Conflict { edited_at, .. } => edited_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(edited(desk.send(&mine)), Some(Stamp(START.0 - 7)));
    desk.office_sets((STATUS, Value::text("theirs")));
    assert_eq!(edited(desk.send(&again)), Some(desk.row("k0").stamp), "the office dates by its commit");
}

#[test]
fn a_forgotten_row_can_be_made_again() {
    let mut desk = Desk::new(BackendOptions { tombstones_kept: Span::secs(1), ..options() });
    desk.backend.office().delete(desk.now, APPOINTMENT, &Key::new("k0")).unwrap();
    desk.now = at_ms(2_000);
    let (update, create) = (desk.status("k0", "late"), desk.create("k0", 9));
    assert_eq!(desk.send(&update), Outcome::Conflict { why: Refusal::Gone, current: None, edited_at: None });
    assert!(matches!(desk.send(&create), Outcome::Applied { .. }));
    let [Fact::Committed(commit), _] = &desk.backend.call.facts[..] else {
        panic!("a commit and its counter")
    };
    assert_eq!((commit.kind, commit.replaced), (CommitKind::Insert, None));
    assert_eq!(desk.backend.len(APPOINTMENT), 4);
}

#[test]
fn a_key_is_created_once_and_a_natural_key_held_by_one_live_row() {
    let mut schema = (*schema()).clone();
    schema.entities[1].unique = vec![CLINIC, AT];
    let mut backend = Backend::new(Arc::new(schema), options(), START, Seed(1));
    backend.load(PATIENT, [loaded("p0", vec![Value::text("Ada"), Value::Null], START)]);
    backend
        .load(APPOINTMENT, [loaded("k0", appointment(0, 9), START), loaded("k1", appointment(0, 10), START)]);
    let mut desk = Desk { backend, number: 0, now: Time::ZERO };

    let again = desk.create("k0", 77);
    let expected = conflict(&desk, "k0", Refusal::Exists, projected);
    assert_eq!(desk.send(&again), expected);
    let twin = desk.create("twin", 9);
    let taken = conflict(&desk, "k0", Refusal::Taken, projected);
    assert_eq!(desk.send(&twin), taken);
    let moved = desk.new_mutation("k1", EditKind::Update, vec![(AT, Value::Int(9))]);
    assert_eq!(desk.send(&moved), taken);
    assert!(
        matches!(&desk.backend.call.facts[..], [Fact::Refused { holder: Some(key), .. }] if key.as_str() == "k0")
    );
    let stays = desk.new_mutation("k0", EditKind::Update, vec![(AT, Value::Int(9))]);
    assert!(matches!(desk.send(&stays), Outcome::Applied { .. }), "a row is not in its own way");

    desk.backend.office().delete(desk.now, APPOINTMENT, &Key::new("k0")).unwrap();
    let heir = desk.create("heir", 9);
    assert!(matches!(desk.send(&heir), Outcome::Applied { .. }));
    assert_eq!(
        desk.backend.office().create(desk.now, APPOINTMENT, Key::new("office"), appointment(0, 9)),
        Err(Refusal::Taken)
    );
    let import = [("i1", 20), ("i2", 20), ("heir", 9), ("i3", 9)];
    let import = import.map(|(key, at)| (Key::new(key), appointment(0, at)));
    let keys: Vec<Key> =
        self::import(&mut desk.backend, desk.now, import).into_iter().map(|c| c.key).collect();
    assert_eq!(keys, [Key::new("i1"), Key::new("heir")]);
}

#[test]
fn what_the_backend_never_accepts_is_rejected_with_a_reason() {
    let mut desk = Desk::new(options());
    let status = desk.status("k0", "seen");
    let set = |values| Mutation { values, ..status.clone() };
    let cases = [
        Mutation { entity: EntityId(9), ..status.clone() },
        Mutation { entity: PATIENT, ..status.clone() },
        set(vec![(LEDGER, Value::text("mine"))]),
        set(vec![(99, Value::Null)]),
        set(vec![(AT, Value::text("noon"))]),
        set(vec![(PATIENT_KEY, Value::text("nobody"))]),
    ];
    let mut reasons = Vec::new();
    for (number, mutation) in cases.into_iter().enumerate() {
        let mutation = Mutation { id: format!("case{number}"), ..mutation };
        let outcome = desk.send(&mutation);
        let Outcome::Rejected { reason, current } = outcome else { panic!("{outcome:?}") };
        reasons.push(reason);
        let wanted = if mutation.entity == APPOINTMENT { projected(desk.row("k0")) } else { None };
        assert_eq!(current, wanted);
        assert!(matches!(desk.backend.call.facts[..], [Fact::Refused { conflict: None, .. }]));
    }
    insta::assert_snapshot!(reasons.join("\n"));
    assert!(matches!(desk.send(&set(vec![(PATIENT_KEY, Value::Null)])), Outcome::Applied { .. }));
}

type Snapshot = Vec<(Key, Vec<Value>, Stamp, bool)>;

fn content(backend: &Backend) -> Vec<Snapshot> {
    let snapshot = |entity| {
        let rows = backend.rows(entity);
        rows.map(|r| (r.key.clone(), r.values.to_vec(), r.stamp, r.deleted)).collect()
    };
    backend.schema().ids().map(snapshot).collect()
}

/// The verdict without the conflicting row: that row is shown in its current state.
fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { stamp } => format!("applied {stamp:?}"),
        Outcome::Conflict { why, .. } => format!("{why:?}"),
        Outcome::Rejected { reason, .. } => reason.clone(),
        Outcome::Later => "later".to_owned(),
        Outcome::Queued | Outcome::Named { .. } => unreachable!("a backend queues and names nothing here"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn mutations_sent_again_in_any_chunks_count_once(
        edits in prop::collection::vec((0..6_u8, 0..3_u8, 0..9_i64), 1..40),
        chunks in prop::collection::vec((1..6_usize, 0..3_usize), 40),
    ) {
        let mut once = Desk::new(options());
        let mut often = Desk::new(options());
        let mut mutations = Vec::new();
        let mut verdicts = Vec::new();
        for (k, kind, at) in edits {
            let kind = [EditKind::Create, EditKind::Update, EditKind::Delete][usize::from(kind)];
            let values = if kind == EditKind::Delete { Vec::new() } else { vec![(AT, Value::Int(at))] };
            let mutation = once.new_mutation(&format!("k{k}"), kind, values);
            verdicts.push(verdict(&once.send(&mutation)));
            mutations.push(mutation);
        }
        let (mut done, mut chunks) = (0, chunks.into_iter());
        while done < mutations.len() {
            // The response to a chunk is sometimes lost. The next chunk is then larger, as the
            // device has made more edits.
            let (size, again) = chunks.next().unwrap_or((1, 0));
            let end = (done + size).min(mutations.len());
            for round in 0..=again {
                for (i, mutation) in mutations[..end].iter().enumerate().skip(if round == 0 { done } else { 0 }) {
                    let fresh = round == 0;
                    // First arrivals use the other desk's times, so that stamps are comparable.
                    often.now = at_ms(i as u64);
                    prop_assert_eq!(&verdict(&often.send(mutation)), &verdicts[i]);
                    let replayed = matches!(often.backend.call.facts[..], [Fact::Replayed(edit)] if edit == mutation.edit);
                    prop_assert_eq!(replayed, !fresh);
                }
            }
            done = end;
        }
        prop_assert_eq!(content(&once.backend), content(&often.backend));
    }
}

#[test]
fn a_create_is_named_once_and_what_refers_to_it_follows() {
    let naming = [NamedBy::Server, NamedBy::Device].map(|by| Naming { by, ..Naming::default() });
    let mut schema = Schema { naming: naming.to_vec(), ..(*schema()).clone() };
    schema.entities[0].delivery = Delivery::Delta;
    let mut backend = Backend::new(Arc::new(schema), BackendOptions::default(), START, Seed(1));
    let patient = mutation(1, PATIENT, "mine", EditKind::Create, vec![(0, Value::text("Ann"))]);
    let refers = vec![(AT, Value::Int(1)), (PATIENT_KEY, Value::text("mine"))];
    let visit = mutation(2, APPOINTMENT, "v", EditKind::Create, refers);
    let first = backend.push(Time::ZERO, &attributes(0), &[patient.clone(), visit]);
    let Outcome::Named { stamp, row } = &first[0] else { panic!("{first:?}") };
    assert_eq!((row.key.as_str(), row.stamp), ("patient-1", *stamp));
    assert!(matches!(first[1], Outcome::Applied { .. }), "{first:?}");
    let visit = backend.row(APPOINTMENT, &Key::new("v")).unwrap();
    assert_eq!(visit.values[PATIENT_KEY], Value::text("patient-1"));
    let again = backend.push(Time(9), &attributes(0), &[patient]);
    assert_eq!(again[0], first[0], "its answer may have been lost");
}
