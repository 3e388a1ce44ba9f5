//! The outbox: local edits that wait for the backend's verdict.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, btree_map};

use rusqlite::Row;

use super::error::{StoreError, Stored};
use super::session::{Store, Tx};
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Value, Word};
use crate::contract::{self, ColumnKind, EditError, EditKind, Entity, LocalEdit, PendingEdit, Schema};

/// An edit in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its position in the outbox; unique within a process.
    pub seq: i64,
    /// Its idempotency key, by which the backend recognises a repeated edit. Unique.
    pub id: String,
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    pub kind: EditKind,
    /// New values by position in the backend's columns.
    pub values: Vec<(usize, Value)>,
    /// The stamp of the version that it was made on; `None` if the backend did not have the row.
    pub base: Option<Stamp>,
    /// The values before the edit, by position in the backend's columns. An update has the columns
    /// that it sets, a delete all of the device's columns. `None` for a create and for an edit by
    /// an older version of the app. An update that became a create keeps its values.
    pub made_on: Option<Vec<(usize, Value)>>,
    pub made_at: Stamp,
    pub attempts: u32,
    pub last_error: Option<String>,
    pub parked: bool,
}

/// The suffix of the idempotency key if the edit is sent again to overwrite the version that it
/// conflicted with.
const OVER: char = '+';
/// The suffix if the edit is sent again merged into the version that it conflicted with.
const BESIDE: char = '~';

impl Entry {
    /// Whether the edit is sealed: the backend may have it already, so its content must not change
    /// and no other edit is merged into it. Valid only if the engine merges edits. An edit that is
    /// sent again after a conflict also counts as sealed.
    pub fn is_sealed(&self) -> bool {
        self.id != self.edit.to_string()
    }

    /// Whether the edit is sent again after a conflict.
    pub fn is_sent_again(&self) -> bool {
        self.id.ends_with([OVER, BESIDE])
    }

    /// Whether the edit is sent again merged into the version that it conflicted with.
    pub fn is_merged(&self) -> bool {
        self.id.ends_with(BESIDE)
    }

    /// The new idempotency key if the edit is sent again after a conflict.
    pub fn id_again(&self, merged: bool) -> String {
        format!("{}{}", self.id, if merged { BESIDE } else { OVER })
    }

    /// The idempotency key that is sent; it does not show whether the edit was merged. A copy of
    /// this database may decide the conflict of the same edit in another way. The backend must
    /// still commit the edit only once.
    pub fn id_sent(&self) -> String {
        self.id.replace(BESIDE, OVER.encode_utf8(&mut [0; 4]))
    }

    /// The values that the person set. An update that creates its row again also has the row's
    /// other values.
    pub fn own_values(&self) -> impl Iterator<Item = &(usize, Value)> {
        let again = self.made_on.as_deref().filter(|_| self.kind == EditKind::Create);
        let set = move |column: usize| again.is_none_or(|own| own.iter().any(|(of, _)| *of == column));
        self.values.iter().filter(move |(column, _)| set(*column))
    }
}

pub(super) const ENTRY: &str = "SELECT seq,id,device,number,entity,key,kind,\"values\",base,made_at,attempts,last_error,parked,made_on \
                     FROM outbox";

impl Store {
    /// Saves a person's edit in a separate transaction.
    pub fn edit(&self, edit: &LocalEdit, id: &str, made_at: Stamp) -> Result<(), EditError> {
        self.save(|tx| tx.edit(edit, id, made_at))
    }
}

/// The base of an edit: the stamp of its row before the edit, and the values before the edit.
pub(super) type MadeOn = (Option<Stamp>, Option<Vec<(usize, Value)>>);

