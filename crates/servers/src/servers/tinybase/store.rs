//! The server's mergeable store. Its cells are also in a database.

use std::collections::BTreeSet;
use std::rc::Rc;

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use super::super::kept::{self, failed};
use super::super::notes::{self, At, Notes};
use super::super::rows;
use super::content::{Content, Place, Told, said};
use super::hlc::{Stamps, UNDEFINED};
use crate::contract::{Database, Key, ServerError, Stamp, Value};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS cells(tbl TEXT, row TEXT, cell TEXT, value TEXT, hlc TEXT,
        PRIMARY KEY(tbl, row, cell)) WITHOUT ROWID;";

pub(super) struct Store {
    pub(super) database: Rc<Connection>,
    pub(super) notes: Notes,
    pub(super) content: Content,
    stamps: Stamps,
}

impl Store {
    pub(super) fn open(at: &Database) -> Store {
        let database = Rc::new(kept::open(at, &[notes::TABLES, TABLES].concat()));
        let notes = Notes(database.clone());
        let mut store = Store { database, notes, content: Content::default(), stamps: Stamps::new("S") };
        store.load().expect("the server's disk is sound");
        store
    }
    fn load(&mut self) -> rusqlite::Result<()> {
        let mut asked = self.database.prepare("SELECT tbl, row, cell, value, hlc FROM cells")?;
        let mut found = asked.query([])?;
        while let Some(row) = found.next()? {
            let at = Place { table: row.get(0)?, row: row.get(1)?, cell: row.get(2)? };
            let (value, hlc): (String, String) = (row.get(3)?, row.get(4)?);
            let value = serde_json::from_str(&value).unwrap_or(Json::Null);
            self.stamps.saw(&hlc);
            self.content.merge(&Told { at, value, hlc });
        }
        Ok(())
    }
    /// Merges cells. Returns the cells that were newer.
    pub(super) fn put(&mut self, told: Vec<Told>) -> Result<Vec<Told>, ServerError> {
        let mut won = Vec::new();
        for told in told {
            if !self.content.merge(&told) {
                continue;
            }
            self.stamps.saw(&told.hlc);
            let Told { at: Place { table, row, cell }, value, hlc } = &told;
            let put = "REPLACE INTO cells VALUES(?1, ?2, ?3, ?4, ?5)";
            self.database.execute(put, (table, row, cell, value.to_string(), hlc)).map_err(failed)?;
            won.push(told);
        }
        Ok(won)
    }

    /// The values that the record (the backend) would have for this row; `None` if the row has no
    /// cell.
    pub(super) fn values(&self, (_, entity, key): At<'_>) -> Option<Vec<(usize, Value)>> {
        let row = self.content.row(&entity.name, key)?;
        row.of.values().any(|cell| said(cell).is_some()).then(|| {
            let value = |&at: &usize| {
                let column = &entity.columns[at];
                let said = row.of.get(&column.name).and_then(said);
                (at, said.map_or(Value::Null, |json| rows::from_json(&column.kind, json)))
            };
            entity.projection.iter().map(value).collect()
        })
    }
    pub(super) fn newest(&self, (_, entity, key): At<'_>) -> String {
        let cells = self.content.row(&entity.name, key).into_iter().flat_map(|row| row.of.values());
        cells.map(|cell| cell.hlc.clone()).max().unwrap_or_default()
    }

    /// Takes a row version from the record. Returns the changed cells, with the current time as
    /// stamp. Ignores a version that is older than the known one, unless `overrules` is set.
    pub(super) fn take(
        &mut self,
        at: At<'_>,
        (stamp, values): (Stamp, Option<&[Value]>),
        (now, overrules): (u64, bool),
    ) -> Result<Vec<Told>, ServerError> {
        let (id, entity, key) = at;
        let known = self.notes.known(id, key)?;
        if known.is_some_and(|known| stamp < known) && !overrules {
            return Ok(Vec::new());
        }
        let mut told = Vec::new();
        let mut say = |cell: &str, value: Json, now: u64, store: &mut Store| {
            let at = Place { table: entity.name.clone(), row: key.to_string(), cell: cell.to_owned() };
            let is = store.content.cell(&at).and_then(said).cloned().unwrap_or_else(|| json!(UNDEFINED));
            if is != value {
                told.push(Told { at, value, hlc: store.stamps.next(now) });
            }
        };
        match values {
            Some(values) => {
                let is_empty = entity.projection.iter().all(|&at| values[at] == Value::Null);
                for (nth, &at) in entity.projection.iter().enumerate() {
                    let column = &entity.columns[at];
                    // A row without any cell would not exist, so the first column is null instead
                    // of undefined.
                    let value = match rows::to_json(&column.kind, &values[at]) {
                        Json::Null if !(is_empty && nth == 0) => json!(UNDEFINED),
                        value => value,
                    };
                    say(&column.name, value, now, self);
                }
            }
            None => {
                let row = self.content.row(&entity.name, key);
                let cells: BTreeSet<String> =
                    row.into_iter().flat_map(|row| row.of.keys().cloned()).collect();
                cells.iter().for_each(|cell| say(cell, json!(UNDEFINED), now, self));
            }
        }
        self.notes.note_known(id, key, stamp)?;
        self.put(told)
    }
}

pub(super) fn rows_of(told: &[Told]) -> BTreeSet<(String, Key)> {
    let rows = told.iter().filter(|told| !told.at.table.is_empty());
    rows.map(|told| (told.at.table.clone(), Key::new(&told.at.row))).collect()
}
