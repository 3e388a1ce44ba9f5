//! What is synced: entities, columns, scopes, sync units.

use super::attachment::Attachment;
use crate::base::{Day, Decimal, EntityId, Key, Span, Stamp, Value, from_base64, in_words, word_enums};

/// All entities of a scenario, by [`EntityId`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The entities, by [`EntityId`].
    pub entities: Vec<Entity>,
    /// For each entity, how new rows get their keys. Without an entry, the device assigns the key.
    pub naming: Vec<Naming>,
    /// The references that the backend maintains.
    pub references: Vec<Reference>,
    /// The denormalized columns.
    pub copies: Vec<Copied>,
    /// The number of earlier app versions, which had fewer columns. A phone may still have the
    /// database of an earlier version.
    pub version: u32,
    /// The windows of scopes that move with the day.
    pub moving_windows: Vec<MovingWindow>,
    /// The entities whose rows have attachments, and the attachments' sizes.
    pub attachments: Vec<(EntityId, Attachment)>,
}

/// One entity: a table on the backend. Devices have its projected columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The entity's name.
    pub name: String,
    /// The name of its key column; keys are texts.
    pub key: String,
    /// The backend's columns without the key. A backend row's values have this order.
    pub columns: Vec<Column>,
    /// The columns that devices hold, as ascending positions in `columns`. A device row has these.
    pub projection: Vec<usize>,
    /// The scope: a device holds the rows for which every rule is true.
    pub scope: Vec<ScopeRule>,
    /// How rows come to devices.
    pub delivery: Delivery,
    /// A natural key: positions of columns that identify one row that is not deleted. Empty if
    /// there is no natural key.
    pub unique: Vec<usize>,
}

/// A column of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The kind of its values.
    pub kind: ColumnKind,
}

impl Column {
    /// A column of this name and kind.
    pub fn new(name: &str, kind: ColumnKind) -> Column {
        Column { name: name.to_owned(), kind }
    }
}

/// The kind of values in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    /// A text.
    Text,
    /// A whole number of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Real,
    /// 0 or 1.
    Bool,
    /// Microseconds since 1970.
    Timestamp,
    /// A day without time and zone, as the text `2026-11-25`.
    Date,
    /// An exact number with `places` decimal places, written as a text with all of them.
    Decimal {
        /// The greatest number of digits in all.
        digits: u8,
        /// The number of decimal places.
        places: u8,
    },
    /// Bytes.
    Blob,
    /// The key of a row of another entity.
    Ref(EntityId),
}

impl ColumnKind {
    /// The canonical form of a text in a column of this kind. `None` if the column cannot hold the
    /// text, or if its values are not texts.
    pub fn canonical(&self, text: &str) -> Option<String> {
        match *self {
            ColumnKind::Date => Day::read(text).map(|day| day.to_string()),
            ColumnKind::Decimal { digits, places } => {
                Decimal::canonical(text, digits, places).map(|number| number.to_string())
            }
            ColumnKind::Blob => from_base64(text).map(|_| text.to_owned()),
            ColumnKind::Text | ColumnKind::Ref(_) => Some(text.to_owned()),
            ColumnKind::Int | ColumnKind::Real | ColumnKind::Bool | ColumnKind::Timestamp => None,
        }
    }
}

/// One condition that a row must meet to belong on a device.
#[derive(Clone, Debug, PartialEq)]
pub enum ScopeRule {
    /// The column's value equals one of the device's [`Attributes`].
    Attribute {
        /// The position of the column in [`Entity::columns`].
        column: usize,
        /// The position of the attribute.
        attribute: usize,
    },
    /// The column, a timestamp, lies in `from <= x < until`.
    Window {
        /// The position of the column in [`Entity::columns`].
        column: usize,
        /// The beginning of the window, included.
        from: Stamp,
        /// The end of the window, excluded.
        until: Stamp,
    },
    /// The row is among the first `count` rows, ordered by this column, or ties with the last of
    /// them. Deleted rows do not count. The column is a whole number or a timestamp. Writes to
    /// other rows can move a row in or out.
    Cut {
        /// The position of the column in [`Entity::columns`].
        column: usize,
        /// The number of rows.
        count: u32,
        /// Which rows are the first.
        order: CutOrder,
        /// The column's value in the last of these rows, at present.
        bound: i64,
    },
}

/// Which rows come first in a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOrder {
    /// The rows with the greatest values, such as the newest.
    Greatest,
    /// The rows with the least values, such as the nearest.
    Least,
}

impl CutOrder {
    /// The bound if the cut has room for all rows: every value meets it.
    pub fn whole(self) -> i64 {
        match self {
            CutOrder::Greatest => i64::MIN,
            CutOrder::Least => i64::MAX,
        }
    }
}

