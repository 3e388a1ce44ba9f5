//! Reads the JSON body of a request. Finds the objects that contain the edits of a row.
//!
//! An object stands for the edit whose name it has. Without a name, it stands for the first edit
//! whose values it has. It also contains an earlier edit if each value of that edit is in the
//! object, or if a later edit set the column again. If two edits set equal values, the second is
//! only *perhaps* in the body.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::journal::Line;
use crate::contract::{ColumnKind, DeviceId, EditKind, EditSaid, EntityId, RowEdits, Schema, Slip};
use crate::host::{by_then, fits, from_js, print_at, print_of};

#[derive(Debug, Default)]
struct Object {
    /// A print (hash) of each value, by column.
    prints: Vec<(usize, u64)>,
    /// All texts of the object. An edit's name is one of them.
    texts: BTreeSet<String>,
    says_gone: bool,
}

/// The edits of one row in a request. A number is an edit's position among the row's journal lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct InBody {
    /// Groups of edits that are sent as one. The last edit of a group stands for the others.
    pub(super) groups: Vec<Vec<usize>>,
    /// Edits whose own values are in the body.
    pub(super) said: BTreeSet<usize>,
    /// Edits that are perhaps in the body, each with the edit that has the same values.
    pub(super) perhaps: Vec<(usize, usize)>,
    /// True if the objects have only those columns that the row's edits set.
    pub(super) by_column: bool,
}

/// Reads bodies for the rows of a phone.
pub(super) struct Reader<'r> {
    pub(super) schema: &'r Schema,
    pub(super) device: DeviceId,
    pub(super) body: Option<Json>,
    /// The parts of the request's path, and the values of its headers.
    pub(super) around: Vec<String>,
    /// True for a `DELETE`. Its path alone can name the row.
    pub(super) deletes: bool,
    /// True if the path or the headers can identify a version.
    pub(super) is_dated: bool,
    /// True if the app merges documents. An unreadable update then counts as all waiting edits.
    pub(super) merges: bool,
}

/// True if a text begins with a date such as `2026-11-30`.
fn is_day(text: &str) -> bool {
    let is_as = |(of, like): (u8, u8)| if like == b'0' { of.is_ascii_digit() } else { of == like };
    text.len() >= 10 && text.bytes().zip(*b"0000-00-00").all(is_as)
}

fn is_gone(name: &str, value: &Json) -> bool {
    let is_true = match value {
        Json::Bool(is) => *is,
        Json::Number(n) => n.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        _ => false,
    };
    let says_so = |text: &str| ["delete", "remove", "destroy"].contains(&text.to_lowercase().as_str());
    is_true && name.to_lowercase().contains("delete") || value.as_str().is_some_and(says_so)
}

