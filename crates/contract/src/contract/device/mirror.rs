//! Rows and edits in memory, for small engines.
//!
//! A *stamp* is the time that identifies a version of a row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::app::{EditError, EditKind, LocalEdit};
use super::engine::Provision;
use super::view::{DeviceView, PendingEdit};
use crate::base::{Cell, EntityId, Key, Stamp, Value, ValueRef};
use crate::contract::schema::Schema;
use crate::contract::server::{Mutation, Row};

/// The state of a phone: the latest version of each row, and the waiting edits in order.
///
/// It exists only in memory: nothing here is written to disk.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mirror {
    /// A deleted row has no values.
    rows: BTreeMap<EntityId, BTreeMap<Key, Row>>,
    /// The edits that were made here and are not settled yet, oldest first.
    pub edits: Vec<Mutation>,
    /// The highest stamp read so far.
    pub read: Option<Stamp>,
}

/// Rows of an entity as the app shows them, by key: the stamp and the device's columns.
pub type ShownRows = BTreeMap<Key, (Stamp, Vec<Value>)>;

impl Mirror {
    /// Adds the rows of a phone that was synced before. `read` becomes the cursor of the first
    /// entity, or `None` if that cursor is not a stamp
    /// ([`SyncServer::cursor_at`](crate::contract::SyncServer)).
    pub fn begin(&mut self, schema: &Schema, state: &dyn Provision) {
        let cursor = schema.ids().next().map(|entity| state.cursor(entity));
        self.read = cursor.and_then(|cursor| cursor.parse().ok()).map(Stamp);
        state.rows(&mut |row| {
            let values = Some(schema.entity(row.entity).project(row.values));
            let row = (row.entity, Row { key: Key::new(row.key), stamp: row.stamp, values });
            self.take(vec![row]);
        });
    }
    /// Stores versions of rows unless a later version is held. Returns the rows that changed.
    pub fn take(&mut self, rows: Vec<(EntityId, Row)>) -> Vec<(EntityId, Row)> {
        self.put(rows, |held, came| held.stamp <= came.stamp)
    }
    /// Replaces all rows by these. Returns the changed rows; among them, a deleted row has no
    /// values.
    pub fn replace(&mut self, mut rows: Vec<(EntityId, Row)>) -> Vec<(EntityId, Row)> {
        let came: BTreeSet<(EntityId, &Key)> = rows.iter().map(|(of, row)| (*of, &row.key)).collect();
        let held = self.rows.iter().flat_map(|(of, rows)| rows.values().map(|row| (*of, row)));
        let gone = held.filter(|(of, row)| !came.contains(&(*of, &row.key)));
        let gone: Vec<_> = gone.map(|(of, row)| (of, Row { values: None, ..row.clone() })).collect();
        rows.extend(gone);
        self.put(rows, |_, _| true)
    }
    fn put(
        &mut self,
        mut rows: Vec<(EntityId, Row)>,
        replaces: impl Fn(&Row, &Row) -> bool,
    ) -> Vec<(EntityId, Row)> {
        rows.retain(|(entity, row)| {
            let held = self.rows.entry(*entity).or_default();
            let is_news = held.get(&row.key).is_none_or(|held| held != row && replaces(held, row));
            if is_news {
                held.insert(row.key.clone(), row.clone());
            }
            is_news
        });
        rows
    }
    /// The rows of an entity as the app shows them: with the waiting edits applied. The stamp of a
    /// row that was created here is 0.
    pub fn shown(&self, schema: &Schema, entity: EntityId) -> ShownRows {
        let held = self.rows.get(&entity).into_iter().flat_map(BTreeMap::values);
        let mut rows: ShownRows =
            held.filter_map(|row| Some((row.key.clone(), (row.stamp, row.values.clone()?)))).collect();
        let projection = &schema.entity(entity).projection;
        for edit in self.edits.iter().filter(|edit| edit.entity == entity) {
            if edit.kind == EditKind::Create {
                rows.insert(edit.key.clone(), (Stamp(0), vec![Value::Null; projection.len()]));
            }
            // The row of this edit does not exist any more, so the edit shows nothing.
            let Some((_, held)) = rows.get_mut(&edit.key) else { continue };
            for (column, value) in &edit.values {
                if let Ok(place) = projection.binary_search(column) {
                    held[place] = value.clone();
                }
            }
            if edit.kind == EditKind::Delete {
                rows.remove(&edit.key);
            }
        }
        rows
    }
    /// Adds a waiting edit. `made_at` is the time by the device's clock.
    ///
    /// # Errors
    /// The row does not exist, or, for a create, exists already.
    pub fn edit(&mut self, schema: &Schema, edit: &LocalEdit, made_at: Stamp) -> Result<(), EditError> {
        let base = self.shown(schema, edit.entity).get(&edit.key).map(|(stamp, _)| *stamp);
        match edit.kind {
            EditKind::Create if base.is_some() => return Err(EditError::Exists),
            EditKind::Update | EditKind::Delete if base.is_none() => return Err(EditError::NoSuchRow),
            _ => self.edits.push(Mutation::of(edit, base, made_at)),
        }
        Ok(())
    }
    /// The latest received version of a row, without waiting edits. A deleted row has no values.
    pub fn held(&self, entity: EntityId, key: &Key) -> Option<&Row> {
        self.rows.get(&entity)?.get(key)
    }
    /// Removes an edit whose outcome is known. If the server committed it, that version becomes the
    /// base of the later edits of its row.
    pub fn settle(&mut self, id: &str, committed: Option<Stamp>) {
        let Some(at) = self.edits.iter().position(|edit| edit.id == id) else { return };
        let settled = self.edits.remove(at);
        let of_row = |edit: &&mut Mutation| (edit.entity, &edit.key) == (settled.entity, &settled.key);
        for later in self.edits.iter_mut().skip(at).filter(of_row).filter(|_| committed.is_some()) {
            later.base = committed;
        }
    }
    /// A view of the state, for the bench.
    pub fn view(self, schema: Arc<Schema>) -> impl DeviceView {
        MirrorView { mirror: self, schema }
    }
}