impl ScopeRule {
    /// The column that the rule is about.
    pub fn column(&self) -> usize {
        match self {
            ScopeRule::Attribute { column, .. }
            | ScopeRule::Window { column, .. }
            | ScopeRule::Cut { column, .. } => *column,
        }
    }
    /// The column and the attribute, if it is an attribute rule.
    pub fn attribute(&self) -> Option<(usize, usize)> {
        if let ScopeRule::Attribute { column, attribute } = *self { Some((column, attribute)) } else { None }
    }
    /// Whether a row with this value in the column meets the rule.
    pub fn is_met(&self, value: &Value, attributes: &[Value]) -> bool {
        match self {
            ScopeRule::Attribute { attribute, .. } => *value == attributes[*attribute],
            ScopeRule::Window { from, until, .. } => {
                matches!(value, Value::Int(t) if (from.0..until.0).contains(t))
            }
            ScopeRule::Cut { order, bound, .. } => match (value, order) {
                (Value::Int(value), CutOrder::Greatest) => value >= bound,
                (Value::Int(value), CutOrder::Least) => value <= bound,
                _ => false,
            },
        }
    }
}

/// A window of a scope that moves by one day at each local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovingWindow {
    /// The entity whose scope has the window.
    pub entity: EntityId,
    /// The position of the rule in [`Entity::scope`].
    pub rule: usize,
}

/// How the rows of an entity come to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Sync units pull them as deltas.
    Delta,
    /// A phone fetches them when a person opens a record: the rows with the record's key in this
    /// column.
    OnOpen {
        /// The position of the column in [`Entity::columns`].
        by: usize,
    },
    /// They never come to devices. The app creates rows, uploads them, and holds only these.
    UploadOnly,
    /// They never come to devices: the entity exists only on the backend.
    BackendOnly,
}

impl Delivery {
    /// True if the app has a table for its rows.
    pub fn is_on_devices(self) -> bool {
        self != Delivery::BackendOnly
    }
    /// True if its rows come from the backend to devices.
    pub fn comes_down(self) -> bool {
        matches!(self, Delivery::Delta | Delivery::OnOpen { .. })
    }
}

/// The values that distinguish a device from others, by position; for instance, its clinic.
pub type Attributes = Vec<Value>;

/// A sync unit: a named part of the data that is synced together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncUnit {
    /// The unit's name.
    pub name: String,
    /// What starts it.
    pub on: Vec<Trigger>,
    /// The entities that it pulls, in order.
    pub pull: Vec<EntityId>,
    /// The entities whose edits it pushes.
    pub push: Vec<EntityId>,
    /// The person waits for it, and the app takes no edit until it ends.
    pub blocking: bool,
    /// Starting it drops the waiting units from the queue; their local changes stay in the outbox.
    pub discard_pending: bool,
    /// The entities that the unit pulls only in part.
    pub excerpts: Vec<Excerpt>,
    /// Conditions that must hold while it runs; an automatic start waits until all hold.
    pub when: Vec<Condition>,
}

/// Some columns of some rows of an entity. Other units pull the whole entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Excerpt {
    /// The entity of the excerpt.
    pub entity: EntityId,
    /// The columns, as ascending positions in [`Entity::columns`]; devices hold all of them.
    pub columns: Vec<usize>,
    /// The excerpt has the device's rows that meet every rule.
    pub rows: Vec<ScopeRule>,
}

/// What a unit may require of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Only on a wireless LAN.
    Wifi,
    /// Any network that is not billed by volume: not a cellular one.
    Unmetered,
    /// Any network except a roaming one.
    NotRoaming,
}
in_words!(Condition { Wifi: "wifi", Unmetered: "unmetered", NotRoaming: "not-roaming" });

/// What starts a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// The app starts.
    Start,
    /// A person logs in.
    Login,
    /// The network comes back.
    Online,
    /// The app comes to the foreground.
    Resume,
    /// A person saves an edit.
    Save,
    /// The operating system gives the app time in the background.
    Background,
    /// This much foreground time has passed.
    Every(Span),
    /// Only the app itself triggers the unit.
    Manual,
}

