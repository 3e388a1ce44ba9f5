//! Sending what is attached to rows: stretch by stretch, each told by where it begins, so that one
//! that was cut goes on where the server has come to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::beside::all;
use super::blob_options::{BlobQueue, First, With};
use super::exchange::{Caller, Failure, GivenUp, RunError, retryable};
use super::process::{Process, damaged};
use super::signal::Signal;
use super::too_large::OnTooLarge;
use crate::base::{EntityId, Key, Span};
use crate::contract::{
    BlobEvent, BlobId, Event, LocalBoxFuture, NetworkKind, ServerError, TOO_LARGE_PAGE, TransportError,
};
use crate::protocol::{BlobAnswer, BlobPut};
use crate::store::{Blobs, StoreError, WaitingBlob};

/// No stretch is made smaller than this.
const LEAST: u64 = 100;

pub(super) struct BlobSender {
    process: Rc<Process>,
    caller: Rc<Caller>,
    /// Those that are under way.
    busy: RefCell<BTreeSet<i64>>,
    /// What a stretch is held to since one was too large.
    cap: Cell<u64>,
    /// One was made.
    pub(super) made: Signal,
}

impl BlobSender {
    pub(super) fn new(process: Rc<Process>, caller: Rc<Caller>) -> BlobSender {
        BlobSender {
            process,
            caller,
            busy: RefCell::default(),
            cap: Cell::new(u64::MAX),
            made: Signal::default(),
        }
    }

    /// Whether rows can have any.
    fn are_there(&self) -> bool {
        !self.process.setup.schema.attachments.is_empty()
    }

    /// Whether they go in a unit's run, at this place of it.
    pub(super) fn go(&self, queue: BlobQueue) -> bool {
        self.are_there() && self.process.options.attachments.queue == queue
    }

    /// The rows that wait for what is attached to them.
    pub(super) fn held_rows(&self) -> Result<BTreeSet<(EntityId, Key)>, StoreError> {
        if !self.are_there() || self.process.options.attachments.with == With::Apart {
            return Ok(BTreeSet::new());
        }
        let waiting = self.process.store.read(|tx| Blobs::of(tx).waiting(false))?;
        Ok(waiting.into_iter().map(|blob| (blob.entity, blob.key)).collect())
    }

    fn next(&self, entities: &[EntityId]) -> Result<Option<WaitingBlob>, StoreError> {
        let small_first = self.process.options.attachments.first == First::Thumbnails;
        let rows_first = self.go(BlobQueue::Behind) && self.process.options.attachments.with == With::Apart;
        let waiting = self.process.store.read(|tx| match rows_first {
            true => Blobs::of(tx).behind_their_rows(small_first),
            false => Blobs::of(tx).waiting(small_first),
        })?;
        let busy = self.busy.borrow();
        Ok(waiting.into_iter().find(|blob| entities.contains(&blob.entity) && !busy.contains(&blob.seq)))
    }

