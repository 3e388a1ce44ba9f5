//! A live stack: each phone holds one connection, on which its edits go up as they are saved and
//! rows come down as they are committed. As it connects, a phone says how far it has read.
//!
//! The last write wins: an edit goes over what its row says by then, and gives way only where the
//! row is gone or there already. The server says what an edit met, and the phone tells.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use rusqlite::{OpenFlags, OptionalExtension, Result as Sql};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use syncdyno::contract::{
    AppliedChange, Capabilities, Choice, ConflictKind, Connection, ConnectionId, Database, Decision,
    DeviceId, DeviceSetup, DeviceView, EachServed, EditError, EditKind, EngineError, EngineEvent,
    EngineFactory, EntityId, Incarnation, Key, LocalBoxFuture, LocalEdit, Merge, Mirror, Mutation, Opened,
    OptionForm, Outcome, Ports, Provision, Row, Saving, ServerError, ServerPorts, ServerSetup, Sides, Span,
    Stack, StackOption, Stamp, SyncEngine, SyncServer, SystemOfRecord, Time, TransportError, UnitId, Work,
};

/// What the bench is told of it: it has no runs of units, no log and no status.
pub(crate) fn live() -> Stack {
    let beat = OptionForm::Span { min: Span::secs(5), max: Span::secs(600) };
    let about = "A phone on whose connection nothing is asked asks so often.";
    let less = Capabilities { prompt: false, logs: false, status: false, ..Capabilities::ALL };
    Stack::new("live", |chosen| Rc::new(Factory(chosen.span("beat"))))
        .server(|_, setup, ports| Box::new(Server::open(setup, ports)))
        .option(StackOption::new("beat", beat, Choice::Span(Span::secs(30)), about))
        .crash_points(&["live.connected", "live.received", "live.applied"])
        .promises(Capabilities { merge: Merge::Converges, ..less })
}

/// What a phone says: it has read up to there, and these edits wait.
#[derive(Serialize, Deserialize)]
struct Up(Option<Stamp>, Vec<Mutation>);

/// What it hears: the rows that changed after one time up to another, or all that there are.
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
    /// Another's version that it met and was not made on.
    met: Option<Stamp>,
}

fn json(said: &impl Serialize) -> String {
    serde_json::to_string(said).expect("it can be written")
}

/// Where journals are deleted, one may be back after a loss of power, with what it takes back.
const LAYOUT: &str = "PRAGMA journal_mode = TRUNCATE;
    CREATE TABLE IF NOT EXISTS texts(name TEXT PRIMARY KEY, text)";

/// What each half keeps: texts by name.
struct Texts(rusqlite::Connection);

impl Texts {
    fn open(at: &Database) -> Sql<Texts> {
        let texts = match at.vfs {
            Some(vfs) => rusqlite::Connection::open_with_flags_and_vfs(&at.path, OpenFlags::default(), vfs)?,
            None => rusqlite::Connection::open(&at.path)?,
        };
        texts.execute_batch(LAYOUT)?;
        Ok(Texts(texts))
    }
    fn get<T: DeserializeOwned>(&self, name: &str) -> Sql<Option<T>> {
        let text = self.0.query_row("SELECT text FROM texts WHERE name = ?1", [name], |row| row.get(0));
        let text: Option<String> = text.optional()?;
        Ok(text.map(|text| serde_json::from_str(&text).expect("it was written here")))
    }
    fn put(&self, name: &str, said: &impl Serialize) -> Sql<usize> {
        self.0.execute("REPLACE INTO texts VALUES(?1, ?2)", [name, &json(said)])
    }
}

struct Server(Rc<Shared>);

struct Shared {
    setup: ServerSetup,
    ports: ServerPorts,
    /// The verdicts, since an edit may come again, and the names of the versions that they made.
    judged: Texts,
    /// Whose each connection is, and up to where rows were sent on it.
    lines: RefCell<BTreeMap<ConnectionId, (DeviceId, Option<Stamp>)>>,
}

impl Server {
    fn open(setup: ServerSetup, ports: ServerPorts) -> Server {
        let judged = Texts::open(&ports.database).expect("its disk is sound");
        let shared = Rc::new(Shared { setup, ports: ports.clone(), judged, lines: RefCell::default() });
        let own = shared.clone();
        ports.clone().spawn(async move {
            loop {
                ports.sleep(Span::secs(1)).await;
                ports.crash_point("live.before-look").await;
                let looking = own.clone();
                // What is lost on the way is missed by its phone, which asks.
                let news = ports.ask(move |record| looking.feed(record)).await.unwrap_or_default();
                ports.crash_point("live.before-feed").await;
                own.say(news);
            }
        });
        Server(shared)
    }
}

impl Shared {
    fn say(&self, news: Vec<(ConnectionId, News)>) {
        news.iter().for_each(|(line, news)| _ = self.ports.phones.send(*line, json(news).into_bytes()));
    }

