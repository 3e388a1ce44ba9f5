//! TinyBase's synchronizer over WebSockets:
//! <https://tinybase.org/guides/synchronization/using-a-synchronizer/>, with the messages of the
//! published package, version 10.
//!
//! The server relays messages between the clients of a path. It is also a client itself, `S`, with
//! its own mergeable store, like `createWsServer` with a persister. A frame is `TO\n[request, kind,
//! body]`. The server relays it as `FROM\n…`. Kinds: 0 is a response, 1 asks for hashes, 2 has
//! hashes, 3 has changes, 4 to 7 ask for differences in tables, rows, cells and values.
//!
//! A table of the record (the backend) is a table of the store. A row's key is its id, and a column
//! is a cell. A row exists if it has a cell; a null column has no cell. The cell with the newer
//! stamp wins. The server writes changes of phones to the record as the merged row. If somebody
//! else writes to the record, the changed columns become cells. Their stamp is the time at which
//! the server reads them, and all clients get them. If the record refuses a row, or no slip names
//! an edit for it, the server replaces the row's cells by the record's values. Only the server
//! keeps values, and cells that are not columns.
//!
//! A slip (the bench's hidden note on a message) can name edits of rows that are not in its
//! message. The server remembers the last named edit of each row, because its cells may arrive
//! through another client.
//!
//! Not supported: fragments, several channels on one WebSocket, cells that are objects or arrays,
//! several stores (all paths share one), acknowledgements (the protocol has none).

mod content;
mod hlc;
mod record;
mod store;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::half::{Half, SHARED_LACKS};
use super::served::{ProtocolServer, Served};
use crate::contract::http::Request;
use crate::contract::{
    Capabilities, ConnectionId, DeviceId, Merge, ServerError, ServerPorts, ServerSetup, Slip, Span,
    SystemOfRecord,
};
use content::{Told, changes, told};
use record::{Beside, versions};
use store::Store;

pub(super) fn half() -> Half {
    Half {
        name: "tinybase",
        about: "TinyBase's synchronizer over WebSockets, with a mergeable store.",
        options: Vec::new(),
        make: |_, setup, ports| Box::new(Served(TinyBase::open(setup, ports))),
        at_most: Capabilities {
            acknowledges: false,
            once: false,
            merge: Merge::Converges,
            ..Capabilities::ALL
        },
        lacks: SHARED_LACKS,
        crash_points: &["tinybase.merged", "tinybase.before-look", "tinybase.before-push"],
    }
}

/// The server's own client name.
const SERVER: &str = "S";

/// The kind of a question that the server sent to a client. It is needed to read the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tables = 4,
    Rows = 5,
    Cells = 6,
    Values = 7,
}

/// The cells in a frame, and the next question to the client.
type Brought = (Vec<Told>, Option<(Step, Json)>);

struct Site {
    setup: ServerSetup,
    ports: ServerPorts,
    store: RefCell<Store>,
    clients: RefCell<BTreeSet<ConnectionId>>,
    asked: RefCell<BTreeMap<String, (ConnectionId, Step)>>,
    sent: Cell<u64>,
    /// True if the last read of the record (the backend) failed, so the store may lack its changes.
    is_behind: Cell<bool>,
}

struct TinyBase(Rc<Site>);

/// A parsed frame.
struct Frame {
    to: String,
    rest: String,
    request: Json,
    kind: u64,
    body: Json,
}

impl Frame {
    fn read(message: &[u8]) -> Option<Frame> {
        let (to, rest) = std::str::from_utf8(message).ok()?.split_once('\n')?;
        let parts: Json = serde_json::from_str(rest).ok()?;
        let parts = parts.as_array().filter(|parts| parts.len() == 3)?;
        let request = Some(&parts[0]).filter(|request| request.is_null() || request.is_string())?.clone();
        let (to, rest) = (to.to_owned(), rest.to_owned());
        Some(Frame { to, rest, request, kind: parts[1].as_u64()?, body: parts[2].clone() })
    }
    /// True if the frame can have cells.
    fn has_content(&self) -> bool {
        matches!(self.kind, 0 | 3)
    }
    fn is_for_server(&self) -> bool {
        self.to.is_empty() || self.to == SERVER
    }
    /// True if the frame asks the server for its hashes. An exchange begins with this question.
    fn asks_server_for_hashes(&self) -> bool {
        self.kind == 1 && self.is_for_server()
    }
}

