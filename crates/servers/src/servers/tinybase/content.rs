//! A mergeable store: cells with stamps. Two stores find their differences by hashes.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::hlc::{UNDEFINED, hash, is_stamp, stringified};

/// A cell of a table, or a value of the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) value: Json,
    pub(super) hlc: String,
    hash: u32,
}

/// Children by name, with one hash of all of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch<T> {
    pub(super) of: BTreeMap<String, T>,
    hash: u32,
}

pub(super) type Row = Branch<Cell>;
type Table = Branch<Row>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Content {
    tables: Branch<Table>,
    values: Branch<Cell>,
}

/// The place of a cell. A value has no table and no row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) table: String,
    pub(super) row: String,
    pub(super) cell: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) at: Place,
    pub(super) value: Json,
    pub(super) hlc: String,
}

impl<T> Default for Branch<T> {
    fn default() -> Branch<T> {
        Branch { of: BTreeMap::new(), hash: 0 }
    }
}

fn named(name: &str, of: u32) -> u32 {
    hash(&format!("{name}:{of}"))
}

impl<T> Branch<T> {
    fn map(&self, shown: impl Fn(&T) -> Json) -> Map<String, Json> {
        self.of.iter().map(|(name, child)| (name.clone(), shown(child))).collect()
    }
}

impl<T: Default> Branch<T> {
    /// Changes one child. `change` returns the child's hash before and after the change.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut T) -> (u32, u32)) -> (u32, u32) {
        let before = self.hash;
        let (old, new) = change(self.of.entry(name.to_owned()).or_default());
        self.hash ^= if old == 0 { 0 } else { named(name, old) } ^ named(name, new);
        (before, self.hash)
    }
}

impl Branch<Cell> {
    /// Sets a cell. Like in the library, a new cell also adds the hash of its name with 0.
    fn put(&mut self, name: &str, value: Json, hlc: &str) -> (u32, u32) {
        let before = self.hash;
        let hash = hash(&format!("{}:{hlc}", stringified(&value)));
        let old = self.of.insert(name.to_owned(), Cell { value, hlc: hlc.to_owned(), hash });
        self.hash ^= named(name, old.map_or(0, |old| old.hash)) ^ named(name, hash);
        (before, self.hash)
    }
}

/// Reads the cells of stamped changes. `None` for all if one is malformed or has a stamp too far
/// ahead.
pub(super) fn told(tables: &Json, values: &Json, now: u64) -> Option<Vec<Told>> {
    let mut all = Vec::new();
    for (table, rows) in things(tables)? {
        for (row, cells) in things(rows)? {
            for (cell, stamp) in things(cells)? {
                let at = Place { table: table.clone(), row: row.clone(), cell: cell.clone() };
                all.push(one(at, stamp, now)?);
            }
        }
    }
    for (name, stamp) in things(values)? {
        let at = Place { table: String::new(), row: String::new(), cell: name.clone() };
        all.push(one(at, stamp, now)?);
    }
    Some(all)
}

fn things(stamp: &Json) -> Option<&Map<String, Json>> {
    stamp.as_array().filter(|stamp| (1..=2).contains(&stamp.len()))?[0].as_object()
}

fn one(at: Place, stamp: &Json, now: u64) -> Option<Told> {
    let stamp = stamp.as_array().filter(|stamp| (1..=2).contains(&stamp.len()))?;
    let hlc = stamp.get(1).map_or(Some(""), Json::as_str)?;
    is_stamp(hlc, now).then(|| Told { at, value: stamp[0].clone(), hlc: hlc.to_owned() })
}

fn stamped(of: Map<String, Json>) -> Json {
    json!([of])
}

fn cell_stamp(cell: &Cell) -> Json {
    if cell.hlc.is_empty() { json!([cell.value]) } else { json!([cell.value, cell.hlc]) }
}

fn row_stamp(row: &Row) -> Json {
    stamped(row.map(cell_stamp))
}

/// Converts cells to the changes of a message.
pub(super) fn changes(cells: &[Told]) -> Json {
    let mut tables = json!([{}]);
    for Told { at: Place { table, row, cell }, value, hlc } in cells {
        child(child(&mut tables, table), row)[0][cell] = json!([value, hlc]);
    }
    json!([tables, [{}], 1])
}

/// Returns a child of a stamped object, and adds it if it is missing.
fn child<'j>(of: &'j mut Json, name: &str) -> &'j mut Json {
    let place = &mut of[0][name];
    if place.is_null() {
        *place = json!([{}]);
    }
    place
}

