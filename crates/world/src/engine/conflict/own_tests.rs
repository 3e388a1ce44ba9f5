use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::own::{Contested, OwnRule, ask, resolution};
use super::seam::Resolution;
use super::tests::{entity, entry, met, row};
use crate::base::{Key, Span, Stamp, Time, Value};
use crate::contract::{Clock, EditKind, LocalBoxFuture, LogKind, Pick, Refusal};
use crate::store::Entry;

struct Over;

impl Clock for Over {
    fn now(&self) -> Time {
        Time::ZERO
    }
    fn wall(&self) -> Stamp {
        Stamp(0)
    }
    fn sleep_until(&self, _: Time) -> LocalBoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Silent;

impl OwnRule for Silent {
    fn resolve(&self, contested: Contested, _: Rc<dyn Clock>) -> LocalBoxFuture<'static, Pick> {
        Box::pin(async move {
            if contested.entry.key == Key::new("k") {
                std::future::pending::<()>().await;
            }
            Pick::Ours
        })
    }
}

impl<F: Fn(&Contested) -> Pick> OwnRule for F {
    fn resolve(&self, contested: Contested, _: Rc<dyn Clock>) -> LocalBoxFuture<'static, Pick> {
        let said = self(&contested);
        Box::pin(std::future::ready(said))
    }
}

fn asked(rule: &dyn OwnRule, keys: &[&str]) -> Vec<Option<Pick>> {
    let (entity, entry) = (entity(), entry(EditKind::Update, "done", 5));
    let current = row(10, Some("new"));
    let of = |key: &&str| {
        let entry = Entry { key: Key::new(key), ..entry.clone() };
        Contested::of(met(&entry, &entity, Refusal::Stale, Some(&current)))
    };
    let clock: Rc<dyn Clock> = Rc::new(Over);
    let mut asking = pin!(ask(rule, keys.iter().map(of).collect(), &clock, Span::secs(1)));
    match asking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(said) => said,
        Poll::Pending => panic!("the limit is over"),
    }
}

#[test]
fn a_rule_that_is_silent_or_panics_has_said_nothing() {
    assert_eq!(asked(&Silent, &["k", "l"]), [None, Some(Pick::Ours)]);
    let panics = |contested: &Contested| {
        assert!(contested.entry.key != Key::new("k"), "as it is told to");
        Pick::Theirs
    };
    assert_eq!(asked(&panics, &["l", "k", "m"]), [Some(Pick::Theirs), None, Some(Pick::Theirs)]);
}

#[test]
fn what_cannot_be_done_was_not_said() {
    let entity = entity();
    let both = Entry {
        values: vec![(0, Value::text("c2")), (1, Value::text("done"))],
        made_on: Some(vec![(0, Value::text("c1")), (1, Value::text("new"))]),
        ..entry(EditKind::Update, "", 5)
    };
    let merged = |columns: &[usize], line| Some(Resolution::Merged { columns: columns.to_vec(), line });
    let local = Some(Resolution::Local { onto: Key::new("k") });
    let (theirs, away, gone) = (row(10, Some("late")), row(10, None), row(10, None));
    use Refusal::{Gone, Stale};
    for (say, why, current, expected) in [
        (Pick::Theirs, Stale, &theirs, Some(Resolution::Remote)),
        (Pick::Ours, Stale, &theirs, local.clone()),
        (Pick::Ours, Gone, &gone, local),
        (Pick::Ours, Stale, &away, None),
        (Pick::Columns(vec![0]), Stale, &theirs, merged(&[0], Some(LogKind::Merged))),
        (Pick::Columns(vec![1]), Stale, &theirs, merged(&[1], Some(LogKind::Overwrote))),
        (Pick::Columns(vec![0, 1]), Stale, &theirs, merged(&[0, 1], Some(LogKind::Overwrote))),
        (Pick::Columns(vec![0, 1]), Stale, &row(10, Some("new")), merged(&[0, 1], None)),
        (Pick::Columns(vec![2]), Stale, &theirs, None),
        (Pick::Columns(Vec::new()), Stale, &theirs, None),
        (Pick::Columns(vec![0]), Gone, &gone, None),
    ] {
        let conflict = met(&both, &entity, why, Some(current));
        assert_eq!(resolution(&say, conflict), expected, "{say:?} {why:?}");
    }
}
