//! Who holds cursors, when somebody goes back to an older state or is there twice.

use super::*;

const HOLDERS: [CursorHolder; 3] =
    [CursorHolder::Client, CursorHolder::Server(Advance::OnAnswer), CursorHolder::Server(Advance::OnReceipt)];

fn site(cursors: CursorHolder) -> Site {
    let mut site = Site::new(backend::BackendOptions::default());
    let attributes = ["north", "south"].map(|clinic| vec![Value::text(clinic)]);
    let options = GatewayOptions { cursors, ..GatewayOptions::default() };
    site.gateway = Gateway::new(&options, &Arc::new(schema()), attributes.into(), START);
    site.load(VISIT, "north", 3);
    site
}

/// Device 0 asks once; the rows that came, and the cursor.
fn ask(site: &mut Site, cursor: Option<&str>) -> Result<(usize, String), ServerError> {
    let served = site.send(&pull(&[(VISIT, cursor)], 10, 1 << 20));
    match served.error {
        Some(error) => Err(error),
        None => {
            let page = pages(&served).remove(0);
            Ok((page.1, page.2))
        }
    }
}

fn office_makes(site: &mut Site, key: &str) {
    let values = vec![Value::text("north"), Value::text("new")];
    assert!(site.backend.office().create(site.now, VISIT, Key::new(key), values).is_ok());
    site.now += Span::secs(1);
}

#[test]
fn a_backend_restored_behind_its_devices_makes_them_load_again() {
    for holder in HOLDERS {
        let mut site = site(holder);
        let (_, cursor) = ask(&mut site, None).unwrap();
        site.now += Span::secs(60);
        office_makes(&mut site, "new");
        let (rows, cursor) = ask(&mut site, Some(&cursor)).unwrap();
        assert_eq!(rows, 1);
        // A backup of a minute ago, in a machine whose clock is as old.
        let restored = self::site(holder);
        (site.backend, site.now) = (restored.backend, restored.now);
        assert_eq!(ask(&mut site, Some(&cursor)), Err(ServerError::CursorExpired(VISIT)), "{holder:?}");
        assert_eq!(ask(&mut site, None).unwrap().0, 3, "{holder:?}");
    }
}

#[test]
fn a_backend_restored_with_a_clock_that_is_right_is_known_by_its_incarnation() {
    for holder in HOLDERS {
        for restored in [Restored::Noticed, Restored::Ignored] {
            let mut site = site(holder);
            site.gateway.backend_restored = restored;
            let (_, cursor) = ask(&mut site, None).unwrap();
            let backup = site.backend.backup();
            site.now += Span::secs(60);
            office_makes(&mut site, "gone");
            let (rows, cursor) = ask(&mut site, Some(&cursor)).unwrap();
            assert_eq!(rows, 1);
            site.backend.restore(backup);
            office_makes(&mut site, "new");
            let came = ask(&mut site, Some(&cursor)).map(|(rows, _)| rows);
            if restored == Restored::Ignored {
                assert_eq!(came, Ok(1), "{holder:?}: no word of the row that is gone");
                continue;
            }
            assert_eq!(came, Err(ServerError::CursorExpired(VISIT)), "{holder:?}");
            let (rows, cursor) = ask(&mut site, None).unwrap();
            assert_eq!(rows, 4, "{holder:?}");
            assert_eq!(ask(&mut site, Some(&cursor)).map(|(rows, _)| rows), Ok(0), "{holder:?}");
        }
    }
}

#[test]
fn a_gateway_restored_behind_its_devices_knows_its_own_cursors_or_asks_for_a_load() {
    for (holder, said) in HOLDERS.into_iter().zip([Ok(0), Ok(1), Err(ServerError::CursorExpired(VISIT))]) {
        let mut site = site(holder);
        let (_, cursor) = ask(&mut site, None).unwrap();
        let backup = site.gateway.backup();
        office_makes(&mut site, "new");
        let (_, cursor) = ask(&mut site, Some(&cursor)).unwrap();
        site.gateway.died();
        site.gateway.restore(site.now, backup);
        site.gateway.restarted();
        let after = ask(&mut site, Some(&cursor)).map(|(rows, _)| rows);
        assert_eq!(after, said, "{holder:?}");
    }
}

/// A device is cloned, and one after the other asks: what each gets of two new rows, in two turns.
fn twins(holder: CursorHolder) -> Vec<Result<usize, ServerError>> {
    let mut site = site(holder);
    let (_, cursor) = ask(&mut site, None).unwrap();
    let mut cursors = [cursor.clone(), cursor];
    let mut came = Vec::new();
    for key in ["first", "second"] {
        office_makes(&mut site, key);
        for cursor in &mut cursors {
            let answer = ask(&mut site, Some(cursor));
            came.push(answer.map(|(rows, next)| {
                *cursor = next;
                rows
            }));
        }
    }
    came
}

#[test]
fn a_cloned_device_shares_rows_with_its_twin_where_the_gateway_alone_knows_where_it_is() {
    assert_eq!(twins(HOLDERS[0]), [Ok(1), Ok(1), Ok(1), Ok(1)], "each has its own cursor");
    assert_eq!(twins(HOLDERS[1]), [Ok(1), Ok(0), Ok(1), Ok(0)], "what one got, the other never gets");
    let expired = || Err(ServerError::CursorExpired(VISIT));
    assert_eq!(twins(HOLDERS[2]), [Ok(1), Ok(1), expired(), Ok(1)], "each takes the other's receipt away");
}