impl Reader<'_> {
    /// True if the body has something that can identify a version and is not a value of a row. That
    /// is a number, a time, or a member with a name such as "version".
    fn tells_versions(&self, name: &str, value: &Json) -> bool {
        const CALLED: [&str; 7] = ["version", "rev", "etag", "base", "stamp", "hash", "clock"];
        let is_column =
            || self.schema.entities.iter().any(|it| it.columns.iter().any(|column| column.name == name));
        match value {
            Json::Object(map) => map.iter().any(|(name, value)| self.tells_versions(name, value)),
            Json::Array(list) => list.iter().any(|value| self.tells_versions(name, value)),
            Json::Number(_) => !is_column(),
            Json::String(text) => {
                let name = name.to_lowercase();
                !is_column() && (is_day(text) || CALLED.iter().any(|called| name.contains(called)))
            }
            Json::Null | Json::Bool(_) => false,
        }
    }
    /// True if nothing in the request can identify a version.
    fn is_undated(&self) -> bool {
        !self.is_dated && self.body.as_ref().is_none_or(|body| !self.tells_versions("", body))
    }
    fn is_reference(&self, name: &str) -> bool {
        let refers = |kind: &ColumnKind| matches!(kind, ColumnKind::Ref(_));
        self.schema.entities.iter().any(|it| it.columns.iter().any(|of| of.name == name && refers(&of.kind)))
    }
    fn read(&self, entity: EntityId, map: &Map<String, Json>, into: &mut Object) {
        let columns = &self.schema.entity(entity).columns;
        for (name, value) in map {
            into.says_gone |= is_gone(name, value);
            if let Some(text) = value.as_str() {
                into.texts.insert(text.to_owned());
            }
            if let Some(at) = columns.iter().position(|column| column.name == *name)
                && let Ok(value) = from_js(&columns[at].kind, value)
                && print_at(&into.prints, at).is_none()
            {
                into.prints.push((at, print_of(&value)));
            }
            if let Json::Object(inner) = value {
                self.read(entity, inner, into);
            }
        }
    }
    fn object(&self, entity: EntityId, map: &Map<String, Json>) -> Object {
        let mut object = Object::default();
        self.read(entity, map, &mut object);
        object
    }
    /// Reads the whole body as the content of one row. A `DELETE` without a body deletes the row.
    fn whole(&self, entity: EntityId) -> Option<Object> {
        match &self.body {
            Some(Json::Object(map)) => Some(self.object(entity, map)),
            _ if self.deletes => Some(Object { says_gone: true, ..Object::default() }),
            _ => None,
        }
    }
    fn has_name(&self, object: &Object, line: &Line) -> bool {
        line.is_called(self.device, |name| object.texts.contains(name))
    }
    /// Collects the outermost objects that have the name of exactly one of these edits.
    fn find_names(&self, lines: &[&Line], json: &Json, found: &mut Vec<Object>) {
        let Json::Object(map) = json else {
            let list = json.as_array().into_iter().flatten();
            return list.for_each(|inner| self.find_names(lines, inner, found));
        };
        let object = self.object(lines[0].entity, map);
        let named = lines.iter().filter(|line| self.has_name(&object, line)).count();
        if named == 1 {
            return found.push(object);
        }
        let before = found.len();
        map.values().for_each(|inner| self.find_names(lines, inner, found));
        if named > 1 && found.len() == before {
            found.push(object);
        }
    }
    /// True if the object names another table and does not name this one.
    fn is_elsewhere(&self, entity: EntityId, object: &Object) -> bool {
        let names = |of: &str| object.texts.contains(of);
        let others = self.schema.entities.iter().filter(|of| of.name != self.schema.entity(entity).name);
        others.map(|of| &*of.name).any(names) && !names(&self.schema.entity(entity).name)
    }
    /// Collects the objects that belong to a row. Returns true if an object refers to the row by
    /// key.
    fn find(&self, (entity, key): (EntityId, &str), json: &Json, found: &mut Vec<Object>) -> bool {
        let mut refers = false;
        match json {
            Json::Object(map) => {
                let has_key = |(_, value): &(&String, &Json)| value.as_str() == Some(key);
                if map.iter().filter(has_key).any(|(name, _)| !self.is_reference(name)) {
                    let object = self.object(entity, map);
                    if !self.is_elsewhere(entity, &object) {
                        found.push(object);
                    }
                    return true;
                }
                if let Some(Json::Object(inner)) = map.get(key) {
                    found.push(self.object(entity, inner));
                    return true;
                }
                refers |= map.iter().any(|pair| has_key(&pair));
                for inner in map.values() {
                    refers |= self.find((entity, key), inner, found);
                }
            }
            Json::Array(list) if list.iter().any(|value| value.as_str() == Some(key)) => {
                let mut object = Object::default();
                object.texts.extend(list.iter().filter_map(Json::as_str).map(str::to_owned));
                object.says_gone = list.iter().any(|value| is_gone("", value));
                list.iter().filter_map(Json::as_object).for_each(|map| self.read(entity, map, &mut object));
                found.push(object);
                refers = true;
            }
            Json::Array(list) => {
                for inner in list {
                    refers |= self.find((entity, key), inner, found);
                }
            }
            _ => {}
        }
        refers
    }

    /// Finds the edits of a row in the body; `None` if the body cannot be read. `lines` are the
    /// row's edits in order. `is_named`: the adapter (the app's sync code) states that the request
    /// writes this row.
    pub(super) fn of_row(&self, lines: &[&Line], is_named: bool) -> Option<InBody> {
        let (entity, key) = (lines.first()?.entity, lines[0].key.as_str());
        let mut objects = Vec::new();
        let refers = self.body.as_ref().is_some_and(|json| self.find((entity, key), json, &mut objects));
        // A server that assigns keys can give the row another key in the body.
        let is_unfound = |line: &&&Line| !objects.iter().any(|object| self.has_name(object, line));
        let unfound: Vec<&Line> = lines.iter().filter(is_unfound).copied().collect();
        if let Some(body) = self.body.as_ref().filter(|_| is_named && !unfound.is_empty()) {
            self.find_names(&unfound, body, &mut objects);
        }
        if objects.is_empty() && is_named {
            objects.extend(self.whole(entity));
        }
        if let [only] = &mut objects[..] {
            only.texts.extend(self.around.iter().cloned());
        }
        if objects.is_empty() {
            // The body only refers to the row, so no edit of the row is in it.
            return refers.then(InBody::default);
        }
        self.told(lines, &objects)
    }

    fn told(&self, lines: &[&Line], objects: &[Object]) -> Option<InBody> {
        let names = |object: &Object, line: &Line| self.has_name(object, line);
        let is_named = |at: usize| objects.iter().any(|object| names(object, lines[at]));
        let (mut it, mut last) = (InBody::default(), None);
        let mut ends: Vec<(usize, Option<usize>, &Object)> = Vec::new();
        for object in objects {
            let named = (0..lines.len()).rev().find(|at| names(object, lines[*at]));
            let open = |at: &usize| lines[*at].is_open();
            let after = |at: &usize| last.is_none_or(|last| *at > last);
            let fitting: Vec<usize> = (0..lines.len()).filter(|at| object.fits(lines, *at)).collect();
            let first = || fitting.iter().copied().filter(open).find(after);
            let any = || fitting.iter().copied().find(open).or(fitting.last().copied());
            let end = match named {
                // The app can merge a later edit into an operation that keeps the first edit's
                // name.
                Some(named) => fitting.iter().copied().rfind(|at| adds(lines, named, *at)).unwrap_or(named),
                None => first().or_else(any)?,
            };
            last = Some(end);
            ends.push((end, named, object));
            if fitting.contains(&end) {
                it.said.insert(end);
            }
        }
        for (end, named, object) in &ends {
            let is_free = |at: usize| {
                lines[at].is_open() && !is_named(at) && ends.iter().all(|(other, ..)| *other != at)
            };
            let taken = |at: usize| it.groups.iter().flatten().any(|other| *other == at);
            let is_its_own =
                |at: usize| *named == Some(at) || is_free(at) && is_within(lines, at, *end, object);
            let goes = |at: &usize| is_its_own(*at) && !taken(*at);
            let mut group: Vec<usize> = (0..*end).filter(goes).collect();
            if !taken(*end) {
                group.push(*end);
                it.groups.push(group);
            }
        }
        let is_set = |(column, _): &(usize, u64)| lines.iter().any(|line| line.print(*column).is_some());
        it.by_column = objects.iter().flat_map(|object| &object.prints).all(is_set);
        for at in (0..lines.len()).filter(|at| lines[*at].is_open()) {
            if it.groups.iter().flatten().any(|other| *other == at) {
                continue;
            }
            let says_so = ends.iter().find(|(.., object)| object.fits(lines, at));
            it.perhaps.extend(says_so.map(|(end, ..)| (at, *end)));
        }
        Some(it)
    }
}

