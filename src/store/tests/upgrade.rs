//! A database that an older version of the app has left.

use super::*;

/// What the older version knows: no note.
fn before() -> Arc<Schema> {
    let mut before = Schema::clone(&schema());
    before.entities[usize::from(TASK.0)].projection.truncate(2);
    Arc::new(before)
}

/// The same database, opened by the newer version with this option; with it what must be closed
/// last.
fn upgraded(on_mismatch: OnMismatch, foreign_keys: ForeignKeys) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { journal: Journal::Truncate, foreign_keys, on_mismatch, ..Options::default() };
    let old = Store::open(&file(&dir), before(), &options).unwrap();
    old.transaction(|tx| {
        tx.put_values(TASK, "a", Stamp(5), 0, &texts(&["t", "s"]))?;
        let shown = texts(&["t", "later"]);
        let cells: Vec<Cell<'_>> = shown.iter().map(Cell::of).collect();
        tx.set_shadow(TASK, "a", Stamp(9), Some(&cells))?;
        tx.save_progress(UNIT, TASK, &Progress { cursor: Some("c".to_owned()), ..Progress::default() })
    })
    .unwrap();
    old.edit(&edit(0, "a", EditKind::Update, &[(0, "mine")]), "id0", Stamp(100)).unwrap();
    drop(old);
    let newer = Arc::new(Schema { version: 1, ..Schema::clone(&schema()) });
    for _ in 0..2 {
        // The second time there is nothing to do.
        drop(Store::open(&file(&dir), newer.clone(), &options).unwrap());
    }
    let store = Store::open(&file(&dir), newer, &options).unwrap();
    (dir, store)
}

fn cursor(store: &Store) -> Option<String> {
    store.read(|tx| tx.progress(UNIT, TASK)).unwrap().cursor
}

#[test]
fn a_migration_adds_the_column_and_keeps_all_else() {
    let (_dir, store) = upgraded(OnMismatch::Migrate, ForeignKeys::Off);
    let wide = |first: &str, second: &str| [texts(&[first, second]), vec![Value::Null]].concat();
    assert_eq!(row(&store, "a").unwrap().values, wide("mine", "s"));
    assert_eq!((sendable(&store, 10), cursor(&store)), (vec!["id0".to_owned()], Some("c".to_owned())));
    let shadow = store.transaction(|tx| tx.take_shadow(TASK, "a")).unwrap().unwrap();
    assert_eq!(shadow.values, Some(wide("t", "later")));
}

#[test]
fn a_backfill_has_the_entity_come_again() {
    let (_dir, store) = upgraded(OnMismatch::Backfill, ForeignKeys::Deferred);
    assert_eq!((sendable(&store, 10), cursor(&store)), (vec!["id0".to_owned()], None));
    assert!(row(&store, "a").is_some());
}

#[test]
fn a_reset_leaves_nothing() {
    for foreign_keys in [ForeignKeys::Off, ForeignKeys::Immediate] {
        let (_dir, store) = upgraded(OnMismatch::Reset, foreign_keys);
        assert_eq!((sendable(&store, 10).len(), cursor(&store), row(&store, "a")), (0, None, None));
        put(&store, "b", 6, 0);
    }
}