impl Schema {
    /// The entity of this number. Panics if there is none.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[usize::from(id.0)]
    }
    /// The entity of this name; `None` if there is none.
    pub fn find(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name == name).map(|i| EntityId(i as u16))
    }
    /// The numbers of all entities, in order.
    pub fn ids(&self) -> impl Iterator<Item = EntityId> + use<> {
        (0..self.entities.len() as u16).map(EntityId)
    }
    /// The column and entity of the parent: rows of `entity` are deleted with their parent.
    pub fn part_of(&self, entity: EntityId) -> Option<(usize, EntityId)> {
        let cascades = |it: &&Reference| it.of == entity && it.on_delete == OnDelete::Cascade;
        self.references.iter().find(cascades).map(|it| (it.column, it.to))
    }
    /// Follows a row's parents upwards, and returns the last row found. `parent` returns the key
    /// that a row has in the given column, if that key is known.
    pub fn top(
        &self,
        row: (EntityId, Key),
        mut parent: impl FnMut(EntityId, &Key, usize) -> Option<Key>,
    ) -> (EntityId, Key) {
        // Limits the loop, because rows that are each other's parents in a cycle have no root.
        const DEEP: usize = 64;
        let mut top = row;
        for _ in 0..DEEP {
            let Some((column, to)) = self.part_of(top.0) else { break };
            let Some(key) = parent(top.0, &top.1, column) else { break };
            top = (to, key);
        }
        top
    }

    /// The same schema this many days after the start: its moving windows have moved on.
    pub fn on_day(&self, day: u32) -> Schema {
        let mut later = self.clone();
        let days = Span::secs(86_400) * u64::from(day);
        for moving in &self.moving_windows {
            let rules = &mut later.entities[usize::from(moving.entity.0)].scope;
            if let ScopeRule::Window { from, until, .. } = &mut rules[moving.rule] {
                *from = from.plus(days);
                *until = until.plus(days);
            }
        }
        later
    }

    /// The cuts of scopes: entity, position of the rule in [`Entity::scope`], and the rule.
    pub fn cuts(&self) -> impl Iterator<Item = (EntityId, usize, &ScopeRule)> {
        self.ids().flat_map(move |id| {
            let rules = self.entity(id).scope.iter().enumerate();
            let cuts = rules.filter(|(_, rule)| matches!(rule, ScopeRule::Cut { .. }));
            cuts.map(move |(at, rule)| (id, at, rule))
        })
    }
    /// The same schema with a new bound for one cut.
    #[must_use]
    pub fn cut_at(&self, entity: EntityId, rule: usize, to: i64) -> Schema {
        let mut later = self.clone();
        if let ScopeRule::Cut { bound, .. } = &mut later.entities[usize::from(entity.0)].scope[rule] {
            *bound = to;
        }
        later
    }
    /// The same schema with the bounds of the cuts in `other`.
    #[must_use]
    pub fn cut_as(mut self, other: &Schema) -> Schema {
        for (entity, rule, cut) in other.cuts() {
            self.entities[usize::from(entity.0)].scope[rule] = cut.clone();
        }
        self
    }

    /// The sizes of the attachments of an entity; `None` if its rows have none.
    pub fn attachment(&self, entity: EntityId) -> Option<Attachment> {
        self.attachments.iter().find(|(of, _)| *of == entity).map(|(_, attachment)| *attachment)
    }
    /// How new rows of an entity get their keys.
    pub fn naming(&self, entity: EntityId) -> Naming {
        self.naming.get(usize::from(entity.0)).copied().unwrap_or_default()
    }
    /// Whether a row of an entity may later get another key.
    pub fn renames(&self, entity: EntityId) -> bool {
        !matches!(self.naming(entity).by, NamedBy::Device)
    }
    /// True if a row of some entity may later get another key.
    pub fn renames_any(&self) -> bool {
        self.ids().any(|entity| self.renames(entity))
    }
}

impl Entity {
    /// An entity with delivery by deltas. Devices hold all of its rows and columns.
    pub fn new(name: &str, columns: Vec<Column>) -> Entity {
        Entity {
            name: name.to_owned(),
            key: "id".to_owned(),
            projection: (0..columns.len()).collect(),
            columns,
            scope: Vec::new(),
            delivery: Delivery::Delta,
            unique: Vec::new(),
        }
    }

    /// The position of the column of this name; `None` if there is none.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
    /// Whether a backend row with these values belongs on a device with these attributes.
    pub fn in_scope(&self, values: &[Value], attributes: &[Value]) -> bool {
        are_met(&self.scope, values, attributes)
    }
    /// Whether a row belongs to a device with these attributes, ignoring windows and cuts.
    pub fn is_of(&self, values: &[Value], attributes: &[Value]) -> bool {
        self.scope
            .iter()
            .all(|rule| rule.attribute().is_none() || rule.is_met(&values[rule.column()], attributes))
    }
    /// The row's values in the columns of attribute rules. `None` if a window or a cut excludes the
    /// row.
    pub fn binding<'v>(&'v self, values: &'v [Value]) -> Option<impl Iterator<Item = &'v Value>> {
        let is_out =
            |rule: &ScopeRule| rule.attribute().is_none() && !rule.is_met(&values[rule.column()], &[]);
        let columns = self.scope.iter().filter_map(ScopeRule::attribute).map(|(column, _)| &values[column]);
        (!self.scope.iter().any(is_out)).then_some(columns)
    }
    /// The values that the rows of a device with these attributes have in the columns of attribute
    /// rules.
    pub fn bound_to<'v>(&'v self, attributes: &'v [Value]) -> impl Iterator<Item = &'v Value> {
        self.scope.iter().filter_map(ScopeRule::attribute).map(|(_, attribute)| &attributes[attribute])
    }
    /// The values of the columns that devices hold.
    pub fn project(&self, values: &[Value]) -> Vec<Value> {
        self.projection.iter().map(|&column| values[column].clone()).collect()
    }
    /// The columns that devices hold, in order.
    pub fn projected(&self) -> impl Iterator<Item = &Column> {
        self.projection.iter().map(|&column| &self.columns[column])
    }
    /// The rows that these column values refer to.
    pub fn references<'v>(
        &self,
        values: impl Iterator<Item = (usize, &'v Value)>,
    ) -> impl Iterator<Item = (EntityId, &'v str)> {
        values.filter_map(|(column, value)| match (&self.columns.get(column)?.kind, value) {
            (ColumnKind::Ref(target), Value::Text(key)) => Some((*target, &**key)),
            _ => None,
        })
    }
}

