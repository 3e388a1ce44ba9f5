//! A live stack: each phone holds one connection, on which its edits go up as they are saved and
//! what others save comes down. As it connects, and then now and then, a phone says how far it has
//! read and is told what else was committed.
//!
//! The last write wins: an edit goes over what its row says by then, and is gone only where the row
//! is, or is there already.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rusqlite::{Connection, Result as Sql};
use serde::{Deserialize, Serialize};
use syncdyno::contract::{
    AppliedChange, Capabilities, ConnectionId, Database, DeviceId, DeviceSetup, DeviceView, EachServed,
    EditError, EditKind, EngineError, EngineEvent, EngineFactory, EntityId, Incarnation, Key, LocalBoxFuture,
    LocalEdit, Merge, Mirror, Mutation, Opened, Outcome, Ports, Provision, Queue, Row, Saving, ServerError,
    ServerPorts, ServerSetup, Span, Stack, Stamp, Standing, SyncEngine, SyncServer, SystemOfRecord, UnitId,
    Work,
};

/// What the bench is told of it: it has no runs of units, no log and no status.
pub(crate) fn live() -> Stack {
    let less = Capabilities { prompt: false, logs: false, status: false, ..Capabilities::ALL };
    Stack::new("live", |_| Rc::new(Factory))
        .server(|_, setup, ports| Box::new(Server { setup, ports, lines: BTreeMap::new() }))
        .crash_points(&["live.connected", "live.received", "live.applied"])
        .promises(Capabilities { merge: Merge::Drops, ..less })
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
    /// If it asked, of each of its edits as what it was committed, if it was.
    verdicts: Option<Vec<(String, Option<Stamp>)>>,
}

fn bytes(said: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(said).expect("it can be written")
}

struct Server {
    setup: ServerSetup,
    ports: ServerPorts,
    /// Whose each connection is, and up to where rows were sent on it.
    lines: BTreeMap<ConnectionId, (DeviceId, Option<Stamp>)>,
}

impl Server {
    /// What is new for a phone that has read up to there; what is lost on the way it misses, and
    /// asks for.
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

    /// Writes an edit over what is there. One that comes again has its verdict of then.
    fn write(
        &self,
        of: DeviceId,
        edit: &Mutation,
        to: &mut dyn SystemOfRecord,
    ) -> Result<(String, Option<Stamp>), ServerError> {
        let there = to.get(edit.entity, &edit.key).filter(|_| edit.kind != EditKind::Create);
        let over = Mutation { base: there.map(|row| row.stamp), ..edit.clone() };
        let committed = match to.write(&self.setup.attributes[of.0 as usize], &[over])[0] {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => Some(stamp),
            Outcome::Conflict { .. } | Outcome::Rejected { .. } => None,
            Outcome::Later | Outcome::Queued => return Err(ServerError::Unavailable),
        };
        Ok((edit.id.clone(), committed))
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
        self.lines.remove(&line);
    }
    fn on_message(
        &mut self,
        of: DeviceId,
        line: ConnectionId,
        message: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let Up(read, edits) =
            serde_json::from_slice(message).map_err(|error| ServerError::BadRequest(error.to_string()))?;
        let verdicts = edits.iter().map(|edit| self.write(of, edit, record)).collect::<Result<_, _>>()?;
        self.ports.crash.reached("live.written");
        let mut news = News { verdicts: Some(verdicts), ..self.news(of, read, record) };
        for Mutation { entity, key, .. } in &edits {
            // Of changes it hears when they are settled; of its own now.
            let schema = self.setup.schema.entity(*entity);
            let project = |row: Row| Row { values: row.values.map(|values| schema.project(&values)), ..row };
            news.rows.splice(..0, record.get(*entity, key).map(|row| (*entity, project(row))));
        }
        self.lines.insert(line, (of, news.upto));
        self.ports.phones.send(line, bytes(&news));
        // The others hear of it at once.
        for (line, (of, sent)) in self.lines.clone().into_iter().filter(|_| !edits.is_empty()) {
            let news = self.news(of, sent, record);
            self.lines.insert(line, (of, news.upto));
            let _ = news.rows.is_empty() || self.ports.phones.send(line, bytes(&news));
        }
        Ok(())
    }
    fn rows_in(&self, message: &[u8], f: &mut EachServed<'_>) {
        let rows = serde_json::from_slice(message).map_or_else(|_| Vec::new(), |news: News| news.rows);
        rows.iter().for_each(|(entity, row)| f(*entity, row.key.as_str(), row.stamp, row.values.is_none()));
    }
}

/// All that a phone keeps: one document in its database, which outlives a loss of power.
fn kept(at: &Database) -> Sql<(Connection, Mirror)> {
    let kept = syncdyno::open_database(at)?;
    kept.pragma_update(None, "journal_mode", "TRUNCATE")?;
    kept.execute("CREATE TABLE IF NOT EXISTS phone(id INTEGER PRIMARY KEY, state)", [])?;
    let text: Option<String> = kept.query_row("SELECT max(state) FROM phone", [], |row| row.get(0))?;
    let state = text.map(|text| serde_json::from_str(&text).expect("it was written here"));
    Ok((kept, state.unwrap_or_default()))
}

