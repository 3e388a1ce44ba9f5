//! Serves the requests of devices.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::capture::{self, Ask, Effort, Reader, Rows, Strategy};
use super::held::{CursorHolder, Cursors, Keeping, Line};
use super::incarnation::{Life, Restored};
use super::options::{Capture, Mode, Options};
use super::persistent::Persistent;
use crate::backend::{self, Backend, Change, Fact, Failing, Load};
use crate::base::{DeviceId, EntityId, Stamp, Time, Value};
use crate::contract::{Attributes, Entity, Event, Outcome, RequestKind, Schema, ServerError};
use crate::disk;
use crate::protocol::{Codec, FetchRequest, PageWriter, Part, Projected, PullRequest, PushRequest, Request};

/// The sync server.
pub struct Gateway {
    pub(super) codec: &'static dyn Codec,
    capture: Capture,
    pub(super) backend_restored: Restored,
    restored: Restored,
    /// How it finds out what changed: for devices, or for its replica.
    pub(super) strategy: Box<dyn Strategy>,
    /// By device.
    pub(super) attributes: Vec<Attributes>,
    /// Where devices are, if it holds that.
    pub(super) cursors: Option<Cursors>,
    /// What it has besides if it keeps a replica.
    pub(super) persistent: Option<Persistent>,
}

/// What a backup holds of a gateway.
pub struct Backup {
    strategy: Box<dyn Strategy>,
    cursors: Option<Cursors>,
    replica: Option<disk::Backup>,
}

/// An answer, and what was done for it.
#[derive(Debug)]
pub struct Served {
    /// The answer's bytes.
    pub answer: Vec<u8>,
    /// When the answer leaves the backend; at the deadline if the gateway gives up.
    pub done_at: Time,
    /// What the backend did, in order; all of it when the request came.
    pub facts: Vec<Fact>,
    /// The backend's work; `None` if the request did not get to it.
    pub work: Option<backend::Served>,
    /// What finding the changes of a pull took the gateway, if it was one.
    pub found: Option<Event<'static>>,
    /// Why the answer says no, if it does.
    pub error: Option<ServerError>,
}

/// What a request comes to if nobody gives up on it.
#[derive(Debug)]
struct Handled {
    kind: RequestKind,
    effort: Effort,
    rows: u64,
    answer: Result<Vec<u8>, ServerError>,
    facts: Vec<Fact>,
}

impl Gateway {
    /// A gateway for devices with these attributes, by their number, whose clock shows `start` at time 0.
    pub fn new(
        options: &Options,
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
        let (capture, &Options { codec, backend_restored, restored, .. }) = (capture.clone(), options);
        Gateway { codec, capture, backend_restored, restored, strategy, attributes, cursors, persistent }
    }

