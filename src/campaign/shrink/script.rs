//! A scenario as a TOML tree. Lists its parts, and removes some of them.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// A scenario without variants, and the seed that it runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub table: Table,
    pub seed: u64,
}

/// A part of a scenario that may be removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// An event, action, sync unit or other named table, with everything that refers to it.
    Named { kind: &'static str, name: String },
    /// A column of an entity, with everything that refers to it.
    Column { entity: String, column: String },
    /// A key, with all keys below it.
    Key(Vec<String>),
    /// A text in a list.
    Item { list: Vec<String>, item: String },
}

/// Tables to which other parts refer by name. Tables that cost most time come first.
const KINDS: [&str; 9] =
    ["event", "action", "unit", "entity", "fleet", "class", "background", "link", "gate"];
/// Keys that no failure needs. They affect only reports, or describe other cells.
const ABOUT: [&str; 8] =
    ["covers", "shows", "question", "variant", "table", "situations", "gate", "baseline"];

impl Script {
    /// Keeps the keys that describe the simulation, and removes the keys that judge it.
    pub fn of(mut table: Table, seed: u64) -> Script {
        ABOUT.iter().chain(&["expect", "seed"]).for_each(|key| drop(table.remove(*key)));
        Script { table, seed }
    }
    pub(super) fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.table.get(*first)?, |value, name| value.get(*name))
    }
    pub(super) fn named(&self, kind: &str) -> impl Iterator<Item = (&String, &Table)> {
        let tables = self.table.get(kind).and_then(Value::as_table).into_iter().flatten();
        tables.filter_map(|(name, value)| Some((name, value.as_table()?)))
    }
    /// Sets the value at a path. Creates missing tables.
    pub(super) fn with(mut self, path: &[String], value: Value) -> Script {
        if let Some((last, above)) = path.split_last() {
            let mut table = &mut self.table;
            for name in above {
                let entry = table.entry(name.clone()).or_insert_with(|| Value::Table(Table::new()));
                let Value::Table(below) = entry else { return self };
                table = below;
            }
            table.insert(last.clone(), value);
        }
        self
    }

    /// The same scenario without some of its parts.
    pub(super) fn without(&self, parts: &[Part]) -> Script {
        let mut less = self.clone();
        parts.iter().for_each(|part| less.take_out(part));
        less
    }

    fn take_out(&mut self, part: &Part) {
        match part {
            Part::Named { kind, name } => self.take_out_named(kind, name),
            Part::Column { entity, column } => self.take_out_column(entity, column),
            Part::Key(path) => remove(&mut self.table, path),
            Part::Item { list, item } => {
                if let Some(Value::Array(items)) = find(&mut self.table, list) {
                    items.retain(|own| own.as_str() != Some(item));
                }
            }
        }
    }

    fn take_out_named(&mut self, kind: &str, name: &str) {
        remove(&mut self.table, &[kind.to_owned(), name.to_owned()]);
        let says = |table: &Table, path: [&str; 2]| {
            let value = table.get(path[0]).and_then(|own| own.get(path[1]));
            value.and_then(Value::as_str) == Some(name)
        };
        let events: &[[&str; 2]] = match kind {
            "event" => &[["edits", "row_of"]],
            "action" => &[["edits", "action"]],
            "unit" => &[["trigger", "unit"]],
            "entity" => &[["bulk_import", "entity"], ["touch_flag", "entity"]],
            _ => &[],
        };
        let refers = |table: &Table| events.iter().any(|path| says(table, *path));
        let gone = self.named("event").filter(|(_, table)| refers(table)).map(|(name, _)| name.clone());
        gone.collect::<Vec<_>>().iter().for_each(|event| self.take_out_named("event", event));
        if kind == "entity" {
            self.take_out_mentions(name);
        }
    }

    /// Removes everything that refers to a removed entity.
    fn take_out_mentions(&mut self, entity: &str) {
        let of = |table: &Table| table.get("entity").and_then(Value::as_str) == Some(entity);
        let actions: Vec<String> =
            self.named("action").filter(|(_, table)| of(table)).map(|(name, _)| name.clone()).collect();
        actions.iter().for_each(|action| self.take_out_named("action", action));
        let refers = |text: &str| text.split([' ', '.']).any(|word| word == entity);
        let mut columns = Vec::new();
        let mut keys = Vec::new();
        for (name, table) in self.named("entity") {
            for (column, value) in table.get("schema").and_then(Value::as_table).into_iter().flatten() {
                if value.as_str().is_some_and(refers) {
                    columns.push(Part::Column { entity: name.clone(), column: column.clone() });
                }
            }
            for (key, value) in table.iter().filter(|(key, _)| *key != "schema" && *key != "rows") {
                if value.to_string().split(['"', ' ', '.']).any(|word| word == entity) {
                    keys.push(Part::Key(vec!["entity".to_owned(), name.clone(), key.clone()]));
                }
            }
        }
        columns.iter().chain(&keys).for_each(|part| self.take_out(part));
        if self.get(&["workload", "opens", "entity"]).and_then(Value::as_str) == Some(entity) {
            remove(&mut self.table, &["workload".to_owned(), "opens".to_owned()]);
        }
        if let Some(units) = self.table.get_mut("unit") {
            drop_items(units, entity);
        }
    }

    fn take_out_column(&mut self, entity: &str, column: &str) {
        if let Some(Value::Table(own)) = self.table.get_mut("entity").and_then(|all| all.get_mut(entity)) {
            for (key, value) in own.iter_mut() {
                match value {
                    Value::Table(keys) if key == "schema" || key == "scope" => drop(keys.remove(column)),
                    value => drop_items(value, column),
                }
            }
            own.retain(|key, value| {
                key != "unique" || value.as_array().is_none_or(|items| !items.is_empty())
            });
        }
        for (_, action) in self.table.get_mut("action").and_then(Value::as_table_mut).into_iter().flatten() {
            if action.get("entity").and_then(Value::as_str) == Some(entity) {
                drop_items(action, column);
            }
        }
    }

    /// All named tables, and columns of entities.
    pub(super) fn names(&self) -> Vec<Part> {
        let of_kind = |kind: &'static str| {
            self.named(kind).map(move |(name, _)| Part::Named { kind, name: name.clone() })
        };
        let mut parts: Vec<Part> = KINDS.into_iter().flat_map(of_kind).collect();
        for (entity, table) in self.named("entity") {
            for column in table.get("schema").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
                parts.push(Part::Column { entity: entity.clone(), column: column.clone() });
            }
        }
        parts
    }

    /// All keys at this depth. The depth starts at 1.
    pub(super) fn keys(&self, depth: usize) -> Vec<Part> {
        let mut found = Vec::new();
        walk(&self.table, &mut Vec::new(), &mut |path, _| {
            if path.len() == depth && path != ["name"] {
                found.push(Part::Key(path.to_vec()));
            }
        });
        found
    }

    /// The texts of all lists with more than one text.
    pub(super) fn items(&self) -> Vec<Part> {
        let mut found = Vec::new();
        walk(&self.table, &mut Vec::new(), &mut |path, value| {
            let texts: BTreeSet<&str> =
                value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if texts.len() > 1 {
                let part = |item: &&str| Part::Item { list: path.to_vec(), item: (*item).to_owned() };
                found.extend(texts.iter().map(part));
            }
        });
        found
    }

    /// All values that are not tables, with their paths.
    pub(super) fn leaves(&self) -> Vec<(Vec<String>, Value)> {
        let mut found = Vec::new();
        walk(&self.table, &mut Vec::new(), &mut |path, value| {
            if !value.is_table() {
                found.push((path.to_vec(), value.clone()));
            }
        });
        found
    }
}

