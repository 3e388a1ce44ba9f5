//! Verdicts that come home late.

use super::*;

#[test]
fn a_verdict_of_a_history_that_the_backend_left_is_asked_for_again() {
    let mut site = Site::filled(1_000);
    site.refresh();
    let backup = site.backend.backup();
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    assert_eq!(site.push(0, &edit), Outcome::Queued);
    site.upload();
    let now = site.tick();
    site.backend.restore(now, backup);
    site.refresh();
    assert_eq!((site.push(0, &edit), site.gateway.waiting()), (Outcome::Queued, 1));
    site.upload();
    let stamp = site.backend.row(VISIT, &Key::new("north0")).unwrap().stamp;
    assert_eq!(site.push(0, &edit), Outcome::Applied { stamp });
}

#[test]
fn a_verdict_that_comes_late_brings_back_nothing_that_is_gone() {
    let mut site = Site::filled(1_000);
    let (mut north, mut held) = (None, Rows::new());
    site.pull(0, &mut north, &mut held);
    let clinic = |name| vec![(0, Value::text(name)), (1, Value::text("new"))];
    let edit = site.mutation(0, "mine", EditKind::Create, clinic("north"));
    site.push(0, &edit);
    let batch = site.gateway.next_batch(&Upload::default()).unwrap();
    let now = site.tick();
    let verdicts = site.gateway.push_batch(now, Time::FAR, &mut site.backend, &batch).result.unwrap();
    site.delete("mine");
    site.refresh();
    site.gateway.settle(site.now, &mut Upload::default(), &batch, &verdicts);
    // It holds the row that it wrote, and no page has ever told of it.
    held.insert("mine".to_owned(), vec![]);
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
    // So does one that has not loaded yet.
    assert_eq!(site.told(0, &mut None), ["+north0", "+north1", "-mine"]);
}

#[test]
fn a_verdict_of_a_life_that_is_over_brings_no_row_of_it() {
    let mut site = Site::filled(1_000);
    let (mut north, mut held) = (None, Rows::new());
    site.pull(0, &mut north, &mut held);
    let backup = site.backend.backup();
    let edit = site.mutation(0, "north0", EditKind::Update, vec![(1, Value::text("done"))]);
    site.push(0, &edit);
    let batch = site.gateway.next_batch(&Upload::default()).unwrap();
    let now = site.tick();
    let verdicts = site.gateway.push_batch(now, Time::FAR, &mut site.backend, &batch).result.unwrap();
    let now = site.tick();
    site.backend.restore(now, backup);
    site.refresh();
    let told = site.gateway.settle(site.now, &mut Upload::default(), &batch, &verdicts);
    assert!(told.is_empty() && site.gateway.waiting() == 1, "the edit waits for a verdict that holds");
    site.pull(0, &mut north, &mut held);
    assert_eq!(held, site.scope(0));
    site.upload();
    site.pull(0, &mut north, &mut held);
    assert_eq!((held["north0"][1].clone(), site.gateway.waiting()), (Value::text("done"), 0));
}
