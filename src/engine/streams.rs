//! The course of a pull: pages in turn or ahead, entities one after the other or at the same time.
//!
//! Each stream takes the next entity that is left and pulls it to its end, by the entity's own
//! cursor. They share the link, the controller of chunk sizes and the database: one transaction at
//! a time, each in its turn as its page came. What a reader may see meanwhile: a row before the one
//! of another entity that it refers to, until the run ends. One stream pulls entities in the order
//! in which the unit names them, so who names what is referred to first sees that only across runs.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::ahead::pull_ahead;
use super::beside::all;
use super::exchange::RunError;
use super::options::{Replace, RequestPer};
use super::pull::{Puller, Run};
use super::replace::pull_all_again;
use crate::base::EntityId;
use crate::contract::LocalBoxFuture;

/// Pulls these entities of the run's unit up to the server's head.
pub(super) async fn pull(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    let options = &puller.process.options;
    if options.pull.replace == Replace::All {
        return pull_all_again(puller, run, left).await;
    }
    if matches!(options.requests, RequestPer::Entity | RequestPer::Call) {
        return pull_side_by_side(puller, run, left).await;
    }
    if options.pull.streams <= 1 {
        return pull_all(puller, run, left).await;
    }
    // Where there is little to pull, one request asks for all; only what is left then is worth
    // several.
    let left = puller.pull_in_turn(run, left, 1).await?;
    pull_side_by_side(puller, run, left).await
}

/// Pulls `left` up to the server's head, page after page.
async fn pull_all(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    match puller.process.options.pull.prefetch {
        0 => puller.pull_in_turn(run, left, u32::MAX).await.map(drop),
        ahead => pull_ahead(puller, run, left, ahead as usize).await,
    }
}

/// Pulls `left` up to the server's head, several entities at a time. A stream that fails takes no
/// further entity, and no other stream does; what they are at they bring to its end.
///
/// # Errors
/// The first.
async fn pull_side_by_side(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    let streams = left.len().min(puller.process.options.pull.streams as usize);
    let (left, failed) = (RefCell::new(VecDeque::from(left)), RefCell::new(None));
    let next = || if failed.borrow().is_none() { left.borrow_mut().pop_front() } else { None };
    let stream = || -> LocalBoxFuture<'_, ()> {
        Box::pin(async {
            while let Some(entity) = next() {
                if let Err(error) = pull_all(puller, run, vec![entity]).await {
                    failed.borrow_mut().get_or_insert(error);
                }
            }
        })
    };
    all(&puller.process.dead, (0..streams).map(|_| stream()).collect()).await;
    failed.into_inner().map_or(Ok(()), Err)
}
