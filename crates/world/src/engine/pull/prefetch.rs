//! Prefetch of pages: one task requests pages, another applies them in request order.
//!
//! A prefetch request carries a cursor whose page is not applied yet. So the server must not read
//! that cursor as a confirmation of the page. The cursor becomes durable with the page's rows.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::base::EntityId;
use crate::engine::exchange::{GivenUp, RunError};
use crate::engine::pull::puller::{Came, Puller, Run, StallGuard, Taken, goes_on};
use crate::engine::tasks::{Signal, until};
use crate::protocol::{Answer, Want};

enum Stopped {
    AtEnd,
    Refused(GivenUp),
    Broken(RunError),
    Unusable,
}

#[derive(Default)]
struct Prefetched {
    pages: RefCell<VecDeque<Came>>,
    stopped: RefCell<Option<Stopped>>,
    came: Signal,
    /// The number of received pages that are not fully applied yet.
    open: Cell<usize>,
    applied: Signal,
}

impl Prefetched {
    /// Waits until at most `ahead` received pages are not applied yet.
    async fn room(&self, ahead: usize) {
        while self.open.get() > ahead {
            self.applied.wait().await;
        }
    }

    fn add(&self, page: Came) {
        self.open.set(self.open.get() + 1);
        self.pages.borrow_mut().push_back(page);
        self.came.raise();
    }

    fn stop(&self, why: Stopped) {
        *self.stopped.borrow_mut() = Some(why);
        self.came.raise();
    }

    async fn next(&self) -> Result<Came, Stopped> {
        loop {
            if let Some(page) = self.pages.borrow_mut().pop_front() {
                return Ok(page);
            }
            if let Some(why) = self.stopped.take() {
                return Err(why);
            }
            self.came.wait().await;
        }
    }

    fn done(&self) {
        self.open.set(self.open.get() - 1);
        self.applied.raise();
    }
}

/// Pulls the entities in `left` to the server's latest state. Prefetches up to `ahead` pages while
/// one is applied.
pub(crate) async fn pull_ahead(
    puller: &Puller,
    run: Run,
    mut left: Vec<EntityId>,
    ahead: usize,
) -> Result<(), RunError> {
    let mut stall = StallGuard::default();
    while !left.is_empty() {
        let line = Prefetched::default();
        let asked = left.clone();
        let asking = async {
            line.stop(ask_on(puller, run, &asked, ahead, &line).await.unwrap_or_else(Stopped::Broken));
        };
        let applying = apply_in_order(puller, run, &line, &mut left, &mut stall);
        match until(&puller.process.dead, applying, asking).await? {
            Stopped::AtEnd => break,
            Stopped::Unusable => {}
            Stopped::Refused(given_up) => puller.load_again_after(run.unit, given_up, &left).await?,
            Stopped::Broken(error) => return Err(error),
        }
    }
    Ok(())
}

async fn ask_on(
    puller: &Puller,
    run: Run,
    left: &[EntityId],
    ahead: usize,
    line: &Prefetched,
) -> Result<Stopped, RunError> {
    let mut wants = puller.wants(run.unit, left)?;
    puller.process.settle_work().await;
    while !wants.is_empty() {
        line.room(ahead).await;
        puller.process.crash_point("pull.before-request").await;
        let came = match puller.ask(run, wants).await {
            Ok(came) => came,
            Err(given_up) => return Ok(Stopped::Refused(given_up)),
        };
        wants = next_wants(&came.wants, &puller.page_came(&came).await?);
        line.add(came);
    }
    Ok(Stopped::AtEnd)
}

async fn apply_in_order(
    puller: &Puller,
    run: Run,
    line: &Prefetched,
    left: &mut Vec<EntityId>,
    stall: &mut StallGuard,
) -> Result<Stopped, RunError> {
    loop {
        let came = match line.next().await {
            Ok(came) => came,
            Err(why) => return Ok(why),
        };
        let answer = puller.caller.read(&came.received)?;
        let taken = puller.take_pages(run.unit, &came, &answer).await?;
        stall.after(taken)?;
        if taken == Taken::Unusable {
            return Ok(Stopped::Unusable);
        }
        let before = left.len();
        left.retain(|&entity| goes_on(&answer, entity));
        puller.process.status.entities_ended(before - left.len());
        line.done();
    }
}

/// The wants of the request after a response to `wants`. The response may not be applied yet.
fn next_wants(wants: &[Want], answer: &Answer<'_>) -> Vec<Want> {
    let next = |want: &Want| {
        let page = answer.pages.iter().find(|page| page.entity == want.entity);
        let cursor = page.map_or_else(|| want.cursor.clone(), |page| Some(page.cursor.to_string()));
        Want { entity: want.entity, cursor, ids: 0 }
    };
    wants.iter().filter(|want| goes_on(answer, want.entity)).map(next).collect()
}