    /// What is new for those who are connected.
    fn feed(&self, record: &mut dyn SystemOfRecord) -> Vec<(ConnectionId, News)> {
        let mut feed = Vec::new();
        for (line, (of, sent)) in &mut *self.lines.borrow_mut() {
            let news = self.news(*of, *sent, record);
            *sent = news.upto;
            feed.extend((!news.rows.is_empty()).then_some((*line, news)));
        }
        feed
    }

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

    /// Writes an edit over what is there.
    fn judge(
        &self,
        of: DeviceId,
        edit: &Mutation,
        to: &mut dyn SystemOfRecord,
    ) -> Result<Verdict, ServerError> {
        if let Some(said) = self.judged.get(&edit.id).expect("its disk is sound") {
            return Ok(said);
        }
        let there = to.get(edit.entity, &edit.key).map(|row| row.stamp);
        let base = there.filter(|_| edit.kind != EditKind::Create);
        let written = to.write(&self.setup.attributes[of.0 as usize], &[Mutation { base, ..edit.clone() }]);
        let committed = match written[0] {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => Some(stamp),
            Outcome::Conflict { .. } | Outcome::Rejected { .. } => None,
            Outcome::Later | Outcome::Queued => return Err(ServerError::Unavailable),
        };
        let made = |stamp: Stamp| format!("{} {} {}", of.0, edit.key.as_str(), stamp.0);
        let is_own = |stamp| self.judged.get::<()>(&made(stamp)).is_ok_and(|found| found.is_some());
        let met = there.filter(|met| Some(*met) != edit.base && !is_own(*met));
        let verdict = Verdict { edit: edit.id.clone(), committed, met };
        committed.map(|stamp| self.judged.put(&made(stamp), &()));
        self.judged.put(&edit.id, &verdict).expect("its disk is sound");
        Ok(verdict)
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
        self.0.lines.borrow_mut().remove(&line);
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
        let verdicts = edits.iter().map(|edit| self.0.judge(of, edit, record)).collect::<Result<_, _>>()?;
        self.0.ports.crash.reached("live.judged");
        let mut news = News { verdicts: Some(verdicts), ..self.0.news(of, read, record) };
        for Mutation { entity, key, .. } in &edits {
            // Of changes it hears when they are settled; of its own now.
            let schema = self.0.setup.schema.entity(*entity);
            let project = |row: Row| Row { values: row.values.map(|values| schema.project(&values)), ..row };
            news.rows.splice(..0, record.get(*entity, key).map(|row| (*entity, project(row))));
        }
        self.0.lines.borrow_mut().insert(line, (of, news.upto));
        self.0.say(vec![(line, news)]);
        self.0.say(if edits.is_empty() { Vec::new() } else { self.0.feed(record) });
        Ok(())
    }
    fn rows_in(&self, message: &[u8], f: &mut EachServed<'_>) {
        let rows = serde_json::from_slice(message).map_or_else(|_| Vec::new(), |news: News| news.rows);
        rows.iter().for_each(|(entity, row)| f(*entity, row.key.as_str(), row.stamp, row.values.is_none()));
    }
}

struct Factory(Span);

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, _: Incarnation, at: Database, ports: Ports) -> Opened {
        let texts = Texts::open(&at).map_err(EngineError::of)?;
        let state = RefCell::new(texts.get("state").map_err(EngineError::of)?.unwrap_or_default());
        let (beat, (line, asked, wanted)) = (self.0, Default::default());
        let phone =
            |me: &Weak<_>| Phone { me: me.clone(), setup, ports, texts, state, beat, line, asked, wanted };
        Ok(Rc::new_cyclic(phone))
    }
    fn provision(
        &self,
        of: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let texts = Texts::open(&at).map_err(EngineError::of)?;
        let mut phone: Mirror = texts.get("state").map_err(EngineError::of)?.unwrap_or_default();
        state.into_iter().for_each(|state| phone.begin(&of.schema, state));
        texts.put("state", &phone).map(drop).map_err(EngineError::of)
    }
    fn view_of(&self, of: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        let state: Mirror = Texts::open(&copy).ok()?.get("state").ok()??;
        Some(Box::new(state.view(of.schema.clone())))
    }
}

struct Phone {
    me: Weak<Phone>,
    setup: Rc<DeviceSetup>,
    ports: Ports,
    texts: Texts,
    state: RefCell<Mirror>,
    beat: Span,
    line: RefCell<Option<Rc<dyn Connection>>>,
    /// Since when it waits for an answer, and whether it is to ask again then.
    asked: Cell<Option<Time>>,
    wanted: Cell<bool>,
}

/// An answer that takes longer will not come; a connection that has ended is opened again so late.
const PATIENCE: Span = Span::secs(15);
const AGAIN_AFTER: Span = Span::secs(5);

impl Phone {
    /// Changes the state in one transaction, or not at all.
    fn change<T>(&self, change: impl FnOnce(&mut Mirror) -> T) -> Sql<T> {
        let mut state = self.state.borrow().clone();
        let given = change(&mut state);
        self.texts.put("state", &state)?;
        self.state.replace(state);
        Ok(given)
    }

    async fn live(self: Rc<Self>) {
        let (phone, beat) = (self.clone(), self.beat);
        self.ports.every(beat, move || phone.beat());
        loop {
            // How a connection ends is all one: the next begins where the rows end.
            _ = self.hold().await;
            self.line.take().into_iter().for_each(|line| line.close());
            self.ports.sleep(AGAIN_AFTER).await;
        }
    }

