//! Logs and flags, with a failure at every request.

use super::seam::Effort;
use super::trial::{TROUBLES, Trial, Trouble};
use super::*;
use crate::backend::{self, CommitDelay, FirstLoad, LogOptions, Numbered, Provisioning, Rearm};
use crate::base::{Key, Ppm, Span};

fn options() -> backend::BackendOptions {
    let log = LogOptions { kept: Span::secs(3_600), numbered: Numbered::AtCommit, rearm: Rearm::Always };
    backend::BackendOptions {
        change_log: Some(log),
        serves_all_owners: true,
        ..backend::BackendOptions::default()
    }
}

fn trial(capture: &Capture, rows: u32) -> Trial {
    Trial::new(options(), capture.strategy(), rows)
}

/// Tests all kinds of readers, with each failure at each request. Backends may have slow
/// transactions.
fn nothing_is_lost(capture: &Capture, provisioning: Provisioning, troubles: &[Trouble]) {
    let delay = CommitDelay { share: Ppm(300_000), upto: Span::millis(9) };
    for (replica, provisioned) in [(false, false), (false, true), (true, false)] {
        // Nodes of a gateway may share a replica, so no node can see that another node was
        // restored.
        if replica && troubles.contains(&Trouble::PutBack) {
            continue;
        }
        let cases = [None, Some(delay)]
            .into_iter()
            .flat_map(|delay| [Numbered::AtCommit, Numbered::AtWrite].map(|numbered| (delay, numbered)));
        for ((commit_delay, numbered), limit) in cases.flat_map(|case| [1, 3].map(|limit| (case, limit))) {
            let begun = || {
                let mut options = backend::BackendOptions { commit_delay, provisioning, ..options() };
                options.change_log = options.change_log.map(|log| LogOptions { numbered, ..log });
                let mut trial = Trial::new(options, capture.strategy(), 10);
                (trial.replica, trial.keeps_to_scope) = (replica, true);
                if provisioned {
                    trial.provision();
                }
                trial
            };
            let mut calm = begun();
            calm.live(limit);
            calm.check(&(replica, provisioned, commit_delay, limit));
            for (nth, trouble) in (1..=calm.requests).flat_map(|nth| troubles.iter().map(move |t| (nth, *t)))
            {
                let mut trial = begun();
                trial.trouble.insert(nth, trouble);
                trial.live(limit);
                trial.check(&(replica, provisioned, commit_delay, limit, nth, trouble));
            }
        }
    }
}

#[test]
fn a_log_loses_nothing_whatever_fails() {
    nothing_is_lost(&ChangeLogOptions::default().into(), Provisioning::Full, &TROUBLES);
}

#[test]
fn a_log_with_a_history_loses_nothing_whatever_fails() {
    let all = ChangeLogOptions { first_load: FirstLoad::All, ..ChangeLogOptions::default() };
    let each = ChangeLogOptions { superseded: true, deletes_alone: true, ..all };
    let compacted = ChangeLogOptions { compacted_every: Some(Span::millis(7)), ..each };
    for options in [all, each, compacted] {
        nothing_is_lost(&options.into(), Provisioning::Full, &TROUBLES);
    }
}

/// The rows that a new device gets, and its number of requests. Of ten rows one was written three
/// times and two were deleted, a second ago.
fn first_load(options: ChangeLogOptions) -> (u64, u32) {
    let mut trial = trial(&options.into(), 10);
    trial.now += Span::secs(1);
    ["a", "b", "c"].iter().for_each(|note| trial.write(2, note));
    trial.delete([4, 6].into_iter());
    trial.now += Span::secs(1);
    trial.pull(99);
    trial.check(&options);
    (trial.delivered, trial.requests)
}

#[test]
fn a_first_load_brings_as_much_history_as_the_log_keeps() {
    let live = ChangeLogOptions::default();
    assert_eq!(first_load(live), (8, 1));
    let all = ChangeLogOptions { first_load: FirstLoad::All, ..live };
    assert_eq!(first_load(all), (8 + 2, 1));
    assert_eq!(first_load(ChangeLogOptions { deletes_alone: true, ..all }), (8 + 2, 2));
    let each = ChangeLogOptions { superseded: true, ..all };
    assert_eq!(first_load(each), (7 + 3 + 2, 1));
    let every = |span| ChangeLogOptions { compacted_every: Some(span), ..each };
    assert_eq!(first_load(every(Span::secs(1))), (8 + 2, 1), "compacted after the last change");
    assert_eq!(first_load(every(Span::secs(60))), (7 + 3 + 2, 1), "compacted before the first");
}

#[test]
fn a_flag_set_after_the_commit_loses_nothing_whatever_fails() {
    nothing_is_lost(&FlagOptions::default().into(), Provisioning::Full, &TROUBLES);
}

#[test]
fn reconciled_times_lose_nothing_whatever_fails() {
    let options = LastModifiedOptions { reconcile: Some(Span::ZERO), ..LastModifiedOptions::default() };
    let capture = options.into();
    nothing_is_lost(&capture, Provisioning::StampsOnly, &TROUBLES);
    nothing_is_lost(&capture, Provisioning::StampsOnly, &[Trouble::PutBack]);
}

