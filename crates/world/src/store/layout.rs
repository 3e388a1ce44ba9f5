//! The tables of the device's database, and the SQL statements for them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::options::{ForeignKeys, FoundBy, Index};
use crate::base::EntityId;
use crate::contract::{ColumnKind, Entity, Schema};

/// The tables that do not depend on the schema.
const OWN_TABLES: &str = "\
CREATE TABLE outbox(seq INTEGER PRIMARY KEY,id TEXT NOT NULL UNIQUE,device,number,entity,key TEXT,kind,\"values\",base,\
made_at,attempts,last_error,parked,made_on);\
CREATE INDEX outbox_row ON outbox(entity,key);\
CREATE TABLE progress(unit,entity,cursor,generation,loading,PRIMARY KEY(unit,entity))WITHOUT ROWID;\
CREATE TABLE unit(unit INTEGER PRIMARY KEY,last_sync_on,run,running);\
CREATE TABLE shadow(entity,key,stamp,\"values\",PRIMARY KEY(entity,key))WITHOUT ROWID;\
CREATE TABLE log(seq INTEGER PRIMARY KEY,device,number,entity,key,kind,met);";

/// The tables of renamed rows and of keys for new rows; only for schemas that rename rows.
const RENAMED: &str = "CREATE TABLE renamed(entity,key,\"to\",PRIMARY KEY(entity,key))WITHOUT ROWID;\
    CREATE TABLE pool(entity,first,next,until,owner,PRIMARY KEY(entity,first))WITHOUT ROWID;";

/// The table of settled edits; only if the options keep them.
pub(super) const PAST: &str = "CREATE TABLE IF NOT EXISTS past(seq INTEGER PRIMARY KEY,id,entity,key,kind,\"values\",\
made_at);CREATE INDEX IF NOT EXISTS past_made ON past(made_at)";

/// The table of extra rows beside pulled rows; only if the options ask for extra rows.
pub(super) fn extra(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Index => {
            "CREATE TABLE IF NOT EXISTS extra(entity,key,n,stamp,\"values\",\
             PRIMARY KEY(entity,key,n))WITHOUT ROWID;CREATE INDEX IF NOT EXISTS extra_stamp ON extra(stamp)"
        }
        FoundBy::Scan => "CREATE TABLE IF NOT EXISTS extra(entity,key,n,stamp,\"values\")",
    }
}

/// The version of the table layout; an empty file has version 0.
pub(super) const VERSION: i64 = 2;

/// A statement for one entity's table. `row_sql` has the SQL, in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowStatement {
    Put,
    /// `Put`, unless the local version is newer and its stamp is above a limit.
    PutNewer,
    Get,
    Remove,
    /// `Remove`, unless the row has a later stamp.
    RemoveBy,
    Restamp,
    /// Sets the generation (the number of the last full load that contained the row), unless it is
    /// already later.
    Seen,
    /// Deletes rows of an older generation that have no outbox entry.
    Sweep,
    /// Sets the generation of older rows whose stamps lie in a range.
    Spare,
    All,
}

/// The statements of one entity, in the order of [`RowStatement`].
type RowSql = [String; 10];

/// The SQL of a schema. All stores of a thread share it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) schema: Arc<Schema>,
    /// Per entity; `None` for entities that devices do not store.
    rows: Vec<Option<RowSql>>,
}

thread_local! {
    /// The last requested layout. One entry is enough, because a simulation has one schema. The
    /// layout depends only on the schema, so sharing it changes only time and memory.
    static LATEST: RefCell<Option<Rc<Layout>>> = const { RefCell::new(None) };
}

impl Layout {
    pub(super) fn of(schema: &Arc<Schema>) -> Rc<Layout> {
        LATEST.with_borrow_mut(|latest| match latest {
            Some(layout) if Arc::ptr_eq(&layout.schema, schema) => Rc::clone(layout),
            _ => {
                let rows = schema.ids().map(|id| row_sql(id, schema.entity(id))).collect();
                Rc::clone(latest.insert(Rc::new(Layout { schema: Arc::clone(schema), rows })))
            }
        })
    }

    /// The SQL of `statement` for the table of `entity`. Devices must store this entity.
    pub(super) fn sql(&self, entity: EntityId, statement: RowStatement) -> &str {
        let sql = self.rows[usize::from(entity.0)].as_ref();
        &sql.expect("only entities that devices hold are stored")[statement as usize]
    }
}

/// The entities that devices store.
pub(super) fn held(schema: &Schema) -> impl Iterator<Item = EntityId> {
    schema.ids().filter(|id| schema.entity(*id).delivery.is_on_devices())
}

