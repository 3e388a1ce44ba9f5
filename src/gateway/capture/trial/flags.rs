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
fn workers(options: FlagOptions) -> BTreeMap<String, u32> {
    let (mut backend, mut strategy) = (filled(40), strategy(&Capture::Flag(options)));
    let (mut seen, mut cursors) = (BTreeMap::new(), [None, None]);
    for step in 0..60_u32 {
        let cursor = &mut cursors[step as usize % 2];
        let came = asked((&mut *strategy, &mut backend), (step % 2, step.into()), cursor, 3);
        came.unwrap().0.into_iter().for_each(|key| *seen.entry(key).or_insert(0) += 1);
    }
    seen
}

#[test]
fn two_workers_deliver_rows_twice_unless_they_claim_them() {
    let options = FlagOptions { per: FlagPer::All, form: FlagForm::Status, ..FlagOptions::default() };
    let twice = |seen: &BTreeMap<String, u32>| seen.values().filter(|times| **times > 1).count();
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
    let mut backend = filled(9);
    let mut load = |ms| {
        // Each time it is another gateway.
        let mut strategy = strategy(&Capture::Flag(options));
        let (came, more) = asked((&mut *strategy, &mut backend), (0, ms), &mut None, 99).unwrap();
        assert!(!more);
        came.len()
    };
    let first = load(1);
    assert!(first > 0);
    assert_eq!(load(2), first);
}

#[test]
fn flags_that_a_user_sets_by_hand_bring_exactly_those_rows_again() {
    let (mut backend, mut strategy) = (filled(30), strategy(&flag(FlagOptions::default())));
    let mut cursor = None;
    let mut pull =
        |backend: &mut Backend, ms| asked((&mut *strategy, backend), (0, ms), &mut cursor, 99).unwrap().0;
    assert_eq!(pull(&mut backend, 1).len(), 20);
    assert_eq!(pull(&mut backend, 2), [""; 0]);
    backend.flags().touch(Time::ZERO + Span::millis(3), VISIT, 4);
    assert_eq!(pull(&mut backend, 4), ["k01", "k02"], "the other two are the south's");
    assert_eq!(pull(&mut backend, 5), [""; 0]);
}

/// All rows that one pull after the other brings a new device, until one fails.
fn captured(on_unreadable: OnUnreadable) -> usize {
    let options = FlagOptions { unreadable: Ppm(100_000), on_unreadable, ..FlagOptions::default() };
    let (mut strategy, mut backend) = (strategy(&flag(options)), filled(90));
    let (mut rows, mut cursor) = (0, None);
    for ms in 1.. {
        match asked((&mut *strategy, &mut backend), (0, ms), &mut cursor, 4) {
            Ok((came, true)) => rows += came.len(),
            Ok((came, false)) => return rows + came.len(),
            Err(_) => break,
        }
    }
    rows
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
