//! The document that holds all rows. It is stored as a list of its updates.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rusqlite::Connection;
use serde_json::{Map as Object, Value as Json};
use yrs::block::ClientID;
use yrs::types::{Event, PathSegment};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Any, DeepObservable, Doc, Map, MapPrelim, MapRef, Options, Out, ReadTxn, StateVector, Transact, Update,
};

use super::super::kept::{self, failed};
use super::super::notes::{self, Notes};
use crate::contract::{Database, Schema, ServerError};

const TABLES: &str = "CREATE TABLE IF NOT EXISTS updates(number INTEGER PRIMARY KEY, bytes BLOB);";
/// The server's own client id in the document. No client draws an id this small.
const SERVER: u64 = 1;

pub(super) type Rows = BTreeSet<(String, String)>;

pub(super) struct Document {
    pub(super) database: Rc<Connection>,
    pub(super) notes: Notes,
    doc: Doc,
    touched: Rc<RefCell<Rows>>,
}

impl Document {
    pub(super) fn open(at: &Database, schema: &Schema) -> Document {
        let database = Rc::new(kept::open(at, &[notes::TABLES, TABLES].concat()));
        // The ids are fixed and not random, so that runs are repeatable.
        let options = Options { guid: "rows".into(), ..Options::with_client_id(ClientID::new(SERVER)) };
        let doc = Doc::with_options(options);
        let document = Document { notes: Notes(database.clone()), database, doc, touched: Rc::default() };
        document.load().expect("the server's disk is sound");
        for entity in &schema.entities {
            document.watch(&entity.name);
        }
        document
    }
    fn load(&self) -> rusqlite::Result<()> {
        let mut asked = self.database.prepare("SELECT bytes FROM updates ORDER BY number")?;
        let all: Vec<Vec<u8>> = asked.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for bytes in &all {
            if let Ok(update) = Update::decode_v1(bytes) {
                _ = self.doc.transact_mut().apply_update(update);
            }
        }
        if all.len() > 1 {
            let whole = self.doc.transact().encode_state_as_update_v1(&StateVector::default());
            self.database.execute("DELETE FROM updates", [])?;
            self.database.execute("INSERT INTO updates(bytes) VALUES(?1)", [whole])?;
        }
        Ok(())
    }
    /// Records which rows of a table change.
    fn watch(&self, table: &str) {
        let (touched, name) = (self.touched.clone(), table.to_owned());
        let map = self.doc.get_or_insert_map(table);
        map.observe_deep("rows", move |of, events| {
            let mut touched = touched.borrow_mut();
            for event in events.iter() {
                match (event.path().front(), event) {
                    (Some(PathSegment::Key(key)), _) => _ = touched.insert((name.clone(), key.to_string())),
                    (None, Event::Map(event)) => {
                        touched.extend(event.keys(of).keys().map(|key| (name.clone(), key.to_string())));
                    }
                    _ => {}
                }
            }
        });
    }

    pub(super) fn state(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }
    /// The update that a client with this state vector needs; `None` if the bytes are not a state
    /// vector.
    pub(super) fn since(&self, state: &[u8]) -> Option<Vec<u8>> {
        let state = StateVector::decode_v1(state).ok()?;
        Some(self.doc.transact().encode_state_as_update_v1(&state))
    }
    /// Applies an update. Returns the changed rows, and true if the update had anything new. `None`
    /// if the bytes are not an update.
    pub(super) fn apply(&self, bytes: &[u8]) -> Result<Option<(Rows, bool)>, ServerError> {
        let Ok(update) = Update::decode_v1(bytes) else { return Ok(None) };
        self.touched.take();
        let before = self.state();
        if self.doc.transact_mut().apply_update(update).is_err() {
            return Ok(None);
        }
        let rows = self.touched.take();
        let is_news = !rows.is_empty() || self.state() != before;
        if is_news {
            self.keep(bytes)?;
        }
        Ok(Some((rows, is_news)))
    }
    fn keep(&self, bytes: &[u8]) -> Result<(), ServerError> {
        self.database.execute("INSERT INTO updates(bytes) VALUES(?1)", [bytes]).map_err(failed)?;
        Ok(())
    }

    /// The members of a row, if it exists.
    pub(super) fn row(&self, table: &str, key: &str) -> Option<Object<String, Json>> {
        let of = self.doc.transact();
        match of.get_map(table)?.get(&of, key)? {
            Out::YMap(row) => {
                let member = |(name, value): (&str, Out)| match value {
                    Out::Any(value) => Some((name.to_owned(), json_of(&value))),
                    _ => None,
                };
                Some(row.iter(&of).filter_map(member).collect())
            }
            Out::Any(whole) => json_of(&whole).as_object().cloned(),
            _ => None,
        }
    }
    /// Sets these members of a row, or removes the row. Returns the update, if anything changed.
    pub(super) fn say(
        &self,
        (table, key): (&str, &str),
        says: Option<&Object<String, Json>>,
    ) -> Result<Option<Vec<u8>>, ServerError> {
        let is = self.row(table, key);
        let differs = |name: &String, value: &Json| {
            let is = is.as_ref().and_then(|is| is.get(name)).unwrap_or(&Json::Null);
            is != value
        };
        let is_same = match (says, &is) {
            (None, is) => is.is_none(),
            (Some(says), Some(_)) => !says.iter().any(|(name, value)| differs(name, value)),
            (Some(_), None) => false,
        };
        if is_same {
            return Ok(None);
        }
        let map = self.doc.get_or_insert_map(table);
        let mut of = self.doc.transact_mut();
        match says {
            None => _ = map.remove(&mut of, key),
            Some(says) => {
                let row: MapRef = match map.get(&of, key) {
                    Some(Out::YMap(row)) => row,
                    _ => map.insert(&mut of, key, MapPrelim::default()),
                };
                // The members are set in the order of their names, so that runs are repeatable.
                for (name, value) in says.iter().filter(|(name, value)| differs(name, value)) {
                    let value = serde_json::from_value(value.clone()).unwrap_or(Any::Null);
                    row.insert(&mut of, name.as_str(), value);
                }
            }
        }
        let update = of.encode_update_v1();
        drop(of);
        self.touched.take();
        self.keep(&update)?;
        Ok(Some(update))
    }
    pub(super) fn rows(&self, schema: &Schema) -> Rows {
        let of = self.doc.transact();
        let tables = schema
            .entities
            .iter()
            .filter_map(|entity| Some((&entity.name, of.get_map(entity.name.as_str())?)));
        let mut rows = Rows::new();
        for (name, map) in tables {
            rows.extend(map.keys(&of).map(|key| (name.clone(), key.to_owned())));
        }
        rows
    }
}

fn json_of(value: &Any) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