/// Whether a backend row with these values meets every rule, for a device with these attributes.
fn are_met(rules: &[ScopeRule], values: &[Value], attributes: &[Value]) -> bool {
    rules.iter().all(|rule| rule.is_met(&values[rule.column()], attributes))
}

impl SyncUnit {
    /// True if the unit pushes edits.
    pub fn pushes(&self) -> bool {
        !self.push.is_empty()
    }
    /// The unit's excerpt of an entity; `None` if it has none.
    pub fn excerpt(&self, entity: EntityId) -> Option<&Excerpt> {
        self.excerpts.iter().find(|excerpt| excerpt.entity == entity)
    }
    /// Whether the unit pulls the whole entity, not an excerpt.
    pub fn brings_whole(&self, entity: EntityId) -> bool {
        self.pull.contains(&entity) && self.excerpt(entity).is_none()
    }
}

impl Excerpt {
    /// Whether the excerpt contains a row with these values, on a device that holds the row.
    pub fn has(&self, values: &[Value], attributes: &[Value]) -> bool {
        are_met(&self.rows, values, attributes)
    }
}

/// The `number`th key that the backend assigns for an entity.
pub fn given_key(entity: &Entity, number: u64) -> Key {
    Key::new(&format!("{}-{number}", entity.name))
}

/// How new rows of an entity get their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Who assigns the key of a row that is created on a device.
    pub by: NamedBy,
    /// The content of a row that was created twice.
    pub merge: MergeRule,
    /// True if nothing enforces the natural key. It then only says which rows people consider the
    /// same.
    pub doubles: bool,
    /// The number of keys that a device keeps in reserve, assigned by the backend.
    pub pool: u32,
    /// The device requests more when it has fewer than this.
    pub refill: u32,
}

word_enums! {
    /// Who assigns the key of a row that is created on a device.
    pub enum NamedBy {
        /// The device, at random: the key never changes.
        #[default]
        Device: "client",
        /// The device. If the backend has a row with the same natural key, both are the same row.
        /// It then gets the backend's key.
        NaturalKey: "natural-key",
        /// The backend, when it commits the row. Until then the row has a temporary key on the
        /// device.
        Server: "server",
        /// The device, from keys that the backend assigned in advance.
        Pool: "pool",
    }

    /// The content of a row that was created twice with the same natural key.
    pub enum MergeRule {
        /// The first row stays as it is.
        #[default]
        First: "first-stays",
        /// The last row replaces the values of the first.
        Last: "last-stays",
        /// The values of the first row; where the first row has none, the values of the last.
        Fill: "fill-empty",
    }

    /// What happens to rows that refer to a deleted one.
    pub enum OnDelete {
        /// Nothing. The references then point to a row that does not exist.
        #[default]
        Nothing: "nothing",
        /// The row cannot be deleted while other rows refer to it.
        Restrict: "restrict",
        /// The rows that refer to it are deleted too, and then the rows that refer to these rows.
        Cascade: "cascade",
        /// The rows that refer to it stay, and their reference becomes null.
        SetNull: "set-null",
    }
}

/// A denormalized column: the backend copies a value of another row, and updates it with that row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The entity that has the copy.
    pub of: EntityId,
    /// The position of the copy in its columns.
    pub column: usize,
    /// The column that refers to the other row.
    pub via: usize,
    /// The entity of the other row.
    pub from: EntityId,
    /// The position of the copied column in `from`.
    pub source: usize,
}

/// A reference that the backend maintains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The entity that refers.
    pub of: EntityId,
    /// The position of the referring column.
    pub column: usize,
    /// The entity that is referred to.
    pub to: EntityId,
    /// What happens to referring rows when the other row is deleted.
    pub on_delete: OnDelete,
}
