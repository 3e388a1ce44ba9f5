//! Sends attachments of rows in stretches (ranges of bytes, one per request). Each request names
//! the offset of its stretch. So an interrupted upload can resume at the first byte that the server
//! does not have.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{EntityId, Key};
use crate::contract::{BlobEvent, BlobId, EngineEvent, ServerError, TOO_LARGE_PAGE, TransportError};
use crate::engine::attachment_options::{BlobQueue, First, OnThere, With};
use crate::engine::exchange::{Caller, Failure, GivenUp, RunError};
use crate::engine::flaws::Flaw;
use crate::engine::options::OnTooLarge;
use crate::engine::process::Process;
use crate::engine::tasks::{Signal, several};
use crate::engine::unit::scheduler::Scheduler;
use crate::protocol::{BlobAnswer, BlobPut};
use crate::store::{self, Stored, WaitingBlob};

/// The least bytes of a stretch after halving.
const LEAST: u64 = 100;

pub(crate) struct BlobSender {
    process: Rc<Process>,
    caller: Rc<Caller>,
    scheduler: Rc<Scheduler>,
    busy: RefCell<BTreeSet<i64>>,
    /// The most bytes per stretch, set after a stretch was too large. `u64::MAX` means no limit.
    cap: Cell<u64>,
    pub(crate) made: Signal,
}

impl BlobSender {
    pub(crate) fn new(process: Rc<Process>, caller: Rc<Caller>, scheduler: Rc<Scheduler>) -> BlobSender {
        let (busy, cap) = (RefCell::default(), Cell::new(u64::MAX));
        BlobSender { process, caller, scheduler, busy, cap, made: Signal::default() }
    }

    pub(crate) fn go(&self, queue: BlobQueue) -> bool {
        self.process.has_blobs() && self.process.options.attachments.queue == queue
    }

    /// The rows that must wait for their attachments.
    pub(crate) fn held_rows(&self) -> Stored<BTreeSet<(EntityId, Key)>> {
        if !self.process.has_blobs() || self.process.options.attachments.with == With::Apart {
            return Ok(BTreeSet::new());
        }
        let waiting = self.process.store.read(|tx| store::blobs::waiting(tx, false))?;
        Ok(waiting.into_iter().map(|blob| (blob.entity, blob.key)).collect())
    }

    /// Whether an attachment may be sent. Outside a run it may be sent only if a unit that sends
    /// its entity may run.
    fn may_go(&self, entity: EntityId, in_run: bool) -> bool {
        in_run || self.scheduler.may_send(entity)
    }

    fn next(&self, entities: &[EntityId], in_run: bool) -> Stored<Option<WaitingBlob>> {
        let small_first = self.process.options.attachments.first == First::Thumbnails;
        let rows_first = self.go(BlobQueue::Behind) && self.process.options.attachments.with == With::Apart;
        let waiting = self.process.store.read(|tx| match rows_first {
            true => store::blobs::behind_their_rows(tx, small_first),
            false => store::blobs::waiting(tx, small_first),
        })?;
        let busy = self.busy.borrow();
        let goes = |blob: &WaitingBlob| {
            let waits = entities.contains(&blob.entity) && !busy.contains(&blob.seq);
            waits && self.may_go(blob.entity, in_run)
        };
        Ok(waiting.into_iter().find(goes))
    }

    /// Sends all waiting attachments of these entities, several at a time. Returns the number of
    /// sent attachments. After a failure, running uploads finish and no other upload begins.
    pub(crate) async fn send(&self, entities: &[EntityId], in_run: bool) -> Result<usize, RunError> {
        let sent = Cell::new(0);
        let send_next = async || {
            let Some(next) = self.next(entities, in_run)? else { return Ok(false) };
            self.busy.borrow_mut().insert(next.seq);
            let brought = self.bring(&next, in_run).await;
            self.busy.borrow_mut().remove(&next.seq);
            sent.set(sent.get() + usize::from(brought?));
            Ok(true)
        };
        let parallel = self.process.options.attachments.parallel as usize;
        several(&self.process.dead, parallel, send_next).await.map(|()| sent.get())
    }

