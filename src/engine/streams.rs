//! The course of a pull: pages in turn or ahead, entities one after the other or at the same time.
//!
//! Each stream pulls an entity to its end, by the entity's own cursor. They share the link, the
//! controller of chunk sizes and the database, one transaction at a time. What a reader may see
//! meanwhile: a row before the one of another entity that it refers to, until the run ends.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::ahead::pull_ahead;
use super::beside::several;
use super::exchange::RunError;
use super::options::{Replace, RequestPer};
use super::pull::{Puller, Run};
use super::replace::pull_all_again;
use crate::base::EntityId;

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

async fn pull_all(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    match puller.process.options.pull.prefetch {
        0 => puller.pull_in_turn(run, left, u32::MAX).await.map(drop),
        ahead => pull_ahead(puller, run, left, ahead as usize).await,
    }
}

/// Pulls `left` up to the server's head, several entities at a time. A stream that fails takes no
/// further entity, and no other stream does; what they are at they bring to its end.
async fn pull_side_by_side(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    let streams = left.len().min(puller.process.options.pull.streams as usize);
    let left = RefCell::new(VecDeque::from(left));
    let pull_next = async || {
        let Some(entity) = left.borrow_mut().pop_front() else { return Ok(false) };
        pull_all(puller, run, vec![entity]).await.map(|()| true)
    };
    several(&puller.process.dead, streams, pull_next).await
}
