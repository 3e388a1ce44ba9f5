//! Serves the requests of devices.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::blobs::Blobs;
use super::capture::{Ask, Effort, Reader, Strategy};
use super::demands::Demands;
use super::excerpt::Sending;
use super::half::{Answered, ServerHalf};
use super::held::{CursorKey, Cursors};
use super::incarnation::{Life, Restored};
use super::jobs::Jobs;
use super::mode::Mode;
use super::options::GatewayOptions;
use super::persistent::Persistent;
use super::scope_change::{self, ChangeSource, FormerScopes};
use super::upload_cache::UploadCache;
use super::version::{self, Versions};
use crate::backend::{Backend, Change, Load};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time};
use crate::contract::{
    Attributes, CarriedRows, EachServed, EditKind, Entity, Mutation, Outcome, Reply, Schema, ServerError,
    SyncUnit,
};
use crate::disk;
use crate::protocol::{
    BlobPut, FetchRequest, PageWriter, Part, Projected, PullRequest, PushRequest, Request, SyncRequest,
};

/// The sync server.
pub struct Gateway {
    pub(crate) options: GatewayOptions,
    pub(super) schema: Arc<Schema>,
    /// The devices' sync units. A unit with an excerpt of an entity gets only that excerpt.
    pub(crate) units: Arc<[SyncUnit]>,
    pub(super) strategy: Box<dyn Strategy>,
    blobs: Blobs,
    demands: Demands,
    pub(super) attributes: Vec<Attributes>,
    pub(super) former_scopes: FormerScopes,
    pub(super) cursors: Cursors,
    pub(super) persistent: Option<Persistent>,
    pub(super) uploads: Option<UploadCache>,
    pub(super) jobs: Option<Jobs>,
    /// The time that the gateway's clock shows at time 0.
    start: Stamp,
    versions: Option<Rc<Versions>>,
}

pub(crate) struct Backup {
    strategy: Box<dyn Strategy>,
    cursors: Cursors,
    replica: Option<disk::Backup>,
    uploads: Option<UploadCache>,
}

impl Gateway {
    /// A gateway for devices with these attributes, by number. Its clock shows `start` at time 0.
    pub fn new(
        options: &GatewayOptions,
        schema: &Arc<Schema>,
        attributes: Vec<Attributes>,
        start: Stamp,
    ) -> Gateway {
        let persistent = || Persistent::new(&options.refresh, Arc::clone(schema), start);
        Gateway {
            options: options.clone(),
            schema: Arc::clone(schema),
            units: Arc::from([]),
            strategy: options.capture().strategy(),
            blobs: Blobs::new(options.attachment_again),
            demands: Demands::default(),
            attributes,
            former_scopes: FormerScopes::default(),
            cursors: Cursors::new(options.cursors),
            persistent: (options.mode == Mode::Persistent).then(persistent),
            uploads: options.upload_cache.map(UploadCache::new),
            jobs: options.job.map(Jobs::new),
            start,
            versions: None,
        }
    }

    #[must_use]
    pub(crate) fn with_versions(self, versions: Option<Rc<Versions>>) -> Gateway {
        Gateway { versions, ..self }
    }

    pub(crate) fn backup(&self) -> Backup {
        Backup {
            strategy: self.strategy.copy(),
            cursors: self.cursors.clone(),
            replica: self.persistent.as_ref().map(|persistent| persistent.replica.backup()),
            uploads: self.uploads.clone(),
        }
    }

    /// Restores a backup while no process runs. If the gateway notices the restore, its later
    /// cursors differ from all earlier ones.
    pub(crate) fn restore(&mut self, now: Time, backup: Backup) {
        (self.strategy, self.cursors) = (backup.strategy, backup.cursors);
        self.uploads = backup.uploads;
        // A backup has no volatile state.
        self.uploads.iter_mut().for_each(UploadCache::die);
        self.jobs.iter_mut().for_each(Jobs::die);
        self.strategy.forget();
        let noticed = self.options.restored == Restored::Noticed;
        if noticed {
            self.strategy.put_back();
            self.cursors.begin_epoch(now.0);
        }
        if let (Some(persistent), Some(files)) = (&mut self.persistent, backup.replica) {
            persistent.restore(noticed.then_some(now), &files);
        }
    }

