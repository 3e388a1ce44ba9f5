//! Writes of phones whose protocol does not name edits.

use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};

use super::call::Call;
use super::kept::{self, failed};
use crate::base::Word;
use crate::contract::{
    Choice, Chosen, EditId, EditKind, EntityId, Key, Mutation, OptionForm, Outcome, Row, ServerError,
    ServerPorts, Slip, StackOption, Stamp, Value,
};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS requests(id INTEGER PRIMARY KEY, number INTEGER);
    CREATE TABLE IF NOT EXISTS committed(edit TEXT PRIMARY KEY) WITHOUT ROWID;";

/// An option with these words; the first one is the default.
pub(super) fn word(name: &str, words: &[&str], about: &str) -> StackOption {
    let all = words.iter().map(|word| (*word).to_owned()).collect();
    StackOption::new(name, OptionForm::Word(all), Choice::Text(words[0].to_owned()), about)
}

pub(super) fn conflicts() -> StackOption {
    let about = "Whether a write to a row that somebody else has changed is refused (`detect`), or \
                 goes over that (`overwrite`).";
    word("conflicts", &["detect", "overwrite"], about)
}

pub(super) fn idempotent() -> StackOption {
    let about = "Whether a write that comes again is written again (`no`), or known by its edits and \
                 answered as the first time (`by-edit`).";
    word("idempotent", &["no", "by-edit"], about)
}

pub(super) fn page() -> StackOption {
    let about = "How many rows the server gives at once.";
    StackOption::new("page", OptionForm::Int { min: 1, max: 100_000 }, Choice::Int(100), about)
}

/// The write of one row that a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    /// The values by position; `None` to delete the row.
    pub(super) values: Option<Vec<(usize, Value)>>,
}

impl Wanted {
    /// Whether the record has nothing to change: its row is as it is wanted.
    pub(super) fn is_met(&self, now: Option<&Row>) -> bool {
        match (&self.values, now.and_then(|row| row.values.as_deref())) {
            (Some(values), Some(there)) => values.iter().all(|(column, value)| there[*column] == *value),
            (values, there) => values.is_none() && there.is_none(),
        }
    }
    /// The mutation for it, given the row as it is now.
    pub(super) fn mutation(&self, edit: EditId, now: Option<&Row>, made_at: Stamp) -> Mutation {
        let kind = match &self.values {
            None => EditKind::Delete,
            Some(_) if now.is_some_and(|row| row.values.is_some()) => EditKind::Update,
            Some(_) => EditKind::Create,
        };
        let mut mutation = Mutation::new(edit, self.entity, self.key.as_str(), kind);
        mutation.base = now.map(|row| row.stamp);
        mutation.values = self.values.clone().unwrap_or_default();
        mutation.made_at = made_at;
        mutation
    }
}

/// Names the writes of requests, and recognises those that were committed.
pub(super) struct Writer {
    pub(super) database: Rc<Connection>,
    /// Whether a write to a row that has changed is refused.
    pub(super) detects: bool,
    by_edit: bool,
}

/// A row is to be written, but no edit is named for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unnamed;

impl Writer {
    /// A writer over the half's database, in which the half has further tables.
    pub(super) fn open(chosen: &Chosen, ports: &ServerPorts, tables: &str) -> Writer {
        let database = Rc::new(kept::open(&ports.database, &[TABLES, tables].concat()));
        let detects = chosen.text("conflicts") == "detect";
        Writer { database, detects, by_edit: chosen.text("idempotent") == "by-edit" }
    }
    /// A request number that is unique, also across restarts of the server.
    pub(super) fn begin(&self) -> Result<i64, ServerError> {
        const NEXT: &str = "INSERT INTO requests VALUES(1, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number";
        self.database.query_row(NEXT, [], |row| row.get(0)).map_err(failed)
    }
    /// The edit behind a write, and whether it was committed before; always false unless `by_edit`.
    pub(super) fn edit(&self, wanted: &Wanted, slip: &mut Slip) -> Result<(EditId, bool), Unnamed> {
        let edit = slip.name(wanted.entity, &wanted.key).ok_or(Unnamed)?;
        let is_known = || {
            let asked = "SELECT 1 FROM committed WHERE edit = ?1";
            let found = self.database.query_row(asked, [edit.to_string()], |_| Ok(())).optional();
            found.is_ok_and(|found| found.is_some())
        };
        Ok((edit, self.by_edit && is_known()))
    }
    /// The mutation for a write of a request, given the row as it is now.
    pub(super) fn mutation(
        &self,
        (request, edit): (i64, EditId),
        wanted: &Wanted,
        now: Option<&Row>,
        call: &Call<'_>,
    ) -> Mutation {
        let mut mutation = wanted.mutation(edit, now, call.record.clock());
        if !self.by_edit {
            mutation.id = format!("request {request}/{edit}");
        }
        mutation
    }
    /// Records the result of a write, on the slip and for later requests.
    ///
    /// # Errors
    /// A status and the record's reason, if it was not committed.
    pub(super) fn settle(
        &self,
        wanted: &Wanted,
        outcome: &Outcome,
        slip: &mut Slip,
    ) -> Result<Stamp, (u16, String)> {
        let stamp = match outcome {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => *stamp,
            Outcome::Conflict { why, .. } => return Err((409, format!("the row is {}", why.word()))),
            Outcome::Rejected { reason, .. } => return Err((422, reason.clone())),
            Outcome::Later | Outcome::Queued => return Err((503, "the backend is busy".to_owned())),
        };
        let row = slip.edits.iter_mut().find(|row| row.entity == wanted.entity && row.key == wanted.key);
        if let Some(row) = row {
            row.stamp = Some(stamp);
            for edit in row.edits.iter().filter(|_| self.by_edit) {
                let noted = "INSERT OR IGNORE INTO committed VALUES(?1)";
                let noted = self.database.execute(noted, [edit.to_string()]);
                noted.map_err(|_| (500, "the server's disk failed".to_owned()))?;
            }
        }
        Ok(stamp)
    }
}
