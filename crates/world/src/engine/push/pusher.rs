//! Sends the waiting edits of the outbox, one chunk per request.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{EntityId, Span, UnitId};
use crate::contract::{Guard, Mutation, Outcome, RequestKind, ServerError, SyncError, TransportError};
use crate::engine::big_rows;
use crate::engine::exchange::{Caller, Failure, GivenUp, Received, RunError};
use crate::engine::flaws::Flaw;
use crate::engine::options::{OnFailed, OnRefused, OnTooLarge, OnUnauthorized, PushUnit, RequestPer};
use crate::engine::process::Process;
use crate::engine::pull::puller::{Came, rows};
use crate::engine::pull::push_with_pull::CombinedPull;
use crate::engine::push::attachments::BlobSender;
use crate::engine::push::capture::Listed;
use crate::engine::push::held_back::{HeldBack, Left};
use crate::engine::push::order::{ends, up_to_an_end};
use crate::engine::push::outgoing::{Outgoing, fitting};
use crate::engine::push::settle::{Counts, refuse, settle, take_as_done};
use crate::engine::push::squash::{self, Next};
use crate::protocol::{Answer, PushRequest, PushResult, Request, Want};
use crate::store::{self, Entry, Stored, Tx};

/// After this many chunks in a row with only conflicts, the run ends with an error. The likely
/// reason is another device that changes the same rows faster.
const CONFLICTS_IN_A_ROW: u32 = 10;

/// Counts the waits after responses that deferred edits.
#[derive(Default)]
struct Waits {
    count: u32,
    previous: Option<Span>,
}

pub(crate) struct Pusher {
    pub(crate) process: Rc<Process>,
    pub(crate) caller: Rc<Caller>,
    pub(crate) blobs: Rc<BlobSender>,
}

impl Pusher {
    /// Pushes the edits of the unit's entities until no edit is left that can be sent. Some edits
    /// may still wait at the server, for an attachment, or for another network. The last request
    /// also contains the pull of `along`, if push and pull share a request.
    pub(crate) async fn push(&self, unit: UnitId, along: &mut CombinedPull<'_>) -> Result<Left, RunError> {
        let entities = self.process.unit(unit).push.clone();
        let mut fruitless = 0;
        let mut put_off = Waits::default();
        let (mut queued, mut held_back, mut unattached) = (BTreeSet::new(), HeldBack::default(), 0);
        let mut listed = Listed::of(&self.process, unit, &entities)?;
        loop {
            let limit = self.limit(&entities);
            let mut held = HeldBack::of(self.blobs.held_rows()?);
            unattached = held.rows.len().max(unattached);
            let besides = queued.len() + unattached + held_back.edits.len();
            let Next { mut batch, fresh } = self.next(&entities, listed.limit(limit + besides)).await?;
            big_rows::read_edits(&self.process, &batch).await;
            batch.retain(|entry| !queued.contains(&entry.seq) && listed.has(entry));
            let schema = &self.process.setup.schema;
            batch.retain(|entry| !held.holds(schema, entry) && !held_back.holds(schema, entry));
            unattached = held.edits.len().max(unattached);
            if batch.is_empty() && queued.len() + unattached + held_back.edits.len() > besides {
                continue;
            }
            let ends = self.ends(&batch)?;
            batch.truncate(up_to_an_end(&ends, limit));
            let waiting = batch.len();
            batch.truncate(self.goes_together(&batch));
            if batch.is_empty() {
                if self.sets_aside(unit, &mut held_back).await? {
                    continue;
                }
                return Ok(held_back.left(queued.len()));
            }
            if fruitless >= CONFLICTS_IN_A_ROW {
                let text = format!("{} changes meet others each time", batch.len());
                return Err(RunError { error: SyncError::Throttled(text), tries: 1, refused: true });
            }
            let told = self.outgoing(&batch)?;
            let wants = if waiting < limit && batch.len() == waiting { along.wants()? } else { Vec::new() };
            self.process.settle_work().await;
            self.process.crash_point("push.before-request").await;
            // A retry may send fewer edits, because the failed request may have been too large.
            let (sent, alone) = (Cell::new(batch.len()), Cell::new(true));
            let make = |request| {
                let size = self.caller.chunk(RequestKind::Push, batch[0].entity);
                sent.set(up_to_an_end(&ends, fitting(self.process.options.codec, &told.entries, size)));
                let push = self.push_request(unit, &told, sent.get(), request);
                let is_part = sent.get() < batch.len();
                alone.set(wants.is_empty() || is_part || self.caller.goes_apart());
                if alone.get() { Request::Push(push) } else { along.request(push, &wants) }
            };
            let answered = self.caller.exchange(Some(unit), make).await;
            let more = waiting >= limit || sent.get() < waiting;
            let wants = if more || alone.get() { &[][..] } else { &wants[..] };
            let batch = &batch[..sent.get()];
            let received = match answered {
                Ok(received) => received,
                Err(given_up) => {
                    self.unanswered(unit, (batch, &ends, &fresh), given_up, &mut held_back).await?;
                    continue;
                }
            };
            held_back.served();
            let kept = (&mut queued, &mut listed);
            let settled = self.settle((unit, batch), more, received, kept, (&mut *along, wants)).await?;
            if settled.put_off > 0 {
                self.wait_for_later(settled, &mut put_off).await?;
                continue;
            }
            put_off = Waits::default();
            fruitless = if settled.left + settled.queued == 0 { fruitless + 1 } else { 0 };
        }
    }

