use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::{DeviceId, EditId, EntityId, Fat, Key, Stamp, UnitId, Value, ValueRef};
use crate::contract::wire::Cell;
use crate::contract::{
    Carried, Column, ColumnKind, Database, Delivery, EditError, EditKind, Entity, LocalEdit, LogEntry,
    LogKind, Provision, Schema, SyncUnit, Work,
};

const TASK: EntityId = EntityId(0);
const GROUP: EntityId = EntityId(2);
const UNIT: UnitId = UnitId(0);

fn entity(name: &str, columns: &[&str], projection: &[usize], delivery: Delivery) -> Entity {
    let columns =
        columns.iter().map(|name| Column { name: (*name).to_owned(), kind: ColumnKind::Text }).collect();
    Entity {
        name: name.to_owned(),
        key: "id".to_owned(),
        columns,
        projection: projection.to_vec(),
        scope: Vec::new(),
        delivery,
        unique: Vec::new(),
    }
}

/// A plain entity of whose four columns devices hold 0, 1 and 3, one that only the backend has, and two with names that
/// SQL does not like and that differ in case alone.
fn schema() -> Arc<Schema> {
    let odd = &["select", "SELECT", "a \"b\" ' ; --", "key", "stamp", "", "é\0"];
    Arc::new(Schema {
        entities: vec![
            entity("task", &["title", "state", "secret", "note"], &[0, 1, 3], Delivery::Delta),
            entity("ledger", &["x"], &[], Delivery::BackendOnly),
            entity("group", odd, &[0, 1, 2, 3, 4, 5, 6], Delivery::OnOpen { by: 0 }),
            entity("Group", odd, &[0, 1, 2, 3, 4, 5, 6], Delivery::Delta),
            entity("sqlite_\"outbox", &[], &[], Delivery::Delta),
        ],
    })
}

fn options() -> Options {
    Options { journal: Journal::Memory, ..Options::default() }
}

fn store() -> Store {
    let db = Database { path: ":memory:".to_owned(), vfs: None };
    Store::open(&db, schema(), &options()).unwrap()
}

fn file(dir: &tempfile::TempDir) -> Database {
    Database { path: dir.path().join("app.db").to_str().unwrap().to_owned(), vfs: None }
}

fn edit(number: u32, key: &str, kind: EditKind, values: &[(usize, &str)]) -> LocalEdit {
    LocalEdit {
        id: EditId { device: DeviceId(7), number },
        entity: TASK,
        key: Key::new(key),
        kind,
        values: values.iter().map(|(column, text)| (*column, Value::text(text))).collect(),
    }
}

fn create(number: u32, key: &str) -> LocalEdit {
    edit(number, key, EditKind::Create, &[(0, "t"), (1, "s"), (3, "n")])
}

fn update(number: u32, key: &str, note: &str) -> LocalEdit {
    edit(number, key, EditKind::Update, &[(3, note)])
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::text(text)).collect()
}

fn put(store: &Store, key: &str, stamp: i64, generation: u32) {
    store
        .transaction(|tx| tx.put_values(TASK, key, Stamp(stamp), generation, &texts(&["t", "s", "n"])))
        .unwrap();
}

fn row(store: &Store, key: &str) -> Option<StoredRow> {
    store.read(|tx| tx.row(TASK, key)).unwrap()
}

fn sendable(store: &Store, limit: usize) -> Vec<String> {
    let entries = store.read(|tx| tx.outbox(&[TASK], limit)).unwrap();
    entries.into_iter().map(|entry| entry.id).collect()
}

fn all(store: &Store, entity: EntityId) -> Vec<(String, Stamp, Vec<Value>)> {
    let mut rows = Vec::new();
    store
        .rows(entity, &mut |key, stamp, values| {
            rows.push((key.to_owned(), stamp, values.iter().map(|v| v.to_value()).collect()));
        })
        .unwrap();
    rows
}

