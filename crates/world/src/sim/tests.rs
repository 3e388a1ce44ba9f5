//! Tests of the whole executor.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use proptest::prelude::*;

use super::{Handle, NodeId, Sim, Stop, TaskId};
use crate::base::{Incarnation, Span, Time};

type Log<T> = Rc<RefCell<Vec<T>>>;

/// A simulation with one node and a log for its tasks.
struct Rig<T> {
    sim: Sim,
    handle: Handle,
    node: NodeId,
    log: Log<T>,
}

fn rig<T>() -> Rig<T> {
    let sim = Sim::default();
    let handle = sim.handle().clone();
    Rig { node: handle.node("n"), sim, handle, log: Rc::default() }
}

impl<T> Rig<T> {
    /// Starts a task built from the handle and the log.
    fn task<F>(&self, node: NodeId, make: impl FnOnce(Handle, Log<T>) -> F) -> TaskId
    where
        F: Future<Output = ()> + 'static,
    {
        self.handle.spawn(node, "task", make(self.handle.clone(), self.log.clone()))
    }

    /// Runs to the end and returns the log.
    fn run(&mut self) -> Vec<T> {
        self.sim.run_until(Time::FAR);
        self.log.take()
    }
}

/// Calls a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

const YEAR: Span = Span::secs(365 * 86_400);

#[test]
fn an_idle_year_costs_as_many_polls_as_it_has_wakes() {
    let Rig { mut sim, handle, node, .. } = rig::<()>();
    handle.spawn(node, "yearly", handle.sleep(YEAR));
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!((handle.now(), sim.polls), (Time::ZERO + YEAR, 2));
}

#[test]
fn a_run_goes_on_after_its_deadline() {
    let mut rig = rig();
    rig.task(rig.node, |inside, log| async move {
        for _ in 0..3 {
            inside.sleep(Span(10)).await;
            log.borrow_mut().push(inside.now());
        }
    });
    assert_eq!(rig.sim.run_until(Time(20)), Stop::Deadline);
    assert_eq!(*rig.log.borrow(), [Time(10), Time(20)]);
    assert_eq!(rig.sim.run_until(Time(25)), Stop::Deadline);
    assert_eq!(rig.handle.now(), Time(25));
    assert_eq!(rig.sim.run_until(Time(99)), Stop::Idle);
    assert_eq!(*rig.log.borrow(), [Time(10), Time(20), Time(30)]);
}

#[test]
fn an_idle_clock_that_is_set_stands_where_it_is_told() {
    let Rig { mut sim, handle, node, .. } = rig::<()>();
    assert_eq!((sim.run_until(Time(5)), handle.now(), sim.next_timer()), (Stop::Idle, Time::ZERO, None));
    assert_eq!((sim.run_to(Time(7)), handle.now()), (Stop::Deadline, Time(7)));
    handle.spawn(node, "later", handle.sleep(Span(1_000)));
    handle.spawn(node, "sooner", handle.sleep(Span(10)));
    assert_eq!((sim.run_to(Time(8)), sim.next_timer()), (Stop::Deadline, Some(Time(17))));
    assert_eq!((sim.run_to(Time(20)), sim.next_timer()), (Stop::Deadline, Some(Time(1_007))));
    assert_eq!(
        (sim.run_to(Time(9_999)), handle.now(), sim.next_timer()),
        (Stop::Deadline, Time(9_999), None)
    );
}

#[test]
fn no_timer_comes_up_before_the_next_that_is_told() {
    let Rig { mut sim, handle, node, .. } = rig::<()>();
    // The timers are far apart, several at one time, and some are cancelled.
    for n in 0..200_u64 {
        let at = Time(1 + (n * n * 7_919) % 1_000_003);
        let inner = handle.clone();
        let gives_up = n.is_multiple_of(3);
        handle.spawn(node, "timer", async move {
            let until = if gives_up { Time(at.0 / 2 + 1) } else { Time::FAR };
            let _ = inner.timeout(until, inner.sleep_until(at)).await;
        });
    }
    sim.run_to(Time::ZERO);
    let mut turns = 0;
    while let Some(next) = sim.next_timer() {
        let before = sim.polls;
        sim.run_to(Time((next.0 - 1).max(handle.now().0)));
        assert_eq!(sim.polls, before, "nothing is due before {next:?}");
        sim.run_to(next);
        turns += 1;
    }
    assert!(turns > 100, "{turns}");
}