fn reconciling(every: Span, options: backend::BackendOptions) -> Trial {
    let by_time = LastModifiedOptions { reconcile: Some(every), ..LastModifiedOptions::default() };
    let options = backend::BackendOptions { provisioning: Provisioning::StampsOnly, ..options };
    Trial::new(options, Capture::from(by_time).strategy(), 20)
}

#[test]
fn rows_that_are_deleted_for_good_are_found_once_the_time_has_come() {
    let mut trial = reconciling(Span::secs(60), options());
    trial.pull(7);
    assert_eq!((trial.holds.len(), trial.strategy.state()), (20, 60), "what it was told");
    trial.delete((0..10).map(|n| 2 * n));
    trial.pull(7);
    assert_eq!(trial.holds.len(), 20, "it is too early");
    trial.now += Span::secs(60);
    trial.pull(4);
    assert_eq!(trial.holds.len(), 10);
    trial.pull(4);
    assert_eq!(trial.strategy.state(), 30, "what has arrived is forgotten");
}

#[test]
fn a_device_that_begins_with_its_rows_loads_nothing_and_hears_of_what_is_gone() {
    let mut trial = reconciling(Span::ZERO, options());
    trial.provision();
    trial.delete([6, 8, 10].into_iter());
    trial.pull(500);
    assert_eq!((trial.loads, trial.delivered, trial.holds.len()), (0, 3, 17));
    trial.pull(500);
    assert_eq!(trial.strategy.state(), 51, "what has arrived is forgotten");
}

#[test]
fn a_load_names_what_is_there_and_not_yet_shown() {
    // A clock with a tick of 1 s. Commits of a tick become visible when it ends.
    let (ticks, stamp_precision) = (backend::Ticks::Shared, Span::secs(1));
    let coarse = backend::BackendOptions { ticks, stamp_precision, ..options() };
    let mut trial = reconciling(Span::ZERO, coarse);
    trial.now += Span::secs(10);
    trial.write(6, "new");
    assert_eq!((trial.request(10), &trial.withheld[..]), (true, &[][..]), "it goes on");
    assert_eq!(
        (trial.request(10), &trial.withheld[..], trial.delivered),
        (false, &[Key::new("006")][..], 19)
    );
    assert_eq!((trial.request(10), &trial.withheld[..]), (false, &[][..]), "no load, no word of it");
    for row in [8, 6] {
        trial.now += Span::secs(1);
        trial.delete([row].into_iter());
        trial.pull(10);
    }
    trial.now += Span::secs(1);
    trial.pull(10);
    assert_eq!(trial.delivered, 19 + 1 + 2, "the row that was not shown, and two ends");
    trial.check(&"coarse");
}

#[test]
fn a_device_that_was_put_back_gets_all_that_it_lacks() {
    nothing_is_lost(&FlagOptions::default().into(), Provisioning::Full, &[Trouble::PutBack]);
}

#[test]
fn all_forms_of_a_flag_come_to_the_same_and_write_more_or_less_for_it() {
    let forms = [FlagForm::Boolean, FlagForm::Status, FlagForm::Combination, FlagForm::ExternalId];
    let efforts = forms.map(|form| {
        let mut trial = trial(&FlagOptions { form, ..FlagOptions::default() }.into(), 10);
        trial.keeps_to_scope = true;
        trial.live(3);
        trial.check(&form);
        assert_eq!(trial.effort.scanned, trial.delivered, "it costs what it delivers");
        (trial.effort.written, Effort { written: 0, ..trial.effort })
    });
    assert_eq!(efforts[0].0, efforts[0].1.writes);
    for pair in efforts.windows(2) {
        assert!(pair[0].0 < pair[1].0 && pair[0].1 == pair[1].1, "{pair:?}");
    }
}

#[test]
fn a_load_brings_what_was_claimed_for_a_page_that_nobody_remembers() {
    let lease = Some(Span::secs(9));
    let flag = FlagOptions { form: FlagForm::Status, lease, ..FlagOptions::default() }.into();
    let mut trial = trial(&flag, 9);
    for _ in 0..2 {
        trial.strategy = flag.strategy();
        (trial.holds, trial.cursor) = Default::default();
        assert!(!trial.request(99));
        assert_eq!(trial.holds.len(), 9);
    }
}

#[test]
fn what_a_backend_has_no_columns_for_is_refused() {
    use Provisioning as P;
    let all = [P::Full, P::StampsOnly, P::SoftDeleteOnly, P::ThreeStamps, P::ReadOnlySchema, P::Nothing];
    let fits = |capture: Capture| all.map(|provisioning| capture.fits(provisioning).is_ok());
    assert_eq!(fits(Capture::default()), [true, true, false, true, true, false]);
    assert_eq!(fits(FlagOptions::default().into()), [true, true, true, true, false, false]);
    assert_eq!(fits(ChangeLogOptions::default().into()), [true, true, true, true, true, false]);
}
