//! Sends an event for each committed row, on connections that phones hold open.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::web;
use super::pull::{Checkpoint, Page};
use super::site::Site;
use crate::contract::http::Request;
use crate::contract::{ConnectionId, DeviceId, EntityId, ServerError, ServerPorts, Stamp, SystemOfRecord};

#[derive(Default)]
pub(super) struct Streams {
    pub(super) open: BTreeMap<ConnectionId, Stream>,
    /// Per table, the newest stamp that was read. Later commits have later stamps.
    read: BTreeMap<EntityId, Stamp>,
}

#[derive(Clone)]
pub(super) struct Stream {
    of: DeviceId,
    entity: EntityId,
    /// The checkpoint of the last document sent; `None` before the stream has begun.
    sent: Option<Checkpoint>,
}

type Shared = Rc<RefCell<Streams>>;

impl Streams {
    fn note(&mut self, entity: EntityId, upto: i64) {
        let read = self.read.entry(entity).or_insert(Stamp(upto));
        *read = (*read).max(Stamp(upto));
    }
}

/// An event with documents. A phone that reconnects sends the event's id, and the stream continues
/// there.
fn event(page: &Page) -> Vec<u8> {
    let Checkpoint { updated_at, id } = &page.checkpoint;
    format!("id: {updated_at},{id}\ndata: {}\n\n", page.json()).into_bytes()
}

fn resync() -> Vec<u8> {
    b"data: RESYNC\n\n".to_vec()
}

/// Opens a stream. It continues after the phone's last event, or begins with `RESYNC`, after which
/// the phone pulls.
pub(super) fn open(
    (site, ports, streams): (&Rc<Site>, &ServerPorts, &Shared),
    (of, entity, connection): (DeviceId, EntityId, ConnectionId),
    request: &Request,
) {
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let last = last.and_then(|text| text.split_once(','));
    let last = last.and_then(|(at, id)| Some(Checkpoint { updated_at: at.parse().ok()?, id: id.to_owned() }));
    let known = streams.borrow().read.get(&entity).map(|at| behind(*at));
    let is_new = last.is_none();
    let sent = last.or(known);
    streams.borrow_mut().open.insert(connection, Stream { of, entity, sent: sent.clone() });
    ports.phones.send(connection, web::head("text/event-stream"));
    if is_new && sent.is_some() {
        ports.phones.send(connection, resync());
        return;
    }
    let (site, ports, streams) = (site.clone(), ports.clone(), streams.clone());
    ports.clone().spawn(async move {
        if is_new {
            begin((&site, &ports, &streams), (of, entity, connection)).await;
        } else {
            look(&site, &ports, &streams).await;
        }
    });
}

/// A checkpoint after all documents of this time.
fn behind(at: Stamp) -> Checkpoint {
    Checkpoint { updated_at: at.0, id: "\u{10ffff}".to_owned() }
}

/// Finds the record's newest stamp. The stream sends later commits; the phone pulls earlier ones.
async fn begin(
    (site, ports, streams): (&Rc<Site>, &ServerPorts, &Shared),
    (of, entity, connection): (DeviceId, EntityId, ConnectionId),
) {
    loop {
        let own = site.clone();
        let newest = ports.ask(move |record| {
            let mut newest = Stamp(0);
            let attributes = own.attributes(of);
            record.changes(entity, attributes, None, &mut |_, stamp, _| newest = newest.max(stamp))?;
            Ok::<_, ServerError>(newest)
        });
        let Ok(Ok(newest)) = newest.await else {
            ports.sleep(crate::contract::Span::secs(5)).await;
            continue;
        };
        let mut streams = streams.borrow_mut();
        streams.note(entity, newest.0);
        if let Some(stream) = streams.open.get_mut(&connection) {
            stream.sent = Some(behind(newest));
            ports.phones.send(connection, resync());
        }
        return;
    }
}

/// Sends new documents each time the record (the backend) announces a commit.
pub(super) fn feed(site: &Rc<Site>, ports: &ServerPorts, streams: &Shared) {
    let (site, ports, streams) = (site.clone(), ports.clone(), streams.clone());
    ports.clone().spawn(async move {
        let mut seen = 0;
        loop {
            seen = ports.committed(seen).await;
            ports.crash_point("rxdb.before-look").await;
            look(&site, &ports, &streams).await;
        }
    });
}

/// Sends new documents to all open streams. If this call misses one, the next call finds it.
async fn look(site: &Rc<Site>, ports: &ServerPorts, streams: &Shared) {
    let open = |stream: &Stream| stream.sent.is_some();
    let lines: Vec<(ConnectionId, Stream)> = {
        let streams = streams.borrow();
        streams.open.iter().filter(|(_, stream)| open(stream)).map(|(at, it)| (*at, it.clone())).collect()
    };
    if lines.is_empty() {
        return;
    }
    let own = site.clone();
    let found = ports.ask(move |record| own.news(lines, record)).await;
    ports.crash_point("rxdb.before-event").await;
    for (connection, entity, page) in found.unwrap_or_default() {
        let mut streams = streams.borrow_mut();
        streams.note(entity, page.checkpoint.updated_at);
        let Some(stream) = streams.open.get_mut(&connection) else { continue };
        if stream.sent.as_ref().is_some_and(|sent| *sent >= page.checkpoint) {
            continue;
        }
        stream.sent = Some(page.checkpoint.clone());
        ports.phones.send(connection, if site.only_resync { resync() } else { event(&page) });
    }
}

impl Site {
    fn news(
        &self,
        lines: Vec<(ConnectionId, Stream)>,
        record: &mut dyn SystemOfRecord,
    ) -> Vec<(ConnectionId, EntityId, Page)> {
        let page = |(connection, stream): (ConnectionId, Stream)| {
            let Stream { of, entity, sent } = stream;
            let page = self.page((of, entity), &sent?, usize::MAX, record).ok()?;
            (!page.documents.is_empty()).then_some((connection, entity, page))
        };
        lines.into_iter().filter_map(page).collect()
    }
}
