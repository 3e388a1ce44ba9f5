use super::*;

fn to_try(store: &Store) -> Vec<String> {
    let rows = store.read(|tx| tx.deferred_to_retry(TASK)).unwrap();
    rows.iter().map(|row| row.key.as_str().to_owned()).collect()
}

#[test]
fn a_row_that_lacks_another_is_tried_when_that_is_here() {
    let store = store();
    let listed = store.transaction(|tx| {
        tx.create_deferred_table()?;
        for key in ["a", "b", "c"] {
            tx.defer_row(TASK, key, Stamp(1), Some(&[]))?;
        }
        tx.set_lacks((TASK, "a"), (GROUP, "x/1"))?;
        tx.set_lacks((TASK, "b"), (GROUP, "x/1"))?;
        tx.set_lacks((TASK, "c"), (TASK, "z"))
    });
    listed.unwrap();
    assert_eq!(to_try(&store), Vec::<String>::new());
    let lacked = store.read(|tx| tx.lacked()).unwrap();
    assert_eq!(lacked, [(TASK, Key::new("z")), (GROUP, Key::new("x/1"))], "each once");
    store.transaction(|tx| tx.unblock_deferred(GROUP, "x/1")).unwrap();
    assert_eq!(to_try(&store), ["a", "b"]);
    store.transaction(|tx| tx.defer_row(TASK, "c", Stamp(2), Some(&[]))).unwrap();
    assert_eq!(to_try(&store), ["a", "b", "c"], "a later version may lack nothing");
    assert!(store.read(|tx| tx.any_late()).unwrap());
    store.transaction(|tx| tx.drop_all_late(TASK)).unwrap();
    assert!(!store.read(|tx| tx.any_late()).unwrap());
}