    /// Sends the rest of one attachment. Returns false if it must wait for another network.
    async fn bring(&self, blob: &WaitingBlob, in_run: bool) -> Result<bool, RunError> {
        let options = &self.process.options.attachments;
        let mut most = options.chunk_bytes.min(self.cap.get());
        let mut have = if options.resume { blob.sent } else { 0 };
        // If parts were sent before, or if the row may be missing, first ask the server.
        let mut unsure = have > 0 || blob.in_doubt;
        let (mut tries, mut waited, mut renewed) = (0, None, false);
        while self.may_go(blob.entity, in_run) {
            if let Err(error) = self.caller.token.renew_if_due(&self.process, in_run).await {
                let failure = Failure::Silence(error);
                return Err(GivenUp { failure, tries: tries + 1, refused: false }.ends_run());
            }
            let asks = unsure && (options.resume || blob.in_doubt);
            let stretch = if asks { 0 } else { most };
            let bytes = self.process.store.read(|tx| store::blobs::bytes(tx, blob.seq, have, stretch))?;
            self.process.settle_work().await;
            let (from, brings) = (have, bytes.len() as u64);
            let sent_at = self.process.ports.clock.now();
            let said = self.put(blob, from, bytes, in_run).await;
            let ends = !asks && from + brings == blob.total;
            let has_no_row = blob.in_doubt && said.as_ref().is_ok_and(|said| asks && !said.row);
            if has_no_row || self.is_done(&said, ends) {
                self.let_go(blob).await?;
                return Ok(true);
            }
            let failure = match said {
                Ok(said) => {
                    let begins = asks && !options.resume;
                    (have, unsure) = (if begins { 0 } else { said.have.min(blob.total) }, false);
                    if have != blob.sent && options.resume {
                        self.process.write(|tx| store::blobs::note(tx, blob.seq, have)).await?;
                    }
                    if have > from {
                        (tries, renewed) = (0, false);
                    }
                    // A question to the server is not progress and does not reset `tries`.
                    // Otherwise the run would never end if no stretch arrives.
                    if asks || have > from {
                        continue;
                    }
                    Failure::Damaged("the server does not take an attachment".to_owned())
                }
                Err(Failure::Refused(ServerError::AlreadyThere)) if options.resume => {
                    unsure = true;
                    continue;
                }
                Err(failure) => failure,
            };
            if self.shrinks(&failure, brings, &mut most) {
                continue;
            }
            let Some(failure) = self.caller.renewed(failure, sent_at, in_run, &mut renewed).await else {
                continue;
            };
            (unsure, have) = (true, if options.resume { have } else { 0 });
            tries += 1;
            let stopped = in_run && self.process.stop.is_asked();
            if stopped
                || tries >= self.process.options.retry.attempts
                || self.caller.is_retry_pointless(&failure)
            {
                let refused = matches!(failure, Failure::Refused(_));
                return Err(GivenUp { failure, tries, refused }.ends_run());
            }
            let drawn = self.process.backoff(tries, waited);
            waited = Some(drawn);
            self.caller.wait_and_retry(in_run, tries, drawn).await;
        }
        Ok(false)
    }

    /// Whether an attachment counts as uploaded after this response. `ends` says that all bytes
    /// were sent.
    fn is_done(&self, said: &Result<BlobAnswer, Failure>, ends: bool) -> bool {
        let refused_counts = self.process.options.attachments.on_there == OnThere::Done;
        match said {
            Ok(said) if said.whole => true,
            Err(Failure::Refused(ServerError::AlreadyThere)) if refused_counts => true,
            _ => ends && self.process.rules.has(Flaw::LastStretchIsAll),
        }
    }

    async fn let_go(&self, blob: &WaitingBlob) -> Stored<()> {
        self.process.write(|tx| store::blobs::let_go(tx, blob.seq)).await?;
        self.process.emit(EngineEvent::Blob(BlobEvent::LetGo { blob: id_of(blob) }));
        Ok(())
    }

    /// Halves the stretch after one was too large. Returns true if a smaller stretch follows at
    /// once.
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

    async fn put(
        &self,
        blob: &WaitingBlob,
        offset: u64,
        bytes: Vec<u8>,
        in_run: bool,
    ) -> Result<BlobAnswer, Failure> {
        let WaitingBlob { entity, ref key, part, total, hash, .. } = *blob;
        let (id, brings) = (id_of(blob), bytes.len() as u64);
        let (device, key) = (self.process.setup.device, key.clone());
        let put = BlobPut { device, entity, key, part, total, hash, offset, bytes };
        let (of, body) = (put.asked(), put.encode());
        drop(put);
        let _held = self.process.hold_request(body.len() as u64).await;
        self.process.emit(EngineEvent::Blob(BlobEvent::Sent { blob: id, offset, bytes: brings, in_run }));
        let sent_at = self.process.ports.clock.now();
        let deadline = sent_at + self.process.options.request_timeout;
        let called = self.process.ports.transport.request(body, deadline);
        let answered = self.process.unless_stopped(in_run, called).await;
        let answered = answered.unwrap_or(Err(TransportError::Cancelled));
        let said = answered.map_err(Failure::Silence).and_then(|answer| self.read(of, answer));
        let took = self.process.ports.clock.now() - sent_at;
        if let Err(Failure::Refused(ServerError::AlreadyThere)) = said {
            self.process.emit(EngineEvent::Blob(BlobEvent::There { blob: id }));
        }
        let served = said.is_ok();
        self.process.emit(EngineEvent::Blob(BlobEvent::Ended { blob: id, took, in_run, served }));
        said
    }

    fn read(&self, of: u64, answer: Vec<u8>) -> Result<BlobAnswer, Failure> {
        let is_its_own = |said: &BlobAnswer| said.of == of || self.process.rules.has(Flaw::TakesAnothersWord);
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

    /// Sends new attachments outside of runs until the process ends. Calls `gone` each time after
    /// attachments were sent.
    pub(crate) async fn send_beside(&self, gone: impl Fn()) {
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

fn id_of(blob: &WaitingBlob) -> BlobId {
    BlobId::of(blob.entity, &blob.key, blob.part)
}
