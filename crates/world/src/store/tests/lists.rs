use super::*;
use crate::contract::{Like, Listed, LocalQuery};

const DOCTOR: EntityId = EntityId(0);
const VISIT: EntityId = EntityId(1);

fn practice() -> Store {
    let mut visit = entity("visit", &["doctor", "name"], &[0, 1], Delivery::Delta);
    visit.columns[0].kind = ColumnKind::Ref(DOCTOR);
    let entities = vec![entity("doctor", &["name"], &[0], Delivery::Delta), visit];
    let store = Store::of(entities);
    store
        .transaction(|tx| {
            for n in 0..4 {
                let name = format!("doctor {n}");
                tx.put_values(DOCTOR, &n.to_string(), Stamp(1), 0, &texts(&[&name]))?;
            }
            for n in 0..40 {
                let (doctor, name) = ((n % 4).to_string(), format!("doctor {}", n % 4));
                tx.put_values(VISIT, &format!("v{n}"), Stamp(1), 0, &texts(&[&doctor, &name]))?;
            }
            tx.put_values(VISIT, "v40", Stamp(1), 0, &texts(&["nobody", "?"]))
        })
        .unwrap();
    store
}

fn lists(store: &Store, through: &[(usize, EntityId)], like: Option<Like>, nth: u64) -> Listed {
    list(store, &LocalQuery { of: VISIT, through: through.to_vec(), like }, nth).unwrap()
}

#[test]
fn a_join_lists_the_rows_of_a_flat_table_in_more_steps() {
    let store = practice();
    let joined = lists(&store, &[(0, DOCTOR)], None, 0);
    let flat = lists(&store, &[], None, 0);
    assert_eq!((joined.rows, flat.rows), (41, 41), "a row that refers to none is listed too");
    assert!(joined.steps > flat.steps + 2 * 41, "{joined:?} {flat:?}");
}

#[test]
fn a_list_is_narrowed_to_one_value_and_to_another_each_time() {
    let store = practice();
    let by_name = Like { through: Some(0), column: 0 };
    for nth in 0..9 {
        let joined = lists(&store, &[(0, DOCTOR)], Some(by_name), nth);
        assert_eq!(joined.rows, 10, "doctor {}", nth % 4);
    }
    let own = |nth| lists(&store, &[], Some(Like { through: None, column: 1 }), nth).rows;
    assert_eq!((own(0), own(1)), (10, 10));
}