    /// Demands a reset: these devices must discard their copy before they get any row.
    pub(crate) fn demand_reset(&mut self, devices: &[DeviceId]) {
        self.demands.add(devices);
    }

    /// The refusal of a request, if its device must discard its copy first; otherwise `None`.
    fn demand(&mut self, now: Time, request: &[u8]) -> Option<Answered> {
        if self.demands.is_empty() {
            return None;
        }
        let (device, request) = self.read(request).ok()?;
        let refuses = self.demands.refuses(device, &request);
        let answer = || self.refuse(&ServerError::MustReset);
        refuses.then(|| Answered { answer: answer(), done_at: now, events: Vec::new() })
    }

    /// Replaces the gateway by one with the same options and without memory.
    pub(crate) fn forget(&mut self) {
        self.strategy = self.options.capture().strategy();
        self.uploads = self.uploads.as_ref().map(|uploads| UploadCache::new(uploads.options));
        self.cursors = self.cursors.reloaded();
    }

    /// Gives a device's person other attributes. `at_login`: the gateway learns of them at the
    /// device's next login.
    pub(crate) fn reassign(&mut self, device: DeviceId, attributes: Attributes, at_login: bool) {
        let present = &mut self.attributes[device.0 as usize];
        match at_login {
            true => self.former_scopes.wait_for_login(device, attributes),
            false => self.former_scopes.replace(device, present, attributes),
        }
    }

    /// Notes that somebody logs in on a device.
    pub(crate) fn logs_in(&mut self, device: DeviceId) {
        if let Some(attributes) = self.former_scopes.due_at_login(device) {
            self.reassign(device, attributes, false);
        }
    }

    /// Forgets all facts about a device. The device then loads everything again.
    pub(crate) fn forget_device(&mut self, device: DeviceId) {
        self.cursors.forget(device, self.schema.ids());
    }

    fn handle(
        &mut self,
        request: &Request,
        effort: &mut Effort,
        backend: &mut Backend,
    ) -> Result<Vec<u8>, ServerError> {
        let codec = self.options.codec;
        match request {
            Request::Pull(pull) => {
                let writer = codec.pages(pull.asked());
                self.pages(backend, pull, writer, effort)
            }
            Request::Push(push) => {
                let outcomes = self.take_edits(backend, push);
                effort.scanned = push.mutations.len() as u64;
                backend.call.load.rows = outcomes.len() as u64;
                Ok(codec.results(push.asked(), &mut ids(push).zip(&outcomes)))
            }
            Request::Sync(SyncRequest { push, pull }) => {
                let outcomes = self.take_edits(backend, push);
                backend.call.load.pushed = outcomes.len() as u64;
                let writer = codec.pages_after(push.asked(), &mut ids(push).zip(&outcomes));
                let answer = self.pages(backend, pull, writer, effort);
                // If the pull is refused, the response has only the verdicts. The device asks for
                // pages again, and then gets the reason.
                Ok(answer.unwrap_or_else(|_| codec.results(push.asked(), &mut ids(push).zip(&outcomes))))
            }
            Request::Fetch(fetch) => self.fetch(backend, fetch, effort),
        }
    }

