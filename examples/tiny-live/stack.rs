//! A live stack: each phone holds one connection. Its edits go up as they are saved, and commits of
//! others come down. When it connects, and then from time to time, a phone says how far it has
//! read, and gets what else was committed.
//!
//! The last write wins: an edit overwrites its row's current version. It gives way only if the row
//! is deleted, or a created row already exists. The server reports which version an edit met, and
//! the phone passes that on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use syncdyno::Document;
use syncdyno::contract::{
    AppliedChange, Capabilities, ConnectionId, Database, DeviceId, DeviceSetup, DeviceView, EachServed,
    EditError, EngineError, EngineEvent, EngineFactory, EntityId, Incarnation, Key, LocalBoxFuture,
    LocalEdit, Merge, Mirror, Mutation, Opened, Outcome, Ports, Provision, Refusal, Row, Saving, ServerError,
    ServerPorts, ServerSetup, Span, Stack, Stamp, Standing, SyncEngine, SyncServer, SystemOfRecord, UnitId,
    Work,
};

/// The stack: it has no unit runs, no log and no status.
pub(crate) fn live() -> Stack {
    let less = Capabilities { logs: false, status: false, ..Capabilities::ALL };
    Stack::new("live", |_| Rc::new(Factory))
        .server(|_, setup, ports| Box::new(Server::open(setup, ports)))
        .crash_points(&["live.asks", "live.received", "live.applied"])
        .promises(Capabilities { merge: Merge::Converges, ..less })
}

/// A phone's message: it has read up to this stamp, and these edits are pending.
#[derive(Serialize, Deserialize)]
struct Up(Option<Stamp>, Vec<Mutation>);

/// The server's message: rows that changed between two stamps; without `after`, all rows.
#[derive(Serialize, Deserialize)]
struct News {
    after: Option<Stamp>,
    upto: Option<Stamp>,
    rows: Vec<(EntityId, Row)>,
    /// The results of the phone's edits, if it asked.
    verdicts: Option<Vec<Verdict>>,
}

#[derive(Serialize, Deserialize)]
struct Verdict {
    edit: String,
    committed: Option<Stamp>,
    /// The newer version that the edit met, if it was not made on it.
    met: Option<Stamp>,
}

fn bytes(said: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(said).expect("it can be written")
}

/// Per connection: its phone, and the stamp up to which rows were sent.
type Lines = BTreeMap<ConnectionId, (DeviceId, Option<Stamp>)>;

#[derive(Clone)]
struct Server {
    setup: ServerSetup,
    ports: ServerPorts,
    lines: Rc<RefCell<Lines>>,
}

impl Server {
    /// Starts a task that pushes commits of anyone as they are announced.
    fn open(setup: ServerSetup, ports: ServerPorts) -> Server {
        let server = Server { setup, ports, lines: Rc::default() };
        let (own, mut seen) = (server.clone(), 0);
        server.ports.spawn(async move {
            loop {
                seen = own.ports.committed(seen).await;
                own.ports.crash_point("live.before-look").await;
                let looking = own.clone();
                let news = own.ports.ask(move |record| looking.feed(record)).await;
                own.ports.crash_point("live.before-push").await;
                for (line, news) in news.unwrap_or_default() {
                    own.ports.phones.send(line, bytes(&news));
                }
            }
        });
        server
    }

    /// News for all connected phones. A phone that misses some asks for it later.
    fn feed(&self, record: &mut dyn SystemOfRecord) -> Vec<(ConnectionId, News)> {
        let mut feed = Vec::new();
        for (line, (of, sent)) in &mut *self.lines.borrow_mut() {
            let news = self.news(*of, *sent, record);
            *sent = news.upto;
            feed.extend((!news.rows.is_empty()).then_some((*line, news)));
        }
        feed
    }

    /// News for a phone that has read up to `after`.
    fn news(&self, of: DeviceId, after: Option<Stamp>, record: &mut dyn SystemOfRecord) -> News {
        let mut news = News { after, upto: after, rows: Vec::new(), verdicts: None };
        for (entity, schema) in self.setup.schema.ids().zip(&self.setup.schema.entities) {
            let attributes = &self.setup.attributes[of.0 as usize];
            let read = record.changes(entity, attributes, after, &mut |key, stamp, values| {
                let values = values.map(|values| schema.project(values));
                news.rows.push((entity, Row { key: Key::new(key), stamp, values }));
                news.upto = news.upto.max(Some(stamp));
            });
            if let Err(ServerError::CursorExpired(_)) = read {
                return self.news(of, None, record);
            }
        }
        news
    }

    /// Writes an edit over the current row. A repeated edit gets its original result.
    fn write(
        &self,
        of: DeviceId,
        edit: &Mutation,
        to: &mut dyn SystemOfRecord,
    ) -> Result<Verdict, ServerError> {
        let (mut over, mut met) = (edit.clone(), None);
        let committed = loop {
            match to.write(&self.setup.attributes[of.0 as usize], &[over.clone()]).remove(0) {
                Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => break Some(stamp),
                Outcome::Conflict { why, current, .. } => {
                    met = current.map(|row| row.stamp).or(edit.base);
                    if why != Refusal::Stale {
                        break None;
                    }
                }
                Outcome::Rejected { .. } => break None,
                Outcome::Later | Outcome::Queued => return Err(ServerError::Unavailable),
            }
            // The record takes this as another edit, since it repeats its answer to the first one.
            (over.id, over.base) = (over.id + "+", met);
        };
        Ok(Verdict { edit: edit.id.clone(), committed, met })
    }
}