#[test]
fn names_that_sql_knows_or_that_differ_in_case_alone_are_names_like_others() {
    let store = store();
    let values = texts(&["1", "2", "3", "4", "5", "6", "7"]);
    store
        .transaction(|tx| {
            tx.put_values(GROUP, "k", Stamp(1), 0, &values)?;
            tx.put_values(EntityId(4), "only a key", Stamp(2), 0, &[])
        })
        .unwrap();
    assert_eq!(all(&store, GROUP), [("k".to_owned(), Stamp(1), values)]);
    assert_eq!(store.count(EntityId(3)).unwrap(), 0);
    assert_eq!(store.count(EntityId(4)).unwrap(), 1);
}

#[test]
#[should_panic(expected = "only entities that devices hold are stored")]
fn an_entity_of_the_backend_alone_has_no_table() {
    _ = store().count(EntityId(1));
}

#[test]
fn every_kind_of_value_is_read_back_as_it_was_put() {
    let store = store();
    let fat = Fat { seed: 3, len: 20_000 };
    let rows = [
        vec![Value::Null, Value::text(""), Value::text("0")],
        vec![Value::Int(i64::MIN), Value::Int(i64::MAX), Value::Int(0)],
        vec![Value::Real(1.0), Value::Real(-0.0), Value::Real(f64::MIN_POSITIVE)],
        vec![Value::text("12.0"), Value::text("ünï\u{10ffff}'\"\\"), Value::text("a\0b")],
    ];
    for (index, values) in rows.iter().enumerate() {
        let key = format!("k{index}");
        let cells: Vec<Cell<'_>> = values.iter().map(rows::cell).collect();
        store.transaction(|tx| tx.put(TASK, &key, Stamp(-1), 0, &cells)).unwrap();
        let read = row(&store, &key).unwrap();
        assert_eq!(format!("{:?}", read.values), format!("{values:?}"));
        store.transaction(|tx| tx.put_values(TASK, &key, Stamp(-2), u32::MAX, values)).unwrap();
        let again = row(&store, &key).unwrap();
        assert_eq!((again.stamp, again.generation), (Stamp(-2), u32::MAX));
        assert_eq!(format!("{:?}", again.values), format!("{values:?}"));
    }
    let values = [Value::Fat(fat), Value::Null, Value::Null];
    store.transaction(|tx| tx.put_values(TASK, "fat", Stamp(1), 0, &values)).unwrap();
    assert!(row(&store, "fat").unwrap().values[0].reads_as(ValueRef::Text(&fat.text())));
}

#[test]
fn a_put_replaces_what_was_there() {
    let store = store();
    put(&store, "b", 1, 1);
    put(&store, "a", 2, 1);
    let new = texts(&["x", "y", "z"]);
    store.transaction(|tx| tx.put_values(TASK, "b", Stamp(3), 2, &new)).unwrap();
    assert_eq!(row(&store, "b"), Some(StoredRow { stamp: Stamp(3), generation: 2, values: new.clone() }));
    assert_eq!(store.count(TASK).unwrap(), 2);
    let rows = all(&store, TASK);
    assert_eq!(rows[0].0, "a");
    assert_eq!(rows[1], ("b".to_owned(), Stamp(3), new));
}

#[test]
fn rows_are_given_in_the_order_of_their_keys_bytes() {
    let store = store();
    for key in ["é", "b", "Z", "", "b0", "\u{10ffff}"] {
        put(&store, key, 1, 0);
    }
    let keys: Vec<String> = all(&store, TASK).into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["", "Z", "b", "b0", "é", "\u{10ffff}"]);
}

#[test]
fn a_row_with_too_few_or_too_many_values_is_refused() {
    let store = store();
    for cells in [&[Cell::Null, Cell::Null][..], &[Cell::Null, Cell::Null, Cell::Null, Cell::Null]] {
        let result = store.transaction(|tx| tx.put(TASK, "k", Stamp(1), 0, cells));
        assert!(matches!(result, Err(StoreError::Damaged(_))), "{result:?}");
    }
    assert_eq!(store.count(TASK).unwrap(), 0);
}