impl Tx<'_> {
    /// Saves a person's edit: changes the row and adds the edit to the outbox.
    ///
    /// The edit's base is the row's stamp, or `None` for a row that the backend has not
    /// acknowledged. A full load that is under way cannot contain a new row, so the row counts as
    /// seen by the load.
    pub fn edit(&self, edit: &LocalEdit, id: &str, made_at: Stamp) -> Result<(), EditError> {
        let edit = &*followed(self, edit)?;
        let made_on = self.change(edit)?;
        Ok(self.append(edit, id, made_on, made_at)?)
    }

    pub(super) fn change(&self, edit: &LocalEdit) -> Result<MadeOn, EditError> {
        let key = edit.key.as_str();
        let row = self.row(edit.entity, key)?;
        let base = row.as_ref().map(|row| row.stamp).filter(|&stamp| stamp != Stamp(0));
        let made_on =
            row.as_ref().map(|row| self.values_under(edit.entity, edit.kind, &edit.values, &row.values));
        match (edit.kind, row) {
            (EditKind::Create, Some(_)) => return Err(EditError::Exists),
            (EditKind::Create, None) => {
                let mut values = vec![Value::Null; self.store().entity(edit.entity).projection.len()];
                assert_eq!(edit.values.len(), values.len(), "a create has all of the device's columns");
                self.overlay(edit, &mut values);
                self.put_values(edit.entity, key, Stamp(0), self.generation(edit.entity)?, &values)?;
            }
            (EditKind::Update | EditKind::Delete, None) => return Err(EditError::NoSuchRow),
            (EditKind::Update, Some(mut row)) => {
                self.overlay(edit, &mut row.values);
                self.put_values(edit.entity, key, row.stamp, row.generation, &row.values)?;
            }
            (EditKind::Delete, Some(_)) => _ = self.remove(edit.entity, key)?,
        }
        Ok((base, made_on))
    }

    fn values_under(
        &self,
        entity: EntityId,
        kind: EditKind,
        changes: &[(usize, Value)],
        row: &[Value],
    ) -> Vec<(usize, Value)> {
        let columns = self.store().entity(entity).projection.iter().copied();
        let changed = |column: usize| changes.iter().any(|(of, _)| *of == column);
        let under = columns.zip(row).filter(|(column, _)| kind == EditKind::Delete || changed(*column));
        under.map(|(column, value)| (column, value.clone())).collect()
    }

    fn overlay(&self, edit: &LocalEdit, row: &mut [Value]) {
        let projection = &self.store().entity(edit.entity).projection;
        for (column, value) in &edit.values {
            let place = projection.binary_search(column).expect("an edit sets columns that devices hold");
            row[place] = value.clone();
        }
    }

    /// Adds an edit at the end of the outbox.
    pub fn append(&self, edit: &LocalEdit, id: &str, (base, made_on): MadeOn, made_at: Stamp) -> Stored<()> {
        let last: i64 = self.value("SELECT ifnull(max(seq),0)FROM outbox", [])?;
        // A response about a dropped entry may still arrive, so its number is not used again.
        let seq = last.max(self.store().last_seq.get()) + 1;
        let LocalEdit { id: EditId { device, number }, entity, key, kind, values } = edit;
        let key = key.as_str();
        let kind = kind.word();
        let values = json(values);
        let base = base.map(|stamp| stamp.0);
        let made_on = made_on.as_deref().map(json);
        self.execute(
            "INSERT INTO outbox VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0,NULL,0,?11)",
            (seq, id, device.0, number, entity.0, key, kind, values, base, made_at.0, made_on),
        )?;
        self.store().last_seq.set(seq);
        self.counts(1);
        Ok(())
    }

    /// The edits of these entities that may be sent now, oldest first, at most `limit`. This is the
    /// oldest edit of each row, unless that edit is parked (it waits for a person's decision).
    ///
    /// An edit waits for an older create of a row that it refers to. A delete waits for all older
    /// edits that refer to its row.
    pub fn outbox(&self, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        let sql = format!(
            "{ENTRY} AS o WHERE NOT parked AND NOT EXISTS\
             (SELECT 1 FROM outbox AS p WHERE p.entity=o.entity AND p.key=o.key AND p.seq<o.seq)ORDER BY seq"
        );
        let mut counted = self.prepare(&sql)?;
        let mut rows = counted.statement.query([])?;
        let mut entries = Vec::new();
        let mut turns = Turns { entities, unmade: BTreeSet::new(), referred: BTreeMap::new() };
        while entries.len() < limit
            && let Some(row) = rows.next()?
        {
            if entities.contains(&EntityId(row.get(4)?)) {
                let entry = entry(row)?;
                let waits = turns.waits(self, &entry)?;
                if waits || entry.kind != EditKind::Create {
                    turns.unmade.insert((entry.entity, entry.key.clone()));
                }
                if !waits {
                    entries.push(entry);
                }
            }
        }
        Ok(entries)
    }

    fn makes(&self, entity: EntityId, key: &Key, seq: i64) -> Stored<bool> {
        let sql = "SELECT 1 FROM outbox WHERE entity=?1 AND key=?2 AND kind='create' AND seq<?3 LIMIT 1";
        self.finds(sql, (entity.0, key.as_str(), seq))
    }

    /// The rows of an entity to which waiting edits refer, by new values or by values before the
    /// edit. Each row has the number of the oldest such edit.
    pub(super) fn referred(&self, target: EntityId) -> Stored<BTreeMap<Key, i64>> {
        let mut oldest = BTreeMap::new();
        for id in self.store().schema().ids() {
            let entity = self.store().entity(id);
            if entity.columns.iter().all(|column| column.kind != ColumnKind::Ref(target)) {
                continue;
            }
            let entries = self.query(&format!("{ENTRY} WHERE entity=?1 ORDER BY seq"), [id.0], entry)?;
            for Entry { seq, values, made_on, .. } in entries {
                let made_on = made_on.unwrap_or_default();
                let rows = references(entity, &values).chain(references(entity, &made_on));
                for (_, key) in rows.filter(|(of, _)| *of == target) {
                    oldest.entry(key).or_insert(seq);
                }
            }
        }
        Ok(oldest)
    }

    /// The waiting edits of a row, oldest first.
    pub fn entries_for(&self, entity: EntityId, key: &str) -> Stored<Vec<Entry>> {
        let sql = format!("{ENTRY} WHERE entity=?1 AND key=?2 ORDER BY seq");
        self.query(&sql, (entity.0, key), entry)
    }

    pub(super) fn entries(&self) -> Stored<Vec<Entry>> {
        self.query(&format!("{ENTRY} ORDER BY seq"), [], entry)
    }

    /// The edits that are not parked, oldest first.
    pub fn unparked(&self) -> Stored<Vec<Entry>> {
        self.query(&format!("{ENTRY} WHERE NOT parked ORDER BY seq"), [], entry)
    }

    pub(super) fn entry(&self, seq: i64) -> Stored<Option<Entry>> {
        self.first(&format!("{ENTRY} WHERE seq=?1"), [seq], entry)
    }

    /// Moves an edit to another row that the backend does not have yet.
    pub fn carry_over(&self, seq: i64, key: &Key) -> Stored<()> {
        let sql = "UPDATE outbox SET key=?2,base=NULL WHERE seq=?1";
        self.execute(sql, (seq, key.as_str()))
    }

    /// The rows with waiting edits, by entity and key.
    pub fn dirty(&self) -> Stored<Vec<(EntityId, String)>> {
        let sql = "SELECT DISTINCT entity,key FROM outbox ORDER BY entity,key";
        self.query(sql, [], |row| Ok((EntityId(row.get(0)?), row.get(1)?)))
    }

    /// Removes an edit from the outbox.
    pub fn drop_entry(&self, seq: i64) -> Stored<()> {
        keep(self, seq)?;
        let gone = self.changes("DELETE FROM outbox WHERE seq=?1", [seq])?;
        self.counts(-(gone as i64));
        Ok(())
    }

    fn counts(&self, more: i64) {
        let added = &self.store().added;
        added.set(added.get() + more);
    }

    /// Sets the base version of all edits of a row.
    pub fn rebase(&self, entity: EntityId, key: &str, base: Stamp) -> Stored<()> {
        let sql = "UPDATE outbox SET base=?3 WHERE entity=?1 AND key=?2";
        self.execute(sql, (entity.0, key, base.0))
    }

    /// Sets the base version of a row's edits that are based on version `from`.
    pub fn rebase_from(&self, entity: EntityId, key: &str, from: Option<Stamp>, base: Stamp) -> Stored<()> {
        let sql = "UPDATE outbox SET base=?4 WHERE entity=?1 AND key=?2 AND base IS ?3";
        self.execute(sql, (entity.0, key, from.map(|from| from.0), base.0))
    }

    /// Records the values before an edit; `row` has the device's columns.
    pub fn make_on(&self, entry: &Entry, row: &[Value]) -> Stored<()> {
        let under = Some(self.values_under(entry.entity, entry.kind, &entry.values, row));
        if entry.kind == EditKind::Create || entry.made_on == under {
            return Ok(());
        }
        self.execute("UPDATE outbox SET made_on=?2 WHERE seq=?1", (entry.seq, under.as_deref().map(json)))
    }

    /// Replaces an edit's operation, values, idempotency key and row. Its new base is the version
    /// `over`.
    pub fn rewrite(
        &self,
        seq: i64,
        id: &str,
        key: &Key,
        (kind, values): (EditKind, &[(usize, Value)]),
        over: Option<&contract::Row>,
    ) -> Stored<()> {
        let Some(old) = self.entry(seq)? else {
            return Err(StoreError::Damaged(format!("no entry {seq} in the outbox")));
        };
        let under = over.and_then(|row| row.values.as_ref());
        let made_on = match kind {
            EditKind::Create => old.made_on,
            EditKind::Update | EditKind::Delete => {
                under.map(|row| self.values_under(old.entity, kind, values, row))
            }
        };
        let base = over.map(|row| row.stamp.0);
        self.execute(
            "UPDATE outbox SET id=?2,key=?3,kind=?4,\"values\"=?5,base=?6,made_on=?7 WHERE seq=?1",
            (seq, id, key.as_str(), kind.word(), json(values), base, made_on.as_deref().map(json)),
        )
    }

    /// Counts a try of an edit and records its error.
    pub fn attempted(&self, seq: i64, error: Option<&str>) -> Stored<()> {
        let sql = "UPDATE outbox SET attempts=attempts+1,last_error=?2 WHERE seq=?1";
        self.execute(sql, (seq, error))
    }

    /// Parks an edit, so that it and later edits of its row are not sent; or ends this.
    pub fn park(&self, seq: i64, parked: bool) -> Stored<()> {
        self.execute("UPDATE outbox SET parked=?2 WHERE seq=?1", (seq, parked))
    }

    /// All edits in the outbox, oldest first.
    pub fn pending(&self) -> Stored<Vec<PendingEdit>> {
        let sql = "SELECT device,number,entity,key,attempts,last_error FROM outbox ORDER BY seq";
        self.query(sql, [], |row| {
            Ok(PendingEdit {
                edit: EditId { device: DeviceId(row.get(0)?), number: row.get(1)? },
                entity: EntityId(row.get(2)?),
                key: Key(row.get(3)?),
                attempts: row.get(4)?,
                last_error: row.get(5)?,
            })
        })
    }
}

