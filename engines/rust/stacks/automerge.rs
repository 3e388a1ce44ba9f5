//! Automerge with its sync protocol (<https://automerge.org/automerge/automerge/sync/>). The
//! document is a map of entities. An entity is a map of rows, and a row is a map of columns.

use std::sync::Arc;

use automerge::sync::{Message, State, SyncDoc};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, AutoCommit, ChangeHash, ObjId, ObjType, Patch, PatchAction, Prop, ROOT, ReadDoc, ScalarValue,
};
use syncdyno::contract::{EntityId, Key, Schema, Value, ValueRef};

use crate::document::{Actor, At, Document, Touched};

pub(crate) struct Rows {
    doc: AutoCommit,
    schema: Arc<Schema>,
    entities: Vec<ObjId>,
    packed: Vec<ChangeHash>,
    last: Option<ChangeHash>,
}

/// Changes have no time, because times do not affect merges.
fn options() -> CommitOptions {
    CommitOptions::default().with_time(0)
}

fn scalar(value: &Value) -> ScalarValue {
    value.with_ref(|value| match value {
        ValueRef::Null => ScalarValue::Null,
        ValueRef::Int(n) => ScalarValue::Int(n),
        ValueRef::Real(x) => ScalarValue::F64(x),
        ValueRef::Text(text) => ScalarValue::Str(text.into()),
    })
}

fn value(of: &automerge::Value<'_>) -> Value {
    match of.as_scalar() {
        Some(ScalarValue::Int(n)) => Value::Int(*n),
        Some(ScalarValue::F64(x)) => Value::Real(*x),
        Some(ScalarValue::Str(text)) => Value::text(text),
        _ => Value::Null,
    }
}

impl Rows {
    /// Makes one change of all puts and removes since the last change.
    fn commit(&mut self) {
        self.last = self.doc.commit_with(options()).or(self.last);
    }
    fn object(&self, (entity, key): At<'_>) -> Option<ObjId> {
        let found = self.doc.get(&self.entities[usize::from(entity.0)], key.as_str());
        found.expect("it is a map").map(|(_, id)| id)
    }
    /// The row that a patch changes.
    fn row_of(&self, patch: &Patch) -> Option<(EntityId, Key)> {
        let mut path = patch.path.iter().map(|(_, prop)| prop);
        let Prop::Map(name) = path.next()? else { return None };
        let key = match (path.next(), &patch.action) {
            (Some(Prop::Map(key)), _) => key,
            (None, PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key }) => key,
            _ => return None,
        };
        Some((self.schema.find(name)?, Key::new(key)))
    }
}

impl Document for Rows {
    type Peer = State;

    fn new(actor: Actor, schema: &Arc<Schema>) -> Rows {
        // All documents begin with the same first change, because maps that were created separately
        // do not merge.
        let mut doc = AutoCommit::new().with_actor(ActorId::from(&[0_u8][..]));
        let make = |name: &str| doc.put_object(ROOT, name, ObjType::Map).expect("the root is a map");
        let mut make = make;
        let entities = schema.entities.iter().map(|entity| make(&entity.name)).collect();
        doc.commit_with(options());
        doc.set_actor(ActorId::from(&actor.0.to_be_bytes()[..]));
        let packed = doc.get_heads();
        Rows { doc, schema: schema.clone(), entities, packed, last: None }
    }
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String> {
        for part in parts {
            self.doc.load_incremental(part).map_err(|error| error.to_string())?;
        }
        self.packed = self.doc.get_heads();
        Ok(())
    }
    fn pack(&mut self) -> Vec<u8> {
        self.commit();
        let bytes = self.doc.save_after(&self.packed);
        self.packed = self.doc.get_heads();
        bytes
    }
    fn whole(&mut self) -> Vec<u8> {
        self.commit();
        self.packed = self.doc.get_heads();
        self.doc.save()
    }

    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]) {
        let object = self.object(row).unwrap_or_else(|| {
            let map = &self.entities[usize::from(row.0.0)];
            self.doc.put_object(map, row.1.as_str(), ObjType::Map).expect("it is a map")
        });
        let columns = &self.schema.entity(row.0).columns;
        for (column, value) in values {
            self.doc.put(&object, columns[*column].name.as_str(), scalar(value)).expect("a row is a map");
        }
    }
    fn remove(&mut self, (entity, key): At<'_>) {
        self.doc.delete(&self.entities[usize::from(entity.0)], key.as_str()).expect("it is a map");
    }
    fn own_clock(&mut self) -> Vec<u8> {
        self.commit();
        self.last.map(|hash| hash.0.to_vec()).unwrap_or_default()
    }
    fn has(&mut self, clock: &[u8]) -> bool {
        ChangeHash::try_from(clock).is_ok_and(|hash| self.doc.get_change_meta_by_hash(&hash).is_some())
    }

    fn row(&self, row: At<'_>) -> Option<Vec<Value>> {
        let object = self.object(row)?;
        let column = |name: &str| {
            let found = self.doc.get(&object, name).expect("a row is a map");
            found.map_or(Value::Null, |(held, _)| value(&held))
        };
        Some(self.schema.entity(row.0).projected().map(|it| column(&it.name)).collect())
    }
    fn keys(&self, entity: EntityId) -> Vec<Key> {
        let mut keys: Vec<Key> =
            self.doc.keys(&self.entities[usize::from(entity.0)]).map(|key| Key::new(&key)).collect();
        keys.sort();
        keys
    }

    fn peer(&self, encoded: &[u8]) -> State {
        State::decode(encoded).unwrap_or_default()
    }
    fn encode_peer(peer: &State) -> Vec<u8> {
        peer.encode()
    }
    fn generate(&mut self, peer: &mut State, _: bool) -> Option<Vec<u8>> {
        self.commit();
        self.doc.sync().generate_sync_message(peer).map(Message::encode)
    }
    fn receive(&mut self, peer: &mut State, message: &[u8]) -> Result<Touched, String> {
        self.commit();
        let before = self.doc.get_heads();
        let message = Message::decode(message).map_err(|error| error.to_string())?;
        self.doc.sync().receive_sync_message(peer, message).map_err(|error| error.to_string())?;
        let after = self.doc.get_heads();
        if before == after {
            return Ok(Touched::new());
        }
        let patches = self.doc.diff(&before, &after);
        Ok(patches.iter().filter_map(|patch| self.row_of(patch)).collect())
    }
}