#[test]
fn remove_and_restamp_touch_their_row_only() {
    let store = store();
    put(&store, "a", 1, 0);
    put(&store, "b", 1, 0);
    store
        .transaction(|tx| {
            assert!(tx.remove(TASK, "a")?);
            assert!(!tx.remove(TASK, "a")?);
            tx.restamp(TASK, "b", Stamp(9))?;
            tx.restamp(TASK, "a", Stamp(9))
        })
        .unwrap();
    assert_eq!(row(&store, "a"), None);
    assert_eq!(row(&store, "b").unwrap().stamp, Stamp(9));
    assert_eq!(store.count(TASK).unwrap(), 1);
}

#[test]
fn an_error_in_the_middle_undoes_the_transaction() {
    let store = store();
    put(&store, "kept", 1, 0);
    let failed: Result<(), _> = store.transaction(|tx| {
        tx.put_values(TASK, "new", Stamp(2), 0, &texts(&["1", "2", "3"]))?;
        tx.remove(TASK, "kept")?;
        tx.save_progress(UNIT, TASK, &Progress { cursor: Some("c".into()), ..Progress::default() })?;
        Err(StoreError::Failed("here".into()))
    });
    assert_eq!(failed, Err(StoreError::Failed("here".into())));
    assert_eq!(all(&store, TASK).len(), 1);
    assert_eq!(row(&store, "new"), None);
    assert_eq!(store.read(|tx| tx.progress(UNIT, TASK)).unwrap(), Progress::default());
    put(&store, "after", 3, 0);
}

#[test]
#[should_panic(expected = "what only reads does not write")]
fn a_read_does_not_write() {
    _ = store().read(|tx| tx.put_values(TASK, "k", Stamp(1), 0, &texts(&["1", "2", "3"])));
}

#[test]
#[should_panic(expected = "a transaction holds no other")]
fn a_transaction_in_a_transaction_is_a_bug() {
    let store = store();
    _ = store.transaction(|_| store.transaction(|_| Ok(())));
}

#[test]
fn of_each_row_only_the_oldest_edit_leaves() {
    let store = store();
    for key in ["a", "b"] {
        put(&store, key, 5, 0);
    }
    for (number, key) in [(0, "b"), (1, "a"), (2, "b"), (3, "c"), (4, "a")] {
        let edit = if key == "c" { create(number, key) } else { update(number, key, "x") };
        store.edit(&edit, &format!("id{number}"), Stamp(100)).unwrap();
    }
    assert_eq!(sendable(&store, 10), ["id0", "id1", "id3"]);
    assert_eq!(sendable(&store, 2), ["id0", "id1"]);
    assert!(store.read(|tx| tx.outbox(&[GROUP], 10)).unwrap().is_empty());
    let first = store.read(|tx| tx.outbox(&[GROUP, TASK], 1)).unwrap().remove(0);
    store.transaction(|tx| tx.drop_entry(first.seq)).unwrap();
    assert_eq!(sendable(&store, 10), ["id1", "id2", "id3"]);
    let of_a = store.read(|tx| tx.entries_for(TASK, "a")).unwrap();
    assert_eq!(of_a.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["id1", "id4"]);
}

#[test]
fn a_parked_edit_holds_its_row_and_no_other() {
    let store = store();
    put(&store, "a", 5, 0);
    put(&store, "b", 5, 0);
    for (number, key) in [(0, "a"), (1, "a"), (2, "b")] {
        store.edit(&update(number, key, "x"), &format!("id{number}"), Stamp(100)).unwrap();
    }
    let first = store.read(|tx| tx.outbox(&[TASK], 1)).unwrap().remove(0).seq;
    store.transaction(|tx| tx.park(first, true)).unwrap();
    assert_eq!(sendable(&store, 10), ["id2"]);
    assert_eq!(store.read(|tx| tx.pending()).unwrap().len(), 3);
    assert!(store.read(|tx| tx.entries_for(TASK, "a")).unwrap()[0].parked);
    store.transaction(|tx| tx.park(first, false)).unwrap();
    assert_eq!(sendable(&store, 10), ["id0", "id2"]);
}

