//! Mutations that are deferred, and requests that are refused or fail.

use std::collections::BTreeSet;

use super::*;
use crate::base::Ppm;
use crate::contract::RequestKind;

const DEVICE: DeviceId = DeviceId(0);

#[test]
fn what_is_put_off_is_neither_committed_nor_judged_and_goes_through_another_time() {
    let mut backend = backend(BackendOptions { deferred_share: Ppm(300_000), ..options() });
    let values = vec![(AT, Value::Int(3)), (PATIENT_KEY, Value::text("p0"))];
    let create = |n: u32| mutation(n, APPOINTMENT, &format!("k{n}"), EditKind::Create, values.clone());
    let mut left: Vec<Mutation> = (0..200).map(create).collect();
    let mut rounds = 0;
    while !left.is_empty() {
        let before = left.len();
        let outcomes = backend.push(at_ms(rounds), &attributes(0), &left);
        let put_off = backend.call.facts.iter().filter(|fact| matches!(fact, Fact::PutOff(_))).count();
        let mut told = outcomes.iter();
        left.retain(|_| *told.next().expect("an outcome each") == Outcome::Later);
        assert_eq!(put_off, left.len());
        assert!(rounds > 0 || (40..80).contains(&left.len()), "{} of {before} put off", left.len());
        rounds += 1;
    }
    assert!((2..20).contains(&rounds));
    assert_eq!(backend.len(APPOINTMENT), 200);
}

#[test]
fn who_points_to_a_row_that_is_put_off_waits_with_it() {
    let mut seen = 0;
    for ms in 0..200 {
        let mut backend = backend(BackendOptions { deferred_share: Ppm(300_000), ..options() });
        let values = vec![(AT, Value::Int(3)), (PATIENT_KEY, Value::text("p0"))];
        let parent = mutation(0, APPOINTMENT, "parent", EditKind::Create, values);
        let text = vec![(0, Value::text("parent")), (1, Value::text("a note"))];
        let child = mutation(1, NOTE, "child", EditKind::Create, text);
        let outcomes = backend.push(at_ms(ms), &attributes(0), &[parent, child]);
        assert!(outcomes.iter().all(|o| !matches!(o, Outcome::Rejected { .. })), "{outcomes:?}");
        seen += usize::from(outcomes[0] == Outcome::Later);
    }
    assert!(seen > 20, "the parent was put off {seen} times");
}

#[test]
fn a_full_queue_takes_no_more() {
    let slow = BackendOptions {
        workers: 1,
        fixed_cost: Span::secs(1),
        queue: Some(2),
        service_cv_milli: 0,
        ..options()
    };
    let mut backend = backend(slow);
    let mut ask = |ms| {
        let admitted = backend.service.admit(at_ms(ms), DEVICE)?;
        Ok::<_, ServerError>(backend.service.serve(admitted, RequestKind::Pull, Load::default()).queued)
    };
    assert_eq!([0, 0, 0].map(|ms| ask(ms).unwrap()), [0, 1, 2].map(Span::secs));
    assert_eq!(ask(999), Err(ServerError::Unavailable));
    assert_eq!(ask(1_000), Ok(Span::secs(2)), "one has been begun");
}

#[test]
fn chance_is_a_function_of_the_how_manieth_request_not_of_when_it_comes_or_of_others() {
    let fares = |others: u64, later: u64| {
        let mut backend =
            backend(BackendOptions { errors: Ppm(500_000), service_cv_milli: 500, ..options() });
        for ms in 0..others {
            let admitted = backend.service.admit(at_ms(ms), DeviceId(1)).unwrap();
            backend.service.serve(admitted, RequestKind::Pull, Load::default());
        }
        let ask = |ms| {
            let admitted = backend.service.admit(at_ms(ms + later), DEVICE).unwrap();
            let served =
                backend.service.serve(admitted, RequestKind::Pull, Load { rows: 10, ..Load::default() });
            (admitted.fails, served.service)
        };
        (1_000..1_200).map(ask).collect::<Vec<_>>()
    };
    assert_eq!(fares(0, 0), fares(17, 3));
    let (fails, services): (Vec<_>, BTreeSet<_>) = fares(0, 0).into_iter().unzip();
    let failing = fails.iter().flatten().count();
    assert!((70..130).contains(&failing), "{failing} of 200");
    assert_eq!(services.len(), 200, "every request has a chance of its own");
}