struct Turns<'t> {
    entities: &'t [EntityId],
    /// Rows of `entities` whose oldest edit is not a create in this batch.
    unmade: BTreeSet<(EntityId, Key)>,
    /// Per entity: the rows to which edits refer, each with its oldest such edit. Read at the first
    /// delete.
    referred: BTreeMap<EntityId, BTreeMap<Key, i64>>,
}

impl Turns<'_> {
    /// Whether the edit must wait. Must be called for each edit in order.
    fn waits(&mut self, tx: &Tx<'_>, entry: &Entry) -> Stored<bool> {
        if entry.kind == EditKind::Delete {
            return self.is_referred_to(tx, entry);
        }
        let entity = tx.store().entity(entry.entity);
        for (target, key) in references(entity, &entry.values) {
            let is_met = self.entities.contains(&target) && !self.unmade.contains(&(target, key.clone()));
            if !is_met && tx.makes(target, &key, entry.seq)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_referred_to(&mut self, tx: &Tx<'_>, entry: &Entry) -> Stored<bool> {
        let referred = match self.referred.entry(entry.entity) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(unknown) => unknown.insert(tx.referred(entry.entity)?),
        };
        Ok(referred.get(&entry.key).is_some_and(|&oldest| oldest < entry.seq))
    }
}

