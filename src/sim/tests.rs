//! Stories about the whole executor.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use proptest::prelude::*;

use super::testing::{collect, sim};
use super::{Handle, NodeId, Sim, SimOptions, Stop, TimedOut};
use crate::base::{Incarnation, Span, Time};

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
    let (mut sim, handle, node) = sim();
    let inside = handle.clone();
    handle.spawn(node, "yearly", async move {
        inside.sleep(YEAR).await;
    });
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!((handle.now(), sim.polls()), (Time::ZERO + YEAR, 2));
}

#[test]
fn a_run_goes_on_after_its_deadline() {
    let (mut sim, handle, node) = sim();
    let (log, inside) = (collect(), handle.clone());
    let seen = log.clone();
    handle.spawn(node, "tick", async move {
        for _ in 0..3 {
            inside.sleep(Span(10)).await;
            seen.borrow_mut().push(inside.now());
        }
    });
    assert_eq!(sim.run_until(Time(20)), Stop::Deadline);
    assert_eq!(*log.borrow(), [Time(10), Time(20)]);
    assert_eq!(sim.run_until(Time(25)), Stop::Deadline);
    assert_eq!(handle.now(), Time(25));
    assert_eq!(sim.run_until(Time(99)), Stop::Idle);
    assert_eq!(*log.borrow(), [Time(10), Time(20), Time(30)]);
}

#[test]
fn halt_stops_after_the_current_poll() {
    let (mut sim, handle, node) = sim();
    let (log, inside) = (collect(), handle.clone());
    let (seen, later) = (log.clone(), log.clone());
    handle.spawn(node, "halt", async move {
        inside.halt();
        seen.borrow_mut().push("same poll");
    });
    handle.spawn(node, "next", async move { later.borrow_mut().push("next poll") });
    assert_eq!(sim.run_until(Time::FAR), Stop::Halted);
    assert_eq!(*log.borrow(), ["same poll"]);
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!(*log.borrow(), ["same poll", "next poll"]);
}

#[test]
fn halt_from_outside_stops_the_next_run_before_its_first_poll() {
    let (mut sim, handle, node) = sim();
    handle.spawn(node, "ready", async {});
    handle.halt();
    assert_eq!((sim.run_until(Time::FAR), sim.polls()), (Stop::Halted, 0));
    assert_eq!((sim.run_until(Time::FAR), sim.polls()), (Stop::Idle, 1));
}

#[test]
fn a_spinning_task_ends_as_a_stall_with_a_snapshot() {
    let mut sim = Sim::new(SimOptions { polls_per_instant_max: 100 });
    let handle = sim.handle().clone();
    let node = handle.node("d7");
    let (sleeper, spinner) = (handle.clone(), handle.clone());
    handle.spawn(node, "sleep", async move { sleeper.sleep(Span(50)).await });
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
    assert!(snapshot.to_string().contains("task spin of node d7"), "{snapshot}");
    handle.kill(node);
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
}