/// Makes the slip of a request to the bundle's server. The slip (the bench's hidden note on a
/// request) has the edits of each row in the body, and each edit's content. Also returns the edits
/// that are perhaps in the request, each with the edit that has the same values.
pub(super) fn read_behind(
    lines: &[Line],
    reader: &Reader<'_>,
    (is_in, is_named): (impl Fn(&Line) -> bool, impl Fn(&Line) -> bool),
    count: impl Fn(&str) -> usize,
) -> (Slip, Vec<(u32, u32)>) {
    let mut rows: BTreeMap<(EntityId, &str), Vec<&Line>> = BTreeMap::new();
    lines.iter().filter(|line| is_in(line)).for_each(|line| rows.entry(line.row()).or_default().push(line));
    let (mut slip, mut perhaps, is_undated) = (Slip::default(), Vec::new(), reader.is_undated());
    for ((entity, key_text), lines) in rows {
        let key = &lines[0].key;
        let open: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].is_open()).collect();
        let all = || if open.is_empty() { (0..lines.len()).collect() } else { open.clone() };
        let it = reader.of_row(&lines, is_named(lines[0])).unwrap_or_else(|| {
            if reader.merges && reader.body.is_none() && is_named(lines[0]) {
                let said = open.last().copied().into_iter().collect();
                return InBody { groups: vec![all()], said, ..InBody::default() };
            }
            let each = open.len() > 1 && count(key_text) >= open.len();
            let groups = if each { open.iter().map(|at| vec![*at]).collect() } else { vec![all()] };
            InBody { groups, ..InBody::default() }
        });
        for group in &it.groups {
            let edits = group.iter().map(|at| lines[*at].id(reader.device)).collect();
            slip.edits.push(RowEdits { entity, key: key.clone(), edits, stamp: None });
        }
        perhaps.extend(it.perhaps.iter().map(|(at, with)| (lines[*at].number, lines[*with].number)));
        let said = |(at, line): (usize, &&Line)| EditSaid {
            names: line.names.clone(),
            is_sent: it.said.contains(&at),
            by_column: is_undated && it.by_column,
            ..line.as_said(reader.device)
        };
        slip.said.extend(lines.iter().enumerate().map(said));
    }
    (slip, perhaps)
}