impl Content {
    pub(super) fn row(&self, table: &str, row: &str) -> Option<&Row> {
        self.tables.of.get(table)?.of.get(row)
    }
    pub(super) fn cell(&self, at: &Place) -> Option<&Cell> {
        match at.table.as_str() {
            "" => self.values.of.get(&at.cell),
            table => self.row(table, &at.row)?.of.get(&at.cell),
        }
    }
    /// Takes a cell if its stamp is newer. Returns false if the stamp is older or equal.
    pub(super) fn merge(&mut self, told: &Told) -> bool {
        let known = self.cell(&told.at).map_or("", |cell| cell.hlc.as_str());
        if !known.is_empty() && *told.hlc <= *known {
            return false;
        }
        let Told { at: Place { table, row, cell }, value, hlc } = told;
        if table.is_empty() {
            self.values.put(cell, value.clone(), hlc);
        } else {
            let put = |row: &mut Row| row.put(cell, value.clone(), hlc);
            self.tables.change(table, |table| table.change(row, put));
        }
        true
    }

    pub(super) fn hashes(&self) -> Json {
        json!([self.tables.hash, self.values.hash])
    }
    pub(super) fn table_hashes(&self) -> Json {
        self.tables.map(|table| json!(table.hash)).into()
    }
    /// Returns the tables that the other store lacks, and the hashes of tables that differ.
    pub(super) fn table_diff(&self, other: &Json) -> Json {
        let (mut new, mut differ) = (Map::new(), Map::new());
        for (name, table) in &self.tables.of {
            match other.get(name) {
                None => _ = new.insert(name.clone(), stamped(table.map(row_stamp))),
                Some(hash) if *hash != json!(table.hash) => {
                    _ = differ.insert(name.clone(), json!(table.hash))
                }
                Some(_) => {}
            }
        }
        json!([stamped(new), differ])
    }
    /// Returns the row hashes of tables whose hash differs from `differ`.
    pub(super) fn row_hashes(&self, differ: &Json) -> Json {
        let mut all = Map::new();
        for (name, hash) in differ.as_object().into_iter().flatten() {
            let Some(table) = self.tables.of.get(name).filter(|table| json!(table.hash) != *hash) else {
                continue;
            };
            let rows = table.map(|row| json!(row.hash));
            if !rows.is_empty() {
                all.insert(name.clone(), rows.into());
            }
        }
        all.into()
    }
    pub(super) fn row_diff(&self, other: &Json) -> Json {
        let (mut new, mut differ) = (Map::new(), Map::new());
        for (name, hashes) in other.as_object().into_iter().flatten() {
            let rows = self.tables.of.get(name).into_iter().flat_map(|table| &table.of);
            for (key, row) in rows {
                let (into, what) = match hashes.get(key) {
                    None => (&mut new, row_stamp(row)),
                    Some(hash) if *hash != json!(row.hash) => (&mut differ, json!(row.hash)),
                    Some(_) => continue,
                };
                into.entry(name.clone()).or_insert_with(|| json!({}))[key] = what;
            }
        }
        let new = new.into_iter().map(|(name, rows)| (name, json!([rows]))).collect();
        json!([stamped(new), differ])
    }
    pub(super) fn cell_hashes(&self, differ: &Json) -> Json {
        let mut all = json!({});
        for (table, rows) in differ.as_object().into_iter().flatten() {
            for (key, hash) in rows.as_object().into_iter().flatten() {
                let Some(row) = self.row(table, key).filter(|row| json!(row.hash) != *hash) else { continue };
                for (name, cell) in &row.of {
                    all[table][key][name] = json!(cell.hash);
                }
            }
        }
        all
    }
    pub(super) fn cell_diff(&self, other: &Json) -> Json {
        let mut cells = Vec::new();
        for (table, rows) in other.as_object().into_iter().flatten() {
            for (key, hashes) in rows.as_object().into_iter().flatten() {
                for (name, cell) in self.row(table, key).into_iter().flat_map(|row| &row.of) {
                    if hashes.get(name) != Some(&json!(cell.hash)) {
                        let at = Place { table: table.clone(), row: key.clone(), cell: name.clone() };
                        cells.push(Told { at, value: cell.value.clone(), hlc: cell.hlc.clone() });
                    }
                }
            }
        }
        changes(&cells)[0].clone()
    }
    pub(super) fn value_hashes(&self) -> Json {
        self.values.map(|value| json!(value.hash)).into()
    }
    pub(super) fn value_diff(&self, other: &Json) -> Json {
        let differs = |(name, value): &(&String, &Cell)| other.get(name.as_str()) != Some(&json!(value.hash));
        let shown =
            self.values.of.iter().filter(differs).map(|(name, value)| (name.clone(), cell_stamp(value)));
        stamped(shown.collect())
    }
}