/// The rows that these values refer to.
pub(crate) fn references(
    entity: &Entity,
    values: &[(usize, Value)],
) -> impl Iterator<Item = (EntityId, Key)> {
    let rows = entity.references(values.iter().map(|(column, value)| (*column, value)));
    rows.map(|(entity, key)| (entity, Key::new(key)))
}

pub(super) fn entry(row: &Row<'_>) -> Stored<Entry> {
    Ok(Entry {
        seq: row.get(0)?,
        id: row.get(1)?,
        edit: EditId { device: DeviceId(row.get(2)?), number: row.get(3)? },
        entity: EntityId(row.get(4)?),
        key: Key(row.get(5)?),
        kind: word(row, 6)?,
        values: values(row, 7)?.ok_or_else(|| damaged("an edit without values"))?,
        base: row.get::<_, Option<i64>>(8)?.map(Stamp),
        made_at: Stamp(row.get(9)?),
        attempts: row.get(10)?,
        last_error: row.get(11)?,
        parked: row.get(12)?,
        made_on: values(row, 13)?,
    })
}

fn values(row: &Row<'_>, column: usize) -> Stored<Option<Vec<(usize, Value)>>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(damaged)?;
    text.map(serde_json::from_str).transpose().map_err(damaged)
}

pub(super) fn word<W: Word>(row: &Row<'_>, column: usize) -> Stored<W> {
    let text = row.get_ref(column)?.as_str().unwrap_or_default();
    W::of_word(text).ok_or_else(|| damaged(format!("{text:?} is none of {:?}", W::WORDS)))
}