fn name(connection: ConnectionId) -> String {
    format!("client-{}", connection.0)
}

impl TinyBase {
    fn open(setup: ServerSetup, ports: ServerPorts) -> TinyBase {
        let store = RefCell::new(Store::open(&ports.database));
        let (clients, asked, sent, is_behind) = Default::default();
        let site = Rc::new(Site { setup, ports, store, clients, asked, sent, is_behind });
        let own = site.clone();
        site.ports.spawn(async move {
            let mut seen = 0;
            loop {
                own.ports.crash_point("tinybase.before-look").await;
                let reading = own.clone();
                let changed =
                    own.ports.ask(move |record| reading.with(|mut beside| beside.ingest(record))).await;
                own.ports.crash_point("tinybase.before-push").await;
                // No other commit may follow, so a failed read is repeated.
                let Ok(Ok(changed)) = changed else {
                    own.is_behind.set(true);
                    own.ports.sleep(Span::secs(5)).await;
                    continue;
                };
                own.is_behind.set(false);
                own.push(&changed);
                seen = own.ports.committed(seen).await;
            }
        });
        TinyBase(site)
    }
}

impl Site {
    /// Works on the store and the record in one transaction. It commits even after an error.
    fn with<T>(&self, work: impl FnOnce(Beside<'_>) -> Result<T, ServerError>) -> Result<T, ServerError> {
        let mut store = self.store.borrow_mut();
        let database = store.database.clone();
        let together = database.unchecked_transaction().map_err(super::kept::failed)?;
        let done = work(Beside { setup: &self.setup, now: self.now(), store: &mut store });
        together.commit().map_err(super::kept::failed)?;
        done
    }
    fn now(&self) -> u64 {
        u64::try_from(self.ports.clock.wall().0 / 1_000).unwrap_or(0)
    }
    fn next(&self) -> String {
        self.sent.set(self.sent.get() + 1);
        format!("server-{}", self.sent.get())
    }
    fn send(&self, to: ConnectionId, from: &str, rest: &str, slip: Slip) {
        self.ports.phones.send_with(to, format!("{from}\n{rest}").into_bytes(), slip);
    }
    fn push(&self, cells: &[Told]) {
        if cells.is_empty() {
            return;
        }
        let slip = versions(&self.setup, &self.store.borrow(), cells);
        let rest = json!([self.next(), 3, changes(cells)]).to_string();
        self.clients.borrow().iter().for_each(|to| self.send(*to, SERVER, &rest, slip.clone()));
    }
    fn relay(&self, from: ConnectionId, frame: &Frame, slip: &Slip) {
        let clients = self.clients.borrow();
        let is_for =
            |to: &&ConnectionId| if frame.to.is_empty() { **to != from } else { name(**to) == frame.to };
        clients.iter().filter(is_for).for_each(|to| self.send(*to, &name(from), &frame.rest, slip.clone()));
    }
    fn ask(&self, client: ConnectionId, step: Step, body: &Json) {
        let request = self.next();
        self.asked.borrow_mut().insert(request.clone(), (client, step));
        self.send(client, SERVER, &json!([request, step as u8, body]).to_string(), Slip::default());
    }

    /// The store's response to a client's question; `None` if the frame is not a question.
    fn answer(&self, frame: &Frame) -> Option<Json> {
        let content = &self.store.borrow().content;
        match frame.kind {
            1 => Some(content.hashes()),
            4 => Some(content.table_diff(&frame.body)),
            5 => Some(content.row_diff(&frame.body)),
            6 => Some(content.cell_diff(&frame.body)),
            7 => Some(content.value_diff(&frame.body)),
            _ => None,
        }
    }
    /// Answers a client's question from the store.
    fn respond(&self, client: ConnectionId, frame: &Frame) {
        let Some(answer) = self.answer(frame) else { return };
        let cells = told(&answer, &json!([{}]), u64::MAX >> 1)
            .or_else(|| told(&answer[0], &json!([{}]), u64::MAX >> 1));
        let slip = versions(&self.setup, &self.store.borrow(), &cells.unwrap_or_default());
        self.send(client, SERVER, &json!([frame.request, 0, answer]).to_string(), slip);
    }
    /// Compares a client's hashes with the server's, and asks for the differences.
    fn compare(&self, client: ConnectionId, body: &Json) {
        let store = self.store.borrow();
        let own = store.content.hashes();
        if own[0] != body[0] {
            self.ask(client, Step::Tables, &store.content.table_hashes());
        }
        if own[1] != body[1] {
            self.ask(client, Step::Values, &store.content.value_hashes());
        }
    }
    /// Reads the cells of a frame, and finds the next question.
    fn cells(&self, client: ConnectionId, frame: &Frame) -> Option<Brought> {
        let (none, body, now) = (json!([{}]), &frame.body, self.now());
        if frame.kind == 3 {
            return Some((told(&body[0], &body[1], now)?, None));
        }
        let request = frame.request.as_str().unwrap_or_default();
        let step = self.asked.borrow_mut().remove(request).filter(|(of, _)| *of == client)?.1;
        let has_more = body[1].as_object().is_some_and(|differ| !differ.is_empty());
        let then = |step| has_more.then(|| (step, body[1].clone()));
        Some(match step {
            Step::Tables => (told(&body[0], &none, now)?, then(Step::Rows)),
            Step::Rows => (told(&body[0], &none, now)?, then(Step::Cells)),
            Step::Cells => (told(body, &none, now)?, None),
            Step::Values => (told(&none, body, now)?, None),
        })
    }
}

impl ProtocolServer for TinyBase {
    fn hold(&mut self, _: DeviceId, connection: ConnectionId, _: &Request) -> Result<(), ServerError> {
        self.0.clients.borrow_mut().insert(connection);
        Ok(())
    }
    fn let_go(&mut self, connection: ConnectionId) {
        self.0.clients.borrow_mut().remove(&connection);
        self.0.asked.borrow_mut().retain(|_, (of, _)| *of != connection);
    }
    fn handle_without_record(&mut self, connection: ConnectionId, message: &[u8]) -> bool {
        let site = &self.0;
        let Some(frame) = Frame::read(message) else {
            // The library's server also closes the connection.
            self.let_go(connection);
            self.0.ports.phones.close(connection);
            return true;
        };
        // The answer needs a read of the record if the last one failed.
        if frame.has_content() || site.is_behind.get() && frame.asks_server_for_hashes() {
            return false;
        }
        match frame.kind {
            2 if frame.is_for_server() => site.compare(connection, &frame.body),
            _ if frame.is_for_server() => site.respond(connection, &frame),
            _ => {}
        }
        site.relay(connection, &frame, &Slip::default());
        true
    }
    fn hear(
        &mut self,
        (from, connection): (DeviceId, ConnectionId),
        (message, slip): (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let site = &self.0;
        let Some(frame) = Frame::read(message) else { return Ok(()) };
        site.store.borrow().notes.note_names(slip)?;
        if frame.asks_server_for_hashes() {
            let changed = site.with(|mut beside| beside.ingest(record))?;
            site.is_behind.set(false);
            site.push(&changed);
            site.respond(connection, &frame);
            site.relay(connection, &frame, &Slip::default());
            return Ok(());
        }
        let cells = if frame.is_for_server() { site.cells(connection, &frame) } else { None };
        if let Some((cells, next)) = cells {
            let changed = site.with(|mut beside| beside.merge(from, (cells, slip), record))?;
            _ = site.ports.crash.reached("tinybase.merged");
            site.push(&changed);
            if let Some((step, differ)) = next {
                let store = site.store.borrow();
                let body = match step {
                    Step::Rows => store.content.row_hashes(&differ),
                    _ => store.content.cell_hashes(&differ),
                };
                site.ask(connection, step, &body);
            }
        }
        let told = told(&frame.body[0], &json!([{}]), u64::MAX >> 1).unwrap_or_default();
        let beside = versions(&site.setup, &site.store.borrow(), &told);
        site.relay(connection, &frame, &beside);
        Ok(())
    }
}
