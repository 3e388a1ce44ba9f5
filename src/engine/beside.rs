//! Stories that go on side by side in one task.
//!
//! They take turns at each poll of their task, always in the same order. Where one of them comes to
//! a place at which the process dies, nothing of the others may go on, although the task is still
//! being polled: that is what the cell `dead` says.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::contract::LocalBoxFuture;

/// Runs `main` to its end, and `side` beside it for as long.
pub(super) async fn until<T>(
    dead: &Cell<bool>,
    main: impl Future<Output = T>,
    side: impl Future<Output = ()>,
) -> T {
    let (mut main, mut side, mut goes_on) = (pin!(main), pin!(side), true);
    poll_fn(|context| {
        let polled = main.as_mut().poll(context);
        if polled.is_pending() && goes_on && !dead.get() {
            goes_on = side.as_mut().poll(context).is_pending();
        }
        polled
    })
    .await
}

/// Runs all of `stories` to their ends.
pub(super) async fn all(dead: &Cell<bool>, mut stories: Vec<LocalBoxFuture<'_, ()>>) {
    poll_fn(|context| {
        stories.retain_mut(|story| dead.get() || story.as_mut().poll(context).is_pending());
        if stories.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::task::{Context, Waker};

    use super::*;

    /// Says its name at each of its polls; ends at the last.
    async fn says(name: char, polls: usize, said: &RefCell<String>) {
        let mut left = polls;
        poll_fn(|_| {
            said.borrow_mut().push(name);
            left -= 1;
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn polls_of(future: impl Future<Output = ()>, most: usize) -> usize {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let polls = (0..most).take_while(|_| future.as_mut().poll(&mut context).is_pending());
        polls.count() + 1
    }

    #[test]
    fn all_take_turns_in_order_until_the_last_has_ended() {
        let (said, dead) = (RefCell::new(String::new()), Cell::new(false));
        let stories = [('a', 2), ('b', 3), ('c', 1)];
        let stories =
            stories.map(|(name, polls)| Box::pin(says(name, polls, &said)) as LocalBoxFuture<'_, ()>);
        assert_eq!(polls_of(all(&dead, stories.into()), 9), 3);
        assert_eq!(*said.borrow(), "abcabb");
    }

    #[test]
    fn what_runs_beside_is_let_go_of_when_the_main_story_ends() {
        let (said, dead) = (RefCell::new(String::new()), Cell::new(false));
        assert_eq!(polls_of(until(&dead, says('m', 2, &said), says('s', 9, &said)), 9), 2);
        assert_eq!(*said.borrow(), "msm");
    }

    #[test]
    fn after_a_death_no_story_goes_on_in_the_same_poll() {
        let (said, dead) = (RefCell::new(String::new()), Cell::new(false));
        let dies = || async {
            said.borrow_mut().push('x');
            dead.set(true);
            std::future::pending::<()>().await;
        };
        polls_of(until(&dead, dies(), says('s', 9, &said)), 1);
        dead.set(false);
        polls_of(all(&dead, vec![Box::pin(dies()), Box::pin(says('s', 9, &said))]), 1);
        assert_eq!(*said.borrow(), "xx");
    }
}