impl SyncServer for Server {
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        error.to_string().into_bytes()
    }
    fn on_connect(&mut self, _: DeviceId, _: ConnectionId, _: &[u8]) -> Result<(), ServerError> {
        Ok(())
    }
    fn on_close(&mut self, _: DeviceId, line: ConnectionId) {
        self.lines.borrow_mut().remove(&line);
    }
    fn on_message(
        &mut self,
        of: DeviceId,
        line: ConnectionId,
        message: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let Up(read, mut edits) =
            serde_json::from_slice(message).map_err(|error| ServerError::BadRequest(error.to_string()))?;
        let mut verdicts = Vec::new();
        for at in 0..edits.len() {
            let verdict = self.write(of, &edits[at], record)?;
            let (before, after) = edits.split_at_mut(at + 1);
            // Later edits of the row are based on the committed version.
            let own = after.iter_mut().filter(|edit| edit.is_of(before[at].entity, &before[at].key));
            own.for_each(|edit| edit.base = verdict.committed.or(edit.base));
            verdicts.push(verdict);
        }
        self.ports.crash.reached("live.written");
        let mut news = News { verdicts: Some(verdicts), ..self.news(of, read, record) };
        for Mutation { entity, key, .. } in &edits {
            // Other changes come once they are settled; the phone's own rows come now.
            let schema = self.setup.schema.entity(*entity);
            let project = |row: Row| Row { values: row.values.map(|values| schema.project(&values)), ..row };
            news.rows.splice(..0, record.get(*entity, key).map(|row| (*entity, project(row))));
        }
        self.lines.borrow_mut().insert(line, (of, news.upto));
        self.ports.phones.send(line, bytes(&news));
        Ok(())
    }
    fn rows_in(&self, message: &[u8], f: &mut EachServed<'_>) {
        let rows = serde_json::from_slice(message).map_or_else(|_| Vec::new(), |news: News| news.rows);
        rows.iter().for_each(|(entity, row)| f(*entity, row.key.as_str(), row.stamp, row.values.is_none()));
    }
}

struct Factory;

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, _: Incarnation, at: Database, ports: Ports) -> Opened {
        let (line, kept) = (Standing::new(&ports, BEAT), Document::open(&at).map_err(EngineError::of)?);
        Ok(Rc::new(Phone { setup, ports, kept, line }))
    }
    fn provision(
        &self,
        of: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let kept = Document::open(&at).map_err(EngineError::of)?;
        let begin = |kept: &mut Mirror| state.into_iter().for_each(|state| kept.begin(&of.schema, state));
        kept.change(begin).map_err(EngineError::of)
    }
    fn view_of(&self, of: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        Some(Box::new(Document::<Mirror>::open(&copy).ok()?.into_value().view(of.schema.clone())))
    }
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    kept: Document<Mirror>,
    line: Rc<Standing>,
}

/// Interval at which a phone asks on an idle connection.
const BEAT: Span = Span::secs(10);

impl Phone {
    /// A message with the read position and the pending edits.
    async fn question(&self) -> Vec<u8> {
        self.ports.crash_point("live.asks").await;
        let state = self.kept.get();
        self.ports.tell_sent(&state.edits, self.ports.clock.now().0);
        bytes(&Up(state.read, state.edits.clone()))
    }

    /// Handles a message; returns whether it was a response. A refusal cannot be parsed.
    async fn hear(&self, message: Vec<u8>) -> Result<bool, EngineError> {
        self.ports.crash_point("live.received").await;
        let News { after, upto, rows, verdicts } =
            serde_json::from_slice(&message).map_err(EngineError::of)?;
        let Mirror { edits, read, .. } = self.kept.get().clone();
        let waits = |(entity, row): &(EntityId, Row)| edits.iter().any(|edit| edit.is_of(*entity, &row.key));
        if after > read || verdicts.is_none() && rows.iter().any(waits) {
            // Rows before these are missing, or a row must come with the result of its edit.
            self.line.wish();
            return Ok(verdicts.is_some());
        }
        let taken = self.kept.change(|state| {
            verdicts.iter().flatten().for_each(|of| state.settle(&of.edit, of.committed));
            state.read = if after.is_none() { upto } else { upto.max(read) };
            if after.is_none() { state.replace(rows) } else { state.take(rows) }
        });
        let taken = taken.map_err(EngineError::of)?;
        let work = Work { coded_bytes: message.len() as u64, ..Work::default() };
        let took = self.ports.work(work).await;
        let changes: Vec<_> = taken.iter().map(AppliedChange::of_row).collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit: None, changes: &changes, echoed: 0, took });
        for Verdict { edit: id, committed, met } in verdicts.iter().flatten() {
            let made = edits.iter().find(|edit| edit.id == *id);
            made.into_iter().for_each(|edit| self.ports.tell_settled(edit, *committed, *met));
        }
        self.ports.crash_point("live.applied").await;
        Ok(verdicts.is_some())
    }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            self.line
                .hold(b"", async || self.question().await, async |message| self.hear(message).await)
                .await;
        })
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let made_at = self.ports.clock.wall();
        let saved = self.kept.change(|state| state.edit(&self.setup.schema, edit, made_at));
        self.ports.machine.take_on(Work::default());
        self.line.wish();
        saved.unwrap_or_else(|error| Err(EditError::Storage(error.to_string()))).into()
    }
    fn trigger(&self, _: UnitId, _: bool) {
        self.line.wish();
    }
    fn is_caught_up(&self) -> Option<bool> {
        Some(self.line.is_quiet() && self.kept.get().edits.is_empty())
    }
}
