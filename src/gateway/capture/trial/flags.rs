//! Flags, of each kind of consumer and whenever they are set.

use super::*;

fn flag(options: FlagOptions) -> Capture {
    Capture::Flag(options)
}

#[test]
fn a_flag_set_after_the_commit_loses_nothing_whatever_fails() {
    for trial in readers(&flag(FlagOptions::default())) {
        let sum = sweep(|| copy(&trial), &FAULTS);
        assert_eq!(sum.wrong(), 0, "{trial:?}: {sum:?}");
        assert!(sum.again > 0, "what was not confirmed came again");
    }
}

#[test]
fn a_device_that_was_put_back_gets_all_that_it_lacks() {
    for trial in readers(&flag(FlagOptions::default())).into_iter().filter(|trial| !trial.whole) {
        let sum = sweep(|| copy(&trial), &[Fault::PutBack]);
        assert_eq!(sum.wrong(), 0, "{trial:?}: {sum:?}");
    }
}

#[test]
fn all_forms_of_a_flag_come_to_the_same_and_write_more_or_less_for_it() {
    let forms = [FlagForm::Boolean, FlagForm::Status, FlagForm::Combination, FlagForm::ExternalId];
    let sums = forms.map(|form| {
        let mut sum = sweep(|| Trial::new(flag(FlagOptions { form, ..FlagOptions::default() })), &[]);
        (std::mem::take(&mut sum.effort.written), sum)
    });
    assert!(sums[0].1.wrong() == 0 && sums[0].0 == sums[0].1.effort.writes);
    for pair in sums.windows(2) {
        assert!(pair[0].0 < pair[1].0 && pair[0].1 == pair[1].1, "{pair:?}");
    }
}

#[test]
fn a_flag_set_before_the_destination_committed_loses_rows() {
    let set = |set| move || Trial::new(flag(FlagOptions { set, ..FlagOptions::default() }));
    let (captured, read) = (set(SetFlag::AfterCapture), set(SetFlag::BeforeCapture));
    assert_eq!(sweep(captured, &[Fault::Fails, Fault::Replaced]).wrong(), 0, "the gateway has the rows");
    assert!(sweep(captured, &[Fault::AnswerLost]).wrong() > 0);
    assert!(sweep(read, &[Fault::Fails]).wrong() > 0);
    assert_eq!(sweep(read, &[]).wrong(), 0, "without a fault it does as well as any");
}

#[test]
fn a_naive_reset_loses_the_second_change() {
    let reset = |reset| move || Trial::new(flag(FlagOptions { reset, ..FlagOptions::default() }));
    assert!(sweep(reset(Reset::Naive), &[]).wrong() > 0);
    assert_eq!(sweep(reset(Reset::CompareAndSet), &[]).wrong(), 0);
}

#[test]
fn a_backend_that_forgets_to_arm_leaves_rows_stale() {
    let mut trial = Trial::new(flag(FlagOptions::default()));
    trial.options.log = Some(LogOptions { rearm: Rearm::ForgetsOffice, ..log() });
    let sum = sweep(|| copy(&trial), &[]);
    assert!(sum.stale > 0 && sum.extra > 0, "{sum:?}");
    assert_eq!(sum.lost, 0, "a new row is not synced");
}

#[test]
fn a_replaced_gateway_delivers_again_what_was_not_confirmed_and_no_more() {
    for seed in 1..=9 {
        for page in [1, 2, 5] {
            let trial = Trial { page, seed, ..Trial::new(flag(FlagOptions::default())) };
            let calm = trial.run(usize::MAX, Fault::Nothing);
            for nth in 0..calm.requests {
                let struck = trial.run(nth, Fault::Replaced);
                assert!(struck.effort.handled <= calm.effort.handled + page as u64, "{trial:?} at {nth}");
            }
        }
    }
}

/// Two devices of one clinic before one flag, which ask in turn; gives how often each row came.
fn workers(options: FlagOptions) -> BTreeMap<Key, u32> {
    let backend_options = backend::Options { log: Some(log()), ..backend::Options::default() };
    let mut backend = Backend::new(Arc::new(schema()), backend_options, START, Seed(1));
    backend.load(VISIT, (0..40).map(loaded));
    let mut strategy = strategy(&Capture::Flag(options));
    let (mut seen, mut cursors) = (BTreeMap::new(), [None::<String>, None]);
    let north = [Value::text("north")];
    for step in 0..60 {
        let device = step % 2;
        let cursor = cursors[device].clone();
        let reader = Reader::Device(DeviceId(device as u32), &north);
        let ask = Ask {
            reader,
            entity: VISIT,
            cursor: cursor.as_deref(),
            limit: 3,
            clock: START,
            local: START,
            pull: (UnitId(0), 0),
        };
        let now = Time::ZERO + Span::millis(step as u64);
        let page = strategy.page(&mut backend, now, ask, &mut |change, _| {
            *seen.entry(change.key.clone()).or_insert(0) += 1;
            ControlFlow::Continue(())
        });
        cursors[device] = Some(page.unwrap().cursor);
    }
    seen
}

#[test]
fn two_workers_deliver_rows_twice_unless_they_claim_them() {
    let options = FlagOptions { per: FlagPer::All, form: FlagForm::Status, ..FlagOptions::default() };
    let twice = |seen: &BTreeMap<Key, u32>| seen.values().filter(|times| **times > 1).count();
    let bare = workers(options);
    assert!(twice(&bare) > 0, "{bare:?}");
    let claimed = workers(FlagOptions { lease: Some(Span::secs(9)), ..options });
    assert_eq!((claimed.len(), twice(&claimed)), (bare.len(), 0));
    let short = workers(FlagOptions { lease: Some(Span(1)), ..options });
    assert!(twice(&short) > 0, "a claim that ends too early is none");
}

