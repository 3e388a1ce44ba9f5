//! Live changes. Long polls wait for a change; continuous feeds get each change on a connection.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::super::web::{self, Address, bad, response};
use super::changes::{Feed, Page, Query};
use super::core::Core;
use super::ingest::ingest;
use crate::contract::http::{Method, Request, write_response};
use crate::contract::{ConnectionId, EntityId, ServerError, ServerPorts, Slip, SystemOfRecord, Ticket, Time};

/// The waiting requests and connections of this process.
#[derive(Default)]
pub(super) struct Feeds {
    polls: BTreeMap<Ticket, (EntityId, Query)>,
    pub(super) lines: BTreeMap<ConnectionId, Line>,
}

pub(super) struct Line {
    entity: EntityId,
    query: Query,
    /// The time of the last message on the connection.
    spoke: Time,
}

type Shared = Rc<RefCell<Feeds>>;
/// The parts of the server that a feed needs.
pub(super) type Of<'a> = (&'a Rc<Core>, &'a ServerPorts, &'a Shared);

impl Feeds {
    fn entities(&self) -> BTreeSet<EntityId> {
        let polled = self.polls.values().map(|(id, _)| *id);
        polled.chain(self.lines.values().map(|line| line.entity)).collect()
    }
}

/// Keeps a request open until something changes, or until its timeout.
pub(super) fn wait((core, ports, feeds): Of<'_>, entity: EntityId, query: Query) -> Ticket {
    let ticket = ports.phones.ticket();
    let timeout = query.heartbeat.is_none().then_some(query.timeout);
    feeds.borrow_mut().polls.insert(ticket, (entity, query));
    if let Some(timeout) = timeout {
        let (core, own, feeds) = (core.clone(), ports.clone(), feeds.clone());
        ports.spawn(async move {
            own.sleep(timeout).await;
            let waited = feeds.borrow_mut().polls.remove(&ticket);
            if let Some((entity, query)) = waited
                && let Ok(page) = query.page(&core, entity, &mut Slip::default())
            {
                own.phones.answer(ticket, write_response(&response(200, &page.json(&core))));
            }
        });
    }
    ticket
}

/// Sends new changes to all waiting requests and connections.
pub(super) fn wake(core: &Core, ports: &ServerPorts, feeds: &Shared) {
    let mut feeds = feeds.borrow_mut();
    let mut told = Vec::new();
    for (ticket, (entity, query)) in &feeds.polls {
        let Ok(page) = query.page(core, *entity, &mut Slip::default()) else { continue };
        if !page.lines.is_empty() {
            told.push((*ticket, write_response(&response(200, &page.json(core)))));
        }
    }
    for (ticket, answer) in told {
        feeds.polls.remove(&ticket);
        ports.phones.answer(ticket, answer);
    }
    for (connection, line) in &mut feeds.lines {
        let Ok(page) = line.query.page(core, line.entity, &mut Slip::default()) else { continue };
        say(core, ports, (*connection, line), &page);
    }
}

fn say(core: &Core, ports: &ServerPorts, (connection, line): (ConnectionId, &mut Line), page: &Page) {
    for (seq, change) in &page.lines {
        let text = match line.query.feed {
            Feed::EventSource => format!("data: {change}\nid: {}\n\n", plain(&core.seq(*seq))),
            _ => format!("{change}\n"),
        };
        ports.phones.send(connection, text.into_bytes());
        line.spoke = ports.clock.now();
    }
    line.query.since = page.last.max(line.query.since);
}

fn plain(seq: &Json) -> String {
    seq.as_str().map_or_else(|| seq.to_string(), str::to_owned)
}

/// Opens a continuous feed on a connection.
///
/// # Errors
/// The first message does not ask for a continuous feed.
pub(super) fn open(
    (core, ports, feeds): Of<'_>,
    connection: ConnectionId,
    request: &Request,
) -> Result<(), ServerError> {
    let address = Address::of(request.uri());
    let parts = address.parts();
    let [name, "_changes"] = parts.as_slice() else { return Err(bad("only /db/_changes is held")) };
    let entity = core.database(name).ok_or_else(|| bad("there is no such database"))?;
    let mut query = Query::of(core, entity, &address, &Json::Null).map_err(|refused| bad(refused.reason))?;
    let of = match query.feed {
        Feed::Continuous => "application/json",
        Feed::EventSource => "text/event-stream",
        Feed::Normal | Feed::LongPoll => return Err(bad("a held feed is continuous or an eventsource")),
    };
    if *request.method() != Method::GET {
        return Err(bad("a held feed is asked for with GET"));
    }
    let last = request.headers().get("last-event-id").and_then(|id| Core::number(id.to_str().ok()?));
    query.since = last.unwrap_or(query.since);
    ports.phones.send(connection, web::head(of));
    feeds.borrow_mut().lines.insert(connection, Line { entity, query, spoke: ports.clock.now() });
    let (core, own, feeds) = (core.clone(), ports.clone(), feeds.clone());
    ports.spawn(async move {
        look(&core, &own, &feeds).await;
        beat(&core, &own, &feeds, connection).await;
    });
    Ok(())
}

/// Sends heartbeats on an idle connection, or ends it after its timeout.
async fn beat(core: &Core, ports: &ServerPorts, feeds: &Shared, connection: ConnectionId) {
    loop {
        let due = match feeds.borrow().lines.get(&connection) {
            Some(line) => line.spoke + line.query.heartbeat.unwrap_or(line.query.timeout),
            None => return,
        };
        ports.clock.sleep_until(due).await;
        let mut feeds = feeds.borrow_mut();
        let Some(line) = feeds.lines.get_mut(&connection) else { return };
        let Query { heartbeat, timeout, feed, since, .. } = line.query.clone();
        if ports.clock.now() < line.spoke + heartbeat.unwrap_or(timeout) {
            continue;
        }
        line.spoke = ports.clock.now();
        let is_open = match (heartbeat, feed) {
            (Some(_), Feed::EventSource) => {
                ports.phones.send(connection, b"event: heartbeat\ndata: \n\n".to_vec())
            }
            (Some(_), _) => ports.phones.send(connection, b"\n".to_vec()),
            (None, _) => {
                let end = json!({ "last_seq": core.seq(since) });
                ports.phones.send(connection, format!("{end}\n").into_bytes());
                ports.phones.close(connection);
                false
            }
        };
        if !is_open {
            feeds.lines.remove(&connection);
            return;
        }
    }
}

/// Reads the record (the backend) after each commit if a request or connection waits.
pub(super) fn run(core: &Rc<Core>, ports: &ServerPorts, feeds: &Shared) {
    let (core, own, feeds) = (core.clone(), ports.clone(), feeds.clone());
    ports.spawn(async move {
        let mut seen = 0;
        loop {
            seen = own.committed(seen).await;
            own.crash_point("couchdb.before-look").await;
            look(&core, &own, &feeds).await;
        }
    });
}

async fn look(core: &Rc<Core>, ports: &ServerPorts, feeds: &Shared) {
    let waited = feeds.borrow().entities();
    if waited.is_empty() {
        return;
    }
    let own = core.clone();
    let read = move |record: &mut dyn SystemOfRecord| {
        own.at_once(|| waited.iter().try_for_each(|id| ingest(&own, *id, record)))
    };
    // If this read fails, the next commit or request finds the change.
    _ = ports.ask(read).await;
    ports.crash_point("couchdb.before-answer").await;
    wake(core, ports, feeds);
}
