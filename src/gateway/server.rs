//! Serves the requests of devices.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::blobs::Blobs;
use super::capture::{self, Ask, Capture, Effort, Reader, Strategy};
use super::excerpt::Sending;
use super::held::{CursorHolder, CursorLine, Cursors, Keeping};
use super::incarnation::{Life, Restored};
use super::limits::Limits;
use super::mode::Mode;
use super::options::GatewayOptions;
use super::persistent::Persistent;
use super::upload_cache::UploadCache;
use super::version::{self, Versions};
use crate::backend::{Backend, Call, Change, Load};
use crate::base::{DeviceId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{
    Answered, Attributes, CarriedRows, EachServed, Entity, Outcome, Schema, ServerError, SyncServer, SyncUnit,
};
use crate::disk;
use crate::protocol::{
    BlobPut, Codec, FetchRequest, PageWriter, Part, Projected, PullRequest, PushRequest, Request, SyncRequest,
};

/// The sync server.
pub struct Gateway {
    pub(super) codec: Codec,
    schema: Arc<Schema>,
    /// What its devices sync, where units bring excerpts.
    units: Arc<[SyncUnit]>,
    capture: Capture,
    pub(super) backend_restored: Restored,
    restored: Restored,
    /// How it finds out what changed: for devices, or for its replica.
    pub(super) strategy: Box<dyn Strategy>,
    pub(super) limits: Limits,
    blobs: Blobs,
    /// By device.
    pub(super) attributes: Vec<Attributes>,
    /// Where devices are, if it holds that.
    pub(super) cursors: Option<Cursors>,
    pub(super) persistent: Option<Persistent>,
    /// What it remembers of edits that it passed through, if it does.
    pub(super) uploads: Option<UploadCache>,
    /// The versions of the app, if there are several.
    versions: Option<Rc<Versions>>,
}

/// What a backup holds of a gateway.
pub struct Backup {
    strategy: Box<dyn Strategy>,
    cursors: Option<Cursors>,
    replica: Option<disk::Backup>,
    uploads: Option<UploadCache>,
}

impl Gateway {
    /// A gateway for devices with these attributes, by their number, whose clock shows `start` at
    /// time 0.
    pub fn new(
        options: &GatewayOptions,
        schema: &Arc<Schema>,
        attributes: Vec<Attributes>,
        start: Stamp,
    ) -> Gateway {
        let (capture, persistent) = match options.mode {
            Mode::Ota => (&options.serve, None),
            Mode::Persistent => {
                let persistent = Persistent::new(&options.refresh, Arc::clone(schema), start);
                (&options.refresh.capture, Some(persistent))
            }
        };
        let cursors = match options.cursors {
            CursorHolder::Client => None,
            CursorHolder::Server(advance) => Some(Cursors::new(advance)),
        };
        let strategy = capture::strategy(capture);
        let (capture, &GatewayOptions { codec, backend_restored, restored, .. }) = (capture.clone(), options);
        let schema = Arc::clone(schema);
        Gateway {
            codec,
            schema,
            units: Arc::from([]),
            capture,
            backend_restored,
            restored,
            strategy,
            blobs: Blobs::default(),
            limits: Limits { request: options.body_limit, answer: options.response_limit },
            attributes,
            cursors,
            persistent,
            uploads: options.upload_cache.map(UploadCache::new),
            versions: None,
        }
    }

    /// For devices that run several versions of an app.
    #[must_use]
    pub fn with_versions(self, versions: Option<Rc<Versions>>) -> Gateway {
        Gateway { versions, ..self }
    }

    /// For devices with these units: of what a unit brings an excerpt it is sent no more.
    #[must_use]
    pub fn with_units(self, units: Arc<[SyncUnit]>) -> Gateway {
        Gateway { units, ..self }
    }

    /// What it writes messages with.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether it answers from a replica.
    pub fn is_persistent(&self) -> bool {
        self.persistent.is_some()
    }

    /// A copy of all that is durable.
    pub fn backup(&self) -> Backup {
        Backup {
            strategy: self.strategy.copy(),
            cursors: self.cursors.clone(),
            replica: self.persistent.as_ref().map(|persistent| persistent.replica.backup()),
            uploads: self.uploads.clone(),
        }
    }

    /// While no process runs, its state goes back to that of a backup. If it notices that, what it
    /// gives out from now on is unlike what was given between the backup and `now`.
    pub fn restore(&mut self, now: Time, backup: Backup) {
        (self.strategy, self.cursors) = (backup.strategy, backup.cursors);
        self.uploads = backup.uploads;
        // What was not durable then is in no backup.
        self.uploads.iter_mut().for_each(UploadCache::die);
        self.strategy.forget();
        let noticed = self.restored == Restored::Noticed;
        if noticed {
            self.strategy.put_back();
            self.cursors.iter_mut().for_each(|cursors| cursors.begin_epoch(now.0));
        }
        if let (Some(persistent), Some(files)) = (&mut self.persistent, backup.replica) {
            persistent.restore(noticed.then_some(now), &files);
        }
    }

    /// It is replaced by one with the same options that knows nothing of what went before.
    pub fn forget(&mut self) {
        self.strategy = capture::strategy(&self.capture);
        self.uploads = self.uploads.as_ref().map(|uploads| UploadCache::new(uploads.options));
        if let Some(cursors) = &mut self.cursors {
            *cursors = cursors.reloaded();
        }
    }

    fn handle(
        &mut self,
        request: &Request,
        effort: &mut Effort,
        backend: &mut Backend,
    ) -> Result<Vec<u8>, ServerError> {
        let Gateway { codec, strategy, cursors, uploads, versions, .. } = self;
        let (uploads, versions) = (uploads.as_ref(), versions.as_deref());
        let (codec, strategy) = (*codec, &mut **strategy);
        let attributes = &self.attributes[request.device().0 as usize];
        match request {
            Request::Pull(pull) => {
                let life = Life::of(backend.incarnation(), self.backend_restored);
                let cursors = cursors.as_mut();
                let unit = self.units.get(usize::from(pull.unit.0));
                Pulling { codec, strategy, cursors, backend, life, attributes, unit, pull, versions }
                    .answer(effort)
            }
            Request::Push(push) => {
                effort.scanned = push.mutations.len() as u64;
                let outcomes = take_edits((backend, versions), attributes, push, (strategy, uploads));
                backend.call.load.rows = outcomes.len() as u64;
                let ids = push.mutations.iter().map(|mutation| mutation.id.as_str());
                Ok(codec.results(push.asked(), &mut ids.zip(&outcomes)))
            }
            Request::Sync(SyncRequest { push, pull }) => {
                let outcomes = take_edits((backend, versions), attributes, push, (strategy, uploads));
                let life = Life::of(backend.incarnation(), self.backend_restored);
                let cursors = cursors.as_mut();
                let unit = self.units.get(usize::from(pull.unit.0));
                let mut pulling =
                    Pulling { codec, strategy, cursors, backend, life, attributes, unit, pull, versions };
                Ok(pulling.after(push, &outcomes, effort))
            }
            Request::Fetch(fetch) => handle_fetch(codec, (backend, versions), attributes, fetch, effort),
        }
    }

    /// Of when the oldest of the files is that it works from, if it does so and has been asked;
    /// time 0 where one was never complete.
    pub fn files_as_of(&self) -> Option<Time> {
        self.strategy.files_as_of()
    }

    /// Reads the files that are there, if it works from files.
    pub fn fetch_files(&mut self, now: Time, backend: &mut Backend) {
        self.strategy.fetch_files(backend, now);
    }

    /// What it keeps to find changes for devices, bytes.
    fn state(&self) -> u64 {
        self.strategy.state() + self.cursors.as_ref().map_or(0, Cursors::bytes)
    }

    pub(super) fn read(&self, request: &[u8]) -> Result<(DeviceId, Request), ServerError> {
        let request = self.codec.decode_request(request);
        let request = request.map_err(|damaged| ServerError::BadRequest(damaged.to_string()))?;
        let device = request.device();
        if device.0 as usize >= self.attributes.len() {
            return Err(ServerError::BadRequest(format!("there is no device {device}")));
        }
        Ok((device, request))
    }
}

impl SyncServer<Backend> for Gateway {
    fn serve(&mut self, _: DeviceId, request: &[u8], backend: &mut Backend) -> Result<Vec<u8>, ServerError> {
        if BlobPut::is_one(request) {
            let persistent = &self.persistent;
            let waiting = || persistent.iter().flat_map(|p| p.replica.first(0, usize::MAX, &[]));
            let comes = |entity, key: &Key| {
                waiting().any(|one| (one.mutation.entity, &one.mutation.key) == (entity, key))
            };
            return self.blobs.serve(request, self.attributes.len(), backend, comes);
        }
        let (device, request) = self.read(request)?;
        backend.call.kind = request.kind();
        let mut effort = Effort::default();
        let admitted = backend.admit(device);
        let answer = admitted.and_then(|()| self.handle(&request, &mut effort, backend));
        let answer = answer.and_then(|answer| self.limits.sends(answer));
        let Effort { scanned, writes, .. } = effort;
        backend.call.load = Load { scanned, written: writes, ..backend.call.load };
        if request.kind().pulls() && backend.call.is_admitted() {
            backend.call.found = Some(effort.event(self.state()));
        }
        answer
    }

    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.codec.refusal(error)
    }

    fn answer(&mut self, now: Time, _: DeviceId, request: &[u8]) -> Option<Answered> {
        match self.limits.takes(request) {
            Ok(()) if BlobPut::is_one(request) => None,
            Ok(()) => self.answer_from_replica(now, request),
            Err(error) => Some(Answered { answer: self.refuse(&error), done_at: now, events: Vec::new() }),
        }
    }

    fn ended(&mut self, backend: &mut Backend, has_left: bool) {
        if backend.call.kind.pulls() && backend.call.is_admitted() {
            let now = backend.call.now;
            self.strategy.answered(backend, now, has_left);
            self.cursors.iter_mut().for_each(|cursors| cursors.answered(has_left));
        }
    }

    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let Ok(opened) = self.codec.open(answer.to_vec()) else { return };
        let Ok(Ok(answer)) = self.codec.decode_answer(&opened) else { return };
        for page in &answer.pages {
            for row in page.rows.iter() {
                f(page.entity, row.key, row.stamp, row.values.is_none());
            }
        }
    }

    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        match &self.persistent {
            Some(persistent) => persistent.cursor_at(entity, stamp),
            None => self.strategy.cursor_at(entity, stamp),
        }
    }

    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {
        // Of devices that are served from a replica nothing is kept here.
        if self.persistent.is_none() {
            let reader = Reader::Device(device, &self.attributes[device.0 as usize]);
            self.strategy.begin_with(&self.schema, reader, stamp, rows);
        }
        for entity in self.schema.ids() {
            let cursor = self.cursor_at(entity, stamp);
            if let Some(cursors) = &mut self.cursors {
                cursors.begin(device, entity, cursor);
            }
        }
    }

    fn died(&mut self) {
        self.strategy.forget();
        self.uploads.iter_mut().for_each(UploadCache::die);
        if let Some(persistent) = &mut self.persistent {
            persistent.die();
        }
    }

    fn restarted(&mut self) {
        if let Some(persistent) = &mut self.persistent {
            persistent.reopen();
        }
    }
}

