//! Pages asked for ahead: while one is applied, the next are on their way.
//!
//! A page brings the cursor that the next is asked with, so that can be asked for before this one
//! is applied. Two stories go on side by side: one asks, the other applies, in the order in which
//! was asked; between them lie [`Prefetched`] pages. Until one is applied its cursor is a place to
//! ask from and nothing else: it becomes durable with the page's rows, and a process that dies in
//! between asks from there again. So no server may take such a cursor for a receipt; with those
//! that do, nothing is asked for ahead.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::beside::until;
use super::exchange::{GivenUp, Received, RunError};
use super::pull::{Puller, Run, Stall, Taken, goes_on};
use super::signal::Signal;
use crate::base::EntityId;
use crate::contract::RequestKind;
use crate::protocol::{Answer, Want};

/// An answer to what was asked, told and not applied.
struct Page {
    wants: Vec<Want>,
    received: Received,
}

enum Stopped {
    AtEnd,
    /// A request came to nothing.
    Refused(GivenUp),
    /// An answer made no sense, or the device's own storage did not.
    Broken(RunError),
    Unusable,
}

/// What lies between who asks for pages and who applies them.
#[derive(Default)]
struct Prefetched {
    pages: RefCell<VecDeque<Page>>,
    stopped: RefCell<Option<Stopped>>,
    came: Signal,
    /// Pages that came and are not applied, the one under way among them.
    open: Cell<usize>,
    applied: Signal,
}

impl Prefetched {
    /// Waits until no more than `ahead` pages are open.
    async fn room(&self, ahead: usize) {
        while self.open.get() > ahead {
            self.applied.wait().await;
        }
    }

    fn add(&self, page: Page) {
        self.open.set(self.open.get() + 1);
        self.pages.borrow_mut().push_back(page);
        self.came.raise();
    }

    fn stop(&self, why: Stopped) {
        *self.stopped.borrow_mut() = Some(why);
        self.came.raise();
    }

    /// The next page to apply, or why none comes.
    async fn next(&self) -> Result<Page, Stopped> {
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

/// Pulls `left` up to the server's head; up to `ahead` pages are asked for while one is applied.
pub(super) async fn pull_ahead(
    puller: &Puller,
    run: Run,
    mut left: Vec<EntityId>,
    ahead: usize,
) -> Result<(), RunError> {
    let mut stall = Stall::default();
    while !left.is_empty() {
        let line = Prefetched::default();
        let asking = ask_ahead(puller, run, left.clone(), ahead, &line);
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

async fn ask_ahead(puller: &Puller, run: Run, left: Vec<EntityId>, ahead: usize, line: &Prefetched) {
    let why = match ask_on(puller, run, &left, ahead, line).await {
        Ok(None) => Stopped::AtEnd,
        Ok(Some(given_up)) => Stopped::Refused(given_up),
        Err(error) => Stopped::Broken(error),
    };
    line.stop(why);
}

/// Asks for page after page; gives the request that ends it, if one does.
async fn ask_on(
    puller: &Puller,
    run: Run,
    left: &[EntityId],
    ahead: usize,
    line: &Prefetched,
) -> Result<Option<GivenUp>, RunError> {
    let mut wants = puller.wants(run.unit, left)?;
    puller.process.settle_work().await;
    while !wants.is_empty() {
        line.room(ahead).await;
        puller.process.crash_point("pull.before-request").await;
        let received = match puller.ask(run, &wants).await {
            Ok(received) => received,
            Err(given_up) => return Ok(Some(given_up)),
        };
        let next = next_wants(&wants, &puller.page_came(run.unit, &received, &wants).await?);
        line.add(Page { wants: std::mem::replace(&mut wants, next), received });
    }
    Ok(None)
}

/// Applies what comes until nothing more does; `left` loses what has ended.
async fn apply_in_order(
    puller: &Puller,
    run: Run,
    line: &Prefetched,
    left: &mut Vec<EntityId>,
    stall: &mut Stall,
) -> Result<Stopped, RunError> {
    loop {
        let Page { wants, received } = match line.next().await {
            Ok(page) => page,
            Err(why) => return Ok(why),
        };
        let answer = puller.caller.read(&received, RequestKind::Pull)?;
        let taken = puller.take_pages(run.unit, &received, &answer, &wants).await?;
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

/// What is asked for after an answer to `wants`, whether it is applied by then or not.
fn next_wants(wants: &[Want], answer: &Answer<'_>) -> Vec<Want> {
    let next = |want: &Want| {
        let page = answer.pages.iter().find(|page| page.entity == want.entity);
        let cursor = page.map_or_else(|| want.cursor.clone(), |page| Some(page.cursor.to_string()));
        Want { entity: want.entity, cursor, ids: 0 }
    };
    wants.iter().filter(|want| goes_on(answer, want.entity)).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Asked, DEFAULT};

    fn want(entity: u16, cursor: Option<&str>) -> Want {
        Want { entity: EntityId(entity), cursor: cursor.map(str::to_owned), ids: 0 }
    }

    #[test]
    fn what_is_asked_next_goes_on_where_pages_ended_and_leaves_out_what_is_done() {
        let mut writer = DEFAULT.pages(Asked(0));
        for (entity, cursor, more) in [(1, "end", false), (2, "b", true)] {
            writer.begin_page(EntityId(entity));
            writer.end_page(cursor, more);
        }
        let bytes = writer.finish();
        let answer = DEFAULT.decode_answer(&bytes).unwrap().unwrap();
        let wants = [want(1, Some("a")), want(2, None), want(3, Some("c"))];
        assert_eq!(next_wants(&wants, &answer), [want(2, Some("b")), want(3, Some("c"))]);
    }
}
