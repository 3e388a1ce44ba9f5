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
    let none = number(&store(), "SELECT count(*) FROM sqlite_schema WHERE name='extra'");
    assert_eq!(none, 0);
}
