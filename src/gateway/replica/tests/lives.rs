//! Loads of a replica that knows of rows by verdicts, and a backend that goes back to a backup.

use super::*;
use crate::gateway::{Backup, FlagOptions};

impl Site {
    /// The gateway becomes what the backup holds, lives again and refreshes its replica.
    fn put_back(&mut self, backup: Backup) {
        self.gateway.died();
        let now = self.tick();
        self.gateway.restore(now, backup);
        self.gateway.restarted();
        self.refresh();
    }
}

#[test]
fn a_verdict_of_a_history_that_the_backend_left_is_asked_for_again() {
    let mut site = Site::filled(1_000);
    site.refresh();
    let backup = site.backend.backup();
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    assert_eq!(site.push(0, &edit), Outcome::Queued);
    site.upload();
    site.tick();
    site.backend.restore(backup);
    site.refresh();
    assert_eq!((site.push(0, &edit), site.gateway.waiting()), (Outcome::Queued, 1));
    site.upload();
    let stamp = site.backend.row(VISIT, &Key::new("north0")).unwrap().stamp;
    assert_eq!(site.push(0, &edit), Outcome::Applied { stamp });
}

#[test]
fn a_backend_that_went_back_makes_the_replica_load_again_and_tell_what_is_gone() {
    let mut site = Site::filled(1_000);
    let (mut north, mut held) = (None, Rows::new());
    site.refresh();
    site.pull(0, &mut north, &mut held);
    let backup = site.backend.backup();
    site.office("north1", (1, "changed"));
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    site.push(0, &edit);
    let values = vec![(0, Value::text("north")), (1, Value::text("new"))];
    let made = site.mutation(0, "made", EditKind::Create, values);
    site.push(0, &made);
    site.upload();
    site.refresh();
    site.pull(0, &mut north, &mut held);
    assert_eq!(held.len(), 3);
    site.tick();
    assert_eq!(site.backend.restore(backup).len(), 3, "two rows as they were, and one that is gone");
    site.office("north1", (1, "since"));
    site.refresh();
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
}

#[test]
fn a_verdict_of_a_life_that_the_backend_has_left_changes_nothing_and_is_asked_for_again() {
    let mut site = Site::filled(1_000);
    site.refresh();
    let (mut north, mut held) = (None, Rows::new());
    let backup = site.backend.backup();
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    site.push(0, &edit);
    let batch = site.gateway.next_batch(&Upload::default()).unwrap();
    let now = site.tick();
    let verdicts = site.gateway.push_batch(now, Time::FAR, &mut site.backend, &batch).called.answer.unwrap();
    site.tick();
    site.backend.restore(backup);
    site.refresh();
    let mut round = Upload::default();
    assert!(site.gateway.settle(site.now, &mut round, &batch, &verdicts).is_empty());
    assert!(site.gateway.next_batch(&round).is_none(), "it waits for the next round");
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0), "the row is as the backend has it");
    assert_eq!((site.push(0, &edit), site.gateway.waiting()), (Outcome::Queued, 1));
    site.upload();
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
}

#[test]
fn a_gateway_put_back_to_before_the_backend_went_back_forgets_what_it_knew_ahead_whatever_it_loads_by() {
    let flags = Capture::Flag(FlagOptions::default());
    for capture in [flags, Capture::default()] {
        let refresh = RefreshOptions { capture, ..RefreshOptions::default() };
        let mut site = Site::with(backend::BackendOptions::default(), refresh);
        site.refresh();
        let old = site.backend.backup();
        let values = vec![(0, Value::text("north")), (1, Value::text("new"))];
        let made = site.mutation(0, "made", EditKind::Create, values);
        site.push(0, &made);
        site.upload();
        let gateway = site.gateway.backup();
        site.tick();
        site.backend.restore(old);
        site.put_back(gateway);
        let (mut north, mut held) = (None, Rows::new());
        site.pull(0, &mut north, &mut held);
        assert_eq!(held, site.scope(0));
    }
}