    /// Drops the edits on which the server failed although it accepted other requests later.
    /// Returns true if there were any.
    async fn sets_aside(&self, unit: UnitId, held_back: &mut HeldBack) -> Result<bool, RunError> {
        let proven = held_back.take_proven();
        if !proven.is_empty() {
            refuse(&self.process, unit, &proven, "the server fails on it").await?;
        }
        Ok(!proven.is_empty())
    }

    /// Drops edits on which the server failed in `retry.attempts` runs although pulls succeeded.
    /// Callers call this after the pull of the run.
    pub(crate) async fn set_aside_lone(&self, unit: UnitId, left: &mut Left) -> Result<(), RunError> {
        let most = self.process.options.retry.attempts;
        let is_old = |entry: &&Entry| entry.attempts + 1 >= most;
        let old: Vec<Entry> = left.suspects.iter().filter(is_old).cloned().collect();
        if !old.is_empty() {
            refuse(&self.process, unit, &old, "the server fails on it").await?;
            left.set_aside(&old);
        }
        Ok(())
    }

    /// Handles a failed request. If the request had only one edit (or one family), there are 3
    /// cases. An edit that is too large for the server is dropped. An edit that is too large for a
    /// proxy is held back. An edit on which the server fails is held back, if the engine bisects
    /// requests. In these cases the run continues. Otherwise returns the error of the run.
    async fn unanswered(
        &self,
        unit: UnitId,
        (batch, ends, fresh): (&[Entry], &[usize], &BTreeSet<i64>),
        given_up: GivenUp,
        held_back: &mut HeldBack,
    ) -> Result<(), RunError> {
        let shrinks = self.process.options.push.on_too_large != OnTooLarge::GiveUp;
        let is_alone = batch.len() == up_to_an_end(ends, 1);
        if shrinks
            && is_alone
            && matches!(given_up.failure, Failure::Refused(ServerError::RequestTooLarge(_)))
        {
            refuse(&self.process, unit, batch, "too large").await?;
            self.caller.pushed(batch.len());
            return Ok(());
        }
        let bisects = self.process.options.push.on_failed == OnFailed::Bisect;
        let is_stopped = shrinks && is_alone && matches!(given_up.failure, Failure::Stopped);
        let fails = matches!(given_up.failure, Failure::Refused(ServerError::Failed));
        let told = self.note_tries(unit, (batch, fresh), given_up).await?;
        match () {
            () if is_stopped => held_back.stop(batch),
            () if bisects && is_alone && fails => held_back.suspect(batch),
            () => return Err(told),
        }
        Ok(())
    }

    fn limit(&self, entities: &[EntityId]) -> usize {
        let chunk = |first: &EntityId| self.caller.chunk(RequestKind::Push, *first).rows as usize;
        let is_a_call = self.process.options.requests == RequestPer::Call;
        if is_a_call { 1 } else { entities.first().map_or(1, chunk) }
    }

    /// The numbers of edits that a request may have. Empty if a request may end after any edit.
    fn ends(&self, batch: &[Entry]) -> Result<Vec<usize>, RunError> {
        let whole = self.process.options.push.unit == PushUnit::Family;
        let ends = if whole { self.process.store.read(|tx| ends(tx, batch)) } else { Ok(Vec::new()) };
        Ok(ends?)
    }