struct MirrorView {
    mirror: Mirror,
    schema: Arc<Schema>,
}

impl DeviceView for MirrorView {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for (key, (stamp, values)) in self.mirror.shown(&self.schema, entity) {
            let cells: Vec<_> = values.iter().map(Cell::of).collect();
            f(key.as_str(), stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let edits = self.mirror.edits.iter();
        edits.map(|edit| PendingEdit::new(edit.edit, edit.entity, edit.key.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId};
    use crate::contract::schema::{Column, ColumnKind, Entity};

    const TASK: EntityId = EntityId(0);

    fn row(key: &str, stamp: i64, title: Option<&str>) -> (EntityId, Row) {
        let values = title.map(|title| vec![Value::Text(title.into())]);
        (TASK, Row { key: Key::new(key), stamp: Stamp(stamp), values })
    }

    fn edit(kind: EditKind, key: &str, title: &str) -> LocalEdit {
        let id = EditId { device: DeviceId(0), number: 1 };
        LocalEdit { id, entity: TASK, key: Key::new(key), kind, values: vec![(0, Value::Text(title.into()))] }
    }

    fn schema() -> Schema {
        Schema {
            entities: vec![Entity::new("task", vec![Column::new("title", ColumnKind::Text)])],
            ..Schema::default()
        }
    }

    #[test]
    fn older_versions_are_left_and_a_row_that_is_gone_stays_gone() {
        let mut mirror = Mirror::default();
        assert_eq!(mirror.take(vec![row("a", 5, Some("x"))]).len(), 1);
        assert_eq!(mirror.take(vec![row("a", 5, Some("x")), row("a", 4, Some("old"))]), []);
        assert_eq!(mirror.take(vec![row("a", 6, None), row("a", 5, Some("x"))]), [row("a", 6, None)]);
        assert!(mirror.shown(&schema(), TASK).is_empty());
        let all = vec![row("b", 2, Some("y"))];
        mirror.take(vec![row("c", 9, Some("z"))]);
        assert_eq!(mirror.replace(all), [row("b", 2, Some("y")), row("c", 9, None)]);
        assert_eq!(mirror.replace(vec![row("b", 1, Some("w"))]), [row("b", 1, Some("w"))], "a backup");
    }

    #[test]
    fn edits_lie_over_the_rows_and_are_made_only_where_they_may_be() {
        let (mut mirror, schema) = (Mirror::default(), schema());
        mirror.take(vec![row("a", 5, Some("x"))]);
        let mut made = |kind, key, title| mirror.edit(&schema, &edit(kind, key, title), Stamp(1));
        assert_eq!(made(EditKind::Create, "a", "x"), Err(EditError::Exists));
        assert_eq!(made(EditKind::Update, "b", "x"), Err(EditError::NoSuchRow));
        assert_eq!(made(EditKind::Create, "b", "y"), Ok(()));
        assert_eq!(made(EditKind::Update, "a", "z"), Ok(()));
        assert_eq!(mirror.edits[1].base, Some(Stamp(5)));
        let titles = |mirror: &Mirror| {
            let shown = mirror.shown(&schema, TASK);
            shown.iter().map(|(key, (_, values))| (key.to_string(), values[0].clone())).collect::<Vec<_>>()
        };
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(titles(&mirror), [("a".to_owned(), text("z")), ("b".to_owned(), text("y"))]);
        mirror.take(vec![row("a", 6, None)]);
        assert_eq!(titles(&mirror), [("b".to_owned(), text("y"))], "an edit of what is gone shows nothing");
        assert_eq!(mirror.edit(&schema, &edit(EditKind::Delete, "b", ""), Stamp(2)), Ok(()));
        assert_eq!(titles(&mirror), []);
    }

    #[test]
    fn what_is_settled_moves_the_later_edits_of_its_row_alone() {
        let (mut mirror, schema) = (Mirror::default(), schema());
        mirror.take(vec![row("a", 5, Some("x"))]);
        for number in 1..=3 {
            let id = EditId { device: DeviceId(0), number };
            let edit = LocalEdit { id, ..edit(EditKind::Update, "a", "z") };
            assert_eq!(mirror.edit(&schema, &edit, Stamp(1)), Ok(()));
        }
        let second = mirror.edits[1].id.clone();
        mirror.settle(&second, Some(Stamp(8)));
        let bases: Vec<_> = mirror.edits.iter().map(|edit| edit.base).collect();
        assert_eq!(bases, [Some(Stamp(5)), Some(Stamp(8))]);
        mirror.settle(&second, Some(Stamp(9)));
        assert_eq!(mirror.edits.len(), 2, "it is not there any more");
    }
}
