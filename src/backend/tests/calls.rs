//! The backend as a server of somebody's own sees it, and what a call comes to.

use super::*;
use crate::contract::{Guard, RequestKind, Row, SystemOfRecord};

#[test]
fn a_server_is_told_what_changed_since_and_what_it_did() {
    let mut backend = backend(options());
    let told = |backend: &mut Backend, ms: u64, since: Option<Stamp>| {
        backend.begin_call(at_ms(ms), Time::FAR);
        let record: &mut dyn SystemOfRecord = backend;
        let mut days = Vec::new();
        let mut f = |key: &str, stamp: Stamp, values: Option<&[Value]>| {
            days.push((key.to_owned(), stamp, values.map(<[Value]>::len)));
        };
        record.changes(DAY, &attributes(0), since, &mut f).unwrap();
        let now = record.clock();
        assert_eq!((backend.call.kind, backend.call.load.rows), (RequestKind::Pull, days.len() as u64));
        (days, now)
    };
    let (all, now) = told(&mut backend, 10, None);
    assert_eq!(all.len(), 3, "days are in everybody's scope");
    assert_eq!(told(&mut backend, 20, Some(now)).0, []);
    let kind = EditKind::Update;
    let edit = EditId { device: DeviceId(0), number: 1 };
    let (entity, key, made_at) = (DAY, Key::new("day1"), now);
    let values = vec![(2, Value::Int(7))];
    let base = Some(all[0].1);
    let guard = Guard::Base;
    let mutation = Mutation {
        id: "m".to_owned(),
        values,
        base,
        made_at,
        guard,
        ..Mutation::new(edit, entity, key.as_str(), kind)
    };
    backend.begin_call(at_ms(30), Time::FAR);
    let record: &mut dyn SystemOfRecord = &mut backend;
    let outcomes = record.write(&attributes(0), std::slice::from_ref(&mutation));
    let Outcome::Applied { stamp } = outcomes[0] else { panic!("{outcomes:?}") };
    let row = record.get(DAY, &mutation.key);
    assert!(
        matches!(&row, Some(Row { stamp: is, values: Some(values), .. }) if *is == stamp && values[2] == Value::Int(7))
    );
    assert_eq!(record.get(DAY, &Key::new("none")), None);
    assert_eq!((backend.call.kind, backend.call.facts.len()), (RequestKind::Push, 1));
    assert_eq!(told(&mut backend, 60_000, Some(now)).0, [("day1".to_owned(), stamp, Some(3))]);
    backend.begin_call(at_ms(70_000), Time::FAR);
    let record: &mut dyn SystemOfRecord = &mut backend;
    let expired = record.changes(NOTE, &attributes(0), None, &mut |_, _, _| ());
    assert!(matches!(expired, Err(ServerError::BadRequest(_))), "notes are not pulled");
}