struct Pulling<'p> {
    codec: Codec,
    strategy: &'p mut dyn Strategy,
    cursors: Option<&'p mut Cursors>,
    backend: &'p mut Backend,
    life: Life,
    attributes: &'p [Value],
    unit: Option<&'p SyncUnit>,
    pull: &'p PullRequest,
    versions: Option<&'p Versions>,
}

impl Pulling<'_> {
    fn answer(mut self, effort: &mut Effort) -> Result<Vec<u8>, ServerError> {
        let Call { now, deadline, .. } = self.backend.call;
        let doomed = self.backend.service.begins(now) > deadline;
        // Nobody will read what is answered after the gateway gave up, but the backend does not
        // know that and works for it.
        let asked = self.pull.asked();
        let writer = if doomed { self.codec.counted_pages(asked) } else { self.codec.pages(asked) };
        let mut rows = 0;
        let answer = self.pages(writer, now, effort, &mut rows);
        self.backend.call.load.rows = rows;
        answer
    }

    /// The answer to the edits of `push`, and to the pull that came with them. Where that is
    /// refused the verdicts go alone: who asked asks for pages again, and is told why not.
    fn after(&mut self, push: &PushRequest, outcomes: &[Outcome], effort: &mut Effort) -> Vec<u8> {
        let (codec, now) = (self.codec, self.backend.call.now);
        let ids = push.mutations.iter().map(|mutation| mutation.id.as_str());
        let writer = codec.pages_after(push.asked(), &mut ids.clone().zip(outcomes));
        let mut rows = 0;
        let answer = self.pages(writer, now, effort, &mut rows);
        let load = &mut self.backend.call.load;
        (load.rows, load.pushed) = (rows, outcomes.len() as u64);
        answer.unwrap_or_else(|_| codec.results(push.asked(), &mut ids.zip(outcomes)))
    }

    /// Fills an answer with the wanted entities in their order, up to the rows and bytes that were
    /// asked for.
    fn pages(
        &mut self,
        mut writer: Box<dyn PageWriter>,
        now: Time,
        effort: &mut Effort,
        rows: &mut u64,
    ) -> Result<Vec<u8>, ServerError> {
        let Pulling { codec: _, strategy, cursors, backend, life, attributes, unit, pull, versions } = self;
        let schema = Arc::clone(backend.schema());
        let most = u64::from(pull.rows.clamp(1, backend.page_cap()));
        for want in &pull.wants {
            let full = writer.bytes() >= pull.bytes && *rows > 0;
            if full || *rows >= most {
                break;
            }
            let entity = want.entity;
            let line = CursorLine { device: pull.device, entity, unit: pull.unit };
            let told = cursors.next(line, want.cursor.as_deref())?;
            let cursor = life.read(entity, told).inspect_err(|error| cursors.failed(line, error))?;
            let cursor = cursor.as_deref();
            let (reader, limit) = (Reader::Device(pull.device, attributes), most - *rows);
            let width = version::width(*versions, pull.device, entity);
            let excerpt = unit.and_then(|unit| unit.excerpt(entity));
            let mut excerpt = excerpt.map(|of| Sending::new(of, attributes, &**strategy, (cursor, limit)));
            // Rows that are passed over do not fill a page.
            let limit = if excerpt.is_some() { usize::MAX } else { limit as usize };
            let local = Stamp(pull.clock.0.saturating_add(i64::from(pull.zone) * 1_000_000));
            let of = (pull.unit, pull.run);
            let ask = Ask { reader, entity, cursor, limit, clock: pull.clock, local, pull: of };
            writer.begin_page(entity);
            let page = strategy.page(backend, now, ask, &mut |change, part| {
                effort.kinds[kind(&change)] += 1;
                let full = match &mut excerpt {
                    Some(excerpt) => excerpt.send(&mut *writer, change),
                    None => {
                        write_change(&mut *writer, (schema.entity(entity), width), change, part);
                        false
                    }
                };
                if full || writer.bytes() >= pull.bytes {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            let page = page.inspect_err(|error| cursors.failed(line, error))?;
            writer.undone(backend.undone());
            page.withheld.iter().for_each(|key| writer.withheld(key.as_str()));
            backend.unseen_from(now).into_iter().for_each(|stamp| writer.unseen_from(stamp));
            if want.ids > 0 {
                writer.ids(backend.give_ids(entity, want.ids), want.ids);
            }
            writer.end_page(&cursors.sends(line, life.named(page.cursor)), page.more);
            *effort = effort.plus(page.effort);
            *rows += excerpt.map_or(page.delivered, |excerpt| excerpt.sent());
        }
        Ok(writer.finish())
    }
}

/// What becomes of the edits of a push.
fn take_edits(
    (backend, versions): (&mut Backend, Option<&Versions>),
    attributes: &[Value],
    push: &PushRequest,
    (strategy, uploads): (&mut dyn Strategy, Option<&UploadCache>),
) -> Vec<Outcome> {
    let now = backend.call.now;
    let mut outcomes = match uploads {
        Some(uploads) => uploads.push(backend, attributes, push),
        None => backend.push_in_call(attributes, &push.mutations),
    };
    let reader = Reader::Device(push.device, attributes);
    for (mutation, outcome) in push.mutations.iter().zip(&outcomes) {
        strategy.touched(now, reader, mutation.entity, &mutation.key);
        if let Outcome::Conflict { current: Some(row), .. }
        | Outcome::Rejected { current: Some(row), .. }
        | Outcome::Named { row, .. } = outcome
        {
            strategy.touched(now, reader, mutation.entity, &row.key);
        }
    }
    version::narrow(versions, push.device, &push.mutations, &mut outcomes);
    outcomes
}

fn handle_fetch(
    codec: Codec,
    (backend, versions): (&mut Backend, Option<&Versions>),
    attributes: &[Value],
    fetch: &FetchRequest,
    effort: &mut Effort,
) -> Result<Vec<u8>, ServerError> {
    let now = backend.call.now;
    let mut writer = codec.pages(fetch.asked());
    let limit = fetch.rows.clamp(1, backend.page_cap()) as usize;
    writer.begin_page(fetch.entity);
    let width = version::width(versions, fetch.device, fetch.entity);
    let schema = Arc::clone(backend.schema());
    let fetched = backend.sight(now).fetch(fetch.entity, attributes, &fetch.of, limit, |change| {
        write_change(&mut *writer, (schema.entity(fetch.entity), width), change, None);
    })?;
    (effort.scanned, backend.call.load.rows) = (fetched.scanned, fetched.delivered);
    // There is nothing to go on from: a record with more rows than this shows its first ones.
    writer.undone(backend.undone());
    writer.end_page("", fetched.more);
    Ok(writer.finish())
}

/// Writes a change as devices hold it that hold so many of its columns.
fn write_change(
    writer: &mut dyn PageWriter,
    (entity, width): (&Entity, usize),
    change: Change<'_>,
    part: Option<Part>,
) {
    let (key, stamp) = (change.key.as_str(), change.stamp);
    let columns = &entity.projection[..width.min(entity.projection.len())];
    let values = change.values.map(|values| Projected { values, columns });
    match (part, values) {
        (Some(part), Some(values)) => writer.part(part, key, stamp, values),
        (_, values) => writer.row(key, stamp, values),
    }
}

fn kind(change: &Change<'_>) -> usize {
    match (change.values.is_some(), change.is_new) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    }
}
