use super::Policy::{FieldMerge, LastArrivalWins, LastCommitWins, LastWriteWins};
use super::*;
use crate::base::{Key, Stamp, Value, Word};
use crate::contract::{Column, ColumnKind, ConflictKind, EditKind, Entity, LogKind, Refusal, Row};
use crate::store::Entry;

pub(super) fn entity() -> Entity {
    let column = |name: &str| Column::new(name, ColumnKind::Text);
    Entity {
        projection: vec![0, 1],
        ..Entity::new("appointment", vec![column("clinic"), column("status"), column("hidden")])
    }
}

pub(super) fn entry(kind: EditKind, status: &str, made_at: i64) -> Entry {
    let values = if kind == EditKind::Delete { Vec::new() } else { vec![(1, Value::text(status))] };
    Entry { made_at: Stamp(made_at), ..Entry::made(0, kind, values) }
}

pub(super) fn row(stamp: i64, status: Option<&str>) -> Row {
    let values = status.map(|s| vec![Value::text("c1"), Value::text(s)]);
    Row { key: Key::new("k"), stamp: Stamp(stamp), values }
}

/// A conflict between an edit and a version whose author's date is unknown.
pub(super) fn met<'a>(
    entry: &'a Entry,
    entity: &'a Entity,
    why: Refusal,
    current: Option<&'a Row>,
) -> Conflict<'a> {
    Conflict { entry, entity, why, current, edited_at: None, compares_values: true }
}

#[test]
fn dates_are_compared_first_and_values_then() {
    let entity = entity();
    let local = || Resolution::Local { onto: Key::new("k") };
    use ConflictKind as K;
    use EditKind::{Delete, Update};
    use Refusal::{Gone, Stale};
    let table = [
        (Update, "done", 20, Stale, row(10, Some("done")), K::Equal, Resolution::Same),
        (Update, "done", 20, Stale, row(10, Some("new")), K::UpdateUpdate, local()),
        (Update, "done", 10, Stale, row(20, Some("new")), K::UpdateUpdate, Resolution::Remote),
        (Update, "done", 10, Stale, row(10, Some("new")), K::UpdateUpdate, Resolution::Remote),
        (Update, "done", 20, Gone, row(10, None), K::UpdateDelete, Resolution::Remote),
        (Delete, "", 20, Gone, row(10, None), K::Equal, Resolution::Same),
        (Delete, "", 20, Stale, row(10, Some("new")), K::DeleteUpdate, local()),
        (Delete, "", 10, Stale, row(20, Some("new")), K::DeleteUpdate, Resolution::Remote),
    ];
    for (kind, status, made_at, why, current, expected_kind, expected) in table {
        let entry = entry(kind, status, made_at);
        let conflict = met(&entry, &entity, why, Some(&current));
        assert_eq!(kind_of(conflict), expected_kind, "{entry:?} against {current:?}");
        assert_eq!(LastWriteWins.resolve(conflict), expected, "{entry:?} against {current:?}");
    }
}

#[test]
fn a_create_on_a_taken_natural_key_goes_onto_the_row_that_has_it_or_gives_way() {
    let entity = entity();
    let taken = Row { key: Key::new("other"), ..row(10, Some("booked")) };
    for (made_at, expected) in [(20, Resolution::Local { onto: Key::new("other") }), (5, Resolution::Remote)]
    {
        let entry = entry(EditKind::Create, "mine", made_at);
        let conflict = met(&entry, &entity, Refusal::Taken, Some(&taken));
        assert_eq!(kind_of(conflict), ConflictKind::InsertInsert);
        assert_eq!(LastWriteWins.resolve(conflict), expected);
    }
}

#[test]
fn an_edit_that_wants_the_natural_key_of_another_row_gives_way() {
    let entity = entity();
    // The other row has the values that the edit sets, and an older date.
    let taken = Row { key: Key::new("other"), ..row(10, Some("mine")) };
    let update = entry(EditKind::Update, "mine", 20);
    let again = Entry { made_on: Some(vec![(1, Value::text("old"))]), ..entry(EditKind::Create, "mine", 20) };
    for policy in Policy::VALUES {
        for (entry, current) in [(&update, Some(&taken)), (&again, Some(&taken)), (&update, None)] {
            let conflict = met(entry, &entity, Refusal::Taken, current);
            assert_eq!(policy.decide(conflict), Resolution::Remote, "{policy:?}: {entry:?}");
            assert_eq!(kind_of(conflict), ConflictKind::UpdateTaken);
            assert!(!says_the_same(conflict));
        }
    }
}

