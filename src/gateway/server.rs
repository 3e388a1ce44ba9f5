//! Serves the requests of devices.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::capture::{self, Ask, Strategy};
use super::options::{Mode, Options};
use crate::backend::{self, Backend, Change, Fact, Failing};
use crate::base::{DeviceId, EntityId, Stamp, Time, Value};
use crate::contract::wire::{AnswerWriter, Counted, Sink, decode_request};
use crate::contract::{
    Attributes, Entity, FetchRequest, PullRequest, PushRequest, Request, RequestKind, ServerError,
};

/// The sync server.
pub struct Gateway {
    strategy: Box<dyn Strategy>,
    /// By device.
    attributes: Vec<Attributes>,
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
    /// Why the answer says no, if it does.
    pub error: Option<ServerError>,
}

/// What a request comes to if nobody gives up on it.
#[derive(Debug)]
struct Handled {
    kind: RequestKind,
    scanned: u64,
    rows: u64,
    answer: Result<Vec<u8>, ServerError>,
    facts: Vec<Fact>,
}

impl Gateway {
    /// A gateway for devices with these attributes, by their number.
    pub fn new(options: &Options, attributes: Vec<Attributes>) -> Gateway {
        let Mode::Ota = options.mode;
        Gateway { strategy: capture::strategy(options.serve), attributes }
    }

    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`, which is not later than the
    /// backend's start.
    pub fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.strategy.cursor_at(entity, stamp)
    }

    /// Serves a request that comes to the backend at `now` and that the gateway gives up on at `deadline`; to be called in the
    /// order in which they come.
    pub fn serve(&mut self, now: Time, deadline: Time, backend: &mut Backend, request: &[u8]) -> Served {
        let admitted = self
            .read(request)
            .and_then(|(attributes, device, request)| Ok((attributes, request, backend.admit(now, device)?)));
        let (attributes, request, admitted) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return refused(now, error),
        };
        let Handled { kind, scanned, rows, answer, facts } = match (&request, admitted.fails) {
            (request, Some(Failing::Before)) => Handled::nothing(request),
            (Request::Pull(pull), _) => self.pull((now, deadline), backend, attributes, pull),
            (Request::Push(push), _) => handle_push(now, backend, attributes, push),
            (Request::Fetch(fetch), _) => handle_fetch(now, backend, attributes, fetch),
        };
        let work = backend.serve(admitted, kind, scanned, rows);
        // Who wrote is answered when the transaction has committed.
        let committed = facts.iter().filter_map(|fact| fact.commit()?.visible_at).max();
        let done_at = committed.map_or(work.done_at, |at| at.max(work.done_at));
        let answer = match admitted.fails {
            _ if done_at > deadline => Err(ServerError::GatewayTimeout),
            Some(_) => Err(ServerError::Failed),
            None => answer,
        };
        let (answer, error) = match answer {
            Ok(answer) => (answer, None),
            Err(error) => (AnswerWriter::error(&error), Some(error)),
        };
        Served { answer, done_at: done_at.min(deadline), facts, work: Some(work), error }
    }

    /// The request, and the device that makes it with its attributes.
    fn read(&self, request: &[u8]) -> Result<(&Attributes, DeviceId, Request), ServerError> {
        let request =
            decode_request(request).map_err(|damaged| ServerError::BadRequest(damaged.to_string()))?;
        let device = match &request {
            Request::Pull(pull) => pull.device,
            Request::Push(push) => push.device,
            Request::Fetch(fetch) => fetch.device,
        };
        let attributes = self.attributes.get(device.0 as usize);
        let attributes =
            attributes.ok_or_else(|| ServerError::BadRequest(format!("there is no device {device}")))?;
        Ok((attributes, device, request))
    }

    fn pull(
        &self,
        (now, deadline): (Time, Time),
        backend: &mut Backend,
        attributes: &[Value],
        pull: &PullRequest,
    ) -> Handled {
        let (mut scanned, mut rows) = (0, 0);
        let doomed = backend.begins(now) > deadline;
        // Nobody will read what is answered after the gateway gave up, but the backend does not know that and works for it.
        let answer = if doomed {
            self.pages::<Counted>(now, backend, attributes, pull, &mut scanned, &mut rows).map(|_| Vec::new())
        } else {
            self.pages(now, backend, attributes, pull, &mut scanned, &mut rows)
        };
        Handled { kind: RequestKind::Pull, scanned, rows, answer, facts: Vec::new() }
    }

    /// Fills an answer with the wanted entities in their order, up to the rows and bytes that were asked for.
    fn pages<S: Sink + Default>(
        &self,
        now: Time,
        backend: &mut Backend,
        attributes: &[Value],
        pull: &PullRequest,
        scanned: &mut u64,
        rows: &mut u64,
    ) -> Result<S, ServerError> {
        let schema = Arc::clone(backend.schema());
        let most = u64::from(pull.rows.clamp(1, backend.page_cap()));
        let mut writer = AnswerWriter::<S>::pages(backend.clock(backend.begins(now)));
        for want in &pull.wants {
            let full = writer.len() as u64 >= pull.bytes && *rows > 0;
            if full || *rows >= most {
                break;
            }
            let (entity, cursor) = (want.entity, want.cursor.as_deref());
            let ask = Ask { entity, attributes, cursor, limit: (most - *rows) as usize };
            writer.begin_page(entity);
            let page = self.strategy.page(backend, now, ask, &mut |change| {
                write_change(&mut writer, schema.entity(entity), change);
                if writer.len() as u64 >= pull.bytes {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            writer.end_page(&page.cursor, page.more);
            *scanned += page.scanned;
            *rows += page.delivered;
        }
        Ok(writer.finish())
    }
}

impl Handled {
    /// A request that failed before it had any effect.
    fn nothing(request: &Request) -> Handled {
        let kind = match request {
            Request::Pull(_) => RequestKind::Pull,
            Request::Push(_) => RequestKind::Push,
            Request::Fetch(_) => RequestKind::Fetch,
        };
        Handled { kind, scanned: 0, rows: 0, answer: Err(ServerError::Failed), facts: Vec::new() }
    }
}

/// What did not get to the backend's workers is answered at once.
fn refused(now: Time, error: ServerError) -> Served {
    let answer = AnswerWriter::error(&error);
    Served { answer, done_at: now, facts: Vec::new(), work: None, error: Some(error) }
}

fn handle_push(now: Time, backend: &mut Backend, attributes: &[Value], push: &PushRequest) -> Handled {
    let mut facts = Vec::new();
    let clock = backend.clock(backend.begins(now));
    let outcomes = backend.push(now, attributes, &push.mutations, &mut facts);
    let ids = push.mutations.iter().map(|mutation| mutation.id.as_str());
    let answer = Ok(AnswerWriter::results(clock, ids.zip(&outcomes)));
    let rows = outcomes.len() as u64;
    Handled { kind: RequestKind::Push, scanned: rows, rows, answer, facts }
}

fn handle_fetch(now: Time, backend: &Backend, attributes: &[Value], fetch: &FetchRequest) -> Handled {
    let mut writer = AnswerWriter::pages(backend.clock(backend.begins(now)));
    let limit = fetch.rows.clamp(1, backend.page_cap()) as usize;
    writer.begin_page(fetch.entity);
    let fetched = backend.fetch(fetch.entity, attributes, &fetch.of, limit, |change| {
        write_change(&mut writer, backend.schema().entity(fetch.entity), change);
    });
    let (scanned, rows) = fetched.as_ref().map_or((0, 0), |fetched| (fetched.scanned, fetched.delivered));
    let answer = fetched.map(|fetched| {
        // There is nothing to go on from: a record with more rows than this shows its first ones.
        writer.end_page("", fetched.more);
        writer.finish()
    });
    Handled { kind: RequestKind::Fetch, scanned, rows, answer, facts: Vec::new() }
}

/// Writes a change as the devices hold it.
fn write_change<S: Sink + Default>(writer: &mut AnswerWriter<S>, entity: &Entity, change: Change<'_>) {
    let values = change.values.into_iter();
    let projected = values.flat_map(|values| entity.projection.iter().map(move |&column| &values[column]));
    writer.row(change.key.as_str(), change.stamp, projected);
}