fn walk(table: &Table, path: &mut Vec<String>, see: &mut impl FnMut(&[String], &Value)) {
    for (name, value) in table {
        path.push(name.clone());
        see(path, value);
        if let Value::Table(below) = value {
            walk(below, path, see);
        }
        path.pop();
    }
}

fn find<'t>(table: &'t mut Table, path: &[String]) -> Option<&'t mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get_mut(first)?, |value, name| value.get_mut(name))
}

fn remove(table: &mut Table, path: &[String]) {
    let Some((last, above)) = path.split_last() else { return };
    let table = if above.is_empty() { Some(table) } else { find(table, above).and_then(Value::as_table_mut) };
    if let Some(table) = table {
        table.remove(last);
    }
}

/// Removes a text from all lists in a value.
fn drop_items(value: &mut Value, item: &str) {
    match value {
        Value::Array(items) => items.retain(|own| own.as_str() != Some(item)),
        Value::Table(table) => table.iter_mut().for_each(|(_, below)| drop_items(below, item)),
        _ => {}
    }
}

#[cfg(test)]
pub(super) fn script(text: &str) -> Script {
    Script { table: text.parse().expect("it is TOML"), seed: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: &str = r#"
        name = "tasks"
        entity.team = { rows = 1, schema = { id = "uuid key", name = "text 1..2" } }
        entity.task = { rows = 2, unique = ["team"], schema = { id = "uuid key", team = "ref team" } }
        unit.All = { pull = ["team", "task"] }
        action.add = { entity = "task", kind = "create", per_device = 1 }
        event.add = { at = "+1s", edits = { action = "add", same_row = true } }
        event.drop = { at = "+2s", edits = { action = "drop", row_of = "add" } }
        event.kill = { at = "+3s", kill = {} }
    "#;

    fn named(kind: &'static str, name: &str) -> Part {
        Part::Named { kind, name: name.to_owned() }
    }

    #[test]
    fn a_part_leaves_with_all_that_refers_to_it() {
        let tasks = script(TASKS);
        let names = |script: &Script| script.named("event").map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&tasks.without(&[named("event", "add")])), ["kill"]);
        assert_eq!(names(&tasks.without(&[named("action", "add")])), ["kill"]);
        let without = tasks.without(&[named("entity", "team")]);
        assert_eq!(without.get(&["entity", "task", "schema", "team"]), None);
        assert_eq!(without.get(&["entity", "task", "unique"]), None);
        assert_eq!(without.get(&["unit", "All", "pull"]).expect("it stays").to_string(), r#"["task"]"#);
    }

    #[test]
    fn what_a_file_is_judged_by_is_no_part_of_its_script() {
        let text =
            "name = \"a\"\nseed = 4\nduration = \"1m\"\ncovers = [\"R1\"]\nexpect.violation = [\"lost\"]";
        let script = Script::of(text.parse().expect("it is TOML"), 4);
        assert_eq!(script.table.keys().collect::<Vec<_>>(), ["duration", "name"]);
    }
}