#[test]
fn a_row_that_a_load_does_not_meet_is_gone_as_of_the_load() {
    let mut site = Site::filled(1_000);
    site.refresh();
    let mut north = None;
    assert_eq!(site.told(0, &mut north), ["+north0", "+north1"]);
    let known = site.backend.row(VISIT, &Key::new("north0")).unwrap().stamp;
    site.delete("north0");
    let backup = site.backend.backup();
    site.backend.restore(backup);
    site.refresh();
    let told = site.told_with_stamps(0, &mut north);
    assert_eq!(told.iter().map(|(told, _)| &**told).collect::<Vec<_>>(), ["-north0"]);
    assert!(told[0].1 > known, "a device may have a later version than that");
}

#[test]
fn a_row_whose_edit_a_gateway_put_back_brings_again_goes_with_its_verdict_where_it_is_gone_by_then() {
    let compare = Capture::Hash(HashOptions::default());
    for capture in [Capture::Flag(FlagOptions::default()), compare, Capture::default()] {
        let refresh = RefreshOptions { capture, ..RefreshOptions::default() };
        let mut site = Site::with(backend::BackendOptions::default(), refresh);
        site.refresh();
        let gateway = site.gateway.backup();
        let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
        site.push(0, &edit);
        site.upload();
        site.delete("north0");
        site.refresh();
        site.put_back(gateway);
        // The device heard of no verdict, and keeps its row while it loads.
        let (mut north, mut held) = (None, Rows::new());
        site.pull(0, &mut north, &mut held);
        held.insert("north0".to_owned(), vec![Value::text("north"), Value::text("done")]);
        assert_eq!(site.push(0, &edit), Outcome::Queued);
        site.upload();
        assert!(matches!(site.push(0, &edit), Outcome::Applied { .. }), "the backend remembers its verdict");
        site.pull(0, &mut north, &mut held);
        assert_eq!(held, site.scope(0));
    }
}

#[test]
fn a_row_that_a_backup_of_the_gateway_knew_by_a_verdict_goes_where_it_is_gone_since() {
    let refresh = RefreshOptions { capture: Capture::Flag(FlagOptions::default()), ..Default::default() };
    let mut site = Site::with(backend::BackendOptions::default(), refresh);
    site.refresh();
    site.write("north0", "done");
    let gateway = site.gateway.backup();
    site.delete("north0");
    site.refresh();
    site.refresh();
    site.put_back(gateway);
    let (mut north, mut held) = (None, Rows::new());
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
}

#[test]
fn a_row_that_was_known_by_a_verdict_and_is_gone_before_a_load_goes_with_it() {
    let options = backend::BackendOptions { tombstones_kept: Span::secs(60), ..Default::default() };
    let mut site = Site::new(options, 1);
    site.gateway.fill(&site.backend, START, &|| false);
    site.now += Span::secs(600);
    site.write("north0", "done");
    let (mut north, mut held) = (None, Rows::new());
    site.pull(0, &mut north, &mut held);
    site.delete("north0");
    site.refresh();
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
    assert_eq!(held.len(), 1);
}

#[test]
fn a_row_that_was_known_by_a_verdict_and_is_found_gone_goes_though_the_backends_stamps_are_ahead_of_its_clock()
 {
    let minutes = backend::BackendOptions { stamp_precision: Span::secs(60), ..Default::default() };
    for (options, step) in [(backend::BackendOptions::default(), -1_200_000_000), (minutes, 1)] {
        let capture = Capture::Hash(HashOptions::default());
        let mut site = Site::with(options, RefreshOptions { capture, ..RefreshOptions::default() });
        site.gateway.fill(&site.backend, START, &|| false);
        let (mut north, mut held) = (None, Rows::new());
        site.pull(0, &mut north, &mut held);
        site.now += Span::secs(61);
        site.office("north1", (1, "before"));
        site.backend.step_clock(site.now, step);
        site.write("north0", "done");
        site.pull(0, &mut north, &mut held);
        site.delete("north0");
        // One page shows what its receipt confirms with the next.
        site.refresh();
        site.refresh();
        site.pull(0, &mut north, &mut held);
        assert_eq!(held, site.scope(0), "a step of {step}");
        assert_eq!(held.len(), 1);
    }
}

#[test]
fn a_row_that_was_known_by_a_verdict_and_cannot_be_seen_yet_outlives_a_load() {
    let options = backend::BackendOptions {
        tombstones_kept: Span::secs(60),
        replica_lag: Span::secs(9),
        ..Default::default()
    };
    let mut site = Site::new(options, 1);
    site.gateway.fill(&site.backend, START, &|| false);
    site.now += Span::secs(600);
    let values = vec![(0, Value::text("north")), (1, Value::text("new"))];
    let made = site.mutation(0, "made", EditKind::Create, values);
    site.push(0, &made);
    site.upload();
    site.refresh();
    assert_eq!(site.told(0, &mut None), ["+north0", "+north1", "+made"]);
}