#[test]
fn an_entry_says_all_that_was_put_into_it() {
    let store = store();
    put(&store, "k", 5, 0);
    let values = vec![(0, Value::Int(i64::MIN)), (1, Value::Null), (3, Value::text("é\"\n\0"))];
    let edit = LocalEdit { values: values.clone(), ..update(3, "k", "") };
    store.edit(&edit, "id", Stamp(100)).unwrap();
    let entry = store.read(|tx| tx.outbox(&[TASK], 1)).unwrap().remove(0);
    let seq = entry.seq;
    let expected = Entry {
        seq,
        id: "id".into(),
        edit: edit.id,
        entity: TASK,
        key: Key::new("k"),
        kind: EditKind::Update,
        values,
        base: Some(Stamp(5)),
        made_at: Stamp(100),
        attempts: 0,
        last_error: None,
        parked: false,
    };
    assert_eq!(entry, expected);
    store
        .transaction(|tx| {
            tx.attempted(seq, Some("throttled"))?;
            tx.attempted(seq, Some("offline"))
        })
        .unwrap();
    let pending = store.read(|tx| tx.pending()).unwrap().remove(0);
    assert_eq!(
        (pending.edit, pending.attempts, pending.last_error.as_deref()),
        (edit.id, 2, Some("offline"))
    );
    store.transaction(|tx| tx.attempted(seq, None)).unwrap();
    let pending = store.read(|tx| tx.pending()).unwrap().remove(0);
    assert_eq!((pending.attempts, pending.last_error), (3, None));
}

#[test]
fn the_number_of_a_dropped_entry_is_not_given_again() {
    let store = store();
    put(&store, "k", 5, 0);
    let append = |id: &str| {
        let edit = update(0, "k", "x");
        let new = NewEntry { id, edit: &edit, base: None, made_at: Stamp(1) };
        store.transaction(|tx| tx.append(&new)).unwrap()
    };
    let first = append("a");
    store.transaction(|tx| tx.drop_entry(first)).unwrap();
    assert!(append("b") > first);
}

#[test]
fn dirty_rows_are_those_with_edits() {
    let store = store();
    assert!(!store.read(|tx| tx.has_dirty(TASK)).unwrap());
    for (number, key) in [(0, "b"), (1, "a")] {
        store.edit(&create(number, key), &format!("id{number}"), Stamp(1)).unwrap();
    }
    store.edit(&update(2, "b", "x"), "id2", Stamp(1)).unwrap();
    assert!(store.read(|tx| tx.has_dirty(TASK)).unwrap());
    assert!(!store.read(|tx| tx.has_dirty(GROUP)).unwrap());
    assert_eq!(store.read(|tx| tx.dirty(TASK)).unwrap(), ["a", "b"]);
}

#[test]
fn a_sweep_keeps_new_rows_and_dirty_ones() {
    let store = store();
    for (key, generation) in [("z", 1), ("old", 1), ("new", 2), ("edited", 1)] {
        put(&store, key, 5, generation);
    }
    store.edit(&update(0, "edited", "x"), "id", Stamp(1)).unwrap();
    // Another entity's edit of the same key protects nothing here.
    let other = LocalEdit { entity: EntityId(4), values: vec![], ..create(1, "old") };
    store.edit(&other, "id2", Stamp(1)).unwrap();
    let swept = store.transaction(|tx| tx.sweep(TASK, 2)).unwrap();
    assert_eq!(swept, [Key::new("old"), Key::new("z")]);
    let left: Vec<String> = all(&store, TASK).into_iter().map(|(key, ..)| key).collect();
    assert_eq!(left, ["edited", "new"]);
}

