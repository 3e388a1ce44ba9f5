//! Upgrades the database of an older version of the app in one transaction. It adds missing
//! columns, or deletes all data. A process that dies during the upgrade leaves the database
//! unchanged.

use rusqlite::Connection;

use super::error::Stored;
use super::layout::{column_of, ddl, define_index, held, names};
use super::options::{OnMismatch, StoreOptions};
use crate::base::EntityId;
use crate::contract::Schema;

/// The SQL that stores the app's version in the database; empty for the first version.
pub(super) fn mark(schema: &Schema) -> String {
    if schema.version == 0 { String::new() } else { format!("PRAGMA application_id={};", schema.version) }
}

pub(super) fn upgrade(connection: &Connection, schema: &Schema, options: &StoreOptions) -> Stored<()> {
    if schema.version == 0 {
        return Ok(());
    }
    let held: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if held >= schema.version {
        return Ok(());
    }
    let work = match options.on_mismatch {
        OnMismatch::Reset => emptied(connection, schema, options)?,
        OnMismatch::Migrate | OnMismatch::Backfill => widened(connection, schema, options)?,
    };
    // Checks are off during the upgrade, because it drops and creates tables that refer to each
    // other.
    let checks = if options.checks_references() { "ON" } else { "OFF" };
    let work = format!("BEGIN IMMEDIATE;{work}{}COMMIT", mark(schema));
    connection.execute_batch("PRAGMA foreign_keys=OFF")?;
    connection.execute_batch(&work)?;
    Ok(connection.execute_batch(&format!("PRAGMA foreign_keys={checks}"))?)
}

fn emptied(connection: &Connection, schema: &Schema, options: &StoreOptions) -> Stored<String> {
    let sql =
        "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid DESC";
    let mut work = String::new();
    let mut tables = connection.prepare(sql)?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables {
        work += &format!("DROP TABLE \"{}\";", table?.replace('"', "\"\""));
    }
    work.push_str(&ddl(schema, options.foreign_keys, options.first_indexes()));
    Ok(work)
}

/// Adds missing columns with empty values, also to versions in shadows and conflicts. Updates
/// indexes. Drops staged rows, which are then pulled again.
fn widened(connection: &Connection, schema: &Schema, options: &StoreOptions) -> Stored<String> {
    let mut work = String::new();
    for id in held(schema) {
        let (table, columns) = names(id, schema.entity(id));
        let sql = format!("SELECT count(*)-3 FROM pragma_table_info('{}')", unquoted(&table));
        let held: u32 = connection.query_row(&sql, [], |row| row.get(0))?;
        for place in held as usize..columns.len() {
            let column = column_of(schema, id, place, options.foreign_keys);
            work += &format!("ALTER TABLE {table} ADD COLUMN {column};");
            let nothing = "\"values\"=substr(\"values\",1,length(\"values\")-1)||',null]'";
            let of = format!("entity={} AND \"values\" IS NOT NULL", id.0);
            work += &format!("UPDATE shadow SET {nothing} WHERE {of};");
            if connection.table_exists(None, "conflict")? {
                let edits = format!("SELECT seq FROM outbox WHERE entity={}", id.0);
                let of = format!("\"values\" IS NOT NULL AND seq IN({edits})");
                work += &format!("UPDATE conflict SET {nothing} WHERE {of};");
            }
        }
        if held as usize == columns.len() {
            continue;
        }
        let own = options.indexes.iter().enumerate().filter(|(_, index)| index.entity == id);
        for (at, index) in own {
            // The old index of several columns has only the columns of the older version.
            work += &format!("DROP INDEX IF EXISTS \"o{at}\";");
            define_index(&mut work, schema, at, index);
        }
        pulled_again(&mut work, connection, id)?;
        if options.on_mismatch == OnMismatch::Backfill {
            loaded_again(&mut work, connection, id)?;
        }
    }
    Ok(work)
}

/// Drops an entity's staged pages, because they lack the new columns.
fn pulled_again(work: &mut String, connection: &Connection, id: EntityId) -> Stored<()> {
    if connection.table_exists(None, "staged_page")? {
        let of = format!("entity={}", id.0);
        let pages = format!("SELECT page FROM staged_page WHERE {of}");
        *work += &format!("DELETE FROM staged WHERE page IN({pages});");
        *work += &format!("DELETE FROM staged_page WHERE {of};");
    }
    Ok(())
}

fn loaded_again(work: &mut String, connection: &Connection, id: EntityId) -> Stored<()> {
    let EntityId(id) = id;
    *work += &format!("UPDATE progress SET cursor=NULL WHERE entity={id};");
    if connection.table_exists(None, "whole")? {
        *work += &format!("UPDATE whole SET cursor=NULL WHERE entity={id};");
    }
    *work += &format!("DELETE FROM shadow WHERE entity={id} AND \"values\" IS NOT NULL;");
    Ok(())
}

fn unquoted(name: &str) -> String {
    name[1..name.len() - 1].replace("\"\"", "\"").replace('\'', "''")
}
