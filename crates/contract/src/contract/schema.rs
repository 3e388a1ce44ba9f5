//! What is synced: entities, columns, scopes, sync units.

use super::attachment::Attachment;
use crate::base::{Day, Decimal, EntityId, Key, Span, Stamp, Value, from_base64, in_words, word_enums};

/// All entities of a scenario, by [`EntityId`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub entities: Vec<Entity>,
    /// By entity, who gives its new rows their keys; the device where it is missing.
    pub naming: Vec<Naming>,
    pub references: Vec<Reference>,
    pub copies: Vec<Copied>,
    /// So many versions of the app came before, with fewer columns; it may meet their databases.
    pub version: u32,
    pub attachments: Vec<(EntityId, Attachment)>,
}

/// One entity: a table on the backend and, projected, on the devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    pub name: String,
    /// The name of its key column; keys are texts.
    pub key: String,
    /// The backend's columns without the key, in order. A backend row's values follow this order.
    pub columns: Vec<Column>,
    /// The columns that devices hold, as ascending positions in `columns`: a device row has these.
    pub projection: Vec<usize>,
    /// Which rows a device holds: those for which every rule is true.
    pub scope: Vec<ScopeRule>,
    pub delivery: Delivery,
    /// A natural key: positions of columns that together name a row once among the rows that are
    /// not deleted; empty for none.
    pub unique: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
}

impl Column {
    pub fn new(name: &str, kind: ColumnKind) -> Column {
        Column { name: name.to_owned(), kind }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    Text,
    Int,
    Real,
    /// 0 or 1.
    Bool,
    /// Microseconds since 1970.
    Timestamp,
    /// A day without an hour and a zone, as the text `2026-11-25`.
    Date,
    /// An exact number, `places` of its digits after the point, as a text with all of them.
    Decimal {
        digits: u8,
        places: u8,
    },
    Blob,
    /// The key of a row of another entity.
    Ref(EntityId),
}

impl ColumnKind {
    /// The one way in which a column of this kind, whose values are texts, writes what a text says;
    /// `None` if the column cannot keep that.
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

/// One condition that a row meets to belong on a device.
#[derive(Clone, Debug, PartialEq)]
pub enum ScopeRule {
    /// The column of [`Entity::columns`] equals this one of the device's [`Attributes`].
    Attribute { column: usize, attribute: usize },
    /// The column, a timestamp, lies in `from <= x < until`.
    Window { column: usize, from: Stamp, until: Stamp },
}

impl ScopeRule {
    pub fn column(&self) -> usize {
        let (ScopeRule::Attribute { column, .. } | ScopeRule::Window { column, .. }) = self;
        *column
    }
    /// The column and the attribute, if it is about one.
    pub fn attribute(&self) -> Option<(usize, usize)> {
        match self {
            ScopeRule::Attribute { column, attribute } => Some((*column, *attribute)),
            ScopeRule::Window { .. } => None,
        }
    }
    /// Whether a row with this value in the column meets it.
    pub fn is_met(&self, value: &Value, attributes: &[Value]) -> bool {
        match self {
            ScopeRule::Attribute { attribute, .. } => *value == attributes[*attribute],
            ScopeRule::Window { from, until, .. } => {
                matches!(value, Value::Int(t) if (from.0..until.0).contains(t))
            }
        }
    }
}

/// How an entity's rows come to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Pulled as deltas by sync units.
    Delta,
    /// Fetched as a person opens a record: rows whose column at this position has its key.
    OnOpen { by: usize },
    /// Never: the app writes rows and sends them up, and holds those that it made.
    UploadOnly,
    /// Never: the entity lives on the backend alone.
    BackendOnly,
}

impl Delivery {
    /// Whether the app has a table for its rows.
    pub fn is_on_devices(self) -> bool {
        self != Delivery::BackendOnly
    }
    pub fn comes_down(self) -> bool {
        matches!(self, Delivery::Delta | Delivery::OnOpen { .. })
    }
}

/// What sets a device apart: values by position, for instance its clinic.
pub type Attributes = Vec<Value>;

/// A named flow of synchronisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncUnit {
    pub name: String,
    pub on: Vec<Trigger>,
    pub pull: Vec<EntityId>,
    pub push: Vec<EntityId>,
    /// The person waits for it, and the app takes no edit meanwhile: it is usable when it ends.
    pub blocking: bool,
    /// Its start empties the queue of the units that wait; their local changes stay in the outbox.
    pub discard_pending: bool,
    /// Of these entities, among those that it pulls, it brings a part.
    pub excerpts: Vec<Excerpt>,
    /// What must hold while it runs; what starts it by itself waits until all does.
    pub when: Vec<Condition>,
}