    fn goes_together(&self, batch: &[Entry]) -> usize {
        if self.process.options.requests != RequestPer::Entity {
            return batch.len();
        }
        batch.iter().take_while(|entry| entry.entity == batch[0].entity).count()
    }

    async fn next(&self, entities: &[EntityId], limit: usize) -> Stored<Next> {
        let Process { options, store, rules, .. } = &*self.process;
        if options.push.squash {
            return squash::next(&self.process, entities, limit).await;
        }
        let batch = store.read(|tx| rules.send.next(tx, entities, limit))?;
        Ok(Next { batch, ..Next::default() })
    }

    /// Waits before deferred edits are sent again. After several responses in a row that settled no
    /// edit, the run ends with an error. A later run sends these edits.
    async fn wait_for_later(&self, settled: Counts, waits: &mut Waits) -> Result<(), RunError> {
        waits.count = if settled.left == 0 { waits.count + 1 } else { 1 };
        if waits.count >= self.process.options.retry.attempts {
            let error =
                SyncError::Throttled(format!("{} changes are put off by the server", settled.put_off));
            return Err(RunError { error, tries: waits.count, refused: true });
        }
        let wait = self.process.backoff(waits.count, waits.previous);
        waits.previous = Some(wait);
        self.caller.wait_and_retry(true, waits.count, wait).await;
        Ok(())
    }

    fn outgoing(&self, batch: &[Entry]) -> Result<Outgoing, RunError> {
        let options = &self.process.options;
        if Outgoing::is_as_made(options) {
            return Ok(Outgoing::as_made(batch));
        }
        let schema = &self.process.setup.schema;
        let told = self.process.store.read(|tx| Outgoing::of(tx, (options, schema), batch));
        Ok(told?)
    }

    fn push_request(&self, unit: UnitId, told: &Outgoing, first: usize, request: u64) -> PushRequest {
        let guards = told.guards.iter().copied().chain(std::iter::repeat(Guard::Base));
        let mutation = |(entry, guard): (&Entry, Guard)| {
            let plain = self.process.rules.send.mutation(entry, request);
            if guard == Guard::Base { plain } else { Mutation { guard, ..plain } }
        };
        PushRequest {
            device: self.process.setup.device,
            unit,
            mutations: told.entries[..first].iter().zip(guards).map(mutation).collect(),
            clock: self.process.request_clock(),
        }
    }

    /// Records a try without a verdict. The edits stay in the outbox, unless a lossy option or a
    /// planted bug drops them. Edits that never left the device may be merged with later ones
    /// again. Returns the run's error.
    async fn note_tries(
        &self,
        unit: UnitId,
        (batch, fresh): (&[Entry], &BTreeSet<i64>),
        given_up: GivenUp,
    ) -> Result<RunError, RunError> {
        let rules = &self.process.rules;
        let failure = &given_up.failure;
        let left = given_up.tries > 1 || !matches!(failure, Failure::Silence(TransportError::Offline));
        let keeps = match failure {
            Failure::Refused(ServerError::Unauthorized)
                if self.process.options.on_unauthorized == OnUnauthorized::Drop =>
            {
                false
            }
            Failure::Refused(_) => !rules.has(Flaw::DropsAfterRefusal),
            Failure::Silence(TransportError::Cancelled) => !rules.has(Flaw::CancelDropsInFlight),
            Failure::Silence(_) => !rules.has(Flaw::DropsAfterTimeout),
            Failure::Stopped | Failure::Damaged(_) => true,
        };
        let consents = matches!(failure, Failure::Silence(_)) && rules.has(Flaw::SilenceIsConsent);
        let told = given_up.ends_run();
        let noted = self.process.write(|tx| {
            for entry in batch {
                if keeps && !consents {
                    rules.outbox.tried(tx, entry, &told.error.to_string())?;
                    if !left && fresh.contains(&entry.seq) {
                        store::unseal(tx, entry)?;
                    }
                } else {
                    self.process.doubts(tx, entry)?;
                    tx.drop_entry(entry.seq)?;
                }
            }
            Ok(())
        });
        noted.await?;
        if consents {
            take_as_done(&self.process, unit, batch);
        }
        Ok(told)
    }