#[test]
fn what_is_asked_for_from_outside_is_excused_in_its_instant_alone() {
    let stop = |excused: u64| {
        let mut sim = Sim::new(SimOptions { polls_per_instant_max: 100 });
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
    assert_eq!(stop(0), (Time(0), 100));
    assert_eq!(stop(1), (Time(1), 100));
}

#[test]
fn a_task_that_pauses_goes_on_before_all_others_unless_the_run_is_halted() {
    let told = |halts_at: u32| {
        let mut sim = Sim::new(SimOptions::default());
        let handle = sim.handle().clone();
        let (node, order) = (handle.node("n"), Rc::new(RefCell::new(String::new())));
        let (inside, first, second) = (handle.clone(), order.clone(), order.clone());
        handle.spawn(node, "long", async move {
            for letter in ['a', 'b', 'c'] {
                first.borrow_mut().push(letter);
                inside.pause().await;
            }
        });
        handle.spawn(node, "other", async move { second.borrow_mut().push('x') });
        let asked = Cell::new(0);
        let stop = sim.run_unless(Time::FAR, &|| asked.replace(asked.get() + 1) == halts_at);
        let order = order.borrow().clone();
        (order, stop, sim.polls())
    };
    assert_eq!(told(9), ("abcx".to_owned(), Stop::Idle, 2));
    assert_eq!(told(1), ("ab".to_owned(), Stop::Halted, 1));
}

#[test]
fn a_timeout_gives_what_came_first_and_the_future_on_a_tie() {
    let (mut sim, handle, node) = sim();
    let (log, inside) = (collect(), handle.clone());
    let seen = log.clone();
    handle.spawn(node, "wait", async move {
        for (span, deadline) in [(5, 9), (9, 5), (5, 5)] {
            let start = inside.now();
            let outcome = inside.timeout(start + Span(deadline), inside.sleep(Span(span))).await;
            seen.borrow_mut().push((outcome, inside.now().since(start)));
        }
    });
    sim.run_until(Time::FAR);
    assert_eq!(*log.borrow(), [(Ok(()), Span(5)), (Err(TimedOut), Span(5)), (Ok(()), Span(5))]);
    assert_eq!(handle.now(), Time(15), "the timers of what lost the race are gone");
}

#[test]
fn a_sleep_handed_to_another_task_wakes_that_one() {
    let (mut sim, handle, node) = sim();
    let (sender, receiver) = handle.oneshot();
    let (log, first, second) = (collect(), handle.clone(), handle.clone());
    let seen = log.clone();
    handle.spawn(node, "start", async move {
        let mut sleep = first.sleep(Span(10));
        let polled = first.timeout(Time(3), &mut sleep).await;
        assert_eq!(polled, Err(TimedOut));
        assert!(sender.send(sleep).is_ok());
    });
    handle.spawn(node, "end", async move {
        receiver.await.unwrap().await;
        seen.borrow_mut().push(second.now());
    });
    sim.run_until(Time::FAR);
    assert_eq!(*log.borrow(), [Time(10)]);
}

#[test]
fn a_task_that_kills_its_own_node_runs_to_its_next_wait() {
    let (mut sim, handle, node) = sim();
    let (log, inside) = (collect(), handle.clone());
    let (seen, dropped, neighbour) = (log.clone(), log.clone(), log.clone());
    let suicide = handle.spawn(node, "suicide", async move {
        let _mark = OnDrop(move || dropped.borrow_mut().push("dropped"));
        inside.kill(node);
        seen.borrow_mut().push("still here");
        inside.sleep(Span(1)).await;
        seen.borrow_mut().push("never");
    });
    let second = handle.spawn(node, "neighbour", async move { neighbour.borrow_mut().push("never") });
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!(*log.borrow(), ["still here", "dropped"]);
    assert!(!handle.is_live(suicide) && !handle.is_live(second) && !handle.is_up(node));
    assert_eq!((handle.now(), handle.polls(node)), (Time::ZERO, 1), "its timer is gone with it");
}

#[test]
fn a_killed_neighbour_is_dropped_when_the_killer_holds_no_borrow() {
    let (mut sim, handle, node) = sim();
    let doomed = handle.node("doomed");
    let log = collect();
    let dropped = log.clone();
    handle.spawn(doomed, "doomed", async move {
        let _mark = OnDrop(move || dropped.borrow_mut().push("dropped"));
        pending::<()>().await;
    });
    let (seen, inside) = (log.clone(), handle.clone());
    handle.spawn(node, "killer", async move {
        let mut held = seen.borrow_mut();
        inside.kill(doomed);
        assert!(!inside.is_up(doomed));
        held.push("killed");
    });
    sim.run_until(Time::FAR);
    assert_eq!(*log.borrow(), ["killed", "dropped"]);
}

#[test]
fn a_drop_may_kill_spawn_send_and_sleep() {
    let (mut sim, handle, node) = sim();
    let (doomed, next) = (handle.node("doomed"), handle.node("next"));
    let (sender, mut receiver) = handle.channel();
    let inside = handle.clone();
    let last_words = OnDrop(move || {
        inside.kill(next);
        inside.kill(doomed);
        sender.send((inside.now(), "first")).unwrap();
        let (later, heir, sender) = (inside.clone(), inside.clone(), sender.clone());
        inside.spawn(doomed, "nowhere", async move { later.sleep(Span(1)).await });
        inside.spawn(node, "heir", async move {
            heir.sleep(Span(5)).await;
            sender.send((heir.now(), "heir")).unwrap();
        });
    });
    handle.spawn(doomed, "first", async move {
        let _held = last_words;
        pending::<()>().await;
    });
    let inside = handle.clone();
    let chain = OnDrop(move || inside.kill(node));
    handle.spawn(next, "second", async move {
        let _held = chain;
        pending::<()>().await;
    });
    let (log, inside) = (collect(), handle.clone());
    let seen = log.clone();
    let watch = handle.node("watch");
    handle.spawn(watch, "watch", async move {
        inside.sleep(Span(2)).await;
        inside.kill(doomed);
        while let Some(words) = receiver.recv().await {
            seen.borrow_mut().push(words);
        }
    });
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    assert_eq!(*log.borrow(), [(Time(2), "first")], "the heir's node was killed in its turn");
    assert!([doomed, next, node].iter().all(|&dead| !handle.is_up(dead)) && handle.is_up(watch));
}

#[test]
fn a_node_killed_and_restarted_in_one_poll_runs_only_the_new() {
    let (mut sim, handle, node) = sim();
    let supervisor = handle.node("supervisor");
    let (log, inside) = (collect(), handle.clone());
    let (old, new) = (log.clone(), log.clone());
    handle.spawn(supervisor, "restart", async move {
        inside.kill(node);
        assert_eq!(inside.restart(node), Incarnation(1));
        inside.spawn(node, "new", async move { new.borrow_mut().push("new") });
    });
    handle.spawn(node, "old", async move { old.borrow_mut().push("old") });
    sim.run_until(Time::FAR);
    assert_eq!(*log.borrow(), ["new"]);
    assert_eq!(handle.incarnation(node), Incarnation(1));
}

#[test]
fn a_stale_wake_does_not_reach_the_next_task_in_the_slot() {
    let (mut sim, handle, node) = sim();
    let notify = handle.notify();
    let notified = notify.clone();
    let first = handle.spawn(node, "first", async move { notified.notified().await });
    sim.run_until(Time::FAR);
    let waker = {
        let (core, saved) = (handle.core.clone(), Rc::new(Cell::new(first)));
        move || core.wake(saved.get())
    };
    handle.kill(node);
    handle.restart(node);
    let second = handle.spawn(node, "second", pending());
    sim.run_until(Time::FAR);
    let polls = handle.polls(node);
    waker();
    sim.run_until(Time::FAR);
    assert_eq!(handle.polls(node), polls);
    assert!(handle.is_live(second) && !handle.is_live(first));
}

/// Runs a node of two tasks with five polls each; gives what they had done when the node was killed
/// after `k` polls.
fn polls_until_kill(k: u64) -> (Vec<u32>, Vec<(NodeId, Time)>) {
    let (mut sim, handle, node) = sim();
    let log = collect();
    for n in 0..2 {
        let (seen, inside) = (log.clone(), handle.clone());
        handle.spawn(node, "step", async move {
            for _ in 0..5 {
                seen.borrow_mut().push(n);
                inside.sleep(Span(10)).await;
            }
        });
    }
    let (watched, inside) = (collect(), handle.clone());
    let (seen, mut kills) = (watched.clone(), handle.kills());
    handle.spawn(handle.node("watch"), "watch", async move {
        while let Some(killed) = kills.recv().await {
            seen.borrow_mut().push((killed, inside.now()));
        }
    });
    handle.kill_after_polls(node, k);
    sim.run_until(Time::FAR);
    assert_eq!(handle.polls(node), k.min(12));
    (log.take(), watched.take())
}

#[test]
fn a_node_is_killed_right_after_its_kth_poll_for_every_k() {
    for k in 1..=10 {
        let (done, kills) = polls_until_kill(k);
        let expected: Vec<u32> = (0..k as u32).map(|n| n % 2).collect();
        assert_eq!(done, expected);
        assert_eq!(kills, [(NodeId(0), Time((k - 1) / 2 * 10))]);
    }
    assert_eq!(polls_until_kill(13).1, [], "it has only twelve");
}

#[test]
fn a_planned_kill_spares_the_incarnation_after_an_earlier_one() {
    let (mut sim, handle, node) = sim();
    let inside = handle.clone();
    handle.kill_after_polls(node, 1);
    handle.spawn(node, "suicide", async move {
        inside.kill(node);
        inside.restart(node);
    });
    sim.run_until(Time::FAR);
    assert!(handle.is_up(node));
    assert_eq!(handle.incarnation(node), Incarnation(1));
}

#[test]
fn the_end_of_the_world_drops_every_future() {
    let (mut sim, handle, node) = sim();
    let alive = Rc::new(());
    for _ in 0..10 {
        let (held, inside) = (Rc::clone(&alive), handle.clone());
        handle.spawn(node, "hold", async move {
            let again = inside.clone();
            let _held = OnDrop(move || {
                let held = Rc::clone(&held);
                again.spawn(again.node("late"), "late", async move { drop(held) });
            });
            inside.sleep(YEAR).await;
        });
    }
    sim.run_until(Time(5));
    assert_eq!(Rc::strong_count(&alive), 11);
    drop(sim);
    assert_eq!(Rc::strong_count(&alive), 1);
    assert_eq!(Rc::strong_count(&handle.core), 1);
}

/// What a program of tasks does: for each task, its sleeps in order.
type Program = Vec<Vec<u64>>;
type Log = Vec<(u64, usize, usize)>;

/// Runs a program on a node and logs (time, task, step) at each wake. Each step is raced against a
/// sleep that loses.
fn perform(program: &Program) -> Log {
    let (mut sim, handle, node) = sim();
    let log = collect();
    for (task, spans) in program.iter().cloned().enumerate() {
        let (seen, inside): (Rc<RefCell<Log>>, Handle) = (log.clone(), handle.clone());
        handle.spawn(node, "program", async move {
            for (step, span) in spans.into_iter().enumerate() {
                let loser = inside.now() + Span(span) + Span(1 + span % 7);
                inside.timeout(loser, inside.sleep(Span(span))).await.unwrap();
                seen.borrow_mut().push((inside.now().0, task, step));
            }
        });
    }
    assert_eq!(sim.run_until(Time::FAR), Stop::Idle);
    log.take()
}

/// The same by the rule: a sorted list of (time, sequence), where each step's end asks for the
/// next.
fn foretell(program: &Program) -> Log {
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

fn programs() -> impl Strategy<Value = Program> {
    let span = prop_oneof![0..4_u64, 0..1_000_u64, 0..100_000_000_000_u64];
    prop::collection::vec(prop::collection::vec(span, 0..12), 0..12)
}

proptest! {
    #[test]
    fn any_program_of_sleeps_wakes_in_the_order_of_time_and_sequence(program in programs()) {
        prop_assert_eq!(perform(&program), foretell(&program));
    }
}
