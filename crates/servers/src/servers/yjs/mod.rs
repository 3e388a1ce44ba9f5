//! Yjs over WebSockets: <https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md>, as
//! `y-websocket` uses it.
//!
//! One document holds all rows. Each table is a root map; it has a map per row, by key; the row's
//! map has the columns. (A row can also be a plain object. Then each change replaces the whole
//! object.) The server also has the document, in the Rust library by Yjs's authors.
//!
//! A frame is a sync message (0) or an awareness message (1). A sync message is step 1 (a state
//! vector), step 2 (changes) or an update (changes). The server relays awareness messages. It
//! begins a connection with its state vector.
//!
//! Options:
//! - `echo`: `all`: an update goes to all clients, including its sender, as in `y-websocket`.
//!   `others`: not to its sender.
//!
//! The server writes the merged row to the record (the backend). If somebody else writes to the
//! record, the server makes an update for the columns that differ. If the record refuses a row, or
//! no slip names an edit for it, the server replaces the row by the record's values. The slip (the
//! bench's hidden note) of an echo has the stamps of the sender's committed edits; the protocol has
//! no acknowledgement.
//!
//! Not supported: several documents (all paths share one), texts and lists merged letter by letter,
//! `queryAwareness`, the v2 update encoding.

mod document;
mod record;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::half::{Half, SHARED_LACKS};
use super::kept::failed;
use super::served::{ProtocolServer, Served};
use super::writing::word;
use crate::contract::http::Request;
use crate::contract::{
    Capabilities, Chosen, ConnectionId, DeviceId, Merge, ServerError, ServerPorts, ServerSetup, Slip, Span,
    SystemOfRecord,
};
use document::Document;
use record::{Beside, Merged};

pub(super) fn half() -> Half {
    Half {
        name: "yjs",
        about: "Yjs over WebSockets, with a document that holds the rows.",
        options: vec![word("echo", &["all", "others"], "Whether a client hears its own updates.")],
        make: |chosen, setup, ports| Box::new(Served(Yjs::open(chosen, setup, ports))),
        at_most: Capabilities { once: false, merge: Merge::Converges, ..Capabilities::ALL },
        lacks: SHARED_LACKS,
        crash_points: &["yjs.merged", "yjs.before-look", "yjs.before-push"],
    }
}

const SYNC: u8 = 0;
const AWARENESS: u8 = 1;
const STEP_1: u8 = 0;
const STEP_2: u8 = 1;
const UPDATE: u8 = 2;

/// Builds a sync message: its kind, the length, the bytes.
fn frame(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![SYNC, kind];
    let mut length = bytes.len();
    while length > 0x7f {
        frame.push(length as u8 & 0x7f | 0x80);
        length >>= 7;
    }
    frame.push(length as u8);
    frame.extend(bytes);
    frame
}

/// Reads bytes after their length prefix; `None` if there are too few.
fn sized(bytes: &[u8]) -> Option<&[u8]> {
    let mut length = 0_usize;
    for (nth, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return bytes.get(nth + 1..(nth + 1).checked_add(length)?);
        }
    }
    None
}

struct Site {
    setup: ServerSetup,
    ports: ServerPorts,
    document: Document,
    clients: RefCell<BTreeSet<ConnectionId>>,
    echoes: bool,
}

struct Yjs(Rc<Site>);

impl Yjs {
    fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts) -> Yjs {
        let document = Document::open(&ports.database, &setup.schema);
        let echoes = chosen.text("echo") != "others";
        let site = Rc::new(Site { setup, ports, document, clients: RefCell::default(), echoes });
        let own = site.clone();
        site.ports.spawn(async move {
            let mut seen = 0;
            loop {
                own.ports.crash_point("yjs.before-look").await;
                let reading = own.clone();
                let changed = own.ports.ask(move |record| reading.with(|beside| beside.ingest(record))).await;
                own.ports.crash_point("yjs.before-push").await;
                // No other commit may follow, so a failed read is repeated.
                let Ok(Ok(changed)) = changed else {
                    own.ports.sleep(Span::secs(5)).await;
                    continue;
                };
                own.push(None, &changed);
                seen = own.ports.committed(seen).await;
            }
        });
        Yjs(site)
    }
}

impl Site {
    /// Works on the document and the record in one transaction. It commits even after an error.
    fn with<T>(&self, work: impl FnOnce(Beside<'_>) -> Result<T, ServerError>) -> Result<T, ServerError> {
        let together = self.document.database.unchecked_transaction().map_err(failed)?;
        let done = work(Beside { setup: &self.setup, document: &self.document });
        together.commit().map_err(failed)?;
        done
    }
    /// Sends updates to all clients. Only the sender gets the outcome of its edits.
    fn push(&self, sender: Option<ConnectionId>, merged: &Merged) {
        let clients = self.clients.borrow();
        for update in &merged.updates {
            for to in clients.iter().filter(|to| self.echoes || !update.is_of_client || Some(**to) != sender)
            {
                let mut slip = merged.slip.clone();
                if Some(*to) != sender {
                    slip.edits.clear();
                }
                self.ports.phones.send_with(*to, frame(UPDATE, &update.bytes), slip);
            }
        }
    }
}

impl ProtocolServer for Yjs {
    fn hold(&mut self, _: DeviceId, connection: ConnectionId, _: &Request) -> Result<(), ServerError> {
        self.0.clients.borrow_mut().insert(connection);
        self.0.ports.phones.send(connection, frame(STEP_1, &self.0.document.state()));
        Ok(())
    }
    fn let_go(&mut self, connection: ConnectionId) {
        self.0.clients.borrow_mut().remove(&connection);
    }
    fn handle_without_record(&mut self, connection: ConnectionId, message: &[u8]) -> bool {
        let site = &self.0;
        match message {
            [SYNC, STEP_1, rest @ ..] => {
                let missing = sized(rest).and_then(|state| site.document.since(state));
                if let Some(missing) = missing {
                    let slip = record::versions(&site.setup, &site.document);
                    site.ports.phones.send_with(connection, frame(STEP_2, &missing), slip);
                    return true;
                }
            }
            [SYNC, STEP_2 | UPDATE, ..] => return false,
            [AWARENESS, ..] => {
                let clients = site.clients.borrow();
                let others = clients.iter().filter(|to| **to != connection);
                others.for_each(|to| _ = site.ports.phones.send(*to, message.to_vec()));
                return true;
            }
            _ => {}
        }
        self.let_go(connection);
        self.0.ports.phones.close(connection);
        true
    }
    fn hear(
        &mut self,
        (from, connection): (DeviceId, ConnectionId),
        (message, slip): (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let site = &self.0;
        let merged = match sized(&message[2..]) {
            Some(update) => site.with(|beside| beside.merge(from, (update, slip), record))?,
            None => None,
        };
        let Some(merged) = merged else {
            self.let_go(connection);
            self.0.ports.phones.close(connection);
            return Ok(());
        };
        _ = site.ports.crash.reached("yjs.merged");
        site.push(Some(connection), &merged);
        Ok(())
    }
}