#[test]
fn an_edit_changes_its_row_and_waits_on_the_version_it_was_made_on() {
    let store = store();
    put(&store, "k", 5, 3);
    store.edit(&update(0, "k", "new"), "id0", Stamp(1)).unwrap();
    let expected = StoredRow { stamp: Stamp(5), generation: 3, values: texts(&["t", "s", "new"]) };
    assert_eq!(row(&store, "k"), Some(expected));
    store.edit(&edit(1, "k", EditKind::Delete, &[]), "id1", Stamp(2)).unwrap();
    assert_eq!(row(&store, "k"), None);
    store.edit(&create(2, "k"), "id2", Stamp(3)).unwrap();
    store.edit(&update(3, "k", "newer"), "id3", Stamp(4)).unwrap();
    let bases: Vec<_> = store.read(|tx| tx.entries_for(TASK, "k")).unwrap().iter().map(|e| e.base).collect();
    assert_eq!(bases, [Some(Stamp(5)), Some(Stamp(5)), None, None]);
    store.transaction(|tx| tx.rebase(TASK, "k", Stamp(8))).unwrap();
    assert!(store.read(|tx| tx.entries_for(TASK, "k")).unwrap().iter().all(|e| e.base == Some(Stamp(8))));
}

#[test]
fn a_new_row_belongs_to_the_load_that_is_under_way() {
    let store = store();
    let loading = Progress { cursor: None, generation: 4, loading: true };
    store.transaction(|tx| tx.save_progress(UNIT, TASK, &loading)).unwrap();
    store.edit(&create(0, "k"), "id", Stamp(1)).unwrap();
    assert_eq!(row(&store, "k").unwrap().generation, 4);
    assert_eq!(row(&store, "k").unwrap().stamp, Stamp(0));
}

#[test]
fn an_edit_that_makes_no_sense_changes_nothing() {
    let store = store();
    put(&store, "k", 5, 0);
    assert_eq!(store.edit(&create(0, "k"), "id", Stamp(1)), Err(EditError::Exists));
    assert_eq!(store.edit(&update(1, "x", "n"), "id", Stamp(1)), Err(EditError::NoSuchRow));
    assert_eq!(store.edit(&edit(2, "x", EditKind::Delete, &[]), "id", Stamp(1)), Err(EditError::NoSuchRow));
    assert_eq!(store.read(|tx| tx.pending()).unwrap(), []);
    assert_eq!(all(&store, TASK).len(), 1);
}

#[test]
fn an_edit_whose_entry_fails_leaves_its_row_alone() {
    let store = store();
    put(&store, "k", 5, 0);
    store.edit(&update(0, "k", "first"), "same id", Stamp(1)).unwrap();
    for edit in [update(1, "k", "second"), edit(2, "k", EditKind::Delete, &[]), create(3, "new")] {
        let result = store.edit(&edit, "same id", Stamp(1));
        assert!(matches!(result, Err(EditError::Storage(_))), "{result:?}");
    }
    assert_eq!(row(&store, "k").unwrap().values, texts(&["t", "s", "first"]));
    assert_eq!(row(&store, "new"), None);
    assert_eq!(store.read(|tx| tx.pending()).unwrap().len(), 1);
}

#[test]
fn a_rewritten_entry_carries_the_values_of_its_new_operation() {
    let store = store();
    put(&store, "k", 5, 0);
    store.edit(&update(0, "k", "mine"), "id", Stamp(1)).unwrap();
    let seq = store.read(|tx| tx.outbox(&[TASK], 1)).unwrap()[0].seq;
    let rewrite = |key: &str, kind, base| {
        store.transaction(|tx| {
            tx.rewrite(seq, &Key::new(key), kind, base)?;
            Ok(tx.entries_for(TASK, key)?.remove(0))
        })
    };
    let entry = rewrite("k", EditKind::Create, None).unwrap();
    assert_eq!((entry.kind, entry.base), (EditKind::Create, None));
    assert_eq!(entry.values, [(0, Value::text("t")), (1, Value::text("s")), (3, Value::text("mine"))]);
    let entry = rewrite("other", EditKind::Create, None).unwrap();
    assert_eq!((entry.key.as_str(), entry.values.len()), ("other", 3));
    let entry = rewrite("k", EditKind::Delete, Some(Stamp(9))).unwrap();
    assert_eq!((entry.kind, entry.base, entry.values), (EditKind::Delete, Some(Stamp(9)), vec![]));
    assert!(matches!(rewrite("none", EditKind::Create, None), Err(StoreError::Damaged(_))));
}

