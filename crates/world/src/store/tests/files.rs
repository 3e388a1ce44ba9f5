use super::*;

#[test]
fn a_reopened_database_holds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let schema = schema();
    for journal in [Journal::Persist, Journal::Truncate, Journal::Wal] {
        let db = Database::at(format!("{}-{journal:?}", file(&dir).path));
        let options = StoreOptions { journal, ..StoreOptions::default() };
        Store::create(&db, &schema, &options).unwrap();
        let store = Store::open(&db, Arc::clone(&schema), &options).unwrap();
        put(&store, "a", 1, 0);
        store.edit(&create(0, "b"), "id", Stamp(1)).unwrap();
        store.transaction(|tx| tx.begin_run(UNIT)).unwrap();
        store.rest();
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
    let db = Database::at(dir.path().join("no/such/dir").to_str().unwrap());
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
    let unit = |pull: &[EntityId]| SyncUnit { name: "U".into(), pull: pull.to_vec(), ..SyncUnit::default() };
    let units = [unit(&[TASK, GROUP]), unit(&[]), unit(&[TASK])];
    let db = file(&dir);
    provision(&db, &schema, &units, &options(), &Earlier(rows.clone())).unwrap();
    let provisioned = Store::open(&db, Arc::clone(&schema), &options()).unwrap();

    let pulled = store();
    for page in rows.chunks(100) {
        pulled
            .transaction(|tx| {
                page.iter().try_for_each(|(entity, key, stamp, values)| {
                    let values = schema.entity(*entity).project(values);
                    let cells: Vec<_> = values.iter().map(Cell::of).collect();
                    tx.put(*entity, key, *stamp, 0, *stamp, &cells).map(drop)
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

/// Whether the row has the edit's values, and whether the outbox has the edit.
fn found(disk: &Disk, schema: &Arc<Schema>, options: &StoreOptions) -> (bool, bool) {
    let store = Store::open(&on(disk), Arc::clone(schema), options).unwrap();
    let changed = row(&store, "k").unwrap().values != texts(&["t", "s", "n"]);
    (changed, !store.read(|tx| tx.pending()).unwrap().is_empty())
}

fn on(disk: &Disk) -> Database {
    disk.location("app.db")
}

#[test]
fn an_edit_is_whole_or_not_there_wherever_the_power_fails() {
    let schema = schema();
    for journal in [Journal::Persist, Journal::Truncate, Journal::Wal] {
        let options = StoreOptions { journal, ..StoreOptions::default() };
        let made = Disk::new(disk::DiskOptions::default());
        let store = Store::open(&on(&made), Arc::clone(&schema), &options).unwrap();
        put(&store, "k", 5, 0);
        drop(store);
        let template = made.template();
        let mut lost = 0;
        for operation in 0.. {
            let disk = Disk::from_template(&template);
            let store = Store::open(&on(&disk), Arc::clone(&schema), &options).unwrap();
            disk.fail_power_at(disk.operations() + operation);
            let result = store.edit(&update(0, "k", "new"), "id", Stamp(1));
            let failed = disk.power_is_lost();
            disk.power_loss(PowerLoss::LoseSome(Seed(operation)));
            drop(store);
            let (changed, waits) = found(&disk, &schema, &options);
            assert_eq!(changed, waits, "{journal:?}, operation {operation}");
            assert!(
                changed || result.is_err(),
                "{journal:?}: told as done and lost at operation {operation}"
            );
            lost += u32::from(!changed);
            if !failed {
                break;
            }
        }
        assert!(lost > 0, "{journal:?}: the power never failed in time");
    }
}

#[test]
fn a_store_that_rests_in_between_leaves_the_same_on_disk() {
    let schema = schema();
    for journal in [Journal::Persist, Journal::Truncate, Journal::Wal] {
        let options = StoreOptions { journal, ..StoreOptions::default() };
        let [busy, resting] = [false, true].map(|rests| {
            let disk = Disk::new(disk::DiskOptions::default());
            let store = Store::open(&on(&disk), Arc::clone(&schema), &options).unwrap();
            for number in 0..30 {
                store.edit(&create(number, &format!("k{number}")), &format!("id{number}"), Stamp(1)).unwrap();
                if number % 3 == 0 {
                    put(&store, "another", i64::from(number), 0);
                }
                if rests {
                    store.rest();
                }
            }
            let done = (disk.operations(), disk.bytes(), disk.counters().writes, disk.counters().syncs);
            (done, all(&store, TASK), sendable(&store, 99))
        });
        assert_eq!(busy, resting, "{journal:?}");
        assert_eq!(busy.2.len(), 30);
    }
}

#[test]
fn of_many_stores_those_not_used_for_long_are_closed_and_hold_what_they_held() {
    let schema = schema();
    let disks: Vec<Disk> = (0..1_200).map(|_| Disk::new(disk::DiskOptions::default())).collect();
    let open = |disk| Store::open(&on(disk), Arc::clone(&schema), &StoreOptions::default()).unwrap();
    let stores: Vec<Store> = disks.iter().map(open).collect();
    for round in 1..=3 {
        for (number, store) in stores.iter().enumerate() {
            put(store, &format!("k{round}"), number as i64, 0);
            // The first store is used all the time.
            put(&stores[0], "busy", 1, 0);
        }
    }
    // A template cannot be taken while a connection is open.
    let is_closed =
        |disk: &Disk| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| disk.template())).is_ok();
    assert_eq!([0, 1, 100, 1_199].map(|number| is_closed(&disks[number])), [false, true, true, false]);
    for (number, store) in stores.iter().enumerate() {
        let stamp = Stamp(number as i64);
        assert!((1..=3).all(|round| row(store, &format!("k{round}")).unwrap().stamp == stamp));
    }
}