    /// Sends all that wait of these entities, several at a time; gives how many went. One that
    /// fails ends it, and what is under way comes to its end.
    pub(super) async fn send(&self, entities: &[EntityId], in_run: bool) -> Result<usize, RunError> {
        let (sent, failed) = (Cell::new(0), RefCell::new(None));
        let story = || -> LocalBoxFuture<'_, ()> {
            Box::pin(async {
                while failed.borrow().is_none() {
                    let next = match self.next(entities) {
                        Ok(Some(next)) => next,
                        Ok(None) => break,
                        Err(error) => {
                            failed.borrow_mut().get_or_insert(damaged(error).into());
                            break;
                        }
                    };
                    self.busy.borrow_mut().insert(next.seq);
                    let brought = self.bring(&next, in_run).await;
                    self.busy.borrow_mut().remove(&next.seq);
                    match brought {
                        Ok(()) => sent.set(sent.get() + 1),
                        Err(error) => _ = failed.borrow_mut().get_or_insert(error),
                    }
                }
            })
        };
        let parallel = self.process.options.attachments.parallel;
        all(&self.process.dead, (0..parallel).map(|_| story()).collect()).await;
        failed.into_inner().map_or(Ok(sent.get()), Err)
    }

    async fn bring(&self, blob: &WaitingBlob, in_run: bool) -> Result<(), RunError> {
        let options = &self.process.options.attachments;
        let mut most = options.chunk_bytes.min(self.cap.get());
        let mut have = if options.resume { blob.sent } else { 0 };
        // What the server has of it is asked for where that is not certain.
        let mut unsure = have > 0 || blob.in_doubt;
        let (mut tries, mut waited, mut renewed) = (0, None, false);
        loop {
            if let Err(error) = self.caller.token.renew_if_due(&self.process, in_run).await {
                let failure = Failure::Silence(error);
                return Err(GivenUp { failure, tries: tries + 1, refused: false }.ends_run());
            }
            let asks = unsure && (options.resume || blob.in_doubt);
            let stretch = if asks { 0 } else { most };
            let bytes = self.process.store.read(|tx| Blobs::of(tx).bytes(blob.seq, have, stretch));
            let bytes = bytes.map_err(damaged)?;
            self.process.settle_work().await;
            let (from, brings) = (have, bytes.len() as u64);
            let sent_at = self.process.ports.clock.now();
            let said = self.put(blob, from, bytes, in_run).await;
            let ends = !asks && from + brings == blob.total;
            let has_no_row = said.as_ref().is_ok_and(|said| asks && !said.row);
            if blob.in_doubt && has_no_row {
                return self.let_go(blob).await;
            }
            if self.process.rules.blobs.is_there(said.as_ref().ok().map(|said| said.whole), ends) {
                return self.let_go(blob).await;
            }
            let mut failure = match said {
                Ok(said) => {
                    let begins = asks && !options.resume;
                    (have, unsure) = (if begins { 0 } else { said.have.min(blob.total) }, false);
                    if have != blob.sent && options.resume {
                        self.note(blob, have).await?;
                    }
                    if have > from {
                        (tries, renewed) = (0, false);
                    }
                    // To hear that it has no more is no step: a stretch that never gets through in
                    // time ends the run.
                    if asks || have > from {
                        continue;
                    }
                    Failure::Damaged("the server does not take an attachment".to_owned())
                }
                Err(failure) => failure,
            };
            if self.shrinks(&failure, brings, &mut most) {
                continue;
            }
            if matches!(failure, Failure::Refused(ServerError::Unauthorized)) && !renewed {
                match self.caller.token.refused(&self.process, sent_at, in_run).await {
                    Some(Ok(())) => {
                        renewed = true;
                        continue;
                    }
                    Some(Err(error)) => failure = Failure::Silence(error),
                    None => {}
                }
            }
            (unsure, have) = (true, if options.resume { have } else { 0 });
            tries += 1;
            waited = Some(self.try_again(failure, tries, (in_run, waited)).await?);
        }
    }

    /// Waits before another try, or gives up.
    async fn try_again(
        &self,
        failure: Failure,
        tries: u32,
        (in_run, waited): (bool, Option<Span>),
    ) -> Result<Span, RunError> {
        let gone = matches!(failure, Failure::Silence(TransportError::Offline))
            || self.process.ports.transport.network() == NetworkKind::None;
        let stopped = in_run && self.process.stop.is_asked();
        if gone || stopped || tries >= self.process.options.retry.attempts || !retryable(&failure) {
            let refused = matches!(failure, Failure::Refused(_));
            return Err(GivenUp { failure, tries, refused }.ends_run());
        }
        let drawn = self.process.backoff(tries, waited);
        self.caller.wait_and_retry(in_run, tries, drawn).await;
        Ok(drawn)
    }

    /// Whether a smaller stretch goes at once in the place of one that was too large.
    fn shrinks(&self, failure: &Failure, brought: u64, most: &mut u64) -> bool {
        let gives_up = self.process.options.push.on_too_large == OnTooLarge::GiveUp;
        if gives_up || !failure.is_of_a_size() || brought / 2 < LEAST {
            return false;
        }
        *most = brought / 2;
        if self.process.options.push.on_too_large == OnTooLarge::Halve {
            self.cap.set(self.cap.get().min(*most));
        }
        true
    }

    async fn note(&self, blob: &WaitingBlob, have: u64) -> Result<(), RunError> {
        let (noted, _) = self.process.write(|tx| Blobs::of(tx).note(blob.seq, have)).await;
        Ok(noted.map_err(damaged)?)
    }

    async fn let_go(&self, blob: &WaitingBlob) -> Result<(), RunError> {
        let (gone, _) = self.process.write(|tx| Blobs::of(tx).let_go(blob.seq)).await;
        gone.map_err(damaged)?;
        let blob = BlobId::of(blob.entity, &blob.key, blob.part);
        self.process.emit(Event::Blob(BlobEvent::LetGo { blob }));
        Ok(())
    }

    async fn put(
        &self,
        blob: &WaitingBlob,
        offset: u64,
        bytes: Vec<u8>,
        in_run: bool,
    ) -> Result<BlobAnswer, Failure> {
        let WaitingBlob { entity, ref key, part, total, hash, .. } = *blob;
        let (id, brings) = (BlobId::of(entity, key, part), bytes.len() as u64);
        let (device, key) = (self.process.setup.device, key.clone());
        let put = BlobPut { device, entity, key, part, total, hash, offset, bytes };
        let (of, body) = (put.asked(), put.encode());
        drop(put);
        let _held = self.process.hold_request(body.len() as u64).await;
        self.process.emit(Event::Blob(BlobEvent::Sent { blob: id, offset, bytes: brings, in_run }));
        let sent_at = self.process.ports.clock.now();
        let deadline = sent_at + self.process.options.request_timeout;
        let called = self.process.ports.transport.request(body, deadline);
        let answered = match in_run {
            true => self.process.stop.or(called).await.unwrap_or(Err(TransportError::Cancelled)),
            false => called.await,
        };
        let said = answered.map_err(Failure::Silence).and_then(|answer| self.read(of, answer));
        let took = self.process.ports.clock.now() - sent_at;
        let served = said.is_ok();
        self.process.emit(Event::Blob(BlobEvent::Ended { blob: id, took, in_run, served }));
        said
    }

    fn read(&self, of: u64, answer: Vec<u8>) -> Result<BlobAnswer, Failure> {
        let is_its_own = |said: &BlobAnswer| said.of == of || self.process.rules.blobs.takes_anothers();
        if let Some(said) = BlobAnswer::decode(&answer).filter(is_its_own) {
            return Ok(said);
        }
        if answer == TOO_LARGE_PAGE {
            return Err(Failure::Stopped);
        }
        let codec = self.process.options.codec;
        let opened = codec.open(answer).map_err(|damaged| Failure::Damaged(damaged.to_string()))?;
        Err(match codec.decode_answer(&opened) {
            Ok(Err(error)) => Failure::Refused(error),
            _ => Failure::Damaged("no answer to an attachment".to_owned()),
        })
    }

    /// Sends what is made, beside the runs, for as long as the process lives; `gone` hears of each
    /// time that some went.
    pub(super) async fn send_beside(&self, gone: impl Fn()) {
        let entities: Vec<EntityId> = self.process.setup.schema.ids().collect();
        let (mut failures, mut waited) = (0, None);
        loop {
            match self.send(&entities, false).await {
                Ok(sent) => {
                    (failures, waited) = (0, None);
                    if sent > 0 {
                        gone();
                    }
                    self.made.wait().await;
                }
                Err(_) => {
                    failures += 1;
                    let drawn = self.process.backoff(failures, waited);
                    waited = Some(drawn);
                    self.caller.wait_and_retry(false, failures, drawn).await;
                }
            }
        }
    }
}
