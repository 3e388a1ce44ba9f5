//! The reports of the user's own server: its rows at the start, its commits, and its rows after all
//! changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

/// The kinds of lines that a server reports.
pub(super) const KINDS: [&str; 3] = ["row", "commit", "backend"];

/// The number of lines that a server reported, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerReportCounts {
    /// Rows at the start.
    pub rows: u64,
    /// Changes of rows that the server committed.
    pub commits: u64,
    /// Rows of `backend` lines, which describe the end. `None` if there was no such line.
    pub at_rest: Option<u64>,
}

/// The lines of a server so far.
#[derive(Debug, Default)]
pub(super) struct Theirs {
    rows: BTreeSet<(String, String)>,
    changed: BTreeSet<(String, String)>,
    commits: u64,
    /// Per entity, its rows at the end by key, and the number of changes when they were reported.
    rest: BTreeMap<String, (u64, BTreeMap<String, Json>)>,
    changes: u64,
}

fn said<'l>(line: &'l Map<String, Json>, name: &str) -> &'l str {
    line.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn named(line: &Map<String, Json>) -> (String, String) {
    (said(line, "entity").to_owned(), said(line, "key").to_owned())
}

pub(super) fn is_kind(kind: &str) -> bool {
    KINDS.contains(&kind)
}
/// True if only a server can report this line.
pub(super) fn is_of_server(line: &Map<String, Json>) -> bool {
    is_kind(said(line, "kind"))
}

impl Theirs {
    /// Checks a line.
    ///
    /// # Errors
    /// A text that says what is wrong and what is allowed.
    pub(super) fn check(&self, line: &Map<String, Json>) -> Result<(), String> {
        if said(line, "kind") != "row" {
            return Ok(());
        }
        let row = named(line);
        let (entity, key) = &row;
        match (self.rows.contains(&row), self.changed.contains(&row)) {
            (true, _) => {
                Err(format!("the row {entity} {key} was already reported: report a row once, at the start"))
            }
            (_, true) => {
                Err(format!("a `commit` of {entity} {key} was reported before: `row` describes the start"))
            }
            _ => Ok(()),
        }
    }
    /// Takes a checked line. Returns true if the line goes into the history now, and false if at
    /// the end.
    pub(super) fn hears(&mut self, line: &Map<String, Json>, key_column: &str) -> bool {
        let (entity, key) = named(line);
        match said(line, "kind") {
            "row" => _ = self.rows.insert((entity, key)),
            "commit" => {
                self.commits += 1;
                self.moves();
                self.changed.insert((entity, key));
            }
            _ => {
                let (when, rows) = self.rest.entry(entity).or_default();
                // The rows were reported before another change, so they are outdated.
                if *when != self.changes {
                    rows.clear();
                }
                *when = self.changes;
                let all = line.get("rows").and_then(Json::as_array).into_iter().flatten();
                let key = |row: &Json| match row.get(key_column) {
                    Some(Json::String(key)) => key.clone(),
                    other => other.map_or_else(String::new, Json::to_string),
                };
                rows.extend(all.map(|row| (key(row), row.clone())));
                return false;
            }
        }
        true
    }
    /// Counts a change, which makes reported rows outdated.
    pub(super) fn moves(&mut self) {
        self.changes += 1;
    }
    /// The reported rows at the end, by entity.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&str, Vec<&Json>)> {
        self.rest.iter().map(|(entity, (_, rows))| (entity.as_str(), rows.values().collect()))
    }
    pub(super) fn so_far(&self) -> ServerReportCounts {
        let at_rest = self.rest.values().map(|(_, rows)| rows.len() as u64);
        ServerReportCounts {
            rows: self.rows.len() as u64,
            commits: self.commits,
            at_rest: (!self.rest.is_empty()).then(|| at_rest.sum()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(json: Json) -> Map<String, Json> {
        json.as_object().expect("it is one").clone()
    }

    #[test]
    fn rows_at_rest_add_up_until_something_changes() {
        let mut theirs = Theirs::default();
        let rest = |key: &str| line(json!({ "kind": "backend", "entity": "e", "rows": [{ "id": key }] }));
        assert!(!theirs.hears(&rest("a"), "id") && !theirs.hears(&rest("b"), "id"));
        assert_eq!(theirs.so_far().at_rest, Some(2));
        assert!(theirs.hears(&line(json!({ "kind": "commit", "entity": "e", "key": "a" })), "id"));
        assert!(!theirs.hears(&rest("c"), "id"));
        assert_eq!(theirs.so_far(), ServerReportCounts { rows: 0, commits: 1, at_rest: Some(1) });
    }

    #[test]
    fn a_row_is_said_once_and_before_its_commits() {
        let mut theirs = Theirs::default();
        let row = |key: &str| line(json!({ "kind": "row", "entity": "e", "key": key, "values": {} }));
        assert_eq!(theirs.check(&row("a")), Ok(()));
        assert!(theirs.hears(&row("a"), "id"));
        assert!(theirs.check(&row("a")).expect_err("it is there").contains("already"));
        assert!(theirs.hears(&line(json!({ "kind": "commit", "entity": "e", "key": "b" })), "id"));
        assert!(theirs.check(&row("b")).expect_err("it is late").contains("before"));
    }
}