#[test]
fn halt_stops_after_the_current_poll() {
    let mut rig = rig();
    rig.task(rig.node, |inside, log| async move {
        inside.halt();
        log.borrow_mut().push("same poll");
    });
    rig.task(rig.node, |_, log| async move { log.borrow_mut().push("next poll") });
    assert_eq!(rig.sim.run_until(Time::FAR), Stop::Halted);
    assert_eq!(rig.log.take(), ["same poll"]);
    // A halt from outside stops the next run before its first poll.
    rig.handle.halt();
    assert_eq!((rig.sim.run_until(Time::FAR), rig.sim.polls), (Stop::Halted, 1));
    assert_eq!(rig.sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!(rig.log.take(), ["next poll"]);
}

#[test]
fn a_spinning_task_ends_as_a_stall_with_a_snapshot() {
    let mut sim = Sim::default();
    sim.polls_per_instant_max = 100;
    let handle = sim.handle().clone();
    let node = handle.node("d7");
    let spinner = handle.clone();
    handle.spawn(node, "sleep", handle.sleep(Span(50)));
    handle.spawn(node, "spin", async move {
        spinner.sleep(Span(5)).await;
        loop {
            spinner.sleep(Span::ZERO).await;
        }
    });
    let Stop::Stalled(snapshot) = sim.run_until(Time::FAR) else { panic!("the spin was not seen") };
    assert_eq!((snapshot.now, &*snapshot.node, snapshot.task), (Time(5), "d7", "spin"));
    assert_eq!((snapshot.polls_in_instant, snapshot.polls, snapshot.ready), (100, 102, 1));
    assert_eq!(snapshot.timers, [Time(50)]);
    insta::assert_snapshot!(snapshot, @"at 00:00:00.000 in task spin of node d7: 100 polls in this instant, 102 in all, 1 tasks ready, next timers [00:00:00.000]");
    handle.kill(node);
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
}

#[test]
fn what_is_asked_for_from_outside_is_excused_in_its_instant_alone() {
    let stop = |excused: u64| {
        let mut sim = Sim::default();
        sim.polls_per_instant_max = 100;
        let handle = sim.handle().clone();
        let node = handle.node("n");
        let inside = handle.clone();
        handle.spawn(node, "script", async move {
            for _ in 0..500 {
                inside.sleep_until(Time(0)).await;
                inside.excuse(excused);
            }
            inside.sleep(Span(1)).await;
            loop {
                inside.sleep(Span::ZERO).await;
            }
        });
        let Stop::Stalled(snapshot) = sim.run_until(Time::FAR) else { panic!("the spin was not seen") };
        (snapshot.now, snapshot.polls_in_instant)
    };
    assert_eq!([stop(0), stop(1)], [(Time(0), 100), (Time(1), 100)]);
}

#[test]
fn a_task_that_pauses_goes_on_before_all_others_unless_the_run_is_halted() {
    let told = |halts_at: u32| {
        let mut rig = rig();
        rig.task(rig.node, |inside, log| async move {
            for letter in ['a', 'b', 'c'] {
                log.borrow_mut().push(letter);
                inside.pause().await;
            }
        });
        rig.task(rig.node, |_, log| async move { log.borrow_mut().push('x') });
        let asked = Cell::new(0);
        let stop = rig.sim.run_unless(Time::FAR, &|| asked.replace(asked.get() + 1) == halts_at);
        (rig.log.take(), stop, rig.sim.polls)
    };
    assert_eq!(told(9), (vec!['a', 'b', 'c', 'x'], Stop::Idle, 2));
    assert_eq!(told(1), (vec!['a', 'b'], Stop::Halted, 1));
}

#[test]
fn a_timeout_gives_what_came_first_and_the_future_on_a_tie() {
    let mut rig = rig();
    rig.task(rig.node, |inside, log| async move {
        for (span, deadline) in [(5, 9), (9, 5), (5, 5)] {
            let start = inside.now();
            let outcome = inside.timeout(start + Span(deadline), inside.sleep(Span(span))).await;
            log.borrow_mut().push((outcome, inside.now().since(start)));
        }
    });
    assert_eq!(rig.run(), [(Ok(()), Span(5)), (Err(()), Span(5)), (Ok(()), Span(5))]);
    assert_eq!(rig.handle.now(), Time(15), "the timers of what lost the race are gone");
}

#[test]
fn a_sleep_handed_to_another_task_wakes_that_one() {
    let mut rig = rig();
    let (sender, receiver) = rig.handle.oneshot();
    rig.task(rig.node, |inside, _| async move {
        let mut sleep = inside.sleep(Span(10));
        assert_eq!(inside.timeout(Time(3), &mut sleep).await, Err(()));
        assert!(sender.send(sleep).is_ok());
    });
    rig.task(rig.node, |inside, log| async move {
        receiver.await.unwrap().await;
        log.borrow_mut().push(inside.now());
    });
    assert_eq!(rig.run(), [Time(10)]);
}

#[test]
fn a_task_that_kills_its_own_node_runs_to_its_next_wait() {
    let mut rig = rig();
    let node = rig.node;
    let suicide = rig.task(node, |inside, log| async move {
        let dropped = log.clone();
        let _mark = OnDrop(move || dropped.borrow_mut().push("dropped"));
        inside.kill(node);
        log.borrow_mut().push("still here");
        inside.sleep(Span(1)).await;
        log.borrow_mut().push("never");
    });
    let second = rig.task(node, |_, log| async move { log.borrow_mut().push("never") });
    assert_eq!(rig.run(), ["still here", "dropped"]);
    let handle = &rig.handle;
    assert!([suicide, second].iter().all(|task| handle.core.tasks.slots.find(*task).is_none()));
    assert!(!handle.is_up(node));
    assert_eq!((handle.now(), handle.polls(node)), (Time::ZERO, 1), "its timer is gone with it");
}

#[test]
fn a_killed_neighbour_is_dropped_when_the_killer_holds_no_borrow() {
    let mut rig = rig();
    let doomed = rig.handle.node("doomed");
    rig.task(doomed, |_, log| async move {
        let _mark = OnDrop(move || log.borrow_mut().push("dropped"));
        pending::<()>().await;
    });
    rig.task(rig.node, |inside, log| async move {
        let mut held = log.borrow_mut();
        inside.kill(doomed);
        assert!(!inside.is_up(doomed));
        held.push("killed");
    });
    assert_eq!(rig.run(), ["killed", "dropped"]);
}

#[test]
fn a_drop_may_kill_spawn_send_and_sleep() {
    let mut rig = rig();
    let (handle, node) = (rig.handle.clone(), rig.node);
    let [doomed, next, watch] = ["doomed", "next", "watch"].map(|name| handle.node(name));
    let (sender, receiver) = handle.oneshot();
    let (mut sender, inside, words) = (Some(sender), handle.clone(), rig.log.clone());
    let last_words = OnDrop(move || {
        inside.kill(next);
        inside.kill(doomed);
        sender.take().unwrap().send((inside.now(), "first")).unwrap();
        inside.spawn(doomed, "nowhere", inside.sleep(Span(1)));
        let (heir, words) = (inside.clone(), words.clone());
        inside.spawn(node, "heir", async move {
            heir.sleep(Span(5)).await;
            words.borrow_mut().push((heir.now(), "heir"));
        });
    });
    rig.task(doomed, |_, _| async move {
        let _held = last_words;
        pending::<()>().await;
    });
    rig.task(next, |inside, _| async move {
        let _chain = OnDrop(move || inside.kill(node));
        pending::<()>().await;
    });
    rig.task(watch, |inside, log| async move {
        inside.sleep(Span(2)).await;
        inside.kill(doomed);
        let words = receiver.await;
        log.borrow_mut().extend(words);
    });
    assert_eq!(rig.run(), [(Time(2), "first")], "the heir's node was killed in its turn");
    assert!([doomed, next, node].iter().all(|&dead| !handle.is_up(dead)) && handle.is_up(watch));
}

#[test]
fn a_node_killed_and_restarted_in_one_poll_runs_only_the_new() {
    let mut rig = rig();
    let node = rig.node;
    rig.task(rig.handle.node("supervisor"), |inside, log| async move {
        inside.kill(node);
        assert_eq!(inside.restart(node), Incarnation(1));
        inside.spawn(node, "new", async move { log.borrow_mut().push("new") });
    });
    rig.task(node, |_, log| async move { log.borrow_mut().push("old") });
    assert_eq!(rig.run(), ["new"]);
    assert_eq!(rig.handle.incarnation(node), Incarnation(1));
}

#[test]
fn a_stale_wake_does_not_reach_the_next_task_in_the_slot() {
    let Rig { mut sim, handle, node, .. } = rig::<()>();
    let first = handle.spawn(node, "first", handle.notify().notified());
    sim.run_until(Time::FAR);
    handle.kill(node);
    handle.restart(node);
    let second = handle.spawn(node, "second", pending());
    sim.run_until(Time::FAR);
    let polls = handle.polls(node);
    handle.core.wake(first);
    sim.run_until(Time::FAR);
    assert_eq!(handle.polls(node), polls);
    assert_eq!([first, second].map(|task| handle.core.tasks.slots.find(task).is_some()), [false, true]);
}

/// A node has two tasks of five polls and is killed after `k` polls. Returns its polls and kills.
fn polls_until_kill(k: u64) -> (Vec<u32>, Vec<(NodeId, Time)>) {
    let mut rig = rig();
    for n in 0..2 {
        rig.task(rig.node, |inside, log| async move {
            for _ in 0..5 {
                log.borrow_mut().push(n);
                inside.sleep(Span(10)).await;
            }
        });
    }
    let watched = Rc::new(RefCell::new(Vec::new()));
    let seen = watched.clone();
    rig.task(rig.handle.node("watch"), |inside, _| async move {
        loop {
            let killed = inside.next_kill().await;
            seen.borrow_mut().push((killed, inside.now()));
        }
    });
    rig.handle.kill_after_polls(rig.node, k);
    let done = rig.run();
    assert_eq!(rig.handle.polls(rig.node), k.min(12));
    (done, watched.take())
}

#[test]
fn a_node_is_killed_right_after_its_kth_poll_for_every_k() {
    for k in 1..=10 {
        let (done, kills) = polls_until_kill(k);
        assert_eq!(done, (0..k as u32).map(|n| n % 2).collect::<Vec<_>>());
        assert_eq!(kills, [(NodeId(0), Time((k - 1) / 2 * 10))]);
    }
    assert_eq!(polls_until_kill(13).1, [], "it has only twelve");
}

#[test]
fn a_planned_kill_spares_the_incarnation_after_an_earlier_one() {
    let mut rig = rig::<()>();
    let node = rig.node;
    rig.handle.kill_after_polls(node, 1);
    rig.task(node, |inside, _| async move {
        inside.kill(node);
        inside.restart(node);
    });
    rig.run();
    assert_eq!((rig.handle.is_up(node), rig.handle.incarnation(node)), (true, Incarnation(1)));
}

#[test]
fn the_end_of_the_world_drops_every_future() {
    let mut rig = rig::<()>();
    let alive = Rc::new(());
    for _ in 0..10 {
        let held = Rc::clone(&alive);
        rig.task(rig.node, |inside, _| async move {
            let again = inside.clone();
            let _held = OnDrop(move || {
                let held = Rc::clone(&held);
                again.spawn(again.node("late"), "late", async move { drop(held) });
            });
            inside.sleep(YEAR).await;
        });
    }
    rig.sim.run_until(Time(5));
    assert_eq!(Rc::strong_count(&alive), 11);
    drop(rig.sim);
    assert_eq!((Rc::strong_count(&alive), Rc::strong_count(&rig.handle.core)), (1, 1));
}

#[test]
fn a_killed_sender_of_one_leaves_none_and_a_killed_receiver_gives_the_value_back() {
    let mut rig = rig();
    let doomed = rig.handle.node("doomed");
    let (sender, receiver) = rig.handle.oneshot::<u8>();
    let (back, gone) = rig.handle.oneshot::<u8>();
    rig.task(doomed, |_, _| async move {
        let _held = (sender, gone);
        pending::<()>().await;
    });
    rig.task(rig.node, |inside, log| async move {
        inside.sleep(Span(1)).await;
        inside.kill(doomed);
        let received = receiver.await;
        log.borrow_mut().push((received, back.send(7)));
    });
    assert_eq!(rig.run(), [(None, Err(7))]);
}

#[test]
fn a_notification_wakes_all_that_wait_and_is_not_kept() {
    let mut rig = rig();
    let notify = rig.handle.notify();
    notify.notify_all();
    for n in 0..2 {
        let notify = notify.clone();
        rig.task(rig.node, |inside, log| async move {
            for _ in 0..2 {
                let woken = inside.timeout(Time(3), notify.notified()).await;
                log.borrow_mut().push((inside.now(), n, woken));
            }
        });
    }
    rig.task(rig.node, |inside, _| async move {
        inside.sleep(Span(1)).await;
        notify.notify_all();
    });
    let (told, late) = ((Time(1), Ok(())), (Time(3), Err(())));
    let expected = [(told, 0), (told, 1), (late, 0), (late, 1)];
    assert_eq!(rig.run(), expected.map(|((at, woken), n)| (at, n, woken)));
}

#[test]
fn a_foreign_channel_wakes_its_task() {
    let mut rig = rig();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    rig.task(rig.node, |inside, log| async move {
        let value = inside.with_waker(receiver.recv()).await;
        log.borrow_mut().push((value, inside.now()));
    });
    rig.task(rig.node, |inside, _| async move {
        inside.sleep(Span(5)).await;
        sender.send(42).unwrap();
        inside.sleep(Span(5)).await;
    });
    assert_eq!(rig.run(), [(Some(42), Time(5))]);
}

/// A program for the test: for each task, the lengths of its sleeps in order.
type Program = Vec<Vec<u64>>;
type Wakes = Vec<(u64, usize, usize)>;

/// Runs a program with stops at `stops`. Logs (time, task, step) at each wake. Each step also
/// starts a longer sleep, which is cancelled.
fn perform(program: &Program, stops: &[u64]) -> Wakes {
    let mut rig = rig();
    for (task, spans) in program.iter().cloned().enumerate() {
        rig.task(rig.node, |inside, log| async move {
            for (step, span) in spans.into_iter().enumerate() {
                let loser = inside.now() + Span(span) + Span(1 + span % 7);
                inside.timeout(loser, inside.sleep(Span(span))).await.unwrap();
                log.borrow_mut().push((inside.now().0, task, step));
            }
        });
    }
    for stop in stops {
        let deadline = rig.handle.now() + Span(*stop);
        rig.sim.run_until(deadline);
        assert!(rig.log.borrow().last().is_none_or(|(at, ..)| *at <= deadline.0));
    }
    rig.run()
}

/// The expected log. It comes from a sorted list with the (time, sequence) of each step; the end of
/// a step adds the next one.
fn foretell(program: &Program) -> Wakes {
    let mut row = std::collections::BTreeMap::new();
    let mut sequence = 0;
    let mut log = Vec::new();
    for (task, spans) in program.iter().enumerate().filter(|(_, spans)| !spans.is_empty()) {
        row.insert((spans[0], sequence), (task, 0));
        sequence += 1;
    }
    while let Some(((now, _), (task, step))) = row.pop_first() {
        log.push((now, task, step));
        if let Some(span) = program[task].get(step + 1) {
            row.insert((now + span, sequence), (task, step + 1));
            sequence += 1;
        }
    }
    log
}

fn span() -> impl Strategy<Value = u64> {
    prop_oneof![0..4_u64, 0..1_000_u64, 0..100_000_u64, 0..100_000_000_000_u64]
}

proptest! {
    /// Has more tasks than fit into the timers' front, and more timers than `RECENT`.
    #[test]
    fn any_program_of_sleeps_wakes_in_the_order_of_time_and_sequence(
        program in prop::collection::vec(prop::collection::vec(span(), 0..12), 0..60),
        stops in prop::collection::vec(span(), 0..6),
    ) {
        prop_assert_eq!(perform(&program, &stops), foretell(&program));
    }
}
