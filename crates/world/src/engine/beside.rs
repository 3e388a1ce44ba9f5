//! Futures that run concurrently in one task: each poll visits them in the same order. Once one
//! reaches a place where the process dies (`dead`), none of the others may go on.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::contract::LocalBoxFuture;

/// Runs `main` to its end, and polls `side` beside it until then.
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

async fn all(dead: &Cell<bool>, mut stories: Vec<LocalBoxFuture<'_, ()>>) {
    poll_fn(|context| {
        stories.retain_mut(|story| dead.get() || story.as_mut().poll(context).is_pending());
        if stories.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Repeats `step` in this many concurrent futures, until each finds nothing more to do. After a
/// failure no further step begins; those under way finish.
pub(super) async fn several<E>(
    dead: &Cell<bool>,
    stories: usize,
    step: impl AsyncFn() -> Result<bool, E>,
) -> Result<(), E> {
    let failed = RefCell::new(None);
    let story = || -> LocalBoxFuture<'_, ()> {
        Box::pin(async {
            while failed.borrow().is_none() {
                match step().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => _ = failed.borrow_mut().get_or_insert(error),
                }
            }
        })
    };
    all(dead, (0..stories).map(|_| story()).collect()).await;
    failed.into_inner().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

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