impl Object {
    /// True if the object equals the row after the edit at `at`.
    fn fits(&self, lines: &[&Line], at: usize) -> bool {
        fits(lines, at, self.says_gone, &self.prints)
    }
}

/// True if the edit at `later` sets a value that the row does not have after the edit at `at`.
fn adds(lines: &[&Line], at: usize, later: usize) -> bool {
    later > at && lines[later].prints.iter().any(|(of, print)| by_then(lines, at, *of) != Some(*print))
}

/// True if an object that stands for the edit at `end` also contains the edit at `at`. Each value
/// of that edit is in the object, or a later edit set the column again.
fn is_within(lines: &[&Line], at: usize, end: usize, object: &Object) -> bool {
    let set_again = |column: usize| lines[at + 1..=end].iter().any(|line| line.print(column).is_some());
    lines[end].kind == EditKind::Delete
        || lines[at].kind != EditKind::Delete
            && lines[at]
                .prints
                .iter()
                .all(|(of, print)| set_again(*of) || print_at(&object.prints, *of) == Some(*print))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Column, Entity, Key, Stamp};

    fn schema() -> Schema {
        let columns = [("note", ColumnKind::Text), ("done", ColumnKind::Bool)];
        let columns = columns.map(|(name, kind)| Column::new(name, kind)).to_vec();
        let photo = vec![Column::new("visit", ColumnKind::Ref(EntityId(0)))];
        Schema {
            entities: vec![Entity::new("visit", columns), Entity::new("photo", photo)],
            ..Schema::default()
        }
    }
    /// Groups of edits that are sent as one, and pairs of edits of which the first is only perhaps
    /// in the body.
    type Told = (Vec<Vec<usize>>, Vec<(usize, usize)>);
    /// Updates of a row with these values, named `n0`, `n1` and so on; null deletes the row.
    fn told(edits: &[Json], body: Json, is_named: bool) -> Option<Told> {
        let schema = schema();
        let line = |(number, values): (usize, &Json)| {
            let of = |(at, column): (usize, &Column)| {
                Some((at, print_of(&from_js(&column.kind, values.get(&column.name)?).ok()?)))
            };
            Line {
                number: number as u32,
                entity: EntityId(0),
                key: Key::new("k"),
                kind: if values.is_null() { EditKind::Delete } else { EditKind::Update },
                made: Stamp(0),
                said: None,
                prints: schema.entities[0].columns.iter().enumerate().filter_map(of).collect(),
                names: vec![format!("n{number}")],
                perhaps: false,
                said_once: None,
                went: None,
            }
        };
        let lines: Vec<Line> = edits.iter().enumerate().map(line).collect();
        let reader = Reader {
            schema: &schema,
            device: DeviceId(0),
            body: Some(body),
            around: Vec::new(),
            deletes: false,
            is_dated: false,
            merges: false,
        };
        let lines: Vec<&Line> = lines.iter().collect();
        reader.of_row(&lines, is_named).map(|it| (it.groups, it.perhaps))
    }

    #[test]
    fn an_object_stands_for_the_edits_whose_values_it_has() {
        let two = [json!({ "note": "a" }), json!({ "done": true })];
        let op = |values: Json| json!({ "id": "k", "values": values });
        let each = json!([op(two[0].clone()), op(two[1].clone())]);
        assert_eq!(told(&two, each, false), Some((vec![vec![0], vec![1]], vec![])));
        assert_eq!(told(&two, json!([op(two[0].clone())]), false), Some((vec![vec![0]], vec![])));
        let whole = json!({ "rows": [{ "id": "k", "note": "a", "done": 1 }] });
        assert_eq!(told(&two, whole, false), Some((vec![vec![0, 1]], vec![])));
        let again = [json!({ "note": "a" }), json!({ "note": "b" })];
        assert_eq!(told(&again, op(json!({ "note": "b" })), false), Some((vec![vec![0, 1]], vec![])));
        // The path names the row, and the request deletes it.
        assert_eq!(told(&two, json!({ "done": true }), true), Some((vec![vec![1]], vec![])));
        let gone = [json!({ "note": "a" }), Json::Null];
        let deleted = json!({ "id": "k", "note": "z", "deleted": 1 });
        assert_eq!(told(&gone, deleted, false), Some((vec![vec![0, 1]], vec![])));
    }

    #[test]
    fn of_two_that_say_the_same_the_second_is_perhaps_there() {
        let same = [json!({ "note": "a" }), json!({ "note": "a" })];
        let one = json!({ "id": "k", "note": "a" });
        assert_eq!(told(&same, one.clone(), false), Some((vec![vec![0]], vec![(1, 0)])));
        assert_eq!(told(&same, json!([one.clone(), one]), false), Some((vec![vec![0], vec![1]], vec![])));
        let named = json!({ "id": "k", "note": "a", "op": "n1" });
        assert_eq!(told(&same, named, false), Some((vec![vec![0, 1]], vec![])));
        // An operation that keeps its name also contains the edits that were saved after it.
        let two = [json!({ "note": "a" }), json!({ "note": "b" })];
        let kept = json!({ "id": "k", "note": "b", "op": "n0" });
        assert_eq!(told(&two, kept, false), Some((vec![vec![0, 1]], vec![])));
    }

    #[test]
    fn a_name_decides_where_the_row_has_another() {
        let two = [json!({ "note": "a" }), json!({ "note": "b" })];
        let op =
            |name: &str, note: &str| json!({ "sid": 7, "op": { "id": name }, "values": { "note": note } });
        let each = json!({ "ops": [op("n0", "a"), op("n1", "b")] });
        assert_eq!(told(&two, each.clone(), true), Some((vec![vec![0], vec![1]], vec![])));
        assert_eq!(told(&two, each, false), None, "nothing says that it is of this row");
        // The object is older than the last edit.
        assert_eq!(told(&two, json!([op("n0", "a")]), true), Some((vec![vec![0]], vec![])));
        // One operation stands for both edits.
        assert_eq!(told(&two, json!([op("n1", "b")]), true), Some((vec![vec![0, 1]], vec![])));
    }

    #[test]
    fn what_has_columns_alone_tells_no_versions_apart() {
        let undated = |body: Json| {
            let (schema, device) = (schema(), DeviceId(0));
            let (body, around) = (Some(body), Vec::new());
            Reader { schema: &schema, device, body, around, deletes: false, is_dated: false, merges: false }
                .is_undated()
        };
        assert!(undated(json!({ "ops": [{ "id": "k", "values": { "note": "a", "done": 1 } }] })));
        for version in [json!({ "at": 17 }), json!({ "at": "2026-11-30T08" }), json!({ "rev": "a-1" })] {
            assert!(!undated(json!({ "ops": [{ "id": "k", "note": "a", "more": version }] })), "{version}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let one = [json!({ "note": "a" })];
        assert_eq!(told(&one, json!({ "id": "k", "n": "a" }), false), None);
        // An object that refers to the row is not the row itself.
        assert_eq!(told(&one, json!({ "id": "p", "visit": "k" }), false), Some((vec![], vec![])));
    }
}