pub(super) fn said(cell: &Cell) -> Option<&Json> {
    (cell.value != json!(UNDEFINED)).then_some(&cell.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;
    /// The library's content (version 10.0.1) after 2 rows and a value were set.
    const SET: &str = r#"[[{"note":[{"aaaa":[{"text":["hé\"llo\n","NjEtLV-----Z21Zg"],
        "count":[3,"NjEtLV----0Z21Zg"],"done":[false,"NjEtLV----1Z21Zg"],"x":[1.5,"NjEtLV----2Z21Zg"],
        "y":[1e+21,"NjEtLV----3Z21Zg"],"z":[1e-7,"NjEtLV----4Z21Zg"],"n":[null,"NjEtLV----5Z21Zg"],
        "big":[123456789012345680,"NjEtLV----6Z21Zg"]}],
        "bbbb":[{"text":["b","NjEtLV----7Z21Zg"],"count":[1,"NjEtLV----8Z21Zg"]}]}]}],
        [{"v":[1,"NjEtLV----9Z21Zg"]}],1]"#;
    /// Later changes of another store with this content: a cell, a removed row, a new table.
    const NEWER: &str = r#"[[{"note":[{"aaaa":[{"text":["￼","NjEtLV5---0b21r_"],
        "count":["￼","NjEtLV5---1b21r_"],"done":["￼","NjEtLV5---2b21r_"],"x":["￼","NjEtLV5---3b21r_"],
        "y":["￼","NjEtLV5---4b21r_"],"z":["￼","NjEtLV5---5b21r_"],"n":["￼","NjEtLV5---6b21r_"],
        "big":["￼","NjEtLV5---7b21r_"]}],"bbbb":[{"text":["theirs","NjEtLV5----b21r_"]}]}],
        "task":[{"t":[{"text":["x","NjEtLV5---8b21r_"]}]}]}],[{}],1]"#;

    fn with(changes: &[&str]) -> Content {
        let mut content = Content::default();
        for text in changes {
            let changes: Json = serde_json::from_str(text).expect("it is JSON");
            let told = told(&changes[0], &changes[1], NOW).expect("it is sound");
            told.iter().for_each(|told| _ = content.merge(told));
        }
        content
    }

    #[test]
    fn hashes_are_those_of_the_library_in_any_order() {
        assert_eq!(with(&[SET]).hashes(), json!([4_075_708_111_u32, 2_242_311_954_u32]));
        let merged = json!([3_766_573_324_u32, 2_242_311_954_u32]);
        assert_eq!(with(&[SET, NEWER]).hashes(), merged);
        assert_eq!(with(&[SET, NEWER, SET]), with(&[SET, NEWER]));
        let tables = json!({ "note": 3_808_697_594_u32, "task": 496_035_553 });
        assert_eq!(with(&[SET, NEWER]).table_hashes(), tables);
    }

    /// A complete exchange between 2 stores. Each response equals the library's.
    #[test]
    fn two_stores_find_what_differs_step_by_step() {
        let (mut old, new) = (with(&[SET]), with(&[SET, NEWER]));
        let tables = new.table_diff(&old.table_hashes());
        let task = json!({ "task": [{ "t": [{ "text": ["x", "NjEtLV5---8b21r_"] }] }] });
        assert_eq!(tables, json!([[task], { "note": 3_808_697_594_u32 }]));
        let rows = new.row_diff(&old.row_hashes(&tables[1]));
        assert_eq!(rows, json!([[{}], { "note": { "aaaa": 740_665_361, "bbbb": 1_936_607_491 } }]));
        let asked = old.cell_hashes(&rows[1]);
        assert_eq!(asked["note"]["bbbb"], json!({ "text": 1_194_869_085, "count": 3_500_246_373_u32 }));
        let cells = new.cell_diff(&asked);
        assert_eq!(cells[0]["note"][0]["bbbb"], json!([{ "text": ["theirs", "NjEtLV5----b21r_"] }]));
        for part in [&tables[0], &rows[0], &cells] {
            let told = told(part, &json!([{}]), NOW).expect("it is sound");
            told.iter().for_each(|told| _ = old.merge(told));
        }
        assert_eq!(old, new);
        assert_eq!(new.value_diff(&old.value_hashes()), json!([{}]));
    }

    #[test]
    fn changes_from_the_far_future_or_malformed_count_as_none() {
        let changes: Json = serde_json::from_str(SET).expect("it is JSON");
        let hour = 3_600_000;
        assert!(told(&changes[0], &changes[1], NOW - hour).is_none(), "an hour ahead");
        for wrong in [
            json!(7),
            json!([]),
            json!([{ "note": 7 }]),
            json!([{ "a": [{ "b": [{ "c": [1, "short"] }] }] }]),
        ] {
            assert!(told(&wrong, &json!([{}]), NOW).is_none(), "{wrong}");
        }
    }
}
