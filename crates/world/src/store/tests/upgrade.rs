use super::*;
use crate::contract::{Refusal, Row};

fn before() -> Arc<Schema> {
    let mut before = Schema::clone(&schema());
    before.entities[usize::from(TASK.0)].projection.truncate(2);
    Arc::new(before)
}

/// A database of the older app version, opened by the newer version with these options. It has a
/// staged page, a cursor of a complete sync, an index and a conflict. The caller keeps the returned
/// folder until the store is closed.
fn upgraded(on_mismatch: OnMismatch, foreign_keys: ForeignKeys) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let of_both = Index { entity: TASK, columns: vec![0, 3] };
    let indexes = vec![of_both, Index { entity: TASK, columns: vec![3] }];
    let journal = Journal::Truncate;
    let options = StoreOptions { journal, foreign_keys, on_mismatch, indexes, ..StoreOptions::default() };
    let old = Store::open(&file(&dir), before(), &options).unwrap();
    old.transaction(|tx| {
        tx.put_values(TASK, "a", Stamp(5), 0, &texts(&["t", "s"]))?;
        let shown = texts(&["t", "later"]);
        let cells: Vec<Cell<'_>> = shown.iter().map(Cell::of).collect();
        tx.set_shadow(TASK, "a", Stamp(9), Some(&cells))?;
        tx.save_progress(UNIT, TASK, &Progress { cursor: Some("c".to_owned()), ..Progress::default() })?;
        tx.make(staged::TABLES)?;
        tx.make(conflicts::TABLES)?;
        let (cursor, rest) = ("d".to_owned(), String::new());
        let page = StagedPage { number: 0, entity: TASK, cursor, more: true, onto: (None, 0), rest };
        let number = staged::add_page(tx, UNIT, &page)?;
        staged::add_row(tx, (number, 0), ("b", Stamp(6)), None, Some(&cells))?;
        tx.make(WHOLE_SYNCS)?;
        note_whole_sync(tx, UNIT, TASK, Some("c"))
    })
    .unwrap();
    old.edit(&edit(0, "a", EditKind::Update, &[(0, "mine")]), "id0", Stamp(100)).unwrap();
    let current = Row { key: Key::new("a"), stamp: Stamp(9), values: Some(texts(&["t", "theirs"])) };
    let difference = Difference { why: Refusal::Stale, current: Some(current), edited_at: None };
    old.transaction(|tx| conflicts::put(tx, 1, &difference)).unwrap();
    drop(old);
    let newer = Arc::new(Schema { version: 1, ..Schema::clone(&schema()) });
    for _ in 0..2 {
        // The first call upgrades. The second finds an upgraded database.
        drop(Store::open(&file(&dir), newer.clone(), &options).unwrap());
    }
    let store = Store::open(&file(&dir), newer, &options).unwrap();
    (dir, store)
}

fn edits(store: &Store) -> Vec<String> {
    store.read(|tx| tx.entries_for(TASK, "a")).unwrap().into_iter().map(|entry| entry.id).collect()
}

fn cursor(store: &Store) -> Option<String> {
    store.read(|tx| tx.progress(UNIT, TASK)).unwrap().cursor
}

#[test]
fn a_migration_adds_the_column_and_keeps_all_else() {
    let (_dir, store) = upgraded(OnMismatch::Migrate, ForeignKeys::Off);
    let wide = |first: &str, second: &str| [texts(&[first, second]), vec![Value::Null]].concat();
    assert_eq!(row(&store, "a").unwrap().values, wide("mine", "s"));
    assert_eq!((edits(&store), cursor(&store)), (vec!["id0".to_owned()], Some("c".to_owned())));
    let shadow = store.transaction(|tx| tx.take_shadow(TASK, "a")).unwrap().unwrap();
    assert_eq!(shadow.values, Some(wide("t", "later")));
}

#[test]
fn a_backfill_has_the_entity_come_again() {
    let (_dir, store) = upgraded(OnMismatch::Backfill, ForeignKeys::Deferred);
    assert_eq!((edits(&store), cursor(&store)), (vec!["id0".to_owned()], None));
    assert!(row(&store, "a").is_some());
    assert_eq!(store.read(|tx| whole_sync(tx, UNIT, TASK)).unwrap(), Some(None));
}

#[test]
fn a_reset_leaves_nothing() {
    for foreign_keys in [ForeignKeys::Off, ForeignKeys::Immediate] {
        let (_dir, store) = upgraded(OnMismatch::Reset, foreign_keys);
        assert_eq!((edits(&store).len(), cursor(&store), row(&store, "a")), (0, None, None));
        put(&store, "b", 6, 0);
    }
}

#[test]
fn what_was_set_aside_for_an_older_version_is_not_shown() {
    let (_dir, store) = upgraded(OnMismatch::Migrate, ForeignKeys::Off);
    store
        .read(|tx| {
            assert_eq!((staged::last(tx, UNIT, TASK)?, staged::rows(tx, 1)?.len()), (None, 0));
            assert_eq!(whole_sync(tx, UNIT, TASK)?, Some(Some("c".to_owned())));
            let theirs = conflicts::all(tx)?.remove(0).1.current.unwrap().values.unwrap();
            assert_eq!(theirs, [texts(&["t", "theirs"]), vec![Value::Null]].concat());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_migration_makes_the_indexes_of_its_columns() {
    let (_dir, store) = upgraded(OnMismatch::Migrate, ForeignKeys::Off);
    let sql = "SELECT sql FROM sqlite_master WHERE type='index' AND name LIKE 'o_' ORDER BY name";
    let made: Vec<String> = store.read(|tx| tx.query(sql, [], |row| Ok(row.get(0)?))).unwrap();
    let columns: Vec<_> = made.iter().map(|sql| sql.split_once('(').unwrap().1).collect();
    assert_eq!(columns, ["\"c0_title\",\"c2_note\")", "\"c2_note\")"]);
}