pub(super) fn ddl(schema: &Schema, foreign_keys: ForeignKeys, own: &[Index]) -> String {
    let mut ddl = String::from(OWN_TABLES);
    for id in held(schema) {
        let entity = schema.entity(id);
        let table = table(id, entity);
        let (mut defined, mut indexes) = (String::new(), String::new());
        for (place, column) in entity.projected().enumerate() {
            defined += &format!(",{}", column_of(schema, id, place, foreign_keys));
            if parent(schema, &column.kind).is_some() && foreign_keys != ForeignKeys::Off {
                let name = quoted('c', place, &column.name);
                let index = quoted('i', usize::from(id.0) * 1000 + place, &column.name);
                indexes += &format!("CREATE INDEX {index} ON {table}({name});");
            }
        }
        ddl += &format!(
            "CREATE TABLE {table}(key TEXT PRIMARY KEY,stamp,generation{defined})WITHOUT ROWID;{indexes}"
        );
    }
    own.iter().enumerate().for_each(|(at, index)| define_index(&mut ddl, schema, at, index));
    if schema.renames_any() {
        ddl.push_str(RENAMED);
    }
    ddl += &format!("PRAGMA user_version={VERSION};");
    ddl
}

/// The SQL that defines the column at position `place` of the device's columns.
pub(super) fn column_of(schema: &Schema, id: EntityId, place: usize, foreign_keys: ForeignKeys) -> String {
    let entity = schema.entity(id);
    let column = &entity.columns[entity.projection[place]];
    let mut defined = quoted('c', place, &column.name);
    if let Some(parent) = parent(schema, &column.kind).filter(|_| foreign_keys != ForeignKeys::Off) {
        defined += &format!(" REFERENCES {parent}(key)");
        if foreign_keys == ForeignKeys::Deferred {
            defined.push_str(" DEFERRABLE INITIALLY DEFERRED");
        }
    }
    defined
}

/// Appends the SQL of the app's own index number `at`.
pub(super) fn define_index(ddl: &mut String, schema: &Schema, at: usize, index: &Index) {
    let entity = schema.entity(index.entity);
    let (table, names) = names(index.entity, entity);
    let place = |column: &usize| entity.projection.iter().position(|held| held == column);
    let columns: Vec<&str> = index.columns.iter().filter_map(place).map(|place| &*names[place]).collect();
    // An older version of the app has none of the index's columns.
    if columns.is_empty() {
        return;
    }
    *ddl += &format!("CREATE INDEX \"o{at}\" ON {table}({});", columns.join(","));
}

fn parent(schema: &Schema, kind: &ColumnKind) -> Option<String> {
    let ColumnKind::Ref(target) = kind else { return None };
    let entity = schema.entity(*target);
    entity.delivery.is_on_devices().then(|| table(*target, entity))
}

/// The names of an entity's table and of the device's columns in it.
pub(super) fn names(id: EntityId, entity: &Entity) -> (String, Vec<String>) {
    let columns = entity.projected().enumerate();
    (table(id, entity), columns.map(|(place, column)| quoted('c', place, &column.name)).collect())
}

fn row_sql(id: EntityId, entity: &Entity) -> Option<RowSql> {
    if !entity.delivery.is_on_devices() {
        return None;
    }
    let table = table(id, entity);
    let columns = names(id, entity).1;
    let each = |text: &dyn Fn(&str) -> String| columns.iter().map(|name| text(name)).collect::<String>();
    let (names, set) = (each(&|name| format!(",{name}")), each(&|name| format!(",{name}=excluded.{name}")));
    let places: String = (0..columns.len()).map(|place| format!(",?{}", place + 4)).collect();
    let put = format!(
        "INSERT INTO {table} VALUES(?1,?2,?3{places})ON CONFLICT(key)DO UPDATE SET stamp=excluded.stamp,\
         generation=excluded.generation{set}"
    );
    let newer =
        format!(" WHERE excluded.stamp>={table}.stamp OR {table}.stamp<=?{}", entity.projection.len() + 4);
    let put_newer = put.clone() + &newer;
    Some([
        put,
        put_newer,
        format!("SELECT stamp,generation{names} FROM {table} WHERE key=?1"),
        format!("DELETE FROM {table} WHERE key=?1"),
        format!("DELETE FROM {table} WHERE key=?1 AND stamp<=?2"),
        format!("UPDATE {table} SET stamp=?2 WHERE key=?1"),
        format!("UPDATE {table} SET generation=?2 WHERE key=?1 AND generation<?2"),
        format!(
            "DELETE FROM {table} AS r WHERE generation<?1 AND NOT EXISTS\
             (SELECT 1 FROM outbox WHERE entity=?2 AND key=r.key)RETURNING key"
        ),
        format!("UPDATE {table} SET generation=?1 WHERE generation<?1 AND stamp BETWEEN ?2 AND ?3"),
        format!("SELECT key,stamp{names} FROM {table} ORDER BY key"),
    ])
}

fn table(id: EntityId, entity: &Entity) -> String {
    quoted('e', usize::from(id.0), &entity.name)
}

/// A unique SQL identifier for a name from a scenario, which may contain any characters. A NUL
/// would end the SQL text, so it is replaced.
fn quoted(kind: char, place: usize, name: &str) -> String {
    format!("\"{kind}{place}_{}\"", name.replace('"', "\"\"").replace('\0', "\u{fffd}"))
}