    /// Reads the response to a push of this batch. The response must have a verdict for each edit
    /// id, in order.
    fn verdicts<'r>(&self, batch: &[Entry], received: &'r Received) -> Result<Answer<'r>, RunError> {
        let answer = self.caller.read(received)?;
        let sent = |entry: &Entry| self.process.rules.send.mutation(entry, received.request).id;
        let is_of = |(entry, result): (&Entry, &PushResult<'_>)| result.id == sent(entry);
        let by_place = self.process.rules.has(Flaw::VerdictsByPlace);
        let all = answer.results.len() == batch.len();
        if all && (by_place || batch.iter().zip(&answer.results).all(is_of)) {
            return Ok(answer);
        }
        let text = format!("{} results, and not for these {} edits", answer.results.len(), batch.len());
        Err(self.caller.not_its_own(received, text))
    }

    /// Returns an error if the backend did not accept an edit and the options then end the run.
    fn is_complete(&self, results: &[PushResult<'_>]) -> Result<(), RunError> {
        if self.process.options.push.on_refused != OnRefused::EndRun {
            return Ok(());
        }
        let is_taken = |outcome: &Outcome| {
            matches!(outcome, Outcome::Applied { .. } | Outcome::Named { .. } | Outcome::Queued)
        };
        let refused = results.iter().filter(|result| !is_taken(&result.outcome)).count();
        if refused == 0 {
            return Ok(());
        }
        let error = SyncError::Rejected(format!("{refused} of {} changes", results.len()));
        Err(RunError { error, tries: 1, refused: true })
    }

    /// Drops the deferred edits of a request with a refused edit, if the options say so
    /// (`OnRefused::RefuseAll`).
    async fn refuse_others(
        &self,
        unit: UnitId,
        batch: &[Entry],
        results: &[PushResult<'_>],
        counts: &mut Counts,
    ) -> Result<(), RunError> {
        let is_refused = |result: &PushResult<'_>| matches!(result.outcome, Outcome::Rejected { .. });
        let all = self.process.options.push.on_refused == OnRefused::RefuseAll;
        if !all || !results.iter().any(is_refused) {
            return Ok(());
        }
        let put_off = batch.iter().zip(results).filter(|(_, result)| result.outcome == Outcome::Later);
        let others: Vec<Entry> = put_off.map(|(entry, _)| entry.clone()).collect();
        refuse(&self.process, unit, &others, "another edit of its request is refused").await?;
        counts.left += others.len();
        counts.put_off -= others.len();
        Ok(())
    }

    /// Settles all edits of the batch in one transaction. `more` says that other edits still wait.
    /// Adds the outbox positions of edits that wait at the server to `queued`. Then applies the
    /// pages of the pull `along`.
    async fn settle(
        &self,
        (unit, batch): (UnitId, &[Entry]),
        more: bool,
        received: Received,
        (queued, listed): (&mut BTreeSet<i64>, &mut Listed),
        (along, wants): (&mut CombinedPull<'_>, &[Want]),
    ) -> Result<Counts, RunError> {
        self.caller.pushed(batch.len());
        self.process.crash_point("push.answer-received").await;
        let came = Came { wants: wants.to_vec(), received };
        let received = &came.received;
        let answer = match self.verdicts(batch, received) {
            Ok(answer) => answer,
            // The response does not belong to this batch, so the edits stay in the outbox.
            Err(error) if !self.process.rules.has(Flaw::ForeignAnswerIsAck) => return Err(error),
            Err(_) => {
                let drop_all = |tx: &Tx<'_>| batch.iter().try_for_each(|entry| tx.drop_entry(entry.seq));
                self.process.write(drop_all).await?;
                take_as_done(&self.process, unit, batch);
                return Ok(Counts { left: batch.len(), ..Counts::default() });
            }
        };
        along.fits(&came, &answer)?;
        let told = if wants.is_empty() { batch.len() } else { rows(&answer) };
        self.caller.report_response(received, told).await;
        let mut counts = settle(&self.process, unit, batch, &answer.results).await?;
        self.refuse_others(unit, batch, &answer.results, &mut counts).await?;
        listed.settled(batch, &answer.results);
        let results = batch.iter().zip(&answer.results);
        let waits = results.filter(|(_, result)| result.outcome == Outcome::Queued);
        let before = queued.len();
        queued.extend(waits.map(|(entry, _)| entry.seq));
        counts.queued = queued.len() - before;
        if wants.is_empty() {
            let seen = received.chunk(self.process.ports.clock.now(), batch.len(), more);
            self.caller.chunk_ended(RequestKind::Push, &seen);
        }
        self.process.crash_point("push.batch-settled").await;
        self.is_complete(&answer.results)?;
        along.take(&came, &answer).await?;
        Ok(counts)
    }
}
