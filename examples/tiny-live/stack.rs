//! A live stack: each phone holds one connection, on which its edits go up as they are saved and
//! what others save comes down. As it connects, and then now and then, a phone says how far it has
//! read and is told what else was committed.
//!
//! The last write wins: an edit goes over what its row says by then, and gives way only where the
//! row is gone, or is there already. The server says what an edit met, and the phone tells.

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

/// What the bench is told of it: it has no runs of units, no log and no status.
pub(crate) fn live() -> Stack {
    let less = Capabilities { logs: false, status: false, ..Capabilities::ALL };
    Stack::new("live", |_| Rc::new(Factory))
        .server(|_, setup, ports| Box::new(Server::open(setup, ports)))
        .crash_points(&["live.asks", "live.received", "live.applied"])
        .promises(Capabilities { merge: Merge::Converges, ..less })
}

/// What a phone says: it has read up to there, and these edits wait.
#[derive(Serialize, Deserialize)]
struct Up(Option<Stamp>, Vec<Mutation>);

/// What it hears: the rows that changed after one time up to another; all that there are after none.
#[derive(Serialize, Deserialize)]
struct News {
    after: Option<Stamp>,
    upto: Option<Stamp>,
    rows: Vec<(EntityId, Row)>,
    /// What became of its edits, if it asked.
    verdicts: Option<Vec<Verdict>>,
}

#[derive(Serialize, Deserialize)]
struct Verdict {
    edit: String,
    committed: Option<Stamp>,
    /// The version that it met and was not made on.
    met: Option<Stamp>,
}

fn bytes(said: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(said).expect("it can be written")
}

/// Whose each connection is, and up to where rows were sent on it.
type Lines = BTreeMap<ConnectionId, (DeviceId, Option<Stamp>)>;

#[derive(Clone)]
struct Server {
    setup: ServerSetup,
    ports: ServerPorts,
    lines: Rc<RefCell<Lines>>,
}

impl Server {
    /// One that pushes what is committed, by whomever, as it hears of it.
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

    /// What is new for those who are connected. What is lost on the way they miss, and ask for.
    fn feed(&self, record: &mut dyn SystemOfRecord) -> Vec<(ConnectionId, News)> {
        let mut feed = Vec::new();
        for (line, (of, sent)) in &mut *self.lines.borrow_mut() {
            let news = self.news(*of, *sent, record);
            *sent = news.upto;
            feed.extend((!news.rows.is_empty()).then_some((*line, news)));
        }
        feed
    }

    /// What is new for a phone that has read up to there.
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

    /// Writes an edit over what is there. One that comes again has its verdicts of then.
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
            // Another edit to the record, which keeps what it said to the first one.
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
            // Those behind it are made on what it was committed as.
            let own = after.iter_mut().filter(|edit| edit.is_of(before[at].entity, &before[at].key));
            own.for_each(|edit| edit.base = verdict.committed.or(edit.base));
            verdicts.push(verdict);
        }
        self.ports.crash.reached("live.written");
        let mut news = News { verdicts: Some(verdicts), ..self.news(of, read, record) };
        for Mutation { entity, key, .. } in &edits {
            // Of changes it hears when they are settled; of its own now.
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

/// A phone on whose connection nothing is asked asks so often.
const BEAT: Span = Span::secs(10);

impl Phone {
    /// Says where it is and what waits.
    async fn question(&self) -> Vec<u8> {
        self.ports.crash_point("live.asks").await;
        let state = self.kept.get();
        self.ports.tell_sent(&state.edits, self.ports.clock.now().0);
        bytes(&Up(state.read, state.edits.clone()))
    }

    /// Takes a message; gives whether it is the answer. One that is a refusal cannot be read.
    async fn hear(&self, message: Vec<u8>) -> Result<bool, EngineError> {
        self.ports.crash_point("live.received").await;
        let News { after, upto, rows, verdicts } =
            serde_json::from_slice(&message).map_err(EngineError::of)?;
        let Mirror { edits, read, .. } = self.kept.get().clone();
        let waits = |(entity, row): &(EntityId, Row)| edits.iter().any(|edit| edit.is_of(*entity, &row.key));
        if after > read || verdicts.is_none() && rows.iter().any(waits) {
            // Rows are missing before these, or one is to come with the verdict on its edit.
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