    async fn hold(&self) -> Result<(), TransportError> {
        let deadline = self.ports.clock.now() + PATIENCE;
        let line = match self.ports.transport.connect(Vec::new(), deadline).await {
            Err(TransportError::Refused) => return self.ports.transport.renew_token(deadline).await,
            line => line?,
        };
        self.ports.crash_point("live.connected").await;
        self.line.replace(Some(line.clone()));
        self.asked.set(None);
        self.ask();
        while let Some(message) = line.receive().await? {
            self.ports.crash_point("live.received").await;
            // What cannot be read is a refusal: it begins again.
            let Ok(news) = serde_json::from_slice(&message) else { break };
            if self.take(news, message.len() as u64).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// A connection that is silent is given up; one on which nothing is asked is tried.
    fn beat(&self) {
        let is_late = |asked: Time| asked + PATIENCE < self.ports.clock.now();
        match &*self.line.borrow() {
            Some(line) if self.asked.get().is_some_and(is_late) => line.close(),
            _ => self.ask(),
        }
    }

    /// Says where it is and what waits; if it waits for an answer, after that.
    fn ask(&self) {
        let (line, state) = (self.line.borrow(), self.state.borrow());
        let free = line.as_ref().filter(|_| self.asked.get().is_none());
        self.wanted.set(free.is_none());
        let Some(line) = free else { return };
        let now = self.ports.clock.now();
        self.asked.set(Some(now));
        for Mutation { edit, entity, key, .. } in &state.edits {
            let request = now.0;
            self.ports.emit(EngineEvent::EditSent { edit: *edit, entity: *entity, key, request });
        }
        _ = line.send(json(&Up(state.read, state.edits.clone())).into_bytes());
    }

    async fn take(&self, news: News, bytes: u64) -> Sql<()> {
        let (verdicts, is_answer) = (news.verdicts.iter().flatten(), news.verdicts.is_some());
        let Mirror { edits, read, .. } = self.state.borrow().clone();
        let waits =
            |of: &(EntityId, Row)| edits.iter().any(|edit| (edit.entity, &edit.key) == (of.0, &of.1.key));
        if news.after > read || !is_answer && news.rows.iter().any(waits) {
            // Rows are missing before these, or one is to come with the verdict on its edit.
            self.ask();
            return Ok(());
        }
        let taken = self.change(|state| {
            state.edits.retain(|edit| verdicts.clone().all(|verdict| verdict.edit != edit.id));
            state.read = if news.after.is_none() { news.upto } else { news.upto.max(read) };
            if news.after.is_none() { state.replace(news.rows) } else { state.take(news.rows) }
        })?;
        let took = self.ports.work(Work { coded_bytes: bytes, ..Work::default() }).await;
        let changes: Vec<_> = taken.iter().map(AppliedChange::of_row).collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit: None, changes: &changes, echoed: 0, took });
        for verdict in verdicts {
            edits.iter().filter(|edit| edit.id == verdict.edit).for_each(|edit| self.tell(edit, verdict));
        }
        self.ports.crash_point("live.applied").await;
        self.asked.set(self.asked.get().filter(|_| !is_answer));
        if self.wanted.get() {
            self.ask();
        }
        Ok(())
    }

    fn tell(&self, made: &Mutation, &Verdict { committed, met, .. }: &Verdict) {
        let Mutation { edit, entity, ref key, made_at: local, .. } = *made;
        let (kind, decision) = match (made.kind, committed) {
            (EditKind::Create, _) => (ConflictKind::InsertInsert, Decision::Remote),
            (_, None) => (ConflictKind::UpdateDelete, Decision::Remote),
            (EditKind::Update, _) => (ConflictKind::UpdateUpdate, Decision::Local),
            (EditKind::Delete, _) => (ConflictKind::DeleteUpdate, Decision::Local),
        };
        if let Some(remote) = met {
            let sides = Sides { local, remote, edited: None };
            self.ports.emit(EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides });
        }
        if let Some(stamp) = committed {
            self.ports.emit(EngineEvent::EditAcknowledged { edit, entity, key, stamp });
        }
    }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let made_at = self.ports.clock.wall();
        let saved = self.change(|state| state.edit(&self.setup.schema, edit, made_at));
        let (saved_at, phone) = (self.ports.machine.take_on(Work::default()), self.me.upgrade());
        self.ports.spawn.spawn(Box::pin(async move {
            let Some(phone) = phone else { return };
            phone.ports.clock.sleep_until(saved_at).await;
            phone.ask();
        }));
        saved.unwrap_or_else(|error| Err(EditError::Storage(error.to_string()))).into()
    }
    fn trigger(&self, _: UnitId, _: bool) {
        self.ask();
    }
    fn is_caught_up(&self) -> Option<bool> {
        let waits = self.asked.get().is_some() || self.wanted.get() || !self.state.borrow().edits.is_empty();
        Some(!waits && self.line.borrow().is_some())
    }
}