fn put(kept: &Connection, state: &Mirror) -> Sql<usize> {
    kept.execute("REPLACE INTO phone VALUES(1, ?1)", [String::from_utf8(bytes(state)).expect("JSON is text")])
}

struct Factory;

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, _: Incarnation, at: Database, ports: Ports) -> Opened {
        let (kept, state) = kept(&at).map_err(EngineError::of)?;
        let (line, state) = (Standing::new(&ports), RefCell::new(state));
        let (wishes, waits, wanted) = Default::default();
        Ok(Rc::new(Phone { setup, ports, kept, state, line, wishes, waits, wanted }))
    }
    fn provision(
        &self,
        of: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let (kept, mut phone) = kept(&at).map_err(EngineError::of)?;
        state.into_iter().for_each(|state| phone.begin(&of.schema, state));
        put(&kept, &phone).map(drop).map_err(EngineError::of)
    }
    fn view_of(&self, of: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        Some(Box::new(kept(&copy).ok()?.1.view(of.schema.clone())))
    }
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    kept: Connection,
    state: RefCell<Mirror>,
    line: Rc<Standing>,
    wishes: Queue,
    /// Whether it waits for an answer, and is to ask again then.
    waits: Cell<bool>,
    wanted: Cell<bool>,
}

/// A phone on whose connection nothing is asked asks so often.
const BEAT: Span = Span::secs(10);

impl Phone {
    /// Changes the state in one transaction, or not at all.
    fn change<T>(&self, change: impl FnOnce(&mut Mirror) -> T) -> Sql<T> {
        let mut state = self.state.borrow().clone();
        let given = change(&mut state);
        put(&self.kept, &state)?;
        self.state.replace(state);
        Ok(given)
    }

    fn wish(&self) {
        self.wishes.add(UnitId(0), false, self.ports.clock.now());
    }

    async fn live(self: Rc<Self>) {
        let (beating, asking) = (self.clone(), self.clone());
        self.ports.every(BEAT, move || beating.wish());
        self.ports.spawn.spawn(Box::pin(async move {
            loop {
                asking.wishes.next(false).await;
                asking.ports.work(Work::default()).await;
                asking.ask();
            }
        }));
        let opened = async || {
            self.ports.crash_point("live.connected").await;
            self.waits.set(false);
            self.ask();
        };
        self.line.hold(b"", opened, async |message| self.hear(&message).await.is_ok()).await;
    }

    /// Says where it is and what waits; if it waits for an answer, after that.
    fn ask(&self) {
        let state = self.state.borrow();
        self.wanted.set(self.waits.get() || !self.line.is_open());
        if !self.wanted.get() {
            self.waits.set(true);
            self.ports.tell_sent(&state.edits, self.ports.clock.now().0);
            self.line.ask(bytes(&Up(state.read, state.edits.clone())));
        }
    }

    async fn hear(&self, message: &[u8]) -> Result<(), EngineError> {
        self.ports.crash_point("live.received").await;
        // What cannot be read is a refusal: it begins again.
        let News { after, upto, rows, verdicts } =
            serde_json::from_slice(message).map_err(EngineError::of)?;
        if verdicts.is_some() {
            self.line.answered();
        }
        let Mirror { edits, read, .. } = self.state.borrow().clone();
        let waits = |(entity, row): &(EntityId, Row)| edits.iter().any(|edit| edit.is_of(*entity, &row.key));
        if after > read || verdicts.is_none() && rows.iter().any(waits) {
            // Rows are missing before these, or one is to come with the verdict on its edit.
            self.ask();
            return Ok(());
        }
        let taken = self.change(|state| {
            verdicts.iter().flatten().for_each(|(edit, committed)| state.settle(edit, *committed));
            state.read = if after.is_none() { upto } else { upto.max(read) };
            if after.is_none() { state.replace(rows) } else { state.take(rows) }
        });
        let taken = taken.map_err(EngineError::of)?;
        let work = Work { coded_bytes: message.len() as u64, ..Work::default() };
        let took = self.ports.work(work).await;
        let changes: Vec<_> = taken.iter().map(AppliedChange::of_row).collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit: None, changes: &changes, echoed: 0, took });
        for (id, committed) in verdicts.iter().flatten() {
            let made = edits.iter().find(|edit| edit.id == *id);
            let Some((Mutation { edit, entity, key, .. }, stamp)) = made.zip(*committed) else { continue };
            self.ports.emit(EngineEvent::EditAcknowledged { edit: *edit, entity: *entity, key, stamp });
        }
        self.ports.crash_point("live.applied").await;
        self.waits.set(self.waits.get() && verdicts.is_none());
        if self.wanted.get() {
            self.ask();
        }
        Ok(())
    }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let made_at = self.ports.clock.wall();
        let saved = self.change(|state| state.edit(&self.setup.schema, edit, made_at));
        self.ports.machine.take_on(Work::default());
        self.wish();
        saved.unwrap_or_else(|error| Err(EditError::Storage(error.to_string()))).into()
    }
    fn trigger(&self, _: UnitId, _: bool) {
        self.wish();
    }
    fn is_caught_up(&self) -> Option<bool> {
        let waits = self.waits.get() || self.wanted.get() || !self.wishes.is_empty();
        Some(!waits && self.state.borrow().edits.is_empty() && self.line.is_open())
    }
}