    /// What it writes messages with.
    pub fn codec(&self) -> &'static dyn Codec {
        self.codec
    }

    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`, which is not later than the
    /// backend's start.
    pub fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        match &self.persistent {
            Some(persistent) => persistent.cursor_at(entity, stamp),
            None => self.strategy.cursor_at(entity, stamp),
        }
    }

    /// The gateway's process ends: what is not durable is gone.
    pub fn die(&mut self) {
        self.strategy.forget();
        if let Some(persistent) = &mut self.persistent {
            persistent.die();
        }
    }

    /// The next process begins.
    pub fn revive(&mut self) {
        if let Some(persistent) = &mut self.persistent {
            persistent.reopen();
        }
    }

    /// A copy of all that is durable.
    pub fn backup(&self) -> Backup {
        Backup {
            strategy: self.strategy.copy(),
            cursors: self.cursors.clone(),
            replica: self.persistent.as_ref().map(|persistent| persistent.replica.backup()),
        }
    }

    /// While no process runs, its state goes back to that of a backup. If it notices that, what it gives out from now on is unlike
    /// what was given between the backup and `now`.
    pub fn restore(&mut self, now: Time, backup: Backup) {
        (self.strategy, self.cursors) = (backup.strategy, backup.cursors);
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
        if let Some(cursors) = &mut self.cursors {
            *cursors = cursors.afresh();
        }
    }

    /// A device begins with rows that it was sent before the start, and in each entity with the cursor of `stamp`.
    pub fn begin_with(&mut self, schema: &Schema, device: DeviceId, stamp: Stamp, rows: &mut Rows<'_>) {
        // Of devices that are served from a replica nothing is kept here.
        if self.persistent.is_none() {
            let reader = Reader::Device(device, &self.attributes[device.0 as usize]);
            self.strategy.begin_with(schema, reader, stamp, rows);
        }
        for entity in schema.ids() {
            let cursor = self.cursor_at(entity, stamp);
            if let Some(cursors) = &mut self.cursors {
                cursors.begin(device, entity, cursor);
            }
        }
    }

    /// Serves a request that comes to the backend at `now` and that the gateway gives up on at `deadline`; to be called in the
    /// order in which they come.
    pub fn serve(&mut self, now: Time, deadline: Time, backend: &mut Backend, request: &[u8]) -> Served {
        let admitted = self
            .read(request)
            .and_then(|(device, request)| Ok((request, backend.service.admit(now, device)?)));
        let (request, admitted) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return refused(self.codec, now, error),
        };
        let attributes = &self.attributes[admitted.device.0 as usize];
        let Handled { kind, effort, rows, answer, facts } = match (&request, admitted.fails) {
            (request, Some(Failing::Before)) => Handled::nothing(request),
            (Request::Pull(pull), _) => {
                let (strategy, cursors) = (&mut *self.strategy, self.cursors.as_mut());
                let life = Life::of(backend.incarnation(), self.backend_restored);
                let codec = self.codec;
                Pulling { codec, strategy, cursors, backend, life, attributes, pull }.answer(now, deadline)
            }
            (Request::Push(push), _) => {
                handle_push(self.codec, now, backend, attributes, push, &mut *self.strategy)
            }
            (Request::Fetch(fetch), _) => handle_fetch(self.codec, now, backend, attributes, fetch),
        };
        let work = backend.service.serve(
            admitted,
            kind,
            Load { scanned: effort.scanned, rows, written: effort.writes },
        );
        let found = (kind == RequestKind::Pull).then(|| effort.event(self.state()));
        // Who wrote is answered when the transaction has committed.
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let answer = match admitted.fails {
            _ if done_at > deadline => Err(ServerError::GatewayTimeout),
            Some(_) => Err(ServerError::Failed),
            None => answer,
        };
        if kind == RequestKind::Pull {
            self.strategy.answered(backend, now, answer.is_ok());
            self.cursors.iter_mut().for_each(|cursors| cursors.answered(answer.is_ok()));
        }
        let (answer, error) = match answer {
            Ok(answer) => (answer, None),
            Err(error) => (self.codec.refusal(&error), Some(error)),
        };
        Served { answer, done_at: done_at.min(deadline), facts, work: Some(work), found, error }
    }

    /// Of when the oldest of the files is that it works from, if it does so and has been asked; time 0 where one was never complete.
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

    /// The request, and the device that makes it.
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

/// A pull that was let in.
struct Pulling<'p> {
    codec: &'static dyn Codec,
    strategy: &'p mut dyn Strategy,
    cursors: Option<&'p mut Cursors>,
    backend: &'p mut Backend,
    life: Life,
    attributes: &'p [Value],
    pull: &'p PullRequest,
}

impl Pulling<'_> {
    fn answer(mut self, now: Time, deadline: Time) -> Handled {
        let (mut effort, mut rows) = (Effort::default(), 0);
        let doomed = self.backend.service.begins(now) > deadline;
        // Nobody will read what is answered after the gateway gave up, but the backend does not know that and works for it.
        let clock = self.backend.clock(self.backend.service.begins(now));
        let writer = if doomed { self.codec.counted_pages(clock) } else { self.codec.pages(clock) };
        let answer = self.pages(writer, now, &mut effort, &mut rows);
        Handled { kind: RequestKind::Pull, effort, rows, answer, facts: Vec::new() }
    }

    /// Fills an answer with the wanted entities in their order, up to the rows and bytes that were asked for.
    fn pages(
        &mut self,
        mut writer: Box<dyn PageWriter>,
        now: Time,
        effort: &mut Effort,
        rows: &mut u64,
    ) -> Result<Vec<u8>, ServerError> {
        let Pulling { codec: _, strategy, cursors, backend, life, attributes, pull } = self;
        let schema = Arc::clone(backend.schema());
        let most = u64::from(pull.rows.clamp(1, backend.page_cap()));
        for want in &pull.wants {
            let full = writer.bytes() >= pull.bytes && *rows > 0;
            if full || *rows >= most {
                break;
            }
            let entity = want.entity;
            let line = Line { device: pull.device, entity, unit: pull.unit };
            let told = cursors.next(line, want.cursor.as_deref())?;
            let cursor = life.read(entity, told).inspect_err(|error| cursors.failed(line, error))?;
            let cursor = cursor.as_deref();
            let (reader, limit) = (Reader::Device(pull.device, attributes), (most - *rows) as usize);
            let local = Stamp(pull.clock.0.saturating_add(i64::from(pull.zone) * 1_000_000));
            let of = (pull.unit, pull.run);
            let ask = Ask { reader, entity, cursor, limit, clock: pull.clock, local, pull: of };
            writer.begin_page(entity);
            let page = strategy.page(backend, now, ask, &mut |change, part| {
                write_change(&mut *writer, schema.entity(entity), change, part);
                if writer.bytes() >= pull.bytes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let page = page.inspect_err(|error| cursors.failed(line, error))?;
            writer.end_page(&cursors.sends(line, life.named(page.cursor)), page.more);
            *effort = effort.plus(page.effort);
            *rows += page.delivered;
        }
        Ok(writer.finish())
    }
}

impl Handled {
    /// A request that failed before it had any effect.
    fn nothing(request: &Request) -> Handled {
        Handled {
            kind: request.kind(),
            effort: Effort::default(),
            rows: 0,
            answer: Err(ServerError::Failed),
            facts: Vec::new(),
        }
    }
}

fn looked_at(rows: u64) -> Effort {
    Effort { scanned: rows, ..Effort::default() }
}

/// What did not get to the backend's workers is answered at once.
fn refused(codec: &dyn Codec, now: Time, error: ServerError) -> Served {
    let answer = codec.refusal(&error);
    Served { answer, done_at: now, facts: Vec::new(), work: None, found: None, error: Some(error) }
}

fn handle_push(
    codec: &dyn Codec,
    now: Time,
    backend: &mut Backend,
    attributes: &[Value],
    push: &PushRequest,
    strategy: &mut dyn Strategy,
) -> Handled {
    let mut facts = Vec::new();
    let clock = backend.clock(backend.service.begins(now));
    let outcomes = backend.push(now, attributes, &push.mutations, &mut facts);
    let reader = Reader::Device(push.device, attributes);
    for (mutation, outcome) in push.mutations.iter().zip(&outcomes) {
        strategy.touched(now, reader, mutation.entity, &mutation.key);
        if let Outcome::Conflict { current: Some(row), .. } | Outcome::Rejected { current: Some(row), .. } =
            outcome
        {
            strategy.touched(now, reader, mutation.entity, &row.key);
        }
    }
    let ids = push.mutations.iter().map(|mutation| mutation.id.as_str());
    let answer = Ok(codec.results(clock, &mut ids.zip(&outcomes)));
    let rows = outcomes.len() as u64;
    Handled { kind: RequestKind::Push, effort: looked_at(rows), rows, answer, facts }
}

fn handle_fetch(
    codec: &dyn Codec,
    now: Time,
    backend: &Backend,
    attributes: &[Value],
    fetch: &FetchRequest,
) -> Handled {
    let mut writer = codec.pages(backend.clock(backend.service.begins(now)));
    let limit = fetch.rows.clamp(1, backend.page_cap()) as usize;
    writer.begin_page(fetch.entity);
    let fetched = backend.sight(now).fetch(fetch.entity, attributes, &fetch.of, limit, |change| {
        write_change(&mut *writer, backend.schema().entity(fetch.entity), change, None);
    });
    let (scanned, rows) = fetched.as_ref().map_or((0, 0), |fetched| (fetched.scanned, fetched.delivered));
    let answer = fetched.map(|fetched| {
        // There is nothing to go on from: a record with more rows than this shows its first ones.
        writer.end_page("", fetched.more);
        writer.finish()
    });
    Handled { kind: RequestKind::Fetch, effort: looked_at(scanned), rows, answer, facts: Vec::new() }
}

/// Writes a change as the devices hold it.
fn write_change(writer: &mut dyn PageWriter, entity: &Entity, change: Change<'_>, part: Option<Part>) {
    let (key, stamp) = (change.key.as_str(), change.stamp);
    let values = change.values.map(|values| Projected { values, columns: &entity.projection });
    match (part, values) {
        (Some(part), Some(values)) => writer.part(part, key, stamp, values),
        (_, values) => writer.row(key, stamp, values),
    }
}
