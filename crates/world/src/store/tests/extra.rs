use super::*;

fn number(store: &Store, sql: &str) -> i64 {
    store.connection().unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn open(options: &StoreOptions) -> Store {
    Store::open(&Database::memory(), schema(), options).unwrap()
}

fn pull(store: &Store, key: &str, stamp: i64) {
    let cells: Vec<Cell<'_>> = ["x", "y", "z"].map(|text| Cell::Text(text.into())).to_vec();
    store.transaction(|tx| tx.put(TASK, key, Stamp(stamp), 0, Stamp(0), &cells)).unwrap();
}

#[test]
fn an_index_of_ones_own_is_there_and_of_use() {
    let index = Index { entity: TASK, columns: vec![3, 0] };
    let store = open(&StoreOptions { indexes: vec![index], ..options() });
    let plan: String = store
        .connection()
        .unwrap()
        .query_row(
            "EXPLAIN QUERY PLAN SELECT key FROM \"e0_task\" WHERE \"c2_note\"='n' AND \"c0_title\"='t'",
            [],
            |row| row.get(3),
        )
        .unwrap();
    assert!(plan.contains("INDEX o0"), "{plan}");
}

#[test]
fn an_index_made_after_the_load_is_not_there_before() {
    let index = Index { entity: TASK, columns: vec![0] };
    let indexes_made = IndexesMade::AfterLoad;
    let store = open(&StoreOptions { indexes: vec![index], indexes_made, ..options() });
    let made = || number(&store, "SELECT count(*) FROM sqlite_schema WHERE name='o0'");
    pull(&store, "a", 5);
    assert_eq!(made(), 0);
    for entity in [GROUP, TASK, TASK] {
        store.transaction(|tx| tx.make_indexes(entity)).unwrap();
        assert_eq!(made(), i64::from(entity == TASK));
    }
}

#[test]
fn beside_each_row_that_is_taken_so_many_are_written() {
    for (extra_rows, rows) in [(1, 2), (3, 6)] {
        let store = open(&StoreOptions { extra_rows, ..options() });
        for (key, stamp) in [("a", 5), ("b", 6), ("a", 7), ("a", 4)] {
            pull(&store, key, stamp);
        }
        assert_eq!(number(&store, "SELECT count(*) FROM extra"), rows);
        assert_eq!(number(&store, "SELECT max(stamp) FROM extra WHERE key='a'"), 7, "the older stays out");
        assert_eq!(number(&store, "SELECT length(\"values\") FROM extra WHERE key='b' LIMIT 1"), 12);
    }
    let found_by = FoundBy::Scan;
    let store = open(&StoreOptions { extra_rows: 2, extra_found_by: found_by, ..options() });
    for (key, stamp) in [("a", 5), ("b", 6), ("a", 7)] {
        pull(&store, key, stamp);
    }
    assert_eq!(number(&store, "SELECT count(*) FROM extra"), 4);
    assert_eq!(number(&store, "SELECT min(stamp) FROM extra WHERE key='a'"), 7, "it replaces");
    let none = number(&self::store(), "SELECT count(*) FROM sqlite_schema WHERE name='extra'");
    assert_eq!(none, 0);
}

/// Steps of SQLite's virtual machine to put one row into a store that has `rows` other rows.
fn steps(extra_found_by: FoundBy, rows: u32) -> u64 {
    let store = open(&StoreOptions { extra_rows: 1, extra_found_by, ..options() });
    (0..rows).for_each(|n| pull(&store, &format!("{n:04}"), 5));
    store.work();
    pull(&store, "new", 5);
    store.work().steps
}

#[test]
fn a_row_costs_more_with_each_row_held_if_its_own_is_found_by_a_scan() {
    let [few, many] = [10, 1_000].map(|rows| steps(FoundBy::Scan, rows));
    assert!(many > 20 * few, "{few} {many}");
    let [few, many] = [10, 1_000].map(|rows| steps(FoundBy::Index, rows));
    assert!(many < 2 * few, "{few} {many}");
}