/// What a unit brings of an entity that other units bring as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Excerpt {
    pub entity: EntityId,
    /// The columns, as ascending positions in [`Entity::columns`], of those that devices hold.
    pub columns: Vec<usize>,
    /// Which of a device's rows: those for which every rule is true.
    pub rows: Vec<ScopeRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    Wifi,
    /// The network costs nothing by the byte: any but a cellular one.
    Unmetered,
    /// The network is no cellular one of somebody else's.
    NotRoaming,
}
in_words!(Condition { Wifi: "wifi", Unmetered: "unmetered", NotRoaming: "not-roaming" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    Start,
    Login,
    Online,
    Resume,
    Save,
    Background,
    /// This much foreground time has passed.
    Every(Span),
    Manual,
}

impl Schema {
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[usize::from(id.0)]
    }
    pub fn find(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name == name).map(|i| EntityId(i as u16))
    }
    pub fn ids(&self) -> impl Iterator<Item = EntityId> + use<> {
        (0..self.entities.len() as u16).map(EntityId)
    }
    /// The column by which rows of an entity are part of others, and whose: they go as those go.
    pub fn part_of(&self, entity: EntityId) -> Option<(usize, EntityId)> {
        let cascades = |it: &&Reference| it.of == entity && it.on_delete == OnDelete::Cascade;
        self.references.iter().find(cascades).map(|it| (it.column, it.to))
    }
    /// The top of the family of a row: what it is part of, and that of, as far as `parent` tells,
    /// which gives the key that a row has in a column.
    pub fn top(
        &self,
        row: (EntityId, Key),
        mut parent: impl FnMut(EntityId, &Key, usize) -> Option<Key>,
    ) -> (EntityId, Key) {
        // Rows that are part of each other in a ring have no top.
        const DEEP: usize = 64;
        let mut top = row;
        for _ in 0..DEEP {
            let Some((column, to)) = self.part_of(top.0) else { break };
            let Some(key) = parent(top.0, &top.1, column) else { break };
            top = (to, key);
        }
        top
    }

    pub fn attachment(&self, entity: EntityId) -> Option<Attachment> {
        self.attachments.iter().find(|(of, _)| *of == entity).map(|(_, attachment)| *attachment)
    }
    pub fn naming(&self, entity: EntityId) -> Naming {
        self.naming.get(usize::from(entity.0)).copied().unwrap_or_default()
    }
    /// Whether rows of an entity may come to have another key than they were made with.
    pub fn renames(&self, entity: EntityId) -> bool {
        !matches!(self.naming(entity).by, NamedBy::Device)
    }
    pub fn renames_any(&self) -> bool {
        self.ids().any(|entity| self.renames(entity))
    }
}