#[test]
fn progress_is_kept_for_each_unit_and_entity() {
    let store = store();
    let saved = Progress { cursor: Some("1,k".into()), generation: 2, loading: true };
    store.transaction(|tx| tx.save_progress(UNIT, TASK, &saved)).unwrap();
    let read = |unit, entity| store.read(|tx| tx.progress(unit, entity)).unwrap();
    assert_eq!(read(UNIT, TASK), saved);
    assert_eq!(read(UNIT, GROUP), Progress::default());
    assert_eq!(read(UnitId(1), TASK), Progress::default());
    let later = Progress { cursor: None, generation: 3, loading: false };
    store.transaction(|tx| tx.save_progress(UNIT, TASK, &later)).unwrap();
    assert_eq!(read(UNIT, TASK), later);
}

#[test]
fn runs_are_counted_over_all_units_and_marked_until_they_end() {
    let store = store();
    let begin = |unit| store.transaction(|tx| tx.begin_run(UnitId(unit))).unwrap();
    assert_eq!([begin(1), begin(0), begin(1)], [1, 2, 3]);
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(0), 2), (UnitId(1), 3)]);
    store.transaction(|tx| tx.end_run(UnitId(0))).unwrap();
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(1), 3)]);
    let last = |unit| store.read(|tx| tx.last_sync_on(UnitId(unit))).unwrap();
    assert_eq!((last(0), last(5)), (None, None));
    for at in [Stamp(8), Stamp(9)] {
        store.transaction(|tx| tx.set_last_sync_on(UnitId(1), at)).unwrap();
    }
    store.transaction(|tx| tx.set_last_sync_on(UnitId(5), Stamp(7))).unwrap();
    assert_eq!((last(1), last(5)), (Some(Stamp(9)), Some(Stamp(7))));
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(1), 3)]);
    assert_eq!(begin(5), 4);
}

#[test]
fn the_log_gives_its_lines_in_order() {
    let store = store();
    let line = |edit: Option<u32>, kind, met| LogEntry {
        edit: edit.map(|number| EditId { device: DeviceId(7), number }),
        entity: TASK,
        key: Key::new("k"),
        kind,
        met,
    };
    let lines = [
        line(Some(3), LogKind::Superseded, Some(Stamp(4))),
        line(None, LogKind::Overwrote, Some(Stamp(-1))),
        line(Some(0), LogKind::Rejected, None),
    ];
    store.transaction(|tx| lines.iter().try_for_each(|line| tx.log(line))).unwrap();
    assert_eq!(store.read(|tx| tx.log_entries()).unwrap(), lines);
}

#[test]
fn work_is_counted_once() {
    let store = store();
    store.work();
    put(&store, "k", 1, 0);
    store.read(|tx| tx.row(TASK, "k")).unwrap();
    store.transaction(|_| Ok(())).unwrap();
    assert_eq!(store.work(), Work { coded_bytes: 0, rows_written: 1, rows_read: 1, commits: 1 });
    assert_eq!(store.work(), Work::default());
}

#[test]
fn a_reopened_database_holds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let schema = schema();
    for journal in [Journal::Persist, Journal::Truncate, Journal::Wal] {
        let db = Database { path: format!("{}-{journal:?}", file(&dir).path), vfs: None };
        let options = Options { journal, ..Options::default() };
        Store::create(&db, &schema, &options).unwrap();
        let store = Store::open(&db, Arc::clone(&schema), &options).unwrap();
        put(&store, "a", 1, 0);
        store.edit(&create(0, "b"), "id", Stamp(1)).unwrap();
        store.transaction(|tx| tx.begin_run(UNIT)).unwrap();
        store.trim();
        put(&store, "c", 1, 0);
        let before = all(&store, TASK);
        assert_eq!(before.len(), 3);
        drop(store);
        let store = Store::open(&db, Arc::clone(&schema), &options).unwrap();
        assert_eq!(all(&store, TASK), before);
        assert_eq!(sendable(&store, 9), ["id"]);
        assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UNIT, 1)]);
        let mode: String =
            store.read(|tx| tx.query("PRAGMA journal_mode", [], |r| Ok(r.get(0)?))).unwrap().remove(0);
        assert_eq!(mode, format!("{journal:?}").to_lowercase());
    }
}

