//! Yrs. The document has a map per entity, which has a map per row. Each side sends its state
//! vector, and the changes that the other side lacks
//! (<https://docs.yjs.dev/api/document-updates#syncing-clients>).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use syncdyno::contract::{ColumnKind, EntityId, Key, Schema, Value, ValueRef};
use yrs::types::{Event, PathSegment};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Any, ClientID, DeepObservable, Doc, Map, MapPrelim, MapRef, Number, Options, Out, ReadTxn, StateVector,
    Transact, TransactionMut, Update, UpdateEvent,
};

use super::{Peer, message, parts};
use crate::document::{Actor, At, Document, Reader, Touched, Writer};

pub(crate) struct Rows {
    doc: Doc,
    schema: Arc<Schema>,
    entities: Vec<MapRef>,
    /// Updates that are not packed yet. Each comes after its length.
    unsaved_updates: Rc<RefCell<Writer>>,
    touched: Rc<RefCell<Touched>>,
}

fn any(value: &Value) -> Any {
    value.with_ref(|value| match value {
        ValueRef::Null => Any::Null,
        ValueRef::Int(n) => Any::Number(Number::Int(n)),
        ValueRef::Real(x) => Any::Number(Number::Float(x)),
        ValueRef::Text(text) => Any::String(text.into()),
    })
}

/// Converts a value. Yjs has only one kind of number, so the column's kind decides.
fn value(kind: &ColumnKind, out: Option<Out>) -> Value {
    match out {
        Some(Out::Any(Any::Number(number))) => match (kind, number) {
            (ColumnKind::Real, Number::Int(n)) => Value::Real(n as f64),
            (ColumnKind::Real, Number::Float(x)) => Value::Real(x),
            (_, Number::Int(n)) => Value::Int(n),
            (_, Number::Float(x)) => Value::Int(x as i64),
        },
        Some(Out::Any(Any::String(text))) => Value::text(&text),
        _ => Value::Null,
    }
}

impl Rows {
    fn watch(&self) {
        let unsaved_updates = self.unsaved_updates.clone();
        let keep = move |_: &TransactionMut<'_>, event: &UpdateEvent| {
            unsaved_updates.borrow_mut().bytes(&event.update)
        };
        self.doc.observe_update_v1("fresh", keep).expect("nothing else is under way");
        for (map, entity) in self.entities.iter().zip(self.schema.ids()) {
            let touched = self.touched.clone();
            map.observe_deep("touched", move |txn, events| {
                let mut touched = touched.borrow_mut();
                for event in events.iter() {
                    match (event.path().front(), event) {
                        (Some(PathSegment::Key(key)), _) => _ = touched.insert((entity, Key::new(key))),
                        (None, Event::Map(event)) => {
                            touched.extend(event.keys(txn).keys().map(|key| (entity, Key::new(key))));
                        }
                        _ => {}
                    }
                }
            });
        }
    }
    fn apply(&self, bytes: &[u8]) -> Result<(), String> {
        let update = Update::decode_v1(bytes).map_err(|error| error.to_string())?;
        self.doc.transact_mut().apply_update(update).map_err(|error| error.to_string())
    }
    fn state(&self) -> StateVector {
        self.doc.transact().state_vector()
    }
}

impl Document for Rows {
    type Peer = Peer<StateVector>;

    fn new(actor: Actor, schema: &Arc<Schema>) -> Rows {
        // The ids are fixed and not random, so that runs are repeatable.
        let options = Options { guid: "rows".into(), ..Options::with_client_id(ClientID::new(actor.0)) };
        let doc = Doc::with_options(options);
        let entities = schema.entities.iter().map(|entity| doc.get_or_insert_map(entity.name.as_str()));
        let entities = entities.collect();
        let (unsaved_updates, touched) = Default::default();
        let rows = Rows { doc, schema: schema.clone(), entities, unsaved_updates, touched };
        rows.watch();
        rows
    }
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String> {
        for part in parts {
            let mut from = Reader(part);
            while let Some(update) = from.bytes() {
                self.apply(update)?;
            }
        }
        self.unsaved_updates.take();
        Ok(())
    }
    fn pack(&mut self) -> Vec<u8> {
        self.unsaved_updates.take().0
    }
    fn whole(&mut self) -> Vec<u8> {
        self.unsaved_updates.take();
        let mut all = Writer::default();
        all.bytes(&self.doc.transact().encode_diff_v1(&StateVector::default()));
        all.0
    }

    fn put(&mut self, (entity, key): At<'_>, values: &[(usize, Value)]) {
        let map = &self.entities[usize::from(entity.0)];
        let columns = &self.schema.entity(entity).columns;
        let mut txn = self.doc.transact_mut();
        let row: MapRef = match map.get(&txn, key.as_str()) {
            Some(Out::YMap(row)) => row,
            _ => map.insert(&mut txn, key.as_str(), MapPrelim::default()),
        };
        // Equal values are not written again, as in the adapter of Yjs: each write counts as a
        // change, which can win over another person's value.
        for (column, value) in values {
            row.try_update(&mut txn, columns[*column].name.as_str(), any(value));
        }
    }
    fn remove(&mut self, (entity, key): At<'_>) {
        self.entities[usize::from(entity.0)].remove(&mut self.doc.transact_mut(), key.as_str());
    }
    /// Deletes do not advance the clock of Yjs. Each message has the whole set of deletes.
    fn own_clock(&mut self) -> Vec<u8> {
        let own = self.doc.client_id();
        let mut clock = Writer::default();
        clock.numbers(&[own.get(), u64::from(self.state().get(&own))]);
        clock.0
    }
    fn has(&mut self, clock: &[u8]) -> bool {
        let Some([client, count]) = Reader(clock).numbers() else { return false };
        u64::from(self.state().get(&ClientID::new(client))) >= count
    }

    fn row(&self, (entity, key): At<'_>) -> Option<Vec<Value>> {
        let txn = self.doc.transact();
        let Some(Out::YMap(row)) = self.entities[usize::from(entity.0)].get(&txn, key.as_str()) else {
            return None;
        };
        let columns = self.schema.entity(entity).projected();
        Some(columns.map(|column| value(&column.kind, row.get(&txn, &column.name))).collect())
    }
    fn keys(&self, entity: EntityId) -> Vec<Key> {
        let txn = self.doc.transact();
        let mut keys: Vec<Key> = self.entities[usize::from(entity.0)].keys(&txn).map(Key::new).collect();
        keys.sort();
        keys
    }

    fn peer(&self, encoded: &[u8]) -> Self::Peer {
        Peer::new(StateVector::decode_v1(encoded).unwrap_or_default())
    }
    fn encode_peer(peer: &Self::Peer) -> Vec<u8> {
        peer.has.encode_v1()
    }
    fn generate(&mut self, peer: &mut Self::Peer, asks: bool) -> Option<Vec<u8>> {
        let txn = self.doc.transact();
        peer.take_should_send(asks)
            .then(|| message(&txn.state_vector().encode_v1(), &txn.encode_diff_v1(&peer.has)))
    }
    fn receive(&mut self, peer: &mut Self::Peer, message: &[u8]) -> Result<Touched, String> {
        let (has, update) = parts(message)?;
        self.touched.take();
        self.apply(update)?;
        peer.has = StateVector::decode_v1(has).map_err(|error| error.to_string())?;
        Ok(self.touched.take())
    }
}