/// A device is told of a row as it was in a life that the replica never enters; the one after has
/// it as the replica holds it.
#[test]
fn what_a_device_was_told_in_a_life_that_the_replica_missed_is_told_otherwise_again() {
    let write = |site: &mut Site| site.office("north0", (1, "later"));
    let delete = |site: &mut Site| site.delete("north0");
    for change in [&write as &dyn Fn(&mut Site), &delete] {
        let mut site = Site::filled(1_000);
        let (mut north, mut held) = (None, Rows::new());
        site.refresh();
        let before = site.backend.backup();
        let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
        change(&mut site);
        let since = site.backend.backup();
        site.refresh();
        site.pull(0, &mut north, &mut held);
        site.tick();
        site.backend.restore(before);
        let edit = Mutation { base: Some(START), ..edit };
        assert_eq!(site.push(0, &edit), Outcome::Queued);
        site.upload();
        let told = site.push(0, &edit);
        let Outcome::Conflict { current: Some(row), .. } = told else { panic!("{told:?}") };
        held.insert(row.key.as_str().to_owned(), vec![Value::text("north"), Value::text("open")]);
        site.tick();
        site.backend.restore(since);
        site.refresh();
        site.pull(0, &mut north, &mut held);
        assert_eq!(held, site.scope(0));
        let rest = site.told(0, &mut north);
        assert_eq!(rest, [""; 0], "once");
    }
}

/// Readers are half a minute behind.
fn behind() -> Site {
    let mut site = Site::new(
        backend::BackendOptions { replica_lag: Span::secs(30), ..backend::BackendOptions::default() },
        1_000,
    );
    site.refresh();
    site
}

impl Site {
    /// The texts of the north, as a device that begins is told.
    fn texts(&mut self) -> Vec<Value> {
        let (mut north, mut held) = (None, Rows::new());
        self.pull(0, &mut north, &mut held);
        held.into_values().map(|values| values[1].clone()).collect()
    }
}

#[test]
fn what_a_backup_holds_stays_though_readers_do_not_see_it_yet() {
    let mut site = behind();
    site.write("north0", "done");
    let backup = site.backend.backup();
    site.write("north1", "undone");
    assert_eq!(site.texts(), ["done", "undone"].map(Value::text));
    site.backend.restore(backup);
    site.refresh();
    assert_eq!(site.texts(), ["done", "open"].map(Value::text));
}

#[test]
fn a_verdict_by_which_a_replica_hears_of_another_life_stays() {
    let mut site = behind();
    let backup = site.backend.backup();
    site.backend.restore(backup);
    site.write("north1", "since");
    site.refresh();
    site.refresh();
    assert_eq!(site.texts(), ["open", "since"].map(Value::text));
}

#[test]
fn a_verdict_that_comes_home_in_a_load_goes_with_the_end_of_its_row() {
    let mut site = Site::new(backend::BackendOptions::default(), 1);
    site.refresh();
    let backup = site.backend.backup();
    site.tick();
    site.backend.restore(backup);
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    site.push(0, &edit);
    let batch = site.gateway.next_batch(&Upload::default()).unwrap();
    let now = site.tick();
    let verdicts = site.gateway.push_batch(now, Time::FAR, &mut site.backend, &batch).called.answer.unwrap();
    site.delete("north0");
    site.now += Span::secs(1);
    let mut refresh = site.gateway.begin_refresh(site.now);
    let mut settles = Some(verdicts);
    while let Some(ask) = site.gateway.next_page(&refresh) {
        let now = site.tick();
        let page = site.gateway.read_page(now, Time::FAR, &mut site.backend, &ask).called.answer;
        site.gateway.take_page(&mut refresh, &ask, page);
        if ask.cursor.is_none()
            && let Some(verdicts) = settles.take()
        {
            site.gateway.settle(site.now, &mut Upload::default(), &batch, &verdicts);
        }
    }
    assert!(settles.is_none(), "it came home behind the first page of a load");
    assert_eq!(site.texts(), ["open"].map(Value::text));
}