#[test]
fn what_is_no_database_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let db = file(&dir);
    std::fs::write(&db.path, [b'x'; 4096]).unwrap();
    let error = Store::open(&db, schema(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    std::fs::remove_file(&db.path).unwrap();
    rusqlite::Connection::open(&db.path).unwrap().execute_batch("PRAGMA user_version=9").unwrap();
    let error = Store::open(&db, schema(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    let db = Database { path: dir.path().join("no/such/dir").to_str().unwrap().to_owned(), vfs: None };
    let error = Store::create(&db, &schema(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
}

struct Earlier(Vec<(EntityId, String, Stamp, Vec<Value>)>);

impl Provision for Earlier {
    fn synced_at(&self) -> Stamp {
        Stamp(99)
    }
    fn cursor(&self, entity: EntityId) -> String {
        format!("up to {}", entity.0)
    }
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>)) {
        for (entity, key, stamp, values) in &self.0 {
            f(Carried { entity: *entity, key, stamp: *stamp, values });
        }
    }
}

#[test]
fn a_provisioned_database_is_as_if_it_had_been_pulled() {
    let dir = tempfile::tempdir().unwrap();
    let schema = schema();
    let rows: Vec<_> = (0..300)
        .map(|n: i64| {
            let values = vec![Value::Int(n), Value::Null, Value::text("secret"), Value::Real(0.1)];
            (TASK, format!("k{}", n * 7_919 % 300), Stamp(n), values)
        })
        .collect();
    let unit = |pull: &[EntityId]| SyncUnit {
        name: "U".into(),
        on: vec![],
        pull: pull.to_vec(),
        push: vec![],
        blocking: false,
        discard_pending: false,
    };
    let units = [unit(&[TASK, GROUP]), unit(&[]), unit(&[TASK])];
    let db = file(&dir);
    Store::provision(&db, &schema, &units, &options(), &Earlier(rows.clone())).unwrap();
    let provisioned = Store::open(&db, Arc::clone(&schema), &options()).unwrap();

    let pulled = store();
    for page in rows.chunks(100) {
        pulled
            .transaction(|tx| {
                page.iter().try_for_each(|(entity, key, stamp, values)| {
                    let values = schema.entity(*entity).project(values);
                    let cells: Vec<_> = values.iter().map(rows::cell).collect();
                    tx.put(*entity, key, *stamp, 0, &cells)
                })
            })
            .unwrap();
    }
    assert_eq!(all(&provisioned, TASK), all(&pulled, TASK));
    assert_eq!(row(&provisioned, "k5"), row(&pulled, "k5"));
    provisioned
        .read(|tx| {
            let at = |cursor: &str| Progress { cursor: Some(cursor.into()), generation: 0, loading: false };
            assert_eq!(tx.progress(UnitId(0), TASK)?, at("up to 0"));
            assert_eq!(tx.progress(UnitId(0), GROUP)?, at("up to 2"));
            assert_eq!(tx.progress(UnitId(2), TASK)?, at("up to 0"));
            assert_eq!(tx.progress(UnitId(1), TASK)?, Progress::default());
            for unit in 0..3 {
                assert_eq!(tx.last_sync_on(UnitId(unit))?, Some(Stamp(99)));
            }
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_edits_values_come_out_of_the_outbox_to_the_bit(
        text in ".*", int in any::<i64>(), real in any::<f64>().prop_filter("JSON", |x| x.is_finite())
    ) {
        let store = store();
        put(&store, "k", 5, 0);
        let values = vec![(0, Value::text(&text)), (1, Value::Int(int)), (3, Value::Real(real))];
        store.edit(&LocalEdit { values: values.clone(), ..update(0, "k", "") }, "id", Stamp(1)).unwrap();
        let entry = store.read(|tx| tx.outbox(&[TASK], 1)).unwrap().remove(0);
        prop_assert_eq!(format!("{:?}", entry.values), format!("{:?}", values));
        let row = row(&store, "k").unwrap();
        let stored: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(format!("{:?}", row.values), format!("{:?}", stored));
    }
}