    /// Writes the pages of the wanted entities in order, up to the limits of rows and bytes.
    fn pages(
        &mut self,
        backend: &mut Backend,
        pull: &PullRequest,
        mut writer: PageWriter,
        effort: &mut Effort,
    ) -> Result<Vec<u8>, ServerError> {
        let Gateway { strategy, cursors, versions, former_scopes, .. } = self;
        let (attributes, unit) =
            (&*self.attributes[pull.device.0 as usize], self.units.get(usize::from(pull.unit.0)));
        let (now, schema) = (backend.call.now, Arc::clone(backend.schema()));
        let life = Life::of(backend.incarnation(), self.options.backend_restored);
        let local = Stamp(pull.clock.0.saturating_add(i64::from(pull.zone) * 1_000_000));
        let most = u64::from(pull.rows.clamp(1, backend.page_cap()));
        for want in &pull.wants {
            let rows = backend.call.load.rows;
            if rows >= most || writer.bytes() >= pull.bytes && rows > 0 {
                break;
            }
            let entity = want.entity;
            let line = CursorKey { device: pull.device, entity, unit: pull.unit };
            let told = cursors.next(line, want.cursor.as_deref())?;
            let cursor = life.read(entity, told).inspect_err(|error| cursors.failed(line, error))?;
            let cursor = cursor.as_deref();
            let of = schema.entities.get(usize::from(entity.0));
            let scopes = former_scopes.of(pull.device, of, attributes, self.options.scope_change);
            let (reader, limit) = (Reader::Device(pull.device, attributes), most - rows);
            let width = version::width(versions.as_deref(), pull.device, entity);
            let inner = cursor.map(scope_change::inner);
            let excerpt = unit.and_then(|unit| unit.excerpt(entity));
            let mut excerpt = excerpt.map(|of| Sending::new(of, attributes, &**strategy, (inner, limit)));
            // Rows outside the excerpt do not count towards a page.
            let limit = if excerpt.is_some() { usize::MAX } else { limit as usize };
            let of = (pull.unit, pull.run);
            let ask = Ask { reader, entity, cursor, limit, clock: pull.clock, local, pull: of };
            writer.begin_page(entity);
            let source = &mut ChangeSource { strategy: &mut **strategy, backend, now };
            let page = scopes.page(source, ask, &mut |change, part| {
                effort.kinds[kind(&change)] += 1;
                let full = match &mut excerpt {
                    Some(excerpt) => excerpt.send(&mut writer, change),
                    None => {
                        write_change(&mut writer, (schema.entity(entity), width), change, part);
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
            backend.call.load.rows += excerpt.map_or(page.delivered, |excerpt| excerpt.sent);
        }
        Ok(writer.finish())
    }

    /// Applies the edits of a push.
    fn take_edits(&mut self, backend: &mut Backend, push: &PushRequest) -> Vec<Outcome> {
        let (now, attributes) = (backend.call.now, &*self.attributes[push.device.0 as usize]);
        let mut outcomes = match &self.uploads {
            Some(uploads) => uploads.push(backend, attributes, push),
            None => backend.push_in_call(attributes, &push.mutations),
        };
        let reader = Reader::Device(push.device, attributes);
        for (mutation, outcome) in push.mutations.iter().zip(&outcomes) {
            touched(&mut *self.strategy, (now, reader), mutation, outcome);
        }
        version::narrow(self.versions.as_deref(), push.device, &push.mutations, &mut outcomes);
        outcomes
    }

    fn fetch(
        &self,
        backend: &mut Backend,
        fetch: &FetchRequest,
        effort: &mut Effort,
    ) -> Result<Vec<u8>, ServerError> {
        let attributes = &*self.attributes[fetch.device.0 as usize];
        let mut writer = self.options.codec.pages(fetch.asked());
        let limit = fetch.rows.clamp(1, backend.page_cap()) as usize;
        writer.begin_page(fetch.entity);
        let width = version::width(self.versions.as_deref(), fetch.device, fetch.entity);
        let (sight, schema) = (backend.sight(backend.call.now), backend.schema());
        let fetched = sight.fetch(fetch.entity, attributes, &fetch.of, limit, |change| {
            write_change(&mut writer, (schema.entity(fetch.entity), width), change, None);
        })?;
        (effort.scanned, backend.call.load.rows) = (fetched.scanned, fetched.delivered);
        // A fetch has one page: a record with more rows shows the first ones only.
        writer.undone(backend.undone());
        writer.end_page("", fetched.more);
        Ok(writer.finish())
    }

    pub(crate) fn files_as_of(&self) -> Option<Time> {
        self.strategy.files_as_of()
    }

    pub(crate) fn fetch_files(&mut self, now: Time, backend: &mut Backend) {
        self.strategy.fetch_files(backend, now);
    }

    fn state(&self) -> u64 {
        self.strategy.state() + self.cursors.bytes()
    }

    /// The time that the gateway's clock shows.
    pub(crate) fn clock(&self, now: Time) -> Stamp {
        self.start.plus(now.since(Time::ZERO))
    }

    /// The cursor of a device that has everything committed so far.
    pub(crate) fn cursor_now(&self, backend: &Backend, now: Time, entity: EntityId) -> String {
        let cursor = self.cursor_at(entity, backend.clock(now));
        // The cursors of a replica name no incarnation.
        let is_named = self.persistent.is_none();
        let life = Life::of(backend.incarnation(), self.options.backend_restored);
        if is_named { life.named(cursor) } else { cursor }
    }

    /// True if the device's next pull must be refused, so that it loads everything again.
    pub(crate) fn must_start_over(&self, device: DeviceId) -> bool {
        self.demands.has(device) || self.cursors.has_forgotten(device)
    }

    /// Refuses a request if the device's clock is further off than the gateway tolerates.
    pub(super) fn compares_clock(&self, now: Time, request: &Request) -> Result<(), ServerError> {
        let Some(tolerance) = self.options.clock_tolerance else { return Ok(()) };
        let shows = self.clock(now);
        match request.clock() {
            Some(clock) if is_off(shows, clock, tolerance) => Err(ServerError::ClockOff(shows)),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self, request: &[u8]) -> Result<(DeviceId, Request), ServerError> {
        let request = self.options.codec.decode_request(request);
        let request = request.map_err(|damaged| ServerError::BadRequest(damaged.to_string()))?;
        let device = request.device();
        if device.0 as usize >= self.attributes.len() {
            return Err(ServerError::BadRequest(format!("there is no device {device}")));
        }
        Ok((device, request))
    }
}

impl ServerHalf for Gateway {
    fn serve(&mut self, _: DeviceId, request: &[u8], backend: &mut Backend) -> Result<Reply, ServerError> {
        if BlobPut::is_one(request) {
            let persistent = &self.persistent;
            let waiting = || persistent.iter().flat_map(|p| p.replica.first(0, usize::MAX, &[]));
            // Only a waiting creation brings the row to the backend.
            let brings = |of: &Mutation, entity, key: &Key| {
                of.kind == EditKind::Create && (of.entity, &of.key) == (entity, key)
            };
            let comes = |entity, key: &Key| waiting().any(|one| brings(&one.mutation, entity, key));
            return self.blobs.serve(request, self.attributes.len(), backend, comes).map(Reply::Now);
        }
        let (device, request) = self.read(request)?;
        self.compares_clock(backend.call.now, &request)?;
        backend.call.kind = request.kind();
        let mut effort = Effort::default();
        let admitted = backend.admit(device);
        let answer = admitted.and_then(|()| self.handle(&request, &mut effort, backend));
        let answer = answer.and_then(|answer| within(self.options.response_limit, answer));
        let Effort { scanned, writes, .. } = effort;
        backend.call.load = Load { scanned, written: writes, ..backend.call.load };
        if request.kind().pulls() && backend.call.is_admitted() {
            backend.call.found = Some(effort.event(self.state()));
        }
        answer.map(Reply::Now)
    }

    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.options.codec.refusal(error)
    }

    fn is_refusal(&self, answer: &[u8]) -> bool {
        self.options.codec.is_refusal(answer)
    }

    fn answer(&mut self, now: Time, _: DeviceId, request: &[u8]) -> Option<Answered> {
        match self.options.body_limit {
            Some(most) if request.len() as u64 > most => {
                let answer = self.refuse(&ServerError::RequestTooLarge(most));
                Some(Answered { answer, done_at: now, events: Vec::new() })
            }
            _ if BlobPut::is_one(request) => None,
            _ => self.demand(now, request).or_else(|| self.answer_from_replica(now, request)),
        }
    }

    fn ended(&mut self, backend: &mut Backend, has_left: bool) {
        if backend.call.kind.pulls() && backend.call.is_admitted() {
            let now = backend.call.now;
            self.strategy.answered(backend, now, has_left);
            self.cursors.response_done(has_left);
        }
    }

    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let Ok(opened) = self.options.codec.open(answer.to_vec()) else { return };
        let Ok(Ok(answer)) = self.options.codec.decode_answer(&opened) else { return };
        for page in &answer.pages {
            for row in page.rows.iter() {
                f(page.entity, row.key, row.stamp, row.values.is_none());
            }
        }
    }

    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        match &self.persistent {
            Some(persistent) => persistent.replica.cursor_at(entity, stamp),
            None => self.strategy.cursor_at(entity, stamp),
        }
    }

    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {
        // For devices served from a replica the gateway tracks no rows.
        if self.persistent.is_none() {
            let reader = Reader::Device(device, &self.attributes[device.0 as usize]);
            self.strategy.begin_with(&self.schema, reader, stamp, rows);
        }
        for entity in self.schema.ids() {
            let cursor = self.cursor_at(entity, stamp);
            self.cursors.begin(device, entity, cursor);
        }
    }

    fn died(&mut self) {
        self.strategy.forget();
        self.uploads.iter_mut().for_each(UploadCache::die);
        self.jobs.iter_mut().for_each(Jobs::die);
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

/// True if two clocks differ by more than `tolerance`.
fn is_off(server: Stamp, device: Stamp, tolerance: Span) -> bool {
    u128::from(server.0.abs_diff(device.0)) * 1_000 > u128::from(tolerance.0)
}

/// The response, or an error if it is too large. Even then the request has had its effect.
pub(super) fn within(limit: Option<u64>, answer: Vec<u8>) -> Result<Vec<u8>, ServerError> {
    match limit {
        Some(most) if answer.len() as u64 > most => Err(ServerError::AnswerTooLarge(most)),
        _ => Ok(answer),
    }
}

pub(super) fn ids(push: &PushRequest) -> impl Iterator<Item = &str> {
    push.mutations.iter().map(|mutation| mutation.id.as_str())
}

/// The keys that a verdict names: the key of the mutation, and the key of a conflicting row.
pub(super) fn keys_of<'m>(mutation: &'m Mutation, outcome: &'m Outcome) -> impl Iterator<Item = &'m Key> {
    let other = match outcome {
        Outcome::Conflict { current, .. } | Outcome::Rejected { current, .. } => {
            current.as_ref().map(|row| &row.key).filter(|key| **key != mutation.key)
        }
        Outcome::Named { row, .. } => Some(&row.key),
        Outcome::Applied { .. } | Outcome::Later | Outcome::Queued => None,
    };
    std::iter::once(&mutation.key).chain(other)
}

/// Notes that the reader will hold the rows of a verdict.
pub(super) fn touched(
    strategy: &mut dyn Strategy,
    (now, reader): (Time, Reader<'_>),
    mutation: &Mutation,
    outcome: &Outcome,
) {
    for key in keys_of(mutation, outcome) {
        strategy.touched(now, reader, mutation.entity, key);
    }
}

/// Writes a change for devices that hold only the first `width` columns.
fn write_change(
    writer: &mut PageWriter,
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
