//! Loro. The document has a map per entity, which has a map per row. Each side sends its version
//! vector, and the changes that the other side lacks (<https://loro.dev/docs/tutorial/sync>).

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use loro::event::{ContainerDiff, Diff};
use loro::{
    Container, ContainerTrait, ExportMode, Index, LoroDoc, LoroMap, LoroValue, Subscription,
    ValueOrContainer, VersionVector,
};
use syncdyno::contract::{EntityId, Key, Schema, Value, ValueRef};

use super::{Peer, message, parts};
use crate::document::{Actor, At, Document, Reader, Touched, Writer};

pub(crate) struct Rows {
    doc: LoroDoc,
    schema: Arc<Schema>,
    packed: VersionVector,
    /// The rows that the last import changed. The mutex is needed because Loro requires thread-safe
    /// listeners.
    touched: Arc<Mutex<Touched>>,
    _watched: Subscription,
}

fn loro_value(value: &Value) -> LoroValue {
    value.with_ref(|value| match value {
        ValueRef::Null => LoroValue::Null,
        ValueRef::Int(n) => LoroValue::I64(n),
        ValueRef::Real(x) => LoroValue::Double(x),
        ValueRef::Text(text) => LoroValue::String(text.into()),
    })
}

fn value(of: Option<ValueOrContainer>) -> Value {
    match of {
        Some(ValueOrContainer::Value(LoroValue::I64(n))) => Value::Int(n),
        Some(ValueOrContainer::Value(LoroValue::Double(x))) => Value::Real(x),
        Some(ValueOrContainer::Value(LoroValue::String(text))) => Value::text(&text),
        _ => Value::Null,
    }
}

/// Adds the rows that an event changes.
fn rows_of(schema: &Schema, event: &ContainerDiff<'_>, touched: &mut Touched) {
    let mut path = event.path.iter().map(|(_, index)| index);
    let Some(Index::Key(name)) = path.next() else { return };
    let Some(entity) = schema.find(name) else { return };
    match (path.next(), &event.diff) {
        (Some(Index::Key(key)), _) => _ = touched.insert((entity, Key::new(key))),
        (None, Diff::Map(delta)) => touched.extend(delta.updated.keys().map(|key| (entity, Key::new(key)))),
        _ => {}
    }
}

impl Rows {
    fn entity(&self, entity: EntityId) -> LoroMap {
        self.doc.get_map(self.schema.entity(entity).name.as_str())
    }
    fn map(&self, (entity, key): At<'_>) -> Option<LoroMap> {
        match self.entity(entity).get(key.as_str()) {
            Some(ValueOrContainer::Container(Container::Map(map))) => Some(map),
            _ => None,
        }
    }
    fn version(&self) -> VersionVector {
        self.doc.commit();
        self.doc.oplog_vv()
    }
    fn since(&self, version: &VersionVector) -> Vec<u8> {
        self.doc.export(ExportMode::updates(version)).expect("its history is whole")
    }
    fn take_touched(&self) -> Touched {
        mem::take(&mut self.touched.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Document for Rows {
    type Peer = Peer<VersionVector>;

    fn new(actor: Actor, schema: &Arc<Schema>) -> Rows {
        let doc = LoroDoc::new();
        // The id is fixed and changes have no times, so that runs are repeatable.
        doc.set_peer_id(actor.0).expect("nothing is under way");
        doc.set_record_timestamp(false);
        let touched = Arc::<Mutex<Touched>>::default();
        let (to, of) = (touched.clone(), schema.clone());
        let watched = doc.subscribe_root(Arc::new(move |event| {
            let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
            event.events.iter().for_each(|event| rows_of(&of, event, &mut to));
        }));
        let packed = doc.oplog_vv();
        Rows { doc, schema: schema.clone(), packed, touched, _watched: watched }
    }
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String> {
        for part in parts {
            self.doc.import(part).map_err(|error| error.to_string())?;
        }
        self.packed = self.version();
        Ok(())
    }
    fn pack(&mut self) -> Vec<u8> {
        let version = self.version();
        if version == self.packed {
            return Vec::new();
        }
        let packed = mem::replace(&mut self.packed, version);
        self.since(&packed)
    }
    fn whole(&mut self) -> Vec<u8> {
        self.packed = self.version();
        self.doc.export(ExportMode::Snapshot).expect("its history is whole")
    }

    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]) {
        let map = self.map(row).unwrap_or_else(|| {
            let made = self.entity(row.0).insert_container(row.1.as_str(), LoroMap::new());
            made.expect("it is attached")
        });
        let columns = &self.schema.entity(row.0).columns;
        for (column, value) in values {
            map.insert(columns[*column].name.as_str(), loro_value(value)).expect("it is attached");
        }
    }
    fn remove(&mut self, (entity, key): At<'_>) {
        self.entity(entity).delete(key.as_str()).expect("it is attached");
    }
    /// The count includes deletes. Setting an equal value is not a change, so the count can be 0.
    fn own_clock(&mut self) -> Vec<u8> {
        let (own, version) = (self.doc.peer_id(), self.version());
        let mut clock = Writer::default();
        clock.numbers(&[own, version.get(&own).map_or(0, |count| u64::from(count.unsigned_abs()))]);
        clock.0
    }
    fn has(&mut self, clock: &[u8]) -> bool {
        let Some([peer, count]) = Reader(clock).numbers() else { return false };
        self.version().get(&peer).map_or(0, |has| u64::from(has.unsigned_abs())) >= count
    }

    fn row(&self, row: At<'_>) -> Option<Vec<Value>> {
        let map = self.map(row).filter(|map| !map.is_deleted())?;
        Some(self.schema.entity(row.0).projected().map(|column| value(map.get(&column.name))).collect())
    }
    fn keys(&self, entity: EntityId) -> Vec<Key> {
        let mut keys: Vec<Key> = self.entity(entity).keys().map(|key| Key::new(&key)).collect();
        keys.sort();
        keys
    }

    fn peer(&self, encoded: &[u8]) -> Self::Peer {
        Peer::new(VersionVector::decode(encoded).unwrap_or_default())
    }
    fn encode_peer(peer: &Self::Peer) -> Vec<u8> {
        peer.has.encode()
    }
    fn generate(&mut self, peer: &mut Self::Peer, asks: bool) -> Option<Vec<u8>> {
        peer.take_should_send(asks).then(|| message(&self.version().encode(), &self.since(&peer.has)))
    }
    fn receive(&mut self, peer: &mut Self::Peer, message: &[u8]) -> Result<Touched, String> {
        let (has, updates) = parts(message)?;
        let has = VersionVector::decode(has).map_err(|error| error.to_string())?;
        // Local changes before the import do not count as touched rows.
        self.doc.commit();
        self.take_touched();
        self.doc.import(updates).map_err(|error| error.to_string())?;
        peer.has = has;
        Ok(self.take_touched())
    }
}