fn damaged(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(error.to_string())
}

pub(super) fn json(values: &[(usize, Value)]) -> String {
    serde_json::to_string(values).expect("writing to memory does not fail")
}

/// Copies a settled edit to the table `past`, a change log, if the options keep settled edits.
/// Deletes edits there that are too old compared with the latest.
fn keep(tx: &Tx<'_>, seq: i64) -> Stored<()> {
    let keep = tx.store().options().keep_settled;
    if keep == Span::ZERO {
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO past SELECT seq,id,entity,key,kind,\"values\",made_at FROM outbox \
               WHERE seq=?1";
    tx.execute(sql, [seq])?;
    let micros = i64::try_from(keep.0 / 1_000).unwrap_or(i64::MAX);
    tx.execute("DELETE FROM past WHERE made_at<(SELECT max(made_at)FROM past)-?1", [micros])
}

/// The edit with the current keys of its rows. A screen may still use old keys of renamed rows.
pub(super) fn followed<'e>(tx: &Tx<'_>, edit: &'e LocalEdit) -> Stored<Cow<'e, LocalEdit>> {
    let schema = tx.store().schema();
    let mut followed = Cow::Borrowed(edit);
    if !schema.renames_any() {
        return Ok(followed);
    }
    if let Some(key) = renamed(tx, schema, edit.entity, edit.key.as_str())? {
        followed.to_mut().key = key;
    }
    let entity = tx.store().entity(edit.entity);
    for (at, (column, value)) in edit.values.iter().enumerate() {
        if let (ColumnKind::Ref(target), Value::Text(key)) = (&entity.columns[*column].kind, value)
            && let Some(to) = renamed(tx, schema, *target, key)?
        {
            followed.to_mut().values[at].1 = Value::Text(to.0);
        }
    }
    Ok(followed)
}

fn renamed(tx: &Tx<'_>, schema: &Schema, entity: EntityId, key: &str) -> Stored<Option<Key>> {
    if !schema.renames(entity) {
        return Ok(None);
    }
    let sql = "SELECT \"to\" FROM renamed WHERE entity=?1 AND key=?2";
    tx.first(sql, (entity.0, key), |row| Ok(Key(row.get(0)?)))
}

#[cfg(test)]
impl Entry {
    /// An edit of the row `k` based on stamp 1.
    pub fn made(number: u32, kind: EditKind, values: Vec<(usize, Value)>) -> Entry {
        let edit = EditId { device: DeviceId(0), number };
        Entry {
            seq: number.into(),
            id: edit.to_string(),
            edit,
            entity: EntityId(0),
            key: Key::new("k"),
            kind,
            values,
            base: Some(Stamp(1)),
            made_on: None,
            made_at: Stamp(0),
            attempts: 0,
            last_error: None,
            parked: false,
        }
    }
}