impl Entity {
    /// One whose rows all devices hold, with all columns, and get as deltas.
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

    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
    /// Whether a backend row with these values belongs on a device with these attributes.
    pub fn in_scope(&self, values: &[Value], attributes: &[Value]) -> bool {
        are_met(&self.scope, values, attributes)
    }
    /// Whether a row belongs to who has these attributes, of whatever time.
    pub fn is_of(&self, values: &[Value], attributes: &[Value]) -> bool {
        self.scope
            .iter()
            .all(|rule| rule.attribute().is_none() || rule.is_met(&values[rule.column()], attributes))
    }
    /// What binds a row with these values to devices; `None` where a window leaves it out.
    pub fn binding<'v>(&'v self, values: &'v [Value]) -> Option<impl Iterator<Item = &'v Value>> {
        let is_out =
            |rule: &ScopeRule| rule.attribute().is_none() && !rule.is_met(&values[rule.column()], &[]);
        let columns = self.scope.iter().filter_map(ScopeRule::attribute).map(|(column, _)| &values[column]);
        (!self.scope.iter().any(is_out)).then_some(columns)
    }
    /// The same of the rows that belong to who has these attributes.
    pub fn bound_to<'v>(&'v self, attributes: &'v [Value]) -> impl Iterator<Item = &'v Value> {
        self.scope.iter().filter_map(ScopeRule::attribute).map(|(_, attribute)| &attributes[attribute])
    }
    pub fn project(&self, values: &[Value]) -> Vec<Value> {
        self.projection.iter().map(|&column| values[column].clone()).collect()
    }
    pub fn projected(&self) -> impl Iterator<Item = &Column> {
        self.projection.iter().map(|&column| &self.columns[column])
    }
    /// The rows that these values of its columns refer to.
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
    pub fn pushes(&self) -> bool {
        !self.push.is_empty()
    }
    pub fn excerpt(&self, entity: EntityId) -> Option<&Excerpt> {
        self.excerpts.iter().find(|excerpt| excerpt.entity == entity)
    }
    pub fn brings_whole(&self, entity: EntityId) -> bool {
        self.pull.contains(&entity) && self.excerpt(entity).is_none()
    }
}

impl Excerpt {
    /// Whether it has a row with these values that a device with these attributes holds.
    pub fn has(&self, values: &[Value], attributes: &[Value]) -> bool {
        are_met(&self.rows, values, attributes)
    }
}

/// The key number `number` that the backend gives out for an entity.
pub fn given_key(entity: &Entity, number: u64) -> Key {
    Key::new(&format!("{}-{number}", entity.name))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    pub by: NamedBy,
    pub merge: MergeRule,
    /// Nobody holds the natural key true: it only says which rows people take for the same.
    pub doubles: bool,
    /// Keys that a device holds for later, after the backend gave it some.
    pub pool: u32,
    /// It asks for more when it has fewer than this.
    pub refill: u32,
}

word_enums! {
    /// Who gives a row that is made on a device its key.
    pub enum NamedBy {
        /// The device, at random: the key never changes.
        #[default]
        Device: "client",
        /// The device; but a row with the same natural key on the backend is the same, with its
        /// key.
        NaturalKey: "natural-key",
        /// The backend, as it commits the row: until then the device has a key of its own for it.
        Server: "server",
        /// The device, out of keys that the backend gave it before.
        Pool: "pool",
    }

    /// What becomes of a row that was made twice, by its natural key.
    pub enum MergeRule {
        #[default]
        First: "first-stays",
        Last: "last-stays",
        /// What the first one said, and the last one where that said nothing.
        Fill: "fill-empty",
    }

    /// What becomes of rows that refer to one that is deleted.
    pub enum OnDelete {
        #[default]
        Nothing: "nothing",
        /// It is not deleted as long as there are any.
        Restrict: "restrict",
        /// They are deleted with it, and what refers to them.
        Cascade: "cascade",
        /// They stay and refer to none.
        SetNull: "set-null",
    }
}

/// A column that says what another row says: the backend writes it again as that row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub of: EntityId,
    pub column: usize,
    /// The column that refers to the other row.
    pub via: usize,
    pub from: EntityId,
    pub source: usize,
}

/// A reference that the backend looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub of: EntityId,
    pub column: usize,
    pub to: EntityId,
    pub on_delete: OnDelete,
}