#[test]
fn a_merge_keeps_what_one_side_alone_changed() {
    let entity = entity();
    let merged = |columns: &[usize], line| Resolution::Merged { columns: columns.to_vec(), line };
    let update = |made_at, clinic: &str, status: &str| Entry {
        values: vec![(0, Value::text(clinic)), (1, Value::text(status))],
        made_on: Some(vec![(0, Value::text("c1")), (1, Value::text("new"))]),
        ..entry(EditKind::Update, "", made_at)
    };
    let (earlier, later) = (5, 20);
    let theirs = |status| row(10, Some(status));
    for (entry, current, expected) in [
        // The backend changed no column that the edit sets.
        (update(earlier, "c2", "done"), theirs("new"), merged(&[0, 1], None)),
        // The backend changed one of the edit's columns: the later side gets that column.
        (update(earlier, "c2", "done"), theirs("late"), merged(&[0], Some(LogKind::Merged))),
        (update(later, "c2", "done"), theirs("late"), merged(&[0, 1], Some(LogKind::Overwrote))),
        // The backend changed the column to the same value.
        (update(earlier, "c2", "done"), theirs("done"), merged(&[0, 1], None)),
        (update(earlier, "c1", "done"), theirs("done"), Resolution::Same),
    ] {
        let why = Refusal::Stale;
        let conflict = met(&entry, &entity, why, Some(&current));
        assert_eq!(FieldMerge.resolve(conflict), expected, "{entry:?} against {current:?}");
    }
    let only = Entry { values: vec![(1, Value::text("done"))], ..update(earlier, "", "") };
    let gone = row(10, None);
    for (why, current) in [(Refusal::Stale, theirs("late")), (Refusal::Gone, gone)] {
        let conflict = met(&only, &entity, why, Some(&current));
        assert_eq!(FieldMerge.resolve(conflict), Resolution::Remote, "{current:?}");
    }
}

#[test]
fn three_rules_of_the_last_write_compare_three_dates() {
    let entity = entity();
    // Committed at 20, made at 10.
    let current = row(20, Some("new"));
    let local = || Resolution::Local { onto: Key::new("k") };
    for (rule, wins) in [
        (LastWriteWins, [false, true, true]),
        (LastCommitWins, [false, false, true]),
        (LastArrivalWins, [true, true, true]),
    ] {
        for (made_at, wins) in [5, 15, 25].into_iter().zip(wins) {
            let entry = entry(EditKind::Update, "done", made_at);
            let (why, edited_at) = (Refusal::Stale, Some(Stamp(10)));
            let conflict = Conflict { edited_at, ..met(&entry, &entity, why, Some(&current)) };
            let expected = if wins { local() } else { Resolution::Remote };
            assert_eq!(rule.resolve(conflict), expected, "{rule:?}, {made_at}");
        }
    }
}

#[test]
fn by_three_versions_only_what_both_changed_is_a_conflict() {
    let entity = entity();
    let update = |status: &str| Entry {
        values: vec![(1, Value::text(status))],
        made_on: Some(vec![(1, Value::text("new"))]),
        ..entry(EditKind::Update, "", 5)
    };
    let gone = Entry { values: Vec::new(), ..entry(EditKind::Delete, "", 5) };
    for (entry, why, theirs, expected) in [
        (update("done"), Refusal::Stale, Some("new"), true),
        (update("done"), Refusal::Stale, Some("late"), false),
        // Equal values are decided earlier.
        (update("done"), Refusal::Stale, Some("done"), false),
        (update("done"), Refusal::Stale, None, false),
        (update("done"), Refusal::Gone, None, false),
        (gone, Refusal::Stale, Some("new"), false),
    ] {
        let current = row(10, theirs);
        let conflict = met(&entry, &entity, why, Some(&current));
        assert_eq!(is_uncontested(Detect::ThreeWay, conflict), expected, "{entry:?} {theirs:?}");
        assert!(!is_uncontested(Detect::DatesThenValues, conflict));
        let by_dates = Conflict { compares_values: false, ..conflict };
        assert!(!says_the_same(by_dates), "by dates no value is looked at");
    }
}
