//! What of a run's pull goes with its last push, and what is asked for after it.
//!
//! Where a run is one request, what waits goes out with the question for what has changed. The
//! answer is dealt with as two would be: the verdicts are settled in their transaction, then the
//! pages are applied in theirs. So a death in between, or an answer that is lost, leaves what it
//! would leave of two requests.

use super::exchange::RunError;
use super::options::{Replace, RequestPer};
use super::pull::{Came, Puller, Run, Taken, goes_on};
use super::streams::pull;
use crate::base::EntityId;
use crate::contract::{RequestKind, SyncError};
use crate::protocol::{Answer, PullRequest, PushRequest, Request, SyncRequest, Want};

pub(super) struct Along<'p> {
    puller: &'p Puller,
    run: Run,
    left: Vec<EntityId>,
    has_begun: bool,
}

impl<'p> Along<'p> {
    pub(super) async fn begin(puller: &'p Puller, run: Run) -> Result<Along<'p>, RunError> {
        let left = puller.process.unit(run.unit).pull.clone();
        let mut along = Along { puller, run, left, has_begun: false };
        if along.is_one_request() {
            along.retry_late().await?;
        }
        Ok(along)
    }

    pub(super) fn none(puller: &'p Puller, run: Run) -> Along<'p> {
        Along { puller, run, left: Vec::new(), has_begun: true }
    }

    fn is_one_request(&self) -> bool {
        let options = &self.puller.process.options;
        options.requests == RequestPer::Branch && options.pull.replace == Replace::Versions
    }

    /// Rows that could not be applied come before what is new.
    async fn retry_late(&mut self) -> Result<(), RunError> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.puller.applier.retry_late(self.run.unit, &self.left).await?;
        }
        Ok(())
    }

    /// What the last push of the run asks for besides; nothing where it goes alone.
    pub(super) fn wants(&self) -> Result<Vec<Want>, SyncError> {
        if !self.is_one_request() || self.left.is_empty() {
            return Ok(Vec::new());
        }
        self.puller.wants(self.run.unit, &self.left)
    }

    pub(super) fn request(&self, push: PushRequest, wants: &[Want]) -> Request {
        let asked = self.puller.pull_request(self.run, wants.to_vec());
        let pull = PullRequest { clock: push.clock, by_address: false, ..asked };
        Request::Sync(SyncRequest { push, pull })
    }

    /// Whether an answer brings pages of what was asked for, or none.
    pub(super) fn fits(&self, came: &Came, answer: &Answer<'_>) -> Result<(), RunError> {
        if answer.pages.is_empty() { Ok(()) } else { self.puller.fits(came, answer, RequestKind::Sync) }
    }

    /// The verdicts of an answer are settled: its pages are made durable. Where the server sent
    /// none it is asked for them alone, and says why.
    pub(super) async fn take(&mut self, came: &Came, answer: &Answer<'_>) -> Result<(), RunError> {
        if answer.pages.is_empty() {
            return Ok(());
        }
        self.puller.process.crash_point("pull.answer-received").await;
        let taken = self.puller.take_pages(self.run.unit, came, answer).await?;
        if taken != Taken::Unusable {
            self.left.retain(|&entity| goes_on(answer, entity));
        }
        Ok(())
    }

    pub(super) async fn pull(mut self) -> Result<(), RunError> {
        self.retry_late().await?;
        pull(self.puller, self.run, self.left).await
    }
}