#[test]
fn a_load_brings_what_was_claimed_for_a_page_that_nobody_remembers() {
    let lease = Some(Span::secs(9));
    let options = FlagOptions { form: FlagForm::Status, lease, ..FlagOptions::default() };
    let logged = backend::Options { log: Some(log()), ..backend::Options::default() };
    let mut backend = Backend::new(Arc::new(schema()), logged, START, Seed(1));
    backend.load(VISIT, (0..9).map(loaded));
    let north = [Value::text("north")];
    let mut load = |now: u64| {
        // Each time it is another gateway.
        let mut strategy = strategy(&Capture::Flag(options));
        let reader = Reader::Device(DeviceId(0), &north);
        let pull = (UnitId(0), 0);
        let ask = Ask { reader, entity: VISIT, cursor: None, limit: 99, clock: START, local: START, pull };
        let mut rows = 0;
        let page = strategy.page(&mut backend, Time(now), ask, &mut |_, _| {
            rows += 1;
            ControlFlow::Continue(())
        });
        assert!(!page.unwrap().more);
        rows
    };
    let first = load(1);
    assert!(first > 0);
    assert_eq!(load(2), first);
}

#[test]
fn flags_that_a_user_sets_by_hand_bring_exactly_those_rows_again() {
    let logged = backend::Options { log: Some(log()), ..backend::Options::default() };
    let mut backend = Backend::new(Arc::new(schema()), logged, START, Seed(1));
    backend.load(VISIT, (0..30).map(loaded));
    let mut strategy = strategy(&flag(FlagOptions::default()));
    let north = [Value::text("north")];
    let mut cursor = None::<String>;
    let mut pull = |backend: &mut Backend, ms| {
        let reader = Reader::Device(DeviceId(0), &north);
        let (entity, cursor_now, pull) = (VISIT, cursor.clone(), (UnitId(0), 0));
        let ask = Ask {
            reader,
            entity,
            cursor: cursor_now.as_deref(),
            limit: 99,
            clock: START,
            local: START,
            pull,
        };
        let mut keys = Vec::new();
        let page = strategy.page(backend, Time::ZERO + Span::millis(ms), ask, &mut |change, _| {
            keys.push(change.key.to_string());
            ControlFlow::Continue(())
        });
        cursor = Some(page.unwrap().cursor);
        keys
    };
    assert_eq!(pull(&mut backend, 1).len(), 20);
    assert_eq!(pull(&mut backend, 2), [""; 0]);
    backend.flags().touch(Time::ZERO + Span::millis(3), VISIT, 4);
    assert_eq!(pull(&mut backend, 4), ["k01", "k02"], "the other two are the south's");
    assert_eq!(pull(&mut backend, 5), [""; 0]);
}

/// All rows that one pull after the other brings a new device, until one fails.
fn captured(on_unreadable: OnUnreadable) -> usize {
    let options = FlagOptions { unreadable: Ppm(100_000), on_unreadable, ..FlagOptions::default() };
    let mut strategy = strategy(&flag(options));
    let logged = backend::Options { log: Some(log()), ..backend::Options::default() };
    let mut backend = Backend::new(Arc::new(schema()), logged, START, Seed(1));
    backend.load(VISIT, (0..90).map(loaded));
    let north = [Value::text("north")];
    let (mut rows, mut cursor, mut now) = (0, None::<String>, Time::ZERO);
    loop {
        now += Span::millis(1);
        let reader = Reader::Device(DeviceId(0), &north);
        let ask = Ask {
            reader,
            entity: VISIT,
            cursor: cursor.as_deref(),
            limit: 4,
            clock: START,
            local: START,
            pull: (UnitId(0), 0),
        };
        let page = strategy.page(&mut backend, now, ask, &mut |_, _| ControlFlow::Continue(()));
        let Ok(page) = page else { return rows };
        rows += page.delivered as usize;
        cursor = Some(page.cursor);
        if !page.more {
            return rows;
        }
    }
}

#[test]
fn a_row_that_cannot_be_captured_stops_the_others_only_if_pages_are_all_or_nothing() {
    let north = (0..90).map(loaded).filter(|row| row.values[0] == Value::text("north"));
    let readable = north.filter(|row| !flag::is_unreadable(Ppm(100_000), &row.key)).count();
    assert!((40..60).contains(&readable), "{readable} of 60");
    assert_eq!(captured(OnUnreadable::Skip), readable);
    assert!(captured(OnUnreadable::Stop) < readable);
}

#[test]
fn what_a_flag_cannot_be_kept_in_is_refused() {
    use crate::backend::Provisioning as P;
    let fits = |provisioning| flag(FlagOptions::default()).fits(provisioning);
    assert!([P::Full, P::StampsOnly, P::SoftDeleteOnly, P::ThreeStamps].into_iter().all(|p| fits(p).is_ok()));
    let refused = fits(P::ReadOnlySchema).unwrap_err();
    assert!(refused.to_string().contains("nobody can add one"), "{refused}");
    assert!(fits(P::Nothing).is_err());
    let log = Capture::ChangeLog(ChangeLogOptions::default());
    let all = [P::Full, P::StampsOnly, P::SoftDeleteOnly, P::ThreeStamps, P::ReadOnlySchema];
    assert!(all.into_iter().all(|p| log.fits(p).is_ok()), "it is kept beside the rows");
    assert!(log.fits(P::Nothing).is_err());
}
